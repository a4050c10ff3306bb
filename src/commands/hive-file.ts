// One hive for programs: opened from a path or from bytes, read lazily, edited in memory, and taken out as bytes.

import { FormatError, RefusedError, UsageError } from '../base/errors.ts';
import type { Finding } from '../base/finding.ts';
import { type LogOnDisk, type OpenHive, openHiveBytes, openHive as openOnHost } from '../hive/open.ts';
import { verifyHive } from '../hive/prove.ts';
import { type Host, thisHost } from '../host.ts';
import type { Change, HiveEdit } from '../registry/edit.ts';
import type { Hive, Key, Value } from '../registry/hive.ts';
import { parseKeyPath } from '../registry/path.ts';
import type { WorkingHive } from '../registry/working/working-hive.ts';

export interface OpenHiveOptions {
  /** What KeyPath.hive is to say; default 'HIVE'. */
  readonly name?: string;
  /** Of a hive given as bytes: its transaction logs. */
  readonly logs?: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  readonly host?: Host;
}

/**
 * Opens a hive, replaying its logs in memory where it is dirty. Nothing on disk is touched.
 * @throws NotFoundError FILE_NOT_FOUND; RefusedError NO_RIGHTS, IN_USE; FormatError.
 */
export function openHive(source: string | Uint8Array, options: OpenHiveOptions = {}): HiveFile {
  const host = options.host ?? thisHost();
  const name = options.name ?? 'HIVE';
  if (typeof source === 'string') return new HiveFile(host, openOnHost(host, name, source));
  const logs: LogOnDisk[] = (options.logs ?? []).map((log) => ({ ...log, path: log.name }));
  return new HiveFile(host, openHiveBytes(host.engine, name, name, source, logs));
}

/** A hive that was opened; the caller closes it (or `using` does). */
export class HiveFile implements Hive, Disposable {
  private readonly host: Host;
  private readonly open: OpenHive;

  constructor(host: Host, open: OpenHive) {
    this.host = host;
    this.open = open;
  }

  private get hive(): Hive {
    return this.open.hive;
  }

  get name(): string {
    return this.open.name;
  }

  get minorVersion(): number {
    return this.hive.minorVersion;
  }

  get view(): Hive['view'] {
    return this.hive.view;
  }

  get reader(): Hive['reader'] {
    return this.hive.reader;
  }

  get root(): Key {
    return this.hive.root;
  }

  /** What recovery and opening remarked. */
  get findings(): readonly Finding[] {
    return this.open.findings;
  }

  /** The key at a path of names, or null. */
  key(path: readonly string[]): Key | null {
    return this.hive.key(path);
  }

  value(path: readonly string[], name: string): Value | null {
    return this.hive.value(path, name);
  }

  /** The key at a written path (`ControlSet001\Control`), or null. */
  find(path: string): Key | null {
    return this.hive.key(parseKeyPath(path));
  }

  /** Depth first; ends with the signal's reason when it aborts. Iterate it with `for of` or `for await`. */
  *walk(from?: Key, options: { readonly signal?: AbortSignal } = {}): Iterable<Key> {
    for (const key of this.hive.walk(from)) {
      options.signal?.throwIfAborted();
      yield key;
    }
  }

  /**
   * Makes edits in memory, all or none; their `key.hive` is this hive's name. @throws as WorkingHive.apply; RefusedError
   * DIRTY_HIVE when its logs do not complete it, DAMAGED_HIVE when the engine cannot open it.
   */
  edit(edits: readonly HiveEdit[]): readonly Change[] {
    const { path, recovery } = this.open;
    if (!recovery.isUsable) throw new RefusedError('DIRTY_HIVE', `${path} is dirty, and no log completes it`);
    return this.working().apply(edits, this.host.now());
  }

  private working(): WorkingHive {
    try {
      return this.open.edit(false);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      throw new RefusedError('DAMAGED_HIVE', `${this.open.path} cannot be edited: ${error.message}`, { cause: error });
    }
  }

  /**
   * The hive as it is now, clean and proven: base block and bins.
   * @throws as verifyHive when the edits do not prove right.
   */
  bytes(): Uint8Array {
    if (!this.open.isEdited) return this.open.recovery.image.slice();
    const image = this.open.image();
    verifyHive(this.host.engine, this.open, image, this.open.changes);
    return image.slice();
  }

  close(): void {
    this.open.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Edits a hive given as bytes and returns the new bytes with what changed.
 * @throws as openHive, HiveFile.edit and HiveFile.bytes.
 */
export function editHive(
  source: Uint8Array,
  edits: readonly HiveEdit[],
  options: OpenHiveOptions = {},
): { readonly bytes: Uint8Array; readonly changes: readonly Change[] } {
  if (source.byteLength === 0) throw new UsageError('BAD_ARGUMENT', 'an empty array is no hive');
  using hive = openHive(source, options);
  const changes = hive.edit(edits);
  return { bytes: hive.bytes(), changes };
}
