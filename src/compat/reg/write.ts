// reg add, delete and copy. What reg.exe would ask is asked where a person can answer; elsewhere it needs /f.

import { printable } from '../../base/text.ts';
import type { HiveEdit, KeyPath, RegValue } from '../../registry/edit.ts';
import type { Key } from '../../registry/hive.ts';
import { copyEdits } from '../../registry/key-tree.ts';
import { isSamePath } from '../../registry/path.ts';
import { readRegValue, typeNumber } from '../../registry/value.ts';
import { invalidSyntax, NOT_FOUND_TEXT, type RegArguments, RegFailure } from './arguments.ts';
import type { RegistryContext, ResolvedKey } from './context.ts';
import { LIST_SEPARATOR, shownName, typedValue } from './value-text.ts';

export const DONE_TEXT = 'The operation completed successfully.\n';

/** Thrown where a person said no; nothing was written. */
export const CANCELED_TEXT = 'The operation was canceled by the user.\n';

/** Asks, or says that /f would be needed; false where the answer is No. */
export function isAgreed(context: RegistryContext, question: string, flag: string): boolean {
  if (context.isInteractive) return context.confirm(question);
  throw new RegFailure(
    `${question.replace(/ \(Yes\/No(?:\/All)?\)\? $|\(Yes\/No\)\? $/, '')}: no terminal to ask on, so nothing was written.`,
    `add ${flag} to answer Yes`,
  );
}

export function keyPathOf(at: ResolvedKey): KeyPath {
  return { hive: at.hive.name, path: at.path };
}

/** The key that must be there. */
export function existingKey(at: ResolvedKey): Key {
  const key = at.hive.key(at.path);
  if (key === null) throw new RegFailure(NOT_FOUND_TEXT);
  return key;
}

export function regAdd(args: RegArguments, context: RegistryContext): string {
  const { switches } = args;
  const at = context.resolve(args.names[0]!);
  const key = keyPathOf(at);
  const edits: HiveEdit[] = [{ op: 'create-key', key }];
  if (['v', 've', 't', 'd', 's'].some((name) => switches.has(name))) {
    const name = switches.get('v') ?? '';
    const value = wantedValue(args);
    const isThere = at.hive.value(at.path, name) !== null;
    const question = `Value ${shownName(name)} exists, overwrite(Yes/No)? `;
    if (isThere && !switches.has('f') && !isAgreed(context, question, '/f')) return CANCELED_TEXT;
    edits.push({ op: 'set-value', key, name, value });
  }
  context.edit(edits);
  return DONE_TEXT;
}

function wantedValue(args: RegArguments): RegValue {
  const { switches } = args;
  const typeName = switches.get('t') ?? 'REG_SZ';
  const type = typeNumber(typeName);
  if (type === null) throw invalidSyntax('add', `${typeName} is not a type of a value`);
  const separator = switches.get('s') ?? LIST_SEPARATOR;
  if (switches.has('s') && separator.length !== 1) throw invalidSyntax('add', '/s takes one character');
  const data = switches.get('d') ?? null;
  const value = typedValue(type, data, separator);
  if (value !== null) return value;
  const hint = data === null ? `${typeName} needs its data: /d` : `'${data}' is not data of ${typeName}`;
  throw invalidSyntax('add', hint);
}

export function regDelete(args: RegArguments, context: RegistryContext): string {
  const { switches } = args;
  const at = context.resolve(args.names[0]!);
  const key = existingKey(at);
  const path = keyPathOf(at);
  const isForced = switches.has('f');
  const shown = printable(at.shown);
  if (switches.has('va')) {
    const question = `Delete all values under the registry key ${shown} (Yes/No)? `;
    if (!isForced && !isAgreed(context, question, '/f')) return CANCELED_TEXT;
    context.edit(key.values().map(({ name }): HiveEdit => ({ op: 'delete-value', key: path, name })));
  } else if (switches.has('v') || switches.has('ve')) {
    const name = switches.get('v') ?? '';
    if (key.value(name) === null) throw new RegFailure(NOT_FOUND_TEXT);
    const question = `Delete the registry value ${shownName(name)} (Yes/No)? `;
    if (!isForced && !isAgreed(context, question, '/f')) return CANCELED_TEXT;
    context.edit([{ op: 'delete-value', key: path, name }]);
  } else {
    if (path.path.length === 0) throw new RegFailure(`${shown} is the root of a hive, which cannot be deleted.`);
    const question = `Permanently delete the registry key ${shown} (Yes/No)? `;
    if (!isForced && !isAgreed(context, question, '/f')) return CANCELED_TEXT;
    context.edit([{ op: 'delete-key', key: path }]);
  }
  return DONE_TEXT;
}

export function regCopy(args: RegArguments, context: RegistryContext): string {
  const from = context.resolve(args.names[0]!);
  const to = context.resolve(args.names[1]!);
  if (from.hive.name === to.hive.name && isSamePath(from.path, to.path)) {
    throw new RegFailure('The registry entry cannot be copied onto itself.');
  }
  const source = existingKey(from);
  const edits = copyEdits(source, keyPathOf(to), { isDeep: args.switches.has('s'), isWhole: false });
  context.edit(args.switches.has('f') ? edits : agreedEdits(edits, to, context));
  return DONE_TEXT;
}

/** Without the values that are there already and that a person wants to keep. */
function agreedEdits(edits: readonly HiveEdit[], to: ResolvedKey, context: RegistryContext): HiveEdit[] {
  return edits.filter((edit) => {
    if (edit.op !== 'set-value') return true;
    const there = to.hive.value(edit.key.path, edit.name);
    if (there === null) return true;
    const { type, hex } = readRegValue(there);
    if (type === edit.value.type && hex === edit.value.hex) return true;
    const place = [to.shown, ...edit.key.path.slice(to.path.length), shownName(edit.name)].join('\\');
    return isAgreed(context, `Value ${printable(place)} exists, overwrite (Yes/No/All)? `, '/f');
  });
}
