// The commands that take changes back on the running Windows: what stood before is written as reg.exe and bcdedit take it.

import { fromHex } from '../../base/bytes.ts';
import { FormatError } from '../../base/errors.ts';
import { printable } from '../../base/text.ts';
import type { Change, HiveEdit, KeyRecord, RegValue } from '../../registry/edit.ts';
import { decodeValue, typeName, valueBytes } from '../../registry/value.ts';
import { parseDescriptor, toSddl } from '../../security/index.ts';
import { bcdRevertLine } from './revert-bcd.ts';

/** Where the running Windows mounts a hive. */
const MOUNTS: Readonly<Record<string, string>> = { SYSTEM: 'HKLM\\SYSTEM', SOFTWARE: 'HKLM\\SOFTWARE' };

/** One change taken back, and the commands for it; [] where no command can say it (`undo` can). */
export interface Revert {
  readonly change: Change;
  readonly commands: readonly string[];
}

/**
 * The commands for cmd.exe that take `changes` back on the running Windows, the last change first. Control sets are named
 * literally, and percent signs are doubled, as a command file wants them. Changes of files, of classes and of key
 * security have no such command and give none.
 */
export function revertLines(changes: readonly Change[]): string[] {
  return reverts(changes).flatMap((revert) => revert.commands);
}

/** As revertLines, change by change, so that a caller can name what has no command. */
export function reverts(changes: readonly Change[]): Revert[] {
  return [...changes].reverse().map((change) => ({ change, commands: commandsFor(change) }));
}

function commandsFor(change: Change): string[] {
  const { edit, before } = change;
  if (edit.op === 'set-security') return descriptorCommands(edit.path, before?.sdHex);
  if (!('key' in edit)) return [];
  if (edit.key.hive === 'BCD') {
    const line = bcdRevertLine(edit, before);
    return line === null ? [] : [line];
  }
  const mount = MOUNTS[edit.key.hive];
  if (mount === undefined) return [];
  return registryCommands(edit, before, [mount, ...edit.key.path].join('\\'));
}

function registryCommands(edit: HiveEdit, before: Change['before'], key: string): string[] {
  switch (edit.op) {
    case 'create-key':
      return [`reg delete ${quoted(key)} /f`];
    case 'set-value':
    case 'delete-value': {
      const name = edit.name === '' ? '/ve' : `/v ${quoted(edit.name)}`;
      if (before?.value) return addCommand(key, name, before.value);
      return edit.op === 'set-value' ? [`reg delete ${quoted(key)} ${name} /f`] : [];
    }
    case 'delete-key':
      return (before?.tree ?? []).flatMap((record) => recordCommands(key, record));
    default:
      return [];
  }
}

function recordCommands(key: string, record: KeyRecord): string[] {
  const path = [key, ...record.path].join('\\');
  return [
    `reg add ${quoted(path)} /f`,
    ...record.values.flatMap(({ name, value }) => addCommand(path, name === '' ? '/ve' : `/v ${quoted(name)}`, value)),
  ];
}

/** icacls restores from files alone; .NET takes the text of a descriptor. */
function descriptorCommands(path: string, sdHex: string | undefined): string[] {
  const bytes = sdHex === undefined ? null : fromHex(sdHex);
  if (!bytes) return [];
  try {
    const sddl = toSddl(parseDescriptor(bytes));
    const place = `%SystemDrive%${path}`;
    if (/['"%]/.test(path + sddl) || !isPlain(path)) return [];
    const script = `$p='${place}'; $a=Get-Acl -LiteralPath $p; $a.SetSecurityDescriptorSddlForm('${sddl}'); Set-Acl -LiteralPath $p -AclObject $a`;
    return [`powershell -NoProfile -Command "${script}"`];
  } catch (error) {
    // A descriptor that was broken before cannot be said; undo --values writes its bytes.
    if (error instanceof FormatError) return [];
    throw error;
  }
}

/** cmd.exe takes no longer line. */
const MOST_CHARACTERS = 8191;

/** reg.exe cannot write a type without a name, nor text that no command line can carry: no command then. */
function addCommand(key: string, name: string, value: RegValue): string[] {
  const type = typeName(value.type);
  const data = type === null ? null : dataText(value);
  const command = `reg add ${quoted(key)} ${name} /t ${type} /d ${data} /f`;
  return data === null || command.length > MOST_CHARACTERS ? [] : [command];
}

function dataText(value: RegValue): string | null {
  const bytes = valueBytes(value);
  const decoded = decodeValue(value.type, bytes);
  switch (decoded.kind) {
    case 'number':
    case 'qword':
      return decoded.number.toString();
    case 'string':
      return isPlain(decoded.text) ? quoted(decoded.text) : null;
    case 'strings':
      return decoded.texts.every((text) => isPlain(text) && !text.includes('\\0'))
        ? quoted(decoded.texts.join('\\0'))
        : null;
    case 'bytes':
      return typeName(value.type) === 'REG_BINARY' || typeName(value.type) === 'REG_NONE' ? value.hex || '""' : null;
  }
}

/** A command line carries no control characters. */
const isPlain = (text: string): boolean => printable(text) === text;

/**
 * A text as reg.exe takes it in a command file: quoted, inner quotes and a backslash before a quote escaped as C's
 * command line wants, percent signs doubled so that cmd.exe does not expand them.
 */
function quoted(text: string): string {
  const escaped = text.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, '$1$1');
  return `"${escaped.replaceAll('%', '%%')}"`;
}
