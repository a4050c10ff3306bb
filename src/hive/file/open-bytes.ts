// A hive that a program gives as bytes, with its logs.

import { UsageError } from '../../base/errors.ts';
import { upcase } from '../../base/text.ts';
import type { Engine } from '../../engine/module.ts';
import { LOG_ENDINGS } from '../../regf/logs/log-names.ts';
import { openHiveBytes } from '../open.ts';
import { HiveFile } from './hive-file.ts';
import { kindOf } from './input.ts';

/** What is said of a hive that is given as bytes. */
export interface GivenHive {
  /** What edits call it in `key.hive`; default 'HIVE'. */
  readonly name?: string;
  /** Its transaction logs; names end in .LOG, .LOG1 or .LOG2. */
  readonly logs?: readonly { readonly name: string; readonly bytes: Uint8Array }[];
}

/** @throws UsageError BAD_ARGUMENT for no bytes, and a log whose name is none; FormatError */
export function openGivenBytes(
  engine: Engine,
  bytes: Uint8Array,
  { name = 'HIVE', logs = [] }: GivenHive,
  now: () => bigint,
): HiveFile {
  if (!ArrayBuffer.isView(bytes)) {
    throw new UsageError('BAD_ARGUMENT', `a hive is opened from ${kindOf(bytes)}, expected a path or a Uint8Array`);
  }
  if (bytes.byteLength === 0) {
    throw new UsageError('BAD_ARGUMENT', 'the array of bytes is empty, expected those of a hive');
  }
  const stranger = logs.find((log) => !LOG_ENDINGS.some((ending) => upcase(log.name).endsWith(ending)));
  if (stranger) {
    const expected = 'expected a name that ends in .LOG, .LOG1 or .LOG2';
    throw new UsageError('BAD_ARGUMENT', `a transaction log is called ${stranger.name}, ${expected}`);
  }
  const found = logs.map((log) => ({ ...log, path: log.name }));
  return new HiveFile(openHiveBytes(engine, name, name, bytes, found), now);
}
