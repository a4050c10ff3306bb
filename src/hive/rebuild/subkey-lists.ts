// Lists of subkeys checked and written as Windows keeps them (facts of the format: kinds by version, halves under ri).

import type { Cells } from '../../regf/cells.ts';
import { isHintOf, nameHash, nameHint } from '../../regf/key-names.ts';
import { LIST, NK, NK_FLAG, SIGNATURE } from '../../regf/layout.ts';
import type { CellMap } from '../survey/cell-map.ts';
import type { Draft } from './draft.ts';

/** Entries of an lf leaf; from the next on the list is li. */
const MAX_LF_ENTRIES = 506;
/** A longer leaf is split in halves of 506 under a list of lists. */
const MAX_LEAF_ENTRIES = 1012;
const HALF_LEAF_ENTRIES = 506;

/** Whether the list at `list` names exactly `subkeys`, in that order, in kinds and with hashes as this version has them. */
export function isListSound(map: CellMap, list: number, subkeys: readonly number[], minorVersion: number): boolean {
  const { cells } = map;
  const leaves: number[] = [];
  if (map.isRecord(list, SIGNATURE.ri, LIST.elements)) {
    const count = cells.u16(list, LIST.count);
    if (LIST.elements + 4 * count > cells.contentSizeBytes(list)) return false;
    for (let i = 0; i < count; i += 1) leaves.push(cells.u32(list, LIST.elements + 4 * i));
  } else leaves.push(list);
  if (leaves.length === 0 || new Set(leaves).size !== leaves.length) return false;
  let index = 0;
  for (const leaf of leaves) {
    const taken = leafMatches(map, leaf, subkeys, index, minorVersion);
    if (taken === 0) return false;
    index += taken;
  }
  return index === subkeys.length;
}

/** How many of `subkeys` from `from` on a sound leaf holds; 0 where it is not sound. */
function leafMatches(map: CellMap, leaf: number, subkeys: readonly number[], from: number, minor: number): number {
  const { cells } = map;
  if (!map.isAllocated(leaf, LIST.elements)) return 0;
  const signature = cells.u16(leaf, 0);
  const isHashed = signature === SIGNATURE.lh;
  const isHinted = signature === SIGNATURE.lf;
  if ((!isHashed && !isHinted && signature !== SIGNATURE.li) || isHashed !== minor >= 5) return 0;
  const count = cells.u16(leaf, LIST.count);
  const step = isHashed || isHinted ? 8 : 4;
  if (LIST.elements + step * count > cells.contentSizeBytes(leaf)) return 0;
  if (count > (isHinted ? 511 : MAX_LEAF_ENTRIES)) return 0;
  for (let i = 0; i < count; i += 1) {
    const at = LIST.elements + step * i;
    const key = subkeys[from + i];
    if (key === undefined || cells.u32(leaf, at) !== key) return 0;
    if (isHashed && cells.u32(leaf, at + 4) !== hashOf(cells, key)) return 0;
    if (isHinted && !isHintOf(cells, key, cells.field(leaf, at + 4, 4))) return 0;
  }
  return count;
}

/** Whether a leaf names `key` and keeps the right hash or hint of its name; li keeps neither. */
export function isNameRight(map: CellMap, leaf: number, key: number): boolean {
  const { cells } = map;
  const signature = cells.u16(leaf, 0);
  if (signature !== SIGNATURE.lh && signature !== SIGNATURE.lf) return false;
  const room = Math.floor((cells.contentSizeBytes(leaf) - LIST.elements) / 8);
  for (let i = 0; i < Math.min(cells.u16(leaf, LIST.count), room); i += 1) {
    const at = LIST.elements + 8 * i;
    if (cells.u32(leaf, at) !== key) continue;
    return signature === SIGNATURE.lh
      ? cells.u32(leaf, at + 4) === hashOf(cells, key)
      : isHintOf(cells, key, cells.field(leaf, at + 4, 4));
  }
  return false;
}

/** Writes a list of `subkeys` into new cells and returns its cell. `cells` reads the names, which are not changed. */
export function writeList(draft: Draft, cells: Cells, subkeys: readonly number[], minorVersion: number): number {
  const leaves: number[] = [];
  const sizes = leafSizes(subkeys.length);
  let from = 0;
  for (const size of sizes) {
    leaves.push(writeLeaf(draft, cells, subkeys.slice(from, from + size), minorVersion, subkeys.length));
    from += size;
  }
  if (leaves.length === 1) return leaves[0]!;
  const list = draft.allocate(LIST.elements + 4 * leaves.length);
  draft.set16(list + 4, SIGNATURE.ri);
  draft.set16(list + 4 + LIST.count, leaves.length);
  for (const [i, leaf] of leaves.entries()) draft.set32(list + 4 + LIST.elements + 4 * i, leaf);
  return list;
}

/** Writes `subkeys` over the one leaf at `list`; false where it has no room for them or is of another kind. */
export function rewriteLeaf(
  draft: Draft,
  cells: Cells,
  list: number,
  subkeys: readonly number[],
  minorVersion: number,
): boolean {
  const kind = kindOf(minorVersion, subkeys.length);
  const step = kind === SIGNATURE.li ? 4 : 8;
  if (draft.u16(list + 4) !== kind || subkeys.length > MAX_LEAF_ENTRIES) return false;
  if (LIST.elements + step * subkeys.length > draft.contentSizeBytes(list)) return false;
  fillLeaf(draft, cells, list, subkeys, kind);
  return true;
}

function leafSizes(count: number): number[] {
  if (count <= MAX_LEAF_ENTRIES) return [count];
  const sizes: number[] = [];
  for (let left = count; left > 0; left -= HALF_LEAF_ENTRIES) sizes.push(Math.min(left, HALF_LEAF_ENTRIES));
  return sizes;
}

function kindOf(minorVersion: number, total: number): number {
  if (minorVersion >= 5) return SIGNATURE.lh;
  return total > MAX_LF_ENTRIES ? SIGNATURE.li : SIGNATURE.lf;
}

function writeLeaf(draft: Draft, cells: Cells, subkeys: readonly number[], minor: number, total: number): number {
  const kind = kindOf(minor, total);
  const leaf = draft.allocate(LIST.elements + (kind === SIGNATURE.li ? 4 : 8) * subkeys.length);
  draft.set16(leaf + 4, kind);
  fillLeaf(draft, cells, leaf, subkeys, kind);
  return leaf;
}

function fillLeaf(draft: Draft, cells: Cells, leaf: number, subkeys: readonly number[], kind: number): void {
  draft.set16(leaf + 4 + LIST.count, subkeys.length);
  const step = kind === SIGNATURE.li ? 4 : 8;
  for (const [i, key] of subkeys.entries()) {
    const at = leaf + 4 + LIST.elements + step * i;
    draft.set32(at, key);
    if (kind === SIGNATURE.lh) draft.set32(at + 4, hashOf(cells, key));
    else if (kind === SIGNATURE.lf) draft.setBytes(at + 4, nameHint(cells, key));
  }
}

function hashOf(cells: Cells, key: number): number {
  const isByte = (cells.u16(key, NK.flags) & NK_FLAG.compressedName) !== 0;
  return nameHash(cells.bytes, key + 4 + NK.name, cells.u16(key, NK.nameLength), isByte) >>> 0;
}
