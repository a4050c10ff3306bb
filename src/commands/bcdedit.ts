// bcdedit's grammar on a store that is a file: one command line in, edits and bcdedit's own text out.

import type { DeviceIdentity } from '../bcd/device.ts';
import type { Change, HiveEdit } from '../registry/edit.ts';
import type { WorkingHive } from '../registry/apply.ts';
import type { Outcome } from './outcome.ts';

/** What a bcdedit command needs of its caller; the CLI and the runbook interpreter each give one. */
export interface BcdContext {
  /** The store of /store, as it was typed; null: no /store was given, so the store of the volumes at hand. */
  store(pathText: string | null): WorkingHive;
  /** Plans the edits and applies them to the hive in memory. */
  edit(working: WorkingHive, edits: readonly HiveEdit[]): readonly Change[];
  readFile(pathText: string): Uint8Array;
  writeFile(pathText: string, bytes: Uint8Array): void;
  /** The partition behind a drive letter ('F'); null: not known. */
  partition(letter: string): DeviceIdentity | null;
  /** `sizeBytes` of randomness, for the GUIDs of new entries. */
  randomBytes(sizeBytes: number): Uint8Array;
}

export declare function bcdedit(argv: readonly string[], context: BcdContext): Outcome;
