// The only writer of hives: takes edits as data, makes all of them or none, and says what each one changed.

import { toHex } from '../base/bytes.ts';
import { InternalError, NotFoundError, RefusedError, UsageError } from '../base/errors.ts';
import { compareNames, decodeUtf16le, encodeUtf16le } from '../base/text.ts';
import { fromHex } from '../base/bytes.ts';
import { HiveHandle, type NodeId } from '../engine/hive-handle.ts';
import type { Engine } from '../engine/module.ts';
import type { Change, HiveEdit, KeyRecord, State } from './edit.ts';
import { EngineHive } from './engine-hive.ts';
import type { Hive, Key } from './hive.ts';
import { formatKeyPath } from './path.ts';
import { readData, regValue, valueBytes } from './value.ts';

/** What a new, empty hive is made of. */
export interface NewHiveOptions {
  readonly name: string;
  /** 3 (BCD stores) or 5 (SYSTEM, SOFTWARE). */
  readonly minor: number;
  readonly rootName: string;
  /** The root key's self-relative security descriptor; keys made later take their parent's. */
  readonly security: Uint8Array;
  readonly filetime: bigint;
}

/** A hive open for editing in the engine; the caller closes it. Nothing on disk is touched. */
export class WorkingHive implements Disposable {
  /** What is in it now. Keys and values that it gave out may not be used after the next `apply` that changed something. */
  readonly hive: Hive;
  private readonly view: EngineHive;
  private readonly handle: HiveHandle;
  private readonly made: Change[] = [];

  private constructor(name: string, handle: HiveHandle, view: Hive['view']) {
    this.handle = handle;
    this.view = new EngineHive(name, handle, view);
    this.hive = this.view;
  }

  /** Opens a recovered image, which is copied; the errors are HiveHandle.open's. `name` is what KeyPath.hive must say. */
  static open(
    engine: Engine,
    name: string,
    recovery: { readonly image: Uint8Array; readonly view: Hive['view'] },
  ): WorkingHive {
    return new WorkingHive(name, HiveHandle.open(engine, recovery.image), recovery.view);
  }

  /** A new hive that holds its root key alone. UsageError BAD_VALUE for a version or descriptor that cannot be. */
  static create(engine: Engine, options: NewHiveOptions): WorkingHive {
    return new WorkingHive(options.name, HiveHandle.create(engine, options), 'primary');
  }

  /** Every change since it was opened, in order. */
  get changes(): readonly Change[] {
    return this.made;
  }

  /**
   * Makes the edits in order; when one fails, none of them is made. `filetime` stamps what Windows would stamp. An edit
   * that finds everything as it wants it (the same type and data, nothing to delete) yields no change and no stamp; keys
   * that create-key makes on the way yield a change each.
   * UsageError BAD_ARGUMENT (another hive), BAD_VALUE; NotFoundError KEY_NOT_FOUND; RefusedError PROTECTED_KEY, LIMIT;
   * EngineError.
   */
  apply(edits: readonly HiveEdit[], filetime: bigint): Change[] {
    throw new InternalError(`${edits.length} edits at ${filetime} are not made yet`);
  }

  /** A copy of the image as it is now: exactly 4096 + bins size bytes. */
  image(): Uint8Array {
    return this.handle.image();
  }

  close(): void {
    this.view.expire();
    this.handle.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
