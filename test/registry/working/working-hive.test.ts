import { describe, expect, it } from 'vitest';
import { bytesEqual, toHex } from '../../../src/base/bytes.ts';
import type { HiveEdit } from '../../../src/registry/edit.ts';
import { proveChanges } from '../../../src/registry/proof/diff.ts';
import { openVerifierHive } from '../../../src/registry/readers/verifier-hive.ts';
import * as reg from '../../../src/registry/value.ts';
import { WorkingHive } from '../../../src/registry/working/working-hive.ts';
import { encodeDescriptor, fromSddl } from '../../../src/security/index.ts';
import { buildFixture, fixtureEngine } from '../../fixture-hives.ts';
import { BAD_DESCRIPTORS, descriptor } from '../../regf/patient.ts';

const NOW = 133_600_000_000_000_000n;
const RDP = ['ControlSet001', 'Control', 'Terminal Server', 'WinStations', 'RDP-Tcp'];
const key = (...path: string[]) => ({ hive: 'SYSTEM', path });

function open(): WorkingHive {
  return WorkingHive.open(fixtureEngine(), 'SYSTEM', { image: buildFixture('SYSTEM-broken'), view: 'recovered' });
}

/** Applies, and proves with the independent reader that the image holds the changes and no others. */
function applied(edits: readonly HiveEdit[], check?: (working: WorkingHive) => void) {
  using working = open();
  const before = openVerifierHive('SYSTEM', buildFixture('SYSTEM-broken'), 'SYSTEM', 'recovered');
  const changes = working.apply(edits, NOW);
  proveChanges(before, openVerifierHive('SYSTEM', working.image(), 'SYSTEM', 'recovered'), changes);
  check?.(working);
  return changes;
}

describe('apply', () => {
  it('sets a value, whatever the case of its path, and says what stood there', () => {
    const edit: HiveEdit = {
      op: 'set-value',
      key: key(...RDP.map((name) => name.toUpperCase())),
      name: 'securitylayer',
      value: reg.dword(2),
    };
    const changes = applied([edit], ({ hive }) => {
      expect(reg.readDword(hive.value(RDP, 'SecurityLayer'))).toBe(2);
      expect(hive.value(RDP, 'securitylayer')?.name).toBe('SecurityLayer');
      expect(hive.key(RDP)?.lastWritten).toBe(NOW);
      expect(hive.key(RDP.slice(0, -1))?.lastWritten).not.toBe(NOW);
    });
    expect(changes).toEqual([{ edit, before: { value: reg.dword(0) }, after: { value: reg.dword(2) } }]);
  });

  it('makes nothing of what is so already, and stamps nothing', () => {
    using working = open();
    const image = working.image();
    const same: HiveEdit[] = [
      { op: 'set-value', key: key(...RDP), name: 'PortNumber', value: reg.dword(3389) },
      { op: 'create-key', key: key('controlset001', 'CONTROL') },
      { op: 'delete-value', key: key(...RDP), name: 'NoSuchValue' },
      { op: 'delete-value', key: key('NoSuchKey'), name: 'x' },
      { op: 'delete-key', key: key('NoSuchKey') },
      { op: 'set-class', key: key('ControlSet001', 'Control', 'Lsa', 'JD'), className: 'c3187a5d' },
      { op: 'rename-key', key: key('Select'), newName: 'Select' },
    ];
    expect(working.apply(same, NOW)).toEqual([]);
    expect(working.changes).toEqual([]);
    expect(bytesEqual(working.image(), image)).toBe(true);
  });

  it('tells the same data of another type apart', () => {
    const edit: HiveEdit = {
      op: 'set-value',
      key: key('Select'),
      name: 'Current',
      value: { type: 3, hex: '01000000' },
    };
    expect(applied([edit])).toEqual([{ edit, before: { value: reg.dword(1) }, after: { value: edit.value } }]);
  });

  it('makes a key with its parents, a change for each', () => {
    const changes = applied([{ op: 'create-key', key: key('ControlSet001', 'New', 'Deep', 'Er') }]);
    expect(changes.map(({ edit }) => 'key' in edit && edit.key.path)).toEqual([
      ['ControlSet001', 'New'],
      ['ControlSet001', 'New', 'Deep'],
      ['ControlSet001', 'New', 'Deep', 'Er'],
    ]);
    expect(changes[0]).toMatchObject({
      before: null,
      after: { tree: [{ path: [], filetime: NOW.toString(), values: [] }] },
    });
  });

  it('keeps the tree of a key that it deletes', () => {
    const [change, ...more] = applied(
      [{ op: 'delete-key', key: key('ControlSet002', 'Control', 'Lsa') }],
      ({ hive }) => {
        expect(hive.key(['ControlSet002', 'Control', 'Lsa'])).toBeNull();
      },
    );
    expect(more).toEqual([]);
    const tree = change?.before?.tree ?? [];
    expect(tree.map(({ path }) => path.join('\\'))).toEqual([
      '',
      'Data',
      'FipsAlgorithmPolicy',
      'GBG',
      'JD',
      'MSV1_0',
      'Skew1',
    ]);
    expect(tree[4]).toMatchObject({
      className: 'c3187a5d',
      values: [{ name: 'Lookup', value: { type: 3, hex: '219b543ef69e' } }],
    });
    expect(tree[0]?.sdHex).toMatch(/^0100/);
  });

  it('renames, classes, secures and times keys', () => {
    const sdHex = toHex(encodeDescriptor(fromSddl('O:BAG:SYD:P(A;CI;KA;;;SY)')));
    const changes = applied(
      [
        { op: 'rename-key', key: key('Software'), newName: 'Zoftware ÿ' },
        { op: 'set-class', key: key('Zoftware ÿ'), className: 'class' },
        { op: 'set-key-security', key: key('Zoftware ÿ', 'Microsoft'), sdHex },
        { op: 'set-key-time', key: key('Zoftware ÿ', 'Microsoft'), filetime: '1' },
        { op: 'delete-value', key: key('Select'), name: 'failed' },
      ],
      ({ hive }) => {
        expect(hive.key(['zoftware Ÿ', 'microsoft'])?.lastWritten).toBe(1n);
        expect(toHex(hive.key(['Zoftware ÿ', 'Microsoft'])!.security()!)).toBe(sdHex);
      },
    );
    expect(changes.map(({ before }) => before)).toEqual([
      { filetime: expect.any(String) },
      { className: '' },
      { sdHex: expect.any(String) },
      { filetime: NOW.toString() },
      { value: reg.dword(0) },
    ]);
  });

  it.each(BAD_DESCRIPTORS)('gives no key a descriptor with %s', (_name, spoil) => {
    using working = open();
    const bytes = descriptor(1);
    working.apply([{ op: 'set-key-security', key: key('Setup'), sdHex: toHex(bytes) }], NOW);
    spoil(bytes);
    const edit: HiveEdit = { op: 'set-key-security', key: key('Setup'), sdHex: toHex(bytes) };
    expect(() => working.apply([edit], NOW)).toThrow(expect.objectContaining({ code: 'BAD_VALUE' }));
  });

  it('makes all edits or none', () => {
    using working = open();
    const image = working.image();
    const { root } = working.hive;
    const first: HiveEdit = { op: 'set-value', key: key('Select'), name: 'Current', value: reg.dword(2) };
    for (const [bad, code] of [
      [{ op: 'set-value', key: key('NoSuchKey'), name: 'x', value: reg.dword(1) }, 'KEY_NOT_FOUND'],
      [{ op: 'set-value', key: { hive: 'OTHER', path: [] }, name: 'x', value: reg.dword(1) }, 'BAD_ARGUMENT'],
      [{ op: 'set-value', key: key('Setup'), name: 'x', value: { type: 3, hex: 'abc' } }, 'BAD_VALUE'],
      [{ op: 'set-value', key: key('Setup'), name: 'x', value: { type: -1, hex: '' } }, 'BAD_VALUE'],
      [{ op: 'create-key', key: key('a'.repeat(300)) }, 'BAD_VALUE'],
      [{ op: 'delete-key', key: key() }, 'PROTECTED_KEY'],
      [{ op: 'rename-key', key: key(), newName: 'x' }, 'PROTECTED_KEY'],
      [{ op: 'rename-key', key: key('Select'), newName: 'setup' }, 'BAD_VALUE'],
      [{ op: 'set-key-security', key: key('Setup'), sdHex: 'zz' }, 'BAD_VALUE'],
      [{ op: 'set-key-security', key: key('Setup'), sdHex: '00' }, 'BAD_VALUE'],
      [{ op: 'set-key-time', key: key('Setup'), filetime: '-1' }, 'BAD_VALUE'],
    ] satisfies [HiveEdit, string][]) {
      expect(() => working.apply([first, bad], NOW), JSON.stringify(bad)).toThrow(expect.objectContaining({ code }));
      expect(bytesEqual(working.image(), image)).toBe(true);
    }
    expect(working.changes).toEqual([]);
    expect(root.subkey('Select')?.name).toBe('Select');
  });

  it('shows after an edit what was looked up in vain before it, and no longer what went', () => {
    using working = open();
    const { hive } = working;
    expect(hive.key(['New'])).toBeNull();
    expect(hive.value(RDP, 'New')).toBeNull();
    expect(hive.value(RDP, 'PortNumber')).not.toBeNull();
    const edits: HiveEdit[] = [
      { op: 'create-key', key: key('New') },
      { op: 'set-value', key: key(...RDP), name: 'New', value: reg.dword(7) },
      { op: 'delete-value', key: key(...RDP), name: 'PortNumber' },
    ];
    working.apply(edits, NOW);
    expect(hive.key(['New'])?.path).toEqual(['New']);
    expect(reg.readDword(hive.value(RDP, 'New'))).toBe(7);
    expect(hive.value(RDP, 'PortNumber')).toBeNull();
  });

  it('refuses keys and values looked up before an edit', () => {
    using working = open();
    const select = working.hive.key(['Select'])!;
    working.apply([{ op: 'delete-value', key: key('Select'), name: 'Failed' }], NOW);
    expect(() => select.values()).toThrow(/look it up again/);
    expect(working.hive.key(['Select'])?.values()).toHaveLength(3);
  });
});

it('makes an empty, clean hive', () => {
  const security = encodeDescriptor(fromSddl('O:BAG:SYD:P(A;CI;KA;;;SY)'));
  using working = WorkingHive.create(fixtureEngine(), {
    name: 'N',
    minor: 3,
    rootName: 'Root',
    security,
    filetime: NOW,
  });
  const view = new DataView(working.image().buffer);
  expect([view.getUint32(4, true), view.getUint32(8, true), view.getUint32(24, true)]).toEqual([1, 1, 3]);
  const hive = openVerifierHive('N', working.image(), 'N', 'primary');
  expect(hive.root.name).toBe('Root');
  expect(hive.root.lastWritten).toBe(NOW);
  expect([...hive.walk()]).toHaveLength(1);
});

it('closes every handle that it opens', () => {
  const engine = fixtureEngine();
  const open = () => engine.counts.opened - engine.counts.closed;
  const before = open();
  const working = WorkingHive.open(engine, 'SYSTEM', { image: buildFixture('SYSTEM-healthy'), view: 'primary' });
  expect(open()).toBe(before + 1);
  working.close();
  working.close();
  expect(open()).toBe(before);
});

it('previews what apply would change, and changes nothing: the next edit is as if there had been no preview', () => {
  using working = open();
  using other = open();
  const edits: HiveEdit[] = [
    { op: 'create-key', key: key('Made', 'Here') },
    { op: 'set-value', key: key(...RDP), name: 'SecurityLayer', value: reg.dword(2) },
    { op: 'delete-key', key: key('ControlSet002') },
  ];
  const root = working.hive.root.subkeys().map(({ name }) => name);
  const before = working.image();
  const previewed = working.preview(edits, NOW);
  expect(bytesEqual(working.image(), before)).toBe(true);
  expect(working.hive.root.subkeys().map(({ name }) => name)).toEqual(root);
  expect(working.changes).toEqual([]);
  expect(() => working.preview([{ op: 'create-key', key: key('a\\b') }], NOW)).toThrow();
  expect(previewed).toEqual(other.apply(edits, NOW));
  expect(working.apply(edits, NOW)).toEqual(previewed);
  expect(bytesEqual(working.image(), other.image())).toBe(true);
});
