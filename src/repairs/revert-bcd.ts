// A change of the boot store as the bcdedit command that takes it back.

import { decodeElement } from '../bcd/element-data.ts';
import { elementIdOf, elementInfo } from '../bcd/elements.ts';
import { aliasOf, OBJECT_TYPE, wellKnownType } from '../bcd/objects.ts';
import type { HiveEdit, RegValue, State } from '../registry/edit.ts';
import { valueBytes } from '../registry/value.ts';

interface ElementPlace {
  /** The alias where there is one that bcdedit knows, else the GUID. */
  readonly object: string;
  readonly objectType: number;
  readonly elementId: number;
}

/**
 * The bcdedit command that takes one change of a store back; null where it needs none (the key of an element goes with
 * its data) or none can say it (devices).
 */
export function bcdRevertLine(edit: HiveEdit, before: State): string | null {
  const { path } = edit.key;
  if (edit.op === 'create-key' && path.length === 2) return `bcdedit /delete ${path[1] ?? ''}`;
  const place = elementPlace(path);
  if (!place) return null;
  switch (edit.op) {
    case 'set-value':
      if (before?.value) return setLine(place, before.value);
      return `bcdedit /deletevalue ${place.object} ${elementName(place)}`;
    case 'delete-value':
    case 'delete-key': {
      const value = before?.value ?? before?.tree?.[0]?.values.find(({ name }) => name === 'Element')?.value;
      return value ? setLine(place, value) : null;
    }
    default:
      return null;
  }
}

function elementPlace(path: readonly string[]): ElementPlace | null {
  const [objects, id, elements, keyName] = path;
  const elementId = elementIdOf(keyName ?? '');
  if (objects !== 'Objects' || elements !== 'Elements' || id === undefined || elementId === null) return null;
  const guid = id.toLowerCase();
  return { object: aliasOf(guid) ?? guid, objectType: wellKnownType(guid) ?? OBJECT_TYPE.osLoader, elementId };
}

function elementName({ objectType, elementId }: ElementPlace): string {
  return elementInfo(objectType, elementId).name ?? `custom:${elementId.toString(16).padStart(8, '0')}`;
}

/** bcdedit takes the modes of safe boot by name only. */
const SAFE_BOOT = 'safeboot';
const SAFE_BOOT_MODES = ['minimal', 'network', 'dsrepair'];

function setLine(place: ElementPlace, value: RegValue): string | null {
  const info = elementInfo(place.objectType, place.elementId);
  const data = decodeElement(info.format, value.type, valueBytes(value));
  const name = elementName(place);
  const set = (text: string): string => `bcdedit /set ${place.object} ${name} ${text}`;
  switch (data.format) {
    case 'boolean':
      return set(data.value ? 'yes' : 'no');
    case 'integer':
      return set((name === SAFE_BOOT ? SAFE_BOOT_MODES[Number(data.value)] : undefined) ?? data.value.toString());
    case 'string':
      return set(`"${data.value}"`);
    case 'guid':
      return set(data.value);
    case 'guid-list':
      return set(data.value.join(' '));
    default:
      return null;
  }
}
