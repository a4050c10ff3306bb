// What can be read of a damaged hive: the tree from the root, and the keys that no list names any more. Everything that
// is not kept is in the list of losses, everything that stands where no list put it is in the list of what was found again.

import { upcase } from '../../base/text.ts';
import { MAX_DEPTH, MAX_KEY_NAME_UNITS, NK } from '../../regf/layout.ts';
import type { CellMap } from './cell-map.ts';
import { Ledger } from './ledger.ts';
import type { FoundAgain, Loss } from './losses.ts';
import { MissingSubkeys } from './missing.ts';
import { emptyKey, NO_CELL, pathOf, type ReadKey } from './read-key.ts';
import { anyKeyName, keyName, readSubkeyList } from './records.ts';
import { checkName, readOwnParts } from './survey-key.ts';
import { countTree, orderTree } from './survey-order.ts';
import { findRoot, ListedSubkeys, USUAL_ROOT } from './survey-root.ts';
import { ValueSurvey } from './survey-values.ts';

export interface Survey {
  /** Null where no root can be read: then `topLevel` is what stood below it. */
  readonly root: ReadKey | null;
  readonly topLevel: readonly ReadKey[];
  readonly keyCount: number;
  readonly valueCount: number;
  readonly losses: readonly Loss[];
  readonly foundAgain: readonly FoundAgain[];
  /** Paths of keys with an element of a list that leads nowhere, also where the count of their subkeys is reached. */
  readonly shortLists: readonly (readonly string[])[];
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

/** The key that orphans are put below. */
const ORPHANS_NAME = 'hivemend-orphans';

class SurveyWalk {
  private readonly map: CellMap;
  private readonly options: SurveyOptions;
  private readonly ledger: Ledger;
  private readonly values: ValueSurvey;
  private readonly kept = new Map<number, ReadKey>();
  /** Keys that a list names although they say another parent: decided once the tree is walked. */
  private readonly postponed: { readonly cell: number; readonly parent: ReadKey }[] = [];
  private readonly missing: MissingSubkeys;
  private readonly listed: ListedSubkeys;
  private readonly names = new Map<ReadKey, Set<string>>();

  constructor(map: CellMap, options: SurveyOptions) {
    this.map = map;
    this.options = options;
    this.ledger = new Ledger(map);
    this.missing = new MissingSubkeys(map, this.ledger);
    this.listed = new ListedSubkeys(map, (sizeBytes) => this.ledger.mayShare(sizeBytes));
    this.values = new ValueSurvey(map, this.ledger, options.minorVersion);
  }

  run(): Survey {
    const rootCell = findRoot(this.map, this.options);
    const root = rootCell === null ? this.lostRoot() : this.take(rootCell, null)!;
    if (rootCell !== null) this.walk(root);
    this.reattach(root);
    this.values.findForgotten();
    this.missing.report();
    orderTree(this.map, this.ledger, root);
    for (const key of this.ledger.contested)
      this.ledger.again(key.cellOffset, pathOf(key), 'another key names a list of its');
    return {
      root: rootCell === null ? null : root,
      topLevel: root.subkeys,
      ...countTree(root),
      losses: this.ledger.losses,
      foundAgain: this.ledger.foundAgain,
      shortLists: this.missing.shortLists.map(pathOf),
    };
  }

  private lostRoot(): ReadKey {
    const { rootCellOffset } = this.options;
    const lost = { cellOffset: rootCellOffset, path: [], why: 'the root cannot be read' };
    this.ledger.lose({ what: 'key', ...lost });
    this.ledger.lose({ what: 'descriptor', how: 'replaced', ...lost });
    return emptyKey(null);
  }

  /** Makes a key of a cell that holds one; null where another place has it already. */
  private take(cellOffset: number, parent: ReadKey | null, prefix = ''): ReadKey | null {
    if (!this.ledger.claim(cellOffset)) return null;
    const { map } = this;
    const name = `${prefix}${keyName(map, cellOffset)!}`.slice(0, MAX_KEY_NAME_UNITS);
    const path = parent === null ? [] : [...pathOf(parent), name];
    const key: ReadKey = {
      cellOffset,
      name,
      parent,
      depth: parent === null ? 1 : parent.depth + 1,
      subkeys: [],
      values: [],
      ...readOwnParts(map, this.ledger, cellOffset, path),
      listCells: [],
      valueListCell: null,
    };
    this.kept.set(cellOffset, key);
    this.values.read(key, path);
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
    const read = readSubkeyList(this.map, list, (cell) => this.mayRead(cell));
    // A key without subkeys may keep an old pointer: what it leads to counts only where it leads back.
    const isBelieved = (cell: number): boolean => stated > 0 || cells.u32(cell, NK.parent) === key.cellOffset;
    key.listCells =
      stated > 0 || read.elements.length > 0 ? read.cells.filter((cell) => this.ledger.claimList(cell, key)) : [];
    const path = pathOf(key);
    const lists = stated > 0 && list !== 0 ? read.unreadable : [];
    let accepted = 0;
    const unreadable: number[] = [];
    for (const cell of read.elements) {
      const name = keyName(this.map, cell);
      if (name === null) {
        if (stated > 0 && this.isUnreadable(cell, path)) unreadable.push(cell);
      } else if (isBelieved(cell)) {
        const at = [...path, name];
        if (!this.accept(key, cell)) continue;
        if (stated === 0) this.ledger.again(cell, at, 'its parent says that its subkey count is 0');
        accepted += 1;
        const hash = read.hashes.get(cell);
        if (hash !== undefined) checkName(this.map, this.ledger, cell, at, hash);
      }
    }
    this.missing.note(key, { count: stated - accepted, unreadable, lists });
  }

  private mayRead(list: number): boolean {
    return !this.ledger.isClaimed(list) || this.ledger.mayShare(this.map.cells.contentSizeBytes(list));
  }

  /** An element that leads to no key at all; one to a key that Windows does not take is lost here. */
  private isUnreadable(cell: number, path: readonly string[]): boolean {
    const name = anyKeyName(this.map, cell);
    if (name === null) return true;
    const why = 'Windows takes no key of that name';
    this.ledger.lose({ what: 'key', cellOffset: cell, path: [...path, name], name, why });
    return false;
  }

  /** Whether a listed key is one of the subkeys that the count speaks of. */
  private accept(parent: ReadKey, cell: number): boolean {
    if (parent.depth >= MAX_DEPTH) {
      this.ledger.lose({
        what: 'key',
        cellOffset: cell,
        path: pathOf(parent),
        why: `it lies deeper than ${MAX_DEPTH} levels`,
      });
      return true;
    }
    const said = this.map.cells.u32(cell, NK.parent);
    if (said !== parent.cellOffset && said !== cell && this.listed.has(said, cell)) {
      this.postponed.push({ cell, parent });
      return false;
    }
    const key = this.take(cell, parent);
    if (key === null) {
      this.loseTwice(cell, parent);
      return false;
    }
    parent.subkeys.push(key);
    return true;
  }

  /** A key that two lists name is lost at the one place and kept at the other. */
  private loseTwice(cell: number, parent: ReadKey): void {
    const name = keyName(this.map, cell)!;
    const why = 'another list names the same key, and it is kept there';
    this.ledger.lose({ what: 'key', cellOffset: cell, path: [...pathOf(parent), name], name, why });
    const kept = this.kept.get(cell);
    if (kept !== undefined) this.ledger.again(cell, pathOf(kept), 'another list names it too');
  }

  /** A key that its own parent did not take, since that one is not in the tree, stays where a list named it. */
  private decidePostponed(): void {
    for (let next = this.postponed.shift(); next !== undefined; next = this.postponed.shift()) {
      const { cell, parent } = next;
      const key = this.take(cell, parent);
      if (key === null) {
        this.loseTwice(cell, parent);
        continue;
      }
      parent.subkeys.push(key);
      this.ledger.again(cell, pathOf(key), 'it says another parent, which is not in the tree');
      this.missing.found(parent);
      this.walk(key);
    }
  }

  /** Keys that no list names go back below the parent that they say, where that one misses subkeys. */
  private reattach(root: ReadKey): void {
    const byParent = new Map<number, number[]>();
    for (const cell of this.map.allocated()) {
      if (this.ledger.isClaimed(cell) || keyName(this.map, cell) === null) continue;
      const parent = this.map.cells.u32(cell, NK.parent);
      const same = byParent.get(parent);
      if (same) same.push(cell);
      else byParent.set(parent, [cell]);
    }
    if (root.cellOffset === NO_CELL) {
      for (const cell of byParent.get(this.options.rootCellOffset ?? USUAL_ROOT) ?? []) this.attach(cell, root);
    }
    this.fillGaps(byParent);
    // Only now: the parent that such a key names may have been attached itself.
    this.decidePostponed();
    this.fillGaps(byParent);
    const left = [...byParent.values()].flat().filter((cell) => !this.ledger.isClaimed(cell));
    if (left.length === 0) return;
    if (this.options.orphans) {
      this.collectOrphans(root, left);
      this.fillGaps(byParent);
      this.decidePostponed();
    } else if (this.missing.isAny || this.ledger.losses.some(({ what }) => what === 'key' || what === 'subkeys')) {
      const why = 'no list names it, and its parent is not known';
      for (const cell of left)
        this.ledger.lose({ what: 'key', cellOffset: cell, path: [], name: keyName(this.map, cell), why });
    }
  }

  private fillGaps(byParent: ReadonlyMap<number, readonly number[]>): void {
    // Keys that are attached may miss subkeys of their own: they come last in the map, and are met as it is walked.
    for (const key of this.missing.keys()) {
      for (const cell of byParent.get(key.cellOffset) ?? []) this.attach(cell, key);
    }
  }

  private attach(cell: number, parent: ReadKey): void {
    const name = keyName(this.map, cell);
    if (name === null || parent.depth >= MAX_DEPTH || this.ledger.isClaimed(cell)) return;
    const names = this.namesOf(parent);
    if (names.has(upcase(name))) return;
    const key = this.take(cell, parent)!;
    parent.subkeys.push(key);
    names.add(upcase(name));
    this.ledger.again(cell, pathOf(key), 'no list names it, and it says this parent');
    this.missing.found(parent);
    this.walk(key);
  }

  /** Of the subkeys so far, in upper case; keys are only attached once the tree is walked. */
  private namesOf(parent: ReadKey): Set<string> {
    const known = this.names.get(parent);
    if (known !== undefined) return known;
    const names = new Set(parent.subkeys.map((subkey) => upcase(subkey.name)));
    this.names.set(parent, names);
    return names;
  }

  /** Keys whose parent is not known: below one key of their own, under names that tell their cells. */
  private collectOrphans(root: ReadKey, left: readonly number[]): void {
    const cells = new Set(left);
    const home: ReadKey = { ...emptyKey(root), name: ORPHANS_NAME, descriptor: root.descriptor };
    for (const cell of left) {
      if (cells.has(this.map.cells.u32(cell, NK.parent))) continue;
      const key = this.take(cell, home, `${cell} `);
      if (key === null) continue;
      home.subkeys.push(key);
      this.ledger.again(cell, pathOf(key), 'no list names it, and its parent is not known');
      this.walk(key);
    }
    if (home.subkeys.length === 0) return;
    root.subkeys.push(home);
    this.ledger.again(NO_CELL, [ORPHANS_NAME], 'made for keys whose parent is not known');
  }
}
