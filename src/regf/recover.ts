// Recovery: what Windows would make of a dirty hive and its logs when it loads it, in memory. The rules are those of the
// file-format facts, sections 6 to 8; a clean hive's logs are never applied.

import { FormatError } from '../base/errors.ts';
import type { Finding } from '../base/finding.ts';
import {
  BASE_BLOCK_SIZE_BYTES,
  type BaseBlock,
  encodeBaseBlock,
  FILE_TYPE,
  HEADER_SIZE_BYTES,
  isSequenceBefore,
  parseBaseBlock,
} from './base-block.ts';
import { type HiveLog, type LogEntry, parseLog } from './log.ts';

const PAGE_SIZE_BYTES = 4096;
/** File offset of the first bin's copy of the last-written time. */
const FIRST_BIN_STAMP_OFFSET = BASE_BLOCK_SIZE_BYTES + 20;

/** A log file; `name` ends in .LOG, .LOG1 or .LOG2 in any letter case. */
export interface LogFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface AppliedEntry {
  readonly log: string;
  readonly sequence: number;
}

export interface Recovery {
  /** Base block and bins: exactly 4096 + bins size bytes, a copy. Recovered: with the header that Windows leaves. */
  readonly image: Uint8Array;
  readonly view: 'primary' | 'recovered';
  readonly wasDirty: boolean;
  /** False: it is dirty and its logs do not complete it, so `image` is the primary as it lies. */
  readonly isUsable: boolean;
  readonly entriesApplied: number;
  readonly appliedFrom: readonly AppliedEntry[];
  /** Sequence number of the last entry applied. */
  readonly lastSequence: number | null;
  readonly findings: readonly Finding[];
}

interface ReadLog {
  readonly log: HiveLog;
  readonly bytes: Uint8Array;
}

/**
 * Recovers a hive in memory. `file` names the primary in messages; neither it nor the logs' bytes are written.
 * @throws FormatError NOT_A_HIVE, TRUNCATED (the bins end before the header says and no log grows them), BAD_CHECKSUM
 *   (no base block can be had), UNSUPPORTED_VERSION.
 */
export function recover(file: string, primary: Uint8Array, logs: readonly LogFile[]): Recovery {
  const base = parseBaseBlock(primary, file);
  if (base.fileType !== FILE_TYPE.primary && base.isChecksumRight) {
    throw new FormatError(
      'NOT_A_HIVE',
      `${file} is a transaction log (type ${base.fileType}), expected a primary hive file`,
    );
  }
  if (!base.isDirty) return clean(file, primary, base);
  const read = logs.map((log) => ({ log: parseLog(log.name, log.bytes), bytes: log.bytes }));
  const problems = read
    .filter(({ log }) => log.problem !== null)
    .map(({ log }) => remark('BAD_LOG', 'warning', file, log.problem!));
  const chosen = base.isChecksumRight ? chooseLogs(file, primary, base, read) : chooseForBadHeader(primary, read);
  const findings = [...problems, ...chosen.findings];
  const { steps } = chosen;
  if (steps.length === 0) return unrecovered(file, primary, base, findings);
  return apply(file, primary, base, steps, findings);
}

function clean(file: string, primary: Uint8Array, base: BaseBlock): Recovery {
  refuseVersion(file, base);
  return {
    image: cut(file, primary, base.binsSizeBytes),
    view: 'primary',
    wasDirty: false,
    isUsable: true,
    entriesApplied: 0,
    appliedFrom: [],
    lastSequence: null,
    findings: [],
  };
}

function unrecovered(file: string, primary: Uint8Array, base: BaseBlock, findings: readonly Finding[]): Recovery {
  refuseVersion(file, base);
  const why = base.isChecksumRight
    ? `its sequence numbers are ${base.primarySequence} and ${base.secondarySequence}`
    : 'the checksum of its header is wrong';
  const finding = remark(
    'DIRTY_WITHOUT_LOGS',
    'warning',
    file,
    `the hive was not written out (${why}) and no log beside it completes it: it is shown as it lies, and its last changes may be missing`,
  );
  return {
    image: cut(file, primary, base.binsSizeBytes),
    view: 'primary',
    wasDirty: true,
    isUsable: false,
    entriesApplied: 0,
    appliedFrom: [],
    lastSequence: null,
    findings: [...findings, finding],
  };
}

/** An entry that will be applied, with the log that it stands in. */
interface Step {
  readonly source: ReadLog;
  readonly entry: LogEntry;
}

interface Choice {
  readonly steps: readonly Step[];
  readonly findings: readonly Finding[];
}

const NO_CHOICE: Choice = { steps: [], findings: [] };

/** The header is whole: the logs whose base block is not older than it, in the order of their sequence numbers. */
function chooseLogs(file: string, primary: Uint8Array, base: BaseBlock, read: readonly ReadLog[]): Choice {
  const eligible = read
    .filter(({ log }) => log.kind === 'hvle' && log.base !== null)
    .filter(({ log }) => !isSequenceBefore(log.base!.primarySequence, base.secondarySequence))
    .sort((a, b) => (isSequenceBefore(a.log.base!.primarySequence, b.log.base!.primarySequence) ? -1 : 1));
  if (eligible.length === 0) return chooseDirt(primary, base, read);
  const steps: Step[] = [];
  let next = eligible[0]!.log.base!.primarySequence;
  for (const [index, source] of eligible.entries()) {
    const first = source.log.base!.primarySequence;
    // The later log counts only where it goes on from the last entry applied.
    if (index > 0 && first !== next) break;
    const run = continuing(source, first);
    steps.push(...run);
    next = (first + run.length) >>> 0;
  }
  if (steps.length > 0) return { steps, findings: [] };
  return {
    steps,
    findings: [
      remark(
        'BAD_LOG',
        'warning',
        file,
        `${eligible[0]!.log.name} should come first, but its first entry is not whole, so nothing can be applied`,
      ),
    ],
  };
}

/** The header is broken: it is rebuilt from the log with the latest entries, and that log alone is used. */
function chooseForBadHeader(primary: Uint8Array, read: readonly ReadLog[]): Choice {
  let best: Step[] = [];
  for (const source of read) {
    if (source.log.kind !== 'hvle' || source.log.base === null) continue;
    const run = continuing(source, source.log.base.primarySequence);
    const last = run.at(-1);
    if (!last) continue;
    const bestLast = best.at(-1);
    if (!bestLast || isSequenceBefore(bestLast.entry.sequence, last.entry.sequence)) best = run;
  }
  return best.length > 0 ? { steps: best, findings: [] } : chooseDirt(primary, null, read);
}

/** The entries of a log that continue each other from `first`; the first that does not ends it. */
function continuing(source: ReadLog, first: number): Step[] {
  const steps: Step[] = [];
  let expected = first;
  for (const entry of source.log.entries) {
    if (!entry.isWhole || entry.sequence !== expected) break;
    steps.push({ source, entry });
    expected = (expected + 1) >>> 0;
  }
  return steps;
}

/**
 * A DIRT log counts when its time stamp is the primary's, or, where the header is broken (`base` null), the copy in the
 * first bin. Of several the one with the highest sequence number, .LOG1 first.
 */
function chooseDirt(primary: Uint8Array, base: BaseBlock | null, read: readonly ReadLog[]): Choice {
  const stamp = base?.lastWritten ?? firstBinStamp(primary);
  let best: Step | null = null;
  for (const source of read.toSorted((a, b) => dirtOrder(a.log.name) - dirtOrder(b.log.name))) {
    const [entry] = source.log.entries;
    if (source.log.kind !== 'dirt' || !entry?.isWhole || source.log.base === null) continue;
    if (source.log.base.primarySequence !== source.log.base.secondarySequence) continue;
    if (source.log.base.lastWritten !== stamp) continue;
    if (!best || isSequenceBefore(best.entry.sequence, entry.sequence)) best = { source, entry };
  }
  return best ? { steps: [best], findings: [] } : NO_CHOICE;
}

function dirtOrder(name: string): number {
  return ['1', 'G', '2'].indexOf(name.slice(-1).toUpperCase());
}

function firstBinStamp(primary: Uint8Array): bigint | null {
  if (primary.byteLength < FIRST_BIN_STAMP_OFFSET + 8) return null;
  return new DataView(primary.buffer, primary.byteOffset).getBigUint64(FIRST_BIN_STAMP_OFFSET, true);
}

function apply(
  file: string,
  primary: Uint8Array,
  base: BaseBlock,
  steps: readonly Step[],
  earlier: readonly Finding[],
): Recovery {
  const last = steps.at(-1)!;
  const isDirt = last.source.log.kind === 'dirt';
  const binsSizeBytes = last.entry.binsSizeBytes;
  const largest = Math.max(
    base.isChecksumRight ? base.binsSizeBytes : 0,
    ...steps.map((step) => step.entry.binsSizeBytes),
  );
  const grown = new Uint8Array(BASE_BLOCK_SIZE_BYTES + largest);
  grown.set(primary.subarray(0, grown.byteLength));
  for (const { source, entry } of steps) {
    for (const page of entry.pages) {
      const from = source.bytes.subarray(page.fileOffset, page.fileOffset + page.sizeBytes);
      grown.set(from, BASE_BLOCK_SIZE_BYTES + page.offset);
    }
  }
  const image = grown.slice(0, BASE_BLOCK_SIZE_BYTES + binsSizeBytes);
  if (!base.isChecksumRight) image.set(last.source.bytes.subarray(0, HEADER_SIZE_BYTES));
  // Windows counts on from the last entry; of a DIRT log, which has no entries to count, from the header.
  const lastSequence = isDirt
    ? base.isChecksumRight
      ? base.primarySequence
      : last.entry.sequence
    : last.entry.sequence;
  const sequence = (lastSequence + 1) >>> 0;
  const flags = parseBaseBlock(image, file).flags;
  const header = encodeBaseBlock(image.subarray(0, BASE_BLOCK_SIZE_BYTES), {
    primarySequence: sequence,
    secondarySequence: sequence,
    fileType: FILE_TYPE.primary,
    binsSizeBytes,
    ...(isDirt || flags === null ? {} : { flags: (flags & ~1) | (last.entry.flags & 1) }),
  });
  image.set(header);
  refuseVersion(file, parseBaseBlock(image, file));
  const appliedFrom = steps.map(({ source, entry }) => ({ log: source.log.name, sequence: entry.sequence }));
  const names = [...new Set(appliedFrom.map((entry) => entry.log))].join(', ');
  return {
    image,
    view: 'recovered',
    wasDirty: true,
    isUsable: true,
    entriesApplied: steps.length,
    appliedFrom,
    lastSequence: last.entry.sequence,
    findings: [
      ...earlier,
      ...badBins(file, image, steps),
      remark(
        'RECOVERED',
        'info',
        file,
        `the hive was not written out; ${steps.length} log entries of ${names} were replayed in memory`,
      ),
    ],
  };
}

/** Bins that a replayed page begins must be bins. */
function badBins(file: string, image: Uint8Array, steps: readonly Step[]): Finding[] {
  const view = new DataView(image.buffer);
  const findings: Finding[] = [];
  let offset = BASE_BLOCK_SIZE_BYTES;
  while (offset < image.byteLength) {
    const size = view.getUint32(offset + 8, true);
    const isBin =
      view.getUint32(offset, true) === 0x6e69_6268 &&
      view.getUint32(offset + 4, true) === offset - BASE_BLOCK_SIZE_BYTES &&
      size >= PAGE_SIZE_BYTES &&
      size % PAGE_SIZE_BYTES === 0;
    if (!isBin) {
      const isOurs = steps.some(({ entry }) =>
        entry.pages.some(
          (page) =>
            page.offset <= offset - BASE_BLOCK_SIZE_BYTES &&
            offset - BASE_BLOCK_SIZE_BYTES < page.offset + page.sizeBytes,
        ),
      );
      findings.push({
        code: 'BAD_BIN',
        severity: 'error',
        where: { file, offset },
        text: `there is no bin at ${offset} after the replay${isOurs ? ', although a log entry wrote there' : ''}`,
      });
      return findings;
    }
    offset += size;
  }
  return findings;
}

function cut(file: string, primary: Uint8Array, binsSizeBytes: number): Uint8Array {
  const sizeBytes = BASE_BLOCK_SIZE_BYTES + binsSizeBytes;
  if (binsSizeBytes === 0 || binsSizeBytes % PAGE_SIZE_BYTES !== 0) {
    throw new FormatError(
      'NOT_A_HIVE',
      `${file} says ${binsSizeBytes} bytes of bins, expected a multiple of ${PAGE_SIZE_BYTES}`,
    );
  }
  if (primary.byteLength < sizeBytes) {
    throw new FormatError(
      'TRUNCATED',
      `${file} ends at byte ${primary.byteLength}, but its bins reach to ${sizeBytes}`,
    );
  }
  return primary.slice(0, sizeBytes);
}

function refuseVersion(file: string, base: BaseBlock): void {
  if (base.majorVersion === 1 && base.minorVersion >= 3 && base.minorVersion <= 6) return;
  throw new FormatError(
    'UNSUPPORTED_VERSION',
    `${file} is of version ${base.majorVersion}.${base.minorVersion}, expected 1.3 to 1.6`,
  );
}

function remark(code: string, severity: Finding['severity'], file: string, text: string): Finding {
  return { code, severity, where: { file }, text };
}
