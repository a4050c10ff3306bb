// Base64 as hivexml's documents have it.

import { decodeLatin1 } from '../../base/text.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** libxml2 breaks lines after so many characters. */
const LINES = /.{1,72}/g;

/** In lines, a carriage return and a line feed between them. */
export function encodeBase64(bytes: Uint8Array): string {
  return btoa(decodeLatin1(bytes)).match(LINES)?.join('\r\n') ?? '';
}

/** The bytes of base64 with any white space in it; null where it is none, bits left over included. */
export function decodeBase64(text: string): Uint8Array | null {
  const bare = text.replace(/[ \t\r\n]+/g, '');
  if (bare.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(bare)) return null;
  const padding = bare.endsWith('==') ? 2 : bare.endsWith('=') ? 1 : 0;
  const bytes = new Uint8Array((bare.length / 4) * 3 - padding);
  let bits = 0;
  let bitCount = 0;
  let next = 0;
  for (let i = 0; i < bare.length - padding; i += 1) {
    bits = ((bits << 6) | ALPHABET.indexOf(bare[i]!)) & 0xffff;
    bitCount += 6;
    if (bitCount >= 8) {
      bitCount -= 8;
      bytes[next] = (bits >> bitCount) & 0xff;
      next += 1;
    }
  }
  return (bits & ((1 << bitCount) - 1)) === 0 ? bytes : null;
}
