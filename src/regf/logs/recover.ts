// Recovery: what Windows would make of a dirty hive and its logs when it loads it, in memory. The rules are those of the
// file-format facts, sections 6 to 8; a clean hive's logs are never applied.

import { FormatError, HivemendError } from '../../base/errors.ts';
import { type Finding, remark } from '../../base/finding.ts';
import {
  BASE_BLOCK_SIZE_BYTES,
  type BaseBlock,
  encodeBaseBlock,
  FILE_TYPE,
  HEADER_SIZE_BYTES,
  parseBaseBlock,
} from '../base-block.ts';
import { BIN_SIGNATURE, LAYERED_MINOR, PAGE_SIZE_BYTES } from '../layout.ts';
import { chooseSteps, type LogFile, readLogs, type Step } from './log-choice.ts';

export type { LogFile } from './log-choice.ts';

const SECTOR_SIZE_BYTES = 512;

export interface AppliedEntry {
  readonly log: string;
  readonly sequence: number;
}

export interface Recovery {
  /**
   * Base block and bins: exactly 4096 + bins size bytes; fewer where the file ends before its bins, and no log holds them (finding TRUNCATED).
   * Recovered: a copy, with the header that Windows leaves; else a view of the file's bytes. Not to be written.
   */
  readonly image: Uint8Array;
  readonly view: 'primary' | 'recovered';
  readonly wasDirty: boolean;
  /** False: it is dirty and its logs do not complete it, or it is cut off. */
  readonly isUsable: boolean;
  readonly entriesApplied: number;
  readonly appliedFrom: readonly AppliedEntry[];
  /** Sequence number of the last entry applied. */
  readonly lastSequence: number | null;
  readonly findings: readonly Finding[];
}

/**
 * Recovers a hive in memory. `file` names the primary in messages; neither it nor the logs' bytes are written.
 * @throws FormatError NOT_A_HIVE (also where the header is gone and no log has another), TRUNCATED (not even the first
 *   page of the bins is there), UNSUPPORTED_VERSION.
 */
export function recover(file: string, primary: Uint8Array, logs: readonly LogFile[]): Recovery {
  const base = readBase(file, primary, logs);
  const recovery = recoverFrom(file, primary, base, logs);
  return base?.minorVersion === LAYERED_MINOR
    ? { ...recovery, findings: [...recovery.findings, remark('LAYERED_HIVE', 'warning', file, LAYERED)] }
    : recovery;
}

const LAYERED =
  'the hive is a layer of a container image (version 1.6): what it takes from the layer below is not in it, and it is not edited';

function recoverFrom(file: string, primary: Uint8Array, base: BaseBlock | null, logs: readonly LogFile[]): Recovery {
  if (base?.isChecksumRight && base.fileType !== FILE_TYPE.primary) {
    throw new FormatError(
      'NOT_A_HIVE',
      `${file} is a transaction log (type ${base.fileType}), expected a primary hive file`,
    );
  }
  if (base && !base.isDirty) return asItLies(file, primary, base, []);
  const read = readLogs(logs);
  const problems = read
    .filter(({ log }) => log.problem !== null)
    .map(({ log }) => remark('BAD_LOG', 'warning', file, log.problem!));
  const header = base?.isChecksumRight ? base : null;
  const chosen = chooseSteps(file, primary, header, read);
  const findings = [...problems, ...chosen.findings];
  if (chosen.steps.length > 0) return replay(file, primary, header, chosen.steps, findings);
  if (base) return asItLies(file, primary, base, [...findings, dirtyWithoutLogs(file, base)]);
  throw new FormatError(
    'NOT_A_HIVE',
    `${file} does not have a base block, and none of its logs has one to rebuild it from`,
  );
}

/** The base block, or null where its signature is gone but bins follow and there are logs that may have another. */
function readBase(file: string, primary: Uint8Array, logs: readonly LogFile[]): BaseBlock | null {
  try {
    return parseBaseBlock(primary, file);
  } catch (error) {
    const isOnlyHeader = error instanceof HivemendError && error.code === 'NOT_A_HIVE';
    if (!isOnlyHeader || logs.length === 0 || primary.byteLength < BASE_BLOCK_SIZE_BYTES + PAGE_SIZE_BYTES) throw error;
    const view = new DataView(primary.buffer, primary.byteOffset);
    if (view.getUint32(BASE_BLOCK_SIZE_BYTES, true) !== BIN_SIGNATURE) throw error;
    return null;
  }
}

function asItLies(file: string, primary: Uint8Array, base: BaseBlock, earlier: readonly Finding[]): Recovery {
  refuseVersion(file, base);
  const image = cut(file, primary, base.binsSizeBytes);
  const expected = BASE_BLOCK_SIZE_BYTES + base.binsSizeBytes;
  const isWhole = image.byteLength === expected;
  const text = `the file ends at byte ${primary.byteLength}, but its bins reach to ${expected}: what lies behind is lost`;
  return {
    image,
    view: 'primary',
    wasDirty: base.isDirty,
    isUsable: isWhole && !base.isDirty,
    entriesApplied: 0,
    appliedFrom: [],
    lastSequence: null,
    findings: isWhole ? earlier : [...earlier, remark('TRUNCATED', 'error', file, text)],
  };
}

function dirtyWithoutLogs(file: string, base: BaseBlock): Finding {
  const why = base.isChecksumRight
    ? `its sequence numbers are ${base.primarySequence} and ${base.secondarySequence}`
    : 'the checksum of its header is wrong';
  const text = `the hive was not written out (${why}) and no log beside it completes it: it is shown as it lies, and its last changes may be missing`;
  return remark('DIRTY_WITHOUT_LOGS', 'warning', file, text);
}

/** The hive with `steps` replayed, and the header that Windows leaves; `base` null: the log gives it. @throws FormatError UNSUPPORTED_VERSION */
export function replay(
  file: string,
  primary: Uint8Array,
  base: BaseBlock | null,
  steps: readonly Step[],
  earlier: readonly Finding[],
): Recovery {
  const last = steps.at(-1)!;
  const isDirt = last.source.log.kind === 'dirt';
  const binsSizeBytes = last.entry.binsSizeBytes;
  let largest = binsSizeBytes;
  for (const { entry } of steps) largest = Math.max(largest, entry.binsSizeBytes);
  const grown = new Uint8Array(BASE_BLOCK_SIZE_BYTES + largest);
  grown.set(primary.subarray(0, grown.byteLength));
  for (const step of steps) writePages(grown, step);
  const image = grown.subarray(0, BASE_BLOCK_SIZE_BYTES + binsSizeBytes);
  if (!base) image.set(last.source.bytes.subarray(0, HEADER_SIZE_BYTES));
  // Windows counts on from the last entry; of a DIRT log, which has no entries to count, from the header.
  const lastSequence = isDirt && base ? base.primarySequence : last.entry.sequence;
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
  const wholeSizeBytes = wholeSize(file, primary, image, steps);
  const isWhole = wholeSizeBytes === image.byteLength;
  const appliedFrom = steps.map(({ source, entry }) => ({ log: source.log.name, sequence: entry.sequence }));
  const names = [...new Set(appliedFrom.map((entry) => entry.log))].join(', ');
  return {
    image: image.subarray(0, wholeSizeBytes),
    view: 'recovered',
    wasDirty: true,
    isUsable: isWhole,
    entriesApplied: steps.length,
    appliedFrom,
    lastSequence: last.entry.sequence,
    findings: [
      ...earlier,
      ...badBins(file, image.subarray(0, wholeSizeBytes), steps),
      ...(isWhole ? [] : [cutOff(file, primary, image, wholeSizeBytes)]),
      remark(
        'RECOVERED',
        'info',
        file,
        `the hive was not written out; ${steps.length} log entries of ${names} were replayed in memory`,
      ),
    ],
  };
}

/** Writes an entry's pages into an image that has room for all of them. */
export function writePages(image: Uint8Array, { source, entry }: Step): void {
  for (const page of entry.pages) {
    const from = source.bytes.subarray(page.fileOffset, page.fileOffset + page.sizeBytes);
    image.set(from, BASE_BLOCK_SIZE_BYTES + page.offset);
  }
}

/**
 * Up to where every page of a replayed image is in the file or in an entry: what follows would be zeros that nobody wrote.
 * @throws FormatError TRUNCATED where not even the first page of the bins is
 */
function wholeSize(file: string, primary: Uint8Array, image: Uint8Array, steps: readonly Step[]): number {
  const held = new Uint8Array(image.byteLength / SECTOR_SIZE_BYTES);
  held.fill(1, 0, Math.floor(primary.byteLength / PAGE_SIZE_BYTES) * (PAGE_SIZE_BYTES / SECTOR_SIZE_BYTES));
  for (const { offset, sizeBytes } of steps.flatMap(({ entry }) => entry.pages)) {
    const start = BASE_BLOCK_SIZE_BYTES + offset;
    held.fill(1, Math.ceil(start / SECTOR_SIZE_BYTES), Math.floor((start + sizeBytes) / SECTOR_SIZE_BYTES));
  }
  const missing = held.indexOf(0);
  if (missing < 0) return image.byteLength;
  const offset = missing * SECTOR_SIZE_BYTES;
  const sizeBytes = offset - (offset % PAGE_SIZE_BYTES);
  if (sizeBytes <= BASE_BLOCK_SIZE_BYTES) throw truncated(file, primary, image.byteLength);
  return sizeBytes;
}

function truncated(file: string, primary: Uint8Array, sizeBytes: number): FormatError {
  const text = `${file} ends at byte ${primary.byteLength}, but its bins reach to ${sizeBytes}`;
  return new FormatError('TRUNCATED', text);
}

function cutOff(file: string, primary: Uint8Array, image: Uint8Array, wholeSizeBytes: number): Finding {
  const text = `the file ends at byte ${primary.byteLength}, and no log entry holds the bins at ${wholeSizeBytes}, of ${image.byteLength} bytes: what lies behind is lost`;
  return remark('TRUNCATED', 'error', file, text);
}

/** The first place after the replay where a bin should begin and none does. */
function badBins(file: string, image: Uint8Array, steps: readonly Step[]): Finding[] {
  const view = new DataView(image.buffer, image.byteOffset);
  const findings: Finding[] = [];
  let offset = BASE_BLOCK_SIZE_BYTES;
  while (offset < image.byteLength) {
    const size = view.getUint32(offset + 8, true);
    const isBin =
      view.getUint32(offset, true) === BIN_SIGNATURE &&
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
  const available = primary.byteLength - (primary.byteLength % PAGE_SIZE_BYTES);
  if (available < BASE_BLOCK_SIZE_BYTES + PAGE_SIZE_BYTES) {
    throw truncated(file, primary, sizeBytes);
  }
  return primary.subarray(0, Math.min(sizeBytes, available));
}

function refuseVersion(file: string, base: BaseBlock): void {
  if (base.majorVersion === 1 && base.minorVersion >= 3 && base.minorVersion <= 6) return;
  throw new FormatError(
    'UNSUPPORTED_VERSION',
    `${file} is of version ${base.majorVersion}.${base.minorVersion}, expected 1.3 to 1.6`,
  );
}
