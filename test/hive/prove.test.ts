// The gate as every writing command meets it: defects that a hive brings along are findings beside an edit that leaves
// them alone, and refuse one that touches them.

import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/base/finding.ts';
import { openHiveBytes } from '../../src/hive/open.ts';
import { verifyHive } from '../../src/hive/prove.ts';
import { BASE_BLOCK, headerChecksum } from '../../src/regf/base-block.ts';
import { LIST, NK, SK } from '../../src/regf/layout.ts';
import { RegfTree } from '../../src/regf/tree.ts';
import type { HiveEdit } from '../../src/registry/edit.ts';
import { WorkingHive } from '../../src/registry/working/working-hive.ts';
import { findingLine } from '../../src/render/repair-text.ts';
import { fixtureEngine } from '../fixture-hives.ts';
import { Patient, smallHive, soundHive } from '../regf/patient.ts';
import { pointersOf } from '../regf/pointers.ts';

const key = (...path: string[]) => ({ hive: 'X', path });
const setIn = (...path: string[]): HiveEdit => ({
  op: 'set-value',
  key: key(...path),
  name: 'new',
  value: { type: 4, hex: '01000000' },
});

/** The defects that were kept beside `edits`. */
function verified(cut: (patient: Patient) => void, ...edits: HiveEdit[]): readonly Finding[] {
  return verifiedIn(soundHive(5), cut, ...edits);
}

function verifiedIn(sound: Uint8Array, cut: (patient: Patient) => void, ...edits: HiveEdit[]): readonly Finding[] {
  const patient = new Patient(sound);
  cut(patient);
  const engine = fixtureEngine();
  const loaded = openHiveBytes(engine, 'X', 'X', patient.image, []);
  using working = WorkingHive.open(engine, 'X', loaded.recovery);
  const changes = working.apply(edits, 133_537_680_000_000_000n);
  expect(changes.length).toBeGreaterThan(0);
  return verifyHive(engine, loaded, working.image(), changes);
}

/** Their codes. */
function verify(cut: (patient: Patient) => void, ...edits: HiveEdit[]): string[] {
  return verified(cut, ...edits).map((finding) => finding.code);
}

describe('a hive with a defect', () => {
  const wrongHash = (p: Patient): void => p.set32(p.list('Beta'), LIST.elements + 4, 1);

  it('may be edited elsewhere, and the defect is a finding', () => {
    expect(verify(wrongHash, setIn('Alpha'))).toEqual(['LIST_HASH']);
    expect(verify(wrongHash, { op: 'create-key', key: key('Deep', 'another') })).toEqual(['LIST_HASH']);
  });

  it('is refused where the edit touches it', () => {
    expect(() => verify(wrongHash, { op: 'create-key', key: key('Beta', 'A') })).toThrow(
      expect.objectContaining({ code: 'DAMAGED_HIVE' }),
    );
  });

  it('whose largest name is stated too small takes a shorter name, as hives of Windows XP must', () => {
    const tooSmall = (p: Patient): void => p.set32(p.key('Many'), NK.maxNameLength, 2);
    expect(verify(tooSmall, { op: 'create-key', key: key('Many', 'ab') })).toEqual(['MAX_NAME']);
  });

  it('counts the uses of a descriptor too high, and takes one more or one fewer', () => {
    const tooHigh = (p: Patient): void => {
      const security = p.u32(p.key('Alpha'), NK.security);
      p.set32(security, SK.referenceCount, p.u32(security, SK.referenceCount) + 4);
    };
    expect(verify(tooHigh, { op: 'create-key', key: key('Alpha', 'one more') })).toEqual(['SK_COUNT']);
    expect(verify(tooHigh, { op: 'delete-key', key: key('Alpha') })).toEqual(['SK_COUNT']);
  });

  it('is named with its key, in findings and in refusals', () => {
    const tooSmall = (p: Patient): void => p.set32(p.key('Many'), NK.maxNameLength, 2);
    const [kept] = verified(tooSmall, { op: 'create-key', key: key('Many', 'ab') });
    expect(findingLine({ colour: false }, kept!)).toMatch(
      /^info +MAX_NAME: Many: its longest subkey name is said to have \d+ bytes, and one has \d+$/,
    );
    expect(() => verify(wrongHash, { op: 'create-key', key: key('Beta', 'A') })).toThrow(/would touch: Beta.*: /);
  });
});

describe('a hive in which two structures name one cell', () => {
  const sound = smallHive(5);
  const pointers = pointersOf(new RegfTree(sound, 'X').root);
  const textOf = (path: readonly string[]): HiveEdit => {
    return { op: 'set-value', key: key(...path), name: 'text', value: { type: 3, hex: '00' } };
  };

  /** Makes the pointer of this kind in one key what it is in the other. */
  function share(kind: string, one: string, other: string): (patient: Patient) => void {
    const at = (name: string): number => {
      const names = kind === 'subkeys' ? [name] : [name, 'Below'];
      return pointers.find(({ kind: each, path }) => each === kind && path.join() === names.join())!.fileOffset;
    };
    return ({ image }) => {
      const view = new DataView(image.buffer);
      view.setUint32(at(one), view.getUint32(at(other), true), true);
    };
  }

  it.each(['subkey', 'subkeys', 'values', 'value', 'data'])(
    '%s: an edit of it is refused by either path, and one beside it is not',
    (kind) => {
      for (const cut of [share(kind, 'Key 2', 'Key 3'), share(kind, 'Key 3', 'Key 2')]) {
        for (const name of ['Key 2', 'Key 3']) {
          expect(() => verifiedIn(sound, cut, textOf([name, 'Below'])), name).toThrow(
            expect.objectContaining({ code: 'DAMAGED_HIVE' }),
          );
        }
        expect(verifiedIn(sound, cut, textOf(['Key 5', 'Below']))).not.toEqual([]);
      }
    },
  );
});

it('keys that were made and renamed before their parent goes are what the change records', () => {
  const found = verify(
    () => {},
    { op: 'create-key', key: key('Parent', 'b') },
    { op: 'create-key', key: key('Parent', 'a') },
    { op: 'rename-key', key: key('Parent', 'a'), newName: 'z' },
    { op: 'delete-key', key: key('Parent') },
    setIn('Alpha'),
  );
  expect(found).toEqual([]);
});

it('bytes of the base block that no edit has to do with stay as they are', () => {
  const engine = fixtureEngine();
  const loaded = openHiveBytes(engine, 'X', 'X', soundHive(5), []);
  using working = WorkingHive.open(engine, 'X', loaded.recovery);
  const changes = working.apply([setIn('Alpha')], 133_537_680_000_000_000n);
  for (const place of [BASE_BLOCK.lastWritten, BASE_BLOCK.fileName + 8, BASE_BLOCK.flags, 0x200, 0xfff]) {
    const image = working.image();
    image[place]! ^= 1;
    new DataView(image.buffer).setUint32(BASE_BLOCK.checksum, headerChecksum(image), true);
    expect(() => verifyHive(engine, loaded, image, changes)).toThrow(`at byte ${place} of the base block`);
  }
  expect(verifyHive(engine, loaded, working.image(), changes)).toEqual([]);
});

describe('a result that is not what was planned', () => {
  const engine = fixtureEngine();
  const loaded = openHiveBytes(engine, 'X', 'X', soundHive(5), []);

  function edited(...edits: HiveEdit[]) {
    using working = WorkingHive.open(engine, 'X', loaded.recovery);
    const changes = working.apply(edits, 133_537_680_000_000_000n);
    return { changes, image: working.image() };
  }

  it('is a bug of ours, whether it holds a change more, a change fewer or another one', () => {
    const two = edited(setIn('Alpha'), setIn('Beta'));
    const one = edited(setIn('Alpha'));
    const other = edited(setIn('Beta'));
    const invariant = expect.objectContaining({ code: 'INVARIANT' });
    expect(() => verifyHive(engine, loaded, two.image, one.changes)).toThrow(invariant);
    expect(() => verifyHive(engine, loaded, one.image, two.changes)).toThrow(invariant);
    expect(() => verifyHive(engine, loaded, one.image, other.changes)).toThrow(invariant);
    expect(verifyHive(engine, loaded, one.image, one.changes)).toEqual([]);
  });
});
