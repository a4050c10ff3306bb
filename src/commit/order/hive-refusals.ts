// What a hive's order of writes refuses, and what it warns of.

import { InternalError, RefusedError } from '../../base/errors.ts';
import type { Finding } from '../../base/finding.ts';
import { BASE_BLOCK_SIZE_BYTES, parseBaseBlock } from '../../regf/base-block.ts';
import { parseLog } from '../../regf/logs/log.ts';
import type { Recovery } from '../../regf/logs/recover.ts';
import type { HiveTarget } from '../request.ts';
import { PAGE_SIZE_BYTES } from './page-runs.ts';

/** Past this a sequence number is refused: wrap-around would begin to decide which log is the newer one. */
export const MAX_SEQUENCE = 2 ** 31;

/** The image must be what its header says, and not smaller than what the hive had: nothing of ours shrinks a hive. */
export function assertImage({ path, result, original, recovery, logs, isReplacement }: HiveTarget): void {
  const { binsSizeBytes, clusteringFactor } = parseBaseBlock(result, path);
  if (result.byteLength !== BASE_BLOCK_SIZE_BYTES + binsSizeBytes || binsSizeBytes % PAGE_SIZE_BYTES !== 0) {
    throw new InternalError(
      `the image for ${path} has ${result.byteLength} bytes, but its header says ${binsSizeBytes} of bins`,
    );
  }
  const before = recovery === null ? 0 : binsSizeBefore(path, original, recovery);
  if (binsSizeBytes < before) throw new InternalError(`the image for ${path} has fewer bins than the hive`);
  if (!isReplacement && clusteringFactor !== 1 && logs.some((log) => parseLog(log.name, log.bytes).kind === 'dirt')) {
    const message = `${path} has clustering factor ${clusteringFactor}, and its log can only be written for 1`;
    throw new RefusedError('LIMIT', message, { data: { path, clusteringFactor } });
  }
}

/** As the header says where that can be trusted, but no further than the file goes. */
function binsSizeBefore(path: string, original: Uint8Array, recovery: Recovery): number {
  if (recovery.wasDirty && recovery.isUsable) return parseBaseBlock(recovery.image, path).binsSizeBytes;
  const header = parseBaseBlock(original, path);
  const present = recovery.image.byteLength - BASE_BLOCK_SIZE_BYTES;
  return header.isChecksumRight ? Math.min(header.binsSizeBytes, present) : present;
}

export function dirty(path: string): RefusedError {
  return new RefusedError(
    'DIRTY_HIVE',
    `${path} is dirty and no log makes it whole, so its last changes would be lost`,
    {
      hint: 'bring its .LOG1 and .LOG2, or give --accept-dirty to write it as it lies',
      data: { path },
    },
  );
}

export function sequencePastLimit(path: string, sequence: number): RefusedError {
  const message = `${path} or one of its logs has reached sequence number ${sequence}, and past ${MAX_SEQUENCE} nothing is written`;
  return new RefusedError('LIMIT', message, { data: { path, sequence } });
}

export function cannotGrow(path: string, sizeBytes: number, hadBytes: number): RefusedError {
  const missingKib = Math.ceil((sizeBytes - hadBytes) / 1024);
  return new RefusedError(
    'LIMIT',
    `${path} would have ${sizeBytes} bytes, ${missingKib} KiB more than it has, and it cannot grow where it lies; nothing was written`,
    {
      hint: 'mount the volume, then run the command again on the mounted folder',
      data: { path, sizeBytes, missingKib },
    },
  );
}

export function noLogProtection(path: string): Finding {
  return {
    code: 'NO_LOG_PROTECTION',
    severity: 'warning',
    where: { file: path },
    text: `${path} is written without the protection of a transaction log: if the write is cut off, Windows cannot load the hive until hivemend undo has run.`,
  };
}
