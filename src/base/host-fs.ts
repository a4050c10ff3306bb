// The file operations that we use, as node:fs spells them, so that node:fs and memfs both satisfy this as they are.
// All are synchronous: the order of a commit's writes is then the order of the lines that make them.

export interface HostStat {
  readonly size: number;
  readonly mode: number;
  readonly ino: number;
  readonly dev: number;
  readonly mtimeMs: number;
  /** Of the owner; 0 on Windows. */
  readonly uid: number;
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
  isBlockDevice(): boolean;
}

/** Offsets and lengths in bytes; errors are those of node:fs (`code` is EIO, ENOSPC, ...). */
export interface HostFs {
  openSync(path: string, flags: string | number, mode?: number): number;
  closeSync(fd: number): void;
  readSync(fd: number, buffer: Uint8Array, offset: number, lengthBytes: number, position: number): number;
  writeSync(fd: number, buffer: Uint8Array, offset: number, lengthBytes: number, position: number): number;
  fsyncSync(fd: number): void;
  ftruncateSync(fd: number, sizeBytes: number): void;
  fstatSync(fd: number): HostStat;
  lstatSync(path: string): HostStat;
  readdirSync(path: string): string[];
  readlinkSync(path: string): string;
  realpathSync(path: string): string;
  mkdirSync(path: string, options?: { mode?: number }): unknown;
  rmdirSync(path: string): void;
  unlinkSync(path: string): void;
  renameSync(from: string, to: string): void;
  chmodSync(path: string, mode: number): void;
  readonly constants: Readonly<Record<string, number>>;
}

/**
 * NTFS security descriptors as self-relative bytes, however the host reaches them (xattr, PowerShell).
 * Both throw HivemendError; `read` gives null where the file system keeps none.
 */
export interface DescriptorAccess {
  read(path: string): Uint8Array | null;
  write(path: string, descriptor: Uint8Array): void;
}
