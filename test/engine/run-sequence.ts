// Runs one random sequence in the engine and in the model, and judges the result three ways.

import { bytesEqual, toHex } from '../../src/base/bytes.ts';
import { HivemendError } from '../../src/base/errors.ts';
import { HiveHandle } from '../../src/engine/handle.ts';
import type { Engine } from '../../src/engine/module.ts';
import { validate } from '../../src/regf/gate/validate.ts';
import { type RegfKey, RegfTree } from '../../src/regf/tree.ts';
import { account } from './account.ts';
import { engine, pattern, T0 } from './engines.ts';
import { applyToHive, applyToModel, cloneModel, find, type ModelKey, modelOf, type Operation } from './model.ts';
import {
  dataSize,
  keyName,
  type Sequence,
  type StartingHive,
  type Step,
  securityOf,
  startingHives,
  valueName,
  valueType,
} from './sequences.ts';
import { type WalkedKey, type WalkedValue, walked } from './walked.ts';

/** Throws with the difference when the engine and the model part, or the result is not sound. */
export function runSequence(sequence: Sequence, on: Engine = engine): void {
  const start = startingHives[sequence.start]!;
  using hive = HiveHandle.open(on, start.image);
  const model = new Side(hive);
  const touched = new Set<string>();
  for (const [index, step] of sequence.steps.entries()) model.step(step, T0 + BigInt(index + 1), touched);
  model.endBatch();
  const image = hive.image();
  const walked = modelOf(hive);
  expectSame('engine', walked, model.root);
  expectSame('verifier', verifierModel(new RegfTree(image, start.name)), model.root);
  const faults = faultsIn(image);
  // Some real hives have faults of their own (a leaked cell, a hint that another writer made); none may be added.
  if (faults.length > faultsOf(start).length) throw new Error(`${start.name}: ${faults.slice(0, 5).join('; ')}`);
  if (account(image).uncoalesced > account(start.image).uncoalesced)
    throw new Error(`${start.name}: free cells side by side`);
  expectUntouched(start.image, image, touched);
}

const knownFaults = new Map<StartingHive, readonly string[]>();

function faultsOf(start: StartingHive): readonly string[] {
  const known = knownFaults.get(start) ?? faultsIn(start.image);
  knownFaults.set(start, known);
  return known;
}

/** What the bookkeeper and the gate find. */
function faultsIn(image: Uint8Array): string[] {
  const findings = validate(image, 'hive').map((finding) => `${finding.code} ${finding.where.key}: ${finding.text}`);
  return [...account(image).faults, ...findings];
}

/** The engine's hive and the model of it, kept in step. */
class Side {
  readonly hive: HiveHandle;
  root: ModelKey;
  private kept: { root: ModelKey; image: Uint8Array } | null = null;

  constructor(hive: HiveHandle) {
    this.hive = hive;
    this.root = modelOf(hive);
  }

  step(step: Step, time: bigint, touched: Set<string>): void {
    if (step.kind >= 97) {
      this.batch(step.kind);
      return;
    }
    const operation = operationFor(step, this.root);
    const expected = applyToModel(this.root, operation, time);
    if (!expected) touch(operation, touched);
    let error: HivemendError | null = null;
    try {
      applyToHive(this.hive, operation, time);
    } catch (thrown) {
      if (!(thrown instanceof HivemendError)) throw thrown;
      error = thrown;
    }
    if (error?.code !== expected?.code) {
      throw new Error(
        `${operation.op} ${operation.path.join('\\')}: expected ${expected?.code}, got ${error?.code} ${error?.message}`,
      );
    }
  }

  private batch(kind: number): void {
    if (!this.kept) {
      this.kept = { root: cloneModel(this.root), image: this.hive.image() };
      this.hive.begin();
    } else if (kind === 97) {
      this.hive.rollback();
      this.root = this.kept.root;
      if (!bytesEqual(this.hive.image(), this.kept.image)) throw new Error('a rolled back batch left other bytes');
      this.kept = null;
    } else this.endBatch();
  }

  endBatch(): void {
    if (this.kept) this.hive.keep();
    this.kept = null;
  }
}

/** The path of a key of the model, chosen by a number; keys that others made large are preferred a little. */
function pathOf(root: ModelKey, choice: number): string[] {
  const path: string[] = [];
  let key = root;
  let rest = choice;
  while (key.subkeys.length > 0 && rest % 4 !== 0) {
    rest >>= 2;
    key = key.subkeys[rest % key.subkeys.length]!;
    path.push(key.name);
  }
  return path;
}

function operationFor(step: Step, root: ModelKey): Operation {
  const path = pathOf(root, step.key);
  const values = find(root, path)!.values;
  const existing = values.length > 0 ? values[step.name % values.length]!.name : 'none';
  const { kind } = step;
  if (kind < 30) return { op: 'create', path, name: keyName(step) };
  if (kind < 40) return { op: 'delete', path };
  if (kind < 48) return { op: 'rename', path, name: keyName(step) };
  if (kind < 78) {
    const name = kind < 66 ? valueName(step) : existing;
    return { op: 'set', path, name, type: valueType(step), data: pattern(dataSize(step), step.seed) };
  }
  if (kind < 88) return { op: 'unset', path, name: kind < 87 ? existing : valueName(step) };
  if (kind < 91) return { op: 'class', path, text: step.size % 3 === 0 ? null : 'class '.repeat(step.size % 40) };
  if (kind < 95) return { op: 'security', path, descriptor: securityOf(step) };
  return { op: 'time', path };
}

/** What an operation may change: the key, its parent, and (a rename may move the cell) its children. */
function touch(operation: Operation, touched: Set<string>): void {
  const path = operation.path.join('\\').toUpperCase();
  touched.add(path);
  touched.add(operation.path.slice(0, -1).join('\\').toUpperCase());
  if (operation.op === 'rename' || operation.op === 'delete') touched.add(`${path}\\*`);
}

function expectSame(reader: string, found: ModelKey, expected: ModelKey, path = ''): void {
  const here = `${reader}: ${path}\\${expected.name}`;
  for (const field of ['name', 'time', 'classHex', 'security', 'flags'] as const) {
    if (found[field] !== expected[field])
      throw new Error(`${here}: ${field} ${found[field]}, expected ${expected[field]}`);
  }
  if (found.values.length !== expected.values.length) throw new Error(`${here}: ${found.values.length} values`);
  found.values.forEach((value, i) => {
    const other = expected.values[i]!;
    if (value.name !== other.name || value.type !== other.type || value.hex !== other.hex) {
      throw new Error(
        `${here}: value ${other.name} (${other.type}, ${other.hex.length / 2} bytes) is ${value.name}, ${value.type}, ${value.hex.length / 2}`,
      );
    }
  });
  if (found.subkeys.length !== expected.subkeys.length) throw new Error(`${here}: ${found.subkeys.length} subkeys`);
  found.subkeys.forEach((key, i) => {
    expectSame(reader, key, expected.subkeys[i]!, `${path}\\${expected.name}`);
  });
}

function verifierModel(tree: RegfTree): ModelKey {
  const convert = (key: RegfKey): ModelKey => {
    const security = key.security();
    return {
      name: key.name,
      time: key.lastWritten,
      classHex: key.classBytes && toHex(key.classBytes),
      security: security && toHex(security),
      flags: key.flags & ~0x20,
      values: key.values().map((value) => ({ name: value.name, type: value.type, hex: toHex(value.data()) })),
      subkeys: key.subkeys().map(convert),
    };
  };
  const model = convert(tree.root);
  if (tree.findings.length > 0) throw new Error(`verifier: ${tree.findings[0]!.text}`);
  return model;
}

/** Every key of the start that no operation could have changed keeps its cells and their bytes. */
function expectUntouched(before: Uint8Array, after: Uint8Array, touched: ReadonlySet<string>): void {
  using hive = HiveHandle.open(engine, before);
  const paths = new Map<number, string>();
  let current: WalkedKey | null = null;
  for (const record of walked(hive)) {
    if (record.kind === 'key') {
      const parent = paths.get(record.parent);
      paths.set(record.id, parent === undefined ? '' : parent === '' ? record.name : `${parent}\\${record.name}`);
      current = record;
    }
    const path = paths.get(current!.id)!.toUpperCase();
    if (!isTouched(path, touched)) expectSameCell(before, after, record, path);
  }
}

function isTouched(path: string, touched: ReadonlySet<string>): boolean {
  if (touched.has(path)) return true;
  const names = path.split('\\');
  return names.some((_, i) => touched.has(`${names.slice(0, i + 1).join('\\')}\\*`));
}

function expectSameCell(before: Uint8Array, after: Uint8Array, record: WalkedKey | WalkedValue, path: string): void {
  const at = record.id + 4096;
  const size = -new DataView(before.buffer).getInt32(at, true);
  if (!bytesEqual(before.subarray(at, at + size), after.subarray(at, at + size))) {
    throw new Error(`${path}: the cell at ${record.id} of an untouched ${record.kind} has changed`);
  }
}
