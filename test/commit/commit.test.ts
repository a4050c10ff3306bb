// What a commit leaves when nothing goes wrong, and what it refuses.

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { commitTargets as commit } from '../../src/commit/commit.ts';
import { findJournals, forget, journalPosition, journalReport } from '../../src/commit/journal/journals.ts';
import { finishUndo, undo } from '../../src/commit/undo.ts';
import { judge } from '../judge/judge.ts';
import { commitRow, contentOf, diskOf, hostOf, ID, ROOT, ROWS, requestOf, VOLUME } from './rows.ts';

describe.each(ROWS)('$name', (row) => {
  it('commits, is clean, reads as the new tree, and undo gives every byte back', () => {
    const disk = diskOf(row);
    const original = contentOf(disk);
    const result = commitRow(row, disk);
    expect(result.findings.map(({ code }) => code)).toEqual(row.isLoud ? ['NO_LOG_PROTECTION'] : []);
    const committed = contentOf(disk);
    expect(committed).not.toBe(original);
    for (const hive of row.hives) {
      const logs = Object.keys(hive.logs).map((ending) => ({ name: ending, bytes: disk.get(hive.path + ending)! }));
      const verdict = judge(disk.get(hive.path)!, logs);
      expect(verdict.kind).toBe('clean');
      if (verdict.kind === 'clean') expect(Buffer.from(verdict.bins).equals(hive.newBins)).toBe(true);
    }
    const host = hostOf(disk, 'boot-1');
    const [journal] = findJournals(host, [ROOT]);
    expect(journal).toMatchObject({ id: ID, state: 'done', isUnfinished: false });
    const volumes = requestOf(row, disk).volumes;
    expect(journalPosition(host, journal!, volumes)).toEqual({ position: 'complete', names: [] });
    expect(finishUndo(host, journal!, volumes).files).toEqual([]);
    expect(undo(host, journal!, volumes).outcome).toBe('restored');
    expect(contentOf(disk)).toBe(original);
    const [undone] = findJournals(host, [ROOT]);
    expect(undone).toMatchObject({ state: 'undone', isUnfinished: false });
    expect(undo(host, undone!, volumes).files).toEqual([]);
    forget(host, undone!, []);
    expect(findJournals(host, [ROOT])).toEqual([]);
    expect(disk.files().has(`${ROOT}/lock`)).toBe(false);
    expect(disk.get(`${VOLUME}/other.txt`)).toEqual(new Uint8Array([1]));
  });
});

describe('a disk that holds another byte than was written', () => {
  /** The disk of a row: one bit of its hive turns before it is read back, at `place`; -1: in what was written last. */
  function failing(row: (typeof ROWS)[number], place: number) {
    const disk = diskOf(row);
    const hive = row.hives[0]!.path;
    const opened = new Map<number, string>();
    let written = 0;
    let isIntact = true;
    const { openSync, writeSync } = disk;
    disk.openSync = (path, flags, mode) => {
      const isReading = flags === 'r' || (typeof flags === 'number' && (flags & 3) === 0);
      if (isIntact && path === hive && isReading && written > 0) {
        isIntact = false;
        const fd = openSync.call(disk, path, 'r+');
        const at = place < 0 ? written : place;
        writeSync.call(disk, fd, Uint8Array.of(disk.get(hive)![at]! ^ 1), 0, 1, at);
        disk.closeSync(fd);
      }
      const fd = openSync.call(disk, path, flags, mode);
      opened.set(fd, path);
      return fd;
    };
    disk.writeSync = (fd, buffer, offset, length, position) => {
      if (opened.get(fd) === hive && position >= 4096) written = position;
      return writeSync.call(disk, fd, buffer, offset, length, position);
    };
    return disk;
  }

  it.each(ROWS.filter(({ hives }) => hives.length > 0))('in what was written, $name: it is put back', (row) => {
    const disk = failing(row, -1);
    const original = contentOf(disk);
    expect(() => commitRow(row, disk)).toThrow(expect.objectContaining({ code: 'VERIFY_FAILED' }));
    expect(contentOf(disk)).toBe(original);
  });

  it('where nothing was written: undo is needed, and the journal stays', () => {
    const row = ROWS[0]!;
    const disk = failing(row, 4096 + 20);
    expect(() => commitRow(row, disk)).toThrow(expect.objectContaining({ code: 'RESTORE_NEEDED' }));
    expect(findJournals(hostOf(disk, 'boot-1'), [ROOT])).toMatchObject([{ isUnfinished: true }]);
  });
});

it('a bare file has its journal beside it, and both may move together', () => {
  const row = ROWS[0]!;
  const disk = diskOf(row);
  const { path } = row.hives[0]!;
  const request = {
    ...requestOf(row, disk),
    journalRoot: `${path}.hivemend`,
    journalKind: 'file' as const,
    volumes: [],
  };
  const { journal } = commit(hostOf(disk, 'boot-1'), request);
  expect(journal).toBe(`${path}.hivemend/${ID}`);
  disk.mkdirSync('/copy');
  for (const name of disk.readdirSync(`${VOLUME}/Windows/System32/config`)) {
    disk.renameSync(`${VOLUME}/Windows/System32/config/${name}`, `/copy/${name}`);
  }
  const host = hostOf(disk, 'boot-2');
  const [found] = findJournals(host, ['/copy/SYSTEM.hivemend']);
  undo(host, found!, []);
  expect(disk.get('/copy/SYSTEM')).toEqual(row.hives[0]!.primary);
});

it('the journal can be read by whoever holds it: what it is, what was reported, what takes it back', () => {
  const disk = diskOf(ROWS[0]!);
  const outcomes: unknown[] = [];
  const request = requestOf(ROWS[0]!, disk);
  const report = (outcome: { targets: readonly unknown[] }): string => {
    outcomes.push(outcome.targets[0]);
    return '{"changes":[]}\n';
  };
  const result = commit(hostOf(disk, 'boot-1'), { ...request, texts: { ...request.texts, report } });
  const { path, primary } = ROWS[0]!.hives[0]!;
  const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
  expect(result.targets).toEqual(outcomes);
  expect(result.targets).toMatchObject([
    {
      kind: 'hive',
      path,
      protocol: 'hvle',
      sha256Before: sha256(primary),
      sha256After: sha256(disk.get(path)!),
      pagesChanged: 3,
    },
  ]);
  const [journal] = findJournals(hostOf(disk, 'boot-1'), [ROOT]);
  expect(journalReport(hostOf(disk, 'boot-1'), journal!)).toBe('{"changes":[]}\n');
  expect(journal!.files).toEqual(['Windows/System32/config/SYSTEM', 'Windows/System32/config/SYSTEM.LOG1']);
  expect(JSON.parse(new TextDecoder().decode(disk.get(`${result.journal}/manifest.json`)!))).toMatchObject({
    state: 'done',
  });
});
