// A boot configuration store over a hive: its objects and elements typed, aliases both ways, and what {default} means.
// Reading only; what changes a store is in edits.ts.

import type { HivemendError } from '../base/errors.ts';
import { NotFoundError, RefusedError } from '../base/errors.ts';
import { normalGuid } from '../base/guid.ts';
import type { Hive, Key } from '../registry/hive.ts';
import { readData, readDword } from '../registry/value.ts';
import type { ElementData } from './data.ts';
import { decodeElement, deviceIn } from './data.ts';
import type { Device } from './device.ts';
import { ELEMENT } from './elements/element-numbers.ts';
import type { ElementInfo } from './elements/elements.ts';
import { elementIdOf, elementInfo } from './elements/elements.ts';
import {
  aliasOf,
  BOOTMGR,
  CURRENT_ALIAS,
  DEFAULT_ALIAS,
  idOf,
  OBJECT_TYPE,
  refuseCurrent,
  SETUP_ENTRY,
} from './objects.ts';

/** An element as it is stored, with its meaning. */
export interface BcdElement {
  readonly id: number;
  /** The key's name as it is stored. */
  readonly keyName: string;
  readonly info: ElementInfo;
  readonly data: ElementData;
}

/** An object as it is stored. `id` is its GUID in lower case; a key whose name is no GUID has its name there. */
export interface BcdObject {
  readonly id: string;
  /** The key's name as it is stored. */
  readonly keyName: string;
  /** '{bootmgr}' and the like; null for objects without a well-known name. */
  readonly alias: string | null;
  /** Description\Type; null where it is missing or no number. */
  readonly type: number | null;
  /** In stored order; keys that are no elements or have no data are left out. */
  readonly elements: readonly BcdElement[];
}

/** What an OS loader starts. 'other': a loader of neither Windows, its recovery environment nor Windows Setup. */
export type LoaderKind = 'windows' | 'recovery' | 'setup' | 'other';

/** How {default} stands; `object` is what it names, where that exists. */
export interface DefaultState {
  readonly state: 'ok' | 'no-boot-manager' | 'missing' | 'dangling' | 'not-windows';
  readonly id: string | null;
  readonly object: BcdObject | null;
  /** Loaders of a Windows, in the order of the boot menu. */
  readonly candidates: readonly BcdObject[];
}

/** Reads anew at each call, so it stays right while the hive is edited. Nothing here throws for odd data. */
export class BcdStore {
  readonly hive: Hive;

  constructor(hive: Hive) {
    this.hive = hive;
  }

  /** True where the hive has the keys of a store at all. */
  isStore(): boolean {
    return this.hive.key(['Objects']) !== null;
  }

  /** Every object in stored order. */
  objects(): BcdObject[] {
    const objects = this.hive.key(['Objects']);
    return objects ? objects.subkeys().map(readObject) : [];
  }

  /**
   * The object of a GUID or an alias in any letter case; {default} is followed through {bootmgr} without judging what it
   * names. Null where there is none.
   * @throws RefusedError AMBIGUOUS for {current}.
   */
  object(idOrAlias: string): BcdObject | null {
    const id = idOf(idOrAlias) ?? idOrAlias;
    if (id === CURRENT_ALIAS) throw refuseCurrent();
    if (id === DEFAULT_ALIAS) return this.defaultState().object;
    const key = this.hive.key(['Objects', id]);
    return key ? readObject(key) : null;
  }

  /** OS loaders in the order of {bootmgr}'s displayorder, then the others in stored order. */
  loaders(): BcdObject[] {
    return this.loadersAmong(this.objects());
  }

  /** What a loader starts, told by its own elements and by which of the store's `objects` names it as a recovery sequence. */
  loaderKind(object: BcdObject, objects: readonly BcdObject[] = this.objects()): LoaderKind {
    if (object.type !== OBJECT_TYPE.osLoader) return 'other';
    const image = imagePath(deviceOf(object, ELEMENT.osDevice)) ?? imagePath(deviceOf(object, ELEMENT.device));
    if (booleanOf(object, ELEMENT.recoveryOs) || /winre\.wim$/i.test(image ?? '')) return 'recovery';
    if (object.id === SETUP_ENTRY || /(?:^|\\)boot\.wim$/i.test(image ?? '')) return 'setup';
    const isRecoveryTarget = objects.some((other) => guidsOf(other, ELEMENT.recoverySequence).includes(object.id));
    if (isRecoveryTarget) return 'recovery';
    // A preinstallation environment starts from an image or from where its boot manager lies; one that names a partition
    // is an installed Windows with winpe left on.
    const isPe = booleanOf(object, ELEMENT.winPe) && deviceOf(object, ELEMENT.osDevice)?.kind !== 'partition';
    if (isPe || image !== null) return 'other';
    return /\\winload\.(?:exe|efi)$/i.test(textOf(object, ELEMENT.path) ?? '') ? 'windows' : 'other';
  }

  /** The loaders that start a Windows, in the order of the boot menu. */
  windowsLoaders(): BcdObject[] {
    return this.windowsAmong(this.objects());
  }

  private loadersAmong(objects: readonly BcdObject[]): BcdObject[] {
    const order = guidsOf(this.object(BOOTMGR), ELEMENT.displayOrder);
    const loaders = objects.filter((object) => object.type === OBJECT_TYPE.osLoader);
    const place = (object: BcdObject): number => (order.includes(object.id) ? order.indexOf(object.id) : order.length);
    return loaders.sort((a, b) => place(a) - place(b));
  }

  private windowsAmong(objects: readonly BcdObject[]): BcdObject[] {
    return this.loadersAmong(objects).filter((object) => this.loaderKind(object, objects) === 'windows');
  }

  /** How {default} stands: {bootmgr}'s element 23000003 and what it names. */
  defaultState(): DefaultState {
    const objects = this.objects();
    const candidates = this.windowsAmong(objects);
    const bootManager = this.object(BOOTMGR);
    if (!bootManager) return { state: 'no-boot-manager', id: null, object: null, candidates };
    const data = elementOf(bootManager, ELEMENT.default)?.data;
    const id = data?.format === 'guid' ? normalGuid(data.value) : null;
    if (id === null) return { state: 'missing', id, object: null, candidates };
    const key = this.hive.key(['Objects', id]);
    if (!key) return { state: 'dangling', id, object: null, candidates };
    const object = readObject(key);
    const isWindows = this.loaderKind(object, objects) === 'windows';
    return { state: isWindows ? 'ok' : 'not-windows', id, object, candidates };
  }

  /**
   * The loader that {default} names, when it starts a Windows.
   * @throws NotFoundError OBJECT_NOT_FOUND (no boot manager; the object does not exist), ELEMENT_NOT_FOUND (no default);
   *   RefusedError AMBIGUOUS where it names Windows Setup, the recovery environment or something else. All list the
   *   candidates in `data` and `hint`.
   */
  resolveDefault(): BcdObject {
    const state = this.defaultState();
    if (state.state === 'ok' && state.object) return state.object;
    throw this.defaultError(state);
  }

  private defaultError({ state, id, object, candidates }: DefaultState): HivemendError {
    const listed = candidates.map((loader) => `${loader.id} "${textOf(loader, ELEMENT.description) ?? ''}"`);
    const hint =
      listed.length > 0
        ? `name the loader by its GUID: ${listed.join(', ')}`
        : 'the store does not have a loader of a Windows';
    const detail = { hint, data: { default: id, candidates: candidates.map((loader) => loader.id) } };
    const where = this.hive.name;
    if (state === 'no-boot-manager') {
      return new NotFoundError(
        'OBJECT_NOT_FOUND',
        `the store ${where} does not have a {bootmgr} object to name a default`,
        detail,
      );
    }
    if (state === 'missing') {
      return new NotFoundError(
        'ELEMENT_NOT_FOUND',
        `{bootmgr} in ${where} does not have a default (element 23000003)`,
        detail,
      );
    }
    if (state === 'dangling') {
      const text = `{default} in ${where} names ${id}, and the store does not have that object`;
      return new NotFoundError('OBJECT_NOT_FOUND', text, detail);
    }
    const kind = object ? NOT_WINDOWS[this.loaderKind(object)] : 'something else';
    const text = `{default} in ${where} names ${id}, which starts ${kind} and not an installed Windows`;
    return new RefusedError('AMBIGUOUS', text, detail);
  }
}

const NOT_WINDOWS: Readonly<Record<LoaderKind, string>> = {
  recovery: 'the recovery environment',
  setup: 'Windows Setup',
  other: 'something else',
  windows: 'a Windows',
};

function readObject(key: Key): BcdObject {
  const id = normalGuid(key.name) ?? key.name;
  const type = readDword(key.subkey('Description')?.value('Type') ?? null);
  const elements = (key.subkey('Elements')?.subkeys() ?? [])
    .map((element) => readElement(type ?? 0, element))
    .filter((element) => element !== null);
  return { id, keyName: key.name, alias: aliasOf(id), type, elements };
}

function readElement(objectType: number, key: Key): BcdElement | null {
  const id = elementIdOf(key.name);
  const value = key.value('Element');
  const bytes = value ? readData(value) : null;
  if (id === null || value === null || bytes === null) return null;
  const info = elementInfo(objectType, id);
  return { id, keyName: key.name, info, data: decodeElement(info.format, value.type, bytes) };
}

/** The element of this number; null where the object (or the element) is not there. */
export function elementOf(object: BcdObject | null, id: number): BcdElement | null {
  return object?.elements.find((element) => element.id === id) ?? null;
}

/** A boolean element that is there and true. */
export function booleanOf(object: BcdObject | null, id: number): boolean {
  const data = elementOf(object, id)?.data;
  return data?.format === 'boolean' && data.value;
}

export function integerOf(object: BcdObject | null, id: number): bigint | null {
  const data = elementOf(object, id)?.data;
  return data?.format === 'integer' ? data.value : null;
}

export function textOf(object: BcdObject | null, id: number): string | null {
  const data = elementOf(object, id)?.data;
  return data?.format === 'string' ? data.value : null;
}

/** The GUIDs of a list in normal form; [] where there is none. */
export function guidsOf(object: BcdObject | null, id: number): string[] {
  const data = elementOf(object, id)?.data;
  return data?.format === 'guid-list' ? data.value.map((guid) => normalGuid(guid) ?? guid) : [];
}

export function deviceOf(object: BcdObject | null, id: number): Device | null {
  return deviceIn(elementOf(object, id)?.data ?? null);
}

function imagePath(device: Device | null): string | null {
  return device?.kind === 'ramdisk' ? device.path : null;
}
