// A walk as objects, which the tests compare and keep.

import type { HiveHandle, NodeId, ValueId } from '../../src/engine/handle.ts';

export interface WalkedKey {
  readonly kind: 'key';
  readonly id: NodeId;
  readonly parent: NodeId;
  readonly depth: number;
  readonly name: string;
  readonly flags: number;
  readonly lastWritten: bigint;
  readonly classBytes: Uint8Array | null;
}

export interface WalkedValue {
  readonly kind: 'value';
  readonly id: ValueId;
  readonly name: string;
  readonly flags: number;
  readonly type: number;
  readonly sizeBytes: number;
  /** Null where they cannot be read whole. */
  readonly data: Uint8Array | null;
}

/** The tree below `from`, its own key first; the names and data are copies. */
export function* walked(hive: HiveHandle, from: NodeId = hive.root()): Generator<WalkedKey | WalkedValue> {
  using cursor = hive.walk(from);
  while (cursor.next()) {
    const { bytes, name, flags, cellOffset } = cursor;
    if (cursor.isKey) {
      const { parent, depth, lastWritten, classBytes } = cursor;
      const ids = { id: cellOffset as NodeId, parent: parent as NodeId };
      yield { kind: 'key', ...ids, depth, name, flags, lastWritten, classBytes };
    } else {
      const { type, dataAt, dataSizeBytes, isUnreadable } = cursor;
      const data = isUnreadable ? null : bytes.slice(dataAt, dataAt + dataSizeBytes);
      yield { kind: 'value', id: cellOffset as ValueId, name, flags, type, sizeBytes: dataSizeBytes, data };
    }
  }
}
