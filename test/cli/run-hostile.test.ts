// Scripts that meet what is no plain file on the disk, and scripts that grow without end: a line fails, is not understood,
// or the run is refused with a code. None waits, none takes all memory, none is our defect.

import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { hivemend, makeDisk, scratch, snapshot } from './process.ts';

const FAILED = 1;
const BLOCKED = 5;

function script(name: string, text: string): string {
  const path = join(scratch(), name);
  writeFileSync(path, text.replaceAll('\n', '\r\n'));
  return path;
}

it.skipIf(process.platform === 'win32').each([
  ['echo a > F:\\folder', FAILED],
  ['echo a >> F:\\folder', FAILED],
  ['type F:\\Boot\\BCD | find "x" > F:\\folder', FAILED],
  ['(echo a & echo b) > F:\\folder', FAILED],
  ['echo a > F:\\pipe', BLOCKED],
  ['echo a >> F:\\pipe', BLOCKED],
  ['type F:\\pipe', FAILED],
  ['type F:\\pipe > F:\\x.txt', FAILED],
  ['copy F:\\pipe F:\\x.txt', FAILED],
  ['copy F:\\Boot\\BCD F:\\pipe', FAILED],
  ['move F:\\pipe F:\\x', FAILED],
  ['del F:\\pipe', FAILED],
  ['for /f %%a in (F:\\pipe) do echo %%a > F:\\x.txt', FAILED],
  ['for /f %%a in (F:\\none.txt) do echo %%a > F:\\x.txt', FAILED],
  ['for /f %%a in (F:\\folder) do echo %%a > F:\\x.txt', FAILED],
  ['reg load HKLM\\X F:\\pipe', BLOCKED],
  ['reg load HKLM\\X F:\\folder', BLOCKED],
  ['reg load HKLM\\X F:\\Windows\\System32\\config\\SYSTEM\nreg import F:\\pipe', BLOCKED],
  ['icacls F:\\pipe /grant *S-1-5-18:F', FAILED],
])('%s', async (line, status) => {
  const disk = makeDisk();
  mkdirSync(join(disk, 'folder'));
  const before = snapshot(disk);
  expect(spawnSync('mkfifo', [join(disk, 'pipe')]).status).toBe(0);
  const run = await hivemend(['run', script('x.cmd', `${line}\n`), '--drive', `F:=${disk}`, '--dry-run', '--json']);
  expect([run.status, run.report().error?.code ?? null], run.stdout).toEqual([status, expect.toSatisfy(isNoDefect)]);
  spawnSync('rm', [join(disk, 'pipe')]);
  expect(snapshot(disk)).toEqual(before);
});

const isNoDefect = (code: unknown): boolean => code !== 'INVARIANT' && code !== 'ENGINE_TRAP';

const often = (line: string): string => `${line}\n`.repeat(40);
const A = 'aaaaaaaa';

it.each([
  ['x.cmd', `set a=${A}\n${often('set a=%a%%a%')}echo %a% > F:\\x.txt`],
  ['x.cmd', `del F:\\none\nsetlocal enabledelayedexpansion\nset a=${A}\n${often('set a=!a!!a!')}echo !a! > F:\\x.txt`],
  ['x.cmd', `del F:\\none\nset a=${A}\nfor /l %%i in (1,1,40) do call set a=%%a%%%%a%%\necho %a% > F:\\x.txt`],
  ['x.ps1', `$a = '${A}'\n${often('$a = $a + $a')}Set-Content F:\\x.txt $a`],
  ['x.ps1', `$a = '${A}'\n${often('$a += $a')}Set-Content F:\\x.txt $a`],
  ['x.ps1', `$a = '${A}'\n${often('$a = "$a$a"')}Set-Content F:\\x.txt $a`],
  ['x.ps1', `$a = '${A}'\n${often("$a = $a -join ''; $a = ($a, $a) -join ''")}Set-Content F:\\x.txt $a`],
  ['x.ps1', `$a = '${A}'\n${often('$a = $a * 1000')}Set-Content F:\\x.txt $a`],
  ['x.ps1', `$a = '${A}'\n${often("$a = $a.Replace('a', $a)")}Set-Content F:\\x.txt $a`],
  ['x.ps1', `$a = @(1, 2)\n${often('$a += $a')}Set-Content F:\\x.txt $a`],
  ['x.ps1', `$a = 'a'.PadLeft(2000000000)\nSet-Content F:\\x.txt $a`],
])('a variable that doubles forty times (%#)', async (name, text) => {
  const run = await hivemend(['run', script(name, text), '--drive', `F:=${makeDisk()}`, '--dry-run', '--json']);
  expect([run.status, run.report().error?.code], run.stdout.slice(0, 2000)).toEqual([5, 'LIMIT']);
});
