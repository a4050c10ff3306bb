// A hive as it was, with changes laid over it in memory: what an edited hive must look like. It shares nothing with the
// engine that makes the edits.

import { fromHex } from '../../base/bytes.ts';
import { InternalError } from '../../base/errors.ts';
import { compareNames, encodeLatin1, encodeUtf16le } from '../../base/text.ts';
import type { KeyRecord, RegValue } from '../edit.ts';
import type { Key, Value } from '../hive.ts';
import { valueBytes } from '../value.ts';

/** The nk flag that says that the name is stored as Latin-1 bytes. */
const KEY_COMP_NAME = 0x20;

/** A value as a change leaves it. */
export class ExpectedValue implements Value {
  readonly name: string;
  readonly type: number;
  readonly cellOffset = 0;
  readonly flags: number;
  private readonly bytes: Uint8Array;

  constructor(name: string, value: RegValue) {
    this.name = name;
    this.type = value.type;
    this.bytes = valueBytes(value);
    this.flags = encodeLatin1(name) === null ? 0 : 1;
  }

  data(): Uint8Array {
    return this.bytes;
  }
}

/** A key that changes have touched, or that stands above one; what they have not touched is the original's. */
export class ExpectedKey implements Key {
  readonly cellOffset = 0;
  readonly parent: ExpectedKey | null;
  name: string;
  flags: number;
  lastWritten: bigint;
  classBytes: Uint8Array | null;
  /** Whether an edit stamped it: then any time will do. */
  isStamped = false;
  private descriptor: Uint8Array | null;
  private children: Key[];
  private items: Value[];

  constructor(original: Key, parent: ExpectedKey | null) {
    this.parent = parent;
    this.name = original.name;
    this.flags = original.flags;
    this.lastWritten = original.lastWritten;
    this.classBytes = original.classBytes;
    this.descriptor = original.security();
    this.children = [...original.subkeys()];
    this.items = [...original.values()];
  }

  get path(): readonly string[] {
    return this.parent === null ? [] : [...this.parent.path, this.name];
  }

  subkeys(): readonly Key[] {
    return this.children;
  }

  subkey(name: string): Key | null {
    return this.children.find((child) => compareNames(child.name, name) === 0) ?? null;
  }

  values(): readonly Value[] {
    return this.items;
  }

  value(name: string): Value | null {
    return this.items.find((item) => compareNames(item.name, name) === 0) ?? null;
  }

  security(): Uint8Array | null {
    return this.descriptor;
  }

  /** The key at `path` below this one, opened for changes; null where there is none. */
  open(path: readonly string[]): ExpectedKey | null {
    const [name, ...rest] = path;
    if (name === undefined) return this;
    const child = this.subkey(name);
    if (child === null) return null;
    const opened = child instanceof ExpectedKey ? child : new ExpectedKey(child, this);
    if (opened !== child) this.children[this.children.indexOf(child)] = opened;
    return opened.open(rest);
  }

  add(name: string, record: KeyRecord): void {
    const added = new ExpectedKey(new NewKey(name, record), this);
    const place = this.children.findIndex((child) => compareNames(child.name, name) > 0);
    this.children.splice(place < 0 ? this.children.length : place, 0, added);
    this.isStamped = true;
  }

  remove(child: Key): void {
    this.children = this.children.filter((other) => other !== child);
    this.isStamped = true;
  }

  rename(newName: string): void {
    this.name = newName;
    this.flags = (this.flags & ~KEY_COMP_NAME) | compressedFlag(newName);
    this.isStamped = true;
    if (this.parent) this.parent.isStamped = true;
  }

  setValue(name: string, value: RegValue): void {
    const found = this.value(name);
    const set = new ExpectedValue(found?.name ?? name, value);
    this.items = found ? this.items.map((item) => (item === found ? set : item)) : [...this.items, set];
    this.isStamped = true;
  }

  removeValue(value: Value): void {
    this.items = this.items.filter((item) => item !== value);
    this.isStamped = true;
  }

  setClass(className: string): void {
    this.classBytes = className === '' ? null : encodeUtf16le(className);
    this.isStamped = true;
  }

  setSecurity(descriptor: Uint8Array | null): void {
    this.descriptor = descriptor;
    this.isStamped = true;
  }

  setTime(filetime: bigint): void {
    this.lastWritten = filetime;
    this.isStamped = false;
  }
}

function compressedFlag(name: string): number {
  return encodeLatin1(name) === null ? 0 : KEY_COMP_NAME;
}

/** A key as its record says it was made. */
class NewKey implements Key {
  readonly cellOffset = 0;
  readonly path: readonly string[] = [];
  readonly name: string;
  readonly flags: number;
  readonly lastWritten: bigint;
  readonly classBytes: Uint8Array | null;
  private readonly record: KeyRecord;

  constructor(name: string, record: KeyRecord) {
    this.name = name;
    this.record = record;
    this.flags = compressedFlag(name);
    this.lastWritten = BigInt(record.filetime);
    this.classBytes = record.className === undefined ? null : encodeUtf16le(record.className);
  }

  subkeys(): readonly Key[] {
    return [];
  }

  subkey(): null {
    return null;
  }

  values(): readonly Value[] {
    return this.record.values.map(({ name, value }) => new ExpectedValue(name, value));
  }

  value(name: string): Value | null {
    return this.values().find((value) => compareNames(value.name, name) === 0) ?? null;
  }

  security(): Uint8Array | null {
    if (this.record.sdHex === undefined) return null;
    const descriptor = fromHex(this.record.sdHex);
    if (descriptor === null)
      throw new InternalError(`the record of the new key ${this.name} has a descriptor that is not hex`);
    return descriptor;
  }
}
