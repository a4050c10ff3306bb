// Names of keys as Windows gives them: roots, hives below them, CurrentControlSet.

import { UsageError } from '../../base/errors.ts';
import { upcase } from '../../base/text.ts';
import { longRootName, namesOfKey } from '../../formats/reg/edits.ts';
import type { Hive } from '../../registry/hive.ts';
import { readDword } from '../../registry/value.ts';

/** The path with CurrentControlSet replaced by the set that Select\Current names, where the hive has no such key. */
export function resolveControlSet(hive: Hive, path: readonly string[]): readonly string[] {
  const [first, ...rest] = path;
  if (first === undefined || upcase(first) !== 'CURRENTCONTROLSET' || hive.root.subkey(first) !== null) return path;
  const current = readDword(hive.value(['Select'], 'Current'));
  return current === null ? path : [`ControlSet${current.toString().padStart(3, '0')}`, ...rest];
}

/** A key as it is named: its root's long name and the names below; `root` null for a path of one bare hive. */
export interface NamedKey {
  readonly root: string | null;
  readonly names: readonly string[];
}

/** Reads a key's name. UsageError BAD_PATH where it is none. */
export function parseNamedKey(text: string): NamedKey {
  if (text.startsWith('\\\\'))
    throw new UsageError('BAD_PATH', `${text} names another machine; only the disk's keys are here`);
  const names = namesOfKey(text);
  const root = names[0] === undefined ? null : longRootName(names[0]);
  return root === null ? { root, names } : { root, names: names.slice(1) };
}
