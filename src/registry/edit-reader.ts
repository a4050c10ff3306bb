// Edits and changes that come from a file (a saved plan, a journal's report): anything may stand there.

import { fromHex } from '../base/bytes.ts';
import type { Change, Edit, RegValue } from './edit.ts';

type Fields = Readonly<Record<string, unknown>>;

/** The fields of a JSON object; null for anything else. */
export function fieldsOf(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
}

export const isText = (value: unknown): value is string => typeof value === 'string';
const isHex = (value: unknown): boolean => isText(value) && fromHex(value) !== null;
const isPath = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
const isFiletime = (value: unknown): boolean => isText(value) && /^\d{1,20}$/.test(value) && BigInt(value) < 2n ** 64n;

export function isRegValue(value: unknown): value is RegValue {
  const fields = fieldsOf(value);
  const type = fields?.type;
  return Number.isInteger(type) && Number(type) >= 0 && Number(type) < 2 ** 32 && isHex(fields?.hex);
}

function isKeyPath(value: unknown): boolean {
  const fields = fieldsOf(value);
  return isText(fields?.hive) && isPath(fields?.path);
}

/** What each operation must say besides its name. */
const OPERATIONS: Readonly<Record<Edit['op'], Readonly<Record<string, (value: unknown) => boolean>>>> = {
  'recover-hive': { key: isKeyPath },
  'create-key': { key: isKeyPath },
  'delete-key': { key: isKeyPath },
  'rename-key': { key: isKeyPath, newName: isText },
  'set-value': { key: isKeyPath, name: isText, value: isRegValue },
  'delete-value': { key: isKeyPath, name: isText },
  'set-class': { key: isKeyPath, className: isText },
  'set-key-security': { key: isKeyPath, sdHex: isHex },
  'set-key-time': { key: isKeyPath, filetime: isFiletime },
  'set-security': { path: isText, sdHex: isHex },
  'write-file': { path: isText, hex: isHex },
  'make-folder': { path: isText },
  'delete-file': { path: isText },
  'move-file': { path: isText, to: isText },
};

/** Whether a value parsed from JSON is an edit with all that its operation needs, and no place of the other kind. */
export function isEdit(value: unknown): value is Edit {
  const fields = fieldsOf(value);
  if (!fields || !isText(fields.op) || !Object.hasOwn(OPERATIONS, fields.op)) return false;
  const needed = OPERATIONS[fields.op as Edit['op']];
  if ('key' in fields !== 'key' in needed) return false;
  return Object.entries(needed).every(([name, isRight]) => isRight(fields[name]));
}

const STATE: Readonly<Record<string, (value: unknown) => boolean>> = {
  value: isRegValue,
  tree: (value) => Array.isArray(value) && value.every(isKeyRecord),
  className: isText,
  sdHex: isHex,
  filetime: isFiletime,
  fileSha256: isText,
};

function isState(value: unknown): boolean {
  if (value === null) return true;
  const fields = fieldsOf(value);
  return (
    fields !== null && Object.entries(STATE).every(([name, isRight]) => !(name in fields) || isRight(fields[name]))
  );
}

function isKeyRecord(value: unknown): boolean {
  const fields = fieldsOf(value);
  if (!fields || !isPath(fields.path) || !isFiletime(fields.filetime) || !Array.isArray(fields.values)) return false;
  if ('className' in fields && !isText(fields.className)) return false;
  if ('sdHex' in fields && !isHex(fields.sdHex)) return false;
  return fields.values.every((entry) => {
    const named = fieldsOf(entry);
    return isText(named?.name) && isRegValue(named.value);
  });
}

/** Whether a value parsed from JSON is a change: an edit with what stood there before and after it. */
export function isChange(value: unknown): value is Change {
  const fields = fieldsOf(value);
  return fields !== null && isEdit(fields.edit) && isState(fields.before) && isState(fields.after);
}
