// What the command line knows of the world around it, so that the rest of cli/ can be tested without a process.

import { posix, win32 } from 'node:path';
import { UsageError } from '../base/errors.ts';
import { readNamedFile } from '../base/read-file.ts';
import { printable } from '../base/text.ts';
import type { Host } from '../host.ts';
import type { TextOptions } from '../render/style.ts';

/** Streams, environment and the one question that is ever asked. */
export interface Terminal {
  readonly isStdinTty: boolean;
  readonly isStdoutTty: boolean;
  readonly isStderrTty: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: string;
  /** Of standard output, where it is a terminal. */
  readonly columns?: number;
  /** How the program was called: what commands that are printed begin with. */
  readonly calledAs?: string;
  /** Working directory, for paths that are given relative to it. */
  readonly cwd: string;
  /** Where the reader has gone it says nothing more, and the command goes on: its exit status is still of use. */
  stdout(chunk: string | Uint8Array): void;
  /** As stdout, of a command that only reads: nobody needs the rest, so the process ends with 0 when the reader has gone. */
  stream(chunk: string | Uint8Array): void;
  stderr(text: string): void;
  /** All of standard input, or its first `mostBytes` and some more. */
  readStdin(mostBytes: number): Uint8Array;
  /** Asks on standard error and reads one line; No (false) is the default. @throws Interrupted for Ctrl-C. */
  confirm(question: string): boolean;
}

/** What every action gets: the terminal, and the machine that it runs on. */
export interface CliContext {
  readonly terminal: Terminal;
  readonly host: Host;
}

/** The person pressed Ctrl-C at a question, or a signal came: nothing was written. */
export class Interrupted extends Error {
  constructor() {
    super('interrupted, and nothing was written');
  }
}

/** A path as printed commands name it: they may be pasted in another folder. An address and a drive stay as they are. */
export function absolutePath({ terminal, host }: CliContext, path: string): string {
  if (/^(?:[a-z+]+:\/\/|[a-z]:[\\/]?$)/i.test(path)) return path;
  return host.style === 'win32' ? win32.resolve(terminal.cwd, path) : posix.resolve(terminal.cwd, path);
}

/** Whether a question can be asked: standard input and standard error are terminals, wherever standard output goes. */
export function canAsk(terminal: Terminal): boolean {
  return terminal.isStdinTty && terminal.isStderrTty;
}

/** Colour only on a terminal, never where NO_COLOR is set. */
export function wantsColour(terminal: Terminal): boolean {
  return terminal.isStdoutTty && !terminal.env.NO_COLOR && terminal.env.TERM !== 'dumb';
}

/** Lines that are longer than this are hard to read, however wide the terminal is. */
const MAX_COLUMNS = 120;
const MIN_COLUMNS = 40;

/** What screens are drawn for: standard output, or with `isAsked` the question on standard error. */
export function styleOf(
  terminal: Terminal,
  options: { readonly verbose?: boolean; readonly needed?: boolean } = {},
  isAsked = false,
): TextOptions {
  const { env, platform, columns, calledAs } = terminal;
  const isTty = isAsked ? terminal.isStderrTty : terminal.isStdoutTty;
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || '';
  return {
    colour: isTty && wantsColour({ ...terminal, isStdoutTty: isTty }),
    isUtf8: isTty && (platform === 'win32' || /utf-?8/i.test(locale)),
    ...(isTty && columns !== undefined ? { width: Math.min(MAX_COLUMNS, Math.max(MIN_COLUMNS, columns)) } : {}),
    ...(options.verbose ? { isVerbose: true } : {}),
    ...(options.needed ? { isNeeded: true } : {}),
    ...(calledAs === undefined ? {} : { calledAs }),
    ...(env.HIVEMEND_READ_ONLY ? { isReadOnly: true } : {}),
  };
}

const PROGRESS_WIDTH = 78;

/** One line on standard error that says what long work is at. */
export interface ProgressLine {
  show(text: string): void;
  clear(): void;
}

/** On a terminal only, and not where the output itself goes to it. */
export function progressLine(terminal: Terminal): ProgressLine {
  if (!terminal.isStderrTty || terminal.isStdoutTty) return { show: () => {}, clear: () => {} };
  return {
    show: (text) => terminal.stderr(`\r${printable(text).slice(0, PROGRESS_WIDTH).padEnd(PROGRESS_WIDTH)}`),
    clear: () => terminal.stderr(`\r${' '.repeat(PROGRESS_WIDTH)}\r`),
  };
}

const MOST_INPUT_BYTES = 16 * 1024 * 1024;

/** The script that run and lint are given: a file, or - for standard input. @throws UsageError BAD_ARGUMENT for more on standard input than a script can have; as readNamedFile. */
export function readScript({ terminal, host }: CliContext, name: string): Uint8Array {
  if (name !== '-') return readNamedFile(host.fs, name);
  const bytes = terminal.readStdin(MOST_INPUT_BYTES);
  if (bytes.byteLength <= MOST_INPUT_BYTES) return bytes;
  throw new UsageError('BAD_ARGUMENT', `the script on standard input has more than ${MOST_INPUT_BYTES} bytes`);
}
