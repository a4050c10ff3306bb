// The gate: whether an image is a hive that Windows loads and every reader understands. At least as strict as Windows at
// load, and stricter where a writer can err.

import type { FindingCode } from '../../base/codes/codes.ts';
import { DEFECTS, type DefectCode } from '../../base/codes/defects.ts';
import { HivemendError } from '../../base/errors.ts';
import type { Finding } from '../../base/finding.ts';
import { append } from '../../base/lists.ts';
import { BASE_BLOCK, BASE_BLOCK_SIZE_BYTES, FILE_TYPE, headerChecksum, parseBaseBlock } from '../base-block.ts';
import { Gate } from './gate.ts';
import { validateKeys } from './validate-keys.ts';
import { validateSecurity } from './validate-security.ts';

/**
 * Judges a whole image (4096 + bins size bytes); `file` is what findings name. Never throws on bad bytes.
 * @returns the defects, in the order in which they were met; [] for a sound hive.
 */
export function validate(image: Uint8Array, file: string): Finding[] {
  const header = readHeader(image, file);
  if (header.rootCellOffset === null) return header.findings;
  const gate = new Gate(image, file, header.minorVersion);
  append(gate.findings, header.findings);
  gate.readCells();
  const securityUses = validateKeys(gate, header.rootCellOffset);
  validateSecurity(gate, securityUses);
  gate.reportLeaks();
  return gate.findings;
}

/** What `validate` finds of the base block alone. */
export function validateHeader(image: Uint8Array, file: string): Finding[] {
  return readHeader(image, file).findings;
}

/** Whether a defect is one that validateHeader finds. */
export function isHeaderDefect({ code }: Finding): boolean {
  return code.startsWith('HEADER_');
}

interface HeaderCheck {
  readonly findings: Finding[];
  readonly minorVersion: number;
  /** Null where nothing behind the header can be judged. */
  readonly rootCellOffset: number | null;
}

function readHeader(image: Uint8Array, file: string): HeaderCheck {
  const findings: Finding[] = [];
  const report = (code: keyof typeof DEFECTS, offset: number, text: string): void => {
    findings.push({ code, severity: DEFECTS[code].severity, where: { file, offset }, text });
  };
  let base: ReturnType<typeof parseBaseBlock>;
  try {
    base = parseBaseBlock(image, file);
  } catch (error) {
    if (!(error instanceof HivemendError)) throw error;
    report('HEADER_SIGNATURE', 0, error.message);
    return { findings, minorVersion: 0, rootCellOffset: null };
  }
  if (!base.isChecksumRight) {
    report(
      'HEADER_CHECKSUM',
      BASE_BLOCK.checksum,
      `the checksum is ${base.checksum}, expected ${headerChecksum(image)}`,
    );
  }
  if (base.primarySequence !== base.secondarySequence) {
    const text = `the sequence numbers are ${base.primarySequence} and ${base.secondarySequence}, expected equal ones`;
    report('HEADER_SEQUENCE', BASE_BLOCK.primarySequence, text);
  }
  if (base.majorVersion !== 1 || base.minorVersion < 3 || base.minorVersion > 6) {
    const text = `the version is ${base.majorVersion}.${base.minorVersion}, expected 1.3 to 1.6`;
    report('HEADER_VERSION', BASE_BLOCK.majorVersion, text);
  }
  if (base.fileType !== FILE_TYPE.primary) {
    report('HEADER_TYPE', BASE_BLOCK.fileType, `the file type is ${base.fileType}, expected 0`);
  }
  if (base.fileFormat !== 1) {
    report('HEADER_FORMAT', BASE_BLOCK.fileFormat, `the file format is ${base.fileFormat}, expected 1`);
  }
  if (base.clusteringFactor !== 1) {
    const text = `the clustering factor is ${base.clusteringFactor}, expected 1`;
    report('HEADER_CLUSTERING', BASE_BLOCK.clusteringFactor, text);
  }
  const available = image.byteLength - BASE_BLOCK_SIZE_BYTES;
  if (base.binsSizeBytes !== available || base.binsSizeBytes === 0 || base.binsSizeBytes % 4096 !== 0) {
    const text = `the bins are said to have ${base.binsSizeBytes} bytes, and ${available} are there`;
    report('HEADER_BINS_SIZE', BASE_BLOCK.binsSize, text);
    return { findings, minorVersion: base.minorVersion, rootCellOffset: null };
  }
  return { findings, minorVersion: base.minorVersion, rootCellOffset: base.rootCellOffset };
}

export interface ValidationComparison {
  /** Defects that `after` has and `before` had not. */
  readonly introduced: readonly Finding[];
  /** Defects that both have, in the same place. */
  readonly kept: readonly Finding[];
}

/**
 * Compares what the gate found before and after an edit: a defect that stayed in its place was not touched. A number that
 * is as far off as it was, or less, is kept too: a largest length that is still too small, a count that is still too high.
 */
export function compareValidation(before: readonly Finding[], after: readonly Finding[]): ValidationComparison {
  const left = new Map<string, Finding[]>();
  for (const finding of before) {
    const same = left.get(identity(finding));
    if (same) same.push(finding);
    else left.set(identity(finding), [finding]);
  }
  const introduced: Finding[] = [];
  const kept: Finding[] = [];
  for (const finding of after) {
    const was = left.get(identity(finding))?.pop();
    if (was && !isWorse(was, finding)) kept.push(finding);
    else introduced.push(finding);
  }
  return { introduced, kept };
}

/** Codes whose measure is a size, so that an edit beside the defect may change it without doing harm. */
const SIZES: ReadonlySet<FindingCode> = new Set<DefectCode>([
  'LIST_COUNT',
  'LIST_LONG',
  'MAX_CLASS',
  'MAX_NAME',
  'MAX_VALUE_DATA',
  'MAX_VALUE_NAME',
  'SK_COUNT',
  'SUBKEY_COUNT',
]);

/** A measure that is no size (an offset, a hash) makes another defect of it when it changes. */
function identity({ code, where, measure }: Finding): string {
  const place = `${code} ${where.offset}`;
  return measure === undefined || SIZES.has(code) ? place : `${place} ${measure.stated} ${measure.needed}`;
}

/** Of two defects of one identity: the number is further off than it was, or off to the other side. */
function isWorse({ measure: before }: Finding, { measure: after }: Finding): boolean {
  if (before === undefined || after === undefined) return false;
  const was = before.stated - before.needed;
  const is = after.stated - after.needed;
  return Math.sign(is) !== Math.sign(was) || Math.abs(is) > Math.abs(was);
}
