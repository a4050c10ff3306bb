import { mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  BCD_PATH,
  hivemend,
  makeDisk,
  put,
  type Run,
  SOFTWARE_PATH,
  SYSTEM_PATH,
  scratch,
  snapshot,
} from '../process.ts';

describe('undo --values', () => {
  it('puts back what still holds what was written, and names what somebody has changed', async () => {
    const disk = makeDisk();
    expect((await hivemend(['repair', disk, '--only', 'tls,nla', '--yes'])).status).not.toBe(2);
    const key = 'HKLM\\SYSTEM\\ControlSet001\\Control\\Terminal Server\\WinStations\\RDP-Tcp';
    await hivemend([
      'reg',
      '--volume',
      disk,
      '--state-dir',
      scratch(),
      'add',
      key,
      '/v',
      'SecurityLayer',
      '/t',
      'REG_DWORD',
      '/d',
      '2',
      '/f',
    ]);
    const bytes = await hivemend(['undo', disk, '--yes', '--json']);
    expect(bytes.status).toBe(5);
    expect(bytes.report().error?.hint).toContain('--values');
    // Refused where it would only be shown or asked, too.
    for (const run of [
      await hivemend(['undo', disk, '--dry-run', '--json']),
      await hivemend(['undo', disk, '--json'], { answers: [true] }),
    ]) {
      expect([run.status, run.report().error]).toEqual([5, bytes.report().error]);
    }
    const run = await hivemend(['undo', disk, '--values', '--yes', '--json']);
    expect(run.status).toBe(1);
    expect(run.report().findings.map((finding) => finding.code)).toContain('NOT_TAKEN_BACK');
    const layer = (await hivemend(['reg', '--volume', disk, 'query', key, '/v', 'SecurityLayer'])).stdout;
    expect(layer).toContain('0x2');
    expect((await hivemend(['reg', '--volume', disk, 'query', key, '/v', 'UserAuthentication'])).stdout).toContain(
      '0x0',
    );
  });
});

/** The commands that a refusal names, each on a line of its own. */
const commandsOf = (run: Run): string[][] =>
  [...run.stderr.matchAll(/^ +hivemend (.*)$/gm)].map((match) => match[1]!.split(' '));

const idsOf = async (disk: string): Promise<string[]> =>
  [...(await hivemend(['undo', disk, '--list'])).stdout.matchAll(/^(\d{8}T\S+) /gm)].map((match) => match[1]!);

describe('undo says', () => {
  it('which commit, and what state results', async () => {
    const disk = makeDisk();
    await hivemend(['repair', disk, '--yes']);
    const [id] = await idsOf(disk);
    const dry = await hivemend(['undo', disk, '--dry-run']);
    expect(dry.stdout.replace(/\s+/g, ' ')).toContain(`undo commit ${id} (`);
    expect(dry.stdout.replace(/\s+/g, ' ')).toContain(
      'they go back to their state before this commit. Nothing has changed them since.',
    );
    const undone = await hivemend(['undo', disk, '--yes']);
    expect(undone.stdout.replace(/\s+/g, ' ')).toContain(
      `Undone: SYSTEM, SOFTWARE and BCD are as they were before commit ${id}.`,
    );
    const again = await hivemend(['undo', disk, '--yes']);
    expect([again.status, again.stderr]).toEqual([3, expect.stringContaining(`commit ${id} is undone already`)]);
    expect(commandsOf({ ...again, stderr: again.stderr.replace('next:', '') })).toEqual([['undo', disk, '--list']]);
  });

  it('every file that it will write, before it asks', async () => {
    const disk = makeDisk();
    await hivemend(['repair', disk, '--yes']);
    const before = snapshot(disk);
    const asked = await hivemend(['undo', disk], { answers: [false] });
    const [told] = asked.stderr.split('[y/N]');
    for (const path of [SYSTEM_PATH, SOFTWARE_PATH, BCD_PATH]) {
      expect((asked.stdout + told).replace(/\s+/g, '')).toContain(join(disk, path));
    }
    expect(snapshot(disk)).toEqual(before);
  });

  it('what is meant where an undo by values came last, and never makes the repair again by itself', async () => {
    const disk = makeDisk();
    const broken = snapshot(disk);
    await hivemend(['repair', disk, '--only', 'tls', '--yes']);
    expect((await hivemend(['undo', disk, '--values', '--yes'])).status).toBe(0);
    const reverted = snapshot(disk);
    const run = await hivemend(['undo', disk, '--yes']);
    expect([run.status, run.stderr]).toEqual([5, expect.stringContaining('is an undo by values')]);
    expect(snapshot(disk)).toEqual(reverted);
    const [list = [], again = []] = commandsOf(run);
    expect((await hivemend(list)).status).toBe(0);
    expect((await hivemend([...again, '--yes'])).status).toBe(0);
    expect(
      (await hivemend(['diagnose', disk, '--json'])).report().summary.causes.map(({ code }) => code),
    ).not.toContain('TLS_DISABLED');
    // Now the repair is the newest again, and goes back to the byte.
    expect((await hivemend(['undo', disk, '--yes'])).status).toBe(0);
    expect(snapshot(disk)).toEqual(broken);
  });

  it('a later commit of ours as the reason, and the command that undoes it', async () => {
    const disk = makeDisk();
    const broken = snapshot(disk);
    await hivemend(['repair', disk, '--only', 'tls', '--yes']);
    await hivemend(['repair', disk, '--only', 'nla', '--yes']);
    const [first = '', second = ''] = await idsOf(disk);
    const list = (await hivemend(['undo', disk, '--list'])).stdout.replaceAll(/\s+/g, ' ');
    expect(list).toContain(`changed since, by commit ${second}`);
    expect(list).not.toContain('something else has written');
    const run = await hivemend(['undo', disk, first, '--yes']);
    expect(run.status).toBe(5);
    expect(run.stderr).toContain(`Commit ${second} has changed it since`);
    expect(run.stderr).not.toContain('Windows has started');
    const [newest = []] = commandsOf(run);
    expect((await hivemend([...newest, '--yes'])).status).toBe(0);
    expect((await hivemend(['undo', disk, first, '--yes'])).status).toBe(0);
    expect(snapshot(disk)).toEqual(broken);
  });

  it('a file that is missing as the reason', async () => {
    const disk = makeDisk();
    await hivemend(['repair', disk, '--only', 'rdp-certificate', '--yes']);
    rmSync(join(disk, SOFTWARE_PATH));
    const run = await hivemend(['undo', disk, '--yes']);
    expect([run.status, run.stderr]).toEqual([5, expect.stringContaining('SOFTWARE is missing')]);
    expect(run.stderr).not.toContain('Windows has started');
  });

  it('which volume is not given, and the command with it', async () => {
    const disk = makeDisk({ BCD: null });
    const esp = scratch();
    put(esp, 'EFI/Microsoft/Boot/BCD', 'BCD-uefi');
    const before = [snapshot(disk), snapshot(esp)];
    const repair = await hivemend(['repair', disk, esp, '--yes', '--json']);
    expect(repair.report().changes.some(({ edit }) => 'key' in edit && edit.key.hive === 'BCD')).toBe(true);
    const run = await hivemend(['undo', disk, '--yes']);
    expect([run.status, run.stderr]).toEqual([3, expect.stringContaining('which was not given')]);
    expect(run.stderr).toContain(esp);
    expect(run.stderr).not.toContain('Windows has started');
    const [command = []] = commandsOf(run);
    expect(command).toEqual(['undo', disk, esp]);
    expect((await hivemend([...command, '--yes'])).status).toBe(0);
    expect([snapshot(disk), snapshot(esp)]).toEqual(before);
  });
});

it('undo names the disk where it is now, and shows what is alike in both control sets once', async () => {
  const disk = makeDisk();
  await hivemend(['repair', disk, '--yes']);
  const moved = join(scratch(), 'elsewhere');
  renameSync(disk, moved);
  mkdirSync(disk);
  for (const words of [['--dry-run'], ['--values', '--dry-run'], ['--values', '--yes']]) {
    const run = await hivemend(['undo', moved, ...words]);
    expect(run.status).toBe(0);
    expect(run.stdout.replace(/\s+/g, '')).not.toContain(disk);
    expect(run.stdout).not.toContain('not set -> not set');
    if (words.includes('--values')) expect(run.stdout.match(/fDenyTSConnections/g)).toHaveLength(1);
  }
});

it('of two disks undo lists the commits of each together, and asks which one is meant', async () => {
  const [a, b] = [makeDisk(), makeDisk()];
  await hivemend(['repair', a, '--only', 'tls', '--yes']);
  await hivemend(['repair', b, '--only', 'tls', '--yes']);
  await hivemend(['repair', a, '--only', 'nla', '--yes']);
  const [[first = '', older = ''], [newer = '']] = [await idsOf(a), await idsOf(b)];
  const list = (await hivemend(['undo', a, b, '--list'])).stdout.replaceAll(/\s+/g, '');
  const places = [first, older, newer].map((id) => list.indexOf(id));
  expect(places).toEqual(places.toSorted((x, y) => x - y));
  expect(list.indexOf(newer)).toBeLessThan(list.indexOf(`in${join(b, 'hivemend')}`));
  const before = snapshot(a);
  const refusal = await hivemend(['undo', a, b, '--dry-run']);
  expect([refusal.status, refusal.stdout]).toEqual([5, '']);
  expect(refusal.stderr).toContain('commits of 2 disks, expected the id of the one that is meant [AMBIGUOUS]');
  const commands = commandsOf(refusal);
  expect(commands).toEqual([
    ['undo', a, b, older],
    ['undo', a, b, newer],
  ]);
  for (const command of commands) {
    const dry = await hivemend([...command, '--dry-run']);
    expect([dry.status, dry.stdout]).toEqual([0, expect.stringContaining(command.at(-1)!)]);
  }
  expect((await hivemend([...commands[1]!, '--yes'])).status).toBe(0);
  // Of the one that is undone nothing is left to choose; the other keeps its commits.
  expect((await hivemend(['undo', a, b, '--dry-run'])).stdout).toContain(older);
  expect(snapshot(a)).toEqual(before);
  expect((await hivemend(['undo', a, '--list'])).stdout).not.toContain('  in ');
});

it('the folder of a commit says who may read it and how it is undone where the disk is mounted elsewhere', async () => {
  const disk = makeDisk();
  await hivemend(['repair', disk, '--only', 'tls', '--yes']);
  const [id = ''] = await idsOf(disk);
  const text = readFileSync(join(disk, 'hivemend', id, 'README.txt'), 'latin1').replaceAll(/\s+/g, ' ');
  expect(text).toContain('nobody but its owner (on NTFS: SYSTEM and Administrators) may read this folder');
  expect(text).toContain('where it is mounted elsewhere now, give that place instead');
});

describe('the id of a commit', () => {
  it('is what --forget takes, and a place there is said to be none', async () => {
    const disk = makeDisk();
    await hivemend(['repair', disk, '--only', 'tls', '--yes']);
    const run = await hivemend(['undo', '--forget', disk]);
    expect([run.status, run.stderr]).toEqual([
      2,
      expect.stringContaining(
        `--forget "${disk}" is invalid; expected the id of a commit there, and the place before it`,
      ),
    ]);
    const [id = ''] = await idsOf(disk);
    expect((await hivemend(['undo', disk, '--forget', id, '--yes'])).status).toBe(0);
    expect((await hivemend(['undo', '--help'])).stdout.replaceAll(/\s+/g, ' ')).toContain('id follows the places');
  });

  it('is known by its beginning, as long as it is the only one', async () => {
    const disk = makeDisk();
    await hivemend(['repair', disk, '--only', 'tls', '--yes']);
    const [id = ''] = await idsOf(disk);
    for (const length of [4, 8, 11, id.length - 1]) {
      const run = await hivemend(['undo', disk, id.slice(0, length), '--dry-run']);
      expect([length, run.status, run.stderr]).toEqual([length, 0, '']);
      expect(run.stdout).toContain(id);
    }
    await hivemend(['repair', disk, '--only', 'nla', '--yes']);
    const both = await hivemend(['undo', disk, id.slice(0, 8), '--dry-run']);
    expect([both.status, both.stderr]).toEqual([2, expect.stringContaining('begins the ids of 2 commits')]);
    expect((await hivemend(['undo', disk, '1999', '--dry-run'])).stderr).toContain('commit 1999 not found');
  });
});
