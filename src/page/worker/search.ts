// Search over the paths of keys, the names of values and their data.

import { type HiveFile, type HiveKey, HivemendError, type HiveValue } from '../../hive.ts';
import type { Hit } from './calls.ts';
import { dataText } from './keys.ts';
import type { Job } from './slices.ts';

const MOST_HITS = 1000;
const MOST_CHARACTERS = 100;

/**
 * Tells the keys and values that hold `text`, letter case aside: a key by its name, or where `text` has a backslash by its
 * path; a value by its name, its text or number, or its bytes where `text` is pairs of hex digits. True: there may be more
 * than it told.
 * @throws Stopped
 */
export async function search(hive: HiveFile, text: string, job: Job): Promise<boolean> {
  const wanted = text.toUpperCase();
  const pattern = bytesIn(text);
  const isPath = text.includes('\\');
  const hits: Hit[] = [];
  let count = 0;
  const add = (names: readonly string[], end: string): void => {
    hits.push({ names, text: `${names.join('\\')}${end}` });
    count += 1;
  };
  const held = (value: HiveValue): string | null => dataAround(value, wanted, pattern);
  const take = (key: HiveKey): boolean => {
    if (isPath ? endsBelow(key.path.toUpperCase(), wanted) : key.name.toUpperCase().includes(wanted))
      add(key.names, '');
    for (const value of key.values()) {
      const shown = value.name.toUpperCase().includes(wanted) ? dataText(value, MOST_CHARACTERS) : held(value);
      if (shown !== null) add(key.names, `  ${value.name || '(Default)'} = ${shown.replaceAll('\n', ' ')}`);
    }
    return count < MOST_HITS;
  };
  return !(await job.inSlices(hive.walk(), take, hits));
}

/** Whether a path holds the text in its last name: below a key that holds it all others would too. */
function endsBelow(path: string, wanted: string): boolean {
  const at = path.lastIndexOf(wanted);
  return at >= 0 && at + wanted.length > path.lastIndexOf('\\');
}

/** Of '5a 5A' or '5a5a' the bytes; null for what is not pairs of hex digits. */
function bytesIn(text: string): Uint8Array | null {
  const digits = text.replaceAll(' ', '');
  if (!/^([\da-f]{2})+$/i.test(digits)) return null;
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16));
}

/** REG_SZ, REG_EXPAND_SZ, REG_DWORD, its big-endian form, REG_LINK, REG_MULTI_SZ, REG_QWORD: all others are bytes. */
const WORDS = [1, 2, 4, 5, 6, 7, 11];

/** The data of a value around what is wanted; null where it is not in them. */
function dataAround(value: HiveValue, wanted: string, pattern: Uint8Array | null): string | null {
  if (pattern === null && !WORDS.includes(value.type)) return null;
  try {
    const { decoded } = value;
    if (decoded instanceof Uint8Array) {
      return pattern !== null && hasBytes(decoded, pattern) ? dataText(value, MOST_CHARACTERS) : null;
    }
    const text = typeof decoded === 'object' ? decoded.join('\n') : String(decoded);
    const at = text.toUpperCase().indexOf(wanted);
    if (at < 0) return null;
    if (typeof decoded === 'number' || typeof decoded === 'bigint') return dataText(value, MOST_CHARACTERS);
    const start = at + wanted.length > MOST_CHARACTERS ? at - MOST_CHARACTERS / 4 : 0;
    return `${start === 0 ? '' : '…'}${text.slice(start, start + MOST_CHARACTERS)}`;
  } catch (error) {
    if (error instanceof HivemendError) return null;
    throw error;
  }
}

function hasBytes(bytes: Uint8Array, pattern: Uint8Array): boolean {
  const last = bytes.byteLength - pattern.byteLength;
  for (let at = bytes.indexOf(pattern[0]!); at >= 0 && at <= last; at = bytes.indexOf(pattern[0]!, at + 1)) {
    let same = 1;
    while (same < pattern.byteLength && bytes[at + same] === pattern[same]) same += 1;
    if (same === pattern.byteLength) return true;
  }
  return false;
}
