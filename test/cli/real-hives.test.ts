// The built command on copies of disks whose hives Windows itself wrote: after a repair a dump of all keys and values
// differs in the planned places and in no other, a second run changes nothing, and undo gives the original bytes. The
// dump is reglookup's where that is installed, else our verifier's.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import type { RegfKey } from '../../src/regf/tree.ts';
import { RegfTree } from '../../src/regf/tree.ts';
import type { Change, HiveEdit } from '../../src/registry/edit.ts';
import type { Report } from '../../src/report.ts';
import { describeShared } from '../shared-hives.ts';
import { BCD_PATH, hivemend, makeDisk, put, SYSTEM_PATH } from './process.ts';

const hasReglookup = spawnSync('reglookup', []).error === undefined;

/** Each key and value of a hive on a line of its own, without the times of keys. */
function dumpOf(file: string): string[] {
  if (!hasReglookup) return [...linesOf(new RegfTree(new Uint8Array(readFileSync(file)), file).root)];
  const run = spawnSync('reglookup', ['-s', file], { encoding: 'latin1', maxBuffer: 1 << 29 });
  expect(run.status, `${run.error} ${run.stderr}`).toBe(0);
  const lines = run.stdout.split('\n').slice(1, -1);
  expect(lines.length).toBeGreaterThan(1);
  return lines.map((line) => line.replace(/,\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,/, ',,'));
}

function* linesOf(key: RegfKey): Generator<string> {
  const path = key.path.map((name) => `/${name}`).join('');
  yield `${path || '/'},KEY,${toHex(key.classBytes ?? new Uint8Array())},${toHex(key.security() ?? new Uint8Array())}`;
  for (const value of key.values()) yield `${path}/${value.name},${value.type},${toHex(value.data())}`;
  for (const subkey of key.subkeys()) yield* linesOf(subkey);
}

/** What stands before the first comma of the lines that are in one dump and not in the other, sorted. */
function differingPlaces(before: readonly string[], after: readonly string[]): string[] {
  const count = new Map<string, number>();
  for (const line of before) count.set(line, (count.get(line) ?? 0) - 1);
  for (const line of after) count.set(line, (count.get(line) ?? 0) + 1);
  const differing = [...count].filter(([, times]) => times !== 0).map(([line]) => line.slice(0, line.indexOf(',')));
  return namesOf(differing);
}

/** Key names are compared without their case: a plan spells them as Microsoft does, a hive as it was made. */
function namesOf(places: readonly string[]): string[] {
  return [...new Set(places.map((place) => place.toLowerCase()))].sort();
}

/** Every file of a disk but the journals, by hash: these hives are large. */
function filesOf(disk: string): Record<string, string> {
  const names = readdirSync(disk, { recursive: true, withFileTypes: true });
  const paths = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const ours = paths.filter((path) => !path.startsWith(join(disk, 'hivemend/'))).sort();
  return Object.fromEntries(ours.map((path) => [path, createHash('sha256').update(readFileSync(path)).digest('hex')]));
}

/** The places that changes name, as a dump writes them; nothing that needs quoting is in any of them. */
function plannedPlaces(changes: readonly Change[], hive: string): string[] {
  const edits = changes.map((change) => change.edit).filter((edit): edit is HiveEdit => 'key' in edit);
  const places = edits
    .filter((edit) => edit.key.hive === hive)
    .map((edit) => `/${[...edit.key.path, ...('name' in edit ? [edit.name] : [])].join('/')}`);
  return namesOf(places);
}

/** Repairs a disk, looks at the hive, and where anything was written repairs it again and takes it back. */
async function walk(disk: string, hive: string, file: string, args: readonly string[]): Promise<Report> {
  const original = filesOf(disk);
  const before = dumpOf(file);
  const run = await hivemend(['repair', disk, '--yes', '--json', ...args]);
  const report = run.report();
  expect([report.error, run.stderr]).toEqual([null, '']);
  expect(run.status).toBe(report.status === 'partly' ? 1 : 0);
  const repaired = filesOf(disk);
  if (report.changes.length === 0) {
    expect(report.status).toBe('unchanged');
    expect(repaired).toEqual(original);
    return report;
  }
  const planned = plannedPlaces(report.changes, hive);
  expect(planned.length).toBeGreaterThan(0);
  expect(differingPlaces(before, dumpOf(file))).toEqual(planned);

  const again = await hivemend(['repair', disk, '--yes', '--json', ...args.filter((arg) => arg !== '--accept-dirty')]);
  // A cause that the first repair could do nothing about is still one.
  const left = report.status === 'partly' ? [1, 'partly', []] : [0, 'unchanged', []];
  expect([again.status, again.report().status, again.report().changes]).toEqual(left);
  expect(filesOf(disk)).toEqual(repaired);

  const undone = await hivemend(['undo', disk, '--yes', '--json']);
  expect([undone.status, undone.report().error]).toEqual([0, null]);
  expect(filesOf(disk)).toEqual(original);
  return report;
}

const SYSTEMS = {
  'win7-x64': { args: [], applied: ['rdp-listener', 'rdp-firewall', 'tls', 'nla', 'crash-dump'] },
  'win7-x86': { args: [], applied: ['tls', 'nla', 'crash-dump'] },
  'win10-1903-dirty-without-logs': { args: ['--accept-dirty'], applied: null },
  xp: { args: [], applied: ['rdp-listener', 'crash-dump'] },
} as const;

describeShared('the repair of a disk with a SYSTEM hive of a real machine', (hives) => {
  it('has each of them in its table', () => {
    expect(readdirSync(join(hives, 'system')).sort()).toEqual(Object.keys(SYSTEMS).sort());
  });

  it.each(Object.entries(SYSTEMS))('%s', { timeout: 60_000 }, async (name, { args, applied }) => {
    const disk = makeDisk({
      SYSTEM: new Uint8Array(readFileSync(join(hives, 'system', name, 'SYSTEM'))),
      SOFTWARE: null,
      BCD: null,
    });
    const report = await walk(disk, 'SYSTEM', join(disk, SYSTEM_PATH), args);
    const repairs = report.repairs.filter((repair) => repair.state === 'applied').map((repair) => repair.name);
    expect(repairs.length).toBeGreaterThan(0);
    if (applied) expect([...new Set(repairs)]).toEqual(applied);
    expect(report.skipped.map((skipped) => skipped.what)).toContain('serial-console');
  });

  it('without the word that a dirty one may be written is refused', async () => {
    const disk = makeDisk({
      SYSTEM: new Uint8Array(readFileSync(join(hives, 'system', 'win10-1903-dirty-without-logs', 'SYSTEM'))),
      SOFTWARE: null,
      BCD: null,
    });
    const run = await hivemend(['repair', disk, '--yes', '--json']);
    expect([run.status, run.report().error?.code]).toEqual([5, 'DIRTY_HIVE']);
    expect(run.report().error?.hint).toContain('--accept-dirty');
  });
});

/** The stores that start an installed Windows; the others start a setup, a recovery environment, or nothing. */
const STARTS_WINDOWS = ['uefi-2', 'win11-machine', 'win11-machine-earlier', 'win11-many-objects'];

describeShared('the repair of a disk with a boot store of a real machine', (hives) => {
  it.each(readdirSync(join(hives, 'bcd')))('%s', async (name) => {
    const disk = makeDisk({ SYSTEM: 'SYSTEM-healthy', BCD: null });
    for (const file of readdirSync(join(hives, 'bcd', name))) {
      put(disk, `Boot/${file}`, new Uint8Array(readFileSync(join(hives, 'bcd', name, file))));
    }
    const report = await walk(disk, 'BCD', join(disk, BCD_PATH), ['--only', 'serial-console']);
    const skipped = report.skipped.find((skip) => skip.what === 'serial-console');
    if (STARTS_WINDOWS.includes(name)) {
      expect(skipped).toBeUndefined();
      expect(report.changes.length).toBeGreaterThanOrEqual(5);
    } else {
      expect([report.status, skipped?.why]).toEqual(['unchanged', expect.stringContaining('no installed Windows')]);
    }
  });
});
