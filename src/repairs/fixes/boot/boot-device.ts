// The partitions that the loader of Windows names: those of the disk that Windows lies on.

import type { FindingCode } from '../../../base/codes/codes.ts';
import type { Finding } from '../../../base/finding.ts';
import { compareNames } from '../../../base/text.ts';
import { elementData } from '../../../bcd/data.ts';
import { type DeviceIdentity, encodeDevice, identityText, isSamePartition } from '../../../bcd/device.ts';
import { setElement } from '../../../bcd/edits.ts';
import { ELEMENT } from '../../../bcd/elements/element-numbers.ts';
import { type BcdObject, deviceOf, elementOf, textOf } from '../../../bcd/store.ts';
import type { PlannedEdit, Repair } from '../../model.ts';
import { cachedPartitions } from '../../partition-cache.ts';
import { hiveFinding } from '../../rules.ts';
import type { MachineView } from '../../view.ts';
import { bootLoader } from './boot-loader.ts';

const REPAIR = 'boot-device';

/** The elements of a loader that say where its program and where Windows lie. */
const DEVICES = [
  [ELEMENT.device, 'device'],
  [ELEMENT.osDevice, 'osdevice'],
] as const;

export interface DeviceProblem {
  readonly code: FindingCode & ('LOADER_DEVICE_MISSING' | 'LOADER_DEVICE_WRONG');
  readonly elements: readonly number[];
  readonly text: string;
}

/** What is wrong with the devices of a loader; nothing is said of other kinds than partitions. */
export function deviceProblems(view: MachineView, loader: BcdObject): DeviceProblem[] {
  const missing = DEVICES.filter(([id]) => deviceOf(loader, id) === null);
  const problems: DeviceProblem[] = [];
  if (missing.length > 0) {
    const text = `Loader ${loader.id} lacks ${namesOf(missing).join(' and ')}: the boot manager does not find Windows.`;
    problems.push({ code: 'LOADER_DEVICE_MISSING', elements: missing.map(([id]) => id), text });
  }
  for (const [named, elements] of strangersOf(view, loader)) {
    const text = `Loader ${loader.id} names ${identityText(named)} as its ${namesOf(elements).join(' and ')}, and the disk of Windows does not have that partition${reasonOf(view, named)}: the boot manager does not find Windows.`;
    problems.push({ code: 'LOADER_DEVICE_WRONG', elements: elements.map(([id]) => id), text });
  }
  const apart = programApart(view, loader);
  if (apart !== null) {
    const text = `Loader ${loader.id} names ${identityText(apart)} as its device, and Windows lies on another partition of the disk, which osdevice names: the boot manager does not find its program there.`;
    problems.push({ code: 'LOADER_DEVICE_WRONG', elements: [ELEMENT.device], text });
  }
  return problems;
}

/** The partition on which the program is looked for, where that is in the folder of Windows and Windows lies on another one. */
function programApart(view: MachineView, loader: BcdObject): DeviceIdentity | null {
  const { windows = null, partitions = null } = view.boot ?? {};
  const [device, osDevice] = DEVICES.map(([id]) => deviceOf(loader, id));
  if (windows === null || device?.kind !== 'partition' || osDevice?.kind !== 'partition') return null;
  const isOnDisk = partitions?.some((partition) => isSamePartition(partition, device.partition)) ?? false;
  const folder = `${view.windowsPath}\\`;
  const isInWindows = compareNames((textOf(loader, ELEMENT.path) ?? '').slice(0, folder.length), folder) === 0;
  const isApart = isSamePartition(osDevice.partition, windows) && !isSamePartition(device.partition, windows);
  return isOnDisk && isInWindows && isApart ? device.partition : null;
}

type DeviceElement = (typeof DEVICES)[number];

const namesOf = (elements: readonly DeviceElement[]): string[] => elements.map(([, name]) => name);

/** The partitions that the loader names and the disk does not have, with the elements; [] without a table. */
function strangersOf(
  view: MachineView,
  loader: BcdObject,
): (readonly [partition: DeviceIdentity, elements: DeviceElement[]])[] {
  const partitions = view.boot?.partitions ?? null;
  if (partitions === null) return [];
  const strangers: (readonly [DeviceIdentity, DeviceElement[]])[] = [];
  for (const element of DEVICES) {
    const device = deviceOf(loader, element[0]);
    if (device?.kind !== 'partition') continue;
    const named = device.partition;
    if (partitions.some((partition) => isSamePartition(partition, named))) continue;
    const same = strangers.find(([stranger]) => isSamePartition(stranger, named));
    if (same) same[1].push(element);
    else strangers.push([named, [element]]);
  }
  return strangers;
}

/** What Windows itself remembers of its disks tells a clone from a wrong entry. */
function reasonOf(view: MachineView, named: DeviceIdentity): string {
  const set = view.machine.controlSets.find((one) => one.isDefault) ?? view.machine.controlSets[0];
  const cached = set ? cachedPartitions(view.system, set.name) : [];
  if (cached.length === 0) return '';
  return cached.some((partition) => isSamePartition(partition, named))
    ? ' (Windows knew it as its own: this disk is a clone, or its identity was changed)'
    : ' (nor did Windows ever see one)';
}

/** The partition to write; null: not known, and boot-device fixes nothing. */
export function repairablePartition(view: MachineView): DeviceIdentity | null {
  return view.boot?.windows ?? null;
}

/** The bytes of a device element, the ids alone changed. */
function deviceBytes(loader: BcdObject, element: number, partition: DeviceIdentity): Uint8Array | null {
  const fresh = encodeDevice({ kind: 'partition', partition });
  const data = elementOf(loader, element)?.data;
  if (!fresh || data?.format !== 'device' || data.bytes.byteLength < fresh.byteLength) return fresh;
  const bytes = Uint8Array.from(data.bytes);
  // Partition, kind and style of disk, and disk; what stands before (options) and after stays.
  bytes.set(fresh.subarray(0x20, 0x48), 0x20);
  return bytes;
}

function detect(view: MachineView): Finding[] {
  const loader = bootLoader(view);
  if (!loader || !view.bcd || repairablePartition(view) === null) return [];
  return deviceProblems(view, loader).map(({ code, text }) =>
    hiveFinding(view, {
      code,
      severity: 'error',
      hive: 'BCD',
      path: ['Objects', loader.keyName],
      controlSet: null,
      repair: REPAIR,
      text,
    }),
  );
}

function edits(view: MachineView): PlannedEdit[] {
  const { bcd } = view;
  const loader = bootLoader(view);
  const partition = repairablePartition(view);
  if (!loader || !bcd || partition === null) return [];
  return deviceProblems(view, loader).flatMap(({ code, elements }) =>
    elements.flatMap((element) => {
      const bytes = deviceBytes(loader, element, partition);
      if (!bytes) return [];
      return setElement(bcd, loader, element, elementData.device(bytes)).map((edit) => ({
        edit,
        why: `Windows lies on ${identityText(partition)}.`,
        controlSet: null,
        fixes: code,
      }));
    }),
  );
}

export const bootDevice: Repair = {
  name: REPAIR,
  title: 'let the loader name the partition that Windows lies on',
  about:
    'Writes disk and partition of Windows into device and osdevice of its loader, where they name a partition that the disk does not have (a clone, a new signature, a changed size), or are missing, or where device is another partition than that of Windows, which osdevice names. Everything else in the element stays, and loaders of virtual disks, images and other systems are left alone.',
  article: 'stop-error-0xc000000e',
  certainty: 'certain',
  link: 'boot',
  writes: [
    {
      where: 'BCD, the loader',
      name: 'device (11000001), osdevice (21000001)',
      data: 'disk and partition of Windows',
      when: 'missing, or no partition of the disk that Windows lies on; device also where osdevice alone is that of Windows',
      security: null,
    },
  ],
  afterBoot: [],
  unavailable: (view) =>
    view.bcd === null
      ? view.bcdMissing
      : repairablePartition(view) === null
        ? 'it is not known which partition Windows lies on'
        : null,
  detect,
  edits,
};
