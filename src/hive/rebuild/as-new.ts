// Rebuild as new: another hive of the same version, made through the engine of everything that a survey read.

import { bytesEqual } from '../../base/bytes.ts';
import { HivemendError } from '../../base/errors.ts';
import { HiveHandle, type NodeId } from '../../engine/handle.ts';
import type { Engine } from '../../engine/module.ts';
import { BASE_BLOCK, BASE_BLOCK_SIZE_BYTES, encodeBaseBlock, parseBaseBlockIfAny } from '../../regf/base-block.ts';
import { NK, NK_FLAG, NOT_STORED_NK_FLAGS, VK, VK_FLAG } from '../../regf/layout.ts';
import type { CellMap } from '../survey/cell-map.ts';
import { bytesLeft, type Fix, type Loss } from '../survey/losses.ts';
import { emptyKey, NO_CELL, pathOf, type ReadKey } from '../survey/read-key.ts';
import type { Survey } from '../survey/survey.ts';
import type { LostDescriptors } from './security-ring.ts';

export interface AsNewOptions {
  /** 3 to 5. */
  readonly minorVersion: number;
  readonly lostDescriptors: LostDescriptors;
  /** Stamps keys that are made, not read. */
  readonly filetime: bigint;
}

export interface AsNewResult {
  readonly image: Uint8Array;
  /** What the engine would not take: a value of a name that no hive may have, a key below a predefined handle. */
  readonly losses: readonly Loss[];
  readonly fixes: readonly Fix[];
}

/** Of these bytes of the old base block nothing depends on where cells lie: names, GUIDs and times of the hive. */
const KEPT_FIELDS = [
  { from: 0x0c, to: 0x14 },
  { from: 0x30, to: 0xb8 },
] as const;

/** For a root that is lost, or whose name the engine does not take. */
const ROOT_NAME = 'ROOT';

/** Builds the hive. @throws EngineError OUT_OF_MEMORY, ENGINE_TRAP. */
export function buildAsNew(
  engine: Engine,
  image: Uint8Array,
  map: CellMap,
  survey: Survey,
  options: AsNewOptions,
): AsNewResult {
  using builder = new Builder(engine, map, options);
  builder.build(survey.root, survey.topLevel);
  const built = builder.image();
  keepBaseBlock(built, image);
  return { image: built, losses: builder.losses, fixes: builder.fixes };
}

class Builder implements Disposable {
  readonly losses: Loss[] = [];
  readonly fixes: Fix[] = [];
  private readonly map: CellMap;
  private readonly options: AsNewOptions;
  private readonly engine: Engine;
  private hive: HiveHandle | null = null;
  /** What the engine decides itself and is set to what it was, at the end: times, the nodes of keys, flags of values. */
  private readonly times: { readonly node: NodeId; readonly filetime: bigint }[] = [];
  private readonly nodes = new Map<ReadKey, NodeId>();
  private readonly descriptors = new Map<ReadKey, Uint8Array>();
  private readonly values: { readonly node: NodeId; readonly name: string; readonly flags: number }[] = [];

  constructor(engine: Engine, map: CellMap, options: AsNewOptions) {
    this.engine = engine;
    this.map = map;
    this.options = options;
  }

  build(root: ReadKey | null, topLevel: readonly ReadKey[]): void {
    const { minorVersion, lostDescriptors, filetime } = this.options;
    const security = root?.descriptor ?? lostDescriptors.plain;
    const rootName = root === null || root.name.includes('\0') ? ROOT_NAME : root.name;
    const hive = HiveHandle.create(this.engine, { minor: minorVersion, rootName, security, filetime });
    this.hive = hive;
    const top = root ?? emptyKey(null);
    this.descriptors.set(top, security);
    if (root !== null) this.fill(root, hive.root());
    for (const key of topLevel) this.add(key, hive.root(), top);
    // Last, since a new key stamps its parent.
    for (const { node, filetime: time } of this.times) hive.setTime(node, time);
  }

  image(): Uint8Array {
    const image = this.hive!.image();
    const view = new DataView(image.buffer, image.byteOffset);
    const put = (at: number, value: number): void => view.setUint16(BASE_BLOCK_SIZE_BYTES + at, value, true);
    const { cells } = this.map;
    for (const [key, node] of this.nodes) {
      if (key.cellOffset === NO_CELL) continue;
      const at = node + 4;
      const isByte = view.getUint16(BASE_BLOCK_SIZE_BYTES + at + NK.flags, true) & NK_FLAG.compressedName;
      const before = cells.u16(key.cellOffset, NK.flags);
      const entry = key.parent === null ? NK_FLAG.hiveEntry : 0;
      put(
        at + NK.flags,
        (before & ~(NOT_STORED_NK_FLAGS | NK_FLAG.compressedName | NK_FLAG.hiveEntry)) | isByte | entry,
      );
      if ((before & NOT_STORED_NK_FLAGS) !== 0 || (before & NK_FLAG.hiveEntry) !== entry) {
        this.fixes.push({ what: 'key flags', cellOffset: key.cellOffset });
      }
      put(at + NK.virtualisationFlags, cells.u16(key.cellOffset, NK.virtualisationFlags));
      image[BASE_BLOCK_SIZE_BYTES + at + NK.accessBits] = cells.bytes[key.cellOffset + 4 + NK.accessBits]!;
    }
    for (const { node, name, flags } of this.values) {
      const value = this.hive!.value(node, name)!;
      const at = BASE_BLOCK_SIZE_BYTES + value + 4 + VK.flags;
      put(
        value + 4 + VK.flags,
        (flags & ~VK_FLAG.compressedName) | (view.getUint16(at, true) & VK_FLAG.compressedName),
      );
    }
    return image;
  }

  /** Makes a key and everything below it. */
  private add(from: ReadKey, under: NodeId, above: ReadKey): void {
    const waiting = [{ key: from, parent: under, above }];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const node = this.make(next.key, next.parent, next.above);
      if (node === null) continue;
      for (const subkey of next.key.subkeys.toReversed()) waiting.push({ key: subkey, parent: node, above: next.key });
    }
  }

  private make(key: ReadKey, parent: NodeId, above: ReadKey): NodeId | null {
    const hive = this.hive!;
    const { filetime, lostDescriptors } = this.options;
    try {
      const node = hive.createKey(parent, key.name, filetime);
      const inherited = lostDescriptors.isPlainForAll ? lostDescriptors.plain : this.descriptors.get(above)!;
      const descriptor = key.descriptor ?? inherited;
      this.descriptors.set(key, descriptor);
      if (!bytesEqual(descriptor, this.descriptors.get(above)!)) hive.setSecurity(node, descriptor, filetime);
      this.fill(key, node);
      return node;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      this.lose('key', key, key.name, key.cellOffset, error.message);
      return null;
    }
  }

  private fill(key: ReadKey, node: NodeId): void {
    const hive = this.hive!;
    const { filetime } = this.options;
    this.nodes.set(key, node);
    if (key.classBytes !== null) hive.setClass(node, key.classBytes, filetime);
    for (const value of key.values) {
      try {
        hive.setValue(node, value.name, value.type, value.data, filetime);
        if ((value.flags & ~VK_FLAG.compressedName) !== 0)
          this.values.push({ node, name: value.name, flags: value.flags });
      } catch (error) {
        if (!isRefusal(error)) throw error;
        this.lose('value', key, value.name, value.cellOffset, error.message);
      }
    }
    const time = key.cellOffset === NO_CELL ? key.lastWritten : this.map.cells.u64(key.cellOffset, NK.lastWritten);
    if (time !== undefined) this.times.push({ node, filetime: time });
  }

  private lose(what: 'key' | 'value', key: ReadKey, name: string, cellOffset: number, why: string): void {
    const hex = bytesLeft(cellOffset === NO_CELL ? null : this.map.cells.content(cellOffset));
    this.losses.push({ what, how: 'dropped', cellOffset, path: pathOf(key), name, count: null, hex, why });
  }

  [Symbol.dispose](): void {
    this.hive?.close();
  }
}

/** What the engine says of a name, a limit or a key that takes no subkeys: the hive goes on without it. */
function isRefusal(error: unknown): error is HivemendError {
  return error instanceof HivemendError && (error.kind === 'UsageError' || error.kind === 'RefusedError');
}

/** What the old base block says of the hive goes over, where its checksum tells that it is whole. */
function keepBaseBlock(built: Uint8Array, image: Uint8Array): void {
  const old = parseBaseBlockIfAny(image, 'the damaged hive');
  if (!old?.isChecksumRight) return;
  for (const { from, to } of KEPT_FIELDS) built.set(image.subarray(from, to), from);
  // The first bin keeps a copy of the time.
  built.set(image.subarray(BASE_BLOCK.lastWritten, BASE_BLOCK.lastWritten + 8), BASE_BLOCK_SIZE_BYTES + 20);
  const sequence = Math.max(old.primarySequence, old.secondarySequence, 1);
  built.set(encodeBaseBlock(built.subarray(0, 512), { primarySequence: sequence, secondarySequence: sequence }));
}
