// A FUSE driver closes files late: a journal that was just read and is removed leaves its folder full for a moment.

import { expect, it } from 'vitest';
import { findJournals, forget } from '../../src/commit/journal/journals.ts';
import type { CommitHost } from '../../src/commit/request.ts';
import { commitRow, diskOf, hostOf, ROOT, ROWS } from './rows.ts';

/** A host whose folders count as full for the first `times` attempts to remove one; waits are counted. */
function lateHost(host: CommitHost, times: number): { host: CommitHost; waits: () => number } {
  let left = times;
  let waits = 0;
  const fs: CommitHost['fs'] = Object.create(host.fs, {
    rmdirSync: {
      value: (path: string) => {
        // The folder of files that a commit moved away is tried first, and is mostly not there.
        if (path.endsWith('files')) return host.fs.rmdirSync(path);
        left -= 1;
        if (left >= 0)
          throw Object.assign(new Error(`ENOTEMPTY: directory not empty, rmdir '${path}'`), { code: 'ENOTEMPTY' });
        host.fs.rmdirSync(path);
      },
    },
  });
  const wait = (): void => {
    waits += 1;
  };
  return { host: { ...host, fs, wait }, waits: () => waits };
}

it('a journal is forgotten once its files are closed', () => {
  const disk = diskOf(ROWS[0]!);
  commitRow(ROWS[0]!, disk);
  const { host, waits } = lateHost(hostOf(disk, 'boot-1'), 3);
  forget(host, findJournals(host, [ROOT])[0]!, [ROOT]);
  expect(waits()).toBe(3);
  expect(findJournals(host, [ROOT])).toEqual([]);
});

it('a folder that stays full is an error, not a wait without end', () => {
  const disk = diskOf(ROWS[0]!);
  commitRow(ROWS[0]!, disk);
  const { host, waits } = lateHost(hostOf(disk, 'boot-1'), Number.POSITIVE_INFINITY);
  expect(() => forget(host, findJournals(host, [ROOT])[0]!, [ROOT])).toThrow();
  expect(waits()).toBeLessThan(100);
});
