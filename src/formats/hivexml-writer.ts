// Writes a hive as hivexml does: the same document, byte for byte, where hivexml's is right (docs/hivexml.md).

import type { Hive, Key } from '../registry/hive.ts';

export interface HivexmlOptions {
  /** The image that the hive is read from: offsets of data and the base block's time stand in the document. */
  readonly image: Uint8Array;
  /** Adds the attributes that make a document which can be imported without loss. */
  readonly lossless?: boolean;
  /** Checked between keys. */
  readonly signal?: AbortSignal;
}

/** Writes the document to `sink` in pieces of some 64 KB. */
export function writeHivexml(hive: Hive, sink: (chunk: string) => void, options: HivexmlOptions): void {}
