// The proof of a rebuild. There is no plan that the result must equal, so what a fresh engine reads of it must equal what the
// verifier's own tolerant walk reads of the damaged original, minus the losses, plus what was found again.

import { sameBytes } from '../../base/bytes.ts';
import { InternalError } from '../../base/errors.ts';
import { upcase } from '../../base/text.ts';
import { HiveHandle } from '../../engine/handle.ts';
import type { Engine } from '../../engine/module.ts';
import { BASE_BLOCK, BASE_BLOCK_SIZE_BYTES } from '../../regf/base-block.ts';
import { Cells } from '../../regf/cells.ts';
import { validate } from '../../regf/gate/validate.ts';
import { NK, NK_FLAG, NOT_STORED_NK_FLAGS, SIGNATURE, VK_FLAG } from '../../regf/layout.ts';
import { type RegfKey, RegfTree, type RegfValue } from '../../regf/tree.ts';
import type { Key, Value } from '../../registry/hive.ts';
import { openEngineHive } from '../../registry/readers/engine-hive.ts';
import { DELETED_NAME } from '../survey/deleted-keys.ts';
import type { FoundAgain, Loss } from '../survey/losses.ts';

/** 'regf' as a little-endian number. */
const REGF = 0x6667_6572;

export interface RebuildClaims {
  readonly losses: readonly Loss[];
  readonly foundAgain: readonly FoundAgain[];
  /** Keys that may have fewer subkeys than a tolerant walk of their lists gives. */
  readonly shortLists: readonly (readonly string[])[];
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
  const image = tolerantImage(damaged, claims);
  const root =
    damaged.rootCellOffset === null || image === null ? null : new FirstComeTree(image, 'the damaged hive').root;
  new RebuildProof(claims, image && new SharingTree(image, 'the damaged hive')).run(root, hive.root);
}

/**
 * The damaged hive as the verifier reads it, under a base block that says where its root lies, or where the root is lost
 * any key that was found again; null where there is none.
 */
function tolerantImage({ image, minorVersion, rootCellOffset }: DamagedHive, claims: RebuildClaims): Uint8Array | null {
  const cells = new Cells(image);
  const isKey = (cell: number): boolean => cells.isRecord(cell, SIGNATURE.nk, NK.name);
  const rootCell = rootCellOffset ?? claims.foundAgain.find(({ cellOffset }) => isKey(cellOffset))?.cellOffset;
  if (rootCell === undefined) return null;
  return withBaseBlock(image, minorVersion, rootCell);
}

/** A copy of the image under a base block that says what is known of it. */
export function withBaseBlock(image: Uint8Array, minorVersion: number, rootCell: number): Uint8Array {
  const readable = image.slice();
  const view = new DataView(readable.buffer);
  view.setUint32(BASE_BLOCK.signature, REGF, true);
  view.setUint32(BASE_BLOCK.majorVersion, 1, true);
  view.setUint32(BASE_BLOCK.minorVersion, minorVersion, true);
  view.setUint32(BASE_BLOCK.rootCell, rootCell, true);
  view.setUint32(BASE_BLOCK.binsSize, image.byteLength - BASE_BLOCK_SIZE_BYTES, true);
  return readable;
}

const keyOf = (path: readonly string[]): string => path.map(upcase).join('\\');

/**
 * The damaged hive as the survey went through it: what two keys name belongs to the first that is kept and compared, and keys
 * that are lost have nothing.
 */
class FirstComeTree extends RegfTree {
  private readonly takenBy = new Map<number, number>();

  override claim(cellOffset: number, owner: number): boolean {
    const known = this.takenBy.get(cellOffset) ?? owner;
    this.takenBy.set(cellOffset, known);
    return known === owner;
  }
}

/** The damaged hive for keys that were found again: they may share lists with others, and the losses say who kept them. */
class SharingTree extends RegfTree {
  override claim(): boolean {
    return true;
  }
}

interface Compared {
  readonly before: RegfKey | null;
  readonly after: Key;
  readonly path: readonly string[];
}

class RebuildProof {
  /** Keys, by path, that may be missing, values and lists that may be short, and so on. */
  private readonly lostKeys = new Set<string>();
  private readonly lostValues = new Set<string>();
  private readonly shortValues = new Set<string>();
  private readonly shortKeys = new Set<string>();
  private readonly lostClasses = new Set<string>();
  private readonly replaced = new Set<string>();
  /** The cells of what was found again, by path: of the key itself, or of something in it. */
  private readonly found = new Map<string, number[]>();
  private readonly tree: RegfTree | null;

  constructor({ losses, foundAgain, shortLists }: RebuildClaims, tree: RegfTree | null) {
    this.tree = tree;
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
    for (const path of shortLists) this.shortKeys.add(keyOf(path));
    for (const { path, cellOffset } of foundAgain) {
      const cells = this.found.get(keyOf(path));
      if (cells) cells.push(cellOffset);
      else this.found.set(keyOf(path), [cellOffset]);
    }
  }

  /** A key of the damaged hive is null where nothing of it was read: below it everything must have been found again. */
  run(before: RegfKey | null, after: Key): void {
    const waiting: Compared[] = [{ before, after, path: [] }];
    // What was found again comes last: what a key of the tree shares with it is the tree's.
    const later: Compared[] = [];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop() ?? later.shift()) {
      if (next.before !== null) this.compareKeys(next.before, next.after, keyOf(next.path));
      const results = new Map(next.after.subkeys().map((key) => [upcase(key.name), key]));
      for (const subkey of next.before?.subkeys() ?? []) {
        const path = [...next.path, subkey.name];
        const result = results.get(upcase(subkey.name));
        if (result === undefined) {
          if (!this.lostKeys.has(keyOf(path)) && !this.shortKeys.has(keyOf(next.path)))
            throw differs(path, 'is missing');
          continue;
        }
        results.delete(upcase(subkey.name));
        // Where two keys had one name, either may be the one that is kept; which it was is told by the loss of the other.
        if (this.isContested(path)) continue;
        const again = this.foundKey(path, result);
        if (again === null && this.lostKeys.has(keyOf(path))) continue;
        if (again === null) waiting.push({ before: subkey, after: result, path });
        else later.push({ before: again, after: result, path });
      }
      for (const result of results.values()) {
        const path = [...next.path, result.name];
        if (!this.found.has(keyOf(path))) throw differs(path, 'was not there');
        if (this.isContested(path)) continue;
        later.push({ before: this.foundKey(path, result), after: result, path });
      }
    }
  }

  /** A key that is found again for several reasons shares lists with others: whose they are depends on who reads first. */
  private isContested(path: readonly string[]): boolean {
    return (this.found.get(keyOf(path))?.length ?? 0) > 1;
  }

  /** The key that was found again at `path`, as the verifier reads it; null where the list names none there. */
  private foundKey(path: readonly string[], { name }: Key): RegfKey | null {
    // What was deleted is read by one reader alone.
    if (path[0] === DELETED_NAME) return null;
    for (const cell of this.found.get(keyOf(path)) ?? []) {
      const key = this.tree?.keyAt(cell, null) ?? null;
      // An orphan has the number of its cell before its name.
      if (key !== null && [key.name, `${cell} ${key.name}`].some((one) => upcase(name) === upcase(one))) return key;
    }
    return null;
  }

  private compareKeys(found: RegfKey, after: Key, path: string): void {
    // What another key has too is compared for both: each was given cells of its own.
    const before = this.tree?.keyAt(found.cellOffset, null) ?? found;
    const shown = path.split('\\');
    const ignored = NOT_STORED_NK_FLAGS | NK_FLAG.hiveEntry | NK_FLAG.compressedName;
    if ((before.flags & ~ignored) !== (after.flags & ~ignored)) throw differs(shown, 'has other flags');
    if (before.lastWritten !== after.lastWritten) throw differs(shown, 'has another time');
    if (!this.lostClasses.has(path) && !sameBytes(before.classBytes, after.classBytes))
      throw differs(shown, 'has another class');
    if (!this.replaced.has(path) && !sameBytes(before.security(), after.security())) {
      throw differs(shown, 'has another descriptor');
    }
    const isOfKeys = (this.found.get(path) ?? []).every((cell) => this.tree?.keyAt(cell, null));
    if (isOfKeys) this.compareValues(before, after, path);
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
  return isSameFlags && before.type === after.type && sameBytes(before.data(), after.data());
}

function differs(path: readonly string[], what: string): InternalError {
  return new InternalError(`the key ${path.join('\\') || 'at the root'} of the rebuilt hive ${what}`);
}
