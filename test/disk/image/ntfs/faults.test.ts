// One fault at a time in a volume that ntfs-3g filled: what it hits is an error, or is read by the second copy, and all
// else is read as before.

import fs from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type { FileNode } from '../../../../src/disk/image/file-system.ts';
import { ATTRIBUTE } from '../../../../src/disk/image/ntfs/record.ts';
import { NtfsVolume } from '../../../../src/disk/image/ntfs/volume.ts';
import { whyNotOverwritable } from '../../../../src/disk/image/write-gate.ts';
import { describeNtfs } from '../../ntfs-image.ts';
import { memoryBlocks } from '../memory-blocks.ts';
import { contentOf } from '../same-tree.ts';

const damaged = expect.objectContaining({ code: 'BAD_FILE_SYSTEM' });

describeNtfs('faults in an NTFS volume', (images) => {
  let made = new Uint8Array(0);
  const content = Buffer.alloc(100_000, 'plain data ');

  beforeAll(() => {
    const image = images.make('faults.img', 6);
    const place = images.mount(image);
    fs.mkdirSync(join(place, 'many'));
    for (let i = 0; i < 120; i += 1) fs.writeFileSync(join(place, `many/${'long name '.repeat(12)}${i}`), `${i}`);
    fs.writeFileSync(join(place, 'plain'), content);
    fs.writeFileSync(join(place, 'other'), 'other');
    const fd = fs.openSync(join(place, 'listed'), 'w');
    for (let i = 0; i < 300; i += 1) fs.writeSync(fd, Buffer.alloc(16, i), 0, 16, i * 16_384);
    fs.closeSync(fd);
    images.unmount(place);
    made = new Uint8Array(fs.readFileSync(image));
  });

  const open = (bytes: Uint8Array): NtfsVolume => new NtfsVolume(memoryBlocks(bytes));
  const at = (volume: NtfsVolume, ...names: string[]): FileNode =>
    names.reduce((node, name) => node.child(name)!.node, volume.root);

  /** A copy of the volume and the places in it that a fault needs. */
  const copy = () => {
    const bytes = made.slice();
    const view = new DataView(bytes.buffer);
    const volume = open(made);
    const { clusterBytes, mftCluster, mirrorCluster } = volume.geometry;
    const runs = volume.mft.stream(volume.mft.record(0), ATTRIBUTE.data)!.stream.runs;
    const recordAt = (number: number): number => {
      const vcn = Math.floor((number * 1024) / clusterBytes);
      const run = runs.find((each) => vcn >= each.vcn && vcn < each.vcn + each.clusters)!;
      return (run.lcn! + vcn - run.vcn) * clusterBytes + ((number * 1024) % clusterBytes);
    };
    const attributeAt = (record: number, type: number): number => {
      let offset = record + view.getUint16(record + 0x14, true);
      while (view.getUint32(offset, true) !== type) {
        if (view.getUint32(offset, true) === 0xffffffff) throw new Error(`no attribute ${type}`);
        offset += view.getUint32(offset + 4, true);
      }
      return offset;
    };
    return { bytes, view, volume, clusterBytes, mftCluster, mirrorCluster, recordAt, attributeAt };
  };

  const isWhole = (volume: NtfsVolume): boolean =>
    Buffer.from(contentOf(at(volume, 'plain'))).equals(content) && at(volume, 'many').names().length === 120;

  const gate = (volume: NtfsVolume): string | null => whyNotOverwritable(volume, true)?.message ?? null;

  it('an image that was cut off says so, and is read as far as it goes', () => {
    const { clusterBytes, volume } = copy();
    const [extent] = at(volume, 'plain').open().place().extents;
    const cut = open(made.subarray(0, extent!.offsetBytes + clusterBytes));
    expect(cut.root.names().length).toBeGreaterThan(3);
    expect(() => contentOf(at(cut, 'plain'))).toThrow(/^the image is shorter than its file system: it was cut off \(/);
    // Also where nothing of the file is missing.
    expect(gate(open(made.subarray(0, made.byteLength - 2 * clusterBytes)))).toMatch(/was cut off; .* not written$/);
    expect(gate(open(made))).toBeNull();
  });

  it('the first record of $MFT torn: the mirror is read', () => {
    const { bytes, recordAt, mirrorCluster, clusterBytes } = copy();
    bytes[recordAt(0) + 510]! ^= 1;
    expect(isWhole(open(bytes))).toBe(true);
    expect(gate(open(bytes))).toMatch(/^the first record of \$MFT .* read by its copy, and not written$/);
    bytes[mirrorCluster * clusterBytes + 510]! ^= 1;
    expect(() => open(bytes)).toThrow(damaged);
    expect(() => open(bytes)).toThrow(/MFT record 0 .* was torn/);
  });

  it('the boot sector gone but for its name: the copy in the last sector is read', () => {
    const { bytes } = copy();
    bytes.fill(0, 11, 90);
    expect(isWhole(open(bytes))).toBe(true);
    expect(gate(open(bytes))).toMatch(/^the boot sector .* read by its copy, and not written$/);
    bytes.fill(0, bytes.byteLength - 512);
    expect(() => open(bytes)).toThrow(damaged);
  });

  it('a torn record, a free one and a stale name: that file is an error, the others are read', () => {
    const { volume } = copy();
    const { id } = at(volume, 'plain');
    const faults: readonly ((fault: ReturnType<typeof copy>, record: number) => void)[] = [
      ({ bytes }, record) => bytes.set([0x42, 0x41, 0x41, 0x44], record),
      ({ bytes }, record) => bytes.set([bytes[record + 1022]! ^ 1], record + 1022),
      ({ bytes }, record) => bytes.set([0], record + 0x16),
      ({ bytes }, record) => bytes.set([99], record + 0x10),
      ({ view }, record) => view.setUint32(record + 0x2c, 99, true),
      ({ view }, record) => view.setUint32(record + 0x18, 5000, true),
      ({ view }, record) => view.setUint16(record + 6, 2, true),
      ({ view, attributeAt }, record) => view.setUint32(attributeAt(record, 0x80) + 4, 4, true),
    ];
    for (const fault of faults) {
      const here = copy();
      fault(here, here.recordAt(id));
      const broken = open(here.bytes);
      expect(() => contentOf(at(broken, 'plain'))).toThrow(damaged);
      expect(Buffer.from(contentOf(at(broken, 'other'))).toString()).toBe('other');
    }
  });

  it('run lists that leave the volume, overlap their end or are cut off', () => {
    const { volume } = copy();
    const { id } = at(volume, 'plain');
    for (const run of [
      [0x41, 25, 0xff, 0xff, 0xff, 0x7f],
      [0x21, 25, 0xff, 0xff],
      [0x91],
      [0x10],
      [0x11, 24, 9, 0],
      [0],
    ]) {
      const { bytes, view, recordAt, attributeAt } = copy();
      const data = attributeAt(recordAt(id), 0x80);
      bytes.set(run, data + view.getUint16(data + 0x20, true));
      const broken = open(bytes);
      expect(() => contentOf(at(broken, 'plain'))).toThrow(damaged);
      expect(() => at(broken, 'plain').writablePlace()).toThrow(damaged);
    }
  });

  it('what lies behind the initialised length reads as zeros, and is not overwritten', () => {
    const { bytes, view, volume, recordAt, attributeAt } = copy();
    const data = attributeAt(recordAt(at(volume, 'plain').id), 0x80);
    view.setBigUint64(data + 0x38, 4000n, true);
    const expected = Buffer.concat([content.subarray(0, 4000), Buffer.alloc(content.byteLength - 4000)]);
    expect(Buffer.from(contentOf(at(open(bytes), 'plain'))).equals(expected)).toBe(true);
    expect(at(open(bytes), 'plain').writablePlace().initialisedBytes).toBe(4000);
    view.setBigUint64(data + 0x38, BigInt(content.byteLength + 1), true);
    expect(() => contentOf(at(open(bytes), 'plain'))).toThrow(damaged);
    view.setBigUint64(data + 0x30, 2n ** 60n, true);
    expect(() => contentOf(at(open(bytes), 'plain'))).toThrow(expect.objectContaining({ kind: 'FormatError' }));
  });

  it('encrypted data is refused by its name', () => {
    const { bytes, view, volume, recordAt, attributeAt } = copy();
    view.setUint16(attributeAt(recordAt(at(volume, 'plain').id), 0x80) + 0x0c, 0x4000, true);
    expect(() => at(open(bytes), 'plain').open()).toThrow(
      expect.objectContaining({
        code: 'UNREADABLE_STORAGE',
        data: expect.objectContaining({ storage: 'EFS (encryption)' }),
      }),
    );
  });

  it('an attribute list whose records are others, lead back, or do not join', () => {
    const { volume, recordAt } = copy();
    const record = volume.mft.record(at(volume, 'listed').id);
    const extension = volume.mft
      .recordsOf(record)
      .find((number) => number !== record.number && volume.mft.record(number).attributes[0]?.type === ATTRIBUTE.data)!;
    const faults: readonly ((bytes: Uint8Array, view: DataView) => void)[] = [
      (_, view) => view.setUint32(recordAt(extension) + 0x20, 5, true),
      (bytes) => bytes.set([99], recordAt(extension) + 0x10),
      (bytes) => bytes.set([0], recordAt(extension) + 0x16),
    ];
    for (const fault of faults) {
      const { bytes, view } = copy();
      fault(bytes, view);
      expect(() => contentOf(at(open(bytes), 'listed'))).toThrow(damaged);
      expect(isWhole(open(bytes))).toBe(true);
    }
    // A stretch that begins later leaves a gap, one that begins earlier overlaps; with its own end it is whole in itself.
    for (const [by, ends] of [
      [1n, false],
      [1n, true],
      [-1n, true],
    ] as const) {
      const { bytes, view, attributeAt } = copy();
      const part = attributeAt(recordAt(extension), 0x80);
      for (const field of ends ? [0x10, 0x18] : [0x10]) {
        view.setBigUint64(part + field, view.getBigUint64(part + field, true) + by, true);
      }
      expect(() => at(open(bytes), 'listed').open()).toThrow(damaged);
    }
  });

  it('a folder whose tree leads back to itself, or to a block that is another', () => {
    const { volume, clusterBytes } = copy();
    const folder = volume.mft.record(at(volume, 'many').id);
    const { runs } = volume.mft.stream(folder, ATTRIBUTE.indexAllocation, '$I30')!.stream;
    const blockAt = runs[0]!.lcn! * clusterBytes;
    const torn = copy();
    torn.bytes[blockAt + 510]! ^= 1;
    expect(() => at(open(torn.bytes), 'many').names()).toThrow(damaged);
    const moved = copy();
    moved.view.setUint32(blockAt + 0x10, 7, true);
    expect(() => at(open(moved.bytes), 'many').names()).toThrow(damaged);
    // The first entry of the root that has a child leads to the block 0 like the second.
    const cyclic = copy();
    const holder = volume.mft
      .recordsOf(folder)
      .find((number) => volume.mft.record(number).attributes.some(({ type }) => type === ATTRIBUTE.indexRoot))!;
    const root = cyclic.attributeAt(cyclic.recordAt(holder), 0x90);
    let entry = root + cyclic.view.getUint16(root + 0x14, true) + 0x20;
    const children: number[] = [];
    for (let count = 0; count < 100; count += 1) {
      const sizeBytes = cyclic.view.getUint16(entry + 8, true);
      if (cyclic.view.getUint16(entry + 0x0c, true) & 1) children.push(entry + sizeBytes - 8);
      if (cyclic.view.getUint16(entry + 0x0c, true) & 2) break;
      entry += sizeBytes;
    }
    expect(children.length).toBeGreaterThan(1);
    for (const child of children) cyclic.view.setUint32(child, 0, true);
    expect(() => at(open(cyclic.bytes), 'many').names()).toThrow(/comes twice to its block 0/);
    expect(Buffer.from(contentOf(at(open(cyclic.bytes), 'other'))).toString()).toBe('other');
  });
});
