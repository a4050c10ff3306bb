// Disk on real NTFS volumes: what the drivers show, against what the volumes themselves say.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { WriteFs } from '../../src/base/write-fs.ts';
import { locateWindows } from '../../src/disk/locate.ts';
import { describeVolume } from '../../src/disk/mounted/volumes.ts';
import { resolveWindowsPath } from '../../src/disk/windows-path.ts';
import { whyNotWritable } from '../../src/disk/writable.ts';
import { describeNtfs, sh } from './ntfs-image.ts';

const host: WriteFs = fs;

describeNtfs('on real NTFS', (images) => {
  it('a volume in order may be written, and its serial is the boot sector’s', () => {
    const image = images.make('plain.img');
    const place = images.mount(image);
    const volume = describeVolume(host, place);
    const serial = fs.readFileSync(image).readBigUInt64LE(0x48).toString(16).padStart(16, '0');
    expect(volume).toMatchObject({ root: place, mountPoint: place, device: image, serial, isMountedReadOnly: false });
    fs.writeFileSync(join(place, 'file'), 'x');
    expect(whyNotWritable(host, volume, { files: [join(place, 'file')] })).toBeNull();
    images.unmount(place);
    const again = images.mount(image, '-o', 'ro');
    expect(whyNotWritable(host, describeVolume(host, again))).toMatchObject({ code: 'READ_ONLY' });
    images.unmount(again);
  });

  it.each(['512', '4096'])(
    'the dirty flag that ntfsfix sets is seen, and gone when it is taken off (%s)',
    (sectorBytes) => {
      const image = images.make(`dirty-${sectorBytes}.img`, 12, '-s', sectorBytes);
      sh('ntfsfix', image);
      const place = images.mount(image);
      expect(whyNotWritable(host, describeVolume(host, place))).toMatchObject({
        ...{ code: 'VOLUME_DIRTY', data: { cause: 'dirty-flag', device: image } },
      });
      images.unmount(place);
      sh('ntfsfix', '-d', image);
      const again = images.mount(image);
      expect(whyNotWritable(host, describeVolume(host, again))).toBeNull();
      images.unmount(again);
    },
  );

  it('a hibernated Windows is named while it is mounted for writing, and when the driver falls back to reading', () => {
    const image = images.make('hibernated.img');
    const place = images.mount(image);
    fs.writeFileSync(join(place, 'hiberfil.sys'), Buffer.concat([Buffer.from('HIBR'), Buffer.alloc(4096)]));
    expect(whyNotWritable(host, describeVolume(host, place))).toMatchObject({ code: 'HIBERNATED' });
    images.unmount(place);
    const again = images.mount(image);
    const volume = describeVolume(host, again);
    expect(volume.isMountedReadOnly).toBe(true);
    expect(whyNotWritable(host, volume)).toMatchObject({ code: 'HIBERNATED' });
    images.unmount(again);
  });

  it('junctions and symbolic links are not followed', () => {
    const place = images.mount(images.make('links.img'));
    fs.mkdirSync(join(place, 'Windows/System32/config'), { recursive: true });
    fs.writeFileSync(join(place, 'Windows/System32/config/SYSTEM'), 'x');
    fs.mkdirSync(join(place, 'Junction'));
    // A mount point to \??\C:\Windows, as mklink /J writes it: ntfs-3g shows a link, or fails with EIO.
    const name = Buffer.from('\\??\\C:\\Windows', 'utf16le');
    const data = Buffer.alloc(20 + name.length);
    data.writeUInt32LE(0xa0000003, 0);
    data.writeUInt16LE(12 + name.length, 4);
    data.writeUInt16LE(name.length, 10);
    data.writeUInt16LE(name.length + 2, 12);
    name.copy(data, 16);
    sh('setfattr', '-h', '-n', 'system.ntfs_reparse_data', '-v', `0x${data.toString('hex')}`, join(place, 'Junction'));
    fs.symlinkSync('/etc', join(place, 'link'));
    for (const path of ['\\junction', '\\Junction\\System32', '\\LINK\\passwd']) {
      expect(() => resolveWindowsPath(host, place, path)).toThrow(expect.objectContaining({ code: 'OUTSIDE_VOLUME' }));
    }
    expect(locateWindows(host, [place]).windowsFolder).toBe(join(place, 'Windows'));
    images.unmount(place);
  });

  const loops: string[] = [];
  afterAll(() => {
    for (const loop of loops) sh('losetup', '-d', loop);
  });
  it('a partition of a disk image, attached by its offset, is known by signature and offset', (context) => {
    const disk = join(images.folder, 'disk.img');
    const mib = 2 ** 20;
    const table = Buffer.alloc(512);
    table.writeUInt32LE(0xcafe1234, 440);
    table.set([0x80, 0, 0, 0, 7, 0, 0, 0], 446);
    table.writeUInt32LE(2048, 454);
    table.writeUInt32LE((12 * mib) / 512, 458);
    table.set([0x55, 0xaa], 510);
    fs.writeFileSync(disk, table);
    fs.truncateSync(disk, 14 * mib);
    const attached = spawnSync('losetup', ['-f', '--show', '-o', `${mib}`, '--sizelimit', `${12 * mib}`, disk], {
      encoding: 'utf8',
    });
    if (attached.status !== 0) return context.skip(`skipped: losetup cannot attach here (${attached.stderr})`);
    const loop = attached.stdout.trim();
    loops.push(loop);
    sh('mkntfs', '-F', '-q', '-Q', loop);
    const place = images.mount(loop);
    expect(describeVolume(host, place)).toMatchObject({
      ...{ driver: 'fuseblk', device: loop, disk },
      partition: { style: 'mbr', diskSignature: 0xcafe1234, offsetBytes: mib },
    });
    images.unmount(place);
    expect(() => describeVolume(host, disk)).toThrow(
      expect.objectContaining({ code: 'NOT_MOUNTED', hint: expect.stringContaining(`-o loop,offset=${mib},`) }),
    );
    expect(() => describeVolume(host, loop)).toThrow(
      expect.objectContaining({ code: 'NOT_MOUNTED', hint: `mount -t ntfs-3g ${loop} /mnt/windows` }),
    );
  });
});
