// reg and bcdedit: the originals' grammars on --volume, --hive or /store; their edits go through the same gate, commit and
// undo as a repair.

import { UsageError } from '../../base/errors.ts';
import type { Finding } from '../../base/finding.ts';
import { readWholeFile } from '../../base/read-file.ts';
import { PreparedCommit } from '../../commands/repair.ts';
import { type BcdContext, bcdeditJson, bcdedit as runBcdedit } from '../../compat/bcdedit/bcdedit.ts';
import { type NamedFiles, SessionBcd } from '../../compat/bcdedit/session-bcd.ts';
import type { Outcome } from '../../compat/outcome.ts';
import { reg as runReg } from '../../compat/reg/reg.ts';
import { sessionRegistry } from '../../compat/reg/session-registry.ts';
import { detectBitLocker } from '../../disk/bitlocker.ts';
import { thisHost } from '../../host.ts';
import { storeChangeFindings } from '../../repairs/fixes/boot/bitlocker.ts';
import type { Report } from '../../report.ts';
import { bindSystemStore } from '../../session/machine-view.ts';
import { Session, type SessionOptions } from '../../session/session.ts';
import { volumesOf, writeOutputFile } from '../output.ts';
import { blankReport, type CliResult, findingLines } from '../print.ts';
import type { CliContext } from '../program.ts';
import { canAsk } from '../terminal.ts';
import { refuseReadOnly } from './rescue.ts';

interface OriginalOptions {
  readonly volume?: string[];
  readonly windows?: string;
  readonly hive?: string;
  readonly prefix?: string;
  readonly codePage?: string;
  readonly partition?: string[];
  readonly dryRun?: boolean;
  readonly acceptDirty?: boolean;
  readonly note?: string;
  readonly stateDir?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

export function reg(context: CliContext, words: readonly string[], options: OriginalOptions): CliResult {
  const host = thisHost();
  const files = realFiles(options);
  if (options.hive === undefined && options.volume === undefined) {
    if (/^(load|unload)$/i.test(words[0] ?? '')) {
      const said = 'Nothing need be loaded: name the hive file with --hive, or the mounted disk with --volume.\n';
      return plainResult(context, 'reg', { exitCode: 0, stdout: said, stderr: '' });
    }
    if (words.length > 0 && !words.includes('/?'))
      throw noTarget('reg query --volume /mnt/windows HKLM\\SYSTEM\\Select');
  }
  using session = openSession(options, options.hive === undefined ? [] : [{ name: HIVE_NAME, path: options.hive }]);
  if (session.found) bindSystemStore(session);
  const registry = sessionRegistry(session, {
    ...files,
    bareHive: options.hive === undefined ? null : HIVE_NAME,
    ...(options.prefix === undefined ? {} : { prefix: options.prefix }),
    ...(options.codePage === undefined ? {} : { codePage: options.codePage }),
    keepsBindings: false,
    isInteractive: canAsk(context.terminal),
    confirm: (question) => context.terminal.confirm(question),
  });
  const outcome = runReg(words, registry);
  return finish(context, 'reg', session, outcome, options);

  function openSession(chosen: OriginalOptions, bare: { name: string; path: string }[]): Session {
    if (chosen.volume) return Session.overVolumes(host, chosen.volume, sessionOptions(chosen));
    return Session.overFiles(host, bare, sessionOptions(chosen));
  }
}

/** What the hive of --hive is called in reports. */
const HIVE_NAME = 'HIVE';

export function bcdedit(context: CliContext, words: readonly string[], options: OriginalOptions): CliResult {
  const host = thisHost();
  const at = words.findIndex((word) => /^[/-]store$/i.test(word));
  const file = at < 0 ? undefined : words[at + 1];
  const isHelp = words.length === 0 ? false : /^[/-](\?|help)$/i.test(words[0]!);
  if (file === undefined && options.volume === undefined && !isHelp) {
    throw noTarget('bcdedit --volume /mnt/windows /enum   (or: bcdedit /store <file> /enum)');
  }
  using session = options.volume
    ? Session.overVolumes(host, options.volume, sessionOptions(options))
    : Session.overFiles(host, file === undefined ? [] : [{ name: 'BCD', path: file }], sessionOptions(options));
  const store = new SessionBcd(session, realFiles(options), options.partition ?? []);
  if (options.json) {
    const json = bcdeditJson(words, store);
    if (json) {
      return { ...plainResult(context, 'bcdedit', { exitCode: 0, stdout: '', stderr: '' }), data: json };
    }
  }
  const outcome = runBcdedit(words, store satisfies BcdContext);
  return finish(context, 'bcdedit', session, outcome, options);
}

/** Commits what the command changed; its text stands whatever we add, which goes to standard error. */
function finish(
  context: CliContext,
  command: string,
  session: Session,
  outcome: Outcome,
  options: OriginalOptions,
): CliResult {
  const askedForKey = keyFindings(session);
  const prepared = new PreparedCommit(session, {
    command,
    tool: { name: 'hivemend', version: context.version },
    ...(options.note === undefined ? {} : { note: options.note }),
    machine: null,
    outcomes: [],
    findings: [...session.loadFindings(), ...askedForKey, ...(session.changes.length > 0 ? session.verify() : [])],
    skipped: [],
    isWhole: true,
    edits: session.changes.map((change) => change.edit),
    why: session.changes.map(() => command),
    options: {},
  });
  const isWriting = session.changes.length > 0 && outcome.exitCode === 0;
  if (isWriting) refuseReadOnly(context.terminal, options.dryRun ? { dryRun: true } : {});
  const report: Report = isWriting && !options.dryRun ? prepared.commit() : prepared.dryReport;
  const warned = askedForKey.map((finding) => `warning: ${finding.text}\n`).join('');
  const said = isWriting ? warned + changeLine(report) : '';
  return {
    exitCode: outcome.exitCode,
    stdout: outcome.stdout,
    stderr: findingLines(session.loadFindings()) + outcome.stderr + said,
    report: outcome.exitCode === 0 ? report : { ...report, status: 'failed' },
    volumes: options.volume ?? [],
  };
}

/** A line that was typed for the store is not refused for BitLocker, as a whole repair is, but it is told. */
function keyFindings(session: Session): Finding[] {
  const [store] = session.changes.flatMap(({ edit }) => ('key' in edit ? [edit.key.hive] : [])).filter(isStoreName);
  if (store === undefined) return [];
  const files = session.found ? session.files : null;
  const isSeen = detectBitLocker(session.host.fs, session.volumes).length > 0;
  return storeChangeFindings({ hasBitLocker: isSeen, files }, session.load(store).path);
}

const isStoreName = (hive: string): boolean => /^BCD\b/.test(hive);

function changeLine(report: Report): string {
  const count = `${report.changes.length} change${report.changes.length === 1 ? '' : 's'}`;
  if (report.dryRun) return `(dry run: ${count}, nothing was written)\n`;
  return report.undo ? `(${count}; to take back: ${report.undo.command})\n` : '';
}

function plainResult(context: CliContext, command: string, outcome: Outcome): CliResult {
  return {
    ...outcome,
    report: blankReport(context, command),
  };
}

function realFiles(options: OriginalOptions): NamedFiles {
  const { fs, style } = thisHost();
  return {
    hostPath: (file) => file,
    readFile: (file) => readWholeFile(fs, file),
    fileExists: (file) => exists(file),
    // reg.exe has asked (or was given /y) before it overwrites a file.
    writeFile: (file, bytes) => {
      const bare = options.hive === undefined ? [] : volumesOf(fs, style, [options.hive]);
      writeOutputFile(fs, file, bytes, { force: true, volumes: [...(options.volume ?? []), ...bare] });
    },
  };
}

function exists(file: string): boolean {
  try {
    thisHost().fs.lstatSync(file);
    return true;
  } catch {
    return false;
  }
}

function sessionOptions(options: OriginalOptions): SessionOptions {
  return {
    ...(options.windows === undefined ? {} : { windows: options.windows }),
    ...(options.acceptDirty ? { acceptDirty: true } : {}),
    ...(options.stateDir === undefined ? {} : { stateDir: options.stateDir }),
  };
}

function noTarget(example: string): UsageError {
  return new UsageError('BAD_ARGUMENT', 'no disk and no file was named to work on', { hint: `hivemend ${example}` });
}
