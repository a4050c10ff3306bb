// What the reg commands work on: key names become keys of hives, edits go to one place, files are the caller's affair.
// The command line and the runbook each stand behind it.

import type { Change, HiveEdit } from '../../registry/edit.ts';
import type { Hive } from '../../registry/hive.ts';

/** A key that was named; it need not exist. */
export interface ResolvedKey {
  /** What is in it now, edits of this run included. Its `name` is what KeyPath.hive says of it. */
  readonly hive: Hive;
  /** Names below the hive's root, CurrentControlSet resolved. */
  readonly path: readonly string[];
  /** As it was named, with the root's long name: 'HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control'. */
  readonly shown: string;
}

export interface RegistryContext {
  /**
   * The hive and path of 'HKLM\SYSTEM\Select', or of a bare path where one hive is worked on.
   * UsageError BAD_PATH for what is no key name; NotFoundError HIVE_NOT_FOUND for a root that stands for no file here.
   */
  resolve(keyText: string): ResolvedKey;
  /** Long names of the hives that can be named, for a query of a bare root: 'HKEY_LOCAL_MACHINE\SYSTEM'. */
  roots(): readonly string[];
  /** The ANSI code page of .reg files that are imported and bear no mark; a TextDecoder label. */
  readonly codePage?: string | undefined;
  /** What `reg query` prints is read on by a script: names and data stand as they are, and whoever shows them escapes. */
  readonly isForScript?: boolean;
  /** Whether what `bind` says holds for later commands; else `load` and `unload` say that nothing need be loaded. */
  readonly keepsBindings: boolean;
  /** `reg load`: from now on `keyText` (HKLM\BROKENSYSTEM) is the root of the hive in `file`. */
  bind(keyText: string, file: string): void;
  /** `reg unload`: false where nothing was loaded under that name. */
  unbind(keyText: string): boolean;
  /** A new hive's bytes of a key and all below it (`reg save`). */
  saveKey(key: ResolvedKey): Uint8Array;
  /** NotFoundError FILE_NOT_FOUND; RefusedError NO_RIGHTS. */
  readFile(file: string): Uint8Array;
  fileExists(file: string): boolean;
  /** Writes a file that the user named (export, save), over one that is there. */
  writeFile(file: string, bytes: Uint8Array): void;
  /** A hive file read as it is given to `reg restore`; the caller does not keep it. */
  readHive(file: string): Hive;
  /** Makes the edits in memory, all or none; they are written by the caller's commit. Errors as WorkingHive.apply. */
  edit(edits: readonly HiveEdit[]): readonly Change[];
  /** Whether `confirm` can reach a person. */
  readonly isInteractive: boolean;
  /** Asks a question whose default is No. Called only when `isInteractive`. */
  confirm(question: string): boolean;
}
