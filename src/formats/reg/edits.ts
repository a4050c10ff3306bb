// What a .reg file asks, as edits: keys are named by their brackets, and the caller says which hive and path that is.

import { UsageError } from '../../base/errors.ts';
import { upcase } from '../../base/text.ts';
import type { HiveEdit, KeyPath } from '../../registry/edit.ts';
import { isSamePath, parseKeyPath } from '../../registry/path.ts';
import type { RegFile, RegFileAction } from './reader.ts';

/** The edits of a .reg file in its order; `resolve` throws for a key that it does not know, and the line is added here. */
export function regFileEdits(file: RegFile, resolve: (key: string) => KeyPath): HiveEdit[] {
  const known = new Map<string, KeyPath>();
  const keyOf = (key: string, line: number): KeyPath => {
    let path = known.get(key);
    if (path === undefined) {
      try {
        path = resolve(key);
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        throw new UsageError(error.code, `line ${line} of the .reg file: ${error.message}`, {
          ...(error.hint === undefined ? {} : { hint: error.hint }),
          data: { ...error.data, line, column: 1 },
        });
      }
      known.set(key, path);
    }
    return path;
  };
  return file.actions.map((action) => editOf(action, keyOf(action.key, action.line)));
}

function editOf(action: RegFileAction, key: KeyPath): HiveEdit {
  switch (action.kind) {
    case 'key':
      return { op: 'create-key', key };
    case 'delete-key':
      return { op: 'delete-key', key };
    case 'value':
      return { op: 'set-value', key, name: action.name, value: action.value };
    case 'delete-value':
      return { op: 'delete-value', key, name: action.name };
  }
}

const LONG_ROOTS: Readonly<Record<string, string>> = {
  HKLM: 'HKEY_LOCAL_MACHINE',
  HKCU: 'HKEY_CURRENT_USER',
  HKCR: 'HKEY_CLASSES_ROOT',
  HKU: 'HKEY_USERS',
  HKCC: 'HKEY_CURRENT_CONFIG',
};

/** The long name of a root key, for either name in any letter case; null for what is no root. */
export function longRootName(name: string): string | null {
  const upper = upcase(name);
  return LONG_ROOTS[upper] ?? (Object.values(LONG_ROOTS).includes(upper) ? upper : null);
}

/** The names of a key as .reg files and people write it, with the root's long name first where there is a root. */
export function namesOfKey(key: string): string[] {
  const names = parseKeyPath(key);
  const root = names[0] === undefined ? null : longRootName(names[0]);
  return root === null ? names : [root, ...names.slice(1)];
}

/**
 * A resolver for one hive whose root any of `prefixes` stands for ('' is hivexregedit's bare '\'). UsageError BAD_PATH
 * for a key outside all of them.
 */
export function prefixResolver(hive: string, prefixes: readonly string[]): (key: string) => KeyPath {
  const roots = prefixes.map(namesOfKey).sort((a, b) => b.length - a.length);
  return (key) => {
    const names = namesOfKey(key);
    for (const root of roots) {
      const isBare = root.length === 0 && names[0] !== undefined && longRootName(names[0]) !== null;
      if (!isBare && names.length >= root.length && isSamePath(names.slice(0, root.length), root)) {
        return { hive, path: names.slice(root.length) };
      }
    }
    const expected = prefixes.map((prefix) => (prefix === '' ? '\\' : prefix)).join(' or ');
    throw new UsageError('BAD_PATH', `the key ${key} is not below ${expected}, which stands for the root of ${hive}`, {
      hint: `--prefix '${names.slice(0, 2).join('\\')}'  says which key is the root of the hive`,
    });
  };
}
