// A hive for programs: read lazily, edited in memory, proven, and given as bytes.

import { FormatError, NotFoundError, RefusedError, UsageError } from '../../base/errors.ts';
import type { Finding } from '../../base/finding.ts';
import { pathWord } from '../../base/quote.ts';
import { deletedRecords } from '../../regf/deleted/deleted-records.ts';
import type { Change, HiveEdit } from '../../registry/edit.ts';
import type { Hive } from '../../registry/hive.ts';
import { type HiveKind, hiveKind } from '../kind.ts';
import type { OpenHive } from '../open.ts';
import { verifyEdited } from '../prove.ts';
import { deletedKey, HiveKey, type HiveNow, type WalkOptions, walkTest } from './hive-key.ts';
import { hiveEdits, namesOf, type PathInput, regValueOf, type ValueInput, valueName } from './input.ts';

export interface HiveWalkOptions extends WalkOptions {
  /** After the keys that are there, the deleted ones that can still be read. */
  readonly deleted?: boolean;
}

/** A hive that was opened; the caller closes it (or `using` does). Nothing is written by what stands here. */
export class HiveFile implements Disposable {
  /** null: closed. */
  private held: OpenHive | null;
  /** FILETIME now: stamps the keys that an edit writes. */
  protected readonly now: () => bigint;
  /** What keys are looked up in again after an edit. */
  private readonly current: HiveNow = { edition: 0, hive: () => this.open.hive };
  private knownKind: HiveKind | null = null;

  constructor(open: OpenHive, now: () => bigint) {
    this.held = open;
    this.now = now;
  }

  protected get open(): OpenHive {
    if (this.held) return this.held;
    throw new UsageError('BAD_ARGUMENT', 'the hive was closed, so nothing more can be asked of it', {
      hint: 'open it again',
    });
  }

  /** From now on this is the hive; null: none is. */
  protected hold(open: OpenHive | null): void {
    this.held = open;
    this.current.edition += 1;
  }

  /** What edits call it in `key.hive`. */
  get name(): string {
    return this.open.name;
  }

  /** 'SYSTEM', 'NTUSER', 'BCD' and so on, by what is in it; 'other' where nothing tells. */
  get kind(): HiveKind {
    this.knownKind ??= hiveKind(this.open.hive);
    return this.knownKind;
  }

  get minorVersion(): number {
    return this.open.hive.minorVersion;
  }

  /** 'recovered': logs were replayed in memory; 'primary': the bytes as they lie. */
  get view(): Hive['view'] {
    return this.open.hive.view;
  }

  /** 'verifier': the engine cannot open it, so it is read-only. */
  get reader(): Hive['reader'] {
    return this.open.hive.reader;
  }

  get root(): HiveKey {
    return new HiveKey(this.current, this.open.hive.root);
  }

  /** What recovery, opening and reading remarked. */
  get findings(): readonly Finding[] {
    return this.open.findings;
  }

  /** What was edited since it was opened, in order. */
  get changes(): readonly Change[] {
    return this.open.changes;
  }

  /** The key at a path, names compared as Windows does. @throws UsageError BAD_PATH */
  key(path: PathInput): HiveKey | undefined {
    const key = this.open.hive.key(namesOf(path));
    return key === null ? undefined : new HiveKey(this.current, key);
  }

  /**
   * Every key that passes, parents first. Keys below one are walked from it: `hive.key(path)?.walk()`.
   * @throws NotFoundError KEY_NOT_FOUND for an argument of undefined, as a key that was looked for in vain gives it.
   */
  walk(...args: [] | [options: HiveWalkOptions]): Generator<HiveKey> {
    if (args.length > 0 && !isOptions(args[0])) {
      throw new NotFoundError('KEY_NOT_FOUND', 'the whole hive is walked without an argument, and a key from itself', {
        hint: 'hive.key(path)?.walk()',
      });
    }
    const options = args[0] ?? {};
    return options.deleted === true ? this.walkAndDeleted(options) : this.root.walk(options);
  }

  /** Sets a value in memory. @throws NotFoundError KEY_NOT_FOUND; as `edit` */
  set(path: PathInput, name: string, value: ValueInput): void {
    this.edit([{ op: 'set-value', key: this.place(path), name: valueName(name), value: regValueOf(value) }]);
  }

  /** Makes a key in memory, with those above it that are missing. @throws as `edit` */
  create(path: PathInput): void {
    this.edit([{ op: 'create-key', key: this.place(path) }]);
  }

  /**
   * Deletes the value of a name, or of a path alone the key and all below it; nothing happens where it is not there.
   * @throws UsageError BAD_VALUE for a name of undefined, which is not to delete the key; as `edit`
   */
  delete(...args: [path: PathInput] | [path: PathInput, name: string]): void {
    const key = this.place(args[0]);
    this.edit([args.length === 1 ? { op: 'delete-key', key } : { op: 'delete-value', key, name: valueName(args[1]) }]);
  }

  /**
   * Makes edits in memory, all or none; their `key.hive` is this hive's name. @throws as WorkingHive.apply; RefusedError
   * DIRTY_HIVE when its logs do not complete it, DAMAGED_HIVE when the engine cannot open it.
   */
  edit(edits: readonly HiveEdit[]): readonly Change[] {
    const { open } = this;
    const { path } = open;
    try {
      const changes = open.edit(false).apply(hiveEdits(edits), this.now());
      this.hold(open);
      return changes;
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      throw new RefusedError('DAMAGED_HIVE', `${path} cannot be edited: ${error.message}`, {
        hint: `hivemend inspect --validate ${pathWord(path)}`,
        cause: error,
      });
    }
  }

  /**
   * The hive as it is now, clean and proven: base block and bins.
   * @throws RefusedError DAMAGED_HIVE where an edit touches a defect that was there; InternalError where the edits do not
   *   prove right.
   */
  bytes(): Uint8Array {
    if (!this.open.isEdited) return this.open.recovery.image.slice();
    verifyEdited(this.open);
    return this.open.image().slice();
  }

  close(): void {
    this.held?.close();
    this.hold(null);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  private *walkAndDeleted(options: HiveWalkOptions): Generator<HiveKey> {
    yield* this.root.walk(options);
    const passes = walkTest(options);
    for (const record of deletedRecords(this.open.recovery.image, this.open.path)) {
      options.signal?.throwIfAborted();
      if (record.kind === 'key' && passes(record)) yield deletedKey(this.current, record);
    }
  }

  private place(path: PathInput): HiveEdit['key'] {
    return { hive: this.name, path: namesOf(path) };
  }
}

/** What a hive was opened as, for the entries of this package. */
export function openedOf(file: HiveFile): OpenHive {
  // biome-ignore lint/complexity/useLiteralKeys: by its name in brackets what is protected is seen by this file alone
  return file['open'];
}

/** JavaScript gives what it likes: a key, or undefined, is not what to walk by. */
function isOptions(given: unknown): given is HiveWalkOptions {
  return typeof given === 'object' && given !== null && !(given instanceof HiveKey);
}
