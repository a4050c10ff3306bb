// Small hives and logs made by hand, by the format's facts alone: nothing of src/ takes part. Each bin is one page with
// one cell; the first holds a root key. What the bins say does not matter here, only which bytes a reader sees.

import { checksum, marvin } from './judge.ts';

export const PAGE = 4096;

export interface HeaderFields {
  readonly first: number;
  readonly second: number;
  readonly stamp: bigint;
  readonly binsSize: number;
  readonly type?: number;
  readonly badChecksum?: boolean;
  /** Of the root cell, from the first bin. */
  readonly root?: number;
}

/** Bins of which page i's filler is told by `pages[i]`: the same number, the same bytes. */
export function makeBins(pages: readonly number[], stamp: bigint, rootOffset = 32): Uint8Array {
  const bins = new Uint8Array(PAGE * pages.length);
  const view = new DataView(bins.buffer);
  for (const [index, filler] of pages.entries()) {
    const at = index * PAGE;
    bins.set([0x68, 0x62, 0x69, 0x6e], at);
    view.setUint32(at + 4, at, true);
    view.setUint32(at + 8, PAGE, true);
    if (index === 0) view.setBigUint64(at + 20, stamp, true);
    view.setInt32(at + 32, -(PAGE - 32), true);
    // Different in every sector, so that a torn page shows.
    for (let offset = at + 160; offset < at + PAGE; offset += 4) {
      view.setUint32(offset, Math.imul(filler * 65_537 + index + 1, 2_654_435_761) ^ offset, true);
    }
  }
  bins.set(rootKey(), rootOffset + 4);
  return bins;
}

function rootKey(): Uint8Array {
  const key = new Uint8Array(84);
  const view = new DataView(key.buffer);
  key.set([0x6e, 0x6b, 0x2c, 0x00]);
  for (const offset of [28, 32, 40, 44, 48]) view.setUint32(offset, 0xffff_ffff, true);
  view.setUint16(72, 4, true);
  key.set([0x52, 0x4f, 0x4f, 0x54], 76);
  return key;
}

/** The 512 bytes of a header. */
export function makeHeader(fields: HeaderFields): Uint8Array {
  const header = new Uint8Array(512);
  const view = new DataView(header.buffer);
  header.set([0x72, 0x65, 0x67, 0x66]);
  view.setUint32(4, fields.first, true);
  view.setUint32(8, fields.second, true);
  view.setBigUint64(12, fields.stamp, true);
  view.setUint32(20, 1, true);
  view.setUint32(24, 5, true);
  view.setUint32(28, fields.type ?? 0, true);
  view.setUint32(32, 1, true);
  view.setUint32(36, fields.root ?? 32, true);
  view.setUint32(40, fields.binsSize, true);
  view.setUint32(44, 1, true);
  view.setUint32(508, fields.badChecksum ? 0x1234_5678 : checksum(header), true);
  return header;
}

/** A primary: header, bins, and whatever lies behind them. */
export function makeHive(fields: Omit<HeaderFields, 'binsSize'>, bins: Uint8Array, trailing = 0): Uint8Array {
  const hive = new Uint8Array(PAGE + bins.byteLength + trailing).fill(0xee, PAGE + bins.byteLength);
  hive.set(makeHeader({ ...fields, binsSize: bins.byteLength }));
  hive.set(bins, PAGE);
  return hive;
}

/** An HvLE log: one entry for each list of page numbers, with those pages of `bins`, numbered from `sequence` on. */
export function makeHvleLog(
  sequence: number,
  entries: readonly { readonly bins: Uint8Array; readonly pages: readonly number[] }[],
  size = 0,
): Uint8Array {
  const parts = [
    makeHeader({ first: sequence, second: sequence, stamp: 0n, binsSize: entries[0]!.bins.byteLength, type: 6 }),
  ];
  let at = 512;
  for (const [index, { bins, pages }] of entries.entries()) {
    const used = 40 + 8 * pages.length + PAGE * pages.length;
    const end = Math.ceil((at + used) / PAGE) * PAGE;
    const entry = new Uint8Array(end - at);
    const view = new DataView(entry.buffer);
    entry.set([0x48, 0x76, 0x4c, 0x45]);
    view.setUint32(4, entry.byteLength, true);
    view.setUint32(12, sequence + index, true);
    view.setUint32(16, bins.byteLength, true);
    view.setUint32(20, pages.length, true);
    for (const [i, page] of pages.entries()) {
      view.setUint32(40 + 8 * i, PAGE * page, true);
      view.setUint32(44 + 8 * i, PAGE, true);
      entry.set(bins.subarray(PAGE * page, PAGE * (page + 1)), 40 + 8 * pages.length + PAGE * i);
    }
    setHash(view, 24, marvin(entry.subarray(40)));
    setHash(view, 32, marvin(entry.subarray(0, 32)));
    parts.push(entry);
    at = end;
  }
  return joined(parts, Math.max(size, at));
}

/** A DIRT log with those pages of `bins`. */
export function makeDirtLog(
  sequence: number,
  stamp: bigint,
  bins: Uint8Array,
  pages: readonly number[],
  size = 0,
): Uint8Array {
  const header = makeHeader({ first: sequence, second: sequence, stamp, binsSize: bins.byteLength, type: 1 });
  const bits = bins.byteLength / 512;
  const bitmap = new Uint8Array(Math.ceil((4 + bits / 8) / 512) * 512);
  bitmap.set([0x44, 0x49, 0x52, 0x54]);
  for (const page of pages) bitmap[4 + page] = 0xff;
  return joined([header, bitmap, ...pages.map((page) => bins.subarray(PAGE * page, PAGE * (page + 1)))], size);
}

function setHash(view: DataView, offset: number, hash: string): void {
  const [high, low] = hash.split(':').map(Number);
  view.setUint32(offset, low!, true);
  view.setUint32(offset + 4, high!, true);
}

function joined(parts: readonly Uint8Array[], size: number): Uint8Array {
  const total = parts.reduce((sum, part) => sum + part.byteLength, 0);
  const whole = new Uint8Array(Math.max(size, total));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}
