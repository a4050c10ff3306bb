// Marvin32, the hash over the entries of HvLE transaction logs.

const SEED_LOW = 0x7a4e55c5;
const SEED_HIGH = 0x82ef4d88;

/** The 64-bit hash of `bytes` as `high << 32 | low`. */
export function marvin32(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const whole = bytes.byteLength & ~3;
  let low = SEED_LOW | 0;
  let high = SEED_HIGH | 0;
  for (let offset = 0; offset <= whole + 4; offset += 4) {
    // The bytes left over stand in one more step below the marker 0x80; a last step takes zero.
    let dword = 0;
    if (offset < whole) dword = view.getInt32(offset, true);
    else if (offset === whole) {
      dword = 0x80;
      for (let i = bytes.byteLength - 1; i >= whole; i -= 1) dword = (dword << 8) | bytes[i]!;
    }
    low = (low + dword) | 0;
    high ^= low;
    low = (((low << 20) | (low >>> 12)) + high) | 0;
    high = ((high << 9) | (high >>> 23)) ^ low;
    low = (((low << 27) | (low >>> 5)) + high) | 0;
    high = (high << 19) | (high >>> 13);
  }
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}
