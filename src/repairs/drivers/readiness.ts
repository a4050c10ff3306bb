// Whether a Windows would start on a platform: the files, the starts and the known devices of the drivers it needs there.

import { compareNames } from '../../base/text.ts';
import { isBooted } from '../rules.ts';
import { ntNumber } from '../version.ts';
import type { MachineView } from '../view.ts';
import type { Platform, PlatformDriver } from './platforms.ts';
import { type Driver, driverFileExists, driverIn, hasDrivers, startsAtBoot } from './service.ts';

/** 'off': boot-drivers switches it on. 'missing': nothing in the registry helps. 'unknown': the disk does not tell. */
export type DriverState = 'ready' | 'off' | 'missing' | 'unknown';

export interface NeededDriver {
  readonly needed: PlatformDriver;
  readonly controlSet: string;
  readonly state: DriverState;
  /** What is wrong, as words that follow a colon or "because"; null where nothing is. */
  readonly why: string | null;
  /** The services that boot-drivers would switch on. */
  readonly off: readonly Driver[];
}

export interface Readiness {
  readonly platform: Platform;
  readonly state: 'ready' | 'off' | 'missing' | 'unknown';
  readonly whys: readonly string[];
}

/** NT 6.2 and later find a boot driver by DriverDatabase, earlier ones by CriticalDeviceDatabase of the control set. */
export function isNewer(view: MachineView): boolean {
  const number = ntNumber(view);
  return number === null ? view.system.key(['DriverDatabase', 'DeviceIds']) !== null : number >= 602;
}

/** The drivers that this Windows needs there; null: it does not start there at all. */
export function driversFor(view: MachineView, platform: Platform): readonly PlatformDriver[] | null {
  return isNewer(view) ? platform.drivers : platform.olderDrivers;
}

/** Null where this hive does not tell. */
function isIdKnown(view: MachineView, controlSet: string, ids: readonly string[]): boolean | null {
  if (ids.length === 0) return true;
  const newer = isNewer(view);
  if (newer) {
    const buses = view.system.key(['DriverDatabase', 'DeviceIds'])?.subkeys() ?? [];
    if (buses.length === 0) return null;
    return ids.some((id) => {
      const [bus = '', device = ''] = id.split('\\');
      const keys = buses.find(({ name }) => compareNames(name, bus) === 0)?.subkeys() ?? [];
      return keys.some(({ name }) => isOfDevice(name, device));
    });
  }
  const database = view.system.key([controlSet, 'Control', 'CriticalDeviceDatabase'])?.subkeys() ?? [];
  if (database.length === 0) return null;
  return ids.some((id) => database.some(({ name }) => isOfDevice(name, id.replace('\\', '#'))));
}

/** The id itself, or one that says more of the same device (subsystem, revision). */
function isOfDevice(name: string, id: string): boolean {
  return compareNames(name.slice(0, id.length), id) === 0 && (name.length === id.length || name[id.length] === '&');
}

function stateOf(view: MachineView, controlSet: string, needed: PlatformDriver): NeededDriver {
  const drivers = needed.services.map((name) => driverIn(view, controlSet, name)).filter(({ isService }) => isService);
  const shared = { needed, controlSet, off: [] };
  const package_ = needed.from === null ? '' : ` (it comes with ${needed.from})`;
  const [name = ''] = needed.services;
  if (drivers.length === 0) {
    return { ...shared, state: 'missing', why: `${name} is not installed${package_}` };
  }
  if (isIdKnown(view, controlSet, needed.ids) === false) {
    return { ...shared, state: 'missing', why: `Windows does not know the device of ${name}${package_}` };
  }
  const there = drivers.filter((driver) => driverFileExists(view, driver) !== false);
  if (there.length === 0) {
    const files = drivers.map((driver) => driver.image?.split('\\').at(-1) ?? `${driver.name}.sys`);
    return { ...shared, state: 'missing', why: `${files.join(', ')} is not on this disk${package_}` };
  }
  // Of several that do the same, one that starts is enough.
  const off = there.some(startsAtBoot) ? [] : there;
  if (off.length > 0) {
    const why = off.map((driver) => `${driver.name} does not start with the boot (${whyOff(driver)})`).join('; ');
    return { ...shared, state: 'off', why, off };
  }
  if (!hasDrivers(view)) return { ...shared, state: 'unknown', why: 'the files of the drivers were not read' };
  if (isIdKnown(view, controlSet, needed.ids) === null) {
    return { ...shared, state: 'unknown', why: 'this SYSTEM does not have a list of known devices' };
  }
  return { ...shared, state: 'ready', why: null };
}

const startText = (start: Driver['start']): string =>
  start.kind === 'number' ? `Start ${start.number}` : start.kind === 'absent' ? 'Start unset' : 'Start is not a number';

/** 'Start 3', 'StartOverride 0 = 3'. */
export function whyOff({ start, overrides }: Driver): string {
  const wrong = overrides.flatMap(({ name, found }) =>
    found.kind === 'number' && found.number === 0
      ? []
      : [`StartOverride ${name} = ${found.kind === 'number' ? found.number : '?'}`],
  );
  const isStartWrong = start.kind !== 'number' || start.number !== 0;
  return [...(isStartWrong ? [startText(start)] : []), ...wrong].join(', ');
}

/** Each driver that the platform needs, in each control set worked on; [] where this Windows does not start there. */
export function neededDrivers(view: MachineView, platform: Platform): NeededDriver[] {
  const drivers = driversFor(view, platform) ?? [];
  return view.controlSets.flatMap((set) => drivers.map((needed) => stateOf(view, set.name, needed)));
}

/** What does not fit apart from the drivers; null: nothing. */
export function whyNoFit(view: MachineView, platform: Platform): string | null {
  if (driversFor(view, platform) === null) return `Windows ${view.machine.ntVersion ?? ''} does not start there`;
  const { firmware } = view.machine;
  if (platform.firmware === null || firmware === null || firmware === platform.firmware) return null;
  return `this disk starts by ${shown(firmware)}, and it needs ${shown(platform.firmware)}`;
}

const shown = (firmware: 'bios' | 'uefi'): string => (firmware === 'uefi' ? 'UEFI' : 'BIOS');

/** Of the control set that the boot uses. */
export function readinessOf(view: MachineView, platform: Platform): Readiness {
  const unfit = whyNoFit(view, platform);
  const drivers = neededDrivers(view, platform).filter(({ controlSet }) => isBooted(view, controlSet));
  const states = drivers.map(({ state }) => state);
  const whys = [...(unfit === null ? [] : [unfit]), ...drivers.flatMap(({ why }) => why ?? [])];
  const state =
    unfit !== null || states.includes('missing')
      ? 'missing'
      : states.includes('off')
        ? 'off'
        : states.includes('unknown') || states.length === 0
          ? 'unknown'
          : 'ready';
  return { platform, state, whys: [...new Set(whys)] };
}
