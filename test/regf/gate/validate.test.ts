import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEFECTS } from '../../../src/base/codes/defects.ts';
import type { Finding } from '../../../src/base/finding.ts';
import { compareValidation, validate } from '../../../src/regf/gate/validate.ts';
import { NK } from '../../../src/regf/layout.ts';
import { recover } from '../../../src/regf/logs/recover.ts';
import { describeShared } from '../../shared-hives.ts';
import { Patient, soundHive } from '../patient.ts';

describe('docs/validation.md', () => {
  const page = readFileSync(new URL('../../../docs/validation.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^- `([A-Z_]+)` \((\w+)\): (.+)\. Windows: (.+)$/gm)].map((row) => row.slice(1));

  it('says of every code what is wrong, how bad it is, and what Windows does, and has no other rows', () => {
    const expected = Object.entries(DEFECTS).map(([code, { severity, what, windows }]) => [
      code,
      severity,
      what,
      windows,
    ]);
    expect(rows).toEqual(expected);
  });
});

describe('a defect that was there before', () => {
  const sound = soundHive(5);

  function withBadParent(image: Uint8Array): Uint8Array {
    const patient = new Patient(image);
    patient.set32(patient.key('Alpha'), NK.parent, patient.key('Beta'));
    return patient.image;
  }

  it('is kept when the edit does not touch it', () => {
    const before = validate(withBadParent(sound), 'X');
    const edited = new Patient(withBadParent(sound));
    edited.set32(edited.key('Beta'), NK.lastWritten, 5);
    const { introduced, kept } = compareValidation(before, validate(edited.image, 'X'));
    expect(introduced).toEqual([]);
    expect(kept.map((finding) => finding.code)).toEqual(['KEY_PARENT']);
  });

  it('is introduced when it becomes another, or when there are more of it', () => {
    const before = validate(withBadParent(sound), 'X');
    const worse = new Patient(withBadParent(sound));
    worse.set32(worse.key('Alpha'), NK.parent, worse.key('Many'));
    expect(compareValidation(before, validate(worse.image, 'X')).introduced).toHaveLength(1);
    const more = new Patient(withBadParent(sound));
    more.set32(more.key('Big'), NK.parent, more.key('Many'));
    const { introduced, kept } = compareValidation(before, validate(more.image, 'X'));
    expect([introduced.length, kept.length]).toEqual([1, 1]);
  });

  it('is kept when it has become less, and introduced when it has become more', () => {
    const withMaximum = (maximum: number) => {
      const patient = new Patient(sound);
      patient.set32(patient.key('Alpha'), NK.maxValueNameLength, maximum);
      return validate(patient.image, 'X');
    };
    const [two, four] = [withMaximum(2), withMaximum(4)];
    expect(two.map((finding) => finding.code)).toEqual(['MAX_VALUE_NAME']);
    expect(compareValidation(two, four)).toMatchObject({ introduced: [], kept: four });
    expect(compareValidation(four, two)).toMatchObject({ introduced: two, kept: [] });
    const long = (stated: number): Finding[] => [
      {
        code: 'LIST_LONG',
        severity: 'warning',
        measure: { stated, needed: 1012 },
        where: { file: 'X', offset: 9 },
        text: `${stated} elements`,
      },
    ];
    expect(compareValidation(long(1500), long(1499))).toMatchObject({ introduced: [], kept: long(1499) });
    expect(compareValidation(long(1500), long(1501))).toMatchObject({ introduced: long(1501), kept: [] });
  });
});

describe('a count of uses that is wrong', () => {
  const count = (stated: number, needed: number): Finding[] => [
    {
      code: 'SK_COUNT',
      severity: 'error',
      measure: { stated, needed },
      where: { file: 'X', offset: 9 },
      text: `${stated} of ${needed}`,
    },
  ];

  it('is kept while it is as far off as it was, or less, on the same side', () => {
    for (const [stated, needed] of [
      [9, 5],
      [7, 3],
      [8, 5],
    ] as const) {
      expect(compareValidation(count(8, 4), count(stated, needed)).introduced).toEqual([]);
    }
    for (const [stated, needed] of [
      [9, 4],
      [8, 3],
      [4, 5],
    ] as const) {
      expect(compareValidation(count(8, 4), count(stated, needed)).introduced).toHaveLength(1);
    }
  });

  it('is not compared by its sentence', () => {
    const other = count(8, 4).map((finding) => ({ ...finding, text: 'said in other words' }));
    expect(compareValidation(count(8, 4), other)).toEqual({ introduced: [], kept: other });
  });
});

describeShared('real hives', (folder) => {
  function findingsOf(path: string): { codes: string[]; milliseconds: number; sizeBytes: number } {
    const bytes = new Uint8Array(readFileSync(join(folder, path)));
    const { image } = recover(path, bytes, []);
    const start = performance.now();
    const codes = validate(image, path).map((finding) => `${finding.severity} ${finding.code}`);
    return { codes, milliseconds: performance.now() - start, sizeBytes: image.byteLength };
  }

  const hives = ['system', 'bcd', 'user', 'software'].flatMap((group) =>
    readdirSync(join(folder, group)).flatMap((name) =>
      readdirSync(join(folder, group, name))
        .filter((file) => !/\.LOG\d?$/.test(file))
        .map((file) => `${group}/${name}/${file}`),
    ),
  );

  it.each(hives)('%s has no error and no leak', (path) => {
    const { codes } = findingsOf(path);
    const expected: Record<string, string[]> = {
      // Clean XP hives have a longest subkey name that is too short.
      'system/xp/SYSTEM': ['info MAX_NAME'],
      'system/win10-1903-dirty-without-logs/SYSTEM': ['error HEADER_SEQUENCE'],
    };
    expect([...new Set(codes)]).toEqual(expected[path] ?? []);
  });

  it('of 15 MB take well under a second', () => {
    const { milliseconds, sizeBytes } = findingsOf('system/win7-x64/SYSTEM');
    expect(sizeBytes).toBeGreaterThan(13_000_000);
    expect(milliseconds).toBeLessThan(2000);
  });

  // What is known to be wrong with the hives that were damaged on purpose, and nothing else.
  it.each([
    ['BadListHive', ['CELL_LEAKED', 'CELL_SHARED', 'SK_COUNT']],
    ['CompHive', ['LIST_HINT']],
    ['DuplicateSubkeysHive', ['KEY_DUPLICATE']],
    ['TruncatedHive', ['HEADER_BINS_SIZE']],
    ['ez-SAN-OTHER', ['HEADER_CHECKSUM']],
    [
      'ez-SAMBadHBinHeader',
      ['BIN_SIGNATURE', 'CELL_LEAKED', 'KEY_CELL', 'SK_COUNT', 'SUBKEY_LIST', 'VALUE_DATA', 'VALUE_LIST'],
    ],
    ['ez-SECURITYNoRoot', ['ROOT_FLAGS']],
    ['nt-hive-testhive', ['ROOT_FLAGS']],
    ['plaso-corrupt-subkey-list', ['CELL_LEAKED', 'KEY_CELL', 'SK_COUNT']],
    ['BigDataHive', []],
    ['ManySubkeysHive', []],
    ['UnicodeHive', []],
  ])('odd/%s has %j', (name, codes) => {
    const found = findingsOf(`odd/${name}`).codes.map((code) => code.split(' ')[1]!);
    expect([...new Set(found)].sort()).toEqual(codes);
  });
});
