// Inputs that the fuzz harness found, each by the defect that it showed.

import { expect, it } from 'vitest';
import { importEdits, importNewHive } from '../../src/commands/import.ts';
import { openHiveBytes } from '../../src/hive/open.ts';
import { verifyHive } from '../../src/hive/prove.ts';
import { NK } from '../../src/regf/layout.ts';
import type { HiveEdit } from '../../src/registry/edit.ts';
import { WorkingHive } from '../../src/registry/working/working-hive.ts';
import { lintRunbook } from '../../src/runbook/lint/linter.ts';
import { encodeDescriptor, fromSddl } from '../../src/security/index.ts';
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

it('an edit of a key that shares its subkeys with another is DAMAGED_HIVE', () => {
  const engine = fixtureEngine();
  const security = encodeDescriptor(fromSddl('O:BAG:SYD:(A;CI;KA;;;SY)'));
  using made = WorkingHive.create(engine, { name: 'X', minor: 5, rootName: 'R', security, filetime: 1n });
  const create = (path: string[]): HiveEdit => ({ op: 'create-key', key: { hive: 'X', path } });
  made.apply([create(['a', 'x']), create(['a', 'y']), create(['b', 'x']), create(['b', 'y'])], 1n);
  const image = made.image();
  const cells = new DataView(image.buffer, image.byteOffset + 4096 + 4);
  const [a, b] = ['a', 'b'].map((name) => made.hive.key([name])!.cellOffset);
  cells.setUint32(b! + NK.subkeyList, cells.getUint32(a! + NK.subkeyList, true), true);
  const loaded = openHiveBytes(engine, 'X', 'X', image, []);
  using working = WorkingHive.open(engine, 'X', loaded.recovery);
  // The verifier gives what two keys share to the first of them, which 'a' is no longer.
  working.apply([{ op: 'rename-key', key: { hive: 'X', path: ['a'] }, newName: 'z' }], 2n);
  expect(() => verifyHive(engine, loaded, working.image(), working.changes)).toThrow(
    expect.objectContaining({ code: 'DAMAGED_HIVE', message: expect.stringContaining('differs from its plan') }),
  );
});
