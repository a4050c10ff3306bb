// A disk that forgets: a WriteFs in memory that keeps what was synced apart from what was only written, so that a power
// cut can be tried after every operation. What is not synced may reach the disk wholly, not at all, or torn at sectors of
// 512 bytes; lengths and folder entries that are not synced may be lost too.

import type { FileStat } from '../../src/base/read-fs.ts';
import type { DescriptorAccess, WriteFs } from '../../src/base/write-fs.ts';

type Pending =
  | { readonly kind: 'write'; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: 'size'; readonly size: number };

interface FileNode {
  readonly kind: 'file';
  /** Where it was made, for telling targets from the journal. */
  path: string;
  readonly ino: number;
  mode: number;
  cached: Uint8Array;
  durable: Uint8Array;
  pending: Pending[];
  descriptor: Uint8Array | null;
}

interface FolderNode {
  readonly kind: 'folder';
  readonly ino: number;
  mode: number;
  cached: Map<string, Node>;
  durable: Map<string, Node>;
  descriptor: Uint8Array | null;
}

interface LinkNode {
  readonly kind: 'link';
  readonly ino: number;
  readonly mode: number;
  readonly target: string;
  descriptor: Uint8Array | null;
}

type Node = FileNode | FolderNode | LinkNode;

/** What a power cut keeps of what was not synced. */
export interface Cut {
  /** `write` counts the unsynced writes of the whole disk; `sector` counts the sectors of that write. */
  keep(write: number, sector: number, sectors: number): boolean;
  readonly keepSizes: boolean;
  readonly keepEntries: boolean;
}

/** Called before each operation that can fail; may throw a host error, or say how many bytes a write takes. */
export type Fault = (operation: string, index: number, path: string) => number | undefined;

export class HostError extends Error {
  readonly code: string;
  constructor(code: string, operation: string) {
    super(`${code}: ${operation}`);
    this.code = code;
  }
}

export class Disk implements WriteFs {
  /** What reaches the disk whole or not at all; `pieces` tears writes there. */
  readonly sectorSizeBytes: number;
  readonly constants = { O_RDONLY: 0, O_RDWR: 2, O_NOFOLLOW: 0o400000 };
  /** Operations until now, reads too. */
  operations = 0;
  fault: Fault | null = null;
  /** Called after each operation that changes or syncs something. */
  onChange: (() => void) | null = null;
  /** Whether files have descriptors, as on NTFS. */
  keepsDescriptors = false;
  private root: FolderNode = newFolder(1);
  private nextIno = 2;
  private nextFd = 100;
  private readonly open = new Map<number, { node: Node; path: string; canWrite: boolean }>();

  constructor(sectorSizeBytes = 512) {
    this.sectorSizeBytes = sectorSizeBytes;
  }

  // ---- what the tests put in and look at

  /** Makes folders and file, all synced. */
  put(path: string, bytes: Uint8Array): void {
    const names = path.split('/').filter(Boolean);
    let folder = this.root;
    for (const name of names.slice(0, -1)) {
      const next = folder.cached.get(name) ?? newFolder(this.nextIno++);
      if (next.kind !== 'folder') throw new Error(path);
      folder.cached.set(name, next);
      folder.durable.set(name, next);
      folder = next;
    }
    const file = newFile(this.nextIno++, path);
    file.cached = bytes.slice();
    file.durable = bytes.slice();
    if (this.keepsDescriptors) file.descriptor = new Uint8Array([1]);
    folder.cached.set(names.at(-1)!, file);
    folder.durable.set(names.at(-1)!, file);
  }

  link(path: string, target: string): void {
    const { folder, name } = this.parent(path);
    const node: LinkNode = { kind: 'link', ino: this.nextIno++, mode: 0o777, target, descriptor: null };
    folder.cached.set(name, node);
    folder.durable.set(name, node);
  }

  get(path: string): Uint8Array | null {
    const node = this.find(path);
    return node?.kind === 'file' ? node.cached.slice() : null;
  }

  /** All files by path, for comparing. */
  files(): Map<string, Uint8Array> {
    const files = new Map<string, Uint8Array>();
    const walk = (folder: FolderNode, prefix: string): void => {
      for (const [name, node] of [...folder.cached].sort()) {
        if (node.kind === 'folder') walk(node, `${prefix}/${name}`);
        else if (node.kind === 'file') files.set(`${prefix}/${name}`, node.cached);
      }
    };
    walk(this.root, '');
    return files;
  }

  /** The writes that no sync has covered. */
  unsyncedWrites(): { path: string; sectors: number }[] {
    return this.allPending().flatMap(({ file, pending }) =>
      pending.kind === 'write' && pending.bytes.byteLength > 0
        ? [{ path: file.path, sectors: pieces(pending, this.sectorSizeBytes).length }]
        : [],
    );
  }

  /** The disk after the machine went down and up again: nothing is unsynced, nothing is open. */
  afterCut(cut: Cut): Disk {
    const next = new Disk(this.sectorSizeBytes);
    next.keepsDescriptors = this.keepsDescriptors;
    let write = 0;
    const numbers = new Map<Pending, number>();
    for (const { pending } of this.allPending()) {
      if (pending.kind === 'write' && pending.bytes.byteLength > 0) numbers.set(pending, write++);
    }
    const copies = new Map<Node, Node>();
    const copy = (node: Node): Node => {
      const known = copies.get(node);
      if (known) return known;
      if (node.kind === 'link') return node;
      if (node.kind === 'folder') {
        const folder = newFolder(next.nextIno++);
        folder.mode = node.mode;
        folder.descriptor = node.descriptor;
        copies.set(node, folder);
        for (const [name, child] of cut.keepEntries ? node.cached : node.durable) folder.cached.set(name, copy(child));
        folder.durable = new Map(folder.cached);
        return folder;
      }
      const file = newFile(next.nextIno++, node.path);
      file.mode = node.mode;
      file.descriptor = node.descriptor;
      file.durable = contentAfter(node, cut, numbers, this.sectorSizeBytes);
      file.cached = file.durable;
      copies.set(node, file);
      return file;
    };
    next.root = copy(this.root) as FolderNode;
    return next;
  }

  /** The same machine a moment later, after the process was killed: what was written is there, and still unsynced. */
  afterKill(): Disk {
    const next = new Disk(this.sectorSizeBytes);
    next.keepsDescriptors = this.keepsDescriptors;
    const copies = new Map<Node, Node>();
    const copy = (node: Node): Node => {
      const known = copies.get(node);
      if (known) return known;
      if (node.kind === 'link') return node;
      if (node.kind === 'folder') {
        const folder = newFolder(next.nextIno++);
        folder.mode = node.mode;
        folder.descriptor = node.descriptor;
        copies.set(node, folder);
        for (const [name, child] of node.cached) folder.cached.set(name, copy(child));
        for (const [name, child] of node.durable) folder.durable.set(name, copy(child));
        return folder;
      }
      const file = newFile(next.nextIno++, node.path);
      Object.assign(file, {
        mode: node.mode,
        descriptor: node.descriptor,
        cached: node.cached,
        durable: node.durable,
        pending: [...node.pending],
      });
      copies.set(node, file);
      return file;
    };
    next.root = copy(this.root) as FolderNode;
    return next;
  }

  readonly descriptors: DescriptorAccess = {
    read: (path) => {
      const node = this.find(path);
      if (!node) throw new HostError('ENOENT', `read descriptor ${path}`);
      if (!this.keepsDescriptors) return null;
      return node.descriptor ?? new Uint8Array([1]);
    },
    write: (path, descriptor) => {
      this.step('setxattr', path);
      const node = this.find(path);
      if (!node) throw new HostError('ENOENT', `write descriptor ${path}`);
      node.descriptor = descriptor.slice();
      this.changed();
    },
  };

  // ---- WriteFs

  openSync(path: string, flags: string | number, mode = 0o666): number {
    this.step('open', path);
    const existing = this.find(path);
    const creates = typeof flags === 'string' && flags.startsWith('w');
    if (existing && creates && flags.includes('x')) throw new HostError('EEXIST', `open ${path}`);
    if (existing?.kind === 'link') throw new HostError('ELOOP', `open ${path}`);
    let node = existing;
    if (!node) {
      if (!creates) throw new HostError('ENOENT', `open ${path}`);
      const { folder, name } = this.parent(path);
      node = newFile(this.nextIno++, path);
      node.mode = mode & 0o777;
      folder.cached.set(name, node);
      this.changed();
    }
    const fd = this.nextFd++;
    this.open.set(fd, { node, path, canWrite: typeof flags === 'string' ? flags !== 'r' : (flags & 3) !== 0 });
    return fd;
  }

  closeSync(fd: number): void {
    if (!this.open.delete(fd)) throw new HostError('EBADF', 'close');
  }

  readSync(fd: number, buffer: Uint8Array, offset: number, lengthBytes: number, position: number): number {
    const { node, path } = this.opened(fd);
    this.step('read', path);
    if (node.kind !== 'file') throw new HostError('EISDIR', `read ${path}`);
    const part = node.cached.subarray(position, position + lengthBytes);
    buffer.set(part, offset);
    return part.byteLength;
  }

  writeSync(fd: number, buffer: Uint8Array, offset: number, lengthBytes: number, position: number): number {
    const { node, path, canWrite } = this.opened(fd);
    const taken = Math.min(lengthBytes, this.step('write', path) ?? lengthBytes);
    if (node.kind !== 'file' || !canWrite) throw new HostError('EBADF', `write ${path}`);
    const bytes = buffer.slice(offset, offset + taken);
    // Contents are never changed but replaced, so that a disk and its copies can share them.
    node.cached = resized(node.cached, Math.max(node.cached.byteLength, position + taken));
    node.cached.set(bytes, position);
    node.pending.push({ kind: 'write', offset: position, bytes });
    this.changed();
    return taken;
  }

  fsyncSync(fd: number): void {
    const { node, path } = this.opened(fd);
    this.step('fsync', path);
    if (node.kind === 'folder') node.durable = new Map(node.cached);
    else if (node.kind === 'file') {
      node.durable = node.cached;
      node.pending = [];
    }
    this.changed();
  }

  ftruncateSync(fd: number, sizeBytes: number): void {
    const { node, path } = this.opened(fd);
    this.step('truncate', path);
    if (node.kind !== 'file') throw new HostError('EBADF', `truncate ${path}`);
    node.cached = resized(node.cached, sizeBytes);
    node.pending.push({ kind: 'size', size: sizeBytes });
    this.changed();
  }

  fstatSync(fd: number): FileStat {
    return statOf(this.opened(fd).node);
  }

  lstatSync(path: string): FileStat {
    this.step('lstat', path);
    const node = this.find(path);
    if (!node) throw new HostError('ENOENT', `lstat ${path}`);
    return statOf(node);
  }

  readdirSync(path: string): string[] {
    this.step('readdir', path);
    return [...this.folder(path).cached.keys()];
  }

  readlinkSync(path: string): string {
    const node = this.find(path);
    if (node?.kind !== 'link') throw new HostError('EINVAL', `readlink ${path}`);
    return node.target;
  }

  realpathSync(path: string): string {
    return path;
  }

  mkdirSync(path: string, options: { mode?: number } = {}): void {
    this.step('mkdir', path);
    if (this.find(path)) throw new HostError('EEXIST', `mkdir ${path}`);
    const { folder, name } = this.parent(path);
    const made = newFolder(this.nextIno++);
    made.mode = options.mode ?? 0o777;
    folder.cached.set(name, made);
    this.changed();
  }

  rmdirSync(path: string): void {
    this.step('rmdir', path);
    if (this.folder(path).cached.size > 0) throw new HostError('ENOTEMPTY', `rmdir ${path}`);
    const { folder, name } = this.parent(path);
    folder.cached.delete(name);
    this.changed();
  }

  unlinkSync(path: string): void {
    this.step('unlink', path);
    if (!this.find(path)) throw new HostError('ENOENT', `unlink ${path}`);
    const { folder, name } = this.parent(path);
    folder.cached.delete(name);
    this.changed();
  }

  renameSync(from: string, to: string): void {
    this.step('rename', from);
    const node = this.find(from);
    if (!node) throw new HostError('ENOENT', `rename ${from}`);
    const [source, target] = [this.parent(from), this.parent(to)];
    source.folder.cached.delete(source.name);
    target.folder.cached.set(target.name, node);
    this.changed();
  }

  chmodSync(path: string, mode: number): void {
    this.step('chmod', path);
    const node = this.find(path);
    if (!node || node.kind === 'link') throw new HostError('ENOENT', `chmod ${path}`);
    node.mode = mode;
    this.changed();
  }

  // ---- inside

  private step(operation: string, path: string): number | undefined {
    const index = this.operations;
    this.operations += 1;
    return this.fault?.(operation, index, path);
  }

  private changed(): void {
    this.onChange?.();
  }

  private opened(fd: number): { node: Node; path: string; canWrite: boolean } {
    const open = this.open.get(fd);
    if (!open) throw new HostError('EBADF', `fd ${fd}`);
    return open;
  }

  private find(path: string): Node | null {
    let node: Node = this.root;
    for (const name of path.split('/').filter(Boolean)) {
      if (node.kind !== 'folder') return null;
      const next: Node | undefined = node.cached.get(name);
      if (!next) return null;
      node = next;
    }
    return node;
  }

  private folder(path: string): FolderNode {
    const node = this.find(path);
    if (!node) throw new HostError('ENOENT', path);
    if (node.kind !== 'folder') throw new HostError('ENOTDIR', path);
    return node;
  }

  private parent(path: string): { folder: FolderNode; name: string } {
    const names = path.split('/').filter(Boolean);
    return { folder: this.folder(names.slice(0, -1).join('/')), name: names.at(-1)! };
  }

  private allPending(): { file: FileNode; pending: Pending }[] {
    const all: { file: FileNode; pending: Pending }[] = [];
    const seen = new Set<Node>();
    const walk = (node: Node): void => {
      if (seen.has(node)) return;
      seen.add(node);
      if (node.kind === 'file') all.push(...node.pending.map((pending) => ({ file: node, pending })));
      else if (node.kind === 'folder')
        for (const child of [...node.cached.values(), ...node.durable.values()]) walk(child);
    };
    walk(this.root);
    return all;
  }
}

function newFolder(ino: number): FolderNode {
  return { kind: 'folder', ino, mode: 0o755, cached: new Map(), durable: new Map(), descriptor: null };
}

function newFile(ino: number, path: string): FileNode {
  return {
    kind: 'file',
    path,
    ino,
    mode: 0o644,
    cached: new Uint8Array(0),
    durable: new Uint8Array(0),
    pending: [],
    descriptor: null,
  };
}

function resized(bytes: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(size);
  copy.set(bytes.subarray(0, size));
  return copy;
}

function pieces({ offset, bytes }: { offset: number; bytes: Uint8Array }, sector: number): [number, number][] {
  const cuts: [number, number][] = [];
  for (let at = 0; at < bytes.byteLength; ) {
    const next = Math.min(bytes.byteLength, at + sector - ((offset + at) % sector));
    cuts.push([at, next]);
    at = next;
  }
  return cuts;
}

function contentAfter(file: FileNode, cut: Cut, numbers: ReadonlyMap<Pending, number>, sector: number): Uint8Array {
  if (file.pending.length === 0) return file.durable;
  const ends = file.pending.map((pending) =>
    pending.kind === 'size' ? pending.size : pending.offset + pending.bytes.byteLength,
  );
  const content = resized(file.durable, Math.max(file.durable.byteLength, ...ends));
  for (const pending of file.pending) {
    if (pending.kind === 'size') {
      if (cut.keepSizes) content.fill(0, pending.size);
      continue;
    }
    const number = numbers.get(pending) ?? 0;
    const all = pieces(pending, sector);
    for (const [index, [start, end]] of all.entries()) {
      if (cut.keep(number, index, all.length)) content.set(pending.bytes.subarray(start, end), pending.offset + start);
    }
  }
  // A length that is kept may come without its bytes (zeros), a length that is lost takes its bytes along.
  return content.subarray(0, cut.keepSizes ? file.cached.byteLength : file.durable.byteLength);
}

function statOf(node: Node): FileStat {
  return {
    size: node.kind === 'file' ? node.cached.byteLength : 0,
    mode: node.mode | (node.kind === 'folder' ? 0o040000 : 0o100000),
    ino: node.ino,
    dev: 1,
    mtimeMs: 0,
    nlink: 1,
    uid: 0,
    isFile: () => node.kind === 'file',
    isDirectory: () => node.kind === 'folder',
    isSymbolicLink: () => node.kind === 'link',
    isBlockDevice: () => false,
  };
}
