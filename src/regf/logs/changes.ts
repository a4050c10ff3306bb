// What each log entry changed: the entries are replayed one by one, and the trees before and after each are compared.
// Together they are a timeline of the hive's last minutes.

import { sameBytes, toHex } from '../../base/bytes.ts';
import { FormatError } from '../../base/errors.ts';
import { append } from '../../base/lists.ts';
import { orNull } from '../../base/or-null.ts';
import { upcase } from '../../base/text.ts';
import { BASE_BLOCK_SIZE_BYTES, HEADER_SIZE_BYTES, parseBaseBlockIfAny } from '../base-block.ts';
import { BIG_DATA_SEGMENT_SIZE_BYTES, type Cells } from '../cells.ts';
import { NK, RESIDENT, VK } from '../layout.ts';
import { type RegfKey, RegfTree, type RegfValue } from '../tree.ts';
import { chooseSteps, type LogFile, readLogs, type Step } from './log-choice.ts';
import { writePages } from './recover.ts';

/** A value's type and data; `hex` null where the data cannot be read whole. */
export interface ValueState {
  readonly type: number;
  readonly hex: string | null;
}

/** One difference; `op` is the edit that would have made it. */
export type EntryChange =
  | { readonly op: 'create-key' | 'delete-key'; readonly path: readonly string[] }
  | { readonly op: 'set-class' | 'set-key-security' | 'set-key-time'; readonly path: readonly string[] }
  | {
      readonly op: 'set-value' | 'delete-value';
      readonly path: readonly string[];
      readonly name: string;
      readonly before: ValueState | null;
      readonly after: ValueState | null;
    };

/** One applied log entry. */
export interface TimelineEntry {
  readonly log: string;
  readonly sequence: number;
  /** From the start of the log. */
  readonly fileOffset: number;
  readonly binsSizeBytes: number;
  readonly pagesSizeBytes: number;
  /** Bytes of the bins that differ afterwards. */
  readonly changedSizeBytes: number;
  /** Parents before children; null where the tree cannot be read before or after (`problem` says why). */
  readonly changes: readonly EntryChange[] | null;
  /** The latest time stamp of a key that the entry wrote: when it was made, as near as the hive tells. FILETIME. */
  readonly latestKeyTime: bigint | null;
  readonly problem: string | null;
}

/**
 * Replays a dirty hive's logs entry by entry; [] for a clean hive, whose logs are never applied. Pages that had reached
 * the primary before the crash show no change, since only what an entry alters is reported. The inputs are not written.
 * @throws FormatError NOT_A_HIVE, TRUNCATED as recover does.
 */
export function logTimeline(file: string, primary: Uint8Array, logs: readonly LogFile[]): TimelineEntry[] {
  const base = parseBaseBlockIfAny(primary, file);
  if (base && !base.isDirty) return [];
  const { steps } = chooseSteps(file, primary, base?.isChecksumRight ? base : null, readLogs(logs));
  let sizeBytes = primary.byteLength;
  for (const { entry } of steps) sizeBytes = Math.max(sizeBytes, BASE_BLOCK_SIZE_BYTES + entry.binsSizeBytes);
  const before = new Uint8Array(sizeBytes);
  before.set(primary);
  // The header is a log's where the primary's is broken; only its root and version are read here.
  const first = steps[0];
  if (!base?.isChecksumRight && first) before.set(first.source.bytes.subarray(0, HEADER_SIZE_BYTES));
  const after = before.slice();
  return steps.map((step) => {
    writePages(after, step);
    const compared = compareStep(file, before, after, step);
    writePages(before, step);
    return compared;
  });
}

function compareStep(file: string, before: Uint8Array, after: Uint8Array, { source, entry }: Step): TimelineEntry {
  let changedSizeBytes = 0;
  let pagesSizeBytes = 0;
  const changed = new Uint8Array(entry.binsSizeBytes >> 3);
  for (const page of entry.pages) {
    pagesSizeBytes += page.sizeBytes;
    const start = BASE_BLOCK_SIZE_BYTES + page.offset;
    for (let i = start; i < start + page.sizeBytes; i += 1) {
      if (before[i] === after[i]) continue;
      changedSizeBytes += 1;
      changed[(i - BASE_BLOCK_SIZE_BYTES) >> 3] = 1;
    }
  }
  const known = {
    log: source.log.name,
    sequence: entry.sequence,
    fileOffset: entry.fileOffset,
    binsSizeBytes: entry.binsSizeBytes,
    pagesSizeBytes,
    changedSizeBytes,
  };
  try {
    const comparison = new TreeComparison(changed);
    const end = BASE_BLOCK_SIZE_BYTES + entry.binsSizeBytes;
    comparison.compare(openTree(before.subarray(0, end), file), openTree(after.subarray(0, end), file));
    return { ...known, changes: comparison.changes, latestKeyTime: comparison.latestKeyTime, problem: null };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return { ...known, changes: null, latestKeyTime: null, problem: error.message };
  }
}

function openTree(image: Uint8Array, file: string): RegfKey {
  return new RegfTree(image, file).root;
}

/** Collects the differences of two trees. */
class TreeComparison {
  readonly changes: EntryChange[] = [];
  latestKeyTime: bigint | null = null;
  /** For each 8 bytes of the bins whether any of them differs: what lies elsewhere need not be compared. */
  private readonly changed: Uint8Array;

  constructor(changed: Uint8Array) {
    this.changed = changed;
  }

  compare(before: RegfKey, after: RegfKey): void {
    const pairs: [RegfKey, RegfKey][] = [[before, after]];
    for (let pair = pairs.pop(); pair; pair = pairs.pop()) {
      const [old, key] = pair;
      if (old.cellOffset !== key.cellOffset || !this.isUntouched(key)) this.compareKey(old, key);
      append(pairs, this.pairSubkeys(old, key).reverse());
    }
  }

  private compareKey(before: RegfKey, after: RegfKey): void {
    if (before.lastWritten !== after.lastWritten) {
      this.changes.push({ op: 'set-key-time', path: after.path });
      this.noteTime(after);
    }
    if (!sameBytes(before.classBytes, after.classBytes)) this.changes.push({ op: 'set-class', path: after.path });
    if (!sameBytes(before.security(), after.security())) {
      this.changes.push({ op: 'set-key-security', path: after.path });
    }
    this.compareValues(before.values(), after.values(), after);
  }

  /** Whether no byte changed in the key's record, class name, security record, value list, values and their data. */
  private isUntouched(key: RegfKey): boolean {
    const { cells } = key.tree;
    const at = key.cellOffset;
    if (!this.isSame(cells, at)) return false;
    if (!this.isSame(cells, cells.u32(at, NK.class)) || !this.isSame(cells, cells.u32(at, NK.security))) return false;
    const list = cells.u32(at, NK.valueList);
    const count = Math.min(cells.u32(at, NK.valueCount), Math.max(0, cells.contentSizeBytes(list) >> 2));
    if (!this.isSame(cells, list)) return false;
    for (let i = 0; i < count; i += 1) {
      const value = cells.u32(list, 4 * i);
      if (!this.isSame(cells, value) || cells.contentSizeBytes(value) < VK.name) return false;
      const sizeBytes = cells.u32(value, VK.dataSize);
      if (sizeBytes === 0 || sizeBytes >= RESIDENT) continue;
      if (sizeBytes > BIG_DATA_SEGMENT_SIZE_BYTES || !this.isSame(cells, cells.u32(value, VK.dataOffset))) return false;
    }
    return true;
  }

  private isSame(cells: Cells, cellOffset: number): boolean {
    const end = (cellOffset + 4 + Math.max(4, cells.contentSizeBytes(cellOffset)) + 7) >>> 3;
    for (let unit = cellOffset >>> 3; unit < end; unit += 1) if (this.changed[unit] === 1) return false;
    return true;
  }

  private noteTime(key: RegfKey): void {
    if (this.latestKeyTime === null || key.lastWritten > this.latestKeyTime) this.latestKeyTime = key.lastWritten;
  }

  private compareValues(before: readonly RegfValue[], after: readonly RegfValue[], key: RegfKey): void {
    if (before.length === 0 && after.length === 0) return;
    const left = new Map(before.map((value) => [upcase(value.name), value]));
    for (const value of after) {
      const old = left.get(upcase(value.name));
      left.delete(upcase(value.name));
      if (old && isSameValue(old, value)) continue;
      const states = { before: old ? stateOf(old) : null, after: stateOf(value) };
      this.changes.push({ op: 'set-value', path: key.path, name: value.name, ...states });
    }
    for (const value of left.values()) {
      const states = { before: stateOf(value), after: null };
      this.changes.push({ op: 'delete-value', path: key.path, name: value.name, ...states });
    }
  }

  /** Reports created and deleted subkeys; returns those that are on both sides. */
  private pairSubkeys(before: RegfKey, after: RegfKey): [RegfKey, RegfKey][] {
    const old = before.subkeys();
    const keys = after.subkeys();
    if (old.length === keys.length && keys.every((key, i) => key.name === old[i]!.name)) {
      return keys.map((key, i) => [old[i]!, key]);
    }
    const left = new Map(old.map((key) => [upcase(key.name), key]));
    const pairs: [RegfKey, RegfKey][] = [];
    for (const key of keys) {
      const other = left.get(upcase(key.name));
      left.delete(upcase(key.name));
      if (other) pairs.push([other, key]);
      else this.create(key);
    }
    for (const key of left.values()) this.changes.push({ op: 'delete-key', path: key.path });
    return pairs;
  }

  private create(top: RegfKey): void {
    const stack = [top];
    for (let key = stack.pop(); key; key = stack.pop()) {
      this.changes.push({ op: 'create-key', path: key.path });
      this.noteTime(key);
      this.compareValues([], key.values(), key);
      append(stack, key.subkeys().toReversed());
    }
  }
}

/** Whether nothing of the value differs, its place apart. */
function isSameValue(a: RegfValue, b: RegfValue): boolean {
  if (a.type !== b.type || a.sizeBytes !== b.sizeBytes || a.name !== b.name) return false;
  return sameBytes(dataOf(a), dataOf(b));
}

function dataOf(value: RegfValue): Uint8Array | null {
  return orNull(FormatError, () => value.data());
}

function stateOf(value: RegfValue): ValueState {
  const data = dataOf(value);
  return { type: value.type, hex: data && toHex(data) };
}
