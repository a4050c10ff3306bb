// Drivers without which Windows finds no boot disk, switched on: those of every machine, and those of the platform that
// it is to start on.

import type { FindingCode } from '../../../base/codes/codes.ts';
import type { Finding } from '../../../base/finding.ts';
import { compareNames } from '../../../base/text.ts';
import type { Edit } from '../../../registry/edit.ts';
import { dword, expandSz } from '../../../registry/value.ts';
import { diskDrivers, diskDriversOff } from '../../drivers/boot-disk.ts';
import { type Platform, platformNamed } from '../../drivers/platforms.ts';
import { isNewer, neededDrivers, whyOff } from '../../drivers/readiness.ts';
import {
  type Driver,
  driverFileExists,
  driverIn,
  isImageWrong,
  START_BOOT,
  standardFile,
  standardImage,
  startsAtBoot,
} from '../../drivers/service.ts';
import {
  criticalDeviceEdits,
  driverDatabaseEdits,
  fileEdits,
  type StagedDriver,
  serviceEdits,
  stagedDriver,
} from '../../drivers/staging.ts';
import type { PlannedEdit, Repair, RepairOptions } from '../../model.ts';
import { hiveFinding } from '../../rules.ts';
import { isBeforeVista } from '../../version.ts';
import type { MachineView } from '../../view.ts';

const REPAIR = 'boot-drivers';

/** Of every machine. They start with the boot in every Windows that has them. */
const CORE = ['acpi', 'pci', 'partmgr', 'volmgr', 'volmgrx', 'mountmgr', 'volsnap', 'volume', 'disk', 'fvevol'];
/** XP and Server 2003 have its key on machines without ACPI, too. */
const WITHOUT_ACPI = 'acpi';
/** An override is normal on machines whose boot disk is NVMe behind Hyper-V's own bus. */
const OVERRIDDEN_BY_RIGHT = 'pci';

/** A driver that is switched on without its file stops the boot itself. */
const hasFile = (view: MachineView, driver: Driver): boolean =>
  driverFileExists(view, driver) !== false || isImageWrong(view, driver);

function coreOff(view: MachineView): Driver[] {
  return view.controlSets.flatMap((set) =>
    CORE.map((name) => driverIn(view, set.name, name)).filter((driver) => {
      if (driver.name === WITHOUT_ACPI && isBeforeVista(view)) return false;
      if (!driver.isService || !hasFile(view, driver)) return false;
      return !startsAtBoot(driver.name === OVERRIDDEN_BY_RIGHT ? { ...driver, overrides: [] } : driver);
    }),
  );
}

const isCore = ({ name }: Driver): boolean => CORE.some((known) => compareNames(known, name) === 0);

/** Of the machine that Windows last ran on; a target has drivers of its own. */
function diskOff(view: MachineView, options: RepairOptions): Driver[] {
  if (targetOf(options) !== null) return [];
  return view.controlSets
    .flatMap((set) => diskDriversOff(view, set.name))
    .filter((driver) => !isCore(driver) && hasFile(view, driver));
}

/** The drivers of every machine and those of the disk of this one, in each control set. */
export function neededAtBoot(view: MachineView): Driver[] {
  return view.controlSets.flatMap((set) => {
    const core = CORE.map((name) => driverIn(view, set.name, name)).filter(({ isService }) => isService);
    return [...core, ...diskDrivers(view, set.name).filter((driver) => !isCore(driver))];
  });
}

const imagesWrong = (view: MachineView): Driver[] => neededAtBoot(view).filter((driver) => isImageWrong(view, driver));

const targetOf = ({ target }: RepairOptions): Platform | null => (target === undefined ? null : platformNamed(target));

/** Only where the file and the device are there: a driver that is switched on without them stops the boot itself. */
function targetOff(view: MachineView, platform: Platform): Driver[] {
  return neededDrivers(view, platform)
    .filter(({ state }) => state === 'off')
    .flatMap(({ off }) => off)
    .filter((driver) => driverFileExists(view, driver) === true && !CORE.includes(driver.name));
}

/** What `--drivers` has of the drivers that are missing, by control set. */
function toStage(
  view: MachineView,
  platform: Platform,
): { readonly controlSet: string; readonly staged: StagedDriver }[] {
  return neededDrivers(view, platform).flatMap(({ state, controlSet, needed }) => {
    const staged = state === 'missing' ? stagedDriver(view, needed.services[0]!) : null;
    return staged && 'inf' in staged ? [{ controlSet, staged }] : [];
  });
}

/** Of a driver whose service is in `controlSet`. */
function driverFinding(
  view: MachineView,
  code: FindingCode,
  { controlSet, path }: { readonly controlSet: string; readonly path: readonly string[] },
  text: string,
): Finding {
  return hiveFinding(view, { code, severity: 'error', hive: 'SYSTEM', path, controlSet, repair: REPAIR, text });
}

function detect(view: MachineView, options: RepairOptions): Finding[] {
  const core = coreOff(view).map((driver) => {
    const text = `${driver.name} does not start with the boot (${whyOff(driver)}), and no Windows finds its boot disk without it (0x7B).`;
    return driverFinding(view, 'BOOT_DRIVER_OFF', driver, text);
  });
  const ofDisk = diskOff(view, options).map((driver) => {
    const text = `${driver.name} does not start with the boot (${whyOff({ ...driver, overrides: [] })}), and the disk of Windows hung on it when Windows last ran: there Windows finds no boot disk (0x7B).`;
    return driverFinding(view, 'BOOT_DRIVER_OFF', driver, text);
  });
  const images = imagesWrong(view).map((driver) => {
    const text = `${driver.name} is to start from ${driver.image}, which is not on the disk; the driver lies in ${standardFile(view, driver)}: Windows does not start without it.`;
    return driverFinding(view, 'BOOT_DRIVER_FILE', driver, text);
  });
  const platform = targetOf(options);
  const ofTarget = (platform ? targetOff(view, platform) : []).map((driver) => {
    const text = `${driver.name} does not start with the boot (${whyOff(driver)}): on ${platform?.name} Windows finds no boot disk (0x7B).`;
    return driverFinding(view, 'TARGET_DRIVER_OFF', driver, text);
  });
  const absent = (platform ? toStage(view, platform) : []).map(({ controlSet, staged }) => {
    const text = `${staged.service} is not on this disk, and ${platform?.name} needs it; ${staged.files.path} has it (${staged.inf.version}).`;
    const path = [controlSet, 'Services', staged.service];
    return driverFinding(view, 'TARGET_DRIVER_ABSENT', { controlSet, path }, text);
  });
  return [...core, ...ofDisk, ...images, ...ofTarget, ...absent];
}

/** The file and the package once, the service in each control set. */
function stageEdits(view: MachineView, platform: Platform): PlannedEdit[] {
  const all = toStage(view, platform);
  const newer = isNewer(view);
  const plan = (edits: readonly Edit[], controlSet: string | null, why: string): PlannedEdit[] =>
    edits.map((edit) => ({ edit, why, controlSet, fixes: 'TARGET_DRIVER_ABSENT' }));
  const services = [...new Map(all.map(({ staged }) => [staged.service, staged])).values()];
  return [
    ...services.flatMap((staged) => [
      ...plan(fileEdits(view, staged), null, `${staged.files.path} is of virtio-win.`),
      ...(newer
        ? plan(driverDatabaseEdits(view, staged), null, 'Windows finds a boot driver by its device there.')
        : []),
    ]),
    ...all.flatMap(({ controlSet, staged }) => [
      ...plan(serviceEdits(view, controlSet, staged), controlSet, `${staged.service} must be loaded with the boot.`),
      ...(newer
        ? []
        : plan(criticalDeviceEdits(view, controlSet, staged), controlSet, 'Windows 7 finds a boot driver there.')),
    ]),
  ];
}

/** What the registry does not decide. */
function risks(view: MachineView, planned: readonly PlannedEdit[]): Finding[] {
  if (!planned.some(({ fixes }) => fixes === 'TARGET_DRIVER_ABSENT')) return [];
  const policy = ['Policies', 'Microsoft', 'Windows', 'DeviceInstall', 'Restrictions'];
  const hasPolicy = (view.software?.key(policy)?.values() ?? []).length > 0;
  const said = hasPolicy
    ? 'A group policy of this Windows restricts the installation of devices (DeviceInstall\\Restrictions), and can stop it'
    : 'A group policy that restricts the installation of devices can stop it (none is set here)';
  return [
    {
      code: 'DRIVER_STAGED',
      severity: 'info',
      repair: REPAIR,
      where: { file: 'SYSTEM' },
      text: `The driver comes without its package: it starts the boot disk, and virtio-win is to be installed once Windows runs. ${said}, as can antivirus that guards the drivers, or a signature that this Windows does not accept: the stop is then 0x7B or 0xC0000428. The sure way is to start it once on SATA or IDE with a second small virtio disk.`,
    },
  ];
}

function startEdits(view: MachineView, driver: Driver, fixes: PlannedEdit['fixes']): PlannedEdit[] {
  const key = { hive: view.system.name, path: driver.path };
  const shared = { controlSet: driver.controlSet, fixes };
  const isBoot = driver.start.kind === 'number' && driver.start.number === START_BOOT;
  const isOverridden =
    driver.overrides.length > 0 && !startsAtBoot({ ...driver, start: { kind: 'number', number: 0 } });
  return [
    ...(isBoot
      ? []
      : [
          {
            ...shared,
            edit: { op: 'set-value', key, name: 'Start', value: dword(START_BOOT) } as const,
            why: `${driver.name} must be loaded with the boot.`,
          },
        ]),
    ...(isOverridden
      ? [
          {
            ...shared,
            edit: { op: 'delete-key', key: { ...key, path: [...driver.path, 'StartOverride'] } } as const,
            why: `StartOverride turns the start of ${driver.name} back for machines that Windows has seen.`,
          },
        ]
      : []),
  ];
}

const imageEdit = (view: MachineView, driver: Driver): PlannedEdit => ({
  edit: {
    op: 'set-value',
    key: { hive: view.system.name, path: driver.path },
    name: 'ImagePath',
    value: expandSz(standardImage(driver)),
  },
  why: `${driver.name} lies where every Windows has it.`,
  controlSet: driver.controlSet,
  fixes: 'BOOT_DRIVER_FILE',
});

export const bootDrivers: Repair = {
  name: REPAIR,
  title: 'start the drivers of the boot disk with the boot',
  about:
    'Sets Start 0 and deletes the whole subkey StartOverride of the drivers that every Windows starts with, Start 0 of those that its own disk hung on when it last ran, and with `--target` of those of the platform that it is to start on, where both the file and the device are known to this Windows. Group, Tag and ErrorControl stay. A driver that is missing is named with its package; of viostor and vioscsi, with `--drivers` and on a mounted volume, the file is copied from virtio-win where there is none, with its service and the devices of its INF, which is enough to start from the disk and no installation.',
  article: 'stop-error-0x7b',
  certainty: 'certain',
  link: 'boot',
  writes: [
    {
      where: 'SYSTEM\\{CS}\\Services\\<driver>',
      name: 'Start',
      data: 'REG_DWORD 0',
      when: 'anything else',
      security: null,
    },
    {
      where: 'SYSTEM\\{CS}\\Services\\<driver>',
      name: 'ImagePath',
      data: 'REG_EXPAND_SZ System32\\drivers\\<driver>.sys',
      when: 'it leads to no file, and the driver lies there',
      security: null,
    },
    {
      where: 'SYSTEM\\{CS}\\Services\\<driver>\\StartOverride',
      name: '(the key)',
      data: '(deleted)',
      when: 'a value of it is not 0',
      security: null,
    },
    {
      where:
        'SYSTEM\\{CS}\\Services\\viostor, vioscsi; SYSTEM\\DriverDatabase, or {CS}\\Control\\CriticalDeviceDatabase of Windows 7',
      name: 'the service, its package and its devices',
      data: 'as the INF says',
      when: 'missing, with --drivers; and \\Windows\\System32\\drivers\\<driver>.sys where there is none',
      security: null,
    },
  ],
  afterBoot: [],
  detect,
  edits: (view, options) => {
    const platform = targetOf(options);
    return [
      ...coreOff(view).flatMap((driver) => startEdits(view, driver, 'BOOT_DRIVER_OFF')),
      ...diskOff(view, options).flatMap((driver) => startEdits(view, { ...driver, overrides: [] }, 'BOOT_DRIVER_OFF')),
      ...imagesWrong(view).map((driver) => imageEdit(view, driver)),
      ...(platform ? targetOff(view, platform) : []).flatMap((driver) => startEdits(view, driver, 'TARGET_DRIVER_OFF')),
      ...(platform ? stageEdits(view, platform) : []),
    ];
  },
  risks,
};
