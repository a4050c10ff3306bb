// Volumes that vanish in the middle of a commit, on real NTFS: unmounted lazily, or their driver killed, before each file
// operation in turn. What is said is true, and once the volume is back, the hive is as it was or undo makes it so.

import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { HivemendError } from '../../src/base/errors.ts';
import type { WriteFs } from '../../src/base/write-fs.ts';
import { commitTargets as commit } from '../../src/commit/commit.ts';
import { findJournals } from '../../src/commit/journal/journals.ts';
import type { CommitHost, CommitRequest } from '../../src/commit/request.ts';
import { undo } from '../../src/commit/undo.ts';
import { hostDescriptors } from '../../src/disk/mounted/descriptors.ts';
import { isDeep } from '../deep.ts';
import { describeNtfs } from '../disk/ntfs-image.ts';
import { diskOf, ID, ROWS, requestOf, VOLUME } from './rows.ts';

const row = ROWS.find(({ name }) => name === 'HvLE, clean, two logs') ?? ROWS[0]!;

/** The operations of `fs`, with `before` called before each; it hears how many there have been. */
function watched(before: (count: number) => void): WriteFs {
  let count = 0;
  return new Proxy(fs as unknown as WriteFs, {
    get: (target, name: keyof WriteFs) => {
      const member = target[name] as unknown;
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        before(count);
        count += 1;
        return Reflect.apply(member, target, args);
      };
    },
  });
}

/** Ends the process of ntfs-3g that serves the image, as a crash would. */
function killDriver(image: string): void {
  const isIts = (pid: string): boolean => {
    try {
      const words = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return words[0]!.endsWith('ntfs-3g') && words.includes(image);
    } catch {
      return false;
    }
  };
  const [pid, ...others] = fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name) && isIts(name));
  expect(others).toEqual([]);
  process.kill(Number(pid), 'SIGKILL');
  while (fs.existsSync(`/proc/${pid}/cmdline`) && isIts(pid!)) spawnSync('sleep', ['0.01']);
}

const hostOver = (hostFs: WriteFs): CommitHost => ({
  fs: hostFs,
  descriptors: hostDescriptors(),
  bootId: 'b',
  hostName: 'h',
  pid: process.pid,
  isAlive: () => false,
  wait: () => {},
});

describeNtfs('a volume that vanishes', (images) => {
  const requestAt = (mount: string, stateDir: string | null): CommitRequest => {
    const here = (path: string): string => join(mount, path.slice(VOLUME.length));
    const request = requestOf(row, diskOf(row));
    return {
      ...request,
      ...(stateDir === null
        ? { journalRoot: join(mount, 'hivemend') }
        : { journalRoot: stateDir, journalKind: 'state-dir' as const, lockRoots: [join(mount, 'hivemend')] }),
      volumes: [{ root: mount, fileSystem: 'fuseblk', serial: null, partitionGuid: null }],
      targets: request.targets.map((target) =>
        target.kind === 'hive'
          ? { ...target, path: here(target.path), logs: target.logs.map((log) => ({ ...log, path: here(log.path) })) }
          : target,
      ),
    };
  };
  const contentsAt = (mount: string): string[] =>
    [...diskOf(row).files().keys()].map((path) =>
      fs.readFileSync(join(mount, path.slice(VOLUME.length))).toString('hex'),
    );

  it.each([
    ['unmounted, the journal on it', 'unmounted', null],
    ['unmounted, the journal elsewhere', 'unmounted', 'state'],
    ['left by its driver, the journal on it', 'killed', null],
    ['left by its driver, the journal elsewhere', 'killed', 'state-2'],
  ] as const)('%s', { timeout: 60_000 }, (_, how, state) => {
    const image = images.make(`vanishing-${how}-${state}.img`);
    const mount = images.mount(image);
    for (const [path, bytes] of diskOf(row).files()) {
      const file = join(mount, path.slice(VOLUME.length));
      fs.mkdirSync(join(file, '..'), { recursive: true });
      fs.writeFileSync(file, bytes);
    }
    const original = contentsAt(mount);
    const stateDir = state === null ? null : join(images.folder, state);
    let total = 0;
    const counting = hostOver(
      watched((count) => {
        total = count + 1;
      }),
    );
    if (stateDir) fs.mkdirSync(stateDir, { mode: 0o700 });
    const takeBack = (): void => {
      const host = hostOver(fs as unknown as WriteFs);
      const { volumes, journalRoot } = requestAt(mount, stateDir);
      for (const journal of findJournals(host, [journalRoot])) {
        if (journal.isUnfinished || journal.state === 'done') undo(host, journal, volumes);
        // A FUSE driver closes files late.
        fs.rmSync(journal.path, { recursive: true, maxRetries: 20, retryDelay: 50 });
      }
      expect(contentsAt(mount)).toEqual(original);
    };
    commit(counting, requestAt(mount, stateDir));
    takeBack();

    const ends = new Map<string, number>();
    const step = isDeep ? 1 : 15;
    for (let at = 0; at < total; at += step) {
      let isGone = false;
      const host = hostOver(
        watched((count) => {
          if (count < at || isGone) return;
          isGone = true;
          if (how === 'killed') killDriver(image);
          else expect(spawnSync('umount', ['-l', mount]).status).toBe(0);
        }),
      );
      let end = 'done';
      try {
        commit(host, requestAt(mount, stateDir));
      } catch (error) {
        if (!(error instanceof HivemendError)) throw error;
        end = error.code;
        expect(['NOT_MOUNTED', 'CHANGED_ON_DISK', 'RESTORE_NEEDED'], `${at}: ${error.message}`).toContain(end);
      }
      // The last operations of a commit depend on what lay there before.
      if (!isGone) break;
      ends.set(end, (ends.get(end) ?? 0) + 1);
      for (let tries = 0; how === 'killed' && spawnSync('umount', [mount]).status !== 0; tries += 1)
        expect(tries).toBeLessThan(50);
      // Nothing is left in the empty folder that the volume was mounted at.
      expect(fs.readdirSync(mount), String(at)).toEqual([]);
      for (let tries = 0; spawnSync('ntfs-3g', [image, mount]).status !== 0; tries += 1) expect(tries).toBeLessThan(50);
      if (end === 'NOT_MOUNTED' || end === 'CHANGED_ON_DISK')
        expect(contentsAt(mount), `${at} ${end}`).toEqual(original);
      takeBack();
      if (fs.existsSync(join(mount, 'hivemend', 'lock'))) fs.rmSync(join(mount, 'hivemend', 'lock'));
      // What was cut off before it was a journal stays as a folder; a real id is never given twice, the next round's is.
      fs.rmSync(join(requestAt(mount, stateDir).journalRoot, ID), { recursive: true, force: true });
    }
    process.stdout.write(
      `${how}, the journal ${state === null ? 'on it' : 'elsewhere'}: ${[...ends].map(([end, count]) => `${count} ${end}`).join(', ')}\n`,
    );
    expect(ends.get('NOT_MOUNTED')).toBeGreaterThan(0);
  });
});
