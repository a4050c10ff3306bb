// A disk that is served over NBD, and one that a program gives by a name of its own: read, written and taken back like any other,
// however their names are spelled.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { type Host, thisHost } from '../../src/host.ts';
import type { Report } from '../../src/report.ts';
import { pathOfDisk } from '../../src/session/disks/disk-argument.ts';
import { hivemend as hivemendOn } from '../cli/process.ts';
import { memoryBlocks } from '../disk/image/memory-blocks.ts';
import { buildDisk, CONTAINERS, canBuild, sha256 } from './gpt-disk.ts';

const folder = canBuild ? mkdtempSync(join(tmpdir(), 'hivemend-nbd-')) : '';
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each([
  ['/images/disk.raw', '/images/disk.raw'],
  ['nbd://host:10809/export', '/nbd:/host:10809/export'],
  ['nbd://host/', '/nbd:/host'],
  ['nbd+unix:///a/../b?socket=/run//x', '/nbd+unix:/b?socket=/run/x'],
  ['backup 4711', '/backup 4711'],
  ['a//b/', '/a/b'],
])('paths of the disk %s begin with %s', (name, path) => expect(pathOfDisk(name, 'posix')).toBe(path));

describe.skipIf(!canBuild)('a disk by another name than a path', () => {
  const disk = canBuild ? buildDisk(folder) : '';
  const original = canBuild ? sha256(disk) : '';

  async function rescue(name: string, host: Host, hash: () => string): Promise<void> {
    const state = mkdtempSync(join(folder, 'state-'));
    const run = async (...args: string[]): Promise<Report> => {
      const { stdout } = await hivemendOn([...args, name, '--json'], { host });
      return JSON.parse(stdout) as Report;
    };
    const writing = ['--yes', '--vm-is-off', '--state-dir', state, '--state-dir-is-durable'];
    expect(await run('diagnose')).toMatchObject({ exitCode: 1, machine: { computerName: 'APP-SRV-07' } });
    expect((await run('diagnose', '--report', join(state, 'report.json'))).error).toBeNull();
    const repaired = await run('repair', ...writing);
    expect(repaired).toMatchObject({ error: null, undo: { id: expect.any(String) } });
    expect(hash()).not.toBe(original);
    expect(repaired.targets[0]?.place?.disk).toBe(name);
    expect((await run('undo', ...writing)).error).toBeNull();
    expect(hash()).toBe(original);
  }

  it.skipIf(CONTAINERS.length === 0)('an NBD address', async () => {
    mkdirSync(join(folder, 'socket folder'));
    const socket = join(folder, 'socket folder', 's');
    const server = spawn('qemu-nbd', ['-f', 'raw', '-t', '-x', 'an export', '-k', socket, disk], { stdio: 'ignore' });
    try {
      await vi.waitFor(() => expect(existsSync(socket)).toBe(true), 10_000);
      const host: Host = { ...thisHost(), wait: () => {} };
      await rescue(`nbd+unix:///an%20export?socket=${encodeURIComponent(socket)}`, host, () => sha256(disk));
    } finally {
      server.kill();
    }
  });

  it('a name that a program gives', async () => {
    const bytes = new Uint8Array(readFileSync(disk));
    const name = 'backup://4711/';
    const base = thisHost();
    const sources = new Map([[name, () => memoryBlocks(bytes)]]);
    const host: Host = { ...base, wait: () => {}, disks: { ...base.disks, sources } };
    await rescue(name, host, () => createHash('sha256').update(bytes).digest('hex'));
  });
});
