// README's two programs are run as they stand, and what it lists is what there is.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandTree } from '../../scripts/docs/command-tree.ts';
import { EXIT_CODES } from '../../src/cli/exit-code.ts';
import { REPAIRS } from '../../src/repairs/fixes/index.ts';
import { DEFAULT_PROFILE, profileNamed } from '../../src/repairs/profiles.ts';
import { hivemend, hivemendProcess, makeDisk, SYSTEM_PATH, snapshot } from '../cli/process.ts';
import { buildFixture } from '../fixture-hives.ts';
import { installLibrary } from './installed.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

describe('the programs', () => {
  const place = mkdtempSync(join(tmpdir(), 'hivemend-readme-'));
  const programs = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1]!);
  beforeAll(() => installLibrary(place));
  afterAll(() => rmSync(place, { recursive: true, force: true }));

  function run(program: string, disk: string): string {
    const { code } = transformSync(program.replaceAll('/mnt/windows', disk), { loader: 'ts', target: 'node20' });
    const file = join(place, 'program.mjs');
    writeFileSync(file, code);
    return execFileSync(process.execPath, [file], { cwd: place, encoding: 'utf8' });
  }

  it('there are two', () => expect(programs).toHaveLength(2));

  it('the first reads a hive with its logs and changes nothing', () => {
    const disk = makeDisk();
    const before = snapshot(disk);
    const said = run(programs[0]!, disk);
    expect(said).toMatch(/^ControlSet001\\Control\\Terminal Server\\WinStations\\RDP-Tcp PortNumber .*3389/m);
    expect(snapshot(disk)).toEqual(before);
  });

  it('the second repairs a disk, and undo undoes it', () => {
    const disk = makeDisk();
    const said = run(programs[1]!, disk);
    expect(said).toContain("op: 'set-value'");
    expect(said).toMatch(/(ok|partly) hivemend undo \S+ \d{8}T\d{6}-\d{3}Z-[0-9a-f]{8}\n$/);
    expect(snapshot(disk)[SYSTEM_PATH]).not.toBe(Buffer.from(buildFixture('SYSTEM-broken')).toString('hex'));
    expect(hivemendProcess(['undo', disk, '--yes']).status).toBe(0);
    expect(snapshot(disk)[SYSTEM_PATH]).toBe(Buffer.from(buildFixture('SYSTEM-broken')).toString('hex'));
  });
});

it('its screen is what diagnose prints of a broken disk', async () => {
  const disk = makeDisk();
  const { stdout } = await hivemend(['diagnose', disk], { columns: 80, env: { NO_COLOR: '1' } });
  // Where the folder lies, and whether its device can be read, is this machine's own.
  const comparable = (text: string): string[] =>
    text
      .trimEnd()
      .split('\n')
      .filter((line) => !/ at \/|partition/.test(line));
  const screen = /```text\n\$ hivemend diagnose \/mnt\/windows\n([\s\S]*?)```/.exec(readme)![1]!;
  expect(comparable(stdout.replaceAll(disk, '/mnt/windows'))).toEqual(comparable(screen));
});

describe('what it lists', () => {
  it('its parts in the order in which somebody with a broken disk asks for them', () => {
    expect([...readme.matchAll(/^## (.*)$/gm)].map(([, title]) => title)).toEqual([
      'Install',
      'A rescue',
      'What it repairs',
      'Commands',
      'Exit status',
      'The library',
      'Limitations',
      'More to read',
      'Licence',
    ]);
  });

  it('the sizes that the page about installing has', () => {
    const install = readFileSync(new URL('../../docs/install.md', import.meta.url), 'utf8');
    const sizes = (page: string): string[] => [...page.matchAll(/\b\d+(?:\.\d)? MB\b/g)].map(([size]) => size);
    const section = /## Install\n([\s\S]*?)\n## /.exec(readme)![1]!;
    expect(sizes(section)).toHaveLength(3);
    expect(sizes(section)).toEqual(sizes(install));
  });

  it('every command, and no other', () => {
    const table = /## Commands\n([\s\S]*?)\n## /.exec(readme)![1]!;
    const listed = [...table.matchAll(/^\| `([a-z]+)[ `]/gm)].map((match) => match[1]!);
    expect([...new Set(listed)].sort()).toEqual(
      commandTree()
        .commands.map(({ name }) => name)
        .sort(),
    );
  });

  it('every repair, by when it is made', () => {
    const row = /## What it repairs\n[\s\S]*?^\|---\|---\|---\|\n\| (.*) \| (.*) \| (.*) \|$/m.exec(readme)!;
    const [always, found, named] = row
      .slice(1)
      .map((cell) => [...cell.matchAll(/`([a-z-]+)`/g)].map((match) => match[1]!));
    const { sets, fixes } = profileNamed(DEFAULT_PROFILE);
    expect([always, found]).toEqual([sets, fixes]);
    const others = REPAIRS.map(({ name }) => name).filter((name) => ![...sets, ...fixes].includes(name));
    expect(named!.sort()).toEqual(others.sort());
    const all = profileNamed('all');
    const byName = [...row[3]!.split('only when named')[1]!.matchAll(/`([a-z-]+)`/g)].map((match) => match[1]!);
    expect(others.filter((name) => ![...all.sets, ...all.fixes].includes(name)).sort()).toEqual(byName.sort());
  });

  it('every exit status with its meaning', () => {
    for (const [code, meaning] of EXIT_CODES)
      expect(readme).toContain(
        `| ${code} | ${meaning.replace('--yes', '`--yes`').replace('hivemend undo', '`hivemend undo`')} |`,
      );
  });
});
