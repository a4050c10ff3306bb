// Text as Windows keeps it: UTF-16 code units. A JavaScript string holds any of them, unpaired surrogates and NULs too.

/** Then units can be stored as they are. */
const IS_LITTLE_ENDIAN_HOST = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** A call takes so many arguments on every host. */
const MAX_ARGUMENTS = 4096;
/** Below this a view of units costs more than it saves. */
const VIEWED_FROM_UNITS = 64;

/** The string of little-endian UTF-16 `bytes`; an odd last byte is left out (callers that care keep the bytes). */
export function decodeUtf16le(bytes: Uint8Array): string {
  const units = bytes.byteLength >> 1;
  if (units >= VIEWED_FROM_UNITS && IS_LITTLE_ENDIAN_HOST && (bytes.byteOffset & 1) === 0) {
    return textOf(new Uint16Array(bytes.buffer, bytes.byteOffset, units));
  }
  let text = '';
  for (let start = 0; start < units; start += MAX_ARGUMENTS) {
    const end = Math.min(units, start + MAX_ARGUMENTS);
    const codes = new Array<number>(end - start);
    for (let i = start; i < end; i += 1) codes[i - start] = bytes[2 * i]! | (bytes[2 * i + 1]! << 8);
    text += String.fromCharCode.apply(null, codes);
  }
  return text;
}

/** The string of code units. */
function textOf(units: Uint16Array | Uint8Array): string {
  // Typed arrays are array-likes, which is what a call takes.
  const called = (some: Uint16Array | Uint8Array): string =>
    String.fromCharCode.apply(null, some as unknown as number[]);
  if (units.length <= MAX_ARGUMENTS) return called(units);
  let text = '';
  for (let start = 0; start < units.length; start += MAX_ARGUMENTS) {
    text += called(units.subarray(start, start + MAX_ARGUMENTS));
  }
  return text;
}

/** The little-endian UTF-16 bytes of `text`, unit for unit, without a terminator. */
export function encodeUtf16le(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 2);
  if (IS_LITTLE_ENDIAN_HOST) {
    const units = new Uint16Array(bytes.buffer);
    for (let i = 0; i < units.length; i += 1) units[i] = text.charCodeAt(i);
    return bytes;
  }
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    bytes[2 * i] = unit & 0xff;
    bytes[2 * i + 1] = unit >> 8;
  }
  return bytes;
}

/** Compressed names: each byte is the code unit of the same number (not Windows-1252). */
export function decodeLatin1(bytes: Uint8Array, start = 0, end = bytes.byteLength): string {
  if (end - start >= VIEWED_FROM_UNITS) return textOf(bytes.subarray(start, end));
  const codes = new Array<number>(end - start);
  for (let i = start; i < end; i += 1) codes[i - start] = bytes[i]!;
  return String.fromCharCode.apply(null, codes);
}

/** The compressed form of `text`, or null where a code unit is above 255. */
export function encodeLatin1(text: string): Uint8Array | null {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit > 0xff) return null;
    bytes[i] = unit;
  }
  return bytes;
}

/**
 * Windows' upper-casing as runs of [first unit, last unit, step, difference], frozen: JavaScript's own table grows with
 * its Unicode version, and the two differ in some 250 units. Printed by scripts/upcase.mjs from the $UpCase of NTFS.
 */
// biome-ignore format: a table
const UPCASE_RUNS: readonly (readonly [number, number, number, number])[] = [
  [0x0061, 0x007a, 1, -32], [0x00e0, 0x00f6, 1, -32], [0x00f8, 0x00fe, 1, -32], [0x00ff, 0x00ff, 1, 121],
  [0x0101, 0x012f, 2, -1], [0x0133, 0x0137, 2, -1], [0x013a, 0x0148, 2, -1], [0x014b, 0x0177, 2, -1],
  [0x017a, 0x017e, 2, -1], [0x0180, 0x0180, 1, 195], [0x0183, 0x0185, 2, -1], [0x0188, 0x0188, 1, -1],
  [0x018c, 0x018c, 1, -1], [0x0192, 0x0192, 1, -1], [0x0195, 0x0195, 1, 97], [0x0199, 0x0199, 1, -1],
  [0x019a, 0x019a, 1, 163], [0x019e, 0x019e, 1, 130], [0x01a1, 0x01a5, 2, -1], [0x01a8, 0x01a8, 1, -1],
  [0x01ad, 0x01ad, 1, -1], [0x01b0, 0x01b0, 1, -1], [0x01b4, 0x01b6, 2, -1], [0x01b9, 0x01b9, 1, -1],
  [0x01bd, 0x01bd, 1, -1], [0x01bf, 0x01bf, 1, 56], [0x01c6, 0x01c6, 1, -2], [0x01c9, 0x01c9, 1, -2],
  [0x01cc, 0x01cc, 1, -2], [0x01ce, 0x01dc, 2, -1], [0x01dd, 0x01dd, 1, -79], [0x01df, 0x01ef, 2, -1],
  [0x01f3, 0x01f3, 1, -2], [0x01f5, 0x01f5, 1, -1], [0x01f9, 0x021f, 2, -1], [0x0223, 0x0233, 2, -1],
  [0x023c, 0x023c, 1, -1], [0x0242, 0x0242, 1, -1], [0x0247, 0x024f, 2, -1], [0x0250, 0x0250, 1, 10783],
  [0x0251, 0x0251, 1, 10780], [0x0253, 0x0253, 1, -210], [0x0254, 0x0254, 1, -206], [0x0256, 0x0257, 1, -205],
  [0x0259, 0x0259, 1, -202], [0x025b, 0x025b, 1, -203], [0x0260, 0x0260, 1, -205], [0x0263, 0x0263, 1, -207],
  [0x0268, 0x0268, 1, -209], [0x0269, 0x0269, 1, -211], [0x026b, 0x026b, 1, 10743], [0x026f, 0x026f, 1, -211],
  [0x0271, 0x0271, 1, 10749], [0x0272, 0x0272, 1, -213], [0x0275, 0x0275, 1, -214], [0x027d, 0x027d, 1, 10727],
  [0x0280, 0x0280, 1, -218], [0x0283, 0x0283, 1, -218], [0x0288, 0x0288, 1, -218], [0x0289, 0x0289, 1, -69],
  [0x028a, 0x028b, 1, -217], [0x028c, 0x028c, 1, -71], [0x0292, 0x0292, 1, -219], [0x0371, 0x0373, 2, -1],
  [0x0377, 0x0377, 1, -1], [0x037b, 0x037d, 1, 130], [0x03ac, 0x03ac, 1, -38], [0x03ad, 0x03af, 1, -37],
  [0x03b1, 0x03c1, 1, -32], [0x03c3, 0x03cb, 1, -32], [0x03cc, 0x03cc, 1, -64], [0x03cd, 0x03ce, 1, -63],
  [0x03d7, 0x03d7, 1, -8], [0x03d9, 0x03ef, 2, -1], [0x03f2, 0x03f2, 1, 7], [0x03f8, 0x03f8, 1, -1],
  [0x03fb, 0x03fb, 1, -1], [0x0430, 0x044f, 1, -32], [0x0450, 0x045f, 1, -80], [0x0461, 0x0481, 2, -1],
  [0x048b, 0x04bf, 2, -1], [0x04c2, 0x04ce, 2, -1], [0x04cf, 0x04cf, 1, -15], [0x04d1, 0x0523, 2, -1],
  [0x0561, 0x0586, 1, -48], [0x1d79, 0x1d79, 1, 35332], [0x1d7d, 0x1d7d, 1, 3814], [0x1e01, 0x1e95, 2, -1],
  [0x1ea1, 0x1eff, 2, -1], [0x1f00, 0x1f07, 1, 8], [0x1f10, 0x1f15, 1, 8], [0x1f20, 0x1f27, 1, 8],
  [0x1f30, 0x1f37, 1, 8], [0x1f40, 0x1f45, 1, 8], [0x1f51, 0x1f57, 2, 8], [0x1f60, 0x1f67, 1, 8],
  [0x1f70, 0x1f71, 1, 74], [0x1f72, 0x1f75, 1, 86], [0x1f76, 0x1f77, 1, 100], [0x1f78, 0x1f79, 1, 128],
  [0x1f7a, 0x1f7b, 1, 112], [0x1f7c, 0x1f7d, 1, 126], [0x1f80, 0x1f87, 1, 8], [0x1f90, 0x1f97, 1, 8],
  [0x1fa0, 0x1fa7, 1, 8], [0x1fb0, 0x1fb1, 1, 8], [0x1fb3, 0x1fb3, 1, 9], [0x1fc3, 0x1fc3, 1, 9],
  [0x1fd0, 0x1fd1, 1, 8], [0x1fe0, 0x1fe1, 1, 8], [0x1fe5, 0x1fe5, 1, 7], [0x1ff3, 0x1ff3, 1, 9],
  [0x214e, 0x214e, 1, -28], [0x2170, 0x217f, 1, -16], [0x2184, 0x2184, 1, -1], [0x24d0, 0x24e9, 1, -26],
  [0x2c30, 0x2c5e, 1, -48], [0x2c61, 0x2c61, 1, -1], [0x2c65, 0x2c65, 1, -10795], [0x2c66, 0x2c66, 1, -10792],
  [0x2c68, 0x2c6c, 2, -1], [0x2c73, 0x2c73, 1, -1], [0x2c76, 0x2c76, 1, -1], [0x2c81, 0x2ce3, 2, -1],
  [0x2d00, 0x2d25, 1, -7264], [0xa641, 0xa65f, 2, -1], [0xa663, 0xa66d, 2, -1], [0xa681, 0xa697, 2, -1],
  [0xa723, 0xa72f, 2, -1], [0xa733, 0xa76f, 2, -1], [0xa77a, 0xa77c, 2, -1], [0xa77f, 0xa787, 2, -1],
  [0xa78c, 0xa78c, 1, -1], [0xff41, 0xff5a, 1, -32],
];

/** What to add to each code unit, modulo 2^16: nothing for nearly all of them, so that only the runs are written. */
const UPCASE_DIFFERENCES = (() => {
  const differences = new Uint16Array(65_536);
  for (const [first, last, step, difference] of UPCASE_RUNS) {
    for (let unit = first; unit <= last; unit += step) differences[unit] = difference;
  }
  return differences;
})();

/** The upper-case code unit of a code unit, one to one, as RtlUpcaseUnicodeChar folds it; surrogates are unchanged. */
export function upcaseUnit(unit: number): number {
  return (unit + UPCASE_DIFFERENCES[unit]!) & 0xffff;
}

/** `text` with each code unit upper-cased; the length never changes. The key under which Windows compares names. */
export function upcase(text: string): string {
  let upper = '';
  for (let i = 0; i < text.length; i += 1) upper += String.fromCharCode(upcaseUnit(text.charCodeAt(i)));
  return upper;
}

/** Windows' order of names: upper-cased code units, shorter first; negative, zero (the same name) or positive. */
export function compareNames(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i += 1) {
    const difference = upcaseUnit(a.charCodeAt(i)) - upcaseUnit(b.charCodeAt(i));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/**
 * What cannot be seen, or changes how what follows is shown: C1 controls, marks of direction, zero-width characters, tags,
 * variation selectors, interlinear marks, noncharacters, unpaired surrogates.
 */
const UNSEEN = new RegExp(
  [
    // One unit.
    '[\\u007f-\\u009f\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f]',
    '[\\u3164\\ufdd0-\\ufdef\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb\\ufffe\\uffff]',
    // Pairs: format controls of shorthand and of music, tags and selectors, the last two of each plane.
    '\\ud82f[\\udca0-\\udca3]|\\ud834[\\udd73-\\udd7a]|[\\udb40-\\udb43][\\udc00-\\udfff]',
    '[\\ud83f\\ud87f\\ud8bf\\ud8ff\\ud93f\\ud97f\\ud9bf\\ud9ff\\uda3f\\uda7f\\udabf\\udaff\\udb3f\\udb7f\\udbbf\\udbff][\\udffe\\udfff]',
    // Halves of pairs.
    '[\\ud800-\\udbff](?![\\udc00-\\udfff])|(?<![\\ud800-\\udbff])[\\udc00-\\udfff]',
  ].join('|'),
  'g',
);

/** Text from a disk made safe to print: control characters and all that cannot be seen are escaped. */
export function printable(text: string): string {
  return printableJson(text.replace(/[\u0000-\u001f]/g, escaped));
}

/** JSON made safe to print: the same value, with what cannot be seen escaped as JSON does. */
export function printableJson(json: string): string {
  return json.replace(UNSEEN, escaped);
}

function escaped(units: string): string {
  let text = '';
  for (let at = 0; at < units.length; at += 1) text += `\\u${units.charCodeAt(at).toString(16).padStart(4, '0')}`;
  return text;
}

/** With a capital first letter, as a sentence begins. */
export const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
