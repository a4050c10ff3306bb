// What names and numbers of a hive stand for, where that is known.

import { aliasOf } from '../../bcd/objects.ts';
import { type HiveFile, type HiveKey, HivemendError, type HiveValue } from '../../hive.ts';
import { elementName, elementPlace } from '../../repairs/revert/bcd-place.ts';
import { meaningOf } from '../../repairs/revert/change-row.ts';

const DESCRIPTION = '12000004';

/** Of a key: an entry of a boot store, an element of one, a control set of those that Select names; '' where nothing is known. */
export function friendlyKey(hive: HiveFile, key: HiveKey): string {
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
export function friendlyValue(value: HiveValue): string {
  try {
    return typeof value.decoded === 'number' ? (meaningOf(value.name, value.decoded) ?? '') : '';
  } catch (error) {
    if (error instanceof HivemendError) return '';
    throw error;
  }
}
