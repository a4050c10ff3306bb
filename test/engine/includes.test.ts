// The C files of wasm/ in layers: what a noun (its header and its .c) includes never leads back to it, and nothing
// outside wasm/export/ needs the exporters.

import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const wasm = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'wasm');
const paths = readdirSync(wasm, { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => /\.[ch]$/.test(path));

const nounOf = (path: string): string => basename(path).replace(/\.[ch]$/, '');

/** The nouns that a file includes; what is not ours (hivex, the C library) is left out. */
function included(path: string): string[] {
  const lines = readFileSync(join(wasm, path), 'utf8').matchAll(/^#include "([^"]+)"/gm);
  return [...lines]
    .map((match) => match[1]!)
    .filter((name) => !name.startsWith('hivex'))
    .map(nounOf);
}

const graph = new Map<string, Set<string>>();
for (const path of paths) {
  const to = graph.get(nounOf(path)) ?? new Set();
  for (const noun of included(path)) if (noun !== nounOf(path)) to.add(noun);
  graph.set(nounOf(path), to);
}

/** A way from `noun` back to it. */
function circle(noun: string, way: readonly string[] = [noun], seen = new Set<string>()): readonly string[] | null {
  for (const next of graph.get(way.at(-1)!) ?? []) {
    if (next === noun) return [...way, next];
    if (seen.has(next)) continue;
    seen.add(next);
    const found = circle(noun, [...way, next], seen);
    if (found) return found;
  }
  return null;
}

it('every include names a header that is there, and each noun has one name', () => {
  const headers = paths.filter((path) => path.endsWith('.h')).map(nounOf);
  expect(paths.flatMap(included).filter((noun) => !headers.includes(noun))).toEqual([]);
  expect(paths.length).toBe(new Set(paths.map((path) => basename(path))).size);
  expect(graph.size).toBeGreaterThan(20);
});

it('no C file leads back to itself', () => {
  expect([...graph.keys()].map((noun) => circle(noun)).filter((way) => way !== null)).toEqual([]);
});

it('nothing outside export/ includes an exporter', () => {
  const exporters = new Set(paths.filter((path) => path.startsWith('export/')).map(nounOf));
  const outside = paths.filter((path) => !path.startsWith('export/'));
  expect(outside.filter((path) => included(path).some((noun) => exporters.has(noun)))).toEqual([]);
});

it('build.sh compiles a file after everything that it includes', () => {
  const list = /own_sources=\(([^)]*)\)/.exec(readFileSync(join(wasm, 'build.sh'), 'utf8'))![1]!;
  const order = list.split(/\s+/).flatMap((word) => {
    const set = /^(.*)\{(.*)\}$/.exec(word);
    return set ? set[2]!.split(',') : [basename(word)];
  });
  const wrong = order.flatMap((noun, at) =>
    [...(graph.get(noun) ?? [])].filter((other) => order.indexOf(other) > at).map((other) => `${noun} before ${other}`),
  );
  expect(wrong).toEqual([]);
  expect(
    paths
      .filter((path) => path.endsWith('.c'))
      .map(nounOf)
      .sort(),
  ).toEqual([...order, 'debug'].sort());
});
