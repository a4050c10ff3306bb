// The gate's walk over the tree: keys, their lists, order, counts and class names. Most of this code runs once over a
// whole hive before the host has compiled it: one object walks all keys, and numbers are read from the words of the bins.

import type { Measure } from '../../base/finding.ts';
import { NIL } from '../cells.ts';
import { compareByteNames, compareKeyNames, holdsBackslash, isHintOf, nameHash, nameOf } from '../key-names.ts';
import { LIST, MAX_DEPTH, MAX_KEY_NAME_UNITS, NK, NK_FLAG, SIGNATURE, SK, UNDEFINED_NK_FLAGS } from '../layout.ts';
import { WORDS } from '../words.ts';
import { ALLOCATED, CLAIMED, type Gate } from './gate.ts';
import { ROOT_VISIT } from './key-visits.ts';
import { ValueWalk } from './validate-values.ts';

/** More than a name of 255 UTF-16 units behind the fixed part: Windows' own bound for a key's cell. */
const MAX_KEY_CELL_SIZE_BYTES = 0x45c;

/** How often each sk cell is named by keys that were reached. */
export type SecurityUses = ReadonlyMap<number, number>;

/** The longest leaves seen in real hives: facts, section 12. */
const MAX_LF_ELEMENTS = 511;
const MAX_LEAF_ELEMENTS = 1012;

const { key: WORD, list: LIST_WORD } = WORDS;

/** What is asked of every key, had once: what another file exports may stand behind a getter. */
const KEY = SIGNATURE.nk;
const LI = SIGNATURE.li;
const LF = SIGNATURE.lf;
const LH = SIGNATURE.lh;
const RI = SIGNATURE.ri;
const NAME = NK.name;
const ELEMENTS = LIST.elements;
const IN_MEMORY = NK_FLAG.volatile | NK_FLAG.hiveExit;
const HIVE_ENTRY = NK_FLAG.hiveEntry;
const COMPRESSED = NK_FLAG.compressedName;
const MAX_NAME_UNITS = MAX_KEY_NAME_UNITS;
const DEEPEST = MAX_DEPTH;

/** NIL as it is read from the words of the bins. */
const NO_CELL = NIL | 0;

type Code = Parameters<Gate['reportKey']>[0];

/** Walks every key that can be reached from the root; returns how often each sk cell is used. */
export function validateKeys(gate: Gate, rootCellOffset: number): SecurityUses {
  return new KeyWalk(gate).run(rootCellOffset);
}

class KeyWalk {
  private readonly gate: Gate;
  private readonly words: Int32Array;
  private readonly values: ValueWalk;
  private readonly uses = new Map<number, number>();
  /** Visits whose keys are still to be looked at; the last comes next. */
  private readonly waiting: number[] = [];
  /** The key that is looked at: its cell, and its visit. */
  private at = 0;
  private visit = ROOT_VISIT;
  /** The subkey before, for the order across leaves, and what the subkeys amount to for the key's Max* fields. */
  private previousSubkey = 0;
  private previousUnits = 0;
  private isPreviousByte = false;
  private nameSizeBytes = 0;
  private classSizeBytes = 0;

  constructor(gate: Gate) {
    this.gate = gate;
    this.words = gate.words;
    this.values = new ValueWalk(gate);
  }

  run(root: number): SecurityUses {
    const { gate, waiting } = this;
    if (!this.isKey(root)) {
      gate.report('ROOT_CELL', 0x24, `the root cell is said to be at ${root}, where no key can be read`);
      return this.uses;
    }
    gate.claimForAll(root, 'the root');
    waiting.push(gate.visits.add(root, ROOT_VISIT));
    for (let visit = waiting.pop(); visit !== undefined; visit = waiting.pop()) {
      this.visit = visit;
      this.at = gate.visits.cellOffset(visit);
      this.checkKey();
    }
    return this.uses;
  }

  private isKey(cellOffset: number): boolean {
    return this.gate.isAllocated(cellOffset) && this.isWholeKey(cellOffset, this.gate.contentSizeBytes(cellOffset));
  }

  /** Of an allocated cell. */
  private isWholeKey(cellOffset: number, sizeBytes: number): boolean {
    const word = cellOffset >> 2;
    return (
      sizeBytes >= NAME &&
      (this.words[word + WORD.signatureAndFlags]! & 0xffff) === KEY &&
      NAME + (this.words[word + WORD.nameAndClassLength]! & 0xffff) <= sizeBytes
    );
  }

  private checkKey(): void {
    this.checkFlagsAndName();
    this.checkParent();
    this.checkClass();
    this.checkSecurity();
    this.values.check(this.at, this.visit);
    const before = this.waiting.length;
    this.checkSubkeys();
    this.checkMaxima();
    if (this.waiting.length > before && this.gate.visits.depth(this.visit) >= DEEPEST) {
      this.report('KEY_DEPTH', this.at, `keys lie deeper than ${DEEPEST} levels`);
      this.waiting.length = before;
    }
  }

  private report(code: Code, cellOffset: number, text: string, measure?: Measure): void {
    this.gate.reportKey(code, cellOffset, text, this.visit, measure);
  }

  /** A word of the key that is looked at. */
  private word(index: number): number {
    return this.words[(this.at >> 2) + index]!;
  }

  private checkFlagsAndName(): void {
    const flags = this.word(WORD.signatureAndFlags) >>> 16;
    const isRoot = this.visit === ROOT_VISIT;
    if (flags & IN_MEMORY) {
      this.report('KEY_FLAGS', this.at, `its flags 0x${flags.toString(16)} are of a key that exists in memory only`);
    }
    if (flags & UNDEFINED_NK_FLAGS) {
      this.report(
        'KEY_FLAGS_UNDEFINED',
        this.at,
        `its flags 0x${flags.toString(16)} hold one that nothing is known to set`,
      );
    }
    const isMarked = (flags & HIVE_ENTRY) !== 0;
    if (isRoot && !isMarked) this.report('ROOT_FLAGS', this.at, 'the root is not marked as the root');
    if (!isRoot && isMarked) this.report('KEY_FLAGS', this.at, 'a key that is not the root is marked as it');
    const sizeBytes = this.word(WORD.nameAndClassLength) & 0xffff;
    const isCompressed = (flags & COMPRESSED) !== 0;
    const isOdd = !isCompressed && (sizeBytes & 1) === 1;
    if (sizeBytes === 0 || isOdd || sizeBytes > (isCompressed ? 1 : 2) * MAX_NAME_UNITS) {
      this.report('KEY_NAME', this.at, `the name of this key has ${sizeBytes} bytes`);
    } else if (this.gate.contentSizeBytes(this.at) > MAX_KEY_CELL_SIZE_BYTES) {
      this.report('KEY_NAME', this.at, `the cell of this key is larger than any key needs`);
    } else if (!isRoot && holdsBackslash(this.gate.cells.bytes, this.at + 4 + NAME, sizeBytes, isCompressed)) {
      this.report('KEY_NAME', this.at, 'the name of this key holds a backslash, which no path can name');
    }
  }

  private checkParent(): void {
    if (this.visit === ROOT_VISIT) return;
    const { visits } = this.gate;
    const expected = visits.cellOffset(visits.parent(this.visit));
    const stored = this.word(WORD.parent);
    if (stored === expected) return;
    const text = `the parent is said to be ${stored >>> 0}, expected ${expected}`;
    this.report('KEY_PARENT', this.at, text, { stated: stored >>> 0, needed: expected });
  }

  private checkClass(): void {
    const sizeBytes = this.word(WORD.nameAndClassLength) >>> 16;
    const cell = this.word(WORD.class);
    if (sizeBytes === 0 && cell === NO_CELL) return;
    if (sizeBytes === 0) {
      this.report('KEY_CLASS', this.at, `the class name is 0 bytes, but has a cell at ${cell >>> 0}`);
    } else if (!this.gate.isAllocated(cell)) {
      const text = `the class name of ${sizeBytes} bytes is said to be at ${cell >>> 0}, which is not an allocated cell`;
      this.report('KEY_CLASS', this.at, text);
    } else if (this.gate.claim(cell, 'a class name', this.visit) && this.gate.contentSizeBytes(cell) < sizeBytes) {
      this.report('KEY_CLASS', cell, `the class name has ${sizeBytes} bytes, more than its cell`);
    }
  }

  private checkSecurity(): void {
    const cell = this.word(WORD.security);
    const count = this.uses.get(cell);
    if (count !== undefined) this.uses.set(cell, count + 1);
    else if (
      this.gate.isAllocated(cell) &&
      this.gate.contentSizeBytes(cell) >= SK.descriptor &&
      (this.words[(cell >> 2) + WORD.signatureAndFlags]! & 0xffff) === SIGNATURE.sk
    ) {
      this.uses.set(cell, 1);
    } else {
      const text = `the security record is said to be at ${cell >>> 0}, where none can be read`;
      this.report('KEY_SECURITY', this.at, text);
    }
  }

  private checkSubkeys(): void {
    this.previousSubkey = 0;
    this.nameSizeBytes = 0;
    this.classSizeBytes = 0;
    const count = this.word(WORD.subkeyCount);
    const list = this.word(WORD.subkeyList);
    if (count === 0 && list === NO_CELL) return;
    if (!this.gate.isAllocated(list)) {
      // Windows leaves the old pointer behind when the last subkey goes only in hives that other tools wrote.
      if (count === 0 && list === 0) return;
      const text = `${count >>> 0} subkeys, with their list said to be at ${list >>> 0}, which is not an allocated cell`;
      this.report('SUBKEY_LIST', this.at, text);
      return;
    }
    if (!this.gate.claim(list, 'a list of subkeys', this.visit)) return;
    const isRoot = this.signatureOf(list) === RI;
    const listed = isRoot ? this.readRootList(list) : this.readLeaf(list);
    if (listed === count) return;
    const text = `${count >>> 0} subkeys are said to be there, and ${listed} are listed`;
    this.report('SUBKEY_COUNT', this.at, text, { stated: count >>> 0, needed: listed });
  }

  /** What an allocated cell begins with; every cell has room for that. */
  private signatureOf(cell: number): number {
    return this.words[(cell >> 2) + LIST_WORD.signatureAndCount]! & 0xffff;
  }

  private readRootList(list: number): number {
    const count = this.countElements(list, 4);
    const first = (list >> 2) + LIST_WORD.elements;
    let listed = 0;
    for (let i = 0; i < count; i += 1) {
      const leaf = this.words[first + i]!;
      if (!this.gate.isAllocated(leaf)) {
        this.report('SUBKEY_LIST', list, `a list of lists names ${leaf >>> 0}, which is not an allocated cell`);
      } else if (this.signatureOf(leaf) === RI) {
        this.report('LIST_KIND', leaf, 'a list of lists lies in a list of lists');
      } else if (this.gate.claim(leaf, 'a leaf', this.visit)) listed += this.readLeaf(leaf);
    }
    return listed;
  }

  /** @returns the number of elements of a leaf. */
  private readLeaf(leaf: number): number {
    const signature = this.signatureOf(leaf);
    const isLh = signature === LH;
    const isLf = signature === LF;
    if (!isLh && !isLf && signature !== LI) {
      this.report('SUBKEY_LIST', leaf, `the list at ${leaf} does not have a known signature`);
      return 0;
    }
    this.checkLeaf(leaf, isLh, isLf);
    const step = isLh || isLf ? 2 : 1;
    const count = this.countElements(leaf, 4 * step);
    const first = (leaf >> 2) + LIST_WORD.elements;
    for (let i = 0; i < count; i += 1) {
      const subkey = this.words[first + step * i]!;
      const isAccepted = this.acceptSubkey(leaf, subkey, isLh, this.words[first + step * i + 1]!);
      if (!isAccepted || !isLf) continue;
      const { cells } = this.gate;
      if (isHintOf(cells, subkey, cells.field(leaf, ELEMENTS + i * 8 + 4, 4))) continue;
      this.report('LIST_HINT', leaf, `the hint of ${nameOf(cells, subkey)} is not made of its first characters`);
    }
    return count;
  }

  private checkLeaf(leaf: number, isLh: boolean, isLf: boolean): void {
    const kind = isLh ? 'lh' : isLf ? 'lf' : 'li';
    const { minorVersion } = this.gate;
    if (isLh !== minorVersion >= 5) {
      this.report('LIST_KIND', leaf, `a list of kind ${kind} stands in a hive of version 1.${minorVersion}`);
    }
    const count = this.words[(leaf >> 2) + LIST_WORD.signatureAndCount]! >>> 16;
    const needed = isLf ? MAX_LF_ELEMENTS : MAX_LEAF_ELEMENTS;
    if (count > needed) {
      this.report('LIST_LONG', leaf, `a list of kind ${kind} has ${count} elements`, { stated: count, needed });
    }
  }

  /** The elements that a list says and has room for. */
  private countElements(list: number, elementSizeBytes: number): number {
    const count = this.words[(list >> 2) + LIST_WORD.signatureAndCount]! >>> 16;
    if (count === 0) this.report('LIST_EMPTY', list, `the list at ${list} does not have an element`);
    const room = Math.floor((this.gate.contentSizeBytes(list) - ELEMENTS) / elementSizeBytes);
    if (count <= room) return count;
    const text = `the list at ${list} says ${count} elements, and has room for ${room}`;
    this.report('LIST_COUNT', list, text, { stated: count, needed: room });
    return room;
  }

  /** Judges one element of a leaf; `hash` is what an lh list keeps of it. @returns whether it is a key to look at. */
  private acceptSubkey(leaf: number, subkey: number, isLh: boolean, hash: number): boolean {
    const { gate, words } = this;
    if (subkey <= 0 || (subkey & 7) !== 0 || gate.states[subkey >>> 3] !== ALLOCATED) {
      this.reportNoCell(leaf, subkey);
      return false;
    }
    const word = subkey >> 2;
    const head = words[word + WORD.signatureAndFlags]!;
    const lengths = words[word + WORD.nameAndClassLength]!;
    const sizeBytes = -words[word]! - 4;
    const nameSizeBytes = lengths & 0xffff;
    if (sizeBytes < NAME || (head & 0xffff) !== KEY || NAME + nameSizeBytes > sizeBytes) {
      this.reportNoKey(subkey);
      return false;
    }
    gate.states[subkey >>> 3] = CLAIMED;
    this.waiting.push(gate.visits.add(subkey, this.visit));
    const isByte = ((head >>> 16) & COMPRESSED) !== 0;
    const units = isByte ? nameSizeBytes : nameSizeBytes >> 1;
    if (2 * units > this.nameSizeBytes) this.nameSizeBytes = 2 * units;
    if (lengths >>> 16 > this.classSizeBytes) this.classSizeBytes = lengths >>> 16;
    const name = subkey + 4 + NAME;
    const { previousSubkey } = this;
    const { bytes } = gate.cells;
    if (previousSubkey !== 0) {
      const isOrdered =
        isByte && this.isPreviousByte
          ? compareByteNames(bytes, previousSubkey + 4 + NAME, this.previousUnits, name, units) < 0
          : compareKeyNames(gate.cells, previousSubkey, subkey) < 0;
      if (!isOrdered) this.reportOrder(previousSubkey, subkey);
    }
    this.previousSubkey = subkey;
    this.previousUnits = units;
    this.isPreviousByte = isByte;
    if (isLh && nameHash(bytes, name, nameSizeBytes, isByte) !== hash) this.reportHash(leaf, subkey, hash);
    return true;
  }

  /** An element that is no allocated cell, or one that another structure has. */
  private reportNoCell(leaf: number, cell: number): void {
    if (!this.gate.isAllocated(cell)) {
      this.report('KEY_CELL', leaf, `a list names ${cell >>> 0} as a key, which is not an allocated cell`);
    } else if (!this.isWholeKey(cell, this.gate.contentSizeBytes(cell))) this.reportNoKey(cell);
    else this.report('KEY_LOOP', cell, `the key at ${cell} is listed twice, or lies under itself`);
  }

  /** An allocated cell that is not a whole key. */
  private reportNoKey(cell: number): void {
    if (this.gate.contentSizeBytes(cell) < NAME) this.report('KEY_CELL', cell, `the key at ${cell} is cut off`);
    else if (this.signatureOf(cell) !== KEY) {
      this.report('KEY_SIGNATURE', cell, `the key at ${cell} does not begin with 'nk'`);
    } else this.report('KEY_NAME', cell, `the name of the key at ${cell} reaches past its cell`);
  }

  private reportOrder(before: number, subkey: number): void {
    const { cells } = this.gate;
    const name = nameOf(cells, subkey);
    if (compareKeyNames(cells, before, subkey) === 0) {
      this.report('KEY_DUPLICATE', subkey, `two subkeys are named ${name}`);
    } else this.report('KEY_ORDER', subkey, `subkey ${name} stands after ${nameOf(cells, before)}`);
  }

  private reportHash(leaf: number, subkey: number, stored: number): void {
    const { cells } = this.gate;
    const isByte = (cells.u16(subkey, NK.flags) & COMPRESSED) !== 0;
    const hash = nameHash(cells.bytes, subkey + 4 + NAME, cells.u16(subkey, NK.nameLength), isByte) >>> 0;
    const text = `the hash of ${nameOf(cells, subkey)} is ${stored >>> 0}, expected ${hash}`;
    this.report('LIST_HASH', leaf, text, { stated: stored >>> 0, needed: hash });
  }

  private checkMaxima(): void {
    const { values } = this;
    this.checkMaximum('MAX_NAME', 'subkey name', this.word(WORD.maxNameLength) & 0xffff, this.nameSizeBytes);
    this.checkMaximum('MAX_CLASS', 'subkey class', this.word(WORD.maxClassLength) >>> 0, this.classSizeBytes);
    this.checkMaximum('MAX_VALUE_NAME', 'value name', this.word(WORD.maxValueNameLength) >>> 0, values.nameSizeBytes);
    this.checkMaximum('MAX_VALUE_DATA', 'value', this.word(WORD.maxValueDataLength) >>> 0, values.dataSizeBytes);
  }

  private checkMaximum(code: Code, what: string, stated: number, needed: number): void {
    if (stated >= needed) return;
    const text = `its longest ${what} is said to have ${stated} bytes, and one has ${needed}`;
    this.report(code, this.at, text, { stated, needed });
  }
}
