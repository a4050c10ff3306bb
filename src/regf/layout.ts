// Every record of the format as a table: Microsoft's names, offsets from the start of the cell's content, units in the
// comments. The specification beside it can be ticked off line by line.

/** Two ASCII characters as the little-endian number that stands at offset 0. */
const tag = (text: string): number => text.charCodeAt(0) | (text.charCodeAt(1) << 8);

export const SIGNATURE = {
  nk: tag('nk'),
  vk: tag('vk'),
  sk: tag('sk'),
  li: tag('li'),
  lf: tag('lf'),
  lh: tag('lh'),
  ri: tag('ri'),
  db: tag('db'),
} as const;

/** Bins begin and end at multiples of this, and logs keep their pages by it. */
export const PAGE_SIZE_BYTES = 4096;
/** 'hbin' as a little-endian number. */
export const BIN_SIGNATURE = 0x6e69_6268;
/** The minor version of layers of container images: what is not in them is no damage. */
export const LAYERED_MINOR = 6;

/** hbin: the header of a bin; offsets from its start. */
export const HBIN = {
  signature: 0,
  /** From the first bin. */
  offset: 4,
  /** Bytes, a multiple of 4,096. */
  size: 8,
  /** FILETIME; the first bin's is a copy of the base block's last-written time. */
  timeStamp: 20,
} as const;

/** nk: a key. */
export const NK = {
  flags: 2,
  /** FILETIME. */
  lastWritten: 4,
  accessBits: 12,
  layered: 13,
  parent: 16,
  subkeyCount: 20,
  volatileSubkeyCount: 24,
  subkeyList: 28,
  volatileSubkeyList: 32,
  valueCount: 36,
  valueList: 40,
  security: 44,
  class: 48,
  /** Bytes as UTF-16. */
  maxNameLength: 52,
  virtualisationFlags: 54,
  /** Bytes as UTF-16. */
  maxClassLength: 56,
  /** Bytes as UTF-16. */
  maxValueNameLength: 60,
  /** Bytes. */
  maxValueDataLength: 64,
  workVar: 68,
  /** Bytes as stored. */
  nameLength: 72,
  classLength: 74,
  name: 76,
} as const;
export const NK_FLAG = {
  volatile: 0x0001,
  hiveExit: 0x0002,
  hiveEntry: 0x0004,
  noDelete: 0x0008,
  symbolicLink: 0x0010,
  compressedName: 0x0020,
  predefinedHandle: 0x0040,
} as const;

/** nk flags that no description of the format names and no key of the 76 hives that were looked at has, of 164,705. */
export const UNDEFINED_NK_FLAGS = 0x0c00;

/** nk flags that a rebuilt hive has none of: the first two are of keys that exist in memory only. */
export const NOT_STORED_NK_FLAGS = NK_FLAG.volatile | NK_FLAG.hiveExit | UNDEFINED_NK_FLAGS;

/** vk: a value. */
export const VK = {
  /** Bytes as stored; 0 is the default value. */
  nameLength: 2,
  /** Bytes; the top bit says that they stand in dataOffset itself. */
  dataSize: 4,
  dataOffset: 8,
  type: 12,
  flags: 16,
  name: 20,
} as const;
export const VK_FLAG = { compressedName: 0x0001, tombstone: 0x0002 } as const;
export const RESIDENT = 0x8000_0000;

/** sk: a security descriptor, shared by keys. */
export const SK = { forward: 4, backward: 8, referenceCount: 12, size: 16, descriptor: 20 } as const;

/** li, lf, lh, ri: lists of keys or of lists. Elements are 4 bytes (li, ri) or 8 (lf, lh: offset, then hint or hash). */
export const LIST = { count: 2, elements: 4 } as const;

/** db: data in segments. */
export const DB = { segmentCount: 2, segmentList: 4 } as const;

/** The root is at depth 1; Windows refuses deeper trees. */
export const MAX_DEPTH = 512;
/** Data of more bytes than this are read for one value only. */
export const MAX_SHARED_SIZE_BYTES = 65_536;
/** So are class names, and values with names, of more bytes than this. */
export const MAX_SHARED_NAME_SIZE_BYTES = 1024;
export const MAX_KEY_NAME_UNITS = 255;
export const MAX_VALUE_NAME_UNITS = 16_383;
