// The examples of docs/library.md, each run as a program of its own against what would be installed.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildFixture } from '../fixture-hives.ts';
import { installLibrary } from './installed.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const place = mkdtempSync(join(tmpdir(), 'hivemend-library-'));
const examples = [...readFileSync(join(root, 'docs/library.md'), 'utf8').matchAll(/```js\n([\s\S]*?)```/g)].map(
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
  writeFileSync(file, examples[index]!);
  return execFileSync(process.execPath, [file, argument], { cwd: place, encoding: 'utf8' });
}

it.each<[string, string, RegExp]>([
  ['reading', hive, /^primary 1\.5\ncurrent control set 1\n[\s\S]*\d+ keys\n$/],
  ['ending a walk', hive, /^AbortError after 3 keys\n$/],
  ['changing', hive, /^1 change: null -> 01000000\n1\n$/],
  ['a stream', hive, /^hive SYSTEM \nkey Select Select\n(value Select \w+\n)+end 1 \n$/],
  ['what differs', hive, /^--- .*SYSTEM\n\+{3} .*\n@@ \\Select @@\n\+"Note"="by hand"\n1 \[ 'value-added' \]\n$/],
  ['workers', folder, /^2 hives \d{2,} keys 1 errors\n$/],
  ['a new hive', hive, /^hello 8192\n$/],
])('%s', (name, argument, expected) => {
  const titles = ['reading', 'ending a walk', 'changing', 'a stream', 'what differs', 'workers', 'a new hive'];
  expect(examples).toHaveLength(titles.length);
  expect(run(titles.indexOf(name), argument)).toMatch(expected);
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
  expect(opened.filter((line) => !/O_RDONLY\|O_NOATIME|O_RDONLY\|O_CLOEXEC\|O_NOATIME/.test(line))).toEqual([]);
});
