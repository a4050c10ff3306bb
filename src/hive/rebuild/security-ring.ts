// The security records of a hive that is repaired in place: which key uses which, their counts, and the ring that they form.

import { NK, SIGNATURE, SK } from '../../regf/layout.ts';
import type { CellMap } from '../survey/cell-map.ts';
import type { Fix } from '../survey/losses.ts';
import type { ReadKey } from '../survey/read-key.ts';
import type { Draft } from './draft.ts';

/** What takes the place of a descriptor that is lost. */
export interface LostDescriptors {
  /** For SYSTEM and Administrators alone. */
  readonly plain: Uint8Array;
  /** The plain one for every key (SAM, SECURITY); else a key takes its parent's, and the root the plain one. */
  readonly isPlainForAll: boolean;
}

export class SecurityRing {
  private readonly map: CellMap;
  private readonly draft: Draft;
  private readonly lost: LostDescriptors;
  /** How many keys use each record. */
  private readonly uses = new Map<number, number>();
  private readonly cells = new Map<ReadKey, number>();
  /** The plain record, once there is one. */
  private made: number | null = null;

  constructor(map: CellMap, draft: Draft, lost: LostDescriptors) {
    this.map = map;
    this.draft = draft;
    this.lost = lost;
  }

  /** The record for a key: its own, its parent's where that is lost, or a plain one. Parents are asked before their subkeys. */
  cellFor(key: ReadKey): number {
    const cell = this.choose(key);
    this.cells.set(key, cell);
    this.uses.set(cell, (this.uses.get(cell) ?? 0) + 1);
    return cell;
  }

  private choose(key: ReadKey): number {
    if (key.descriptor !== null) return this.map.cells.u32(key.cellOffset, NK.security);
    if (!this.lost.isPlainForAll && key.parent !== null) return this.cells.get(key.parent)!;
    this.made ??= this.make(this.lost.plain);
    return this.made;
  }

  private make(descriptor: Uint8Array): number {
    const cell = this.draft.allocate(SK.descriptor + descriptor.byteLength);
    this.draft.set16(cell + 4, SIGNATURE.sk);
    this.draft.set32(cell + 4 + SK.size, descriptor.byteLength);
    this.draft.setBytes(cell + 4 + SK.descriptor, descriptor);
    return cell;
  }

  /** Writes counts and ring; adds the records that stay to `used`. */
  close(used: Set<number>): Fix[] {
    const { draft } = this;
    const fixes: Fix[] = [];
    for (const [cell, count] of this.uses) {
      used.add(cell);
      if (draft.set32(cell + 4 + SK.referenceCount, count)) fixes.push({ what: 'security count', cellOffset: cell });
    }
    const ring = this.storedRing() ?? [...this.uses.keys()];
    for (const [i, cell] of ring.entries()) {
      const next = ring[(i + 1) % ring.length]!;
      const isChanged = draft.set32(cell + 4 + SK.forward, next);
      if (draft.set32(next + 4 + SK.backward, cell) || isChanged) {
        fixes.push({ what: 'security ring', cellOffset: cell });
      }
    }
    return fixes;
  }

  /** The ring as it is stored, without the records that no key uses; null where it is not whole. */
  private storedRing(): number[] | null {
    const { map } = this;
    const [first] = this.uses.keys();
    const ring: number[] = [];
    const seen = new Set<number>();
    for (let at = first!; !seen.has(at); at = map.cells.u32(at, SK.forward)) {
      if (!map.isRecord(at, SIGNATURE.sk, SK.descriptor)) return null;
      seen.add(at);
      if (this.uses.has(at)) ring.push(at);
    }
    return ring.length === this.uses.size ? ring : null;
  }
}
