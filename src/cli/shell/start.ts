// shell: look and edit at a prompt, or by lines from standard input or -c.

import { HivemendError } from '../../base/errors.ts';
import { nameOfHost } from '../../base/host-path.ts';
import { readFileStart } from '../../base/read-file.ts';
import { statOf } from '../../base/read-folder.ts';
import { prepareUndo } from '../../commands/undo.ts';
import { planText } from '../../render/repair-text.ts';
import type { Report } from '../../report.ts';
import { bindSystemStore } from '../../session/boot-store.ts';
import { machineOf, machineView } from '../../session/machine-view.ts';
import { PreparedCommit } from '../../session/prepared.ts';
import { Session } from '../../session/session.ts';
import { undoTexts } from '../actions/undo.ts';
import { askAndCommit } from '../ask.ts';
import { sessionOptions, type WritingOptions } from '../options.ts';
import { blankReport, type CliResult, errorText, findingLines } from '../print.ts';
import { absolutePath, type CliContext, canAsk, Interrupted, styleOf } from '../terminal.ts';
import { Shell, type ShellTarget } from './shell.ts';
import { commandsIn } from './words.ts';

/** As commander gives them. */
interface ShellOptions extends WritingOptions {
  readonly command?: string;
  readonly readOnly?: boolean;
  readonly windows?: string;
}

const MOST_INPUT_BYTES = 16 * 1024 * 1024;

export async function shell(context: CliContext, given: readonly string[], options: ShellOptions): Promise<CliResult> {
  const { terminal } = context;
  const places = given.map((place) => absolutePath(context, place));
  using it = new Shell(targetOf(context, places, options));
  terminal.stderr(findingLines(it.session.loadFindings()));
  if (options.command !== undefined) runAll(context, it, options.command);
  else if (canAsk(terminal) && terminal.isStdoutTty) await atPrompt(context, it);
  else runAll(context, it, new TextDecoder().decode(terminal.readStdin(MOST_INPUT_BYTES)));
  const left = it.session.changes.length;
  const stderr = left === 0 ? '' : `hivemend: ${left} staged change${left === 1 ? ' was' : 's were'} dropped\n`;
  return { exitCode: 0, stdout: '', stderr, report: blankReport(context, 'shell'), volumes: places };
}

/** The first command that fails ends it. */
function runAll({ terminal }: CliContext, it: Shell, text: string): void {
  for (const command of commandsIn(text)) {
    terminal.stdout(it.run(command));
    if (it.isEnded) return;
  }
}

async function atPrompt({ terminal }: CliContext, it: Shell): Promise<void> {
  const { createInterface } = await import('node:readline');
  const lines = createInterface({
    input: process.stdin,
    output: process.stdout,
    completer: (line: string) => it.complete(line),
    historySize: 1000,
  });
  terminal.stdout('Type help for the commands. Nothing is written before commit.\n');
  await new Promise<void>((resolve) => {
    const ask = (): void => {
      lines.setPrompt(it.prompt);
      lines.prompt();
    };
    lines.on('line', (line) => {
      // A question reads the terminal itself.
      lines.pause();
      for (const command of commandsIn(line)) {
        if (!runShown(terminal, it, command)) break;
      }
      if (it.isEnded) lines.close();
      else ask();
    });
    lines.on('SIGINT', () => {
      terminal.stdout('\n');
      // What was typed is dropped, as in other shells.
      lines.write(null, { ctrl: true, name: 'u' });
      ask();
    });
    lines.on('close', resolve);
    ask();
  });
}

function runShown(terminal: CliContext['terminal'], it: Shell, command: string): boolean {
  try {
    terminal.stdout(it.run(command));
    return !it.isEnded;
  } catch (error) {
    if (!(error instanceof HivemendError || error instanceof Interrupted)) throw error;
    terminal.stderr(errorText(error, terminal));
    return false;
  }
}

function targetOf(context: CliContext, places: readonly string[], options: ShellOptions): ShellTarget {
  const { host, terminal } = context;
  const [first = ''] = places;
  const isHive = places.length === 1 && isHiveFile(context, first);
  const settings = { ...sessionOptions(options), isReading: true };
  const only = isHive ? nameOfHost(first, host.style) : null;
  return {
    only,
    isReadOnly: options.readOnly === true || Boolean(terminal.env.HIVEMEND_READ_ONLY),
    open: () => {
      if (only !== null) return Session.overFiles(host, [{ name: only, path: first }], settings);
      const session = Session.overVolumes(host, places, settings);
      bindSystemStore(session);
      return session;
    },
    commit: (session, note) => {
      // Where the answer is No, what is staged stays: the session is closed by whoever opened it.
      const prepared = new PreparedCommit(session, session.prove(), {
        command: 'shell',
        ...(note === undefined ? {} : { note }),
        machine: only === null ? machineOf(session, machineView(session, VIEW)) : null,
        outcomes: [{ name: 'edited by hand', controlSet: null, state: 'planned', changes: [...session.changes] }],
        findings: session.loadFindings(),
        skipped: [],
        isWhole: true,
        edits: session.changes.map(({ edit }) => edit),
        why: session.changes.map(() => 'edited by hand'),
        options: {},
      });
      const texts = { plan: planText, result: writtenText };
      if (options.dryRun) return planText(prepared.dryReport, styleOf(terminal, options));
      return askAndCommit(context, prepared, options, texts).stdout;
    },
    undo: () => {
      using prepared = prepareUndo(host, { ...sessionOptions(options), places });
      return askAndCommit(context, prepared.by('undo'), options, undoTexts(prepared, 'undo')).stdout;
    },
  };
}

function writtenText({ changes, undo }: Report): string {
  const count = `${changes.length} change${changes.length === 1 ? '' : 's'}`;
  return `${count} written and read back\n${undo === null ? '' : `Undo: ${undo.command}\nJournal: ${undo.journal}\n`}`;
}

const VIEW = { controlSets: 'existing' as const, create: [] };

/** A file that begins as a hive does; anything else is a volume, an image among them. */
function isHiveFile({ host }: CliContext, path: string): boolean {
  if (statOf(host.fs, path)?.isFile() !== true) return false;
  return new TextDecoder().decode(readFileStart(host.fs, path, 4)) === 'regf';
}
