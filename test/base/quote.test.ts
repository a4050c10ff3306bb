// A command that is printed is pasted: the shell must give the program the very words that were meant.

import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import { commandFileWord, commandLine, PLACEHOLDER, posixWord, windowsWord } from '../../src/base/quote.ts';
import { printable, printableJson } from '../../src/base/text.ts';

const HOSTILE = [
  '$(touch PWNED)',
  '`touch PWNED`',
  "a'b",
  'a"b',
  'a b',
  '',
  '-n',
  '~root',
  '*',
  'a;touch PWNED',
  'a|b',
  'a&b',
  '!!',
  '\\',
  'a\\',
  '%PATH%',
  '<x>',
  '#x',
  'caf\u00e9',
  '\u0431\u0438\u0442',
];

it.skipIf(process.platform === 'win32')('sh gives a program the words of a printed line', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hivemend-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const stub = join(folder, 'hivemend');
  const out = join(folder, 'out');
  writeFileSync(stub, `#!/bin/sh\nfor word in "$@"; do printf '%s\\0' "$word"; done > ${out}\n`);
  chmodSync(stub, 0o755);
  const argvOf = (line: string): string[] => {
    execFileSync('sh', ['-c', line], { cwd: folder, env: { PATH: `${folder}:${process.env.PATH}` } });
    return readFileSync(out, 'utf8').split('\0').slice(0, -1);
  };
  const isKept = (words: readonly string[]): void => {
    const line = commandLine(['hivemend', ...words], 'posix');
    expect(argvOf(line)).toEqual(words);
  };
  isKept(HOSTILE);
  const text = fc.string({ unit: 'binary', maxLength: 12 }).filter((word) => printable(word) === word);
  fc.assert(fc.property(fc.array(text, { maxLength: 6 }), isKept), { numRuns: 60, seed: 14 });
  expect(spawnSync('ls', [join(folder, 'PWNED')]).status).not.toBe(0);
});

it('what cannot be seen is in no command, and says so', () => {
  for (const text of [
    'a\nb',
    'a\u001b[2J',
    'a\u202eb',
    'a\u061cb',
    'a\u200bb',
    'a\u0085b',
    'a\ufffeb',
    'a\u{e0041}b',
  ]) {
    expect([posixWord(text), windowsWord(text), commandFileWord(text)]).toEqual([null, null, null]);
    expect(commandLine(['hivemend', 'undo', text], 'posix')).toBe(`hivemend undo '${PLACEHOLDER}'`.replaceAll("'", ''));
    expect(/^[\x20-\x7e]*$/.test(printable(text))).toBe(true);
  }
});

it('cmd.exe and PowerShell get nothing that they expand', () => {
  for (const text of HOSTILE) {
    const word = windowsWord(text);
    if (word === null) expect(text).toMatch(/[%!"$`]/);
    else expect(word.replace(/^"|"$/g, '')).not.toMatch(/[%!"$`]/);
  }
  expect(windowsWord('C:\\a b\\')).toBe('"C:\\a b\\\\"');
  expect(commandFileWord('100%')).toBe('"100%%"');
  expect(commandFileWord('x" & calc & "y')).toBeNull();
});

it('JSON stays the same value and shows nothing that cannot be seen', () => {
  const value = { name: 'a\u0085b\u061cc\u200bd\u{e0041}e\ufffef\u202eg\n' };
  const json = printableJson(JSON.stringify(value));
  expect(JSON.parse(json)).toEqual(value);
  expect(/^[\x20-\x7e]*$/.test(json)).toBe(true);
});
