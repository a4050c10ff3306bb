// Which Windows this is, as far as it matters to what a repair may write: from SOFTWARE, else from several signs in SYSTEM.

import { compareNames } from '../base/text.ts';
import type { Hive, Key } from '../registry/hive.ts';
import { textAt } from './rules.ts';
import type { ControlSet, MachineView } from './view.ts';

/** The smallest Windows has hundreds of services; a hive with fewer is an excerpt, in which a missing one says nothing. */
const MANY_SERVICES = 50;

export function hasManyServices(system: Hive, controlSet: string): boolean {
  return subkeyCount(system.key([controlSet, 'Services'])) >= MANY_SERVICES;
}

/** Many checks ask this of the same keys; a key is good until its hive is edited, and so is its count. */
const counts = new WeakMap<Key, number>();

/** 0 for a key that is not there. */
export function subkeyCount(key: Key | null): number {
  if (key === null) return 0;
  const known = counts.get(key) ?? key.subkeys().length;
  counts.set(key, known);
  return known;
}

/** Classes whose drivers come with Windows alone: disks and volumes. Their version is that of Windows. */
const INBOX_CLASSES = ['{4d36e967-e325-11ce-bfc1-08002be10318}', '{71a27cdd-812a-11d0-bec7-08002be2092f}'];

/** 'major.minor' of the newest driver of Microsoft for disks and volumes, or null. */
export function versionOfDrivers(system: Hive, controlSets: readonly ControlSet[]): string | null {
  let newest: readonly [major: number, minor: number] | null = null;
  for (const set of controlSets) {
    for (const guid of INBOX_CLASSES) {
      for (const device of system.key([set.name, 'Control', 'Class', guid])?.subkeys() ?? []) {
        if (textAt(system, device.path, 'ProviderName') !== 'Microsoft') continue;
        const match = /^(\d+)\.(\d+)\./.exec(textAt(system, device.path, 'DriverVersion') ?? '');
        if (!match) continue;
        const [major, minor] = [Number(match[1]), Number(match[2])];
        if (newest === null || major > newest[0] || (major === newest[0] && minor > newest[1])) newest = [major, minor];
      }
    }
  }
  return newest === null ? null : newest.join('.');
}

/** NT's version as one number that can be compared (601, 1000); null where it cannot be told. */
export function ntNumber(view: MachineView): number | null {
  const match = /^(\d+)\.(\d+)$/.exec(view.machine.ntVersion ?? '');
  return match ? Number(match[1]) * 100 + Number(match[2]) : null;
}

/** Services that came with Vista or 7 and are in every Windows since. */
const SINCE_VISTA = ['nsi', 'nsiproxy', 'mpssvc', 'BFE', 'RpcEptMapper'];

/**
 * 'old': XP and Server 2003, whose RDP knows neither NLA nor TLS and whose firewall keeps no rule strings. 'new': Vista
 * and later. Null: it cannot be told, and no value that only one of them has is written.
 */
export function windowsEra(view: MachineView): 'old' | 'new' | null {
  const version = ntNumber(view);
  if (version !== null) return version < 600 ? 'old' : 'new';
  const signs = view.machine.controlSets.flatMap((set) => eraOf(view, set.name) ?? []);
  return signs.includes('new') ? 'new' : (signs[0] ?? null);
}

function eraOf(view: MachineView, controlSet: string): 'old' | 'new' | null {
  const { system } = view;
  const services = system.key([controlSet, 'Services'])?.subkeys() ?? [];
  const isNew = services.some(({ name }) => SINCE_VISTA.some((known) => compareNames(known, name) === 0));
  if (isNew || system.key([controlSet, 'Services', 'SharedAccess', 'Parameters', 'FirewallPolicy', 'FirewallRules'])) {
    return 'new';
  }
  if (hasManyServices(system, controlSet)) return 'old';
  // Terminal Services run in the DComLaunch host of XP; later ones never do.
  const image = textAt(system, [controlSet, 'Services', 'TermService'], 'ImagePath') ?? '';
  return /-k\s+dcomlaunch\s*$/i.test(image) ? 'old' : null;
}

/** The signs are those of XP or Server 2003. */
export const isBeforeVista = (view: MachineView): boolean => windowsEra(view) === 'old';
