// A locked BitLocker volume as far as it can be read, built by the published description of the format.

const VOLUME_BYTES = 1 << 20;
/** Where the copies of the metadata lie. */
export const BLOCKS = [0x2000, 0x40000, 0x80000];

/** An entry of the metadata; `protection` is what unlocks the key. */
export function protector(type: number, id: number, protection: number): Uint8Array {
  const bytes = new Uint8Array(8 + 28 + 16);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, bytes.byteLength, true);
  view.setUint16(2, type, true);
  view.setUint16(4, 8, true);
  view.setUint16(6, 1, true);
  bytes.fill(id, 8, 24);
  view.setUint16(8 + 26, protection, true);
  return bytes;
}

/** The start of a locked volume with three copies of its metadata. */
export function bitLockerVolume(
  entries: readonly Uint8Array[],
  kind: 'later' | 'vista' | 'to go' = 'later',
): Uint8Array {
  const bytes = new Uint8Array(VOLUME_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set([0xeb, kind === 'vista' ? 0x52 : 0x58, 0x90]);
  new TextEncoder().encodeInto(kind === 'to go' ? 'MSWIN4.1' : '-FVE-FS-', bytes.subarray(3));
  view.setUint16(11, 512, true);
  view.setUint8(13, 8);
  for (const [i, at] of BLOCKS.entries()) {
    if (kind === 'vista') view.setBigUint64(56, BigInt(BLOCKS[0]! / 4096), true);
    else view.setBigUint64((kind === 'to go' ? 440 : 176) + 8 * i, BigInt(at), true);
    new TextEncoder().encodeInto('-FVE-FS-', bytes.subarray(at));
    const size = 48 + entries.reduce((sum, { byteLength }) => sum + byteLength, 0);
    view.setUint32(at + 64, size, true);
    view.setUint32(at + 64 + 4, 1, true);
    view.setUint32(at + 64 + 8, 48, true);
    let next = at + 64 + 48;
    for (const each of entries) {
      bytes.set(each, next);
      next += each.byteLength;
    }
  }
  return bytes;
}

export const TPM = protector(2, 0x11, 0x0100);
export const RECOVERY = protector(2, 0x22, 0x0800);
