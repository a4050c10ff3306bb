// The boot store: that there is one, that it starts this Windows, and that it names partitions of this disk.

import type { FindingCode } from '../../base/codes/codes.ts';
import type { Finding } from '../../base/finding.ts';
import { compareNames } from '../../base/text.ts';
import { judgeStore, loaderOfWindows } from '../../bcd/boot-choice.ts';
import { type DeviceIdentity, identityText, isSamePartition } from '../../bcd/device.ts';
import { ELEMENT } from '../../bcd/elements/elements.ts';
import type { BcdObject, BcdStore } from '../../bcd/store.ts';
import { deviceOf, textOf } from '../../bcd/store.ts';
import { DEFAULT_CODES, defaultFindings } from '../fixes/boot/boot-default.ts';
import { bootLoader } from '../fixes/boot/boot-loader.ts';
import { cachedPartitions } from '../partition-cache.ts';
import { hiveFinding } from '../rules.ts';
import type { BootPlace, MachineView, StoreSeen } from '../view.ts';
import { fileExists, isWholeWindows } from '../windows-files.ts';
import type { Check } from './check.ts';

/** Where the element of a loader that says which partition Windows lies on. */
const DEVICES = [
  [ELEMENT.device, 'device'],
  [ELEMENT.osDevice, 'osdevice'],
] as const;

const PLACES = { bios: '\\Boot\\BCD on the active partition', uefi: '\\EFI\\Microsoft\\Boot\\BCD' } as const;

function bootFindings(view: MachineView): Finding[] {
  const { boot } = view;
  if (!boot) return view.bcd ? storeFindings(view, { file: 'BCD', store: view.bcd }) : [];
  if (boot.stores.length === 0) return missingFindings(boot);
  const judged = boot.stores.map((seen) => seenFindings(view, seen));
  // Where the firmware is not known, one store that starts this Windows is enough.
  const isOneGood = judged.some((findings) => findings.every(({ severity }) => severity !== 'error'));
  return isOneGood && boot.stores.length > 1 ? [] : judged.flat();
}

function missingFindings({ firmware, isVolumeGiven }: BootPlace): Finding[] {
  if (firmware === null || !isVolumeGiven) return [];
  return [
    {
      code: 'BOOT_STORE_MISSING',
      severity: 'error',
      where: { file: PLACES[firmware] },
      text: `The boot store is missing (${PLACES[firmware]}), although its volume was given: Windows cannot start. bcdboot makes a new one on Windows.`,
    },
  ];
}

function seenFindings(view: MachineView, seen: StoreSeen): Finding[] {
  if (seen.store) return storeFindings(view, { file: seen.file, store: seen.store });
  return [
    {
      code: 'BOOT_STORE_UNREADABLE',
      severity: 'error',
      where: { file: seen.file },
      text: `The boot store cannot be read: ${seen.problem ?? 'its bytes are bad'}. Windows cannot start from it.`,
    },
  ];
}

interface Store {
  readonly file: string;
  readonly store: BcdStore;
}

function storeFindings(view: MachineView, { file, store }: Store): Finding[] {
  const report = (code: FindingCode, path: readonly string[], text: string): Finding => ({
    ...hiveFinding(view, { code, severity: 'error', hive: store.hive.name, path, controlSet: null, text }),
    where: { file, key: ['BCD', ...path].join('\\') },
  });
  // Of the store that is edited, serial-console reports the default.
  const isEdited = view.bcd !== null && view.bcd.hive.name === store.hive.name;
  const defaults = isEdited ? [] : defaultFindings(view, store, 'serial-console');
  const { windowsLoaders, why } = judgeStore(store);
  if (windowsLoaders.length === 0) {
    const text = `The boot store starts no installed Windows: ${why}.`;
    return [
      ...defaults.filter(({ code }) => code === DEFAULT_CODES['no-boot-manager']),
      report('NO_WINDOWS_LOADER', ['Objects'], text),
    ];
  }
  const loader = isEdited ? bootLoader(view) : likelyLoader(view, store);
  if (!loader) return defaults;
  const path = ['Objects', loader.keyName];
  const problems = loaderProblems(view, loader).map(([code, text]) => report(code, path, text));
  if (problems.length > 0 || isEdited || view.boot?.windows == null) return [...defaults, ...problems];
  const { fitting } = loaderOfWindows(store, { windowsPath: view.windowsPath, partition: view.boot.windows });
  if (fitting.length > 0) return defaults;
  const text = `No loader of the boot store starts the Windows on ${identityText(view.boot.windows)}: its loaders start another one.`;
  return [...defaults, report('NO_LOADER_FOR_WINDOWS', ['Objects'], text)];
}

/** The loader that this store starts: its default, or the only one. */
function likelyLoader(view: MachineView, store: BcdStore): BcdObject | null {
  const { loader } = loaderOfWindows(store, { windowsPath: view.windowsPath, partition: view.boot?.windows ?? null });
  const { object, candidates, state } = store.defaultState();
  if (loader) return loader;
  return state === 'ok' ? object : candidates.length === 1 ? candidates[0]! : null;
}

type Problem = readonly [code: FindingCode, text: string];

function loaderProblems(view: MachineView, loader: BcdObject): Problem[] {
  return [...deviceProblems(view, loader), ...pathProblems(view, loader)];
}

function deviceProblems(view: MachineView, loader: BcdObject): Problem[] {
  const missing = DEVICES.filter(([id]) => deviceOf(loader, id) === null).map(([, name]) => name);
  const problems: Problem[] = [];
  if (missing.length > 0) {
    const text = `Loader ${loader.id} has no ${missing.join(' and no ')}: the boot manager does not find Windows.`;
    problems.push(['LOADER_DEVICE_MISSING', text]);
  }
  for (const [named, names] of strangersOf(view, loader)) {
    const text = `Loader ${loader.id} names ${identityText(named)} as its ${names.join(' and ')}, and the disk of Windows has no such partition${reasonOf(view, named)}: the boot manager does not find Windows.`;
    problems.push(['LOADER_DEVICE_WRONG', text]);
  }
  return problems;
}

/** The partitions that the loader names and the disk does not have, with the names of the elements; [] without a table. */
function strangersOf(view: MachineView, loader: BcdObject): (readonly [partition: DeviceIdentity, names: string[]])[] {
  const partitions = view.boot?.partitions ?? null;
  if (partitions === null) return [];
  const strangers: (readonly [DeviceIdentity, string[]])[] = [];
  for (const [id, name] of DEVICES) {
    const device = deviceOf(loader, id);
    if (device?.kind !== 'partition') continue;
    const named = device.partition;
    if (partitions.some((partition) => isSamePartition(partition, named))) continue;
    const same = strangers.find(([stranger]) => isSamePartition(stranger, named));
    if (same) same[1].push(name);
    else strangers.push([named, [name]]);
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

function pathProblems(view: MachineView, loader: BcdObject): Problem[] {
  const path = textOf(loader, ELEMENT.path);
  if (path === null) return [];
  const extension = path.slice(-4);
  const wrong = { bios: '.efi', uefi: '.exe' } as const;
  const { firmware = null, windows = null } = view.boot ?? {};
  if (firmware !== null && compareNames(extension, wrong[firmware]) === 0) {
    const text = `Loader ${loader.id} names ${path}, and this disk starts by ${firmware === 'uefi' ? 'UEFI' : 'BIOS'}: expected winload${wrong[firmware === 'uefi' ? 'bios' : 'uefi']}.`;
    return [['LOADER_PATH_WRONG', text]];
  }
  const device = deviceOf(loader, ELEMENT.device);
  const isOnWindows = device?.kind === 'partition' && windows !== null && isSamePartition(device.partition, windows);
  if (!isOnWindows || !isWholeWindows(view) || fileExists(view, path) !== false) return [];
  return [['LOADER_FILE_MISSING', `Loader ${loader.id} names ${path}, which is not on the disk.`]];
}

export const BOOT_CHECKS: readonly Check[] = [
  { link: 'boot', article: 'our own', certainty: 'certain', detect: bootFindings },
];
