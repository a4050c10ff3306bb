// One hive for programs on this machine: opened from a path or from bytes; what has a path is committed in its place.

import { posix, win32 } from 'node:path';
import { bytesEqual } from '../base/bytes.ts';
import { RefusedError } from '../base/errors.ts';
import { nameOfHost } from '../base/host-path.ts';
import { namedEntry } from '../base/open-entry.ts';
import { HiveFile } from '../hive/file/hive-file.ts';
import { hiveEdits } from '../hive/file/input.ts';
import { type GivenHive, openGivenBytes } from '../hive/file/open-bytes.ts';
import { type OpenHive, openHive as openOnHost } from '../hive/open.ts';
import { type Host, thisHost } from '../host.ts';
import type { Change, HiveEdit } from '../registry/edit.ts';
import type { Report } from '../report.ts';
import { PreparedCommit } from '../session/prepared.ts';
import { Session } from '../session/session.ts';

/** Of a hive that is given as bytes. */
export interface HiveBytesOptions extends GivenHive {
  readonly host?: Host;
}

/** Of a hive on disk: its logs are those that lie beside it. */
export interface HivePathOptions {
  /** What edits call it in `key.hive`; default: the file's name. */
  readonly name?: string;
  /** Where the journal of a commit lies, instead of `<file>.hivemend`. */
  readonly stateDir?: string;
  readonly host?: Host;
}

/**
 * Opens a hive, replaying its logs in memory where it is dirty. Nothing on disk is touched until `commit`.
 * @throws NotFoundError FILE_NOT_FOUND; RefusedError NO_RIGHTS, IN_USE; FormatError.
 */
export function openHive(path: string, options?: HivePathOptions): HiveOnDisk;
export function openHive(bytes: Uint8Array, options?: HiveBytesOptions): HiveFile;
export function openHive(
  source: string | Uint8Array,
  options: HivePathOptions & HiveBytesOptions = {},
): HiveOnDisk | HiveFile {
  const host = options.host ?? thisHost();
  if (typeof source === 'string') return new HiveOnDisk(host, source, options);
  return openGivenBytes(host.engine, source, options, () => host.now());
}

/** A hive that lies on a disk. */
export class HiveOnDisk extends HiveFile {
  readonly path: string;
  private readonly host: Host;
  private readonly options: HivePathOptions;
  /** What commits; made when something is edited, since reading needs none. */
  private session: Session | null = null;

  constructor(host: Host, path: string, options: HivePathOptions) {
    const { resolve } = host.style === 'win32' ? win32 : posix;
    const real = namedEntry(host.fs, resolve(path));
    super(openOnHost(host, options.name ?? nameOfHost(path, host.style), real), () => host.now());
    this.host = host;
    this.path = real;
    this.options = options;
  }

  /** As HiveFile.edit. @throws RefusedError CHANGED_ON_DISK where another program has written the file since it was opened */
  override edit(edits: readonly HiveEdit[]): readonly Change[] {
    this.session ??= this.editable();
    const changes = this.session.apply(hiveEdits(edits));
    this.hold(this.open);
    return changes;
  }

  /**
   * Writes what was edited to the disk: proven, journalled, and undone with `prepareUndo(host, { places: [hive.path] })` or
   * `hivemend undo <file>`. The hive is then open as it lies on the disk.
   * @throws RefusedError for a place that must not be written, CHANGED_ON_DISK, UNFINISHED_JOURNAL; CommitError
   */
  commit(options: { readonly note?: string } = {}): Report {
    this.session ??= this.editable();
    const { session } = this;
    const { changes } = session;
    const proof = session.prove();
    const report = new PreparedCommit(session, proof, {
      command: 'edit',
      ...(options.note === undefined ? {} : { note: options.note }),
      machine: null,
      outcomes: [{ name: 'edit', controlSet: null, state: 'planned', changes: [...changes] }],
      findings: [...session.loadFindings(), ...proof.findings],
      skipped: [],
      isWhole: true,
      edits: changes.map(({ edit }) => edit),
      why: changes.map(() => 'edited by a program'),
      options: {},
    }).commit();
    const { name } = this.open;
    this.close();
    this.hold(openOnHost(this.host, name, this.path));
    return report;
  }

  override close(): void {
    this.session?.close();
    this.session = null;
    super.close();
  }

  /** A session over the file, whose hive takes the place of the one that was read. */
  private editable(): Session {
    const { stateDir } = this.options;
    const session = Session.overFiles(this.host, [{ name: this.name, path: this.path }], {
      isReading: true,
      ...(stateDir === undefined ? {} : { stateDir }),
    });
    try {
      const open = session.load(this.name);
      this.refuseOther(open);
      this.open.close();
      this.hold(open);
      session.requireEditable(this.name);
      return session;
    } catch (error) {
      session.close();
      throw error;
    }
  }

  private refuseOther(now: OpenHive): void {
    const isSame =
      bytesEqual(now.original, this.open.original) &&
      now.logs.length === this.open.logs.length &&
      now.logs.every((log, i) => bytesEqual(log.bytes, this.open.logs[i]!.bytes));
    if (isSame) return;
    throw new RefusedError('CHANGED_ON_DISK', `${this.path} has changed since it was opened, so it is not edited`, {
      hint: 'close it and open it again',
    });
  }
}

/**
 * Edits a hive given as bytes and returns the new bytes with what changed.
 * @throws as openHive, HiveFile.edit and HiveFile.bytes.
 */
export function editHive(
  source: Uint8Array,
  edits: readonly HiveEdit[],
  options: HiveBytesOptions = {},
): { readonly bytes: Uint8Array; readonly changes: readonly Change[] } {
  using hive = openHive(source, options);
  const changes = hive.edit(edits);
  return { bytes: hive.bytes(), changes };
}
