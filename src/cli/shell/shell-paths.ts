// Where the shell stands and what a path means there: over a hive its root, over volumes HKLM and the hives below it.

import { NotFoundError } from '../../base/errors.ts';
import { upcase } from '../../base/text.ts';
import { resolveControlSet } from '../../compat/reg/names.ts';
import type { KeyPath } from '../../registry/edit.ts';
import type { Hive, Key } from '../../registry/hive.ts';
import { parseKeyPath } from '../../registry/path.ts';
import type { Session } from '../../session/session.ts';

const STORE = 'BCD00000000';
const HIVES = ['SYSTEM', 'SOFTWARE', 'SAM', 'SECURITY', 'DEFAULT', 'COMPONENTS'] as const;

/** Paths over a session; where the shell stands is kept as names from the top. */
export class ShellPaths {
  private readonly session: Session;
  /** The one hive of a bare file; null over volumes. */
  private readonly only: string | null;

  constructor(session: Session, only: string | null) {
    this.session = session;
    this.only = only;
  }

  /** The names that `text` leads to from `at`: `..` goes up, a backslash in front starts at the top. */
  names(at: readonly string[], text: string): readonly string[] {
    const isAbsolute = text.startsWith('\\') || (this.only === null && /^(HKLM|HKEY_LOCAL_MACHINE)(\\|$)/i.test(text));
    const names = isAbsolute ? [] : [...at];
    for (const name of parseKeyPath(text)) {
      if (name === '..') names.pop();
      else if (name !== '.') names.push(name);
    }
    return this.only === null && names[0] !== undefined && /^HKEY_LOCAL_MACHINE$/i.test(names[0])
      ? ['HKLM', ...names.slice(1)]
      : names;
  }

  /** The key that names lead to, in a hive; null above the hives. @throws NotFoundError HIVE_NOT_FOUND */
  keyPath(names: readonly string[]): KeyPath | null {
    if (this.only !== null) return { hive: this.only, path: this.resolved(this.only, names) };
    if (names.length < 2 && (names[0] === undefined || upcase(names[0]) === 'HKLM')) return null;
    const [, given = ''] = names;
    const hive = upcase(given) === STORE ? 'BCD' : upcase(given);
    if (upcase(names[0] ?? '') !== 'HKLM' || !this.session.has(hive)) {
      throw new NotFoundError('HIVE_NOT_FOUND', `${names.join('\\')} is not on this disk`, { hint: 'ls \\HKLM' });
    }
    return { hive, path: this.resolved(hive, names.slice(2)) };
  }

  /** @throws NotFoundError KEY_NOT_FOUND, HIVE_NOT_FOUND */
  key(names: readonly string[]): { readonly key: Key; readonly view: Hive; readonly at: KeyPath } {
    const at = this.keyPath(names);
    if (at === null) {
      throw new NotFoundError('KEY_NOT_FOUND', 'this is above the hives, expected a key in one', {
        hint: 'cd \\HKLM\\SYSTEM',
      });
    }
    const view = this.session.view(at.hive);
    const key = view.key(at.path);
    if (key) return { key, view, at };
    throw new NotFoundError('KEY_NOT_FOUND', `the key ${names.join('\\')} does not exist`);
  }

  /** What stands below names that are above the hives. */
  private above(names: readonly string[]): readonly string[] {
    if (names.length === 0) return ['HKLM'];
    return [...HIVES.filter((name) => this.session.has(name)), ...(this.session.has('BCD') ? [STORE] : [])];
  }

  /** The hives below names that are above them: 'HKLM\\SYSTEM' from the top. */
  hivesBelow(names: readonly string[]): readonly string[] {
    if (names.length > 0) return this.above(names);
    return this.above(['HKLM']).map((name) => `HKLM\\${name}`);
  }

  /** Names of the keys below a path, for completion; [] where there is no key. */
  below(names: readonly string[]): readonly string[] {
    try {
      if (this.keyPath(names) === null) return this.above(names);
      return this.key(names)
        .key.subkeys()
        .map(({ name }) => name);
    } catch {
      return [];
    }
  }

  private resolved(hive: string, path: readonly string[]): readonly string[] {
    return resolveControlSet(this.session.view(hive), path);
  }
}
