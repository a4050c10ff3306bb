// Disks without a mount, through the command line: diagnosed, repaired and taken back, by the same commands as folders.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeState } from '../../src/commit/journal/journal.ts';
import { findUse } from '../../src/disk/image/in-use.ts';
import { openRaw } from '../../src/disk/image/raw.ts';
import { type Host, thisHost } from '../../src/host.ts';
import type { DiskPlace, Report } from '../../src/report.ts';
import { hivemend as hivemendOn, MAIN, type Run } from '../cli/process.ts';
import { isDeep } from '../deep.ts';
import { buildDisk, CONTAINERS, canBuild, inContainer, RAW, rescue, sha256 } from './gpt-disk.ts';

// Where every test is skipped nothing would take it away again.
const folder = canBuild ? mkdtempSync(join(tmpdir(), 'hivemend-images-')) : '';
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Nobody else has the disk: what waits to see whether somebody writes it need not wait here. */
const host: Host = { ...thisHost(), wait: () => {} };
const hivemend = (args: readonly string[]): Promise<Run> => hivemendOn(args, { host });

function isUseHidden(path: string): boolean {
  const raw = openRaw(host.fs, path);
  try {
    return findUse(host.fs, raw).unseen !== null;
  } finally {
    raw.close();
  }
}

const json = (stdout: string): unknown => JSON.parse(stdout);

describe.skipIf(!canBuild)('a disk without a mount', () => {
  const disk = canBuild ? buildDisk(folder) : '';
  const original = canBuild ? sha256(disk) : '';

  it('is diagnosed without a byte of it changing', async () => {
    const { stdout, status } = await hivemend(['diagnose', disk, '--json']);
    expect(status).toBe(1);
    const report = json(stdout) as { machine: { computerName: string }; findings: { code: string }[] };
    expect(report.machine.computerName).toBe('APP-SRV-07');
    expect(report.findings.map(({ code }) => code)).toContain('SERVICE_DISABLED');
    expect(sha256(disk)).toBe(original);
    const { targets } = json(stdout) as { targets: { hive: string; sha256Before: string; place: DiskPlace }[] };
    const system = targets.find(({ hive }) => hive === 'SYSTEM')!;
    expect(system.place).toMatchObject({ disk, partition: 3 });
    const bytes = readFileSync(disk);
    const parts = system.place.extents.map(({ offsetBytes, sizeBytes }) =>
      bytes.subarray(offsetBytes, offsetBytes + sizeBytes),
    );
    expect(createHash('sha256').update(Buffer.concat(parts)).digest('hex')).toBe(system.sha256Before);
  });

  it('is listed with its partitions, their file systems and the Windows in it', async () => {
    const { stdout, status } = await hivemend(['disks', disk]);
    expect(status).toBe(0);
    expect(stdout).toContain('APP-SRV-07');
    expect(stdout).toMatch(/partition3\s+NTFS/);
    expect(stdout).toMatch(/partition1\s+FAT32/);
  });

  for (const container of [RAW, ...(isDeep ? CONTAINERS : CONTAINERS.slice(0, 3))]) {
    it(`is repaired once and undone: ${container.name}`, { timeout: 120_000 }, async () => {
      const path = inContainer(container, disk, folder, 0);
      await rescue(hivemend, container, { path, disk, words: ['--vm-is-off'] });
    });
  }

  // The built command, as a process of a user without rights who sees no device but these three.
  const open = join(folder, 'open');
  const asNobody = (args: readonly string[]): Run => {
    const script =
      'mount -t tmpfs -o mode=755,size=64k none /dev && mknod -m 666 /dev/null c 1 3 && mknod -m 666 /dev/random c 1 8 && mknod -m 666 /dev/urandom c 1 9 && exec setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all --no-new-privs "$@"';
    const words = ['-m', 'sh', '-c', script, 'sh', process.execPath, MAIN, ...args];
    const { status, stdout, stderr } = spawnSync('unshare', words, {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, TMPDIR: open },
    });
    return { status, stdout, stderr, report: () => JSON.parse(stdout) as Report };
  };
  const canDropRights = canBuild && asNobody(['--version']).status === 0;
  // Where its use by others could be hidden, a disk is watched for ten seconds before each commit.
  const isHidden = canBuild && isUseHidden(disk);
  const words = isHidden ? ['--vm-is-off'] : [];
  const ofNobody = isDeep ? [RAW, ...CONTAINERS] : isHidden ? [] : [RAW];
  for (const container of ofNobody) {
    it.skipIf(!canDropRights)(
      `is repaired once and undone by a user without rights and devices: ${container.name}`,
      { timeout: 120_000 },
      async () => {
        mkdirSync(open, { recursive: true });
        for (const place of [folder, open]) chmodSync(place, 0o755);
        chownSync(open, 65_534, 65_534);
        const path = inContainer(container, disk, open, 65_534);
        await rescue(asNobody, container, { path, disk, words });
      },
    );
  }

  it('that is a device has its journal in the state folder, and not on what this system forgets', async () => {
    const device = (stat: object): object => Object.assign(Object.create(stat), { isBlockDevice: () => true });
    const on = (driver: string): Promise<Run> => {
      const table = join(folder, 'mountinfo');
      writeFileSync(table, `27 1 0:30 / / rw - ${driver} none rw\n`);
      const real = host.writing.fs;
      const fs = Object.assign(Object.create(real), {
        openSync: (path: string, ...rest: [string]) =>
          real.openSync(path === '/proc/self/mountinfo' ? table : path, ...rest),
        lstatSync: (path: string) => (path === disk ? device(real.lstatSync(path)) : real.lstatSync(path)),
        fstatSync: (fd: number) => device(real.fstatSync(fd)),
      }) as typeof real;
      const of = { ...host, fs, writing: { ...host.writing, fs }, disks: { ...host.disks, fs } };
      return hivemendOn(['repair', disk, '--dry-run', '--vm-is-off'], { host: of });
    };
    const refused = await on('overlay');
    expect([refused.status, refused.stdout]).toEqual([5, expect.stringMatching(/\/var\/lib\/hivemend lies on the/)]);
    expect((await on('ext4')).stdout).not.toContain('/var/lib/hivemend');
    expect(sha256(disk)).toBe(original);
  });

  describe('is what every command takes', { timeout: 60_000 }, () => {
    const image = join(folder, 'commands.raw');
    const config = join(image, 'partition3', 'Windows', 'System32', 'config');
    const store = join(image, 'partition1', 'EFI', 'Microsoft', 'Boot', 'BCD');
    const computerName = 'HKLM\\SYSTEM\\ControlSet001\\Control\\ComputerName\\ComputerName';
    const run = async (args: readonly string[], ...statuses: number[]): Promise<Run> => {
      const done = await hivemend(args);
      expect(statuses.length > 0 ? statuses : [0], `${args.join(' ')}: ${done.stdout}${done.stderr}`).toContain(
        done.status,
      );
      return done;
    };
    beforeAll(() => {
      if (canBuild) cpSync(disk, image);
    });

    it.each<[string, string, readonly string[]]>([
      ['reg', image, ['reg', 'add', computerName, '/v', 'ComputerName', '/d', 'NEW', '/f', '--volume', image]],
      [
        'reg --hive',
        join(config, 'SYSTEM'),
        ['reg', 'add', 'HKLM\\SYSTEM\\Setup', '/v', 'A', '/f', '--hive', join(config, 'SYSTEM')],
      ],
      ['bcdedit', image, ['bcdedit', '/timeout', '7', '--volume', image]],
      ['bcdedit /store', store, ['bcdedit', '/store', store, '/timeout', '7']],
      [
        'import',
        join(config, 'SOFTWARE'),
        [
          'import',
          join(config, 'SOFTWARE'),
          join(folder, 'a.reg'),
          '--prefix',
          'HKEY_LOCAL_MACHINE\\SOFTWARE',
          '--yes',
        ],
      ],
      [
        'run',
        image,
        ['run', join(folder, 'a.cmd'), '--drive', `F:=${image}`, '--drive', `S:=${join(image, 'partition1')}`, '--yes'],
      ],
      ['apply', image, ['apply', join(folder, 'plan.json'), image, '--yes']],
    ])('%s writes to it, and undo gives it back', async (name, place, words) => {
      writeFileSync(
        join(folder, 'a.reg'),
        'Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft]\r\n"A"=dword:1\r\n',
      );
      writeFileSync(
        join(folder, 'a.cmd'),
        'reg load HKLM\\OFF F:\\Windows\\System32\\config\\SYSTEM\r\nreg add HKLM\\OFF\\ControlSet001\\Services\\TermService /v Start /t REG_DWORD /d 3 /f\r\nreg unload HKLM\\OFF\r\nbcdedit /store S:\\EFI\\Microsoft\\Boot\\BCD /timeout 9\r\n',
      );
      if (name === 'apply') await run(['repair', image, '--plan', join(folder, 'plan.json'), '--force']);
      await run([...words, '--vm-is-off'], 0, 1);
      expect(sha256(image)).not.toBe(original);
      await run(['undo', place, '--yes', '--vm-is-off']);
      expect(sha256(image)).toBe(original);
    });

    it('reading ones find hives by Windows path or name, and change nothing', async () => {
      const windowsPath = 'Windows\\System32\\config\\SYSTEM';
      const inspected = await run(['inspect', windowsPath, '--volume', image]);
      expect(inspected.stdout).toContain(join(config, 'SYSTEM'));
      expect((await run(['export', 'system', '--format', 'xml', '--volume', image])).stdout).toContain('ControlSet001');
      const copy = join(folder, 'recovered');
      await run(['recover', 'SYSTEM', '--volume', image, '-o', copy]);
      expect((await run(['diff', windowsPath, copy, '--volume', image])).stdout).toBe('');
      await run(['rebuild', 'Windows/System32/config/SYSTEM', '--volume', image, '--dry-run']);
      expect((await run(['reg', 'query', computerName, '--volume', image])).stdout).toContain('APP-SRV-07');
      expect((await run(['bcdedit', '/enum', '--volume', image])).stdout).toContain('Windows Boot Manager');
      const onItself = await run(['recover', 'SYSTEM', '--volume', image, '-o', image, '--force'], 5);
      expect(onItself.stderr).toContain('OUTSIDE_VOLUME');
      const missing = await run(['inspect', 'Windows\\nothing', '--volume', image], 3);
      expect(missing.stderr).toContain('HIVE_NOT_FOUND');
      expect(sha256(image)).toBe(original);
    });

    it('none goes on where a commit was cut off', async () => {
      const repaired = (await run(['repair', image, '--yes', '--vm-is-off', '--json'], 0, 1)).report();
      writeState(host.writing, repaired.undo!.journal, 'committing');
      for (const words of [
        ['diagnose', image],
        ['repair', image, '--dry-run'],
        ['reg', 'add', computerName, '/v', 'A', '/f', '--volume', image],
        ['bcdedit', '/store', store, '/timeout', '7'],
      ]) {
        expect((await run(words, 5)).stderr).toContain('UNFINISHED_JOURNAL');
      }
      expect((await run(['inspect', 'SYSTEM', '--volume', image])).stderr).toContain('was cut off');
      await run(['undo', image, '--yes', '--vm-is-off']);
      expect(sha256(image)).toBe(original);
    });
  });
});
