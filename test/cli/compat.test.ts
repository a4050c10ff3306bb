// reg and bcdedit as processes: exit codes, journal and undo, and the disk's own store whatever is wrong with it.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildFixture } from '../fixture-hives.ts';
import { BCD_PATH, hivemend, makeDisk, put, SYSTEM_PATH, scratch, snapshot } from './process.ts';

const LOADER = '{8f1c0e21-7a44-11ea-9b52-000d3a4c9e10}';

describe('reg', () => {
  it('exits as reg.exe does, journals what it writes, and undo gives the original bytes', async () => {
    const disk = makeDisk();
    const before = snapshot(disk);
    const reg = async (...words: string[]) => await hivemend(['reg', ...words, '--volume', disk]);
    const key = 'HKLM\\SYSTEM\\CurrentControlSet\\Control\\New';
    expect((await reg('query', key)).status).toBe(1);
    const dry = await reg('add', key, '/v', 'A', '/t', 'REG_DWORD', '/d', '0x10', '/f', '--dry-run');
    expect([dry.status, dry.stderr]).toEqual([0, '']);
    expect(dry.stdout).toMatch(/CHANGES \(2\)[\s\S]*Dry run: nothing was written\.\n$/);
    expect(snapshot(disk)).toEqual(before);
    expect((await reg('add', key, '/v', 'A', '/t', 'REG_DWORD', '/d', '0x10', '/f')).stderr).toMatch(
      /undo: hivemend undo/,
    );
    expect((await reg('query', 'HKLM\\SYSTEM\\ControlSet001\\Control\\New', '/v', 'A')).stdout).toMatch(
      /A {4}REG_DWORD {4}0x10/,
    );
    const unasked = await reg('delete', key, '/v', 'A');
    expect([unasked.status, unasked.stderr]).toEqual([1, expect.stringContaining('hint: add /f')]);
    expect((await reg('compare', key, 'HKLM\\SYSTEM\\Select')).status).toBe(2);
    expect((await reg('load', 'HKLM\\BROKEN', 'some.hiv')).stdout).toMatch(/Nothing need be loaded/);
    expect((await hivemend(['undo', disk, '--yes'])).status).toBe(0);
    expect(snapshot(disk)).toEqual(before);
  });

  it('reaches the profiles and the boot store, and applies nothing of a bad .reg file', async () => {
    const disk = makeDisk();
    put(disk, 'Users/alice/NTUSER.DAT', buildFixture('SOFTWARE'));
    const reg = async (...words: string[]) => await hivemend(['reg', ...words, '--volume', disk]);
    expect((await reg('query', 'HKU')).stdout).toBe('\nHKEY_USERS\\alice\n');
    expect((await reg('add', 'HKU\\alice\\Note', '/ve', '/d', 'x', '/f')).status).toBe(0);
    expect((await reg('query', 'HKU\\alice\\Note', '/ve')).stdout).toMatch(/\(Default\) {4}REG_SZ {4}x/);
    expect((await reg('query', 'HKLM\\BCD00000000')).stdout).toMatch(/BCD00000000\\Objects/);
    const before = snapshot(disk);
    const bad = join(scratch(), 'bad.reg');
    writeFileSync(bad, 'REGEDIT4\n\n[HKEY_LOCAL_MACHINE\\SYSTEM\\Z]\n"good"=dword:1\n"bad"=dword:g\n');
    const run = await reg('import', bad);
    expect([run.status, run.stderr]).toEqual([1, expect.stringMatching(/line 5, column \d+/)]);
    expect(snapshot(disk)).toEqual(before);
  });
});

describe('bcdedit', () => {
  it("works on the disk's store also where its loader cannot be told", async () => {
    const disk = makeDisk();
    const bcdedit = async (...words: string[]) => await hivemend(['bcdedit', '--volume', disk, ...words]);
    expect((await bcdedit('/copy', '{default}', '/d', 'Copy')).status).toBe(0);
    expect((await bcdedit('/default', '{ntldr}')).status).toBe(1);
    expect((await bcdedit('/create', '{ntldr}', '/d', 'Old')).status).toBe(0);
    expect((await bcdedit('/default', '{ntldr}')).status).toBe(0);
    // Two loaders of this Windows, and neither is the default: a repair leaves the store, the line that was typed does not.
    const repair = (await hivemend(['repair', disk, '--only', 'serial-console', '--dry-run', '--json'])).report();
    expect(repair.skipped).toEqual([{ what: 'serial-console', why: expect.stringMatching(/several loaders/) }]);
    expect((await bcdedit('/default', LOADER)).status).toBe(0);
    expect((await bcdedit('/enum', 'bootmgr', '/v')).stdout).toContain(`default                 ${LOADER}`);
  });

  it('tells of BitLocker when the store changes, and a saved plan needs --bcd for it', async () => {
    const disk = makeDisk();
    const plan = join(scratch(), 'plan.json');
    expect((await hivemend(['repair', disk, '--only', 'serial-console', '--plan', plan])).status).toBe(0);
    mkdirSync(join(disk, 'System Volume Information'));
    put(disk, 'System Volume Information/FVE2.{da392a22-cae0-4f0f-9a30-b8830385d046}', new Uint8Array(0));
    const refused = await hivemend(['apply', plan, disk, '--yes']);
    expect([refused.status, refused.stderr]).toEqual([5, expect.stringContaining('[BITLOCKER]')]);
    expect((await hivemend(['apply', plan, disk, '--yes', '--bcd'])).status).toBe(0);
    const line = await hivemend(['bcdedit', '--volume', disk, '/timeout', '7']);
    expect([line.status, line.stderr]).toEqual([0, expect.stringContaining('may ask for the recovery key')]);
    const reading = await hivemend(['bcdedit', '--volume', disk, '/enum']);
    expect(reading.stderr).toBe('');
  });

  it('keeps to /store, has exit codes of its own, and JSON for pipelines', async () => {
    const disk = makeDisk();
    const store = join(disk, BCD_PATH);
    const bcdedit = async (...words: string[]) => await hivemend(['bcdedit', '/store', store, ...words]);
    for (const words of [
      ['/set', '{default}', 'nx', 'Perhaps'],
      ['/set', '{bootmgr}', 'ems', 'on'],
      ['/deletevalue', '{default}', 'safeboot'],
    ]) {
      expect([words, (await bcdedit(...words)).status]).toEqual([words, 1]);
    }
    expect((await bcdedit('/set', '{current}', 'ems', 'on')).status).toBe(5);
    const json = JSON.parse((await bcdedit('/enum', 'all', '--json')).stdout) as { readonly data?: unknown };
    expect(JSON.stringify(json)).toContain(LOADER);
    const system = snapshot(disk)[SYSTEM_PATH];
    expect((await bcdedit('/timeout', '9')).status).toBe(0);
    expect((await hivemend(['undo', store, '--yes'])).status).toBe(0);
    expect(snapshot(disk)[SYSTEM_PATH]).toBe(system);
  });
});
