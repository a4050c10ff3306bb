// The shell by its commands: from -c, from standard input, and at a terminal of tmux where there is one.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { commandsIn, dataOf, wordsOf } from '../../src/cli/shell/words.ts';
import { openHive } from '../../src/commands/hive-file.ts';
import { buildFixture } from '../fixture-hives.ts';
import { hivemend, MAIN, makeDisk, SYSTEM_PATH, snapshot } from './process.ts';

function hiveFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hivemend-shell-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'SYSTEM');
  writeFileSync(path, buildFixture('SYSTEM-broken'));
  return path;
}

it('ends at quit as at exit', async () => {
  for (const word of ['quit', 'exit']) {
    const { status, stdout } = await hivemend(['shell', hiveFile(), '-c', `${word}; pwd`]);
    expect({ status, stdout }, word).toEqual({ status: 0, stdout: '' });
  }
});

describe('words', () => {
  it('are split at spaces and semicolons that are not quoted', () => {
    expect(commandsIn('cd "a; b" ; ls\n# no; no\nset x sz \'y;z\'')).toEqual(['cd "a; b"', 'ls', "set x sz 'y;z'"]);
    expect(wordsOf('cd \\"Terminal Server"\\x a\'b c\'')).toEqual(['cd', '\\Terminal Server\\x', 'ab c']);
    expect(() => wordsOf('cd "open')).toThrow(/not closed/);
  });

  it('become data of their type', () => {
    expect(dataOf('dword', ['0x10'])).toEqual({ type: 4, hex: '10000000' });
    expect(dataOf('REG_SZ', ['a'])).toEqual({ type: 1, hex: '61000000' });
    expect(dataOf('multi', ['a', 'b'])).toEqual({ type: 7, hex: '61000000620000000000' });
    expect(dataOf('hex', ['01', 'FF'])).toEqual({ type: 3, hex: '01ff' });
    for (const [type, ...words] of [
      ['dword', '4294967296'],
      ['dword', '-1'],
      ['hex', '1'],
      ['nothing', '1'],
      ['sz', 'a', 'b'],
    ])
      expect(() => dataOf(type!, words), type).toThrow(expect.objectContaining({ code: 'BAD_VALUE' }));
  });
});

describe('over a hive', () => {
  it('looks, stages, commits and undoes: a golden session', async () => {
    const path = hiveFile();
    const before = readFileSync(path);
    const lines = [
      'cd Select',
      'ls',
      'set Note sz "by hand"',
      'set Current dword 2',
      'add Made\\Here',
      'diff',
      'reset',
      'set Note sz "by hand"',
      'commit a ticket',
      'cat note',
      'hex Note',
    ];
    const run = await hivemend(['shell', path, '--yes'], { input: `${lines.join('\n')}\n` });
    expect([run.status, run.stderr]).toEqual([0, '']);
    expect(
      run.stdout.replaceAll(/\d{8}T\d{6}-\d{3}Z-[0-9a-f]{8}/g, '<id>').replaceAll(path, '<path>'),
    ).toMatchSnapshot();
    using hive = openHive(path);
    expect(hive.key('Select')?.value('Note')?.decoded).toBe('by hand');
    hive.close();
    expect((await hivemend(['shell', path, '-c', 'undo', '--yes'])).status).toBe(0);
    expect(readFileSync(path)).toEqual(before);
  });

  it('writes nothing before commit, nor without an answer, and ends at the first command that fails', async () => {
    const path = hiveFile();
    const before = readFileSync(path);
    const staged = await hivemend(['shell', path, '-c', 'cd Select; set Note sz x']);
    expect([staged.status, staged.stderr]).toEqual([0, 'hivemend: 1 staged change was dropped\n']);
    expect((await hivemend(['shell', path, '-c', 'cd Select; set Note sz x; commit'])).status).toBe(2);
    const missing = await hivemend(['shell', path, '-c', 'cd Missing; ls', '--yes']);
    expect([missing.status, missing.stdout]).toEqual([3, '']);
    for (const command of ['cd Select; set Note sz x', 'add a', 'rm -r Select', 'mv Select x', 'commit', 'undo'])
      expect((await hivemend(['shell', path, '--read-only', '--yes', '-c', command])).status, command).toBe(5);
    expect(readFileSync(path)).toEqual(before);
  });

  it('finds names and text, and shows descriptors', async () => {
    const { stdout } = await hivemend(['shell', hiveFile(), '-c', 'find TermService; sddl']);
    expect(stdout).toMatch(/^ControlSet001\\Services\\TermService\\ {2}20/m);
    expect(stdout).toMatch(/^O:.*D:/m);
  });
});

describe('over a volume', () => {
  it('knows HKLM and CurrentControlSet, and commits to the disk', async () => {
    const disk = makeDisk();
    const before = snapshot(disk);
    const script = 'ls; ls HKLM; cd HKLM\\SYSTEM\\CurrentControlSet\\Control; pwd; set Example dword 7; commit';
    const run = await hivemend(['shell', disk, '--yes', '-c', script]);
    expect([run.status, run.stderr]).toEqual([0, '']);
    expect(run.stdout).toMatch(
      /^HKLM\\SYSTEM\\\nHKLM\\SOFTWARE\\\nHKLM\\BCD00000000\\\nSYSTEM\\\n[\s\S]*\\HKLM\\SYSTEM\\CurrentControlSet\\Control\n/,
    );
    using hive = openHive(join(disk, SYSTEM_PATH));
    expect(hive.key('ControlSet001\\Control')?.value('Example')?.decoded).toBe(7);
    expect((await hivemend(['shell', disk, '--yes', '-c', 'undo'])).status).toBe(0);
    expect(snapshot(disk)[SYSTEM_PATH]).toEqual(before[SYSTEM_PATH]);
  });
});

it('looks and stages over a volume: a golden session', async () => {
  const lines = [
    'ls',
    'cd HKLM\\SYSTEM\\CurrentControlSet\\Services\\TermService',
    'pwd',
    'ls',
    'cat ImagePath',
    'hex Start',
    'sddl',
    'set Start dword 3',
    'cd ..\\..\\Control',
    'add "Terminal Server"\\Made',
    'mv CrashControl Crash',
    'rm -r Lsa',
    'diff',
    'reset; diff',
    'cd \\HKLM\\BCD00000000; ls',
    'find timeout \\HKLM\\SYSTEM\\ControlSet002\\Control',
    'help',
  ];
  const { status, stdout, stderr } = await hivemend(['shell', makeDisk()], { input: `${lines.join('\n')}\n` });
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toMatchSnapshot();
});

it('searches every hive from above them, and says which cannot be read', async () => {
  const disk = makeDisk({ SOFTWARE: new Uint8Array(8192) });
  const { status, stdout } = await hivemend(['shell', disk, '-c', 'find TermService; cd HKLM; find timeout']);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^HKLM\\SYSTEM\\ControlSet001\\Services\\TermService\\ {2}20/m);
  expect(stdout).toMatch(/^SYSTEM\\.*timeout/im);
  expect(stdout).toMatch(/^HKLM\\SOFTWARE was not searched: .*not a registry hive/m);
});

const hasTmux = spawnSync('tmux', ['-V']).error === undefined;

it.skipIf(!hasTmux)(
  'at a terminal: completion, a staged edit, the question, undo',
  async () => {
    const path = hiveFile();
    const socket = join(path, '..', 'tmux');
    const tmux = (...args: string[]): string => execFileSync('tmux', ['-S', socket, ...args], { encoding: 'utf8' });
    const screen = (): string => tmux('capture-pane', '-p', '-S', '-200');
    const waitFor = async (text: string | RegExp): Promise<void> => {
      await expect.poll(screen, { timeout: 15_000, interval: 100 }).toMatch(text);
    };
    tmux('new-session', '-d', '-x', '100', '-y', '50', process.execPath, MAIN, 'shell', path);
    onTestFinished(() => void spawnSync('tmux', ['-S', socket, 'kill-server']));
    await waitFor(/^\\>/m);
    // A tab among other letters is one that was pasted.
    const complete = async (text: string, whole: RegExp): Promise<void> => {
      tmux('send-keys', text);
      await waitFor(new RegExp(`${text.replaceAll('\\', '\\\\')}\\s*$`));
      tmux('send-keys', 'Tab');
      await waitFor(whole);
    };
    await complete('cd Sel', /cd Select\\$/m);
    tmux('send-keys', 'Enter');
    await waitFor(/^Select>/m);
    // A command, a value, and a key whose name has a space.
    await complete('ca', /^Select> cat$/m);
    await complete(' Cur', /^Select> cat Current$/m);
    tmux('send-keys', 'Enter');
    await waitFor(/^REG_DWORD 1$/m);
    await complete('cd \\ControlSet001\\Control\\Term', /"\\ControlSet001\\Control\\Terminal Server\\"$/m);
    await complete('WinS', /Server\\WinStations\\"$/m);
    tmux('send-keys', 'Enter');
    await waitFor(/^ControlSet001\\Control\\Terminal Server\\WinStations>/m);
    tmux('send-keys', 'cd \\Select', 'Enter');
    await waitFor(/^Select>\s*$/m);
    tmux('send-keys', 'set Note sz x', 'Enter');
    await waitFor(/^Select \(1 staged\)>/m);
    tmux('send-keys', 'commit', 'Enter');
    await waitFor(/\[y\/N\]/);
    tmux('send-keys', 'y', 'Enter');
    await waitFor(/Select>\s*$/);
    using hive = openHive(path);
    expect(hive.key('Select')?.value('Note')?.decoded).toBe('x');
    tmux('send-keys', 'undo', 'Enter');
    await waitFor(/\[y\/N\]\s*$/);
    tmux('send-keys', 'y', 'Enter');
    await expect.poll(() => readFileSync(path).equals(buildFixture('SYSTEM-broken')), { timeout: 15_000 }).toBe(true);
  },
  60_000,
);
