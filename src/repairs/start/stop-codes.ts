// The codes that a person sees when Windows does not start: what each means, which findings are its causes, and which of its
// causes no registry decides.

import type { FindingCode } from '../../base/codes/codes.ts';

export interface StopCode {
  readonly code: number;
  /** As Windows or its documentation calls it. */
  readonly name: string;
  /** One sentence: how far the start came. */
  readonly meaning: string;
  /** Causes of it that diagnose can find, the likeliest first. */
  readonly findings: readonly FindingCode[];
  /** One sentence: what else causes it, and the tool that can see to it; null: nothing known. */
  readonly elsewhere: string | null;
}

const DRIVERS: readonly FindingCode[] = [
  'FILTER_DEAD',
  'BOOT_DRIVER_OFF',
  'BOOT_DRIVER_FILE',
  'TARGET_DRIVER_ABSENT',
  'TARGET_DRIVER_OFF',
  'TARGET_NOT_POSSIBLE',
  'PARTITION_FILTER_LOST',
  'SERVICE_ORDER_LOST',
];
const STORE: readonly FindingCode[] = [
  'BOOT_STORE_MISSING',
  'BOOT_STORE_EMPTY',
  'BOOT_STORE_UNREADABLE',
  'NO_BOOT_MANAGER',
  'NO_WINDOWS_LOADER',
  'NO_LOADER_FOR_WINDOWS',
  'DEFAULT_DANGLING',
  'DEFAULT_MISSING',
];
const LOADER: readonly FindingCode[] = [
  'LOADER_DEVICE_WRONG',
  'LOADER_DEVICE_MISSING',
  'LOADER_PATH_WRONG',
  'LOADER_FILE_MISSING',
  'LOADER_SYSTEMROOT_MISSING',
];
const SYSTEM_HIVE: readonly FindingCode[] = [
  'HIVE_UNREADABLE',
  'HIVE_DAMAGED',
  'DIRTY_WITHOUT_LOGS',
  'NO_CONTROL_SET',
  'REGISTRY_KEY_MISSING',
  'SELECT_NAMES_MISSING_SET',
];
const LOGON: readonly FindingCode[] = [
  'SUBSYSTEM_BROKEN',
  'SUBSYSTEM_NOT_REQUIRED',
  'RPC_SPLIT',
  'USERINIT_BROKEN',
  'SHELL_MISSING',
  'BOOT_EXECUTE_MISSING',
  'SOFTWARE_MISSING',
];
const CRASH: readonly FindingCode[] = ['CRASHING_DRIVER', 'DRIVER_VERIFIER_ON', 'LOADER_MEMORY_CUT'];

/** The causes that several codes share; the page of stop codes lists each once. */
export const SHARED_CAUSES: Readonly<Record<string, readonly FindingCode[]>> = {
  'the boot store': STORE,
  'the loader': LOADER,
  'SYSTEM and its control sets': SYSTEM_HIVE,
  'the logon': LOGON,
  'a crash': CRASH,
};

const code = (
  number: number,
  name: string,
  meaning: string,
  findings: readonly FindingCode[],
  elsewhere: string | null = null,
): StopCode => ({ code: number, name, meaning, findings, elsewhere });

const A_DRIVER = 'A driver crashes: the newest dump names it, and safe mode leaves drivers of others out.';

export const STOP_CODES: readonly StopCode[] = [
  code(
    0x7b,
    'INACCESSIBLE_BOOT_DEVICE',
    'The kernel started and found no boot disk.',
    DRIVERS,
    'A driver that is not on the disk comes by dism /image:<drive> /add-driver; --target <platform> says which one is missing.',
  ),
  code(
    0xed,
    'UNMOUNTABLE_BOOT_VOLUME',
    'The kernel found the disk and could not mount its volume.',
    ['BOOT_DRIVER_OFF', 'FILTER_DEAD'],
    'The file system is damaged more often than not: chkdsk /f on Windows repairs it.',
  ),
  code(0x74, 'BAD_SYSTEM_CONFIG_INFO', 'The boot loader read a SYSTEM that the kernel cannot use.', SYSTEM_HIVE),
  code(0x67, 'CONFIG_INITIALIZATION_FAILED', 'The kernel could not set up the registry.', [
    'LOADER_HIVE_LEFT',
    ...SYSTEM_HIVE,
    'LOADER_MEMORY_CUT',
  ]),
  code(
    0xc000014c,
    'STATUS_REGISTRY_CORRUPT',
    'The boot loader could not read SYSTEM.',
    SYSTEM_HIVE,
    'hivemend rebuild repairs a damaged one.',
  ),
  code(
    0xc000000e,
    'STATUS_NO_SUCH_DEVICE',
    'The boot manager did not find the partition that the loader names.',
    [...LOADER, ...STORE],
    'A disk that the firmware does not see at all is a matter of the firmware or the host.',
  ),
  code(
    0xc000000f,
    'STATUS_NO_SUCH_FILE',
    'The boot manager did not find the store or the loader.',
    [...STORE, ...LOADER],
    'A file that is gone comes back with bcdboot or sfc on Windows.',
  ),
  code(0xc0000034, 'STATUS_OBJECT_NAME_NOT_FOUND', 'The boot manager found no store, or nothing in it.', [
    ...STORE,
    ...LOADER,
  ]),
  code(
    0xc0000225,
    'STATUS_NOT_FOUND',
    'The boot manager or the loader did not find what it needs.',
    [...LOADER, ...SYSTEM_HIVE, ...STORE, 'BOOT_DRIVER_FILE'],
    'Where it names a .sys file, that file is missing: sfc /scannow /offbootdir=<drive> /offwindir=<folder> on Windows.',
  ),
  code(0xc0000098, 'STATUS_FILE_INVALID', 'The store or a file of the start holds nothing usable.', [
    ...STORE,
    ...SYSTEM_HIVE,
  ]),
  code(
    0xc0000185,
    'STATUS_IO_DEVICE_ERROR',
    'The disk gave an error while the boot manager read it.',
    [...STORE, ...LOADER],
    'Check the disk and the host first; nothing in the registry causes a read error.',
  ),
  code(
    0xc0000218,
    'STATUS_CANNOT_LOAD_REGISTRY_FILE',
    'The kernel could not load SOFTWARE, SECURITY, SAM or DEFAULT.',
    ['SOFTWARE_MISSING', 'HIVE_MISSING', 'HIVE_UNREADABLE', 'HIVE_DAMAGED', 'DIRTY_WITHOUT_LOGS'],
    'hivemend rebuild repairs a damaged one.',
  ),
  code(
    0xc000021a,
    'STATUS_SYSTEM_PROCESS_TERMINATED',
    'The subsystem or the logon ended.',
    LOGON,
    'System files that do not belong together are repaired by sfc and dism on Windows.',
  ),
  code(0x4c, 'FATAL_UNHANDLED_HARD_ERROR', 'The subsystem of Windows did not start.', LOGON),
  code(0xef, 'CRITICAL_PROCESS_DIED', 'A part of Windows that must run ended.', [...LOGON, ...CRASH], A_DRIVER),
  code(
    0x5a,
    'CRITICAL_SERVICE_FAILED',
    'A service or driver that must start did not.',
    ['BOOT_DRIVER_OFF', 'AGENT_CAN_STOP_BOOT', ...LOGON],
    'A policy of code integrity that refuses a driver is a file below System32\\CodeIntegrity, and not in the registry.',
  ),
  code(0xc4, 'DRIVER_VERIFIER_DETECTED_VIOLATION', 'Driver Verifier stopped Windows.', CRASH),
  code(0xc9, 'DRIVER_VERIFIER_IOMANAGER_VIOLATION', 'Driver Verifier stopped Windows.', CRASH),
  code(0x10d, 'WDF_VIOLATION', 'A driver broke a rule of its framework.', CRASH, A_DRIVER),
  code(0x50, 'PAGE_FAULT_IN_NONPAGED_AREA', 'A driver used memory that is not there.', CRASH, A_DRIVER),
  code(0x7e, 'SYSTEM_THREAD_EXCEPTION_NOT_HANDLED', 'A driver crashed.', CRASH, A_DRIVER),
  code(0xd1, 'DRIVER_IRQL_NOT_LESS_OR_EQUAL', 'A driver crashed.', CRASH, A_DRIVER),
  code(0x3b, 'SYSTEM_SERVICE_EXCEPTION', 'A driver crashed.', CRASH, A_DRIVER),
  code(0x1e, 'KMODE_EXCEPTION_NOT_HANDLED', 'A driver crashed.', CRASH, A_DRIVER),
  code(0x139, 'KERNEL_SECURITY_CHECK_FAILURE', 'A driver broke a structure of the kernel.', CRASH, A_DRIVER),
  code(
    0xc0000428,
    'STATUS_INVALID_IMAGE_HASH',
    'The boot loader refused a file whose signature does not hold.',
    [],
    'The file must come from a working machine of the same build; a wrong clock of the firmware gives it as well.',
  ),
  code(
    0xc0000605,
    'STATUS_IMAGE_CERT_EXPIRED',
    'The boot loader refused a file whose certificate has expired.',
    [],
    'A preview of Windows ends so on its last day, and a wrong clock of the firmware gives it as well: set the clock, or install a build that lasts.',
  ),
  code(
    0xc0430001,
    'STATUS_SECUREBOOT_ROLLBACK_DETECTED',
    'Secure Boot refused a boot manager or loader that was revoked.',
    [],
    'The boot manager must come from a Windows with current updates (bcdboot there); an older one never helps.',
  ),
  code(
    0xc0000135,
    'STATUS_DLL_NOT_FOUND',
    'A process of the logon did not find a library.',
    LOGON,
    'The library must come from a Windows of the same build: sfc /scannow /offbootdir=<drive> /offwindir=<folder> on Windows.',
  ),
  code(
    0xc0000142,
    'STATUS_DLL_INIT_FAILED',
    'A process of the logon did not get a library to start.',
    LOGON,
    'System files that do not belong together are replaced by sfc and dism on Windows.',
  ),
  code(
    0xc0000359,
    'STATUS_INVALID_IMAGE_WIN_32',
    'A driver of 32 bits lies in a Windows of 64 bits.',
    ['FILTER_DEAD'],
    'The file that the screen names must be replaced.',
  ),
];

/** '0x7B', '7b', '0x0000007B' and 'INACCESSIBLE_BOOT_DEVICE' alike; null for what is not in the table. */
export function stopCodeOf(text: string): StopCode | null {
  const digits = /^(?:0x)?0*([0-9a-f]{1,8})$/i.exec(text)?.[1];
  const number = digits === undefined ? null : Number.parseInt(digits, 16);
  return STOP_CODES.find(({ code, name }) => code === number || name === text.toUpperCase()) ?? null;
}

/** '0x7B', as Windows shows it. */
export const stopCodeText = (number: number): string => `0x${number.toString(16).toUpperCase()}`;
