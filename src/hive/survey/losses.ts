// What a rebuild does to a hive besides keeping it, each with its place: what was lost, what was found again, what was
// put right.

/** Bytes of a lost record that a loss shows: enough to tell by eye what it was. */
const MAX_BYTES_LEFT = 256;

export interface Loss {
  /** What was lost. A lost key stands for everything below it that is not listed as found again. */
  readonly what: 'key' | 'value' | 'subkeys' | 'values' | 'class' | 'descriptor';
  /** 'replaced': a descriptor, by another, or a key's name, by what is left of it; everything else is dropped. */
  readonly how: 'dropped' | 'replaced';
  /** From the first bin; null where nothing says where it lay. */
  readonly cellOffset: number | null;
  /** Names from below the root to the key that it is, or was, in. */
  readonly path: readonly string[];
  /** Of a key or value, where it can still be read. */
  readonly name: string | null;
  /** Of 'subkeys' and 'values': how many the key says it had beyond what was found. */
  readonly count: number | null;
  /** The bytes left at its place, in lower-case hex, at most 256 bytes; '' for none. */
  readonly hex: string;
  /** One sentence. */
  readonly why: string;
}

/** A key that no list names any more, or that two lists name, or whose name is in doubt, and where it stands now. */
export interface FoundAgain {
  readonly cellOffset: number;
  readonly path: readonly string[];
  readonly why: string;
}

/** One thing put right without loss. */
export interface Fix {
  readonly what:
    | 'base block'
    | 'parent pointer'
    | 'key flags'
    | 'subkey list'
    | 'subkey count'
    | 'value list'
    | 'value data'
    | 'class name'
    | 'longest names'
    | 'security ring'
    | 'security count'
    | 'unused cell';
  readonly cellOffset: number;
}

export function bytesLeft(bytes: Uint8Array | null): string {
  if (bytes === null) return '';
  return Array.from(bytes.subarray(0, MAX_BYTES_LEFT), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
