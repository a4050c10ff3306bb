// `npm test`: installs and builds what is missing, then runs everything that must hold: formatting and lint, types,
// unused code, and all tests. The last line counts the tests.

import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, run, setup } from './setup.mjs';

setup();
run('npx', ['biome', 'check', '--error-on-warnings']);
run('npm', ['run', '--silent', 'typecheck']);
run('npx', ['knip']);

const summaryFile = join(root, 'node_modules', '.hivemend', 'tests.json');
rmSync(summaryFile, { force: true });
process.on('exit', () => {
  try {
    const summary = JSON.parse(readFileSync(summaryFile, 'utf8'));
    const skipped = summary.numPendingTests + summary.numTodoTests;
    process.stdout.write(`${summary.numPassedTests} passed, ${summary.numFailedTests} failed, ${skipped} skipped\n`);
  } catch {
    process.stdout.write('0 passed, 1 failed\n');
  }
});
run('npx', [
  'vitest',
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${summaryFile}`,
  ...process.argv.slice(2),
]);
