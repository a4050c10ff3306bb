// The tree of commands: options come from options.ts, and every action lies in a file of its own that is loaded when asked.

import { Command, CommanderError } from 'commander';
import { HivemendError, InternalError, RefusedError, UsageError } from '../base/errors.ts';
import { EXIT_CODES } from './exit-code.ts';
import { OPTIONS_OF } from './options.ts';
import { type CliResult, deliver, deliverError, deliverInterrupt, findingLines, type OutputOptions } from './print.ts';
import { type CliContext, Interrupted } from './terminal.ts';

/** Runs one command line; returns the exit status and never throws. */
export async function runCli(argv: readonly string[], context: CliContext): Promise<number> {
  let result: CliResult | null = null;
  let output = outputOptionsIn(argv);
  const program = buildProgram(
    context.version,
    (text) => context.terminal.stdout(text),
    async (load, words, options) => {
      if (READERS.has(argv[0]!)) await sayUnfinished(context, words);
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
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    // The output has no reader that takes it (a full disk): that is told by whoever owns the streams.
    if (isOutputError(error)) throw error;
    if (error instanceof Interrupted) return deliverInterrupt(context, error, commandIn(argv), output);
    return deliverError(context, asOurs(error, argv), commandIn(argv), output);
  }
  // What cannot be printed is no failure of the command: it goes to whoever owns the streams.
  return result === null ? 0 : deliver(context, result, output);
}

/** What runCli prints and returns when a signal ends it. */
export function interruptCli(argv: readonly string[], context: CliContext): Promise<number> {
  return deliverInterrupt(context, new Interrupted(), commandIn(argv), outputOptionsIn(argv));
}

/** Commands that read hives and folders and never write there; the others ask for unfinished commits themselves. */
const READERS: ReadonlySet<string> = new Set(['inspect', 'export', 'diff', 'recover']);

async function sayUnfinished({ host, terminal }: CliContext, paths: readonly string[]): Promise<void> {
  const { tellUnfinished } = await import('../session/unfinished.ts');
  const lines = findingLines(tellUnfinished(host, paths, host.style));
  if (lines !== '') terminal.stderr(lines);
}

/** What a host throws where bytes cannot be written to an open stream. */
function isOutputError(error: unknown): boolean {
  const { syscall, path } = (error ?? {}) as { syscall?: unknown; path?: unknown };
  return syscall === 'write' && path === undefined;
}

/** A host's error about a file that nobody expected there: no defect of ours. */
function hostRefusal(error: unknown): HivemendError | null {
  const { code, syscall, path } = (error ?? {}) as { code?: unknown; syscall?: unknown; path?: unknown };
  if (typeof code !== 'string' || typeof syscall !== 'string' || typeof path !== 'string') return null;
  const isGone = ['ENOTCONN', 'ENODEV', 'ENXIO', 'ESTALE'].includes(code);
  return new RefusedError(isGone ? 'NOT_MOUNTED' : 'UNREADABLE', `${path} cannot be used: ${code} at ${syscall}`, {
    hint: isGone ? 'mount the volume again, then run the command again' : 'look at what lies there, and check the disk',
    cause: error,
    data: { path },
  });
}

function asOurs(error: unknown, argv: readonly string[]): HivemendError {
  if (error instanceof HivemendError) return error;
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
    suggestion?.replace(/[()]/g, '') ??
    (error.code === 'commander.missingArgument' ? `hivemend ${commandIn(argv)} --help` : undefined);
  return new UsageError('BAD_ARGUMENT', message, hint === undefined ? {} : { hint });
}

/** --json, --report and --html, found before parsing, so that a usage error is reported where the user wants it. */
function outputOptionsIn(argv: readonly string[]): OutputOptions {
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
    volumes: [],
  };
}

function commandIn(argv: readonly string[]): string {
  return argv.find((word) => !word.startsWith('-')) ?? 'hivemend';
}

// biome-ignore lint/suspicious/noExplicitAny: commander gives the options of a command as any
type Options = any;
/** An action, loaded when its command is called. */
type Load = () => Promise<
  (context: CliContext, words: readonly string[], options: Options) => Promise<CliResult> | CliResult
>;

const COMMANDS: readonly {
  readonly name: keyof typeof OPTIONS_OF;
  readonly words: string;
  readonly summary: string;
  readonly load: Load;
}[] = [
  {
    name: 'disks',
    words: '[disks...]',
    summary: 'List partitions, file systems and the Windows in them',
    load: async () => (await import('./actions/disks.ts')).disks,
  },
  {
    name: 'diagnose',
    words: '<volumes...>',
    summary: 'Find why Remote Desktop or Windows fails on a disk; never writes',
    load: async () => (await import('./actions/diagnose.ts')).diagnose,
  },
  {
    name: 'explain',
    words: '<code>',
    summary: 'Explain a code, a repair or a stop code; needs no disk',
    load: async () => (await import('./actions/explain.ts')).explain,
  },
  {
    name: 'repair',
    words: '<volumes...>',
    summary: 'Repair the disk (shows the plan and asks first)',
    load: async () => (await import('./actions/repair.ts')).repair,
  },
  {
    name: 'apply',
    words: '<plan> <volumes...>',
    summary: 'Commit a saved plan, and only that',
    load: async () => (await import('./actions/apply.ts')).apply,
  },
  {
    name: 'undo',
    words: '<places...>',
    summary: 'Undo a commit',
    load: async () => (await import('./actions/undo.ts')).undo,
  },
  {
    name: 'reg',
    words: '[words...]',
    summary: "Run reg.exe's commands on a volume or a hive",
    load: async () => (await import('./actions/reg.ts')).reg,
  },
  {
    name: 'bcdedit',
    words: '[words...]',
    summary: "Run bcdedit's commands on a volume or a store",
    load: async () => (await import('./actions/bcdedit.ts')).bcdedit,
  },
  {
    name: 'export',
    words: '<sources...>',
    summary: 'Print hives as XML, JSON lines, .reg or a timeline',
    load: async () => (await import('./actions/export.ts')).exportHives,
  },
  {
    name: 'import',
    words: '<hive> <file>',
    summary: 'Put a .reg or XML file into a hive, or build a new one',
    load: async () => (await import('./actions/import.ts')).importFile,
  },
  {
    name: 'inspect',
    words: '<hive>',
    summary: 'Show the header and logs of a hive, and validate it',
    load: async () => (await import('./actions/inspect.ts')).inspect,
  },
  {
    name: 'diff',
    words: '<old> <new>',
    summary: 'Compare two hives',
    load: async () => (await import('./actions/diff.ts')).diff,
  },
  {
    name: 'recover',
    words: '<hive>',
    summary: 'Replay the transaction logs of a hive into a new file',
    load: async () => (await import('./actions/recover.ts')).recover,
  },
  {
    name: 'rebuild',
    words: '<hive>',
    summary: 'Repair a damaged hive or rebuild it as new, and list every loss',
    load: async () => (await import('./actions/rebuild.ts')).rebuild,
  },
  {
    name: 'run',
    words: '<runbook>',
    summary: 'Run a published repair script on the attached disk',
    load: async () => (await import('./actions/run.ts')).run,
  },
  {
    name: 'lint',
    words: '<runbooks...>',
    summary: 'Check published repair scripts; needs no disk',
    load: async () => (await import('./actions/lint.ts')).lint,
  },
  {
    name: 'shell',
    words: '<places...>',
    summary: 'Look and edit at a prompt, over a hive or a disk',
    load: async () => (await import('./shell/start.ts')).shell,
  },
];

/** The headings of the help, with what stands below them. */
const GROUPS: readonly (readonly [heading: string, names: readonly (keyof typeof OPTIONS_OF)[]])[] = [
  ['Look:', ['disks', 'diagnose', 'explain']],
  ['Repair:', ['repair', 'apply', 'undo', 'rebuild']],
  ['Compatible tools:', ['reg', 'bcdedit']],
  ['Scripts:', ['run', 'lint']],
  ['Files:', ['export', 'import', 'inspect', 'diff', 'recover', 'shell']],
];

const groupOf = (name: keyof typeof OPTIONS_OF): string => GROUPS.find(([, names]) => names.includes(name))![0];

/**
 * The commander tree; `perform` gets the action of the command that was called. Where `called` is the name of a command it
 * alone is in the tree: help, and what to suggest for a name that is none, need all of them.
 */
export function buildProgram(
  version: string,
  print: (text: string) => void,
  perform: (load: Load, words: readonly string[], options: Options) => Promise<void>,
  called = '',
): Command {
  const output = { writeOut: print, writeErr: () => {} };
  const program = new Command('hivemend')
    .description(
      'Repairs Windows disks offline, from another machine: registry hives and boot\nstores, edited in the files, verified, and every change can be undone.',
    )
    .version(version, '-V, --version', 'print the version')
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput(output)
    .addHelpText('after', helpEpilogue());

  const chosen = COMMANDS.filter(({ name }) => name === called);
  for (const { name, words, summary, load } of chosen.length > 0 ? chosen : COMMANDS) {
    const command = program
      .command(`${name} ${words}`)
      .summary(summary)
      .description(`${summary}.`)
      .helpGroup(groupOf(name))
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

Environment:
  NO_COLOR=1            no colour
  HIVEMEND_READ_ONLY=1  every writing command is refused
`;
}
