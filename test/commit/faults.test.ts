// Every file operation of a commit and of an undo fails in turn (each second one here, from a seeded start; the deep tier
// takes all), until one run meets no failure any more. The error must say what the disk holds: exit 6 and every refusal,
// the original; exit 7, a state from which undo and finish both work.

import { afterAll, describe, expect, it } from 'vitest';
import { HivemendError } from '../../src/base/errors.ts';
import { findJournals } from '../../src/commit/journal/journals.ts';
import { finishUndo, undo } from '../../src/commit/undo.ts';
import { isDeep, seedOr } from '../deep.ts';
import { type Disk, type Fault, HostError } from './disk-simulator.ts';
import { commitRow, contentOf, diskOf, hostOf, ROOT, ROWS, type Row, requestOf, VOLUME } from './rows.ts';

interface Kind {
  readonly name: string;
  /** Whether every operation from the first failure on fails, too. */
  readonly lasts: boolean;
  /** What fails. */
  readonly touches: (operation: string) => boolean;
  readonly fail: (operation: string) => number;
}

const throwing =
  (code: string) =>
  (operation: string): never => {
    throw new HostError(code, operation);
  };
const writes = new Set(['write', 'mkdir', 'truncate', 'fsync', 'rename', 'unlink', 'rmdir', 'chmod', 'setxattr']);
const KINDS: readonly Kind[] = [
  { name: 'EIO once', lasts: false, touches: () => true, fail: throwing('EIO') },
  { name: 'EIO from then on', lasts: true, touches: () => true, fail: throwing('EIO') },
  {
    name: 'ENOSPC once',
    lasts: false,
    touches: (operation) => operation === 'write' || operation === 'mkdir',
    fail: throwing('ENOSPC'),
  },
  { name: 'EROFS from then on', lasts: true, touches: (operation) => writes.has(operation), fail: throwing('EROFS') },
  { name: 'a short write', lasts: false, touches: (operation) => operation === 'write', fail: () => 100 },
];

const NAMES = [
  'HvLE, clean, growth over trailing data',
  'HvLE, dirty, two logs',
  'DIRT, dirty, growth',
  'no logs, clean',
  'several files: hive, made, overwritten, deleted, moved',
  'files alone: shorter, and a descriptor',
];
const rows = isDeep ? ROWS : ROWS.filter(({ name }) => NAMES.includes(name));
const STEP = isDeep ? 1 : 2;
const FIRST = isDeep ? 0 : seedOr(Date.now() % 1_000_000) % STEP;
const outcomes = new Map<string, Map<string, number>>();

afterAll(() => {
  const lines = [...outcomes].map(
    ([row, counts]) => `${row}: ${[...counts].map(([what, count]) => `${count} ${what}`).join(', ')}`,
  );
  process.stdout.write(`\nFailing operations\n${lines.join('\n')}\n`);
});

function count(row: string, what: string): void {
  const counts = outcomes.get(row) ?? new Map<string, number>();
  outcomes.set(row, counts.set(what, (counts.get(what) ?? 0) + 1));
}

/** Runs `action` with the n-th operation of that kind failing; false where there was no n-th. */
function failNth(disk: Disk, kind: Kind, n: number, action: () => void): { met: boolean; error: unknown } {
  let index = -1;
  let met = false;
  const fault: Fault = (operation) => {
    if (!kind.touches(operation)) return undefined;
    index += 1;
    if (index !== n && !(kind.lasts && index > n)) return undefined;
    met = true;
    return kind.fail(operation);
  };
  disk.fault = fault;
  try {
    action();
    return { met, error: null };
  } catch (error) {
    return { met, error };
  } finally {
    disk.fault = null;
  }
}

function exitOf(error: unknown): string {
  if (!(error instanceof HivemendError)) throw error;
  return error.kind === 'CommitError' ? `${error.code} (${error.exitCode})` : error.kind;
}

/** Both ways on from what the failure left, each on a copy. */
function goOn(row: Row, disk: Disk, original: string, committed: string): void {
  for (const way of [undo, finishUndo]) {
    const copy = disk.afterKill();
    const host = { ...hostOf(copy, 'boot-1'), isAlive: () => false };
    const [journal] = findJournals(host, [ROOT]);
    if (!journal) {
      expect(contentOf(copy)).toBe(original);
      continue;
    }
    const { outcome } = way(host, journal, requestOf(row, copy).volumes);
    expect(contentOf(copy)).toBe(outcome === 'restored' ? original : committed);
    if (way === undo) expect(outcome).toBe('restored');
    expect(findJournals(host, [ROOT]).some(({ isUnfinished }) => isUnfinished)).toBe(false);
  }
}

describe.each(rows)('$name', (row) => {
  it.each(KINDS)('commit: $name', { timeout: isDeep ? 3_600_000 : 60_000 }, (kind) => {
    const done = diskOf(row);
    const original = contentOf(done);
    commitRow(row, done);
    const committed = contentOf(done);
    for (let n = FIRST; ; n += STEP) {
      const disk = diskOf(row);
      const { met, error } = failNth(disk, kind, n, () => commitRow(row, disk));
      if (!met) break;
      const now = contentOf(disk);
      if (error === null) {
        count(row.name, 'done all the same');
        expect(now).toBe(committed);
      } else {
        const exit = exitOf(error);
        count(row.name, exit);
        if (!exit.endsWith('(7)')) expect(now, `${kind.name} at ${n}: ${exit}`).toBe(original);
      }
      if (kind.name === 'a short write') expect(error).toBeNull();
      goOn(row, disk, original, committed);
      expect(disk.get(`${VOLUME}/other.txt`)).toEqual(new Uint8Array([1]));
    }
  });

  it.each(KINDS)('undo: $name', { timeout: isDeep ? 3_600_000 : 60_000 }, (kind) => {
    const start = diskOf(row);
    const original = contentOf(start);
    commitRow(row, start);
    const committed = contentOf(start);
    const host = hostOf(start, 'boot-1');
    for (let n = FIRST; ; n += STEP) {
      const disk = start.afterKill();
      const [journal] = findJournals({ ...host, fs: disk, descriptors: disk.descriptors }, [ROOT]);
      const volumes = requestOf(row, disk).volumes;
      const { met, error } = failNth(disk, kind, n, () => undo(hostOf(disk, 'boot-1'), journal!, volumes));
      if (!met) break;
      const now = contentOf(disk);
      const exit = error === null ? 'undone all the same' : `undo: ${exitOf(error)}`;
      count(row.name, exit);
      if (error === null) expect(now).toBe(original);
      else if (!exit.endsWith('(7)')) expect(now, `${kind.name} at ${n}: ${exit}`).toBe(committed);
      goOn(row, disk, original, committed);
    }
  });
});
