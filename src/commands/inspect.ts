// inspect: a hive's header, its logs entry by entry, what recovery makes of them, and on request its defects.

import type { Finding } from '../base/finding.ts';
import { namedEntry } from '../base/open-entry.ts';
import { printable } from '../base/text.ts';
import { timeText } from '../base/time.ts';
import { sha256 } from '../disk/sha256.ts';
import type { TimeRecord } from '../formats/lines/json-records.ts';
import { timeRecord } from '../formats/lines/jsonl.ts';
import { type HiveKind, hiveKind } from '../hive/kind.ts';
import { type HiveSource, type LogOnDisk, openSource, type ReadHost, type SourceOptions } from '../hive/open.ts';
import { type BaseBlock, parseBaseBlock, parseBaseBlockIfAny } from '../regf/base-block.ts';
import { validate } from '../regf/gate/validate.ts';
import { type EntryChange, logTimeline } from '../regf/logs/changes.ts';
import { type HiveLog, parseLog } from '../regf/logs/log.ts';
import { type EntryVerdict, type EntryWithVerdict, logVerdicts } from '../regf/logs/log-verdicts.ts';
import { formatKeyPath } from '../registry/path.ts';
import { changeText } from './timeline-events.ts';

export interface InspectOptions extends SourceOptions {
  /** Also every defect of structure that Windows would meet. */
  readonly withValidation?: boolean;
  /** Also which keys and values each log entry changed. */
  readonly withChanges?: boolean;
}

export interface HeaderInspection {
  readonly primarySequence: number;
  readonly secondarySequence: number;
  readonly isChecksumRight: boolean;
  readonly isDirty: boolean;
  readonly lastWritten: TimeRecord;
  readonly version: string;
  readonly fileType: number;
  readonly rootCellOffset: number;
  readonly binsSizeBytes: number;
  readonly fileName: string;
  readonly flags: number | null;
}

export interface EntryInspection {
  readonly fileOffset: number;
  readonly sizeBytes: number;
  readonly sequence: number;
  readonly binsSizeBytes: number;
  readonly pages: readonly { readonly offset: number; readonly sizeBytes: number }[];
  readonly verdict: EntryVerdict;
  readonly problem: string | null;
}

export interface LogInspection {
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly kind: HiveLog['kind'];
  readonly header: HeaderInspection | null;
  /** Every entry that lies in it, with what becomes of it; what older rounds left follows the last that continues. */
  readonly entries: readonly EntryInspection[];
  readonly problem: string | null;
}

/** JSON-safe. */
export interface Inspection {
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly kind: HiveKind;
  readonly header: HeaderInspection;
  readonly logs: readonly LogInspection[];
  readonly view: 'primary' | 'recovered';
  readonly entriesApplied: number;
  readonly findings: readonly Finding[];
  /** Null unless asked for. */
  readonly defects: readonly Finding[] | null;
  /** What each log entry changed, in order; null unless asked for. */
  readonly changes: readonly EntryChanges[] | null;
}

export interface EntryChanges {
  readonly log: string;
  readonly sequence: number;
  /** The latest time that the entry wrote in a key. */
  readonly latestKeyTime: TimeRecord | null;
  /** Null where the tree cannot be read before or after; `problem` says why. */
  readonly changes: readonly EntryChange[] | null;
  readonly problem: string | null;
}

/** Looks at a hive file and its logs; never writes. @throws as openSource. */
export function inspectHive(host: ReadHost, named: string, options: InspectOptions = {}): Inspection {
  const path = namedEntry(host.fs, named);
  const source = openSource(host, path, options);
  const verdicts = logVerdicts(path, source.original, source.logs);
  return {
    path,
    sizeBytes: source.original.byteLength,
    sha256: sha256(source.original),
    kind: hiveKind(source.hive),
    header: headerOf(storedHeader(source)),
    logs: source.logs.map((log) =>
      logOf(
        log,
        verdicts.filter((one) => one.log === log.name),
      ),
    ),
    view: source.recovery.view,
    entriesApplied: source.recovery.entriesApplied,
    findings: source.findings(),
    defects: options.withValidation ? validate(source.recovery.image, path) : null,
    changes: options.withChanges ? changesOf(source) : null,
  };
}

/** The header as it lies, or, where its signature is gone, as it was found. */
function storedHeader({ original, recovery, path }: HiveSource): BaseBlock {
  const lost = (): BaseBlock => ({ ...parseBaseBlock(recovery.image, path), isChecksumRight: false, isDirty: true });
  return parseBaseBlockIfAny(original, path) ?? lost();
}

function changesOf(source: HiveSource): EntryChanges[] {
  return logTimeline(source.path, source.original, source.logs).map((entry) => ({
    log: entry.log,
    sequence: entry.sequence,
    latestKeyTime: entry.latestKeyTime === null ? null : timeRecord(entry.latestKeyTime),
    changes: entry.changes,
    problem: entry.problem,
  }));
}

/** 1 where a defect of error severity was found, else 0. */
export function inspectionExitCode(inspection: Inspection): 0 | 1 {
  return inspection.defects?.some((defect) => defect.severity === 'error') ? 1 : 0;
}

function headerOf(base: BaseBlock): HeaderInspection {
  return {
    primarySequence: base.primarySequence,
    secondarySequence: base.secondarySequence,
    isChecksumRight: base.isChecksumRight,
    isDirty: base.isDirty,
    lastWritten: timeRecord(base.lastWritten),
    version: `${base.majorVersion}.${base.minorVersion}`,
    fileType: base.fileType,
    rootCellOffset: base.rootCellOffset,
    binsSizeBytes: base.binsSizeBytes,
    fileName: base.fileName,
    flags: base.flags,
  };
}

function logOf({ path, name, bytes }: LogOnDisk, verdicts: readonly EntryWithVerdict[]): LogInspection {
  const log = parseLog(name, bytes);
  return {
    path,
    sizeBytes: bytes.byteLength,
    sha256: sha256(bytes),
    kind: log.kind,
    header: log.base === null ? null : headerOf(log.base),
    entries: verdicts.map(entryOf),
    problem: log.problem,
  };
}

function entryOf({ entry, verdict }: EntryWithVerdict): EntryInspection {
  return {
    fileOffset: entry.fileOffset,
    sizeBytes: entry.sizeBytes,
    sequence: entry.sequence,
    binsSizeBytes: entry.binsSizeBytes,
    pages: entry.pages.map(({ offset, sizeBytes }) => ({ offset, sizeBytes })),
    verdict,
    problem: entry.problem,
  };
}

/** An inspection for people. */
export function inspectionText(inspection: Inspection): string {
  const { header } = inspection;
  const lines = [
    `${printable(inspection.path)}: ${inspection.kind}, version ${header.version}, ${inspection.sizeBytes} bytes`,
    `  sha256        ${inspection.sha256}`,
    `  name inside   ${printable(header.fileName)}`,
    `  last written  ${timeText(BigInt(header.lastWritten.filetime))}`,
    `  sequence      ${header.primarySequence} / ${header.secondarySequence}${header.isDirty ? '  (dirty)' : ''}`,
    `  checksum      ${header.isChecksumRight ? 'right' : 'WRONG'}`,
    `  bins          ${header.binsSizeBytes} bytes, root key at ${header.rootCellOffset}`,
    `  view          ${inspection.view}${inspection.entriesApplied > 0 ? `, ${inspection.entriesApplied} log entries applied` : ''}`,
    ...inspection.logs.flatMap(logLines),
    ...findingLines('findings', inspection.findings),
    ...(inspection.defects === null ? [] : findingLines('defects', inspection.defects)),
    ...(inspection.changes === null ? [] : changeLines(inspection.changes)),
  ];
  return `${lines.join('\n')}\n`;
}

const VERDICT_TEXTS: Readonly<Record<EntryVerdict, string>> = {
  applied: 'applied',
  clean: 'not applied, the hive is clean',
  stale: 'not applied, older than the hive',
  'not-reached': 'not applied, what should come before it is missing or broken',
  remnant: 'not applied, left by an older round',
  broken: 'broken',
};

function logLines(log: LogInspection): string[] {
  const sequence =
    log.header === null ? '' : `, sequence ${log.header.primarySequence} / ${log.header.secondarySequence}`;
  return [
    `${printable(log.path)}: ${log.kind}${sequence}, ${log.sizeBytes} bytes`,
    ...(log.problem === null ? [] : [`  ${log.problem}`]),
    ...log.entries.map((entry) => {
      const size = entry.pages.reduce((sum, page) => sum + page.sizeBytes, 0);
      const what = `${entry.pages.length} runs of pages, ${size} bytes`;
      const why = entry.problem === null ? '' : `: ${entry.problem}`;
      return `  entry ${entry.sequence} at ${entry.fileOffset}: ${what}, ${VERDICT_TEXTS[entry.verdict]}${why}`;
    }),
  ];
}

function changeLines(entries: readonly EntryChanges[]): string[] {
  if (entries.length === 0) return ['changes: none (the hive is clean, or no log entry is due)'];
  return entries.flatMap(({ log, sequence, latestKeyTime, changes, problem }) => [
    `changes of entry ${sequence} of ${printable(log)}${latestKeyTime === null ? '' : `, ${timeText(BigInt(latestKeyTime.filetime))}`}:`,
    ...(problem === null ? [] : [`  ${printable(problem)}`]),
    ...(changes ?? []).map(
      (change) => `  \\${printable(formatKeyPath(change.path))}: ${printable(changeText(change))}`,
    ),
  ]);
}

function findingLines(title: string, findings: readonly Finding[]): string[] {
  if (findings.length === 0) return [`${title}: none`];
  return [
    `${title}:`,
    ...findings.map(({ severity, code, where, text }) => {
      const place = where.offset === undefined ? '' : ` at ${where.offset}`;
      const key = where.key === undefined ? '' : ` \\${printable(where.key)}`;
      return `  ${severity} ${code}${place}${key}: ${printable(text)}`;
    }),
  ];
}
