import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import { HivemendError } from '../../src/base/errors.ts';
import { effectiveMask } from '../../src/security/access.ts';
import {
  ACE_FLAG,
  ACE_TYPE,
  addAllowAce,
  CONTROL,
  encodeDescriptor,
  fromSddl,
  grants,
  MASK,
  nameOfSid,
  parseDescriptor,
  removeAces,
  sidOfName,
  TOKENS,
  toSddl,
  WELL_KNOWN,
  withOwner,
} from '../../src/security/index.ts';
import { sidFromText, sidToText } from '../../src/security/sid.ts';
import { describeShared } from '../shared-hives.ts';

/** What ntfs-3g gives a new file: owner and group Administrators, Everyone full. */
const NTFS_3G =
  '0100048014000000240000000000000034000000010200000000000520000000200200000102000000000005200000002002000002001c000100000000031400ff011f00010100000000000100000000';
const bytesOf = (hex: string): Uint8Array => fromHex(hex)!;
const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return error instanceof HivemendError ? error.code : `a crash: ${error}`;
  }
  return 'nothing thrown';
};

describe('SIDs', () => {
  it.each([
    ['S-1-5-18', '010100000000000512000000'],
    ['S-1-5-32-544', '01020000000000052000000020020000'],
    ['S-1-0x123456789abc-1', '0101123456789abc01000000'],
    ['S-1-5', '0100000000000005'],
  ])('%s is its bytes', (text, hex) => {
    expect(toHex(sidFromText(text)!)).toBe(hex);
    expect(sidToText(bytesOf(hex))).toBe(text);
  });
  it.each(['', 'S-1', 'S-2-5-18', 'S-1-5-4294967296', 'S-1-5-x', `S-1-5${'-1'.repeat(16)}`, 'BA'])(
    '%s is none',
    (text) => expect(sidFromText(text)).toBeNull(),
  );
  it('refuses bytes that are none', () => {
    for (const hex of ['', '01', '0201000000000005', '0101000000000005', '0110000000000005']) {
      expect(codeOf(() => sidToText(bytesOf(hex)))).toBe('BAD_DESCRIPTOR');
    }
  });
  it('knows the English names, in the spellings of the articles', () => {
    expect(sidOfName('BUILTIN\\Administrators')).toBe(WELL_KNOWN.administrators);
    expect(sidOfName('nt authority\\system')).toBe(WELL_KNOWN.localSystem);
    expect(sidOfName('NT Authority\\NetworkService')).toBe(WELL_KNOWN.networkService);
    expect(sidOfName('*S-1-5-20')).toBe(WELL_KNOWN.networkService);
    expect(sidOfName('Administratoren')).toBeNull();
    expect(nameOfSid('S-1-5-21-1-2-3-500')).toBeNull();
  });
});

describe('the structure', () => {
  it('is taken apart', () => {
    const sd = parseDescriptor(bytesOf(NTFS_3G));
    expect(sd).toMatchObject({ owner: WELL_KNOWN.administrators, group: WELL_KNOWN.administrators, sacl: null });
    expect(sd.dacl?.aces).toMatchObject([
      { type: ACE_TYPE.allow, flags: 3, mask: MASK.full, sid: WELL_KNOWN.everyone },
    ]);
  });
  it.each([
    ['bytes', bytesOf(NTFS_3G)],
    ['a Buffer', Buffer.from(`ffff${NTFS_3G}`, 'hex').subarray(2)],
  ])('comes back byte for byte from %s, and does not hold on to the input', (_, bytes) => {
    const sd = parseDescriptor(bytes);
    bytes.fill(0);
    expect(toHex(encodeDescriptor(sd))).toBe(NTFS_3G);
  });
  it('keeps order of parts, gaps, slack, trailing bytes, revisions and unknown entries', () => {
    // DACL first (revision 7, an unknown type 0x77, slack in the list), four bytes of gap, owner and group as one SID.
    const dacl = `07aa1c000200bbbb${'77000800cafebabe'}${'01100800deadbeef'.replace('0110', '7810')}${'99887766'}`;
    const hex = `01ee04c0${'34000000'}${'34000000'}00000000${'14000000'}${dacl}11223344${'010100000000000512000000'}ffff`;
    const sd = parseDescriptor(bytesOf(hex));
    expect(sd.dacl?.aces.map(({ type, mask }) => [type, mask])).toEqual([
      [0x77, null],
      [0x78, null],
    ]);
    expect(toHex(encodeDescriptor(sd))).toBe(hex);
    const other = encodeDescriptor(withOwner(sd, WELL_KNOWN.localService));
    expect(parseDescriptor(other)).toMatchObject({
      owner: 'S-1-5-19',
      group: 'S-1-5-18',
      resourceManagerControl: 0xee,
    });
    expect(toHex(other)).toContain(dacl);
  });
  it('tells no list, a NULL list and an empty one apart', () => {
    const none = parseDescriptor(encodeDescriptor(fromSddl('O:SY')));
    const nullList = parseDescriptor(encodeDescriptor(fromSddl('D:NO_ACCESS_CONTROL')));
    const empty = parseDescriptor(encodeDescriptor(fromSddl('D:')));
    expect([none.dacl, nullList.dacl, empty.dacl?.aces]).toEqual([null, null, []]);
    expect([none, nullList, empty].map(({ control }) => (control & CONTROL.daclPresent) !== 0)).toEqual([
      false,
      true,
      true,
    ]);
    expect([none, nullList, empty].map((sd) => effectiveMask(sd, 'S-1-1-0'))).toEqual([MASK.full, MASK.full, 0]);
  });
  it.each([
    ['empty', ''],
    ['cut header', '01000480140000002400000000000000340000'],
    ['revision 2', `02${NTFS_3G.slice(2)}`],
    ['not self-relative', `01000400${NTFS_3G.slice(8)}`],
    ['owner past the end', `01000480ff000000${NTFS_3G.slice(16)}`],
    ['owner in the header', `0100048004000000${NTFS_3G.slice(16)}`],
    ['list longer than the bytes', NTFS_3G.replace('02001c0001', '02001d0001')],
    ['list shorter than its head', NTFS_3G.replace('02001c0001', '0200070001')],
    ['more entries than fit', NTFS_3G.replace('02001c0001', '02001c0002')],
    ['entry longer than its list', NTFS_3G.replace('00031400', '00031500')],
    ['entry of no size', NTFS_3G.replace('00031400', '00030000')],
    ['entry too short for its SID', NTFS_3G.replace('00031400', '00030c00')],
  ])('%s is BAD_DESCRIPTOR', (_, hex) => {
    expect(codeOf(() => parseDescriptor(bytesOf(hex)))).toBe('BAD_DESCRIPTOR');
  });
  it('survives anything, and gives back what it takes', () => {
    const rich = encodeDescriptor(
      fromSddl('O:BAG:SYD:PAI(OD;;CC;bf967a86-0de6-11d0-a285-00aa003049e2;;WD)(A;OICI;FA;;;SY)S:(ML;;NW;;;HI)'),
    );
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .tuple(fc.constantFrom(rich, bytesOf(NTFS_3G)), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }))
        .map(([base, hits]) => {
          const bytes = base.slice();
          for (const [at, value] of hits) bytes[at % bytes.length] = value;
          return bytes;
        }),
      fc.nat(rich.length).map((length) => rich.slice(0, length)),
    );
    fc.assert(
      fc.property(anything, (bytes) => {
        try {
          const sd = parseDescriptor(bytes);
          expect(toHex(encodeDescriptor(sd))).toBe(toHex(bytes));
          const text = toSddl(sd);
          expect(toSddl(fromSddl(text))).toBe(text);
          effectiveMask(sd, TOKENS.networkService);
        } catch (error) {
          expect(error).toMatchObject({ code: 'BAD_DESCRIPTOR' });
        }
      }),
      { numRuns: 5000 },
    );
  });
});

describe('what is granted', () => {
  it.each([
    ['D:(A;;FR;;;NS)', true],
    ['D:(A;;FA;;;WD)', true],
    ['D:(A;;GR;;;NS)', true],
    ['D:(A;;0x12019f;;;WD)', true],
    ['D:(A;;FA;;;SY)', false],
    ['D:(A;IO;FR;;;NS)', false],
    ['D:(D;;FR;;;NS)(A;;FA;;;WD)', false],
    ['D:(A;;FR;;;NS)(D;;FA;;;WD)', true],
    ['D:(D;;FA;;;BU)(A;;FR;;;NS)', false],
    ['D:(D;;WD;;;NS)(A;;FR;;;NS)', true],
    ['D:(A;;CC;;;NS)(A;;0x120088;;;WD)', true],
    ['D:(XA;;FA;;;NS;#61727478)', false],
    ['D:(XD;;FA;;;NS;#61727478)(A;;FA;;;NS)', false],
    ['D:', false],
    ['O:SY', true],
  ])('%s lets NETWORK SERVICE read: %s', (sddl, expected) => {
    expect(grants(fromSddl(sddl), TOKENS.networkService, MASK.read)).toBe(expected);
  });
  it('lets an owner read and change the permissions, unless the list speaks of owners', () => {
    expect(effectiveMask(fromSddl('O:NSD:'), WELL_KNOWN.networkService)).toBe(MASK.readControl | MASK.writeDac);
    expect(effectiveMask(fromSddl('O:NSD:(A;;RC;;;OW)'), WELL_KNOWN.networkService)).toBe(MASK.readControl);
    expect(effectiveMask(fromSddl('O:SYD:'), WELL_KNOWN.networkService)).toBe(0);
  });
});

describe('adding an entry', () => {
  const add = (sddl: string): string => toSddl(addAllowAce(fromSddl(sddl), WELL_KNOWN.networkService, MASK.read));
  it.each([
    [
      'after explicit, before inherited',
      'D:AI(D;;FA;;;BG)(A;;FA;;;SY)(A;ID;FA;;;BA)',
      'D:AI(D;;FA;;;BG)(A;;FA;;;SY)(A;;FR;;;NS)(A;ID;FA;;;BA)',
    ],
    ['at the end', 'D:P(A;;FA;;;SY)', 'D:P(A;;FA;;;SY)(A;;FR;;;NS)'],
    ['into an empty list', 'D:', 'D:(A;;FR;;;NS)'],
    ['beside an inherited one', 'D:(A;ID;FR;;;NS)', 'D:(A;;FR;;;NS)(A;ID;FR;;;NS)'],
    ['beside one for children', 'D:(A;OICIIO;FA;;;NS)', 'D:(A;OICIIO;FA;;;NS)(A;;FR;;;NS)'],
    ['not beside a wider one', 'D:(A;;FA;;;NS)', 'D:(A;;FA;;;NS)'],
    ['not beside two that cover it', 'D:(A;;CC;;;NS)(A;;0x120088;;;NS)', 'D:(A;;CC;;;NS)(A;;0x120088;;;NS)'],
    ['not where there is no list', 'D:NO_ACCESS_CONTROL', 'D:NO_ACCESS_CONTROL'],
  ])('%s', (_, before, after) => expect(add(before)).toBe(after));
  it('is done once, and keeps all else', () => {
    const before = fromSddl(
      'O:SYG:SYD:PAI(OD;;CC;bf967a86-0de6-11d0-a285-00aa003049e2;;WD)(0x77;ID;;;;;#cafe)S:(ML;;NW;;;HI)',
    );
    const once = addAllowAce(before, WELL_KNOWN.networkService, MASK.read);
    expect(addAllowAce(once, WELL_KNOWN.networkService, MASK.read)).toBe(once);
    expect(once.sacl).toBe(before.sacl);
    expect(once.control).toBe(before.control);
    expect(once.dacl?.aces.filter(({ sid }) => sid !== WELL_KNOWN.networkService)).toEqual(before.dacl?.aces);
    expect(parseDescriptor(encodeDescriptor(once)).dacl?.aces.length).toBe(3);
  });
});

it('removes explicit entries of one account, of the kind asked for', () => {
  const sd = fromSddl('D:(D;;FA;;;NS)(A;;FR;;;NS)(A;;FA;;;SY)(A;ID;FR;;;NS)');
  expect(toSddl(removeAces(sd, WELL_KNOWN.networkService))).toBe('D:(A;;FA;;;SY)(A;ID;FR;;;NS)');
  expect(toSddl(removeAces(sd, WELL_KNOWN.networkService, 'allow'))).toBe('D:(D;;FA;;;NS)(A;;FA;;;SY)(A;ID;FR;;;NS)');
  expect(toSddl(removeAces(sd, WELL_KNOWN.networkService, 'deny'))).toBe('D:(A;;FR;;;NS)(A;;FA;;;SY)(A;ID;FR;;;NS)');
  expect(removeAces(sd, WELL_KNOWN.everyone)).toBe(sd);
  expect(sd.dacl?.aces.some(({ flags }) => flags & ACE_FLAG.inherited)).toBe(true);
});

/** Every descriptor in a hive's sk cells, found by walking its bins here, so that no reader of ours stands between. */
function skDescriptors(hive: Uint8Array): Uint8Array[] {
  const view = new DataView(hive.buffer, hive.byteOffset, hive.byteLength);
  const found: Uint8Array[] = [];
  const word = (at: number): string => String.fromCharCode(...hive.subarray(at, at + 4));
  for (let bin = 4096; bin + 32 <= hive.byteLength && word(bin) === 'hbin'; ) {
    const binBytes = view.getUint32(bin + 8, true);
    if (binBytes === 0 || binBytes % 4096 !== 0 || bin + binBytes > hive.byteLength) break;
    for (let cell = bin + 32; cell + 24 < bin + binBytes; ) {
      const size = Math.abs(view.getInt32(cell, true));
      if (size < 8 || cell + size > bin + binBytes) break;
      if (view.getInt32(cell, true) < 0 && word(cell + 4).startsWith('sk')) {
        const sizeBytes = view.getUint32(cell + 20, true);
        if (24 + sizeBytes <= size) found.push(hive.slice(cell + 24, cell + 24 + sizeBytes));
      }
      cell += size;
    }
    bin += binBytes;
  }
  return found;
}

describeShared('the descriptors of real hives', (folder) => {
  const hives = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .flatMap((path) => {
      try {
        const bytes = new Uint8Array(readFileSync(path));
        return String.fromCharCode(...bytes.subarray(0, 4)) === 'regf' && bytes.byteLength > 4096
          ? [{ path, bytes }]
          : [];
      } catch {
        return [];
      }
    });
  it('come back byte for byte, and their text by its meaning', () => {
    const seen = new Map<string, Uint8Array>();
    for (const { bytes } of hives) for (const sd of skDescriptors(bytes)) seen.set(toHex(sd), sd);
    expect(seen.size).toBeGreaterThan(900);
    for (const [hex, bytes] of seen) {
      const sd = parseDescriptor(bytes);
      expect(toHex(encodeDescriptor(sd))).toBe(hex);
      const again = fromSddl(toSddl(sd));
      expect([again.owner, again.group]).toEqual([sd.owner, sd.group]);
      expect(again.dacl?.aces).toEqual(sd.dacl?.aces);
      expect(again.sacl?.aces).toEqual(sd.sacl?.aces);
    }
  });
});
