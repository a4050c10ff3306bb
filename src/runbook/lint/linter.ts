// What is wrong with a script, found without a disk.

import type { Finding } from '../../base/finding.ts';
import { isIgnored, readIgnores } from './ignores.ts';
import { blockRemarks, pageRemarks } from './page-rules.ts';
import { findingOf, type Remark } from './rules.ts';
import { type Runbook, readRunbook } from './runbook.ts';

/** Findings of a script, in the order of its lines. */
export function lintRunbook(name: string, bytes: Uint8Array): Finding[] {
  return lintFindings(readRunbook(name, bytes));
}

export function lintFindings(runbook: Runbook): Finding[] {
  const ignores = readIgnores(runbook.source.lines);
  const remarks = [...runbook.blocks.flatMap((block) => [...blockRemarks(block)]), ...pageRemarks(runbook)];
  const shown = remarks.filter((remark) => !isIgnored(ignores, remark));
  return distinct(shown)
    .sort((a, b) => a.line - b.line || a.column - b.column)
    .map((remark) => findingOf(remark, runbook.source.name));
}

function distinct(remarks: readonly Remark[]): Remark[] {
  const byPlace = new Map<string, Remark>();
  for (const remark of remarks) {
    const key = `${remark.rule}:${remark.line}:${remark.column}`;
    if (!byPlace.has(key)) byPlace.set(key, remark);
  }
  return [...byPlace.values()];
}
