// One known fault on many disks: folders and images, a canary, a stop, the rest, and undo over the same list.

import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { makeDisk, scratch } from './cli/process.ts';
import { describeNtfs } from './disk/ntfs-image.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const CHANNEL = 'Windows/System32/drivers/CrowdStrike';
const FAULT = 'C-00000291-00000000-00000032.sys';
const GOOD = 'C-00000292-00000000-00000001.sys';

const sha256 = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

/** Every file below a folder or in the place of one, with its hash; journals are no part of a disk's state. */
function stateOf(disk: string): [string, string][] {
  if (disk.endsWith('.img')) return [['', sha256(disk)]];
  return readdirSync(disk, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((file) => !relative(disk, file).startsWith('hivemend'))
    .map((file): [string, string] => [relative(disk, file), sha256(file)])
    .sort();
}

describeNtfs('fifty disks, thirty with the fault', (images) => {
  it('are repaired by one command, tried on the first, stopped, resumed and undone', { timeout: 900_000 }, () => {
    const place = scratch();
    const disks = join(place, 'disks');
    mkdirSync(disks);
    const hivemend = join(place, 'hivemend');
    const main = join(root, 'dist/cli/main.js');
    writeFileSync(hivemend, `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`, { mode: 0o755 });

    const healthy = makeDisk({ SYSTEM: 'SYSTEM-healthy' });
    const system = join(healthy, 'Windows/System32/config/SYSTEM');
    const service = 'HKLM\\SYSTEM\\ControlSet001\\Services\\CSAgent';
    for (const words of [
      ['/v', 'Start', '/t', 'REG_DWORD', '/d', '1'],
      ['/v', 'Type', '/t', 'REG_DWORD', '/d', '2'],
    ])
      execFileSync(hivemend, ['reg', 'add', service, ...words, '/f', '--hive', system], { stdio: 'ignore' });
    for (const left of readdirSync(join(system, '..')).filter((name) => name.includes('hivemend')))
      execFileSync('rm', ['-r', join(system, '..', left)]);
    const image = (name: string, isFaulty: boolean): void => {
      const made = images.make(name, 40);
      const mount = images.mount(made);
      cpSync(healthy, mount, { recursive: true });
      channel(mount, isFaulty);
      images.unmount(mount);
      renameSync(made, join(disks, name));
    };
    const channel = (disk: string, isFaulty: boolean): void => {
      mkdirSync(join(disk, CHANNEL), { recursive: true });
      for (const name of isFaulty ? [GOOD, FAULT] : [GOOD]) {
        const file = join(disk, CHANNEL, name);
        writeFileSync(file, name);
        const time = new Date('2024-07-19T04:30:00Z');
        utimesSync(file, time, time);
      }
    };
    // Of ten images and forty folders three in five have the fault.
    const faulty: string[] = [];
    for (let index = 0; index < 50; index += 1) {
      const isFaulty = index % 5 < 3;
      const isImage = index % 5 === 1;
      const name = `vm-${String(index).padStart(2, '0')}${isImage ? '.img' : ''}`;
      if (isFaulty) faulty.push(name);
      if (isImage) image(name, isFaulty);
      else {
        cpSync(healthy, join(disks, name), { recursive: true });
        channel(join(disks, name), isFaulty);
      }
    }
    const names = readdirSync(disks);
    const before = names.map((name) => stateOf(join(disks, name)));

    const profile = join(root, 'profiles/crowdstrike-2024-07.json');
    const each = (options: string[], reports: string, ...words: string[]) => {
      const args = [
        join(root, 'deploy/each-disk.sh'),
        '--jobs',
        '2',
        ...options,
        disks,
        join(place, reports),
        ...words,
      ];
      const { stdout, status } = spawnSync('sh', args, {
        encoding: 'utf8',
        env: { PATH: process.env.PATH, HIVEMEND: hivemend },
      });
      const rows = stdout.trimEnd().split('\n').slice(1);
      return { status, rows: rows.filter((row) => row.startsWith('vm-')), last: rows.at(-1) };
    };
    const repair = ['repair', '--yes', '--profile', profile, '--allow-fallback', '--vm-is-off'];

    const canary = each(['--first', '10'], 'done', ...repair);
    expect(canary.rows).toHaveLength(10);
    const changed = (): string[] =>
      names.filter((name, index) => JSON.stringify(stateOf(join(disks, name))) !== JSON.stringify(before[index]));
    expect(changed()).toEqual(faulty.filter((name) => name < 'vm-10'));

    // One disk cannot be read: the run stops there, and goes on when it is back.
    const away = join(disks, 'vm-20/Windows');
    renameSync(away, join(place, 'away'));
    const stopped = each(['--resume', '--stop-after', '1'], 'done', ...repair);
    expect(stopped.status).toBe(1);
    expect(stopped.last).toBe('Stopped: 1 failed. Add --resume to go on with the rest.');
    expect(stopped.rows.some((row) => row.includes('not started'))).toBe(true);
    renameSync(join(place, 'away'), away);
    const resumed = each(['--resume'], 'done', ...repair);
    expect(resumed.status).toBe(0);
    expect(resumed.rows).toHaveLength(50);
    expect(changed()).toEqual(faulty);
    for (const name of faulty)
      if (!name.endsWith('.img')) expect(existsSync(join(disks, name, CHANNEL, FAULT))).toBe(false);

    const undone = each(['--of', join(place, 'done')], 'undone', 'undo', '--yes', '--vm-is-off');
    expect(undone).toMatchObject({ status: 0, last: '20 nothing to undo, 30 undone' });
    expect(changed()).toEqual([]);
  });
});
