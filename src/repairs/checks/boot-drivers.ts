// Drivers that the boot needs and whose file is gone.

import type { Finding } from '../../base/finding.ts';
import {
  type Driver,
  driverFile,
  driverFileExists,
  hasDrivers,
  isImageWrong,
  standardFile,
} from '../drivers/service.ts';
import { neededAtBoot } from '../fixes/boot/boot-drivers.ts';
import { hiveFinding, isNumber } from '../rules.ts';
import type { MachineView } from '../view.ts';
import { fileExists, isWholeWindows } from '../windows-files.ts';
import type { Check } from './check.ts';

/** Without disk.sys the folder of the drivers counts as not given: here others of every Windows tell that it was. */
function isGone(view: MachineView, driver: Driver): boolean {
  if (driver.name !== 'disk' || hasDrivers(view)) return driverFileExists(view, driver) === false;
  const isThere = (name: string): boolean => fileExists(view, standardFile(view, { ...driver, name })) === true;
  return isWholeWindows(view) && isThere('partmgr') && isThere('mountmgr') && isThere('volsnap') && !isThere('disk');
}

/** What boot-drivers can fix, it reports. Where most of the files are not there, the folder was not given whole. */
function fileFindings(view: MachineView): Finding[] {
  const needed = neededAtBoot(view).filter(({ start }) => isNumber(0)(start));
  const gone = needed.filter((driver) => isGone(view, driver));
  if (gone.length * 2 > needed.length) return [];
  return gone
    .filter((driver) => !isImageWrong(view, driver))
    .map((driver) =>
      hiveFinding(view, {
        code: 'BOOT_DRIVER_FILE',
        severity: 'error',
        hive: 'SYSTEM',
        path: driver.path,
        controlSet: driver.controlSet,
        text: `${driverFile(view, driver)}, the driver ${driver.name}, is not on the disk: Windows does not start without it. It comes back from a Windows of the same build: sfc /scannow /offbootdir=<drive> /offwindir=<folder> on Windows.`,
      }),
    );
}

export const BOOT_DRIVER_CHECKS: readonly Check[] = [
  { link: 'boot', article: 'stop-error-0x7b', certainty: 'certain', detect: fileFindings },
];
