// The other elements of the loader of Windows: a program for this firmware, its folder, and no mode left over.

import type { FindingCode } from '../../../base/codes/codes.ts';
import type { Finding } from '../../../base/finding.ts';
import { compareNames } from '../../../base/text.ts';
import { elementData } from '../../../bcd/data.ts';
import { isSamePartition } from '../../../bcd/device.ts';
import { deleteElement, setElement } from '../../../bcd/edits.ts';
import { ELEMENT } from '../../../bcd/elements/element-numbers.ts';
import {
  type BcdObject,
  type BcdStore,
  booleanOf,
  deviceOf,
  elementOf,
  integerOf,
  textOf,
} from '../../../bcd/store.ts';
import type { HiveEdit } from '../../../registry/edit.ts';
import type { PlannedEdit, Repair } from '../../model.ts';
import { hiveFinding } from '../../rules.ts';
import type { MachineView } from '../../view.ts';
import { fileExists } from '../../windows-files.ts';
import { bootLoader } from './boot-loader.ts';

const REPAIR = 'boot-loader';
const IMC = [0x21000138, 0x22000137];
const TRUNCATE_MEMORY = 0x15000007;
const REMOVE_MEMORY = 0x25000031;
/** Below this no Windows since Vista gets to its logon. */
const LEAST_MEMORY = 512n * 1024n * 1024n;
const MEBIBYTE = 1024n * 1024n;

interface Fault {
  readonly code: FindingCode;
  readonly severity: Finding['severity'];
  readonly text: string;
  readonly why: string;
  readonly edits: (store: BcdStore) => readonly HiveEdit[];
}

/** Of a program for the other firmware the name for this one; null where it fits or the firmware is not known. */
export function wrongProgram(view: MachineView, loader: BcdObject): { path: string; text: string } | null {
  const path = textOf(loader, ELEMENT.path);
  const { firmware = null } = view.boot ?? {};
  if (path === null || firmware === null) return null;
  const [wrong, right, name] = firmware === 'uefi' ? ['.exe', '.efi', 'UEFI'] : ['.efi', '.exe', 'BIOS'];
  if (compareNames(path.slice(-4), wrong) !== 0) return null;
  return {
    path: `${path.slice(0, -4)}${right}`,
    text: `Loader ${loader.id} names ${path}, and this disk starts by ${name}: expected winload${right}.`,
  };
}

/** Whether the loader's program and Windows lie on the partition of this Windows for certain. */
function isOfThisWindows(view: MachineView, loader: BcdObject): boolean {
  const windows = view.boot?.windows ?? null;
  const device = deviceOf(loader, ELEMENT.osDevice);
  return windows !== null && device?.kind === 'partition' && isSamePartition(device.partition, windows);
}

/** Another folder than that of Windows, and one that is not there. */
function isElsewhere(view: MachineView, root: string): boolean {
  const folder = root.replace(/[\\/]+$/, '');
  return compareNames(folder, view.windowsPath) !== 0 && fileExists(view, folder) === false;
}

function faults(view: MachineView, loader: BcdObject): Fault[] {
  const found: Fault[] = [];
  const program = wrongProgram(view, loader);
  if (program) {
    found.push({
      code: 'LOADER_PATH_WRONG',
      severity: 'error',
      text: program.text,
      why: 'Each firmware starts programs of its own kind.',
      edits: (store) => setElement(store, loader, ELEMENT.path, elementData.string(program.path)),
    });
  }
  if (textOf(loader, ELEMENT.systemRoot) === null) {
    found.push({
      code: 'LOADER_SYSTEMROOT_MISSING',
      severity: 'error',
      text: `Loader ${loader.id} lacks systemroot: it does not know the folder of Windows, which is ${view.windowsPath}.`,
      why: `Windows lies in ${view.windowsPath}.`,
      edits: (store) => setElement(store, loader, ELEMENT.systemRoot, elementData.string(view.windowsPath)),
    });
  }
  const root = textOf(loader, ELEMENT.systemRoot);
  if (root !== null && isOfThisWindows(view, loader) && isElsewhere(view, root)) {
    found.push({
      code: 'LOADER_SYSTEMROOT_MISSING',
      severity: 'error',
      text: `Loader ${loader.id} names ${root} as its systemroot, which is not on the partition of Windows: the folder of Windows is ${view.windowsPath}.`,
      why: `Windows lies in ${view.windowsPath}.`,
      edits: (store) => setElement(store, loader, ELEMENT.systemRoot, elementData.string(view.windowsPath)),
    });
  }
  const imc = IMC.filter((id) => elementOf(loader, id) !== null);
  if (imc.length > 0) {
    found.push({
      code: 'LOADER_HIVE_LEFT',
      severity: 'error',
      text: `Loader ${loader.id} still names a configuration hive of Windows Setup: Windows stops at its start (0x67).`,
      why: 'The hive is of a set-up that is over.',
      edits: (store) => imc.flatMap((id) => deleteElement(store, loader, id)),
    });
  }
  if (booleanOf(loader, ELEMENT.winPe) && isOfThisWindows(view, loader)) {
    found.push({
      code: 'LOADER_WINPE',
      severity: 'error',
      text: `Loader ${loader.id} starts this Windows as a preinstallation environment (winpe): there is no normal logon.`,
      why: 'An installed Windows is not a preinstallation environment.',
      edits: (store) => deleteElement(store, loader, ELEMENT.winPe),
    });
  }
  return [...found, ...memoryFaults(loader)];
}

function memoryFaults(loader: BcdObject): Fault[] {
  const left = integerOf(loader, TRUNCATE_MEMORY);
  const taken = integerOf(loader, REMOVE_MEMORY);
  const said = [
    ...(left === null ? [] : [`uses only the memory below ${left / MEBIBYTE} MiB (truncatememory)`]),
    ...(taken === null ? [] : [`leaves ${taken} MiB of the memory unused (removememory)`]),
  ];
  if (said.length === 0) return [];
  return [
    {
      code: 'LOADER_MEMORY_CUT',
      severity: left !== null && left < LEAST_MEMORY ? 'error' : 'warning',
      text: `Loader ${loader.id} ${said.join(' and ')}: Windows can be slow, or stop at its start.`,
      why: 'The limit is of a test, and Windows must use all of its memory.',
      edits: (store) => [TRUNCATE_MEMORY, REMOVE_MEMORY].flatMap((id) => deleteElement(store, loader, id)),
    },
  ];
}

function detect(view: MachineView): Finding[] {
  const loader = bootLoader(view);
  if (!loader) return [];
  return faults(view, loader).map(({ code, severity, text }) =>
    hiveFinding(view, {
      code,
      severity,
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
  if (!loader || !bcd) return [];
  return faults(view, loader).flatMap(({ code, why, edits: make }) =>
    make(bcd).map((edit) => ({ edit, why, controlSet: null, fixes: code })),
  );
}

export const bootLoaderRepair: Repair = {
  name: REPAIR,
  title: 'let the loader start this Windows normally, by this firmware',
  about:
    'In the loader of this Windows alone: winload.efi on UEFI and winload.exe on BIOS, a systemroot where there is none, and no hive of Windows Setup, no winpe and no limit of memory left over. Everything else of the store stays.',
  article: 'boot-configuration',
  certainty: 'certain',
  link: 'boot',
  writes: [
    {
      where: 'BCD, the loader',
      name: 'path (12000002)',
      data: 'the same path, ending .efi or .exe',
      when: 'it ends as the other firmware wants it',
      security: null,
    },
    {
      where: 'BCD, the loader',
      name: 'systemroot (22000002)',
      data: "Windows' folder",
      when: 'missing, or a folder that is not on the partition of Windows',
      security: null,
    },
    {
      where: 'BCD, the loader',
      name: '21000138, 22000137 (hive of Setup), winpe (26000022), truncatememory (15000007), removememory (25000031)',
      data: '(deleted)',
      when: 'there; winpe where osdevice is the partition of this Windows',
      security: null,
    },
  ],
  afterBoot: [],
  unavailable: (view) => (view.bcd === null ? view.bcdMissing : null),
  detect,
  edits,
};
