// Random numbers that repeat by their seed, and mutations of bytes and texts that know nothing of what they hold.

import { concatBytes } from '../../src/base/bytes.ts';

/** A number from 0 to below `limit`. */
export type Below = (limit: number) => number;

/** mulberry32. */
export function random(seed: number): Below {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

export function pick<T>(below: Below, items: readonly T[]): T {
  const item = items[below(items.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}

const NUMBERS = [0, 1, 2, 4, 7, 8, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];

/** One to eight blind faults: bits, bytes, numbers, pieces cut out, doubled or moved, the end cut off. */
export function mutateBytes(bytes: Uint8Array, below: Below): Uint8Array {
  let result: Uint8Array = bytes.slice();
  for (let faults = 1 + below(1 + below(8)); faults > 0 && result.length > 0; faults -= 1) {
    const at = below(result.length);
    const size = Math.min(1 + below(1 << below(8)), result.length - at);
    const kind = below(20);
    if (kind < 6) result[at]! ^= 1 << below(8);
    else if (kind < 10) result[at] = below(256);
    else if (kind < 15 && at + 4 <= result.length) {
      new DataView(result.buffer, result.byteOffset).setUint32(
        at,
        pick(below, [...NUMBERS, below(2 ** 32), result.length]),
        true,
      );
    } else if (kind === 15) result = concatBytes(result.subarray(0, at), result.subarray(at + size));
    else if (kind === 16) result = concatBytes(result.subarray(0, at + size), result.subarray(at));
    else if (kind === 17) result.copyWithin(below(result.length), at, at + size);
    else if (kind === 18) result.fill(pick(below, [0, 0xff, 0x20]), at, at + size);
    else if (below(4) === 0) result = result.slice(0, at);
  }
  return result;
}

const LETTERS = ['\0', '\r', '\n', '\\', '"', "'", ':', '=', ',', '<', '>', '&', '%', '^', '{', '}', '(', ')', '~'];
const STRANGE = ['\u001b[31m', '\ud800', '\udfff', '\ufeff', '\u2028', 'é', '\u{1f600}', '\u0130', 'ß', '\u202e'];

/** One to eight faults in a text: words of `words` put in or doubled, pieces moved, repeated often, or cut out. */
export function mutateText(text: string, below: Below, words: readonly string[]): string {
  let result = text;
  for (let faults = 1 + below(1 + below(6)); faults > 0; faults -= 1) {
    const at = below(result.length + 1);
    const end = Math.min(result.length, at + 1 + below(1 << below(9)));
    const kind = below(16);
    let piece = '';
    if (kind < 5) piece = pick(below, words);
    else if (kind < 8) piece = pick(below, LETTERS);
    else if (kind === 8) piece = pick(below, STRANGE);
    else if (kind === 9) piece = String(pick(below, [...NUMBERS, -1, 2 ** 53, 1e308, below(2 ** 31)]));
    else if (kind === 10) piece = pick(below, [...LETTERS, ...words]).repeat(1 + below(below(20) === 0 ? 4000 : 40));
    else if (kind < 13) piece = result.slice(at, end);
    const from = below(2) === 0 ? at : end;
    result = result.slice(0, at) + piece + (kind === 15 && below(4) === 0 ? '' : result.slice(from));
    if (result.length > 100_000) result = result.slice(0, 100_000);
  }
  return result;
}
