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
