// Whole keys as edits: what reg copy, save and restore do.

import { toHex } from '../base/bytes.ts';
import { decodeUtf16le } from '../base/text.ts';
import type { Engine } from '../engine/module.ts';
import { encodeDescriptor, fromSddl } from '../security/index.ts';
import type { HiveEdit, KeyPath } from './edit.ts';
import type { Key } from './hive.ts';
import { readRegValue } from './value.ts';
import { WorkingHive } from './working/working-hive.ts';

export interface TreeOptions {
  /** Subkeys too. */
  readonly isDeep: boolean;
  /** Class names, security descriptors and times too; else those of new keys are their parent's and now. */
  readonly isWhole: boolean;
}

/** The edits that make `to` hold what is in `from`, beside what it holds. FormatError BAD_CELL for damaged data. */
export function copyEdits(from: Key, to: KeyPath, options: TreeOptions): HiveEdit[] {
  const edits: HiveEdit[] = [];
  const times: HiveEdit[] = [];
  const pending: { key: Key; at: KeyPath }[] = [{ key: from, at: to }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { key, at } = next;
    edits.push({ op: 'create-key', key: at });
    if (options.isWhole) {
      const security = key.security();
      if (security !== null) edits.push({ op: 'set-key-security', key: at, sdHex: toHex(security) });
      if (key.classBytes !== null) edits.push({ op: 'set-class', key: at, className: decodeUtf16le(key.classBytes) });
      times.push({ op: 'set-key-time', key: at, filetime: key.lastWritten.toString() });
    }
    for (const value of key.values()) {
      edits.push({ op: 'set-value', key: at, name: value.name, value: readRegValue(value) });
    }
    if (!options.isDeep) break;
    for (const subkey of key.subkeys().toReversed()) {
      pending.push({ key: subkey, at: { hive: at.hive, path: [...at.path, subkey.name] } });
    }
  }
  // Last, since every edit stamps its key and a new key its parent.
  return [...edits, ...times];
}

/** The edits that leave nothing in `key`, which stays itself. */
export function clearEdits(key: Key, at: KeyPath): HiveEdit[] {
  const values = key.values().map((value): HiveEdit => ({ op: 'delete-value', key: at, name: value.name }));
  const subkeys = key.subkeys().map(
    (subkey): HiveEdit => ({
      op: 'delete-key',
      key: { hive: at.hive, path: [...at.path, subkey.name] },
    }),
  );
  return [...values, ...subkeys];
}

/** SYSTEM and Administrators have everything: for a key whose own descriptor cannot be read. */
export const PLAIN_KEY_SDDL = 'O:BAG:SYD:(A;CI;KA;;;SY)(A;CI;KA;;;BA)';

/** The image of a new hive that holds `key` and all below it, as `reg save` makes; `minor` is 3 or 5. */
export function saveKeyImage(engine: Engine, key: Key, options: { minor: number; filetime: bigint }): Uint8Array {
  const name = 'saved';
  const { filetime, minor } = options;
  const security = key.security() ?? encodeDescriptor(fromSddl(PLAIN_KEY_SDDL));
  const rootName = key.name === '' ? 'ROOT' : key.name;
  using working = WorkingHive.create(engine, { name, minor, rootName, security, filetime });
  working.apply(copyEdits(key, { hive: name, path: [] }, { isDeep: true, isWhole: true }), filetime);
  return working.image();
}
