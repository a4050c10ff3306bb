// A key as the page shows it: the keys below it, its facts, and its values in words and in hex.

import { aliasOf } from '../../bcd/objects.ts';
import { type HiveFile, type HiveKey, HivemendError, type HiveValue } from '../../hive.ts';
import { elementName, elementPlace } from '../../repairs/revert/bcd-place.ts';
import { meaningOf } from '../../repairs/revert/change-row.ts';
import type { KeyList, KeyShown, ValueShown } from './calls.ts';
import { securityWords } from './security-words.ts';

const MOST_VALUES = 2000;
const MOST_CHARACTERS = 2000;
const MOST_HEX_BYTES = 64;
/** The element that names an entry of a boot store. */
const DESCRIPTION = '12000004';

/** Null for a key that is not there. */
export function keyList(hive: HiveFile, names: readonly string[]): KeyList | null {
  const keys = hive.key(names)?.keys();
  if (!keys) return null;
  const known = new Map<number, string>();
  keys.forEach((key, index) => {
    const text = friendlyKey(hive, key);
    if (text !== '') known.set(index, text);
  });
  return {
    names: keys.map(({ name }) => name),
    hasKeys: Uint8Array.from(keys, (key) => (key.keys().length > 0 ? 1 : 0)),
    known,
  };
}

/** Null for a key that is not there. */
export function keyShown(hive: HiveFile, names: readonly string[]): KeyShown | null {
  const key = hive.key(names);
  if (!key) return null;
  const facts: readonly (readonly [string, string | null])[] = [
    ['Last written', key.time],
    ['Class', key.className],
    ['Security', key.sddl],
  ];
  const values = key.values();
  return {
    path: key.path,
    facts: facts.flatMap(([name, text]) => (text === null ? [] : [[name, text] as const])),
    security: wordsOf(key),
    valueCount: values.length,
    values: values.slice(0, MOST_VALUES).map(valueShown),
  };
}

/** None where SDDL cannot say it either. */
function wordsOf(key: HiveKey): string[] {
  return key.sddl === null ? [] : securityWords(key.security!);
}

function valueShown(value: HiveValue): ValueShown {
  return {
    name: value.name,
    type: value.type,
    typeName: value.typeName,
    text: dataText(value, MOST_CHARACTERS),
    known: friendlyValue(value),
    hex: hexStart(value),
  };
}

/** What a value holds, in words, of about so many characters at most. */
export function dataText(value: HiveValue, mostCharacters: number): string {
  let decoded: HiveValue['decoded'];
  try {
    ({ decoded } = value);
  } catch (error) {
    if (error instanceof HivemendError) return 'cannot be read whole';
    throw error;
  }
  if (decoded instanceof Uint8Array) return hexOf(decoded.subarray(0, mostCharacters), ' ').slice(0, mostCharacters);
  if (typeof decoded === 'object') return decoded.join('\n').slice(0, mostCharacters);
  if (typeof decoded === 'string') return decoded.slice(0, mostCharacters);
  return `${decoded} (0x${decoded.toString(16)})`;
}

/** As the form has it, whole. @throws UsageError BAD_PATH; FormatError BAD_CELL */
export function valueText(hive: HiveFile, names: readonly string[], name: string): string {
  const decoded = hive.key(names)?.value(name)?.decoded ?? '';
  if (decoded instanceof Uint8Array) return hexOf(decoded, ' ');
  return typeof decoded === 'object' ? decoded.join('\n') : String(decoded);
}

function hexStart(value: HiveValue): string {
  try {
    const { data } = value;
    return hexOf(data.subarray(0, MOST_HEX_BYTES), ' ') + (data.length > MOST_HEX_BYTES ? ' …' : '');
  } catch (error) {
    if (error instanceof HivemendError) return '';
    throw error;
  }
}

export const hexOf = (bytes: Uint8Array, between: string): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(between);

/** Of a key: an entry of a boot store, an element of one, a control set of those that Select names; '' where nothing is known. */
function friendlyKey(hive: HiveFile, key: HiveKey): string {
  const { names } = key;
  if (hive.kind === 'BCD') {
    const element = elementPlace(names);
    if (element) return elementName(element);
    if (names.length !== 2 || names[0] !== 'Objects') return '';
    const text = key.key(['Elements', DESCRIPTION])?.value('Element')?.decoded;
    return [aliasOf(names[1]!.toLowerCase()) ?? '', typeof text === 'string' ? text : ''].filter(Boolean).join(' ');
  }
  const number = names.length === 1 ? /^ControlSet(\d{3})$/i.exec(names[0]!)?.[1] : undefined;
  if (hive.kind !== 'SYSTEM' || number === undefined) return '';
  const select = hive.key('Select');
  return ['Current', 'Default', 'Failed', 'LastKnownGood']
    .filter((name) => select?.value(name)?.decoded === Number(number))
    .join(', ');
}

/** Of a number that a value holds: 'disabled'; '' where nothing is known. */
function friendlyValue(value: HiveValue): string {
  try {
    return typeof value.decoded === 'number' ? (meaningOf(value.name, value.decoded) ?? '') : '';
  } catch (error) {
    if (error instanceof HivemendError) return '';
    throw error;
  }
}
