// The reg verbs that read or write files: export, import, save, restore, load, unload.

import { joinBytes } from '../../base/bytes.ts';
import { HivemendError } from '../../base/errors.ts';
import { printable } from '../../base/text.ts';
import { regFileEdits } from '../../formats/reg/edits.ts';
import { parseRegFile } from '../../formats/reg/reader.ts';
import { writeRegFile } from '../../formats/reg/writer.ts';
import { clearEdits, copyEdits } from '../../registry/key-tree.ts';
import type { Outcome } from '../outcome.ts';
import { type RegArguments, RegFailure } from './arguments.ts';
import type { RegistryContext } from './context.ts';
import { CANCELED_TEXT, DONE_TEXT, existingKey, isAgreed, keyPathOf } from './write.ts';

function mayWrite(args: RegArguments, context: RegistryContext, file: string): boolean {
  if (args.switches.has('y') || !context.fileExists(file)) return true;
  return isAgreed(context, `File ${printable(file)} already exists. Overwrite (Yes/No)? `, '/y');
}

export function regExport(args: RegArguments, context: RegistryContext): Outcome {
  const [keyText, file] = args.names as [string, string];
  const at = context.resolve(keyText);
  const key = existingKey(at);
  if (!mayWrite(args, context, file)) return { exitCode: 1, stdout: CANCELED_TEXT, stderr: '' };
  const chunks: Uint8Array[] = [];
  const findings = writeRegFile(at.hive.walk(key), (chunk) => chunks.push(chunk), {
    prefix: at.shown,
    prefixDepth: at.path.length,
    file: at.hive.name,
  });
  context.writeFile(file, joinBytes(chunks));
  return {
    exitCode: 0,
    stdout: DONE_TEXT,
    stderr: findings.map((finding) => `WARNING: ${printable(finding.text)}\n`).join(''),
  };
}

/** A key of a .reg file is named as one of the command line is; a bad line or key and nothing is applied. */
export function regImport(args: RegArguments, context: RegistryContext): string {
  const file = args.names[0]!;
  try {
    const parsed = parseRegFile(
      context.readFile(file),
      context.codePage === undefined ? {} : { codePage: context.codePage },
    );
    context.edit(regFileEdits(parsed, (key) => keyPathOf(context.resolve(key))));
  } catch (error) {
    if (!(error instanceof HivemendError) || error.kind !== 'UsageError') throw error;
    throw new RegFailure(`Error accessing the registry: ${printable(file)}: ${error.message}.`, error.hint ?? null);
  }
  return DONE_TEXT;
}

export function regSave(args: RegArguments, context: RegistryContext): string {
  const [keyText, file] = args.names as [string, string];
  const at = context.resolve(keyText);
  existingKey(at);
  if (!mayWrite(args, context, file)) return CANCELED_TEXT;
  context.writeFile(file, context.saveKey(at));
  return DONE_TEXT;
}

/** The key's content is what the file's root holds; the key itself stays. */
export function regRestore(args: RegArguments, context: RegistryContext): string {
  const [keyText, file] = args.names as [string, string];
  const at = context.resolve(keyText);
  const key = existingKey(at);
  const path = keyPathOf(at);
  const saved = context.readHive(file);
  context.edit([...clearEdits(key, path), ...copyEdits(saved.root, path, { isDeep: true, isWhole: true })]);
  return DONE_TEXT;
}

const NO_NEED = "Nothing need be loaded or unloaded: the disk's hives are read where they lie.\n";

export function regLoad(args: RegArguments, context: RegistryContext): string {
  if (!context.keepsBindings) return NO_NEED;
  const [keyText, file] = args.names as [string, string];
  context.bind(keyText, file);
  return DONE_TEXT;
}

export function regUnload(args: RegArguments, context: RegistryContext): string {
  if (!context.keepsBindings) return NO_NEED;
  if (!context.unbind(args.names[0]!))
    throw new RegFailure('The parameter is incorrect.', 'nothing is loaded under that name');
  return DONE_TEXT;
}
