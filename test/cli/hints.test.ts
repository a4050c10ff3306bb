// Refusals that once named an option, a device or a command that was not there: each says what helps, and it does.

import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BCD_PATH, hivemend, makeDisk, put, SYSTEM_PATH, scratch, snapshot } from './process.ts';

/** The commands of a hint, or of what a command says under NEXT. */
const commandsIn = (text: string): string[][] =>
  [...text.matchAll(/^\s*(?:next: )?hivemend (.*)$/gm)].map((match) => match[1]!.split(' '));

describe('a hive in the place of a disk', () => {
  it.each(['diagnose', 'repair'])('%s names the disk that it lies on, and what looks at it alone', async (command) => {
    const disk = makeDisk();
    const run = await hivemend([command, join(disk, SYSTEM_PATH)]);
    expect([run.status, run.stderr]).toEqual([2, expect.not.stringContaining('--hive')]);
    const commands = commandsIn(run.stderr);
    expect(commands).toEqual([
      ['diagnose', disk],
      ['inspect', join(disk, SYSTEM_PATH)],
    ]);
    for (const words of commands) expect((await hivemend(words)).stderr).toBe('');
  });

  it('a copy elsewhere is looked at alone', async () => {
    const folder = scratch();
    put(folder, 'SYSTEM', 'SYSTEM-healthy');
    const run = await hivemend(['diagnose', join(folder, 'SYSTEM')]);
    expect(commandsIn(run.stderr)).toEqual([['inspect', join(folder, 'SYSTEM')]]);
  });
});

describe('a call that commander refuses', () => {
  it.each([
    [['help', 'nope'], 'unknown command "nope"', 'hivemend --help'],
    [['help', 'diagnoze'], 'unknown command "diagnoze"', 'hivemend help diagnose'],
    [['foo'], 'unknown command "foo"', 'hivemend --help'],
    [['repair', '/x', '--port', 'abc'], '--port "abc" is invalid; expected a whole number', 'hivemend repair --help'],
    [
      ['export', '/x', '--format', 'yaml'],
      '--format "yaml" is not known; expected xml, jsonl',
      'hivemend export --help',
    ],
    [['repair', '/x', '--plan'], '--plan needs its <file>', 'hivemend repair --help'],
    [['recover', '/x'], '--output <file> is missing', 'hivemend recover --help'],
    [['explain', 'A', 'B'], 'too many arguments: expected 1, found 2', 'hivemend explain --help'],
  ])('%j', async (words, message, hint) => {
    const run = await hivemend(words);
    expect([run.status, run.stdout]).toEqual([2, '']);
    expect(run.stderr).toContain(`hivemend: ${message}`);
    expect(run.stderr).toContain(`next: ${hint}`);
    for (const command of commandsIn(run.stderr)) expect((await hivemend(command)).status).toBe(0);
  });
});

it('a next command is whole: the word that was meant, and which Windows', async () => {
  const typo = await hivemend(['diagnoze', '/mnt/no windows']);
  expect(typo.stderr).toContain("next: hivemend diagnose '/mnt/no windows'\n");
  const disk = makeDisk();
  cpSync(join(disk, 'Windows'), join(disk, 'Windows2'), { recursive: true });
  const several = await hivemend(['diagnose', disk, '--json']);
  const hint = several.report().error?.hint ?? '';
  expect([several.status, hint]).toEqual([5, `hivemend diagnose --windows ${disk}/Windows ${disk} --json`]);
  expect((await hivemend(hint.split(' ').slice(1))).report().error).toBeNull();
});

describe('a word that is of the wrong kind', () => {
  it.each([
    [['inspect'], []],
    [['diff'], ['SELF']],
    [['recover'], ['-o', 'out']],
  ])('%j: a folder where a hive was expected names the hive in it', async (before, after) => {
    const disk = makeDisk();
    const words = after.map((word) => (word === 'SELF' ? join(disk, SYSTEM_PATH) : word));
    const run = await hivemend([...before, disk, ...words, '--json']);
    const { error } = run.report();
    expect([run.status, error?.code, error?.message]).toEqual([2, 'BAD_PATH', `${disk} is a folder, expected a file`]);
    expect(error?.hint).toBe(['hivemend', ...before, join(disk, SYSTEM_PATH), ...words, '--json'].join(' '));
  });

  it.each([
    [
      ['repair', 'DISK', '--only', 'nla,tsl', '--dry-run'],
      ['repair', 'DISK', '--only', 'nla,tls', '--dry-run'],
    ],
    [
      ['diagnose', 'DISK/Windows'],
      ['diagnose', 'DISK'],
    ],
  ])('%j: the call with the word that is meant', async (given, meant) => {
    const disk = makeDisk();
    const named = (words: readonly string[]): string[] => words.map((word) => word.replace('DISK', disk));
    const run = await hivemend(named(given));
    expect(commandsIn(run.stderr)).toEqual([named(meant)]);
    expect((await hivemend(named(meant))).status).toBeLessThanOrEqual(1);
  });

  it('a folder without a hive in it is a folder', async () => {
    const run = await hivemend(['inspect', scratch()]);
    expect([run.status, run.stderr]).toEqual([2, expect.stringContaining('is a folder, expected a file [BAD_PATH]')]);
  });

  it('apply with the volume first names the call with the plan first', async () => {
    const disk = makeDisk();
    const plan = join(scratch(), 'plan.json');
    await hivemend(['repair', disk, '--plan', plan]);
    const run = await hivemend(['apply', disk, plan, '--dry-run']);
    expect(run.status).toBe(2);
    const [command = []] = commandsIn(run.stderr);
    expect(command).toEqual(['apply', plan, disk]);
    expect((await hivemend([...command, '--dry-run'])).status).toBe(0);
  });

  it.each([
    ['tsl', 'explain tls'],
    ['hive-file-sufix', 'explain hive-file-suffix'],
    ['rdp-listner', 'explain rdp-listener'],
    ['SERVICE_DISABLD', 'explain SERVICE_DISABLED'],
    ['hibernate', 'explain HIBERNATED'],
    ['INACCESSIBLE_BOOT_DEVIC', 'explain INACCESSIBLE_BOOT_DEVICE'],
    ['nothing-like-it', 'explain --help'],
  ])('explain %s: %s', async (word, hint) => {
    const run = await hivemend(['explain', word]);
    expect([run.status, commandsIn(run.stderr)]).toEqual([3, [hint.split(' ')]]);
    expect((await hivemend(hint.split(' '))).status).toBe(0);
  });

  it('an error of which nothing more is known names what explains it', async () => {
    const file = join(scratch(), 'FILE');
    writeFileSync(file, 'no hive at all');
    const run = await hivemend(['inspect', file]);
    const [command = []] = commandsIn(run.stderr);
    expect([run.status, command]).toEqual([4, ['explain', 'NOT_A_HIVE']]);
    expect((await hivemend(command)).status).toBe(0);
  });
});

it('a plan is applied by a command that can be pasted anywhere', async () => {
  const disk = makeDisk();
  const plan = relative(process.cwd(), join(scratch(), 'plan.json'));
  const run = await hivemend(['repair', relative(process.cwd(), disk), '--plan', plan]);
  expect(run.stdout).toContain(`hivemend apply ${join(process.cwd(), plan)} ${disk}\n`);
});

describe('bcdedit', () => {
  it.each(['set', '/deletevalue', '-enum', 'dbgsettings'])('/? %s is about that command alone', async (topic) => {
    const run = await hivemend(['bcdedit', '/?', topic]);
    expect([run.status, run.stderr]).toEqual([0, '']);
    const name = topic.replace(/^[/-]/, '');
    expect(run.stdout).toContain(`  /${name}`);
    expect(run.stdout).toContain(`Example:\n  bcdedit /${name} `);
    expect(run.stdout).not.toContain(name === 'set' ? '/deletevalue' : '/set ');
    expect((await hivemend(['bcdedit', '/?', 'nothing'])).status).toBe(1);
  });

  it('/set takes a device as /enum prints it', async () => {
    for (const BCD of ['BCD-bios', 'BCD-uefi'] as const) {
      const disk = makeDisk({ BCD });
      const bcdedit = (...words: string[]) => hivemend(['bcdedit', '/store', join(disk, BCD_PATH), ...words]);
      const printed = /^osdevice +(partition=\S+)$/m.exec((await bcdedit('/enum', 'osloader', '/v')).stdout)?.[1] ?? '';
      expect(printed).toMatch(BCD === 'BCD-bios' ? /^partition=mbr:/ : /^partition=gpt:/);
      expect((await bcdedit('/set', '{bootmgr}', 'device', printed)).status).toBe(0);
      expect((await bcdedit('/enum', 'bootmgr')).stdout).toContain(`device                  ${printed}`);
      expect((await bcdedit('/set', '{bootmgr}', 'device', 'partition=gpt:no/one')).status).toBe(1);
    }
  });
});

describe('a dry run of reg and bcdedit', () => {
  it.each([
    [['reg', 'add', 'HKLM\\SYSTEM\\Select', '/v', 'A', '/d', 'x', '/f'], '+ Select  A  not set -> "x"'],
    [['bcdedit', '/set', '{default}', 'nx', 'AlwaysOff'], 'nx  3 AlwaysOn -> 2 AlwaysOff'],
    [
      ['bcdedit', '/set', '{default}', 'device', 'partition=mbr:a45b3e8d@1048576'],
      'device\n      partition=mbr:a45b3e8d@525336576\n      -> partition=mbr:a45b3e8d@1048576',
    ],
  ])('%j shows the change, and does not say that it was done', async (words, change) => {
    const disk = makeDisk();
    const before = snapshot(disk);
    const [command = '', ...rest] = words;
    const run = await hivemend([command, '--volume', disk, '--dry-run', ...rest]);
    expect(run.status).toBe(0);
    expect(run.stdout).not.toContain('successfully');
    expect(run.stdout).toContain(change);
    expect(run.stdout).toMatch(/Dry run: nothing was written\.\n$/);
    expect(snapshot(disk)).toEqual(before);
  });
});

describe('a key that is in no hive here', () => {
  it.each([
    ['HKLM\\BROKEN\\ControlSet001\\Control', 'HKLM\\SYSTEM\\ControlSet001\\Control'],
    ['HKLM\\OFFLINE\\Microsoft\\Windows NT', 'HKLM\\SOFTWARE\\Microsoft\\Windows NT'],
    ['HKLM\\BROKENSYSTEM\\Select', 'HKLM\\SYSTEM\\Select'],
  ])('%s: asks whether the hive was loaded under another name', async (given, meant) => {
    const disk = makeDisk();
    const run = await hivemend(['reg', 'query', '--volume', disk, given]);
    expect(run.status).toBe(1);
    expect(run.stderr).toContain(
      `was a hive loaded as ${given.split('\\').slice(0, 2).join('\\')}? Here it is ${meant};`,
    );
    expect((await hivemend(['reg', 'query', '--volume', disk, meant])).status).toBe(0);
  });
});

describe('export', () => {
  it('of folders without a hive is refused', async () => {
    const run = await hivemend(['export', scratch()]);
    expect([run.status, run.stderr]).toEqual([3, expect.stringContaining('no hive was found in')]);
  });

  it.each(['xml', 'reg', 'timesketch', 'bodyfile'])(
    'refuses --deleted in %s, which has no place for it',
    async (format) => {
      const run = await hivemend(['export', join(makeDisk(), SYSTEM_PATH), '--format', format, '--deleted']);
      expect([run.status, run.stdout, run.stderr]).toEqual([2, '', expect.stringContaining('expected jsonl')]);
    },
  );
});

describe('a report that may not be written', () => {
  it.each(['--html', '--report'])('%s is refused before the work', async (option) => {
    const disk = makeDisk();
    const onDisk = await hivemend(['diagnose', disk, option, join(disk, 'report')]);
    expect([onDisk.status, onDisk.stdout]).toEqual([5, '']);
    // Nor is the report of another refusal put there.
    expect((await hivemend(['repair', disk, '--only', 'nothing', option, join(disk, 'report')])).status).not.toBe(0);
    expect((await hivemend(['repair', disk, '--wrong', option, join(disk, 'report')])).status).toBe(2);
    expect(existsSync(join(disk, 'report'))).toBe(false);
    const there = join(scratch(), 'there');
    writeFileSync(there, 'mine');
    for (const words of [
      ['diagnose', disk],
      ['repair', disk, '--yes'],
      ['reg', 'query', 'HKLM\\SYSTEM\\Select', '--volume', disk],
    ]) {
      const run = await hivemend([...words, option, there]);
      expect([words[0], run.status, run.stdout]).toEqual([words[0], 2, '']);
    }
    expect(readFileSync(there, 'utf8')).toBe('mine');
    expect(existsSync(join(disk, 'hivemend'))).toBe(false);
  });
});

it('a time that nobody set is not the year 1601', async () => {
  const folder = scratch();
  put(folder, 'SYSTEM', 'SYSTEM-healthy');
  const bytes = readFileSync(join(folder, 'SYSTEM'));
  bytes.fill(0, 12, 20);
  let sum = 0;
  for (let at = 0; at < 508; at += 4) sum ^= bytes.readUInt32LE(at);
  bytes.writeUInt32LE(sum >>> 0, 508);
  writeFileSync(join(folder, 'SYSTEM'), bytes);
  const run = await hivemend(['inspect', join(folder, 'SYSTEM')]);
  expect(run.stdout).toContain('last written  not set\n');
  expect(run.stdout).not.toContain('1601');
});
