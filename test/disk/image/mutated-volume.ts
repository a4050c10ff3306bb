// Damage for volumes: a disk whose bytes differ in some of the places that a reader looks at, and a walk that reads all
// that it can. What is wrong with a reader shows as anything but an error with a code, or as work without end.

import { HivemendError } from '../../../src/base/errors.ts';
import { type BlockSource, checkRange } from '../../../src/disk/image/blocks.ts';
import { FatVolume } from '../../../src/disk/image/fat/volume.ts';
import type { FileNode } from '../../../src/disk/image/file-system.ts';
import { NtfsVolume } from '../../../src/disk/image/ntfs/volume.ts';

export interface Victim {
  readonly name: string;
  readonly kind: 'ntfs' | 'fat';
  readonly bytes: Uint8Array;
  /** What the walk of the whole volume read: offset and length. */
  readonly touched: readonly (readonly [number, number])[];
  /** How much it read. */
  readonly readBytes: number;
}

const MAX_NODES = 2000;
const MAX_DEPTH = 8;
const PIECE_BYTES = 65_536;

class WithoutEnd extends Error {}

/** `bytes` as a disk that gives up once more is read than `budgetBytes`. */
function countingSource(
  bytes: Uint8Array,
  budgetBytes: number,
  onRead: (at: number, lengthBytes: number) => void,
): BlockSource {
  let rest = budgetBytes;
  const no = (): never => {
    throw new Error('a reader wrote');
  };
  const source: BlockSource = {
    sizeBytes: bytes.byteLength,
    blockSizeBytes: 512,
    identity: 'victim',
    read: (at, into) => {
      checkRange(source, at, into.byteLength);
      // Each read costs something, also one of nothing.
      rest -= into.byteLength + 64;
      if (rest < 0) throw new WithoutEnd('a small volume is read without end');
      onRead(at, into.byteLength);
      into.set(bytes.subarray(at, at + into.byteLength));
    },
    ...{ write: no, flush: no, close: no },
  };
  return source;
}

/** The volume with what a walk of it touches. @throws where it cannot be read as a whole */
export function victimOf(name: string, kind: Victim['kind'], given: Uint8Array): Victim {
  // Of a Buffer a slice would be a view, and damage would stay.
  const bytes = new Uint8Array(given);
  const touched = new Map<string, readonly [number, number]>();
  let readBytes = 0;
  const source = countingSource(bytes, 2 ** 34, (at, lengthBytes) => {
    readBytes += lengthBytes + 64;
    touched.set(`${at} ${lengthBytes}`, [at, lengthBytes]);
  });
  const codes = walk(source, kind);
  if ([...codes.keys()].some((code) => code !== 'UNREADABLE_STORAGE')) throw new Error(`${name}: ${[...codes.keys()]}`);
  return { name, kind, bytes, touched: [...touched.values()], readBytes };
}

/** Damages a place of `victim` or a few, walks it, and puts the bytes back; the codes of the errors that were met. */
export function walkDamaged(victim: Victim, below: (limit: number) => number): Map<string, number> {
  const { bytes, touched, kind, readBytes } = victim;
  const undo: (readonly [number, Uint8Array])[] = [];
  const put = (at: number, data: readonly number[]): void => {
    const end = Math.min(at + data.length, bytes.byteLength);
    undo.push([at, bytes.slice(at, end)]);
    bytes.set(data.slice(0, end - at), at);
  };
  for (let count = below(2) ? 1 : 2 + below(6); count > 0; count -= 1) {
    const [start, lengthBytes] = touched[below(touched.length)]!;
    // Most structures have their fields at their beginning.
    const at = start + below(below(2) ? Math.min(lengthBytes, 256) : lengthBytes);
    const kindOfDamage = below(12);
    if (kindOfDamage < 4) put(at, [below(256)]);
    else if (kindOfDamage < 8) put(at, [bytes[at]! ^ (1 << below(8))]);
    else if (kindOfDamage < 10) put(at, Array(1 + below(8)).fill([0, 0xff, 0x7f, 0x80][below(4)]));
    else if (kindOfDamage === 10) put(at & ~3, [below(256), below(256), below(4), 0]);
    else {
      const [from] = touched[below(touched.length)]!;
      put(start, [...bytes.subarray(from, from + (below(2) ? 64 : 1024))]);
    }
  }
  try {
    return walk(
      countingSource(bytes, 40 * readBytes + 2 ** 24, () => {}),
      kind,
    );
  } finally {
    for (const [at, kept] of undo.reverse()) bytes.set(kept, at);
  }
}

/** Reads everything that a volume gives; the codes of errors with how often each was met. Anything else is thrown. */
function walk(source: BlockSource, kind: Victim['kind']): Map<string, number> {
  const codes = new Map<string, number>();
  const attempt = <T>(what: () => T): T | null => {
    try {
      return what();
    } catch (error) {
      if (!(error instanceof HivemendError)) throw error;
      codes.set(error.code, (codes.get(error.code) ?? 0) + 1);
      return null;
    }
  };
  const volume = attempt(() => (kind === 'ntfs' ? new NtfsVolume(source) : new FatVolume(source)));
  if (!volume) return codes;
  void attempt(() => volume.label);
  attempt(() => volume.freeBytes());
  attempt(() => (volume instanceof NtfsVolume ? volume.state() : volume.isDirty));
  const piece = new Uint8Array(PIECE_BYTES);
  let nodes = 0;
  const visit = (node: FileNode, depth: number): void => {
    nodes += 1;
    if (nodes > MAX_NODES || depth > MAX_DEPTH) return;
    attempt(() => [node.id, node.sizeBytes, node.modifiedMs, node.target]);
    attempt(() => node.descriptor());
    if (node.kind === 'folder') {
      for (const name of attempt(() => node.names())?.slice(0, MAX_NODES) ?? []) {
        const child = attempt(() => node.child(name));
        if (child) visit(child.node, depth + 1);
      }
    } else if (node.kind === 'file') {
      const data = attempt(() => node.open());
      if (!data) return;
      attempt(() => data.place());
      for (const at of [0, Math.floor(data.sizeBytes / 2), data.sizeBytes - 100]) {
        const count = attempt(() => data.read(Math.max(0, at), piece));
        if (count !== null && !(count >= 0 && count <= PIECE_BYTES)) throw new Error(`${count} bytes were read`);
      }
    }
  };
  const root = attempt(() => volume.root);
  if (root) visit(root, 0);
  return codes;
}
