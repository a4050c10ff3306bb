// One disk as a Windows on UEFI has it (ESP, MSR, Windows, recovery), the containers that it is put into, and the walk that
// every rescue is: diagnose, repair, repair again, undo, each sector of the disk compared.

import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chownSync, cpSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { openDiskImage } from '../../src/disk/image/disk-image.ts';
import { imageFs } from '../../src/disk/image/image-fs.ts';
import type { Report } from '../../src/report.ts';
import type { Run } from '../cli/process.ts';
import { isDeep } from '../deep.ts';
import { withFileBlocks } from '../disk/image/file-blocks.ts';
import { buildFixture } from '../fixture-hives.ts';
import { makeHvleLog } from '../judge/synthetic-hive.ts';

const has = (tool: string): boolean => spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0;

export const canBuild =
  process.getuid?.() === 0 && ['mkntfs', 'ntfs-3g', 'mkfs.vfat', 'mmd', 'mcopy', 'sfdisk'].every(has);

export const run = (command: string, ...args: string[]): void => {
  execFileSync(command, args, { stdio: 'ignore' });
};

export const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

const SECTOR = 512;
/** The smallest that FAT32 and FAT16 have; each test compares every sector of the disk. */
const ESP = { start: 2048, sectors: isDeep ? 69_632 : 10_240 };
const MSR = { start: ESP.start + ESP.sectors, sectors: 2048 };
const WINDOWS = { start: MSR.start + MSR.sectors, sectors: isDeep ? 81_920 : 24_576 };
const RECOVERY = { start: WINDOWS.start + WINDOWS.sectors, sectors: 8192 };
const DISK_SECTORS = RECOVERY.start + RECOVERY.sectors + 4096;
/** Byte offset of the Windows volume. */
export const WINDOWS_AT = WINDOWS.start * SECTOR;
/** With room for an entry, as Windows leaves them. */
const LOG_BYTES = 256 * 1024;

/** A GPT disk whose Windows has a broken Remote Desktop; hives with logs and without. */
export function buildDisk(folder: string): string {
  const [esp, windows, recovery, disk] = ['esp.img', 'windows.img', 'recovery.img', 'disk.raw'].map((name) =>
    join(folder, name),
  ) as [string, string, string, string];
  for (const [path, sectors] of [
    [esp, ESP.sectors],
    [windows, WINDOWS.sectors],
    [recovery, RECOVERY.sectors],
    [disk, DISK_SECTORS],
  ] as const) {
    writeFileSync(path, '');
    truncateSync(path, sectors * SECTOR);
  }
  const store = join(folder, 'BCD');
  writeFileSync(store, buildFixture('BCD-uefi'));
  run('mkfs.vfat', '-F', isDeep ? '32' : '16', '-s', '1', esp);
  run('mmd', '-i', esp, '::EFI', '::EFI/Microsoft', '::EFI/Microsoft/Boot');
  run('mcopy', '-i', esp, store, '::EFI/Microsoft/Boot/BCD');
  const system = buildFixture('SYSTEM-broken');
  const log = makeHvleLog(1, [{ bins: system.subarray(4096), pages: [0] }], LOG_BYTES);
  fillNtfs(folder, windows, {
    'Windows/System32/config/SYSTEM': system,
    'Windows/System32/config/SYSTEM.LOG1': log,
    'Windows/System32/config/SYSTEM.LOG2': new Uint8Array(0),
    'Windows/System32/config/SOFTWARE': buildFixture('SOFTWARE'),
  });
  fillNtfs(folder, recovery, { 'Recovery/WindowsRE/Winre.wim': new Uint8Array(5000).fill(0x57) });
  const guids = {
    esp: 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B',
    msr: 'E3C9E316-0B5C-4DB8-817D-F92DF00215AE',
    windows: 'EBD0A0A2-B9E5-4433-87C0-68B6B72699C7',
    recovery: 'DE94BBA4-06D1-4D40-A16A-BFD50179D6AC',
  };
  const line = ({ start, sectors }: typeof ESP, type: string): string =>
    `start=${start},size=${sectors},type=${type}\n`;
  const table = [
    'label: gpt\n',
    line(ESP, guids.esp),
    line(MSR, guids.msr),
    line(WINDOWS, guids.windows),
    line(RECOVERY, guids.recovery),
  ].join('');
  execFileSync('sfdisk', ['-q', disk], { input: table, stdio: ['pipe', 'ignore', 'ignore'] });
  for (const [path, { start }] of [
    [esp, ESP],
    [windows, WINDOWS],
    [recovery, RECOVERY],
  ] as const) {
    run('dd', `if=${path}`, `of=${disk}`, `bs=${SECTOR}`, `seek=${start}`, 'conv=notrunc');
  }
  return disk;
}

function fillNtfs(folder: string, image: string, files: Readonly<Record<string, Uint8Array>>): void {
  const place = join(folder, 'mount');
  run('mkntfs', '-F', '-Q', '-q', image);
  mkdirSync(place, { recursive: true });
  run('ntfs-3g', image, place);
  try {
    for (const [path, bytes] of Object.entries(files)) {
      mkdirSync(join(place, path, '..'), { recursive: true });
      writeFileSync(join(place, path), bytes);
    }
  } finally {
    unmount(place);
  }
}

/** The driver closes files late: the volume is busy for a moment. */
function unmount(place: string): void {
  for (let tries = 0; tries < 20; tries += 1) {
    if (spawnSync('umount', [place]).status === 0) return;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  }
  run('umount', '-l', place);
}

/** What a disk is put into: qemu's format, the ending of its name, how it is made of the raw disk. */
export interface Container {
  readonly name: string;
  readonly format: string;
  make(disk: string, path: string): void;
}

const converted = (name: string, format: string, ...options: string[]): Container => ({
  name,
  format,
  make: (disk, path) => run('qemu-img', 'convert', '-f', 'raw', '-O', format, ...options, disk, path),
});

export const RAW: Container = { name: 'raw', format: 'raw', make: (disk, path) => cpSync(disk, path) };
/** Those that need QEMU's tools; none where they are not installed. */
export const CONTAINERS: readonly Container[] = !(has('qemu-img') && has('qemu-nbd'))
  ? []
  : [
      converted('fixed VHD', 'vpc', '-o', 'subformat=fixed,force_size=on'),
      converted('VHDX', 'vhdx'),
      {
        name: 'qcow2 with a backing file',
        format: 'qcow2',
        make: (disk, path) => {
          cpSync(disk, `${path}.base`);
          run('qemu-img', 'create', '-q', '-f', 'qcow2', '-b', `${path}.base`, '-F', 'raw', path);
        },
      },
      converted('dynamic VHD', 'vpc', '-o', 'force_size=on'),
      converted('VMDK', 'vmdk'),
      converted('VDI', 'vdi'),
    ];

const ENDINGS: Readonly<Record<string, string>> = { vpc: 'vhd' };

/** The disk in a container, belonging to the user with this number. */
export function inContainer({ name, format, make }: Container, disk: string, folder: string, userId: number): string {
  const path = join(folder, `${name.replaceAll(' ', '-')}.${ENDINGS[format] ?? format}`);
  make(disk, path);
  chownSync(path, userId, userId);
  return path;
}

/** The disk in a container, byte for byte. */
function contentOf({ format }: Container, path: string): Buffer {
  if (format === 'raw') return readFileSync(path);
  const plain = `${path}.content`;
  const given = format === 'vpc' ? `driver=vpc,force_size_calc=current_size,file.filename=${path}` : null;
  run('qemu-img', 'convert', ...(given ? ['--image-opts', given] : ['-f', format, path]), '-O', 'raw', plain);
  const bytes = readFileSync(plain);
  run('rm', plain);
  return bytes;
}

type Cli = (args: readonly string[]) => Run | Promise<Run>;

/**
 * Diagnoses, repairs, repairs again and undoes what was made of `disk` at `path`; `words` are what the writing ones need. Only sectors of hives, their logs and the store differ in
 * between; afterwards none does.
 */
export async function rescue(
  cli: Cli,
  container: Container,
  { path, disk, words }: { readonly path: string; readonly disk: string; readonly words: readonly string[] },
): Promise<void> {
  const original = readFileSync(disk);
  const before = sha256(path);
  const given = [path, '--yes', '--json', ...words];
  const report = async (args: readonly string[], ...statuses: number[]): Promise<Report> => {
    const done = await cli(args);
    expect(statuses, `${args[0]}: ${done.stdout}${done.stderr}`).toContain(done.status);
    return done.report();
  };
  const found = await report(['diagnose', path, '--json'], 1);
  expect(found.findings.map(({ code }) => code)).toContain('SERVICE_DISABLED');
  expect(sha256(path)).toBe(before);

  const repaired = await report(['repair', ...given], 0, 1);
  expect(repaired.changes.length).toBeGreaterThan(5);
  expect(repaired.undo!.journal.startsWith(`${path}.hivemend/`)).toBe(true);
  const written = contentOf(container, path);
  const owned = new Set(ownedSectors(disk));
  const foreign: number[] = [];
  let changed = 0;
  for (let at = 0; at < original.length; at += SECTOR) {
    if (original.compare(written, at, at + SECTOR, at, at + SECTOR) === 0) continue;
    changed += 1;
    if (!owned.has(at / SECTOR)) foreign.push(at / SECTOR);
  }
  expect(foreign).toEqual([]);
  expect(changed).toBeGreaterThan(10);

  const again = await report(['repair', ...given], 0, 1);
  expect([again.status, again.changes]).toEqual([expect.stringMatching(/unchanged|partly/), []]);
  expect(contentOf(container, path).equals(written)).toBe(true);

  await report(['undo', ...given], 0);
  const undone = contentOf(container, path);
  expect(undone.length).toBeGreaterThanOrEqual(original.length);
  expect(undone.subarray(0, original.length).equals(original)).toBe(true);
  if (container.format === 'raw') expect(sha256(path)).toBe(before);
}

const CONFIG = 'partition3/Windows/System32/config';
const OWNED = [
  `${CONFIG}/SYSTEM`,
  `${CONFIG}/SYSTEM.LOG1`,
  `${CONFIG}/SOFTWARE`,
  'partition1/EFI/Microsoft/Boot/BCD',
] as const;

/** The sectors of the disk that belong to hives, their logs and the store. */
function ownedSectors(disk: string): number[] {
  return withFileBlocks(disk, (blocks) => {
    const files = imageFs(openDiskImage(blocks, disk));
    return OWNED.flatMap((name) => files.place(join(disk, name)).extents).flatMap(({ offsetBytes, sizeBytes }) =>
      Array.from({ length: Math.ceil(sizeBytes / SECTOR) }, (_, index) => offsetBytes / SECTOR + index),
    );
  });
}
