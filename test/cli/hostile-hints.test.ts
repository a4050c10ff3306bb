// What is printed is pasted: hints and next commands about a disk whose folder has a hostile name are run by a shell, in
// which every program is a stub, and nothing but those stubs is started.

import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hivemend, makeDisk, SYSTEM_PATH, scratch } from './process.ts';

/** Names that a volume label or a folder may have, and that a shell would act on. */
const NAMES = [
  'a b',
  '$(: >PWNED)',
  '`: >PWNED`',
  '; : >PWNED #',
  "it's",
  'a"b',
  '& : >PWNED &',
  '$HOME',
  '*',
  '-rf',
  'a\\b',
  '(: >PWNED)',
];
const STUBS = ['hivemend', 'umount', 'mount', 'mkdir', 'ntfsfix', 'ntfs-3g', 'blockdev', 'sudo', 'reg', 'lsblk'];

interface Told {
  readonly error: { readonly hint?: string } | null;
  readonly next: readonly { readonly commands: readonly string[] }[];
  readonly undo: { readonly command: string } | null;
}

/** Runs a line in an empty folder with stubs alone; what was started, word by word. */
function started(line: string): { readonly words: string[][]; readonly isHarmed: boolean } {
  const cwd = scratch();
  const bin = join(cwd, 'bin');
  mkdirSync(bin);
  const log = join(cwd, 'log');
  for (const name of STUBS) {
    writeFileSync(
      join(bin, name),
      `#!/bin/sh\nfor w in "$0" "$@"; do printf '%s\\0' "$w" >>'${log}'; done; printf '\\n\\0' >>'${log}'\n`,
    );
    chmodSync(join(bin, name), 0o755);
  }
  spawnSync('/bin/sh', ['-c', line], { cwd, env: { PATH: bin, HOME: '/nowhere' }, input: '' });
  const text = existsSync(log) ? readFileSync(log, 'utf8') : '';
  const words = text
    .split('\n\0')
    .filter(Boolean)
    .map((call) => call.split('\0').slice(1, -1));
  return { words, isHarmed: existsSync(join(cwd, 'PWNED')) };
}

describe.skipIf(process.platform === 'win32')('a command that is printed', () => {
  for (const name of NAMES) {
    it(`is safe to paste where the disk is called ${JSON.stringify(name)}`, { timeout: 60_000 }, async () => {
      const parent = scratch();
      const disk = join(parent, name);
      renameSync(makeDisk(), disk);
      const system = join(disk, SYSTEM_PATH);
      const reports = [
        await hivemend(['diagnose', disk, '--json']),
        await hivemend(['repair', disk, '--yes', '--json']),
        await hivemend(['undo', disk, '--yes', '--json']),
        await hivemend(['diagnose', system, '--json']),
        await hivemend(['repair', disk, '--only', 'nope', '--json']),
        await hivemend(['inspect', join(disk, 'nothing'), '--json']),
        await hivemend(['undo', disk, '--json']),
        await hivemend(['recover', system, '--json']),
      ];
      let pathsSeen = 0;
      for (const run of reports) {
        const told = JSON.parse(run.stdout) as Told;
        const lines = [
          ...told.next.flatMap(({ commands }) => commands),
          ...(told.undo ? [told.undo.command] : []),
          ...(told.error?.hint ? [told.error.hint] : []),
        ];
        for (const line of lines) {
          const { words, isHarmed } = started(line);
          expect(isHarmed, line).toBe(false);
          const isCommand = /^(?:sudo )?(?:hivemend|umount|mount) /.test(line);
          if (!isCommand || !line.includes(parent)) continue;
          const paths = words.flat().filter((word) => word.includes(parent));
          expect(paths.length, line).toBeGreaterThan(0);
          for (const path of paths)
            expect(path.startsWith(disk) || path.includes(`=${disk}`), `${line}: ${path}`).toBe(true);
          pathsSeen += paths.length;
        }
      }
      expect(pathsSeen).toBeGreaterThan(0);
    });
  }
});
