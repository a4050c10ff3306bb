// Base64 as hivexml writes it: lines of 72 characters, a carriage return and a line feed between them.

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
/** Two characters for each twelve bits. */
const PAIRS = Array.from({ length: 4096 }, (_, bits) => ALPHABET[bits >> 6]! + ALPHABET[bits & 63]!);
const LINE_BYTES = 54;

export function encodeBase64(bytes: Uint8Array): string {
  const sizeBytes = bytes.byteLength;
  const wholeBytes = sizeBytes - (sizeBytes % 3);
  let text = '';
  for (let at = 0; at < wholeBytes; at += 3) {
    if (at > 0 && at % LINE_BYTES === 0) text += '\r\n';
    const bits = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
    text += PAIRS[bits >> 12]! + PAIRS[bits & 4095]!;
  }
  if (wholeBytes === sizeBytes) return text;
  if (wholeBytes > 0 && wholeBytes % LINE_BYTES === 0) text += '\r\n';
  const first = bytes[wholeBytes]!;
  if (sizeBytes - wholeBytes === 1) return `${text}${PAIRS[first << 4]!}==`;
  const bits = (first << 16) | (bytes[wholeBytes + 1]! << 8);
  return `${text}${PAIRS[bits >> 12]!}${ALPHABET[(bits >> 6) & 63]!}=`;
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
