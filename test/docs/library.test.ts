// The examples of docs/library.md, compiled with strict and each run as a program of its own against what would be
// installed.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync, transformSync } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openHive } from '../../src/commands/hive-file.ts';
import type { HiveKey } from '../../src/hive/file/hive-key.ts';
import { makeDisk } from '../cli/process.ts';
import { buildFixture } from '../fixture-hives.ts';
import { installLibrary } from './installed.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const place = mkdtempSync(join(tmpdir(), 'hivemend-library-'));
const examples = [...readFileSync(join(root, 'docs/library.md'), 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)].map(
  (match) => match[1]!,
);
const [hive, folder] = [join(place, 'SYSTEM'), join(place, 'hives')];

beforeAll(() => {
  installLibrary(place);
  writeFileSync(hive, buildFixture('SYSTEM-broken'));
  mkdirSync(folder);
  writeFileSync(join(folder, 'a'), buildFixture('SYSTEM-broken'));
  writeFileSync(join(folder, 'b'), buildFixture('BCD-uefi'));
  writeFileSync(join(folder, 'broken'), buildFixture('SOFTWARE').subarray(0, 4096));
});

afterAll(() => rmSync(place, { recursive: true, force: true }));

function run(index: number, argument: string): string {
  const file = join(place, `example-${index}.mjs`);
  writeFileSync(file, transformSync(examples[index]!, { loader: 'ts', target: 'node20' }).code);
  return execFileSync(process.execPath, [file, argument], { cwd: place, encoding: 'utf8' });
}

const RUNS: readonly [string, () => string, RegExp][] = [
  ['reading', () => hive, /^SYSTEM primary 1\.5\ncurrent control set 1\n[\s\S]*\d+ keys\n$/],
  ['narrowing and ending a walk', () => hive, /^AbortError after 3 keys\n$/],
  ['changing', () => hive, /^4 changes\n1 undefined\n$/],
  ['committing', () => hive, /^ok hivemend undo \S+SYSTEM \d{8}T\d{6}-\d{3}Z-[0-9a-f]{8}\nok\n$/],
  ['a disk', makeDisk, /^\S+ (broken|incomplete)\ntrue (ok|partly)\n1 ok\n$/],
  ['a script', makeDisk, /^\d+\n1 true\n$/],
  ['in a browser', () => hive, /^SYSTEM \d+\n$/],
  ['a stream', () => hive, /^hive SYSTEM \nkey Select Select\n(value Select \w+\n)+end 1 \n$/],
  ['what differs', () => hive, /^--- .*SYSTEM\n\+{3} .*\n@@ \\Select @@\n\+"Note"="by hand"\n1 \[ 'value-added' \]\n$/],
  ['workers', () => folder, /^2 hives \d{2,} keys 1 errors\n$/],
  ['a new hive', () => hive, /^hello 8192\n$/],
];

it.each(RUNS)('%s', (name, argument, expected) => {
  expect(examples).toHaveLength(RUNS.length);
  writeFileSync(hive, buildFixture('SYSTEM-broken'));
  expect(
    run(
      RUNS.findIndex(([title]) => title === name),
      argument(),
    ),
  ).toMatch(expected);
});

it('every example passes strict, and a key that is missing cannot be walked', () => {
  const check = join(root, 'node_modules', '.hivemend', 'library-examples');
  rmSync(check, { recursive: true, force: true });
  mkdirSync(check, { recursive: true });
  const wrong = [
    "import { openHive } from 'hivemend';",
    'const hive = openHive(new Uint8Array());',
    '// @ts-expect-error a key that is missing',
    "hive.key('Missing').walk();",
    '// @ts-expect-error not the whole hive either',
    "hive.walk(hive.key('Missing'));",
    '// @ts-expect-error what has no path is not committed',
    'hive.commit();',
  ].join('\n');
  for (const [i, text] of [...examples, wrong].entries())
    writeFileSync(join(check, `example-${i}.ts`), `${text}\nexport {};\n`);
  const paths = Object.fromEntries(
    ['', '/hive', '/runbook'].map((entry) => [
      `hivemend${entry}`,
      [join(root, 'src', `${entry === '' ? 'index' : entry.slice(1)}.ts`)],
    ]),
  );
  const config = { extends: join(root, 'tsconfig.json'), compilerOptions: { paths }, include: ['*.ts'] };
  writeFileSync(join(check, 'tsconfig.json'), JSON.stringify(config));
  const { stdout, status } = spawnSync('npx', ['tsc', '-p', check], { cwd: root, encoding: 'utf8' });
  rmSync(check, { recursive: true, force: true });
  expect([status, stdout]).toEqual([0, '']);
});

it('a walk of undefined is refused, also where no compiler looks', () => {
  using open = openHive(buildFixture('SYSTEM-broken'));
  const walk = open.walk.bind(open) as (...args: unknown[]) => Generator<HiveKey>;
  expect(() => [...walk(open.key('Missing'))]).toThrow(expect.objectContaining({ code: 'KEY_NOT_FOUND' }));
  expect(() => [...walk(open.key('Select'))]).toThrow(expect.objectContaining({ code: 'KEY_NOT_FOUND' }));
  expect([...open.walk()].length).toBeGreaterThan(50);
});

it('hivemend/hive is bundled for a browser without an error, and names no module of Node', () => {
  const { outputFiles, warnings } = buildSync({
    entryPoints: [join(root, 'src/hive.ts')],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
    logLevel: 'silent',
  });
  expect(warnings).toEqual([]);
  expect(outputFiles[0]!.text).not.toMatch(/from\s*["']|require\(["']/);
});

const READER = `
import { diffFiles, exportHives, findHives, inspectHive, openHive, recoverHive, thisHost } from 'hivemend';
const [, , file, folder] = process.argv;
const host = thisHost();
for (const format of ['jsonl', 'timesketch', 'bodyfile']) exportHives(host, [folder], { format, withDeleted: true }, () => {});
for (const format of ['reg', 'xml']) exportHives(host, [file], { format }, () => {});
inspectHive(host, file, { withValidation: true, withChanges: true });
diffFiles(host, file, null, { format: 'text' }, () => {});
recoverHive(host, file);
openHive(file).close();
`;

it.skipIf(spawnSync('strace', ['-V']).error !== undefined)('reading writes nothing, on the whole machine', () => {
  const [program, trace] = [join(place, 'reader.mjs'), join(place, 'trace')];
  writeFileSync(program, READER);
  const calls = 'trace=%file,fchmod,ftruncate,fchown,futimesat,flock,fsetxattr';
  const { status, stderr } = spawnSync(
    'strace',
    ['-f', '-o', trace, '-e', calls, process.execPath, program, hive, folder],
    {
      encoding: 'utf8',
      cwd: place,
    },
  );
  // Where one process may not look at another, nothing can be said.
  if (/ptrace/i.test(stderr)) return;
  expect([status, stderr]).toEqual([0, '']);
  const lines = readFileSync(trace, 'utf8').split('\n');
  const writing = lines.filter((line) =>
    /O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|\b(mkdir|unlink|rename|rmdir|link|symlink|chmod|chown|utime|truncate|setxattr|flock|mknod)\w*\(/.test(
      line,
    ),
  );
  expect(writing.filter((line) => !/"\/dev\/(null|tty)"|readlink/.test(line))).toEqual([]);
  const opened = lines.filter((line) => line.includes(`open`) && line.includes(hive));
  expect(opened.length).toBeGreaterThan(5);
  expect(opened.filter((line) => !/O_RDONLY(\|O_NONBLOCK|\|O_NOFOLLOW|\|O_CLOEXEC)*\|O_NOATIME/.test(line))).toEqual(
    [],
  );
});
