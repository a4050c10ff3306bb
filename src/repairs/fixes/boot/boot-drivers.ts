// Drivers without which Windows finds no boot disk, switched on: those of every machine, and those of the platform that
// it is to start on.

import type { Finding } from '../../../base/finding.ts';
import { dword } from '../../../registry/value.ts';
import { type Platform, platformNamed } from '../../drivers/platforms.ts';
import { neededDrivers, whyOff } from '../../drivers/readiness.ts';
import { type Driver, driverFileExists, driverIn, START_BOOT, startsAtBoot } from '../../drivers/service.ts';
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

function coreOff(view: MachineView): Driver[] {
  return view.controlSets.flatMap((set) =>
    CORE.map((name) => driverIn(view, set.name, name)).filter((driver) => {
      if (driver.name === WITHOUT_ACPI && isBeforeVista(view)) return false;
      if (!driver.isService || driverFileExists(view, driver) === false) return false;
      return !startsAtBoot(driver.name === OVERRIDDEN_BY_RIGHT ? { ...driver, overrides: [] } : driver);
    }),
  );
}

const targetOf = ({ target }: RepairOptions): Platform | null => (target === undefined ? null : platformNamed(target));

/** Only where the file and the device are there: a driver that is switched on without them stops the boot itself. */
function targetOff(view: MachineView, platform: Platform): Driver[] {
  return neededDrivers(view, platform)
    .filter(({ state }) => state === 'off')
    .flatMap(({ off }) => off)
    .filter((driver) => driverFileExists(view, driver) === true && !CORE.includes(driver.name));
}

function detect(view: MachineView, options: RepairOptions): Finding[] {
  const core = coreOff(view).map((driver) =>
    hiveFinding(view, {
      code: 'BOOT_DRIVER_OFF',
      severity: 'error',
      hive: 'SYSTEM',
      path: driver.path,
      controlSet: driver.controlSet,
      repair: REPAIR,
      text: `${driver.name} does not start with the boot (${whyOff(driver)}), and no Windows finds its boot disk without it (0x7B).`,
    }),
  );
  const platform = targetOf(options);
  const ofTarget = (platform ? targetOff(view, platform) : []).map((driver) =>
    hiveFinding(view, {
      code: 'TARGET_DRIVER_OFF',
      severity: 'error',
      hive: 'SYSTEM',
      path: driver.path,
      controlSet: driver.controlSet,
      repair: REPAIR,
      text: `${driver.name} does not start with the boot (${whyOff(driver)}): on ${platform?.name} Windows finds no boot disk (0x7B).`,
    }),
  );
  return [...core, ...ofTarget];
}

function startEdits(view: MachineView, driver: Driver, mends: PlannedEdit['mends']): PlannedEdit[] {
  const key = { hive: view.system.name, path: driver.path };
  const shared = { controlSet: driver.controlSet, mends };
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

export const bootDrivers: Repair = {
  name: REPAIR,
  title: 'start the drivers of the boot disk with the boot',
  about:
    'Sets Start 0 and deletes the whole subkey StartOverride of the drivers that every Windows starts with, and with `--target` of those of the platform that it is to start on, where both the file and the device are known to this Windows. Group, Tag and ErrorControl stay. Nothing is installed: a driver that is missing is named with its package.',
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
      where: 'SYSTEM\\{CS}\\Services\\<driver>\\StartOverride',
      name: '(the key)',
      data: '(deleted)',
      when: 'a value of it is not 0',
      security: null,
    },
  ],
  afterBoot: [],
  detect,
  edits: (view, options) => {
    const platform = targetOf(options);
    return [
      ...coreOff(view).flatMap((driver) => startEdits(view, driver, 'BOOT_DRIVER_OFF')),
      ...(platform ? targetOff(view, platform) : []).flatMap((driver) => startEdits(view, driver, 'TARGET_DRIVER_OFF')),
    ];
  },
};
