// Every defect that the gate knows: how bad it is, and what Windows does about it when it loads the hive. docs/validation.md
// is this table; a test holds the two together.

interface DefectNote {
  readonly severity: 'info' | 'warning' | 'error';
  /** What is wrong. */
  readonly what: string;
  /** What Windows does, as far as the facts say; '?' where they do not. */
  readonly windows: string;
}

export const DEFECTS = {
  HEADER_SIGNATURE: {
    severity: 'error',
    what: "the base block does not begin with 'regf'",
    windows: 'refuses the hive',
  },
  HEADER_CHECKSUM: {
    severity: 'error',
    what: 'the checksum of the base block is wrong',
    windows: 'treats the hive as dirty and rebuilds the base block from a log, else refuses the hive',
  },
  HEADER_SEQUENCE: {
    severity: 'error',
    what: 'the two sequence numbers differ',
    windows: 'treats the hive as dirty and replays its logs',
  },
  HEADER_VERSION: { severity: 'error', what: 'the version is not 1.3 to 1.6', windows: 'refuses the hive' },
  HEADER_TYPE: { severity: 'error', what: 'the file type is not 0 (primary)', windows: 'refuses the hive' },
  HEADER_FORMAT: { severity: 'error', what: 'the file format is not 1', windows: 'refuses the hive' },
  HEADER_BINS_SIZE: {
    severity: 'error',
    what: 'the size of the bins is not that of the image, or not a multiple of 4,096',
    windows: 'refuses the hive',
  },
  HEADER_CLUSTERING: {
    severity: 'error',
    what: 'the clustering factor is not 1',
    windows: '? Windows 8 and later write 1',
  },
  ROOT_CELL: { severity: 'error', what: 'the root cell is not a key', windows: 'refuses the hive' },
  BIN_SIGNATURE: { severity: 'error', what: "a bin does not begin with 'hbin'", windows: 'refuses the hive' },
  BIN_OFFSET: { severity: 'error', what: 'a bin says another offset than its own', windows: 'refuses the hive' },
  BIN_SIZE: {
    severity: 'error',
    what: 'the size of a bin is not a multiple of 4,096, or reaches past the end',
    windows: 'refuses the hive',
  },
  CELL_SIZE: {
    severity: 'error',
    what: 'a cell has size zero, a size not in eights, or reaches past its bin',
    windows: 'refuses the hive',
  },
  CELL_SHARED: {
    severity: 'error',
    what: 'two structures claim the same cell',
    windows: '? the second writer destroys the first',
  },
  CELL_LEAKED: {
    severity: 'warning',
    what: 'an allocated cell that nothing refers to',
    windows: 'keeps it until the hive is reorganized',
  },
  KEY_CELL: {
    severity: 'error',
    what: 'a key lies in no allocated cell, or is cut off',
    windows: 'removes the key (self-heal) or refuses the hive',
  },
  KEY_SIGNATURE: {
    severity: 'error',
    what: "a key does not begin with 'nk'",
    windows: 'removes the key (self-heal) or refuses the hive',
  },
  KEY_FLAGS: {
    severity: 'error',
    what: 'a key on disk is volatile, or a key other than the root is marked as the root',
    windows: '? a volatile key never reaches the disk',
  },
  KEY_FLAGS_UNDEFINED: {
    severity: 'info',
    what: 'a key has a flag (0x0400, 0x0800) that nothing is known to set',
    windows: '?',
  },
  ROOT_FLAGS: {
    severity: 'info',
    what: 'the root is not marked as the root',
    windows: 'loads it: hives saved from a key in the middle of another have it',
  },
  KEY_NAME: {
    severity: 'error',
    what: 'a key name is empty, too long, odd, holds a backslash, or reaches past its cell',
    windows: 'removes the key (self-heal) or refuses the hive',
  },
  KEY_PARENT: {
    severity: 'error',
    what: 'a key names another parent than the key it lies under',
    windows: 'repairs the pointer',
  },
  KEY_LOOP: {
    severity: 'error',
    what: 'a key is listed twice, or lies under itself',
    windows: '? refuses the hive or never ends',
  },
  KEY_DEPTH: { severity: 'error', what: 'keys lie deeper than 512 levels', windows: 'refuses the hive' },
  KEY_ORDER: {
    severity: 'error',
    what: 'a key is not after its earlier sibling in upper-case order',
    windows: 'removes the key (self-heal) or refuses the hive',
  },
  KEY_DUPLICATE: {
    severity: 'error',
    what: 'two siblings have the same name',
    windows: 'removes the second (self-heal) or refuses the hive',
  },
  KEY_CLASS: {
    severity: 'error',
    what: 'a class name lies in no allocated cell, is cut off, or has a length without a cell',
    windows: 'drops the class name',
  },
  KEY_SECURITY: {
    severity: 'error',
    what: 'a key names no security record',
    windows: 'gives the key the default descriptor, or refuses the hive',
  },
  SUBKEY_COUNT: {
    severity: 'error',
    what: 'the number of subkeys is not that of the lists',
    windows: 'repairs the count',
  },
  SUBKEY_LIST: {
    severity: 'error',
    what: 'a list of subkeys lies in no allocated cell, does not have a known signature, or a key without subkeys names one',
    windows: 'drops the whole list, with every key in it',
  },
  LIST_KIND: {
    severity: 'error',
    what: 'a list of a kind that this version does not use, or a list of lists where only leaves may be',
    windows: '? drops the list',
  },
  LIST_COUNT: { severity: 'error', what: 'a list says more elements than its cell holds', windows: 'drops the list' },
  LIST_EMPTY: {
    severity: 'error',
    what: 'a list without elements',
    windows: '? readers that look at the last element fail',
  },
  LIST_LONG: {
    severity: 'warning',
    what: 'an lf leaf of more than 511 elements, or another of more than 1,012',
    windows: 'reads it; it would have split it',
  },
  LIST_HASH: {
    severity: 'error',
    what: 'an lh element has the wrong hash of its name',
    windows: 'shows the key but cannot open it by name',
  },
  LIST_HINT: {
    severity: 'error',
    what: 'an lf element has the wrong hint of its name',
    windows: 'may not find the key by name',
  },
  MAX_NAME: {
    severity: 'info',
    what: "a key's longest subkey name is recorded as too short",
    windows: 'gives programs a buffer that is too small; clean XP hives have it',
  },
  MAX_CLASS: {
    severity: 'info',
    what: "a key's longest subkey class is recorded as too short",
    windows: 'as MAX_NAME',
  },
  MAX_VALUE_NAME: {
    severity: 'info',
    what: "a key's longest value name is recorded as too short",
    windows: 'as MAX_NAME',
  },
  MAX_VALUE_DATA: {
    severity: 'info',
    what: "a key's largest value data are recorded as too small",
    windows: 'as MAX_NAME',
  },
  VALUE_LIST: {
    severity: 'error',
    what: 'a value list lies in no allocated cell, or is shorter than the count',
    windows: 'drops the values',
  },
  VALUE_CELL: {
    severity: 'error',
    what: 'a value lies in no allocated cell, or is cut off',
    windows: 'removes the value',
  },
  VALUE_SIGNATURE: { severity: 'error', what: "a value does not begin with 'vk'", windows: 'removes the value' },
  VALUE_NAME: {
    severity: 'error',
    what: 'a value name is too long, odd, or reaches past its cell',
    windows: 'removes the value',
  },
  VALUE_DUPLICATE: { severity: 'error', what: 'two values of a key have the same name', windows: 'uses the first' },
  VALUE_SIZE: {
    severity: 'error',
    what: 'a value says more resident bytes than 4, or zero bytes with a data cell',
    windows: 'removes the value',
  },
  VALUE_DATA: {
    severity: 'error',
    what: 'the data of a value lie in no allocated cell, or are cut off',
    windows: 'removes the value',
  },
  BIG_DATA: {
    severity: 'error',
    what: 'data over 16,344 bytes without a whole db record, from version 1.4 on',
    windows: 'reads other bytes as the data, or removes the value',
  },
  BIG_DATA_SEGMENT: {
    severity: 'error',
    what: 'a segment of big data lies in no allocated cell, or is too short',
    windows: '? removes the value',
  },
  SK_CELL: {
    severity: 'error',
    what: 'a security record is cut off',
    windows: 'gives its keys the default descriptor, or refuses the hive',
  },
  SK_DESCRIPTOR: {
    severity: 'error',
    what: 'a security descriptor does not have an owner, or has a part that is not well-formed',
    windows: 'gives its keys the default descriptor, or refuses the hive',
  },
  SK_RING: {
    severity: 'error',
    what: 'the ring of security records is broken',
    windows: '? rebuilds the ring, or refuses the hive',
  },
  SK_COUNT: {
    severity: 'error',
    what: 'a security record is counted as used more or less often than it is',
    windows: 'repairs the count, or frees the record too early',
  },
} as const satisfies Record<string, DefectNote>;

export type DefectCode = keyof typeof DEFECTS;

/** A hive with such a defect is not loaded by Windows. */
export function isRefusedByWindows(code: string): boolean {
  return code in DEFECTS && DEFECTS[code as DefectCode].windows === 'refuses the hive';
}
