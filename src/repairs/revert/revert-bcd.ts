// A change of the boot store as the bcdedit command that reverts it.

import { decodeElement } from '../../bcd/data.ts';
import { elementInfo } from '../../bcd/elements/elements.ts';
import type { HiveEdit, RegValue, State } from '../../registry/edit.ts';
import { valueBytes } from '../../registry/value.ts';
import { type ElementPlace, elementName, elementPlace } from './bcd-place.ts';

/**
 * The bcdedit command that takes one change of a store back; null where it needs none (the key of an element goes with
 * its data) or none can say it (devices).
 */
export function bcdRevertLine(edit: HiveEdit, before: State, word: (text: string) => string | null): string | null {
  const { path } = edit.key;
  if (edit.op === 'create-key' && path.length === 2) return `bcdedit /delete ${path[1] ?? ''}`;
  const place = elementPlace(path);
  if (!place) return null;
  switch (edit.op) {
    case 'set-value':
      if (before?.value) return setLine(place, before.value, word);
      return `bcdedit /deletevalue ${place.object} ${elementName(place)}`;
    case 'delete-value':
    case 'delete-key': {
      const value = before?.value ?? before?.tree?.[0]?.values.find(({ name }) => name === 'Element')?.value;
      return value ? setLine(place, value, word) : null;
    }
    default:
      return null;
  }
}

/** bcdedit takes the modes of safe boot by name only. */
const SAFE_BOOT = 'safeboot';
const SAFE_BOOT_MODES = ['minimal', 'network', 'dsrepair'];

function setLine(place: ElementPlace, value: RegValue, word: (text: string) => string | null): string | null {
  const info = elementInfo(place.objectType, place.elementId);
  const data = decodeElement(info.format, value.type, valueBytes(value));
  const name = elementName(place);
  const set = (text: string): string => `bcdedit /set ${place.object} ${name} ${text}`;
  switch (data.format) {
    case 'boolean':
      return set(data.value ? 'yes' : 'no');
    case 'integer':
      return set((name === SAFE_BOOT ? SAFE_BOOT_MODES[Number(data.value)] : undefined) ?? data.value.toString());
    case 'string': {
      const text = word(data.value);
      return text === null ? null : set(text);
    }
    case 'guid':
      return set(data.value);
    case 'guid-list':
      return set(data.value.join(' '));
    default:
      return null;
  }
}
