// `npm test`: installs and builds what is missing, then runs everything that must hold: formatting and lint, types,
// unused code, and all tests. The last line counts the tests.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { INSTALL, root, run, setup } from './setup.mjs';

if (!existsSync(join(root, 'node_modules/vitest')) && !process.env.CI && isOffline()) {
  process.stdout.write('test: the packages that test are not here, and there is no network to fetch them from\n');
  process.stdout.write('0 passed, 0 failed, all skipped\n');
  process.exit();
}
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

/** A distribution builds where nothing can be fetched. Another error is left to the installation that follows. */
function isOffline() {
  const { status, stderr } = spawnSync('npm', [...INSTALL, '--fetch-retries=0'], { cwd: root, encoding: 'utf8' });
  return status !== 0 && /\bcode (EAI_AGAIN|ENOTFOUND|ENETUNREACH|ECONNREFUSED|ENOTCACHED)\b/.test(stderr);
}
