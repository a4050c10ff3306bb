import { describe, expect, it } from 'vitest';
import { dword, multiSz, sz } from '../../src/registry/value.ts';
import { REPAIRS } from '../../src/repairs/fixes/index.ts';
import { planOptions, planRepair } from '../../src/repairs/plan.ts';
import { parseProfile } from '../../src/repairs/profile-file.ts';
import { DEFAULT_PROFILE, PROFILES, profileNamed } from '../../src/repairs/profiles.ts';
import { Disk } from './disks.ts';

const GOOD = {
  schema: 1,
  name: 'ours',
  title: 'what our machines need',
  repairs: ['nla'],
  fixes: ['rdp-services'],
  options: { tls: ['1.2'], serial: 'ems', port: 3390, asPublished: false },
  values: [
    {
      hive: 'SYSTEM',
      key: '{CS}\\Control\\Terminal Server',
      name: 'KeepAliveEnable',
      type: 'REG_DWORD',
      data: 1,
      why: 'Our proxies drop idle connections.',
      security: 'raises',
    },
    { hive: 'SOFTWARE', key: 'Ours', name: 'List', type: 'REG_MULTI_SZ', data: ['a', 'b'], why: 'A list.' },
    { hive: 'SOFTWARE', key: 'Ours', name: 'Gone', type: 'absent', why: 'Left over from an old image.' },
  ],
};

const parse = (profile: unknown) => parseProfile(JSON.stringify(profile), 'ours.json');

describe('the profiles that come with hivemend', () => {
  it('name repairs that exist, each once, and leave group-policy-on out', () => {
    for (const profile of Object.values(PROFILES)) {
      const names = [...profile.sets, ...profile.fixes];
      expect(new Set(names).size).toBe(names.length);
      for (const name of names) expect(REPAIRS.map((repair) => repair.name)).toContain(name);
      expect(names).not.toContain('group-policy-on');
    }
  });

  it("has the article's offline part as what the default sets", () => {
    expect(profileNamed(DEFAULT_PROFILE).sets).toEqual(['tls', 'nla', 'crash-dump', 'serial-console', 'machine-keys']);
  });

  it('refuse a name that is none, inherited names too', () => {
    for (const name of ['rdp', 'constructor']) {
      expect(() => profileNamed(name)).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
    }
  });
});

describe("a user's profile", () => {
  it('sets its values in each control set, and a second run changes nothing', () => {
    const profile = parse(GOOD);
    expect(profile.options).toEqual({ tls: ['1.2'], serial: 'ems', port: 3390, asPublished: false });
    const disk = new Disk({ set2: {}, software: { Ours: { Gone: 'x' } } });
    const options = planOptions(profile, {});
    const part = planRepair(disk.view(), options).parts.find(({ name }) => name === 'profile ours');
    expect(part?.edits.map(({ edit }) => edit)).toEqual([
      {
        op: 'set-value',
        key: { hive: 'SYSTEM', path: ['ControlSet001', 'Control', 'Terminal Server'] },
        name: 'KeepAliveEnable',
        value: dword(1),
      },
      {
        op: 'set-value',
        key: { hive: 'SYSTEM', path: ['ControlSet002', 'Control', 'Terminal Server'] },
        name: 'KeepAliveEnable',
        value: dword(1),
      },
      { op: 'set-value', key: { hive: 'SOFTWARE', path: ['Ours'] }, name: 'List', value: multiSz(['a', 'b']) },
      { op: 'delete-value', key: { hive: 'SOFTWARE', path: ['Ours'] }, name: 'Gone' },
    ]);
    disk.apply(planRepair(disk.view(), options).edits.map(({ edit }) => edit));
    expect(planRepair(disk.view(), options).edits).toEqual([]);
  });

  it('gives its options to the repairs, and the command line wins', () => {
    const profile = parse(GOOD);
    expect(planOptions(profile, {}).port).toBe(3390);
    expect(planOptions(profile, { port: 3391 }).port).toBe(3391);
    expect(planOptions(profile, { port: 3391 }).serial).toBe('ems');
  });

  it('takes every type of data', () => {
    const value = (type: string, data: unknown) => ({ hive: 'SYSTEM', key: 'K', name: 'V', type, data, why: 'x' });
    const data = (type: string, content: unknown) =>
      parse({ schema: 1, name: 'x', values: [value(type, content)] }).values[0]?.value;
    expect(data('REG_SZ', 'a')).toEqual(sz('a'));
    expect(data('REG_EXPAND_SZ', '%a%')).toMatchObject({ type: 2 });
    expect(data('REG_QWORD', '18446744073709551615')).toEqual({ type: 11, hex: 'ffffffffffffffff' });
    expect(data('REG_BINARY', '00FF')).toEqual({ type: 3, hex: '00ff' });
  });

  const value = GOOD.values[0];
  it.each([
    ['another schema', { ...GOOD, schema: 2 }, 'schema is 2'],
    ['no name', { schema: 1 }, 'name is absent'],
    ['an unknown field', { ...GOOD, repair: [] }, 'repair'],
    ['an unknown repair', { ...GOOD, repairs: ['nlaa'] }, 'repairs is "nlaa"'],
    ['a port that is none', { ...GOOD, options: { port: 0 } }, 'options.port is 0'],
    ['an unknown option', { ...GOOD, options: { ports: 1 } }, 'options.ports'],
    ['an unknown version', { ...GOOD, options: { tls: ['1.4'] } }, 'options.tls is "1.4"'],
    ['an unknown hive', { ...GOOD, values: [{ ...value, hive: 'SAM' }] }, 'values[0].hive is "SAM"'],
    ['CurrentControlSet', { ...GOOD, values: [{ ...value, key: 'CurrentControlSet\\Control' }] }, '{CS} in place of'],
    [
      'a number that does not fit',
      { ...GOOD, values: [{ ...value, data: 4_294_967_296 }] },
      'values[0].data is 4294967296',
    ],
    [
      'an empty text in a list',
      { ...GOOD, values: [{ ...value, type: 'REG_MULTI_SZ', data: [''] }] },
      'values[0].data',
    ],
    ['data of what is to be absent', { ...GOOD, values: [{ ...value, type: 'absent' }] }, 'values[0].data is 1'],
    ['no reason', { ...GOOD, values: [{ ...value, why: '' }] }, 'values[0].why'],
    ['a list in place of an object', [], 'the whole is []'],
  ])('is refused with the place of the fault: %s', (_, profile, message) => {
    expect(() => parse(profile)).toThrow(
      expect.objectContaining({ code: 'BAD_VALUE', message: expect.stringContaining(message) }),
    );
  });

  it('is refused where it is no JSON', () => {
    expect(parse({ schema: 1, name: 'x', mends: ['tls'] }).fixes).toEqual(['tls']);
    expect(() => parseProfile('{', 'ours.json')).toThrow(expect.objectContaining({ code: 'BAD_SYNTAX' }));
  });
});
