// The order of writes for one hive: which bytes go where in which stage, so that each cut leaves the old or the new tree.
// Everything is worked out in memory, and a replay of the logs as they will be is tried there, before a byte is written.

import { bytesEqual, concatBytes } from '../../base/bytes.ts';
import { InternalError } from '../../base/errors.ts';
import type { Finding } from '../../base/finding.ts';
import type { LogOnDisk } from '../../hive/open.ts';
import {
  BASE_BLOCK_SIZE_BYTES,
  encodeBaseBlock,
  FILE_TYPE,
  HEADER_SIZE_BYTES,
  parseBaseBlock,
} from '../../regf/base-block.ts';
import { encodeDirtLog, encodeHvleLog, type PageData, parseLog } from '../../regf/logs/log.ts';
import { recover } from '../../regf/logs/recover.ts';
import type { HiveTarget, Protocol } from '../request.ts';
import { dirtFileType, dirtLog, mayApply, sequencesOf } from './hive-logs.ts';
import { assertImage, dirty, MAX_SEQUENCE, noLogProtection, sequencePastLimit } from './hive-refusals.ts';
import { differingRuns, PAGE_SIZE_BYTES, range } from './page-runs.ts';
import type { SizeStep, StageName, WriteStep } from './stage.ts';

const SECTOR_SIZE_BYTES = 512;
/** File offset of the first bin's time stamp. */
const FIRST_BIN_STAMP_OFFSET = BASE_BLOCK_SIZE_BYTES + 20;
const FIRST_BIN_STAMP_END = FIRST_BIN_STAMP_OFFSET + 8;

/** A step whose file the planner fills in. */
export type HiveStep = Omit<WriteStep, 'file'> | Omit<SizeStep, 'file'>;

export interface HiveOrder {
  readonly protocol: Protocol;
  /** The primary (log null) and each log, with their steps in the order of the stages. */
  readonly files: readonly {
    readonly log: LogOnDisk | null;
    readonly steps: readonly (readonly [StageName, HiveStep])[];
  }[];
  readonly finding: Finding | null;
}

/**
 * Plans the writes of one hive; no steps where the result is what is there.
 * Errors: RefusedError DIRTY_HIVE (dirty, not to be recovered, and not accepted), LIMIT (sequence numbers past 2^31, a
 * clustering factor other than 1); InternalError (the result is no image, or a replay would not yield it).
 */
export function planHive(target: HiveTarget): HiveOrder {
  return new HivePlanner(target).plan();
}

class HivePlanner {
  private readonly target: HiveTarget;
  private readonly protocol: Protocol;
  /** Whether the hive is dirty and its logs make it whole: then it is written as recovered, clean, before anything else. */
  private readonly isRecovered: boolean;
  /** The file once it is recovered: what the edits started from, with what lies beyond the bins. */
  private readonly base: Uint8Array;
  /** The image to leave; in the DIRT protocol with the first bin's old stamp. */
  private readonly result: Uint8Array;
  private readonly primarySteps: [StageName, HiveStep][] = [];
  private readonly logSteps = new Map<LogOnDisk, [StageName, HiveStep][]>();

  constructor(target: HiveTarget) {
    this.target = target;
    const { recovery, original } = target;
    if (recovery.wasDirty && !recovery.isUsable && !target.acceptDirty) throw dirty(target.path);
    this.isRecovered = recovery.wasDirty && recovery.isUsable;
    this.protocol = protocolOf(target, this.isRecovered);
    const keepStamp = (image: Uint8Array): Uint8Array =>
      this.protocol === 'dirt' ? withStampOf(image, original) : image;
    this.base = this.isRecovered ? withTail(keepStamp(recovery.image), original) : original;
    this.result = keepStamp(target.result);
    assertImage(target);
  }

  plan(): HiveOrder {
    const first = this.isRecovered ? this.recoveredHeader() : this.target.original.subarray(0, HEADER_SIZE_BYTES);
    const runs = this.runs(this.base, this.result);
    const isChanged = runs.length > 0 || !isSameButSequence(first, this.finalHeader(0));
    if (!this.isRecovered && !isChanged) return { protocol: this.protocol, files: [], finding: null };
    const imageSizes = [this.target.original.byteLength, this.result.byteLength];
    if (this.isRecovered) imageSizes.push(this.base.byteLength);
    this.extend(
      this.primarySteps,
      this.target.original.byteLength,
      imageSizes.reduce((most, sizeBytes) => Math.max(most, sizeBytes)),
    );
    if (this.isRecovered) this.writeRecovered(first);
    if (isChanged) this.writeResult(first, runs);
    return {
      protocol: this.protocol,
      files: [{ log: null, steps: this.primarySteps }, ...[...this.logSteps].map(([log, steps]) => ({ log, steps }))],
      finding: this.protocol === 'no-logs' && isChanged ? noLogProtection(this.target.path) : null,
    };
  }

  /** Phase 1: the recovered pages, then a clean header; the hive's own logs cover every byte until then. */
  private writeRecovered(header: Uint8Array): void {
    const { original } = this.target;
    for (const [start, end] of this.runs(original, this.base)) {
      this.write('recovered-pages', start, range(original, start, end), range(this.base, start, end));
    }
    this.write('recovered-header', 0, original.subarray(0, HEADER_SIZE_BYTES), header);
  }

  /** Phase 2: logs, header dirty, pages, header clean. */
  private writeResult(header: Uint8Array, runs: readonly [number, number][]): void {
    const sequence = 1 + this.largestSequence(this.isRecovered ? header : this.trustedHeader());
    if (sequence + 1 > MAX_SEQUENCE) throw sequencePastLimit(this.target.path, sequence);
    const clean = this.finalHeader(sequence + 1);
    const logs = this.writeLogs(sequence, this.changedPages(runs));
    // A DIRT log's bitmap is as long as the bins, and readers differ in whose size they take: both say the new one.
    const growth = this.protocol === 'dirt' ? { binsSizeBytes: this.result.byteLength - BASE_BLOCK_SIZE_BYTES } : {};
    const dirtyHeader = encodeBaseBlock(header, {
      primarySequence: sequence + 1,
      secondarySequence: sequence,
      ...growth,
    });
    this.write('dirty-header', 0, header, dirtyHeader);
    for (const [start, end] of runs) {
      this.write('pages', start, range(this.base, start, end), this.result.subarray(start, end));
    }
    this.write('clean-header', 0, dirtyHeader, clean);
    if (this.protocol !== 'no-logs') this.tryReplay(dirtyHeader, logs);
  }

  /** The log or logs that make the next header's dirt harmless; gives all logs as they will be. */
  private writeLogs(sequence: number, pages: readonly PageData[]): LogOnDisk[] {
    const { logs } = this.target;
    if (this.protocol === 'no-logs') return [...logs];
    const written = this.encodeLog(sequence, pages);
    const stamp = this.protocol === 'dirt' ? parseBaseBlock(this.result, this.target.path).lastWritten : null;
    const ours =
      this.protocol === 'dirt' ? [dirtLog(logs)] : logs.filter((log) => parseLog(log.name, log.bytes).kind === 'hvle');
    return logs.map((log) => {
      const steps: [StageName, HiveStep][] = [];
      let sizeBytes = log.bytes.byteLength;
      if (ours.includes(log)) {
        const step = this.protocol === 'hvle' ? PAGE_SIZE_BYTES : SECTOR_SIZE_BYTES;
        sizeBytes = Math.max(sizeBytes, Math.ceil(written.byteLength / step) * step);
        this.extend(steps, log.bytes.byteLength, sizeBytes);
        addWrite(steps, 'logs', 0, range(log.bytes, 0, written.byteLength), written);
      } else if (mayApply(log, stamp)) {
        addWrite(steps, 'logs', 0, range(log.bytes, 0, SECTOR_SIZE_BYTES), new Uint8Array(SECTOR_SIZE_BYTES));
      }
      if (steps.length === 0) return log;
      this.logSteps.set(log, steps);
      return { ...log, bytes: patched(log.bytes, sizeBytes, steps) };
    });
  }

  private encodeLog(sequence: number, pages: readonly PageData[]): Uint8Array {
    const fileType = this.protocol === 'hvle' ? FILE_TYPE.logHvle : dirtFileType(dirtLog(this.target.logs));
    const header = encodeBaseBlock(this.result.subarray(0, HEADER_SIZE_BYTES), {
      primarySequence: sequence,
      secondarySequence: sequence,
      fileType,
      ...this.stampChange(),
    });
    const binsSizeBytes = this.result.byteLength - BASE_BLOCK_SIZE_BYTES;
    if (this.protocol === 'dirt') return encodeDirtLog(header, binsSizeBytes, pages);
    const flags = (parseBaseBlock(header, this.target.path).flags ?? 0) & 1;
    const log = encodeHvleLog(header, { sequence, flags, binsSizeBytes, pages });
    // One zeroed sector ends the log: what older rounds left behind it can never continue it.
    return range(log, 0, log.byteLength + SECTOR_SIZE_BYTES);
  }

  /** Replays the logs as they will be over a header that is dirty and pages that are still old. */
  private tryReplay(dirtyHeader: Uint8Array, logs: readonly LogOnDisk[]): void {
    const cut = range(this.base, 0, Math.max(this.target.original.byteLength, this.result.byteLength)).slice();
    cut.set(dirtyHeader);
    const replayed = recover(this.target.path, cut, logs);
    const bins = (image: Uint8Array): Uint8Array => image.subarray(BASE_BLOCK_SIZE_BYTES);
    if (replayed.isUsable && bytesEqual(bins(replayed.image), bins(this.result))) return;
    throw new InternalError(
      `a replay of the logs planned for ${this.target.path} would not yield the result; nothing was written`,
    );
  }

  /** The clean header that ends the recovery; its sequence numbers lie above all that header and logs hold. */
  private recoveredHeader(): Uint8Array {
    const { recovery, path } = this.target;
    const header = recovery.image.subarray(0, HEADER_SIZE_BYTES);
    const sequence = 1 + this.largestSequence(recovery.wasDirty ? this.trustedHeader() : header);
    if (sequence > MAX_SEQUENCE) throw sequencePastLimit(path, sequence);
    return encodeBaseBlock(header, {
      primarySequence: sequence,
      secondarySequence: sequence,
      fileType: FILE_TYPE.primary,
      ...this.stampChange(),
    });
  }

  /** The header on the disk, or, where its checksum is wrong, the one that recovery rebuilt. */
  private trustedHeader(): Uint8Array {
    const { original, recovery, path } = this.target;
    const header = parseBaseBlock(original, path).isChecksumRight ? original : recovery.image;
    return header.subarray(0, HEADER_SIZE_BYTES);
  }

  /** The result's header with both sequence numbers set. */
  private finalHeader(sequence: number): Uint8Array {
    return encodeBaseBlock(this.result.subarray(0, HEADER_SIZE_BYTES), {
      primarySequence: sequence,
      secondarySequence: sequence,
      fileType: FILE_TYPE.primary,
      ...this.stampChange(),
    });
  }

  /** In the DIRT protocol a log applies only where its stamp is the header's, so the old one stays throughout. */
  private stampChange(): { lastWritten?: bigint } {
    if (this.protocol !== 'dirt') return {};
    return {
      lastWritten: parseBaseBlock(
        this.isRecovered ? this.target.recovery.image : this.target.original,
        this.target.path,
      ).lastWritten,
    };
  }

  /** The largest sequence number of a header and of everything in any log. */
  private largestSequence(header: Uint8Array): number {
    const { primarySequence, secondarySequence } = parseBaseBlock(header, this.target.path);
    return this.target.logs
      .flatMap(({ bytes }) => sequencesOf(bytes))
      .reduce((most, sequence) => Math.max(most, sequence), Math.max(primarySequence, secondarySequence));
  }

  private changedPages(runs: readonly [number, number][]): PageData[] {
    return runs.map(([start, end]) => ({
      offset: start - BASE_BLOCK_SIZE_BYTES,
      bytes: this.result.subarray(start, end),
    }));
  }

  /** Runs of pages that differ in the bins of `to`; every page beyond the bins of `from` counts as differing. */
  private runs(from: Uint8Array, to: Uint8Array): [number, number][] {
    const endOf = (image: Uint8Array): number =>
      BASE_BLOCK_SIZE_BYTES + parseBaseBlock(image, this.target.path).binsSizeBytes;
    const end = endOf(to);
    const known = Math.min(end, endOf(from));
    const runs = differingRuns(from, to, BASE_BLOCK_SIZE_BYTES, known);
    if (known === end) return runs;
    const last = runs.at(-1);
    if (last?.[1] === known) last[1] = end;
    else runs.push([known, end]);
    return runs;
  }

  private write(stage: StageName, offset: number, before: Uint8Array, after: Uint8Array): void {
    addWrite(this.primarySteps, stage, offset, before, after);
  }

  private extend(steps: [StageName, HiveStep][], before: number, after: number): void {
    if (after > before) steps.push(['extend', { op: 'size', before, after }]);
  }
}

function addWrite(
  steps: [StageName, HiveStep][],
  stage: StageName,
  offset: number,
  before: Uint8Array,
  after: Uint8Array,
): void {
  if (!bytesEqual(before, after)) steps.push([stage, { op: 'write', offset, before, after }]);
}

/** Which protocol the hive's own logs allow: the kind that recovery used, else HvLE before DIRT. */
function protocolOf({ logs, recovery }: HiveTarget, isRecovered: boolean): Protocol {
  if (recovery.wasDirty && !isRecovered) return 'no-logs';
  const kindOf = (log: LogOnDisk): string => parseLog(log.name, log.bytes).kind;
  const used = recovery.appliedFrom
    .map(({ log }) => logs.find(({ name }) => name === log))
    .find((log) => log !== undefined);
  const kinds = new Set(used ? [kindOf(used)] : logs.map(kindOf));
  if (kinds.has('hvle')) return 'hvle';
  return kinds.has('dirt') ? 'dirt' : 'no-logs';
}

/** The image with the first bin's stamp as it is on the disk; a copy where that differs. */
function withStampOf(image: Uint8Array, original: Uint8Array): Uint8Array {
  const stamp = original.subarray(FIRST_BIN_STAMP_OFFSET, FIRST_BIN_STAMP_END);
  if (stamp.byteLength < 8 || image.byteLength < FIRST_BIN_STAMP_END) return image;
  if (bytesEqual(image.subarray(FIRST_BIN_STAMP_OFFSET, FIRST_BIN_STAMP_END), stamp)) return image;
  const copy = image.slice();
  copy.set(stamp, FIRST_BIN_STAMP_OFFSET);
  return copy;
}

/** The image, then what the file holds beyond it; a copy where it holds something there. */
function withTail(image: Uint8Array, original: Uint8Array): Uint8Array {
  return original.byteLength > image.byteLength ? concatBytes(image, original.subarray(image.byteLength)) : image;
}

function patched(bytes: Uint8Array, sizeBytes: number, steps: readonly (readonly [StageName, HiveStep])[]): Uint8Array {
  const copy = new Uint8Array(sizeBytes);
  copy.set(bytes);
  for (const [, step] of steps) if (step.op === 'write') copy.set(step.after, step.offset);
  return copy;
}

/** Whether two headers say the same but for sequence numbers and checksum. */
function isSameButSequence(a: Uint8Array, b: Uint8Array): boolean {
  const plain = { primarySequence: 0, secondarySequence: 0 };
  return bytesEqual(
    encodeBaseBlock(a.subarray(0, HEADER_SIZE_BYTES), plain),
    encodeBaseBlock(b.subarray(0, HEADER_SIZE_BYTES), plain),
  );
}
