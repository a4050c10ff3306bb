// The values of the keys of a damaged hive.

import { upcase } from '../../base/text.ts';
import { BIG_DATA_SEGMENT_SIZE_BYTES } from '../../regf/cells.ts';
import { DB, NK, NK_FLAG, RESIDENT, SIGNATURE, VK } from '../../regf/layout.ts';
import type { CellMap } from './cell-map.ts';
import type { Ledger } from './ledger.ts';
import { pathOf, type ReadKey } from './read-key.ts';
import { readValue } from './records.ts';

export class ValueSurvey {
  private readonly map: CellMap;
  private readonly ledger: Ledger;
  private readonly minorVersion: number;
  /** Lists of values, with the first element that the count leaves out. */
  private readonly shortLists: { readonly key: ReadKey; readonly list: number; readonly from: number }[] = [];

  constructor(map: CellMap, ledger: Ledger, minorVersion: number) {
    this.map = map;
    this.ledger = ledger;
    this.minorVersion = minorVersion;
  }

  /** Reads the values of a key that is kept. */
  read(key: ReadKey, path: readonly string[]): void {
    const { map } = this;
    const { cells } = map;
    if (cells.u16(key.cellOffset, NK.flags) & NK_FLAG.predefinedHandle) return;
    const count = cells.u32(key.cellOffset, NK.valueCount);
    const list = cells.u32(key.cellOffset, NK.valueList);
    if (list !== 0) this.shortLists.push({ key, list, from: count });
    if (count === 0) return;
    const isList = map.isAllocated(list) && !this.ledger.isOfKeys(list);
    const room = isList ? cells.contentSizeBytes(list) >> 2 : 0;
    const present = Math.min(count, room);
    if (room === 0) {
      const why = `there is no list of values at ${list}`;
      this.ledger.lose({ what: 'values', cellOffset: list, path, count, why });
      return;
    }
    // Which of two keys a list belongs to is not known: both keep its values, each in cells of its own.
    if (this.ledger.claimList(list, key)) key.valueListCell = list;
    else if (this.ledger.mayShare(4 * present)) this.ledger.again(list, path, 'another key names its list of values');
    else {
      const why = `its list of values at ${list} is another's`;
      this.ledger.lose({ what: 'values', cellOffset: list, path, count, why });
      return;
    }
    const names = new Set<string>();
    for (let i = 0; i < present; i += 1) {
      const cell = cells.u32(list, 4 * i);
      if (!this.mayRead(cell)) {
        const why = `the value at ${cell} in its list is another's`;
        this.ledger.lose({ what: 'values', cellOffset: list, path, count: present - i, hex: '', why });
        break;
      }
      this.readListed(key, path, cell, names);
    }
    if (present < count) {
      const why = `it says ${count - present} more values than its list has room for`;
      this.ledger.lose({ what: 'values', cellOffset: list, path, count: count - present, hex: '', why });
    }
  }

  /**
   * Values that stand in a list behind its count. One that Windows deleted is free, and one that another key has was
   * claimed: what is left was cut off by a wrong count.
   */
  findForgotten(): void {
    for (const { key, list, from } of this.shortLists) {
      if (!this.hasForgottenValue(list, from)) continue;
      if (key.valueListCell !== list && !this.ledger.claimList(list, key)) continue;
      key.valueListCell = list;
      const path = pathOf(key);
      const names = new Set(key.values.map(({ name }) => upcase(name)));
      for (let i = from; this.hasForgottenValue(list, i); i += 1) {
        const cell = this.map.cells.u32(list, 4 * i);
        if (!this.mayRead(cell)) break;
        this.readListed(key, path, cell, names);
        this.ledger.again(cell, path, 'its value is in the list, but not in the count');
      }
    }
  }

  /** Whether element `index` of a list of values names a whole value that nothing else has. */
  private hasForgottenValue(list: number, index: number): boolean {
    const { map } = this;
    if (!map.isAllocated(list, 4 * index + 4)) return false;
    const cell = map.cells.u32(list, 4 * index);
    return !this.ledger.isClaimed(cell) && !('problem' in readValue(map, cell, this.minorVersion));
  }

  /** Whether a value and its data are nobody's yet, or may be read for one more. */
  private mayRead(cell: number): boolean {
    const { map, ledger } = this;
    const { cells } = map;
    if (!map.isRecord(cell, SIGNATURE.vk, VK.name)) return true;
    const [stored, data] = [cells.u32(cell, VK.dataSize), cells.u32(cell, VK.dataOffset)];
    const read = [cell];
    // What can be read of them at most: a size that was damaged does not use up what others may share.
    let sizeBytes = cells.u16(cell, VK.nameLength);
    if (stored < RESIDENT) {
      const isBig = map.isRecord(data, SIGNATURE.db, 8);
      const list = isBig ? cells.u32(data, DB.segmentList) : data;
      read.push(data, list);
      const held = cells.contentSizeBytes(list);
      sizeBytes += Math.min(stored, isBig ? (held >> 2) * BIG_DATA_SEGMENT_SIZE_BYTES : held);
    }
    return !read.some((each) => ledger.isClaimed(each)) || ledger.mayShare(sizeBytes);
  }

  private readListed(key: ReadKey, path: readonly string[], cell: number, names: Set<string>): void {
    const value = readValue(this.map, cell, this.minorVersion);
    if ('problem' in value) {
      this.ledger.lose({ what: 'value', cellOffset: cell, path, name: value.name, why: value.problem });
      return;
    }
    const compared = upcase(value.name);
    if (names.has(compared)) {
      const why = 'another value of the key has the same name';
      this.ledger.lose({ what: 'value', cellOffset: cell, path, name: value.name, why });
      return;
    }
    names.add(compared);
    // A record or data that another list or value names too are kept by both, each in cells of its own.
    const isShared = !this.ledger.claim(cell);
    const isTaken = (dataCell: number): boolean => this.ledger.isOfKeys(dataCell) || !this.ledger.claim(dataCell);
    const isDataShared = isShared || value.dataCells.filter(isTaken).length > 0;
    key.values.push(isDataShared ? { ...value, dataCells: [], isMisplaced: true, isShared } : value);
  }
}
