// The gate's judgement of a key's values: list, names, data, big data. As in validate-keys.ts, one object looks at all.

import { decodeLatin1, decodeUtf16le, upcase } from '../../base/text.ts';
import { BIG_DATA_SEGMENT_SIZE_BYTES, NIL } from '../cells.ts';
import { nameHash } from '../key-names.ts';
import { MAX_VALUE_NAME_UNITS, NK_FLAG, SIGNATURE, VK, VK_FLAG } from '../layout.ts';
import { WORDS } from '../words.ts';
import { ALLOCATED, CLAIMED, type Gate } from './gate.ts';
import { NameHashes } from './name-hashes.ts';

const { key: KEY_WORD, value: VALUE_WORD, bigData: BIG_WORD, content: CONTENT } = WORDS;

/** What is asked of every value, had once: what another file exports may stand behind a getter. */
const VALUE = SIGNATURE.vk;
const NAME = VK.name;
const COMPRESSED = VK_FLAG.compressedName;
const PREDEFINED = NK_FLAG.predefinedHandle;
const MAX_NAME_SIZE_BYTES = 2 * MAX_VALUE_NAME_UNITS;
const SEGMENT_SIZE_BYTES = BIG_DATA_SEGMENT_SIZE_BYTES;

/** NIL as it is read from the words of the bins. */
const NO_CELL = NIL | 0;
/** What is left of a data size without the bit that says that the data are resident. */
const SIZE_BITS = 0x7fff_ffff;

/** Judges the values of one key after the other. */
export class ValueWalk {
  /** What the values of the last key amount to, for its Max* fields; names in bytes as UTF-16. */
  nameSizeBytes = 0;
  dataSizeBytes = 0;
  private readonly gate: Gate;
  private readonly words: Int32Array;
  /** Of the values of the key that can be read, and of their names. */
  private readonly whole: number[] = [];
  private readonly hashes = new NameHashes();

  constructor(gate: Gate) {
    this.gate = gate;
    this.words = gate.words;
  }

  /** Judges the values of the key of `visit`, which lies at `key`. */
  check(key: number, visit: number): void {
    this.nameSizeBytes = 0;
    this.dataSizeBytes = 0;
    const { gate, words } = this;
    const word = key >> 2;
    // The count of a predefined handle is a handle.
    if ((words[word + KEY_WORD.signatureAndFlags]! >>> 16) & PREDEFINED) return;
    const count = words[word + KEY_WORD.valueCount]! >>> 0;
    const list = words[word + KEY_WORD.valueList]!;
    if (count === 0) {
      if (list !== NO_CELL) gate.claim(list, 'a value list', visit);
      return;
    }
    if (!gate.isAllocated(list)) {
      const text = `${count} values, with their list said to be at ${list >>> 0}, which is not an allocated cell`;
      gate.reportKey('VALUE_LIST', key, text, visit);
      return;
    }
    if (gate.claim(list, 'a value list', visit)) this.checkList(list, count, visit);
  }

  private checkList(list: number, count: number, visit: number): void {
    const { gate, words, whole, hashes } = this;
    const { states } = gate;
    const { bytes } = gate.cells;
    const room = gate.contentSizeBytes(list) >> 2;
    if (room < count) this.reportRoom(list, count, room, visit);
    const first = (list >> 2) + CONTENT;
    const end = first + Math.min(count, room);
    whole.length = 0;
    hashes.reset(end - first);
    let isHashTwice = false;
    for (let at = first; at < end; at += 1) {
      const value = words[at]!;
      if (value <= 0 || (value & 7) !== 0 || states[value >>> 3] !== ALLOCATED) {
        this.reportNoCell(value, list, visit);
        continue;
      }
      states[value >>> 3] = CLAIMED;
      const word = value >> 2;
      const head = words[word + VALUE_WORD.signatureAndNameLength]!;
      const storedBytes = head >>> 16;
      const isByte = (words[word + VALUE_WORD.flags]! & COMPRESSED) !== 0;
      const nameSizeBytes = isByte ? 2 * storedBytes : storedBytes;
      if (
        (head & 0xffff) !== VALUE ||
        NAME + storedBytes > -words[word]! - 4 ||
        nameSizeBytes > MAX_NAME_SIZE_BYTES ||
        (nameSizeBytes & 1) === 1
      ) {
        this.reportNoValue(value, storedBytes, visit);
        continue;
      }
      if (nameSizeBytes > this.nameSizeBytes) this.nameSizeBytes = nameSizeBytes;
      this.checkData(value, visit);
      whole.push(value);
      // Names of different hashes differ: a string for each name of a hive would take longer than all else.
      if (end - first === 1) continue;
      if (!hashes.add(nameHash(bytes, value + 4 + NAME, storedBytes, isByte))) isHashTwice = true;
    }
    if (isHashTwice) this.reportSameNames(visit);
  }

  private reportRoom(list: number, count: number, room: number, visit: number): void {
    const text = `${count} values are said to be there, and the list has room for ${room}`;
    this.gate.reportKey('VALUE_LIST', list, text, visit);
  }

  /** An element that is no allocated cell, or one that another structure has. */
  private reportNoCell(value: number, list: number, visit: number): void {
    const { gate } = this;
    if (gate.isAllocated(value)) gate.claim(value, 'a value', visit);
    else {
      const text = `the list names ${value >>> 0} as a value, which is not an allocated cell`;
      gate.reportKey('VALUE_CELL', list, text, visit);
    }
  }

  /** An allocated cell that is not a whole value. */
  private reportNoValue(value: number, nameSizeBytes: number, visit: number): void {
    const { gate } = this;
    if (gate.contentSizeBytes(value) < NAME) {
      gate.reportKey('VALUE_CELL', value, `the value at ${value} is cut off`, visit);
    } else if (gate.cells.u16(value, 0) !== VALUE) {
      gate.reportKey('VALUE_SIGNATURE', value, `the value at ${value} does not begin with 'vk'`, visit);
    } else {
      gate.reportKey('VALUE_NAME', value, `the name of the value at ${value} has ${nameSizeBytes} bytes`, visit);
    }
  }

  private reportSameNames(visit: number): void {
    const names = new Set<string>();
    for (const value of this.whole) {
      const name = this.comparedName(value);
      if (names.has(name)) this.gate.reportKey('VALUE_DUPLICATE', value, 'two values have the same name', visit);
      names.add(name);
    }
  }

  private checkData(value: number, visit: number): void {
    const { gate, words } = this;
    const stored = words[(value >> 2) + VALUE_WORD.dataSize]!;
    const sizeBytes = stored & SIZE_BITS;
    if (sizeBytes > this.dataSizeBytes) this.dataSizeBytes = sizeBytes;
    if (stored < 0) {
      if (sizeBytes <= 4) return;
      gate.reportKey('VALUE_SIZE', value, `${sizeBytes} resident bytes, expected at most 4`, visit);
      return;
    }
    const data = words[(value >> 2) + VALUE_WORD.dataOffset]!;
    if (sizeBytes === 0) {
      if (data === NO_CELL) return;
      gate.reportKey('VALUE_SIZE', value, `no bytes, but a data cell at ${data >>> 0}`, visit);
      return;
    }
    if (!gate.claim(data, 'the data of a value', visit)) {
      if (gate.isAllocated(data)) return;
      const text = `the data are said to be at ${data >>> 0}, which is not an allocated cell`;
      gate.reportKey('VALUE_DATA', value, text, visit);
    } else if (gate.minorVersion >= 4 && sizeBytes > SEGMENT_SIZE_BYTES) {
      this.checkBigData(data, sizeBytes, visit);
    } else if (gate.contentSizeBytes(data) < sizeBytes) {
      const text = `${sizeBytes} bytes of data, in a cell for ${gate.contentSizeBytes(data)}`;
      gate.reportKey('VALUE_DATA', data, text, visit);
    }
  }

  private checkBigData(record: number, sizeBytes: number, visit: number): void {
    const { gate, words } = this;
    const head = words[(record >> 2) + BIG_WORD.signatureAndCount]!;
    if (gate.contentSizeBytes(record) < 8 || (head & 0xffff) !== SIGNATURE.db) {
      gate.reportKey('BIG_DATA', record, `${sizeBytes} bytes of data without a db record`, visit);
      return;
    }
    const count = head >>> 16;
    const needed = Math.ceil(sizeBytes / SEGMENT_SIZE_BYTES);
    if (count !== needed) {
      gate.reportKey('BIG_DATA', record, `${count} segments for ${sizeBytes} bytes, expected ${needed}`, visit);
    }
    const list = words[(record >> 2) + BIG_WORD.segmentList]!;
    if (!gate.isAllocated(list) || gate.contentSizeBytes(list) < 4 * count) {
      gate.reportKey('BIG_DATA', record, `the list of ${count} segments at ${list >>> 0} is not whole`, visit);
      return;
    }
    if (!gate.claim(list, 'a list of segments', visit)) return;
    for (let i = 0; i < count; i += 1) {
      const segment = words[(list >> 2) + CONTENT + i]!;
      const left = sizeBytes - i * SEGMENT_SIZE_BYTES;
      const want = Math.max(0, Math.min(SEGMENT_SIZE_BYTES, left));
      if (!gate.isAllocated(segment)) {
        const text = `segment ${i} is said to be at ${segment >>> 0}, which is not an allocated cell`;
        gate.reportKey('BIG_DATA_SEGMENT', list, text, visit);
      } else if (gate.claim(segment, 'a segment', visit) && gate.contentSizeBytes(segment) < want) {
        gate.reportKey('BIG_DATA_SEGMENT', segment, `segment ${i} holds fewer than ${want} bytes`, visit);
      }
    }
  }

  /** The name of a whole value as Windows compares it. */
  private comparedName(value: number): string {
    const { cells } = this.gate;
    const bytes = cells.field(value, NAME, cells.u16(value, VK.nameLength));
    const isByte = (cells.u16(value, VK.flags) & COMPRESSED) !== 0;
    return upcase(isByte ? decodeLatin1(bytes) : decodeUtf16le(bytes));
  }
}
