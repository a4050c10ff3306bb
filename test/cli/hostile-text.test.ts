// A hive whose names and texts hold the sequences that terminals obey: no command prints them as they are.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { editHive, openHive } from '../../src/commands/hive-file.ts';
import type { HiveEdit } from '../../src/registry/edit.ts';
import { buildFixture, type FixtureName } from '../fixture-hives.ts';
import { BCD_PATH, hivemend, makeDisk, SOFTWARE_PATH, SYSTEM_PATH, scratch } from './process.ts';

/** Title, bell, colour, C1's own introducer, a line of its own, and writing from right to left. */
const EVIL = '\u001b]0;x\u0007\u001b[31m\u009b31m\nhivemend: done\r\u202e';
const RAW = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/;

/** The hive with every text longer by EVIL, where `inTexts`; with a key and a value of such names in each key. */
function poisoned(fixture: FixtureName, inTexts: boolean): Uint8Array {
  const image = buildFixture(fixture);
  const edits: HiveEdit[] = [];
  using hive = openHive(image);
  for (const key of hive.walk()) {
    const at = { hive: 'HIVE', path: key.names };
    for (const value of inTexts ? key.values() : []) {
      if (value.type !== 1 && value.type !== 2) continue;
      const text = new TextDecoder('utf-16le').decode(value.data).replace(/\0+$/, '');
      edits.push({ op: 'set-value', key: at, name: value.name, value: encodeText(value.type, text + EVIL) });
    }
    edits.push({ op: 'set-value', key: at, name: `Value ${EVIL}`, value: encodeText(1, EVIL) });
    edits.push({ op: 'create-key', key: { hive: 'HIVE', path: [...key.names, `Key ${EVIL}`] } });
  }
  return editHive(image, edits).bytes;
}

function encodeText(type: number, text: string): { type: number; hex: string } {
  return { type, hex: Buffer.from(`${text}\0`, 'utf16le').toString('hex') };
}

describe.each([
  ['in names', false],
  ['in names and texts', true],
])('%s', (_, inTexts) => {
  const files = {
    SYSTEM: poisoned('SYSTEM-broken', inTexts),
    SOFTWARE: poisoned('SOFTWARE', inTexts),
    BCD: poisoned('BCD-bios', inTexts),
  };

  it('stays out of what is printed', async () => {
    const disk = makeDisk(files);
    const [system, software, bcd] = [SYSTEM_PATH, SOFTWARE_PATH, BCD_PATH].map((path) => join(disk, path)) as [
      string,
      string,
      string,
    ];
    const out = scratch();
    const healthy = join(out, 'healthy');
    writeFileSync(healthy, buildFixture('SYSTEM-healthy'));
    const book = join(out, 'book.cmd');
    writeFileSync(
      book,
      [
        'reg query HKLM\\SYSTEM\\Select',
        'reg query HKLM\\SYSTEM\\ControlSet001\\Control /s',
        'reg delete HKLM\\SYSTEM\\ControlSet001\\Control\\Lsa /f',
        'for /f "tokens=*" %%k in (\'reg query HKLM\\SYSTEM\') do reg add "%%k" /v Added /t REG_SZ /d "%%k" /f',
        'bcdedit /enum all',
        'dir C:\\Windows',
      ].join('\r\n'),
    );
    const evilBook = join(out, 'evil.cmd');
    const line = EVIL.replaceAll(/[\r\n]/g, '');
    writeFileSync(evilBook, `no-such-${line} ${line}\r\nreg delete "HKLM\\SYSTEM\\${line}"\r\nreg add ${line}\r\n`);
    mkdirSync(join(out, 'listings'));
    const commands: readonly (readonly string[])[] = [
      ['diagnose', disk, '--profile', 'all'],
      ['repair', disk, '--dry-run', '--profile', 'all', '--as-published'],
      ['repair', disk, '--yes', '--profile', 'all', '--html', join(out, 'report.html')],
      ['undo', disk, '--list'],
      ['undo', disk, '--dry-run', '--values'],
      ['undo', disk, '--yes'],
      ['inspect', system, '--validate', '--changes'],
      ['inspect', bcd],
      ['diff', healthy, system],
      ['reg', '--volume', disk, 'query', 'HKLM\\SYSTEM', '/s'],
      ['reg', '--volume', disk, 'query', 'HKLM\\SOFTWARE', '/s', '/f', 'e'],
      ['reg', '--volume', disk, 'query', 'HKLM\\SYSTEM\\Select', '/v', `Value ${EVIL}`],
      ['reg', '--volume', disk, 'query', 'HKLM\\SYSTEM\\Select', '/v', `None ${EVIL}`],
      ['reg', '--volume', disk, 'compare', 'HKLM\\SYSTEM\\ControlSet001', 'HKLM\\SYSTEM\\ControlSet002', '/s', '/oa'],
      ['reg', '--volume', disk, 'delete', `HKLM\\SYSTEM\\Select\\Key ${EVIL}`, '/f'],
      ['reg', '--hive', software, 'query', '', '/s'],
      ['bcdedit', '/store', bcd, '/enum', 'all', '/v'],
      ['bcdedit', '--volume', disk, '/enum', 'all'],
      ['bcdedit', '/store', bcd, '/set', '{default}', 'description', EVIL],
      ['bcdedit', '/store', bcd, '/set', '{default}', EVIL, '1'],
      ['run', book, '--volume', disk, '--drive', `C:=${disk}`, '--dry-run', '--out', join(out, 'listings')],
      ['lint', evilBook],
      ['run', evilBook, '--volume', disk, '--drive', `C:=${disk}`, '--dry-run', '--skip-unresolved'],
    ];
    let escapedCount = 0;
    // Where the texts are as they were, what repairs do is what shows more of the names.
    const raw: string[] = [];
    for (const args of inTexts ? commands : commands.slice(0, 6)) {
      const { stdout, stderr } = await hivemend(args, { env: { NO_COLOR: '1' } });
      const said = stdout + stderr;
      expect(said, args.join(' ')).not.toBe('');
      if (said.includes('\\u001b')) escapedCount += 1;
      const at = said.search(RAW);
      // A text that broke its line would stand at the beginning of one.
      if (RAW.test(said.replaceAll('\r\n', '\n')) || /^hivemend: done/m.test(said))
        raw.push(`${args.slice(0, 4).join(' ')}: ${JSON.stringify(said.slice(Math.max(0, at - 60), at + 20))}`);
    }
    expect(raw).toEqual([]);
    expect(escapedCount).toBeGreaterThan(inTexts ? 12 : 1);
    expect(readFileSync(join(out, 'report.html'), 'utf8')).not.toMatch(RAW);
  });
});
