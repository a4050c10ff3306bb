// Where a commit stands on the disk, told from the bytes alone. With n stages there are 2n + 1 positions: 2i is "at rest
// before stage i", 2i + 1 "inside stage i" (each sector, length or entry as before or as after), 2n "complete". A file
// narrows them to a set; the sets of all files are intersected. An empty set: something else has written.

import { bytesEqual } from '../../base/bytes.ts';
import type { FileStat } from '../../base/read-fs.ts';
import { sha256 } from '../../disk/sha256.ts';
import { lstatOrNull, readWhole } from '../host-file.ts';
import type { DescriptorStep, MoveStep, PresenceStep, Step } from '../order/stage.ts';
import type { JournalHost } from '../request.ts';
import type { Journal } from './manifest.ts';

const SECTOR_SIZE_BYTES = 512;

/** Bit p is set where position p is possible. At most 31 positions (15 stages), so a number holds them. */
export type PositionSet = number;

export interface FilePosition {
  readonly file: number;
  readonly positions: PositionSet;
}

/**
 * The positions that each file of the journal allows; `paths` are the host's, by file. With `withTorn` a sector may also
 * hold words of before and of after mixed: its own write was torn. Reads only.
 */
export function filePositions(
  host: JournalHost,
  journal: Journal,
  paths: readonly string[],
  withTorn = false,
): FilePosition[] {
  return journal.files.map((_, file) => ({ file, positions: positionsOf(host, journal, paths, file, withTorn) }));
}

/** Whether one file allows the position "complete". */
export function isComplete(host: JournalHost, journal: Journal, paths: readonly string[], file: number): boolean {
  return (positionsOf(host, journal, paths, file) & completeOf(journal)) !== 0;
}

/** The position "complete", as a set of one. */
export function completeOf(journal: Journal): PositionSet {
  return 1 << (2 * journal.stages.length);
}

export function allPositions(stageCount: number): PositionSet {
  return 2 ** (2 * stageCount + 1) - 1;
}

export function intersect(sets: readonly FilePosition[], stageCount: number): PositionSet {
  return sets.reduce((all, { positions }) => all & positions, allPositions(stageCount));
}

/** The earliest position in a set that is not empty: walking backwards from it is the least work. */
export function earliest(positions: PositionSet): number {
  return 31 - Math.clz32(positions & -positions);
}

/** The latest position: walking forwards from it is the least work. */
export function latest(positions: PositionSet): number {
  return 31 - Math.clz32(positions);
}

/** A thing that stages change: which position allows which look of it. */
interface Timeline {
  /** The stages that change it, in order. */
  readonly stages: readonly number[];
  /** Whether it is now as it was after `count` of its changes. */
  isAfter(count: number): boolean;
  /** Whether it is something that may be seen in the middle of its `index`-th change. */
  isBetween(index: number): boolean;
}

function positionsOfTimeline(timeline: Timeline, stageCount: number): PositionSet {
  let positions = 0;
  let count = 0;
  for (let stage = 0; stage <= stageCount; stage += 1) {
    if (timeline.isAfter(count)) positions |= 1 << (2 * stage);
    if (stage === stageCount) break;
    if (timeline.stages[count] !== stage) {
      if (timeline.isAfter(count)) positions |= 1 << (2 * stage + 1);
      continue;
    }
    if (timeline.isBetween(count)) positions |= 1 << (2 * stage + 1);
    count += 1;
  }
  return positions;
}

function positionsOf(
  host: JournalHost,
  journal: Journal,
  paths: readonly string[],
  file: number,
  withTorn = false,
): PositionSet {
  const stageCount = journal.stages.length;
  const mine: { stage: number; step: Step }[] = [];
  for (const [stage, { steps }] of journal.stages.entries()) {
    for (const step of steps) if (step.file === file) mine.push({ stage, step });
  }
  const path = paths[file]!;
  const stat = lstatOrNull(host.fs, path);
  const whole = mine.find(({ step }) => step.op !== 'write' && step.op !== 'size');
  if (whole) {
    const { step, stage } = whole;
    if (step.op === 'presence') return positionsOfTimeline(presence(host, path, stat, step, stage), stageCount);
    if (step.op === 'folder') return positionsOfTimeline(folder(stat, stage), stageCount);
    if (step.op === 'move') return positionsOfTimeline(move(host, path, paths[step.to]!, step, stage), stageCount);
    if (step.op === 'descriptor') return positionsOfTimeline(descriptor(host, path, step, stage), stageCount);
  }
  // The other end of a move has no step of its own: the step of the file that moves speaks for both.
  if (journal.files[file]!.role === 'move') return allPositions(stageCount);
  if (!stat?.isFile()) return 0;
  return contentPositions(readWhole(host.fs, path), mine, journal, file, withTorn);
}

interface Piece {
  readonly stage: number;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/** Sector by sector, then the length, then everything that no step touches, by the hash of the file as it was. */
function contentPositions(
  found: Uint8Array,
  changes: readonly { stage: number; step: Step }[],
  journal: Journal,
  file: number,
  withTorn: boolean,
): PositionSet {
  const stageCount = journal.stages.length;
  const { sizeBytesBefore, sizeBytesAfter, sha256Before, sha256After } = journal.files[file]!;
  if (sizeBytesBefore === null || sizeBytesAfter === null) return 0;
  let positions = sizePositions(found.byteLength, sizeBytesBefore, changes, stageCount);
  if (positions === 0) return 0;
  const longest = Math.max(found.byteLength, sizeBytesBefore, sizeBytesAfter);
  const padded = new Uint8Array(longest);
  padded.set(found);
  const sectors = sectorPieces(changes);
  for (const [offset, pieces] of sectors) {
    const sizeBytes = pieces[0]!.before.byteLength;
    const now = padded.subarray(offset, offset + sizeBytes);
    positions &= positionsOfTimeline(sector(now, pieces, withTorn), stageCount);
    if (positions === 0) return 0;
  }
  if (![...sectors.values()].every(isChain)) return 0;
  // `padded` is ours: with the first "before" of each sector restored it must be the file as it was, with the last
  // "after" the file as it becomes. So a journal that does not know the whole file moves no byte of it.
  for (const [offset, pieces] of sectors) padded.set(pieces[0]!.before, offset);
  if (sha256(padded.subarray(0, sizeBytesBefore)) !== sha256Before) return 0;
  if (!isZero(padded.subarray(sizeBytesBefore))) return 0;
  for (const [offset, pieces] of sectors) padded.set(pieces.at(-1)!.after, offset);
  return sha256(padded.subarray(0, sizeBytesAfter)) === sha256After ? positions : 0;
}

/** Each change begins where the one before it ended. */
function isChain(pieces: readonly Piece[]): boolean {
  return pieces.every(({ before }, index) => index === 0 || bytesEqual(before, pieces[index - 1]!.after));
}

/** The pieces of all writes by the file offset of their sector, in the order of their stages. */
function sectorPieces(changes: readonly { stage: number; step: Step }[]): Map<number, Piece[]> {
  const sectors = new Map<number, Piece[]>();
  for (const { stage, step } of changes) {
    if (step.op !== 'write') continue;
    const end = step.offset + step.after.byteLength;
    for (let offset = step.offset; offset < end; ) {
      const next = Math.min(end, offset - (offset % SECTOR_SIZE_BYTES) + SECTOR_SIZE_BYTES);
      const cut = (bytes: Uint8Array): Uint8Array => bytes.subarray(offset - step.offset, next - step.offset);
      const pieces = sectors.get(offset);
      const piece = { stage, before: cut(step.before), after: cut(step.after) };
      if (pieces) pieces.push(piece);
      else sectors.set(offset, [piece]);
      offset = next;
    }
  }
  return sectors;
}

function sector(now: Uint8Array, pieces: readonly Piece[], withTorn: boolean): Timeline {
  // Compared once for each look: there are twice as many positions as stages, and a hive has many sectors.
  const matches = [bytesEqual(now, pieces[0]!.before), ...pieces.map(({ after }) => bytesEqual(now, after))];
  return {
    stages: pieces.map(({ stage }) => stage),
    isAfter: (count) => matches[count]!,
    isBetween: (index) =>
      matches[index]! || matches[index + 1]! || (withTorn && isMixed(now, pieces[index]!.before, pieces[index]!.after)),
  };
}

const WORD_SIZE_BYTES = 4;

/** Whether each word is one of two: so no number in a header or an entry is another than those two. */
function isMixed(now: Uint8Array, before: Uint8Array, after: Uint8Array): boolean {
  for (let offset = 0; offset < now.byteLength; offset += WORD_SIZE_BYTES) {
    const word = (bytes: Uint8Array): Uint8Array => bytes.subarray(offset, offset + WORD_SIZE_BYTES);
    if (!bytesEqual(word(now), word(before)) && !bytesEqual(word(now), word(after))) return false;
  }
  return true;
}

function sizePositions(
  now: number,
  sizeBytesBefore: number,
  changes: readonly { stage: number; step: Step }[],
  stageCount: number,
): PositionSet {
  const sizes = changes.flatMap(({ stage, step }) => (step.op === 'size' ? [{ stage, step }] : []));
  const sizeAfter = (count: number): number => (count === 0 ? sizeBytesBefore : sizes[count - 1]!.step.after);
  const timeline: Timeline = {
    stages: sizes.map(({ stage }) => stage),
    isAfter: (count) => now === sizeAfter(count),
    isBetween: (index) =>
      now >= Math.min(sizeAfter(index), sizeAfter(index + 1)) &&
      now <= Math.max(sizeAfter(index), sizeAfter(index + 1)),
  };
  return positionsOfTimeline(timeline, stageCount);
}

function presence(host: JournalHost, path: string, stat: FileStat | null, step: PresenceStep, stage: number): Timeline {
  const full = step.before ?? step.after!;
  const found = stat?.isFile() && stat.size <= full.byteLength ? readWhole(host.fs, path, full.byteLength) : null;
  const matches = (side: Uint8Array | null): boolean =>
    side === null ? stat === null : found !== null && bytesEqual(found, side);
  return {
    stages: [stage],
    isAfter: (count) => matches(count === 0 ? step.before : step.after),
    isBetween: () => stat === null || (found !== null && isPartOf(found, full)),
  };
}

/** Whether each sector of `found` is `full`'s or still zeros: a file that was being written. */
function isPartOf(found: Uint8Array, full: Uint8Array): boolean {
  for (let offset = 0; offset < found.byteLength; offset += SECTOR_SIZE_BYTES) {
    const now = found.subarray(offset, offset + SECTOR_SIZE_BYTES);
    if (!isZero(now) && !bytesEqual(now, full.subarray(offset, offset + now.byteLength))) return false;
  }
  return true;
}

function folder(stat: FileStat | null, stage: number): Timeline {
  const isAfter = (count: number): boolean => (count === 0 ? stat === null : stat?.isDirectory() === true);
  return { stages: [stage], isAfter, isBetween: () => isAfter(0) || isAfter(1) };
}

function move(host: JournalHost, path: string, to: string, step: MoveStep, stage: number): Timeline {
  const isThere = (place: string): boolean => lstatOrNull(host.fs, place) !== null;
  const holds = (place: string): boolean => {
    const stat = lstatOrNull(host.fs, place);
    if (!stat?.isFile() || stat.size !== step.bytes.byteLength) return false;
    return bytesEqual(readWhole(host.fs, place, step.bytes.byteLength), step.bytes);
  };
  const isAfter = (count: number): boolean => (count === 0 ? holds(path) && !isThere(to) : holds(to) && !isThere(path));
  return {
    stages: [stage],
    isAfter,
    isBetween: () => isAfter(0) || isAfter(1) || (holds(path) && holds(to)),
  };
}

function descriptor(host: JournalHost, path: string, step: DescriptorStep, stage: number): Timeline {
  const now = lstatOrNull(host.fs, path) ? host.descriptors.read(path) : null;
  const isAfter = (count: number): boolean => now !== null && bytesEqual(now, count === 0 ? step.before : step.after);
  return { stages: [stage], isAfter, isBetween: () => isAfter(0) || isAfter(1) };
}

function isZero(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte !== 0) return false;
  return true;
}
