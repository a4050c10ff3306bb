// Inputs that the fuzz harness found, each by the defect that it showed.

import { expect, it } from 'vitest';
import { importEdits, importNewHive } from '../../src/commands/import.ts';
import { WorkingHive } from '../../src/registry/apply.ts';
import { lintRunbook } from '../../src/runbook/linter.ts';
import { buildFixture, fixtureEngine } from '../fixture-hives.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

it.each(['\u2028', '\u00a0', '\f', '\ufeff'])(
  'a blank that is not one of ASCII (%j) ends a word of PowerShell',
  (blank) => {
    expect(lintRunbook('x.ps1', encode(`Get-Item${blank}x\n`))).toBeInstanceOf(Array);
  },
);

it('XML that is not UTF-8 is BAD_SYNTAX', () => {
  const xml = new Uint8Array([...encode('<hive><node name="'), 0xff, ...encode('"/></hive>')]);
  const code = expect.objectContaining({ code: 'BAD_SYNTAX' });
  const options = { name: 'X', filetime: 1n };
  expect(() => importNewHive(fixtureEngine(), xml, options)).toThrow(code);
  using working = WorkingHive.open(fixtureEngine(), 'X', { image: buildFixture('SOFTWARE'), view: 'primary' });
  expect(() => importEdits(xml, working.hive)).toThrow(code);
});
