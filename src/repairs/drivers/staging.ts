// A driver of another platform put on a disk by hand: its file, its service, and the devices by which Windows finds it at
// the boot. The layout of DriverDatabase is that of real hives of Windows 10; Windows 7 goes by CriticalDeviceDatabase.

import { toHex } from '../../base/bytes.ts';
import { guidToBytes } from '../../base/guid.ts';
import { isoToFiletime } from '../../base/time.ts';
import type { Edit, HiveEdit, RegValue } from '../../registry/edit.ts';
import { binary, dword, expandSz, multiSz, sz } from '../../registry/value.ts';
import { isBooted, textAt } from '../rules.ts';
import { ntNumber } from '../version.ts';
import type { DriverFiles, MachineView } from '../view.ts';
import { fileExists } from '../windows-files.ts';
import { type InfDriver, parseInf } from './inf.ts';

/** Drivers of virtio-win that are staged. */
const STAGED: readonly string[] = ['viostor', 'vioscsi'];

const MACHINES: Readonly<Record<string, number>> = { amd64: 0x8664, x86: 0x14c, ARM64: 0xaa64 };

export interface StagedDriver {
  readonly service: string;
  readonly inf: InfDriver;
  readonly files: DriverFiles;
  readonly architecture: string;
}

/** The driver as it can be put on this disk, or why not; null where `--drivers` was not given or is not about it. */
export function stagedDriver(view: MachineView, service: string): StagedDriver | { readonly why: string } | null {
  const { driverFiles, onlyInPlace = null } = view;
  if (!driverFiles || !STAGED.includes(service)) return null;
  if (onlyInPlace !== null) return { why: onlyInPlace };
  const architecture = architectureOf(view);
  const systems = systemsOf(view);
  if (architecture === null || systems.length === 0) return { why: 'the version of this Windows is not known' };
  const files = driverFiles(service, systems, architecture);
  const asked = `${service} for ${systems.join(' or ')}, ${architecture}`;
  if (!files) return { why: `the folder of --drivers does not have ${asked}` };
  const inf = parseInf(files.inf, service);
  if (!inf || inf.ids.length === 0) return { why: `${files.path} does not install ${service}` };
  if (machineOf(files.sys) !== MACHINES[architecture])
    return { why: `${inf.file} there is not a driver for ${architecture}` };
  return { service, inf, files, architecture };
}

/** As PROCESSOR_ARCHITECTURE says it, in the spelling of virtio-win. */
function architectureOf(view: MachineView): string | null {
  const set = view.machine.controlSets.find(({ name }) => isBooted(view, name))?.name ?? '';
  const path = [set, 'Control', 'Session Manager', 'Environment'];
  const said = (textAt(view.system, path, 'PROCESSOR_ARCHITECTURE') ?? '').toLowerCase();
  return Object.keys(MACHINES).find((name) => name.toLowerCase() === said) ?? null;
}

/** Folders of virtio-win that fit this Windows, the best first. */
function systemsOf(view: MachineView): string[] {
  const build = Number(/^\d+/.exec(view.machine.build ?? '')?.[0] ?? 0);
  const isServer = /server/i.test(view.machine.product ?? '');
  switch (ntNumber(view)) {
    case 601:
      return isServer ? ['2k8R2', 'w7'] : ['w7', '2k8R2'];
    case 602:
      return isServer ? ['2k12', 'w8'] : ['w8', '2k12'];
    case 603:
      return isServer ? ['2k12R2', 'w8.1'] : ['w8.1', '2k12R2'];
    case 1000: {
      const servers = [
        ...(build >= 26_100 ? ['2k25'] : []),
        ...(build >= 20_348 ? ['2k22'] : []),
        ...(build >= 17_763 ? ['2k19'] : []),
        '2k16',
      ];
      return isServer ? [...servers, 'w10'] : [...(build >= 22_000 ? ['w11'] : []), 'w10'];
    }
    default:
      return [];
  }
}

/** The machine number of a PE file; null for anything else. */
function machineOf(bytes: Uint8Array): number | null {
  if (bytes.byteLength < 64 || bytes[0] !== 0x4d || bytes[1] !== 0x5a) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = view.getUint32(0x3c, true);
  return at + 6 <= bytes.byteLength ? view.getUint16(at + 4, true) : null;
}

/** The file, which is never written over another. */
export function fileEdits(view: MachineView, { inf, files }: StagedDriver): Edit[] {
  const path = `${view.windowsPath}\\System32\\drivers\\${inf.file}`;
  return fileExists(view, path) === false ? [{ op: 'write-file', path, hex: toHex(files.sys) }] : [];
}

/** Its service in one control set. */
export function serviceEdits(view: MachineView, controlSet: string, { service, inf }: StagedDriver): HiveEdit[] {
  const path = [controlSet, 'Services', service];
  return [
    ...keyEdits(view, path, {
      Type: dword(1),
      Start: dword(0),
      ErrorControl: dword(inf.errorControl),
      Group: sz(inf.group),
      ImagePath: expandSz(`System32\\drivers\\${inf.file}`),
    }),
    ...inf.parameters.flatMap(({ path: below, name, number }) =>
      keyEdits(view, [...path, ...below], { [name]: dword(number) }),
    ),
  ];
}

/** Of NT 6.1: in one control set. */
export function criticalDeviceEdits(view: MachineView, controlSet: string, { service, inf }: StagedDriver): HiveEdit[] {
  return inf.ids.flatMap((id) =>
    keyEdits(view, [controlSet, 'Control', 'CriticalDeviceDatabase', id.replace('\\', '#')], {
      Service: sz(service),
      ClassGUID: sz(inf.classGuid),
    }),
  );
}

/** Of NT 6.2 and later: a package of one configuration. */
export function driverDatabaseEdits(view: MachineView, { service, inf, architecture }: StagedDriver): HiveEdit[] {
  const infName = `${service}.inf`;
  const name = `${infName}_${architecture.toLowerCase()}_0000000000000000`;
  const package_ = ['DriverDatabase', 'DriverPackages', name];
  return [
    ...keyEdits(view, package_, { '': sz(infName), Provider: sz(inf.provider), Version: versionValue(inf) }),
    ...keyEdits(view, [...package_, 'Configurations', inf.section], {
      Service: sz(service),
      ConfigFlags: dword(0),
      ConfigScope: dword(7),
    }),
    ...keyEdits(view, ['DriverDatabase', 'DriverInfFiles', infName], {
      '': multiSz([name]),
      Active: sz(name),
      Configurations: multiSz([inf.section]),
    }),
    ...inf.ids.flatMap((id) => [
      ...keyEdits(view, [...package_, 'Descriptors', ...id.split('\\')], { Configuration: sz(inf.section) }),
      ...keyEdits(view, ['DriverDatabase', 'DeviceIds', ...id.split('\\')], {
        [infName]: binary(Uint8Array.of(1, 0xff, 0, 0)),
      }),
    ]),
  ];
}

/** u32 0x0009ff00, u32 0, class GUID, date as FILETIME, version as four u16 from the last part on, eight zeros. */
function versionValue({ classGuid, date, version }: InfDriver): RegValue {
  const bytes = new Uint8Array(48);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x0009_ff00, true);
  bytes.set(guidToBytes(classGuid) ?? new Uint8Array(16), 8);
  const [month = '', day = '', year = ''] = date.split('/');
  const filetime = isoToFiletime(`${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}T00:00Z`) ?? 0n;
  view.setBigUint64(24, filetime, true);
  const parts = version.split('.').map(Number);
  for (let i = 0; i < 4; i += 1) view.setUint16(32 + 2 * i, parts[3 - i] ?? 0, true);
  return binary(bytes);
}

/** A key with these values, made where it is missing. */
function keyEdits(
  { system }: MachineView,
  path: readonly string[],
  values: Readonly<Record<string, RegValue>>,
): HiveEdit[] {
  const key = { hive: system.name, path };
  const sets = Object.entries(values).map(([name, value]): HiveEdit => ({ op: 'set-value', key, name, value }));
  return system.key(path) ? sets : [{ op: 'create-key', key }, ...sets];
}
