// Random damage on sound hives, and what a rebuild makes of it: the gate finds nothing, everything that was undamaged is
// there and the same, and everything else is in the list of losses.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { HivemendError } from '../../../src/base/errors.ts';
import { rebuildImage } from '../../../src/hive/rebuild/rebuild.ts';
import { validate } from '../../../src/regf/gate/validate.ts';
import { isDeep } from '../../deep.ts';
import { buildFixture, fixtureEngine } from '../../fixture-hives.ts';
import { random } from '../../fuzz/random.ts';
import { sharedHives } from '../../shared-hives.ts';
import { DAMAGES, damage } from './damage.ts';
import { checkAgainstOracle } from './oracle.ts';
import { itIsReadByOthers } from './other-readers.ts';
import { structuresOf } from './structures.ts';

const OPTIONS = { file: 'HIVE', orphans: false, isSecret: false, filetime: 133_537_680_000_000_000n };

/** Larger ones take other programs long, and are for the deep tier. */
const MOST_JUDGED_BYTES = 100 * 1024;

export interface SoundHive {
  readonly name: string;
  readonly image: Uint8Array;
}

/** Whole records take the place of others, so that what was lost cannot be told from the bytes. */
const REPLACED = new Set([
  'pages swapped',
  'page doubled',
  'page from elsewhere',
  'page torn',
  'header from elsewhere',
]);

/** Sound hives of at most 600 KiB: the fixtures, and those real ones in which the gate finds nothing. */
export function soundHives(): SoundHive[] {
  const hives: SoundHive[] = [];
  for (const name of ['SYSTEM-healthy', 'SOFTWARE', 'BCD-uefi'] as const)
    hives.push({ name, image: buildFixture(name) });
  if (sharedHives === null) return hives;
  for (const name of readdirSync(sharedHives, { recursive: true, encoding: 'utf8' })) {
    const path = join(sharedHives, name);
    if (!statSync(path).isFile() || statSync(path).size > 600 * 1024) continue;
    const bytes = new Uint8Array(readFileSync(path));
    if (bytes.byteLength < 8192 || String.fromCharCode(...bytes.subarray(0, 4)) !== 'regf') continue;
    const image = bytes.slice(0, 4096 + new DataView(bytes.buffer).getUint32(0x28, true));
    if (validate(image, name).some(({ severity }) => severity === 'error')) continue;
    hives.push({ name, image });
  }
  return hives;
}

/**
 * One test a kind of damage, of so many rounds each; each round takes one of `sound` and another to take pages from. Of each
 * kind `judged` results are read by other programs after that.
 */
export function itRebuilds(sound: readonly SoundHive[], seed: number, rounds: number, judged: number): void {
  const results = new Map<string, Uint8Array>();
  const hives = sound.map((hive) => ({ ...hive, parts: structuresOf(hive.image) }));
  for (const [number, kind] of Object.keys(DAMAGES).entries()) {
    it(`rebuilds: ${kind}`, () => {
      const below = random(seed + number);
      for (let round = 0; round < rounds; round += 1) {
        const hive = hives[below(hives.length)]!;
        const other = hives[below(hives.length)]!.image;
        const image = damage(kind, hive, other, below);
        if (image === null) continue;
        const told = `${kind} on ${hive.name}, seed ${seed + number}, round ${round}`;
        let rebuilt: ReturnType<typeof rebuildImage>;
        try {
          rebuilt = rebuildImage(fixtureEngine(), image, OPTIONS);
        } catch (error) {
          // A hive without any key cannot be rebuilt, and that is said.
          if (error instanceof HivemendError && error.code === 'NOT_A_HIVE') continue;
          if (error instanceof Error) error.message = `${told}: ${error.message}`;
          throw error;
        }
        expect(validate(rebuilt.image, 'result'), told).toEqual([]);
        const isJudged =
          round < judged && rebuilt.way !== 'sound' && (isDeep || rebuilt.image.byteLength <= MOST_JUDGED_BYTES);
        if (isJudged) results.set(told, rebuilt.image);
        checkAgainstOracle(hive, image, rebuilt, told, REPLACED.has(kind));
      }
    });
  }
  itIsReadByOthers(results);
}
