// The core without Node, for browser pages and workers: hives as bytes in, bytes out. Whoever calls it brings the compiled
// engine (hivemend/hivex.wasm) and, where bytes are edited, the clock is the page's own.

import { joinBytes } from './base/bytes.ts';
import { HivemendError } from './base/errors.ts';
import type { Finding } from './base/finding.ts';
import { msToFiletime } from './base/time.ts';
import type { Engine } from './engine/module.ts';
import { writeRegDiff } from './formats/diff-text.ts';
import { type HiveFile, openedOf } from './hive/file/hive-file.ts';
import { type GivenHive, openGivenBytes } from './hive/file/open-bytes.ts';
import { type HiveKind, hiveKind, usualPrefix } from './hive/kind.ts';
import { type DeletedRecord, deletedRecords } from './regf/deleted/deleted-records.ts';
import type { Change, HiveEdit } from './registry/edit.ts';
import { diffHives } from './registry/proof/diff.ts';
import { openVerifierHive } from './registry/readers/verifier-hive.ts';
import { diagnoseMachine, type MachineDiagnosis } from './repairs/diagnose.ts';
import { hivesView } from './repairs/machine.ts';
import { planOptions } from './repairs/plan.ts';
import { DEFAULT_PROFILE, profileNamed } from './repairs/profiles.ts';
import type { Symptom } from './repairs/summary.ts';
import type { MachineFacts } from './repairs/view.ts';

export * from './base/errors.ts';
export type { Finding, Where } from './base/finding.ts';
export { filetimeToIso, isoToFiletime } from './base/time.ts';
export { BcdStore } from './bcd/store.ts';
export { Engine } from './engine/module.ts';
export { parseRegFile } from './formats/reg/reader.ts';
export { writeRegFile } from './formats/reg/writer.ts';
export type { HiveFile, HiveWalkOptions } from './hive/file/hive-file.ts';
export { HiveKey, HiveValue, type ValueData, type WalkOptions } from './hive/file/hive-key.ts';
export type { PathInput, ValueInput } from './hive/file/input.ts';
export type { HiveKind } from './hive/kind.ts';
export { type BaseBlock, parseBaseBlock } from './regf/base-block.ts';
export type { DeletedKey, DeletedRecord, DeletedValue } from './regf/deleted/deleted-records.ts';
export { validate } from './regf/gate/validate.ts';
export type { Change, Edit, HiveEdit, KeyPath, RegValue, State } from './registry/edit.ts';
export { binary, dword, expandSz, multiSz, qword, regValue, sz, typeName, typeNumber } from './registry/value.ts';
export { fromSddl, parseDescriptor, toSddl } from './security/index.ts';

/** Of a hive that is given as bytes. */
export interface HiveBytesOptions extends GivenHive {
  readonly engine: Engine;
  /** FILETIME now, for the keys that edits stamp; default: the clock of this system. */
  readonly now?: () => bigint;
}

/** 'SYSTEM', 'BCD' and so on, from the names at the top of a hive as it lies, without a scan of it; 'other' where nothing tells. */
export function kindOfHive(bytes: Uint8Array): HiveKind {
  try {
    return hiveKind(openVerifierHive('HIVE', bytes, 'HIVE', 'primary'));
  } catch (error) {
    if (error instanceof HivemendError) return 'other';
    throw error;
  }
}

/** Hives of one Windows, each opened with the name that plans have for it: 'SYSTEM', 'SOFTWARE', 'BCD'. */
export interface WindowsHives {
  readonly system: HiveFile;
  readonly software?: HiveFile | undefined;
  readonly bcd?: HiveFile | undefined;
}

export interface HivesDiagnosis extends MachineDiagnosis {
  /** FILETIME of the diagnosis. */
  readonly now: bigint;
  readonly machine: MachineFacts;
}

/**
 * What `hivemend diagnose` says of these hives, and the plan of `hivemend repair`, without the disk that they come from: what
 * needs its files is under `summary.notChecked`. Nothing is edited.
 */
export function diagnoseHives(
  { system, software, bcd }: WindowsHives,
  options: { readonly symptom?: Symptom; readonly now?: bigint } = {},
): HivesDiagnosis {
  const opened = {
    system: openedOf(system),
    software: software ? openedOf(software) : null,
    bcd: bcd ? openedOf(bcd) : null,
  };
  const { now = msToFiletime(Date.now()) } = options;
  const view = hivesView(opened, now);
  return {
    now,
    machine: view.machine,
    ...diagnoseMachine(view, planOptions(profileNamed(DEFAULT_PROFILE), {}), options.symptom),
  };
}

/** What `hive.edit(edits)` would change, in order; nothing is edited. @throws as WorkingHive.apply; FormatError; RefusedError DIRTY_HIVE */
export function previewEdits(
  hive: HiveFile,
  edits: readonly HiveEdit[],
  now: bigint = msToFiletime(Date.now()),
): readonly Change[] {
  return openedOf(hive).edit(false).preview(edits, now);
}

/** What can still be read of deleted keys and values: traces, each with its confidence. */
export function deletedIn(hive: HiveFile): DeletedRecord[] {
  const { recovery, path } = openedOf(hive);
  return deletedRecords(recovery.image, path);
}

/** The edits of a hive as the .reg file that makes them, with a finding for each that such a file cannot say. */
export function regFileOf(hive: HiveFile): { readonly bytes: Uint8Array; readonly findings: readonly Finding[] } {
  const open = openedOf(hive);
  const before = openVerifierHive(open.name, open.recovery.image, open.path, 'recovered');
  const after = openVerifierHive(open.name, open.image(), open.path, 'recovered');
  const differences = diffHives(before, after).filter(({ kind }) => kind !== 'time-changed');
  const chunks: Uint8Array[] = [];
  const options = { prefix: usualPrefix(hive.kind), file: open.path, after };
  const findings = writeRegDiff(differences, options, (chunk) => chunks.push(chunk));
  return { bytes: joinBytes(chunks), findings };
}

/** Opens a hive, replaying its logs in memory where it is dirty. @throws UsageError BAD_ARGUMENT; FormatError */
export function openHive(bytes: Uint8Array, options: HiveBytesOptions): HiveFile {
  const { engine, now = () => msToFiletime(Date.now()) } = options;
  return openGivenBytes(engine, bytes, options, now);
}
