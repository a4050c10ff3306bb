// The commands that revert changes on the running Windows: what stood before is written as reg.exe and bcdedit take it.

import { fromHex } from '../../base/bytes.ts';
import { FormatError } from '../../base/errors.ts';
import { append } from '../../base/lists.ts';
import { commandFileWord, windowsQuoted } from '../../base/quote.ts';
import { printable } from '../../base/text.ts';
import type { Change, HiveEdit, KeyRecord, RegValue } from '../../registry/edit.ts';
import { decodeValue, typeName, valueBytes } from '../../registry/value.ts';
import { parseDescriptor, toSddl } from '../../security/index.ts';
import { bcdRevertLine } from './revert-bcd.ts';

/** Where the running Windows mounts a hive. */
const MOUNTS: Readonly<Record<string, string>> = { SYSTEM: 'HKLM\\SYSTEM', SOFTWARE: 'HKLM\\SOFTWARE' };

/** One change reverted, and the commands for it; [] where no command can say it (`undo` can). */
export interface Revert {
  readonly change: Change;
  readonly commands: readonly string[];
}

/**
 * The commands that take `changes` back when they are pasted at a prompt of the running Windows, the last change first.
 * Control sets are named literally. Changes of files, of classes and of key security have no such command, nor has what a
 * prompt cannot carry (percent signs, quotes): they give none.
 */
export function revertLines(changes: readonly Change[]): string[] {
  return reverts(changes).flatMap((revert) => revert.commands);
}

/** As revertLines, change by change, so that a caller can name what has no command. */
export function reverts(changes: readonly Change[]): Revert[] {
  return [...changes].reverse().map((change) => ({ change, commands: commandsFor(change, windowsQuoted) ?? [] }));
}

/** The files after-boot.cmd and, where cmd.exe cannot carry all of it, after-boot.reg beside it. */
export interface AfterBoot {
  readonly cmd: string;
  readonly reg: string | null;
}

/**
 * A command file that takes `changes` back on the running Windows, to be run there as administrator. What cmd.exe cannot
 * carry exactly (quotes, letters that are not ASCII) stands in a .reg file, which it imports first.
 */
export function afterBootFiles(changes: readonly Change[]): AfterBoot {
  const lines: string[] = [];
  const sections: string[] = [];
  for (const change of [...changes].reverse()) {
    const commands = commandsFor(change, commandFileWord);
    if (commands) append(lines, commands);
    else append(sections, regSections(change));
  }
  const header = [
    '@echo off',
    'rem Made by hivemend. Run as administrator on the repaired Windows: each line takes one change back.',
    ...(sections.length > 0 ? ['reg import "%~dp0after-boot.reg"'] : []),
  ];
  return {
    cmd: [...header, ...lines, ''].join('\r\n'),
    reg: sections.length > 0 ? ['Windows Registry Editor Version 5.00', '', ...sections, ''].join('\r\n') : null,
  };
}

/** How a text stands in a command; null where it cannot. */
type Word = (text: string) => string | null;

/** Null where a word cannot be carried; [] where there is nothing to say. */
function commandsFor(change: Change, word: Word): string[] | null {
  const { edit, before } = change;
  if (edit.op === 'set-security') return descriptorCommands(edit.path, before?.sdHex);
  if (!('key' in edit)) return [];
  if (edit.key.hive === 'BCD') {
    const line = bcdRevertLine(edit, before, word);
    return line === null ? [] : [line];
  }
  const mount = MOUNTS[edit.key.hive];
  if (mount === undefined) return [];
  return registryCommands(edit, before, [mount, ...edit.key.path].join('\\'), word);
}

function registryCommands(edit: HiveEdit, before: Change['before'], key: string, word: Word): string[] | null {
  const place = word(key);
  switch (edit.op) {
    case 'create-key':
      return place === null ? null : [`reg delete ${place} /f`];
    case 'set-value':
    case 'delete-value': {
      const name = nameSwitch(edit.name, word);
      if (place === null || name === null) return null;
      if (before?.value) return addCommand(place, name, before.value, word);
      return edit.op === 'set-value' ? [`reg delete ${place} ${name} /f`] : [];
    }
    case 'delete-key': {
      const commands: string[] = [];
      for (const record of before?.tree ?? []) {
        const made = recordCommands(key, record, word);
        if (made === null) return null;
        append(commands, made);
      }
      return commands;
    }
    default:
      return [];
  }
}

function nameSwitch(name: string, word: Word): string | null {
  if (name === '') return '/ve';
  const text = word(name);
  return text === null ? null : `/v ${text}`;
}

function recordCommands(key: string, record: KeyRecord, word: Word): string[] | null {
  const place = word([key, ...record.path].join('\\'));
  if (place === null) return null;
  const commands = [`reg add ${place} /f`];
  for (const { name, value } of record.values) {
    const shown = nameSwitch(name, word);
    const made = shown === null ? null : addCommand(place, shown, value, word);
    if (made === null) return null;
    append(commands, made);
  }
  return commands;
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

/** Null for text that no command line can carry, and for a type that reg.exe has no name for. */
function addCommand(place: string, name: string, value: RegValue, word: Word): string[] | null {
  const type = typeName(value.type);
  const data = type === null ? null : dataText(value, word);
  const command = `reg add ${place} ${name} /t ${type} /d ${data} /f`;
  return data === null || command.length > MOST_CHARACTERS ? null : [command];
}

function dataText(value: RegValue, word: Word): string | null {
  const bytes = valueBytes(value);
  const decoded = decodeValue(value.type, bytes);
  switch (decoded.kind) {
    case 'number':
    case 'qword':
      return decoded.number.toString();
    case 'string':
      return word(decoded.text);
    case 'strings':
      return decoded.texts.some((text) => text.includes('\\0')) ? null : word(decoded.texts.join('\\0'));
    case 'bytes':
      return typeName(value.type) === 'REG_BINARY' || typeName(value.type) === 'REG_NONE' ? value.hex || '""' : null;
  }
}

/** One change reverted as a .reg file has it, every value as bytes; [] for names that cannot be seen. */
function regSections({ edit, before }: Change): string[] {
  if (!('key' in edit)) return [];
  const mount = MOUNTS[edit.key.hive]?.replace('HKLM', 'HKEY_LOCAL_MACHINE');
  if (mount === undefined) return [];
  const key = [mount, ...edit.key.path].join('\\');
  const section = (path: string, lines: readonly string[]): string[] => [`[${path}]`, ...lines, ''];
  const line = (name: string, value: RegValue | undefined): string => {
    const shown = name === '' ? '@' : `"${name.replace(/[\\"]/g, '\\$&')}"`;
    const bytes = value?.hex.match(/../g)?.join(',') ?? '';
    return `${shown}=${value === undefined ? '-' : `hex(${value.type.toString(16)}):${bytes}`}`;
  };
  const isSeen = (texts: readonly string[]): boolean => texts.every((text) => printable(text) === text);
  if (edit.op === 'create-key') return isSeen([key]) ? section(`-${key}`, []) : [];
  if (edit.op === 'set-value' || edit.op === 'delete-value') {
    return isSeen([key, edit.name]) ? section(key, [line(edit.name, before?.value)]) : [];
  }
  if (edit.op !== 'delete-key') return [];
  return (before?.tree ?? []).flatMap((record) => {
    const path = [key, ...record.path].join('\\');
    const names = record.values.map(({ name }) => name);
    return isSeen([path, ...names])
      ? section(
          path,
          record.values.map(({ name, value }) => line(name, value)),
        )
      : [];
  });
}

/** A command line carries no control characters. */
const isPlain = (text: string): boolean => printable(text) === text;
