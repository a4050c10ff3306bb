// What can be read of a damaged hive: the tree from the root, and the keys that no list names any more. Everything that
// is not kept is in the list of losses, everything that stands where no list put it is in the list of what was found again.

import { compareNames, upcase } from '../../base/text.ts';
import { MAX_DEPTH, MAX_KEY_NAME_UNITS, NK, NK_FLAG } from '../../regf/layout.ts';
import type { CellMap } from './cell-map.ts';
import { bytesLeft, type FoundAgain, type Loss } from './losses.ts';
import {
  anyKeyName,
  keyName,
  type ReadValue,
  readClass,
  readDescriptor,
  readSubkeyList,
  readValue,
} from './records.ts';
import { isNameRight } from './subkey-lists.ts';

/** A key that is kept. */
export interface ReadKey {
  readonly cellOffset: number;
  readonly name: string;
  readonly parent: ReadKey | null;
  /** The root is at depth 1. */
  readonly depth: number;
  /** In Windows' order once the survey is made. */
  subkeys: ReadKey[];
  values: ReadValue[];
  readonly classBytes: Uint8Array | null;
  /** Of its own sk record; null where that is lost. */
  readonly descriptor: Uint8Array | null;
  /** The cells of its list of subkeys that are its own. */
  listCells: readonly number[];
  /** Of its list of values, where that is its own. */
  valueListCell: number | null;
  /** Whether its class lies in a cell that another key has too. */
  readonly isClassShared: boolean;
}

export interface Survey {
  /** Null where no root can be read: then `topLevel` is what stood below it. */
  readonly root: ReadKey | null;
  readonly topLevel: readonly ReadKey[];
  readonly keyCount: number;
  readonly valueCount: number;
  readonly losses: readonly Loss[];
  readonly foundAgain: readonly FoundAgain[];
}

export interface SurveyOptions {
  readonly minorVersion: number;
  /** From the base block, or null where that says none. */
  readonly rootCellOffset: number | null;
  /** Whether the base block that says so is whole. */
  readonly isRootKnown: boolean;
  /** Keys without a known parent are kept, below a key of their own. */
  readonly orphans: boolean;
}

/** Reads everything that can be read; work is bounded by the number of cells. */
export function surveyHive(map: CellMap, options: SurveyOptions): Survey {
  return new SurveyWalk(map, options).run();
}

export function pathOf(key: ReadKey): string[] {
  const names: string[] = [];
  for (let at = key; at.parent !== null; at = at.parent) names.push(at.name);
  return names.reverse();
}

/** In the place of a cell: of a root that is lost, and of the key that orphans are put below. */
export const NO_CELL = -1;
/** Where the root of nearly every hive lies: the first cell of the first bin. */
const USUAL_ROOT = 32;
/** The key that orphans are put below. */
export const ORPHANS_NAME = 'hivemend-orphans';

/** A key that stands in no cell. */
function emptyKey(parent: ReadKey | null): ReadKey {
  return {
    cellOffset: NO_CELL,
    name: '',
    parent,
    depth: parent === null ? 1 : parent.depth + 1,
    subkeys: [],
    values: [],
    classBytes: null,
    descriptor: null,
    listCells: [],
    valueListCell: null,
    isClassShared: false,
  };
}

class SurveyWalk {
  private readonly map: CellMap;
  private readonly options: SurveyOptions;
  private readonly losses: Loss[] = [];
  private readonly foundAgain: FoundAgain[] = [];
  /** Cells that one structure has; a second claim is refused. */
  private readonly claimed = new Set<number>();
  /** Whose a list is that was claimed. */
  private readonly listOwners = new Map<number, ReadKey>();
  /** Keys whose lists another key names too: which of the two is right is not known. */
  private readonly contested = new Set<ReadKey>();
  /** Keys that a list names although they say another parent: decided once the tree is walked. */
  private readonly postponed: { readonly cell: number; readonly parent: ReadKey }[] = [];
  /** Keys whose lists hold fewer subkeys than they say. */
  private readonly missing = new Map<ReadKey, number>();
  /** Lists of values, with the first element that the count leaves out. */
  private readonly shortLists: { readonly key: ReadKey; readonly list: number; readonly from: number }[] = [];
  private keyCount = 0;
  private valueCount = 0;

  constructor(map: CellMap, options: SurveyOptions) {
    this.map = map;
    this.options = options;
  }

  run(): Survey {
    const rootCell = this.findRoot();
    const root = rootCell === null ? this.lostRoot() : this.take(rootCell, null)!;
    if (rootCell !== null) this.walk(root);
    this.decidePostponed();
    this.reattach(root);
    this.findForgottenValues();
    for (const [key, count] of this.missing) this.reportMissing(key, count);
    this.order(root);
    for (const key of this.contested) this.again(key.cellOffset, pathOf(key), 'another key names a list of its');
    return {
      root: rootCell === null ? null : root,
      topLevel: root.subkeys,
      keyCount: this.keyCount,
      valueCount: this.valueCount,
      losses: this.losses,
      foundAgain: this.foundAgain,
    };
  }

  /** The key that the base block names, or the one that is marked as the root where that one is not. */
  private findRoot(): number | null {
    const { map, options } = this;
    const stated = options.rootCellOffset ?? USUAL_ROOT;
    const isKey = keyName(map, stated) !== null;
    if (isKey && (options.isRootKnown || this.isMarked(stated))) return stated;
    for (const cell of map.allocated()) if (keyName(map, cell) !== null && this.isMarked(cell)) return cell;
    return isKey ? this.topOf(stated) : null;
  }

  /** Up from a key for as long as its parent has it in its list. */
  private topOf(cell: number): number {
    const { cells } = this.map;
    let top = cell;
    for (let depth = 0; depth < MAX_DEPTH && this.lists(cells.u32(top, NK.parent), top); depth += 1) {
      top = cells.u32(top, NK.parent);
    }
    return top;
  }

  private isMarked(cell: number): boolean {
    return (this.map.cells.u16(cell, NK.flags) & NK_FLAG.hiveEntry) !== 0;
  }

  private lostRoot(): ReadKey {
    const { rootCellOffset } = this.options;
    this.lose({ what: 'key', cellOffset: rootCellOffset, path: [], why: 'the root cannot be read' });
    return emptyKey(null);
  }

  private lose(loss: Partial<Loss> & Pick<Loss, 'what' | 'cellOffset' | 'path' | 'why'>): void {
    const bytes = loss.cellOffset === null ? null : this.map.cells.content(loss.cellOffset);
    this.losses.push({ how: 'dropped', name: null, count: null, hex: bytesLeft(bytes), ...loss });
  }

  private claim(cell: number): boolean {
    if (this.claimed.has(cell)) return false;
    this.claimed.add(cell);
    return true;
  }

  /** As claim, of a list; a second claim makes the first one doubtful. */
  private claimList(cell: number, key: ReadKey): boolean {
    if (this.claim(cell)) {
      this.listOwners.set(cell, key);
      return true;
    }
    const owner = this.listOwners.get(cell);
    if (owner !== undefined) this.contested.add(owner);
    return false;
  }

  /** Makes a key of a cell that holds one; null where another place has it already. */
  private take(cellOffset: number, parent: ReadKey | null): ReadKey | null {
    if (!this.claim(cellOffset)) return null;
    const { map } = this;
    const name = keyName(map, cellOffset)!;
    const path = parent === null ? [] : [...pathOf(parent), name];
    const classBytes = readClass(map, cellOffset);
    if (classBytes === 'bad') {
      this.lose({
        what: 'class',
        cellOffset: map.cells.u32(cellOffset, NK.class),
        path,
        why: 'its class is not whole',
      });
    }
    const descriptor = readDescriptor(map, map.cells.u32(cellOffset, NK.security));
    if (descriptor === null) {
      const why = 'its security record cannot be read';
      this.lose({ what: 'descriptor', how: 'replaced', cellOffset: map.cells.u32(cellOffset, NK.security), path, why });
    }
    const hasClass = classBytes !== null && classBytes !== 'bad';
    const key: ReadKey = {
      cellOffset,
      name,
      parent,
      depth: parent === null ? 1 : parent.depth + 1,
      subkeys: [],
      values: [],
      classBytes: hasClass ? classBytes : null,
      descriptor,
      listCells: [],
      valueListCell: null,
      isClassShared: hasClass && !this.claim(map.cells.u32(cellOffset, NK.class)),
    };
    this.keyCount += 1;
    this.readValues(key, path);
    return key;
  }

  /** Reads everything below a key that was taken. */
  private walk(from: ReadKey): void {
    const waiting = [from];
    for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
      this.readSubkeys(key);
      for (const subkey of key.subkeys) waiting.push(subkey);
    }
  }

  private readSubkeys(key: ReadKey): void {
    const { cells } = this.map;
    const stated = cells.u32(key.cellOffset, NK.subkeyCount);
    const list = cells.u32(key.cellOffset, NK.subkeyList);
    const read = readSubkeyList(this.map, list);
    // A key without subkeys may keep an old pointer: what it leads to counts only where it leads back.
    const isBelieved = (cell: number): boolean => stated > 0 || cells.u32(cell, NK.parent) === key.cellOffset;
    key.listCells =
      stated > 0 || read.elements.length > 0 ? read.cells.filter((cell) => this.claimList(cell, key)) : [];
    const path = pathOf(key);
    if (stated > 0 && list !== 0) {
      for (const cell of read.unreadable) {
        this.lose({ what: 'subkeys', cellOffset: cell, path, why: `there is no list of subkeys at ${cell}` });
      }
    }
    let accepted = 0;
    for (const cell of read.elements) {
      if (keyName(this.map, cell) === null) {
        if (stated === 0) continue;
        const name = anyKeyName(this.map, cell);
        const why = name === null ? `no key can be read at ${cell}` : 'Windows takes no key of that name';
        this.lose({ what: 'key', cellOffset: cell, path: name === null ? path : [...path, name], name, why });
      } else if (isBelieved(cell)) {
        if (stated === 0)
          this.again(cell, [...path, keyName(this.map, cell)!], 'its parent says that it has no subkeys');
        accepted += this.accept(key, cell) ? 1 : 0;
      }
    }
    if (stated > accepted) this.missing.set(key, stated - accepted);
  }

  /** Whether a listed key is one of the subkeys that the count speaks of. */
  private accept(parent: ReadKey, cell: number): boolean {
    if (parent.depth >= MAX_DEPTH) {
      this.lose({
        what: 'key',
        cellOffset: cell,
        path: pathOf(parent),
        why: `it lies deeper than ${MAX_DEPTH} levels`,
      });
      return true;
    }
    const said = this.map.cells.u32(cell, NK.parent);
    if (said !== parent.cellOffset && said !== cell && this.lists(said, cell)) {
      this.postponed.push({ cell, parent });
      return false;
    }
    const key = this.take(cell, parent);
    if (key === null) {
      this.lose({
        what: 'key',
        cellOffset: cell,
        path: [...pathOf(parent), keyName(this.map, cell)!],
        name: keyName(this.map, cell),
        why: 'another list names the same key, and it is kept there',
      });
      return false;
    }
    parent.subkeys.push(key);
    return true;
  }

  /** Whether the key at `parentCell` has `cell` in its list. */
  private lists(parentCell: number, cell: number): boolean {
    if (keyName(this.map, parentCell) === null) return false;
    return readSubkeyList(this.map, this.map.cells.u32(parentCell, NK.subkeyList)).elements.includes(cell);
  }

  /** A key that its own parent did not take, since that one is not in the tree, stays where a list named it. */
  private decidePostponed(): void {
    for (const { cell, parent } of this.postponed) {
      const path = [...pathOf(parent), keyName(this.map, cell)!];
      const key = this.take(cell, parent);
      if (key === null) {
        const why = 'another list names the same key, and it is kept there';
        this.lose({ what: 'key', cellOffset: cell, path, name: keyName(this.map, cell), why });
        continue;
      }
      parent.subkeys.push(key);
      this.again(cell, path, 'it says another parent, which is not in the tree');
      this.found(parent);
      this.walk(key);
    }
  }

  private again(cellOffset: number, path: readonly string[], why: string): void {
    this.foundAgain.push({ cellOffset, path, why });
  }

  /** Keys that no list names go back below the parent that they say, where that one misses subkeys. */
  private reattach(root: ReadKey): void {
    const byParent = new Map<number, number[]>();
    for (const cell of this.map.allocated()) {
      if (this.claimed.has(cell) || keyName(this.map, cell) === null) continue;
      const parent = this.map.cells.u32(cell, NK.parent);
      const same = byParent.get(parent);
      if (same) same.push(cell);
      else byParent.set(parent, [cell]);
    }
    if (root.cellOffset === NO_CELL) {
      for (const cell of byParent.get(this.options.rootCellOffset ?? USUAL_ROOT) ?? []) this.putBack(cell, root);
    }
    this.fillGaps(byParent);
    const left = [...byParent.values()].flat().filter((cell) => !this.claimed.has(cell));
    if (left.length === 0) return;
    if (this.options.orphans) {
      this.collectOrphans(root, left);
      this.fillGaps(byParent);
    } else if (this.losses.some(({ what }) => what === 'key' || what === 'subkeys')) {
      const why = 'no list names it, and its parent is not known';
      for (const cell of left)
        this.lose({ what: 'key', cellOffset: cell, path: [], name: keyName(this.map, cell), why });
    }
  }

  private fillGaps(byParent: ReadonlyMap<number, readonly number[]>): void {
    // Keys that are put back may miss subkeys of their own: they come last in the map, and are met as it is walked.
    for (const key of this.missing.keys()) {
      for (const cell of byParent.get(key.cellOffset) ?? []) this.putBack(cell, key);
    }
  }

  private putBack(cell: number, parent: ReadKey): void {
    const name = keyName(this.map, cell);
    if (name === null || parent.depth >= MAX_DEPTH || this.claimed.has(cell)) return;
    if (parent.subkeys.some((subkey) => compareNames(subkey.name, name) === 0)) return;
    const key = this.take(cell, parent)!;
    parent.subkeys.push(key);
    this.again(cell, pathOf(key), 'no list names it, and it says this parent');
    this.found(parent);
    this.walk(key);
  }

  /** One of the subkeys that `parent` misses is there. */
  private found(parent: ReadKey): void {
    const left = (this.missing.get(parent) ?? 0) - 1;
    if (left > 0) this.missing.set(parent, left);
    else this.missing.delete(parent);
  }

  /** Keys whose parent is not known: below one key of their own, under names that tell their cells. */
  private collectOrphans(root: ReadKey, left: readonly number[]): void {
    const cells = new Set(left);
    const home: ReadKey = { ...emptyKey(root), name: ORPHANS_NAME, descriptor: root.descriptor };
    for (const cell of left) {
      if (cells.has(this.map.cells.u32(cell, NK.parent))) continue;
      const key = this.take(cell, home);
      if (key === null) continue;
      const renamed: ReadKey = { ...key, name: `${cell} ${key.name}`.slice(0, MAX_KEY_NAME_UNITS) };
      home.subkeys.push(renamed);
      this.again(cell, pathOf(renamed), 'no list names it, and its parent is not known');
      this.walk(renamed);
    }
    if (home.subkeys.length === 0) return;
    root.subkeys.push(home);
    this.again(NO_CELL, [ORPHANS_NAME], 'made for keys whose parent is not known');
    this.keyCount += 1;
  }

  private reportMissing(key: ReadKey, count: number): void {
    const cellOffset = this.map.cells.u32(key.cellOffset, NK.subkeyList);
    const why = `it says ${count} more subkeys than can be found`;
    this.lose({ what: 'subkeys', cellOffset, path: pathOf(key), count, hex: '', why });
  }

  private readValues(key: ReadKey, path: readonly string[]): void {
    const { map } = this;
    const { cells } = map;
    if (cells.u16(key.cellOffset, NK.flags) & NK_FLAG.predefinedHandle) return;
    const count = cells.u32(key.cellOffset, NK.valueCount);
    const list = cells.u32(key.cellOffset, NK.valueList);
    if (list !== 0) this.shortLists.push({ key, list, from: count });
    if (count === 0) return;
    const room = map.isAllocated(list) ? cells.contentSizeBytes(list) >> 2 : 0;
    const present = Math.min(count, room);
    if (room === 0 || !this.claimList(list, key)) {
      const why = room === 0 ? `there is no list of values at ${list}` : `its list of values belongs to another key`;
      this.lose({ what: 'values', cellOffset: list, path, count, why });
      return;
    }
    key.valueListCell = list;
    const names = new Set<string>();
    for (let i = 0; i < present; i += 1) this.readListed(key, path, cells.u32(list, 4 * i), names);
    if (present < count) {
      const why = `it says ${count - present} more values than its list has room for`;
      this.lose({ what: 'values', cellOffset: list, path, count: count - present, hex: '', why });
    }
  }

  /**
   * Values that stand in a list behind its count. One that Windows deleted is free, and one that another key has was
   * claimed: what is left was cut off by a wrong count.
   */
  private findForgottenValues(): void {
    for (const { key, list, from } of this.shortLists) {
      if (!this.hasForgottenValue(list, from)) continue;
      if (key.valueListCell !== list && !this.claimList(list, key)) continue;
      key.valueListCell = list;
      const path = pathOf(key);
      const names = new Set(key.values.map(({ name }) => upcase(name)));
      for (let i = from; this.hasForgottenValue(list, i); i += 1) {
        const cell = this.map.cells.u32(list, 4 * i);
        this.readListed(key, path, cell, names);
        this.again(cell, path, 'its value is in the list, but not in the count');
      }
    }
  }

  /** Whether element `index` of a list of values names a whole value that nothing else has. */
  private hasForgottenValue(list: number, index: number): boolean {
    const { map } = this;
    if (!map.isAllocated(list, 4 * index + 4)) return false;
    const cell = map.cells.u32(list, 4 * index);
    return !this.claimed.has(cell) && !('problem' in readValue(map, cell, this.options.minorVersion));
  }

  private readListed(key: ReadKey, path: readonly string[], cell: number, names: Set<string>): void {
    const value = readValue(this.map, cell, this.options.minorVersion);
    if ('problem' in value) {
      this.lose({ what: 'value', cellOffset: cell, path, name: value.name, why: value.problem });
      return;
    }
    const compared = upcase(value.name);
    const problem = names.has(compared)
      ? 'another value of the key has the same name'
      : this.claim(cell)
        ? null
        : 'another list names the same value';
    if (problem !== null) {
      this.lose({ what: 'value', cellOffset: cell, path, name: value.name, why: problem });
      return;
    }
    names.add(compared);
    // Data that another value has too are kept by both, each in cells of its own.
    const isShared = value.dataCells.filter((dataCell) => !this.claim(dataCell)).length > 0;
    key.values.push(isShared ? { ...value, dataCells: [], isMisplaced: true } : value);
    this.valueCount += 1;
  }

  /** Brings subkeys into Windows' order; of two with one name the one stays whose list keeps the right hash of it. */
  private order(root: ReadKey): void {
    const waiting = [root];
    for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
      const kept: ReadKey[] = [];
      for (const subkey of key.subkeys.toSorted((a, b) => compareNames(a.name, b.name))) {
        const last = kept.at(-1);
        if (last === undefined || compareNames(last.name, subkey.name) !== 0) kept.push(subkey);
        else if (this.isNameRight(key, last) || !this.isNameRight(key, subkey)) this.drop(subkey);
        else {
          this.drop(last);
          kept[kept.length - 1] = subkey;
        }
      }
      key.subkeys = kept;
      for (const subkey of kept) waiting.push(subkey);
    }
  }

  private isNameRight(parent: ReadKey, { cellOffset }: ReadKey): boolean {
    return parent.listCells.some((leaf) => isNameRight(this.map, leaf, cellOffset));
  }

  private drop(dropped: ReadKey): void {
    const { name, cellOffset } = dropped;
    this.lose({ what: 'key', cellOffset, path: pathOf(dropped), name, why: 'another subkey has the same name' });
    this.forget(dropped);
  }

  private forget(dropped: ReadKey): void {
    const waiting = [dropped];
    for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
      this.keyCount -= 1;
      this.valueCount -= key.values.length;
      for (const subkey of key.subkeys) waiting.push(subkey);
    }
  }
}
