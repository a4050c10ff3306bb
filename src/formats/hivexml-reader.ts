// Reads hivexml's documents, plain ones and those with our lossless attributes, into plain records.

import type { RegValue } from '../registry/edit.ts';

export interface ParsedValue {
  readonly name: string;
  readonly value: RegValue;
  /** The vk flags; null: as the name needs. */
  readonly flags: number | null;
}

export interface ParsedKey {
  readonly name: string;
  /** FILETIME; null where the document has none. */
  readonly lastWritten: bigint | null;
  /** UTF-16LE; null: none. */
  readonly classBytes: Uint8Array | null;
  /** The self-relative descriptor; null: the parent's. */
  readonly security: Uint8Array | null;
  /** The nk flags; null: as the name and place need. */
  readonly flags: number | null;
  readonly values: readonly ParsedValue[];
  readonly subkeys: readonly ParsedKey[];
}

export interface ParsedHivexml {
  /** The minor version that the document names; null: none. */
  readonly minor: number | null;
  /** The base block's last-written FILETIME; null: none. */
  readonly lastWritten: bigint | null;
  readonly root: ParsedKey;
}

/** Reads a document. UsageError BAD_SYNTAX with line and column (in `data`) for what is no such document or what plain
 *  XML cannot name (an unknown type without its number, an int32 that is none); never guesses. */
export function parseHivexml(text: string): ParsedHivexml {
  throw new Error(text);
}
