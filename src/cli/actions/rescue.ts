// diagnose, repair, apply, undo: from options to a request, the one question, and the text that a person reads.

import { RefusedError, UsageError } from '../../base/errors.ts';
import { readWholeFile } from '../../base/read-file.ts';
import { printable } from '../../base/text.ts';
import { readCertificate } from '../../commands/certificate.ts';
import { diagnose as diagnoseDisk } from '../../commands/diagnose.ts';
import { type Prepared, prepareApply, prepareRepair, type RepairRequest } from '../../commands/repair.ts';
import { listJournals, prepareUndo, prepareUndoValues, type UndoRequest } from '../../commands/undo.ts';
import { thisHost } from '../../host.ts';
import { planText, repairText, type TextOptions } from '../../render/repair-text.ts';
import { undoListText } from '../../render/undo.ts';
import { DEFAULT_OPTIONS, type TlsVersion } from '../../repairs/model.ts';
import { parseProfile } from '../../repairs/profile-file.ts';
import { DEFAULT_PROFILE, PROFILES, profileNamed } from '../../repairs/profiles.ts';
import type { Report } from '../../report.ts';
import { parsePlan } from '../../session/saved-plan.ts';
import { reportExitCode } from '../exit-code.ts';
import { writeOutputFile } from '../output.ts';
import { blankReport, type CliResult } from '../print.ts';
import type { CliContext } from '../program.ts';
import { canAsk, type Terminal, wantsColour } from '../terminal.ts';

/** The options of the rescue commands, as commander gives them. */
interface RescueOptions {
  readonly [name: string]: unknown;
  readonly only?: string[];
  readonly skip?: string[];
  readonly profile?: string;
  readonly needed?: boolean;
  readonly asPublished?: boolean;
  readonly tls?: string[];
  readonly serial?: 'full' | 'ems';
  readonly port?: number;
  readonly disableFirewall?: boolean;
  readonly allKeys?: boolean;
  readonly allLoaders?: boolean;
  readonly fixDefault?: string;
  readonly controlSets?: string;
  readonly create?: string[];
  readonly windows?: string;
  readonly expect?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly acceptDirty?: boolean;
  readonly note?: string;
  readonly stateDir?: string;
  readonly plan?: string;
  readonly bcd?: boolean;
  readonly force?: boolean;
  readonly list?: boolean;
  readonly values?: boolean;
  readonly finish?: boolean;
  readonly forget?: string | true;
  readonly all?: boolean;
}

export function diagnose(context: CliContext, volumes: readonly string[], options: RescueOptions): CliResult {
  const request = repairRequest(context, volumes, options);
  const diagnosed = diagnoseDisk(thisHost(), request, textOptions(context.terminal));
  return {
    exitCode: reportExitCode(diagnosed),
    stdout: diagnosed.text,
    stderr: '',
    get report() {
      return diagnosed.report;
    },
    volumes,
  };
}

export function repair(context: CliContext, volumes: readonly string[], options: RescueOptions): CliResult {
  refuseReadOnly(context.terminal, options);
  using prepared = prepareRepair(thisHost(), repairRequest(context, volumes, options));
  if (options.plan !== undefined) return savePlan(context, prepared, options.plan, volumes, options);
  return settle(context, prepared, volumes, options);
}

export function apply(context: CliContext, words: readonly string[], options: RescueOptions): CliResult {
  refuseReadOnly(context.terminal, options);
  const [file, ...volumes] = words;
  const plan = parsePlan(new TextDecoder().decode(readWholeFile(thisHost().fs, file!)), file!);
  using prepared = prepareApply(thisHost(), {
    volumes,
    plan,
    tool: { name: 'hivemend', version: context.version },
    view: { controlSets: 'existing', create: [], certificate: readCertificate },
    ...sessionOptions(options),
    ...(options.note === undefined ? {} : { note: options.note }),
  });
  return settle(context, prepared, volumes, options);
}

const JOURNAL_ID = /^\d{8}T\d{6}-\d{3}Z-[0-9a-f]{8}$/;

export function undo(context: CliContext, words: readonly string[], options: RescueOptions): CliResult {
  const id = [...words, typeof options.forget === 'string' ? options.forget : ''].find((word) => JOURNAL_ID.test(word));
  const places = words.filter((word) => !JOURNAL_ID.test(word));
  const request: UndoRequest = {
    places,
    tool: { name: 'hivemend', version: context.version },
    ...sessionOptions(options),
    ...(id === undefined ? {} : { id }),
    ...(options.note === undefined ? {} : { note: options.note }),
  };
  const host = thisHost();
  if (options.list) {
    const entries = listJournals(host, request);
    const report: Report = { ...blankReport(context, 'undo'), next: entries.map(listed) };
    return { exitCode: 0, stdout: undoListText(entries), stderr: '', report, volumes: places };
  }
  refuseReadOnly(context.terminal, options);
  if (options.forget !== undefined) return forgetJournals(context, request, options);
  if (options.values) {
    using prepared = prepareUndoValues(host, request);
    return settle(context, prepared, places, options);
  }
  const prepared = prepareUndo(host, request);
  const what = `${options.finish ? 'complete' : 'take back'} commit ${prepared.entry.journal.id} (${prepared.entry.journal.files.map(printable).join(', ')})`;
  if (options.dryRun) return undoResult({ ...blankReport(context, 'undo'), dryRun: true }, `would ${what}\n`, places);
  requireConsent(context, options, `${what}?`, `would ${what}\n`);
  const report = options.finish ? prepared.finish() : prepared.undo();
  const files = report.targets.map((target) => `  ${target.path}\n`).join('');
  return undoResult(report, `${report.next[0]?.why ?? 'done'}\n${files}`, places);
}

function forgetJournals(context: CliContext, request: UndoRequest, options: RescueOptions): CliResult {
  const host = thisHost();
  if (!options.all && request.id === undefined) {
    throw new UsageError('BAD_ARGUMENT', 'undo --forget needs the id of a record, or --all', {
      hint: 'hivemend undo <volume> --list',
    });
  }
  const ids = options.all ? listJournals(host, request).map((entry) => entry.journal.id) : [request.id!];
  requireConsent(
    context,
    options,
    `remove the record of ${ids.join(', ')}? The change stays and can no longer be taken back.`,
    '',
  );
  let report: Report = blankReport(context, 'undo');
  for (const id of ids) report = prepareUndo(host, { ...request, id }).forget();
  return undoResult(report, `removed ${ids.length === 0 ? 'nothing' : ids.join(', ')}\n`, request.places);
}

function undoResult(report: Report, text: string, volumes: readonly string[]): CliResult {
  return { exitCode: reportExitCode(report), stdout: text, stderr: '', report, volumes };
}

function listed(entry: ReturnType<typeof listJournals>[number]): Report['next'][number] {
  return { why: `${entry.journal.id}: ${entry.journal.state}, files ${entry.position.position}`, commands: [] };
}

/** Prints or asks, then commits; every command that writes through a prepared commit ends here. */
export function settle(
  context: CliContext,
  prepared: Prepared,
  volumes: readonly string[],
  options: Pick<RescueOptions, 'dryRun' | 'yes' | 'bcd'>,
): CliResult {
  const style = textOptions(context.terminal);
  const dry = prepared.dryReport;
  if (options.dryRun)
    return { exitCode: reportExitCode(dry), stdout: repairText(dry, style), stderr: '', report: dry, volumes };
  if (prepared.changes.length > 0) {
    prepared.refuse();
    refuseBitLocker(dry, options);
    if (!options.yes && canAsk(context.terminal)) context.terminal.stderr(planText(dry, style));
    requireConsent(
      context,
      options,
      `Write these ${prepared.changes.length} changes?`,
      planText(dry, { colour: false }),
    );
  }
  const report = prepared.commit();
  return { exitCode: reportExitCode(report), stdout: repairText(report, style), stderr: '', report, volumes };
}

/** A changed store can make the machine ask for its recovery key: --yes alone does not stand for that. */
export function refuseBitLocker(report: Report, options: Pick<RescueOptions, 'yes' | 'bcd'>): void {
  const finding = report.findings.find((candidate) => candidate.code === 'BITLOCKER_MAY_ASK_FOR_KEY');
  const changesStore = report.changes.some(({ edit }) => 'key' in edit && edit.key.hive === 'BCD');
  if (!finding || !changesStore || !options.yes || options.bcd) return;
  throw new RefusedError('BITLOCKER', finding.text, {
    hint: 'have the recovery key at hand and add --bcd, or leave the store alone with --skip serial-console',
  });
}

/** @throws UsageError NOT_CONFIRMED after No, or where nobody can be asked and --yes is missing. */
export function requireConsent(
  context: CliContext,
  options: Pick<RescueOptions, 'yes'>,
  question: string,
  plan: string,
): void {
  if (options.yes) return;
  if (!canAsk(context.terminal)) {
    if (plan !== '') context.terminal.stderr(plan);
    throw new UsageError('NOT_CONFIRMED', 'nobody can be asked here, and nothing was written', {
      hint: 'read the plan above, then run it again with --yes',
    });
  }
  if (!context.terminal.confirm(question))
    throw new UsageError('NOT_CONFIRMED', 'the answer was No, and nothing was written');
}

function savePlan(
  context: CliContext,
  prepared: Prepared,
  file: string,
  volumes: readonly string[],
  options: RescueOptions,
): CliResult {
  const text = `${JSON.stringify(prepared.saved, null, 2)}\n`;
  writeOutputFile(thisHost().fs, file, text, { force: options.force === true, volumes });
  const report = prepared.dryReport;
  const next = `The plan is saved. When it is approved:\n  hivemend apply ${file} ${volumes.join(' ')}\n`;
  const stdout = `${repairText(report, textOptions(context.terminal))}\n${next}`;
  return { exitCode: reportExitCode(report), stdout, stderr: '', report, volumes };
}

function repairRequest(context: CliContext, volumes: readonly string[], options: RescueOptions): RepairRequest {
  const profile = readProfile(options.profile);
  return {
    volumes,
    tool: { name: 'hivemend', version: context.version },
    controlSets: controlSetChoice(options.controlSets),
    create: (options.create ?? []).map((text) => controlSetNumber(text)),
    certificate: readCertificate,
    ...sessionOptions(options),
    ...(options.fixDefault === undefined ? {} : { loader: options.fixDefault }),
    ...(options.expect === undefined ? {} : { expect: options.expect }),
    ...(options.note === undefined ? {} : { note: options.note }),
    ...(options.profile === undefined || options.profile in PROFILES ? {} : { profileFile: options.profile }),
    plan: {
      ...DEFAULT_OPTIONS,
      ...profile.options,
      ...(options.asPublished ? { asPublished: true } : {}),
      ...(options.tls ? { tls: tlsVersions(options.tls) } : {}),
      ...(options.serial ? { serial: options.serial } : {}),
      ...(options.port === undefined ? {} : { port: portNumber(options.port) }),
      ...(options.disableFirewall ? { disableFirewall: true } : {}),
      ...(options.allKeys ? { allKeys: true } : {}),
      ...(options.allLoaders ? { allLoaders: true } : {}),
      ...(options.fixDefault === undefined ? {} : { fixDefault: options.fixDefault }),
      profile,
      only: options.only ?? null,
      skip: options.skip ?? [],
      needed: options.needed === true,
    },
  };
}

function readProfile(name: string = DEFAULT_PROFILE): ReturnType<typeof profileNamed> {
  if (name in PROFILES || !/[./\\]/.test(name)) return profileNamed(name);
  return parseProfile(new TextDecoder().decode(readWholeFile(thisHost().fs, name)), name);
}

function controlSetChoice(text: string | undefined): RepairRequest['controlSets'] {
  if (text === undefined || text === 'existing' || text === 'current') return text ?? 'existing';
  return text.split(',').map((word) => controlSetNumber(word.trim()));
}

function controlSetNumber(text: string): number {
  if (!/^(ControlSet)?\d{1,3}$/i.test(text)) {
    throw new UsageError(
      'BAD_ARGUMENT',
      `${text} is no control set, expected existing, current, or numbers like 001,002`,
    );
  }
  return Number(text.replace(/^ControlSet/i, ''));
}

function tlsVersions(words: readonly string[]): TlsVersion[] {
  return words.map((word) => {
    if (word === '1.0' || word === '1.1' || word === '1.2') return word;
    throw new UsageError('BAD_ARGUMENT', `--tls ${word} is not known, expected 1.0, 1.1 or 1.2`);
  });
}

function portNumber(port: number): number {
  if (port >= 1 && port <= 65_535) return port;
  throw new UsageError('BAD_ARGUMENT', `--port ${port} is out of range, expected 1 to 65535`);
}

function sessionOptions(options: RescueOptions): { windows?: string; acceptDirty?: boolean; stateDir?: string } {
  return {
    ...(options.windows === undefined ? {} : { windows: options.windows }),
    ...(options.acceptDirty ? { acceptDirty: true } : {}),
    ...(options.stateDir === undefined ? {} : { stateDir: options.stateDir }),
  };
}

function textOptions(terminal: Terminal): TextOptions {
  return { colour: wantsColour(terminal) };
}

/** @throws RefusedError READ_ONLY when HIVEMEND_READ_ONLY is set and the command would write. */
export function refuseReadOnly(terminal: Terminal, options: Pick<RescueOptions, 'dryRun' | 'plan'>): void {
  if (!terminal.env.HIVEMEND_READ_ONLY || options.dryRun || options.plan !== undefined) return;
  throw new RefusedError('READ_ONLY', 'HIVEMEND_READ_ONLY is set, so nothing is written', {
    hint: 'see what would be done with --dry-run',
  });
}
