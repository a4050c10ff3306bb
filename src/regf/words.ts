// Where fields stand in the words of the bins, for loops over all cells of a hive.

import { wordOf } from './cells.ts';
import { DB, LIST, NK, VK } from './layout.ts';

/**
 * Words counted from the one of a cell's size; where two fields of 16 bits share one, the name has the lower half first.
 * A loop takes what it needs into constants of its own: what another file exports may stand behind a getter.
 */
export const WORDS = {
  /** The first word of a cell's content. */
  content: wordOf(0),
  key: {
    signatureAndFlags: wordOf(0),
    parent: wordOf(NK.parent),
    subkeyCount: wordOf(NK.subkeyCount),
    subkeyList: wordOf(NK.subkeyList),
    valueCount: wordOf(NK.valueCount),
    valueList: wordOf(NK.valueList),
    security: wordOf(NK.security),
    class: wordOf(NK.class),
    maxNameLength: wordOf(NK.maxNameLength),
    maxClassLength: wordOf(NK.maxClassLength),
    maxValueNameLength: wordOf(NK.maxValueNameLength),
    maxValueDataLength: wordOf(NK.maxValueDataLength),
    nameAndClassLength: wordOf(NK.nameLength),
  },
  value: {
    signatureAndNameLength: wordOf(0),
    dataSize: wordOf(VK.dataSize),
    dataOffset: wordOf(VK.dataOffset),
    flags: wordOf(VK.flags),
  },
  list: { signatureAndCount: wordOf(0), elements: wordOf(LIST.elements) },
  bigData: { signatureAndCount: wordOf(0), segmentList: wordOf(DB.segmentList) },
} as const;
