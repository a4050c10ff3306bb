// A bookkeeper of its own for cells, written from the description of the format and sharing no code with either reader: every allocated
// cell must be reached from the root exactly as often as it may be, and what Windows checks about lists and counts must
// hold. It expects a sound hive and says what is wrong with any other.

import { upcase } from '../../src/base/text.ts';

const NIL = 0xffff_ffff;

export interface Account {
  /** One sentence a fault; empty for a sound hive. */
  readonly faults: readonly string[];
  readonly allocatedCells: number;
  readonly freeBytes: number;
  /** Pairs of free cells side by side. */
  readonly uncoalesced: number;
  /** List kinds and their lengths, by the path of the key. */
  readonly lists: ReadonlyMap<string, readonly string[]>;
  readonly binSizes: readonly number[];
}

/** Reads the whole image; `image` is 4096 + bins size bytes. */
export function account(image: Uint8Array): Account {
  return new Bookkeeper(image).run();
}

class Bookkeeper {
  private readonly view: DataView;
  private readonly bytes: Uint8Array;
  private readonly faults: string[] = [];
  private readonly cells = new Map<number, number>();
  private readonly reached = new Set<number>();
  private readonly securityUsers = new Map<number, number>();
  private readonly lists = new Map<string, string[]>();
  private readonly binSizes: number[] = [];
  private readonly minor: number;
  private freeBytes = 0;
  private uncoalesced = 0;

  constructor(image: Uint8Array) {
    this.bytes = image;
    this.view = new DataView(image.buffer, image.byteOffset, image.byteLength);
    this.minor = this.view.getUint32(0x18, true);
  }

  run(): Account {
    if (this.view.getUint32(0x28, true) !== this.bytes.byteLength - 4096)
      this.faults.push('bins size is not the image');
    let sum = 0;
    for (let at = 0; at < 0x1fc; at += 4) sum ^= this.view.getUint32(at, true);
    sum >>>= 0;
    if (sum === NIL) sum = 0xffff_fffe;
    if (sum === 0) sum = 1;
    if (sum !== this.view.getUint32(0x1fc, true)) this.faults.push('checksum');
    this.readBins();
    const root = this.view.getUint32(0x24, true);
    this.readKey(root, null, '');
    this.readSecurity(this.u32(root, 44));
    for (const cell of this.cells.keys()) if (!this.reached.has(cell)) this.faults.push(`cell ${cell} is leaked`);
    return {
      faults: this.faults,
      allocatedCells: this.cells.size,
      freeBytes: this.freeBytes,
      uncoalesced: this.uncoalesced,
      lists: this.lists,
      binSizes: this.binSizes,
    };
  }

  private readBins(): void {
    for (let bin = 4096; bin < this.bytes.byteLength; ) {
      const size = this.view.getUint32(bin + 8, true);
      if (
        this.text(bin, 4) !== 'hbin' ||
        this.view.getUint32(bin + 4, true) !== bin - 4096 ||
        size === 0 ||
        size % 4096
      ) {
        this.faults.push(`bin at ${bin}`);
        return;
      }
      this.binSizes.push(size);
      let wasFree = false;
      for (let at = bin + 32; at < bin + size; ) {
        const cellSize = this.view.getInt32(at, true);
        if (cellSize === 0 || cellSize % 8 || at + Math.abs(cellSize) > bin + size) {
          this.faults.push(`cell at ${at}`);
          return;
        }
        if (cellSize < 0) this.cells.set(at - 4096, -cellSize - 4);
        else {
          this.freeBytes += cellSize;
          if (wasFree) this.uncoalesced += 1;
        }
        wasFree = cellSize > 0;
        at += Math.abs(cellSize);
      }
      bin += size;
    }
  }

  /** Claims an allocated cell of at least that payload for one use; false and a fault when it cannot be had. */
  private claim(cell: number, payload: number, what: string): boolean {
    const room = this.cells.get(cell);
    if (room === undefined || room < payload) {
      this.faults.push(`${what}: cell ${cell} is not allocated or shorter than ${payload}`);
      return false;
    }
    if (this.reached.has(cell)) {
      this.faults.push(`${what}: cell ${cell} is used twice`);
      return false;
    }
    this.reached.add(cell);
    return true;
  }

  /** Returns the key's name. */
  private readKey(cell: number, parent: number | null, path: string): string {
    if (!this.claim(cell, 76, `key ${path}`) || this.tag(cell) !== 'nk') {
      this.faults.push(`key ${path} at ${cell} is no nk`);
      return '';
    }
    const name = this.name(cell, 76, this.u16(cell, 72), (this.u16(cell, 2) & 0x20) !== 0);
    const here = parent === null ? '' : `${path}\\${name}`;
    if (parent !== null && this.u32(cell, 16) !== parent) this.faults.push(`${here}: parent`);
    const security = this.u32(cell, 44);
    if (security !== NIL) this.securityUsers.set(security, (this.securityUsers.get(security) ?? 0) + 1);
    const classBytes = this.u16(cell, 74);
    if (classBytes > 0) this.claim(this.u32(cell, 48), classBytes, `${here}: class`);
    this.readValues(cell, here);
    this.readSubkeys(cell, here);
    return name;
  }

  private readValues(key: number, path: string): void {
    const count = this.u32(key, 36);
    const list = this.u32(key, 40);
    if (count === 0) {
      if (list !== NIL) this.faults.push(`${path}: value list without values`);
      return;
    }
    if (!this.claim(list, 4 * count, `${path}: value list`)) return;
    const names = new Set<string>();
    for (let i = 0; i < count; i += 1) {
      const value = this.u32(list, 4 * i);
      if (!this.claim(value, 20, `${path}: value ${i}`) || this.tag(value) !== 'vk') continue;
      const name = this.name(value, 20, this.u16(value, 2), (this.u16(value, 16) & 1) !== 0);
      if (names.has(upcase(name))) this.faults.push(`${path}: value ${name} twice`);
      names.add(upcase(name));
      const size = this.u32(value, 4);
      if ((size & 0x7fff_ffff) > this.u32(key, 64)) this.faults.push(`${path}: MaxValueData`);
      if (2 * name.length > this.u32(key, 60)) this.faults.push(`${path}: MaxValueName`);
      this.readData(value, size, `${path}@${name}`);
    }
  }

  private readData(value: number, size: number, what: string): void {
    if (size & 0x8000_0000) {
      if ((size & 0x7fff_ffff) > 4) this.faults.push(`${what}: resident size`);
      return;
    }
    const cell = this.u32(value, 8);
    if (size === 0) {
      if (cell !== NIL) this.faults.push(`${what}: no data, but a cell`);
      return;
    }
    if (this.minor < 4 || size <= 16_344) {
      this.claim(cell, size, what);
      return;
    }
    if (!this.claim(cell, 8, what)) return;
    const count = this.u16(cell, 2);
    if (this.tag(cell) !== 'db' || count !== Math.ceil(size / 16_344)) this.faults.push(`${what}: db record`);
    const list = this.u32(cell, 4);
    if (!this.claim(list, 4 * count, `${what}: segment list`)) return;
    for (let i = 0; i < count; i += 1) this.claim(this.u32(list, 4 * i), 16_344, `${what}: segment ${i}`);
  }

  private readSubkeys(key: number, path: string): void {
    const count = this.u32(key, 20);
    const top = this.u32(key, 28);
    if (count === 0) {
      if (top !== NIL) this.faults.push(`${path}: subkey list without subkeys`);
      return;
    }
    const kinds: string[] = [];
    const state = { previous: null as string | null, count: 0, longest: 0, longestClass: 0 };
    if (this.cells.has(top) && this.tag(top) === 'ri') {
      this.claim(top, 4 + 4 * this.u16(top, 2), `${path}: ri`);
      for (let i = 0; i < this.u16(top, 2); i += 1)
        kinds.push(this.readLeaf(key, this.u32(top, 4 + 4 * i), path, state));
    } else kinds.push(this.readLeaf(key, top, path, state));
    this.lists.set(path, kinds);
    if (state.count !== count) this.faults.push(`${path}: ${count} subkeys stated, ${state.count} listed`);
    if (2 * state.longest > this.u16(key, 52)) this.faults.push(`${path}: MaxName`);
    if (state.longestClass > this.u32(key, 56)) this.faults.push(`${path}: MaxClass`);
  }

  private readLeaf(
    key: number,
    leaf: number,
    path: string,
    state: { previous: string | null; count: number; longest: number; longestClass: number },
  ): string {
    const kind = this.cells.has(leaf) ? this.tag(leaf) : '';
    const count = this.u16(leaf, 2);
    const entrySize = kind === 'li' ? 4 : 8;
    if (!['lf', 'lh', 'li'].includes(kind) || count === 0) this.faults.push(`${path}: leaf ${kind} of ${count}`);
    this.claim(leaf, 4 + entrySize * count, `${path}: leaf`);
    for (let i = 0; i < count; i += 1) {
      const child = this.u32(leaf, 4 + entrySize * i);
      const name = this.readKey(child, key, path);
      const upper = upcase(name);
      if (state.previous !== null && !(state.previous < upper)) this.faults.push(`${path}: ${name} out of order`);
      state.previous = upper;
      state.count += 1;
      state.longest = Math.max(state.longest, name.length);
      state.longestClass = Math.max(state.longestClass, this.u16(child, 74));
      if (kind === 'lh' && this.u32(leaf, 8 + 8 * i) !== hash(upper)) this.faults.push(`${path}: hash of ${name}`);
      if (kind === 'lf' && this.u32(leaf, 8 + 8 * i) !== hint(name)) this.faults.push(`${path}: hint of ${name}`);
    }
    return `${kind}${count}`;
  }

  private readSecurity(first: number): void {
    let cell = first;
    for (let i = 0; first !== NIL && i <= this.cells.size; i += 1) {
      if (!this.claim(cell, 20 + 4, 'security') || this.tag(cell) !== 'sk') return;
      const next = this.u32(cell, 4);
      if (this.cells.has(next) && this.u32(next, 8) !== cell) this.faults.push(`security ${cell}: ring`);
      if (this.u32(cell, 12) !== (this.securityUsers.get(cell) ?? 0)) {
        this.faults.push(`security ${cell}: ${this.u32(cell, 12)} users, ${this.securityUsers.get(cell) ?? 0} counted`);
      }
      cell = next;
      if (cell === first) return;
    }
  }

  private u16(cell: number, offset: number): number {
    return this.view.getUint16(4100 + cell + offset, true);
  }

  private u32(cell: number, offset: number): number {
    return this.view.getUint32(4100 + cell + offset, true);
  }

  private tag(cell: number): string {
    return this.text(4100 + cell, 2);
  }

  private text(at: number, length: number): string {
    return String.fromCharCode(...this.bytes.subarray(at, at + length));
  }

  private name(cell: number, offset: number, length: number, isLatin1: boolean): string {
    const start = 4100 + cell + offset;
    if ((this.cells.get(cell) ?? 0) < offset + length) this.faults.push(`name in cell ${cell}`);
    if (isLatin1) return this.text(start, length);
    let text = '';
    for (let i = 0; i < length; i += 2) text += String.fromCharCode(this.view.getUint16(start + i, true));
    return text;
  }
}

function hash(upper: string): number {
  let value = 0;
  for (let i = 0; i < upper.length; i += 1) value = (Math.imul(37, value) + upper.charCodeAt(i)) >>> 0;
  return value;
}

function hint(name: string): number {
  const units = name.slice(0, 4).split('');
  const bytes = [0, 0, 0, 0];
  for (let i = units.findLastIndex((unit) => unit > '\xff') + 1; i < units.length; i += 1) {
    bytes[i] = units[i]!.charCodeAt(0);
  }
  return (bytes[0]! | (bytes[1]! << 8) | (bytes[2]! << 16) | (bytes[3]! << 24)) >>> 0;
}
