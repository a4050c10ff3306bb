// What the lines of a script do to the machine's security is listed apart, as repair lists what it does itself.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { hivemend, makeDisk, scratch } from '../cli/process.ts';

const CONTROL = 'HKLM\\BROKENSYSTEM\\ControlSet001';
const LINES = [
  'reg load HKLM\\BROKENSYSTEM F:\\Windows\\System32\\config\\SYSTEM',
  `reg add "${CONTROL}\\Control\\SecurityProviders\\SCHANNEL\\Protocols\\tls 1.0\\Server" /v enabled /t REG_DWORD /d 1 /f`,
  `reg add "${CONTROL}\\Services\\gpsvc" /v Start /t REG_DWORD /d 4 /f`,
  `reg add "${CONTROL}\\Services\\TermService" /v Start /t REG_DWORD /d 2 /f`,
  'reg unload HKLM\\BROKENSYSTEM',
  'bcdedit /store F:\\Boot\\BCD /set {bootmgr} displaybootmenu yes',
];

it('names each line that lowers security, with the line that takes it back', async () => {
  const disk = makeDisk();
  const book = join(scratch(), 'book.cmd');
  writeFileSync(book, LINES.join('\r\n'));
  const run = async (...options: string[]) => await hivemend(['run', book, '--drive', `F:=${disk}`, ...options]);
  const { stdout } = await run('--dry-run', '-v');
  const part = /SECURITY\n((?: .*\n)+)/.exec(stdout)?.[1] ?? '';
  expect(part).toContain('TLS 1.0 is an old protocol');
  expect(part).toMatch(
    /revert on Windows: reg add "HKLM\\SYSTEM\\ControlSet001\\Services\\gpsvc" \/v "Start" .*\/d 2 \/f/,
  );
  expect(part).toMatch(/revert on Windows: bcdedit \/deletevalue \{bootmgr\} displaybootmenu/);
  expect(part).not.toContain('TermService');
  const lowered = (await run('--dry-run', '--json')).report().findings.filter(({ security }) => security === 'lowers');
  expect(lowered.map(({ code }) => code)).toEqual(Array(3).fill('SECURITY_LOWERED'));
  // What stands there already is no change, and so no finding.
  expect((await run('--yes')).status).toBe(0);
  expect((await run('--dry-run', '-v')).stdout).not.toMatch(/^ {2}lower /m);
});
