// The read-only view of a hive that everything above the readers works on. Two readers can stand behind it: the engine,
// and the verifier's tree for what the engine cannot open.

/** `name` is what KeyPath.hive says of it; keys and values are valid until the next edit of the same hive. */
export interface Hive {
  readonly name: string;
  readonly minorVersion: number;
  /** 'recovered': transaction logs were replayed in memory; 'primary': the bytes as they lie. */
  readonly view: 'primary' | 'recovered';
  /** Which implementation reads: the verifier's tree is read-only and takes what the engine refuses. */
  readonly reader: 'engine' | 'verifier';
  readonly root: Key;
  /** The key at `path` below the root, names compared as Windows does; null where there is none. */
  key(path: readonly string[]): Key | null;
  /** The value `name` ('' is the default value) of the key at `path`. */
  value(path: readonly string[], name: string): Value | null;
  /** Depth first, parents before children, siblings in stored order; starts with `from` (or the root) itself. */
  walk(from?: Key): Iterable<Key>;
}

export interface Key {
  readonly name: string;
  /** Names from below the root; [] is the root. */
  readonly path: readonly string[];
  /** Offset of the nk cell from the first bin. */
  readonly cellOffset: number;
  /** FILETIME. */
  readonly lastWritten: bigint;
  /** The nk flags as stored. */
  readonly flags: number;
  /** UTF-16LE as stored, null where there is none. */
  readonly classBytes: Uint8Array | null;
  subkeys(): readonly Key[];
  subkey(name: string): Key | null;
  /** In stored order. */
  values(): readonly Value[];
  value(name: string): Value | null;
  /** The self-relative security descriptor, null where the key has none or it cannot be read. */
  security(): Uint8Array | null;
}

export interface Value {
  readonly name: string;
  /** The REG_* number; any 32 bits. */
  readonly type: number;
  /** Offset of the vk cell from the first bin. */
  readonly cellOffset: number;
  /** The vk flags as stored (1: compressed name, 2: tombstone). */
  readonly flags: number;
  /** As stored; what cannot be read whole throws FormatError BAD_CELL. */
  data(): Uint8Array;
}
