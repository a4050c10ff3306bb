// A change that is ready in memory and proven: its plan, its report, and the one commit that every writing command makes.

import type { Finding } from '../base/finding.ts';
import { commandLine } from '../base/quote.ts';
import { filetimeToIso } from '../base/time.ts';
import type { CommitResult } from '../commit/request.ts';
import type { Change, Edit } from '../registry/edit.ts';
import { afterBootFiles } from '../repairs/revert/revert.ts';
import type {
  Machine,
  PermissionListings,
  Plan,
  RepairOutcome,
  Report,
  ReportStatus,
  Summary,
  Target,
  Tool,
} from '../report.ts';
import type { Proof, Session } from './session.ts';

/** A change that is ready in memory: proven, not yet on the disk. */
export interface Prepared extends Disposable {
  readonly machine: Machine | null;
  readonly changes: readonly Change[];
  /** The plan to save for approval. */
  readonly saved: Plan;
  /** What would be done, in the shape in which the commit reports it. */
  readonly dryReport: Report;
  /** Throws what would refuse the commit, so that nobody is asked in vain. */
  refuse(): void;
  /** @throws as Session.commit. */
  commit(): Report;
}

/** What a prepared commit reports beside what the session knows. */
interface CommitStory {
  readonly command: string;
  readonly tool: Tool;
  readonly note?: string;
  readonly machine: Machine | null;
  readonly outcomes: readonly RepairOutcome[];
  readonly findings: readonly Finding[];
  readonly skipped: Report['skipped'];
  readonly permissions?: PermissionListings;
  /** No cause that the call is about is left. */
  readonly isWhole: boolean;
  readonly summary?: Summary;
  readonly edits: readonly Edit[];
  readonly why: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
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
    const { tool, machine, options, edits, why } = this.story;
    return { schema: 1, tool, machine, options, targets: this.session.targets(), edits, why };
  }

  get dryReport(): Report {
    return this.report(null, true);
  }

  refuse(): void {
    this.session.refuseUnfinished();
    this.session.refuseUnwritable();
  }

  commit(): Report {
    if (this.changes.length === 0) return this.report(null, false);
    const afterBoot = afterBootFiles(this.changes);
    const result = this.session.commit(this.proof, (id) => ({
      readme: journalReadme({
        startedAt: this.startedAt,
        tool: this.story.tool,
        id,
        undo: (...options) => this.undoCommand([id, ...options]),
        forget: this.undoCommand(['--forget', id]),
      }),
      afterBoot: afterBoot.cmd,
      ...(afterBoot.reg === null ? {} : { afterBootReg: afterBoot.reg }),
      report: (outcome) => `${JSON.stringify(this.report(outcome, false), null, 2)}\n`,
    }));
    const report = this.report(result, false);
    return { ...report, findings: [...report.findings, ...result.findings] };
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
    const status: ReportStatus = this.changes.length === 0 ? 'unchanged' : !dryRun && !story.isWhole ? 'partly' : 'ok';
    return {
      schema: 1,
      tool: story.tool,
      command: story.command,
      startedAt: this.startedAt,
      dryRun,
      ...(story.note === undefined ? {} : { note: story.note }),
      status,
      ...(story.summary === undefined ? {} : { summary: story.summary }),
      machine: story.machine,
      targets: this.session.targets().map((target) => withOutcome(target, result)),
      repairs: story.outcomes.map((outcome) => ({
        ...outcome,
        state: outcome.changes.length === 0 ? 'already' : state,
      })),
      changes: this.changes,
      findings: story.findings,
      skipped: story.skipped,
      next: [],
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
  readonly tool: Tool;
  /** The command that undoes the commit, with more options. */
  readonly undo: (...options: string[]) => string;
  readonly forget: string;
}): string {
  return [
    'This folder was made by hivemend, an offline editor of Windows registry hives and BCD stores.',
    `Commit ${facts.id}, begun ${facts.startedAt}, version ${facts.tool.version}.`,
    '',
    'It holds the bytes that stood in each changed file before and after, so that the change can be taken back.',
    'SYSTEM hives hold secrets of the machine: this folder is readable by SYSTEM and Administrators only. Keep it so.',
    '',
    'To take the change back, before Windows has started from this disk:',
    `    ${facts.undo()}`,
    'After Windows has started, its registry has moved on; then take back the values alone:',
    `    ${facts.undo('--values')}`,
    'Inside the running Windows, after-boot.cmd has the same as reg, sc, bcdedit and icacls lines.',
    'When all is well and nothing is to be taken back, remove it:',
    `    ${facts.forget}`,
    '',
    'report.json says what was changed and why.',
    '',
  ].join('\r\n');
}
