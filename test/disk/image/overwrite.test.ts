// Overwriting files of an image where they lie: only their bytes change, and every condition that does not hold refuses.

import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RefusedError } from '../../../src/base/errors.ts';
import { openDiskImage } from '../../../src/disk/image/disk-image.ts';
import { FatVolume } from '../../../src/disk/image/fat/volume.ts';
import { type ImageFs, imageFs } from '../../../src/disk/image/image-fs.ts';
import { NtfsVolume } from '../../../src/disk/image/ntfs/volume.ts';
import type { WriteGate } from '../../../src/disk/image/overwrite.ts';
import { whyNotOverwritable } from '../../../src/disk/image/write-gate.ts';
import { MIB } from '../disk-image.ts';
import { describeNtfs, sh } from '../ntfs-image.ts';
import { madeDisk } from './made-disk.ts';
import { type MemoryBlocks, memoryBlocks } from './memory-blocks.ts';
import { junctionTo, setReparsePoint } from './reparse-data.ts';

const NAME = '/evidence/disk.raw';
const WINDOWS = `${NAME}/partition3`;
const SYSTEM = `${WINDOWS}/Windows/System32/config/SYSTEM`;
const STORE = `${NAME}/partition1/EFI/Microsoft/Boot/BCD`;
const hasMtools = spawnSync('sh', ['-c', 'command -v mkfs.vfat mmd mcopy fsck.vfat']).status === 0;

function openFs(bytes: Uint8Array): { source: MemoryBlocks; image: ImageFs } {
  const source = memoryBlocks(bytes);
  const gate: WriteGate = (volume) => whyNotOverwritable(volume, false);
  return { source, image: imageFs(openDiskImage(source, NAME), gate) };
}

/** Offsets at which two disks differ. */
function differences(a: Uint8Array, b: Uint8Array): number[] {
  const found: number[] = [];
  for (let i = 0; i < a.byteLength; i += 1) if (a[i] !== b[i]) found.push(i);
  return found;
}

function refusal(code: string, cause?: string): unknown {
  return expect.objectContaining({
    code,
    ...(cause === undefined ? {} : { data: expect.objectContaining({ cause }) }),
  });
}

describeNtfs('overwriting files of an image', (images) => {
  if (!hasMtools) return it.skipIf(true)('skipped: mkfs.vfat or mtools is not installed', () => {});
  const made = madeDisk(images, (place) => {
    fs.writeFileSync(join(place, 'small'), 'in its record');
    fs.writeFileSync(join(place, 'hiberfil.sys'), Buffer.alloc(8192));
    const fd = fs.openSync(join(place, 'holes'), 'w');
    for (const offset of [0, 100_000, 200_000]) fs.writeSync(fd, Buffer.alloc(5000, 7), 0, 5000, offset);
    fs.closeSync(fd);
    fs.mkdirSync(join(place, 'Junction'));
    setReparsePoint(join(place, 'Junction'), 0xa0000003, junctionTo('\\??\\C:\\Windows'));
    fs.writeFileSync(join(place, 'Link'), Buffer.alloc(9000));
    const target = junctionTo('\\??\\C:\\Windows');
    setReparsePoint(
      join(place, 'Link'),
      0xa000000c,
      Buffer.concat([target.subarray(0, 8), Buffer.alloc(4), target.subarray(8)]),
    );
    // Two pieces: what lies between them is written first.
    fs.writeFileSync(join(place, 'pieces'), Buffer.alloc(4096, 1));
    fs.writeFileSync(join(place, 'between'), Buffer.alloc(4096, 2));
    fs.appendFileSync(join(place, 'pieces'), Buffer.alloc(8192, 3));
  });
  const fresh = (): Uint8Array => made.slice();

  it.each([SYSTEM, STORE, `${WINDOWS}/pieces`])('%s: only the bytes that were written differ', (path) => {
    const bytes = fresh();
    const { source, image } = openFs(bytes);
    const { extents, sizeBytes } = image.place(path);
    expect(extents.length).toBe(path.endsWith('pieces') ? 2 : 1);
    const fd = image.openSync(path, image.constants.O_RDWR! | image.constants.O_NOFOLLOW!);
    const data = Buffer.alloc(5000, 0x5a);
    const at = Math.max(0, Math.min(3000, sizeBytes - 5000));
    expect(image.writeSync(fd, data, 0, data.byteLength, at)).toBe(data.byteLength);
    expect(image.writeSync(fd, Buffer.from('\xffend', 'latin1'), 1, 3, sizeBytes - 3)).toBe(3);
    const back = Buffer.alloc(5000);
    image.readSync(fd, back, 0, 5000, at);
    expect(back.equals(data)).toBe(true);
    image.fsyncSync(fd);
    image.closeSync(fd);
    expect(source.calls.at(-1)?.what).toBe('flush');
    const inFile = (offset: number): boolean =>
      extents.some((extent) => offset >= extent.offsetBytes && offset < extent.offsetBytes + extent.sizeBytes);
    const changed = differences(made, bytes);
    expect(changed.length).toBeGreaterThan(1000);
    expect(changed.every(inFile)).toBe(true);
  });

  it('the volumes stay sound for other programs, which read the new bytes', () => {
    const bytes = fresh();
    const { image } = openFs(bytes);
    for (const [path, fill] of [
      [SYSTEM, 0x11],
      [STORE, 0x22],
      [`${WINDOWS}/pieces`, 0x33],
    ] as const) {
      const fd = image.openSync(path, 'r+');
      const data = Buffer.alloc(image.fstatSync(fd).size, fill);
      image.writeSync(fd, data, 0, data.byteLength, 0);
      image.closeSync(fd);
    }
    const windows = join(images.folder, 'written.img');
    fs.writeFileSync(windows, bytes.subarray(2 * MIB, 7 * MIB));
    expect(sh('ntfsfix', '-n', windows)).not.toMatch(/error|corrupt/i);
    const place = images.mount(windows, '-o', 'ro');
    expect(fs.readFileSync(join(place, 'Windows/System32/config/SYSTEM')).every((byte) => byte === 0x11)).toBe(true);
    expect(fs.readFileSync(join(place, 'pieces')).equals(Buffer.alloc(12_288, 0x33))).toBe(true);
    expect(fs.readFileSync(join(place, 'between')).equals(Buffer.alloc(4096, 2))).toBe(true);
    images.unmount(place);
    const esp = join(images.folder, 'written-esp.img');
    fs.writeFileSync(esp, bytes.subarray(MIB, 2 * MIB));
    execFileSync('fsck.vfat', ['-n', esp]);
    const out = join(images.folder, 'store');
    execFileSync('mcopy', ['-n', '-i', esp, '::/EFI/Microsoft/Boot/BCD', out], {
      env: { ...process.env, MTOOLS_SKIP_CHECK: '1' },
    });
    expect(fs.readFileSync(out).every((byte) => byte === 0x22)).toBe(true);
  });

  it('nothing but overwriting is done', () => {
    const { source, image } = openFs(fresh());
    for (const what of [
      () => image.mkdirSync(`${WINDOWS}/new`),
      () => image.rmdirSync(`${WINDOWS}/Boot`),
      () => image.unlinkSync(SYSTEM),
      () => image.renameSync(SYSTEM, `${SYSTEM}2`),
      () => image.chmodSync(SYSTEM, 0),
      () => image.openSync(SYSTEM, 'w'),
      () => image.openSync(`${WINDOWS}/new`, 'wx+', 0o600),
      () => image.openSync(SYSTEM, fs.constants.O_RDWR | fs.constants.O_CREAT),
      () => image.openSync(SYSTEM, fs.constants.O_RDWR | fs.constants.O_TRUNC),
    ]) {
      expect(what).toThrow(refusal('EROFS'));
    }
    expect(() => image.openSync(WINDOWS, 'r+')).toThrow(refusal('EISDIR'));
    expect(() => image.openSync(`${WINDOWS}/Junction`, 'r+')).toThrow(refusal('ELOOP'));
    const reading = image.openSync(SYSTEM, 'r');
    expect(() => image.writeSync(reading, new Uint8Array(1), 0, 1, 0)).toThrow(refusal('EBADF'));
    expect(new Set(source.calls.map(({ what }) => what))).toEqual(new Set(['read']));
  });

  it('a file does not grow: what is missing is said', () => {
    const { source, image } = openFs(fresh());
    const fd = image.openSync(SYSTEM, 'r+');
    const { size } = image.fstatSync(fd);
    const tooMuch = (): unknown => image.writeSync(fd, new Uint8Array(5000), 0, 5000, size - 904);
    expect(tooMuch).toThrow(refusal('NOT_IN_PLACE', 'size'));
    expect(tooMuch).toThrow(/: 4 KiB are missing/);
    expect(() => image.ftruncateSync(fd, size + 1)).toThrow(refusal('NOT_IN_PLACE', 'size'));
    expect(() => image.ftruncateSync(fd, size - 1)).toThrow(refusal('NOT_IN_PLACE', 'size'));
    image.ftruncateSync(fd, size);
    expect(source.calls.some(({ what }) => what === 'write')).toBe(false);
  });

  it.each([
    ['small', 'resident'],
    ['holes', 'sparse'],
    ['$MFTMirr', 'system-file'],
    ['$Boot', 'system-file'],
  ])('%s cannot be overwritten: %s', (name, cause) => {
    const { image } = openFs(fresh());
    expect(() => image.openSync(`${WINDOWS}/${name}`, 'r+')).toThrow(refusal('NOT_IN_PLACE', cause));
  });

  it('a cluster that the bitmap calls free, and one of a system file, refuse', () => {
    const bytes = fresh();
    const { image } = openFs(bytes);
    const { extents, record } = image.place(SYSTEM);
    const inVolume = new NtfsVolume(memoryBlocks(bytes.subarray(2 * MIB, 7 * MIB)));
    const { clusterBytes, mftCluster } = inVolume.geometry;
    const bitmap = inVolume.mft.stream(inVolume.mft.record(6), 0x80)!.stream.runs[0]!;
    const cluster = (extents[0]!.offsetBytes - 2 * MIB) / clusterBytes;
    const at = 2 * MIB + bitmap.lcn! * clusterBytes + (cluster >> 3);
    bytes[at]! &= ~(1 << (cluster & 7));
    expect(() => openFs(bytes).image.openSync(SYSTEM, 'r+')).toThrow(refusal('NOT_IN_PLACE', 'bitmap'));
    // The first run of the file moved onto the master file table.
    const crossed = fresh();
    const recordAt = 2 * MIB + mftCluster * clusterBytes + record * 1024;
    const view = new DataView(crossed.buffer);
    let attribute = recordAt + view.getUint16(recordAt + 0x14, true);
    while (view.getUint32(attribute, true) !== 0x80) attribute += view.getUint32(attribute + 4, true);
    const run = attribute + view.getUint16(attribute + 0x20, true);
    const lengthBytes = crossed[run]! & 15;
    const lcnBytes = crossed[run]! >> 4;
    for (let i = 0; i < lcnBytes; i += 1) crossed[run + 1 + lengthBytes + i] = (mftCluster >> (8 * i)) & 255;
    expect(() => openFs(crossed).image.openSync(SYSTEM, 'r+')).toThrow(refusal('NOT_IN_PLACE'));
  });

  it('two pieces of a file in the same place refuse', () => {
    const bytes = fresh();
    const { record } = openFs(bytes).image.place(`${WINDOWS}/pieces`);
    const { mftCluster, clusterBytes } = new NtfsVolume(memoryBlocks(bytes.subarray(2 * MIB, 7 * MIB))).geometry;
    const recordAt = 2 * MIB + mftCluster * clusterBytes + record * 1024;
    const view = new DataView(bytes.buffer);
    let attribute = recordAt + view.getUint16(recordAt + 0x14, true);
    while (view.getUint32(attribute, true) < 0x80) attribute += view.getUint32(attribute + 4, true);
    const first = attribute + view.getUint16(attribute + 0x20, true);
    const second = first + 1 + (bytes[first]! & 15) + (bytes[first]! >> 4);
    // How far the second piece lies from the first: no way at all.
    const distanceAt = second + 1 + (bytes[second]! & 15);
    bytes.fill(0, distanceAt, distanceAt + (bytes[second]! >> 4));
    expect(() => openFs(bytes).image.openSync(`${WINDOWS}/pieces`, 'r+')).toThrow(refusal('NOT_IN_PLACE', 'overlap'));
    expect(openFs(bytes).image.openSync(`${WINDOWS}/pieces`, 'r')).toBeGreaterThan(0);
  });

  it('what lies behind the initialised length, and the data of a link, refuse', () => {
    const bytes = fresh();
    const volume = (): NtfsVolume => new NtfsVolume(memoryBlocks(bytes.subarray(2 * MIB, 7 * MIB)));
    const { mftCluster, clusterBytes } = volume().geometry;
    const recordAt = 2 * MIB + mftCluster * clusterBytes + openFs(bytes).image.place(`${WINDOWS}/pieces`).record * 1024;
    const view = new DataView(bytes.buffer);
    let attribute = recordAt + view.getUint16(recordAt + 0x14, true);
    while (view.getUint32(attribute, true) < 0x80) attribute += view.getUint32(attribute + 4, true);
    view.setBigUint64(attribute + 0x38, 5000n, true);
    const { image } = openFs(bytes);
    const fd = image.openSync(`${WINDOWS}/pieces`, 'r+');
    expect(image.writeSync(fd, new Uint8Array(1000), 0, 1000, 4000)).toBe(1000);
    expect(() => image.writeSync(fd, new Uint8Array(1), 0, 1, 5000)).toThrow(refusal('NOT_IN_PLACE', 'size'));
    const link = volume().root.child('Link')!.node;
    expect(link.kind).toBe('link');
    expect(() => link.writablePlace()).toThrow(refusal('NOT_IN_PLACE', 'reparse-point'));
  });

  it('a disk that changes between opening and the first write is not written', () => {
    const bytes = fresh();
    const { source, image } = openFs(bytes);
    const { record } = image.place(SYSTEM);
    const { mft, geometry } = new NtfsVolume(memoryBlocks(bytes.subarray(2 * MIB, 7 * MIB)));
    const recordAt = 2 * MIB + geometry.mftCluster * geometry.clusterBytes + record * 1024;
    expect(mft.recordBytes(record)[0x12]).toBe(bytes[recordAt + 0x12]);
    const fd = image.openSync(SYSTEM, 'r+');
    const write = (): unknown => image.writeSync(fd, Buffer.from('regf'), 0, 4, 0);
    // The log sequence number of the record: anything that wrote the record would raise it.
    bytes[recordAt + 8]! ^= 1;
    expect(write).toThrow(refusal('CHANGED_ON_DISK'));
    bytes[recordAt + 8]! ^= 1;
    bytes[recordAt + 0x10]! ^= 1;
    expect(write).toThrow(refusal('BAD_FILE_SYSTEM'));
    bytes[recordAt + 0x10]! ^= 1;
    expect(source.calls.some(({ what }) => what === 'write')).toBe(false);
    write();
    expect(source.calls.filter(({ what }) => what === 'write')).toHaveLength(1);
    const store = image.openSync(STORE, 'r+');
    bytes[MIB + image.place(STORE).record + 0x0d]! ^= 1;
    expect(() => image.writeSync(store, Buffer.from('regf'), 0, 4, 0)).toThrow(refusal('CHANGED_ON_DISK'));
  });

  it('the gate is asked at the opening and again right before the first write', () => {
    let answer: RefusedError | null = new RefusedError('VOLUME_DIRTY', 'no');
    const source = memoryBlocks(fresh());
    const image = imageFs(openDiskImage(source, NAME), () => answer);
    expect(() => image.openSync(SYSTEM, 'r+')).toThrow(refusal('VOLUME_DIRTY'));
    answer = null;
    const fd = image.openSync(SYSTEM, 'r+');
    answer = new RefusedError('HIBERNATED', 'no');
    expect(() => image.writeSync(fd, new Uint8Array(4), 0, 4, 0)).toThrow(refusal('HIBERNATED'));
    const hibernated = fresh();
    const { offsetBytes } = image.place(`${WINDOWS}/hiberfil.sys`).extents[0]!;
    hibernated.set(Buffer.from('hibr'), offsetBytes);
    expect(() => openFs(hibernated).image.openSync(SYSTEM, 'r+')).toThrow(refusal('HIBERNATED'));
    expect(openFs(hibernated).image.openSync(SYSTEM, 'r')).toBeGreaterThan(0);
    expect(source.calls.some(({ what }) => what === 'write')).toBe(false);
  });

  it('a chain of FAT that another file shares refuses', () => {
    const bytes = fresh();
    const { image } = openFs(bytes);
    const { record } = image.place(STORE);
    // A second entry with the same first cluster, after the first one.
    bytes.copyWithin(MIB + record + 32, MIB + record, MIB + record + 32);
    bytes.set(Buffer.from('BCD2'), MIB + record + 32);
    expect(() => openFs(bytes).image.openSync(STORE, 'r+')).toThrow(refusal('NOT_IN_PLACE', 'cross-linked'));
    // A chain of another file that comes to the second cluster of this one.
    const crossed = fresh();
    const { tableOffset, dataOffset, clusterBytes } = new FatVolume(memoryBlocks(crossed.subarray(MIB, 2 * MIB)))
      .geometry;
    const { offsetBytes } = image.place(STORE).extents[0]!;
    const cluster = (offsetBytes - MIB - dataOffset) / clusterBytes + 2;
    const free = cluster + 200 + (cluster & 1);
    const at = MIB + tableOffset + free + (free >> 1);
    expect(crossed.subarray(at, at + 2)).toEqual(new Uint8Array(2));
    crossed.set([(cluster + 1) & 0xff, (cluster + 1) >> 8], at);
    expect(() => openFs(crossed).image.openSync(STORE, 'r+')).toThrow(refusal('NOT_IN_PLACE', 'cross-linked'));
  });

  it('the made disk itself was not touched', () => {
    expect(createHash('sha256').update(made).digest('hex')).toBe(createHash('sha256').update(fresh()).digest('hex'));
  });
});

describe('without a gate', () => {
  it('nothing opens for writing', () => {
    const image = imageFs(openDiskImage(memoryBlocks(new Uint8Array(4096)), NAME));
    expect(() => image.openSync(NAME, 'r+')).toThrow(refusal('EROFS'));
  });
});
