#!/usr/bin/env node
// The process: streams, environment, signals and the exit status. Everything else is below.

import fs from 'node:fs';
import { type CliContext, Interrupted, type Terminal } from './terminal.ts';

/** Set where the program is bundled; in one file it has no package.json beside it. */
declare const HIVEMEND_VERSION: string | undefined;

const argv = process.argv.slice(2);

function processTerminal(): Terminal {
  return {
    // Asked of Node when somebody asks: it makes a stream of each.
    get isStdinTty() {
      return process.stdin.isTTY === true;
    },
    get isStdoutTty() {
      return process.stdout.isTTY === true;
    },
    get isStderrTty() {
      return process.stderr.isTTY === true;
    },
    env: process.env,
    platform: process.platform,
    ...(process.stdout.isTTY ? { columns: process.stdout.columns } : {}),
    calledAs: calledAs(),
    cwd: process.cwd(),
    stdout: (chunk) => void writeAll(1, chunk),
    stream: (chunk) => {
      if (!writeAll(1, chunk)) process.exit(0);
    },
    stderr: (text) => void writeAll(2, text),
    readStdin,
    confirm: (question) => {
      writeAll(2, `${question} [y/N] `);
      return /^y(es)?$/i.test(readLine().trim());
    },
  };
}

/** Synchronous, so that what was said is out before the process ends; false when the reader of a pipe has gone. */
function writeAll(fd: number, chunk: string | Uint8Array): boolean {
  const bytes = typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk;
  for (let done = 0; done < bytes.byteLength; ) {
    try {
      done += fs.writeSync(fd, bytes, done, bytes.byteLength - done);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EAGAIN') {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
        continue;
      }
      if (code === 'EPIPE') return false;
      throw error;
    }
  }
  return true;
}

/** Commands after which no disk is another than before. */
const READERS: ReadonlySet<string> = new Set([
  'diagnose',
  'explain',
  'export',
  'inspect',
  'diff',
  'lint',
  'recover',
  'disks',
  'page',
]);

/** 'sudo ./hivemend-linux-x64', 'npx hivemend': what a command that is printed begins with, so that it can be pasted. */
function calledAs(): string {
  const { env, argv0 } = process;
  const script = process.argv[1] ?? '';
  const isRoot = process.getuid?.() === 0 && env.SUDO_USER !== undefined;
  const name = script.slice(Math.max(script.lastIndexOf('/'), script.lastIndexOf('\\')) + 1);
  const isNode = /^node(?:\.exe)?$/i.test(argv0.slice(Math.max(argv0.lastIndexOf('/'), argv0.lastIndexOf('\\')) + 1));
  const program = !isNode
    ? argv0
    : env.npm_command === 'exec'
      ? 'npx hivemend'
      : name.endsWith('js')
        ? `node ${script}`
        : name;
  return `${isRoot ? 'sudo ' : ''}${program || 'hivemend'}`;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const CTRL_C = 0x03;
const CTRL_D = 0x04;
const DELETE = 0x7f;

/**
 * Reads a line from the terminal in raw mode: a signal could not be handled while this waits, so Ctrl-C has to come as a
 * character. What is typed is echoed, since raw mode leaves that to us.
 */
function readLine(): string {
  const byte = new Uint8Array(1);
  let line = '';
  process.stdin.setRawMode?.(true);
  try {
    for (;;) {
      const count = readSome(byte);
      const code = byte[0]!;
      if (count === 0 || code === 0x0a || code === 0x0d || code === CTRL_D) return line;
      if (code === CTRL_C) throw new Interrupted();
      if (code === DELETE || code === 0x08) line = line.slice(0, -1);
      else {
        line += String.fromCharCode(code);
        writeAll(2, byte);
      }
    }
  } finally {
    process.stdin.setRawMode?.(false);
    writeAll(2, '\n');
  }
}

/** What standard input has, waiting for it; 0 at its end. */
function readSome(into: Uint8Array): number {
  for (;;) {
    try {
      return fs.readSync(0, into, 0, into.byteLength, null);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EOF') return 0;
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  }
}

function readStdin(mostBytes: number): Uint8Array {
  const chunks: Uint8Array[] = [];
  for (let total = 0; total <= mostBytes; ) {
    const chunk = new Uint8Array(65_536);
    const count = readSome(chunk);
    if (count === 0) break;
    chunks.push(chunk.subarray(0, count));
    total += count;
  }
  return Buffer.concat(chunks);
}

function packageVersion(): string {
  if (typeof HIVEMEND_VERSION === 'string') return HIVEMEND_VERSION;
  const text = fs.readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

// The version is asked by scripts before every run: answer without loading anything.
if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
  writeAll(1, `${packageVersion()}\n`);
} else {
  // Not awaited here: the executables are made of CommonJS, which has no await at the top.
  let isDone = false;
  void Promise.all([import('./program.ts'), import('../host.ts')])
    .then(async ([{ interruptCli, runCli }, { thisHost }]) => {
      const context: CliContext = {
        terminal: processTerminal(),
        // Made when a command asks for it: help and usage errors need none.
        get host() {
          return thisHost();
        },
      };
      // A pipeline that reads JSON gets its one report after a signal too. It is heard between two steps: a commit is one
      // step, so that it is then whole and reported as such. Without --json a signal ends the process at once.
      const onSignal = async (): Promise<void> => {
        if (isDone) return;
        isDone = true;
        process.exit(await interruptCli(argv, context));
      };
      if (argv.includes('--json')) for (const name of SIGNALS) process.once(name, onSignal);
      process.exitCode = await runCli(argv, context);
      isDone = true;
    })
    .catch((error: unknown) => {
      process.exitCode = 2;
      const { code, syscall } = error as NodeJS.ErrnoException;
      if (syscall !== 'write') throw error;
      const isReading = READERS.has(argv[0] ?? '');
      const done = isReading ? '' : '; if something was written to a disk, its journal has the report';
      writeAll(2, `hivemend: the output cannot be written (${code})${done}\n`);
    });
}
