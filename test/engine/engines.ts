// The two builds of the engine, and what the tests of this folder make hives of.

import { debugWasmUrl, wasmBytes } from 'hivex-wasm';
import { HiveHandle } from '../../src/engine/handle.ts';
import { Engine } from '../../src/engine/module.ts';

/** What is shipped. */
export const engine = Engine.fromBytes(wasmBytes());
/** The same with assertions and every memory access checked; it can also be told to run out of memory. */
export const debugEngine = Engine.fromBytes(wasmBytes(debugWasmUrl));

export const BOTH_BUILDS = [
  ['release', engine],
  ['debug', debugEngine],
] as const;

export const T0 = 132_000_000_000_000_000n;

/** A self-relative descriptor: owner and group SYSTEM, no ACL, and a length of its own by `variant`. */
export function descriptor(variant = 0): Uint8Array {
  const bytes = new Uint8Array(48 + variant * 8);
  bytes.set([1, 0, 0, 0x80, 20, 0, 0, 0, 32]);
  bytes.set([1, 1, 0, 0, 0, 0, 0, 5, 18], 20);
  bytes.set([1, 1, 0, 0, 0, 0, 0, 5, 18 + variant], 32);
  return bytes;
}

export function newHive(minor = 5, on: Engine = engine): HiveHandle {
  return HiveHandle.create(on, { minor, rootName: 'ROOT', security: descriptor(), filetime: T0 });
}

/** Bytes that tell their place, so that a piece in the wrong order is seen. */
export function pattern(sizeBytes: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  for (let i = 0; i < sizeBytes; i += 1) bytes[i] = (i * 31 + (i >> 8) * 7 + seed) & 0xff;
  return bytes;
}

/** `toEqual` for bytes: the first place where they differ, without walking megabytes through a matcher. */
export function expectBytes(found: Uint8Array, expected: Uint8Array): void {
  if (Buffer.compare(found, expected) === 0) return;
  let at = 0;
  while (at < found.byteLength && found[at] === expected[at]) at += 1;
  throw new Error(`${found.byteLength} bytes that differ at ${at} from the ${expected.byteLength} expected`);
}

/** The 4 KiB pages in which two images differ. */
export function changedPages(before: Uint8Array, after: Uint8Array): number[] {
  const pages: number[] = [];
  for (let page = 0; page * 4096 < Math.max(before.byteLength, after.byteLength); page += 1) {
    for (let i = page * 4096; i < page * 4096 + 4096; i += 1) {
      if (before[i] !== after[i]) {
        pages.push(page);
        break;
      }
    }
  }
  return pages;
}
