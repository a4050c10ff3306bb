// The drivers that the disk of Windows hung on when Windows last ran: from the disk up to its controller, as Enum has them.

import { toHex } from '../../base/bytes.ts';
import { compareNames, upcase } from '../../base/text.ts';
import type { Key } from '../../registry/hive.ts';
import { readBinary, readString } from '../../registry/value.ts';
import { bindingOf, partitionsOf } from '../partition-cache.ts';
import type { MachineView } from '../view.ts';
import { recordedSystemDrive } from '../windows-files.ts';
import { type Driver, driverIn, START_BOOT } from './service.ts';

/** HDC and SCSIAdapter. */
const CONTROLLERS = ['{4d36e96a-e325-11ce-bfc1-08002be10318}', '{4d36e97b-e325-11ce-bfc1-08002be10318}'];
/** What lies on USB, iSCSI or in the file of a virtual disk is not judged. */
const BUSES = ['PCI', 'PCIIDE', 'VMBUS', 'ACPI'];
const DISK_BUSES = ['SCSI', 'IDE'];
/** An IDE channel and its controller are two. */
const MOST_CONTROLLERS = 4;

interface Controller {
  /** Name of its own key. */
  readonly instance: string;
  readonly service: string | null;
}

/** By what the names of their children's keys begin with, in upper case. */
type Controllers = ReadonlyMap<string, Controller>;

/** The keys of devices on these buses. */
function instances(view: MachineView, controlSet: string, buses: readonly string[]): { device: Key; instance: Key }[] {
  return (view.system.key([controlSet, 'Enum'])?.subkeys() ?? [])
    .filter(({ name }) => buses.some((bus) => compareNames(bus, name) === 0))
    .flatMap((bus) => bus.subkeys())
    .flatMap((device) => device.subkeys().map((instance) => ({ device, instance })));
}

function controllersIn(view: MachineView, controlSet: string): Controllers {
  const controllers = new Map<string, Controller>();
  for (const { instance } of instances(view, controlSet, BUSES)) {
    const classId = readString(instance.value('ClassGUID'))?.toLowerCase() ?? '';
    const prefix = readString(instance.value('ParentIdPrefix'));
    if (!CONTROLLERS.includes(classId) || !prefix) continue;
    controllers.set(upcase(prefix), { instance: instance.name, service: readString(instance.value('Service')) });
  }
  return controllers;
}

/** The controllers above a device, the nearest first: '5&1ec51bf7&0&000000' lies below '5&1ec51bf7&0'. */
function above(controllers: Controllers, instance: string): Controller[] {
  const chain: Controller[] = [];
  for (let name = instance; chain.length < MOST_CONTROLLERS; name = chain.at(-1)!.instance) {
    const parent = controllers.get(upcase(name.slice(0, Math.max(0, name.lastIndexOf('&')))));
    if (!parent) break;
    chain.push(parent);
  }
  return chain;
}

/** The disks that Windows may lie on: the one whose partition has its letter, where Windows noted that; else all. */
function disksIn(view: MachineView, controlSet: string): Key[] {
  const disks = instances(view, controlSet, DISK_BUSES)
    .filter(({ device }) => /^disk/i.test(device.name))
    .map(({ instance }) => instance);
  const letter = `\\DosDevices\\${recordedSystemDrive(view) ?? 'C:'}`;
  const bound = readBinary(view.system.value(['MountedDevices'], letter));
  if (bound === null) return disks;
  const own = disks.filter((disk) =>
    partitionsOf(disk).some((partition) => toHex(bindingOf(partition) ?? new Uint8Array()) === toHex(bound)),
  );
  return own.length > 0 ? own : disks;
}

/** Asked for by several checks, and read from hundreds of keys. */
const known = new WeakMap<MachineView, Map<string, Driver[][]>>();

/** Of each disk that Windows may lie on the drivers above it; [] of one whose controller is not known. */
function chainsIn(view: MachineView, controlSet: string): Driver[][] {
  const ofView = known.get(view) ?? new Map<string, Driver[][]>();
  known.set(view, ofView);
  const chains = ofView.get(controlSet) ?? readChains(view, controlSet);
  ofView.set(controlSet, chains);
  return chains;
}

function readChains(view: MachineView, controlSet: string): Driver[][] {
  const controllers = controllersIn(view, controlSet);
  return disksIn(view, controlSet).map(({ name }) => {
    const drivers = above(controllers, name).map(({ service }) => driverIn(view, controlSet, service ?? ''));
    return drivers.every(({ start }) => start.kind === 'number') ? drivers : [];
  });
}

const isOff = ({ start }: Driver): boolean => start.kind === 'number' && start.number !== START_BOOT;

/**
 * Drivers above the disk of Windows whose Start is not that of the boot; [] where one disk that it may be needs none of
 * them, or where it cannot be told. What StartOverride says is of machines that Windows has seen, and is not read here.
 */
export function diskDriversOff(view: MachineView, controlSet: string): Driver[] {
  const chains = chainsIn(view, controlSet);
  return chains.some((drivers) => !drivers.some(isOff)) ? [] : unique(chains.flat().filter(isOff));
}

/** The drivers above the disk of Windows, where it is told which disk that is. */
export function diskDrivers(view: MachineView, controlSet: string): Driver[] {
  const chains = chainsIn(view, controlSet);
  return chains.length === 1 ? unique(chains.flat()) : [];
}

const unique = (drivers: readonly Driver[]): Driver[] => [
  ...new Map(drivers.map((driver) => [driver.name.toLowerCase(), driver])).values(),
];
