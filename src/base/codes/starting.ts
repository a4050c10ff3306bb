// Codes of findings about the disk, the start of Windows, its services and the machine, from diagnose and repair.

import { fault } from './note.ts';

export const STARTING = {
  AGENT_CAN_STOP_BOOT: fault(
    'warning',
    'boot-loop',
    'A third-party agent is set so that a failure of it makes Windows restart.',
  ),
  BITLOCKER_MAY_ASK_FOR_KEY: fault(
    'warning',
    null,
    'A changed boot store on this disk can make the next start ask for the recovery key.',
  ),
  BOOT_MENU_SHOWN: fault(
    'info',
    'serial-console',
    'The repair will show the boot menu for some seconds at every start; `--serial ems` leaves it alone.',
  ),
  BOOT_STOPS_AT_FAILURES: fault(
    'info',
    null,
    'After a boot that failed, the machine waits at a screen that nobody sees.',
  ),
  CONTROL_SET_FAILED: fault('info', null, 'Windows once went back from a control set that Select calls failed.'),
  CRASH_DUMP_OFF: fault('info', 'crash-dump', 'A stop leaves no dump behind.'),
  DEFAULT_DANGLING: fault(
    'error',
    null,
    'The default of the boot store names no object of it; `--fix-default` names another.',
  ),
  DEFAULT_MISSING: fault('warning', null, 'The boot manager has no default; `--fix-default` gives one.'),
  DEFAULT_NOT_WINDOWS: fault('warning', null, 'The default starts something else than an installed Windows.'),
  DEPENDENCY_DISABLED: fault('error or warning', null, 'A service that Remote Desktop depends on is disabled.'),
  HIBERNATED: fault(
    'warning',
    null,
    'Windows is hibernated or was shut down with fast startup; a repair is refused until it is not.',
  ),
  HIVE_DAMAGED: fault(
    'error',
    null,
    'Records of a hive cannot be read; what lies beneath them is not judged, and the hive is not edited.',
  ),
  HIVE_RECOVERED: fault('info', null, 'A hive was not closed, and its logs were replayed in memory.'),
  LOW_DISK_SPACE: fault(
    'warning',
    null,
    'Little is free on the Windows volume; sessions fail when a profile cannot be written.',
  ),
  NETLOGON_DISABLED: fault('warning', null, 'Netlogon is disabled on a machine of a domain.'),
  NETVSC_OUTDATED: fault('error', null, 'The network driver is of a version that loses its network on Hyper-V.'),
  NOT_JUDGED: fault(
    'info',
    null,
    'A repair or check met damage, a link or a missing right and could not judge; the rest went on.',
  ),
  NO_BOOT_MANAGER: fault('error', null, 'The boot store has no boot manager.'),
  NO_CONTROL_SET: fault('error', null, 'There is no control set, or Select names none that exists.'),
  NO_PAGE_FILE: fault('info', null, 'Without a page file Windows cannot write a dump.'),
  NO_ROOM_FOR_DUMP: fault('info', null, 'A complete dump may not fit on the volume.'),
  REGISTRY_TRANSACTIONS: fault(
    'info',
    null,
    'Files of registry transactions (TxR) lie beside the hives; they are not replayed.',
  ),
  SAFE_MODE: fault('error or warning', 'leave-safe-mode', 'The loader is set to start in safe mode.'),
  SAFE_MODE_MARK: fault('warning', 'leave-safe-mode', 'The registry still bears the mark of a safe mode start.'),
  SELECT_NAMES_MISSING_SET: fault('error', 'select-last-known-good', 'Select names a control set that does not exist.'),
  SERIAL_CONSOLE_OFF: fault('info', 'serial-console', 'EMS and the serial console are not set up.'),
  SERIAL_PORT_FROM_FIRMWARE: fault('info', 'serial-console', 'On UEFI the serial port comes from the firmware.'),
  SERVICE_ACCOUNT: fault(
    'error or warning',
    'rdp-services',
    'A service of Remote Desktop runs as another account than it must.',
  ),
  SERVICE_DLL: fault(
    'error',
    'rdp-services',
    'The program that svchost loads for TermService is not named, or is not there.',
  ),
  SERVICE_DLL_FOREIGN: fault('warning', null, 'TermService is started as another program than termsrv.dll.'),
  SERVICE_FILE_MISSING: fault('error', null, 'The program of TermService is not on the disk.'),
  SERVICE_IMAGE: fault('error', null, 'ImagePath of TermService does not start svchost with a group.'),
  SERVICE_DISABLED: fault('error or warning', 'rdp-services', 'A service of Remote Desktop is disabled.'),
  SERVICE_MISSING: fault('error or warning', null, 'A service that is needed does not exist.'),
  SERVICE_TYPE: fault('error', 'rdp-services', 'A service has a type that cannot be started.'),
  SETUP_IN_PROGRESS: fault('warning', null, 'Windows Setup has not finished on this disk.'),
};
