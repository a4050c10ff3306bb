// Every journal of version 0.1.0 can be undone. But for hives without logs (old-order.test.ts) it wrote what is written
// now, byte for byte: the hashes are of the journals that it wrote for these rows, taken with a build of it.

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { commitTargets } from '../../src/commit/commit.ts';
import { readJournal, writeState } from '../../src/commit/journal/journal.ts';
import { findJournals } from '../../src/commit/journal/journals.ts';
import type { WrittenState } from '../../src/commit/journal/manifest.ts';
import { StageWriter } from '../../src/commit/order/stage.ts';
import type { JournalKind } from '../../src/commit/request.ts';
import { finishUndo, undo } from '../../src/commit/undo.ts';
import type { Disk } from './disk-simulator.ts';
import { contentOf, diskOf, hostOf, ID, ROOT, ROWS, type Row, requestOf } from './rows.ts';

/** By row: manifest.json and data.bin of a journal on the volume, and of one in a state directory (SHA-256, 64 bits). */
const WRITTEN_BY_0_1_0: Readonly<Record<string, readonly [volume: string, stateDir: string]>> = {
  'HvLE, clean, one log': ['a7f59e04b913d87c', '19c6ed1eff57d585'],
  'HvLE, clean, two logs': ['f8d81b1bebb2bf18', 'f6049e0bf8a1180d'],
  'HvLE, clean, three logs': ['dc74b87e43085c5c', '48c19c834a456aba'],
  'HvLE, clean, .LOG alone (BCD)': ['cc0f11eed399cbd2', 'a99fba8e4df4bbee'],
  'HvLE, clean, newer log entries': ['32b3c59cee513c4e', '389c7252402f0711'],
  'HvLE, clean, growth': ['6c1bbc251cc72b39', 'd53da1d3c868bfd0'],
  'HvLE, clean, growth over trailing data': ['aab41c0fea6e30f9', 'e484c6537d302ec5'],
  'HvLE, clean, empty LOG2 and .LOG': ['a7f59e04b913d87c', '19c6ed1eff57d585'],
  'HvLE, clean, stale DIRT log beside': ['50035c7660668375', '6fd13c3ccdbf5084'],
  'HvLE, dirty, one log': ['5bd4f3fe15db0ab1', '02fa7c0d3b4ed5b1'],
  'HvLE, dirty, two logs': ['f983cda3ed7ec053', '4f9dcc133980bbda'],
  'HvLE, dirty, three logs': ['469c37e234eb34a2', 'cdc837ba18d55b9d'],
  'HvLE, dirty, growth': ['5e2dac8b6ba4ca4a', 'b7f6056a59864627'],
  'HvLE, dirty, the log grows it already': ['04dbf094082c22f3', '7604e567dac1f503'],
  'HvLE, dirty, no edit (recovery alone)': ['76b583f5d647c9eb', 'a5240d30c7de1b95'],
  'HvLE, bad checksum, one log': ['c83840c268e27099', '7815dcc95a0a034c'],
  'HvLE, bad checksum, stale log too': ['16facf80cc0d4248', '9ba05716f1335005'],
  'HvLE, bad checksum, growth': ['b2bce594cb831793', '1fdab9ccb4962a7b'],
  'DIRT, clean, LOG1': ['4d6406db7cc961f9', '3ad675488e9e687f'],
  'DIRT, clean, .LOG (XP)': ['ee4773c479780c01', '28edf8be45c296fd'],
  'DIRT, clean, two logs': ['fa4241e643b507e8', 'ce2470d1db087f3d'],
  'DIRT, clean, three logs': ['73228e95c3c59136', '916ba7cc9ade0ea0'],
  'DIRT, clean, growth': ['0ae4ef1ed35ee2cf', '0152ee92b24a8c43'],
  'DIRT, dirty, LOG1': ['09ab98f62d9ae335', '53e390c6ca31aed5'],
  'DIRT, dirty, .LOG (XP)': ['2655da535442145a', '6cf57f9052dceae8'],
  'DIRT, dirty, older LOG2 of another stamp': ['09ab98f62d9ae335', '53e390c6ca31aed5'],
  'DIRT, dirty, growth': ['6893d2dab6f2addd', 'bf803add5d84d1c2'],
  'DIRT, bad checksum': ['10eaaf86a4c25a5b', '611a157027c6b521'],
  'several files: dirty SYSTEM, clean BCD': ['ea0c361521144ca6', 'cebcad92ac5583e9'],
  'several files: hive, made, overwritten, deleted, moved': ['53a3bb3678d471e3', '9692d1102cd08393'],
  'files alone: shorter, and a descriptor': ['a050491411661e04', '7cb2293a02125cd3'],
};
const NAMES = ['manifest.json', 'data.bin'];
const ROOTS = { volume: ROOT, 'state-dir': '/var/lib/hivemend-state' } as const;
type Kind = keyof typeof ROOTS;
const rowNamed = (name: string): Row => ROWS.find((row) => row.name === name)!;

/** A disk on which the whole commit was made. */
function committed(row: Row, kind: Kind): Disk {
  const disk = diskOf(row);
  const root = ROOTS[kind];
  if (kind === 'state-dir') {
    disk.put(`${root}/keep`, new Uint8Array(0));
    disk.chmodSync(root, 0o700);
  }
  const journalKind: JournalKind = kind;
  commitTargets(hostOf(disk, 'boot-1'), { ...requestOf(row, disk), journalRoot: root, journalKind });
  return disk;
}

describe('what 0.1.0 wrote', () => {
  it.each(Object.entries(WRITTEN_BY_0_1_0))('%s: is what is written now', (name, hashes) => {
    const written = (['volume', 'state-dir'] as const).map((kind) => {
      const disk = committed(rowNamed(name), kind);
      const hash = createHash('sha256');
      for (const file of NAMES) hash.update(disk.get(`${ROOTS[kind]}/${ID}/${file}`)!);
      return hash.digest('hex').slice(0, 16);
    });
    expect(written).toEqual(hashes);
  });
});

/** The states that a journal can be found in after the first `count` of `all` stages. */
function statesAfter(count: number, all: number): WrittenState[] {
  if (count === 0) return ['prepared', 'committing', 'undoing', 'undone'];
  return count === all ? ['committing', 'done', 'undoing'] : ['committing', 'undoing'];
}

const SHAPES = [
  'HvLE, clean, growth',
  'HvLE, dirty, growth',
  'HvLE, dirty, no edit (recovery alone)',
  'DIRT, dirty, growth',
  'several files: dirty SYSTEM, clean BCD',
  'several files: hive, made, overwritten, deleted, moved',
  'files alone: shorter, and a descriptor',
];

const CASES = [
  ...SHAPES.map((name) => [name, 'volume'] as const),
  ['several files: dirty SYSTEM, clean BCD', 'state-dir'] as const,
];

describe('such a journal', () => {
  it.each(CASES)('%s, in a %s: is undone and finished from every stage and state', (name, kind) => {
    const row = rowNamed(name);
    const whole = committed(row, kind);
    const folder = `${ROOTS[kind]}/${ID}`;
    const { volumes } = requestOf(row, diskOf(row));
    const { stages, files } = readJournal(hostOf(whole, 'boot-2'), folder);
    const paths = files.map(({ path }) => `${volumes[0]!.root}/${path}`);
    for (let count = 0; count <= stages.length; count += 1) {
      for (const state of statesAfter(count, stages.length)) {
        for (const way of [undo, finishUndo]) {
          const disk = diskOf(row);
          requestOf(row, disk);
          const original = contentOf(disk);
          for (const file of NAMES) disk.put(`${folder}/${file}`, whole.get(`${folder}/${file}`)!);
          for (const place of [ROOTS[kind], folder]) disk.chmodSync(place, 0o700);
          for (const file of NAMES) disk.chmodSync(`${folder}/${file}`, 0o600);
          for (const place of disk.keepsDescriptors
            ? [ROOTS[kind], folder, ...NAMES.map((one) => `${folder}/${one}`)]
            : []) {
            disk.descriptors.write(place, whole.descriptors.read(place)!);
          }
          const host = hostOf(disk, 'boot-2');
          const writer = new StageWriter(host, paths);
          for (const stage of stages.slice(0, count)) writer.apply(stage);
          writer.close();
          writeState(host, folder, state);
          const [journal] = findJournals(host, [ROOTS[kind]]);
          way(host, journal!, volumes);
          const isBack = way === undo || state === 'undoing' || state === 'undone';
          const seen = contentOf(disk)
            .split('\n')
            .filter((line) => !line.startsWith(ROOTS[kind]));
          const wanted = (isBack ? original : contentOf(whole))
            .split('\n')
            .filter((line) => !line.startsWith(ROOTS[kind]));
          expect([count, state, seen]).toEqual([count, state, wanted]);
          expect(findJournals(host, [ROOTS[kind]])[0]?.state).toBe(isBack ? 'undone' : 'done');
        }
      }
    }
  });
});

it('a journal that was cut while it was written is removed', () => {
  const row = rowNamed('HvLE, clean, one log');
  const disk = diskOf(row);
  const original = contentOf(disk);
  const whole = committed(row, 'volume');
  disk.put(`${ROOT}/${ID}/manifest.json`, whole.get(`${ROOT}/${ID}/manifest.json`)!);
  for (const place of [ROOT, `${ROOT}/${ID}`]) disk.chmodSync(place, 0o700);
  disk.chmodSync(`${ROOT}/${ID}/manifest.json`, 0o600);
  const host = hostOf(disk, 'boot-2');
  writeState(host, `${ROOT}/${ID}`, 'preparing');
  undo(host, findJournals(host, [ROOT])[0]!, requestOf(row, disk).volumes);
  expect(findJournals(host, [ROOT])).toEqual([]);
  expect(contentOf(disk)).toBe(original);
});
