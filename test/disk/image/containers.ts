// Changes the headers of disk images and makes their checksums right again (or leaves them wrong).

import { readFileSync, writeFileSync } from 'node:fs';

/** Changes a VHD's footer, and its copy at the start where there is one. */
export function setVhdFooter(path: string, change: (footer: DataView) => void, isValid = true): void {
  const bytes = readFileSync(path);
  const places = [bytes.length - 512, ...(bytes.toString('latin1', 0, 8) === 'conectix' ? [0] : [])];
  for (const at of places) {
    const footer = bytes.subarray(at, at + 512);
    const view = new DataView(footer.buffer, footer.byteOffset, 512);
    change(view);
    if (!isValid) continue;
    view.setUint32(0x40, 0);
    view.setUint32(0x40, ~footer.reduce((sum, byte) => sum + byte, 0) >>> 0);
  }
  writeFileSync(path, bytes);
}

/** Changes the two headers of a VHDX. */
export function setVhdxHeaders(
  path: string,
  change: (header: DataView, isNewest: boolean) => void,
  isValid = true,
): void {
  const bytes = readFileSync(path);
  const headers = [65_536, 131_072].map((at) => new DataView(bytes.buffer, bytes.byteOffset + at, 4096));
  const [first, second] = headers.map((header) => header.getBigUint64(8, true));
  for (const [index, header] of headers.entries()) {
    change(header, index === (first! > second! ? 0 : 1));
    if (!isValid) continue;
    header.setUint32(4, 0, true);
    header.setUint32(4, crc32c(new Uint8Array(header.buffer, header.byteOffset, 4096)), true);
  }
  writeFileSync(path, bytes);
}

export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ 0x82f63b78;
  }
  return ~crc >>> 0;
}

/**
 * Gives a VHDX of 8 MiB that holds `content` a log with one entry that zeroes 4 KiB of the disk, as a host leaves it that
 * lost power. Gives the disk offset that it zeroes.
 */
export function setPendingVhdxLog(path: string, content: Uint8Array): number {
  const bytes = readFileSync(path);
  const at = 65_536;
  const fileAt = bytes.indexOf(content.subarray(at, at + 4096));
  if (fileAt % 4096 !== 0) throw new Error(`the block stands at ${fileAt}`);
  const header = new DataView(bytes.buffer, bytes.byteOffset + 65_536, 4096);
  const logAt = Number(header.getBigUint64(0x48, true));
  const entry = new Uint8Array(4096);
  const view = new DataView(entry.buffer);
  const text = (offset: number, value: string): void =>
    entry.set(
      Uint8Array.from(value, (unit) => unit.charCodeAt(0)),
      offset,
    );
  text(0, 'loge');
  view.setUint32(8, 4096, true);
  view.setUint32(12, 0, true);
  view.setBigUint64(16, 1n, true);
  view.setUint32(24, 1, true);
  entry.fill(0x77, 32, 48);
  view.setBigUint64(48, BigInt(bytes.length), true);
  view.setBigUint64(56, BigInt(bytes.length), true);
  text(64, 'zero');
  view.setBigUint64(64 + 8, 4096n, true);
  view.setBigUint64(64 + 16, BigInt(fileAt), true);
  view.setBigUint64(64 + 24, 1n, true);
  view.setUint32(4, crc32c(entry), true);
  bytes.set(entry, logAt);
  writeFileSync(path, bytes);
  setVhdxHeaders(path, (target) => new Uint8Array(target.buffer, target.byteOffset + 0x30, 16).fill(0x77));
  return at;
}
