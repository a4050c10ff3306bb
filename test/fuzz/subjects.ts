// What is mutated: hives built here, and where this machine has them small real ones, each opened once.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LogFile } from '../../src/regf/logs/recover.ts';
import { buildFixture, FIXTURES } from '../fixture-hives.ts';
import { smallHive, soundHive } from '../regf/patient.ts';
import { sharedHives } from '../shared-hives.ts';

export interface Subject {
  readonly name: string;
  readonly hive: Uint8Array;
  readonly logs: readonly LogFile[];
}

const ENDINGS = ['.LOG', '.LOG1', '.LOG2'];
/** Larger ones make a case slow and find nothing that a smaller one does not. */
const MAX_REAL_SIZE_BYTES = process.env.HIVEMEND_FUZZ_LARGE ? 300_000 : 50_000;

function realSubjects(): Subject[] {
  if (sharedHives === null) return [];
  const subjects: Subject[] = [];
  for (const folder of ['odd', 'bcd', 'replay']) {
    for (const path of readdirSync(join(sharedHives, folder), { recursive: true, encoding: 'utf8' }).sort()) {
      const file = join(sharedHives, folder, path);
      if (/\.LOG\d?$/.test(path)) continue;
      const read = (name: string): Uint8Array => new Uint8Array(readFileSync(name));
      try {
        const hive = read(file);
        if (hive.length > MAX_REAL_SIZE_BYTES) continue;
        const logs = ENDINGS.filter((ending) => existsSync(file + ending));
        subjects.push({
          name: path,
          hive,
          logs: logs.map((ending) => ({ name: `X${ending}`, bytes: read(file + ending) })),
        });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EISDIR') throw error;
      }
    }
  }
  return subjects;
}

let made: { readonly all: readonly Subject[]; readonly stores: readonly Subject[] } | undefined;

/** All subjects, and those that are boot stores. */
export function subjects(): { readonly all: readonly Subject[]; readonly stores: readonly Subject[] } {
  if (made) return made;
  const built: Subject[] = [
    { name: 'small 1.5', hive: smallHive(5), logs: [] },
    { name: 'small 1.3', hive: smallHive(3), logs: [] },
    { name: 'sound 1.5', hive: soundHive(5), logs: [] },
    { name: 'sound 1.3', hive: soundHive(3), logs: [] },
    ...FIXTURES.map((name) => ({ name, hive: buildFixture(name), logs: [] })),
  ];
  const real = realSubjects();
  const all = [...built, ...real];
  made = { all, stores: all.filter(({ name }) => name.includes('BCD')) };
  return made;
}
