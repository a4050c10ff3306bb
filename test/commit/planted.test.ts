// Journals that somebody planted, on a real file system: what they may touch follows from where they lie, odd entries are
// findings and never a defect of ours, and a folder that is swapped under a commit's hands stops it.

import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { HivemendError } from '../../src/base/errors.ts';
import type { WriteFs } from '../../src/base/write-fs.ts';
import { commitTargets } from '../../src/commit/commit.ts';
import { findJournals } from '../../src/commit/journal/journals.ts';
import { unfinishedFindings } from '../../src/commit/journal/unfinished.ts';
import type { CommitHost, CommitRequest } from '../../src/commit/request.ts';
import { finishUndo, undo } from '../../src/commit/undo.ts';
import { scratch } from '../cli/process.ts';

const ID = '20260102T030405-abcdef';
const OLD = Buffer.alloc(1000, 1);
const NEW = Buffer.alloc(1000, 2);

function hostOver(over: WriteFs = fs): CommitHost {
  return {
    fs: over,
    descriptors: { read: () => null, write: () => {} },
    bootId: 'boot-1',
    hostName: 'bench',
    pid: process.pid,
    isAlive: () => true,
    wait: () => {},
    ...(process.getuid === undefined ? {} : { userId: process.getuid() }),
  };
}

/** A file that was changed under a journal beside it. */
function changedFile(): { folder: string; root: string; request: CommitRequest } {
  const folder = fs.realpathSync(scratch());
  const path = join(folder, 'SYSTEM');
  fs.writeFileSync(path, OLD, { mode: 0o600 });
  const root = `${path}.hivemend`;
  const request: CommitRequest = {
    id: ID,
    journalRoot: root,
    journalKind: 'file',
    volumes: [{ root: folder, fileSystem: 'ext4', serial: null, partitionGuid: null }],
    targets: [{ kind: 'file', path, before: OLD, after: NEW }],
    texts: { readme: '', afterBoot: '', report: () => '{}\n' },
  };
  return { folder, root, request };
}

function forge(root: string, change: (body: string) => string): void {
  const path = join(root, ID, 'manifest.json');
  const bytes = fs.readFileSync(path);
  const match = /^"sha256":"[0-9a-f]{64}","body":(.*)\}\n$/s.exec(bytes.subarray(512).toString())!;
  const body = change(match[1]!);
  const hash = createHash('sha256').update(body).digest('hex');
  fs.writeFileSync(path, Buffer.concat([bytes.subarray(0, 512), Buffer.from(`"sha256":"${hash}","body":${body}}\n`)]));
}

function codeOf(action: () => unknown): string {
  try {
    action();
    return 'done';
  } catch (error) {
    if (error instanceof HivemendError && error.kind !== 'InternalError') return error.code;
    throw error;
  }
}

const renamed = (to: string) => (body: string) => body.replace('"path":"SYSTEM"', `"path":${JSON.stringify(to)}`);

it.each([
  ['a sibling', renamed('SOFTWARE'), 'SOFTWARE'],
  ['a name beneath a folder', renamed('.ssh/authorized_keys'), '.ssh/authorized_keys'],
  ['a log of another hive', renamed('SOFTWARE.LOG1'), 'SOFTWARE.LOG1'],
  ['another kind', (body: string) => body.replace('"kind":"file"', '"kind":"volume"'), 'SYSTEM'],
  ['the kind of a state directory', (body: string) => body.replace('"kind":"file"', '"kind":"state-dir"'), 'SYSTEM'],
  ['another id', (body: string) => body.replace(`"id":"${ID}"`, '"id":"20260102T030405-other"'), 'SYSTEM'],
])('beside a file, a journal that names %s is BAD_JOURNAL and moves nothing', (_what, change, name) => {
  const { folder, root, request } = changedFile();
  commitTargets(hostOver(), request);
  fs.mkdirSync(join(folder, '.ssh'));
  if (name !== 'SYSTEM') fs.writeFileSync(join(folder, name), NEW);
  forge(root, change);
  for (const way of [undo, finishUndo]) {
    expect(codeOf(() => way(hostOver(), findJournals(hostOver(), [root])[0]!, request.volumes))).toBe('BAD_JOURNAL');
  }
  for (const file of ['SYSTEM', name]) expect(fs.readFileSync(join(folder, file)).equals(NEW)).toBe(true);
});

it('a journal beside a file is made for that file alone', () => {
  const { folder, request } = changedFile();
  const path = join(folder, 'other');
  fs.writeFileSync(path, OLD);
  const targets = [...request.targets, { kind: 'file', path, before: OLD, after: NEW } as const];
  expect(codeOf(() => commitTargets(hostOver(), { ...request, targets }))).toBe('UNSAFE_JOURNAL_PLACE');
  expect(fs.readFileSync(path).equals(OLD)).toBe(true);
});

it('what has a second name is neither committed nor taken back', () => {
  const { folder, root, request } = changedFile();
  commitTargets(hostOver(), request);
  fs.linkSync(join(folder, 'SYSTEM'), join(folder, 'elsewhere'));
  expect(codeOf(() => undo(hostOver(), findJournals(hostOver(), [root])[0]!, request.volumes))).toBe('OUTSIDE_VOLUME');
  expect(fs.readFileSync(join(folder, 'elsewhere')).equals(NEW)).toBe(true);
});

it('what lies on another file system below the volume is not touched', () => {
  const { folder, root, request } = changedFile();
  commitTargets(hostOver(), request);
  const path = join(folder, 'SYSTEM');
  const stat = { dev: 77 };
  const lstatSync = (at: string): fs.Stats => (at === path ? Object.assign(fs.lstatSync(at), stat) : fs.lstatSync(at));
  const host = hostOver({ ...fs, lstatSync } as unknown as WriteFs);
  expect(codeOf(() => undo(host, findJournals(host, [root])[0]!, request.volumes))).toBe('OUTSIDE_VOLUME');
});

it('60,000 entries are refused at once', () => {
  const { root, request } = changedFile();
  commitTargets(hostOver(), request);
  let looks = 0;
  const names = Array.from({ length: 60_000 }, (_, index) => `20260102T030405-${index}`);
  const host = hostOver({
    ...fs,
    readdirSync: (at: string) => (at === root ? names : fs.readdirSync(at)),
    lstatSync: (at: string) => {
      looks += 1;
      return fs.lstatSync(at);
    },
  } as unknown as WriteFs);
  expect(codeOf(() => findJournals(host, [root]))).toBe('LIMIT');
  expect(looks).toBeLessThan(10);
  expect(unfinishedFindings(host, [root])).toHaveLength(1);
});

it.each([
  ['a link to nowhere', (at: string) => fs.symlinkSync('/nowhere', at)],
  ['a link to itself', (at: string) => fs.symlinkSync(at, at)],
  ['a folder', (at: string) => fs.mkdirSync(at)],
])('%s as an entry, a manifest or a lock is borne, and other journals count', (_what, make) => {
  const { root, request } = changedFile();
  commitTargets(hostOver(), request);
  make(join(root, '20260102T030405-entry'));
  fs.mkdirSync(join(root, '20260102T030405-manifest'), { mode: 0o700 });
  make(join(root, '20260102T030405-manifest', 'manifest.json'));
  make(join(root, '20260102T030405-manifest', 'data.bin'));
  make(join(root, 'x y; $(touch z)'));
  const found = findJournals(hostOver(), [root]);
  expect(found.map(({ id }) => id)).toContain(ID);
  expect(found.every(({ id }) => /^[A-Za-z0-9-]+$/.test(id))).toBe(true);
  expect(found.find(({ id }) => id === '20260102T030405-manifest')?.isUnfinished).toBe(true);
  undo(hostOver(), found.find(({ id }) => id === ID)!, request.volumes);
  make(join(root, 'lock'));
  expect(codeOf(() => commitTargets(hostOver(), { ...request, id: `${ID}1` }))).not.toBe('done');
});

it('a folder that is swapped for a link while the journal is written stops the commit', () => {
  for (let at = 1; at < 12; at += 1) {
    const { folder, root, request } = changedFile();
    const outside = join(folder, 'outside');
    fs.mkdirSync(outside, { mode: 0o700 });
    let opens = 0;
    const openSync: typeof fs.openSync = (path, flags, mode) => {
      const made = String(path).startsWith(`${root}/`) && typeof flags === 'string' && flags.startsWith('wx');
      if (made) opens += 1;
      if (made && opens === at) {
        fs.renameSync(root, join(folder, 'aside'));
        fs.cpSync(join(folder, 'aside'), outside, { recursive: true });
        fs.symlinkSync(outside, root);
      }
      return fs.openSync(path, flags, mode);
    };
    const code = codeOf(() => commitTargets(hostOver({ ...fs, openSync } as unknown as WriteFs), request));
    if (opens < at) break;
    expect([at, code]).not.toEqual([at, 'done']);
    expect(fs.readFileSync(join(folder, 'SYSTEM')).equals(OLD), String(at)).toBe(true);
  }
});
