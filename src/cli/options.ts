// Every option of every command, declared apart from what the commands do: help, docs and completions are made of this.

import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  collect,
  disksForReading,
  disksForWriting,
  hivesOnVolumes,
  journalOptions,
  onVolumes,
  planOptions,
  WINDOWS,
  wholeNumber,
} from './shared-options.ts';

/** The options of whatever writes to a disk, as commander gives them. */
export interface WritingOptions {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly acceptDirty?: boolean;
  readonly note?: string;
  readonly stateDir?: string;
  readonly vmIsOff?: boolean;
  readonly replayLog?: boolean;
  readonly anyBacking?: boolean;
  readonly stateDirIsDurable?: boolean;
  /** With --yes: change the boot store also where BitLocker may then ask for its key. */
  readonly bcd?: boolean;
  /** Evidence, sources and full values too. */
  readonly verbose?: boolean;
}

/** What a session is told of them. */
export function sessionOptions(options: WritingOptions & { readonly windows?: string }): {
  windows?: string;
  acceptDirty?: boolean;
  stateDir?: string;
  vmIsOff?: boolean;
  replayLog?: boolean;
  anyBacking?: boolean;
  isStateDirDurable?: boolean;
} {
  return {
    ...(options.windows === undefined ? {} : { windows: options.windows }),
    ...(options.acceptDirty ? { acceptDirty: true } : {}),
    ...(options.stateDir === undefined ? {} : { stateDir: options.stateDir }),
    ...(options.vmIsOff ? { vmIsOff: true } : {}),
    ...(options.replayLog ? { replayLog: true } : {}),
    ...(options.anyBacking ? { anyBacking: true } : {}),
    ...(options.stateDirIsDurable ? { isStateDirDurable: true } : {}),
  };
}

const LOG = [
  '--log <file>',
  'a transaction log that lies elsewhere, may be given again (default: those beside the hive)',
] as const;
const BCD = ['--bcd', 'with --yes: change the boot store also where BitLocker may then ask for its key'] as const;

/** An id, or its beginning: the date and time of the commit. */
export const JOURNAL_ID = /^\d{4,8}$|^\d{8}T\d{0,6}(?:-\d{0,3}Z?(?:-[0-9a-f]{0,8})?)?$/;

function journalId(word: string): string {
  if (JOURNAL_ID.test(word)) return word;
  throw new InvalidArgumentError('expected the id of a commit there, and the place before it');
}

/** What is added to each command, by its name. */
export const OPTIONS_OF = {
  disks: (command) => {
    disksForReading(command);
  },

  diagnose: (command) => {
    disksForReading(command);
    planOptions(command);
    command.addOption(
      new Option(
        '--symptom <which>',
        'what the headline answers, and what counts: boot, rdp, all, or the code on the screen, like 0x7B (default: all)',
      ),
    );
    command.option('-v, --verbose', 'evidence, sources, every finding and the table of checks');
    command.option('-q, --quiet', 'the headline alone');
  },

  explain: () => {},

  page: (command) => {
    command.requiredOption('-o, --output <file>', 'the file to write');
  },

  repair: (command) => {
    planOptions(command);
    writingOptions(command);
    command.option('--plan <file>', 'save the plan for approval instead of committing it (then: hivemend apply)');
    command.option(...BCD);
  },

  apply: (command) => {
    command.option(...WINDOWS).option(...BCD);
    writingOptions(command);
  },

  undo: (command) => {
    command.option('--list', 'list the commits that are recorded, newest last');
    command.option('--values', 'revert each value that still holds what was written (after Windows has started)');
    command.option('--partial <id>', 'undo a commit whose cut tore single sectors (where undo says STALE_JOURNAL)');
    command.option('--finish', 'complete a commit that was cut off instead of undoing it');
    command.option('--forget [id]', 'remove a record; its change stays', journalId);
    command.option('--all', 'with --forget: all records');
    command.option(...WINDOWS);
    writingOptions(command);
  },

  reg: (command) => {
    compatOptions(command);
    command.option('--hive <file>', 'one hive file; keys are then named from its root');
    command.option('--all-users', 'HKCU stands for each user profile, and for Default');
    command.option(
      '--prefix <key>',
      'import and export: the key that stands for the root of --hive (default: that of its kind)',
    );
    command.option(
      '--code-page <name>',
      'of a .reg file in an ANSI code page, like windows-1252 (default: UTF-8 or UTF-16 is expected)',
    );
  },

  bcdedit: (command) => {
    compatOptions(command);
    command.option(
      '--partition <X:=identity>',
      'what partition=X: means: gpt:<disk>/<partition> or mbr:<signature>@<offset>',
      collect,
    );
  },

  export: (command) => {
    command
      .addOption(
        new Option('--format <format>', 'the form of the output')
          .choices(['xml', 'jsonl', 'reg', 'timesketch', 'bodyfile'])
          .default('jsonl'),
      )
      .option('-o, --output <file>', 'write to a file instead of standard output')
      .option(
        '--lossless',
        'xml: with types, bytes, classes, descriptors and flags, so that import gives the same hive',
      )
      .option('--prefix <key>', 'reg: the key that stands for the root of the hive (default: that of its kind)')
      .option('--raw', 'read the primary file as it lies, without replaying its logs')
      .option(...LOG, collect)
      .option('--since <time>', 'only keys written at or after this time, ISO (default: all)')
      .option('--until <time>', 'only keys written at or before this time, ISO (default: all)')
      .option('--match <glob>', 'only keys whose path matches (default: all)')
      .option('--depth <levels>', 'only this far below the root (default: all levels)', wholeNumber)
      .option('--deleted', 'also deleted keys and values that can still be read')
      .option('--jobs <count>', 'read this many hives at once (default: 1)', wholeNumber);
    hivesOnVolumes(command);
  },

  import: (command) => {
    command.option('--new', 'build a new hive; the file must not exist');
    command.option('--minor <version>', 'of the new hive: 3 (BCD) or 5 (default: 5)', wholeNumber);
    command.option(
      '--prefix <key>',
      'the key of the .reg file that stands for the root of the hive (default: that of its kind)',
    );
    command.option(
      '--code-page <name>',
      'of a .reg file in an ANSI code page, like windows-1252 (default: UTF-8 or UTF-16 is expected)',
    );
    writingOptions(command);
  },

  inspect: (command) => {
    command
      .option('--validate', 'judge every structure as Windows does when it loads the hive; exit 1 on an error')
      .option('--changes', 'which keys and values each log entry changed, in order')
      .option(...LOG, collect);
    hivesOnVolumes(command);
  },

  diff: (command) => {
    command
      .addOption(
        new Option('--format <format>', 'the form of the output').choices(['text', 'json', 'reg']).default('text'),
      )
      .option('--times', 'time stamps too')
      .option('--raw', 'read both as they lie, without replaying their logs')
      .option('--prefix <key>', 'reg: the key that stands for the root of the hive (default: that of its kind)');
    hivesOnVolumes(command);
  },

  recover: (command) => {
    command.requiredOption('-o, --output <file>', 'the new file').option(...LOG, collect);
    hivesOnVolumes(command);
  },

  rebuild: (command) => {
    command.option('-o, --output <file>', 'the new file');
    command.option('--in-place', 'write it over the damaged hive, with journal and undo; asks first');
    onVolumes(command)
      .option(...WINDOWS)
      .option('--from <file>', 'put this other copy of the hive in its place instead (default: none)');
    command.option('--orphans', 'keep keys whose parent is unknown, below a key of their own');
    command.option('--deleted', 'keep deleted keys and values too, below a key of their own');
    command.option(
      '--remove-transactions',
      'with --in-place: delete the .blf and .regtrans-ms files beside the hive too',
    );
    command.option('--accept-loss', 'with --in-place: also where keys that Windows reads at its start are lost');
    writingOptions(command);
  },

  run: (command) => {
    command.option('--drive <X:=volume>', 'which volume a drive letter stands for (may be given again)', collect);
    command.option(
      '--volume <folder>',
      'a mounted Windows volume whose own store and hives are meant (may be given again)',
      collect,
    );
    command.option(...WINDOWS).option('--partition <X:=identity>', 'what partition=X: means in bcdedit lines', collect);
    command.option(
      '--section <title>',
      'of a Markdown page: only this section, may be given again (default: all)',
      collect,
    );
    command.option(
      '--block <number>',
      'of a Markdown page: only this code block, may be given again (default: all)',
      collect,
    );
    command.option('--live-blocks', 'also the blocks that are meant for the running system');
    command.option('--verbatim', 'make control sets that do not exist, as Windows would');
    command.option('--cmd-expansion', 'expand %SystemRoot% and the like as cmd.exe on the recovery machine would');
    command.option(
      '--set <name=value>',
      'what a placeholder, a question or a parameter of the script stands for',
      collect,
    );
    command.option('--strict', 'stop at a command that has to be run on Windows');
    command.option('--skip-unresolved', 'skip lines that are not understood');
    command.option('--all-users', 'HKCU stands for each user profile, and for Default');
    command.option('--allow-delete', 'run lines that delete system files');
    command.option('--allow-elsewhere', 'exit 0 although lines are left to be run on Windows');
    command.option('--out <folder>', 'where listings are written', './hivemend-out');
    command.option('--plan <file>', 'save the plan for approval instead of committing it').option(...BCD);
    writingOptions(command);
  },

  lint: (command) => {
    command
      .addOption(
        new Option('--format <format>', 'the form of the output').choices(['text', 'json', 'sarif']).default('text'),
      )
      .addOption(
        new Option('--fail-on <severity>', 'exit 1 from this severity on')
          .choices(['info', 'warning', 'error'])
          .default('error'),
      );
  },

  shell: (command) => {
    command.option('-c, --command <text>', 'run these commands, separated by semicolons');
    command
      .option('--read-only', 'refuse whatever would change anything')
      .option(...WINDOWS)
      .option(...BCD);
    writingOptions(command);
  },
} as const satisfies Readonly<Record<string, (command: Command) => void>>;

function writingOptions(command: Command): void {
  command
    .option('--dry-run', 'print what would be done; write nothing to the disk')
    .option('-v, --verbose', 'findings, evidence and full values too')
    .option('-y, --yes', 'do not ask')
    .option('--accept-dirty', 'write a hive whose last changes are lost because no log completes it')
    .option('--note <text>', 'a ticket or remark for the report');
  journalOptions(command);
  disksForWriting(command);
}

/** Of reg and bcdedit, whose words are theirs. */
function compatOptions(command: Command): void {
  command.allowUnknownOption(true).allowExcessArguments(true);
  command
    .option(...WINDOWS)
    .option('--volume <folder>', 'a mounted Windows volume or a disk image (may be given again)', collect);
  command.option('--dry-run', 'print what would be done; write nothing to the disk');
  command.option('--accept-dirty', 'write a hive whose last changes are lost because no log completes it');
  command.option('--note <text>', 'a ticket or remark for the report');
  journalOptions(command);
  disksForWriting(command);
}
