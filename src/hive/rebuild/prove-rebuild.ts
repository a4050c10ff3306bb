// The proof of a rebuild. There is no plan that the result must equal, so what a fresh engine reads of it must equal what the
// verifier's own tolerant walk reads of the damaged original, minus the losses, plus what was found again.

import { bytesEqual } from '../../base/bytes.ts';
import { InternalError } from '../../base/errors.ts';
import { upcase } from '../../base/text.ts';
import { HiveHandle } from '../../engine/handle.ts';
import type { Engine } from '../../engine/module.ts';
import { BASE_BLOCK, BASE_BLOCK_SIZE_BYTES } from '../../regf/base-block.ts';
import { validate } from '../../regf/gate/validate.ts';
import { NK_FLAG, VK_FLAG } from '../../regf/layout.ts';
import { type RegfKey, RegfTree, type RegfValue } from '../../regf/tree.ts';
import type { Key, Value } from '../../registry/hive.ts';
import { openEngineHive } from '../../registry/readers/engine-hive.ts';
import type { FoundAgain, Loss } from '../survey/losses.ts';

/** 'regf' as a little-endian number. */
const REGF = 0x6667_6572;

export interface RebuildClaims {
  readonly losses: readonly Loss[];
  readonly foundAgain: readonly FoundAgain[];
}

/** The damaged hive, with what was found of its base block. */
export interface DamagedHive {
  readonly image: Uint8Array;
  readonly minorVersion: number;
  /** Null where no root can be read. */
  readonly rootCellOffset: number | null;
}

/**
 * Holds a rebuilt image against the damaged one.
 * @throws InternalError where they differ in anything that neither list names, or where the gate finds a defect.
 */
export function proveRebuild(engine: Engine, damaged: DamagedHive, result: Uint8Array, claims: RebuildClaims): void {
  const defects = validate(result, 'the rebuilt hive');
  if (defects.length > 0) {
    const [first] = defects;
    throw new InternalError(`the rebuilt hive fails the gate: ${first!.code}, ${first!.text}`, {
      data: { findings: defects },
    });
  }
  using handle = HiveHandle.open(engine, result);
  const hive = openEngineHive('REBUILT', handle, 'recovered');
  new RebuildProof(claims).run(tolerantRoot(damaged), hive.root);
}

/** The verifier's root of the damaged hive, under a base block that says where it lies; null where there is none. */
function tolerantRoot({ image, minorVersion, rootCellOffset }: DamagedHive): RegfKey | null {
  if (rootCellOffset === null) return null;
  const readable = image.slice();
  const view = new DataView(readable.buffer);
  view.setUint32(BASE_BLOCK.signature, REGF, true);
  view.setUint32(BASE_BLOCK.majorVersion, 1, true);
  view.setUint32(BASE_BLOCK.minorVersion, minorVersion, true);
  view.setUint32(BASE_BLOCK.rootCell, rootCellOffset, true);
  view.setUint32(BASE_BLOCK.binsSize, image.byteLength - BASE_BLOCK_SIZE_BYTES, true);
  return new RegfTree(readable, 'the damaged hive').root;
}

const keyOf = (path: readonly string[]): string => path.map(upcase).join('\\');

class RebuildProof {
  /** Keys, by path, that may be missing, values and lists that may be short, and so on. */
  private readonly lostKeys = new Set<string>();
  private readonly lostValues = new Set<string>();
  private readonly shortValues = new Set<string>();
  private readonly shortKeys = new Set<string>();
  private readonly lostClasses = new Set<string>();
  private readonly replaced = new Set<string>();
  private readonly found: ReadonlySet<string>;

  constructor({ losses, foundAgain }: RebuildClaims) {
    for (const { what, path, name } of losses) {
      const key = keyOf(path);
      if (what === 'key' && name === null) this.shortKeys.add(key);
      else if (what === 'key') this.lostKeys.add(key);
      else if (what === 'value' && name === null) this.shortValues.add(key);
      else if (what === 'value') this.lostValues.add(`${key}\\\\${upcase(name!)}`);
      else if (what === 'values') this.shortValues.add(key);
      else if (what === 'subkeys') this.shortKeys.add(key);
      else if (what === 'class') this.lostClasses.add(key);
      else this.replaced.add(key);
    }
    this.found = new Set(foundAgain.map(({ path }) => keyOf(path)));
  }

  run(before: RegfKey | null, after: Key): void {
    if (before === null) return;
    const waiting: { before: RegfKey; after: Key; path: readonly string[] }[] = [{ before, after, path: [] }];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      this.compareKeys(next.before, next.after, keyOf(next.path));
      const results = new Map(next.after.subkeys().map((key) => [upcase(key.name), key]));
      for (const subkey of next.before.subkeys()) {
        const path = [...next.path, subkey.name];
        const result = results.get(upcase(subkey.name));
        if (result === undefined) {
          if (!this.lostKeys.has(keyOf(path)) && !this.shortKeys.has(keyOf(next.path)))
            throw differs(path, 'is missing');
          continue;
        }
        results.delete(upcase(subkey.name));
        // Where two keys had one name, either may be the one that is kept; which it was is told by the loss of the other.
        if (this.found.has(keyOf(path)) || this.lostKeys.has(keyOf(path))) continue;
        waiting.push({ before: subkey, after: result, path });
      }
      for (const name of results.keys()) {
        const path = keyOf([...next.path, name]);
        if (!this.found.has(path)) throw differs([...next.path, name], 'was not there');
      }
    }
  }

  private compareKeys(before: RegfKey, after: Key, path: string): void {
    const shown = path.split('\\');
    const ignored = NK_FLAG.volatile | NK_FLAG.hiveExit | NK_FLAG.hiveEntry | NK_FLAG.compressedName;
    if ((before.flags & ~ignored) !== (after.flags & ~ignored)) throw differs(shown, 'has other flags');
    if (before.lastWritten !== after.lastWritten) throw differs(shown, 'has another time');
    if (!this.lostClasses.has(path) && !same(before.classBytes, after.classBytes))
      throw differs(shown, 'has another class');
    if (!this.replaced.has(path) && !same(before.security(), after.security())) {
      throw differs(shown, 'has another descriptor');
    }
    if (!this.found.has(path)) this.compareValues(before, after, path);
  }

  private compareValues(before: RegfKey, after: Key, path: string): void {
    const shown = path.split('\\');
    const results = new Map<string, Value>(after.values().map((value) => [upcase(value.name), value]));
    const seen = new Set<string>();
    for (const value of before.values()) {
      const name = upcase(value.name);
      if (seen.has(name)) continue;
      seen.add(name);
      const result = results.get(name);
      results.delete(name);
      const isLost = this.lostValues.has(`${path}\\\\${name}`);
      if (result === undefined) {
        if (!isLost && !this.shortValues.has(path)) throw differs(shown, `misses its value ${value.name}`);
      } else if (!isLost && !isSameValue(value, result)) throw differs(shown, `has another value ${value.name}`);
    }
    const [extra] = results.keys();
    if (extra !== undefined) throw differs(shown, `has a value ${extra} that was not there`);
  }
}

function isSameValue(before: RegfValue, after: Value): boolean {
  const isSameFlags = (before.flags & ~VK_FLAG.compressedName) === (after.flags & ~VK_FLAG.compressedName);
  return isSameFlags && before.type === after.type && same(before.data(), after.data());
}

function same(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : bytesEqual(a, b);
}

function differs(path: readonly string[], what: string): InternalError {
  return new InternalError(`the key ${path.join('\\') || 'at the root'} of the rebuilt hive ${what}`);
}
