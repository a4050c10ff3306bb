// The table of elements as it is used: from a number to bcdedit's name and back. The same number means different things
// in different kinds of objects, so every question takes the object's type.

import {
  BOOT_MANAGER_ELEMENTS,
  DEVICE_ELEMENTS,
  LIBRARY_ELEMENTS,
  MEMORY_TESTER_ELEMENTS,
  RESUME_ELEMENTS,
  TEMPLATE_ELEMENTS,
} from './common-elements.ts';
import type { ElementRow, NameSource } from './element-row.ts';
import { LOADER_ELEMENTS } from './loader-elements.ts';

export type ElementFormat =
  | 'device'
  | 'string'
  | 'guid'
  | 'guid-list'
  | 'integer'
  | 'boolean'
  | 'integer-list'
  | 'unknown';

/** What is known of an element in one kind of object. */
export interface ElementInfo {
  readonly id: number;
  readonly name: string | null;
  readonly source: NameSource;
  readonly microsoftName: string | null;
  readonly format: ElementFormat;
}

const FORMATS: readonly ElementFormat[] = [
  'unknown',
  'device',
  'string',
  'guid',
  'guid-list',
  'integer',
  'boolean',
  'integer-list',
];

const CLASS_LIBRARY = 1;
const CLASS_APPLICATION = 2;
const CLASS_DEVICE = 3;
export const CLASS_TEMPLATE = 4;

/** The format that an element's number states (bits 27 to 24). */
export function formatOf(id: number): ElementFormat {
  return FORMATS[(id >>> 24) & 0xf] ?? 'unknown';
}

/** The class that an element's number states (bits 31 to 28): 1 library, 2 application, 3 device, 4 template, 5 OEM. */
export function classOf(id: number): number {
  return id >>> 28;
}

/** Eight lower-case hex digits, as Windows names an element's key. */
export function elementKeyName(id: number): string {
  return (id >>> 0).toString(16).padStart(8, '0');
}

/** The number that an element's key name states, or null where it states none. */
export function elementIdOf(keyName: string): number | null {
  return /^[0-9a-f]{8}$/i.test(keyName) ? Number.parseInt(keyName, 16) : null;
}

/** Class 2 by application type: 1 and 2 boot managers, 3 OS loaders, 4 resume loaders, 5 the memory tester. */
const APPLICATION_TABLES: Readonly<Record<number, readonly ElementRow[]>> = {
  1: BOOT_MANAGER_ELEMENTS,
  2: BOOT_MANAGER_ELEMENTS,
  3: LOADER_ELEMENTS,
  4: RESUME_ELEMENTS,
  5: MEMORY_TESTER_ELEMENTS,
};

/** The table that an element of this class has in an object of this type; [] where the pair has none. */
function tableFor(objectType: number, elementClass: number): readonly ElementRow[] {
  if (elementClass === CLASS_LIBRARY) return LIBRARY_ELEMENTS;
  if (elementClass === CLASS_TEMPLATE) return TEMPLATE_ELEMENTS;
  const kind = objectType >>> 28;
  if (elementClass === CLASS_DEVICE) return kind === 3 ? DEVICE_ELEMENTS : [];
  if (elementClass === CLASS_APPLICATION && kind !== 3) return APPLICATION_TABLES[objectType & 0xfffff] ?? [];
  return [];
}

/** What an element is in an object of type `objectType`; a number that no table has keeps its format and has no name. */
export function elementInfo(objectType: number, id: number): ElementInfo {
  const row = tableFor(objectType, classOf(id)).find(([number]) => number === id);
  return infoOf(row ?? [id, '', '-', '']);
}

/**
 * The element that bcdedit calls `name` in an object of type `objectType`; `custom:<8 hex digits>` names any element.
 * Null where the name is unknown or does not apply to such an object.
 */
export function elementNamed(objectType: number, name: string): ElementInfo | null {
  const wanted = name.toLowerCase();
  const custom = /^custom:(?:0x)?([0-9a-f]{8})$/.exec(wanted);
  if (custom) return elementInfo(objectType, Number.parseInt(custom[1]!, 16));
  for (const elementClass of [CLASS_APPLICATION, CLASS_DEVICE, CLASS_LIBRARY, CLASS_TEMPLATE]) {
    const row = tableFor(objectType, elementClass).find(([, known]) => known === wanted && known !== '');
    if (row) return infoOf(row);
  }
  return null;
}

/** True where some kind of object has an element of this name. */
export function isElementName(name: string): boolean {
  const wanted = name.toLowerCase();
  const tables = [LIBRARY_ELEMENTS, DEVICE_ELEMENTS, TEMPLATE_ELEMENTS, ...Object.values(APPLICATION_TABLES)];
  return wanted !== '' && tables.some((rows) => rows.some(([, known]) => known === wanted));
}

function infoOf([id, name, source, microsoftName]: ElementRow): ElementInfo {
  return { id, name: name || null, source, microsoftName: microsoftName || null, format: formatOf(id) };
}
