// A volume that Windows made, where the specimen stands beside the checkout.

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../../src/base/bytes.ts';
import { partitionBlocks } from '../../../../src/disk/image/blocks.ts';
import type { FileNode } from '../../../../src/disk/image/file-system.ts';
import { ATTRIBUTE } from '../../../../src/disk/image/ntfs/record.ts';
import { NtfsVolume } from '../../../../src/disk/image/ntfs/volume.ts';
import { memoryBlocks } from '../memory-blocks.ts';
import { contentOf } from '../same-tree.ts';

const specimen = fileURLToPath(new URL('../../../../../shared/images/ntfs/windows-made.raw.gz', import.meta.url));
const PARTITION_BYTES = 518_144 * 512;

const isThere = existsSync(specimen);

describe.skipIf(!isThere)('a volume that Windows made (skipped where the specimen is not there)', () => {
  // What is skipped is collected all the same.
  if (!isThere) return it('is not there', () => {});
  const disk = memoryBlocks(gunzipSync(readFileSync(specimen)));
  const volume = new NtfsVolume(partitionBlocks(disk, 128 * 512, PARTITION_BYTES));
  const at = (...names: string[]): FileNode => names.reduce((node, name) => node.child(name)!.node, volume.root);

  it('its state and its names', () => {
    expect(volume).toMatchObject({ serial: '0870803570802c0e', label: 'Last access' });
    expect(volume.state()).toEqual({
      ...{ version: '3.1', isDirty: false, isBeingChecked: false, hibernation: 'none' },
      log: { state: 'clean', version: '1.1' },
    });
    expect(volume.root.names()).toEqual(['$RECYCLE.BIN', 'System Volume Information', 'test']);
    expect(at('TEST').names()).toEqual(['1.txt']);
  });
  it('its files, with descriptors from $Secure', () => {
    expect(at('test', '1.txt').sizeBytes).toBe(143);
    expect(new Date(at('test', '1.TXT').modifiedMs).toISOString()).toBe('2019-03-03T12:35:17.200Z');
    expect(Buffer.from(contentOf(at('test', '1.txt'))).toString('latin1')).toMatch(/\w/);
    const descriptor = at('System Volume Information').descriptor()!;
    // Self-relative with a DACL that is protected; its owner are the administrators (S-1-5-32-544).
    expect(toHex(descriptor)).toMatch(/^0100/);
    expect(toHex(descriptor)).toContain('01020000000000052000000020020000');
  });
  it('a descriptor is read from the copy of $SDS where the first one is damaged', () => {
    const { mft, geometry } = volume;
    const whole = at('test', '1.txt').descriptor()!;
    const { runs } = mft.stream(mft.record(9), ATTRIBUTE.data, '$SDS')!.stream;
    // The two areas of 256 KiB, and only what is in use of them.
    const places = [0, 0x40000].map((offset) => {
      const vcn = offset / geometry.clusterBytes;
      const run = runs.find((each) => vcn >= each.vcn && vcn < each.vcn + each.clusters)!;
      const start = 128 * 512 + (run.lcn! + vcn - run.vcn) * geometry.clusterBytes;
      return disk.bytes.subarray(start, start + geometry.clusterBytes);
    });
    const kept = places.map((place) => Uint8Array.from(place));
    const read = (): Uint8Array | null =>
      new NtfsVolume(partitionBlocks(disk, 128 * 512, PARTITION_BYTES)).root
        .child('test')!
        .node.child('1.txt')!
        .node.descriptor();
    for (const [i, place] of places.entries()) {
      place.fill(0xee);
      expect(read()).toEqual(whole);
      place.set(kept[i]!);
    }
    for (const place of places) place.fill(0xee);
    expect(read).toThrow(expect.objectContaining({ code: 'BAD_FILE_SYSTEM' }));
    for (const [i, place] of places.entries()) place.set(kept[i]!);
    expect(read()).toEqual(whole);
  });
  it('nothing outside the partition is read, and nothing is written', () => {
    for (const { what, at: offset, lengthBytes } of disk.calls) {
      expect(what).toBe('read');
      expect(offset >= 128 * 512 && offset + lengthBytes <= 128 * 512 + PARTITION_BYTES).toBe(true);
    }
  });
});
