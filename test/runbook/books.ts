// The books of this folder: scripts in the shapes of published ones, with what becomes of each beside it.

import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { idOf } from '../../src/render/sarif.ts';
import type { PreparedRun } from '../../src/runbook/run/run.ts';
import { put } from '../cli/process.ts';
import { buildFixture } from '../fixture-hives.ts';
import { changesOf, disk, file, type RunOptions, type TestDisk } from './disk.ts';

export const BOOKS = fileURLToPath(new URL('./books/', import.meta.url));

/** Scripts by name. */
export const bookNames = readdirSync(BOOKS)
  .filter((name) => !name.endsWith('.json'))
  .sort();

export interface BookResult {
  readonly refusal: string | null;
  readonly changes: readonly string[];
  /** 'line state rule' of each line that was reached. */
  readonly steps: readonly string[];
  readonly findings: readonly string[];
  readonly listings: readonly string[];
}

/** Options that some books are run with. */
const OPTIONS: Readonly<Record<string, RunOptions>> = {
  'cut-skipped.cmd': { skipUnresolved: true },
  'boot-repair-elsewhere.cmd': { partitions: ['F:=mbr:1a2b3c4d@1048576'] },
  'partition.cmd': { partitions: ['F:=mbr:1a2b3c4d@1048576'] },
  'services-sc.cmd': { withLiveBlocks: true },
};

/** The disk that the books are written for; `gen2` has its store on a second volume. */
export function bookDisk(name: string): TestDisk {
  const on = disk({ esp: name.startsWith('gen2') });
  file(on.windows, 'Windows/System32/drivers/bad.sys', 'bad');
  file(on.windows, 'Windows/System32/drivers/good.sys', 'good');
  file(on.windows, 'Windows/System32/drivers/log.txt', 'log');
  put(on.windows, 'Windows/System32/config/RegBack/SOFTWARE', buildFixture('SOFTWARE'));
  put(on.windows, 'Windows/System32/config/RegBack/SYSTEM', buildFixture('SYSTEM-healthy'));
  if (name.startsWith('user')) {
    for (const user of ['alice', 'Default']) put(on.windows, `Users/${user}/NTUSER.DAT`, buildFixture('SOFTWARE'));
  }
  file(
    on.windows,
    'fix.reg',
    'Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\BROKENSYSTEM\\ControlSet001\\Control\\Lsa]\r\n"FromFile"=dword:00000007\r\n',
  );
  return on;
}

export function bookOptions(name: string): RunOptions {
  return { name, ...OPTIONS[name] };
}

/** What a book would do to its disk. */
export function resultOf(ready: PreparedRun): BookResult {
  return {
    refusal: ready.refusal?.code ?? null,
    changes: changesOf(ready),
    steps: ready.steps.map((step) => `${step.at.line} ${step.state}${step.rule === null ? '' : ` ${step.rule}`}`),
    findings: ready.findings.map((finding) => `${finding.where.line}:${finding.where.column} ${idOf(finding)}`),
    listings: [...ready.listings.keys()],
  };
}
