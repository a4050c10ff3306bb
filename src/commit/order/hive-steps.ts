// The steps of one hive while they are planned: those of the primary and of each log, in the order of the stages.

import { bytesEqual, concatBytes } from '../../base/bytes.ts';
import type { LogOnDisk } from '../../hive/open.ts';
import { BASE_BLOCK_SIZE_BYTES } from '../../regf/base-block.ts';
import type { SizeStep, StageName, WriteStep } from './stage.ts';

export const SECTOR_SIZE_BYTES = 512;
/** File offset of the first bin's time stamp. */
const FIRST_BIN_STAMP_OFFSET = BASE_BLOCK_SIZE_BYTES + 20;
const FIRST_BIN_STAMP_END = FIRST_BIN_STAMP_OFFSET + 8;

/** A step whose file the planner fills in. */
export type HiveStep = Omit<WriteStep, 'file'> | Omit<SizeStep, 'file'>;
export type StagedStep = readonly [StageName, HiveStep];

export class HiveSteps {
  readonly primary: StagedStep[] = [];
  private readonly byLog = new Map<string, { log: LogOnDisk; steps: StagedStep[] }>();

  /** The primary (log null) and each log that is written, with their steps. */
  files(): { readonly log: LogOnDisk | null; readonly steps: readonly StagedStep[] }[] {
    return [{ log: null, steps: this.primary }, ...this.byLog.values()];
  }

  write(stage: StageName, offset: number, before: Uint8Array, after: Uint8Array): void {
    addWrite(this.primary, stage, offset, before, after);
  }

  extend(before: number, after: number): void {
    if (after > before) this.primary.push(['extend', { op: 'size', before, after }]);
  }

  /** Adds to what is written in a log; gives the log as it then is. `now` is the log as the steps so far leave it. */
  writeLog(stage: StageName, now: LogOnDisk, after: Uint8Array, sizeBytes = now.bytes.byteLength): LogOnDisk {
    const known = this.byLog.get(now.path) ?? { log: now, steps: [] };
    const { steps } = known;
    if (sizeBytes > now.bytes.byteLength) {
      steps.push(['extend', { op: 'size', before: now.bytes.byteLength, after: sizeBytes }]);
    }
    const bytes = new Uint8Array(sizeBytes);
    bytes.set(now.bytes);
    addWrite(steps, stage, 0, bytes.slice(0, after.byteLength), after);
    if (steps.length > 0) this.byLog.set(now.path, known);
    bytes.set(after);
    return { ...now, bytes };
  }

  /** Takes a log away by its first sector, without which no reader applies it. */
  zeroLog(stage: StageName, now: LogOnDisk): LogOnDisk {
    return this.writeLog(stage, now, new Uint8Array(Math.min(SECTOR_SIZE_BYTES, now.bytes.byteLength)));
  }
}

function addWrite(steps: StagedStep[], stage: StageName, offset: number, before: Uint8Array, after: Uint8Array): void {
  if (!bytesEqual(before, after)) steps.push([stage, { op: 'write', offset, before, after }]);
}

/** The image with the first bin's stamp as it is on the disk; a copy where that differs. */
export function withStampOf(image: Uint8Array, original: Uint8Array): Uint8Array {
  const stamp = original.subarray(FIRST_BIN_STAMP_OFFSET, FIRST_BIN_STAMP_END);
  if (stamp.byteLength < 8 || image.byteLength < FIRST_BIN_STAMP_END) return image;
  if (bytesEqual(image.subarray(FIRST_BIN_STAMP_OFFSET, FIRST_BIN_STAMP_END), stamp)) return image;
  const copy = image.slice();
  copy.set(stamp, FIRST_BIN_STAMP_OFFSET);
  return copy;
}

/** The image, then what the file holds beyond it; a copy where it holds something there. */
export function withTail(image: Uint8Array, original: Uint8Array): Uint8Array {
  return original.byteLength > image.byteLength ? concatBytes(image, original.subarray(image.byteLength)) : image;
}
