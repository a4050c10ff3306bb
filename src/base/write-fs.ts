// What writes: the commit, the writer of output files and the writer of descriptors get these, and nothing else does.

import type { DescriptorReader, ReadFs } from './read-fs.ts';

/** The order of a commit's writes is the order of the lines that make them. Errors as ReadFs (ENOSPC, EROFS, ...). */
export interface WriteFs extends ReadFs {
  openSync(path: string, flags: string | number, mode?: number): number;
  writeSync(fd: number, buffer: Uint8Array, offset: number, lengthBytes: number, position: number): number;
  fsyncSync(fd: number): void;
  ftruncateSync(fd: number, sizeBytes: number): void;
  mkdirSync(path: string, options?: { mode?: number }): unknown;
  rmdirSync(path: string): void;
  unlinkSync(path: string): void;
  renameSync(from: string, to: string): void;
  chmodSync(path: string, mode: number): void;
}

/** Throws HivemendError. */
export interface DescriptorAccess extends DescriptorReader {
  write(path: string, descriptor: Uint8Array): void;
}
