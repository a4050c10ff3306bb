// The only writer of hives: takes edits as data, makes all of them or none, and says what each one changed.

import { EngineError, UsageError } from '../../base/errors.ts';
import { append } from '../../base/lists.ts';
import { HiveHandle, type NewHive } from '../../engine/handle.ts';
import type { Engine } from '../../engine/module.ts';
import type { Change, HiveEdit } from '../edit.ts';
import type { Hive } from '../hive.ts';
import { EngineHive } from '../readers/engine-hive.ts';
import { KeyFinder } from './key-finder.ts';
import { makeEdit } from './make-edit.ts';

/** What a new, empty hive is made of. */
export interface NewHiveOptions extends NewHive {
  readonly name: string;
}

/** A hive open for editing in the engine; the caller closes it. Nothing on disk is touched. */
export class WorkingHive implements Disposable {
  /** What is in it now. Keys and values that it gave out may not be used after the next `apply` that changed something. */
  readonly hive: Hive;
  private readonly view: EngineHive;
  private handle: HiveHandle;
  private readonly made: Change[] = [];

  private constructor(name: string, handle: HiveHandle, view: Hive['view']) {
    this.handle = handle;
    this.view = new EngineHive(name, () => this.handle, view);
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

  /** Takes over a handle whose image nobody has edited. */
  static over(name: string, handle: HiveHandle, view: Hive['view']): WorkingHive {
    return new WorkingHive(name, handle, view);
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
    const changes = this.make(edits, filetime);
    this.handle.keep();
    if (changes.length > 0) this.view.expire();
    // One by one: an import makes more changes than a call takes arguments.
    for (const change of changes) this.made.push(change);
    return changes;
  }

  /** What `apply` would change: the edits are made and rolled back. @throws as apply */
  preview(edits: readonly HiveEdit[], filetime: bigint): Change[] {
    const changes = this.make(edits, filetime);
    this.handle.rollback();
    return changes;
  }

  /** Makes the edits in a batch, which is left open; where one fails, it is rolled back. */
  private make(edits: readonly HiveEdit[], filetime: bigint): Change[] {
    for (const { key } of edits) {
      if (key.hive !== this.hive.name) {
        throw new UsageError('BAD_ARGUMENT', `an edit of ${key.hive} was given to ${this.hive.name}`, {
          data: { key },
        });
      }
    }
    const changes: Change[] = [];
    this.handle.begin();
    try {
      const context = { handle: this.handle, finder: new KeyFinder(this.handle), filetime };
      for (const edit of edits) append(changes, makeEdit(context, edit));
    } catch (error) {
      this.rollback();
      throw error;
    }
    return changes;
  }

  /** The error that led here is the one to be told; an engine that stopped has nothing to roll back. */
  private rollback(): void {
    try {
      this.handle.rollback();
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
    }
  }

  /** A copy of the image as it is now: exactly 4096 + bins size bytes. */
  image(): Uint8Array {
    return this.handle.image();
  }

  /** Whether `image` is, byte for byte, what the engine holds now. */
  holds(image: Uint8Array): boolean {
    return this.handle.holds(image);
  }

  /** Goes on with `image`, which is this hive's own, in place of what the engine holds. @throws as HiveHandle.open */
  reopen(engine: Engine, image: Uint8Array): void {
    this.handle.close();
    this.handle = HiveHandle.open(engine, image);
  }

  close(): void {
    this.view.expire();
    this.handle.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
