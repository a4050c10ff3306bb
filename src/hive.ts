// The core without Node, for browser pages and workers: hives as bytes in, bytes out. Whoever calls it brings the compiled
// engine (hivex-wasm's hivex.wasm) and, where bytes are edited, the clock is the page's own.

import { UsageError } from './base/errors.ts';
import { msToFiletime } from './base/time.ts';
import type { Engine } from './engine/module.ts';
import { HiveFile } from './hive/file/hive-file.ts';
import { openHiveBytes } from './hive/open.ts';

export * from './base/errors.ts';
export type { Finding, Where } from './base/finding.ts';
export { filetimeToIso, isoToFiletime } from './base/time.ts';
export { BcdStore } from './bcd/store.ts';
export { Engine } from './engine/module.ts';
export { parseRegFile } from './formats/reg/reader.ts';
export { writeRegFile } from './formats/reg/writer.ts';
export type { HiveFile, HiveWalkOptions, ValueInput } from './hive/file/hive-file.ts';
export { HiveKey, HiveValue, type PathInput, type ValueData, type WalkOptions } from './hive/file/hive-key.ts';
export type { HiveKind } from './hive/kind.ts';
export { type BaseBlock, parseBaseBlock } from './regf/base-block.ts';
export { validate } from './regf/gate/validate.ts';
export type { Change, Edit, HiveEdit, KeyPath, RegValue, State } from './registry/edit.ts';
export { binary, dword, expandSz, multiSz, qword, regValue, sz, typeName, typeNumber } from './registry/value.ts';
export { fromSddl, parseDescriptor, toSddl } from './security/index.ts';

/** Of a hive that is given as bytes. */
export interface HiveBytesOptions {
  readonly engine: Engine;
  /** What edits call it in `key.hive`; default 'HIVE'. */
  readonly name?: string;
  /** Its transaction logs; names end in .LOG, .LOG1 or .LOG2. */
  readonly logs?: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  /** FILETIME now, for the keys that edits stamp; default: the clock of this system. */
  readonly now?: () => bigint;
}

/** Opens a hive, replaying its logs in memory where it is dirty. @throws UsageError BAD_ARGUMENT; FormatError */
export function openHive(bytes: Uint8Array, options: HiveBytesOptions): HiveFile {
  if (bytes.byteLength === 0) {
    throw new UsageError('BAD_ARGUMENT', 'the array of bytes is empty, expected those of a hive');
  }
  const { engine, name = 'HIVE', logs = [], now = () => msToFiletime(Date.now()) } = options;
  const found = logs.map((log) => ({ ...log, path: log.name }));
  return new HiveFile(openHiveBytes(engine, name, name, bytes, found), now);
}
