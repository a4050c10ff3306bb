// What a short command loads: all that Node reads before it does anything is time that its user waits.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { MAIN, makeDisk } from './process.ts';

const place = mkdtempSync(join(tmpdir(), 'hivemend-start-'));
afterAll(() => rmSync(place, { recursive: true, force: true }));
const tell = join(place, 'tell.cjs');
writeFileSync(
  tell,
  `process.on('exit', () => {
  const files = Object.keys(require.cache);
  process._rawDebug(JSON.stringify({ files, builtins: process.moduleLoadList }));
});`,
);

/** The files and Node's own modules that a command has loaded when it ends. */
function loadedBy(...args: string[]): { files: string[]; builtins: string[] } {
  const told = execFileSync(
    '/bin/sh',
    ['-c', '"$@" 2>&1 >/dev/null || true', 'sh', process.execPath, '-r', tell, MAIN, ...args],
    {
      encoding: 'utf8',
    },
  );
  return JSON.parse(told.trimEnd().split('\n').at(-1)!);
}

function hasJournals(): boolean {
  try {
    return readdirSync('/var/lib/hivemend').length > 0;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES';
  }
}

describe.skipIf(process.platform === 'win32')('a short command', () => {
  it('loads neither what starts programs nor what hashes, nor the code of other commands', () => {
    const { files, builtins } = loadedBy('diagnose', makeDisk({ SOFTWARE: null, BCD: null }));
    expect(builtins).not.toContain('NativeModule child_process');
    // Commits to devices of this machine leave journals, which every command looks through, and checks by their hashes.
    if (!hasJournals()) expect(builtins).not.toContain('NativeModule crypto');
    const folder = dirname(MAIN);
    const holding = (text: string): string[] =>
      readdirSync(folder)
        .map((name) => join(folder, name))
        .filter((file) => readFileSync(file, 'utf8').includes(text));
    expect(files).toEqual(expect.arrayContaining(holding('break Remote Desktop on this disk')));
    // A code of the gate, the class of the XML parser, and what only runbooks know.
    for (const text of ['HEADER_SIGNATURE', 'XMLParser', 'sarif-2.1.0']) {
      expect(holding(text), text).not.toEqual([]);
      for (const file of holding(text)) expect(files, text).not.toContain(file);
    }
  });

  it('answers --version from one file', () => {
    expect(loadedBy('--version').files.filter((file) => file.includes('dist'))).toEqual([MAIN]);
  });
});
