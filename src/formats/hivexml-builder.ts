// Builds hives of documents.

import type { Engine } from '../engine/module.ts';
import { WorkingHive } from '../registry/apply.ts';
import type { HiveEdit } from '../registry/edit.ts';
import type { ParsedHivexml } from './hivexml-reader.ts';

export interface BuildOptions {
  /** What KeyPath.hive is to say of it. */
  readonly name: string;
  /** Where the document names none; one that it names is kept. UsageError BAD_ARGUMENT where neither does. */
  readonly minor?: number;
  /** Stamps what the document gives no time. */
  readonly filetime: bigint;
}

/** A new hive of a document. */
export function buildHive(engine: Engine, parsed: ParsedHivexml, options: BuildOptions): WorkingHive {
  throw new Error(`${engine}${parsed}${options}`);
}

/** The edits that bring a document into an existing hive, its root at `at`: keys are made, values set, nothing deleted. */
export function hivexmlEdits(parsed: ParsedHivexml, hive: string, at: readonly string[] = []): HiveEdit[] {
  throw new Error(`${parsed}${hive}${at}`);
}
