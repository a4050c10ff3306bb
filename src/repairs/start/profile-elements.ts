// Elements of the boot store that a user's profile wants: read from its file, and planned.

import { type ElementData, elementData } from '../../bcd/data.ts';
import { deleteElement, setElement } from '../../bcd/edits.ts';
import { BOOTMGR } from '../../bcd/objects.ts';
import { bootLoader } from '../fixes/boot/boot-loader.ts';
import type { PlannedEdit } from '../model.ts';
import type { ProfileElement } from '../profiles.ts';
import type { MachineView } from '../view.ts';
import type { Fields } from './json-fields.ts';

/** The format stands in the number: 0x02…… text, 0x05…… a number, 0x06…… true or false. */
const FORMAT_SHIFT = 24;

/** @throws UsageError BAD_VALUE, with the place of the fault. */
export function parseElement(fields: Fields): ProfileElement {
  fields.only(['object', 'element', 'data', 'why']);
  const number = /^(?:0x)?([0-9a-f]{8})$/i.exec(fields.text('element'))?.[1];
  if (number === undefined) fields.fail('element', 'a number of eight hex digits, like 250000e0');
  const element = Number.parseInt(number!, 16);
  return {
    object: fields.oneOf('object', ['loader', 'bootmgr']),
    element,
    data: dataOf(fields, (element >>> FORMAT_SHIFT) & 0xf),
    why: fields.text('why'),
  };
}

function dataOf(fields: Fields, format: number): ElementData | null {
  const { data } = fields.json;
  if (data === null) return null;
  if (format === 6 && typeof data === 'boolean') return elementData.boolean(data);
  if (format === 5 && typeof data === 'number' && Number.isSafeInteger(data) && data >= 0) {
    return elementData.integer(BigInt(data));
  }
  if (format === 2 && typeof data === 'string') return elementData.string(data);
  return fields.fail(
    'data',
    'what the element takes (true or false, a number, a text), or null where it is to be absent',
  );
}

/** The edits, or why none can be made. */
export function elementEdits(
  view: MachineView,
  elements: readonly ProfileElement[],
): { readonly edits: readonly PlannedEdit[]; readonly skipped: readonly string[] } {
  const { bcd } = view;
  if (elements.length === 0) return { edits: [], skipped: [] };
  if (!bcd) return { edits: [], skipped: [`elements of the boot store: ${view.bcdMissing ?? 'there is none'}`] };
  const edits: PlannedEdit[] = [];
  const skipped: string[] = [];
  for (const { object, element, data, why } of elements) {
    const place = object === 'bootmgr' ? bcd.object(BOOTMGR) : bootLoader(view);
    if (!place) {
      skipped.push(
        object === 'bootmgr' ? 'the boot store does not have {bootmgr}' : 'no loader of this Windows is known',
      );
      continue;
    }
    const made = data === null ? deleteElement(bcd, place, element) : setElement(bcd, place, element, data);
    for (const edit of made) edits.push({ edit, why, controlSet: null, fixes: null, isRequested: true });
  }
  return { edits, skipped: [...new Set(skipped)] };
}
