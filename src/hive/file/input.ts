// What a program gives, checked before it is used: JavaScript gives anything, and what is lost in a conversion is lost.

import { UsageError } from '../../base/errors.ts';
import { msToFiletime } from '../../base/time.ts';
import type { HiveEdit, RegValue } from '../../registry/edit.ts';
import { isEdit, isRegValue, isText } from '../../registry/edit-reader.ts';
import { parseKeyPath } from '../../registry/path.ts';
import { binary, dword, multiSz, qword, sz } from '../../registry/value.ts';

/** A path below the root: `'ControlSet001\\Control'`, or its names. */
export type PathInput = string | readonly string[];

/** What a hive's values can be set to: text is REG_SZ, texts REG_MULTI_SZ, a number REG_DWORD, a bigint REG_QWORD, bytes
 * REG_BINARY; any other type as `{ type, hex }`, which `expandSz` and `regValue` make. */
export type ValueInput = RegValue | string | readonly string[] | number | bigint | Uint8Array;

const isTexts = (given: unknown): given is readonly string[] => Array.isArray(given) && given.every(isText);

/** @throws UsageError BAD_PATH */
export function namesOf(path: PathInput): readonly string[] {
  if (isText(path)) return parseKeyPath(path);
  if (isTexts(path)) return path;
  throw new UsageError('BAD_PATH', `a path of keys is ${kindOf(path)}, expected text or a list of names`);
}

/** @throws UsageError BAD_VALUE */
export function valueName(name: string): string {
  if (isText(name)) return name;
  throw new UsageError('BAD_VALUE', `the name of a value is ${kindOf(name)}, expected text; '' is the default value`);
}

/** @throws UsageError BAD_VALUE, for a number that its type does not hold and text with a NUL too */
export function regValueOf(value: ValueInput): RegValue {
  if (isText(value)) return sz(withoutNul(value));
  if (typeof value === 'number') return dword(value);
  if (typeof value === 'bigint') return qword(value);
  if (value instanceof Uint8Array) return binary(value);
  if (isTexts(value)) return multiSz(value.map(withoutNul));
  if (isRegValue(value)) return value;
  throw new UsageError(
    'BAD_VALUE',
    `a value is set to ${kindOf(value)}, expected text, a list of texts, a number, a bigint, bytes or { type, hex }`,
  );
}

/** @throws UsageError BAD_VALUE for what is no edit of a hive */
export function hiveEdits(edits: readonly HiveEdit[]): readonly HiveEdit[] {
  if (!Array.isArray(edits)) throw new UsageError('BAD_VALUE', `the edits are ${kindOf(edits)}, expected a list`);
  const wrong = edits.findIndex((edit) => !isEdit(edit) || !('key' in edit));
  if (wrong < 0) return edits;
  throw new UsageError('BAD_VALUE', `edits[${wrong}] is not an edit of a hive with all that its operation needs`);
}

/** A FILETIME. @throws UsageError BAD_VALUE */
export function sinceOf(since: bigint | Date): bigint {
  if (typeof since === 'bigint') return since;
  if (since instanceof Date && !Number.isNaN(since.getTime())) return msToFiletime(since.getTime());
  throw new UsageError(
    'BAD_VALUE',
    `since is ${since instanceof Date ? 'no date' : kindOf(since)}, expected a Date or a FILETIME as a bigint`,
  );
}

/** Text up to its NUL is all that programs see of a REG_SZ, and a NUL ends a text of a list. */
function withoutNul(text: string): string {
  if (!text.includes('\0')) return text;
  throw new UsageError('BAD_VALUE', 'a text that a value is set to holds a NUL, which would end it', {
    hint: 'regValue(type, bytes)',
  });
}

/** 'undefined', 'a number', 'an object': what was found instead. */
export function kindOf(given: unknown): string {
  if (given === undefined || given === null) return String(given);
  if (Array.isArray(given)) return 'a list';
  return typeof given === 'object' ? 'an object' : `a ${typeof given}`;
}
