// The reg commands over a session: HKLM\SYSTEM and the others are the hives of the disk, or a bare path is a key of the
// one hive that was named.

import { NotFoundError, UsageError } from '../../base/errors.ts';
import { hiveKind, usualPrefix } from '../../hive/kind.ts';
import { recover } from '../../regf/logs/recover.ts';
import type { HiveEdit } from '../../registry/edit.ts';
import type { Hive } from '../../registry/hive.ts';
import { saveKeyImage } from '../../registry/key-tree.ts';
import { isBelowOrSame, isSamePath } from '../../registry/path.ts';
import { openVerifierHive } from '../../registry/readers/verifier-hive.ts';
import type { Session } from '../../session/session.ts';
import type { RegistryContext, ResolvedKey } from './context.ts';
import { parseNamedKey, resolveControlSet } from './names.ts';
import { isSidText, profileOfSid } from './user-profiles.ts';

export interface SessionRegistryOptions {
  /** The one hive that bare paths are keys of (its name in the session); null on a disk. */
  readonly bareHive: string | null;
  /** The key that `bareHive`'s root stands for in .reg files that are imported and exported. */
  readonly prefix?: string;
  /** Of .reg files that are imported and bear no mark; a TextDecoder label. */
  readonly codePage?: string;
  readonly keepsBindings: boolean;
  readonly isInteractive: boolean;
  /** The user profile that HKEY_CURRENT_USER stands for; nobody is logged on to a disk where none is given. */
  user?(): string | null;
  confirm(question: string): boolean;
  readFile(file: string): Uint8Array;
  fileExists(file: string): boolean;
  writeFile(file: string, bytes: Uint8Array): void;
}

/** A key that is a hive's root, and the session's name of that hive. */
interface Mount {
  readonly root: string;
  /** Usually one name; none where a root key itself is the hive. */
  readonly names: readonly string[];
  readonly hive: string;
}

/** The context of reg commands on what `session` holds. */
export function sessionRegistry(session: Session, options: SessionRegistryOptions): RegistryContext {
  const mounts = mountsOf(session, options);
  const viewOf = (name: string): Hive => session.view(name);
  const find = (keyText: string): ResolvedKey => {
    const { root, names } = parseNamedKey(keyText);
    if (root === null) return bareKey(keyText, names, viewOf, mounts[0], options.bareHive);
    const user = root === 'HKEY_CURRENT_USER' ? (options.user?.() ?? null) : null;
    if (user !== null) return find(['HKEY_USERS', user, ...names].join('\\'));
    const all = root === 'HKEY_CLASSES_ROOT' ? ['SOFTWARE', 'Classes', ...names] : names;
    const under = root === 'HKEY_CLASSES_ROOT' ? 'HKEY_LOCAL_MACHINE' : root;
    const mount = mountOf(mounts, under, all) ?? mountOfSid(session, mounts, under, all);
    if (mount === null) throw unknownRoot(keyText, root, mounts);
    const hive = viewOf(mount.hive);
    const path = resolveControlSet(hive, all.slice(mount.names.length));
    return { hive, path, shown: [root, ...names].join('\\') };
  };
  return {
    resolve: find,
    roots: () => mounts.map(({ root, names }) => [root, ...names].join('\\')),
    codePage: options.codePage,
    keepsBindings: options.keepsBindings,
    bind: (keyText, file) => {
      const { root, names } = parseNamedKey(keyText);
      if (root === null || names.length !== 1) {
        throw new UsageError('BAD_PATH', `a hive is loaded under one name, like HKLM\\BROKENSYSTEM, not ${keyText}`);
      }
      const name = names[0]!;
      session.bind(name, file);
      mounts.unshift({ root, names, hive: name });
    },
    unbind: (keyText) => {
      const { root, names } = parseNamedKey(keyText);
      const at = mounts.findIndex((mount) => mount.root === root && isSamePath(mount.names, names));
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

function mountsOf(session: Session, options: SessionRegistryOptions): Mount[] {
  if (options.bareHive !== null) {
    const prefix = options.prefix ?? usualPrefix(hiveKind(session.load(options.bareHive).loaded));
    const { root, names } = parseNamedKey(prefix);
    if (root === null) {
      throw new UsageError(
        'BAD_ARGUMENT',
        `--prefix ${prefix} begins with no root key, expected one like HKLM\\SYSTEM`,
      );
    }
    return [{ root, names, hive: options.bareHive }];
  }
  const machine = (name: string, hive: string): Mount => ({ root: 'HKEY_LOCAL_MACHINE', names: [name], hive });
  const user = (name: string, file: string): Mount => {
    const hive = `HKU\\${name}`;
    if (!session.has(hive)) session.bind(hive, file);
    return { root: 'HKEY_USERS', names: [name], hive };
  };
  const mounts = ['SYSTEM', 'SOFTWARE', 'SAM', 'SECURITY', 'COMPONENTS']
    .filter((name) => session.has(name))
    .map((name) => machine(name, name));
  if (session.has('BCD')) mounts.push(machine('BCD00000000', 'BCD'));
  if (session.has('DEFAULT')) mounts.push({ root: 'HKEY_USERS', names: ['.DEFAULT'], hive: 'DEFAULT' });
  for (const { name, ntuser, usrClass } of session.found?.profiles ?? []) {
    if (ntuser !== null) mounts.push(user(name, ntuser));
    if (usrClass !== null) mounts.push(user(`${name}_Classes`, usrClass));
  }
  return mounts;
}

function mountOf(mounts: readonly Mount[], root: string, names: readonly string[]): Mount | null {
  return mounts.find((mount) => mount.root === root && isBelowOrSame(names, mount.names)) ?? null;
}

/** The mount of a user profile that is named by its user's SID; null for any other name, or where ProfileList has no such SID. */
function mountOfSid(session: Session, mounts: readonly Mount[], root: string, names: readonly string[]): Mount | null {
  const sid = names[0]?.replace(/_Classes$/i, '') ?? '';
  if (root !== 'HKEY_USERS' || !isSidText(sid)) return null;
  const profile = profileOfSid(session, sid);
  const suffix = /_Classes$/i.test(names[0]!) ? '_Classes' : '';
  const mount = profile === null ? null : mountOf(mounts, root, [`${profile}${suffix}`]);
  return mount === null ? null : { ...mount, names: [names[0]!] };
}

/** A path without a root key is one of the one hive that was named. */
function bareKey(
  keyText: string,
  names: readonly string[],
  viewOf: (name: string) => Hive,
  mount: Mount | undefined,
  bareHive: string | null,
): ResolvedKey {
  if (bareHive === null || mount === undefined) {
    throw new UsageError('BAD_PATH', `${keyText} begins with no root key, expected HKLM, HKU or HKCR`, {
      hint: 'HKLM\\SYSTEM\\..., or --hive <file> for paths of one hive',
    });
  }
  const hive = viewOf(bareHive);
  const shown = [mount.root, ...mount.names, ...names].join('\\');
  return { hive, path: resolveControlSet(hive, names), shown };
}

/** Scripts load a hive under a name of their own: on the disk it is below its own name. */
function loadedAs(keyText: string, root: string, mounts: readonly Mount[]): string {
  const [, name, ...rest] = keyText.split(/\\+/);
  if (root !== 'HKEY_LOCAL_MACHINE' || !name) return '';
  const [below = ''] = rest;
  const meant = /^(?:ControlSet\d{3}|CurrentControlSet|Select|Setup|MountedDevices)$/i.test(below)
    ? 'SYSTEM'
    : /^(?:Microsoft|Policies|Classes|WOW6432Node)$/i.test(below)
      ? 'SOFTWARE'
      : mounts.flatMap(({ names }) => names).find((known) => name.toUpperCase().endsWith(known));
  const question = `was a hive loaded as HKLM\\${name}?`;
  if (meant === undefined) return `${question} Name its keys as Windows does: `;
  return `${question} Here it is ${['HKLM', meant, ...rest].join('\\')}; `;
}

function unknownRoot(keyText: string, root: string, mounts: readonly Mount[]): NotFoundError {
  const known = mounts.map((mount) => [mount.root, ...mount.names].join('\\')).join(', ');
  const hint =
    root === 'HKEY_CURRENT_USER'
      ? 'nobody is logged on to a disk: name the user profile, HKU\\<user profile>\\..., or give --all-users'
      : root === 'HKEY_CURRENT_CONFIG'
        ? 'name HKLM\\SYSTEM\\CurrentControlSet\\Hardware Profiles\\0001'
        : `${loadedAs(keyText, root, mounts)}there are ${known}`;
  return new NotFoundError('HIVE_NOT_FOUND', `${keyText} is in no hive that is here`, { hint });
}
