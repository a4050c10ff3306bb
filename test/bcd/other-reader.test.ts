// Every real store, read by hivex's Python binding (Debian's python3-hivex) and by us: objects, elements and bytes must
// agree, and what /enum all /v prints must be what the bytes say.

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { fromHex } from '../../src/base/bytes.ts';
import { decodeUtf16le } from '../../src/base/text.ts';
import { BcdStore } from '../../src/bcd/store.ts';
import { storeJson } from '../../src/bcd/store-json.ts';
import { bcdedit } from '../../src/compat/bcdedit/bcdedit.ts';
import { openVerifierHive } from '../../src/registry/readers/verifier-hive.ts';
import { contextOf, openReal, REAL_STORES, realImage, realStorePath, storeOf } from './stores.ts';

const PYTHON = '/usr/bin/python3';
const SCRIPT = fileURLToPath(new URL('store-dump.py', import.meta.url));

/** Elements in stored order: names that are all digits would be put in another order as keys of an object. */
interface DumpedObject {
  readonly type: number | null;
  readonly elements: readonly (readonly [keyName: string, value: readonly [type: number, hex: string] | null])[];
}

const hasOtherReader = (() => {
  try {
    execFileSync(PYTHON, ['-c', 'import hivex'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

function dumpOf(name: string): Readonly<Record<string, DumpedObject>> {
  return JSON.parse(execFileSync(PYTHON, [SCRIPT, realStorePath(name)], { encoding: 'utf8' }));
}

/** What the bytes of an element must look like in the listing, as far as that needs no table. */
function expectedLines(keyName: string, type: number, hex: string): readonly string[] | null {
  const bytes = fromHex(hex) ?? new Uint8Array();
  const texts = decodeUtf16le(bytes).split('\0');
  if (keyName[1] === '2' && type === 1) return [texts[0] ?? ''];
  if (keyName[1] === '3' && type === 1) return [texts[0]?.toLowerCase() ?? ''];
  if (keyName[1] === '4' && type === 7) return texts.slice(0, texts.indexOf('')).map((text) => text.toLowerCase());
  if (keyName[1] === '6' && bytes.length === 1) return [bytes[0] === 0 ? 'No' : 'Yes'];
  return null;
}

/** The data columns of a listing, one array an element, by identifier. */
function listing(text: string): Map<string, string[][]> {
  const entries = new Map<string, string[][]>();
  for (const block of text.split('\n\n')) {
    const [, , identifier = '', ...lines] = block.replace(/^\n|\n$/g, '').split('\n');
    const data: string[][] = [];
    for (const line of lines) {
      if (line[0] !== ' ') data.push([]);
      data.at(-1)?.push(line.slice(24));
    }
    entries.set(identifier.slice(24).split(' ')[0] ?? '', data);
  }
  entries.delete('');
  return entries;
}

describe.skipIf(!hasOtherReader)('the other reader (skipped where python3-hivex is not installed)', () => {
  it.skipIf(REAL_STORES.length > 0)('has nothing to read: there is no folder of real stores (skipped)', () => {
    expect(hasOtherReader).toBe(true);
  });

  it.each(REAL_STORES)('agrees about %s, element by element', (name) => {
    const dump = dumpOf(name);
    const store = storeOf(openReal(name));
    const ours = store.objects().map((object) => [
      object.keyName,
      {
        type: object.type,
        elements: storeJson(store, [object]).objects[0]?.elements.map(({ element, stored }) => [
          element,
          [stored.type, stored.hex],
        ]),
      },
    ]);
    const theirs = Object.entries(dump).map(([id, { type, elements }]) => [
      id,
      { type, elements: elements.map(([keyName, value]) => [keyName.toLowerCase(), value]) },
    ]);
    expect(ours).toEqual(theirs);
  });

  it.each(REAL_STORES)('finds in %s what /enum all /v prints', (name) => {
    const printed = listing(bcdedit(['/enum', 'all', '/v'], contextOf(openReal(name))).stdout);
    const dump = dumpOf(name);
    expect([...printed.keys()].sort()).toEqual(
      Object.keys(dump)
        .map((id) => id.toLowerCase())
        .sort(),
    );
    for (const [id, { elements }] of Object.entries(dump)) {
      const rows = printed.get(id.toLowerCase()) ?? [];
      expect(rows.length, id).toBe(elements.length);
      elements.forEach(([keyName, value], i) => {
        const lines = value && expectedLines(keyName, ...value);
        if (lines) expect(rows[i], `${id} ${keyName}`).toEqual(lines);
      });
    }
  });

  it.each(REAL_STORES)('and our own second reader sees %s as the engine does', (name) => {
    const verifier = new BcdStore(openVerifierHive('BCD', realImage(name), name, 'primary'));
    expect(storeJson(verifier)).toEqual(storeJson(storeOf(openReal(name))));
  });
});
