// diff: what two hives hold that differs, or what a hive's logs would change in it.

import type { Finding } from '../base/finding.ts';
import { namedEntry } from '../base/open-entry.ts';
import { writeRegDiff, writeUnifiedDiff } from '../formats/diff-text.ts';
import { hiveKind, usualPrefix } from '../hive/kind.ts';
import { type HiveSource, openSource, type ReadHost } from '../hive/open.ts';
import type { Hive } from '../registry/hive.ts';
import { diffHives, type HiveDifference } from '../registry/proof/diff.ts';
import type { Sink } from './export.ts';

export interface DiffOptions {
  readonly format: 'text' | 'json' | 'reg';
  /** Both files as they lie: no log is replayed. Has no meaning for one file and its recovered self. */
  readonly isRaw?: boolean;
  /** Last-written times of keys too. */
  readonly withTimes?: boolean;
  /** .reg: what stands for the hives' root; by default where Windows shows a hive of the new one's kind. */
  readonly prefix?: string;
}

export interface DiffResult {
  /** 0: the same, 1: they differ. */
  readonly exitCode: 0 | 1;
  readonly differences: readonly HiveDifference[];
  readonly findings: readonly Finding[];
}

/** The difference of two hives that are open; the sink gets text or bytes. */
export function diffOpenHives(
  before: { readonly hive: Hive; readonly label: string },
  after: { readonly hive: Hive; readonly label: string; readonly prefix: string },
  options: DiffOptions,
  sink: Sink,
): DiffResult {
  const all = diffHives(before.hive, after.hive);
  const differences = options.withTimes ? all : all.filter(({ kind }) => kind !== 'time-changed');
  let findings: readonly Finding[] = [];
  if (options.format === 'text') writeUnifiedDiff(differences, { before: before.label, after: after.label }, sink);
  else if (options.format === 'json') {
    sink(`${JSON.stringify({ schema: 1, before: before.label, after: after.label, differences })}\n`);
  } else {
    const prefix = options.prefix ?? after.prefix;
    findings = writeRegDiff(differences, { prefix, file: after.label, after: after.hive }, sink);
  }
  return { exitCode: differences.length === 0 ? 0 : 1, differences, findings };
}

/**
 * The difference of two hive files, each with its logs replayed in memory. Without `newPath`, of the hive as it lies and
 * its recovered self. @throws as openSource.
 */
export function diffFiles(
  host: ReadHost,
  oldPath: string,
  newPath: string | null,
  options: DiffOptions,
  sink: Sink,
): DiffResult {
  const [older, newer] = [namedEntry(host.fs, oldPath), newPath === null ? null : namedEntry(host.fs, newPath)];
  const before = openSource(host, older, { isRaw: newPath === null || (options.isRaw ?? false) });
  const after = openSource(host, newer ?? older, { isRaw: newPath !== null && (options.isRaw ?? false) });
  const label = (source: HiveSource): string =>
    newPath === null ? `${source.path} (${source.hive.view})` : source.path;
  const result = diffOpenHives(
    { hive: before.hive, label: label(before) },
    { hive: after.hive, label: label(after), prefix: usualPrefix(hiveKind(after.hive)) },
    options,
    sink,
  );
  return { ...result, findings: [...before.findings(), ...after.findings(), ...result.findings] };
}
