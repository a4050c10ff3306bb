// The records of JSON lines (schemas/jsonl.schema.json): what each holds is documented there and in docs/formats.md.
// Bytes are lower-case hex, 64-bit numbers decimal strings, times ISO with seven digits beside the FILETIME string.

import type { ErrorJson } from '../../base/errors.ts';
import type { Finding } from '../../base/finding.ts';
import type { HiveKind } from '../../hive/kind.ts';

export interface TimeRecord {
  readonly iso: string | null;
  readonly filetime: string;
}

/** How sure it is that a remnant is what it looks like. */
export type Confidence = 'high' | 'medium' | 'low';

/** Null in records of what is in the hive; set for what was recovered from the parts that nothing names any more. */
export type RemnantRecord = null | {
  readonly confidence: Confidence;
  /** Whether the path begins at the root of the hive, or only as far up as it could be followed. */
  readonly isPathWhole: boolean;
};

export interface LogRecord {
  readonly name: string;
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** First of each hive. */
export interface HiveRecord {
  readonly record: 'hive';
  readonly schema: 1;
  readonly source: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly kind: HiveKind;
  readonly version: string;
  /** 'recovered': its logs were replayed in memory; 'primary': the file as it lies. */
  readonly view: 'primary' | 'recovered';
  readonly wasDirty: boolean;
  readonly entriesApplied: number;
  readonly logs: readonly LogRecord[];
}

export interface KeyRecordLine {
  readonly record: 'key';
  readonly source: string;
  /** Names below the root, backslashes between them; '' is the root. */
  readonly path: string;
  readonly name: string;
  readonly lastWritten: TimeRecord;
  readonly className: string | null;
  /** Null where there is none or it is damaged. */
  readonly sddl: string | null;
  readonly flags: number | null;
  readonly subkeys: number | null;
  readonly values: number | null;
  /** Of the nk cell, from the first bin. */
  readonly cellOffset: number;
  readonly remnant: RemnantRecord;
}

export interface ValueRecordLine {
  readonly record: 'value';
  readonly source: string;
  /** The key's path; null for a remnant whose key is not known. */
  readonly path: string | null;
  readonly name: string;
  /** 'REG_SZ'; '0x...' for a number that has no name. */
  readonly type: string;
  readonly typeNumber: number;
  /** Text, list of texts, number (REG_DWORD) or decimal text (REG_QWORD); null where the bytes are none of these. */
  readonly data: string | readonly string[] | number | null;
  /** The data as stored; null where they cannot be read whole. */
  readonly hex: string | null;
  /** The key's. */
  readonly lastWritten: TimeRecord | null;
  /** Of the vk cell, from the first bin. */
  readonly cellOffset: number;
  readonly remnant: RemnantRecord;
}

/** Last of each hive that was read. */
export interface EndRecord {
  readonly record: 'end';
  readonly source: string;
  readonly keys: number;
  readonly values: number;
  readonly remnants: number;
  readonly findings: readonly Finding[];
}

/** Stands for a hive that could not be read. */
export interface ErrorRecord {
  readonly record: 'error';
  readonly source: string;
  readonly error: ErrorJson;
}

export type JsonRecord = HiveRecord | KeyRecordLine | ValueRecordLine | EndRecord | ErrorRecord;
