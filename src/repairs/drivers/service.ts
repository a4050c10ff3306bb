// A driver as its key of Services states it, and as its file lies on the disk.

import { compareNames } from '../../base/text.ts';
import { type Found, foundAt, foundIn, textAt } from '../rules.ts';
import type { MachineView } from '../view.ts';
import { fileExists, isWholeWindows, volumePath } from '../windows-files.ts';

export const START_BOOT = 0;
export const START_DISABLED = 4;

/** A driver in one control set. */
export interface Driver {
  readonly name: string;
  readonly controlSet: string;
  /** Of its key of Services. */
  readonly path: readonly string[];
  /** There is a key. Some keys are left over from a package and start nothing: see `isService`. */
  readonly exists: boolean;
  /** The key has a Start or a Type: without both it is no service. */
  readonly isService: boolean;
  readonly start: Found;
  /** Names of StartOverride (the Id of a hardware configuration) whose data take the place of Start; [] for none. */
  readonly overrides: readonly { readonly name: string; readonly found: Found }[];
  /** ImagePath; null: none, and Windows takes System32\drivers\<name>.sys or has it built in. */
  readonly image: string | null;
}

export function driverIn(view: MachineView, controlSet: string, name: string): Driver {
  const path = [controlSet, 'Services', name];
  const key = view.system.key(path);
  const start = foundAt(view, 'SYSTEM', path, 'Start');
  return {
    name,
    controlSet,
    path,
    exists: key !== null,
    isService: start.kind !== 'absent' || foundAt(view, 'SYSTEM', path, 'Type').kind !== 'absent',
    start,
    overrides: (key?.subkey('StartOverride')?.values() ?? []).map((value) => ({
      name: value.name,
      found: foundIn(value),
    })),
    image: textAt(view.system, path, 'ImagePath'),
  };
}

/** Windows loads it with the boot: Start is 0, and nothing overrides that. */
export const startsAtBoot = ({ start, overrides }: Driver): boolean =>
  isBootStart(start) && overrides.every(({ found }) => isBootStart(found));

const isBootStart = (found: Found): boolean => found.kind === 'number' && found.number === START_BOOT;

const standardPath = (name: string): string => `System32\\drivers\\${name}.sys`;

/** The folder of the drivers was given whole: disk.sys, which every Windows has there, is in it. */
export function hasDrivers(view: MachineView): boolean {
  return isWholeWindows(view) && fileExists(view, `${view.windowsPath}\\${standardPath('disk')}`) === true;
}

/** Where the driver's file lies on the Windows volume; null where ImagePath is of a form that is not known here. */
export function driverFile(view: MachineView, driver: Driver): string | null {
  return driver.image === null ? standardFile(view, driver) : volumePath(view, driver.image);
}

/** Where every Windows has the file of a driver of its own. */
export const standardFile = (view: MachineView, { name }: Driver): string =>
  `${view.windowsPath}\\${standardPath(name)}`;

/** As ImagePath names the standard file. */
export const standardImage = ({ name }: Driver): string => standardPath(name);

/** ImagePath leads to no file, and the driver lies where Windows has it. */
export function isImageWrong(view: MachineView, driver: Driver): boolean {
  if (driver.image === null || driverFileExists(view, driver) !== false) return false;
  return fileExists(view, standardFile(view, driver)) === true;
}

/** Null where it cannot be told: the drivers were not given, or the path leads elsewhere. */
export function driverFileExists(view: MachineView, driver: Driver): boolean | null {
  return hasDrivers(view) ? fileExists(view, driverFile(view, driver)) : null;
}

export const isNamed = (names: readonly string[], name: string): boolean =>
  names.some((known) => compareNames(known, name) === 0);
