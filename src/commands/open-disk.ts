// A disk for programs: one machine's volumes, diagnosed, repaired and undone by the code that the command line runs.

import { UsageError } from '../base/errors.ts';
import type { Host } from '../host.ts';
import { thisHost } from '../host.ts';
import type { Change } from '../registry/edit.ts';
import type { DiagnoseReport } from '../repairs/diagnose.ts';
import { DEFAULT_OPTIONS, type RepairOptions } from '../repairs/model.ts';
import { DEFAULT_PROFILE, type Profile, profileNamed } from '../repairs/profiles.ts';
import { SYMPTOMS } from '../repairs/summary.ts';
import type { Machine, Plan, Report } from '../report.ts';
import { expectMachine, machineOf, machineView, type ViewOptions } from '../session/machine-view.ts';
import type { Prepared } from '../session/prepared.ts';
import { readPlan } from '../session/saved-plan.ts';
import { Session, type SessionOptions } from '../session/session.ts';
import { type DiagnoseRequest, diagnose } from './diagnose.ts';
import { prepareApply, prepareRepair, type RepairRequest } from './repair.ts';
import { listJournals, prepareUndo, prepareUndoValues } from './undo.ts';
import type { JournalEntry, UndoRequest } from './undo-scope.ts';

/** Of a disk that is opened. */
export interface DiskOptions
  extends Pick<
    SessionOptions,
    'windows' | 'acceptDirty' | 'stateDir' | 'isStateDirDurable' | 'vmIsOff' | 'replayLog' | 'anyBacking'
  > {
  /** The name of the computer; any other is refused. */
  readonly expect?: string;
  readonly host?: Host;
}

/** What is planned. Without any, the default repair profile as the command line has it. */
export interface PlanChoice extends Partial<RepairOptions> {
  /** Names of repairs; no others are planned. */
  readonly only?: readonly string[];
  readonly skip?: readonly string[];
  /** The name of a profile that comes with hivemend, or one that parseProfile gave. */
  readonly profile?: string | Profile;
  /** Only what fixes a cause that was found. */
  readonly needed?: boolean;
  /** Default: every control set that exists. */
  readonly controlSets?: ViewOptions['controlSets'];
  /** Numbers of control sets that may be made. */
  readonly create?: readonly number[];
  /** A ticket or a remark, kept in the report and the journal. */
  readonly note?: string;
}

/**
 * Opens a machine's disk: its volumes, each as the command line takes it. Reads only; `plan().commit()` writes.
 * @throws NotFoundError WINDOWS_NOT_FOUND; RefusedError AMBIGUOUS (name one with `windows`), WRONG_MACHINE (`expect`)
 */
export function openDisk(volumes: string | readonly string[], options: DiskOptions = {}): Disk {
  const places: unknown = typeof volumes === 'string' ? [volumes] : volumes;
  if (!Array.isArray(places) || places.length === 0 || !places.every((place) => typeof place === 'string')) {
    throw new UsageError(
      'BAD_ARGUMENT',
      'no volume was given, expected a folder, a device or an image, or a list of them',
    );
  }
  return new Disk(places, options);
}

/** A machine's disk. Nothing is held open between two calls. */
export class Disk {
  readonly machine: Machine;
  readonly volumes: readonly string[];
  private readonly host: Host;
  private readonly options: DiskOptions;

  constructor(volumes: readonly string[], options: DiskOptions) {
    this.host = options.host ?? thisHost();
    this.volumes = volumes;
    this.options = options;
    using session = Session.overVolumes(this.host, volumes, { ...this.sessionOptions(), isReading: true });
    this.machine = machineOf(session, machineView(session, viewOptions({})));
    if (options.expect !== undefined) expectMachine(this.machine, options.expect);
  }

  /** What is wrong, and what `plan` with the same choice would write. Status 'findings' where a cause was found. */
  diagnose(choice: PlanChoice & Pick<DiagnoseRequest, 'symptom'> = {}): DiagnoseReport {
    const { symptom } = choice;
    if (symptom !== undefined && !SYMPTOMS.includes(symptom)) {
      throw new UsageError('BAD_ARGUMENT', `symptom is ${symptom}, expected ${SYMPTOMS.join(', ')}`);
    }
    return diagnose(this.host, { ...this.request(choice), ...(symptom === undefined ? {} : { symptom }) }).report;
  }

  /** The repair, made in memory and proven. @throws RefusedError, as the command line refuses it */
  plan(choice: PlanChoice = {}): DiskPlan {
    return new DiskPlan(prepareRepair(this.host, this.request(choice)));
  }

  /** A plan that was saved: its edits and no others. @throws RefusedError CHANGED_ON_DISK, WRONG_MACHINE */
  apply(plan: Plan, choice: Pick<PlanChoice, 'note'> = {}): DiskPlan {
    return new DiskPlan(
      prepareApply(this.host, {
        ...this.sessionOptions(),
        volumes: this.volumes,
        plan: readPlan(plan, "'plan'"),
        view: viewOptions({}),
        ...noteOf(choice),
      }),
    );
  }

  /** The commits that are recorded here, oldest first, with where their files stand now. */
  journals(): readonly JournalEntry[] {
    return listJournals(this.host, this.undoRequest([]));
  }

  /**
   * Puts back the bytes of a commit; without an id, of one that was cut off, else of the newest.
   * @throws NotFoundError JOURNAL_NOT_FOUND; RefusedError STALE_JOURNAL after Windows has started (then `undoValues`);
   *   UsageError BAD_ARGUMENT for an id of undefined, which is not to undo the newest
   */
  undo(...id: [] | [id: string]): Report {
    using prepared = prepareUndo(this.host, this.undoRequest(id));
    return prepared.undo();
  }

  /** Completes a commit that was cut off, instead of undoing it. */
  finish(...id: [] | [id: string]): Report {
    using prepared = prepareUndo(this.host, this.undoRequest(id));
    return prepared.finish();
  }

  /** Plans to set back each value that still holds what a commit wrote, also after Windows has started. */
  undoValues(...id: [] | [id: string]): DiskPlan {
    return new DiskPlan(prepareUndoValues(this.host, this.undoRequest(id)));
  }

  private sessionOptions(): SessionOptions {
    const { host, expect, ...options } = this.options;
    return options;
  }

  private undoRequest(args: readonly string[]): UndoRequest {
    const [id] = args;
    if (args.length > 0 && (typeof id !== 'string' || id === '')) {
      throw new UsageError(
        'BAD_ARGUMENT',
        `the id of a commit is ${id === '' ? 'empty' : String(id)}, expected one of journals()`,
        {
          hint: 'without an id, the newest commit is meant',
        },
      );
    }
    return { ...this.sessionOptions(), places: this.volumes, ...(id === undefined ? {} : { id }) };
  }

  private request(choice: PlanChoice): RepairRequest {
    const { only, skip, profile: wanted = DEFAULT_PROFILE, needed, controlSets, create, note, ...options } = choice;
    const profile = typeof wanted === 'string' ? profileNamed(wanted) : wanted;
    const { expect } = this.options;
    return {
      ...this.sessionOptions(),
      ...viewOptions(choice),
      ...noteOf(choice),
      ...(expect === undefined ? {} : { expect }),
      volumes: this.volumes,
      plan: {
        ...DEFAULT_OPTIONS,
        ...profile.options,
        ...options,
        profile,
        only: only ?? null,
        skip: skip ?? [],
        needed: needed === true,
      },
    };
  }
}

/**
 * Changes that are ready in memory and proven. `commit` writes them, once; else `close` (or `using`) lets go of them. After
 * either nothing more can be asked of it: UsageError BAD_ARGUMENT.
 */
export class DiskPlan implements Disposable {
  private held: Prepared | null;
  private ended: 'committed' | 'closed' = 'closed';

  constructor(prepared: Prepared) {
    this.held = prepared;
  }

  get changes(): readonly Change[] {
    return this.prepared.changes;
  }

  /** What `commit` would report. */
  get report(): Report {
    return this.prepared.dryReport;
  }

  /** The plan as `hivemend apply` and `Disk.apply` take it, as JSON. */
  get saved(): Plan {
    return this.prepared.saved;
  }

  /** @throws RefusedError for a disk that must not be written; CommitError */
  commit(): Report {
    const { prepared } = this;
    try {
      const refusal = prepared.whyRefused();
      if (refusal) throw refusal;
      const report = prepared.commit();
      this.ended = 'committed';
      return report;
    } finally {
      this.close();
    }
  }

  close(): void {
    this.held?.[Symbol.dispose]();
    this.held = null;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  private get prepared(): Prepared {
    if (this.held) return this.held;
    throw new UsageError('BAD_ARGUMENT', `the plan was ${this.ended} already`, { hint: 'make it again' });
  }
}

function viewOptions({ controlSets, create }: PlanChoice): ViewOptions {
  return { controlSets: controlSets ?? 'existing', create: create ?? [] };
}

const noteOf = ({ note }: PlanChoice): { note?: string } => (note === undefined ? {} : { note });
