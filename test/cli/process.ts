// The command line, in this process or as one of its own, and disks for it: folders with hives built from the fixtures.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { runCli } from '../../src/cli/program.ts';
import { Interrupted, type Terminal } from '../../src/cli/terminal.ts';
import { type Host, thisHost } from '../../src/host.ts';
import type { Report } from '../../src/report.ts';
import { buildFixture, type FixtureName } from '../fixture-hives.ts';

export const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as a report. */
  report(): Report;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Standard input. */
  readonly input?: string;
  /** What the person at the terminal answers, question by question; left out: there is no terminal. */
  readonly answers?: readonly (boolean | 'Ctrl-C')[];
  /** Standard output is a terminal of so many columns. */
  readonly columns?: number;
  /** Another machine than this one. */
  readonly host?: Host;
  readonly platform?: string;
}

/** Runs a command line in this process, on the files of this machine; what it prints is kept. */
export async function hivemend(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const stdout: Uint8Array[] = [];
  let stderr = '';
  const answers = [...(options.answers ?? [])];
  const isTty = options.answers !== undefined;
  const print = (chunk: string | Uint8Array): void => void stdout.push(Buffer.from(chunk as Uint8Array));
  const terminal: Terminal = {
    isStdinTty: isTty,
    isStdoutTty: options.columns !== undefined,
    ...(options.columns === undefined ? {} : { columns: options.columns }),
    isStderrTty: isTty,
    env: { ...process.env, ...options.env },
    platform: options.platform ?? process.platform,
    cwd: process.cwd(),
    stdout: print,
    stream: print,
    stderr: (text) => {
      stderr += text;
    },
    readStdin: () => Buffer.from(options.input ?? ''),
    confirm: (question) => {
      stderr += `${question} [y/N] `;
      const answer = answers.shift();
      if (answer === undefined) throw new Error(`nobody answers ${question}`);
      if (answer === 'Ctrl-C') throw new Interrupted();
      return answer;
    },
  };
  const status = await runCli(args, { terminal, host: options.host ?? thisHost() });
  return runOf(status, Buffer.concat(stdout).toString('utf8'), stderr);
}

/** Runs the built command as a process of its own, for what only a process shows. */
export function hivemendProcess(args: readonly string[], options: Pick<RunOptions, 'env' | 'input'> = {}): Run {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...options.env },
    input: options.input ?? '',
    maxBuffer: 1 << 28,
  });
  return runOf(status, stdout, stderr);
}

/** What ends with 70 is a defect of ours, whatever a test gives the command: defects are planted by scripts/planted.mjs. */
function runOf(status: number | null, stdout: string, stderr: string): Run {
  if (status === 70) throw new Error(`exit status 70, which no input leads to: ${stderr}${stdout}`);
  return { status, stdout, stderr, report: () => JSON.parse(stdout) as Report };
}

/** A folder that is removed when the test ends. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hivemend-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface DiskFiles {
  readonly SYSTEM?: FixtureName | Uint8Array;
  readonly SOFTWARE?: FixtureName | Uint8Array | null;
  readonly BCD?: FixtureName | Uint8Array | null;
}

export const SYSTEM_PATH = 'Windows/System32/config/SYSTEM';
export const SOFTWARE_PATH = 'Windows/System32/config/SOFTWARE';
export const BCD_PATH = 'Boot/BCD';

/** A BIOS disk with a broken Windows, unless said otherwise; null leaves a file out. */
export function makeDisk(files: DiskFiles = {}): string {
  const folder = scratch();
  put(folder, SYSTEM_PATH, files.SYSTEM ?? 'SYSTEM-broken');
  put(folder, SOFTWARE_PATH, files.SOFTWARE === undefined ? 'SOFTWARE' : files.SOFTWARE);
  put(folder, BCD_PATH, files.BCD === undefined ? 'BCD-bios' : files.BCD);
  return folder;
}

export function put(folder: string, path: string, content: FixtureName | Uint8Array | null): void {
  if (content === null) return;
  const file = join(folder, ...path.split('/'));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === 'string' ? buildFixture(content) : content);
}

/** Every file below a folder with its bytes as hex, journals left out. */
export function snapshot(folder: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    if (name.split('/')[0] === 'hivemend') continue;
    try {
      files[name] = readFileSync(join(folder, name)).toString('hex');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EISDIR') throw error;
    }
  }
  return files;
}
