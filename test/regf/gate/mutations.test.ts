// Single faults put into sound hives: each must be found, under the code that is its own.

import { describe, expect, it } from 'vitest';
import type { DefectCode } from '../../../src/base/codes/defects.ts';
import { BASE_BLOCK } from '../../../src/regf/base-block.ts';
import { compareValidation, validate } from '../../../src/regf/gate/validate.ts';
import { DB, LIST, NK, NK_FLAG, RESIDENT, SIGNATURE, SK, VK } from '../../../src/regf/layout.ts';
import { BAD_DESCRIPTORS, NIL, Patient, soundHive } from '../patient.ts';

type Fault = readonly [string, DefectCode, (patient: Patient) => void];

const alphaValue = (p: Patient, name: string): number => p.value(['Alpha'], name);
const leafOfMany = (p: Patient, index: number): number => p.u32(p.list('Many'), LIST.elements + 4 * index);
const bigRecord = (p: Patient): number => p.u32(p.value(['Big'], 'data'), VK.dataOffset);
const securityOf = (p: Patient, ...path: string[]): number => p.u32(p.key(...path), NK.security);

const HEADER: readonly Fault[] = [
  ['no signature', 'HEADER_SIGNATURE', (p) => p.image.set([0], 0)],
  ['a wrong checksum', 'HEADER_CHECKSUM', (p) => (p.image[BASE_BLOCK.checksum]! ^= 1)],
  ['a changed time stamp', 'HEADER_CHECKSUM', (p) => (p.image[BASE_BLOCK.lastWritten]! ^= 1)],
  ['unequal sequence numbers', 'HEADER_SEQUENCE', (p) => p.header(BASE_BLOCK.primarySequence, 77)],
  ['major version 2', 'HEADER_VERSION', (p) => p.header(BASE_BLOCK.majorVersion, 2)],
  ['minor version 2', 'HEADER_VERSION', (p) => p.header(BASE_BLOCK.minorVersion, 2)],
  ['minor version 7', 'HEADER_VERSION', (p) => p.header(BASE_BLOCK.minorVersion, 7)],
  ['the type of a log', 'HEADER_TYPE', (p) => p.header(BASE_BLOCK.fileType, 1)],
  ['format 0', 'HEADER_FORMAT', (p) => p.header(BASE_BLOCK.fileFormat, 0)],
  ['clustering factor 8', 'HEADER_CLUSTERING', (p) => p.header(BASE_BLOCK.clusteringFactor, 8)],
  ['a page of bins too many', 'HEADER_BINS_SIZE', (p) => p.header(BASE_BLOCK.binsSize, p.image.length)],
  ['no bins', 'HEADER_BINS_SIZE', (p) => p.header(BASE_BLOCK.binsSize, 0)],
  ['bins cut off', 'HEADER_BINS_SIZE', (p) => (p.image = p.image.slice(0, -4096))],
  ['a root in free space', 'ROOT_CELL', (p) => p.header(BASE_BLOCK.rootCell, p.freeCell())],
  ['a root past the end', 'ROOT_CELL', (p) => p.header(BASE_BLOCK.rootCell, p.pastTheEnd())],
  ['a root that is a value', 'ROOT_CELL', (p) => p.header(BASE_BLOCK.rootCell, alphaValue(p, 'text'))],
  ['another key as the root', 'CELL_LEAKED', (p) => p.header(BASE_BLOCK.rootCell, p.key('Alpha'))],
];

const CELLS: readonly Fault[] = [
  ['a bin without signature', 'BIN_SIGNATURE', (p) => p.setRaw(0, 0)],
  ['a bin with another offset', 'BIN_OFFSET', (p) => p.setRaw(4, 4096)],
  ['a bin of size 0', 'BIN_SIZE', (p) => p.setRaw(8, 0)],
  ['a bin not of pages', 'BIN_SIZE', (p) => p.setRaw(8, 4097)],
  ['a bin past the end', 'BIN_SIZE', (p) => p.setRaw(8, p.image.length)],
  ['a cell of size 0', 'CELL_SIZE', (p) => p.setRaw(p.key('Alpha'), 0)],
  ['a cell not of eights', 'CELL_SIZE', (p) => p.setRaw(p.key('Alpha'), p.raw(p.key('Alpha')) - 4)],
  ['a cell past its bin', 'CELL_SIZE', (p) => p.setRaw(p.key('Alpha'), -0x10_0000)],
  ['a free cell of size 0', 'CELL_SIZE', (p) => p.setRaw(p.freeCell(), 0)],
  ['a key’s cell marked as free', 'KEY_CELL', (p) => p.setRaw(p.key('Alpha'), -p.raw(p.key('Alpha')))],
  [
    'a value’s cell marked as free',
    'VALUE_CELL',
    (p) => p.setRaw(alphaValue(p, 'text'), -p.raw(alphaValue(p, 'text'))),
  ],
  ['a free cell marked as in use', 'CELL_LEAKED', (p) => p.setRaw(p.freeCell(), -p.raw(p.freeCell()))],
];

/** A pointer of a key to each of the places where it must not lead. */
function pointers(what: string, field: number, path: string[], codes: readonly [DefectCode, DefectCode]): Fault[] {
  const [dangling, shared] = codes;
  return [
    [`${what} in free space`, dangling, (p) => p.set32(p.key(...path), field, p.freeCell())],
    [`${what} past the end`, dangling, (p) => p.set32(p.key(...path), field, p.pastTheEnd())],
    [`${what} between cells`, dangling, (p) => p.set32(p.key(...path), field, p.key(...path) + 4)],
    [`${what} of none`, dangling, (p) => p.set32(p.key(...path), field, NIL)],
    [`${what} at another’s cell`, shared, (p) => p.set32(p.key(...path), field, p.list('Beta'))],
    [`${what} at itself`, shared, (p) => p.set32(p.key(...path), field, p.key(...path))],
  ];
}

const KEYS: readonly Fault[] = [
  ['another signature', 'KEY_SIGNATURE', (p) => p.set16(p.key('Alpha'), 0, SIGNATURE.vk)],
  ['the flag of a volatile key', 'KEY_FLAGS', (p) => p.set16(p.key('Alpha'), NK.flags, 0x21)],
  ['the flag of a hive exit', 'KEY_FLAGS', (p) => p.set16(p.key('Alpha'), NK.flags, 0x22)],
  ['a flag that nothing sets', 'KEY_FLAGS_UNDEFINED', (p) => p.set16(p.key('Alpha'), NK.flags, 0x420)],
  ['the flag of a root', 'KEY_FLAGS', (p) => p.set16(p.key('Alpha'), NK.flags, 0x20 | NK_FLAG.hiveEntry)],
  ['a root without its flag', 'ROOT_FLAGS', (p) => p.set16(p.key(), NK.flags, 0x20)],
  ['no flag of a compressed name', 'LIST_HASH', (p) => p.set16(p.key('Deep'), NK.flags, 0)],
  ['the flag of a predefined handle', 'CELL_LEAKED', (p) => p.set16(p.key('Alpha'), NK.flags, 0x60)],
  ['another parent', 'KEY_PARENT', (p) => p.set32(p.key('Alpha'), NK.parent, p.key('Beta'))],
  ['itself as the parent', 'KEY_PARENT', (p) => p.set32(p.key('Alpha'), NK.parent, p.key('Alpha'))],
  ['a subkey too many', 'SUBKEY_COUNT', (p) => p.set32(p.key('Beta'), NK.subkeyCount, 6)],
  ['a subkey too few', 'SUBKEY_COUNT', (p) => p.set32(p.key('Beta'), NK.subkeyCount, 4)],
  ['no subkeys but a list', 'SUBKEY_COUNT', (p) => p.set32(p.key('Beta'), NK.subkeyCount, 0)],
  ['a thousand subkeys too many', 'SUBKEY_COUNT', (p) => p.set32(p.key('Many'), NK.subkeyCount, 2300)],
  ['a value too few', 'CELL_LEAKED', (p) => p.set32(p.key('Alpha'), NK.valueCount, 3)],
  ['a million values', 'VALUE_LIST', (p) => p.set32(p.key('Alpha'), NK.valueCount, 1_000_000)],
  ...pointers('a subkey list', NK.subkeyList, ['Many'], ['SUBKEY_LIST', 'CELL_SHARED']),
  ...pointers('a value list', NK.valueList, ['Alpha'], ['VALUE_LIST', 'CELL_SHARED']),
  ...pointers('a class name', NK.class, ['Alpha'], ['KEY_CLASS', 'CELL_SHARED']),
  ...pointers('a security record', NK.security, ['Alpha'], ['KEY_SECURITY', 'KEY_SECURITY']),
  ['a name of no length', 'KEY_NAME', (p) => p.set16(p.key('Alpha'), NK.nameLength, 0)],
  ['a name past its cell', 'KEY_NAME', (p) => p.set16(p.key('Alpha'), NK.nameLength, 200)],
  ['a name too long for any key', 'KEY_NAME', (p) => p.set16(p.key('Alpha'), NK.nameLength, 0xffff)],
  ['an odd Unicode name', 'KEY_NAME', (p) => p.set16(p.key('Beta', 'Дом'), NK.nameLength, 5)],
  ['a backslash in a name', 'KEY_NAME', (p) => p.cells.field(p.key('Alpha'), NK.name, 5).set([0x5c], 2)],
  [
    'a backslash in a Unicode name',
    'KEY_NAME',
    (p) => p.cells.field(p.key('Beta', 'Дом'), NK.name, 6).set([0x5c, 0], 2),
  ],
  ['a class name longer than its cell', 'KEY_CLASS', (p) => p.set16(p.key('Alpha'), NK.classLength, 500)],
  ['a class name of no length', 'KEY_CLASS', (p) => p.set16(p.key('Alpha'), NK.classLength, 0)],
  ['too small a longest name', 'MAX_NAME', (p) => p.set16(p.key('Beta'), NK.maxNameLength, 2)],
  ['too small a longest class', 'MAX_CLASS', (p) => p.set32(p.key(), NK.maxClassLength, 2)],
  ['too small a longest value name', 'MAX_VALUE_NAME', (p) => p.set32(p.key('Alpha'), NK.maxValueNameLength, 2)],
  ['too small a largest value', 'MAX_VALUE_DATA', (p) => p.set32(p.key('Alpha'), NK.maxValueDataLength, 2)],
  [
    'a key taken out of its list',
    'CELL_LEAKED',
    (p) => {
      p.unlist(p.list('Beta'), 0);
      p.set32(p.key('Beta'), NK.subkeyCount, 4);
    },
  ],
  ['a loop', 'KEY_LOOP', (p) => p.set32(p.list('Beta'), LIST.elements, p.key('Beta'))],
  ['the root below itself', 'KEY_LOOP', (p) => p.set32(p.list('Beta'), LIST.elements, p.key())],
  [
    'a tree of 602 levels',
    'KEY_DEPTH',
    (p) => {
      const bottom = p.key('Deep', ...Array<string>(300).fill('d'));
      p.set32(bottom, NK.subkeyCount, 1);
      p.set32(bottom, NK.subkeyList, p.list('Deeper'));
      p.set32(p.key('Deeper'), NK.subkeyCount, 0);
      p.set32(p.key('Deeper'), NK.subkeyList, NIL);
    },
  ],
];

const LISTS: readonly Fault[] = [
  ['another signature', 'SUBKEY_LIST', (p) => p.set16(p.list('Beta'), 0, SIGNATURE.vk)],
  ['an element too many', 'LIST_COUNT', (p) => p.set16(p.list('Beta'), LIST.count, 6)],
  ['an element too few', 'SUBKEY_COUNT', (p) => p.set16(p.list('Beta'), LIST.count, 4)],
  ['more elements than room', 'LIST_COUNT', (p) => p.set16(p.list('Beta'), LIST.count, 5000)],
  ['more elements than Windows makes', 'LIST_LONG', (p) => p.set16(p.list('Beta'), LIST.count, 1013)],
  ['two keys exchanged', 'KEY_ORDER', (p) => p.swap(p.list('Beta'), 0, 2)],
  [
    'two leaves exchanged',
    'KEY_ORDER',
    (p) => {
      const list = p.list('Many');
      const first = p.u32(list, LIST.elements);
      p.set32(list, LIST.elements, p.u32(list, LIST.elements + 4));
      p.set32(list, LIST.elements + 4, first);
    },
  ],
  ['a key twice', 'KEY_LOOP', (p) => p.set32(p.list('Beta'), LIST.elements + 8, p.key('Beta', 'One'))],
  ['a leaf twice', 'CELL_SHARED', (p) => p.set32(p.list('Many'), LIST.elements + 4, leafOfMany(p, 0))],
  [
    'two keys of one name',
    'KEY_DUPLICATE',
    (p) => p.cells.field(p.key('Many', 'Key 1001'), NK.name, 8).set([75, 69, 89, 32, 49, 48, 48, 48]),
  ],
  ['a wrong hash', 'LIST_HASH', (p) => p.set32(p.list('Beta'), LIST.elements + 4, 1)],
  ['li in the place of lh', 'LIST_KIND', (p) => p.set16(leafOfMany(p, 1), 0, SIGNATURE.li)],
  ['lf in the place of lh', 'LIST_KIND', (p) => p.set16(p.list('Beta'), 0, SIGNATURE.lf)],
  ['ri in ri', 'LIST_KIND', (p) => p.set16(leafOfMany(p, 0), 0, SIGNATURE.ri)],
  ['a leaf without elements', 'LIST_EMPTY', (p) => p.set16(leafOfMany(p, 0), LIST.count, 0)],
  ['an ri without elements', 'LIST_EMPTY', (p) => p.set16(p.list('Many'), LIST.count, 0)],
  ['a leaf in free space', 'SUBKEY_LIST', (p) => p.set32(p.list('Many'), LIST.elements, p.freeCell())],
  ['a key in free space', 'KEY_CELL', (p) => p.set32(p.list('Beta'), LIST.elements, p.freeCell())],
  ['a key past the end', 'KEY_CELL', (p) => p.set32(p.list('Beta'), LIST.elements, p.pastTheEnd())],
  ['a leaf as a key', 'KEY_SIGNATURE', (p) => p.set32(p.list('Beta'), LIST.elements, leafOfMany(p, 0))],
];

const VALUES: readonly Fault[] = [
  ['another signature', 'VALUE_SIGNATURE', (p) => p.set16(alphaValue(p, 'text'), 0, SIGNATURE.nk)],
  ['a name past its cell', 'VALUE_NAME', (p) => p.set16(alphaValue(p, 'text'), VK.nameLength, 300)],
  [
    'two values of one name',
    'VALUE_DUPLICATE',
    (p) => {
      p.cells.field(alphaValue(p, 'small'), VK.name, 5).set([84, 69, 88, 84, 0]);
      p.set16(alphaValue(p, 'small'), VK.nameLength, 4);
    },
  ],
  ['more data than their cell', 'VALUE_DATA', (p) => p.set32(alphaValue(p, 'text'), VK.dataSize, 4000)],
  ['no data but a cell', 'VALUE_SIZE', (p) => p.set32(alphaValue(p, 'text'), VK.dataSize, 0)],
  ['five resident bytes', 'VALUE_SIZE', (p) => p.set32(alphaValue(p, 'small'), VK.dataSize, RESIDENT + 5)],
  ['resident data without the flag', 'VALUE_DATA', (p) => p.set32(alphaValue(p, 'small'), VK.dataSize, 4)],
  ['the flag on data in a cell', 'CELL_LEAKED', (p) => p.set32(alphaValue(p, 'text'), VK.dataSize, RESIDENT + 4)],
  ['data in free space', 'VALUE_DATA', (p) => p.set32(alphaValue(p, 'text'), VK.dataOffset, p.freeCell())],
  ['data past the end', 'VALUE_DATA', (p) => p.set32(alphaValue(p, 'text'), VK.dataOffset, p.pastTheEnd())],
  [
    'data of another value',
    'CELL_SHARED',
    (p) => {
      p.set32(alphaValue(p, 'text'), VK.dataOffset, p.u32(alphaValue(p, 'other text'), VK.dataOffset));
    },
  ],
  ['a value twice', 'CELL_SHARED', (p) => p.set32(p.u32(p.key('Alpha'), NK.valueList), 0, alphaValue(p, 'text'))],
  ['a value in free space', 'VALUE_CELL', (p) => p.set32(p.u32(p.key('Alpha'), NK.valueList), 4, p.freeCell())],
  ['a value list that is too short', 'VALUE_LIST', (p) => p.set32(p.key('Alpha'), NK.valueCount, 40)],
  [
    'a value taken out of its list',
    'CELL_LEAKED',
    (p) => {
      const list = p.u32(p.key('Alpha'), NK.valueList);
      p.set32(list, 0, p.u32(list, 12));
      p.set32(p.key('Alpha'), NK.valueCount, 3);
    },
  ],
  ['big data without its record', 'BIG_DATA', (p) => p.set16(bigRecord(p), 0, SIGNATURE.lh)],
  ['a segment too many', 'BIG_DATA', (p) => p.set16(bigRecord(p), DB.segmentCount, 4)],
  ['a segment too few', 'BIG_DATA', (p) => p.set16(bigRecord(p), DB.segmentCount, 2)],
  ['a segment list past the end', 'BIG_DATA', (p) => p.set32(bigRecord(p), DB.segmentList, p.pastTheEnd())],
  ['a segment list that is shared', 'CELL_SHARED', (p) => p.set32(bigRecord(p), DB.segmentList, p.list('Beta'))],
  ['a segment in free space', 'BIG_DATA_SEGMENT', (p) => p.set32(p.u32(bigRecord(p), DB.segmentList), 0, p.freeCell())],
  [
    'a segment twice',
    'CELL_SHARED',
    (p) => {
      const list = p.u32(bigRecord(p), DB.segmentList);
      p.set32(list, 0, p.u32(list, 4));
    },
  ],
  [
    'a segment that is cut off',
    'BIG_DATA_SEGMENT',
    (p) => {
      const segment = p.u32(p.u32(bigRecord(p), DB.segmentList), 0);
      const rest = -p.raw(segment) - 8000;
      p.setRaw(segment, -8000);
      p.setRaw(segment + 8000, rest);
    },
  ],
];

const SECURITY: readonly Fault[] = [
  ['a next record in free space', 'SK_RING', (p) => p.set32(securityOf(p, 'Alpha'), SK.forward, p.freeCell())],
  ['itself as the next record', 'SK_RING', (p) => p.set32(securityOf(p, 'Alpha'), SK.forward, securityOf(p, 'Alpha'))],
  ['a record before that is not', 'SK_RING', (p) => p.set32(securityOf(p, 'Alpha'), SK.backward, p.key('Alpha'))],
  ['a use too many', 'SK_COUNT', (p) => p.set32(securityOf(p, 'Alpha'), SK.referenceCount, 2)],
  ['a use too few', 'SK_COUNT', (p) => p.set32(securityOf(p), SK.referenceCount, 3)],
  ['a key with another’s record', 'SK_COUNT', (p) => p.set32(p.key('Alpha'), NK.security, securityOf(p))],
  ['a descriptor past its cell', 'SK_CELL', (p) => p.set32(securityOf(p, 'Alpha'), SK.size, 5000)],
  ['a descriptor cut in its ACL', 'SK_DESCRIPTOR', (p) => p.set32(securityOf(p, 'Alpha'), SK.size, 60)],
  ['a descriptor cut in its header', 'SK_DESCRIPTOR', (p) => p.set32(securityOf(p, 'Alpha'), SK.size, 12)],
  ['an owner outside', 'SK_DESCRIPTOR', (p) => p.set32(securityOf(p, 'Alpha'), SK.descriptor + 4, 70)],
  ['another revision', 'SK_DESCRIPTOR', (p) => p.set16(securityOf(p, 'Alpha'), SK.descriptor, 2)],
  ['another signature', 'KEY_SECURITY', (p) => p.set16(securityOf(p, 'Alpha'), 0, SIGNATURE.nk)],
  ...BAD_DESCRIPTORS.map(
    ([name, spoil]): Fault => [
      `a descriptor with ${name}`,
      'SK_DESCRIPTOR',
      (p) => spoil(p.cells.field(securityOf(p, 'Alpha'), SK.descriptor, 72)),
    ],
  ),
];

const OLD_LISTS: readonly Fault[] = [
  ['a wrong hint', 'LIST_HINT', (p) => p.set32(p.list('Beta'), LIST.elements + 4, 0x41)],
  ['a hint where a character has none', 'LIST_HINT', (p) => p.set32(p.list('Beta'), LIST.elements + 8 * 4 + 4, 0x41)],
  ['lh in the place of lf', 'LIST_KIND', (p) => p.set16(p.list('Beta'), 0, SIGNATURE.lh)],
];

const sound = soundHive(5);
const soundOld = soundHive(3);

it('the hives without a fault have no finding at all', () => {
  expect(validate(sound, 'sound')).toEqual([]);
  expect(validate(soundOld, 'sound')).toEqual([]);
});

describe.each([
  ['the header', HEADER, sound],
  ['bins and cells', CELLS, sound],
  ['a key', KEYS, sound],
  ['a list of subkeys', LISTS, sound],
  ['a value', VALUES, sound],
  ['a security record', SECURITY, sound],
  ['a list of version 1.3', OLD_LISTS, soundOld],
] as const)('a fault in %s', (_, faults, image) => {
  it.each(faults)('%s is %s', (_name, code, cut) => {
    const patient = new Patient(image);
    cut(patient);
    const found = validate(patient.image, 'patient');
    expect(found.map((finding) => finding.code)).toContain(code);
    // The gate as the session uses it: what was not there before is introduced, what was there is kept.
    expect(compareValidation([], found).introduced.map((finding) => finding.code)).toContain(code);
    expect(compareValidation(found, found)).toMatchObject({ introduced: [] });
  });
});
