// Reparse points as setfattr takes them for a file on ntfs-3g.

import { sh } from '../ntfs-image.ts';

/** Gives `path` a reparse point. */
export function setReparsePoint(path: string, tag: number, data: Uint8Array): void {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(tag, 0);
  head.writeUInt16LE(data.byteLength, 4);
  const hex = Buffer.concat([head, data]).toString('hex');
  sh('setfattr', '-h', '-n', 'system.ntfs_reparse_data', '-v', `0x${hex}`, path);
}

/** The data of a junction to `target` (`\\??\\C:\\Users`), as mklink /J writes it. */
export function junctionTo(target: string): Uint8Array {
  const name = Buffer.from(target, 'utf16le');
  const fields = Uint16Array.of(0, name.length, name.length + 2, 0);
  return Buffer.concat([Buffer.from(fields.buffer), name, Buffer.alloc(4)]);
}

/** The data of a file that CompactOS packed. */
export const WOF_DATA = Buffer.from(Uint32Array.of(1, 2, 1, 0).buffer);
