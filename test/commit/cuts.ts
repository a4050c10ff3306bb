// Power cuts: every state that a disk may be in when the machine goes down during a run, and what each must be.

import { createHash } from 'node:crypto';
import { findJournals } from '../../src/commit/journal/journals.ts';
import { finishUndo, undo } from '../../src/commit/undo.ts';
import { recover } from '../../src/regf/logs/recover.ts';
import { type Image, judge, plainBins } from '../judge/judge.ts';
import type { Cut, Disk } from './disk-simulator.ts';
import { contentOf, type HiveCase, hostOf, isHive, ROOT, type Row, requestOf } from './rows.ts';

export type Seen = 'old' | 'new' | 'refused';

export interface Tally {
  readonly row: string;
  readonly run: string;
  /** Operations after which power was lost. */
  cutPoints: number;
  /** Different disks that these cuts left. */
  states: number;
  /** Of each hive in each of these disks. */
  old: number;
  new: number;
  refused: number;
  /** Next starts that gave the original, or the committed, bytes. */
  undone: number;
  finished: number;
}

/** A generator of numbers in [0, 1) from a seed. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const everything: Cut = { keep: () => true, keepSizes: true, keepEntries: true };

/** The ways in which what is unsynced now may reach the disk. */
export function cutsOf(disk: Disk, random: () => number, subsets: number): Cut[] {
  const writes = disk.unsyncedWrites();
  const cuts: Cut[] = [];
  for (const keepSizes of [true, false]) {
    for (const keepEntries of [true, false]) {
      cuts.push({ keep: () => false, keepSizes, keepEntries }, { keep: () => true, keepSizes, keepEntries });
    }
  }
  for (const [index, { sectors }] of writes.entries()) {
    const only = (keep: (sector: number) => boolean): Cut => ({
      ...everything,
      keep: (write, sector) => write === index && keep(sector),
    });
    if (writes.length > 1) {
      cuts.push(
        only(() => true),
        { ...everything, keep: (write) => write !== index },
      );
    }
    if (sectors < 2) continue;
    const cut = 1 + Math.floor(random() * (sectors - 1));
    cuts.push(
      only((sector) => sector < cut),
      only((sector) => sector >= cut),
    );
    cuts.push({ ...everything, keep: (write, sector) => write !== index || sector < cut });
    cuts.push({ ...everything, keep: (write, sector) => write !== index || sector >= cut });
  }
  if (writes.reduce((sum, { sectors }) => sum + sectors, 0) < 2) return cuts;
  // Random subsets are for the files that matter: while only the journal is written, nothing else has changed.
  if (writes.every(({ path }) => path.startsWith(`${ROOT}/`))) return cuts;
  for (let subset = 0; subset < subsets; subset += 1) {
    const chance = 0.2 + 0.6 * random();
    const kept = writes.map(({ sectors }) => Array.from({ length: sectors }, () => random() < chance));
    cuts.push({
      keep: (write, sector) => kept[write]![sector]!,
      keepSizes: random() < 0.5,
      keepEntries: random() < 0.5,
    });
  }
  return cuts;
}

/** Runs `action` on the disk and gives every different disk that a cut during it can leave, to `visit`. */
export function withCuts(
  disk: Disk,
  action: () => void,
  options: { random: () => number; subsets: number },
  visit: (after: Disk) => void,
): number {
  const seen = new Set<string>();
  let cutPoints = 0;
  // Thrown after the action, not out of the file operation: the action would take it for a failing disk.
  let failure: unknown = null;
  const tryVisit = (after: Disk): void => {
    try {
      if (failure === null) visit(after);
    } catch (error) {
      failure = error;
    }
  };
  disk.onChange = () => {
    cutPoints += 1;
    for (const cut of cutsOf(disk, options.random, options.subsets)) {
      const after = disk.afterCut(cut);
      const key = keyOf(after);
      if (seen.has(key)) continue;
      seen.add(key);
      tryVisit(after);
    }
  };
  try {
    action();
  } finally {
    disk.onChange = null;
  }
  if (failure !== null) throw failure;
  return cutPoints;
}

/** A disk's contents are replaced and never changed: most files of two cuts are the same array. */
const digests = new WeakMap<Uint8Array, Buffer>();

function digestOf(bytes: Uint8Array): Buffer {
  const known = digests.get(bytes) ?? createHash('sha1').update(bytes).digest();
  digests.set(bytes, known);
  return known;
}

function keyOf(disk: Disk): string {
  const hash = createHash('sha1');
  for (const [path, bytes] of disk.files()) {
    hash.update(`${path} ${bytes.byteLength}\n`).update(digestOf(bytes));
    if (disk.keepsDescriptors) hash.update(disk.descriptors.read(path)!);
  }
  return hash.digest('hex');
}

/** What every reader sees of a hive on this disk; throws where they disagree or see neither the old nor the new tree. */
export function seeHive(row: Row, hive: HiveCase, disk: Disk): Seen {
  const primary = disk.get(hive.path)!;
  const logs: Image[] = Object.keys(hive.logs).map((ending) => ({
    name: hive.path + ending,
    bytes: disk.get(hive.path + ending)!,
  }));
  const seen = seenBy(hive, primary, logs, 'log');
  if (seenBy(hive, primary, logs, 'primary') !== seen) throw new Error('readers of DIRT logs disagree');
  // A kernel that heals a dirty header by itself may load one of the two trees where others refuse, and never a third.
  const healed = judge(primary, logs, { heals: true });
  if (healed.kind === 'healed') whichTree(hive, healed.bins);
  if (seen === 'refused' && !row.isLoud) throw new Error(describe(primary, logs, 'no reader can load the hive'));
  const plain = plainBins(primary);
  if (plain && whichTree(hive, plain) !== seen)
    throw new Error(describe(primary, logs, 'a plain reader sees another tree'));
  // A hive that was clean never needs two logs at once, so a reader that knows but one of ours must do as well.
  const wasClean = judge(hive.primary, []).kind === 'clean';
  for (const log of wasClean ? logs : []) {
    const alone = judge(primary, [log]);
    if (alone.kind !== 'refused' && whichTree(hive, alone.bins) !== seen) {
      throw new Error(describe(primary, logs, `a reader of ${log.name} alone sees another tree`));
    }
  }
  if (oursSeeing(hive, primary, logs) !== seen)
    throw new Error(describe(primary, logs, 'our recovery and the judge disagree'));
  return seen;
}

/** What our recovery sees; a file without any header is refused by all. */
function oursSeeing(hive: HiveCase, primary: Uint8Array, logs: readonly Image[]): Seen {
  if (!isHive(primary)) return 'refused';
  const ours = recover(hive.path, primary, logs);
  return ours.isUsable ? whichTree(hive, ours.image.subarray(4096)) : 'refused';
}

function seenBy(hive: HiveCase, primary: Uint8Array, logs: readonly Image[], bitmapBy: 'log' | 'primary'): Seen {
  const verdict = judge(primary, logs, { bitmapBy });
  return verdict.kind === 'refused' ? 'refused' : whichTree(hive, verdict.bins);
}

function whichTree(hive: HiveCase, bins: Uint8Array): Seen {
  if (sameBins(bins, hive.newBins)) return 'new';
  if (sameBins(bins, hive.oldBins)) return 'old';
  throw new Error(`${hive.path} shows neither the old nor the new tree`);
}

/** But for the first bin's time stamp, which says nothing of the tree. */
function sameBins(a: Uint8Array, b: Uint8Array): boolean {
  if (a.byteLength !== b.byteLength) return false;
  const part = (bytes: Uint8Array, from: number, to?: number): Buffer => Buffer.from(bytes.subarray(from, to));
  return part(a, 0, 20).equals(part(b, 0, 20)) && part(a, 28).equals(part(b, 28));
}

function describe(primary: Uint8Array, logs: readonly Image[], what: string): string {
  const head = (bytes: Uint8Array): string => Buffer.from(bytes.subarray(4, 12)).toString('hex');
  return `${what}: header ${head(primary)}, logs ${logs.map(({ name, bytes }) => `${name} ${head(bytes)}`).join(', ')}`;
}

/** The next start of the machine: undo must give the original, finish what the interrupted run was about. */
export function nextStart(
  row: Row,
  disk: Disk,
  original: string,
  committed: string,
  run: 'commit' | 'undo',
  tally: Tally,
): void {
  const { volumes } = requestOf(row, disk);
  for (const way of ['undo', 'finish'] as const) {
    const copy = disk.afterCut(everything);
    const host = hostOf(copy, 'boot-2');
    const [journal] = findJournals(host, [ROOT]);
    if (!journal) {
      if (contentOf(copy) !== original) throw new Error('there is no journal, but the files changed');
      continue;
    }
    const { outcome } = way === 'undo' ? undo(host, journal, volumes) : finishUndo(host, journal, volumes);
    const expected = outcome === 'restored' ? original : committed;
    if (contentOf(copy) !== expected)
      throw new Error(`${way} from state ${journal.state} did not leave what it should`);
    if (way === 'undo' && outcome !== 'restored') throw new Error('undo did not undo');
    if (run === 'undo' && journal.state === 'undoing' && outcome !== 'restored')
      throw new Error('the undo was not finished');
    const [after] = findJournals(host, [ROOT]);
    if (after?.isUnfinished) throw new Error(`${way} left the journal ${after.state}`);
    if (outcome === 'restored') tally.undone += 1;
    else tally.finished += 1;
  }
}

/** Judges one disk that a cut left, and its next start. */
export function judgeState(
  row: Row,
  disk: Disk,
  original: string,
  committed: string,
  run: 'commit' | 'undo',
  tally: Tally,
): void {
  tally.states += 1;
  for (const hive of row.hives) tally[seeHive(row, hive, disk)] += 1;
  nextStart(row, disk, original, committed, run, tally);
}

export function newTally(row: string, run: string): Tally {
  return { row, run, cutPoints: 0, states: 0, old: 0, new: 0, refused: 0, undone: 0, finished: 0 };
}

/** The tallies as a table to print. */
export function tableOf(tallies: readonly Tally[]): string {
  const columns = ['cutPoints', 'states', 'old', 'new', 'refused', 'undone', 'finished'] as const;
  const width = Math.max(...tallies.map(({ row }) => row.length));
  const line = (row: string, run: string, cells: readonly (string | number)[]): string =>
    `${row.padEnd(width)}  ${run.padEnd(6)}${cells.map((cell) => String(cell).padStart(10)).join('')}`;
  const total = columns.map((column) => tallies.reduce((sum, tally) => sum + tally[column], 0));
  return [
    line(
      'row',
      'run',
      columns.map((column) => (column === 'cutPoints' ? 'cuts' : column)),
    ),
    ...tallies.map((tally) =>
      line(
        tally.row,
        tally.run,
        columns.map((column) => tally[column]),
      ),
    ),
    line('all', '', total),
  ].join('\n');
}
