// A store that a script makes: empty first, then filled, and one file at the end.

import { join } from 'node:path';
import { expect, it } from 'vitest';
import { hivemend, makeDisk, scratch } from '../../cli/process.ts';
import { disk, run } from '../../runbook/disk.ts';

const MEDIA = [
  'set B=bcdedit /store F:\\pe\\BCD',
  'md F:\\pe',
  'bcdedit -createstore F:\\pe\\BCD',
  '%B% /create {ramdiskoptions} /d "Ramdisk options"',
  '%B% /set {ramdiskoptions} ramdisksdidevice boot',
  '%B% /set {ramdiskoptions} ramdisksdipath \\boot\\boot.sdi',
  'for /f "tokens=3" %%a in (\'%B% /create /d "Windows PE" /application osloader\') do set ID=%%a',
  '%B% /set %ID% device ramdisk=[boot]\\sources\\boot.wim,{ramdiskoptions}',
  '%B% /set %ID% osdevice ramdisk=[F:]\\sources\\boot.wim,{ramdiskoptions}',
  '%B% /create {bootmgr} /d "Boot Manager"',
  '%B% /set {bootmgr} displayorder %ID%',
  '%B% /default %ID%',
].join('\r\n');

it('boot media: /createstore, entries by their GUIDs, ramdisk devices; undone as one file', async () => {
  const on = disk();
  const ready = run(MEDIA, on, { partitions: ['F:=mbr:1a2b3c4d@1048576'] });
  expect([ready.refusal, ready.tally.notUnderstood]).toEqual([null, 0]);
  ready.prepared.commit();
  ready.prepared[Symbol.dispose]();
  const store = join(on.windows, 'pe', 'BCD');
  const shown = (await hivemend(['bcdedit', '/store', store, '/enum', 'all'])).stdout;
  expect(shown).toContain('device                  ramdisk=[boot]\\sources\\boot.wim,{ramdiskoptions}\n');
  expect(shown).toContain(
    'osdevice                ramdisk=[mbr:1a2b3c4d@1048576]\\sources\\boot.wim,{ramdiskoptions}\n',
  );
  expect(shown).toMatch(/displayorder {12}\{default\}\n/);
  expect((await hivemend(['inspect', '--validate', store])).status).toBe(0);
});

it('on the command line: a new file, and never over one that is there', async () => {
  const store = join(scratch(), 'BCD');
  expect((await hivemend(['bcdedit', '/createstore', store])).status).toBe(0);
  expect((await hivemend(['bcdedit', '/store', store, '/enum', 'all'])).stdout).toContain(
    'There are no matching objects',
  );
  const again = await hivemend(['bcdedit', '/createstore', store]);
  expect([again.status, again.stdout]).toEqual([1, expect.stringContaining('already exists')]);
  expect((await hivemend(['bcdedit', '/createstore', join(makeDisk(), 'Boot', 'BCD')])).status).toBe(1);
});
