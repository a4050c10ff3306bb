// The layout of DESIGN as a test: who may import whom, who may touch the host, how large a file may grow.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { CIRCLES, LONELY, LONG, WORDS_FOLDED } from './tidy-exceptions.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const source = join(root, 'src');

/**
 * The order of the layout: a room imports itself and rooms before it. A room is a folder of src/, or a file that lies
 * directly in src/.
 */
const ORDER = [
  'base',
  'security',
  'regf',
  'engine',
  'registry',
  'hive',
  'bcd',
  'formats',
  'disk',
  'commit',
  'report.ts',
  'repairs',
  'host.ts',
  'session',
  'compat',
  'commands',
  'runbook',
  'render',
  'hive.ts',
  'runbook.ts',
  'page',
  'index.ts',
  'cli',
];

/** These run in a browser page or a worker as they are: no Node API at all. */
const PURE = ['base', 'security', 'regf', 'engine', 'registry', 'hive', 'bcd', 'formats', 'repairs', 'hive.ts'];

/** A file is one noun; past this it is usually two. */
const MAX_LINES = 300;
/** Below this a file is a part of whoever imports it, unless two do. */
const MIN_LINES = 40;
const MAX_FILES_IN_FOLDER = 16;

/** Each file of these is listed by its folder's index, however small; and what the package or Node starts. */
const INDEXED =
  /^(base\/codes\/|repairs\/fixes\/|repairs\/checks\/|bcd\/elements\/|cli\/actions\/|commands\/|cli\/main\.ts$|cli\/export-worker\.ts$|[^/]+\.ts$)/;

interface SourceFile {
  readonly name: string;
  readonly layer: string;
  readonly text: string;
  readonly lines: number;
  readonly imports: readonly string[];
  /** The imports that are files of src/, types included. */
  readonly targets: readonly string[];
}

function sourceFiles(): SourceFile[] {
  const names = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  return names.map((name) => {
    const text = readFileSync(join(source, name), 'utf8');
    const imports = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1]!);
    const targets = imports
      .filter((specifier) => specifier.startsWith('.'))
      .map((specifier) => relative(source, join(dirname(join(source, name)), specifier)).replaceAll('\\', '/'));
    const lines = text.split('\n').length - 1;
    return { name: name.replaceAll('\\', '/'), layer: name.split(/[\\/]/)[0]!, text, lines, imports, targets };
  });
}

const files = sourceFiles();

it('imports go downwards only', () => {
  const upwards: string[] = [];
  for (const file of files) {
    const place = ORDER.indexOf(file.layer);
    if (place < 0) upwards.push(`${file.name}: ${file.layer} has no place in the layout`);
    for (const target of file.targets) {
      const layer = target.split('/')[0]!;
      if (layer !== file.layer && ORDER.indexOf(layer) >= place) upwards.push(`${file.name} -> ${target}`);
    }
  }
  expect([...new Set(upwards)].sort()).toEqual([]);
});

it('the core uses no Node API', () => {
  const wrong = files
    .filter((file) => PURE.includes(file.layer))
    .filter((file) => file.imports.some((name) => name.startsWith('node:')) || /\b(Buffer|process)\./.test(file.text))
    .map((file) => file.name);
  expect(wrong).toEqual([]);
});

it('few files touch the host', () => {
  const importers = (module: string): string[] =>
    files.filter((file) => file.imports.includes(module)).map((file) => file.name);
  expect(importers('node:fs').length).toBeLessThanOrEqual(3);
  expect(importers('node:child_process').length).toBeLessThanOrEqual(1);
  expect(importers('fast-xml-parser').length).toBeLessThanOrEqual(1);
  expect(
    files
      .filter(
        (file) => !file.name.startsWith('cli/') && /(?<![-\w])console\.(log|error|warn|info|debug)/.test(file.text),
      )
      .map((file) => file.name),
  ).toEqual([]);
});

it('few files can write', () => {
  const naming = (pattern: RegExp): string[] =>
    files.filter(({ layer, text }) => layer !== 'commit' && pattern.test(text)).map(({ name }) => name);
  // The type, and the only way from a Host to it.
  expect(naming(/\bWriteFs\b/).sort()).toEqual([
    'base/write-fs.ts',
    // The folder of its own that a server's socket lies in.
    'disk/image/containers/qemu.ts',
    // Overwrites the bytes of files, which no path into a folder does.
    'disk/image/image-fs.ts',
    // The host's files and those of images as one.
    'disk/image/joined-fs.ts',
    // The blocks that a commit into an image is made of.
    'disk/image/raw.ts',
    'host.ts',
    'index.ts',
  ]);
  expect(naming(/\.writing\b|'writing'/).sort()).toEqual(['cli/output.ts', 'commands/undo.ts', 'session/attach.ts']);
  expect(naming(/\bDescriptorAccess\b/).sort()).toEqual([
    'base/write-fs.ts',
    'disk/image/joined-fs.ts',
    'disk/mounted/descriptors.ts',
    'host.ts',
    'index.ts',
  ]);
});

it('what lies on a disk is opened in one place', () => {
  // Non-blocking, no link followed, looked at again: base/open-entry.ts. The others open nothing that a disk brings.
  expect(
    files
      .filter(({ text }) => /\bopenSync\b|\bopenAsBlob\b|\breadFileSync\b/.test(text))
      .map(({ name }) => name)
      .sort(),
  ).toEqual([
    'base/open-entry.ts',
    // The two types.
    'base/read-fs.ts',
    'base/write-fs.ts',
    // The version in package.json.
    'cli/main.ts',
    // An output file, on the machine that we run on.
    'cli/output.ts',
    // Whether Windows has a device of that number.
    'commands/disks.ts',
    // Makes a file (O_EXCL): what is there, a link too, is refused.
    'commit/host-file.ts',
    // In the folder of its own that a server's socket lies in.
    'disk/image/containers/qemu.ts',
    // An image's own files, and those and the host's as one.
    'disk/image/image-fs.ts',
    'disk/image/joined-fs.ts',
    // A disk of Windows, which has no entry that could be looked at.
    'disk/image/physical-drive.ts',
    // /proc and /sys.
    'disk/mounted/volumes.ts',
    'host.ts',
  ]);
});

it('nothing is written that was not proven', () => {
  const naming = (pattern: RegExp): string[] =>
    files
      .filter(({ text }) => pattern.test(text))
      .map(({ name }) => name)
      .sort();
  expect(naming(/\bnew Proven\b|\bProven\.prototype\b|\bas Proven\b(?!\.)/)).toEqual(['hive/prove.ts']);
  expect(naming(/\bcommitTargets\b/)).toEqual(['commit/commit.ts']);
  expect(naming(/\bnew LocatedJournal\b|\bas LocatedJournal\b/)).toEqual(['commit/journal/located.ts']);
});

it('only heap.ts touches wasm memory', () => {
  const touching = files.filter((file) => /\bmemory\.buffer\b/.test(file.text)).map((file) => file.name);
  expect(touching).toEqual(['engine/heap.ts']);
});

// hive.ts is the entry of pages and workers, where there is no host.ts.
it('clock and randomness enter in host.ts alone', () => {
  const wrong = files
    .filter((file) => !['host.ts', 'hive.ts', 'cli'].includes(file.layer))
    .filter((file) =>
      /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\brandomBytes \}|\brandomUUID\(|\brandomBytes,/.test(file.text),
    )
    .map((file) => file.name);
  expect(wrong).toEqual([]);
});

/** The groups of files that import each other in a circle, each a line. */
function circles(): string[] {
  const targetsOf = new Map(files.map((file) => [file.name, file.targets]));
  const reach = new Map<string, Set<string>>();
  for (const { name, targets } of files) {
    const seen = new Set<string>();
    for (const todo = [...targets]; todo.length > 0; ) {
      const next = todo.pop()!;
      if (!seen.has(next)) todo.push(...(targetsOf.get(next) ?? []));
      seen.add(next);
    }
    reach.set(name, seen);
  }
  const groups = files
    .filter(({ name }) => reach.get(name)!.has(name))
    .map(({ name }) => [...reach.get(name)!].filter((other) => reach.get(other)!.has(name)).sort());
  return [...new Set(groups.map((group) => group.join(' <-> ')))].sort();
}

it('no file imports itself through others', () => {
  expect(circles()).toEqual([...CIRCLES].sort());
});

it('every import of a file of ours is a file', () => {
  const names = new Set(files.map((file) => file.name));
  const missing = files.flatMap((file) => file.targets.filter((target) => !names.has(target)));
  expect(missing).toEqual([]);
});

it('no folder holds more than can be seen at once', () => {
  const counts = new Map<string, number>();
  for (const { name } of files) counts.set(dirname(name), (counts.get(dirname(name)) ?? 0) + 1);
  expect([...counts].filter(([, count]) => count > MAX_FILES_IN_FOLDER)).toEqual([]);
});

it('no file outgrows its noun, and no folder is a drawer', () => {
  const long = files.filter((file) => file.lines > MAX_LINES).map((file) => file.name);
  expect(long.sort()).toEqual(Object.keys(LONG).sort());
  expect(files.filter((file) => /(^|\/)(utils|helpers|common|types)(\/|\.ts$)/.test(file.name))).toEqual([]);
});

it('a small file has two importers, unless an index lists it', () => {
  const importers = new Map<string, number>();
  for (const { targets } of files)
    for (const target of new Set(targets)) importers.set(target, (importers.get(target) ?? 0) + 1);
  const lonely = files
    .filter((file) => file.lines < MIN_LINES && !INDEXED.test(file.name) && (importers.get(file.name) ?? 0) < 2)
    .map((file) => file.name);
  expect(lonely.sort()).toEqual(Object.keys(LONELY).sort());
});

it("names of the registry and of files are compared by Windows' table", () => {
  const folding = files
    .filter((file) => /^(regf|engine|registry|hive|bcd|disk|formats\/reg)\//.test(file.name))
    .filter((file) => /\.to(Locale)?(Lower|Upper)Case\(|\.localeCompare\(|Intl\.Collator/.test(file.text))
    .map((file) => file.name);
  expect(folding.sort()).toEqual(Object.keys(WORDS_FOLDED).sort());
});

it("no finding's sentence is read by the code", () => {
  const reading =
    /\b(?:finding|remark|defect)\.text\s*\.\s*(?:match|search|includes|startsWith|endsWith|indexOf|split)\b|\.(?:test|exec)\((?:finding|remark|defect)\.text\)/;
  expect(files.filter((file) => reading.test(file.text)).map((file) => file.name)).toEqual([]);
});
