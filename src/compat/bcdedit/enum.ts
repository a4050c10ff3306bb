// /enum: which entries, and their text in bcdedit's layout.

import { ELEMENT } from '../../bcd/elements/element-numbers.ts';
import { CLASS_TEMPLATE, classOf } from '../../bcd/elements/elements.ts';
import { BOOTMGR, FWBOOTMGR, idOf, OBJECT_TYPE, titleOf } from '../../bcd/objects.ts';
import type { BcdObject, BcdStore } from '../../bcd/store.ts';
import { guidsOf } from '../../bcd/store.ts';
import type { TextStyle } from '../../bcd/text.ts';
import { elementLabel, elementLines, idText } from '../../bcd/text.ts';

/** The column in which data begin. */
const DATA_COLUMN = 24;

/**
 * The entries that /enum's word names, in bcdedit's order: by type, then as stored. Null where the word is neither a
 * type of entries nor an identifier. RefusedError AMBIGUOUS for {current}.
 */
export function selectObjects(store: BcdStore, word: string): BcdObject[] | null {
  const all = store.objects().sort((a, b) => (a.type ?? 0) - (b.type ?? 0));
  const ofKind = (kind: number): BcdObject[] => all.filter((object) => (object.type ?? 0) >>> 28 === kind);
  const ofType = (...types: readonly number[]): BcdObject[] => all.filter((object) => types.includes(object.type ?? 0));
  switch (word.toLowerCase()) {
    case 'all':
      return all;
    case 'active':
      return activeObjects(store, BOOTMGR);
    case 'firmware':
      return activeObjects(store, FWBOOTMGR).concat(ofType(OBJECT_TYPE.firmwareApplication).filter(isNotIn(store)));
    case 'bootapp':
      return ofKind(1).filter((object) => ((object.type ?? 0) >>> 20) % 16 === 2);
    case 'bootmgr':
      return ofType(OBJECT_TYPE.bootManager);
    case 'osloader':
      return ofType(OBJECT_TYPE.osLoader, OBJECT_TYPE.legacyLoader);
    case 'resume':
      return ofType(OBJECT_TYPE.resume);
    case 'inherit':
      return ofKind(2);
    case 'device':
      return ofKind(3);
    default: {
      if (idOf(word) === null) return null;
      const object = store.object(word);
      return object ? [object] : [];
    }
  }
}

/** A boot manager and what is in its display order. */
function activeObjects(store: BcdStore, managerId: string): BcdObject[] {
  const manager = store.object(managerId);
  const shown = guidsOf(manager, ELEMENT.displayOrder).map((id) => store.object(id));
  return [manager, ...shown].filter((object) => object !== null);
}

function isNotIn(store: BcdStore): (object: BcdObject) => boolean {
  const shown = guidsOf(store.object(FWBOOTMGR), ELEMENT.displayOrder);
  return (object) => !shown.includes(object.id);
}

/** The entries as bcdedit prints them. Elements of setup templates are shown only under /v. */
export function enumText(objects: readonly BcdObject[], style: TextStyle): string {
  return objects.map((object) => `\n${objectText(object, style)}`).join('');
}

function objectText(object: BcdObject, style: TextStyle): string {
  const title = titleOf(object.id, object.type ?? 0);
  const name = object.alias ?? (object.id === style.defaultId ? '{default}' : null);
  const identifier =
    style.verbose && name !== null && style.isForScript !== true ? `${object.id} ${name}` : idText(object.id, style);
  const lines = [title, '-'.repeat(title.length), row('identifier', identifier)];
  for (const element of object.elements) {
    if (classOf(element.id) === CLASS_TEMPLATE && !style.verbose) continue;
    elementLines(element.info, element.data, style).forEach((line, i) => {
      lines.push(row(i === 0 ? elementLabel(element) : '', line));
    });
  }
  return `${lines.join('\n')}\n`;
}

function row(label: string, text: string): string {
  return `${label.padEnd(DATA_COLUMN - 1)} ${text}`.trimEnd();
}
