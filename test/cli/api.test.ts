// The command line does what it does through what programs can call: what it takes from src/ beside that is words,
// arguments and files.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const source = fileURLToPath(new URL('../../src', import.meta.url));
const ENTRIES = ['index.ts', 'hive.ts', 'runbook.ts'];
/** Text and files for whoever prints and reads arguments. */
const WORDS = /^(base\/|render\/style\.ts$)/;
/** What only the command line asks for, and why. */
const OWN: Readonly<Record<string, string>> = {
  'compat/reg/user-profiles.ts isOfCurrentUser': 'HKCU in the arguments of reg',
  'compat/reg/user-profiles.ts joinedOutcome': 'the outputs of reg for several users as one',
  'formats/lines/jsonl.ts errorLine': 'a hive that a worker of export could not read',
  'render/repair-text.ts shownChanges': 'the changes that reg and bcdedit show',
  'render/sarif.ts idOf': 'the rule of a line of lint',
  'repairs/plan.ts nearestName': 'a name that was mistyped',
  'session/disks/disk-argument.ts diskIn': 'an output that would lie on the disk that is read',
};

/** 'file name' of everything that the text exports from other files, or imports; types are left out. */
function* named(text: string, file: string, keyword: 'import' | 'export'): Iterable<string> {
  const statement = new RegExp(`^${keyword} (type )?(\\*|\\{[^}]*\\}) from '(\\.[^']+)'`, 'gm');
  for (const [, isType, names, path] of text.matchAll(statement)) {
    if (isType) continue;
    const from = relative(source, join(dirname(file), path!)).replaceAll('\\', '/');
    for (const name of names!.replace(/[{}]/g, '').split(',')) {
      const plain = name.trim().split(' as ')[0]!;
      if (plain !== '' && !plain.startsWith('type ')) yield `${from} ${plain}`;
    }
  }
}

it('uses what the library exports', () => {
  const exported = new Set<string>();
  for (const entry of ENTRIES) {
    const file = join(source, entry);
    for (const name of named(readFileSync(file, 'utf8'), file, 'export')) exported.add(name);
  }
  const own = new Set<string>();
  for (const name of readdirSync(join(source, 'cli'), { recursive: true, encoding: 'utf8' })) {
    const file = join(source, 'cli', name);
    if (!name.endsWith('.ts')) continue;
    for (const used of named(readFileSync(file, 'utf8'), file, 'import')) {
      const [from = ''] = used.split(' ');
      const isExported = exported.has(used) || exported.has(`${from} *`);
      if (!from.startsWith('cli/') && !isExported && !WORDS.test(from)) own.add(used);
    }
  }
  expect(exported.size).toBeGreaterThan(100);
  expect([...own].sort()).toEqual(Object.keys(OWN).sort());
});
