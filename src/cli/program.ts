// The tree of commands: every option is declared here, every action lies in a file of its own that is loaded when asked.

import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { HivemendError, InternalError, UsageError } from '../base/errors.ts';
import { PROFILES } from '../repairs/profiles.ts';
import { EXIT_CODES } from './exit-code.ts';
import { type CliResult, deliver, deliverError, deliverInterrupt, type OutputOptions } from './print.ts';
import { Interrupted, type Terminal } from './terminal.ts';

/** What every action gets: the terminal, the version, and where its output goes. */
export interface CliContext {
  readonly terminal: Terminal;
  readonly version: string;
}

/** Runs one command line; returns the exit status and never throws. */
export async function runCli(argv: readonly string[], terminal: Terminal, version: string): Promise<number> {
  const context: CliContext = { terminal, version };
  const outcome: { result: CliResult | null; output: OutputOptions } = { result: null, output: outputOptionsIn(argv) };
  const finish: Finish = (result, output) => {
    outcome.result = result;
    outcome.output = output;
  };
  const program = buildProgram(context, finish, argv[0]);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    if (outcome.result === null) return 0;
    return deliver(context, outcome.result, outcome.output);
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    if (error instanceof Interrupted) return deliverInterrupt(context, error, commandIn(argv), outcome.output);
    return deliverError(context, asOurs(error, argv), commandIn(argv), outcome.output);
  }
}

/** What runCli prints and returns when a signal ends it. */
export function interruptCli(argv: readonly string[], terminal: Terminal, version: string): Promise<number> {
  return deliverInterrupt({ terminal, version }, new Interrupted(), commandIn(argv), outputOptionsIn(argv));
}

function asOurs(error: unknown, argv: readonly string[]): HivemendError {
  if (error instanceof HivemendError) return error;
  if (!(error instanceof CommanderError))
    return new InternalError(error instanceof Error ? error.message : String(error), { cause: error });
  // What commander says when it was given nothing to do is the help text, which is not a sentence.
  if (error.code === 'commander.help')
    return new UsageError('BAD_ARGUMENT', 'no command was given, expected one like diagnose', {
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

type Finish = (result: CliResult, output: OutputOptions) => void;
// biome-ignore lint/suspicious/noExplicitAny: commander gives the options of a command as any
type Options = any;
/** An action loaded when its command is called. */
type Action = (context: CliContext, words: readonly string[], options: Options) => Promise<CliResult> | CliResult;

/**
 * The commander tree; `finish` gets the result of the command that was called. Where `called` is the name of a command
 * its group alone is in the tree: help, and what to suggest for a name that is none, need all of them.
 */
export function buildProgram(context: CliContext, finish: Finish, called = ''): Command {
  const program = new Command('hivemend')
    .description(
      'Repairs a Windows disk that no longer answers, from the recovery machine it hangs on: registry hives and BCD\nstores, edited offline, verified, and every change can be taken back.',
    )
    .version(context.version, '-V, --version', 'print the version')
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({ writeOut: (text) => context.terminal.stdout(text), writeErr: () => {} })
    .addHelpText('after', helpEpilogue());

  const command = (spec: string, summary: string, load: () => Promise<Action>): Command => {
    const sub = program.command(spec).summary(summary).description(summary).exitOverride();
    sub.configureOutput({ writeOut: (text) => context.terminal.stdout(text), writeErr: () => {} });
    sub.option('--json', 'print exactly one report as JSON on standard output');
    sub.option('--report <file>', 'write the report as JSON to a file as well');
    sub.option('--html <file>', 'write the report as one self-contained page as well');
    sub.option('--force', 'overwrite an output file that exists');
    sub.action(async (...args: unknown[]) => {
      const called = args.at(-1) as Command;
      const options = called.opts();
      const action = await load();
      const result = await action(context, called.args, options);
      finish(result, {
        json: options.json === true,
        force: options.force === true,
        report: options.report,
        html: options.html,
        volumes: result.volumes ?? [],
      });
    });
    return sub;
  };

  const group = GROUPS.find(({ names }) => names.includes(called));
  for (const { add } of group ? [group] : GROUPS) add(command);
  return program;
}

type AddCommand = (spec: string, summary: string, load: () => Promise<Action>) => Command;

const GROUPS: readonly { readonly names: readonly string[]; readonly add: (command: AddCommand) => void }[] = [
  { names: ['diagnose', 'repair', 'apply', 'undo'], add: addRescueCommands },
  { names: ['reg', 'bcdedit'], add: addOriginals },
  { names: ['export', 'import', 'inspect', 'diff', 'recover'], add: addExchangeCommands },
  { names: ['run', 'lint'], add: addRunbookCommands },
];

function addRescueCommands(command: AddCommand): void {
  const rescue = async () => import('./actions/rescue.ts');
  planOptions(
    command(
      'diagnose <volumes...>',
      'say why RDP fails on this disk, and what would mend it; never writes',
      async () => (await rescue()).diagnose,
    ),
  );
  const repair = command(
    'repair <volumes...>',
    'mend the disk: plan, verify, ask, commit, and keep what undo needs',
    async () => (await rescue()).repair,
  );
  planOptions(repair);
  writingOptions(repair);
  repair.option('--plan <file>', 'save the plan for approval instead of committing it (then: hivemend apply)');
  repair.option('--bcd', 'with --yes: change the boot store also where BitLocker may then ask for its key');
  const apply = command(
    'apply <plan> <volumes...>',
    'commit a saved plan, and only that',
    async () => (await rescue()).apply,
  );
  apply.option('--windows <folder>', 'which Windows, where the volumes hold more than one');
  apply.option('--bcd', 'with --yes: change the boot store also where BitLocker may then ask for its key');
  writingOptions(apply);
  const undo = command(
    'undo <places...>',
    'take a commit back: <volume...> [<id>] or <file>',
    async () => (await rescue()).undo,
  );
  undo.option('--list', 'list the commits that are recorded, newest last');
  undo.option('--values', 'take back the values that still hold what was written (after Windows has started)');
  undo.option('--finish', 'complete a commit that was cut off instead of taking it back');
  undo.option('--forget [id]', 'remove a record; its change stays');
  undo.option('--all', 'with --forget: all records');
  undo.option('--windows <folder>', 'which Windows, where the volumes hold more than one');
  writingOptions(undo);
}

function planOptions(command: Command): void {
  command
    .option('--only <repairs>', 'only these repairs, by comma', list)
    .option('--skip <repairs>', 'leave these repairs out, by comma', list)
    .option('--profile <name|file>', `${Object.keys(PROFILES).join(', ')}, or a JSON file of your own`)
    .option('--needed', 'only what mends a cause that was found')
    .option('--as-published', "the article's values to the letter, also where what is there serves the purpose")
    .addOption(new Option('--tls <versions>', 'protocols to enable, by comma: 1.0,1.1,1.2').argParser(list))
    .addOption(new Option('--serial <how>', 'ems: leave boot menu and timeout alone').choices(['full', 'ems']))
    .option('--port <number>', 'the RDP port wanted', wholeNumber)
    .option('--disable-firewall', 'rdp-firewall also switches the firewall profiles off')
    .option('--all-keys', 'machine-keys grants on every machine key, as the article does')
    .option('--all-loaders', 'serial-console in every Windows loader of the store')
    .option('--fix-default <id>', 'make this loader the default of a store whose default does not exist')
    .option('--control-sets <which>', 'existing (default), current, or numbers: 001,002')
    .option('--create <numbers>', 'control sets that may be made where they do not exist', list)
    .option('--windows <folder>', 'which Windows, where the volumes hold more than one')
    .option('--expect <computer>', 'refuse the disk of any other computer');
}

function writingOptions(command: Command): void {
  command
    .option('--dry-run', 'print what would be done; write nothing')
    .option('-y, --yes', 'do not ask')
    .option('--accept-dirty', 'write a hive whose last changes are lost because no log completes it')
    .option('--note <text>', 'a ticket or remark for the report')
    .option('--state-dir <folder>', 'keep the journal here instead of on the Windows volume');
}

function addOriginals(command: AddCommand): void {
  const originals = async () => import('./actions/compat.ts');
  for (const [name, summary] of [
    ['reg', "reg.exe's commands on --volume <folder> or --hive <file>"],
    ['bcdedit', "bcdedit's commands on --volume <folder> or /store <file>"],
  ] as const) {
    const sub = command(`${name} [words...]`, summary, async () => (await originals())[name]);
    sub.allowUnknownOption(true).allowExcessArguments(true);
    sub.option('--volume <folder>', 'a mounted Windows volume (may be given again)', collect);
    sub.option('--windows <folder>', 'which Windows, where the volumes hold more than one');
    sub.option('--dry-run', 'print what would be done; write nothing');
    sub.option('--accept-dirty', 'write a hive whose last changes are lost because no log completes it');
    sub.option('--note <text>', 'a ticket or remark for the report');
    sub.option('--state-dir <folder>', 'keep the journal here');
    if (name === 'reg') {
      sub.option('--hive <file>', 'one hive file; keys are then named from its root');
      sub.option('--prefix <key>', 'import and export: the key that stands for the root of --hive');
      sub.option('--code-page <name>', 'of a .reg file in an ANSI code page, like windows-1252');
    } else {
      sub.option(
        '--partition <X:=identity>',
        'what partition=X: means: gpt:<disk>/<partition> or mbr:<signature>@<offset>',
        collect,
      );
    }
  }
}

function addExchangeCommands(command: AddCommand): void {
  const exchange = async () => import('./actions/exchange.ts');
  command(
    'export <sources...>',
    'print hives (files or folders) as xml, jsonl, reg, timesketch or bodyfile',
    async () => (await import('./actions/export.ts')).exportHives,
  )
    .addOption(
      new Option('--format <format>', 'the form of the output')
        .choices(['xml', 'jsonl', 'reg', 'timesketch', 'bodyfile'])
        .default('jsonl'),
    )
    .option('-o, --output <file>', 'write to a file instead of standard output')
    .option('--lossless', 'xml: with types, bytes, classes, descriptors and flags, so that import gives the same hive')
    .option('--prefix <key>', 'reg: the key that stands for the root of the hive')
    .option('--raw', 'read the primary file as it lies, without replaying its logs')
    .option('--log <file>', 'a transaction log that lies elsewhere (may be given again)', collect)
    .option('--since <time>', 'only keys written at or after this time (ISO)')
    .option('--until <time>', 'only keys written at or before this time (ISO)')
    .option('--match <glob>', 'only keys whose path matches')
    .option('--depth <levels>', 'only this far below the root', wholeNumber)
    .option('--deleted', 'also deleted keys and values that can still be read')
    .option('--jobs <count>', 'read this many hives at once', wholeNumber);
  const importCommand = command(
    'import <hive> <file>',
    'put a .reg or XML file into a hive, or build a new one with --new',
    async () => (await exchange()).importFile,
  );
  importCommand.option('--new', 'build a new hive; the file must not exist');
  importCommand.option('--minor <version>', 'of the new hive: 3 (BCD) or 5', wholeNumber);
  importCommand.option('--prefix <key>', 'the key of the .reg file that stands for the root of the hive');
  importCommand.option('--code-page <name>', 'of a .reg file in an ANSI code page, like windows-1252');
  writingOptions(importCommand);
  command(
    'inspect <hive>',
    'header, transaction logs, and whether the structure is sound',
    async () => (await exchange()).inspect,
  )
    .option('--validate', 'judge every structure as Windows does when it loads the hive; exit 1 on an error')
    .option('--changes', 'which keys and values each log entry changed, in order')
    .option('--log <file>', 'a transaction log that lies elsewhere (may be given again)', collect);
  command(
    'diff <old> <new>',
    'what differs between two hives; exit 1 when anything does',
    async () => (await exchange()).diff,
  )
    .addOption(
      new Option('--format <format>', 'the form of the output').choices(['text', 'json', 'reg']).default('text'),
    )
    .option('--times', 'time stamps too')
    .option('--raw', 'read both as they lie, without replaying their logs')
    .option('--prefix <key>', 'reg: the key that stands for the root of the hive');
  command('recover <hive>', 'replay the transaction logs into a new file', async () => (await exchange()).recover)
    .requiredOption('-o, --output <file>', 'the new file')
    .option('--log <file>', 'a transaction log that lies elsewhere (may be given again)', collect);
}

function addRunbookCommands(command: AddCommand): void {
  const runbooks = async () => import('./actions/runbooks.ts');
  const run = command(
    'run <runbook>',
    'do what a published repair script says, to the attached disk; - reads standard input',
    async () => (await runbooks()).run,
  );
  run.option('--drive <X:=folder>', 'which volume a drive letter stands for (may be given again)', collect);
  run.option(
    '--volume <folder>',
    'a mounted Windows volume whose own store and hives are meant (may be given again)',
    collect,
  );
  run.option('--windows <folder>', 'which Windows, where the volumes hold more than one');
  run.option('--partition <X:=identity>', 'what partition=X: means in bcdedit lines', collect);
  run.option('--section <title>', 'of a Markdown page: only this section (may be given again)', collect);
  run.option('--block <number>', 'of a Markdown page: only this code block (may be given again)', collect);
  run.option('--live-blocks', 'also the blocks that are meant for the running system');
  run.option('--verbatim', 'make control sets that do not exist, as Windows would');
  run.option('--cmd-expansion', 'expand %SystemRoot% and the like as cmd.exe on the recovery machine would');
  run.option('--strict', 'stop at a command that has to be run elsewhere');
  run.option('--skip-unresolved', 'leave out lines that cannot be resolved');
  run.option('--out <folder>', 'where listings are written', './hivemend-out');
  run.option('--plan <file>', 'save the plan for approval instead of committing it');
  run.option('--bcd', 'with --yes: change the boot store also where BitLocker may then ask for its key');
  writingOptions(run);
  command(
    'lint <runbooks...>',
    'what is wrong with published repair scripts; needs no disk',
    async () => (await runbooks()).lint,
  )
    .addOption(
      new Option('--format <format>', 'the form of the output').choices(['text', 'json', 'sarif']).default('text'),
    )
    .addOption(
      new Option('--fail-on <severity>', 'exit 1 from this severity on')
        .choices(['info', 'warning', 'error'])
        .default('error'),
    );
}

function list(text: string): string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

function collect(text: string, earlier: string[] | undefined): string[] {
  return [...(earlier ?? []), text];
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('expected a whole number');
  return Number(text);
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

Environment: NO_COLOR=1 (no colour), HIVEMEND_READ_ONLY=1 (every writing command is refused).
`;
}
