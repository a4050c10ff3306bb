// What reads: the file operations as node:fs spells them, so that node:fs, memfs and the files of an image satisfy this as
// they are. All are synchronous: what was read is then what stood there at that line.

export interface FileStat {
  readonly size: number;
  readonly mode: number;
  readonly ino: number;
  readonly dev: number;
  readonly mtimeMs: number;
  /** How many names the file has. */
  readonly nlink: number;
  /** Of the owner; 0 on Windows. */
  readonly uid: number;
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
  isBlockDevice(): boolean;
}

/** Offsets and lengths in bytes; errors are those of node:fs (`code` is EIO, ENOENT, ...). */
export interface ReadFs {
  /** 'r+' of an existing file changes nothing: it asks whether the file may be written. */
  openSync(path: string, flags: 'r' | 'r+' | number): number;
  closeSync(fd: number): void;
  readSync(fd: number, buffer: Uint8Array, offset: number, lengthBytes: number, position: number): number;
  fstatSync(fd: number): FileStat;
  lstatSync(path: string): FileStat;
  readdirSync(path: string): string[];
  readlinkSync(path: string): string;
  realpathSync(path: string): string;
  readonly constants: Readonly<Record<string, number>>;
}

/**
 * NTFS security descriptors as self-relative bytes, however the host reaches them (xattr, PowerShell); null where the file
 * system keeps none. Throws HivemendError.
 */
export interface DescriptorReader {
  read(path: string): Uint8Array | null;
}
