// A disk whose driver dies, or that gives read errors, from some file operation on: whichever command runs, and whichever
// operation is the first that fails, it ends in a code, and never as a defect of ours.

import fs from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { WriteFs } from '../../src/base/write-fs.ts';
import { type Host, thisHost } from '../../src/host.ts';
import { randomFrom } from '../commit/cuts.ts';
import { isDeep, seedOr } from '../deep.ts';
import { hivemend, makeDisk, SYSTEM_PATH, scratch } from './process.ts';

/** The errors of node:fs: calls by path name it, calls by descriptor do not. */
function hostError(code: string, syscall: string, path: string | undefined): Error {
  const message = `${code}: it is not there any more, ${syscall}${path === undefined ? '' : ` '${path}'`}`;
  return Object.assign(new Error(message), { code, syscall, errno: -107, ...(path === undefined ? {} : { path }) });
}

interface Dying {
  readonly host: Host;
  /** Operations on the disk until now. */
  count: number;
}

/** This machine, on which every operation on `disk` fails from the `from`th on; closing a file always works. */
function dying(disk: string, from: number, code: string): Dying {
  const base = thisHost();
  const open = new Set<number>();
  const machine: { count: number } = { count: 0 };
  const files = new Proxy(fs as unknown as WriteFs, {
    get: (target, name: keyof WriteFs) => {
      const member = target[name] as unknown;
      if (typeof member !== 'function' || !name.endsWith('Sync')) return member;
      return (...args: unknown[]) => {
        const [at] = args;
        const isHere = typeof at === 'string' ? at.startsWith(disk) || leadsThrough(at, open) : open.has(at as number);
        if (isHere && name !== 'closeSync') {
          machine.count += 1;
          const isByPath = typeof at === 'string';
          if (machine.count > from) throw hostError(code, name.slice(0, -4), isByPath ? at : undefined);
        }
        const result: unknown = Reflect.apply(member, target, args);
        if (name === 'openSync' && isHere) open.add(result as number);
        if (name === 'closeSync') open.delete(at as number);
        return result;
      };
    },
  });
  const { style, disks } = base;
  const host: Host = Object.create(base, {
    fs: { value: files },
    writing: { value: Object.create(base.writing, { fs: { value: files } }) },
    disks: { value: { ...disks, fs: files, style } },
  });
  return Object.assign(machine, { host });
}

/** Whether a path goes by a folder that is held open. */
function leadsThrough(path: string, open: ReadonlySet<number>): boolean {
  const [, fd] = /^\/proc\/\d+\/fd\/(\d+)(?:\/|$)/.exec(path) ?? [];
  return fd !== undefined && open.has(Number(fd));
}

const SCRIPT = [
  'reg load HKLM\\X F:\\Windows\\System32\\config\\SYSTEM',
  'reg add HKLM\\X\\Select /v A /t REG_DWORD /d 1 /f',
  'copy F:\\Boot\\BCD F:\\Boot\\BCD.old',
  'type F:\\Boot\\BCD.old > F:\\x.txt',
  'del F:\\Boot\\BCD.old',
].join('\r\n');

const COMMANDS: readonly (readonly [string, (disk: string, book: string) => readonly string[]])[] = [
  ['diagnose', (disk) => ['diagnose', disk]],
  ['repair', (disk) => ['repair', disk, '--yes']],
  ['repair --dry-run', (disk) => ['repair', disk, '--dry-run']],
  ['undo', (disk) => ['undo', disk, '--yes']],
  ['undo --list', (disk) => ['undo', disk, '--list']],
  ['inspect', (disk) => ['inspect', join(disk, SYSTEM_PATH), '--validate']],
  ['export', (disk) => ['export', disk, '--jobs', '1']],
  ['recover', (disk) => ['recover', join(disk, SYSTEM_PATH), '-o', join(scratch(), 'out')]],
  ['rebuild', (disk) => ['rebuild', join(disk, SYSTEM_PATH), '--dry-run']],
  ['diff', (disk) => ['diff', join(disk, SYSTEM_PATH), join(disk, SYSTEM_PATH)]],
  ['reg query', (disk) => ['reg', '--volume', disk, 'query', 'HKLM\\SYSTEM\\Select']],
  ['reg add', (disk) => ['reg', '--hive', join(disk, SYSTEM_PATH), 'add', '\\Select', '/v', 'A', '/d', 'x', '/f']],
  ['bcdedit', (disk) => ['bcdedit', '--volume', disk, '/enum']],
  ['run', (disk, book) => ['run', book, '--drive', `F:=${disk}`, '--yes']],
];

it.skipIf(process.platform === 'win32').each(COMMANDS)('%s', async (name, argvOf) => {
  const random = randomFrom(seedOr(70));
  const book = join(scratch(), 'fix.cmd');
  fs.writeFileSync(book, SCRIPT);
  const prepared = async (): Promise<string> => {
    const disk = makeDisk();
    if (name.startsWith('undo')) expect((await hivemend(['repair', disk, '--yes', '--only', 'tls'])).status).toBe(0);
    return disk;
  };
  const whole = await prepared();
  const counting = dying(whole, Number.POSITIVE_INFINITY, '');
  await hivemend(argvOf(whole, book), { host: counting.host });
  expect(counting.count).toBeGreaterThan(5);
  const rounds = isDeep ? counting.count : 6;
  for (let round = 0; round < rounds; round += 1) {
    const from = isDeep ? round : Math.floor(random() * counting.count);
    const code = ['ENOTCONN', 'EIO', 'ESTALE'][round % 3]!;
    const disk = await prepared();
    const { status, stderr } = await hivemend(argvOf(disk, book), { host: dying(disk, from, code).host });
    expect([from, code, status, stderr], stderr).not.toEqual([from, code, 70, stderr]);
    expect(stderr).not.toContain('output cannot be written');
  }
});
