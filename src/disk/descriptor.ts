// NTFS security descriptors through the host: extended attributes on Linux, .NET through PowerShell on Windows. The one
// file that starts processes.

import type { DescriptorAccess } from '../base/host-fs.ts';
import type { PathStyle } from './windows-path.ts';

export interface ProcessResult {
  /** Null: the program could not be started (`error` says why: ENOENT, EACCES). */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly error: string | null;
}
/** Starts a program without a shell and waits for it. */
export type RunProcess = (program: string, args: readonly string[], input?: string) => ProcessResult;

/** The part of the fs-xattr package that we use. */
export interface XattrModule {
  getAttributeSync(path: string, name: string): Uint8Array;
  setAttributeSync(path: string, name: string, value: Uint8Array): void;
}

export interface DescriptorOptions {
  /** Default: the host's. */
  readonly style?: PathStyle;
  /** Default: child_process. */
  readonly run?: RunProcess;
  /** Default: fs-xattr where it is installed; null: do as if it were not. */
  readonly xattr?: XattrModule | null;
}

/**
 * Access to NTFS security descriptors as bytes. `read` gives null where the file system keeps none; `write` writes all
 * parts (owner, group, DACL, SACL). Paths must be resolved ones: links are not followed.
 * @throws from the calls: RefusedError NO_DESCRIPTORS (no extended attributes here, or no program for them),
 *   NO_RIGHTS, READ_ONLY; NotFoundError FILE_NOT_FOUND.
 */
export declare function hostDescriptors(options?: DescriptorOptions): DescriptorAccess;
