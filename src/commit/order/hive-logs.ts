// What stands in the logs beside a hive: which of them Windows reads, which may still apply, how far they have counted.

import { bytesEqual } from '../../base/bytes.ts';
import { HivemendError, InternalError } from '../../base/errors.ts';
import { orNull } from '../../base/or-null.ts';
import { decodeLatin1, upcase } from '../../base/text.ts';
import type { LogOnDisk } from '../../hive/open.ts';
import {
  BASE_BLOCK,
  BASE_BLOCK_SIZE_BYTES,
  FILE_TYPE,
  HEADER_SIZE_BYTES,
  parseBaseBlock,
} from '../../regf/base-block.ts';
import { parseLog } from '../../regf/logs/log.ts';
import { type Recovery, recover } from '../../regf/logs/recover.ts';
import type { HiveTarget } from '../request.ts';

const SECTOR_SIZE_BYTES = 512;
/** Where HvLE entries keep their sequence number. */
const ENTRY_SEQUENCE_OFFSET = 12;

/** The one log of the DIRT protocol that Windows reads: LOG1 where there is one, else (XP) LOG. */
export function dirtLog(logs: readonly LogOnDisk[]): LogOnDisk {
  const ending = (suffix: string): LogOnDisk | undefined => logs.find(({ name }) => upcase(name).endsWith(suffix));
  const log = ending('.LOG1') ?? ending('.LOG') ?? ending('.LOG2');
  if (!log) throw new InternalError('the DIRT protocol was chosen for a hive without logs');
  return log;
}

/** Windows 2000's logs have a type of their own, which stays. */
export function dirtFileType(log: LogOnDisk): number {
  const { base } = parseLog(log.name, log.bytes);
  return base?.fileType === FILE_TYPE.logWindows2000 ? FILE_TYPE.logWindows2000 : FILE_TYPE.log;
}

/** Whether a log that is not ours could be applied while the header is dirty: a DIRT log with the header's stamp. */
export function mayApply(log: LogOnDisk, stamp: bigint | null): boolean {
  const { kind, base } = parseLog(log.name, log.bytes);
  if (kind !== 'dirt' || base === null) return stamp !== null && base !== null && base.lastWritten === stamp;
  return stamp === null || base.lastWritten === stamp;
}

/** Every sequence number in a log: its base block's, and one for each sector that looks like the head of an entry. */
export function sequencesOf(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tagAt = (offset: number): string => decodeLatin1(bytes.subarray(offset, offset + 4));
  const sequences: number[] = [0];
  if (bytes.byteLength >= HEADER_SIZE_BYTES && tagAt(0) === 'regf') {
    sequences.push(view.getUint32(4, true), view.getUint32(8, true));
  }
  let largest = 0;
  for (let offset = 0; offset + SECTOR_SIZE_BYTES <= bytes.byteLength; offset += SECTOR_SIZE_BYTES) {
    if (tagAt(offset) === 'HvLE') largest = Math.max(largest, view.getUint32(offset + ENTRY_SEQUENCE_OFFSET, true));
  }
  return [...sequences, largest];
}

/**
 * The logs of a dirty hive that Windows does not use now, but would use in place of the others if the header's checksum
 * were wrong; without them the recovery is the same.
 */
export function strayLogs({ path, original, recovery, logs }: HiveTarget): LogOnDisk[] {
  if (recovery === null || !parseBaseBlock(original, path).isChecksumRight) return [];
  const torn = original.slice();
  torn[BASE_BLOCK.checksum] = torn[BASE_BLOCK.checksum]! ^ 0xff;
  const isWhole = (other: Recovery | null): boolean =>
    other !== null && bytesEqual(binsOf(other.image), binsOf(recovery.image));
  const stray: LogOnDisk[] = [];
  for (let left = [...logs]; left.length > 1; ) {
    const wrong = recoveryOf(path, torn, left);
    if (wrong === null || isWhole(wrong)) break;
    const used = left.find(({ name }) => name === wrong.appliedFrom[0]!.log)!;
    left = left.filter((log) => log !== used);
    if (!isWhole(recoveryOf(path, original, left))) break;
    stray.push(used);
  }
  return stray;
}

/** What the logs make of a hive; null where they do not complete it. */
export function recoveryOf(path: string, primary: Uint8Array, logs: readonly LogOnDisk[]): Recovery | null {
  const recovery = orNull(HivemendError, () => recover(path, primary, logs));
  return recovery?.isUsable ? recovery : null;
}

function binsOf(image: Uint8Array): Uint8Array {
  return image.subarray(BASE_BLOCK_SIZE_BYTES);
}
