// Whole hives written by the engine, several times as fast as the writers beside this file, and byte for byte as they
// write them. Whatever it is not sure to write so, it leaves to them: damage, and names that a format cannot hold.

import { EngineError, FormatError } from '../base/errors.ts';
import { encodeUtf16le } from '../base/text.ts';
import type { HiveExport } from '../engine/export.ts';
import type { HiveHandle } from '../engine/handle.ts';
import type { RegfTree } from '../regf/tree.ts';
import type { Hive } from '../registry/hive.ts';
import { openEngineHive } from '../registry/readers/engine-hive.ts';
import { SddlTexts } from '../security/index.ts';
import { sddlText } from './lines/jsonl.ts';

/** What is written of the hive, and what stands in it for the hive. */
export type EngineFormat =
  | { readonly format: 'xml' }
  | { readonly format: 'reg'; readonly prefix: string }
  | { readonly format: 'jsonl'; readonly source: string };

export interface EngineCounts {
  readonly keys: number;
  readonly values: number;
}

/** The document of a whole hive (of JSON lines: the records of keys and values), which the engine has read once. */
export class EngineWriter implements Disposable {
  private readonly handle: HiveHandle;
  private written: HiveExport | null = null;

  private constructor(handle: HiveHandle) {
    this.handle = handle;
  }

  /**
   * Null where the engine will not write it: `tree`, the independent reader of the same image, has met damage already, or
   * the engine meets something now that it declines. `what` is told what the engine has opened: looking a key up there
   * costs nothing, and in `tree` a walk over the whole.
   */
  static open(open: () => HiveHandle, tree: RegfTree, what: (hive: Hive) => EngineFormat): EngineWriter | null {
    if (tree.findings.length > 0) return null;
    let writer: EngineWriter | null = null;
    try {
      writer = new EngineWriter(open());
      if (writer.check(tree, what(openEngineHive('HIVE', writer.handle, 'primary')))) return writer;
    } catch (error) {
      if (!(error instanceof FormatError || error instanceof EngineError)) throw error;
    }
    writer?.[Symbol.dispose]();
    return null;
  }

  /** In pieces of some 256 KB, once; each is a view that is valid until the next is asked for. EngineError OUT_OF_MEMORY. */
  *chunks(): Generator<Uint8Array, EngineCounts> {
    const written = this.written!;
    do yield written.next();
    while (!written.isOver);
    return { keys: written.keys, values: written.values };
  }

  [Symbol.dispose](): void {
    this.written?.close();
    this.handle.close();
  }

  private check(tree: RegfTree, what: EngineFormat): boolean {
    this.written = this.handle.export(what.format, startOf(what));
    const texts = new SddlTexts();
    return this.written.check((cellOffset) => sddlJson(tree, cellOffset, texts));
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
