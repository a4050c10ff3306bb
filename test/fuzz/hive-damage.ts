// Faults in hives and logs that aim at what a reader follows: counts, offsets, sizes, signatures, headers, log entries.

import { concatBytes } from '../../src/base/bytes.ts';
import { encodeBaseBlock, parseBaseBlock } from '../../src/regf/base-block.ts';
import { LIST, NK, SIGNATURE, SK, VK } from '../../src/regf/layout.ts';
import { encodeDirtLog, encodeHvleEntry, hvleEntrySizeBytes } from '../../src/regf/logs/log.ts';
import type { LogFile } from '../../src/regf/logs/recover.ts';
import type { Below } from './random.ts';

const PAGE = 4096;

const FIELDS = new Map<number, readonly number[]>([
  [
    SIGNATURE.nk,
    [
      NK.flags,
      NK.parent,
      NK.subkeyCount,
      NK.subkeyList,
      NK.valueCount,
      NK.valueList,
      NK.security,
      NK.class,
      NK.nameLength,
    ],
  ],
  [SIGNATURE.vk, [VK.nameLength, VK.dataSize, VK.dataOffset, VK.type, VK.flags]],
  [SIGNATURE.sk, [SK.forward, SK.backward, SK.referenceCount, SK.size]],
  [SIGNATURE.lh, [0, LIST.elements, LIST.elements + 8]],
  [SIGNATURE.lf, [0, LIST.elements, LIST.elements + 8]],
  [SIGNATURE.db, [0, 4]],
]);

/** One to four faults in records, bins and header that keep the rest as it is. */
export function damage(image: Uint8Array, below: Below): Uint8Array {
  const broken = image.slice();
  const view = new DataView(broken.buffer);
  const records: number[] = [];
  for (let at = PAGE + 32; at + 8 < broken.length; at += 8)
    if (FIELDS.has(view.getUint16(at + 4, true))) records.push(at);
  for (let faults = 1 + below(4); faults > 0; faults -= 1) {
    const kind = below(10);
    if (kind < 6 && records.length > 0) {
      const at = records[below(records.length)]!;
      const fields = FIELDS.get(view.getUint16(at + 4, true)) ?? [0];
      const target = at + 4 + fields[below(fields.length)]!;
      const cell = records[below(records.length)]! - PAGE;
      const values = [
        0,
        1,
        0xffff_ffff,
        0x7fff_ffff,
        0x8000_0000,
        cell,
        cell + 4,
        broken.length,
        0xffff,
        below(2 ** 31),
      ];
      if (target + 4 <= broken.length) view.setUint32(target, values[below(values.length)]!, true);
    } else if (kind < 8) {
      const at = records.length > 0 ? records[below(records.length)]! : PAGE + 32;
      view.setInt32(at, [0, -8, 8, -0x7fff_fff8, view.getInt32(at, true) + 8][below(5)]!, true);
    } else if (kind === 8) {
      broken[below(broken.length)] = below(256);
    } else {
      view.setUint32(
        [4, 8, 20, 24, 28, 36, 40, 44][below(8)]!,
        below(2) === 0 ? below(broken.length) : below(2 ** 31),
        true,
      );
    }
  }
  // Most faults shall be met behind a header that is whole.
  if (below(8) !== 0) broken.set(encodeBaseBlock(broken.subarray(0, PAGE), {}));
  return below(20) === 0 ? broken.subarray(0, below(broken.length)) : broken;
}

/** Logs that apply to a dirty form of `image`: pages of damaged copies, in two entries. */
export function logsFor(image: Uint8Array, below: Below): LogFile[] {
  const entries: Uint8Array[] = [];
  let fileOffset = 512;
  const binsSizeBytes = image.length - PAGE;
  for (let index = 0; index < 2; index += 1) {
    const offset = PAGE * below(binsSizeBytes / PAGE);
    const page = damage(image, below).subarray(PAGE + offset, 2 * PAGE + offset);
    const pages = [{ offset, bytes: concatBytes(page, new Uint8Array(PAGE - page.length)) }];
    const sizeBytes = hvleEntrySizeBytes(fileOffset, pages);
    entries.push(encodeHvleEntry({ sequence: 5 + index, flags: 0, binsSizeBytes, pages, sizeBytes }));
    fileOffset += sizeBytes;
  }
  const base = encodeBaseBlock(image.subarray(0, 512), { primarySequence: 5, secondarySequence: 5, fileType: 6 });
  const bytes = concatBytes(base, ...entries);
  if (below(4) === 0) bytes[below(bytes.length)] = below(256);
  return [{ name: 'X.LOG1', bytes: below(10) === 0 ? bytes.subarray(0, below(bytes.length)) : bytes }];
}

/** A log of the old form for a dirty form of `image`, with the stamp of its header or an older or newer one. */
export function dirtLogsFor(image: Uint8Array, below: Below): LogFile[] {
  const binsSizeBytes = image.length - PAGE;
  const broken = damage(image, below);
  const offset = PAGE * below(binsSizeBytes / PAGE);
  const page = broken.subarray(PAGE + offset, 2 * PAGE + offset);
  const pages = [{ offset, bytes: concatBytes(page, new Uint8Array(PAGE - page.length)) }];
  const { lastWritten } = parseBaseBlock(image, 'X');
  const base = encodeBaseBlock(image.subarray(0, 512), {
    primarySequence: 6,
    secondarySequence: 6,
    fileType: 1,
    lastWritten: lastWritten + BigInt(below(3)) - (lastWritten > 0n ? 1n : 0n),
    binsSizeBytes,
  });
  const bytes = encodeDirtLog(base, binsSizeBytes, pages);
  for (let faults = below(3); faults > 0; faults -= 1) bytes[below(bytes.length)] = below(256);
  const name = `X${['.LOG', '.LOG1', '.LOG2'][below(3)]!}`;
  return [{ name, bytes: below(10) === 0 ? bytes.subarray(0, below(bytes.length)) : bytes }];
}
