// What stands in the logs beside a hive: which of them Windows reads, which may still apply, how far they have counted.

import { InternalError } from '../../base/errors.ts';
import { decodeLatin1, upcase } from '../../base/text.ts';
import type { LogOnDisk } from '../../hive/open.ts';
import { FILE_TYPE, HEADER_SIZE_BYTES } from '../../regf/base-block.ts';
import { parseLog } from '../../regf/logs/log.ts';

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
