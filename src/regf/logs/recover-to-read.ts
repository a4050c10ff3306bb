// What a reader makes of a hive where Windows' own rules of recovery leave it as it lies: a log of the old form that is
// newer than the hive, and a header whose checksum is wrong, of which nothing is believed. Nothing of this is written.

import { FormatError } from '../../base/errors.ts';
import { remark } from '../../base/finding.ts';
import { BASE_BLOCK, BASE_BLOCK_SIZE_BYTES, type BaseBlock, parseBaseBlockIfAny } from '../base-block.ts';
import { BIN_HEADER_SIZE_BYTES } from '../cells.ts';
import { BIN_SIGNATURE, LAYERED_MINOR, NK, NK_FLAG, PAGE_SIZE_BYTES, SIGNATURE } from '../layout.ts';
import { type LogFile, newerDirt, readLogs } from './log-choice.ts';
import { type Recovery, recover, replay } from './recover.ts';

/**
 * As recover, for reading alone: `isUsable` is false wherever it goes further than Windows' rules.
 * @throws as recover, but only where no bins are in the file, or a header that is whole says it.
 */
export function recoverToRead(file: string, primary: Uint8Array, logs: readonly LogFile[]): Recovery {
  const base = primary.byteLength < BASE_BLOCK_SIZE_BYTES ? null : parseBaseBlockIfAny(primary, file);
  const header = base?.isChecksumRight ? base : null;
  if (header && !header.isDirty) return recover(file, primary, logs);
  const strict = attempt(() => recover(file, primary, logs));
  if (strict.recovery?.view === 'recovered') return strict.recovery;
  const lax = laxly(file, primary, header, logs);
  if (lax) return lax;
  if (header) return strict.orThrow();
  const image = withFoundHeader(primary, base);
  if (image === null) return strict.orThrow();
  const why = base ? 'the checksum of its header is wrong' : 'its header is gone';
  const text = `the hive is dirty (${why}) and no log completes it: its size and root were found by its bins, and its last changes may be missing`;
  return {
    image,
    view: 'primary',
    wasDirty: true,
    isUsable: false,
    entriesApplied: 0,
    appliedFrom: [],
    lastSequence: null,
    findings: [
      ...(strict.recovery?.findings.filter(({ code }) => code === 'BAD_LOG') ?? []),
      remark('DIRTY_WITHOUT_LOGS', 'warning', file, text),
    ],
  };
}

interface Attempt {
  readonly recovery: Recovery | null;
  orThrow(): Recovery;
}

function attempt(work: () => Recovery): Attempt {
  try {
    const recovery = work();
    return { recovery, orThrow: () => recovery };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return {
      recovery: null,
      orThrow: () => {
        throw error;
      },
    };
  }
}

/** The newest log of the old form that is newer than the hive, replayed; null where there is none. */
function laxly(file: string, primary: Uint8Array, header: BaseBlock | null, logs: readonly LogFile[]): Recovery | null {
  const step = newerDirt(primary, header, readLogs(logs));
  if (step === null) return null;
  const { recovery } = attempt(() => replay(file, primary, header, [step], []));
  if (recovery === null) return null;
  const text = `${step.source.log.name} is newer than the hive, and not of the same time, so Windows would not apply it: it was replayed for reading alone`;
  return {
    ...recovery,
    isUsable: false,
    findings: [...recovery.findings, remark('LAX_RECOVERY', 'warning', file, text)],
  };
}

/** Base block and bins, with the size, version and root that the bins tell; null where no bins or no root is found. */
function withFoundHeader(primary: Uint8Array, base: BaseBlock | null): Uint8Array | null {
  const binsSizeBytes = sizeOfBins(primary);
  const image = primary.slice(0, BASE_BLOCK_SIZE_BYTES + binsSizeBytes);
  const view = new DataView(image.buffer);
  const stated = base && isRoot(view, base.rootCellOffset) ? base.rootCellOffset : null;
  const root = stated ?? rootIn(view);
  if (root === null) return null;
  const isKnown = base?.majorVersion === 1 && base.minorVersion >= 3 && base.minorVersion <= LAYERED_MINOR;
  image.set([0x72, 0x65, 0x67, 0x66]);
  view.setUint32(BASE_BLOCK.majorVersion, 1, true);
  view.setUint32(BASE_BLOCK.minorVersion, isKnown ? base.minorVersion : 5, true);
  view.setUint32(BASE_BLOCK.rootCell, root, true);
  view.setUint32(BASE_BLOCK.binsSize, binsSizeBytes, true);
  return image;
}

function sizeOfBins(primary: Uint8Array): number {
  const view = new DataView(primary.buffer, primary.byteOffset, primary.byteLength);
  let at = BASE_BLOCK_SIZE_BYTES;
  while (at + PAGE_SIZE_BYTES <= primary.byteLength && view.getUint32(at, true) === BIN_SIGNATURE) {
    const sizeBytes = view.getUint32(at + 8, true);
    const isWhole = sizeBytes >= PAGE_SIZE_BYTES && sizeBytes % PAGE_SIZE_BYTES === 0;
    if (!isWhole || at + sizeBytes > primary.byteLength) return at + PAGE_SIZE_BYTES - BASE_BLOCK_SIZE_BYTES;
    at += sizeBytes;
  }
  return at - BASE_BLOCK_SIZE_BYTES;
}

/** The first key that says of itself that it is the root. */
function rootIn(view: DataView): number | null {
  for (let cell = BIN_HEADER_SIZE_BYTES; cell < view.byteLength - BASE_BLOCK_SIZE_BYTES; cell += 8) {
    if (isRoot(view, cell)) return cell;
  }
  return null;
}

function isRoot(view: DataView, cellOffset: number): boolean {
  const record = BASE_BLOCK_SIZE_BYTES + cellOffset + 4;
  if (cellOffset % 8 !== 0 || record + NK.name > view.byteLength) return false;
  return (
    view.getUint16(record, true) === SIGNATURE.nk && (view.getUint16(record + NK.flags, true) & NK_FLAG.hiveEntry) !== 0
  );
}
