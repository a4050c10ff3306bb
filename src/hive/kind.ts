// What a hive is, told by what is in it: a file's name is whatever somebody called it.

import { upcase } from '../base/text.ts';
import type { Hive, Key } from '../registry/hive.ts';

export type HiveKind =
  | 'SYSTEM'
  | 'SOFTWARE'
  | 'SAM'
  | 'SECURITY'
  | 'NTUSER'
  | 'USRCLASS'
  | 'COMPONENTS'
  | 'DRIVERS'
  | 'AMCACHE'
  | 'BCD'
  | 'other';

interface Mark {
  readonly kind: HiveKind;
  /** Paths that all must be there. */
  readonly all: readonly string[];
  /** Of these one at least; none: no such demand. */
  readonly some: readonly string[];
}

/** The first that fits; '*' at the end of a name stands for any digits. */
const MARKS: readonly Mark[] = [
  { kind: 'SYSTEM', all: ['Select'], some: ['ControlSet*'] },
  { kind: 'SYSTEM', all: ['ControlSet*\\Control'], some: [] },
  { kind: 'BCD', all: ['Objects'], some: ['Description'] },
  { kind: 'SAM', all: ['SAM\\Domains'], some: [] },
  { kind: 'SECURITY', all: ['Policy'], some: ['Policy\\Secrets', 'Policy\\PolAdtEv', 'Policy\\Accounts', 'RXACT'] },
  { kind: 'AMCACHE', all: ['Root'], some: ['Root\\InventoryApplicationFile', 'Root\\File', 'Root\\Programs'] },
  { kind: 'COMPONENTS', all: ['DerivedData'], some: ['CanonicalData', 'ServicingStackVersions', 'Drivers'] },
  { kind: 'DRIVERS', all: ['DriverDatabase'], some: [] },
  {
    kind: 'NTUSER',
    all: ['Software'],
    some: ['Control Panel', 'Environment', 'Keyboard Layout', 'AppEvents', 'Console'],
  },
  { kind: 'NTUSER', all: ['Software\\Microsoft\\Windows\\CurrentVersion\\Explorer'], some: [] },
  {
    kind: 'SOFTWARE',
    all: ['Microsoft'],
    some: ['Classes', 'Policies', 'Microsoft\\Windows NT', 'Microsoft\\Windows'],
  },
  { kind: 'USRCLASS', all: ['Local Settings'], some: [] },
];

/** The kind of a hive; 'other' where nothing in it tells. */
export function hiveKind(hive: Hive): HiveKind {
  const has = (path: string): boolean => hasPath(hive.root, path.split('\\'));
  const mark = MARKS.find(({ all, some }) => all.every(has) && (some.length === 0 || some.some(has)));
  return mark?.kind ?? 'other';
}

function hasPath(key: Key, names: readonly string[]): boolean {
  const [name, ...rest] = names;
  if (name === undefined) return true;
  if (!name.endsWith('*')) {
    const subkey = key.subkey(name);
    return subkey !== null && hasPath(subkey, rest);
  }
  const start = upcase(name.slice(0, -1));
  return key
    .subkeys()
    .some(
      (subkey) =>
        upcase(subkey.name).startsWith(start) && /^\d+$/.test(subkey.name.slice(start.length)) && hasPath(subkey, rest),
    );
}

const PREFIXES: Readonly<Partial<Record<HiveKind, string>>> = {
  SYSTEM: 'HKEY_LOCAL_MACHINE\\SYSTEM',
  SOFTWARE: 'HKEY_LOCAL_MACHINE\\SOFTWARE',
  SAM: 'HKEY_LOCAL_MACHINE\\SAM',
  SECURITY: 'HKEY_LOCAL_MACHINE\\SECURITY',
  NTUSER: 'HKEY_CURRENT_USER',
  USRCLASS: 'HKEY_CURRENT_USER\\Software\\Classes',
  COMPONENTS: 'HKEY_LOCAL_MACHINE\\COMPONENTS',
  DRIVERS: 'HKEY_LOCAL_MACHINE\\DRIVERS',
  BCD: 'HKEY_LOCAL_MACHINE\\BCD00000000',
};

/** The key under which Windows shows a hive of that kind; for others a name of its own below HKEY_LOCAL_MACHINE. */
export function usualPrefix(kind: HiveKind): string {
  return PREFIXES[kind] ?? 'HKEY_LOCAL_MACHINE\\HIVE';
}
