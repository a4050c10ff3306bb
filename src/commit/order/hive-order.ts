// The order of writes for one hive: which bytes go where in which stage, so that each cut leaves the old or the new tree.
// Everything is worked out in memory, and a replay of the logs as they will be is tried there, before a byte is written.

import { bytesEqual } from '../../base/bytes.ts';
import type { Finding } from '../../base/finding.ts';
import { decodeLatin1 } from '../../base/text.ts';
import type { LogOnDisk } from '../../hive/open.ts';
import { BASE_BLOCK_SIZE_BYTES, encodeBaseBlock, HEADER_SIZE_BYTES, parseBaseBlock } from '../../regf/base-block.ts';
import { parseLog } from '../../regf/logs/log.ts';
import type { HiveTarget, Protocol } from '../request.ts';
import { sequencesOf, strayLogs } from './hive-logs.ts';
import { assertImage, cannotGrow, dirty, MAX_SEQUENCE, noLogProtection, sequencePastLimit } from './hive-refusals.ts';
import { HiveSteps, type StagedStep, withStampOf, withTail } from './hive-steps.ts';
import { cleanHeaderOf, type Edited, logsHoldEntry, writeWithLogs } from './order-with-logs.ts';
import { writeWithoutLogs } from './order-without-logs.ts';
import { differingRuns, range } from './page-runs.ts';

export interface HiveOrder {
  readonly protocol: Protocol;
  /** The primary (log null) and each log, with their steps in the order of the stages. */
  readonly files: readonly { readonly log: LogOnDisk | null; readonly steps: readonly StagedStep[] }[];
  readonly finding: Finding | null;
}

/**
 * Plans the writes of one hive; no steps where the result is what is there. `isFat` says that the hive lies on a FAT
 * volume, where no log is relied on.
 * Errors: RefusedError DIRTY_HIVE (dirty, not to be recovered, and not accepted), LIMIT (sequence numbers past 2^31, a
 * clustering factor other than 1, a file that cannot grow); InternalError (the result is no image, or a replay would not
 * yield it).
 */
export function planHive(target: HiveTarget, isFat = false): HiveOrder {
  const { recovery, path, acceptDirty = false } = target;
  const isRecovered = recovery?.wasDirty === true && recovery.isUsable;
  if ((recovery === null || recovery.wasDirty) && !isRecovered && !acceptDirty) throw dirty(path);
  const protocol = isFat || target.isReplacement ? 'no-logs' : protocolOf(target, isRecovered);
  return new HivePlanner(target, isRecovered, protocol).plan();
}

class HivePlanner {
  private readonly target: HiveTarget;
  /** Whether the hive is dirty and its logs make it whole: then it is written as recovered, clean, before anything else. */
  private readonly isRecovered: boolean;
  private readonly protocol: Protocol;
  private readonly steps = new HiveSteps();
  /** The stamp that a DIRT log has in common with the header, and keeps while it is in use; else null. */
  private readonly recoveryStamp: bigint | null;
  /** The file once it is recovered: what the edits started from, with what lies beyond the bins. */
  private readonly base: Uint8Array;
  /** The image to leave; in the DIRT protocol with the first bin's old stamp. */
  private readonly result: Uint8Array;
  private logs: readonly LogOnDisk[];

  constructor(target: HiveTarget, isRecovered: boolean, protocol: Protocol) {
    this.target = target;
    this.isRecovered = isRecovered;
    this.protocol = protocol;
    this.logs = target.logs;
    const { recovery, original } = target;
    const isDirt = protocol === 'dirt' || (isRecovered && kindUsed(target) === 'dirt');
    const stamped = isRecovered ? recovery!.image : original;
    this.recoveryStamp = isDirt ? parseBaseBlock(stamped, target.path).lastWritten : null;
    const keepStamp = (image: Uint8Array): Uint8Array => (isDirt ? withStampOf(image, original) : image);
    this.base = isRecovered ? withTail(keepStamp(recovery!.image), original) : original;
    this.result = protocol === 'dirt' ? keepStamp(target.result) : target.result;
    assertImage(target);
  }

  plan(): HiveOrder {
    const first = this.isRecovered ? this.recoveredHeader() : range(this.target.original, 0, HEADER_SIZE_BYTES);
    const isChanged = this.runs().length > 0 || this.isHeaderChanged(first);
    if (!this.isRecovered && !isChanged) return { protocol: this.protocol, files: [], finding: null };
    const { path, original, isFixedSize = false } = this.target;
    const sizeBytes = Math.max(original.byteLength, this.result.byteLength, this.base.byteLength);
    if (isFixedSize && sizeBytes > original.byteLength) throw cannotGrow(path, sizeBytes, original.byteLength);
    this.steps.extend(original.byteLength, sizeBytes);
    if (this.isRecovered) this.writeRecovered(first);
    const protocol = isChanged ? this.writeResult(first) : this.protocol;
    return {
      protocol,
      files: this.steps.files(),
      finding: protocol === 'no-logs' && isChanged ? noLogProtection(path) : null,
    };
  }

  /** Phase 1: the recovered pages, then a clean header; the hive's own logs cover every byte until then. */
  private writeRecovered(header: Uint8Array): void {
    const { original } = this.target;
    const stray = strayLogs(this.target);
    this.logs = this.logs.map((log) => (stray.includes(log) ? this.steps.zeroLog('stray-log', log) : log));
    for (const [start, end] of runsBetween(this.target.path, original, this.base)) {
      this.steps.write('recovered-pages', start, range(original, start, end), range(this.base, start, end));
    }
    this.steps.write('recovered-header', 0, original.subarray(0, HEADER_SIZE_BYTES), header);
  }

  /** Phase 2; gives the protocol that it took. */
  private writeResult(header: Uint8Array): Protocol {
    const { path, recovery, isReplacement = false, isFixedSize = false } = this.target;
    const incoming = isReplacement ? largest(sequencesOf(this.result)) : 0;
    const sequence = 1 + Math.max(this.largestSequence(header), incoming);
    if (sequence + 1 > MAX_SEQUENCE) throw sequencePastLimit(path, sequence);
    const stamp = this.protocol === 'dirt' ? this.recoveryStamp : null;
    const edited: Edited = {
      path,
      steps: this.steps,
      logs: this.logs,
      base: this.base,
      header,
      result: this.result,
      cleanHeader: cleanHeaderOf(this.result, sequence + 1, stamp),
      sequence,
    };
    if (this.protocol !== 'no-logs') {
      const logged = { ...edited, protocol: this.protocol, runs: this.runs() };
      if (!isFixedSize || logsHoldEntry(logged)) {
        writeWithLogs(logged);
        return this.protocol;
      }
    }
    writeWithoutLogs({ ...edited, isReplacement, oldSizeBytes: (recovery?.image ?? this.result).byteLength });
    return 'no-logs';
  }

  /** The clean header that ends the recovery; its sequence numbers lie above all that header and logs hold. */
  private recoveredHeader(): Uint8Array {
    const { recovery, original, path } = this.target;
    const isRight = isSound(original, path);
    const sequence = 1 + this.largestSequence(isRight ? original : recovery!.image);
    if (sequence > MAX_SEQUENCE) throw sequencePastLimit(path, sequence);
    return cleanHeaderOf(recovery!.image, sequence, this.recoveryStamp);
  }

  /** The largest sequence number of a header and of everything in any log; a broken header's numbers mean nothing. */
  private largestSequence(image: Uint8Array): number {
    const header = image.subarray(0, HEADER_SIZE_BYTES);
    const own = isSound(header, this.target.path) ? sequencesOf(header) : [];
    return largest([...own, ...this.target.logs.flatMap(({ bytes }) => sequencesOf(bytes))]);
  }

  private isHeaderChanged(first: Uint8Array): boolean {
    const { isReplacement = false } = this.target;
    if (!isReplacement) {
      const stamp = this.protocol === 'dirt' ? this.recoveryStamp : null;
      return !isSameButSequence(first, cleanHeaderOf(this.result, 0, stamp));
    }
    const [before, after] = [this.base, this.result].map((image) => image.subarray(0, BASE_BLOCK_SIZE_BYTES));
    return !bytesEqual(before!, after!);
  }

  /** Runs of pages that the edits change. */
  private runs(): [number, number][] {
    if (this.target.recovery === null) return [[BASE_BLOCK_SIZE_BYTES, this.result.byteLength]];
    return runsBetween(this.target.path, this.base, this.result);
  }
}

/** Runs of pages that differ in the bins of `to`; every page beyond the bins of `from` counts as differing. */
function runsBetween(path: string, from: Uint8Array, to: Uint8Array): [number, number][] {
  const endOf = (image: Uint8Array): number => BASE_BLOCK_SIZE_BYTES + parseBaseBlock(image, path).binsSizeBytes;
  const end = endOf(to);
  const known = Math.min(end, endOf(from));
  const runs = differingRuns(from, to, BASE_BLOCK_SIZE_BYTES, known);
  if (known === end) return runs;
  const last = runs.at(-1);
  if (last?.[1] === known) last[1] = end;
  else runs.push([known, end]);
  return runs;
}

function largest(numbers: readonly number[]): number {
  return numbers.reduce((most, number) => Math.max(most, number), 0);
}

function isSound(header: Uint8Array, path: string): boolean {
  return decodeLatin1(header.subarray(0, 4)) === 'regf' && parseBaseBlock(header, path).isChecksumRight;
}

function kindOf(log: LogOnDisk): string {
  return parseLog(log.name, log.bytes).kind;
}

/** The kind of log that recovery used, or null. */
function kindUsed({ logs, recovery }: HiveTarget): string | null {
  const used = recovery?.appliedFrom.map(({ log }) => logs.find(({ name }) => name === log)).find((log) => log);
  return used ? kindOf(used) : null;
}

/** Which protocol the hive's own logs allow: the kind that recovery used, else HvLE before DIRT. */
function protocolOf(target: HiveTarget, isRecovered: boolean): Protocol {
  if ((target.recovery === null || target.recovery.wasDirty) && !isRecovered) return 'no-logs';
  const used = kindUsed(target);
  const kinds = new Set(used ? [used] : target.logs.map(kindOf));
  if (kinds.has('hvle')) return 'hvle';
  return kinds.has('dirt') ? 'dirt' : 'no-logs';
}

/** Whether two headers say the same but for sequence numbers and checksum. */
function isSameButSequence(a: Uint8Array, b: Uint8Array): boolean {
  const plain = { primarySequence: 0, secondarySequence: 0 };
  return bytesEqual(
    encodeBaseBlock(a.subarray(0, HEADER_SIZE_BYTES), plain),
    encodeBaseBlock(b.subarray(0, HEADER_SIZE_BYTES), plain),
  );
}
