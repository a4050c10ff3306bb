// What the shell prints: lists of keys and values, bytes, hits of a search, what is staged. Text of the disk is escaped.

import { HivemendError } from '../../base/errors.ts';
import { decodeUtf16le, printable, upcase } from '../../base/text.ts';
import { timeText } from '../../base/time.ts';
import type { Change } from '../../registry/edit.ts';
import type { Value } from '../../registry/hive.ts';
import { readData, regValue, typeText } from '../../registry/value.ts';
import { changeLines, editPlace, valueText } from '../../repairs/revert/change-text.ts';
import type { ShellPaths } from './shell-paths.ts';

const MOST_FOUND = 500;
const BYTES_A_LINE = 16;

export function listing(paths: ShellPaths, names: readonly string[]): string {
  if (paths.keyPath(names) === null) {
    return paths
      .hivesBelow(names)
      .map((name) => `${name}\\\n`)
      .join('');
  }
  const { key } = paths.key(names);
  const keys = key.subkeys().map((subkey) => `${printable(subkey.name)}\\\n`);
  const values = key.values().map((value) => `${shownName(value).padEnd(24)} ${shownData(value)}\n`);
  return [...keys, ...values].join('');
}

const shownName = ({ name }: Value): string => (name === '' ? '(Default)' : printable(name));

function shownData(value: Value): string {
  const data = readData(value);
  return data === null ? `${typeText(value.type)} cannot be read whole` : valueText(regValue(value.type, data));
}

export function wholeText(value: Value): string {
  const data = value.data();
  if (value.type === 7) return decodeUtf16le(data).replace(/\0+$/, '').split('\0').map(printable).join('\n');
  if (value.type === 1 || value.type === 2) return printable(decodeUtf16le(data).split('\0', 1)[0] ?? '');
  return valueText(regValue(value.type, data));
}

export function hexText(data: Uint8Array): string {
  let text = '';
  for (let at = 0; at < data.length; at += BYTES_A_LINE) {
    const bytes = [...data.subarray(at, at + BYTES_A_LINE)];
    const digits = bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const letters = bytes.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
    text += `${at.toString(16).padStart(8, '0')}  ${digits.padEnd(BYTES_A_LINE * 3)} ${letters}\n`;
  }
  return text === '' ? '(no bytes)\n' : text;
}

/** Hits below a key, by the path from there; above the hives those of each hive, and which of them cannot be read. */
export function found(paths: ShellPaths, text: string, names: readonly string[]): string {
  const lines: string[] = [];
  if (paths.keyPath(names) !== null) findBelow(paths, upcase(text), names, '', lines);
  else {
    for (const hive of paths.hivesBelow(names)) {
      try {
        findBelow(paths, upcase(text), [...names, ...hive.split('\\')], hive, lines);
      } catch (error) {
        if (!(error instanceof HivemendError)) throw error;
        lines.push(`${hive} was not searched: ${printable(error.message)}`);
      }
    }
  }
  if (lines.length >= MOST_FOUND) lines.push(`Stopped after ${lines.length} lines.`);
  return lines.length === 0 ? 'nothing found\n' : `${lines.join('\n')}\n`;
}

function findBelow(paths: ShellPaths, wanted: string, names: readonly string[], start: string, lines: string[]): void {
  const { key, view, at } = paths.key(names);
  for (const below of view.walk(key)) {
    if (lines.length >= MOST_FOUND) return;
    const rest = below.path.slice(at.path.length);
    const path = printable([...(start === '' ? [] : [start]), ...rest].join('\\'));
    if (below !== key && upcase(below.name).includes(wanted)) {
      lines.push(`${path}\\  ${timeText(below.lastWritten)}`);
    }
    for (const value of below.values()) {
      const shown = shownData(value);
      const isHit = upcase(value.name).includes(wanted) || upcase(shown).includes(wanted);
      if (isHit) lines.push(`${path === '' ? '.' : path}  ${shownName(value)} = ${shown}`);
    }
  }
}

export function changesText(changes: readonly Change[]): string {
  return changes
    .map(
      (change) =>
        `${editPlace(change.edit)}\n${changeLines(change)
          .map((line) => `    ${line}\n`)
          .join('')}`,
    )
    .join('');
}
