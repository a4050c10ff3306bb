// Saved plans and journals' reports that somebody has changed are refused before anything follows them.

import { describe, expect, it } from 'vitest';
import { parsePlan, parseRecordedReport } from '../../src/session/saved-plan.ts';

const KEY = { hive: 'SYSTEM', path: ['Select'] };
const SET = { op: 'set-value', key: KEY, name: 'x', value: { type: 4, hex: '01000000' } };
const TARGET = { kind: 'hive', path: '/mnt/SYSTEM', hive: 'SYSTEM', sha256Before: 'ab', sha256After: null };
const STEP = { repair: 'tls', controlSet: null, fixes: null, what: 'x', before: '0', after: '1' };
const PLAN = {
  schema: 2,
  tool: {},
  machine: null,
  options: {},
  targets: [TARGET],
  edits: [SET],
  why: ['so'],
  steps: [STEP],
  findings: [],
  summary: {},
};

describe('a saved plan', () => {
  const read = (change: object): unknown => parsePlan(JSON.stringify({ ...PLAN, ...change }), 'plan.json');

  it('is read as it was written', () => {
    expect(read({})).toEqual(PLAN);
    const all = [
      { op: 'create-key', key: KEY },
      { op: 'rename-key', key: KEY, newName: 'y' },
      { op: 'set-key-time', key: KEY, filetime: '18446744073709551615' },
      { op: 'write-file', path: '\\a', hex: '' },
      { op: 'move-file', path: '\\a', to: '\\b' },
    ];
    const steps = all.map(() => STEP);
    expect(read({ edits: all, why: ['', '', '', '', ''], steps })).toMatchObject({ edits: all });
  });

  it('of version 0.1.0 is refused with the version named', () => {
    expect(() => read({ schema: 1, tool: { version: '0.1.0' } })).toThrow(/version 0\.1\.0 wrote/);
  });

  it.each([
    ['an edit that is none', { edits: [null] }],
    ['an operation that is none', { edits: [{ ...SET, op: 'constructor' }] }],
    ['a place of the other kind', { edits: [{ op: 'write-file', key: KEY, path: '\\a', hex: '' }] }],
    ['a name that is no text', { edits: [{ ...SET, name: 1 }] }],
    ['a path that is no list', { edits: [{ ...SET, key: { hive: 'SYSTEM', path: 'Select' } }] }],
    ['data that is no hex', { edits: [{ ...SET, value: { type: 4, hex: 'zz' } }] }],
    ['a type of 33 bits', { edits: [{ ...SET, value: { type: 2 ** 32, hex: '' } }] }],
    ['a time that is none', { edits: [{ op: 'set-key-time', key: KEY, filetime: '18446744073709551616' }] }],
    ['a target that is none', { targets: [{ ...TARGET, path: null }] }],
    ['a machine that is none', { machine: { computerName: 'X' } }],
    ['fewer reasons than edits', { why: [] }],
    ['no options', { options: null }],
    ['fewer steps than edits', { steps: [] }],
    ['a step that is none', { steps: [null] }],
  ])('with %s is BAD_VALUE', (_what, change) => {
    expect(() => read(change)).toThrow(expect.objectContaining({ code: 'BAD_VALUE' }));
  });
});

describe("a journal's report", () => {
  const change = { edit: SET, before: null, after: { value: SET.value } };
  const read = (changes: unknown[]): unknown =>
    parseRecordedReport(JSON.stringify({ command: 'repair', machine: null, targets: [TARGET], changes }));

  it('is read where every change is one', () => {
    const tree = [{ path: [], filetime: '1', values: [{ name: '', value: SET.value }] }];
    const changes = [change, { edit: { op: 'delete-key', key: KEY }, before: { tree }, after: null }];
    expect(read(changes)).toEqual({ command: 'repair', machine: null, targets: [TARGET], changes });
  });

  it.each([
    ['no JSON', '{'],
    ['no changes', '{"machine":null,"targets":[]}'],
    ['a list', '[]'],
  ])('is not read as %s', (_what, text) => {
    expect(parseRecordedReport(text)).toBeNull();
  });

  it.each([
    ['no state after it', { edit: SET, before: null }],
    ['a state that is none', { ...change, before: 7 }],
    ['a tree that is none', { ...change, before: { tree: [{}] } }],
    ['a value that is none', { ...change, after: { value: null } }],
  ])('is not read with a change of %s', (_what, wrong) => {
    expect(read([wrong])).toBeNull();
  });
});
