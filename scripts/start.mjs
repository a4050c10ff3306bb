// `npm start`: makes the checkout ready, builds a sample disk from the readable fixtures, and rescues it.

import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root, setup } from './setup.mjs';

const SAMPLE = join(root, 'sample');
const FILES = [
  ['Windows/System32/config/SYSTEM', 'SYSTEM-broken'],
  ['Windows/System32/config/SOFTWARE', 'SOFTWARE'],
  ['Boot/BCD', 'BCD-bios'],
];

/** Runs the command line with its output shown, as a person would type it; returns the exit status. */
function hivemend(args, { quiet = false } = {}) {
  if (!quiet) process.stdout.write(`\n$ npx hivemend ${args.join(' ')}\n`);
  const result = spawnSync(process.execPath, [join(root, 'dist/cli/main.js'), ...args], {
    cwd: root,
    stdio: quiet ? ['ignore', 'ignore', 'inherit'] : 'inherit',
  });
  return result.status ?? 1;
}

function expectStatus(status, expected) {
  if (expected.includes(status)) return;
  process.stderr.write(`start: the last command ended with status ${status}, expected ${expected.join(' or ')}\n`);
  process.exit(1);
}

setup();
rmSync(SAMPLE, { recursive: true, force: true });
for (const [file, fixture] of FILES) {
  const path = join(SAMPLE, ...file.split('/'));
  mkdirSync(dirname(path), { recursive: true });
  expectStatus(hivemend(['import', '--new', path, join(root, 'fixtures', `${fixture}.xml`)], { quiet: true }), [0]);
}
process.stdout.write('\nThe sample disk is the folder sample/: a Windows whose RDP was broken on purpose.\n');
expectStatus(hivemend(['diagnose', 'sample']), [1]);
expectStatus(hivemend(['repair', 'sample', '--yes']), [0, 1]);
process.stdout.write(`
Next, undo it:                   npx hivemend undo sample
or look at a disk of your own:   npx hivemend diagnose /mnt/windows
`);
