// Sound hives with everything that the format has, and a way to put single faults into them.

import { wasmBytes } from 'hivex-wasm';
import { encodeUtf16le } from '../../src/base/text.ts';
import { HiveHandle } from '../../src/engine/handle.ts';
import { Engine } from '../../src/engine/module.ts';
import { BASE_BLOCK_SIZE_BYTES, encodeBaseBlock } from '../../src/regf/base-block.ts';
import { Cells, NIL } from '../../src/regf/cells.ts';
import { LIST, NK } from '../../src/regf/layout.ts';
import { RegfTree } from '../../src/regf/tree.ts';

const TIME = 132_000_000_000_000_000n;

/** A self-relative descriptor: owner and group SYSTEM, an ACL of one entry; `variant` makes it another. */
export function descriptor(variant: number): Uint8Array {
  const bytes = new Uint8Array(72);
  const system = [1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0];
  bytes.set([1, 0, 4, 0x80, 20, 0, 0, 0, 32, 0, 0, 0, 0, 0, 0, 0, 44, 0, 0, 0]);
  bytes.set(system, 20);
  bytes.set(system, 32);
  bytes.set([2, 0, 28, 0, 1, 0, 0, 0, 0, 0, 20, 0, variant, 0, 15, 0], 44);
  bytes.set(system, 60);
  return bytes;
}

/** That descriptor with one part made such that Windows takes it for none. */
export const BAD_DESCRIPTORS: readonly (readonly [string, (bytes: Uint8Array) => void])[] = [
  ['no owner', (bytes) => bytes.fill(0, 4, 8)],
  ['an owner at no multiple of 4', (bytes) => bytes.set([22], 4)],
  ['an owner within the header', (bytes) => bytes.set([16], 4)],
  ['an owner of 60 sub-authorities', (bytes) => bytes.set([60], 21)],
  ['a group of another revision', (bytes) => bytes.set([2], 32)],
  [
    'parts that overlap, so that they need more room than there is',
    (bytes) => {
      bytes.set([44], 12);
    },
  ],
  ['an ACL of revision 0', (bytes) => bytes.set([0], 44)],
  ['an ACL of revision 9', (bytes) => bytes.set([9], 44)],
  ['an ACL of 4 bytes', (bytes) => bytes.set([4], 46)],
  ['an ACL of odd length', (bytes) => bytes.set([27], 46)],
  ['an entry of odd length', (bytes) => bytes.set([19], 54)],
  ['an ACL at no multiple of 4', (bytes) => bytes.set([42], 16)],
  [
    'a bad ACL behind an unset present bit',
    (bytes) => {
      bytes.set([0], 2);
      bytes.set([9], 44);
    },
  ],
  ['a bad SACL behind an unset present bit', (bytes) => bytes.set([32], 12)],
];

let engine: Engine | undefined;

export function patientEngine(): Engine {
  engine ??= Engine.fromBytes(wasmBytes());
  return engine;
}

/** Version 1.5: lh and ri lists, big data, class names, Unicode names, three descriptors. 1.3: lf and li lists. */
export function soundHive(minor: 3 | 5): Uint8Array {
  const hive = HiveHandle.create(patientEngine(), { minor, rootName: 'ROOT', security: descriptor(1), filetime: TIME });
  const root = hive.root();
  const make = (name: string, parent = root) => hive.createKey(parent, name, TIME);
  const alpha = make('Alpha');
  hive.setClass(alpha, encodeUtf16le('Class of Alpha'), TIME);
  hive.setSecurity(alpha, descriptor(2), TIME);
  hive.setValue(alpha, 'small', 4, Uint8Array.of(1, 2, 3, 4), TIME);
  hive.setValue(alpha, 'text', 1, encodeUtf16le('a text of some length\0'), TIME);
  hive.setValue(alpha, 'other text', 1, encodeUtf16le('another text, longer than the first\0'), TIME);
  hive.setValue(alpha, '', 3, new Uint8Array(), TIME);
  hive.setValue(make('Big'), 'data', 3, new Uint8Array(40_000).fill(7), TIME);
  const beta = make('Beta');
  for (const name of ['One', 'Three', 'Two', 'Zwölf', 'Дом']) make(name, beta);
  hive.setSecurity(hive.subkey(beta, 'Two')!, descriptor(3), TIME);
  const many = make('Many');
  for (let i = 0; i < 1300; i += 1) make(`Key ${i}`, many);
  let deep = make('Deep');
  for (let i = 0; i < 300; i += 1) deep = make('d', deep);
  let deeper = make('Deeper');
  for (let i = 0; i < 300; i += 1) deeper = make('e', deeper);
  const image = hive.image();
  hive.close();
  return image;
}

/** A hive of three bins with one of each kind of record, for tests that read it thousands of times. */
export function smallHive(minor: 3 | 5): Uint8Array {
  const hive = HiveHandle.create(patientEngine(), { minor, rootName: 'ROOT', security: descriptor(1), filetime: TIME });
  const root = hive.root();
  for (let i = 0; i < 12; i += 1) {
    const key = hive.createKey(hive.createKey(root, `Key ${i}`, TIME), 'Below', TIME);
    hive.setValue(key, 'text', 1, encodeUtf16le(`the text of value ${i}\0`), TIME);
    hive.setValue(key, 'number', 4, Uint8Array.of(i, 0, 0, 0), TIME);
    if (i % 3 === 0) hive.setClass(key, encodeUtf16le('Class'), TIME);
    if (i % 4 === 0) hive.setSecurity(key, descriptor(2 + i), TIME);
  }
  hive.setValue(root, 'big', 3, new Uint8Array(17_000).fill(7), TIME);
  const image = hive.image();
  hive.close();
  return image;
}

/** An image under the knife. Offsets are from the first bin; fields are those of layout.ts. */
export class Patient {
  image: Uint8Array;
  private readonly tree: RegfTree;

  constructor(image: Uint8Array) {
    this.image = image.slice();
    // Its own copy, so that it still finds its way after the cut.
    this.tree = new RegfTree(image, 'the sound hive');
  }

  get cells(): Cells {
    return new Cells(this.image);
  }

  key(...path: string[]): number {
    let key = this.tree.root;
    for (const name of path) key = key.subkey(name)!;
    return key.cellOffset;
  }

  value(path: string[], name: string): number {
    let key = this.tree.root;
    for (const part of path) key = key.subkey(part)!;
    return key.value(name)!.cellOffset;
  }

  u16(cell: number, field: number): number {
    return this.cells.u16(cell, field);
  }

  u32(cell: number, field: number): number {
    return this.cells.u32(cell, field);
  }

  set16(cell: number, field: number, value: number): void {
    this.cells.view.setUint16(cell + 4 + field, value, true);
  }

  set32(cell: number, field: number, value: number): void {
    this.cells.view.setUint32(cell + 4 + field, value, true);
  }

  /** The size field of a cell, or any four bytes of the bins. */
  setRaw(offset: number, value: number): void {
    this.cells.view.setInt32(offset, value | 0, true);
  }

  raw(offset: number): number {
    return this.cells.view.getInt32(offset, true);
  }

  /** Sets a field of the base block; the checksum is made right again. */
  header(offset: number, value: number): void {
    new DataView(this.image.buffer).setUint32(offset, value, true);
    this.image.set(encodeBaseBlock(this.image.subarray(0, BASE_BLOCK_SIZE_BYTES), {}));
  }

  list(...path: string[]): number {
    return this.u32(this.key(...path), NK.subkeyList);
  }

  /** The offset of a free cell, which there is in every hive. */
  freeCell(): number {
    const { cells } = this;
    for (let bin = 0; bin < cells.binsSizeBytes; bin += cells.view.getUint32(bin + 8, true)) {
      const end = bin + cells.view.getUint32(bin + 8, true);
      for (let at = bin + 32; at < end; at += Math.abs(cells.view.getInt32(at, true))) {
        if (cells.view.getInt32(at, true) > 0) return at;
      }
    }
    throw new Error('the hive has no free cell');
  }

  pastTheEnd(): number {
    return this.cells.binsSizeBytes + 8;
  }

  /** Takes element `index` out of a list of 8-byte elements. */
  unlist(list: number, index: number): void {
    const count = this.u16(list, LIST.count);
    const bytes = this.cells.field(list, LIST.elements, 8 * count);
    bytes.copyWithin(8 * index, 8 * (index + 1));
    this.set16(list, LIST.count, count - 1);
  }

  /** Exchanges two elements of 8 bytes. */
  swap(list: number, a: number, b: number): void {
    const bytes = this.cells.field(list, LIST.elements, 8 * this.u16(list, LIST.count));
    const first = bytes.slice(8 * a, 8 * a + 8);
    bytes.copyWithin(8 * a, 8 * b, 8 * b + 8);
    bytes.set(first, 8 * b);
  }
}

export { NIL };
