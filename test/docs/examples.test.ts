// Every command that README and docs/ show is run, as it stands, by a shell on a disk made for it: a block is a scenario of
// its own. What is written inline is held to the commands and options that there are.

import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { commandTree } from '../../scripts/docs/command-tree.ts';
import { hivemendProcess, makeDisk, put, scratch } from '../cli/process.ts';
import { buildFixture } from '../fixture-hives.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

interface Block {
  readonly page: string;
  /** 'sh', 'ts', '' and the like. */
  readonly language: string;
  readonly lines: readonly string[];
}

const COMMAND = /^\s*(\$ |sudo |npx )?(npx )?hivemend\s/;

const blocks: Block[] = pages.flatMap((page) =>
  [...readFileSync(join(root, page), 'utf8').matchAll(/^```(\w*)\n([\s\S]*?)^```/gm)].map((match) => ({
    page,
    language: match[1]!,
    lines: match[2]!.split('\n').filter((line) => line.trim() !== ''),
  })),
);

/** Lines with another end than 0: why stands beside each. */
const STATUS: readonly (readonly [RegExp, number, string])[] = [
  [/^hivemend diagnose /, 1, 'the sample disk is broken'],
  [/^hivemend diff SYSTEM changed\/SYSTEM/, 1, 'they differ'],
];

/** Lines of a shell that are not run here, and why. */
const NOT_RUN: readonly (readonly [RegExp, string])[] = [
  [/^npm (start|test)\b/, 'they run these tests'],
  [/^mount /, 'the disk of the tests is a folder; the tests on real NTFS mount one'],
  [/^npm install /, 'the tests of the package do, from a tarball that they make'],
  [/^node hivemend\.mjs /, 'the tests of the one file do'],
  [/^(deploy\/|export HIVEMEND_)/, 'the tests of deploy/ do'],
  [
    /^(export HIVEX_TARBALL=|node scripts\/standalone|DESTDIR=)/,
    'what a distribution does, without a network: test/cli/standalone.test.ts runs what is built',
  ],
  [
    /^(cryptsetup|mkdir -p \/mnt\/dislocker|sudo hivemend diagnose \/(dev|mnt)\/)/,
    'nothing here makes a volume that they unlock',
  ],
  [/^hivemend disks\s+\S/, 'no such disk is here; test/session/images.test.ts lists one'],
  [/NTUSER\.DAT' --volume /, 'the sample disk has no users; test/cli/actions/rebuild.test.ts rebuilds a hive of one'],
  [/^(jq|duckdb) /, 'tools of others; the tests of the schemas and of the export hold what they read'],
];

/** Without a terminal such a line must print its plan and end with 2; with --yes it goes on. */
function asks(line: string): boolean {
  return /^hivemend (repair|apply|undo|import|run) /.test(line) && !/--(yes|dry-run|plan|list|new)\b/.test(line);
}

interface Place {
  readonly cwd: string;
  readonly path: string;
  shell(line: string): { readonly status: number | null; readonly said: string };
}

function place(block: Block): Place {
  const cwd = scratch();
  const hasStoreElsewhere = block.lines.some((line) => line.includes('/mnt/windows') && line.includes('/mnt/esp'));
  const disk = makeDisk(hasStoreElsewhere ? { BCD: null } : {});
  const esp = scratch();
  put(esp, 'EFI/Microsoft/Boot/BCD', 'BCD-uefi');
  const bin = join(cwd, 'bin');
  mkdirSync(bin);
  const program = `#!/bin/sh\nexec '${process.execPath}' '${join(root, 'dist/cli/main.js')}' "$@"\n`;
  writeFileSync(join(bin, 'hivemend'), program);
  chmodSync(join(bin, 'hivemend'), 0o755);
  for (const [name, content] of Object.entries(files())) {
    mkdirSync(dirname(join(cwd, name)), { recursive: true });
    writeFileSync(join(cwd, name), content);
  }
  return {
    cwd,
    path: bin,
    shell: (line) => {
      const text = line
        .replaceAll('/mnt/windows', disk)
        // A folder in the place of an image: test/session/images.test.ts repairs one.
        .replaceAll('disk.vhd', disk)
        .replaceAll('/mnt/esp', esp)
        .replaceAll('/evidence/hosts', join(cwd, 'changed'));
      const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
      const run = spawnSync('sh', ['-c', text], { cwd, env, encoding: 'utf8', input: '' });
      return { status: run.status, said: run.stdout + run.stderr };
    },
  };
}

/** What the examples name beside the disk. */
function files(): Record<string, string | Uint8Array> {
  const terminalServer = 'HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Control\\Terminal Server';
  return {
    SYSTEM: buildFixture('SYSTEM-broken'),
    'changed/SYSTEM': buildFixture('SYSTEM-healthy'),
    'NTUSER.DAT': userHive(),
    'ours.json': /```json\n([\s\S]*?)```/.exec(readFileSync(join(root, 'docs/repairs.md'), 'utf8'))![1]!,
    'fix.reg': `Windows Registry Editor Version 5.00\r\n\r\n[${terminalServer}]\r\n"fDenyTSConnections"=dword:00000000\r\n`,
    'page.md': [
      '# The listener',
      '',
      '```cmd',
      'reg load HKLM\\BROKENSYSTEM F:\\Windows\\System32\\config\\SYSTEM',
      'reg add "HKLM\\BROKENSYSTEM\\ControlSet001\\Control\\Terminal Server" /v fDenyTSConnections /t REG_DWORD /d 0 /f',
      'reg unload HKLM\\BROKENSYSTEM',
      '```',
      '',
    ].join('\n'),
    'fix.cmd': [
      '@echo off',
      'reg load HKLM\\BROKENSYSTEM F:\\Windows\\System32\\config\\SYSTEM',
      'reg add "HKLM\\BROKENSYSTEM\\ControlSet001\\Control\\Terminal Server" /v fDenyTSConnections /t REG_DWORD /d 0 /f',
      'reg unload HKLM\\BROKENSYSTEM',
      '',
    ].join('\r\n'),
  };
}

let user: Uint8Array | null = null;

function userHive(): Uint8Array {
  if (user) return user;
  const folder = scratch();
  const text =
    'Windows Registry Editor Version 5.00\r\n\r\n[HKEY_CURRENT_USER\\Software\\Example]\r\n"Greeting"="hello"\r\n';
  writeFileSync(join(folder, 'user.reg'), text);
  const hive = join(folder, 'NTUSER.DAT');
  const run = hivemendProcess(['import', '--new', hive, join(folder, 'user.reg'), '--prefix', 'HKEY_CURRENT_USER']);
  expect(run.stderr).toBe('');
  user = readFileSync(hive);
  return user;
}

/** A screen (`text`) is held by the test of README. */
const shown = blocks.filter(({ language, lines }) => language !== 'text' && lines.some((line) => COMMAND.test(line)));

describe.each(shown.map((block) => ({ title: `${block.page}: ${block.lines[0]}`, block })))('$title', ({ block }) => {
  it('does what the page says, line by line', () => {
    const commands = block.lines.filter(
      (line) => COMMAND.test(line) && !NOT_RUN.some(([pattern]) => pattern.test(line)),
    );
    expect(
      commands.filter((line) => !line.startsWith('hivemend ')),
      'written as one types it',
    ).toEqual([]);
    const { shell } = place(block);
    const isUndoAlone =
      commands.some((line) => line.startsWith('hivemend undo ')) &&
      !commands.some((line) => /^hivemend (repair|apply|run) /.test(line));
    if (isUndoAlone) expect(shell('hivemend repair /mnt/windows --skip machine-keys --yes').status).toBe(0);
    for (const line of commands) {
      const expected = STATUS.find(([pattern]) => pattern.test(line))?.[1] ?? 0;
      const first = shell(line);
      if (!asks(line)) {
        expect(first.status, `${line}\n${first.said}`).toBe(expected);
        continue;
      }
      expect(first.status, `${line}\n${first.said}`).toBe(2);
      expect(first.said).toContain('--yes');
      const second = shell(`${line.replace(/\s+#.*$/, '')} --yes`);
      expect(second.status, `${line} --yes\n${second.said}`).toBe(expected);
    }
  });
});

it('every line of a shell is run, or is known', () => {
  const lines = blocks.filter(({ language }) => language === 'sh').flatMap((block) => block.lines);
  const unknown = lines.filter(
    (line) => !COMMAND.test(line) && !line.startsWith('#') && !NOT_RUN.some(([pattern]) => pattern.test(line)),
  );
  expect(unknown).toEqual([]);
});

it('every exception is needed', () => {
  const lines = blocks.flatMap((block) => block.lines);
  for (const [pattern] of [...STATUS, ...NOT_RUN]) expect(lines.filter((line) => pattern.test(line))).not.toEqual([]);
});

describe('commands in running text', () => {
  const { commands, common } = commandTree();
  const prose = pages.flatMap((page) =>
    [
      ...readFileSync(join(root, page), 'utf8')
        .replaceAll(/^```[\s\S]*?^```/gm, '')
        .matchAll(/`hivemend ([^`]+)`/g),
    ].map((match) => [page, match[1]!] as const),
  );

  it('name commands and options that there are', () => {
    const wrong = prose.filter(([, text]) => {
      const [name = '', ...words] = text.split(/\s+/);
      if (name.startsWith('-') || name.startsWith('<')) return false;
      const command = commands.find((candidate) => candidate.name === name);
      if (!command) return true;
      const known = [...command.options, ...common].map(({ long }) => long);
      return words.some((word) => /^--[a-z]/.test(word) && !known.includes(word) && word !== '--help');
    });
    expect(wrong).toEqual([]);
    expect(prose.length).toBeGreaterThan(10);
  });
});

it('links between the pages lead to files that are there', () => {
  const broken = pages.flatMap((page) =>
    [...readFileSync(join(root, page), 'utf8').matchAll(/\]\((?!https?:)([^)#\s]+)(#[^)]*)?\)/g)]
      .map((match) => join(dirname(join(root, page)), match[1]!))
      .filter((target) => !existsSync(target))
      .map((target) => `${page}: ${target}`),
  );
  expect(broken).toEqual([]);
});

it('links to a heading lead to one', () => {
  const slugs = (path: string): string[] =>
    [...readFileSync(path, 'utf8').matchAll(/^#{1,6} (.+)$/gm)].map((match) =>
      match[1]!
        .toLowerCase()
        .replaceAll(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    );
  const broken = pages.flatMap((page) =>
    [...readFileSync(join(root, page), 'utf8').matchAll(/\]\((?!https?:)([^)#\s]*)#([^)]+)\)/g)]
      .map(
        (match) =>
          [match[1] === '' ? join(root, page) : join(dirname(join(root, page)), match[1]!), match[2]!] as const,
      )
      .filter(([path, slug]) => path.endsWith('.md') && !slugs(path).includes(slug))
      .map(([path, slug]) => `${page}: ${path}#${slug}`),
  );
  expect(broken).toEqual([]);
});
