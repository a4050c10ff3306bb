// The tree of commands: options come from options.ts, and every action lies in a file of its own that is loaded when asked.

import { Command, CommanderError } from 'commander';
import { statOf } from '../base/read-folder.ts';
import { TOOL } from '../report.ts';
import { COMMANDS, type Load, type Options } from './commands.ts';
import { asOurs, EXIT_CODES } from './exit-code.ts';
import { OPTIONS_OF } from './options.ts';
import { refuseOutputFile } from './output.ts';
import { type CliResult, deliver, deliverError, deliverInterrupt, findingLines, type OutputOptions } from './print.ts';
import { absolutePath, type CliContext, Interrupted } from './terminal.ts';

/** Runs one command line; returns the exit status and never throws. */
export async function runCli(argv: readonly string[], context: CliContext): Promise<number> {
  let result: CliResult | null = null;
  let output = outputOptionsIn(context, argv);
  const program = buildProgram(
    (text) => context.terminal.stdout(text),
    async (load, words, options) => {
      if (output.report !== undefined || output.html !== undefined) {
        const places = [...words, ...(options.volume ?? []), ...(options.drive ?? [])];
        output = { ...output, volumes: foldersIn(context, places) };
        refuseReportFiles(context, output);
      }
      if (READERS.has(argv[0]!)) await sayUnfinished(context, [...words, ...(options.volume ?? [])]);
      const action = await load();
      result = await action(context, words, options);
      output = {
        json: options.json === true,
        force: options.force === true,
        report: options.report,
        html: options.html,
        volumes: result.volumes ?? [],
      };
    },
    argv[0],
  );
  try {
    await program.parseAsync(knownTopic(argv), { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    // The output has no reader that takes it (a full disk): that is told by whoever owns the streams.
    if (isOutputError(error)) throw error;
    if (error instanceof Interrupted) return deliverInterrupt(context, error, commandIn(argv), output);
    const absolute = (word: string): string => absolutePath(context, word);
    const call = { command: calledIn(argv), argv, host: context.host, absolute };
    return deliverError(context, asOurs(error, call), commandIn(argv), output);
  }
  // What cannot be printed is no failure of the command: it goes to whoever owns the streams.
  return result === null ? 0 : deliver(context, result, output);
}

/** What runCli prints and returns when a signal ends it. */
export function interruptCli(argv: readonly string[], context: CliContext): Promise<number> {
  return deliverInterrupt(context, new Interrupted(), commandIn(argv), outputOptionsIn(context, argv));
}

/** `help` of an unknown command is that command's error, and not the help of all. */
function knownTopic(argv: readonly string[]): string[] {
  const [first, topic] = argv;
  const isUnknown = first === 'help' && topic !== undefined && !COMMANDS.some(({ name }) => name === topic);
  return isUnknown ? argv.slice(1) : [...argv];
}

/** Folders among what was named: no report is put there. */
function foldersIn({ host }: CliContext, places: readonly string[]): string[] {
  return places
    .map((place) => place.replace(/^[a-z]:?=/i, ''))
    .filter((place) => statOf(host.fs, place)?.isDirectory());
}

/** A report that may not be written is refused before the work, and not after it. */
function refuseReportFiles({ host }: CliContext, { report, html, force, volumes }: OutputOptions): void {
  for (const file of [report, html]) if (file !== undefined) refuseOutputFile(host, file, { force, volumes });
}

/** Commands that read hives and folders and never write there; the others ask for unfinished commits themselves. */
const READERS: ReadonlySet<string> = new Set(['inspect', 'export', 'diff', 'recover']);

async function sayUnfinished({ host, terminal }: CliContext, paths: readonly string[]): Promise<void> {
  const { tellUnfinished } = await import('../session/unfinished.ts');
  const lines = findingLines(tellUnfinished(host, paths));
  if (lines !== '') terminal.stderr(lines);
}

/** What a host throws where bytes cannot be written to an open stream. */
function isOutputError(error: unknown): boolean {
  const { syscall, path } = (error ?? {}) as { syscall?: unknown; path?: unknown };
  return syscall === 'write' && path === undefined;
}

/** --json, --report and --html, found before parsing, so that a usage error is reported where the user wants it. */
function outputOptionsIn(context: CliContext, argv: readonly string[]): OutputOptions {
  const fileAfter = (option: string): string | undefined => {
    const at = argv.indexOf(option);
    return at < 0 ? undefined : argv[at + 1];
  };
  const report = fileAfter('--report');
  const html = fileAfter('--html');
  return {
    json: argv.includes('--json'),
    force: argv.includes('--force'),
    ...(report === undefined ? {} : { report }),
    ...(html === undefined ? {} : { html }),
    volumes: report === undefined && html === undefined ? [] : foldersIn(context, argv),
  };
}

/** The command that was called, or '' where there is none of that name. */
function calledIn(argv: readonly string[]): string {
  return COMMANDS.find(({ name }) => name === commandIn(argv))?.name ?? '';
}

function commandIn(argv: readonly string[]): string {
  return argv.find((word) => !word.startsWith('-')) ?? 'hivemend';
}

/** Of a narrow terminal; a wide one leaves lines that are hard to read. */
const HELP_COLUMNS = 80;

/**
 * The commander tree; `perform` gets the action of the command that was called. Where `called` is the name of a command it
 * alone is in the tree: help, and what to suggest for a name that is none, need all of them.
 */
export function buildProgram(
  print: (text: string) => void,
  perform: (load: Load, words: readonly string[], options: Options) => Promise<void>,
  called = '',
): Command {
  const output = { writeOut: print, writeErr: () => {}, getOutHelpWidth: () => HELP_COLUMNS };
  const program = new Command('hivemend')
    .description(
      'Repairs Windows disks offline, from another machine: registry hives and boot\nstores, edited in the files, verified, and every change can be undone.',
    )
    .version(TOOL.version, '-V, --version', 'print the version')
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput(output)
    .addHelpText('after', helpEpilogue());

  const chosen = COMMANDS.filter(({ name }) => name === called);
  for (const { name, words, group, summary, examples, load } of chosen.length > 0 ? chosen : COMMANDS) {
    const command = program
      .command(`${name} ${words}`.trim())
      .summary(summary)
      .description(`${summary}.`)
      .helpGroup(group)
      .addHelpText('after', `\nExamples:\n${examples.map((line) => `  ${line}`).join('\n')}\n`)
      .exitOverride();
    command.configureOutput(output);
    command.option('--json', 'print exactly one report as JSON on standard output');
    command.option('--report <file>', 'write the report as JSON to a file as well');
    command.option('--html <file>', 'write the report as one self-contained page as well');
    command.option('--force', 'overwrite an output file that exists');
    OPTIONS_OF[name](command);
    command.action(() => perform(load, command.args, command.opts()));
  }
  return program;
}

function helpEpilogue(): string {
  const codes = EXIT_CODES.map(([code, meaning]) => `  ${String(code).padStart(3)}  ${meaning}`).join('\n');
  return `
A rescue in three commands, with the disk mounted at /mnt/windows:
  hivemend diagnose /mnt/windows
  hivemend repair   /mnt/windows
  hivemend undo     /mnt/windows

Exit status:
${codes}
Diagnose exits 1 where SYSTEM, SOFTWARE or the boot store may hold a cause and
was not read. With --only, --skip or apply, only causes that the call covers
count as left.

Environment:
  NO_COLOR=1            no colour
  HIVEMEND_READ_ONLY=1  every writing command is refused
`;
}
