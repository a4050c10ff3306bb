// A commit is a list of stages, a stage a list of steps, and after each stage everything it touched is synced. Each step
// knows the bytes before and after, so that the list can be walked in both directions; within a stage the steps may
// reach the disk in any order, in part, or not at all.

import { dirname } from 'node:path';
import { bytesEqual } from '../../base/bytes.ts';
import { InternalError, RefusedError } from '../../base/errors.ts';
import { openEntry } from '../../base/open-entry.ts';
import type { DescriptorAccess, WriteFs } from '../../base/write-fs.ts';
import { createToWrite, lstatOrNull, readRange, syncFolder, writeWhole, writeZeros } from '../host-file.ts';

/** `file` indexes the commit's files. `before` and `after` are as long as each other. */
export interface WriteStep {
  readonly op: 'write';
  readonly file: number;
  readonly offset: number;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/** The length in bytes; what is added is zeros, and what is taken off was zeroed in a stage before. */
export interface SizeStep {
  readonly op: 'size';
  readonly file: number;
  readonly before: number;
  readonly after: number;
}

/** A file that comes to be or ceases to be; one of the two is null. */
export interface PresenceStep {
  readonly op: 'presence';
  readonly file: number;
  readonly before: Uint8Array | null;
  readonly after: Uint8Array | null;
  /** Set on the file before its first byte, in whichever direction it is made; null: what the host gives. */
  readonly descriptor: Uint8Array | null;
}

export interface FolderStep {
  readonly op: 'folder';
  readonly file: number;
  readonly descriptor: Uint8Array | null;
}

export interface MoveStep {
  readonly op: 'move';
  readonly file: number;
  readonly to: number;
  readonly bytes: Uint8Array;
}

export interface DescriptorStep {
  readonly op: 'descriptor';
  readonly file: number;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

export type Step = WriteStep | SizeStep | PresenceStep | FolderStep | MoveStep | DescriptorStep;

/** In the order in which a commit goes through them; a commit has those that have steps. At most 15: position.ts. */
export const STAGE_NAMES = [
  'extend',
  'stray-log',
  'recovered-pages',
  'recovered-header',
  'logs',
  'zeroed-log-1',
  'zeroed-log-2',
  'zeroed-log-3',
  'files',
  'dirty-header',
  'lock',
  'pages',
  'unlock',
  'clean-header',
  'remove',
] as const;

export type StageName = (typeof STAGE_NAMES)[number];

export interface Stage {
  readonly name: StageName;
  readonly steps: readonly Step[];
}

/** The host's side of a commit: open files by index, and what was written since it was last synced. */
export class StageWriter {
  private readonly fs: WriteFs;
  private readonly descriptors: DescriptorAccess;
  private readonly paths: readonly string[];
  private readonly open = new Map<number, number>();
  private readonly unsyncedFiles = new Set<number>();
  /** Folders whose entries changed, and what got another descriptor. */
  private readonly unsyncedFolders = new Set<string>();

  constructor(host: { fs: WriteFs; descriptors: DescriptorAccess }, paths: readonly string[]) {
    this.fs = host.fs;
    this.descriptors = host.descriptors;
    this.paths = paths;
  }

  /** The file's descriptor, opened for reading and writing and kept until `close`; errors are the host's. */
  fd(file: number): number {
    const known = this.open.get(file);
    if (known !== undefined) return known;
    const path = this.path(file);
    const fd = openEntry(this.fs, path, 'file', this.fs.constants.O_RDWR ?? 2);
    if (fd !== null) {
      this.open.set(file, fd);
      return fd;
    }
    throw new RefusedError('CHANGED_ON_DISK', `${path} is not a file any more, so nothing was written to it`, {
      data: { path },
    });
  }

  path(file: number): string {
    const path = this.paths[file];
    if (path === undefined) throw new InternalError(`a step names file ${file} of ${this.paths.length}`);
    return path;
  }

  /** Makes the stage true on the disk, and synced. */
  apply(stage: Stage): void {
    for (const step of stage.steps) this.move(step, 'after');
    this.sync();
  }

  /** Makes the stage undone on the disk, and synced; what already is as it was is not written. */
  revert(stage: Stage): void {
    for (const step of stage.steps.toReversed()) this.move(step, 'before');
    this.sync();
  }

  /** Syncs what was written; a file whose sync failed stays unsynced. */
  sync(): void {
    for (const file of this.unsyncedFiles) {
      this.fs.fsyncSync(this.fd(file));
      this.unsyncedFiles.delete(file);
    }
    for (const folder of this.unsyncedFolders) {
      syncFolder(this.fs, folder);
      this.unsyncedFolders.delete(folder);
    }
  }

  close(): void {
    for (const [file, fd] of this.open) {
      this.open.delete(file);
      this.fs.closeSync(fd);
    }
  }

  private move(step: Step, side: 'before' | 'after'): void {
    if (step.op === 'write') this.write(step.file, step.offset, step[side]);
    else if (step.op === 'size') this.resize(step.file, step[side]);
    else if (step.op === 'presence') this.makeOrRemove(step, step[side]);
    else if (step.op === 'folder') side === 'after' ? this.makeFolder(step) : this.removeFolder(step);
    else if (step.op === 'move') side === 'after' ? this.rename(step.file, step.to) : this.rename(step.to, step.file);
    else this.writeDescriptor(step.file, step[side]);
  }

  private write(file: number, offset: number, bytes: Uint8Array): void {
    const fd = this.fd(file);
    const read = (): Uint8Array => readRange(this.fs, fd, offset, bytes.byteLength);
    const found = read();
    // After a failed sync the host may hold pages as clean that never reached the disk: those are written again.
    if (!this.unsyncedFiles.has(file) && bytesEqual(found, bytes)) return;
    this.mark(
      file,
      () => !bytesEqual(read(), found),
      () => writeWhole(this.fs, fd, bytes, offset),
    );
  }

  /** Runs `change`; where it fails without having changed anything, the file needs no sync and no undoing. */
  private mark(file: number, isChanged: () => boolean, change: () => void): void {
    const wasUnsynced = this.unsyncedFiles.has(file);
    this.unsyncedFiles.add(file);
    try {
      change();
    } catch (error) {
      if (!wasUnsynced && !isChanged()) this.unsyncedFiles.delete(file);
      throw error;
    }
  }

  private resize(file: number, sizeBytes: number): void {
    const fd = this.fd(file);
    const { size } = this.fs.fstatSync(fd);
    if (size === sizeBytes) return;
    this.mark(
      file,
      () => this.fs.fstatSync(fd).size !== size,
      () => (size < sizeBytes ? writeZeros(this.fs, fd, size, sizeBytes) : this.fs.ftruncateSync(fd, sizeBytes)),
    );
  }

  private makeOrRemove({ file, descriptor }: PresenceStep, bytes: Uint8Array | null): void {
    if (bytes === null) this.remove(file);
    else this.make(file, bytes, descriptor);
  }

  private make(file: number, bytes: Uint8Array, descriptor: Uint8Array | null): void {
    const path = this.path(file);
    if (lstatOrNull(this.fs, path) === null) {
      this.unsyncedFolders.add(dirname(path));
      this.open.set(file, createToWrite(this.fs, path, 0o600));
    }
    if (descriptor) this.descriptors.write(path, descriptor);
    this.resize(file, bytes.byteLength);
    this.write(file, 0, bytes);
    this.unsyncedFiles.add(file);
  }

  private remove(file: number): void {
    const path = this.path(file);
    if (lstatOrNull(this.fs, path) === null) return;
    const fd = this.open.get(file);
    if (fd !== undefined) {
      this.open.delete(file);
      this.unsyncedFiles.delete(file);
      this.fs.closeSync(fd);
    }
    this.unsyncedFolders.add(dirname(path));
    this.fs.unlinkSync(path);
  }

  private makeFolder(step: FolderStep): void {
    const path = this.path(step.file);
    if (lstatOrNull(this.fs, path) === null) {
      this.unsyncedFolders.add(dirname(path));
      this.fs.mkdirSync(path, { mode: 0o700 });
    }
    if (step.descriptor) this.descriptors.write(path, step.descriptor);
  }

  private removeFolder(step: FolderStep): void {
    const path = this.path(step.file);
    if (lstatOrNull(this.fs, path) === null) return;
    this.unsyncedFolders.delete(path);
    this.unsyncedFolders.add(dirname(path));
    this.fs.rmdirSync(path);
  }

  private rename(from: number, to: number): void {
    if (lstatOrNull(this.fs, this.path(from)) === null) return;
    this.unsyncedFolders.add(dirname(this.path(from)));
    this.unsyncedFolders.add(dirname(this.path(to)));
    this.fs.renameSync(this.path(from), this.path(to));
  }

  private writeDescriptor(file: number, bytes: Uint8Array): void {
    const path = this.path(file);
    const found = this.descriptors.read(path);
    if (found !== null && bytesEqual(found, bytes)) return;
    this.descriptors.write(path, bytes);
    this.unsyncedFolders.add(path);
  }
}
