// Keys and values as programs take them: a key that is not there is undefined, and what is shown is decoded.

import { FormatError } from '../../base/errors.ts';
import { compareNames, decodeUtf16le } from '../../base/text.ts';
import { filetimeToIso, msToFiletime } from '../../base/time.ts';
import type { Confidence, DeletedKey } from '../../regf/deleted/deleted-records.ts';
import type { Hive, Key, Value } from '../../registry/hive.ts';
import { keyTest } from '../../registry/key-filter.ts';
import { formatKeyPath, parseKeyPath } from '../../registry/path.ts';
import { decodeValue, typeText } from '../../registry/value.ts';
import { parseDescriptor, toSddl } from '../../security/index.ts';

/** Which keys a walk gives. */
export interface WalkOptions {
  /**
   * A glob over the path below the root, letter case aside: `*` any text within a name, `**` any number of names, `?` one
   * character.
   */
  readonly match?: string;
  /** Only keys last written at this time or later; a FILETIME or a Date. */
  readonly since?: bigint | Date;
  /** Ends the walk with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** What a value holds by its type; bytes where the type is neither text nor number, or the data do not have its form. */
export type ValueData = string | readonly string[] | number | bigint | Uint8Array;

/** A path below the root: `'ControlSet001\\Control'`, or its names. */
export type PathInput = string | readonly string[];

export const namesOf = (path: PathInput): readonly string[] => (typeof path === 'string' ? parseKeyPath(path) : path);

/** A key of an open hive; after an edit of the hive it is looked up again. */
export class HiveKey {
  private readonly hive: Hive;
  private readonly record: Key;
  /** How much a deleted key's record is to be trusted; null: the key is there. */
  readonly deleted: { readonly confidence: Confidence; readonly isPathWhole: boolean } | null;

  constructor(hive: Hive, record: Key, deleted: HiveKey['deleted'] = null) {
    this.hive = hive;
    this.record = record;
    this.deleted = deleted;
  }

  get name(): string {
    return this.record.name;
  }

  /** Below the root, with backslashes; '' is the root. */
  get path(): string {
    return formatKeyPath(this.record.path);
  }

  /** The names of `path`. */
  get names(): readonly string[] {
    return this.record.path;
  }

  /** When it was last written: ISO 8601 in UTC with seven digits; null beyond the year 9999. */
  get time(): string | null {
    return filetimeToIso(this.record.lastWritten);
  }

  /** The same as a FILETIME. */
  get filetime(): bigint {
    return this.record.lastWritten;
  }

  /** The class name, null where there is none. */
  get className(): string | null {
    const { classBytes } = this.record;
    return classBytes === null ? null : decodeUtf16le(classBytes);
  }

  /** The self-relative security descriptor; null where there is none or it cannot be read. */
  get security(): Uint8Array | null {
    return this.record.security();
  }

  /** The security descriptor as SDDL; null where there is none or it cannot be read. */
  get sddl(): string | null {
    const descriptor = this.record.security();
    if (descriptor === null) return null;
    try {
      return toSddl(parseDescriptor(descriptor));
    } catch (error) {
      if (error instanceof FormatError) return null;
      throw error;
    }
  }

  /** Offset of its record from the first bin. */
  get cellOffset(): number {
    return this.record.cellOffset;
  }

  /** In stored order. */
  keys(): readonly HiveKey[] {
    return this.record.subkeys().map((key) => new HiveKey(this.hive, key));
  }

  /** The key at a path below this one. @throws UsageError BAD_PATH */
  key(path: PathInput): HiveKey | undefined {
    let record: Key | null = this.record;
    for (const name of namesOf(path)) record = record?.subkey(name) ?? null;
    return record === null ? undefined : new HiveKey(this.hive, record);
  }

  /** In stored order. */
  values(): readonly HiveValue[] {
    return this.record.values().map((value) => new HiveValue(value));
  }

  /** The value of a name, compared as Windows does; '' is the default value. */
  value(name: string): HiveValue | undefined {
    const value = this.record.value(name);
    return value === null ? undefined : new HiveValue(value);
  }

  /** This key and all below it, parents first, siblings in stored order. */
  *walk(options: WalkOptions = {}): Generator<HiveKey> {
    const passes = walkTest(options);
    for (const record of this.hive.walk(this.record)) {
      options.signal?.throwIfAborted();
      if (passes(record)) yield new HiveKey(this.hive, record);
    }
  }
}

/** Whether a key passes by path and time. */
export function walkTest({ match, since }: WalkOptions): ReturnType<typeof keyTest> {
  const filetime = since instanceof Date ? msToFiletime(since.getTime()) : since;
  return keyTest({
    ...(match === undefined ? {} : { match }),
    ...(filetime === undefined ? {} : { since: filetime }),
  });
}

/** A value of a key. */
export class HiveValue {
  private readonly record: Value;

  constructor(record: Value) {
    this.record = record;
  }

  /** '' is the default value. */
  get name(): string {
    return this.record.name;
  }

  /** The REG_* number; any 32 bits. */
  get type(): number {
    return this.record.type;
  }

  /** 'REG_SZ'; '0xffff0012' of a number without a name. */
  get typeName(): string {
    return typeText(this.record.type);
  }

  /** A copy of them as stored; its `buffer` may be larger. @throws FormatError BAD_CELL where they cannot be read whole */
  get data(): Uint8Array {
    return this.record.data();
  }

  /** By its type. @throws FormatError BAD_CELL where it cannot be read whole */
  get decoded(): ValueData {
    const decoded = decodeValue(this.record.type, this.record.data());
    switch (decoded.kind) {
      case 'string':
        return decoded.text;
      case 'strings':
        return decoded.texts;
      case 'bytes':
        return decoded.bytes;
      default:
        return decoded.number;
    }
  }
}

/** A deleted key with the values that its own list still names. */
export function deletedKey(hive: Hive, deleted: DeletedKey): HiveKey {
  const values = deleted.values.map(
    (value): Value => ({
      name: value.name,
      type: value.type,
      cellOffset: value.cellOffset,
      flags: 0,
      data: () => {
        if (value.data !== null) return value.data;
        throw new FormatError('BAD_CELL', `the data of the deleted value at ${value.cellOffset} were written over`);
      },
    }),
  );
  const record: Key = {
    name: deleted.name,
    path: deleted.path,
    cellOffset: deleted.cellOffset,
    lastWritten: deleted.lastWritten,
    flags: 0,
    classBytes: null,
    subkeys: () => [],
    subkey: () => null,
    values: () => values,
    value: (name) => values.find((value) => compareNames(value.name, name) === 0) ?? null,
    security: () => null,
  };
  return new HiveKey(hive, record, { confidence: deleted.confidence, isPathWhole: deleted.isPathWhole });
}
