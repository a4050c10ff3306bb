// Hives that are not on the disk yet: edited in memory like those that are, and committed as files of their own.

import type { Finding } from '../base/finding.ts';
import { sha256 } from '../disk/sha256.ts';
import type { Engine } from '../engine/module.ts';
import { type OpenHive, openHiveBytes } from '../hive/open.ts';
import { Proven } from '../hive/prove.ts';
import { PLAIN_KEY_SDDL } from '../registry/key-tree.ts';
import { WorkingHive } from '../registry/working/working-hive.ts';
import type { Target } from '../report.ts';
import { encodeDescriptor, fromSddl } from '../security/index.ts';

interface MadeHive {
  readonly open: OpenHive;
  /** What lies at its path, which holds nothing; null: no file. */
  readonly before: Uint8Array | null;
}

/** How a store that bcdedit makes calls its root and its version. */
const STORE = { minor: 3, rootName: 'NewStoreRoot' } as const;

/** The new hives of a session, by the name that edits call them. */
export class MadeHives {
  private readonly made = new Map<string, MadeHive>();

  /** A new boot store for `path`, with its root key alone; the same one when it is asked for again. */
  store(engine: Engine, place: { name: string; path: string; before: Uint8Array | null; filetime: bigint }): OpenHive {
    const { name, path, before, filetime } = place;
    const known = this.made.get(name);
    if (known) return known.open;
    const security = encodeDescriptor(fromSddl(PLAIN_KEY_SDDL));
    using working = WorkingHive.create(engine, { name, ...STORE, security, filetime });
    const open = openHiveBytes(engine, name, path, working.image(), []);
    this.made.set(name, { open, before });
    return open;
  }

  get(name: string): OpenHive | null {
    return this.made.get(name)?.open ?? null;
  }

  /** Those with anything in them: the others are not written. */
  get edited(): readonly MadeHive[] {
    return [...this.made.values()].filter(({ open }) => open.isEdited);
  }

  /** @throws as Proven.made */
  prove(descriptorFor: (path: string) => Uint8Array | null): { proven: Proven; findings: readonly Finding[] }[] {
    return this.edited.map(({ open, before }) =>
      Proven.made(open.engine, open, before, before === null ? descriptorFor(open.path) : null),
    );
  }

  targets(): Target[] {
    return this.edited.map(({ open, before }) => ({
      kind: 'hive',
      path: open.path,
      hive: open.name,
      sha256Before: before && sha256(before),
      sha256After: null,
    }));
  }

  close(): void {
    for (const { open } of this.made.values()) open.close();
    this.made.clear();
  }
}
