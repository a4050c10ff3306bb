// Plants one defect at a time in a copy of the checkout and runs the tests that ought to notice: node scripts/planted.mjs
// [word of a name]. Each is a mistake that loses data or lies about it. A defect that no test notices ends the run with 1.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { root } from './setup.mjs';

/** In `file`, `right` stands once and becomes `wrong`; `tests` are of npm test. */
const DEFECTS = [
  {
    name: 'a stage is not synced before the next',
    file: 'src/commit/order/stage.ts',
    right: "    for (const step of stage.steps) this.move(step, 'after');\n    this.sync();",
    wrong: "    for (const step of stage.steps) this.move(step, 'after');",
    tests: ['test/commit/cuts-hvle.test.ts'],
  },
  {
    name: 'the journal is not synced',
    file: 'src/commit/journal/journal.ts',
    right: '    }\n    host.fs.fsyncSync(fd);\n',
    wrong: '    }\n',
    tests: ['test/commit/cuts-hvle.test.ts', 'test/commit/cuts-rest.test.ts'],
  },
  {
    name: 'the header is clean before the pages are written',
    file: 'src/commit/order/stage.ts',
    right: "  'pages',\n  'unlock',\n  'clean-header',",
    wrong: "  'clean-header',\n  'pages',\n  'unlock',",
    tests: ['test/commit/cuts-hvle.test.ts'],
  },
  {
    name: 'the header is dirty before the logs are written',
    file: 'src/commit/order/stage.ts',
    right: "  'logs',\n  'zeroed-log-1',\n  'zeroed-log-2',\n  'zeroed-log-3',\n  'files',\n  'dirty-header',",
    wrong: "  'dirty-header',\n  'logs',\n  'zeroed-log-1',\n  'zeroed-log-2',\n  'zeroed-log-3',\n  'files',",
    tests: ['test/commit/cuts-hvle.test.ts', 'test/commit/cuts-dirt.test.ts'],
  },
  {
    name: 'a dirty hive is recovered with its header first',
    file: 'src/commit/order/stage.ts',
    right: "  'recovered-pages',\n  'recovered-header',",
    wrong: "  'recovered-header',\n  'recovered-pages',",
    tests: ['test/commit/cuts-hvle.test.ts'],
  },
  {
    name: 'the sequence number is one that a log holds',
    file: 'src/commit/order/hive-order.ts',
    right: 'const sequence = 1 + Math.max(this.largestSequence(header), incoming);',
    wrong: 'const sequence = Math.max(this.largestSequence(header), incoming);',
    tests: ['test/commit/order/hive-order.test.ts', 'test/commit/cuts-hvle.test.ts'],
  },
  {
    name: 'the disk is not compared with what was loaded',
    file: 'src/commit/commit.ts',
    right: '      assertUnchanged(host, plan, writer);\n',
    wrong: '',
    tests: ['test/commit/refusals.test.ts'],
  },
  {
    name: 'what was written is not read back',
    file: 'src/commit/commit.ts',
    right: '    if (plan.paths.every((_, file) => readsBack(host, plan, file))) return;\n',
    wrong: '    return;\n',
    tests: ['test/commit/commit.test.ts', 'test/commit/faults.test.ts', 'test/commit/refusals.test.ts'],
  },
  {
    name: "the hash of a journal's bytes is not checked",
    file: 'src/commit/journal/stage-reader.ts',
    right: 'if (sha256(bytes) !== hash) throw bad(',
    wrong: 'if (hash === "") throw bad(',
    tests: ['test/commit/hostile.test.ts'],
  },
  {
    name: 'the changes are not proven',
    file: 'src/hive/prove.ts',
    right: '  proveOrRefuse(loaded, () => proveChanges(original, edited, changes));\n',
    wrong: '  proveOrRefuse(loaded, () => {});\n',
    tests: ['test/hive/prove.test.ts'],
  },
  {
    name: 'what the gate finds new is let through',
    file: 'src/hive/prove.ts',
    right: '  if (comparison.introduced.length > 0) {',
    wrong: '  if (comparison.introduced.length > 9999) {',
    tests: ['test/hive/prove.test.ts'],
  },
  {
    name: 'a proof holds though its bytes were changed in memory',
    file: 'src/hive/open.ts',
    right: 'if (this.image() !== image || !this.copy?.holds(image)) return false;',
    wrong: 'if (this.image() !== image) return false;',
    tests: ['test/session/proof.test.ts'],
  },
  {
    name: 'names are hashed with another factor',
    file: 'src/regf/key-names.ts',
    right: 'hash = (Math.imul(hash, 37) + UPCASE_OF_BYTES[bytes[at]!]!) | 0;',
    wrong: 'hash = (Math.imul(hash, 31) + UPCASE_OF_BYTES[bytes[at]!]!) | 0;',
    tests: ['test/regf/gate/validate.test.ts', 'test/engine/keys.test.ts'],
  },
  {
    name: 'a log entry with a wrong data hash is applied',
    file: 'src/regf/logs/log.ts',
    right: 'if (marvin32(entry.subarray(ENTRY_HEADER_SIZE_BYTES)) !== reader.u64(fileOffset + 24)) {',
    wrong: 'if (marvin32(entry.subarray(ENTRY_HEADER_SIZE_BYTES)) === -1n) {',
    tests: ['test/regf/logs/log.test.ts', 'test/regf/logs/recover.test.ts'],
  },
  {
    name: '--yes stands for the recovery key of BitLocker too',
    file: 'src/cli/ask.ts',
    right: '    refuseBitLocker(dry, options);\n',
    wrong: '',
    tests: ['test/cli/compat.test.ts'],
  },
];

const wanted = process.argv[2] ?? '';
const folder = mkdtempSync(join(tmpdir(), 'hivemend-planted-'));
let escaped = 0;
try {
  const { stdout } = spawnSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' });
  for (const name of stdout.split('\0')) if (name !== '') cpSync(join(root, name), join(folder, name));
  for (const name of ['node_modules', 'wasm/dist', 'dist']) symlinkSync(join(root, name), join(folder, name));
  for (const { name, file, right } of DEFECTS)
    if (readFileSync(join(folder, file), 'utf8').split(right).length !== 2)
      throw new Error(`"${name}" does not fit ${file} any more`);
  for (const { name, file, right, wrong, tests } of DEFECTS.filter((defect) => defect.name.includes(wanted))) {
    const path = join(folder, file);
    const source = readFileSync(path, 'utf8');
    writeFileSync(
      path,
      source.replace(right, () => wrong),
    );
    const [noticed] = failingTests(tests);
    writeFileSync(path, source);
    // A test that fails without the defect, too, has noticed something else.
    const isNoticed = noticed !== undefined && failingTests([noticed.file]).length === 0;
    if (!isNoticed) escaped += 1;
    const by = noticed ? `: ${noticed.file}, ${noticed.test}` : '';
    process.stdout.write(`${isNoticed ? 'noticed' : 'MISSED '}  ${name}${by}\n`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = escaped === 0 ? 0 : 1;

/** Tests that fail, at least one where any does; a file that does not even load is no test that fails. */
function failingTests(tests) {
  const output = join(folder, 'result.json');
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const args = [vitest, 'run', '--bail', '1', '--reporter=json', `--outputFile=${output}`, ...tests];
  spawnSync(process.execPath, args, { cwd: folder, stdio: 'ignore' });
  const { testResults } = JSON.parse(readFileSync(output, 'utf8'));
  rmSync(output);
  return testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => status === 'failed')
      .map(({ fullName }) => ({ file: relative(realpathSync(folder), name), test: fullName })),
  );
}
