// Disks without a mount, through the command line: diagnosed, repaired and taken back, by the same commands as folders.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Host, thisHost } from '../../src/host.ts';
import type { DiskPlace } from '../../src/report.ts';
import { hivemend as hivemendOn, type Run } from '../cli/process.ts';
import { buildFixture } from '../fixture-hives.ts';

const has = (tool: string): boolean => {
  try {
    execFileSync('sh', ['-c', `command -v ${tool}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};
const isRoot = process.getuid?.() === 0;
const canBuild = isRoot && ['mkntfs', 'ntfs-3g', 'mkfs.vfat', 'mmd', 'mcopy', 'sfdisk'].every(has);

// Where every test is skipped nothing would take it away again.
const folder = canBuild ? mkdtempSync(join(tmpdir(), 'hivemend-images-')) : '';
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Nobody else has the disk: what waits to see whether somebody writes it need not wait here. */
const host: Host = { ...thisHost(), wait: () => {} };
const hivemend = (args: readonly string[]): Promise<Run> => hivemendOn(args, { host });

const run = (command: string, ...args: string[]): void => {
  execFileSync(command, args, { stdio: 'ignore' });
};

const ESP_START = 2048;
const ESP_SECTORS = 69_632;
const WINDOWS_START = ESP_START + ESP_SECTORS + 2048;
const WINDOWS_SECTORS = 81_920;

/** A GPT disk with an EFI system partition, a reserved one, and a Windows whose Remote Desktop is broken. */
function buildDisk(): string {
  const esp = join(folder, 'esp.img');
  const windows = join(folder, 'windows.img');
  const disk = join(folder, 'disk.raw');
  for (const [path, sectors] of [
    [esp, ESP_SECTORS],
    [windows, WINDOWS_SECTORS],
    [disk, WINDOWS_START + WINDOWS_SECTORS + 4096],
  ] as const) {
    writeFileSync(path, '');
    truncateSync(path, sectors * 512);
  }
  const store = join(folder, 'BCD');
  writeFileSync(store, buildFixture('BCD-uefi'));
  run('mkfs.vfat', '-F', '32', '-s', '1', esp);
  run('mmd', '-i', esp, '::EFI', '::EFI/Microsoft', '::EFI/Microsoft/Boot');
  run('mcopy', '-i', esp, store, '::EFI/Microsoft/Boot/BCD');
  run('mkntfs', '-F', '-Q', '-q', windows);
  const mount = join(folder, 'mount');
  mkdirSync(mount);
  run('ntfs-3g', windows, mount);
  try {
    const config = join(mount, 'Windows', 'System32', 'config');
    mkdirSync(config, { recursive: true });
    writeFileSync(join(config, 'SYSTEM'), buildFixture('SYSTEM-broken'));
    writeFileSync(join(config, 'SOFTWARE'), buildFixture('SOFTWARE'));
  } finally {
    run('umount', mount);
  }
  const table = `label: gpt\nstart=${ESP_START},size=${ESP_SECTORS},type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B\nsize=2048,type=E3C9E316-0B5C-4DB8-817D-F92DF00215AE\nsize=${WINDOWS_SECTORS},type=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7\n`;
  execFileSync('sfdisk', ['-q', disk], { input: table, stdio: ['pipe', 'ignore', 'ignore'] });
  run('dd', `if=${esp}`, `of=${disk}`, 'bs=512', `seek=${ESP_START}`, 'conv=notrunc');
  run('dd', `if=${windows}`, `of=${disk}`, 'bs=512', `seek=${WINDOWS_START}`, 'conv=notrunc');
  return disk;
}

const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');
const json = (stdout: string): unknown => JSON.parse(stdout);

describe.skipIf(!canBuild)('a disk without a mount', () => {
  const disk = canBuild ? buildDisk() : '';
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

  const containers: readonly (readonly [string, readonly string[]])[] = [
    ['raw', []],
    ...(has('qemu-img') && has('qemu-nbd')
      ? ([
          ['vpc', ['-o', 'subformat=fixed,force_size=on']],
          ['qcow2', []],
          ['vhdx', []],
        ] as const)
      : []),
  ];
  for (const [format, options] of containers) {
    it(`is repaired once and taken back whole: ${format}`, { timeout: 120_000 }, async () => {
      const image = join(folder, `copy.${format === 'vpc' ? 'vhd' : format}`);
      if (format === 'raw') cpSync(disk, image);
      else run('qemu-img', 'convert', '-f', 'raw', '-O', format, ...options, disk, image);
      const before = sha256(image);
      const given = [image, '--yes', '--vm-is-off'];
      const repaired = json((await hivemend(['repair', ...given, '--json'])).stdout) as {
        changes: readonly unknown[];
        undo: { journal: string };
        skipped: readonly { what: string }[];
      };
      expect(repaired.changes.length).toBeGreaterThan(5);
      expect(repaired.undo.journal.startsWith(`${image}.hivemend/`)).toBe(true);
      expect(sha256(image)).not.toBe(before);
      const again = json((await hivemend(['repair', ...given, '--json'])).stdout) as { status: string };
      expect(again.status).toBe('unchanged');
      const undone = await hivemend(['undo', ...given]);
      expect(undone, undone.stdout + undone.stderr).toMatchObject({ status: 0 });
      if (format === 'raw' || format === 'vpc') expect(sha256(image)).toBe(before);
      else run('qemu-img', 'compare', '-f', 'raw', '-F', format, disk, image);
    });
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

  it('is looked at with reg, by its Windows paths', async () => {
    const { stdout, status } = await hivemend([
      'reg',
      'query',
      'HKLM\\SYSTEM\\ControlSet001\\Control\\ComputerName\\ComputerName',
      '/v',
      'ComputerName',
      '--volume',
      disk,
    ]);
    expect(status).toBe(0);
    expect(stdout).toContain('APP-SRV-07');
  });

  it('has single hives that inspect and export read by their path in it', async () => {
    const hive = join(disk, 'partition3', 'Windows', 'System32', 'config', 'SYSTEM');
    expect((await hivemend(['inspect', hive])).status).toBe(0);
    const { stdout } = await hivemend(['export', hive, '--format', 'xml']);
    expect(stdout).toContain('ControlSet001');
  });
});
