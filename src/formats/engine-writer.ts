// Whole hives written by the engine, several times as fast as the writers beside this file, and byte for byte as they
// write them. Whatever it is not sure to write so, it leaves to them: damage, and names that a format cannot hold.

import { EngineError, FormatError } from '../base/errors.ts';
import { encodeUtf16le } from '../base/text.ts';
import type { HiveHandle, NodeId } from '../engine/handle.ts';
import { MAX_LISTED, type RegfTree } from '../regf/tree.ts';
import { SddlTexts } from '../security/index.ts';
import { sddlText } from './lines/jsonl.ts';

/** What is written of the hive, and what stands in it for the hive. */
export type EngineFormat =
  | { readonly format: 'xml' }
  | { readonly format: 'reg'; readonly prefix: string }
  | { readonly format: 'jsonl'; readonly source: string };

/** A hive for the engine to write, as the independent reader has it at that moment. */
export interface EngineSource {
  open(): HiveHandle;
  readonly tree: RegfTree;
  /** Cells of the keys whose subkeys that reader has read: whose a cell is depends on who was first. */
  readonly listed: readonly number[];
}

export interface EngineCounts {
  readonly keys: number;
  readonly values: number;
}

/** Null where that reader has met damage already, or read so much that the engine would not follow. */
export function engineSource(open: () => HiveHandle, tree: RegfTree): EngineSource | null {
  if (tree.findings.length > 0 || tree.listed.length >= MAX_LISTED) return null;
  return { open, tree, listed: [...new Set(tree.listed)] };
}

/**
 * The document of a whole hive (of JSON lines: the records of keys and values) in pieces of some 256 KB, each a view that
 * is valid until the next is asked for. Gives null where the engine declines or fails: what was given until then is how
 * the whole begins. The same source gives the same pieces again.
 */
export function* engineChunks(
  { open, tree, listed }: EngineSource,
  what: EngineFormat,
): Generator<Uint8Array, EngineCounts | null> {
  using handle = unlessFailing(open);
  if (handle === null) return null;
  using written = unlessFailing(() => handle.export(what.format, startOf(what)));
  if (written === null) return null;
  for (const cellOffset of listed) written.claim(cellOffset as NodeId);
  const texts = new SddlTexts();
  const security = (cellOffset: number): Uint8Array | null => sddlJson(tree, cellOffset, texts);
  for (;;) {
    const chunk = unlessFailing(() => written.next(security));
    if (chunk === null) return null;
    yield chunk;
    if (written.isOver) return { keys: written.keys, values: written.values };
  }
}

function unlessFailing<T>(attempt: () => T): T | null {
  try {
    return attempt();
  } catch (error) {
    if (error instanceof FormatError || error instanceof EngineError) return null;
    throw error;
  }
}

function startOf(what: EngineFormat): Uint8Array {
  switch (what.format) {
    case 'xml':
      return new Uint8Array();
    case 'reg':
      return encodeUtf16le(what.prefix);
    case 'jsonl':
      return new TextEncoder().encode(`","source":${JSON.stringify(what.source)},"path":"`);
  }
}

/** Null where the tree's image lay in memory of the engine's that has moved. */
function sddlJson(tree: RegfTree, cellOffset: number, texts: SddlTexts): Uint8Array | null {
  if (tree.cells.bytes.byteLength === 0) return null;
  const descriptor = tree.descriptorAt(cellOffset);
  const text = descriptor === null ? null : sddlText(descriptor, texts);
  return new TextEncoder().encode(JSON.stringify(text));
}
