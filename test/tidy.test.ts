// The layout of DESIGN as a test: who may import whom, who may touch the host, how large a file may grow.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

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
  'index.ts',
  'cli',
];

/** What still points upwards: this list only shrinks. */
const UPWARDS: readonly string[] = [
  'commands/diagnose.ts -> render/change.ts',
  'commands/diagnose.ts -> render/repair-text.ts',
  'commands/repair.ts -> render/journal-readme.ts',
  'hive/hive-file.ts -> commit/request.ts',
  'hive/hive-file.ts -> host.ts',
  'hive/hive-source.ts -> commit/journal/journal.ts',
  'hive/hive-source.ts -> disk/locate.ts',
  'hive/hive-source.ts -> disk/windows-path.ts',
  'hive/hive-source.ts -> formats/kind.ts',
  'hive/load.ts -> commit/request.ts',
  'hive/load.ts -> disk/locate.ts',
  'hive/load.ts -> disk/windows-path.ts',
  'hive/open-hive.ts -> commit/request.ts',
  'hive/open-hive.ts -> report.ts',
];

/** These run in a browser page or a worker as they are: no Node API at all. */
const PURE = ['base', 'security', 'regf', 'engine', 'registry', 'bcd', 'formats', 'repairs'];

/** A file is one noun; past this it is usually two. */
const MAX_LINES = 420;

interface SourceFile {
  readonly name: string;
  readonly layer: string;
  readonly text: string;
  readonly imports: readonly string[];
}

function sourceFiles(): SourceFile[] {
  const names = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  return names.map((name) => {
    const text = readFileSync(join(source, name), 'utf8');
    const imports = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1]!);
    return { name: name.replaceAll('\\', '/'), layer: name.split(/[\\/]/)[0]!, text, imports };
  });
}

const files = sourceFiles();

it('imports go downwards only', () => {
  const upwards: string[] = [];
  for (const file of files) {
    const place = ORDER.indexOf(file.layer);
    if (place < 0) upwards.push(`${file.name}: ${file.layer} has no place in the layout`);
    for (const specifier of file.imports.filter((name) => name.startsWith('.'))) {
      const target = relative(source, join(dirname(join(source, file.name)), specifier)).replaceAll('\\', '/');
      const layer = target.split('/')[0]!;
      if (layer !== file.layer && ORDER.indexOf(layer) >= place) upwards.push(`${file.name} -> ${target}`);
    }
  }
  expect([...new Set(upwards)].sort()).toEqual([...UPWARDS].sort());
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

it('only heap.ts touches wasm memory', () => {
  const touching = files.filter((file) => /\bmemory\.buffer\b/.test(file.text)).map((file) => file.name);
  expect(touching).toEqual(['engine/heap.ts']);
});

it('clock and randomness enter in host.ts alone', () => {
  const wrong = files
    .filter((file) => file.name !== 'host.ts' && file.layer !== 'cli')
    .filter((file) =>
      /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\brandomBytes \}|\brandomUUID\(|\brandomBytes,/.test(file.text),
    )
    .map((file) => file.name);
  expect(wrong).toEqual([]);
});

it('no file outgrows its noun, and no folder is a drawer', () => {
  const long = files.filter((file) => file.text.split('\n').length > MAX_LINES).map((file) => file.name);
  expect(long).toEqual([]);
  expect(files.filter((file) => /(^|\/)(utils|helpers|common|types)(\/|\.ts$)/.test(file.name))).toEqual([]);
});
