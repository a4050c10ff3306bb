// What is no plain file where one is expected, and output that nobody takes: each has its code, and none is our defect.

import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { BCD_PATH, hivemend, MAIN, makeDisk, SOFTWARE_PATH, SYSTEM_PATH, scratch } from './process.ts';

const isPosix = process.platform !== 'win32';

it.skipIf(!isPosix).each([
  ['a pipe', (at: string) => spawnSync('mkfifo', [at]), 'FILE_NOT_FOUND', 3],
  ['a link to itself', (at: string) => symlinkSync(at, at), 'FILE_NOT_FOUND', 3],
  ['a folder', (at: string) => mkdirSync(at), 'BAD_PATH', 2],
  ['a character device', (at: string) => symlinkSync('/dev/zero', at), 'FILE_NOT_FOUND', 3],
  [
    '2^31 bytes',
    (at: string) => {
      writeFileSync(at, 'regf');
      truncateSync(at, 2 ** 31);
    },
    'LIMIT',
    5,
  ],
] as const)('%s as a hive', async (_what, make, code, exitCode) => {
  const path = join(scratch(), 'SYSTEM');
  make(path);
  for (const argv of [
    ['inspect', path],
    ['export', path, '--format', 'xml'],
    ['reg', '--hive', path, 'query', '\\'],
  ]) {
    const run = await hivemend(argv);
    // A folder is a source of exports.
    const isFolder = argv[0] === 'export' && lstatSync(path).isDirectory();
    const [wantedCode, wantedExit] = isFolder ? ['HIVE_NOT_FOUND', 3] : [code, exitCode];
    expect([argv[0], run.status, run.stderr]).toEqual([argv[0], wantedExit, expect.stringContaining(wantedCode)]);
  }
});

// Twelve real processes, on a machine that may be busy.
it.skipIf(!isPosix)(
  'pipes in the places of hives, logs and stores neither block nor end in a defect',
  { timeout: 90_000 },
  () => {
    for (const place of [SYSTEM_PATH, SOFTWARE_PATH, BCD_PATH, `${SYSTEM_PATH}.LOG1`, 'hivemend', 'hiberfil.sys']) {
      const disk = makeDisk();
      rmSync(join(disk, place), { force: true });
      expect(spawnSync('mkfifo', [join(disk, place)]).status, place).toBe(0);
      for (const argv of [
        ['diagnose', disk],
        ['repair', disk, '--yes', '--only', 'tls'],
      ]) {
        const run = spawnSync(process.execPath, [MAIN, ...argv], { timeout: 15_000, encoding: 'utf8' });
        expect([place, run.status], run.stderr).not.toEqual([place, null]);
        expect([place, run.status], run.stderr).not.toEqual([place, 70]);
      }
    }
  },
);

it.skipIf(!existsSync('/dev/full'))('a full disk behind standard output is said as that', () => {
  const disk = makeDisk();
  for (const command of [`diagnose ${disk}`, `export ${join(disk, SYSTEM_PATH)} --format jsonl`]) {
    const run = spawnSync('sh', ['-c', `"${process.execPath}" "${MAIN}" ${command} > /dev/full`], { encoding: 'utf8' });
    expect([command, run.status, run.stderr]).toEqual([
      command,
      2,
      expect.stringMatching(/cannot be written \(ENOSPC\)\n$/),
    ]);
  }
});
