// A store as JSON for pipelines: everything that /enum all /v shows, with the stored bytes beside their meaning.

import type { RegValue } from '../registry/edit.ts';
import type { ElementData } from './data.ts';
import { encodeElement } from './data.ts';
import type { Device, DeviceElement } from './device.ts';
import type { NameSource } from './elements/element-row.ts';
import { elementKeyName } from './elements/elements.ts';
import { valueWord } from './elements/value-names.ts';
import { hexType, titleOf } from './objects.ts';
import type { BcdObject, BcdStore, LoaderKind } from './store.ts';

export interface ElementJson {
  /** Eight lower-case hex digits. */
  readonly element: string;
  readonly name: string | null;
  /** Where the name comes from: 'D' and 'M' published sources, 'K' no source was found, '-' no name. */
  readonly nameSource: NameSource;
  readonly microsoftName: string | null;
  /** 'malformed' where the stored type or length do not fit the element. */
  readonly format: ElementData['format'];
  /** Booleans as true or false, integers as decimal text, lists as arrays, devices as objects; null when malformed. */
  readonly value: unknown;
  /** bcdedit's word for an integer. */
  readonly word?: string;
  readonly stored: RegValue;
}

export interface ObjectJson {
  readonly id: string;
  readonly alias: string | null;
  readonly isDefault: boolean;
  /** Eight hex digits; null where the object states none. */
  readonly type: string | null;
  readonly title: string;
  /** For OS loaders: what they start. */
  readonly starts?: LoaderKind;
  readonly elements: readonly ElementJson[];
}

export interface StoreJson {
  readonly default: { readonly state: string; readonly id: string | null; readonly candidates: readonly string[] };
  readonly objects: readonly ObjectJson[];
}

/** The store, or those of its objects that are given. JSON-safe. */
export function storeJson(store: BcdStore, objects: readonly BcdObject[] = store.objects()): StoreJson {
  const { state, id, candidates } = store.defaultState();
  const all = store.objects();
  return {
    default: { state, id, candidates: candidates.map((loader) => loader.id) },
    objects: objects.map((object) => objectJson(object, store.loaderKind(object, all), id)),
  };
}

function objectJson(object: BcdObject, kind: LoaderKind, defaultId: string | null): ObjectJson {
  return {
    id: object.id,
    alias: object.alias,
    isDefault: object.id === defaultId,
    type: object.type === null ? null : hexType(object.type),
    title: titleOf(object.id, object.type ?? 0),
    ...(object.type === 0x10200003 ? { starts: kind } : {}),
    elements: object.elements.map(({ id, info, data }) => {
      const word = data.format === 'integer' ? valueWord(info, data.value) : null;
      return {
        element: elementKeyName(id),
        name: info.name,
        nameSource: info.source,
        microsoftName: info.microsoftName,
        format: data.format,
        value: jsonValue(data),
        ...(word === null ? {} : { word }),
        stored: encodeElement(data),
      };
    }),
  };
}

function jsonValue(data: ElementData): unknown {
  switch (data.format) {
    case 'integer':
      return data.value.toString();
    case 'integer-list':
      return data.value.map((value) => value.toString());
    case 'device':
      return deviceJson(data.value);
    case 'malformed':
      return null;
    default:
      return data.value;
  }
}

function deviceJson({ device, optionsId }: DeviceElement): unknown {
  return { ...plain(device), options: optionsId };
}

function plain(device: Device): Record<string, unknown> {
  if (device.kind === 'partition') return { kind: device.kind, ...device.partition };
  return 'parent' in device ? { ...device, parent: plain(device.parent) } : { ...device };
}
