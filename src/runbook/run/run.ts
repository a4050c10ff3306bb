// A runbook on a disk: blocks are chosen, run in memory, and become one plan with one commit.

import { NotFoundError, RefusedError, UsageError } from '../../base/errors.ts';
import type { Finding } from '../../base/finding.ts';
import { printable } from '../../base/text.ts';
import { readCertificate } from '../../commands/certificate.ts';
import { volumeRootOf } from '../../disk/windows-path.ts';
import type { Host } from '../../host.ts';
import { bitLockerFindings } from '../../repairs/fixes/boot/bitlocker.ts';
import { declaredEdits } from '../../repairs/plan.ts';
import { securityOfChanges } from '../../repairs/security-findings.ts';
import type { RepairOutcome, Tool } from '../../report.ts';
import { machineOf, machineView } from '../../session/machine-view.ts';
import { PreparedCommit } from '../../session/prepared.ts';
import { Session, type SessionOptions } from '../../session/session.ts';
import { lintFindings } from '../lint/linter.ts';
import { findingOf, type Remark } from '../lint/rules.ts';
import { type Block, type Runbook, readRunbook } from '../lint/runbook.ts';
import { unshield } from '../parse/placeholder.ts';
import { OfflineSystem } from '../tools/offline-system.ts';
import { Shell } from './shell.ts';
import type { Step } from './step.ts';

export interface RunRequest extends SessionOptions {
  /** Name of the script, as findings call it, and its bytes. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Texts of --drive: `F:=/mnt/windows`. */
  readonly drives: readonly string[];
  readonly volumes: readonly string[];
  readonly partitions: readonly string[];
  /** Titles of sections and numbers of blocks; [] is all. */
  readonly sections: readonly string[];
  readonly blocks: readonly number[];
  readonly withLiveBlocks: boolean;
  readonly isVerbatim: boolean;
  readonly isCmdExpansion: boolean;
  readonly isStrict: boolean;
  readonly skipUnresolved: boolean;
  readonly note?: string;
  readonly tool: Tool;
}

/** A block that is not run, and why. */
export interface LeftOut {
  readonly block: Block;
  readonly why: string;
}

/** A run that is ready in memory; nothing was written. The caller disposes of `prepared`. */
export interface PreparedRun {
  readonly runbook: Runbook;
  readonly chosen: readonly Block[];
  readonly leftOut: readonly LeftOut[];
  readonly steps: readonly Step[];
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
  const wanted = parseDrives(request.drives);
  const folders = uniqueFolders(host, [...wanted.values(), ...request.volumes]);
  if (folders.length === 0) throw noVolume(request);
  const session = Session.overVolumes(host, folders, request);
  try {
    const roots = new Map([...wanted].map(([letter, folder]) => [letter, rootOf(host, folder)]));
    return runOn(session, roots, request);
  } catch (error) {
    session.close();
    throw error;
  }
}

function runOn(session: Session, drives: ReadonlyMap<string, string>, request: RunRequest): PreparedRun {
  const runbook = readRunbook(request.name, request.bytes, new Set(drives.keys()));
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
  const system = new OfflineSystem(session, { drives, partitions: request.partitions, isVerbatim: request.isVerbatim });
  const shell = new Shell(system, {
    isLiveAllowed: request.withLiveBlocks,
    hasVolume: request.volumes.length > 0,
    isCmdExpansion: request.isCmdExpansion,
    isStrict: request.isStrict,
  });
  // Asked before the first edit: what stands there already is no edit of a repair any more.
  const declared = declaredEdits(
    machineView(session, { controlSets: 'existing', create: [], certificate: readCertificate }),
  );
  for (const block of chosen) shell.run(block.number, block.nodes);
  const refusal = alternatives(shell, chosen, request) ?? unresolvedLines(shell.recorder.steps, chosen, request);
  const findings = [
    ...remarksOf(runbook, chosen, shell, request.name),
    ...stepFindings(shell.recorder.steps, request.name),
  ];
  const proof = session.prove();
  const view = machineView(session, { controlSets: 'existing', create: [], certificate: readCertificate });
  const asksForKey = changesStore(session) && view.bcd ? bitLockerFindings(view, view.bcd, 'run') : [];
  const skipped = skippedOf(shell.recorder.steps, leftOut);
  const prepared = new PreparedCommit(session, proof, {
    command: 'run',
    tool: request.tool,
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
    isWhole: shell.recorder.steps.every(
      (step) => step.state === 'run' || step.state === 'skipped' || step.state === 'elsewhere',
    ),
    edits: session.changes.map((change) => change.edit),
    why: shell.recorder.steps.flatMap((step) => step.changes.map(() => `line ${step.at.line}: ${step.effective}`)),
    options: optionsJson(request),
  });
  return {
    runbook,
    chosen,
    leftOut,
    steps: shell.recorder.steps,
    listings: system.files.listings,
    prepared,
    findings,
    volumes: session.volumes.map((volume) => volume.root),
    refusal,
  };
}

function changesStore(session: Session): boolean {
  return session.changes.some(({ edit }) => 'key' in edit && edit.key.hive.startsWith('BCD'));
}

/** `F:=/mnt/windows` and `F=/mnt/windows`. */
export function parseDrives(texts: readonly string[]): Map<string, string> {
  const drives = new Map<string, string>();
  for (const text of texts) {
    const match = /^([A-Za-z]):?=(.+)$/.exec(text);
    if (!match)
      throw new UsageError('BAD_ARGUMENT', `--drive ${text} is not understood, expected a letter and a folder`, {
        hint: '--drive F:=/mnt/windows',
      });
    drives.set(match[1]!.toUpperCase(), match[2]!);
  }
  return drives;
}

function rootOf(host: Host, folder: string): string {
  const given = volumeRootOf(folder, host.style);
  if (host.style === 'win32') return given;
  try {
    return host.fs.realpathSync(given);
  } catch (cause) {
    throw new NotFoundError('FILE_NOT_FOUND', `${printable(folder)} does not exist; expected a volume's folder`, {
      cause,
    });
  }
}

function uniqueFolders(host: Host, folders: readonly string[]): string[] {
  return [...new Set(folders.map((folder) => rootOf(host, folder)))];
}

function noVolume(request: RunRequest): UsageError {
  const runbook = readRunbook(request.name, request.bytes);
  const letters = new Set<string>();
  for (const block of runbook.blocks) {
    for (const command of block.commands) {
      for (const word of command.words) {
        const letter = /^([A-Za-z]):\\/.exec(word.text)?.[1]?.toUpperCase();
        if (letter !== undefined && letter !== 'C') letters.add(letter);
      }
    }
  }
  const named = letters.size === 0 ? 'no drive' : [...letters].map((letter) => `${letter}:`).join(', ');
  return new UsageError('BAD_ARGUMENT', `no disk was named to work on; the script names ${named}`, {
    hint:
      letters.size === 0
        ? '--volume /mnt/windows'
        : [...letters].map((letter) => `--drive ${letter}:=/mnt/windows`).join(' '),
  });
}

/** Those that name the disk, in order; or those that were asked for. */
function chooseBlocks(runbook: Runbook, request: RunRequest): { chosen: Block[]; leftOut: LeftOut[] } {
  const chosen: Block[] = [];
  const leftOut: LeftOut[] = [];
  const inSection = (block: Block): boolean =>
    request.sections.length === 0 ||
    request.sections.some((wanted) =>
      block.section.some((title) => title.toLowerCase().includes(wanted.toLowerCase())),
    );
  for (const number of request.blocks) {
    if (runbook.blocks.every((block) => block.number !== number)) {
      throw new UsageError('BAD_ARGUMENT', `--block ${number} is not there, expected 1 to ${runbook.blocks.length}`, {
        hint: `hivemend lint ${request.name}`,
      });
    }
  }
  if (request.sections.length > 0 && !runbook.blocks.some(inSection)) {
    throw new UsageError('BAD_ARGUMENT', `no section of ${request.name} is called ${request.sections.join(' or ')}`);
  }
  for (const block of runbook.blocks) {
    if (!inSection(block) || (request.blocks.length > 0 && !request.blocks.includes(block.number)))
      leftOut.push({ block, why: 'not asked for' });
    else if (block.place === 'other') leftOut.push({ block, why: 'no script for the disk' });
    else if (block.place === 'live' && !request.withLiveBlocks)
      leftOut.push({ block, why: 'for the running system (--live-blocks runs it on the disk)' });
    else chosen.push(block);
  }
  return { chosen, leftOut };
}

/** Two blocks that want one value differently are alternatives, unless a person named both. */
function alternatives(shell: Shell, chosen: readonly Block[], request: RunRequest): RefusedError | null {
  if (request.blocks.length > 1) return null;
  const seen = new Map<string, { block: number; value: string }>();
  for (const block of chosen) {
    for (const [place, value] of shell.recorder.wanted.get(block.number) ?? []) {
      const earlier = seen.get(place);
      if (!earlier) seen.set(place, { block: block.number, value });
      else if (earlier.value !== value && earlier.block !== block.number) {
        const name = place.replace('\\\\', '\\');
        return new RefusedError(
          'AMBIGUOUS',
          `blocks ${earlier.block} and ${block.number} set ${name} differently, so they are alternatives; expected one of them to be chosen`,
          {
            hint: `--block ${earlier.block}   or: --block ${block.number}   (both, in this order: --block ${earlier.block} --block ${block.number})`,
            data: { blocks: [earlier.block, block.number], place: name },
          },
        );
      }
    }
  }
  return null;
}

/** Lines that nobody resolved, those of branches that were not reached among them. */
function unresolvedLines(steps: readonly Step[], chosen: readonly Block[], request: RunRequest): RefusedError | null {
  if (request.skipUnresolved) return null;
  const lines = new Map<string, { line: number; column: number; rule: string; why: string }>();
  for (const step of steps) {
    if (step.state === 'unresolved')
      lines.set(`${step.at.line}`, { ...step.at, rule: step.rule ?? 'bad-syntax', why: step.why });
  }
  for (const { commands } of chosen) {
    for (const command of commands) {
      const isNew = command.verdict === 'unresolved' && !lines.has(`${command.at.line}`);
      if (isNew)
        lines.set(`${command.at.line}`, {
          ...command.at,
          rule: command.rule ?? 'bad-syntax',
          why: unshield(command.why),
        });
    }
  }
  const [first] = lines.values();
  if (!first) return null;
  const count = lines.size === 1 ? 'one line is' : `${lines.size} lines are`;
  return new RefusedError(
    'UNRESOLVED_LINE',
    `${count} unresolved, and nothing was written; ${request.name}:${first.line}:${first.column}: ${first.why.replace(/\.$/, '')} (${first.rule})`,
    {
      hint: 'mend the script, or leave such lines out with --skip-unresolved',
      data: { lines: [...lines.values()] },
    },
  );
}

/** What the linter says of the chosen blocks, and what only the disk could say. */
function remarksOf(runbook: Runbook, chosen: readonly Block[], shell: Shell, file: string): Finding[] {
  const numbers = new Set(chosen.map((block) => block.number));
  const findings = lintFindings({ ...runbook, blocks: runbook.blocks.filter((block) => numbers.has(block.number)) });
  const known = new Set(findings.map(keyOf));
  return [
    ...findings,
    ...shell.recorder.remarks
      .map((remark: Remark) => findingOf(remark, file))
      .filter((finding) => !known.has(keyOf(finding))),
  ];
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
    .filter((step) => step.state !== 'run')
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

function optionsJson(request: RunRequest): Readonly<Record<string, unknown>> {
  const { drives, volumes, partitions, sections, blocks, withLiveBlocks, isVerbatim, isCmdExpansion, skipUnresolved } =
    request;
  return {
    script: request.name,
    drives,
    volumes,
    partitions,
    sections,
    blocks,
    withLiveBlocks,
    isVerbatim,
    isCmdExpansion,
    skipUnresolved,
  };
}
