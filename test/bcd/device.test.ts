import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import { encodeUtf16le } from '../../src/base/text.ts';
import type { DeviceIdentity } from '../../src/bcd/device.ts';
import {
  decodeDevice,
  encodeDevice,
  encodeRamdisk,
  identityText,
  isSamePartition,
  parseIdentity,
  partitionOf,
} from '../../src/bcd/device.ts';

const bytesOf = (hex: string): Uint8Array => fromHex(hex) ?? new Uint8Array();
const ZERO_GUID = '00'.repeat(16);
/** A partition element and a boot element as real stores have them. */
const GPT_HEX = `${ZERO_GUID}06000000000000004800000000000000fd54bdd722c917458df99edf0719b9d100000000000000004df79621055e6a42a7c7d2f8eefafbd6${'00'.repeat(16)}`;
const MBR_HEX = `${ZERO_GUID}060000000000000048000000000000000030dd010000000000000000000000000000000001000000d642cd28${'00'.repeat(28)}`;
const BOOT_HEX = `${ZERO_GUID}05000000000000004800000000000000${'00'.repeat(56)}`;

const GPT: DeviceIdentity = {
  style: 'gpt',
  diskGuid: '{2196f74d-5e05-426a-a7c7-d2f8eefafbd6}',
  partitionGuid: '{d7bd54fd-c922-4517-8df9-9edf0719b9d1}',
};
const MBR: DeviceIdentity = { style: 'mbr', diskSignature: 0x28cd42d6, offsetBytes: 0x1dd3000 };

const u32 = (value: number): string => toHex(Uint8Array.of(value, value >> 8, value >> 16, value >> 24));
const descriptor = (type: number, body: string): string =>
  u32(type) + u32(0) + u32(16 + body.length / 2) + u32(0) + body;
const fileBody = (parent: string, path: string): string =>
  u32(1) + u32(0) + u32(5) + parent + toHex(encodeUtf16le(`${path}\0`));

/** `ramdisk=[boot]\\sources\\boot.wim` with {7619dcc8-...}, as the 176 bytes of install media have it. */
const RAMDISK_HEX = `c8dc1976fefad911b411000476eba25f0000000001000000a00000000000000003${'00'.repeat(23)}0100000078000000050000000500000000000000480000000000${'00'.repeat(58)}${toHex(encodeUtf16le('\\sources\\boot.wim\0'))}`;

describe('device elements', () => {
  it('writes a ramdisk as install media have it, and any other as it reads it', () => {
    const options = '{7619dcc8-fafe-11d9-b411-000476eba25f}';
    expect(toHex(encodeRamdisk({ kind: 'boot' }, '\\sources\\boot.wim', options)!)).toBe(RAMDISK_HEX);
    for (const parent of [
      { kind: 'boot' },
      { kind: 'partition', partition: GPT },
      { kind: 'partition', partition: MBR },
    ] as const) {
      for (const optionsId of [options, null]) {
        const bytes = encodeRamdisk(parent, '\\a\\b.wim', optionsId)!;
        expect(decodeDevice(bytes)).toEqual({ device: { kind: 'ramdisk', parent, path: '\\a\\b.wim' }, optionsId });
      }
    }
    expect(encodeRamdisk({ kind: 'boot' }, '\\x', 'nonsense')).toBeNull();
  });

  it('reads partitions of GPT and MBR disks and the boot device', () => {
    expect(decodeDevice(bytesOf(GPT_HEX))).toEqual({ device: { kind: 'partition', partition: GPT }, optionsId: null });
    expect(decodeDevice(bytesOf(MBR_HEX)).device).toEqual({ kind: 'partition', partition: MBR });
    expect(decodeDevice(bytesOf(BOOT_HEX)).device).toEqual({ kind: 'boot' });
  });

  it('writes the very bytes that it read', () => {
    expect(toHex(encodeDevice({ kind: 'partition', partition: GPT })!)).toBe(GPT_HEX);
    expect(toHex(encodeDevice({ kind: 'partition', partition: MBR })!)).toBe(MBR_HEX);
    expect(toHex(encodeDevice({ kind: 'boot' })!)).toBe(BOOT_HEX);
  });

  it('reads an image on a partition, with its options object', () => {
    const parent = GPT_HEX.slice(32);
    const body = u32(3) + '00'.repeat(28) + fileBody(parent, '\\Recovery\\WindowsRE\\Winre.wim');
    const hex = `05aa038c17deec11b2fa9f69513e91ec${descriptor(0, body)}`;
    const element = decodeDevice(bytesOf(hex));
    expect(element.optionsId).toBe('{8c03aa05-de17-11ec-b2fa-9f69513e91ec}');
    expect(element.device).toEqual({
      kind: 'ramdisk',
      parent: { kind: 'partition', partition: GPT },
      path: '\\Recovery\\WindowsRE\\Winre.wim',
    });
    expect(partitionOf(element.device)).toEqual(GPT);
  });

  it('reads files, virtual disks and located devices', () => {
    const boot = BOOT_HEX.slice(32);
    const file = ZERO_GUID + descriptor(0, u32(5) + fileBody(boot, '\\a.bin'));
    expect(decodeDevice(bytesOf(file)).device).toEqual({ kind: 'file', parent: { kind: 'boot' }, path: '\\a.bin' });
    const vhdBody = `${'00'.repeat(16)}${u32(6)}${u32(0)}${'00'.repeat(16)}${fileBody(boot, '\\w.vhdx')}`;
    expect(decodeDevice(bytesOf(ZERO_GUID + descriptor(6, vhdBody))).device).toEqual({
      kind: 'vhd',
      parent: { kind: 'boot' },
      path: '\\w.vhdx',
    });
    const located = ZERO_GUID + descriptor(8, `${u32(0)}${u32(0x12000002)}${u32(0)}0000`);
    expect(decodeDevice(bytesOf(located)).device).toEqual({ kind: 'locate', element: 0x12000002, path: null });
  });

  it('says what it does not know and never throws', () => {
    expect(decodeDevice(new Uint8Array(3)).device).toEqual({ kind: 'other', deviceType: null });
    expect(decodeDevice(bytesOf(ZERO_GUID + descriptor(4, ''))).device).toEqual({ kind: 'other', deviceType: 4 });
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void decodeDevice(bytes)));
    fc.assert(
      fc.property(fc.nat(GPT_HEX.length / 2), fc.uint8Array({ maxLength: 8 }), (at, noise) => {
        const bytes = bytesOf(GPT_HEX);
        bytes.set(noise.subarray(0, Math.max(0, bytes.length - at)), Math.min(at, bytes.length));
        decodeDevice(bytes);
      }),
    );
  });

  it('keeps every identity through bytes and through text', () => {
    const guid = fc.uuid().map((text) => `{${text.toLowerCase()}}`);
    const identity = fc.oneof(
      fc.record({ style: fc.constant('gpt' as const), diskGuid: guid, partitionGuid: guid }),
      fc.record({
        style: fc.constant('mbr' as const),
        diskSignature: fc.nat(0xffffffff),
        offsetBytes: fc.nat(2 ** 45),
      }),
    );
    fc.assert(
      fc.property(identity, (partition) => {
        const bytes = encodeDevice({ kind: 'partition', partition });
        expect(decodeDevice(bytes!).device).toEqual({ kind: 'partition', partition });
        const parsed = parseIdentity(identityText(partition));
        expect(parsed).toEqual(partition);
        expect(isSamePartition(parsed!, partition)).toBe(true);
      }),
    );
    for (const text of ['', 'gpt:', 'gpt:x/y', 'mbr:xyz@1', 'mbr:1@', `gpt:${GPT.style}`])
      expect(parseIdentity(text)).toBeNull();
  });
});
