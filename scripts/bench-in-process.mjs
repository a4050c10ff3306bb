// A process of its own for `npm run bench`: opens, walks, validates, recovers, edits and commits one hive, and prints what
// each took as JSON. node scripts/bench-in-process.mjs <hive> <scratch folder> <rounds>

import { copyFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openHive, recover, Session, thisHost, validate, WorkingHive } from '../dist/index.js';

const [file, scratch, rounds] = process.argv.slice(2);
const host = thisHost();
const startMb = process.resourceUsage().maxRSS / 1024;
const bytes = new Uint8Array(readFileSync(file));
/** Enough edits that what they share does not hide what each one costs. */
const EDITS = 1000;
const times = {};

function timed(name, work) {
  // Processor time, the compiler's and the collector's threads included: the clock would tell what else the machine does.
  const started = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(started);
  times[name] ??= [];
  times[name].push((user + system) / 1000);
  return result;
}

function edits(path) {
  return Array.from({ length: EDITS }, (_, i) => ({
    op: 'set-value',
    key: { hive: 'HIVE', path },
    name: `bench-${i % 100}`,
    value: { type: 4, hex: i.toString(16).padStart(8, '0') },
  }));
}

/** As a program reads a hive: names, types and data as values of its own. */
function readAll(hive) {
  let sum = 0;
  for (const key of hive.walk()) {
    sum += key.name.length;
    for (const value of key.values()) sum += value.name.length + value.type + value.data.byteLength;
  }
  return sum;
}

function commitCopy(round) {
  const folder = join(scratch, `commit-${process.pid}-${round}`);
  mkdirSync(folder);
  const path = join(folder, 'HIVE');
  copyFileSync(file, path);
  const session = Session.overFiles(host, [{ name: 'HIVE', path }], { acceptDirty: true });
  session.apply(edits([]));
  const proof = session.prove();
  timed('commit with journal and syncs', () =>
    session.commit(proof, () => ({ readme: 'bench', afterBoot: '', report: () => '{}' })),
  );
  session.close();
  rmSync(folder, { recursive: true });
}

for (let round = 0; round < Number(rounds); round += 1) {
  const recovery = timed('recover', () => recover(file, bytes, []));
  const opened = openHive(bytes);
  timed('open', () => opened.root);
  timed('walk', () => readAll(opened));
  opened.close();
  timed('validate', () => validate(recovery.image, file));
  const working = WorkingHive.open(host.engine, 'HIVE', recovery);
  timed(`apply ${EDITS} edits`, () => working.apply(edits([]), 1n << 56n));
  timed('image', () => working.image());
  working.close();
  commitCopy(round);
}
const sizeMb = bytes.byteLength / 1e6;
process.stdout.write(JSON.stringify({ sizeMb, times, startMb, peakMb: process.resourceUsage().maxRSS / 1024 }));
