// Damaged disks and journals through a whole rescue in memory: whatever happens, nothing outside the volume changes, a
// refusal leaves the disk as it was, and what was committed can be taken back to the byte.

import { createHash } from 'node:crypto';
import { type ApplyRequest, prepareRepair, type RepairRequest } from '../../src/commands/repair.ts';
import { listJournals, prepareUndo, prepareUndoValues } from '../../src/commands/undo.ts';
import { findJournals } from '../../src/commit/journal/journals.ts';
import { finishUndo, undo } from '../../src/commit/undo.ts';
import type { Host } from '../../src/host.ts';
import { DEFAULT_OPTIONS } from '../../src/repairs/model.ts';
import { profileNamed } from '../../src/repairs/profiles.ts';
import { randomFrom } from '../commit/cuts.ts';
import { Disk } from '../commit/disk-simulator.ts';
import { commitRow, contentOf, diskOf, hostOf, ROOT, ROWS, type Row, requestOf, VOLUME } from '../commit/rows.ts';
import { buildFixture, fixtureEngine } from '../fixture-hives.ts';
import { attempt, damaged } from './hive-targets.ts';
import { type Below, mutateBytes, mutateText, pick } from './random.ts';

const NOW = 133_537_680_000_000_000n;
const CONFIG = `${VOLUME}/Windows/System32/config`;

/** A machine whose disk is `disk`, with time and chance by the seed. */
export function hostOn(disk: Disk, below: Below): Host {
  const writing = hostOf(disk, 'boot-1');
  return {
    ...writing,
    writing,
    engine: fixtureEngine(),
    style: 'posix',
    liveWindows: null,
    disks: { fs: writing.fs, style: 'posix', qemu: { ...writing, socketFolders: [] } },
    freeBytes: () => null,
    writeError: () => null,
    now: () => NOW,
    random: (sizeBytes) => Uint8Array.from({ length: sizeBytes }, () => below(256)),
  };
}

function put(
  disk: Disk,
  path: string,
  name: 'SYSTEM-broken' | 'SOFTWARE' | 'BCD-bios',
  below: Below,
  damageIt: boolean,
): void {
  const hive = buildFixture(name);
  if (!damageIt) {
    disk.put(path, hive);
    return;
  }
  const broken = damaged(below, [{ name, hive, logs: [] }]);
  disk.put(path, broken.hive);
  for (const log of broken.logs) disk.put(path + log.name.slice(1), log.bytes);
}

const CANARY = '/outside/canary';
const isOutside = (path: string): boolean => !path.startsWith(`${VOLUME}/`);

function outside(disk: Disk): string {
  return [...disk.files()]
    .filter(([path]) => isOutside(path))
    .map(([path, bytes]) => `${path} ${hash(bytes)}`)
    .join('\n');
}

const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Repair, repair again, undo, on a disk of which one hive is damaged. */
export function rescueDamaged(below: Below): void {
  const disk = new Disk();
  const which = below(4);
  put(disk, `${CONFIG}/SYSTEM`, 'SYSTEM-broken', below, which < 2);
  put(disk, `${CONFIG}/SOFTWARE`, 'SOFTWARE', below, which === 2);
  put(disk, `${VOLUME}/Boot/BCD`, 'BCD-bios', below, which === 3);
  disk.put(CANARY, new Uint8Array([1, 2, 3]));
  const around = outside(disk);
  const original = contentOf(disk);
  const host = hostOn(disk, below);
  const request = requestFor(below(2) === 0, below(4) === 0);
  const commit = (): boolean => {
    using prepared = prepareRepair(host, request);
    JSON.stringify(prepared.dryReport);
    if (contentOf(disk) !== original && !isSecond) throw new Error('planning wrote to the disk');
    const refusal = prepared.whyRefused();
    if (refusal) throw refusal;
    return prepared.commit().changes.length > 0;
  };
  let isSecond = false;
  try {
    if (!commit()) return;
  } catch (error) {
    if (contentOf(disk) !== original) throw new Error('a refusal left another disk', { cause: error });
    throw error;
  }
  isSecond = true;
  if (commit()) throw new Error('a second run changed something');
  prepareUndo(host, { places: [VOLUME] }).undo();
  if (contentOf(disk) !== original) throw new Error('undo did not give the original bytes');
  if (outside(disk) !== around) throw new Error('something outside the volume changed');
}

function replace(disk: Disk, path: string, bytes: Uint8Array): void {
  const fd = disk.openSync(path, 'r+');
  disk.ftruncateSync(fd, 0);
  disk.writeSync(fd, bytes, 0, bytes.byteLength, 0);
  disk.fsyncSync(fd);
  disk.closeSync(fd);
}

interface Cut {
  readonly row: Row;
  readonly disk: Disk;
  /** Every content that the commit can leave: nothing else may be there after an undo or a finish. */
  readonly allowed: ReadonlySet<string>;
}

const cuts = new Map<Row, Cut[]>();

/** Disks that a commit left: whole, and killed at some of its operations. */
function cutsOf(row: Row): Cut[] {
  const known = cuts.get(row);
  if (known) return known;
  const disk = diskOf(row);
  const contents: string[] = [];
  const states: Disk[] = [];
  let operations = 0;
  disk.fault = () => {
    operations += 1;
    if (operations % 7 === 0) {
      const { fault } = disk;
      disk.fault = null;
      states.push(disk.afterKill());
      contents.push(contentOf(disk));
      disk.fault = fault;
    }
    return undefined;
  };
  contents.push(contentOf(disk));
  commitRow(row, disk);
  disk.fault = null;
  states.push(disk.afterKill());
  contents.push(contentOf(disk));
  const allowed = new Set(contents);
  const made = states.map((state) => ({ row, disk: state, allowed }));
  cuts.set(row, made);
  return made;
}

const WORDS = [
  '"volume"',
  '"file"',
  '"role"',
  '"hive"',
  '"folder"',
  '"stage"',
  '..',
  '/etc',
  'null',
  '[]',
  '{}',
  '-1',
  '"path"',
  '"sha256"',
  '1e999',
];

/** A journal with faults in any of its files; hashes made right half the time, as somebody who means harm would. */
export function damagedJournal(below: Below): void {
  const { row, disk: start, allowed } = pick(below, cutsOf(pick(below, ROWS)));
  const disk = start.afterKill();
  const names = [...disk.files().keys()].filter((path) => path.startsWith(`${ROOT}/`));
  if (names.length === 0) return;
  disk.put(CANARY, new Uint8Array([1, 2, 3]));
  for (let faults = 1 + below(2); faults > 0; faults -= 1) {
    const path = pick(below, names);
    const bytes = disk.get(path)!;
    if (path.endsWith('manifest.json') && below(3) !== 0) forge(disk, path, below);
    else replace(disk, path, mutateBytes(bytes, below));
  }
  const around = outside(disk);
  const before = contentOf(disk);
  const host = hostOf(disk, 'boot-2');
  const { volumes } = requestOf(row, diskOf(row));
  for (const journal of findJournals(host, [ROOT])) {
    for (const way of [undo, finishUndo]) attempt(() => way(host, journal, volumes));
  }
  if (outside(disk) !== around) throw new Error('something outside the volume changed');
  const now = contentOf(disk)
    .split('\n')
    .filter((line) => !line.startsWith(CANARY))
    .join('\n');
  const was = before
    .split('\n')
    .filter((line) => !line.startsWith(CANARY))
    .join('\n');
  if (now !== was && !allowed.has(now)) throw new Error('undo left what no commit leaves');
}

function forge(disk: Disk, path: string, below: Below): void {
  const text = new TextDecoder().decode(disk.get(path)!);
  const match = /^"sha256":"[0-9a-f]{64}","body":(.*)\}\n$/s.exec(text.slice(512));
  if (!match) return;
  const body = below(2) === 0 ? otherNumber(match[1]!, below) : mutateText(match[1]!, below, WORDS);
  const digest = createHash('sha256').update(body).digest('hex');
  replace(disk, path, new TextEncoder().encode(`${text.slice(0, 512)}"sha256":"${digest}","body":${body}}\n`));
}

/** A document with one of its numbers another one, so that it stays a document. */
export function otherNumber(text: string, below: Below): string {
  const digits = /\d+/g;
  digits.lastIndex = below(text.length);
  const found = digits.exec(text);
  if (!found) return text;
  const number = pick(below, [0, 1, 512, 4096, below(2 ** (1 + below(40)))]);
  return text.slice(0, found.index) + number + text.slice(found.index + found[0].length);
}

let repaired: { readonly disk: Disk; readonly report: string } | undefined;

function repairedDisk(below: Below): Disk {
  if (!repaired) {
    const disk = new Disk();
    put(disk, `${CONFIG}/SYSTEM`, 'SYSTEM-broken', below, false);
    put(disk, `${CONFIG}/SOFTWARE`, 'SOFTWARE', below, false);
    put(disk, `${VOLUME}/Boot/BCD`, 'BCD-bios', below, false);
    using prepared = prepareRepair(hostOn(disk, randomBelow(1)), requestFor(false, false));
    prepared.commit();
    const report = [...disk.files().keys()].find((path) => path.endsWith('/report.json'))!;
    repaired = { disk, report };
  }
  return repaired.disk.afterKill();
}

function randomBelow(seed: number): Below {
  const next = randomFrom(seed);
  return (limit) => Math.floor(next() * limit);
}

const REPORT_WORDS = [
  '"edit"',
  '"before"',
  '"after"',
  '"op"',
  '"set-value"',
  '"delete-key"',
  '"write-file"',
  '"hive"',
  'null',
  '[]',
  '{}',
  '"key"',
  '"path"',
  '"..\\\\..\\\\x"',
  '"SYSTEM"',
  '"value"',
  '"hex"',
  '"zz"',
  '"tree"',
];

/** undo --values by a report that somebody has written: it may take back what the disk allows, and nothing outside. */
export function damagedReport(below: Below): void {
  const disk = repairedDisk(below);
  const { report } = repaired!;
  disk.put(CANARY, new Uint8Array([1, 2, 3]));
  const text = new TextDecoder().decode(disk.get(report)!);
  const broken = pick(below, [otherNumber, mutateValue, (old: string) => mutateText(old, below, REPORT_WORDS)]);
  replace(disk, report, new TextEncoder().encode(broken(text, below)));
  const around = outside(disk);
  const host = hostOn(disk, below);
  const request = { places: [VOLUME] };
  attempt(() => listJournals(host, request));
  let refusal: unknown;
  try {
    using prepared = prepareUndoValues(host, request);
    const refusal = prepared.whyRefused();
    if (refusal) throw refusal;
    prepared.commit();
  } catch (error) {
    refusal = error;
  }
  if (outside(disk) !== around) throw new Error('something outside the volume changed');
  if (refusal) throw refusal;
}

/** A document with one of its parts replaced by another value of any kind. */
export function mutateValue(text: string, below: Below): string {
  const root: unknown = JSON.parse(text);
  const places: [Record<string, unknown>, string][] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const name of Object.keys(value)) {
      places.push([value as Record<string, unknown>, name]);
      visit((value as Record<string, unknown>)[name]);
    }
  };
  visit(root);
  const others: unknown[] = [
    null,
    0,
    -1,
    1e308,
    '',
    'zz',
    '\\',
    '..',
    [],
    {},
    true,
    ['SYSTEM'],
    { value: 1 },
    '\\..\\..\\etc\\passwd',
    'delete-key',
    'write-file',
    'move-file',
  ];
  for (let faults = 1 + below(3); faults > 0; faults -= 1) {
    const [holder, name] = pick(below, places);
    const kind = below(6);
    if (kind === 0) delete holder[name];
    else if (kind === 1) {
      const [from, other] = pick(below, places);
      holder[name] = structuredClone(from[other]);
    } else holder[name] = pick(below, others);
  }
  return JSON.stringify(root);
}

let plan: string | undefined;

/** A plan for a disk in memory, what `apply` needs beside it, and the host. */
export function savedPlan(): {
  readonly text: string;
  readonly host: Host;
  readonly request: Omit<ApplyRequest, 'plan'>;
} {
  const disk = new Disk();
  const below = randomBelow(2);
  put(disk, `${CONFIG}/SYSTEM`, 'SYSTEM-broken', below, false);
  put(disk, `${VOLUME}/Boot/BCD`, 'BCD-bios', below, false);
  const host = hostOn(disk, below);
  if (plan === undefined) {
    using prepared = prepareRepair(host, requestFor(false, false));
    plan = JSON.stringify(prepared.saved);
  }
  const view = { controlSets: 'existing' as const, create: [] };
  return { text: plan, host, request: { volumes: [VOLUME], view } };
}

function requestFor(acceptDirty: boolean, needed: boolean): RepairRequest {
  const profile = profileNamed('rdp-internal-error');
  return {
    volumes: [VOLUME],
    controlSets: 'existing',
    create: [],
    acceptDirty,
    plan: { ...DEFAULT_OPTIONS, profile, only: null, skip: [], needed },
  };
}
