// Every command that hivemend prints, on disks that are broken in many ways: pasted into a shell it is one that hivemend
// knows, it finds what it names, and what it says next holds as well.

import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeState } from '../../src/commit/journal/journal.ts';
import { thisHost } from '../../src/host.ts';
import { buildFixture } from '../fixture-hives.ts';
import { BCD_PATH, hivemend, makeDisk, put, type Run, SOFTWARE_PATH, SYSTEM_PATH, scratch } from './process.ts';

const SET = 'HKLM\\SYSTEM\\ControlSet001';
const WINLOGON = 'HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon';

const zeros = (path: string) => (disk: string) => put(disk, path, new Uint8Array(40_960));
const reg =
  (...lines: string[][]) =>
  async (disk: string) => {
    for (const words of lines) await must(['reg', words[0]!, ...words.slice(1), '/f', '--volume', disk]);
  };
const bcdedit =
  (...words: string[]) =>
  (disk: string) =>
    must(['bcdedit', '--volume', disk, ...words]);

async function must(words: string[]): Promise<void> {
  const run = await hivemend(words);
  expect(run.status, run.stdout + run.stderr).toBeLessThanOrEqual(1);
}

/** The header of a hive with other sequence numbers, and no log that would complete it. */
function dirty(path: string): (disk: string) => void {
  return (disk) => {
    const bytes = readFileSync(join(disk, path));
    bytes.writeUInt32LE(bytes.readUInt32LE(4) + 1, 4);
    let sum = 0;
    for (let at = 0; at < 508; at += 4) sum = (sum ^ bytes.readUInt32LE(at)) >>> 0;
    bytes.writeUInt32LE(sum, 508);
    put(disk, path, new Uint8Array(bytes));
  };
}

async function cutOff(disk: string): Promise<void> {
  await must(['repair', disk, '--skip', 'machine-keys', '--yes']);
  const [id = ''] = readdirSync(join(disk, 'hivemend')).filter((name) => /^\d{8}T/.test(name));
  writeState(thisHost().writing, join(disk, 'hivemend', id), 'committing');
}

const DISKS: Readonly<Record<string, (disk: string) => unknown>> = {
  'as the fixtures are': () => {},
  'without a store': (disk) => renameSync(join(disk, BCD_PATH), join(disk, 'BCD.old')),
  'an empty store': (disk) => put(disk, BCD_PATH, new Uint8Array(0)),
  'a store of zeros': zeros(BCD_PATH),
  'a store that is junk': (disk) => put(disk, BCD_PATH, new Uint8Array(4096).fill(7)),
  'without SOFTWARE': (disk) => renameSync(join(disk, SOFTWARE_PATH), join(disk, 'SOFTWARE.old')),
  'SOFTWARE of zeros': zeros(SOFTWARE_PATH),
  'SOFTWARE cut': (disk) => put(disk, SOFTWARE_PATH, buildFixture('SOFTWARE').subarray(0, 6000)),
  'SYSTEM of zeros': zeros(SYSTEM_PATH),
  'SYSTEM empty': (disk) => put(disk, SYSTEM_PATH, new Uint8Array(0)),
  'SYSTEM cut': (disk) => put(disk, SYSTEM_PATH, buildFixture('SYSTEM-broken').subarray(0, 20_000)),
  'SYSTEM damaged in the middle': (disk) =>
    put(disk, SYSTEM_PATH, buildFixture('SYSTEM-broken').fill(0xee, 16_384, 40_960)),
  'SAM of zeros': zeros('Windows/System32/config/SAM'),
  'SYSTEM dirty': dirty(SYSTEM_PATH),
  'SOFTWARE dirty': dirty(SOFTWARE_PATH),
  hibernated: (disk) => put(disk, 'hiberfil.sys', new Uint8Array(Buffer.from(`hibr${'\0'.repeat(4092)}`))),
  'two Windows': (disk) => cpSync(join(disk, 'Windows'), join(disk, 'Windows 2'), { recursive: true }),
  'a loader without a device': bcdedit('/deletevalue', '{default}', 'device'),
  'a loader of another path': bcdedit('/set', '{default}', 'path', '\\Windows\\system32\\nothing.exe'),
  'safe mode': bcdedit('/set', '{default}', 'safeboot', 'minimal'),
  'a default that is not there': bcdedit('/default', '{11111111-2222-3333-4444-555555555555}'),
  'cut off in a commit': cutOff,
  'repaired before': (disk) => must(['repair', disk, '--skip', 'machine-keys', '--yes']),
  'a disk driver that is off': reg(['add', `${SET}\\Services\\disk`, '/v', 'Start', '/t', 'REG_DWORD', '/d', '4']),
  'driver verifier': reg([
    ...['add', `${SET}\\Control\\Session Manager\\Memory Management`, '/v', 'VerifyDrivers'],
    ...['/t', 'REG_SZ', '/d', '*'],
  ]),
  'in setup': reg(
    ['add', 'HKLM\\SYSTEM\\Setup', '/v', 'SystemSetupInProgress', '/t', 'REG_DWORD', '/d', '1'],
    ['add', 'HKLM\\SYSTEM\\Setup', '/v', 'SetupType', '/t', 'REG_DWORD', '/d', '2'],
    ['add', 'HKLM\\SYSTEM\\Setup', '/v', 'CmdLine', '/t', 'REG_SZ', '/d', 'oobe\\windeploy.exe'],
  ),
  'no shell': reg(['add', WINLOGON, '/v', 'Shell', '/t', 'REG_SZ', '/d', 'gone.exe']),
  'no userinit': reg(['add', WINLOGON, '/v', 'Userinit', '/t', 'REG_SZ', '/d', 'x.exe']),
  'a policy of NLA': reg([
    ...['add', 'HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows NT\\Terminal Services', '/v', 'fDenyTSConnections'],
    ...['/t', 'REG_DWORD', '/d', '1'],
  ]),
  FIPS: reg(['add', `${SET}\\Control\\Lsa\\FipsAlgorithmPolicy`, '/v', 'Enabled', '/t', 'REG_DWORD', '/d', '1']),
  'a set that is not there': reg(['add', 'HKLM\\SYSTEM\\Select', '/v', 'Default', '/t', 'REG_DWORD', '/d', '7']),
  'no port': reg([
    ...['add', `${SET}\\Control\\Terminal Server\\WinStations\\RDP-Tcp`, '/v', 'PortNumber'],
    ...['/t', 'REG_DWORD', '/d', '0'],
  ]),
  'a filter that is not there': reg([
    ...['add', `${SET}\\Control\\Class\\{4d36e967-e325-11ce-bfc1-08002be10318}`, '/v', 'UpperFilters'],
    ...['/t', 'REG_MULTI_SZ', '/d', 'partmgr\\0gonedrv'],
  ]),
};

/** The words of a line as a shell gives them to a program. */
function wordsOf(line: string): string[] {
  const shell = spawnSync('sh', ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' });
  expect([shell.status, shell.stderr], line).toEqual([0, '']);
  return shell.stdout.split('\0').slice(0, -1);
}

const commandsOf = ({ stdout, stderr }: Run): string[] =>
  [...`${stdout}\n${stderr}`.matchAll(/^\s*(?:next: )?(hivemend [a-z].*)$/gm)].map((match) => match[1]!);

const WRITERS = /^(?:repair|undo|rebuild|apply|run|import)$/;

/** What is wrong with a printed command, and with those that it prints in turn. */
async function wrongWith(line: string, depth: number, seen: Set<string>): Promise<string[]> {
  if (seen.has(line)) return [];
  seen.add(line);
  const words = wordsOf(line).slice(1);
  // Somebody has to put something in its place.
  if (words.some((word) => /^<.*>$/.test(word))) return [];
  const isDry = WRITERS.test(words[0]!) && !words.some((word) => /^--(?:dry-run|list|help|plan|forget)$/.test(word));
  const run = await hivemend(isDry ? [...words, '--dry-run'] : words, { env: { LANG: 'C' } });
  const said = `${line}: ${run.status} ${run.stderr.split('\n')[0]}`;
  // What a dry run says of undo holds once the commit is made.
  const isUndoOfNothing = run.status === 3 && words[0] === 'undo' && words.length === 2;
  if ([2, 3, 70].includes(run.status ?? 70) && !isUndoOfNothing) return [said];
  const found: string[] = [];
  if (depth > 0) for (const next of commandsOf(run)) found.push(...(await wrongWith(next, depth - 1, seen)));
  return found;
}

let promisesMade = 0;

/** What diagnose promises of each repair that it names, and what came of it: each is made and undone. */
async function promises(disk: string): Promise<{ promised: unknown[]; kept: unknown[] }> {
  const lines = (await hivemend(['diagnose', disk], { columns: 120 })).stdout.split('\n');
  const [promised, kept]: [unknown[], unknown[]] = [[], []];
  for (const [i, line] of lines.entries()) {
    if (!line.startsWith('    hivemend repair ')) continue;
    const why = lines[i - 1]!;
    const causes = /[Ff]ix (?:the )?(\d+)? ?causes?\b/.exec(why);
    const changes = /\((\d+) changes?[;)]/.exec(why)?.[1];
    const run = await hivemend([...wordsOf(line.trim()).slice(1), '--yes', '--json']);
    const { summary, changes: made } = run.report();
    const shown = made.filter(({ edit }) => !(edit.op === 'create-key' && edit.key.hive === 'BCD')).length;
    if (causes !== null && changes !== undefined) promisesMade += 1;
    promised.push([line, causes ? Number(causes[1] ?? 1) : null, changes === undefined ? null : Number(changes)]);
    kept.push([line, causes ? summary.fixed.length : null, changes === undefined ? null : shown]);
    if (made.length > 0) expect((await hivemend(['undo', disk, '--yes'])).status).toBe(0);
  }
  return { promised, kept };
}

it.each(Object.entries(DISKS))('%s', async (_name, breakIt) => {
  // A name that a shell does not take as it is.
  const disk = join(scratch(), "the customer's disk");
  cpSync(makeDisk(), disk, { recursive: true });
  await breakIt(disk);
  const isRefused = /Repair is blocked/.test((await hivemend(['diagnose', disk])).stdout);
  if (!isRefused) {
    const { promised, kept } = await promises(disk);
    expect(kept).toEqual(promised);
  }
  const seen = new Set<string>();
  const wrong: string[] = [];
  for (const words of [
    ['diagnose', disk],
    ['diagnose', disk, '-v'],
    ['diagnose', disk, '--symptom', 'boot'],
    ['diagnose', disk, '--symptom', '0x7B'],
    ['repair', disk, '--dry-run'],
    ['repair', disk, '--yes'],
    ['repair', disk, '--yes'],
    ['undo', disk, '--list'],
    ['undo', disk, '--yes'],
    ['undo', disk, '--yes'],
  ]) {
    const run = await hivemend(words);
    expect(run.status, run.stderr).not.toBe(70);
    for (const line of commandsOf(run)) wrong.push(...(await wrongWith(line, 2, seen)));
  }
  expect(wrong).toEqual([]);
});

it('promised something on most of them', () => {
  expect(promisesMade).toBeGreaterThan(15);
});
