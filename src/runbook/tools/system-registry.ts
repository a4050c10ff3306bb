// The registry of a script: hives that it loads under names of its own are the disk's, and stay bound.

import { NotFoundError } from '../../base/errors.ts';
import { orNull } from '../../base/or-null.ts';
import { upcase } from '../../base/text.ts';
import type { RegistryContext, ResolvedKey } from '../../compat/reg/context.ts';
import { parseNamedKey, resolveControlSet } from '../../compat/reg/names.ts';
import { sessionRegistry } from '../../compat/reg/session-registry.ts';
import type { HiveEdit } from '../../registry/edit.ts';
import type { Session } from '../../session/session.ts';
import { ToolFailure, Unresolved } from '../run/unresolved.ts';
import type { SystemFiles } from './system-files.ts';

/** What the system wants to know of edits. */
export interface EditWatch {
  /** Makes control sets that do not exist. */
  readonly isVerbatim: boolean;
  /** An edit that the script asked for, whether or not it changes anything. */
  onEdit(edit: HiveEdit): void;
  /** A line left out because its control set is not there. */
  onSkippedSet(controlSet: string): void;
  /** A loaded hive's CurrentControlSet, which it does not have, stands for this one. */
  onCurrentSet(controlSet: string): void;
  /** A name bound without reg load. */
  onBoundByUse(name: string, hive: string): void;
  /** The user profile that HKCU stands for now. */
  user(): string | null;
  /** Names, in upper case, whose loading was not understood. */
  readonly lost: ReadonlySet<string>;
  /** Names, in upper case, that the script has loaded and not unloaded. */
  readonly loaded: Set<string>;
}

/** `HKEY_LOCAL_MACHINE\\X` in upper case of a key that is loaded under one name; null for any other text. */
export function registryName(keyText: string): string | null {
  const { root, names } = parseNamedKey(keyText);
  return root === null || names.length !== 1 ? null : upcase(`${root}\\${names[0]}`);
}

export function systemRegistry(session: Session, files: SystemFiles, watch: EditWatch): RegistryContext {
  /** Long name of the key in upper case, and the session's name of the hive. */
  const mounts = new Map<string, string>();
  const base = sessionRegistry(session, {
    bareHive: null,
    keepsBindings: true,
    isInteractive: false,
    user: () => watch.user(),
    confirm: () => false,
    readFile: (file) => files.read(file),
    fileExists: (file) => files.exists(file),
    writeFile: (file, bytes) => files.write(file, bytes),
  });
  const mounted = (root: string, name: string): string | null => mounts.get(upcase(`${root}\\${name}`)) ?? null;
  const resolve = (keyText: string): ResolvedKey => {
    const { root, names } = parseNamedKey(keyText);
    const [first, ...rest] = names;
    if (root === null || first === undefined) return base.resolve(keyText);
    let hive = mounted(root, first);
    if (hive === null && watch.lost.has(upcase(`${root}\\${first}`))) {
      throw new Unresolved('cannot-be-bound', `the line that loads ${root}\\${first} was not understood.`);
    }
    if (hive === null && !isOwnName(root, first)) {
      hive = guessHive(session, first, rest[0]);
      if (hive === null)
        throw new Unresolved(
          'cannot-be-bound',
          `${root}\\${first} is loaded nowhere, and no hive of the disk is meant for certain.`,
        );
      mounts.set(upcase(`${root}\\${first}`), hive);
      watch.onBoundByUse(`${root}\\${first}`, hive);
    }
    if (hive === null) return base.resolve(keyText);
    const view = session.view(hive);
    const path = resolveControlSet(view, rest);
    if (path[0] !== rest[0]) watch.onCurrentSet(path[0]!);
    return { hive: view, path, shown: [root, ...names].join('\\') };
  };
  return {
    ...base,
    isForScript: true,
    resolve,
    roots: () => [...base.roots(), ...mounts.keys()],
    bind: (keyText, file) => {
      const { root, names } = parseNamedKey(keyText);
      const [name] = names;
      if (root === null || name === undefined || names.length !== 1) {
        throw new Unresolved('bad-syntax', `a hive is loaded under one name, like HKLM\\BROKENSYSTEM, not ${keyText}.`);
      }
      mounts.set(upcase(`${root}\\${name}`), hiveOf(session, files, name, file));
      watch.loaded.add(upcase(`${root}\\${name}`));
    },
    unbind: (keyText) => {
      const { root, names } = parseNamedKey(keyText);
      const name = names[0] ?? '';
      watch.loaded.delete(upcase(`${root ?? ''}\\${name}`));
      const isThere = root !== null && (mounted(root, name) !== null || guessHive(session, name, undefined) !== null);
      // The name goes on standing for the hive: pages unload it in one block and write to it in the next.
      return isThere;
    },
    edit: (edits) => {
      for (const edit of edits) watch.onEdit(edit);
      const wanted = edits.filter((edit) => {
        const set = missingControlSet(session, edit);
        if (set === null || watch.isVerbatim) return true;
        watch.onSkippedSet(set);
        return false;
      });
      return session.apply(wanted);
    },
  };
}

/** The session's name of the hive in a file that a script loads. A hive is never made. */
function hiveOf(session: Session, files: SystemFiles, name: string, file: string): string {
  const { path, shown } = files.onDisk(file);
  if (!session.files.exists(path)) throw new ToolFailure(`The system cannot find the file specified: ${shown}`);
  const { hostPath } = session.files.resolve(path);
  const known = session.nameOf(hostPath);
  if (
    session.files
      .stagedTargets()
      .some((target) => target.path === hostPath || ('to' in target && target.to === hostPath))
  ) {
    throw new Unresolved(
      'cannot-be-bound',
      `${shown} is written by this script and loaded by it too; run it in two parts.`,
    );
  }
  const hive = known ?? (session.has(name) ? `${name} ${shown}` : name);
  if (known === null) session.bind(hive, hostPath);
  session.load(hive);
  return hive;
}

const OWN_NAMES = /^(?:SYSTEM|SOFTWARE|SAM|SECURITY|COMPONENTS|BCD00000000|HARDWARE)$/i;

/** Keys that the session itself knows: those of the machine's own hives. */
function isOwnName(root: string, name: string): boolean {
  return root !== 'HKEY_LOCAL_MACHINE' || OWN_NAMES.test(name);
}

/** The hive of the disk that a name of a page stands for. */
function guessHive(session: Session, name: string, below: string | undefined): string | null {
  const byName = /soft/i.test(name)
    ? 'SOFTWARE'
    : /sys/i.test(name)
      ? 'SYSTEM'
      : /component/i.test(name)
        ? 'COMPONENTS'
        : /^.*sam$/i.test(name)
          ? 'SAM'
          : /secur/i.test(name)
            ? 'SECURITY'
            : null;
  const byKey = /^(?:ControlSet\d{3}|CurrentControlSet|Select|MountedDevices)$/i.test(below ?? '')
    ? 'SYSTEM'
    : /^(?:Microsoft|Policies|Classes|WOW6432Node)$/i.test(below ?? '')
      ? 'SOFTWARE'
      : null;
  if (byName !== null && byKey !== null && byName !== byKey) return null;
  const hive = byName ?? byKey;
  return hive !== null && session.has(hive) ? hive : null;
}

/** The control set of an edit where the SYSTEM hive does not have it. */
function missingControlSet(session: Session, edit: HiveEdit): string | null {
  const set = edit.key.path[0];
  if (edit.key.hive !== 'SYSTEM' || set === undefined || !/^ControlSet\d{3}$/i.test(set)) return null;
  return orNull(NotFoundError, () => (session.view('SYSTEM').key([set]) === null ? set : null));
}
