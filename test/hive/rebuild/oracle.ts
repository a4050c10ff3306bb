// What must be in a rebuilt hive: every key and value whose own cells, lists and path the damage did not touch, unchanged;
// each other one in the list of losses. Read from the sound hive and the bytes that differ, by this file alone.

import { expect } from 'vitest';
import type { RebuiltHive } from '../../../src/hive/rebuild/rebuild.ts';
import { type SoundKey, type SoundValue, type Span, type Structures, structuresOf } from './structures.ts';

const keyOf = (path: readonly string[]): string => path.join('\\').toUpperCase();

export function checkAgainstOracle(
  sound: { readonly image: Uint8Array; readonly parts: Structures },
  damaged: Uint8Array,
  rebuilt: RebuiltHive,
  told: string,
  /** Whole records took the place of others: what was there before cannot be known. */
  isReplaced: boolean,
): void {
  const touched = touchedUnits(sound.image, damaged);
  const isWhole = (spans: readonly Span[]): boolean =>
    spans.every(({ start, end }) => {
      for (let unit = start >> 3; unit < end >> 3; unit += 1) if (touched[unit] === 1) return false;
      return true;
    });
  const wholeKeys = new Set<SoundKey>();
  for (const key of sound.parts.keys) {
    if ((key.parent === null || wholeKeys.has(key.parent)) && isWhole(key.spans)) wholeKeys.add(key);
  }
  const after = new Map(structuresOf(rebuilt.image).keys.map((key) => [keyOf(key.path), key]));
  checkNothingInvented(sound.parts.keys, Buffer.from(damaged), [...after.values()], rebuilt, told);
  const losses = new Losses(rebuilt);
  const before = new Set(sound.parts.keys.map((key) => keyOf(key.path)));
  /** Subkeys of a key that it did not have: a name that was damaged into another one. */
  const renamedBelow = new Set(
    [...after.values()].filter((key) => !before.has(keyOf(key.path))).map((key) => keyOf(key.path.slice(0, -1))),
  );
  /** Keys with a subkey whose name and hash differ in more than one place: which is wrong cannot be told. */
  const doubtfulBelow = new Set(
    rebuilt.foundAgain
      .filter(({ why }) => why.includes('hash of another name'))
      .map(({ path }) => keyOf(path.slice(0, -1))),
  );
  for (const key of sound.parts.keys) {
    const result = after.get(keyOf(key.path));
    const name = `${told}: ${key.path.join('\\') || '(root)'}`;
    if (result === undefined) {
      // The engine makes no key with a NUL in its name: a hive that is rebuilt as new loses it, and says so.
      const isUnmade = rebuilt.way === 'as-new' && key.path.some((part) => part.includes('\0'));
      if (wholeKeys.has(key) && !isUnmade) expect.fail(`${name} was undamaged and is not there`);
      // Lists of version 1.5 keep a hash of each name, by which one that was damaged in one place is told.
      const isTold = key.path.every((_, depth) => {
        const at = sound.parts.keys.find((other) => keyOf(other.path) === keyOf(key.path.slice(0, depth + 1)))!;
        return sound.image[0x18] === 5 && isWhole(at.spans.slice(1)) && !doubtfulBelow.has(keyOf(at.path.slice(0, -1)));
      });
      const isRenamed = !isTold && key.path.some((_, depth) => renamedBelow.has(keyOf(key.path.slice(0, depth))));
      if (isReplaced || isRenamed) continue;
      if (!losses.explainKey(key, after)) expect.fail(`${name} is gone, and no loss says so`);
      continue;
    }
    if (!wholeKeys.has(key)) continue;
    if (isWhole([key.skSpan])) expect(Buffer.compare(result.descriptor, key.descriptor), `${name}: descriptor`).toBe(0);
    if (key.classSpan && isWhole([key.classSpan])) expect(result.className, `${name}: class`).toEqual(key.className);
    for (const value of key.values) {
      checkValue(key, value, result, isWhole(value.spans), isReplaced, losses, name);
    }
  }
}

function checkValue(
  key: SoundKey,
  value: SoundValue,
  result: SoundKey,
  isWhole: boolean,
  isReplaced: boolean,
  losses: Losses,
  name: string,
): void {
  const found = result.values.find((other) => other.name.toUpperCase() === value.name.toUpperCase());
  if (found === undefined) {
    if (isWhole) expect.fail(`${name}: value ${value.name} was undamaged and is not there`);
    // A value has no hash of its name: one whose name was damaged into another stands there under that.
    const hadName = new Set(key.values.map((other) => other.name.toUpperCase()));
    const isRenamed = result.values.some((other) => !hadName.has(other.name.toUpperCase()));
    if (!isReplaced && !isRenamed && !losses.explainValue(key))
      expect.fail(`${name}: value ${value.name} is gone, and no loss says so`);
  } else if (isWhole) {
    expect(found.type, `${name}: type of ${value.name}`).toBe(value.type);
    expect(Buffer.compare(found.data, value.data), `${name}: data of ${value.name}`).toBe(0);
  }
}

/** Windows keeps longer data in pieces of so many bytes. */
const PIECE_SIZE_BYTES = 16_344;

/** What was not in the sound hive was in the damaged bytes, or the losses name it: names, classes, descriptors, data. */
function checkNothingInvented(
  sound: readonly SoundKey[],
  damaged: Buffer,
  result: readonly SoundKey[],
  { losses }: RebuiltHive,
  told: string,
): void {
  const origins = new Map(sound.map((key) => [keyOf(key.path), key]));
  const holds = (bytes: Uint8Array): boolean => {
    for (let at = 0; at < bytes.byteLength; at += PIECE_SIZE_BYTES) {
      if (!damaged.includes(Buffer.from(bytes.subarray(at, at + PIECE_SIZE_BYTES)))) return false;
    }
    return true;
  };
  const holdsText = (text: string): boolean =>
    holds(Buffer.from(text, 'latin1')) || holds(Buffer.from(text, 'utf16le'));
  const isSame = (a: Uint8Array, b: Uint8Array | null | undefined): boolean => b != null && Buffer.compare(a, b) === 0;
  const replaced = new Set(losses.filter(({ what }) => what === 'descriptor').map(({ path }) => keyOf(path)));
  for (const key of result) {
    const origin = origins.get(keyOf(key.path));
    const name = key.path.at(-1);
    const place = `${told}: ${key.path.join('\\') || '(root)'} is invented`;
    if (origin === undefined && name !== undefined) expect(holdsText(name), `${place}: its name`).toBe(true);
    const isDescriptorKnown = isSame(key.descriptor, origin?.descriptor) || replaced.has(keyOf(key.path));
    if (!isDescriptorKnown) expect(holds(key.descriptor), `${place}: its descriptor`).toBe(true);
    if (key.className && !isSame(key.className, origin?.className)) {
      expect(holds(key.className), `${place}: its class`).toBe(true);
    }
    for (const value of key.values) {
      const was = origin?.values.find((other) => other.name === value.name && isSame(value.data, other.data));
      if (was?.type === value.type) continue;
      expect(holdsText(value.name), `${place}: value ${value.name}`).toBe(true);
      expect(holds(value.data), `${place}: the data of value ${value.name}`).toBe(true);
    }
  }
}

/** For each 8 bytes: 1 where the damage changed any. */
function touchedUnits(before: Uint8Array, after: Uint8Array): Uint8Array {
  const units = new Uint8Array(before.byteLength >> 3);
  for (let at = 0; at < before.byteLength; at += 1) if (before[at] !== after[at]) units[at >> 3] = 1;
  return units;
}

class Losses {
  private readonly paths: ReadonlySet<string>;
  private readonly hasUnplaced: boolean;
  /** Keys below which a key was lost: a name that was damaged may be told as another one. */
  private readonly parents: ReadonlySet<string>;

  constructor({ losses }: RebuiltHive) {
    this.paths = new Set(losses.map(({ path }) => keyOf(path)));
    this.parents = new Set(losses.filter(({ what }) => what === 'key').map(({ path }) => keyOf(path.slice(0, -1))));
    this.hasUnplaced = losses.some(({ what, path }) => what === 'key' && path.length === 0);
  }

  /** A loss names the key, its parent, or a key above it that is gone too. */
  explainKey(key: SoundKey, after: ReadonlyMap<string, SoundKey>): boolean {
    for (let at: SoundKey | null = key; at !== null; at = at.parent) {
      if (this.paths.has(keyOf(at.path)) || this.parents.has(keyOf(at.path.slice(0, -1)))) return true;
      if (at !== key && after.has(keyOf(at.path))) return this.hasUnplaced && at.parent === null;
    }
    return this.hasUnplaced;
  }

  explainValue(key: SoundKey): boolean {
    return this.paths.has(keyOf(key.path));
  }
}
