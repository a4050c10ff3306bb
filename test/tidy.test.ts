// The layout of DESIGN as a test: who may import whom, who may touch the host, how large a file may grow.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const source = join(root, 'src');

const BELOW_COMMANDS = [
  'base',
  'regf',
  'engine',
  'registry',
  'bcd',
  'formats',
  'repairs',
  'disk',
  'commit',
  'report.ts',
  'host.ts',
  'load.ts',
  'session.ts',
  'machine-view.ts',
];

/** Each folder (or file at the top of src/) and what it may import; its own folder is always allowed. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  base: [],
  disk: ['base'],
  regf: ['base'],
  engine: ['base'],
  registry: ['base', 'regf', 'engine'],
  bcd: ['base', 'registry'],
  formats: ['base', 'regf', 'registry', 'engine'],
  repairs: ['base', 'registry', 'bcd', 'formats', 'report.ts'],
  commit: ['base', 'regf'],
  'report.ts': ['base', 'registry'],
  'host.ts': ['base', 'disk', 'engine', 'commit'],
  'load.ts': ['base', 'regf', 'engine', 'registry', 'disk', 'commit'],
  'verify.ts': ['base', 'regf', 'engine', 'registry', 'load.ts'],
  'staged-volume.ts': ['base', 'registry', 'disk', 'commit', 'report.ts'],
  'hive-file.ts': ['base', 'registry', 'commit', 'host.ts', 'load.ts', 'verify.ts'],
  'open-hive.ts': ['base', 'registry', 'commit', 'report.ts', 'load.ts'],
  'session.ts': [
    'base',
    'registry',
    'disk',
    'repairs',
    'commit',
    'report.ts',
    'host.ts',
    'load.ts',
    'verify.ts',
    'staged-volume.ts',
    'open-hive.ts',
  ],
  'machine-view.ts': ['base', 'registry', 'bcd', 'disk', 'repairs', 'report.ts', 'session.ts'],
  commands: [...BELOW_COMMANDS],
  runbook: [...BELOW_COMMANDS, 'commands'],
  'index.ts': [...BELOW_COMMANDS, 'commands', 'runbook', 'hive-file.ts'],
  cli: [...BELOW_COMMANDS, 'commands', 'runbook'],
};

/** These run in a browser page or a worker as they are: no Node API at all. */
const PURE = ['base', 'regf', 'engine', 'registry', 'bcd', 'formats', 'repairs'];

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
  const wrong: string[] = [];
  for (const file of files) {
    const allowed = LAYERS[file.layer];
    if (!allowed) {
      wrong.push(`${file.name}: ${file.layer} has no place in the layout`);
      continue;
    }
    for (const specifier of file.imports.filter((name) => name.startsWith('.'))) {
      const target = relative(source, join(dirname(join(source, file.name)), specifier)).replaceAll('\\', '/');
      const layer = target.split('/')[0]!;
      if (layer !== file.layer && !allowed.includes(layer)) wrong.push(`${file.name} imports ${target}`);
    }
  }
  expect(wrong).toEqual([]);
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
