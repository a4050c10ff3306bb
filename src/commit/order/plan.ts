// A request turned into stages: all files, all steps, and the outcome that they will have, before anything is written.

import { join, resolve } from 'node:path';
import { bytesEqual } from '../../base/bytes.ts';
import { InternalError } from '../../base/errors.ts';
import type { Finding } from '../../base/finding.ts';
import { append } from '../../base/lists.ts';
import { sha256, sha256OfParts } from '../../disk/sha256.ts';
import { hostPath, isFat, isNtfs, isSameFolder, parentOf, volumeOf, volumePathOf } from '../guard/volume-path.ts';
import type { FileRole, Journal, JournalFile, JournalVolume } from '../journal/manifest.ts';
import { unsafePlace } from '../journal/private.ts';
import type {
  CommitRequest,
  CommitResult,
  CommitTarget,
  FileTarget,
  HiveTarget,
  JournalHost,
  MoveTarget,
  TargetOutcome,
  VolumeIdentity,
} from '../request.ts';
import { planHive } from './hive-order.ts';
import type { HiveStep } from './hive-steps.ts';
import { netTargets } from './net-targets.ts';
import { Overlay } from './overlay.ts';
import { differingRuns, PAGE_SIZE_BYTES, range } from './page-runs.ts';
import { STAGE_NAMES, type StageName, type Step } from './stage.ts';

export interface CommitPlan {
  readonly journal: Journal;
  readonly targets: readonly CommitTarget[];
  /** The host's path of each of the journal's files. */
  readonly paths: readonly string[];
  /** What the targets are called in messages. */
  readonly names: readonly string[];
  /** Files that are written in place, and what they held when they were loaded. */
  readonly inPlace: readonly number[];
  readonly loaded: ReadonlyMap<number, Uint8Array>;
  /** What those files hold when all is done. */
  readonly becomes: ReadonlyMap<number, Overlay>;
  readonly result: CommitResult;
}

/** Plans the whole commit; reads only lengths and links of the disk. Refusals as `commit` lists them. */
export function planCommit(host: JournalHost, request: CommitRequest): CommitPlan {
  if (!/^[A-Za-z0-9-]{1,64}$/.test(request.id)) throw new InternalError(`"${request.id}" cannot name a journal`);
  refuseFat(request);
  return new Planner(host, request).plan();
}

function refuseFat(request: CommitRequest): void {
  if (!request.targets.some((target) => target.kind === 'hive')) return;
  const volume = volumeOf(request.volumes, request.journalRoot);
  if (volume && isFat(volume)) {
    throw unsafePlace(
      `${request.journalRoot} lies on a FAT volume, which keeps no permissions, and the journal would hold the hive's secrets`,
    );
  }
}

/** The volumes as the journal keeps them: a bare file's journal knows the folder that they share. */
function volumesOf(request: CommitRequest): (VolumeIdentity & { isHome: boolean })[] {
  const home = parentOf(request.journalRoot);
  const volumes = [...request.volumes];
  if (request.journalKind === 'file' && !volumes.some(({ root }) => isSameFolder(root, home))) {
    volumes.push({ root: home, fileSystem: null, serial: null, partitionGuid: null });
  }
  const isHome = (root: string): boolean => request.journalKind !== 'state-dir' && isSameFolder(root, home);
  return volumes.map((volume) => ({ ...volume, isHome: isHome(volume.root) }));
}

class Planner {
  private readonly host: JournalHost;
  private readonly request: CommitRequest;
  private readonly volumes: (VolumeIdentity & { isHome: boolean })[];
  private readonly files: JournalFile[] = [];
  private readonly paths: string[] = [];
  private readonly loaded = new Map<number, Uint8Array>();
  private readonly becomes = new Map<number, Overlay>();
  private readonly steps = new Map<StageName, Step[]>(STAGE_NAMES.map((name) => [name, []]));
  private readonly findings: Finding[] = [];

  constructor(host: JournalHost, request: CommitRequest) {
    this.host = host;
    this.request = request;
    this.volumes = volumesOf(request);
  }

  plan(): CommitPlan {
    const { id, journalKind, journalRoot } = this.request;
    const targets = netTargets(this.host, this.request.targets);
    const outcomes = targets.map((target) => this.target(target));
    const stages = STAGE_NAMES.map((name) => ({ name, steps: this.steps.get(name)! })).filter(
      ({ steps }) => steps.length > 0,
    );
    const volumes: JournalVolume[] = this.volumes.map(({ root, fileSystem, serial, partitionGuid, isHome }) => ({
      root,
      fileSystem,
      serial,
      partitionGuid,
      isHome,
    }));
    return {
      journal: { id, kind: journalKind, volumes, files: this.files, stages },
      targets,
      paths: this.paths,
      names: targets.map(({ path }) => path),
      inPlace: [...this.loaded.keys()],
      loaded: this.loaded,
      becomes: this.becomes,
      result: { id, journal: join(journalRoot, id), targets: outcomes, findings: this.findings },
    };
  }

  private target(target: CommitTarget): TargetOutcome {
    switch (target.kind) {
      case 'hive':
        return this.hive(target);
      case 'file':
        return target.before !== null && target.after !== null
          ? this.overwrite(target.path, target.before, target.after)
          : this.presence(target);
      case 'move':
        return this.move(target);
      case 'folder': {
        const outcome = outcomeOf(target, null, null);
        const file = this.addFile('folder', target.path, outcome);
        this.steps.get('files')!.push({ op: 'folder', file, descriptor: target.descriptor ?? null });
        return outcome;
      }
      case 'descriptor': {
        const { before, after } = target;
        const outcome = outcomeOf(target, null, null);
        const file = this.addFile('descriptor', target.path, outcome);
        if (!bytesEqual(before, after)) this.steps.get('files')!.push({ op: 'descriptor', file, before, after });
        return outcome;
      }
    }
  }

  private hive(target: HiveTarget): TargetOutcome {
    const order = planHive(target, isFat(this.volumes[volumePathOf(this.volumes, target.path).volume]!));
    if (order.finding) this.findings.push(order.finding);
    const { path, original } = target;
    const sha256Before = target.originalSha256 ?? sha256(original);
    let outcome = { ...unchanged(original, sha256Before), pagesChanged: 0, bytesChanged: 0 };
    for (const { log, steps } of order.files) {
      if (steps.length === 0) continue;
      const before = log === null ? original : log.bytes;
      const after = overlayOf(before, steps);
      const record = {
        ...unchanged(before, log === null ? sha256Before : sha256(before)),
        sizeBytesAfter: after.sizeBytes,
        sha256After: sha256OfParts(after.parts()),
      };
      // What lies there and is no hive comes back by its hash alone.
      const primary = target.recovery === null ? 'file' : 'hive';
      const file = this.addFile(log === null ? primary : 'log', log?.path ?? path, record);
      this.writeInPlace(file, before, after);
      for (const [stage, step] of steps) this.steps.get(stage)!.push({ ...step, file });
      if (log === null) outcome = { ...record, ...after.countChanges() };
    }
    return { kind: 'hive', path, ...outcome, protocol: order.protocol };
  }

  private writeInPlace(file: number, before: Uint8Array, after: Overlay): void {
    this.loaded.set(file, before);
    this.becomes.set(file, after);
  }

  private overwrite(path: string, before: Uint8Array, after: Uint8Array): TargetOutcome {
    const outcome = outcomeOf({ kind: 'file', path }, before, after);
    if (bytesEqual(before, after)) return outcome;
    const file = this.addFile('file', path, outcome);
    this.writeInPlace(file, before, new Overlay(after, after.byteLength, []));
    const sizes = { op: 'size', file, before: before.byteLength, after: after.byteLength } as const;
    if (sizes.after > sizes.before) this.steps.get('extend')!.push(sizes);
    append(this.steps.get('files')!, rangeSteps(file, before, after));
    if (sizes.after < sizes.before) this.steps.get('remove')!.push(sizes);
    return outcome;
  }

  private presence(target: FileTarget): TargetOutcome {
    const { path, before, after } = target;
    const outcome = outcomeOf(target, before, after);
    if (before === null && after === null) return outcome;
    const file = this.addFile('file', path, outcome);
    // A file that is deleted comes back, if it must, with the descriptor that it had.
    const kept = before === null ? null : this.host.descriptors.read(path);
    const step: Step = { op: 'presence', file, before, after, descriptor: target.descriptor ?? kept };
    this.steps.get(after === null ? 'remove' : 'files')!.push(step);
    return outcome;
  }

  private move(target: MoveTarget): TargetOutcome {
    const outcome = outcomeOf(target, target.bytes, target.bytes);
    const file = this.addFile('move', target.path, { ...outcome, sizeBytesAfter: null, sha256After: null });
    const to = this.addFile('move', target.to, { ...outcome, sizeBytesBefore: null, sha256Before: null });
    if (this.files[file]!.volume !== this.files[to]!.volume) {
      throw new InternalError(`${target.path} cannot be moved to another volume`);
    }
    this.steps.get('files')!.push({ op: 'move', file, to, bytes: target.bytes });
    return outcome;
  }

  /** A journal beside a file is followed for that file and its logs alone, so it takes nothing else. */
  private refuseFarFromFile(path: string, role: FileRole): void {
    const { journalKind, journalRoot } = this.request;
    if (journalKind !== 'file' || role === 'log') return;
    if (`${resolve(path)}.hivemend` === resolve(journalRoot) && (role === 'hive' || role === 'file')) return;
    throw unsafePlace(`${journalRoot} keeps what is done to one file, and ${path} is another`);
  }

  private addFile(role: FileRole, path: string, record: FileRecord): number {
    const at = volumePathOf(this.volumes, path);
    const volume = this.volumes[at.volume]!;
    this.refuseFarFromFile(path, role);
    this.paths.push(hostPath(this.host.fs, volume.root, at.path, isNtfs(volume)));
    const { sizeBytesBefore, sizeBytesAfter, sha256Before, sha256After } = record;
    return this.files.push({ role, ...at, sizeBytesBefore, sizeBytesAfter, sha256Before, sha256After }) - 1;
  }
}

/** A file before and after; null where there is none. */
type FileRecord = Pick<JournalFile, 'sizeBytesBefore' | 'sizeBytesAfter' | 'sha256Before' | 'sha256After'>;

function unchanged(bytes: Uint8Array, hash: string): FileRecord {
  const sizeBytes = bytes.byteLength;
  return { sizeBytesBefore: sizeBytes, sizeBytesAfter: sizeBytes, sha256Before: hash, sha256After: hash };
}

/** The file as the steps leave it. */
function overlayOf(before: Uint8Array, steps: readonly (readonly [StageName, HiveStep])[]): Overlay {
  let sizeBytes = before.byteLength;
  for (const [, step] of steps) if (step.op === 'size') sizeBytes = step.after;
  const writes = steps.flatMap(([, step]) => (step.op === 'write' ? [step] : []));
  return new Overlay(before, sizeBytes, writes);
}

/** One write for each run of pages that differ, over the longer of the two lengths; what is missing counts as zeros. */
function rangeSteps(file: number, before: Uint8Array, after: Uint8Array): Step[] {
  const longest = Math.max(before.byteLength, after.byteLength);
  const steps: Step[] = [];
  for (const [start, end] of differingRuns(before, after, 0, longest)) {
    steps.push({
      op: 'write',
      file,
      offset: start,
      before: range(before, start, end),
      after: range(after, start, end),
    });
  }
  return steps;
}

function outcomeOf(
  target: { kind: CommitTarget['kind']; path: string },
  before: Uint8Array | null,
  after: Uint8Array | null,
): TargetOutcome {
  const [a, b] = [before ?? new Uint8Array(0), after ?? new Uint8Array(0)];
  let pagesChanged = 0;
  let bytesChanged = 0;
  for (const [start, end] of differingRuns(a, b, 0, Math.max(a.byteLength, b.byteLength))) {
    pagesChanged += Math.ceil((end - start) / PAGE_SIZE_BYTES);
    for (let offset = start; offset < end; offset += 1) if (a[offset] !== b[offset]) bytesChanged += 1;
  }
  return {
    kind: target.kind,
    path: target.path,
    sha256Before: before && sha256(before),
    sha256After: after && sha256(after),
    sizeBytesBefore: before?.byteLength ?? null,
    sizeBytesAfter: after?.byteLength ?? null,
    pagesChanged,
    bytesChanged,
  };
}
