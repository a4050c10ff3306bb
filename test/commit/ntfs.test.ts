// A commit on real NTFS (ntfs-3g on an image file): the hive keeps its descriptor and its identity, the journal is
// SYSTEM's and Administrators' alone, and undo gives every byte back. Skipped, with the reason, where nothing can be mounted.

import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DescriptorAccess } from '../../src/base/write-fs.ts';
import { commitTargets as commit } from '../../src/commit/commit.ts';
import { findJournals, forget } from '../../src/commit/journal/journals.ts';
import { PRIVATE_DESCRIPTOR } from '../../src/commit/journal/private.ts';
import type { CommitHost, CommitRequest } from '../../src/commit/request.ts';
import { undo } from '../../src/commit/undo.ts';
import { diskOf, ROWS, requestOf, VOLUME } from './rows.ts';

const run = (program: string, ...args: string[]): { ok: boolean; text: string } => {
  const result = spawnSync(program, args, { encoding: 'utf8', timeout: 60_000 });
  return { ok: result.status === 0, text: `${result.stdout ?? ''}${result.stderr ?? ''}` };
};
const has = (program: string): boolean => run('sh', '-c', `command -v ${program}`).ok;

const missing =
  process.platform !== 'linux'
    ? 'not Linux'
    : process.getuid?.() !== 0
      ? 'not root'
      : !fs.existsSync('/dev/fuse')
        ? 'no /dev/fuse'
        : ['mkntfs', 'ntfs-3g', 'getfattr', 'setfattr', 'umount'].find((program) => !has(program));

const base = missing ? '' : fs.mkdtempSync(join(tmpdir(), 'hivemend-ntfs-'));
const image = join(base, 'disk.img');
const mount = join(base, 'mnt');
let isMounted = false;

/** By the attribute of ntfs-3g, apart from the product's own access to it. */
const descriptors: DescriptorAccess = {
  read: (path) => {
    const hex = /0x([0-9a-f]+)/.exec(run('getfattr', '-h', '-e', 'hex', '-n', 'system.ntfs_acl', path).text)?.[1];
    return hex === undefined ? null : new Uint8Array(Buffer.from(hex, 'hex'));
  },
  write: (path, bytes) => {
    const { ok, text } = run(
      'setfattr',
      '-h',
      '-v',
      `0x${Buffer.from(bytes).toString('hex')}`,
      '-n',
      'system.ntfs_acl',
      path,
    );
    if (!ok) throw new Error(text);
  },
};

function mountImage(...options: string[]): boolean {
  isMounted = run('ntfs-3g', ...options, image, mount).ok;
  return isMounted;
}

function unmount(): void {
  if (isMounted && run('umount', mount).ok) isMounted = false;
}

describe.skipIf(missing)(missing ? `skipped: ${missing}` : 'on NTFS', () => {
  beforeAll(() => {
    fs.mkdirSync(mount);
    fs.writeFileSync(image, '');
    fs.truncateSync(image, 24 << 20);
    expect(run('mkntfs', '-F', '-Q', image).ok).toBe(true);
  });

  afterAll(() => {
    unmount();
    if (!isMounted) fs.rmSync(base, { recursive: true, force: true });
  });

  it.each(['HvLE, dirty, growth', 'DIRT, clean, two logs', 'no logs, clean'])('%s', (name) => {
    if (!mountImage()) return expect.fail('ntfs-3g did not mount the image');
    const row = ROWS.find((each) => each.name === name)!;
    const here = (path: string): string => join(mount, path.slice(VOLUME.length));
    for (const [path, bytes] of diskOf(row).files()) {
      fs.mkdirSync(join(here(path), '..'), { recursive: true });
      fs.writeFileSync(here(path), bytes);
    }
    const system = here(row.hives[0]!.path);
    // A descriptor that no other file has (one more right for SYSTEM), so that a lost one would show.
    const own = PRIVATE_DESCRIPTOR.slice();
    own[34] = 0x9f;
    descriptors.write(system, own);
    const paths = [...diskOf(row).files().keys()].map(here);
    const contents = (): string[] => paths.map((path) => fs.readFileSync(path).toString('hex'));
    const original = contents();
    const before = fs.lstatSync(system);
    const request = hostRequest(requestOf(row, diskOf(row)), here);
    const host: CommitHost = {
      fs,
      descriptors,
      bootId: 'b',
      hostName: 'h',
      pid: process.pid,
      isAlive: () => true,
      wait: () => {},
    };
    const result = commit(host, request);

    expect(descriptors.read(system)).toEqual(own);
    expect(fs.lstatSync(system).ino).toBe(before.ino);
    const journal = result.journal!;
    for (const path of [
      join(mount, 'hivemend'),
      journal,
      ...fs.readdirSync(journal).map((each) => join(journal, each)),
    ]) {
      expect(descriptors.read(path), path).toEqual(PRIVATE_DESCRIPTOR);
    }
    expect(fs.readdirSync(journal).length).toBe(5);

    // The disk goes to another machine and back: undo finds all by what is on it.
    unmount();
    if (!mountImage()) return expect.fail('ntfs-3g did not mount the image again');
    const [found] = findJournals(host, [join(mount, 'hivemend')]);
    expect(found).toMatchObject({ state: 'done' });
    expect(undo(host, found!, []).outcome).toBe('restored');
    expect(contents()).toEqual(original);
    expect(descriptors.read(system)).toEqual(own);
    forget(host, found!, []);
    // The driver closes the lock late, and keeps it under a hidden name until then.
    const left = fs.readdirSync(join(mount, 'hivemend')).filter((name) => !name.startsWith('.fuse_hidden'));
    expect(left).toEqual([]);
    fs.rmSync(join(mount, 'Windows'), { recursive: true });
    unmount();
    return undefined;
  });

  it('a volume mounted read-only is refused, and nothing is written', () => {
    const row = ROWS[0]!;
    const here = (path: string): string => join(mount, path.slice(VOLUME.length));
    if (!mountImage()) return expect.fail('ntfs-3g did not mount the image');
    for (const [path, bytes] of diskOf(row).files()) {
      fs.mkdirSync(join(here(path), '..'), { recursive: true });
      fs.writeFileSync(here(path), bytes);
    }
    fs.rmSync(join(mount, 'hivemend'), { recursive: true, force: true });
    unmount();
    if (!mountImage('-o', 'ro')) return expect.fail('ntfs-3g did not mount the image read-only');
    const host: CommitHost = {
      fs,
      descriptors,
      bootId: 'b',
      hostName: 'h',
      pid: process.pid,
      isAlive: () => true,
      wait: () => {},
    };
    expect(() => commit(host, hostRequest(requestOf(row, diskOf(row)), here))).toThrow(/read-only/);
    unmount();
    return undefined;
  });
});

function hostRequest(request: CommitRequest, here: (path: string) => string): CommitRequest {
  const targets = request.targets.map((target) =>
    target.kind === 'hive'
      ? { ...target, path: here(target.path), logs: target.logs.map((log) => ({ ...log, path: here(log.path) })) }
      : target,
  );
  return {
    ...request,
    journalRoot: here(request.journalRoot),
    volumes: [{ root: mount, fileSystem: 'fuseblk', serial: null, partitionGuid: null }],
    targets,
  };
}
