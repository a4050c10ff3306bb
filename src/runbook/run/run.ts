// A runbook on a disk: blocks are chosen, run in memory, and become one plan with one commit.

import { RefusedError, UsageError } from '../../base/errors.ts';
import type { Finding } from '../../base/finding.ts';
import { parentFolder } from '../../base/host-path.ts';
import type { Host } from '../../host.ts';
import { diagnoseMachine } from '../../repairs/diagnose.ts';
import { bitLockerFindings } from '../../repairs/fixes/boot/bitlocker.ts';
import { declaredEdits, planOptions } from '../../repairs/plan.ts';
import { DEFAULT_PROFILE, profileNamed } from '../../repairs/profiles.ts';
import { securityOfChanges } from '../../repairs/security-findings.ts';
import { outcomeOf } from '../../repairs/summary.ts';
import type { RepairOutcome } from '../../report.ts';
import { machineOf, machineView } from '../../session/machine-view.ts';
import { PreparedCommit } from '../../session/prepared.ts';
import { Session } from '../../session/session.ts';
import { lintFindings } from '../lint/linter.ts';
import { findingOf, type Remark } from '../lint/rules.ts';
import { type Block, type Runbook, readRunbook } from '../lint/runbook.ts';
import { OfflineSystem } from '../tools/offline-system.ts';
import { alternatives, chooseBlocks, type LeftOut } from './choice.ts';
import { type LineResult, leftOutLines, lineResults, type Tally, tallyOf } from './lines.ts';
import {
  givenTexts,
  noVolume,
  onlyLetter,
  optionsJson,
  parseDrives,
  placeOf,
  type RunRequest,
  uniquePlaces,
} from './request.ts';
import { Shells } from './shells.ts';
import type { Step } from './step.ts';

/** A run that is ready in memory; nothing was written. The caller disposes of `prepared`. */
export interface PreparedRun {
  readonly runbook: Runbook;
  readonly chosen: readonly Block[];
  readonly leftOut: readonly LeftOut[];
  readonly steps: readonly Step[];
  /** What became of each line of every block, and their numbers. */
  readonly lines: readonly LineResult[];
  readonly tally: Tally;
  /** Nothing is left: no failed line, none that is not understood or to be run on Windows. */
  readonly isWhole: boolean;
  /** Files for --out, by path below it. */
  readonly listings: ReadonlyMap<string, Uint8Array>;
  readonly prepared: PreparedCommit;
  readonly findings: readonly Finding[];
  readonly volumes: readonly string[];
  /** Why nothing may be written; null where it may. */
  readonly refusal: RefusedError | null;
}

/** Reads, chooses, runs in memory and verifies. @throws as Session.overVolumes; UsageError BAD_ARGUMENT; RefusedError AMBIGUOUS, LIMIT */
export function prepareRun(host: Host, request: RunRequest): PreparedRun {
  const given = parseDrives(request.drives);
  const only = onlyLetter(request, given);
  const wanted = only === null ? given : new Map([[only, request.volumes[0]!]]);
  const places = uniquePlaces(host, [...wanted.values(), ...request.volumes]);
  if (places.length === 0) throw noVolume(request);
  const session = Session.overVolumes(host, places, request);
  try {
    const windows = session.found?.volume ?? null;
    const rootOf = (place: string): string =>
      session.attached.rootOfArgument(places.indexOf(placeOf(host, place)), windows);
    const roots = new Map([...wanted].map(([letter, place]) => [letter, rootOf(place)]));
    return runOn(session, roots, request, only);
  } catch (error) {
    session.close();
    throw error;
  }
}

function runOn(
  session: Session,
  drives: ReadonlyMap<string, string>,
  request: RunRequest,
  only: string | null,
): PreparedRun {
  const given = givenTexts(request.given ?? []);
  const runbook = readRunbook(request.name, request.bytes, new Set(drives.keys()), given);
  const { chosen, leftOut } = chooseBlocks(runbook, request);
  if (chosen.length === 0) {
    throw new UsageError(
      'BAD_ARGUMENT',
      `nothing in ${request.name} is for an attached disk: it names none of the mapped drives and no loaded hive`,
      {
        hint: leftOut.some(({ block }) => block.place === 'live')
          ? '--live-blocks means the disk by "this machine"'
          : `hivemend lint ${request.name}`,
      },
    );
  }
  const system = new OfflineSystem(session, {
    drives,
    partitions: request.partitions,
    isVerbatim: request.isVerbatim,
    given,
    allUsers: request.allUsers === true,
    // Standard input lies nowhere.
    scriptFolder: request.name === '-' ? null : parentFolder(request.name),
  });
  const options = {
    isLiveAllowed: request.withLiveBlocks,
    hasVolume: request.volumes.length > 0,
    isCmdExpansion: request.isCmdExpansion,
    isStrict: request.isStrict,
    scriptName: request.name.slice(request.name.search(/[^\\/]*$/)),
    isDeleteAllowed: request.allowDelete === true,
  };
  const shell = new Shells(system, options);
  // Asked before the first edit: what stands there already is no edit of a repair any more.
  const first = machineView(session, { controlSets: 'existing', create: [] });
  const declared = declaredEdits(first);
  const profile = planOptions(profileNamed(DEFAULT_PROFILE), {});
  const before = diagnoseMachine(first, profile).summary;
  if (only !== null) {
    const text = `${only}: stands for ${request.volumes[0]}, the one volume that was given.`;
    shell.recorder.remark({ rule: 'drive-mapped', line: chosen[0]?.lines[0]?.line ?? 1, column: 1, text });
  }
  for (const block of chosen) shell.run(block);
  const lines = [
    ...lineResults(chosen, shell.recorder),
    ...leftOut.flatMap(({ block, why }) => leftOutLines(block, why)),
  ].sort((a, b) => a.line - b.line);
  const refusal =
    alternatives(shell.recorder, chosen, request) ?? unresolvedLines(shell.recorder.steps, lines, request);
  const findings = [
    ...remarksOf(runbook, chosen, shell, request.name),
    ...stepFindings(shell.recorder.steps, request.name),
  ];
  const proof = session.prove();
  const view = machineView(session, { controlSets: 'existing', create: [] });
  const asksForKey = changesStore(session) && view.bcd ? bitLockerFindings(view, view.bcd, 'run') : [];
  const skipped = skippedOf(shell.recorder.steps, leftOut);
  const isWhole =
    lines.every(({ state, isFailed }) => state !== 'notUnderstood' && !isFailed) &&
    (request.allowElsewhere === true || lines.every(({ state }) => state !== 'onWindows'));
  const prepared = new PreparedCommit(session, proof, {
    command: 'run',
    ...(request.note === undefined ? {} : { note: request.note }),
    machine: machineOf(session, view),
    outcomes: outcomesOf(chosen, shell.recorder.steps),
    findings: [
      ...session.loadFindings(),
      ...findings,
      ...securityOfChanges(view, session.changes, declared),
      ...asksForKey,
      ...proof.findings,
    ],
    skipped,
    isWhole,
    summary: outcomeOf(before, diagnoseMachine(view, profile).summary),
    edits: session.changes.map((change) => change.edit),
    why: shell.recorder.steps.flatMap((step) => step.changes.map(() => `line ${step.at.line}: ${step.effective}`)),
    options: optionsJson(request),
  });
  return {
    runbook,
    chosen,
    leftOut,
    steps: shell.recorder.steps,
    lines,
    tally: tallyOf(lines),
    isWhole,
    listings: system.files.recovery.listings,
    prepared,
    findings,
    volumes: session.volumes.map((volume) => volume.root),
    refusal,
  };
}

function changesStore(session: Session): boolean {
  return session.changes.some(({ edit }) => 'key' in edit && edit.key.hive.startsWith('BCD'));
}

/** Lines that were not understood. */
function unresolvedLines(
  steps: readonly Step[],
  results: readonly LineResult[],
  request: RunRequest,
): RefusedError | null {
  if (request.skipUnresolved) return null;
  const lines = new Map<string, { line: number; column: number; rule: string; why: string }>();
  for (const step of steps) {
    if (step.state === 'notUnderstood')
      lines.set(`${step.at.line}`, { ...step.at, rule: step.rule ?? 'bad-syntax', why: step.why });
  }
  for (const { state, line, why } of results) {
    if (state === 'notUnderstood' && !lines.has(`${line}`))
      lines.set(`${line}`, { line, column: 1, rule: 'bad-syntax', why });
  }
  const [first] = lines.values();
  if (!first) return null;
  const count = lines.size === 1 ? 'one line was' : `${lines.size} lines were`;
  return new RefusedError(
    'UNRESOLVED_LINE',
    `${count} not understood, and nothing was written; ${request.name}:${first.line}:${first.column}: ${first.why.replace(/\.$/, '')} (${first.rule})`,
    {
      hint: 'correct the script, or skip such lines with --skip-unresolved',
      data: { lines: [...lines.values()] },
    },
  );
}

/** What the linter says of the chosen blocks, and what only the disk could say. */
function remarksOf(runbook: Runbook, chosen: readonly Block[], shell: Shells, file: string): Finding[] {
  const numbers = new Set(chosen.map((block) => block.number));
  const findings = lintFindings({ ...runbook, blocks: runbook.blocks.filter((block) => numbers.has(block.number)) });
  const known = new Set(findings.map(lineKey));
  return [
    ...findings,
    ...shell.recorder.remarks
      .map((remark: Remark) => findingOf(remark, file))
      .filter((finding) => !known.has(lineKey(finding))),
  ];
}

/** A line is told of each kind once. */
function lineKey({ code, where }: Finding): string {
  return `${code}:${where.line}`;
}

function keyOf({ code, where }: Finding): string {
  return `${code}:${where.line}:${where.column}`;
}

function stepFindings(steps: readonly Step[], file: string): Finding[] {
  const found = new Map<string, Finding>();
  for (const step of steps) {
    if (step.rule === null || (step.state !== 'failed' && step.state !== 'skipped')) continue;
    const text = `${step.effective}: ${step.why}`;
    const finding = findingOf({ rule: step.rule, ...step.at, text }, file);
    found.set(keyOf(finding), finding);
  }
  return [...found.values()];
}

function skippedOf(steps: readonly Step[], leftOut: readonly LeftOut[]): { what: string; why: string }[] {
  const lines = steps
    .filter((step) => step.state !== 'done')
    .map((step) => ({ what: `line ${step.at.line}: ${step.effective}`, why: step.why }));
  const blocks = leftOut
    .filter(({ block }) => block.place === 'live')
    .map(({ block, why }) => ({ what: `block ${block.number}, line ${block.lines[0]?.line ?? 0}`, why }));
  return [...lines, ...blocks];
}

function outcomesOf(chosen: readonly Block[], steps: readonly Step[]): RepairOutcome[] {
  return chosen.map((block) => ({
    name: blockName(block),
    controlSet: null,
    state: 'planned',
    changes: steps.filter((step) => step.block === block.number).flatMap((step) => step.changes),
  }));
}

export function blockName(block: Block): string {
  const title = block.section.at(-1);
  return `block ${block.number}${title === undefined || title === '' ? '' : ` (${title})`}`;
}
