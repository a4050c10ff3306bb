// A change that is ready in memory and proven: its plan, its report, and the one commit that every writing command makes.

import type { HivemendError } from '../base/errors.ts';
import type { Finding } from '../base/finding.ts';
import { commandLine } from '../base/quote.ts';
import { filetimeToIso } from '../base/time.ts';
import { noLogProtection } from '../commit/order/hive-refusals.ts';
import type { CommitResult } from '../commit/request.ts';
import type { Change, Edit } from '../registry/edit.ts';
import { changeRow } from '../repairs/revert/change-row.ts';
import { afterBootFiles } from '../repairs/revert/revert.ts';
import { isOfWholeHive, stopsStart } from '../repairs/summary.ts';
import {
  exitCodeOf,
  type Machine,
  NOT_JUDGED,
  type PermissionListings,
  type Plan,
  type PlannedStep,
  type RebuildFacts,
  type RepairOutcome,
  type Report,
  type ReportStatus,
  type Summary,
  type Target,
  TOOL,
} from '../report.ts';
import { blockedReport, type Confirmable, refusalOf } from './confirmable.ts';
import type { Proof, Session } from './session.ts';

/** A change that is ready in memory: proven, not yet on the disk. `commit` throws as Session.commit. */
export interface Prepared extends Confirmable, Disposable {
  readonly machine: Machine | null;
  readonly changes: readonly Change[];
  /** The plan to save for approval. */
  readonly saved: Plan;
}

/** What a prepared commit reports beside what the session knows. */
interface CommitStory {
  readonly command: string;
  readonly note?: string;
  readonly machine: Machine | null;
  readonly outcomes: readonly RepairOutcome[];
  readonly findings: readonly Finding[];
  readonly skipped: Report['skipped'];
  readonly permissions?: PermissionListings;
  /** No cause that the call is about is left. */
  readonly isWhole: boolean;
  /** Left out: no machine was judged. */
  readonly summary?: Summary;
  readonly edits: readonly Edit[];
  readonly why: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly rebuild?: RebuildFacts;
}

/** A session whose edits are applied and proven, with what is to be said of them; used by every writing command. */
export class PreparedCommit implements Prepared {
  private readonly session: Session;
  private readonly proof: Proof;
  private readonly story: CommitStory;
  private readonly startedAt: string;

  constructor(session: Session, proof: Proof, story: CommitStory) {
    this.session = session;
    this.proof = proof;
    this.story = story;
    this.startedAt = filetimeToIso(session.host.now()) ?? '';
  }

  get machine(): Machine | null {
    return this.story.machine;
  }

  get changes(): readonly Change[] {
    return this.session.changes;
  }

  get saved(): Plan {
    const { machine, options, edits, why } = this.story;
    const { findings, summary } = this.dryReport;
    const targets = this.session.targets();
    const steps = plannedSteps(edits, this.story.outcomes);
    return { schema: 2, tool: TOOL, machine, options, targets, edits, why, steps, findings, summary };
  }

  get dryReport(): Report {
    const report = this.report(null, true);
    const refusal = this.whyRefused();
    return refusal ? blockedReport(report, refusal) : report;
  }

  get hasChanges(): boolean {
    return this.session.hasChanges;
  }

  whyRefused(): HivemendError | null {
    if (!this.hasChanges) return null;
    return refusalOf(() => {
      this.session.refuseUnfinished();
      this.session.refuseUnwritable();
    });
  }

  commit(): Report {
    if (!this.hasChanges) return this.report(null, false);
    const afterBoot = afterBootFiles(this.changes);
    const result = this.session.commit(this.proof, (id) => ({
      readme: journalReadme({
        startedAt: this.startedAt,
        id,
        undo: (...options) => this.undoCommand([id, ...options]),
        forget: this.undoCommand(['--forget', id]),
      }),
      afterBoot: afterBoot.cmd,
      ...(afterBoot.reg === null ? {} : { afterBootReg: afterBoot.reg }),
      report: (outcome) => `${JSON.stringify(this.report(outcome, false), null, 2)}\n`,
    }));
    const report = this.report(result, false);
    // What the commit says of a hive without logs was said before it.
    const told = new Set(report.findings.map(({ code, where }) => `${code} ${where.file}`));
    const more = result.findings.filter(({ code, where }) => !told.has(`${code} ${where.file}`));
    return { ...report, findings: [...report.findings, ...more] };
  }

  [Symbol.dispose](): void {
    this.session.close();
  }

  private where(): string {
    return this.session.found?.volume ?? this.session.targets()[0]?.path ?? '';
  }

  private report(result: CommitResult | null, dryRun: boolean): Report {
    const { story } = this;
    const state = result ? 'applied' : 'planned';
    // Nothing to do while a cause is left is no success either.
    const status: ReportStatus = !dryRun && !story.isWhole ? 'partly' : this.hasChanges ? 'ok' : 'unchanged';
    return {
      schema: 2,
      tool: TOOL,
      command: story.command,
      startedAt: this.startedAt,
      dryRun,
      ...(story.note === undefined ? {} : { note: story.note }),
      status,
      exitCode: exitCodeOf(status),
      summary: story.summary ?? NOT_JUDGED,
      ...(story.rebuild === undefined ? {} : { rebuild: story.rebuild }),
      machine: story.machine,
      targets: this.session.targets().map((target) => withOutcome(target, result)),
      repairs: story.outcomes.map((outcome) => ({
        ...outcome,
        state: outcome.changes.length === 0 ? 'already' : state,
      })),
      changes: this.changes,
      findings: [...story.findings, ...this.session.unprotected().map(noLogProtection)],
      skipped: story.skipped,
      next: dryRun ? this.undoSteps() : this.startSteps(),
      ...(story.permissions === undefined ? {} : { permissions: story.permissions }),
      undo: result?.journal ? { id: result.id, journal: result.journal, command: this.undoCommand([result.id]) } : null,
      error: null,
    };
  }

  private undoCommand(words: readonly string[]): string {
    const { options, found, host } = this.session;
    const places = found ? this.session.places : [this.where()];
    const stateDir = options.stateDir === undefined ? [] : ['--state-dir', options.stateDir];
    return commandLine(['hivemend', 'undo', ...places, ...words, ...stateDir], host.style);
  }

  /** What is to be done before the disk goes back: a cause that keeps Windows from starting is left. */
  private startSteps(): Report['next'] {
    const { outcomes, summary = NOT_JUDGED } = this.story;
    const rebuilds = this.rebuildSteps(summary);
    const left = summary.causes.filter(({ code }) => stopsStart(code) && !isOfWholeHive(code));
    if (this.changes.length === 0 || left.length === 0) return rebuilds;
    const tried = new Set(outcomes.map(({ name }) => name));
    const { style } = this.session.host;
    const names = [...new Set(left.flatMap(({ repair }) => repair ?? []))].filter((name) => !tried.has(name));
    const command = (word: string, ...more: string[]): string =>
      commandLine(['hivemend', word, ...this.session.places, ...more], style);
    return [
      {
        why: 'Windows still cannot start. Next:',
        commands: [names.length > 0 ? command('repair', '--only', names.join(',')) : command('diagnose')],
      },
      ...rebuilds,
    ];
  }

  /** Of hives that are damaged, and that no repair edits. */
  private rebuildSteps({ causes }: Summary): Report['next'] {
    const damaged = causes.filter(({ code }) => code === 'HIVE_DAMAGED' || code === 'HIVE_UNREADABLE');
    const places = this.session.places.flatMap((place) => ['--volume', place]);
    return [...new Set(damaged.flatMap(({ where }) => this.session.nameOf(where.file) ?? []))].map((name) => ({
      why: `${name} keeps Windows from starting. See what a rebuild would keep and lose, and which other copies there are:`,
      commands: [commandLine(['hivemend', 'rebuild', name, ...places, '--dry-run'], this.session.host.style)],
    }));
  }

  /** What a dry run says of undo: the id is given when the commit is made. */
  private undoSteps(): Report['next'] {
    if (this.changes.length === 0) return [];
    return [
      { why: 'Undo, until Windows has started from the disk:', commands: [this.undoCommand([])] },
      { why: 'After Windows has started from it: add --values.', commands: [] },
    ];
  }
}

/** The edits as a person reads them; one that changed nothing has the same words before and after. */
function plannedSteps(edits: readonly Edit[], outcomes: readonly RepairOutcome[]): PlannedStep[] {
  const made = new Map<Edit, PlannedStep>();
  for (const { name, controlSet, changes, fixes = [] } of outcomes) {
    changes.forEach((change, i) => {
      const { place, name: value, before, after } = changeRow(change);
      made.set(change.edit, {
        repair: name,
        controlSet,
        fixes: fixes[i] ?? null,
        what: value === '' ? place : `${place}  ${value}`,
        before: before.join('; '),
        after: after.join('; '),
      });
    });
  }
  return edits.map((edit) => {
    const { place, name, after } = changeRow({ edit, before: null, after: null });
    const same = after.join('; ');
    const what = name === '' ? place : `${place}  ${name}`;
    return made.get(edit) ?? { repair: null, controlSet: null, fixes: null, what, before: same, after: same };
  });
}

function withOutcome(target: Target, result: CommitResult | null): Target {
  const outcome = result?.targets.find((candidate) => candidate.path === target.path);
  if (!outcome) return target;
  return {
    ...target,
    sha256Before: outcome.sha256Before,
    sha256After: outcome.sha256After,
    pagesChanged: outcome.pagesChanged,
    bytesChanged: outcome.bytesChanged,
  };
}

/** README.txt of a journal: for whoever finds the folder on a disk and knows nothing of it. */
function journalReadme(facts: {
  readonly id: string;
  readonly startedAt: string;
  /** The command that undoes the commit, with more options. */
  readonly undo: (...options: string[]) => string;
  readonly forget: string;
}): string {
  return [
    'This folder was made by hivemend, an offline editor of Windows registry hives and BCD stores.',
    `Commit ${facts.id}, begun ${facts.startedAt}, version ${TOOL.version}.`,
    '',
    'It holds the bytes that stood in each changed file before and after, so that the change can be undone.',
    'SYSTEM hives hold secrets of the machine: nobody but its owner (on NTFS: SYSTEM and Administrators) may read this',
    'folder. Keep it so.',
    '',
    'The disk is named below as it was then: where it is mounted elsewhere now, give that place instead.',
    'To undo the commit, before Windows has started from this disk:',
    `    ${facts.undo()}`,
    'After Windows has started from it, revert the values alone:',
    `    ${facts.undo('--values')}`,
    'Inside the running Windows, after-boot.cmd has the same as reg, sc, bcdedit and icacls lines.',
    'When all is well and nothing is to be undone, remove it:',
    `    ${facts.forget}`,
    '',
    'report.json says what was changed and why.',
    '',
  ].join('\r\n');
}
