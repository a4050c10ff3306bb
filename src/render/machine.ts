// The machine in the words of every screen.

import { printable } from '../base/text.ts';
import type { Machine, Report, Time } from '../report.ts';
import { sizeText } from './style.ts';

/** What its hypervisor calls a machine that starts this way. */
export const GENERATIONS = { bios: 'BIOS (Gen1)', uefi: 'UEFI (Gen2)' } as const;

/** Characters of a name from the disk that a headline has room for. */
const HEADLINE_NAME = 32;

/** '2026-11-28 16:45 UTC'; null where it is not set, or has no ISO form. */
export function timeText(time: Pick<Time, 'iso'> | string | null | undefined): string | null {
  const iso = typeof time === 'string' ? time : (time?.iso ?? null);
  // 1601 is the zero of FILETIME: nobody wrote a time there.
  return iso === null || iso === '' || iso.startsWith('1601-') ? null : `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}

/** 'Computer LAMB', for headlines. */
export function subjectOf(machine: Machine | null): string {
  const name = machine?.computerName;
  if (name == null) return machine ? `Computer ${nameless(machine)}` : '';
  const shown = printable(name);
  return `Computer ${shown.length > HEADLINE_NAME ? `${shown.slice(0, HEADLINE_NAME - 3)}...` : shown}`;
}

/** What stands in place of a name: every Windows has one. */
export const nameless = ({ isSystemRead }: Pick<Machine, 'isSystemRead'>): string =>
  `name unknown${isSystemRead === false ? ' (SYSTEM was not read)' : ''}`;

/** Where the Windows lies: '/dev/sdb2 at /mnt/windows'. */
export function placeOf(machine: Machine): string {
  const folder = printable(machine.volume === '' ? machine.windowsFolder : machine.volume);
  // A drive of Windows is named by its folder.
  const isDrive = machine.device !== null && /^\\\\\.\\[a-z]:$/i.test(machine.device);
  if (machine.device === null || isDrive) return `${folder}${hardwareText(machine)}`;
  return `${printable(machine.device)}${hardwareText(machine)} at ${folder}`;
}

/** Device, else the folder, for headlines and the question. */
export const deviceOf = (machine: Machine): string =>
  `${printable((machine.device ?? machine.volume).replace(/^\\\\\.\\(?=[a-z]:$)/i, ''))}${hardwareText(machine)}`;

/** ' (LUN 0, 127 GiB)', with as much as is known. */
function hardwareText({ lun, diskSizeBytes }: Machine): string {
  const facts = [
    ...(lun === undefined ? [] : [`LUN ${lun}`]),
    ...(diskSizeBytes === undefined ? [] : [sizeText(diskSizeBytes)]),
  ];
  return facts.length === 0 ? '' : ` (${facts.join(', ')})`;
}

/** 'Windows Server 2022 Datacenter (20348.2340)'. */
export function windowsText(machine: Machine): string {
  if (machine.product === null)
    return `Windows version unknown${machine.build ? ` (${printable(machine.build)})` : ''}`;
  return `${printable(machine.product)}${machine.build ? ` (${printable(machine.build)})` : ''}`;
}

/** Product, last shutdown and control set, device. */
export function machineLines(machine: Machine | null): string[] {
  if (!machine) return [];
  const next = machine.controlSets.find((set) => set.isDefault) ?? machine.controlSets.find((set) => set.isCurrent);
  const shutdown = timeText(machine.lastShutdown);
  return [
    windowsText(machine),
    `last shutdown ${shutdown ?? 'unknown'}; ${next ? `${next.name} boots next` : machine.isSystemRead === false ? 'control sets unknown' : 'no control set boots next'}`,
    placeOf(machine),
  ];
}

/** Name and domain, firmware, control sets and GUID: what -v has besides. */
export function machineDetails(machine: Machine): string[] {
  const ran = timeText(machine.lastBoot);
  return [
    `computer ${printable(machine.computerName ?? nameless(machine))}${machine.domain ? `, domain ${printable(machine.domain)}` : ''}`,
    `firmware ${machine.firmware ? GENERATIONS[machine.firmware] : 'unknown'}`,
    `last ran ${ran ?? 'unknown'}`,
    `control sets ${controlSetNames(machine).join(', ') || (machine.isSystemRead === false ? 'unknown' : 'none')}`,
    ...(machine.machineGuid === null ? [] : [`MachineGuid ${printable(machine.machineGuid)}`]),
  ];
}

/** 'ControlSet001 (current, boots next)'. */
export function controlSetNames(machine: Machine): string[] {
  return machine.controlSets.map((set) => {
    const roles = [
      ...(set.isCurrent ? ['current'] : []),
      ...(set.isDefault ? ['boots next'] : []),
      ...(set.isLastKnownGood ? ['last known good'] : []),
      ...(set.isFailed ? ['failed'] : []),
    ];
    return roles.length > 0 ? `${set.name} (${roles.join(', ')})` : set.name;
  });
}

/** '001, 002'. */
export const setNumbers = (sets: readonly string[]): string =>
  sets.map((set) => set.replace(/^ControlSet/i, '')).join(', ');

/** 'both sets', 'all sets' or 'set 001' where the machine has several; '' where there is nothing to tell apart. */
export function setsText(machine: Machine | null, sets: readonly string[]): string {
  const all = machine?.controlSets.length ?? 0;
  if (sets.length === 0 || all < 2) return '';
  if (sets.length >= all) return all === 2 ? 'both sets' : 'all sets';
  return `${sets.length === 1 ? 'set' : 'sets'} ${setNumbers(sets)}`;
}

/** The checks as people call them. */
const CHECK_WORDS: Readonly<Record<string, string>> = {
  'remote-desktop': 'remote desktop',
  keys: 'machine keys',
  'group-policy': 'group policy',
};

export const checkWord = (check: string): string => CHECK_WORDS[check] ?? check;

/** How the disk goes back, where something was written. */
export function beforeStart({ machine, targets }: Report): string {
  const mount = machine?.volume ?? '';
  if (mount === '') return 'put the file back in its place.';
  // An image or device was closed with the commit.
  if (targets.some(({ place }) => place !== undefined)) return 'reattach the disk to the VM.';
  if (/^(?:[a-z]:|\\\\)/i.test(mount)) return 'take the disk offline (diskpart), then reattach it to the VM.';
  if (machine?.mountPoint === undefined) return `put the files of ${printable(mount)} back in their place on the disk.`;
  return `unmount the volume at ${printable(machine.mountPoint)}, then reattach the disk to the VM.`;
}
