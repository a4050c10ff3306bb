// A hive that notes which keys and values somebody asks for: what a check reads is known by letting it read.

import { upcase } from '../../base/text.ts';
import type { Hive, Key, Value } from '../hive.ts';

const joined = (path: readonly string[]): string => path.map((name) => `\\${upcase(name)}`).join('');

/** What was asked of a hive, whether it was there or not. */
export class HiveReads {
  private readonly keys = new Set<string>();
  private readonly values = new Set<string>();
  private readonly subkeyLists = new Set<string>();
  private readonly valueLists = new Set<string>();

  /** The key at `path`, and those above it, which had to be there. */
  key(path: readonly string[]): void {
    for (let depth = path.length; depth >= 0; depth -= 1) this.keys.add(joined(path.slice(0, depth)));
  }

  value(path: readonly string[], name: string): void {
    this.key(path);
    this.values.add(`${joined(path)}\0${upcase(name)}`);
  }

  list(what: 'subkeys' | 'values', path: readonly string[]): void {
    this.key(path);
    (what === 'subkeys' ? this.subkeyLists : this.valueLists).add(joined(path));
  }

  /** Whether the key at `path`, or something below it, was asked for, or all subkeys of its parent were. */
  concernsKey(path: readonly string[]): boolean {
    return this.keys.has(joined(path)) || (path.length > 0 && this.subkeyLists.has(joined(path.slice(0, -1))));
  }

  /** Whether this value, or all of its key, was asked for; `name` null: any value of the key. */
  concernsValue(path: readonly string[], name: string | null): boolean {
    const key = joined(path);
    if (this.valueLists.has(key)) return true;
    if (name !== null) return this.values.has(`${key}\0${upcase(name)}`);
    return [...this.values].some((read) => read.startsWith(`${key}\0`));
  }

  /** Whether a subkey of the key at `path`, whatever its name, was asked for. */
  concernsSubkeys(path: readonly string[]): boolean {
    const key = joined(path);
    return this.subkeyLists.has(key) || [...this.keys].some((read) => read.startsWith(`${key}\\`));
  }
}

/** `hive`, which tells `reads` what is read of it. */
export function recordingHive(hive: Hive, reads: HiveReads): Hive {
  const wrap = (key: Key): Key => new RecordingKey(key, reads);
  return {
    name: hive.name,
    minorVersion: hive.minorVersion,
    view: hive.view,
    reader: hive.reader,
    root: wrap(hive.root),
    key: (path) => {
      reads.key(path);
      const key = hive.key(path);
      return key && wrap(key);
    },
    value: (path, name) => {
      reads.value(path, name);
      return hive.value(path, name);
    },
    walk: function* (from) {
      for (const key of hive.walk(from instanceof RecordingKey ? from.key : from)) {
        reads.list('subkeys', key.path);
        yield wrap(key);
      }
    },
  };
}

class RecordingKey implements Key {
  readonly key: Key;
  private readonly reads: HiveReads;

  constructor(key: Key, reads: HiveReads) {
    this.key = key;
    this.reads = reads;
  }

  get name(): string {
    return this.key.name;
  }
  get path(): readonly string[] {
    return this.key.path;
  }
  get cellOffset(): number {
    return this.key.cellOffset;
  }
  get lastWritten(): bigint {
    return this.key.lastWritten;
  }
  get flags(): number {
    return this.key.flags;
  }
  get classBytes(): Uint8Array | null {
    return this.key.classBytes;
  }

  subkeys(): readonly Key[] {
    this.reads.list('subkeys', this.path);
    return this.key.subkeys().map((key) => new RecordingKey(key, this.reads));
  }

  subkey(name: string): Key | null {
    this.reads.key([...this.path, name]);
    const key = this.key.subkey(name);
    return key && new RecordingKey(key, this.reads);
  }

  values(): readonly Value[] {
    this.reads.list('values', this.path);
    return this.key.values();
  }

  value(name: string): Value | null {
    this.reads.value(this.path, name);
    return this.key.value(name);
  }

  security(): Uint8Array | null {
    return this.key.security();
  }
}
