// An X.509 certificate as its store in the registry has it: who it is of, who made it, when it is valid, and its thumbprint.
// Signatures are not judged. From RFC 5280 4.1 and X.690; SHA-1 from FIPS 180-4.

import { toHex } from '../base/bytes.ts';
import { decodeLatin1, decodeUtf16le } from '../base/text.ts';
import { msToFiletime } from '../base/time.ts';

/** What a certificate says of itself; times are FILETIME. */
export interface CertificateInfo {
  /** 'CN=LAMB'; the parts of a longer name a line each. */
  readonly subject: string;
  readonly issuer: string;
  readonly notBefore: bigint;
  readonly notAfter: bigint;
  /** Lower-case hex. */
  readonly thumbprintSha1Hex: string;
  /** Issued by itself: Windows makes a new one when it is gone. */
  readonly isSelfSigned: boolean;
}

const TAG = {
  integer: 0x02,
  bits: 0x03,
  oid: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  bmp: 0x1e,
  sequence: 0x30,
  set: 0x31,
  version: 0xa0,
} as const;

/** One value of DER, with all of it. */
interface Item {
  readonly tag: number;
  readonly bytes: Uint8Array;
  readonly content: Uint8Array;
}

/** Reads a DER certificate; null where the bytes are not one. Never throws. */
export function readCertificate(der: Uint8Array): CertificateInfo | null {
  const whole = itemsOf(der);
  if (whole?.length !== 1 || whole[0]!.tag !== TAG.sequence) return null;
  const outer = itemsOf(whole[0]!.content);
  if (!outer || !hasTags(outer, [TAG.sequence, TAG.sequence, TAG.bits])) return null;
  const fields = itemsOf(outer[0]!.content);
  if (!fields) return null;
  // A certificate of version 1 does not say so.
  const rest = fields[0]?.tag === TAG.version ? fields.slice(1) : fields;
  const { integer, sequence } = TAG;
  if (!hasTags(rest.slice(0, 6), [integer, sequence, sequence, sequence, sequence, sequence])) return null;
  const [, , issuer, validity, subject] = rest as [Item, Item, Item, Item, Item];
  const times = itemsOf(validity.content);
  const [notBefore, notAfter] = times?.length === 2 ? times.map(timeOf) : [];
  const [of, by] = [nameOf(subject), nameOf(issuer)];
  if (notBefore == null || notAfter == null || of === null || by === null) return null;
  return {
    subject: of,
    issuer: by,
    notBefore,
    notAfter,
    thumbprintSha1Hex: toHex(sha1(der)),
    isSelfSigned: toHex(subject.bytes) === toHex(issuer.bytes),
  };
}

const hasTags = (items: readonly Item[], tags: readonly number[]): boolean =>
  items.length === tags.length && items.every(({ tag }, i) => tag === tags[i]);

/** The values that fill `bytes` exactly; null where they do not. */
function itemsOf(bytes: Uint8Array): Item[] | null {
  const items: Item[] = [];
  let at = 0;
  while (at < bytes.byteLength) {
    const tag = bytes[at]!;
    let length = bytes[at + 1] ?? Number.NaN;
    let start = at + 2;
    if (length >= 0x80) {
      const count = length & 0x7f;
      // No certificate has 16 MiB.
      if (count === 0 || count > 3) return null;
      length = 0;
      for (let i = 0; i < count; i += 1) length = length * 256 + (bytes[start + i] ?? Number.NaN);
      start += count;
    }
    const end = start + length;
    if (!(end <= bytes.byteLength)) return null;
    items.push({ tag, bytes: bytes.subarray(at, end), content: bytes.subarray(start, end) });
    at = end;
  }
  return items;
}

const ATTRIBUTES: Readonly<Record<string, string>> = {
  '550403': 'CN',
  '550405': 'serialNumber',
  '550406': 'C',
  '550407': 'L',
  '550408': 'ST',
  '55040a': 'O',
  '55040b': 'OU',
  '2a864886f70d010901': 'emailAddress',
  '0992268993f22c640119': 'DC',
};

/** A name, its parts as they are stored, a line each. */
function nameOf({ content }: Item): string | null {
  const parts: string[] = [];
  for (const set of itemsOf(content) ?? [null]) {
    for (const pair of (set?.tag === TAG.set ? itemsOf(set.content) : null) ?? [null]) {
      const [type, value] = (pair?.tag === TAG.sequence ? itemsOf(pair.content) : null) ?? [];
      if (type?.tag !== TAG.oid || !value) return null;
      const id = toHex(type.content);
      parts.push(`${ATTRIBUTES[id] ?? id}=${textOf(value)}`);
    }
  }
  return parts.join('\n');
}

function textOf({ tag, content }: Item): string {
  if (tag === TAG.utf8) return new TextDecoder().decode(content);
  // High bytes first.
  if (tag === TAG.bmp) return decodeUtf16le(content.slice(0, content.byteLength & ~1).map((_, i) => content[i ^ 1]!));
  return decodeLatin1(content, 0, content.byteLength);
}

/** FILETIME; null for what is no time. */
function timeOf({ tag, content }: Item): bigint | null {
  const digits = decodeLatin1(content, 0, content.byteLength);
  const match = /^(\d{2}|\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/.exec(digits);
  const isShort = match?.[1]?.length === 2;
  if (!match || tag !== (isShort ? TAG.utcTime : TAG.generalizedTime)) return null;
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const century = !isShort ? 0 : year < 50 ? 2000 : 1900;
  const time = new Date(0);
  time.setUTCFullYear(century + year, month - 1, day);
  time.setUTCHours(hour, minute, second);
  const isDate = time.getUTCMonth() === month - 1 && time.getUTCDate() === day && time.getUTCHours() === hour;
  return isDate && minute < 60 && second < 60 ? msToFiletime(time.getTime()) : null;
}

/** What the registry names a certificate by. */
function sha1(bytes: Uint8Array): Uint8Array {
  const padded = new Uint8Array(((bytes.byteLength + 8) >> 6) * 64 + 64);
  padded.set(bytes);
  padded[bytes.byteLength] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.byteLength - 8, BigInt(bytes.byteLength) * 8n);
  const state = Uint32Array.of(0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0);
  const words = new Uint32Array(80);
  for (let block = 0; block < padded.byteLength; block += 64) {
    for (let i = 0; i < 80; i += 1) {
      words[i] =
        i < 16
          ? view.getUint32(block + i * 4)
          : rotated(words[i - 3]! ^ words[i - 8]! ^ words[i - 14]! ^ words[i - 16]!, 1);
    }
    let [a, b, c, d, e] = state as unknown as [number, number, number, number, number];
    for (let i = 0; i < 80; i += 1) {
      const [mixed, constant] = ROUNDS[Math.floor(i / 20)]!;
      const next = (rotated(a, 5) + mixed(b, c, d) + e + constant + words[i]!) >>> 0;
      [a, b, c, d, e] = [next, a, rotated(b, 30), c, d];
    }
    [a, b, c, d, e].forEach((word, i) => {
      state[i] = state[i]! + word;
    });
  }
  const result = new Uint8Array(20);
  state.forEach((word, i) => {
    new DataView(result.buffer).setUint32(i * 4, word);
  });
  return result;
}

const rotated = (word: number, bits: number): number => ((word << bits) | (word >>> (32 - bits))) >>> 0;

const parity = (b: number, c: number, d: number): number => (b ^ c ^ d) >>> 0;
const ROUNDS: readonly (readonly [mixed: (b: number, c: number, d: number) => number, constant: number])[] = [
  [(b, c, d) => ((b & c) | (~b & d)) >>> 0, 0x5a82_7999],
  [parity, 0x6ed9_eba1],
  [(b, c, d) => ((b & c) | (b & d) | (c & d)) >>> 0, 0x8f1b_bcdc],
  [parity, 0xca62_c1d6],
];
