// GUIDs: sixteen bytes on disk, the first three fields little-endian; lower-case in braces as text.

import { toHex } from './bytes.ts';

const GUID_TEXT = /^\{?([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})\}?$/i;

/** `{xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}` in lower case, of 16 bytes. */
export function guidFromBytes(bytes: Uint8Array): string {
  const hex = toHex(bytes);
  const reversed = (start: number, end: number): string =>
    (hex.slice(start, end).match(/../g) ?? []).reverse().join('');
  return `{${reversed(0, 8)}-${reversed(8, 12)}-${reversed(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}}`;
}

/** The 16 bytes of a GUID's text, with or without braces, or null where it is none. */
export function guidToBytes(text: string): Uint8Array | null {
  const match = GUID_TEXT.exec(text);
  if (!match) return null;
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Number.parseInt(match[1]!, 16), true);
  view.setUint16(4, Number.parseInt(match[2]!, 16), true);
  view.setUint16(6, Number.parseInt(match[3]!, 16), true);
  const tail = match[4]! + match[5]!;
  for (let i = 0; i < 8; i += 1) bytes[8 + i] = Number.parseInt(tail.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

/** The normal form of a GUID's text, or null where it is none. */
export function normalGuid(text: string): string | null {
  const match = GUID_TEXT.exec(text);
  return match ? `{${match.slice(1).join('-').toLowerCase()}}` : null;
}
