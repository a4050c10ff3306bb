// One disk, damaged in one place at a time: what can be read is diagnosed, what damage hides is said by its name, and nothing
// is written to a volume whose state cannot be told.

import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { FileNode } from '../../src/disk/image/file-system.ts';
import { NtfsVolume } from '../../src/disk/image/ntfs/volume.ts';
import { type Host, thisHost } from '../../src/host.ts';
import type { Report } from '../../src/report.ts';
import { hivemend as hivemendOn, makeDisk, put, scratch, snapshot } from '../cli/process.ts';
import { memoryBlocks } from '../disk/image/memory-blocks.ts';
import { buildDisk, canBuild, run, sha256, WINDOWS_AT } from './gpt-disk.ts';

const folder = canBuild ? mkdtempSync(join(tmpdir(), 'hivemend-damaged-')) : '';
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const host: Host = { ...thisHost(), wait: () => {} };
const ESP_AT = 2048 * 512;

async function reportOf(...args: string[]): Promise<Report> {
  const { stdout } = await hivemendOn([...args, '--json'], { host });
  return JSON.parse(stdout) as Report;
}

it('the boot store of a hibernated Windows is not written either, wherever it lies', async () => {
  const windows = makeDisk({ BCD: null });
  const esp = scratch();
  put(esp, 'EFI/Microsoft/Boot/BCD', 'BCD-uefi');
  const set = () =>
    hivemendOn(['bcdedit', '/set', '{bootmgr}', 'timeout', '7', '--volume', windows, '--volume', esp], { host });
  const before = snapshot(esp);
  put(windows, 'hiberfil.sys', Buffer.from('hibr'.padEnd(4096, '\0')));
  const refused = await set();
  expect([refused.status, refused.stderr.includes('HIBERNATED'), snapshot(esp)]).toEqual([5, true, before]);
  put(windows, 'hiberfil.sys', Buffer.from('wake'.padEnd(4096, '\0')));
  expect((await set()).status).toBe(0);
  expect(snapshot(esp)).not.toEqual(before);
});

describe.skipIf(!canBuild)('a damaged disk', () => {
  const whole = canBuild ? buildDisk(folder) : '';
  const bytes = canBuild ? readFileSync(whole) : Buffer.alloc(0);
  const disk = join(folder, 'damaged.raw');
  const clusterBytes = canBuild ? 512 * bytes[WINDOWS_AT + 0x0d]! : 0;
  const mftAt = canBuild ? WINDOWS_AT + clusterBytes * bytes.readUInt32LE(WINDOWS_AT + 0x30) : 0;

  /** The number of a file's record. */
  const recordOf = (path: string): number =>
    path
      .split('/')
      .reduce(
        (node, name) => node.child(name)!.node,
        new NtfsVolume(memoryBlocks(bytes.subarray(WINDOWS_AT))).root as FileNode,
      ).id;

  const damaged = (...places: readonly (readonly [at: number, sizeBytes: number])[]): void => {
    const copy = Buffer.from(bytes);
    for (const [at, sizeBytes] of places) copy.fill(0, at, at + sizeBytes);
    writeFileSync(disk, copy);
  };
  const record = (number: number): readonly [number, number] => [mftAt + 1024 * number + 510, 2];

  it.each<[string, () => (readonly [number, number])[], string | null]>([
    ['the boot sector of Windows', () => [[WINDOWS_AT, 512]], 'read by its copy, and not written'],
    ['the first record of $MFT', () => [record(0)], 'read by its copy, and not written'],
    ['the record of the log', () => [record(2)], 'MFT record 2 .* was torn'],
    ['the record of the volume', () => [record(3)], 'MFT record 3 .* was torn'],
    [
      'the first table of the EFI system partition',
      () => [[ESP_AT + bytes.readUInt16LE(ESP_AT + 0x0e) * 512 + 4, 600]],
      null,
    ],
    ['the first GPT', () => [[512, 1024]], null],
  ])('%s: Windows is diagnosed', async (_, places, blocked) => {
    damaged(...places());
    const before = sha256(disk);
    const report = await reportOf('diagnose', disk);
    expect([report.exitCode, report.machine?.computerName, report.error]).toEqual([1, 'APP-SRV-07', null]);
    if (blocked === null) expect(report.summary.repairBlocked).toBeNull();
    else {
      expect(report.summary.repairBlocked).toMatch(new RegExp(blocked));
      expect(await reportOf('repair', disk, '--yes', '--vm-is-off')).toMatchObject({
        exitCode: 4,
        error: { code: 'BAD_FILE_SYSTEM' },
      });
    }
    expect(sha256(disk)).toBe(before);
  });

  it('the record of SOFTWARE: the rest of Windows is diagnosed, and the damage told', async () => {
    damaged(record(recordOf('Windows/System32/config/SOFTWARE')));
    const report = await reportOf('diagnose', disk);
    expect([report.exitCode, report.machine?.computerName, report.error]).toEqual([1, 'APP-SRV-07', null]);
    expect(JSON.stringify(report.findings)).toMatch(/MFT record \d+ .* was torn/);
  });

  it('a SYSTEM that cannot be overwritten where it lies: the diagnosis and a dry run say so', async () => {
    const copy = Buffer.from(bytes);
    const at = mftAt + 1024 * recordOf('Windows/System32/config/SYSTEM');
    let attribute = at + copy.readUInt16LE(at + 0x14);
    while (copy.readUInt32LE(attribute) !== 0x80) attribute += copy.readUInt32LE(attribute + 4);
    copy.writeUInt16LE(0x8000, attribute + 0x0c);
    writeFileSync(disk, copy);
    const { summary, exitCode } = await reportOf('diagnose', disk);
    expect([exitCode, summary.repairBlocked]).toEqual([
      1,
      expect.stringMatching(/SYSTEM is not written in place: .* sparse/),
    ]);
    for (const how of ['--dry-run', '--yes']) {
      expect(await reportOf('repair', disk, how, '--vm-is-off')).toMatchObject({
        exitCode: 5,
        error: { code: 'NOT_IN_PLACE' },
      });
    }
    // A plan that leaves that hive alone is not stopped by it.
    const only = await reportOf('repair', disk, '--only', 'serial-console', '--dry-run', '--vm-is-off');
    expect(only.error).toBeNull();
  });

  it('the root of Windows: the partition is named with what is wrong with it', async () => {
    damaged(record(5));
    const { error } = await reportOf('diagnose', disk);
    expect(error).toMatchObject({
      code: 'BAD_FILE_SYSTEM',
      message: expect.stringMatching(/^partition 3 of .*damaged\.raw cannot be read: MFT record 5 .* was torn/),
    });
  });

  it('a partition of a dynamic disk is read, and not written: it may be half of a mirror', async () => {
    run('cp', whole, disk);
    run('sfdisk', '-q', '--part-type', disk, '3', 'AF9B60A0-1431-4F62-BC68-3311714A69AD');
    const before = sha256(disk);
    const report = await reportOf('diagnose', disk);
    expect(report).toMatchObject({ exitCode: 1, machine: { computerName: 'APP-SRV-07' } });
    expect(report.summary.repairBlocked).toMatch(/dynamic disk/);
    expect(await reportOf('repair', disk, '--yes', '--vm-is-off')).toMatchObject({
      exitCode: 5,
      error: { code: 'UNSUPPORTED_IMAGE' },
    });
    expect(sha256(disk)).toBe(before);
  });

  it('an image that was cut off is read as far as it goes, and not written', async () => {
    cpSync(whole, disk);
    const endBytes = bytes.readUInt32LE(WINDOWS_AT + 0x28) * 512;
    truncateSync(disk, WINDOWS_AT + endBytes - 2 * clusterBytes);
    const report = await reportOf('diagnose', disk);
    expect(report).toMatchObject({ exitCode: 1, machine: { computerName: 'APP-SRV-07' } });
    expect(report.summary.repairBlocked).toMatch(/was cut off/);
    truncateSync(disk, WINDOWS_AT);
    const { error } = await reportOf('diagnose', disk);
    expect(error).toMatchObject({
      code: 'TRUNCATED',
      message: expect.stringMatching(/^partition 3 .* cannot be read/),
    });
  });
});
