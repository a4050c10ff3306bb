// Why a disk must not be written: every cause by its name, the driver's own command for it, and what that costs.

import type { RefusedError } from '../base/errors.ts';
import type { HostFs } from '../base/host-fs.ts';
import type { Volume } from './volumes.ts';
import type { PathStyle } from './windows-path.ts';

export interface WritableOptions {
  /** Host paths of the existing files that are to be written: each is opened for writing and closed again. */
  readonly files?: readonly string[];
  /** %SystemRoot% of the running system on a Windows host (`C:\Windows`); null elsewhere. */
  readonly liveWindows?: string | null;
  readonly style?: PathStyle;
}

/** What hiberfil.sys says. */
export type Hibernation = 'none' | 'hibernated' | 'resuming';

/**
 * Null when the volume can be written; else the refusal, never thrown: HIBERNATED, VOLUME_DIRTY, READ_ONLY, NO_RIGHTS,
 * IN_USE, LIVE_SYSTEM. Reads only.
 */
export declare function whyNotWritable(fs: HostFs, volume: Volume, options?: WritableOptions): RefusedError | null;

/** Reads the header of `\hiberfil.sys`. */
export declare function hibernationOf(fs: HostFs, volume: Volume, style?: PathStyle): Hibernation;

/** The error of node:fs when `path` was opened for writing, as a refusal with its cause. */
export declare function refusalOf(error: unknown, path: string): RefusedError | null;

/** A BitLocker (or Azure Disk Encryption) volume beside or below one of `volumes`. */
export interface BitLockerVolume {
  readonly device: string;
  readonly partitionNumber: number | null;
  /** It is one of the given volumes, unlocked. */
  readonly isUnlockedHere: boolean;
}
export declare function detectBitLocker(fs: HostFs, volumes: readonly Volume[]): BitLockerVolume[];
