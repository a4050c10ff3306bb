// The gate's walk over the tree: keys, their lists, order, counts and class names.

import { NIL } from './cells.ts';
import type { Gate } from './gate.ts';
import { compareKeyNames, isHintOf, nameHash, nameOf, nameUnits } from './key-names.ts';
import { LIST, MAX_DEPTH, MAX_KEY_NAME_UNITS, NK, NK_FLAG, SIGNATURE } from './layout.ts';
import { type ValueMaxima, validateValues } from './validate-values.ts';

/** More than a name of 255 UTF-16 units behind the fixed part: Windows' own bound for a key's cell. */
const MAX_KEY_CELL_SIZE_BYTES = 0x45c;

/** How often each sk cell is named by keys that were reached. */
export type SecurityUses = ReadonlyMap<number, number>;

/** The longest leaves seen in real hives: facts, section 12. */
const MAX_LF_ELEMENTS = 511;
const MAX_LEAF_ELEMENTS = 1012;

const KINDS: ReadonlyMap<number, 'li' | 'lf' | 'lh'> = new Map([
  [SIGNATURE.li, 'li'],
  [SIGNATURE.lf, 'lf'],
  [SIGNATURE.lh, 'lh'],
]);

interface Visit {
  readonly cellOffset: number;
  readonly parent: Visit | null;
  readonly depth: number;
}

/** What the subkeys of a key amount to, for its Max* fields. */
interface SubkeyMaxima {
  nameSizeBytes: number;
  classSizeBytes: number;
}

/** Walks every key that can be reached from the root; returns how often each sk cell is used. */
export function validateKeys(gate: Gate, rootCellOffset: number): SecurityUses {
  const uses = new Map<number, number>();
  const root: Visit = { cellOffset: rootCellOffset, parent: null, depth: 1 };
  if (!isKey(gate, rootCellOffset)) {
    gate.report('ROOT_CELL', 0x24, `the root cell is said to be at ${rootCellOffset}, where no key can be read`);
    return uses;
  }
  gate.claim(rootCellOffset, 'the root', () => '');
  const stack: Visit[] = [root];
  for (let visit = stack.pop(); visit; visit = stack.pop()) {
    const below = new KeyCheck(gate, visit).run(uses);
    for (const cellOffset of below) stack.push({ cellOffset, parent: visit, depth: visit.depth + 1 });
  }
  return uses;
}

function isKey(gate: Gate, cellOffset: number): boolean {
  const { cells } = gate;
  return (
    gate.isAllocated(cellOffset) &&
    cells.isRecord(cellOffset, SIGNATURE.nk, NK.name) &&
    NK.name + cells.u16(cellOffset, NK.nameLength) <= cells.contentSizeBytes(cellOffset)
  );
}

/** All that is judged of one key. */
class KeyCheck {
  private readonly gate: Gate;
  private readonly visit: Visit;
  private readonly at: number;
  /** Subkeys accepted so far, and the one before, for the order across leaves. */
  private readonly subkeys: number[] = [];
  private readonly maxima: SubkeyMaxima = { nameSizeBytes: 0, classSizeBytes: 0 };

  constructor(gate: Gate, visit: Visit) {
    this.gate = gate;
    this.visit = visit;
    this.at = visit.cellOffset;
  }

  /** @returns the cell offsets of the subkeys that can be walked. */
  run(uses: Map<number, number>): readonly number[] {
    this.checkFlagsAndName();
    this.checkParent();
    this.checkClass();
    this.checkSecurity(uses);
    const valueMaxima = validateValues(this.gate, this.at, this.path);
    this.checkSubkeys();
    this.checkMaxima(valueMaxima);
    if (this.visit.depth >= MAX_DEPTH && this.subkeys.length > 0) {
      this.report('KEY_DEPTH', this.at, `keys lie deeper than ${MAX_DEPTH} levels`);
      return [];
    }
    return this.subkeys;
  }

  private readonly path = (): string => pathOf(this.gate, this.visit);

  private report(code: Parameters<Gate['reportCell']>[0], cellOffset: number, text: string): void {
    this.gate.reportCell(code, cellOffset, text, this.path());
  }

  private u16(field: number): number {
    return this.gate.cells.u16(this.at, field);
  }

  private u32(field: number): number {
    return this.gate.cells.u32(this.at, field);
  }

  private checkFlagsAndName(): void {
    const flags = this.u16(NK.flags);
    const isRoot = this.visit.parent === null;
    if (flags & (NK_FLAG.volatile | NK_FLAG.hiveExit)) {
      this.report('KEY_FLAGS', this.at, `its flags 0x${flags.toString(16)} are of a key that exists in memory only`);
    }
    const isMarked = (flags & NK_FLAG.hiveEntry) !== 0;
    if (isRoot && !isMarked) this.report('ROOT_FLAGS', this.at, 'the root is not marked as the root');
    if (!isRoot && isMarked) this.report('KEY_FLAGS', this.at, 'a key that is not the root is marked as it');
    const sizeBytes = this.u16(NK.nameLength);
    const isCompressed = (flags & NK_FLAG.compressedName) !== 0;
    const units = isCompressed ? sizeBytes : sizeBytes / 2;
    if (sizeBytes === 0 || units > MAX_KEY_NAME_UNITS || !Number.isInteger(units)) {
      this.report('KEY_NAME', this.at, `the name of this key has ${sizeBytes} bytes`);
    } else if (this.gate.cells.contentSizeBytes(this.at) > MAX_KEY_CELL_SIZE_BYTES) {
      this.report('KEY_NAME', this.at, `the cell of this key is larger than any key needs`);
    }
  }

  private checkParent(): void {
    const { parent } = this.visit;
    if (parent && this.u32(NK.parent) !== parent.cellOffset) {
      this.report(
        'KEY_PARENT',
        this.at,
        `the parent is said to be ${this.u32(NK.parent)}, expected ${parent.cellOffset}`,
      );
    }
  }

  private checkClass(): void {
    const sizeBytes = this.u16(NK.classLength);
    const offset = this.u32(NK.class);
    if (sizeBytes === 0 && offset === NIL) return;
    if (sizeBytes === 0) {
      this.report('KEY_CLASS', this.at, `the class name has no bytes, but a cell at ${offset}`);
      return;
    }
    if (!this.gate.isAllocated(offset)) {
      this.report(
        'KEY_CLASS',
        this.at,
        `the class name of ${sizeBytes} bytes is said to be at ${offset}, which is no allocated cell`,
      );
      return;
    }
    if (!this.gate.claim(offset, 'a class name', this.path)) return;
    if (this.gate.cells.contentSizeBytes(offset) < sizeBytes) {
      this.report('KEY_CLASS', offset, `the class name has ${sizeBytes} bytes, more than its cell`);
    }
  }

  private checkSecurity(uses: Map<number, number>): void {
    const offset = this.u32(NK.security);
    if (!this.gate.isAllocated(offset) || !this.gate.cells.isRecord(offset, SIGNATURE.sk, 20)) {
      this.report('KEY_SECURITY', this.at, `the security record is said to be at ${offset}, where none can be read`);
      return;
    }
    uses.set(offset, (uses.get(offset) ?? 0) + 1);
  }

  private checkSubkeys(): void {
    const count = this.u32(NK.subkeyCount);
    const list = this.u32(NK.subkeyList);
    if (count === 0 && list === NIL) return;
    if (list === NIL || !this.gate.isAllocated(list)) {
      // Windows leaves the old pointer behind when the last subkey goes only in hives that other tools wrote.
      if (count === 0 && list === 0) return;
      this.report(
        'SUBKEY_LIST',
        this.at,
        `${count} subkeys, with their list said to be at ${list}, which is no allocated cell`,
      );
      return;
    }
    if (!this.gate.claim(list, 'a list of subkeys', this.path)) return;
    const isRoot = this.gate.cells.isRecord(list, SIGNATURE.ri, LIST.elements);
    const listed = isRoot ? this.readRootList(list) : this.readLeaf(list);
    if (listed !== count)
      this.report('SUBKEY_COUNT', this.at, `${count} subkeys are said to be there, and ${listed} are listed`);
  }

  private readRootList(list: number): number {
    let listed = 0;
    for (const leaf of this.elements(list, 4)) {
      if (!this.gate.isAllocated(leaf)) {
        this.report('SUBKEY_LIST', list, `a list of lists names ${leaf}, which is no allocated cell`);
        continue;
      }
      if (this.gate.cells.isRecord(leaf, SIGNATURE.ri, LIST.elements)) {
        this.report('LIST_KIND', leaf, 'a list of lists lies in a list of lists');
        continue;
      }
      if (this.gate.claim(leaf, 'a leaf', this.path)) listed += this.readLeaf(leaf);
    }
    return listed;
  }

  /** @returns the number of elements of a leaf. */
  private readLeaf(leaf: number): number {
    const { cells, minorVersion } = this.gate;
    const signature = cells.contentSizeBytes(leaf) < LIST.elements ? 0 : cells.u16(leaf, 0);
    const kind = KINDS.get(signature);
    if (kind === undefined) {
      this.report('SUBKEY_LIST', leaf, `the list at ${leaf} has no known signature`);
      return 0;
    }
    if ((kind === 'lh') !== minorVersion >= 5) {
      this.report('LIST_KIND', leaf, `a list of kind ${kind} stands in a hive of version 1.${minorVersion}`);
    }
    const count = cells.u16(leaf, LIST.count);
    if (count > (kind === 'lf' ? MAX_LF_ELEMENTS : MAX_LEAF_ELEMENTS)) {
      this.report('LIST_LONG', leaf, `a list of kind ${kind} has ${count} elements`);
    }
    const elementSizeBytes = kind === 'li' ? 4 : 8;
    const offsets = this.elements(leaf, elementSizeBytes);
    for (const [index, cellOffset] of offsets.entries()) {
      if (!this.acceptSubkey(leaf, cellOffset)) continue;
      const second = kind === 'li' ? 0 : cells.u32(leaf, LIST.elements + index * 8 + 4);
      if (kind === 'lh') this.checkHash(leaf, cellOffset, second);
      if (kind === 'lf') this.checkHint(leaf, cellOffset, index);
    }
    return offsets.length;
  }

  private elements(list: number, elementSizeBytes: number): number[] {
    const { cells } = this.gate;
    const count = cells.u16(list, LIST.count);
    if (count === 0) this.report('LIST_EMPTY', list, `the list at ${list} has no element`);
    const room = Math.floor((cells.contentSizeBytes(list) - LIST.elements) / elementSizeBytes);
    if (count > room)
      this.report('LIST_COUNT', list, `the list at ${list} says ${count} elements, and has room for ${room}`);
    const offsets: number[] = [];
    for (let i = 0; i < Math.min(count, room); i += 1)
      offsets.push(cells.u32(list, LIST.elements + i * elementSizeBytes));
    return offsets;
  }

  private acceptSubkey(leaf: number, cellOffset: number): boolean {
    const { gate } = this;
    if (!gate.isAllocated(cellOffset)) {
      this.report('KEY_CELL', leaf, `a list names ${cellOffset} as a key, which is no allocated cell`);
      return false;
    }
    if (gate.cells.contentSizeBytes(cellOffset) < NK.name) {
      this.report('KEY_CELL', cellOffset, `the key at ${cellOffset} is cut off`);
      return false;
    }
    if (gate.cells.u16(cellOffset, 0) !== SIGNATURE.nk) {
      this.report('KEY_SIGNATURE', cellOffset, `the key at ${cellOffset} does not begin with 'nk'`);
      return false;
    }
    if (!isKey(gate, cellOffset)) {
      this.report('KEY_NAME', cellOffset, `the name of the key at ${cellOffset} reaches past its cell`);
      return false;
    }
    if (gate.isClaimed(cellOffset)) {
      this.report('KEY_LOOP', cellOffset, `the key at ${cellOffset} is listed twice, or lies under itself`);
      return false;
    }
    gate.claim(cellOffset, 'a key', this.path);
    this.checkOrder(cellOffset);
    this.subkeys.push(cellOffset);
    const nameSizeBytes = nameUnits(gate, cellOffset) * 2;
    this.maxima.nameSizeBytes = Math.max(this.maxima.nameSizeBytes, nameSizeBytes);
    this.maxima.classSizeBytes = Math.max(this.maxima.classSizeBytes, gate.cells.u16(cellOffset, NK.classLength));
    return true;
  }

  private checkOrder(cellOffset: number): void {
    const before = this.subkeys.at(-1);
    if (before === undefined) return;
    const order = compareKeyNames(this.gate, before, cellOffset);
    if (order === 0) this.report('KEY_DUPLICATE', cellOffset, `two subkeys are named ${nameOf(this.gate, cellOffset)}`);
    else if (order > 0) {
      const text = `subkey ${nameOf(this.gate, cellOffset)} stands after ${nameOf(this.gate, before)}`;
      this.report('KEY_ORDER', cellOffset, text);
    }
  }

  private checkHash(leaf: number, cellOffset: number, stored: number): void {
    const hash = nameHash(this.gate, cellOffset);
    if (hash !== stored) {
      this.report('LIST_HASH', leaf, `the hash of ${nameOf(this.gate, cellOffset)} is ${stored}, expected ${hash}`);
    }
  }

  private checkHint(leaf: number, cellOffset: number, index: number): void {
    const hint = this.gate.cells.field(leaf, LIST.elements + index * 8 + 4, 4);
    if (isHintOf(this.gate, cellOffset, hint)) return;
    this.report('LIST_HINT', leaf, `the hint of ${nameOf(this.gate, cellOffset)} is not made of its first characters`);
  }

  private checkMaxima(values: ValueMaxima): void {
    const { maxima } = this;
    const maxName = this.u16(NK.maxNameLength);
    if (maxName < maxima.nameSizeBytes)
      this.report('MAX_NAME', this.at, `says ${maxName}, needs ${maxima.nameSizeBytes}`);
    const maxClass = this.u32(NK.maxClassLength);
    if (maxClass < maxima.classSizeBytes)
      this.report('MAX_CLASS', this.at, `says ${maxClass}, needs ${maxima.classSizeBytes}`);
    const maxValueName = this.u32(NK.maxValueNameLength);
    if (maxValueName < values.nameSizeBytes) {
      this.report('MAX_VALUE_NAME', this.at, `says ${maxValueName}, needs ${values.nameSizeBytes}`);
    }
    const maxData = this.u32(NK.maxValueDataLength);
    if (maxData < values.dataSizeBytes)
      this.report('MAX_VALUE_DATA', this.at, `says ${maxData}, needs ${values.dataSizeBytes}`);
  }
}

function pathOf(gate: Gate, visit: Visit): string {
  const names: string[] = [];
  for (let step = visit; step.parent; step = step.parent) names.push(nameOf(gate, step.cellOffset));
  return names.reverse().join('\\');
}
