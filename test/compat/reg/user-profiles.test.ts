// The registries of users: by their profile's name, by SID, and all of them at once.

import { expect, it } from 'vitest';
import { hivemend, makeDisk, put } from '../../cli/process.ts';
import { file, tried } from '../../runbook/disk.ts';

const SID = 'S-1-5-21-1004336348-1177238915-682003330-1001';
const LIST = 'HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList';

function diskOfUsers(): string {
  const disk = makeDisk();
  for (const user of ['alice', 'Default']) put(disk, `Users/${user}/NTUSER.DAT`, 'SOFTWARE');
  put(disk, 'Windows/ServiceProfiles/LocalService/NTUSER.DAT', 'SOFTWARE');
  return disk;
}

it('names a profile by the SID that ProfileList has, and refuses one that it does not have', async () => {
  const disk = diskOfUsers();
  const reg = (...words: string[]) => hivemend(['reg', words[0]!, '--volume', disk, ...words.slice(1)]);
  const path = ['/v', 'ProfileImagePath', '/t', 'REG_EXPAND_SZ', '/d', 'C:\\Users\\Alice', '/f'];
  expect((await reg('add', `${LIST}\\${SID}`, ...path)).status).toBe(0);
  expect((await reg('add', `HKU\\${SID}\\Software\\X`, '/v', 'A', '/d', 'b', '/f')).status).toBe(0);
  expect((await reg('query', 'HKU\\alice\\Software\\X')).stdout).toContain('    A    REG_SZ    b\n');
  expect((await reg('query', `HKU\\${SID}\\Software\\X`)).stdout).toContain(`HKEY_USERS\\${SID}\\Software\\X\n`);
  const other = await reg('query', 'HKU\\S-1-5-21-1-2-3-4\\Software');
  expect([other.status, other.stderr]).toEqual([1, expect.stringContaining('is in no hive that is here')]);
});

it('--all-users takes HKCU for each user and Default, and not for services', async () => {
  const disk = diskOfUsers();
  const reg = (...words: string[]) => hivemend(['reg', words[0]!, '--all-users', '--volume', disk, ...words.slice(1)]);
  const added = await reg('add', 'HKCU\\Software\\X', '/v', 'A', '/t', 'REG_DWORD', '/d', '1', '/f');
  expect([added.status, added.stdout]).toEqual([
    0,
    'HKU\\Default: The operation completed successfully.\nHKU\\alice: The operation completed successfully.\n',
  ]);
  const service = await hivemend(['reg', 'query', '--volume', disk, 'HKU\\LocalService\\Software\\X']);
  expect(service.status).toBe(1);
  // One user without the key is no failure of the others.
  await hivemend(['reg', 'delete', '--volume', disk, 'HKU\\alice\\Software\\X', '/f']);
  expect((await reg('delete', 'HKCU\\Software\\X', '/f')).status).toBe(0);
  expect((await reg('delete', 'HKCU\\Software\\X', '/f')).status).toBe(1);
  expect((await reg('add', 'HKLM\\SOFTWARE\\X', '/f')).status).toBe(2);
});

it('scripts with --all-users: reg, a .reg file and PowerShell', () => {
  const disk = diskOfUsers();
  const on = { windows: disk, esp: null };
  const both = (rest: string) => ['HKU\\Default', 'HKU\\alice'].map((hive) => `${hive}\\${rest}`);
  const of = (text: string, name: string) => tried(text, on, { name, allUsers: true }).changes;
  expect(of('reg add HKCU\\Software\\X /v A /d b /f', 'a.cmd')).toEqual(
    both('Software\\X').flatMap((key) => [
      expect.stringMatching(`create-key ${key.replaceAll('\\', '\\\\').replace('\\\\X', '')}`),
      `create-key ${key}`,
      `${key} A = 1:62000000`,
    ]),
  );
  file(disk, 'x.reg', 'REGEDIT4\r\n\r\n[HKEY_CURRENT_USER\\Microsoft]\r\n"R"="s"\r\n');
  expect(of('reg import F:\\x.reg', 'a.cmd')).toEqual(both('Microsoft R = 1:73000000'));
  const script = [
    "if (!(Test-Path 'HKCU:\\New')) { New-Item 'HKCU:\\New' | Out-Null }",
    "Set-ItemProperty 'HKCU:\\New' -Name P -Value 2",
  ].join('\n');
  expect(of(script, 'a.ps1').sort()).toEqual([
    ...both('New P = 4:02000000'),
    ...both('New').map((key) => `create-key ${key}`),
  ]);
  expect(tried('reg add HKCU\\Software\\X /f & reg query HKLM\\B\\Select', on, { name: 'a.cmd' }).refusal).toBe(
    'UNRESOLVED_LINE',
  );
});
