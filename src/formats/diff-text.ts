// The difference of two hives for people (unified text) and for Windows (a .reg file that turns one into the other).

import { fromHex } from '../base/bytes.ts';
import type { Finding } from '../base/finding.ts';
import { decodeUtf16le, printable } from '../base/text.ts';
import { filetimeToIso } from '../base/time.ts';
import type { RegValue } from '../registry/edit.ts';
import type { Hive } from '../registry/hive.ts';
import { formatKeyPath, isBelowOrSame, pathKey } from '../registry/path.ts';
import type { HiveDifference } from '../registry/proof/diff.ts';
import { readData, regValue } from '../registry/value.ts';
import { sddlText } from './lines/jsonl.ts';
import { canBeKeyName, encodeRegFile, formatRegLine, formatRegName, prefixed, REG_FILE_HEADER } from './reg/writer.ts';

/** Unified text: a header of both names, a line `@@ \path @@` for each key, '-' lines and '+' lines below it. */
export function writeUnifiedDiff(
  differences: readonly HiveDifference[],
  names: { readonly before: string; readonly after: string },
  sink: (chunk: string) => void,
): void {
  if (differences.length === 0) return;
  sink(`--- ${printable(names.before)}\n+++ ${printable(names.after)}\n`);
  let key = '';
  for (const difference of differences) {
    const header = `@@ \\${printable(formatKeyPath(difference.path))} @@\n`;
    sink((header === key ? '' : header) + differenceLines(difference));
    key = header;
  }
}

function differenceLines(difference: HiveDifference): string {
  switch (difference.kind) {
    case 'key-added':
      return `+[\\${printable(formatKeyPath(difference.path))}]\n`;
    case 'key-removed':
      return `-[\\${printable(formatKeyPath(difference.path))}]\n`;
    case 'key-respelled':
      return pairOfLines(difference, (name) => `name: ${printable(name)}`);
    case 'value-respelled':
      return pairOfLines(difference, (name) => `value name: ${printable(name)}`);
    case 'value-added':
    case 'value-removed':
    case 'value-changed': {
      const { name, before, after, kind } = difference;
      const old = kind === 'value-added' ? '' : `-${valueText(name, before)}\n`;
      return kind === 'value-removed' ? old : `${old}+${valueText(name, after)}\n`;
    }
    case 'class-changed':
      return pairOfLines(difference, (hex) => `class: ${printable(decodeUtf16le(fromHex(hex) ?? new Uint8Array()))}`);
    case 'security-changed':
      return pairOfLines(difference, (hex) => `security: ${sddlText(fromHex(hex) ?? new Uint8Array()) ?? hex}`);
    case 'flags-changed':
      return pairOfLines(difference, (flags) => `flags: 0x${Number(flags).toString(16)}`);
    case 'time-changed':
      return pairOfLines(
        difference,
        (time) => `last written: ${time === '0' ? 'not set' : (filetimeToIso(BigInt(time)) ?? time)}`,
      );
  }
}

function pairOfLines(
  difference: { readonly before: string | null; readonly after: string | null },
  text: (side: string) => string,
): string {
  const old = difference.before === null ? '' : `-${text(difference.before)}\n`;
  return difference.after === null ? old : `${old}+${text(difference.after)}\n`;
}

/** A value as a .reg file has it, on one line. */
function valueText(name: string, value: RegValue | null): string {
  if (value === null) return `${printable(formatRegName(name))}=(data damaged)`;
  return printable(formatRegLine(name, value).replaceAll('\\\r\n  ', '').trimEnd());
}

/**
 * Writes the .reg file that turns `before` into `after`. Findings NOT_IN_REG_FILE for what such a file cannot say: class
 * names, security, flags, times, letter case of keys, names with NULs or line breaks, damaged data.
 */
export function writeRegDiff(
  differences: readonly HiveDifference[],
  options: { readonly prefix: string; readonly file: string; readonly after: Hive },
  sink: (chunk: Uint8Array) => void,
): readonly Finding[] {
  const findings: Finding[] = [];
  let text = REG_FILE_HEADER;
  let open = '';
  let removed: readonly string[] | null = null;
  const leaveOut = (difference: HiveDifference, what: string): void => {
    const key = printable(formatKeyPath(difference.path));
    findings.push({
      code: 'NOT_IN_REG_FILE',
      severity: 'warning',
      where: { file: options.file, key },
      text: `${what} of \\${key} differs, which a .reg file cannot say`,
    });
  };
  for (const difference of differences) {
    const { path, kind } = difference;
    if (removed !== null && isBelowOrSame(path, removed)) continue;
    removed = null;
    if (path.some((name) => !canBeKeyName(name))) {
      leaveOut(difference, 'the name');
      continue;
    }
    if (kind === 'key-removed') {
      text += `${open === '' ? '' : '\r\n'}[-${prefixed(options.prefix, path)}]\r\n`;
      open = '-';
      removed = path;
      continue;
    }
    const line = kind === 'key-added' ? '' : regLine(difference, options.after);
    if (line === null) {
      leaveOut(difference, WHAT[kind] ?? 'a value');
      continue;
    }
    if (open !== pathKey(path)) text += `${open === '' ? '' : '\r\n'}[${prefixed(options.prefix, path)}]\r\n`;
    open = pathKey(path);
    text += line;
  }
  sink(encodeRegFile(`${text}\r\n`, true));
  return findings;
}

const WHAT: Readonly<Partial<Record<HiveDifference['kind'], string>>> = {
  'key-respelled': "the letter case of the key's name",
  'class-changed': 'the class name',
  'security-changed': 'the security descriptor',
  'flags-changed': 'the flags',
  'time-changed': 'the last-written time',
};

/** The lines of a value's difference; null where a .reg file has none for it. */
function regLine(difference: HiveDifference, after: Hive): string | null {
  switch (difference.kind) {
    case 'value-removed':
      return isLineName(difference.name) ? `${formatRegName(difference.name)}=-\r\n` : null;
    case 'value-added':
    case 'value-changed':
      if (difference.after === null || !isLineName(difference.name)) return null;
      return formatRegLine(difference.name, difference.after);
    case 'value-respelled': {
      const value = after.value(difference.path, difference.after);
      const data = value === null ? null : readData(value);
      if (value === null || data === null || !isLineName(difference.after)) return null;
      return `${formatRegName(difference.before)}=-\r\n${formatRegLine(difference.after, regValue(value.type, data))}`;
    }
    default:
      return null;
  }
}

function isLineName(name: string): boolean {
  return !/[\0\r\n]/.test(name);
}
