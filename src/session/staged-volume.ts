// Files and folders of mounted volumes as they will be: reads go to the disk, staged edits stay in memory until the
// commit writes them.

import { bytesEqual, fromHex, toHex } from '../base/bytes.ts';
import { NotFoundError, RefusedError, UsageError } from '../base/errors.ts';
import { folderOfHost, type PathStyle } from '../base/host-path.ts';
import { readFileStart, readWholeFile } from '../base/read-file.ts';
import { statOf } from '../base/read-folder.ts';
import { msToFiletime } from '../base/time.ts';
import { PRIVATE_DESCRIPTOR } from '../commit/journal/private.ts';
import type { CommitTarget, JournalHost } from '../commit/request.ts';
import type { Volume } from '../disk/mounted/volumes.ts';
import { sha256 } from '../disk/sha256.ts';
import { type ResolvedPath, resolveWindowsPath } from '../disk/windows-path.ts';
import { Proven } from '../hive/prove.ts';
import type { Change, State, VolumeEdit, WindowsPath } from '../registry/edit.ts';
import type { Target } from '../report.ts';
import { encodeDescriptor, inheritedDescriptor, parseDescriptor } from '../security/index.ts';
import { type IncomingHive, type SplitTargets, type StagedTarget, splitHives } from './replaced-hives.ts';

interface StagedHost extends JournalHost {
  readonly style: PathStyle;
}

/** What stands at a host path after the staged edits: null is nothing, 'folder' a folder that will be made. */
type Staged = Uint8Array | 'folder' | null;

/** The Windows volume (and drives mapped by letter) with staged edits over it. */
export class StagedVolume {
  private readonly host: StagedHost;
  private readonly defaultRoot: string | null;
  private readonly drives = new Map<string, string>();
  private readonly overlay = new Map<string, Staged>();
  private readonly descriptors = new Map<string, Uint8Array>();
  private readonly steps: StagedTarget[] = [];
  /** Of how many edits `steps` are made. */
  private editCount = 0;
  /** Where hives lie that Windows loads: another file there is a hive in the place of a hive. */
  private readonly hivePaths: ReadonlySet<string>;
  /** Refuses more than overwriting a file, where no more can be done. */
  private readonly refuse: (hostPath: string, what: string) => void;

  constructor(
    host: StagedHost,
    volumes: readonly Volume[],
    defaultRoot: string | null,
    hivePaths: ReadonlySet<string> = new Set(),
    refuse: (hostPath: string, what: string) => void = () => {},
  ) {
    this.host = host;
    this.hivePaths = hivePaths;
    this.refuse = refuse;
    this.defaultRoot = defaultRoot ?? volumes[0]?.root ?? null;
  }

  /** Says which volume a drive letter stands for; paths with that letter then lie on it. */
  mapDrive(letter: string, root: string): void {
    this.drives.set(letter.toUpperCase(), root);
  }

  isMapped(letter: string): boolean {
    return this.drives.has(letter.toUpperCase());
  }

  /** Where a Windows path lies on the host; @throws as resolveWindowsPath. */
  resolve(path: WindowsPath): ResolvedPath {
    const drive = /^([A-Za-z]):/.exec(path);
    const root = drive ? this.drives.get(drive[1]!.toUpperCase()) : this.defaultRoot;
    if (root === undefined || root === null) {
      throw new UsageError('BAD_PATH', `${path} is on a drive that stands for no volume here`, {
        hint: drive ? `--drive ${drive[0]}=<folder>` : 'give the volume that holds it',
      });
    }
    return resolveWindowsPath(this.host.fs, root, drive ? path.slice(2) : path, this.host.style);
  }

  exists(path: WindowsPath): boolean {
    const { hostPath, exists } = this.resolve(path);
    const staged = this.overlay.get(hostPath);
    return staged === undefined ? exists : staged !== null;
  }

  /** Names in a folder, staged ones among them; [] where there is no folder. */
  list(path: WindowsPath): readonly string[] {
    const { hostPath, exists } = this.resolve(path);
    const names = new Set(exists && this.isFolder(hostPath) ? this.host.fs.readdirSync(hostPath) : []);
    for (const [stagedPath, state] of this.overlay) {
      const cut = Math.max(stagedPath.lastIndexOf('/'), stagedPath.lastIndexOf('\\'));
      if (stagedPath.slice(0, cut) !== hostPath) continue;
      if (state === null) names.delete(stagedPath.slice(cut + 1));
      else names.add(stagedPath.slice(cut + 1));
    }
    return [...names].sort();
  }

  isFolderAt(path: WindowsPath): boolean {
    const { hostPath, exists } = this.resolve(path);
    const staged = this.overlay.get(hostPath);
    return staged === undefined ? exists && this.isFolder(hostPath) : staged === 'folder';
  }

  sizeBytes(path: WindowsPath): number | null {
    const { hostPath, exists } = this.resolve(path);
    const staged = this.overlay.get(hostPath);
    if (staged !== undefined) return staged instanceof Uint8Array ? staged.byteLength : null;
    return exists && !this.isFolder(hostPath) ? this.host.fs.lstatSync(hostPath).size : null;
  }

  /** The first `sizeBytes`, all where left out; null where there is no such file. */
  readFile(path: WindowsPath, sizeBytes?: number): Uint8Array | null {
    const { hostPath, exists } = this.resolve(path);
    const staged = this.overlay.get(hostPath);
    if (staged !== undefined) return staged instanceof Uint8Array ? staged.slice(0, sizeBytes) : null;
    if (!exists || this.isFolder(hostPath)) return null;
    const { fs } = this.host;
    return sizeBytes === undefined ? readWholeFile(fs, hostPath) : readFileStart(fs, hostPath, sizeBytes);
  }

  /** FILETIME of the last change on the disk; null where nothing is there, or a staged edit is. */
  modifiedAt(path: WindowsPath): bigint | null {
    const { hostPath, exists } = this.resolve(path);
    return exists && !this.overlay.has(hostPath) ? msToFiletime(this.host.fs.lstatSync(hostPath).mtimeMs) : null;
  }

  /** Null where the file system keeps no descriptors. */
  descriptor(path: WindowsPath): Uint8Array | null {
    const { hostPath, exists } = this.resolve(path);
    const known = this.descriptors.get(hostPath);
    if (known !== undefined || (!exists && this.overlay.has(hostPath))) return known?.slice() ?? null;
    return this.host.descriptors.read(hostPath);
  }

  /** Stages edits; an edit that changes nothing yields no change. */
  apply(edits: readonly VolumeEdit[]): readonly Change[] {
    const changes: Change[] = [];
    for (const edit of edits) {
      const change = this.stage(edit);
      if (!change) continue;
      changes.push(change);
      this.editCount += 1;
    }
    return changes;
  }

  /** What is to be written. */
  stagedTargets(): readonly CommitTarget[] {
    return this.steps;
  }

  /** Whether Windows loads a hive from this path. */
  isHiveAt(path: WindowsPath): boolean {
    return this.hivePaths.has(this.resolve(path).hostPath);
  }

  /** Hives that staged files put in the place of hives; none of the following has them. */
  incomingHives(): readonly IncomingHive[] {
    return this.split().incoming;
  }

  /** Checks what was staged. @throws as Proven.staged */
  prove(): readonly Proven[] {
    const { editCount } = this;
    return this.split().rest.map((step) => Proven.staged(step, () => this.editCount === editCount));
  }

  existingPaths(): readonly string[] {
    return this.split().rest.flatMap((step) => (step.kind === 'file' && step.before !== null ? [step.path] : []));
  }

  targets(): readonly Target[] {
    return this.split()
      .rest.filter((step) => step.kind !== 'folder')
      .map((step) => ({
        kind: step.kind === 'descriptor' ? 'descriptor' : 'file',
        path: step.path,
        sha256Before: null,
        sha256After: null,
      }));
  }

  private split(): SplitTargets {
    return splitHives(this.host, this.steps, this.hivePaths);
  }

  private stage(edit: VolumeEdit): Change | null {
    switch (edit.op) {
      case 'set-security':
        return this.stageDescriptor(edit);
      case 'write-file':
        return this.stageFile(edit, edit.path, bytesOf(edit.hex, edit.path));
      case 'delete-file':
        if (this.readFile(edit.path) === null) return null;
        return this.stageFile(edit, edit.path, null);
      case 'make-folder':
        return this.stageFolder(edit, edit.path);
      case 'move-file':
        return this.stageMove(edit);
    }
  }

  private stageDescriptor(edit: VolumeEdit & { op: 'set-security' }): Change | null {
    const { hostPath } = this.resolve(edit.path);
    const before = this.descriptor(edit.path);
    if (before === null) {
      throw new RefusedError('NO_DESCRIPTORS', `${edit.path} lies on a file system that keeps no security descriptors`);
    }
    const after = bytesOf(edit.sdHex, edit.path);
    if (bytesEqual(before, after)) return null;
    this.refuse(hostPath, `the security of ${edit.path}`);
    this.descriptors.set(hostPath, after);
    this.steps.push({ kind: 'descriptor', path: hostPath, before, after });
    return { edit, before: { sdHex: toHex(before) }, after: { sdHex: edit.sdHex } };
  }

  private stageFile(edit: VolumeEdit, path: WindowsPath, after: Uint8Array | null): Change | null {
    const { hostPath } = this.resolve(path);
    const before = this.readFile(path);
    if (before && after && bytesEqual(before, after)) return null;
    if (this.isFolderAt(path)) throw new UsageError('BAD_PATH', `${path} is a folder, expected a file`);
    const isOverwritten = this.hivePaths.has(hostPath) || (after !== null && before?.byteLength === after.byteLength);
    if (!isOverwritten) this.refuse(hostPath, path);
    const earlier = this.steps.findIndex((step) => step.kind === 'file' && step.path === hostPath);
    const first = earlier < 0 ? before : (this.steps[earlier] as { before: Uint8Array | null }).before;
    if (earlier >= 0) this.steps.splice(earlier, 1);
    this.overlay.set(hostPath, after);
    const descriptor = first === null && after !== null ? this.descriptorFor(hostPath, 'file') : null;
    this.steps.push({ kind: 'file', path: hostPath, before: first, after, ...(descriptor ? { descriptor } : {}) });
    return { edit, before: fileState(before), after: fileState(after) };
  }

  private stageFolder(edit: VolumeEdit, path: WindowsPath): Change | null {
    if (this.exists(path)) return null;
    const { hostPath } = this.resolve(path);
    this.refuse(hostPath, path);
    this.overlay.set(hostPath, 'folder');
    const descriptor = this.descriptorFor(hostPath, 'folder');
    this.steps.push({ kind: 'folder', path: hostPath, ...(descriptor ? { descriptor } : {}) });
    if (descriptor) this.descriptors.set(hostPath, descriptor);
    return { edit, before: null, after: {} };
  }

  private stageMove(edit: VolumeEdit & { op: 'move-file' }): Change | null {
    const from = this.resolve(edit.path);
    const to = this.resolve(edit.to);
    const bytes = this.readFile(edit.path);
    if (bytes === null) throw new NotFoundError('FILE_NOT_FOUND', `${edit.path} does not exist, so it cannot be moved`);
    if (this.exists(edit.to)) throw new UsageError('BAD_PATH', `${edit.to} exists already, expected a free name`);
    this.refuse(from.hostPath, edit.path);
    this.overlay.set(from.hostPath, null);
    this.overlay.set(to.hostPath, bytes);
    this.steps.push({ kind: 'move', path: from.hostPath, to: to.hostPath, bytes });
    return { edit, before: fileState(bytes), after: fileState(bytes) };
  }

  /** What Windows would give a new file or folder here; null where the file system keeps no descriptors. */
  descriptorFor(hostPath: string, kind: 'file' | 'folder'): Uint8Array | null {
    const parent = hostPath.slice(0, Math.max(hostPath.lastIndexOf('/'), hostPath.lastIndexOf('\\')));
    const known = this.descriptors.get(parent);
    // A folder that is made by this plan has no descriptor yet unless one was planned for it.
    if (known === undefined && this.overlay.get(parent) === 'folder') return null;
    // What comes to lie in the folder of the journal, which is made first, is as private.
    if (statOf(this.host.fs, parent) === null) return this.hasDescriptors(parent) ? PRIVATE_DESCRIPTOR : null;
    try {
      const bytes = known ?? this.host.descriptors.read(parent);
      return bytes === null ? null : encodeDescriptor(inheritedDescriptor(parseDescriptor(bytes), kind));
    } catch (error) {
      // Where descriptors cannot be read, new files get what the host gives them.
      if (error instanceof RefusedError && error.code === 'NO_DESCRIPTORS') return null;
      throw error;
    }
  }

  /** Told by the nearest folder that is there. */
  private hasDescriptors(hostPath: string): boolean {
    let folder = hostPath;
    while (statOf(this.host.fs, folder) === null) folder = folderOfHost(folder, this.host.style);
    try {
      return this.host.descriptors.read(folder) !== null;
    } catch (error) {
      if (error instanceof RefusedError && error.code === 'NO_DESCRIPTORS') return false;
      throw error;
    }
  }

  private isFolder(hostPath: string): boolean {
    return this.host.fs.lstatSync(hostPath).isDirectory();
  }
}

function bytesOf(hex: string, path: WindowsPath): Uint8Array {
  const bytes = fromHex(hex);
  if (!bytes) throw new UsageError('BAD_VALUE', `the bytes for ${path} are not hex`);
  return bytes;
}

function fileState(bytes: Uint8Array | null): State {
  return bytes === null ? null : { fileSha256: sha256(bytes) };
}
