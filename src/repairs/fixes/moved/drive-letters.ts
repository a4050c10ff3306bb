// The letter of Windows' own drive bound to another partition that is there as well: Windows then runs under another letter.

import { toHex } from '../../../base/bytes.ts';
import type { Finding } from '../../../base/finding.ts';
import { type DeviceIdentity, identityText, isSamePartition } from '../../../bcd/device.ts';
import { binary, readBinary } from '../../../registry/value.ts';
import type { PlannedEdit, Repair } from '../../model.ts';
import { bindingOf } from '../../partition-cache.ts';
import { hiveFinding } from '../../rules.ts';
import type { MachineView } from '../../view.ts';
import { recordedSystemDrive } from '../../windows-files.ts';

const REPAIR = 'drive-letters';
const PATH = ['MountedDevices'];

interface WrongLetter {
  /** '\DosDevices\C:'. */
  readonly name: string;
  readonly wrong: Uint8Array;
  readonly right: Uint8Array;
  /** The letter that Windows' partition has instead; null: none. */
  readonly other: string | null;
  readonly partition: DeviceIdentity;
}

function wrongLetter(view: MachineView): WrongLetter | null {
  const { partitions = null, windows = null } = view.boot ?? {};
  const drive = recordedSystemDrive(view);
  if (drive === null) return null;
  const name = `\\DosDevices\\${drive}`;
  const wrong = readBinary(view.system.value(PATH, name));
  const right = windows === null ? null : bindingOf(windows);
  if (!wrong || !right || windows === null || toHex(wrong) === toHex(right)) return null;
  // A binding of a partition that is not there does no harm: Windows binds the letter anew.
  const partition = partitions?.find((one) => {
    const bytes = bindingOf(one);
    return !isSamePartition(one, windows) && bytes !== null && toHex(bytes) === toHex(wrong);
  });
  if (!partition) return null;
  const other = (view.system.key(PATH)?.values() ?? []).find((value) => {
    const bytes = /^\\DosDevices\\[A-Z]:$/i.test(value.name) ? readBinary(value) : null;
    return bytes !== null && toHex(bytes) === toHex(right);
  });
  return { name, wrong, right, other: other?.name ?? null, partition };
}

function detect(view: MachineView): Finding[] {
  const found = wrongLetter(view);
  if (!found) return [];
  const text = `${found.name} is bound to ${identityText(found.partition)}, which is another partition of this disk than that of Windows: Windows runs under another letter, and nobody can log on.`;
  return [
    hiveFinding(view, {
      code: 'SYSTEM_LETTER_WRONG',
      severity: 'error',
      hive: 'SYSTEM',
      path: PATH,
      controlSet: null,
      repair: REPAIR,
      text,
    }),
  ];
}

function edits(view: MachineView): PlannedEdit[] {
  const found = wrongLetter(view);
  if (!found) return [];
  const set = (name: string, bytes: Uint8Array, why: string): PlannedEdit => ({
    edit: { op: 'set-value', key: { hive: view.system.name, path: PATH }, name, value: binary(bytes) },
    why,
    controlSet: null,
    fixes: 'SYSTEM_LETTER_WRONG',
  });
  return [
    set(found.name, found.right, "The letter is that of Windows' own partition."),
    ...(found.other === null ? [] : [set(found.other, found.wrong, 'The two partitions change their letters.')]),
  ];
}

export const driveLetters: Repair = {
  name: REPAIR,
  title: "give Windows' own partition its letter back",
  about:
    "Where the letter of Windows' drive is bound to another partition of the same disk, binds it to that of Windows and gives the other one the letter that Windows had. A binding of a partition that is not there is left alone, since it does no harm.",
  article: 'our own',
  certainty: 'likely',
  link: 'boot',
  writes: [
    {
      where: 'SYSTEM\\MountedDevices',
      name: '\\DosDevices\\C:',
      data: 'the partition of Windows',
      when: 'another partition of the same disk',
      security: null,
      source: '? the mechanism is known from practice',
    },
    {
      where: 'SYSTEM\\MountedDevices',
      name: '\\DosDevices\\<letter of Windows>',
      data: 'the other partition',
      when: 'Windows has one',
      security: null,
    },
  ],
  afterBoot: [],
  unavailable: (view) =>
    view.boot?.windows && view.boot.partitions ? null : 'it is not known which partitions the disk has',
  detect,
  edits,
};
