// A volume that BitLocker has encrypted (AES-XTS, 128 bits, as Windows 10 does), made by the published description of the
// format: what dislocker and cryptsetup open. Its plain text has a file where the metadata lies, as Windows has there.

import { createCipheriv, createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { guidToBytes } from '../../src/base/guid.ts';

const SECTOR = 512;
const AREA = 65_536;
/** The three copies of the metadata, then the first sectors of the volume. */
export const METADATA_BYTES = 4 * AREA;
const MOVED_BYTES = 8192;
const ROUNDS = 2 ** 20;
const VOLUME_GUID = '{4967d63b-2e29-4ad8-8399-f6a339e3d001}';
const AES_XTS_128 = 0x8004;
const KEY = { value: 1, aesCcm: 0x2003 };
const ENTRY = { key: 0, masterKey: 2, volumeKey: 3, movedSectors: 15 };
const VALUE = { stretched: 3, aesCcm: 5, masterKey: 8, range: 15 };

const bytesFrom = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Eight groups of six digits, each a multiple of 11. */
export const RECOVERY_PASSWORD = Array.from({ length: 8 }, (_, i) =>
  String((1000 + 7321 * i) * 11).padStart(6, '0'),
).join('-');

/** What the password is as a key, with `salt`. */
function stretched(password: string, salt: Buffer): Buffer {
  const words = Buffer.alloc(16);
  for (const [i, group] of password.split('-').entries()) words.writeUInt16LE(Number(group) / 11, 2 * i);
  const state = Buffer.alloc(88);
  createHash('sha256').update(words).digest().copy(state, 32);
  salt.copy(state, 64);
  for (let round = 0; round < ROUNDS; round += 1) {
    state.writeUInt32LE(round, 80);
    createHash('sha256').update(state).digest().copy(state, 0);
  }
  return Buffer.from(state.subarray(0, 32));
}

function entry(type: number, value: number, ...parts: readonly Uint8Array[]): Buffer {
  const data = Buffer.concat(parts);
  const head = Buffer.alloc(8);
  head.writeUInt16LE(8 + data.byteLength, 0);
  head.writeUInt16LE(type, 2);
  head.writeUInt16LE(value, 4);
  head.writeUInt16LE(1, 6);
  return Buffer.concat([head, data]);
}

const words = (...numbers: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(4 * numbers.length);
  for (const [i, number] of numbers.entries()) bytes.writeUInt32LE(number, 4 * i);
  return bytes;
};

const keyEntry = (method: number, key: Buffer): Buffer => entry(ENTRY.key, KEY.value, words(method), key);

function sealed(type: number, key: Buffer, counter: number, plain: Buffer): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64LE(0x01d5_0000_0000_0000n, 0);
  nonce.writeUInt32LE(counter, 8);
  const cipher = createCipheriv('aes-256-ccm', key, nonce, { authTagLength: 16 });
  const data = Buffer.concat([cipher.update(plain), cipher.final()]);
  return entry(type, VALUE.aesCcm, nonce, cipher.getAuthTag(), data);
}

function masterKeyEntry(protection: number, id: number, ...parts: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(28);
  head.fill(id, 0, 16);
  head.writeUInt16LE(protection, 26);
  return entry(ENTRY.masterKey, VALUE.masterKey, head, ...parts);
}

/**
 * `plain` (an NTFS volume) encrypted, and opened by `RECOVERY_PASSWORD`, or `isSuspended` by a key that lies on it;
 * `metadataAt` are `METADATA_BYTES` bytes of the volume that one of its files owns.
 */
export function encrypted(plain: Uint8Array, metadataAt: number, isSuspended: boolean): Uint8Array {
  const [volumeKey, masterKey, openKey] = ['volume', 'master', 'open'].map(bytesFrom) as [Buffer, Buffer, Buffer];
  const salt = bytesFrom('salt').subarray(0, 16);
  const movedAt = metadataAt + 3 * AREA;
  const bytes = Buffer.from(plain);
  const put = (from: number, to: number): void => {
    const iv = Buffer.alloc(16);
    iv.writeUInt32LE(to / SECTOR, 0);
    const cipher = createCipheriv('aes-128-xts', volumeKey, iv);
    cipher.update(plain.subarray(from, from + SECTOR)).copy(bytes, to);
  };
  for (let at = MOVED_BYTES; at < plain.byteLength; at += SECTOR) put(at, at);
  bytes.fill(0, metadataAt, metadataAt + METADATA_BYTES);
  for (let at = 0; at < MOVED_BYTES; at += SECTOR) put(at, movedAt + at);

  const master = keyEntry(KEY.aesCcm, masterKey);
  const protectors = isSuspended
    ? masterKeyEntry(0, 0x33, keyEntry(0x2000, openKey), sealed(ENTRY.key, openKey, 1, master))
    : masterKeyEntry(
        0x0800,
        0x22,
        entry(ENTRY.key, VALUE.stretched, words(0x1000), salt),
        sealed(ENTRY.key, stretched(RECOVERY_PASSWORD, salt), 2, master),
      );
  const entries = Buffer.concat([
    protectors,
    sealed(ENTRY.volumeKey, masterKey, 3, keyEntry(AES_XTS_128, volumeKey)),
    entry(ENTRY.movedSectors, VALUE.range, words(movedAt, 0, MOVED_BYTES, 0)),
  ]);
  const block = Buffer.alloc(Math.ceil((64 + 48 + entries.byteLength) / 16) * 16);
  const places = [0, 1, 2].flatMap((i) => [metadataAt + i * AREA, 0]);
  block.write('-FVE-FS-', 'latin1');
  block.writeUInt16LE(block.byteLength / 16, 8);
  for (const at of [12, 14]) block.writeUInt16LE(4, at);
  block.writeUInt16LE(2, 10);
  block.writeUInt32LE(plain.byteLength, 16);
  block.writeUInt32LE(MOVED_BYTES / SECTOR, 28);
  words(...places, movedAt, 0).copy(block, 32);
  words(48 + entries.byteLength, 1, 48, 48 + entries.byteLength).copy(block, 64);
  block.fill(0x44, 80, 96);
  words(4, AES_XTS_128).copy(block, 96);
  block.writeBigUInt64LE(0x01d5_0000_0000_0000n, 104);
  entries.copy(block, 112);
  const check = Buffer.alloc(8);
  check.writeUInt16LE(8, 0);
  check.writeUInt16LE(1, 2);
  check.writeUInt32LE(crc32(block), 4);
  for (const i of [0, 1, 2]) {
    block.copy(bytes, metadataAt + i * AREA);
    check.copy(bytes, metadataAt + i * AREA + block.byteLength);
  }

  bytes.fill(0, 0, MOVED_BYTES);
  bytes.set([0xeb, 0x58, 0x90]);
  bytes.write('-FVE-FS-', 3, 'latin1');
  bytes.writeUInt16LE(SECTOR, 11);
  bytes[13] = 8;
  bytes[21] = 0xf8;
  bytes.set(guidToBytes(VOLUME_GUID)!, 160);
  words(...places).copy(bytes, 176);
  bytes.writeUInt16LE(0xaa55, 510);
  return bytes;
}
