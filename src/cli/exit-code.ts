// What ends a command: its exit status (docs and help are made from this list), and any error as one of ours.

import { CommanderError } from 'commander';
import { HivemendError, InternalError, RefusedError, UsageError } from '../base/errors.ts';
import { joinHost } from '../base/host-path.ts';
import { commandLine } from '../base/quote.ts';
import { noRights, statOf } from '../base/read-folder.ts';
import type { Host } from '../host.ts';

export const INTERRUPTED_EXIT_CODE = 130;

/** Exit status to meaning, as help and docs print them. */
export const EXIT_CODES: readonly (readonly [number, string])[] = [
  [0, 'Done, or nothing to do'],
  [1, 'A cause found or left, what may hold one not read, a difference'],
  [2, 'Wrong call, or not confirmed (add --yes)'],
  [3, 'Not found'],
  [4, 'Bad data: the bytes are not what they should be'],
  [5, 'Refused: an operator has to decide'],
  [6, 'The commit failed; the disk holds the original'],
  [7, 'The commit failed; run hivemend undo'],
  [8, 'The engine failed; nothing was written'],
  [70, 'Internal error (a bug in hivemend); nothing was written'],
  [INTERRUPTED_EXIT_CODE, 'Interrupted; nothing was written'],
];

/** The exit status of something thrown: its kind says it, anything unknown is our defect. */
export function errorExitCode(error: unknown): number {
  return error instanceof HivemendError ? error.exitCode : 70;
}

/** A host's error that nobody expected there, of a path or of a file that is open: no defect of ours. */
function hostRefusal(error: unknown): HivemendError | null {
  const { code, syscall, path } = (error ?? {}) as { code?: unknown; syscall?: unknown; path?: unknown };
  if (typeof code !== 'string' || typeof syscall !== 'string') return null;
  const subject = typeof path === 'string' ? path : 'a file that was open';
  if (code === 'EACCES' || code === 'EPERM') return noRights(subject);
  const isGone = ['ENOTCONN', 'ENODEV', 'ENXIO', 'ESTALE'].includes(code);
  return new RefusedError(isGone ? 'NOT_MOUNTED' : 'UNREADABLE', `${subject} cannot be used: ${code} at ${syscall}`, {
    hint: isGone ? 'mount the volume again, then run the command again' : 'look at what lies there, and check the disk',
    cause: error,
    data: { path: path ?? null },
  });
}

/** What was called: the name of the command, or '', and all words. */
interface Call {
  readonly command: string;
  readonly argv: readonly string[];
  readonly host: Host;
  /** The whole path of a word that may be relative. */
  absolute(word: string): string;
}

/** Any error as one of ours; its next command is the whole of what was called, where only a word of it was wrong. */
export function asOurs(error: unknown, call: Call): HivemendError {
  const { command, argv } = call;
  const { style } = call.host;
  if (error instanceof RefusedError && error.hint?.startsWith('--windows ') && argv[0] === command) {
    const hint = `hivemend ${command} ${error.hint} ${commandLine(argv.slice(1), style)}`;
    return new RefusedError(error.code, error.message, { hint, data: error.data ?? {}, cause: error });
  }
  if (error instanceof HivemendError) return folderRefusal(error, call) ?? explained(withCall(error, call));
  const refusal = hostRefusal(error);
  if (refusal) return refusal;
  if (!(error instanceof CommanderError))
    return new InternalError(error instanceof Error ? error.message : String(error), { cause: error });
  // What commander says when it was given nothing to do is the help text, which is not a sentence.
  if (error.code === 'commander.help')
    return new UsageError('BAD_ARGUMENT', 'No command given', {
      hint: 'hivemend --help',
    });
  const [message = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
  const hint =
    correctedCall(call, message, suggestion ?? '') ??
    suggestion?.replace(/[()]/g, '') ??
    `hivemend ${command === '' ? '' : `${command} `}--help`;
  return new UsageError('BAD_ARGUMENT', usageSentence(message), { hint });
}

/** Of an error that says which word was wrong and what it was meant as, the whole call with that one in its place. */
function withCall(error: HivemendError, { argv, host, absolute }: Call): HivemendError {
  const { word, meant } = (error.data?.instead ?? {}) as { readonly word?: string; readonly meant?: string };
  if (word === undefined || meant === undefined) return error;
  const corrected = argv.map((one) => {
    if (absolute(one) === word) return meant;
    return one
      .split(',')
      .map((part) => (part === word ? meant : part))
      .join(',');
  });
  if (corrected.some((one, i) => one !== argv[i])) error.hint = commandLine(['hivemend', ...corrected], host.style);
  return error;
}

/** Where nothing is known that helps, the code is explained. */
function explained(error: HivemendError): HivemendError {
  const isOurs = error.kind === 'UsageError' || error.kind === 'NotFoundError' || error.kind === 'InternalError';
  if (!isOurs) error.hint ??= `hivemend explain ${error.code}`;
  return error;
}

/** Where the SYSTEM of a disk, or of a folder of copies, lies. */
const HIVES_IN = ['Windows/System32/config/SYSTEM', 'config/SYSTEM', 'SYSTEM', 'BCD'];

/** A folder was named where a hive was expected: the same call of the hive in it. */
function folderRefusal(error: HivemendError, { argv, host }: Call): UsageError | null {
  const { path, isFolder } = error.data ?? {};
  if (isFolder !== true || typeof path !== 'string' || !argv.includes(path)) return null;
  const hive = HIVES_IN.map((name) => joinHost(path, name, host.style)).find((file) => statOf(host.fs, file)?.isFile());
  const words = argv.map((word) => (word === path && hive !== undefined ? hive : word));
  const hint = hive === undefined ? {} : { hint: commandLine(['hivemend', ...words], host.style) };
  return new UsageError('BAD_PATH', error.message, { ...hint, cause: error });
}

/** What was called, with the one word that commander suggests; null where it suggests none, or several. */
function correctedCall({ argv, host }: Call, message: string, suggestion: string): string | null {
  const wrong = /^unknown (?:command|option) '(.*)'$/.exec(message)?.[1];
  const meant = /^\(Did you mean (\S+)\?\)$/.exec(suggestion)?.[1];
  if (wrong === undefined || meant === undefined || !argv.includes(wrong)) return null;
  return commandLine(['hivemend', ...argv.map((word) => (word === wrong ? meant : word))], host.style);
}

/** What commander says, in the words and quotes of every other error. */
const USAGE_SENTENCES: readonly (readonly [RegExp, string])[] = [
  [/^unknown (command|option) '(.*)'$/, 'unknown $1 "$2"'],
  [
    /^option '(?:-\w, )?(--[a-z-]+)[^']*' argument '(.*)' is invalid\. Allowed choices are (.*)\.$/,
    '$1 "$2" is not known; expected $3',
  ],
  [/^option '(?:-\w, )?(--[a-z-]+)[^']*' argument '(.*)' is invalid\. (.*)$/, '$1 "$2" is invalid; $3'],
  [/^option '(?:-\w, )?(--[a-z-]+) (.*)' argument missing$/, '$1 needs its $2'],
  [/^required option '(?:-\w, )?(--[a-z-]+) (.*)' not specified$/, '$1 $2 is missing'],
  [/^missing required argument '(.*)'$/, 'missing argument <$1>'],
  [/^too many arguments.*Expected (\d+) arguments? but got (\d+).*$/, 'too many arguments: expected $1, found $2'],
];

function usageSentence(message: string): string {
  const known = USAGE_SENTENCES.find(([form]) => form.test(message));
  return known ? message.replace(known[0], known[1]) : message;
}
