// What a file is, by our own look: containers that qemu-img makes, ones patched to lie, and what is named and refused.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { recogniseContainer } from '../../../src/disk/image/containers/container.ts';
import { fixedVhdBlocks } from '../../../src/disk/image/containers/vhd.ts';
import { openRaw, openRawForWriting } from '../../../src/disk/image/raw.ts';
import { sh } from '../ntfs-image.ts';
import { setVhdFooter, setVhdxHeaders } from './containers.ts';

const folder = fs.mkdtempSync(join(tmpdir(), 'hivemend-container-'));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

const MIB = 2 ** 20;
const hasQemu = spawnSync('qemu-img', ['--version']).status === 0;
const recognise = (path: string, names?: readonly string[]) => {
  const raw = openRaw(fs, path);
  try {
    return recogniseContainer(raw, names);
  } finally {
    raw.close();
  }
};
const file = (name: string, ...parts: (string | Uint8Array)[]): string => {
  const path = join(folder, name);
  fs.writeFileSync(path, Buffer.concat(parts.map((part) => Buffer.from(part as string, 'latin1'))));
  return path;
};
const made = (name: string, format: string, ...options: string[]): string => {
  const path = join(folder, name);
  sh('qemu-img', 'create', '-q', '-f', format, ...options, path, '8M');
  return path;
};
const refused = expect.objectContaining({ code: 'UNSUPPORTED_IMAGE' });

describe.skipIf(!hasQemu)('made by qemu-img (skipped: it is not installed)', () => {
  it.each([
    ['raw', [], 'raw'],
    ['qcow2', [], 'qcow2'],
    ['qcow2', ['-o', 'compat=0.10'], 'qcow2'],
    ['vpc', [], 'dynamic VHD'],
    ['vpc', ['-o', 'subformat=fixed,force_size'], 'fixed VHD'],
    ['vhdx', [], 'VHDX'],
    ['vhdx', ['-o', 'subformat=fixed'], 'VHDX'],
    ['vmdk', [], 'VMDK'],
    ['vmdk', ['-o', 'subformat=streamOptimized'], 'VMDK'],
    ['vdi', [], 'VDI'],
    ['vdi', ['-o', 'static=on'], 'VDI'],
  ])('%s %o', (format, options, expected) => {
    expect(recognise(made(`a ${format}`, format, ...options))).toMatchObject({ format: expected });
  });

  it.each([
    ['qed', []],
    ['qcow', []],
    ['parallels', []],
    ['vmdk', ['-o', 'subformat=monolithicFlat']],
    ['vmdk', ['-o', 'subformat=twoGbMaxExtentSparse']],
  ])('%s %o is refused', (format, options) => {
    expect(() => recognise(made(`b ${format}`, format, ...options))).toThrow(refused);
  });

  it('the descriptor of a flat VMDK names the file to give', () => {
    const path = made('flat.vmdk', 'vmdk', '-o', 'subformat=monolithicFlat');
    expect(() => recognise(path)).toThrow('flat-flat.vmdk');
    expect(recognise(join(folder, 'flat-flat.vmdk'))).toEqual({ format: 'raw' });
  });

  it('a fixed VHD is its disk and no more, with a footer of 512 and of 511 bytes', () => {
    for (const cut of [0, 1]) {
      const path = made(`fixed-${cut}.vhd`, 'vpc', '-o', 'subformat=fixed,force_size');
      fs.truncateSync(path, fs.statSync(path).size - cut);
      const before = fs.readFileSync(path);
      const raw = openRawForWriting(fs, path);
      const container = recogniseContainer(raw);
      if (container.format !== 'fixed VHD') throw new Error(container.format);
      const disk = fixedVhdBlocks(raw, container.footer);
      expect(disk.sizeBytes).toBe(8 * MIB);
      disk.write(8 * MIB - 3, Buffer.from('end'));
      expect(() => disk.write(8 * MIB - 2, Buffer.from('end'))).toThrow(expect.objectContaining({ code: 'TRUNCATED' }));
      expect(() => disk.read(8 * MIB, new Uint8Array(1))).toThrow(expect.objectContaining({ code: 'TRUNCATED' }));
      disk.flush();
      disk.close();
      before.write('end', 8 * MIB - 3);
      expect(fs.readFileSync(path).equals(before)).toBe(true);
    }
  });

  it('a differencing VHD, a damaged footer, an unknown type and a disk larger than its file are refused', () => {
    for (const [name, change] of Object.entries({
      differencing: (footer: DataView) => footer.setUint32(0x3c, 4),
      unknown: (footer: DataView) => footer.setUint32(0x3c, 9),
    })) {
      for (const options of [[], ['-o', 'subformat=fixed,force_size']]) {
        const path = made(`${name}.vhd`, 'vpc', ...options);
        setVhdFooter(path, change);
        expect(() => recognise(path)).toThrow(refused);
      }
    }
    const damaged = made('damaged.vhd', 'vpc', '-o', 'subformat=fixed,force_size');
    setVhdFooter(damaged, (footer) => footer.setUint32(0x18, 1), false);
    expect(() => recognise(damaged)).toThrow(/checksum/);
    for (const sizeBytes of [8 * MIB + 1024, 8 * MIB - 100, 0, 2 ** 60]) {
      const path = made('large.vhd', 'vpc', '-o', 'subformat=fixed,force_size');
      setVhdFooter(path, (footer) => footer.setBigUint64(0x30, BigInt(sizeBytes)));
      expect(() => recognise(path)).toThrow(refused);
    }
  });

  it('a VHDX says whether its log is pending, by its newest whole header', () => {
    const path = made('log.vhdx', 'vhdx');
    expect(recognise(path)).toEqual({ format: 'VHDX', hasPendingLog: false });
    setVhdxHeaders(path, (header, isNewest) => isNewest && header.setUint32(0x30, 1, true));
    expect(recognise(path)).toEqual({ format: 'VHDX', hasPendingLog: true });
    setVhdxHeaders(path, (header, isNewest) => header.setUint32(0x30, isNewest ? 0 : 1, true));
    expect(recognise(path)).toEqual({ format: 'VHDX', hasPendingLog: false });
    // The newest is torn: the older one counts.
    setVhdxHeaders(path, (header, isNewest) => isNewest && header.setUint32(0x40, 1, true), false);
    expect(recognise(path)).toEqual({ format: 'VHDX', hasPendingLog: true });
    setVhdxHeaders(path, (header) => header.setUint32(0x44, 1, true), false);
    expect(() => recognise(path)).toThrow(/damaged/);
  });

  it('an avhdx is refused', () => {
    const path = made('child.avhdx', 'vhdx');
    const bytes = fs.readFileSync(path);
    const table = bytes.indexOf('metadata', 0, 'latin1');
    const parameters = bytes.indexOf(Buffer.from('3767a1ca36fa434db3b633f0aa44e76b', 'hex'), table);
    expect([table, parameters].every((at) => at > 0)).toBe(true);
    bytes[table + bytes.readUInt32LE(parameters + 16) + 4]! |= 2;
    fs.writeFileSync(path, bytes);
    expect(() => recognise(path)).toThrow(/avhdx/);
  });

  it('a VMDK that is a snapshot, or whose descriptor is elsewhere, is refused', () => {
    const path = made('snapshot.vmdk', 'vmdk');
    const bytes = fs.readFileSync(path);
    const changed = (change: (copy: Buffer) => void): string => {
      const copy = Buffer.from(bytes);
      change(copy);
      return file('changed.vmdk', copy);
    };
    const parent = bytes.indexOf('parentCID=ffffffff', 0, 'latin1');
    expect(() => recognise(changed((copy) => copy.write('parentCID=12345678', parent)))).toThrow(/snapshot/);
    const type = bytes.indexOf('createType="monolithicSparse"', 0, 'latin1');
    const named = 'parentFileNameHint="/x"'.padEnd('createType="monolithicSparse"'.length);
    expect(() => recognise(changed((copy) => copy.write(named, type)))).toThrow(/snapshot/);
    expect(() => recognise(changed((copy) => copy.writeBigUInt64LE(0n, 12)))).toThrow(refused);
    expect(() => recognise(changed((copy) => copy.writeBigUInt64LE(2n ** 60n, 0x1c)))).toThrow(refused);
    expect(() => recognise(changed((copy) => copy.writeBigUInt64LE(2n ** 60n, 0x24)))).toThrow(refused);
  });
});

describe('named and refused', () => {
  it.each([
    ['EVF\x09\x0d\x0a\xff\x00', 'E01', 'ewfexport'],
    ['EVF2\x0d\x0a\x81\x00', 'Ex01', 'ewfexport'],
    ['AFF10\x0d\x0a\x00', 'AFF', 'affconvert'],
    ['\x1f\x8b\x08', 'gzip', 'gzip -dk'],
    ['PK\x03\x04', 'AFF4', 'unzip'],
    ['MSWIM\x00\x00\x00', 'WIM', undefined],
    ['COWD', 'snapshot', undefined],
  ])('%j', (signature, name, command) => {
    const path = file("it's one", signature, new Uint8Array(4096));
    let error: { code?: string; message?: string; hint?: string } = {};
    try {
      recognise(path);
    } catch (thrown) {
      error = thrown as typeof error;
    }
    expect([error.code, error.message?.includes(name)]).toEqual(['UNSUPPORTED_IMAGE', true]);
    if (command === undefined) expect(error.hint).toBeUndefined();
    else expect(error.hint).toMatch(new RegExp(`^${command}.*'/.*it'\\\\''s one'`));
  });

  it.each([
    ['disk.001', ['disk.001', 'disk.002'], 'cat FOLDER/disk.[0-9]* > FOLDER/disk.raw'],
    ['disk.dd.000', ['disk.dd.001'], 'cat FOLDER/disk.dd.[0-9]* > FOLDER/disk.dd.raw'],
    ['disk.aa', ['disk.ab'], 'cat FOLDER/disk.a? > FOLDER/disk.raw'],
  ])('%s beside its next part', (name, names, hint) => {
    const path = file(name, new Uint8Array(4096));
    expect(() => recognise(path, names)).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED_IMAGE', hint: hint.replaceAll('FOLDER', fs.realpathSync(folder)) }),
    );
    expect(recognise(path, [name])).toEqual({ format: 'raw' });
  });

  it('what is small or empty is raw', () => {
    for (const sizeBytes of [0, 1, 511, 512, 513]) {
      expect(recognise(file('small', new Uint8Array(sizeBytes)))).toEqual({ format: 'raw' });
    }
  });

  it('no head of random bytes is anything but an answer', () => {
    const heads = ['KDMV', 'vhdxfile', 'conectix', '# Disk DescriptorFile', 'QFI\xfb'];
    for (const head of heads) {
      for (let fill = 0; fill < 256; fill += 51) {
        const path = file('random', head, new Uint8Array(300_000).fill(fill));
        try {
          expect(recognise(path).format).toBe('qcow2');
        } catch (error) {
          expect(error).toEqual(refused);
        }
      }
    }
  });
});
