// What a commit and an undo refuse, and that nothing was written when they do.

import { describe, expect, it } from 'vitest';
import { bytesEqual } from '../../src/base/bytes.ts';
import { HivemendError } from '../../src/base/errors.ts';
import { commitTargets as commit } from '../../src/commit/commit.ts';
import { findJournals, forget, journalPosition } from '../../src/commit/journal/journals.ts';
import { PRIVATE_DESCRIPTOR } from '../../src/commit/journal/private.ts';
import type { CommitHost, CommitRequest } from '../../src/commit/request.ts';
import { undo } from '../../src/commit/undo.ts';
import { hostDescriptors } from '../../src/disk/mounted/descriptors.ts';
import { parseDescriptor, toSddl } from '../../src/security/index.ts';
import { makeBins, makeHvleLog } from '../judge/synthetic-hive.ts';
import { Disk, HostError } from './disk-simulator.ts';
import { commitRow, contentOf, diskOf, hostOf, ROOT, ROWS, requestOf, VOLUME } from './rows.ts';

const CLEAN = ROWS.find(({ name }) => name === 'HvLE, clean, one log')!;
const DIRTY = ROWS.find(({ name }) => name === 'no logs, dirty and accepted')!;
const [HIVE] = CLEAN.hives;
const PATH = HIVE!.path;

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof HivemendError) return error.code;
    throw error;
  }
  return 'none';
}

/** Runs a commit that must be refused, and proves that no byte of any target changed and that nothing was left behind. */
function refused(disk: Disk, request: CommitRequest, host: CommitHost = hostOf(disk, 'boot-1')): string {
  const before = contentOf(disk);
  const code = codeOf(() => commit(host, request));
  expect(contentOf(disk)).toBe(before);
  return code;
}

function rewrite(disk: Disk, path: string, offset: number, bytes: readonly number[]): void {
  const fd = disk.openSync(path, 'r+');
  disk.writeSync(fd, new Uint8Array(bytes), 0, bytes.length, offset);
  disk.fsyncSync(fd);
  disk.closeSync(fd);
}

describe('changed between load and commit', () => {
  it.each([
    ['the hive', (disk: Disk) => rewrite(disk, PATH, 5000, [9])],
    ['the hive, by its length alone', (disk: Disk) => rewrite(disk, PATH, HIVE!.primary.byteLength, [0])],
    ['its log', (disk: Disk) => rewrite(disk, `${PATH}.LOG1`, 600, [9])],
    ['a log that was not there', (disk: Disk) => disk.put(`${PATH}.log2`, new Uint8Array(512))],
    ['the hive is gone', (disk: Disk) => disk.unlinkSync(PATH)],
  ])('%s', (_what, change) => {
    const disk = diskOf(CLEAN);
    const request = requestOf(CLEAN, disk);
    change(disk);
    expect(refused(disk, request)).toBe('CHANGED_ON_DISK');
    expect(findJournals(hostOf(disk, 'boot-1'), [ROOT])).toEqual([]);
  });

  it('a log that the commit does not write is compared, too', () => {
    const row = ROWS.find(({ name }) => name === 'HvLE, clean, empty LOG2 and .LOG')!;
    const disk = diskOf(row);
    const request = requestOf(row, disk);
    rewrite(disk, `${PATH}.LOG2`, 0, [1, 2, 3]);
    expect(refused(disk, request)).toBe('CHANGED_ON_DISK');
  });
});

it('names what a host lacks to keep a journal private, and not a place that would not help', () => {
  const disk = diskOf(CLEAN);
  const run = () => ({ exitCode: null, stdout: '', stderr: '', error: 'ENOENT' });
  // Modes mean nothing on Windows: whatever is made looks open to all.
  const fs = new Proxy(disk, {
    get: (target, name) => {
      if (name === 'lstatSync') return (path: string) => ({ ...target.lstatSync(path), mode: 0o666 });
      const member = Reflect.get(target, name) as unknown;
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  const windows = { ...hostOf(disk, 'boot-1'), fs, descriptors: hostDescriptors({ style: 'win32', run }) };
  for (const journalRoot of [`${VOLUME}/hivemend`, '/state']) {
    const request = { ...requestOf(CLEAN, disk), journalRoot };
    if (journalRoot === '/state') Object.assign(request, { journalKind: 'state-dir' });
    expect(() => commit(windows, request)).toThrow(
      expect.objectContaining({
        code: 'UNSAFE_JOURNAL_PLACE',
        message: expect.stringContaining('powershell.exe could not be started'),
        hint: expect.stringMatching(/^run hivemend on a Windows that has .*powershell\.exe, or on Linux;/),
      }),
    );
  }
  const linux = { ...windows, descriptors: hostDescriptors({ style: 'posix', run, xattr: null }) };
  expect(() => commit(linux, requestOf(CLEAN, disk))).toThrow(
    expect.objectContaining({ hint: expect.stringMatching(/^apt-get install attr.*; or give --state-dir/) }),
  );
});

describe('the lock', () => {
  const lock = `${ROOT}/lock`;
  const holder = (bootId: string, pid = 7, hostName = 'bench'): Uint8Array =>
    new TextEncoder().encode(`${JSON.stringify({ bootId, hostName, pid })}\n`);

  it('of a process that runs refuses the second', () => {
    const disk = diskOf(CLEAN);
    disk.put(lock, holder('boot-1'));
    expect(refused(disk, requestOf(CLEAN, disk))).toBe('LOCKED');
    expect(disk.get(lock)).toEqual(holder('boot-1'));
  });

  it.each([
    ['of another boot', holder('boot-0'), true],
    ['of a process that is gone', holder('boot-1'), false],
    ['of another machine, which had the disk before', holder('boot-9', 7, 'elsewhere'), true],
    ['that was cut off while it was written', new Uint8Array(0), true],
    ['that holds anything', new TextEncoder().encode('{"pid":"x"}'), true],
    ['of no process but a group of them', holder('boot-1', 0), true],
    ['of no number that a process has', holder('boot-1', -7.5), true],
  ])('%s is taken over', (_what, bytes, isAlive) => {
    const disk = diskOf(CLEAN);
    disk.put(lock, bytes);
    commit({ ...hostOf(disk, 'boot-1'), isAlive: () => isAlive }, requestOf(CLEAN, disk));
    expect(disk.get(lock)).toBeNull();
  });

  it('that its process is slow to write is waited for', () => {
    class Slow extends Disk {
      looks = 0;
      override lstatSync(path: string): ReturnType<Disk['lstatSync']> {
        if (path === lock) this.looks += 1;
        if (path === lock && this.looks === 12) this.put(lock, holder('boot-1'));
        return super.lstatSync(path);
      }
    }
    const disk = diskOf(CLEAN, new Slow());
    disk.put(lock, new Uint8Array(0));
    expect(codeOf(() => commit(hostOf(disk, 'boot-1'), requestOf(CLEAN, disk)))).toBe('LOCKED');
    expect(disk.get(lock)).toEqual(holder('boot-1'));
    expect(disk.get(PATH)).toEqual(HIVE!.primary);
  });

  /** Another process takes the lock for one that was cut off, when the first file whose name ends so is written. */
  function takenAway(disk: Disk, ending: string): void {
    disk.fault = (operation, _index, path) => {
      if (operation !== 'write' || !path.endsWith(ending)) return undefined;
      disk.fault = null;
      disk.unlinkSync(lock);
      disk.put(lock, holder('boot-1', 8));
      return undefined;
    };
  }

  it.each(['/lock', '/data.bin'])(
    'that another process took when %s was written stops before the first write',
    (when) => {
      const disk = diskOf(CLEAN);
      takenAway(disk, when);
      const failed = codeOf(() => commit(hostOf(disk, 'boot-1'), requestOf(CLEAN, disk)));
      expect([failed, disk.fault]).toEqual(['LOCKED', null]);
      expect(disk.get(PATH)).toEqual(HIVE!.primary);
      expect(disk.get(lock)).toEqual(holder('boot-1', 8));
      expect(findJournals(hostOf(disk, 'boot-1'), [ROOT])).toEqual([]);
    },
  );

  it('that another process took stops undo and forget, too', () => {
    const disk = diskOf(CLEAN);
    const request = requestOf(CLEAN, disk);
    commit(hostOf(disk, 'boot-1'), request);
    const [journal] = findJournals(hostOf(disk, 'boot-1'), [ROOT]);
    const after = disk.get(PATH);
    takenAway(disk, '/lock');
    expect(codeOf(() => undo(hostOf(disk, 'boot-1'), journal!, request.volumes))).toBe('LOCKED');
    disk.unlinkSync(lock);
    takenAway(disk, '/lock');
    expect(codeOf(() => forget(hostOf(disk, 'boot-1'), journal!, []))).toBe('LOCKED');
    expect(disk.get(PATH)).toEqual(after);
    expect(findJournals(hostOf(disk, 'boot-1'), [ROOT])).toHaveLength(1);
    expect(disk.get(lock)).toEqual(holder('boot-1', 8));
  });

  it('that cannot be made private is removed, and not another in its place', () => {
    const disk = diskOf({ ...CLEAN, keepsDescriptors: true });
    const failing = new HostError('EIO', 'setxattr');
    const descriptors = {
      read: (path: string) => disk.descriptors.read(path),
      write: (path: string, bytes: Uint8Array) => {
        if (path !== lock) return disk.descriptors.write(path, bytes);
        disk.unlinkSync(lock);
        disk.put(lock, holder('boot-1', 8));
        throw failing;
      },
    };
    const host = { ...hostOf(disk, 'boot-1'), descriptors };
    expect(codeOf(() => commit(host, requestOf(CLEAN, disk)))).toBe('BACKUP_FAILED');
    expect(disk.get(lock)).toEqual(holder('boot-1', 8));
  });

  it('of a number that may have been given anew says which file to delete', () => {
    const disk = diskOf(CLEAN);
    disk.put(lock, holder('boot-1'));
    expect(() => commit(hostOf(disk, 'boot-1'), requestOf(CLEAN, disk))).toThrow(
      expect.objectContaining({ hint: expect.stringContaining(`delete ${lock} when process 7 is not hivemend`) }),
    );
  });

  it('of a container, whose processes have numbers of their own, is not judged by them', () => {
    const disk = diskOf(CLEAN);
    disk.put(lock, holder('boot-1', 7, 'container'));
    const host = { ...hostOf(disk, 'boot-1'), isAlive: () => false };
    expect(() => commit(host, requestOf(CLEAN, disk))).toThrow(
      expect.objectContaining({ code: 'LOCKED', hint: expect.stringContaining(`delete ${lock}`) }),
    );
    expect(disk.get(lock)).toEqual(holder('boot-1', 7, 'container'));
  });

  it('of another machine holds in a folder that machines may share', () => {
    const disk = diskOf(CLEAN);
    disk.mkdirSync('/state', { mode: 0o700 });
    disk.put('/state/lock', holder('boot-9', 7, 'elsewhere'));
    const request = { ...requestOf(CLEAN, disk), journalRoot: '/state', journalKind: 'state-dir' as const };
    const host = { ...hostOf(disk, 'boot-1'), isAlive: () => false };
    expect(codeOf(() => commit(host, request))).toBe('LOCKED');
    disk.put('/state/lock', holder('boot-9', 7));
    expect(commit(host, request).journal).not.toBeNull();
    disk.put('/state/lock', holder('boot-9', 7, 'elsewhere'));
    const [journal] = findJournals(host, ['/state']);
    expect(codeOf(() => undo(host, journal!, request.volumes))).toBe('LOCKED');
  });

  it('of a boot that is known by its minute holds when the clock was set between', () => {
    const disk = diskOf(CLEAN);
    disk.put(lock, holder('up-since-1000'));
    expect(codeOf(() => commit(hostOf(disk, 'up-since-1001'), requestOf(CLEAN, disk)))).toBe('LOCKED');
    commit(hostOf(disk, 'up-since-1002'), requestOf(CLEAN, disk));
  });

  it('is taken on the volume, too, by an undo whose journal lies elsewhere', () => {
    const disk = diskOf(CLEAN);
    disk.mkdirSync('/state', { mode: 0o700 });
    const request = { ...requestOf(CLEAN, disk), journalRoot: '/state', journalKind: 'state-dir' as const };
    commit(hostOf(disk, 'boot-1'), request);
    const [journal] = findJournals(hostOf(disk, 'boot-1'), ['/state']);
    disk.mkdirSync(ROOT, { mode: 0o700 });
    disk.put(lock, holder('boot-1'));
    expect(codeOf(() => undo(hostOf(disk, 'boot-1'), journal!, request.volumes))).toBe('LOCKED');
    disk.unlinkSync(lock);
    disk.rmdirSync(ROOT);
    expect(undo(hostOf(disk, 'boot-1'), journal!, request.volumes).outcome).toBe('restored');
    expect(disk.get(ROOT)).toBeNull();
    expect(disk.get(PATH)).toEqual(diskOf(CLEAN).get(PATH));
  });

  it('is taken in the other folders, too, and a folder made for it goes again', () => {
    const disk = diskOf(CLEAN);
    const request = { ...requestOf(CLEAN, disk), lockRoots: [`${VOLUME}/Boot-lock`] };
    commit(hostOf(disk, 'boot-1'), request);
    expect(disk.get(`${VOLUME}/Boot-lock`)).toBeNull();
    const second = diskOf(CLEAN);
    second.put(`${VOLUME}/Boot-lock/lock`, holder('boot-1'));
    expect(refused(second, { ...requestOf(CLEAN, second), lockRoots: [`${VOLUME}/Boot-lock`] })).toBe('LOCKED');
  });
});

describe('the place of the journal', () => {
  it('is never a FAT volume', () => {
    const disk = diskOf(CLEAN);
    const request = requestOf(CLEAN, disk);
    const volumes = request.volumes.map((volume) => ({ ...volume, fileSystem: 'vfat' }));
    expect(refused(disk, { ...request, volumes })).toBe('UNSAFE_JOURNAL_PLACE');
  });

  it('is never NTFS without its descriptors', () => {
    const disk = diskOf(CLEAN);
    const request = requestOf(CLEAN, disk);
    const volumes = request.volumes.map((volume) => ({ ...volume, fileSystem: 'fuseblk' }));
    expect(refused(disk, { ...request, volumes })).toBe('UNSAFE_JOURNAL_PLACE');
  });

  it('must keep what is given to it', () => {
    class Careless extends Disk {
      override mkdirSync(path: string): void {
        super.mkdirSync(path, { mode: 0o777 });
      }
      override chmodSync(): void {}
    }
    const disk = new Careless();
    disk.put(PATH, HIVE!.primary);
    disk.put(`${PATH}.LOG1`, HIVE!.logs['.LOG1']!);
    expect(refused(disk, requestOf(CLEAN, disk))).toBe('UNSAFE_JOURNAL_PLACE');
  });

  it('is no link, and never an older folder', () => {
    const disk = diskOf(CLEAN);
    disk.put('/elsewhere/x', new Uint8Array(1));
    disk.link(ROOT, '/elsewhere');
    expect(refused(disk, requestOf(CLEAN, disk))).toBe('UNSAFE_JOURNAL_PLACE');
    const second = diskOf(CLEAN);
    const request = requestOf(CLEAN, second);
    second.put(`${ROOT}/${request.id}/mine.txt`, new Uint8Array(1));
    expect(refused(second, request)).toBe('UNSAFE_JOURNAL_PLACE');
  });

  it('is private before its first byte: every file, by descriptor where there are descriptors', () => {
    const disk = diskOf({ ...CLEAN, keepsDescriptors: true });
    const early: string[] = [];
    disk.fault = (operation, _index, path) => {
      if (operation !== 'write' || !path.startsWith(ROOT)) return undefined;
      for (const entry of [ROOT, path])
        if (!bytesEqual(disk.descriptors.read(entry)!, PRIVATE_DESCRIPTOR)) early.push(path);
      return undefined;
    };
    commitRow({ ...CLEAN, keepsDescriptors: true }, disk);
    disk.fault = null;
    expect(early).toEqual([]);
    const names = disk.readdirSync(`${ROOT}/${requestOf(CLEAN, disk).id}`).toSorted();
    expect(names).toEqual(['README.txt', 'after-boot.cmd', 'data.bin', 'manifest.json', 'report.json']);
    expect(disk.descriptors.read(PATH)).toEqual(new Uint8Array([1]));
  });

  it('and the descriptor says what it should', () => {
    expect(toSddl(parseDescriptor(PRIVATE_DESCRIPTOR))).toBe('O:BAG:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)');
  });

  it('holds no unfinished journal', () => {
    const disk = diskOf(CLEAN);
    const request = requestOf(CLEAN, disk);
    commit(hostOf(disk, 'boot-1'), request);
    const manifest = `${ROOT}/${request.id}/manifest.json`;
    const head = new TextDecoder().decode(disk.get(manifest)!.subarray(0, 512));
    rewrite(disk, manifest, 0, [...new TextEncoder().encode(head.replace('"done",      ', '"committing",'))]);
    expect(findJournals(hostOf(disk, 'boot-1'), [ROOT])[0]).toMatchObject({ state: 'committing', isUnfinished: true });
    expect(refused(disk, { ...request, id: 'second' })).toBe('UNFINISHED_JOURNAL');
  });
});

describe('targets', () => {
  it('lie on a volume that was given, and behind no link', () => {
    const disk = diskOf(CLEAN);
    const request = requestOf(CLEAN, disk);
    const elsewhere = request.volumes.map((volume) => ({ ...volume, root: '/other' }));
    expect(refused(disk, { ...request, volumes: elsewhere })).toBe('OUTSIDE_VOLUME');
    const linked = new Disk();
    linked.put(`/real/SYSTEM`, HIVE!.primary);
    linked.put(`${VOLUME}/Windows/System32/other`, new Uint8Array(1));
    linked.link(`${VOLUME}/Windows/System32/config`, '/real');
    expect(refused(linked, request)).toBe('OUTSIDE_VOLUME');
  });

  it.each([
    ['EROFS', 'READ_ONLY'],
    ['EACCES', 'NO_RIGHTS'],
    ['EPERM', 'NO_RIGHTS'],
    ['EBUSY', 'IN_USE'],
  ])('that cannot be opened (%s) are %s', (errno, code) => {
    const disk = diskOf(CLEAN);
    const request = requestOf(CLEAN, disk);
    disk.fault = (operation, _index, path) => {
      if (operation === 'open' && path === PATH) throw new HostError(errno, operation);
      return undefined;
    };
    expect(codeOf(() => commit(hostOf(disk, 'boot-1'), request))).toBe(code);
    disk.fault = null;
    expect(disk.get(PATH)).toEqual(HIVE!.primary);
    expect(disk.readdirSync(VOLUME)).not.toContain('hivemend');
  });

  it('that are dirty without logs need a word of the operator', () => {
    const disk = diskOf(DIRTY);
    const request = requestOf(DIRTY, disk);
    const targets = request.targets.map((target) => ({ ...target, acceptDirty: false }));
    expect(refused(disk, { ...request, targets })).toBe('DIRTY_HIVE');
  });

  it('whose sequence numbers come near the wrap-around are left alone', () => {
    const hive = { ...HIVE!, logs: { '.LOG1': makeHvleLog(0x7fff_ffff, [{ bins: makeBins([1], 0n), pages: [0] }]) } };
    const row = { ...CLEAN, hives: [hive] };
    const disk = diskOf(row);
    expect(refused(disk, requestOf(row, disk))).toBe('LIMIT');
  });

  it('that do not differ are not written, and no journal is made', () => {
    const row = { ...CLEAN, hives: [{ ...HIVE!, newBins: HIVE!.oldBins }] };
    const disk = diskOf(row);
    const before = contentOf(disk);
    expect(commit(hostOf(disk, 'boot-1'), requestOf(row, disk)).journal).toBeNull();
    expect(contentOf(disk)).toBe(before);
    expect(disk.readdirSync(VOLUME)).not.toContain('hivemend');
  });
});

describe('undo', () => {
  function committed(): { disk: Disk; host: CommitHost; request: CommitRequest } {
    const disk = diskOf(CLEAN);
    const request = requestOf(CLEAN, disk);
    commit(hostOf(disk, 'boot-1'), request);
    return { disk, host: hostOf(disk, 'boot-2'), request };
  }

  it('moves no byte of a file that Windows has written since, and forget drops the journal', () => {
    const { disk, host, request } = committed();
    rewrite(disk, PATH, 4, [200]);
    const before = contentOf(disk);
    const [journal] = findJournals(host, [ROOT]);
    expect(journalPosition(host, journal!, request.volumes)).toEqual({ position: 'changed', names: [PATH] });
    expect(codeOf(() => undo(host, journal!, request.volumes))).toBe('STALE_JOURNAL');
    expect(contentOf(disk)).toBe(before);
    forget(host, journal!, []);
    expect(findJournals(host, [ROOT])).toEqual([]);
  });

  it.each([
    ['a byte that the commit never touched', (disk: Disk) => rewrite(disk, PATH, 4096 + 2 * 4096 + 100, [1])],
    ['a log', (disk: Disk) => rewrite(disk, `${PATH}.LOG1`, 520, [77])],
    ['the length', (disk: Disk) => rewrite(disk, PATH, HIVE!.primary.byteLength, [0])],
  ])('notices %s', (_what, change) => {
    const { disk, host, request } = committed();
    change(disk);
    expect(codeOf(() => undo(host, findJournals(host, [ROOT])[0]!, request.volumes))).toBe('STALE_JOURNAL');
  });

  it('takes two commits back in the reverse order only', () => {
    const { disk, host, request } = committed();
    const [hive] = requestOf(CLEAN, disk).targets;
    if (hive?.kind !== 'hive') throw new Error('no hive');
    const original = disk.get(PATH)!;
    const log = disk.get(`${PATH}.LOG1`)!;
    const result = original.slice();
    result[9000]! ^= 1;
    const logs = [{ ...hive.logs[0]!, bytes: log }];
    commit(host, { ...request, id: 'second', targets: [{ ...hive, original, logs, result }] });
    const [first, second] = findJournals(host, [ROOT]);
    expect(codeOf(() => undo(host, first!, request.volumes))).toBe('STALE_JOURNAL');
    undo(host, second!, request.volumes);
    expect(disk.get(PATH)).toEqual(original);
    undo(host, first!, request.volumes);
    expect(disk.get(PATH)).toEqual(HIVE!.primary);
  });

  it('from a state directory finds the volume by what lies there, and names one that is missing', () => {
    const disk = diskOf(CLEAN);
    const request: CommitRequest = { ...requestOf(CLEAN, disk), journalRoot: '/state', journalKind: 'state-dir' };
    disk.put('/state/mine.txt', new Uint8Array(1));
    // A clone with the same serial, mounted beside it, that was not changed.
    for (const [path, bytes] of disk.files()) {
      if (path.startsWith(VOLUME)) disk.put(path.replace(VOLUME, '/mnt/clone'), bytes);
    }
    commit(hostOf(disk, 'boot-1'), request);
    const host = hostOf(disk, 'boot-2');
    const [journal] = findJournals(host, ['/state']);
    const [volume] = request.volumes;
    expect(codeOf(() => undo(host, journal!, []))).toBe('VOLUME_NOT_FOUND');
    const other = { ...volume!, serial: 'ffff' };
    expect(journalPosition(host, journal!, [other]).position).toBe('missing');
    rewrite(disk, `/mnt/clone${PATH.slice(VOLUME.length)}`, 5000, [1, 2, 3]);
    const changed = disk.get(`/mnt/clone${PATH.slice(VOLUME.length)}`);
    undo(host, journal!, [{ ...volume!, root: '/mnt/clone' }, volume!]);
    expect(disk.get(PATH)).toEqual(HIVE!.primary);
    expect(disk.get(`/mnt/clone${PATH.slice(VOLUME.length)}`)).toEqual(changed);
    expect(disk.get('/state/mine.txt')).toEqual(new Uint8Array(1));
  });
});
