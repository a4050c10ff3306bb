// Permissions of keys: SetACL and subinacl on keys of the disk, and what a key passes on to the keys below it.

import { toHex } from '../../base/bytes.ts';
import type { Outcome } from '../../compat/outcome.ts';
import type { ResolvedKey } from '../../compat/reg/context.ts';
import type { Key } from '../../registry/hive.ts';
import {
  ACE_FLAG,
  addAllowAce,
  addDenyAce,
  encodeDescriptor,
  parseDescriptor,
  passesTheSame,
  removeAces,
  rightsMask,
  type SecurityDescriptor,
  sidOfName,
  withInheritance,
  withInherited,
  withOwner,
  withoutInheritance,
} from '../../security/index.ts';
import { RunOnWindows, ToolFailure, Unresolved } from '../run/unresolved.ts';
import type { OfflineSystem } from './offline-system.ts';

/** `parent` is that of the key above; null at the root of a hive. */
type Change = (sd: SecurityDescriptor, parent: SecurityDescriptor | null) => SecurityDescriptor;

const MOST_KEYS = 20_000;

/** @throws ToolFailure where the key is not there; Unresolved where its descriptor cannot be read */
export function keyDescriptor(at: ResolvedKey): SecurityDescriptor {
  const key = at.hive.key(at.path);
  if (key === null) throw new ToolFailure(`The key ${at.shown} does not exist.`);
  return descriptorOf(key, at.shown);
}

function descriptorOf(key: Key, shown: string): SecurityDescriptor {
  const bytes = key.security();
  if (bytes === null) throw new Unresolved('cannot-be-bound', `the permissions of ${shown} cannot be read.`);
  return parseDescriptor(bytes);
}

/** Sets a key's descriptor; where it passes on something else than before, the keys below inherit that, as on Windows. */
export function setKeyPermissions(at: ResolvedKey, after: SecurityDescriptor, system: OfflineSystem): void {
  const before = keyDescriptor(at);
  const write = (path: readonly string[], sd: SecurityDescriptor): void => {
    const edit = {
      op: 'set-key-security',
      key: { hive: at.hive.name, path },
      sdHex: toHex(encodeDescriptor(sd)),
    } as const;
    system.registry.edit([edit]);
  };
  write(at.path, after);
  if (passesTheSame(before, after)) return;
  const found: { readonly path: readonly string[]; readonly sd: SecurityDescriptor }[] = [];
  const pending = [{ key: at.hive.key(at.path)!, path: at.path, parent: after }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const key of next.key.subkeys()) {
      const path = [...next.path, key.name];
      const was = descriptorOf(key, path.join('\\'));
      const is = withInherited(was, next.parent, 'key');
      if (is === was) continue;
      found.push({ path, sd: is });
      if (found.length > MOST_KEYS) throw new RunOnWindows(`${at.shown} has more than ${MOST_KEYS} keys below it`);
      pending.push({ key, path, parent: is });
    }
  }
  for (const { path, sd } of found) write(path, sd);
}

/** The keys that a command is for: the one that is named, and with `isDeep` all below it. */
function changeKeys(keyText: string, isDeep: boolean, changes: readonly Change[], system: OfflineSystem): Outcome {
  const at = system.registry.resolve(keyText);
  keyDescriptor(at);
  const pending = [at];
  let count = 0;
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const before = keyDescriptor(next);
    const above = next.path.length === 0 ? null : keyDescriptor({ ...next, path: next.path.slice(0, -1) });
    const after = changes.reduce((sd, change) => change(sd, above), before);
    setKeyPermissions(next, after, system);
    count += 1;
    if (count > MOST_KEYS) throw new RunOnWindows(`${at.shown} has more than ${MOST_KEYS} keys below it`);
    if (!isDeep) continue;
    const { path } = next;
    for (const { name } of next.hive.key(path)?.subkeys() ?? [])
      pending.push({ ...next, path: [...path, name], shown: `${next.shown}\\${name}` });
  }
  return { exitCode: 0, stdout: `${count} keys processed.\r\n`, stderr: '' };
}

export function sidNamed(name: string): string {
  const sid = sidOfName(name);
  if (sid === null)
    throw new Unresolved('cannot-be-bound', `'${name}' is neither a SID nor a name that every Windows has.`);
  return sid;
}

function maskNamed(text: string, names: 'setacl' | 'subinacl'): number {
  const mask = rightsMask(text, names);
  if (mask === null) throw new RunOnWindows(`the rights '${text}' are not done on a disk`);
  return mask;
}

/** `/keyreg <key>` or `/subkeyreg <key>`, then `/grant=`, `/deny=`, `/revoke=`, `/setowner=`. `args` are without the tool. */
export function subinacl(args: readonly string[], system: OfflineSystem): Outcome {
  const at = args.findIndex((arg) => /^[/-](?:sub)?keyreg(?:=.+)?$/i.test(arg));
  const named = args[at]?.includes('=') ? args[at].slice(args[at].indexOf('=') + 1) : args[at + 1];
  if (at < 0 || named === undefined) throw new RunOnWindows('only keys of the registry are done here');
  const isInline = args[at]!.includes('=');
  const changes = args.slice(at + (isInline ? 1 : 2)).map((arg): Change => {
    const match = /^[/-](grant|deny|revoke|setowner)=([^=]+)(?:=([A-Za-z]+))?$/i.exec(arg);
    if (!match) throw new RunOnWindows(`${arg} is not done on a disk`);
    const sid = sidNamed(match[2]!);
    const mask = maskNamed(match[3] ?? 'F', 'subinacl');
    const action = match[1]!.toLowerCase();
    if (action === 'setowner') return (sd) => withOwner(sd, sid);
    if (action === 'revoke') return (sd) => removeAces(sd, sid);
    const flags = ACE_FLAG.containerInherit;
    return (sd) => (action === 'grant' ? addAllowAce(sd, sid, mask, flags) : addDenyAce(sd, sid, mask, flags));
  });
  return changeKeys(named, /sub/i.test(args[at]!), changes, system);
}

/** `-on <key> -ot reg -actn ace|setowner|setprot ...`. `args` are without the tool. */
export function setAcl(args: readonly string[], system: OfflineSystem): Outcome {
  let key: string | null = null;
  let isDeep = false;
  const changes: Change[] = [];
  for (let i = 0; i < args.length; i += 1) {
    const word = args[i]!.toLowerCase();
    if (/^-(?:silent|ignoreerr)$/.test(word)) continue;
    i += 1;
    const value = args[i];
    if (value === undefined) throw new Unresolved('cut-line', `SetACL has nothing after ${args[i - 1]}.`);
    if (word === '-on') key = value;
    else if (word === '-rec') isDeep = !/^no$/i.test(value);
    else if (word === '-ownr') changes.push(ownerOf(value));
    else if (word === '-ace') changes.push(aceOf(value));
    else if (word === '-op') changes.push(protectionOf(value));
    else if (word === '-ot' && !/^reg$/i.test(value)) throw new RunOnWindows('only keys of the registry are done here');
    else if (!/^-(?:ot|actn|log)$/.test(word) || (word === '-actn' && !/^(?:ace|setowner|setprot)$/i.test(value)))
      throw new RunOnWindows(`${word} ${value} is not done on a disk`);
  }
  if (key === null || changes.length === 0)
    throw new Unresolved('cut-line', 'SetACL names no object or nothing to do.');
  return changeKeys(key, isDeep, changes, system);
}

/** `n:Administrators;p:full;i:so,sc;m:set` as its parts. */
function partsOf(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split(';').map((part) => [part.slice(0, part.indexOf(':')).toLowerCase(), part.slice(part.indexOf(':') + 1)]),
  );
}

function ownerOf(text: string): Change {
  const sid = sidNamed(partsOf(text).get('n') ?? '');
  return (sd) => withOwner(sd, sid);
}

function aceOf(text: string): Change {
  const parts = partsOf(text);
  const sid = sidNamed(parts.get('n') ?? '');
  const mode = parts.get('m') ?? 'set';
  const passes = (parts.get('i') ?? 'so,sc').toLowerCase().split(',');
  const flags =
    (passes.includes('sc') ? ACE_FLAG.containerInherit : 0) | (passes.includes('io') ? ACE_FLAG.inheritOnly : 0);
  if (mode === 'revoke') return (sd) => removeAces(sd, sid);
  const mask = maskNamed(parts.get('p') ?? '', 'setacl');
  if (mode === 'deny') return (sd) => addDenyAce(sd, sid, mask, flags);
  if (mode !== 'set' && mode !== 'grant') throw new RunOnWindows(`the mode ${mode} is not done on a disk`);
  return (sd) => addAllowAce(mode === 'set' ? removeAces(sd, sid) : sd, sid, mask, flags);
}

/** `dacl:p_c` protects the list and keeps what it had inherited, `p_nc` drops that, `np` lets it inherit again. */
function protectionOf(text: string): Change {
  const how = /(?:^|;)dacl:(p_c|p_nc|np)/i.exec(text)?.[1]?.toLowerCase();
  if (how === undefined) throw new RunOnWindows(`${text} is not done on a disk`);
  if (how === 'np') return (sd, parent) => withInheritance(sd, parent, 'key');
  return (sd) => withoutInheritance(sd, how === 'p_c' ? 'keep' : 'drop');
}
