// Keys and values as programs take them: a key that is not there is undefined, and what is shown is decoded.

import { FormatError, NotFoundError, UsageError } from '../../base/errors.ts';
import { orNull } from '../../base/or-null.ts';
import { compareNames, decodeUtf16le } from '../../base/text.ts';
import { filetimeToIso } from '../../base/time.ts';
import type { Confidence, DeletedKey } from '../../regf/deleted/deleted-records.ts';
import type { Hive, Key, Value } from '../../registry/hive.ts';
import { keyTest } from '../../registry/key-filter.ts';
import { formatKeyPath } from '../../registry/path.ts';
import { decodeValue, typeText } from '../../registry/value.ts';
import { parseDescriptor, toSddl } from '../../security/index.ts';
import { namesOf, type PathInput, sinceOf, valueName } from './input.ts';

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

/** The hive as it is now. `edition` counts its edits: a record that was read before the last one is not used any more. */
export interface HiveNow {
  edition: number;
  /** @throws UsageError BAD_ARGUMENT after it was closed */
  hive(): Hive;
}

/** A key of an open hive. It shows the hive as it is, edits included: after one it is looked up by its path again. */
export class HiveKey {
  private readonly current: HiveNow;
  private known: Key;
  private edition: number;
  /** How much a deleted key's record is to be trusted; null: the key is there. */
  readonly deleted: { readonly confidence: Confidence; readonly isPathWhole: boolean } | null;

  constructor(current: HiveNow, record: Key, deleted: HiveKey['deleted'] = null) {
    this.current = current;
    this.known = record;
    this.edition = current.edition;
    this.deleted = deleted;
  }

  /** @throws NotFoundError KEY_NOT_FOUND where an edit has deleted it; UsageError BAD_ARGUMENT after the hive was closed */
  private get record(): Key {
    const { edition } = this.current;
    if (this.edition !== edition && this.deleted === null) {
      const again = this.current.hive().key(this.known.path);
      if (again === null) throw new NotFoundError('KEY_NOT_FOUND', `the key ${this.path} is no longer in the hive`);
      this.known = again;
      this.edition = edition;
    }
    return this.known;
  }

  get name(): string {
    return this.known.name;
  }

  /** Below the root, with backslashes; '' is the root. */
  get path(): string {
    return formatKeyPath(this.known.path);
  }

  /** The names of `path`. */
  get names(): readonly string[] {
    return this.known.path;
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
    return descriptor && orNull(FormatError, () => toSddl(parseDescriptor(descriptor)));
  }

  /** Offset of its record from the first bin. */
  get cellOffset(): number {
    return this.record.cellOffset;
  }

  /** In stored order. */
  keys(): readonly HiveKey[] {
    return this.record.subkeys().map((key) => new HiveKey(this.current, key));
  }

  /** The key at a path below this one. @throws UsageError BAD_PATH */
  key(path: PathInput): HiveKey | undefined {
    let record: Key | null = this.record;
    for (const name of namesOf(path)) record = record?.subkey(name) ?? null;
    return record === null ? undefined : new HiveKey(this.current, record);
  }

  /** In stored order. */
  values(): readonly HiveValue[] {
    return this.record.values().map((value) => new HiveValue(this.current, this, value));
  }

  /** The value of a name, compared as Windows does; '' is the default value. */
  value(name: string): HiveValue | undefined {
    const value = this.record.value(valueName(name));
    return value === null ? undefined : new HiveValue(this.current, this, value);
  }

  /** This key and all below it, parents first, siblings in stored order. The hive is edited when the walk has ended. */
  *walk(options: WalkOptions = {}): Generator<HiveKey> {
    const passes = walkTest(options);
    const { record, current } = this;
    const { edition } = current;
    for (const key of current.hive().walk(record)) {
      options.signal?.throwIfAborted();
      if (!passes(key)) continue;
      yield new HiveKey(current, key);
      if (current.edition !== edition) {
        throw new UsageError('BAD_ARGUMENT', 'the hive was edited or closed while its keys were walked', {
          hint: 'for (const key of [...hive.walk()])',
        });
      }
    }
  }
}

/** Whether a key passes by path and time. */
export function walkTest({ match, since }: WalkOptions): ReturnType<typeof keyTest> {
  return keyTest({
    ...(match === undefined ? {} : { match }),
    ...(since === undefined ? {} : { since: sinceOf(since) }),
  });
}

/** A value of a key; as the key, it shows the hive as it is. */
export class HiveValue {
  private readonly current: HiveNow;
  private readonly owner: HiveKey;
  private known: Value;
  private edition: number;

  constructor(current: HiveNow, owner: HiveKey, record: Value) {
    this.current = current;
    this.owner = owner;
    this.known = record;
    this.edition = current.edition;
  }

  /** @throws NotFoundError KEY_NOT_FOUND, VALUE_NOT_FOUND where an edit has deleted it; as of a key */
  private get record(): Value {
    const { edition } = this.current;
    if (this.edition !== edition) {
      const again = this.owner.value(this.name);
      if (!again) throw new NotFoundError('VALUE_NOT_FOUND', `the value ${this.name} is no longer in the hive`);
      this.known = again.known;
      this.edition = edition;
    }
    return this.known;
  }

  /** '' is the default value. */
  get name(): string {
    return this.known.name;
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
export function deletedKey(current: HiveNow, deleted: DeletedKey): HiveKey {
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
  return new HiveKey(current, record, { confidence: deleted.confidence, isPathWhole: deleted.isPathWhole });
}
