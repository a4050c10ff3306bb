// The boot store: that there is one, that it starts this Windows, and that it names partitions of this disk.

import type { FindingCode } from '../../base/codes/codes.ts';
import type { Finding } from '../../base/finding.ts';
import { classifyStore, loaderOfWindows } from '../../bcd/boot-choice.ts';
import { identityText, isSamePartition } from '../../bcd/device.ts';
import { ELEMENT } from '../../bcd/elements/element-numbers.ts';
import type { BcdObject, BcdStore } from '../../bcd/store.ts';
import { deviceOf, textOf } from '../../bcd/store.ts';
import { DEFAULT_CODES, defaultFindings } from '../fixes/boot/boot-default.ts';
import { deviceProblems, repairablePartition } from '../fixes/boot/boot-device.ts';
import { bootLoader } from '../fixes/boot/boot-loader.ts';
import { wrongProgram } from '../fixes/boot/loader-elements.ts';
import { codeOf, storeRepair } from '../fixes/store/boot-store.ts';
import { hiveFinding } from '../rules.ts';
import { isBeforeVista } from '../version.ts';
import { type BootFacts, liesApart, type MachineView, type StoreSeen, type VacantStore } from '../view.ts';
import { fileExists, isWholeWindows } from '../windows-files.ts';
import type { Check } from './check.ts';

const PLACES = { bios: '\\Boot\\BCD on the active partition', uefi: '\\EFI\\Microsoft\\Boot\\BCD' } as const;

function bootFindings(view: MachineView): Finding[] {
  const { boot } = view;
  // XP and Server 2003 start by ntldr and boot.ini; a store beside them is another Windows'.
  if (isBeforeVista(view)) return [];
  if (!boot) return view.bcd ? storeFindings(view, { file: 'BCD', store: view.bcd }) : [];
  if (boot.vacant) return vacantFindings(view, boot.vacant);
  if (boot.stores.length === 0) return missingFindings(boot);
  const seenStores = boot.stores.map((seen) => ({ seen, findings: seenFindings(view, seen) }));
  // Where the firmware is not known, one store that starts this Windows is enough.
  const isOneGood = seenStores.some(
    ({ seen, findings }) => seen.store !== null && findings.every(({ severity }) => severity !== 'error'),
  );
  return isOneGood && boot.stores.length > 1 ? [] : seenStores.flatMap(({ findings }) => findings);
}

const WORDS: Readonly<Record<VacantStore['state'], string>> = {
  missing: 'is missing, although its volume was given',
  empty: 'is an empty file (0 bytes)',
  zeros: 'holds nothing but zeros',
};

function vacantFindings(view: MachineView, vacant: VacantStore): Finding[] {
  const way = storeRepair(view);
  const how = 'why' in way ? ` ${way.why.slice(0, 1).toUpperCase()}${way.why.slice(1)}.` : '';
  return [
    {
      code: codeOf(vacant),
      severity: 'error',
      ...('repair' in way ? { repair: way.repair } : {}),
      where: { file: vacant.file },
      text: `The boot store ${WORDS[vacant.state]} (${PLACES[vacant.firmware]}): Windows cannot start.${how}`,
    },
  ];
}

function missingFindings({ firmware, isVolumeGiven }: BootFacts): Finding[] {
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
  if (view.bcd === null && view.boot && liesApart(view.boot, seen)) {
    const text = 'the boot store that was given lies on another disk than Windows, and starts no Windows of that disk';
    return [{ code: 'NOT_JUDGED', severity: 'info', where: { file: seen.file }, text }];
  }
  if (seen.store) return storeFindings(view, { file: seen.file, store: seen.store });
  if (seen.isRefused) {
    const text = `the boot store was not read: ${seen.problem}`;
    return [{ code: 'NOT_JUDGED', severity: 'info', where: { file: seen.file }, text }];
  }
  return [
    {
      code: 'BOOT_STORE_UNREADABLE',
      severity: 'error',
      where: { file: seen.file },
      text: `The boot store cannot be read: ${seen.problem ?? 'its bytes are bad'}. Windows cannot start from it. A rebuild shows what of it can be kept.`,
    },
  ];
}

interface Store {
  readonly file: string;
  readonly store: BcdStore;
}

function storeFindings(view: MachineView, { file, store }: Store): Finding[] {
  const way = storeRepair(view);
  const report = (code: FindingCode, path: readonly string[], text: string): Finding => ({
    ...hiveFinding(view, { code, severity: 'error', hive: store.hive.name, path, controlSet: null, text }),
    ...(code === 'NO_WINDOWS_LOADER' && 'repair' in way ? way : {}),
    where: { file, key: ['BCD', ...path].join('\\') },
  });
  // Of the store that is edited, serial-console reports the default.
  const isEdited = view.bcd !== null && view.bcd.hive.name === store.hive.name;
  const defaults = isEdited ? [] : defaultFindings(view, store, 'serial-console');
  const { windowsLoaders, why } = classifyStore(store);
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
  const problems = loaderProblems(view, loader, isEdited).map(([code, text]) => report(code, path, text));
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

/** `isEdited`: what boot-device and boot-loader fix in the store that is edited, they report. */
function loaderProblems(view: MachineView, loader: BcdObject, isEdited: boolean): Problem[] {
  const devices = isEdited && repairablePartition(view) !== null ? [] : deviceProblems(view, loader);
  const program = isEdited ? null : wrongProgram(view, loader);
  return [
    ...devices.map(({ code, text }): Problem => [code, text]),
    ...(program ? [['LOADER_PATH_WRONG', program.text] as const] : []),
    ...fileProblems(view, loader),
  ];
}

function fileProblems(view: MachineView, loader: BcdObject): Problem[] {
  const path = textOf(loader, ELEMENT.path);
  if (path === null || wrongProgram(view, loader)) return [];
  const windows = view.boot?.windows ?? null;
  const device = deviceOf(loader, ELEMENT.device);
  const isOnWindows = device?.kind === 'partition' && windows !== null && isSamePartition(device.partition, windows);
  if (!isOnWindows || !isWholeWindows(view) || fileExists(view, path) !== false) return [];
  return [
    [
      'LOADER_FILE_MISSING',
      `Loader ${loader.id} names ${path}, which is not on the disk. It comes back from a Windows of the same build: sfc /scannow /offbootdir=<drive> /offwindir=<folder> on Windows.`,
    ],
  ];
}

export const BOOT_CHECKS: readonly Check[] = [
  { link: 'boot', article: 'our own', certainty: 'certain', detect: bootFindings },
];
