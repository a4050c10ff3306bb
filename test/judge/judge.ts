// What a reader of the registry format makes of a hive and its logs as they lie on a disk. Written from the format's
// facts (dirty rule, DIRT logs, HvLE logs) and from nothing else: it shares no line with src/, so that a mistake there
// is not repeated here. It throws for nothing; bytes in, verdict out.

export interface Image {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export type Verdict =
  /** The header is clean: the bins as they lie. */
  | { readonly kind: 'clean'; readonly bins: Uint8Array; readonly sequence: number }
  /** Dirty, and the logs were replayed over it. */
  | { readonly kind: 'replayed'; readonly bins: Uint8Array; readonly sequence: number; readonly entries: number }
  /** A reader that heals: dirty or with a broken header, nothing can be replayed, and it is loaded as it lies. */
  | { readonly kind: 'healed'; readonly bins: Uint8Array }
  /** Dirty and nothing can be replayed: Windows says that the hive is corrupt. */
  | { readonly kind: 'refused'; readonly why: string };

const HEADER = 512;
const BASE_BLOCK = 4096;

const u32 = (bytes: Uint8Array, offset: number): number =>
  offset + 4 <= bytes.length
    ? (bytes[offset]! | (bytes[offset + 1]! << 8) | (bytes[offset + 2]! << 16) | (bytes[offset + 3]! << 24)) >>> 0
    : 0;
const tag = (bytes: Uint8Array, offset: number): string => String.fromCharCode(...bytes.subarray(offset, offset + 4));
const stampAt = (bytes: Uint8Array, offset: number): string => [...bytes.subarray(offset, offset + 8)].join(' ');

/** The checksum of 127 dwords, with the two values that are never stored. */
export function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let offset = 0; offset < 508; offset += 4) sum = (sum ^ u32(bytes, offset)) >>> 0;
  if (sum === 0xffffffff) return 0xfffffffe;
  return sum === 0 ? 1 : sum;
}

const isHeader = (bytes: Uint8Array): boolean => tag(bytes, 0) === 'regf' && u32(bytes, 508) === checksum(bytes);

/** Marvin32 with the registry's seed, as one string of both halves. */
export function marvin(bytes: Uint8Array): string {
  let lo = 0x7a4e55c5;
  let hi = 0x82ef4d88 | 0;
  const rotate = (value: number, by: number): number => (value << by) | (value >>> (32 - by));
  const mix = (value: number): void => {
    lo = (lo + value) | 0;
    hi ^= lo;
    lo = (rotate(lo, 20) + hi) | 0;
    hi = rotate(hi, 9) ^ lo;
    lo = (rotate(lo, 27) + hi) | 0;
    hi = rotate(hi, 19);
  };
  const words = bytes.length >> 2;
  for (let i = 0; i < words; i += 1) mix(u32(bytes, 4 * i) | 0);
  let tail = 0x80;
  for (let i = bytes.length - 1; i >= 4 * words; i -= 1) tail = (tail << 8) | bytes[i]!;
  mix(tail);
  mix(0);
  return `${hi >>> 0}:${lo >>> 0}`;
}

const hashAt = (bytes: Uint8Array, offset: number): string => `${u32(bytes, offset + 4)}:${u32(bytes, offset)}`;

interface Entry {
  readonly sequence: number;
  readonly binsSize: number;
  readonly pages: readonly { readonly offset: number; readonly bytes: Uint8Array }[];
}

/** The entries that a HvLE log offers: numbered from its base block's sequence on, without a gap, both hashes right. */
function hvleEntries(log: Uint8Array): Entry[] {
  const entries: Entry[] = [];
  let expected = u32(log, 4);
  let offset = HEADER;
  while (tag(log, offset) === 'HvLE') {
    const size = u32(log, offset + 4);
    const binsSize = u32(log, offset + 16);
    const count = u32(log, offset + 20);
    if (size % 512 !== 0 || size < 40 || offset + size > log.length) break;
    if (u32(log, offset + 12) !== expected || binsSize % 4096 !== 0) break;
    const entry = log.subarray(offset, offset + size);
    if (marvin(entry.subarray(40)) !== hashAt(entry, 24) || marvin(entry.subarray(0, 32)) !== hashAt(entry, 32)) break;
    const pages: { offset: number; bytes: Uint8Array }[] = [];
    let at = 40 + 8 * count;
    for (let i = 0; i < count; i += 1) {
      const length = u32(entry, 44 + 8 * i);
      pages.push({ offset: u32(entry, 40 + 8 * i), bytes: entry.subarray(at, at + length) });
      at += length;
    }
    if (at > size) break;
    entries.push({ sequence: expected, binsSize, pages });
    expected = (expected + 1) >>> 0;
    offset += size;
  }
  return entries;
}

/** The one set of a DIRT log; the bitmap has a bit for each 512 bytes of `binsSize`. */
function dirtPages(log: Uint8Array, binsSize: number): Entry['pages'] | null {
  const bits = binsSize / 512;
  const end = HEADER + 4 + Math.ceil(bits / 8);
  let at = Math.ceil(end / 512) * 512;
  const pages: { offset: number; bytes: Uint8Array }[] = [];
  for (let i = 0; i < bits; i += 1) {
    if (((log[HEADER + 4 + (i >> 3)] ?? 0) & (1 << (i & 7))) === 0) continue;
    if (at + 512 > log.length) return null;
    pages.push({ offset: 512 * i, bytes: log.subarray(at, at + 512) });
    at += 512;
  }
  return pages;
}

function replay(primary: Uint8Array, entries: readonly Entry[]): Uint8Array {
  const binsSize = entries.at(-1)!.binsSize;
  const largest = Math.max(primary.length - BASE_BLOCK, ...entries.map((entry) => entry.binsSize));
  const bins = new Uint8Array(largest);
  bins.set(primary.subarray(BASE_BLOCK));
  for (const entry of entries) for (const page of entry.pages) bins.set(page.bytes, page.offset);
  return bins.slice(0, binsSize);
}

const before = (a: number, b: number): boolean => ((a - b) | 0) < 0;

/**
 * `logs` are those that this reader looks at: Windows' readers differ (LOG1 and LOG2; for a BCD the .LOG), so callers
 * ask once for each choice. `bitmapBy` is whose bins size a DIRT log's bitmap is taken to cover.
 */
export function judge(
  primary: Uint8Array,
  logs: readonly Image[],
  options: { readonly bitmapBy?: 'log' | 'primary'; readonly heals?: boolean } = {},
): Verdict {
  const verdict = judgeAsWritten(primary, logs, options);
  return verdict.kind === 'refused' && options.heals === true ? (heal(primary) ?? verdict) : verdict;
}

/**
 * What a kernel that repairs by itself makes of a hive that nothing completes: a dirty header is taken as it is, a broken
 * one is built anew (the root where it always is, bins as far as they follow each other). A clean one is never touched,
 * and without a root key there is nothing to load.
 */
function heal(primary: Uint8Array): Verdict | null {
  const isWhole = isHeader(primary);
  if (isWhole && u32(primary, 4) === u32(primary, 8)) return null;
  let end = BASE_BLOCK;
  if (isWhole) end += u32(primary, 40);
  else {
    while (tag(primary, end) === 'hbin' && u32(primary, end + 4) === end - BASE_BLOCK && u32(primary, end + 8) >= 4096)
      end += u32(primary, end + 8);
  }
  if (end > primary.length) return null;
  const root = BASE_BLOCK + (isWhole ? u32(primary, 36) : 32);
  if (root + 6 > end || tag(primary, root + 4).slice(0, 2) !== 'nk') return null;
  return { kind: 'healed', bins: primary.slice(BASE_BLOCK, end) };
}

function judgeAsWritten(
  primary: Uint8Array,
  logs: readonly Image[],
  options: { readonly bitmapBy?: 'log' | 'primary' },
): Verdict {
  if (tag(primary, 0) !== 'regf') return { kind: 'refused', why: 'no signature' };
  const isWhole = u32(primary, 508) === checksum(primary);
  const [first, second] = [u32(primary, 4), u32(primary, 8)];
  const binsSize = u32(primary, 40);
  if (isWhole && first === second) {
    if (BASE_BLOCK + binsSize > primary.length) return { kind: 'refused', why: 'the file ends inside its bins' };
    return { kind: 'clean', bins: primary.slice(BASE_BLOCK, BASE_BLOCK + binsSize), sequence: first };
  }
  const usable = logs.filter((log) => isHeader(log.bytes));
  const hvle = usable.filter((log) => tag(log.bytes, HEADER) === 'HvLE');
  const entries = isWhole ? inOrder(hvle, second) : latest(hvle);
  if (entries.length > 0) {
    const sequence = entries.at(-1)!.sequence + 1;
    return { kind: 'replayed', bins: replay(primary, entries), sequence, entries: entries.length };
  }
  const stamp = stampAt(primary, isWhole ? 12 : BASE_BLOCK + 20);
  const dirt = usable.filter((log) => tag(log.bytes, HEADER) === 'DIRT' && stampAt(log.bytes, 12) === stamp);
  dirt.sort((a, b) => (a.name.endsWith('1') ? -1 : b.name.endsWith('1') ? 1 : 0));
  for (const { bytes } of dirt) {
    if (u32(bytes, 4) !== u32(bytes, 8)) continue;
    const size = u32(bytes, 40);
    const pages = dirtPages(bytes, options.bitmapBy === 'primary' && isWhole ? binsSize : size);
    if (!pages) continue;
    const entry = { sequence: first, binsSize: size, pages };
    return { kind: 'replayed', bins: replay(primary, [entry]), sequence: first + 1, entries: 1 };
  }
  return { kind: 'refused', why: isWhole ? `dirty ${first}/${second}, no log applies` : 'bad header, no log applies' };
}

/** A whole header: the earlier log first, the later only where it goes on from there, none that is older than the hive. */
function inOrder(logs: readonly Image[], second: number): Entry[] {
  const eligible = logs.filter((log) => !before(u32(log.bytes, 4), second));
  eligible.sort((a, b) => (before(u32(a.bytes, 4), u32(b.bytes, 4)) ? -1 : 1));
  const [earlier, ...later] = eligible;
  if (!earlier) return [];
  const entries = hvleEntries(earlier.bytes);
  if (entries.length === 0) return [];
  for (const log of later) {
    if (u32(log.bytes, 4) === entries.at(-1)!.sequence + 1) entries.push(...hvleEntries(log.bytes));
  }
  return entries;
}

/** A broken header: only the log with the latest entries. */
function latest(logs: readonly Image[]): Entry[] {
  let best: Entry[] = [];
  for (const log of logs) {
    const entries = hvleEntries(log.bytes);
    if (entries.length > 0 && (best.length === 0 || before(best.at(-1)!.sequence, entries.at(-1)!.sequence)))
      best = entries;
  }
  return best;
}

/** The bins that a reader sees who knows nothing of logs, or null where the header does not hold. */
export function plainBins(primary: Uint8Array): Uint8Array | null {
  if (!isHeader(primary) || u32(primary, 4) !== u32(primary, 8)) return null;
  const end = BASE_BLOCK + u32(primary, 40);
  return end <= primary.length ? primary.slice(BASE_BLOCK, end) : null;
}
