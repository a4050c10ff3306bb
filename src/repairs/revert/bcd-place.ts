// An element of the boot store told from the path of its key, and named as bcdedit names it.

import { elementIdOf, elementInfo } from '../../bcd/elements/elements.ts';
import { aliasOf, OBJECT_TYPE, wellKnownType } from '../../bcd/objects.ts';

export interface ElementPlace {
  /** The alias where there is one that bcdedit knows, else the GUID. */
  readonly object: string;
  /** Of a well-known object; of any other that of a loader, the only other kind that repairs edit. */
  readonly objectType: number;
  readonly elementId: number;
}

/** Null where the path is no element's key. */
export function elementPlace(path: readonly string[]): ElementPlace | null {
  const [objects, id, elements, keyName] = path;
  const elementId = elementIdOf(keyName ?? '');
  if (objects !== 'Objects' || elements !== 'Elements' || id === undefined || elementId === null) return null;
  const guid = id.toLowerCase();
  return { object: aliasOf(guid) ?? guid, objectType: wellKnownType(guid) ?? OBJECT_TYPE.osLoader, elementId };
}

/** 'displaybootmenu', or 'custom:26000020' where bcdedit has no name. */
export function elementName({ objectType, elementId }: ElementPlace): string {
  return elementInfo(objectType, elementId).name ?? `custom:${elementId.toString(16).padStart(8, '0')}`;
}

/** 'BCD {bootmgr} displaybootmenu (26000020)', or null where the path is no element's key. */
export function elementTitle(path: readonly string[]): string | null {
  const place = elementPlace(path);
  return place && `BCD ${place.object} ${elementName(place)} (${place.elementId.toString(16).padStart(8, '0')})`;
}
