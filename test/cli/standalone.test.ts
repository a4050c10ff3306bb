// What npm run build:standalone made: one file, and the Linux executable, each through a rescue.

import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { hivemendProcess, makeDisk, scratch, snapshot } from './process.ts';

const build = fileURLToPath(new URL('../../build', import.meta.url));
const { version } = JSON.parse(readFileSync(fileURLToPath(new URL('../../package.json', import.meta.url)), 'utf8')) as {
  version: string;
};
const isLinux = process.platform === 'linux' && process.arch === 'x64';

/** What was built before the last change would answer for another program. */
function isFresh(file: string): boolean {
  const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
  return existsSync(file) && statSync(file).mtimeMs >= statSync(main).mtimeMs;
}

/** In a folder of its own, so that nothing of the checkout is beside it; its environment finds no Node. */
function carried(file: string): (args: readonly string[]) => { status: number | null; stdout: string; stderr: string } {
  const copy = join(scratch(), file);
  copyFileSync(join(build, file), copy);
  const [program, first] = file.endsWith('.mjs') ? [process.execPath, [copy]] : [copy, []];
  return (args) => spawnSync(program, [...first, ...args], { encoding: 'utf8', env: {}, maxBuffer: 1 << 28 });
}

for (const file of ['hivemend.mjs', ...(isLinux ? ['hivemend-linux-x64'] : [])]) {
  if (!isFresh(join(build, file))) {
    it.skip(`skipped: build/${file} is not there or older than dist/; npm run build:standalone makes it`, () => {});
    continue;
  }
  describe(file, () => {
    it('repairs a disk and takes it back, as the package does', () => {
      const run = carried(file);
      const [disk, other] = [makeDisk(), makeDisk()];
      const before = snapshot(disk);
      expect(run(['--version']).stdout).toBe(`${version}\n`);
      const plan = run(['repair', disk, '--dry-run']);
      expect(plan.stderr).toBe('');
      // Printed commands begin as the program was called.
      const told = (text: string): string =>
        text.replaceAll(/^( +).*hivemend\S* (undo|diagnose|repair) /gm, '$1hivemend $2 ');
      const expected = hivemendProcess(['repair', other, '--dry-run']).stdout;
      expect(told(plan.stdout.replaceAll(disk, other))).toBe(told(expected));
      expect(run(['repair', disk, '--yes']).status).toBe(hivemendProcess(['repair', other, '--yes']).status);
      expect(snapshot(disk)).not.toEqual(before);
      expect(run(['undo', disk, '--yes']).status).toBe(0);
      expect(snapshot(disk)).toEqual(before);
    });

    it('reads several hives at once', () => {
      const disk = makeDisk();
      const { stdout, stderr } = carried(file)(['export', disk, '--jobs', '2']);
      expect(stderr).toBe('');
      expect(stdout).toBe(hivemendProcess(['export', disk]).stdout);
    });

    it('carries the licences of what is in it', () => {
      const text = readFileSync(join(build, file.endsWith('.mjs') ? file : 'LICENSES.txt'), 'utf8');
      for (const words of ['the hivemend authors', 'GNU LESSER GENERAL PUBLIC LICENSE', 'TJ Holowaychuk', 'Amit'])
        expect(text).toContain(words);
    });
  });
}
