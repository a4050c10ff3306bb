// What the property tests draw from: hives to start with, names of many scripts, sizes around every threshold.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { sharedHives } from '../shared-hives.ts';
import { descriptor, newHive } from './engines.ts';

export interface StartingHive {
  readonly name: string;
  readonly image: Uint8Array;
}

/** Real ones: a store, lists under ri, big data, names of many scripts, flags; each without what lies beyond its bins. */
const REAL = [
  'bcd/uefi-2/BCD',
  'odd/BigDataHive',
  'odd/UnicodeHive',
  'odd/OffHive',
  'odd/MultiSzHive',
  'odd/ez-SAM_hasBigEndianDWord',
  'replay/hvle-windows10/recovered-by-windows',
];
/** These have hundreds and thousands of keys to compare, so fewer sequences start from them. */
const LARGE_REAL = ['odd/nt-hive-testhive', 'odd/ManySubkeysHive', 'user/ntuser-1/NTUSER.DAT', 'system/xp/SYSTEM'];

function emptyHive(minor: number): StartingHive {
  using hive = newHive(minor);
  return { name: `empty 1.${minor}`, image: hive.image() };
}

function realHive(name: string): StartingHive {
  const bytes = new Uint8Array(readFileSync(join(sharedHives!, name)));
  const binsSizeBytes = new DataView(bytes.buffer).getUint32(0x28, true);
  return { name, image: bytes.slice(0, 4096 + binsSizeBytes) };
}

export const startingHives: readonly StartingHive[] = [
  ...[3, 4, 5].map(emptyHive),
  ...(sharedHives ? [...REAL, ...LARGE_REAL].map(realHive) : []),
];
const LARGE_FROM = startingHives.length - (sharedHives ? LARGE_REAL.length : 0);

/** Names: pairs that differ in case only, letters whose case JavaScript and Windows see differently, and what is refused. */
// biome-ignore format: a table
export const NAMES = [
  'a', 'A', 'b', 'Key', 'kEY', 'zz', '_under', 'ZZ', 'a b', ' lead', 'trail ', '0', '007', '!', '~', 'a/b',
  'é', 'É', 'ÿ', 'Ÿ', 'ß', 'ẞ', 'ss', 'SS', 'ı', 'I', 'i', 'İ', 'ſ', 's', 'µ', 'Μ', 'μ', 'ø', 'Ø', 'naïve', 'NAÏVE',
  'Ωmega', 'ωMEGA', 'ς', 'σ', 'Σ', 'ᾳ', 'ᾼ', 'кир', 'КИР', 'ё', 'Ё', 'ա', 'Ա', 'ა', '日本', '日本語', '中文', '한국어',
  '😀', 'a😀', '\ud800', '\udc00x', 'ﬁ', 'FI', 'ǆ', 'ǅ', 'Ǆ', 'ᲀ', '\u00ad', '\uffff', 'x'.repeat(255), 'й'.repeat(255),
];
const REFUSED_NAMES = ['', 'a\\b', 'nul\0', 'y'.repeat(256)];
const VALUE_NAMES = ['', ...NAMES.slice(0, 60), 'v'.repeat(300), 'ж'.repeat(1000)];

// biome-ignore format: a table
const SIZES = [0, 0, 1, 2, 3, 4, 4, 4, 5, 6, 7, 8, 12, 20, 21, 50, 100, 200, 300, 1000, 4000, 4060, 4064, 4072, 8000];
const LARGE_SIZES = [
  16_339, 16_340, 16_341, 16_343, 16_344, 16_345, 16_352, 20_000, 32_688, 32_689, 33_000, 49_032, 70_000,
];
const TYPES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0xffff_0007, 0x8000_0000, 0xffff_ffff];

/** One step: numbers that `runSequence` turns into an operation on what is there by then. */
export interface Step {
  readonly kind: number;
  readonly key: number;
  readonly name: number;
  readonly size: number;
  readonly seed: number;
}

export interface Sequence {
  readonly start: number;
  readonly steps: readonly Step[];
}

const number = fc.nat(0xffff);

export function sequence(most: number): fc.Arbitrary<Sequence> {
  const least = most === 25 ? 1 : most === 100 ? 26 : 101;
  return fc.record({
    start: fc.oneof(
      { weight: 40, arbitrary: fc.nat(2) },
      { weight: 40, arbitrary: fc.nat(LARGE_FROM - 1) },
      { weight: 1, arbitrary: fc.nat(startingHives.length - 1) },
    ),
    steps: fc.array(fc.record({ kind: fc.nat(99), key: number, name: number, size: number, seed: number }), {
      minLength: least,
      maxLength: most,
      size: 'max',
    }),
  });
}

export function keyName(step: Step): string {
  if (step.name % 29 === 28) return REFUSED_NAMES[step.seed % REFUSED_NAMES.length]!;
  if (step.name % 5 === 4) return `k${step.name}`;
  return NAMES[step.name % NAMES.length]!;
}

export function valueName(step: Step): string {
  if (step.name % 41 === 40) return step.seed % 2 ? 'v\0' : 'w'.repeat(16_384);
  return step.name % 4 === 3 ? `v${step.name % 300}` : VALUE_NAMES[step.name % VALUE_NAMES.length]!;
}

export function valueType(step: Step): number {
  return TYPES[step.seed % TYPES.length]!;
}

export function dataSize(step: Step): number {
  return step.size % 10 === 9 ? LARGE_SIZES[step.seed % LARGE_SIZES.length]! : SIZES[step.size % SIZES.length]!;
}

export function securityOf(step: Step): Uint8Array {
  return descriptor(step.seed % 6);
}
