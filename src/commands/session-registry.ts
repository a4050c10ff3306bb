// The reg commands over a session: HKLM\SYSTEM and the others are the hives of the disk, or a bare path is a key of the
// one hive that was named.

import { NotFoundError, UsageError } from '../base/errors.ts';
import { compareNames, upcase } from '../base/text.ts';
import { openVerifierHive } from '../registry/verifier-hive.ts';
import { recover } from '../regf/recover.ts';
import type { HiveEdit } from '../registry/edit.ts';
import type { Hive } from '../registry/hive.ts';
import type { Session } from '../session.ts';
import { saveKeyImage } from './key-tree.ts';
import { parseNamedKey, resolveControlSet } from './registry-names.ts';
import type { RegistryContext, ResolvedKey } from './registry-context.ts';

export interface SessionRegistryOptions {
  /** The one hive that bare paths are keys of (its name in the session); null on a disk. */
  readonly bareHive: string | null;
  /** The key that `bareHive`'s root stands for in .reg files that are imported and exported. */
  readonly prefix?: string;
  readonly keepsBindings: boolean;
  readonly isInteractive: boolean;
  confirm(question: string): boolean;
  readFile(file: string): Uint8Array;
  fileExists(file: string): boolean;
  writeFile(file: string, bytes: Uint8Array): void;
}

/** One name below HKEY_LOCAL_MACHINE or HKEY_USERS, and the session's hive that it is. */
interface Mount {
  readonly root: string;
  readonly name: string;
  readonly hive: string;
  /** Where in the hive it is: [] its root. */
  readonly at: readonly string[];
}

/** The context of reg commands on what `session` holds. */
export function sessionRegistry(session: Session, options: SessionRegistryOptions): RegistryContext {
  const mounts = mountsOf(session, options);
  const viewOf = (name: string): Hive => session.view(name);
  const find = (keyText: string): ResolvedKey => {
    const { root, names } = parseNamedKey(keyText);
    if (root === null) return bare(names, options, viewOf);
    const all = root === 'HKEY_CLASSES_ROOT' ? ['SOFTWARE', 'Classes', ...names] : names;
    const under = root === 'HKEY_CLASSES_ROOT' ? 'HKEY_LOCAL_MACHINE' : root;
    const mount = mountOf(mounts, under, all);
    if (mount === null) throw unknownRoot(keyText, root, mounts);
    const hive = viewOf(mount.hive);
    const path = resolveControlSet(hive, [...mount.at, ...all.slice(mount.name === '' ? 0 : mount.name.split('\\').length)]);
    return { hive, path, shown: [root, ...names].join('\\') };
  };
  return {
    resolve: find,
    roots: () => mounts.map(({ root, name }) => (name === '' ? root : `${root}\\${name}`)),
    keepsBindings: options.keepsBindings,
    bind: (keyText, file) => {
      const { root, names } = parseNamedKey(keyText);
      if (root === null || names.length !== 1) {
        throw new UsageError('BAD_PATH', `a hive is loaded under one name, like HKLM\\BROKENSYSTEM, not ${keyText}`);
      }
      const name = names[0]!;
      session.bind(name, file);
      mounts.unshift({ root, name, hive: name, at: [] });
    },
    unbind: (keyText) => {
      const { root, names } = parseNamedKey(keyText);
      const at = mounts.findIndex((mount) => mount.root === root && compareNames(mount.name, names.join('\\')) === 0);
      if (at >= 0) mounts.splice(at, 1);
      return at >= 0;
    },
    saveKey: ({ hive, path }) => {
      const key = hive.key(path);
      if (key === null) throw new NotFoundError('KEY_NOT_FOUND', `there is no key ${path.join('\\')}`);
      const minor = hive.minorVersion >= 5 ? 5 : 3;
      return saveKeyImage(session.host.engine, key, { minor, filetime: session.host.now() });
    },
    readHive: (file) => {
      const recovery = recover(file, options.readFile(file), []);
      return openVerifierHive(file, recovery.image, file, recovery.view);
    },
    edit: (edits: readonly HiveEdit[]) => session.apply(edits),
    readFile: options.readFile,
    fileExists: options.fileExists,
    writeFile: options.writeFile,
    isInteractive: options.isInteractive,
    confirm: options.confirm,
  };
}
