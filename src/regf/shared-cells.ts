// Cells that two structures name, with all that lies below them: whoever changes one of them changes it in both places.

import { append } from '../base/lists.ts';
import { type Cells, NIL } from './cells.ts';
import { DB, LIST, NK, NK_FLAG, RESIDENT, SIGNATURE, VK } from './layout.ts';

/** A cell, and what it is to the one that names it. */
interface Named {
  readonly cell: number;
  readonly as: 'key' | 'subkeys' | 'value' | 'bytes';
}

/** The cells of an image that are named twice from the key at `root` on, or lie below one that is; security records apart. */
export function sharedCells(cells: Cells, root: number): ReadonlySet<number> {
  const again: Named[] = [];
  reach(cells, [{ cell: root, as: 'key' }], (named) => again.push(named));
  return reach(cells, again, () => {});
}

/** The allocated cells that are reached from some on; `onAgain` is told of each that was reached before. */
function reach(cells: Cells, from: readonly Named[], onAgain: (named: Named) => void): Set<number> {
  const reached = new Set<number>();
  const waiting = [...from];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    if (cells.contentSizeBytes(next.cell) < 0) continue;
    if (reached.has(next.cell)) onAgain(next);
    else append(waiting, namedBy(cells, next));
    reached.add(next.cell);
  }
  return reached;
}

function namedBy(cells: Cells, { cell, as }: Named): Named[] {
  if (as === 'key' && cells.isRecord(cell, SIGNATURE.nk, NK.name)) return namedByKey(cells, cell);
  if (as === 'value' && cells.isRecord(cell, SIGNATURE.vk, VK.name)) return namedByValue(cells, cell);
  if (as !== 'subkeys') return [];
  if (cells.isRecord(cell, SIGNATURE.ri, LIST.elements)) return elements(cells, cell, LIST.elements, 4, 'subkeys');
  const isHashed = [SIGNATURE.lf, SIGNATURE.lh].some((each) => cells.isRecord(cell, each, LIST.elements));
  if (!isHashed && !cells.isRecord(cell, SIGNATURE.li, LIST.elements)) return [];
  return elements(cells, cell, LIST.elements, isHashed ? 8 : 4, 'key');
}

function namedByKey(cells: Cells, key: number): Named[] {
  const named: Named[] = [];
  if (cells.u16(key, NK.classLength) > 0) named.push({ cell: cells.u32(key, NK.class), as: 'bytes' });
  if (cells.u32(key, NK.subkeyCount) > 0) named.push({ cell: cells.u32(key, NK.subkeyList), as: 'subkeys' });
  const valueCount = cells.u32(key, NK.valueCount);
  if (valueCount === 0 || cells.u16(key, NK.flags) & NK_FLAG.predefinedHandle) return named;
  const list = cells.u32(key, NK.valueList);
  named.push({ cell: list, as: 'bytes' });
  append(named, elements(cells, list, 0, 4, 'value', valueCount));
  return named;
}

function namedByValue(cells: Cells, value: number): Named[] {
  const sizeBytes = cells.u32(value, VK.dataSize);
  const data = cells.u32(value, VK.dataOffset);
  if (sizeBytes === 0 || sizeBytes >= RESIDENT || data === NIL) return [];
  const isWhole = cells.contentSizeBytes(data) >= sizeBytes;
  if (isWhole || !cells.isRecord(data, SIGNATURE.db, 8)) return [{ cell: data, as: 'bytes' }];
  const list = cells.u32(data, DB.segmentList);
  const segments = elements(cells, list, 0, 4, 'bytes', cells.u16(data, DB.segmentCount));
  return [{ cell: data, as: 'bytes' }, { cell: list, as: 'bytes' }, ...segments];
}

/** What a list names that begins at `field` of its cell: as many as it says, or as `count` says, and as there is room for. */
function elements(
  cells: Cells,
  list: number,
  field: number,
  sizeBytes: 4 | 8,
  as: Named['as'],
  count?: number,
): Named[] {
  const room = Math.floor((cells.contentSizeBytes(list) - field) / sizeBytes);
  const named: Named[] = [];
  if (room <= 0) return named;
  const end = Math.min(room, count ?? cells.u16(list, LIST.count));
  for (let i = 0; i < end; i += 1) named.push({ cell: cells.u32(list, field + sizeBytes * i), as });
  return named;
}
