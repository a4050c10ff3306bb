// One hive of a session: what was loaded, the working copy once there is one, and what that one becomes.

import { createHash } from 'node:crypto';
import { RefusedError } from '../base/errors.ts';
import type { HiveTarget } from '../commit/request.ts';
import type { Change } from '../registry/edit.ts';
import type { Hive } from '../registry/hive.ts';
import type { WorkingHive } from '../registry/working/working-hive.ts';
import type { Target } from '../report.ts';
import type { LoadedHive } from './load.ts';

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A hive that may be edited; `close` frees the engine's memory. */
export class OpenHive {
  readonly loaded: LoadedHive;
  private working: WorkingHive | null = null;
  /** The image after so many changes: what is verified is what is committed, and it is copied out once. */
  private result: { readonly image: Uint8Array; readonly changeCount: number } | null = null;
  private originalSha256: string | null = null;

  constructor(loaded: LoadedHive) {
    this.loaded = loaded;
  }

  /** In the order in which they were made. */
  get changes(): readonly Change[] {
    return this.working?.changes ?? [];
  }

  get isEdited(): boolean {
    return this.changes.length > 0;
  }

  /** What is in it now, edits included. */
  get hive(): Hive {
    return this.working !== null && this.isEdited ? this.working.hive : this.loaded.hive;
  }

  /**
   * The hive as a copy that can be edited in memory.
   * @throws RefusedError DIRTY_HIVE when its logs cannot recover it and that is not accepted.
   */
  edit(acceptDirty: boolean): WorkingHive {
    const { path, recovery } = this.loaded;
    if (!recovery.isUsable && !acceptDirty) {
      throw new RefusedError(
        'DIRTY_HIVE',
        `${path} was not written out when Windows stopped, and no transaction log beside it can complete it`,
        { hint: 'find its .LOG1 and .LOG2, or accept the loss of the last changes with --accept-dirty' },
      );
    }
    this.working ??= this.loaded.edit();
    return this.working;
  }

  /** The image with all edits; not to be written. */
  image(): Uint8Array {
    if (this.working === null) return this.loaded.recovery.image;
    const changeCount = this.changes.length;
    if (this.result?.changeCount !== changeCount) this.result = { image: this.working.image(), changeCount };
    return this.result.image;
  }

  /** As reports show it; `sha256After` is not known before a commit. */
  target(): Target {
    const { name, path, recovery } = this.loaded;
    const hash = this.originalHash();
    return {
      kind: 'hive',
      path,
      hive: name,
      sha256Before: hash,
      sha256After: this.isEdited ? null : hash,
      view: recovery.view,
      logEntriesApplied: recovery.entriesApplied,
    };
  }

  /** What a commit needs to know of it. */
  commitTarget(acceptDirty: boolean): HiveTarget {
    const { path, original, logs, recovery } = this.loaded;
    const originalSha256 = this.originalHash();
    return { kind: 'hive', path, original, originalSha256, logs, recovery, result: this.image(), acceptDirty };
  }

  close(): void {
    this.working?.close();
    this.loaded.close();
  }

  /** Of what was loaded, which nothing writes: every report asks for it. */
  private originalHash(): string {
    this.originalSha256 ??= sha256(this.loaded.original);
    return this.originalSha256;
  }
}
