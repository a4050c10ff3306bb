// Other programs that read hives, as judges of what a rebuild makes: each must read every key and value of a result without
// a complaint. None is needed to run the tests; which ones are there is said in the names of the tests.

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { UNDEFINED_NK_FLAGS } from '../../../src/regf/layout.ts';
import { scratch } from '../../cli/process.ts';

/** Walks each file whole; a line for each that it cannot. */
const PYTHON = `
import hivex, sys
def walk(h, node):
    h.node_name(node); h.node_timestamp(node)
    for value in h.node_values(node):
        h.value_key(value); h.value_type(value); h.value_value(value)
    children = h.node_children(node)
    for at, child in enumerate(children):
        if h.node_parent(child) != node: raise Exception('the parent of %d is another' % child)
        name = h.node_name(child)
        # Looking a name up is slow where there are many.
        if at < 20 and '\\0' not in name and h.node_get_child(node, name) != child: raise Exception('%s is not found by its name' % name)
        walk(h, child)
for path in sys.stdin.read().split('\\n'):
    try:
        h = hivex.Hivex(path); walk(h, h.root())
    except Exception as e: print('%s: %r' % (path, e))
`;

/** Of reglookup in a locale of ASCII, about names and data that it cannot print; the structure is not concerned. */
const OF_TEXT = /to encoding US-ASCII|Data could not be interpreted, quoting raw buffer/;

/** It does not know the flags of virtualisation, which sound hives have, nor all that XP keeps in the highest four. */
const isKnownFlags = (line: string): boolean => {
  const [, flags] = /Unknown key flags \(0x([0-9A-F]{4})\)/.exec(line) ?? [];
  return flags !== undefined && (Number.parseInt(flags, 16) & UNDEFINED_NK_FLAGS) === 0;
};

interface Reader {
  readonly name: string;
  readonly isThere: () => boolean;
  /** What it complains of, a line each. */
  readonly complaints: (files: readonly string[]) => string[];
}

const runs = (program: string, args: readonly string[]): boolean => !spawnSync(program, args).error;

function eachFile(program: string, args: readonly string[]): Reader['complaints'] {
  return (files) =>
    files.flatMap((file) => {
      const { status, stderr } = spawnSync(program, [...args, file], {
        encoding: 'utf8',
        stdio: ['ignore', 'ignore', 'pipe'],
        maxBuffer: 1 << 28,
      });
      const lines = stderr.split('\n').filter((line) => line !== '' && !OF_TEXT.test(line) && !isKnownFlags(line));
      return status === 0 && lines.length === 0 ? [] : [`${file}: exit ${status}: ${lines.join('; ')}`];
    });
}

const READERS: readonly Reader[] = [
  {
    name: 'python3-hivex',
    isThere: () => spawnSync('/usr/bin/python3', ['-c', 'import hivex']).status === 0,
    complaints: (files) => {
      const { stdout, stderr } = spawnSync('/usr/bin/python3', ['-c', PYTHON], {
        input: files.join('\n'),
        encoding: 'utf8',
        maxBuffer: 1 << 28,
      });
      return `${stdout}${stderr}`.split('\n').filter((line) => line !== '');
    },
  },
  {
    name: 'reglookup',
    isThere: () => runs('reglookup', []),
    complaints: eachFile('reglookup', ['-s']),
  },
  { name: 'hivexml', isThere: () => runs('hivexml', []), complaints: eachFile('hivexml', []) },
  { name: 'regfexport', isThere: () => runs('regfexport', ['-V']), complaints: eachFile('regfexport', []) },
];

/** One test a reader, of results by what they are called; one that is not installed is skipped by name. */
export function itIsReadByOthers(results: ReadonlyMap<string, Uint8Array>): void {
  for (const { name, isThere, complaints } of READERS) {
    const isInstalled = isThere();
    it.skipIf(!isInstalled)(
      `${name} reads every result${isInstalled ? '' : ' (not installed)'}`,
      { timeout: 300_000 },
      () => {
        const folder = scratch();
        const names = [...results.keys()];
        for (const [i, image] of [...results.values()].entries()) writeFileSync(join(folder, `${i}`), image);
        expect(names.length).toBeGreaterThan(0);
        const told = complaints(names.map((_, i) => join(folder, `${i}`)));
        expect(told.map((line) => line.replace(/^\S+\/(\d+):/, (__, i) => `${names[Number(i)]}:`))).toEqual([]);
      },
    );
  }
}
