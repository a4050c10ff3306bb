// The pages for contributors name files, functions and scripts: all of them exist.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const source = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => read(`src/${name}`))
  .join('\n');
const scripts: Readonly<Record<string, string>> = JSON.parse(read('package.json')).scripts;

const everyPage = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`),
].filter((name) => name.endsWith('.md'));
const inline = (page: string): string[] =>
  [
    ...read(page)
      .replaceAll(/^```[\s\S]*?^```/gm, '')
      .matchAll(/`([^`\n]+)`/g),
  ].map((match) => match[1]!);

describe.each(everyPage)('%s', (page) => {
  it('names files that are there', () => {
    const paths = inline(page).filter((text) => /^(src|test|scripts|wasm|docs|fixtures)\/[\w./-]*$/.test(text));
    const built = /^wasm\/dist\//;
    expect(paths.filter((path) => !built.test(path) && !existsSync(join(root, path)))).toEqual([]);
  });

  it('names npm scripts that are there', () => {
    const named = [...read(page).matchAll(/npm run ([\w:-]+)/g)].map((match) => match[1]!);
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
  });
});

/** Whether something of src/ bears the name: `name`, or `Class.member`. */
function isDefined(text: string): boolean {
  const [name = '', member] = text.split('.');
  const isThere = new RegExp(`\\b(function\\*?|class|const|interface|type) ${name}\\b`).test(source);
  return isThere && (member === undefined || new RegExp(`^ {2}[\\w ]*\\b${member}\\(`, 'm').test(source));
}

it.each(['docs/architecture.md', 'docs/add-a-repair.md', 'CONTRIBUTING.md'])(
  '%s names functions and types that are there',
  (page) => {
    const names = inline(page).filter(
      (text) => /^[A-Za-z]\w*[a-z]\w*(\.\w+)?$/.test(text) && /[a-z][A-Z]|^[A-Z]/.test(text),
    );
    const units = ['sizeBytes', 'cellOffset', 'fileOffset', 'controlSet'];
    expect(names.filter((name) => !units.includes(name) && !isDefined(name))).toEqual([]);
    expect(names.length).toBeGreaterThan(3);
  },
);

describe('the map', () => {
  const page = read('docs/architecture.md');
  const rooms = readdirSync(join(root, 'src'));

  it('lists every room of src/, in the order in which they may import each other', () => {
    const listed = [.../```text\n([\s\S]*?)```/.exec(page)![1]!.matchAll(/^(\S+?)\/? /gm)].map((match) => match[1]!);
    expect([...listed].sort()).toEqual([...rooms].sort());
    const order = /const ORDER = \[([\s\S]*?)\];/.exec(read('test/tidy.test.ts'))![1]!;
    expect(listed).toEqual(
      [...order.matchAll(/'([^']+)'/g)].map((match) => match[1]!).filter((name) => listed.includes(name)),
    );
  });

  it('has a row for every folder of src/', () => {
    const rows = [...page.matchAll(/^\| (.+?) \|/gm)].map((match) => match[1]!);
    const folders = rooms.filter((name) => !name.endsWith('.ts'));
    expect(folders.filter((name) => !rows.some((row) => row.includes(`\`src/${name}/\``)))).toEqual([]);
  });

  it('names what the files to know define', () => {
    const table = /### The files to know\n([\s\S]*?)\n## /.exec(page)![1]!;
    const rows = [...table.matchAll(/^\| `(src\/[\w./-]+)` \| (.*) \|$/gm)];
    expect(rows.length).toBeGreaterThan(8);
    for (const [, file = '', holds = ''] of rows) {
      for (const [, name] of holds.matchAll(/`(\w+)`/g)) {
        expect(read(file), `${name} in ${file}`).toMatch(
          new RegExp(`export (function|class|const|interface|type) ${name}\\b`),
        );
      }
    }
  });
});
