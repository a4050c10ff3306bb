// Finds Windows on the given volumes: its folder, its hives with their logs, and the BCD stores.

import type { HostFs } from '../base/host-fs.ts';
import type { PathStyle } from './windows-path.ts';

export type SystemHive = 'SYSTEM' | 'SOFTWARE' | 'SAM' | 'SECURITY' | 'DEFAULT' | 'COMPONENTS';

export interface BcdStoreFound {
  /** Host path. */
  readonly path: string;
  /** The volume's root as it was given. */
  readonly volume: string;
  readonly windowsPath: string;
  /** 'bios' \Boot\BCD, 'uefi' \EFI\Microsoft\Boot\BCD; the recovery environment's and install media's own stores. */
  readonly kind: 'bios' | 'uefi' | 'recovery' | 'media';
}

export interface ProfileFound {
  /** Folder name below \Users, or 'systemprofile', 'LocalService', 'NetworkService', 'Default'. */
  readonly name: string;
  /** Host paths. */
  readonly ntuser: string | null;
  readonly usrClass: string | null;
}

/** One Windows. Host paths, but for `windowsPath`. */
export interface WindowsFound {
  readonly windowsFolder: string;
  /** `\Windows`. */
  readonly windowsPath: string;
  /** Root of the volume it lies on, as it was given. */
  readonly volume: string;
  readonly hives: Readonly<Partial<Record<SystemHive, string>>> & { readonly SYSTEM: string };
  /** Files beside the hives that the published articles name by mistake (SYSTEM.hiv), and files of TxR. */
  readonly strayHives: readonly string[];
  readonly profiles: readonly ProfileFound[];
  /** Stores on all given volumes, the ones that boot machines first. */
  readonly bcdStores: readonly BcdStoreFound[];
}

export interface LocateOptions {
  /** Which Windows folder: a host path, or a path on a volume (`\Windows`, `F:\Windows`). */
  readonly windows?: string;
  readonly style?: PathStyle;
}

/**
 * Finds the one Windows on `volumes` (roots of mounted volumes).
 * @throws NotFoundError WINDOWS_NOT_FOUND (what was looked for and where), FILE_NOT_FOUND; RefusedError AMBIGUOUS (all
 *   are listed), OUTSIDE_VOLUME; for a device or image what refuseDevice says.
 */
export declare function locateWindows(fs: HostFs, volumes: readonly string[], options?: LocateOptions): WindowsFound;

/** Stores alone, for volumes that hold no Windows. */
export declare function locateStores(fs: HostFs, volumes: readonly string[], style?: PathStyle): BcdStoreFound[];

/** Host paths of the logs beside a hive file, in the order .LOG, .LOG1, .LOG2; names compared as Windows does. */
export declare function logsOf(fs: HostFs, hivePath: string, style?: PathStyle): string[];
