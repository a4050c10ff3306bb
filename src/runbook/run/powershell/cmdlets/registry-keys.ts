// Keys of the registry for PowerShell: paths with wildcards, objects for keys and values, and .NET's methods on them.

import type { ResolvedKey } from '../../../../compat/reg/context.ts';
import type { HiveEdit, KeyPath } from '../../../../registry/edit.ts';
import {
  REG_BINARY,
  REG_DWORD,
  REG_EXPAND_SZ,
  REG_MULTI_SZ,
  REG_NONE,
  REG_QWORD,
  REG_SZ,
} from '../../../../registry/value.ts';
import { placeOfKey } from '../../../lint/reg-check.ts';
import { unkept } from '../../../parse/marks.ts';
import { keyDescriptor, setKeyPermissions } from '../../../tools/key-permissions.ts';
import type { OfflineSystem } from '../../../tools/offline-system.ts';
import { Unresolved } from '../../unresolved.ts';
import { wildcardPattern } from '../operators.ts';
import { isTrue, known, NotKnown, PsObject, StringList, textOf, Unknown, type Value } from '../values.ts';
import { AclObject } from './permissions.ts';
import { plainValue, regValueOf } from './registry-values.ts';

const KINDS: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries({
    String: REG_SZ,
    ExpandString: REG_EXPAND_SZ,
    Binary: REG_BINARY,
    DWord: REG_DWORD,
    MultiString: REG_MULTI_SZ,
    QWord: REG_QWORD,
    None: REG_NONE,
  }).map(([name, type]) => [type, name]),
);

export const keyPath = (at: ResolvedKey): KeyPath => ({ hive: at.hive.name, path: at.path });

/** Runs `work` as a step of the line that stands in the script. */
type Perform = (what: string, work: () => void) => void;

export class RegistryKeys {
  private readonly system: OfflineSystem;
  private readonly isLiveAllowed: boolean;
  private readonly perform: Perform;

  constructor(system: OfflineSystem, isLiveAllowed: boolean, perform: Perform) {
    this.system = system;
    this.isLiveAllowed = isLiveAllowed;
    this.perform = perform;
  }

  isLoaded(key: string): boolean {
    return this.system.isLoaded(key);
  }

  /** @throws NotKnown for a key of the machine that runs the script */
  resolve(key: string, isWritten: boolean): ResolvedKey {
    const text = unkept(key);
    if (placeOfKey(text) === 'live' && !this.isLiveAllowed && !this.system.isLoaded(text)) {
      if (isWritten) {
        throw new Unresolved(
          'live-line',
          'it names the machine that runs it, not the attached disk (--live-blocks means the disk by it).',
        );
      }
      throw new NotKnown(new Unknown(`${text} is of the machine that runs the script, so it is not known here.`, true));
    }
    return this.system.registry.resolve(text);
  }

  /** The keys that a path with `*` names. */
  matching(key: string, isWritten: boolean): ResolvedKey[] {
    const names = key.split('\\');
    const at = names.findIndex((name) => /[*?]/.test(name));
    if (at < 0) return [this.resolve(key, isWritten)];
    const base = this.resolve(names.slice(0, at).join('\\'), isWritten);
    const pattern = wildcardPattern(names[at]!);
    const children = base.hive.key(base.path)?.subkeys() ?? [];
    return [...children]
      .filter((child) => pattern.test(child.name))
      .flatMap((child) => {
        const rest = [...names.slice(0, at), child.name, ...names.slice(at + 1)].join('\\');
        return this.matching(rest, isWritten).filter((one) => one.hive.key(one.path) !== null);
      });
  }

  /** Get-ItemProperty's object: a property for each value. */
  properties(at: ResolvedKey): PsObject {
    const values = at.hive.key(at.path)?.values() ?? [];
    const found: Record<string, Value> = {};
    for (const value of values) found[value.name === '' ? '(default)' : value.name] = plainValue(value);
    const name = at.path.at(-1) ?? at.shown.split('\\').at(-1)!;
    return new PsObject('PSCustomObject', {
      ...found,
      PSPath: `Microsoft.PowerShell.Core\\Registry::${at.shown}`,
      PSParentPath: `Microsoft.PowerShell.Core\\Registry::${at.shown.slice(0, at.shown.lastIndexOf('\\'))}`,
      PSChildName: name,
    });
  }

  /** Get-Item's object, with the methods of .NET. */
  object(at: ResolvedKey): PsObject {
    const key = at.hive.key(at.path);
    const name = at.path.at(-1) ?? at.shown.split('\\').at(-1)!;
    const child = (text: Value): ResolvedKey => this.system.registry.resolve(`${at.shown}\\${textOf(known(text))}`);
    const names = (): string[] => (at.hive.key(at.path)?.values() ?? []).map((value) => value.name);
    const subkeys = (): string[] => [...(at.hive.key(at.path)?.subkeys() ?? [])].map((one) => one.name);
    const nothing = (): Value => null;
    const path = `Microsoft.PowerShell.Core\\Registry::${at.shown}`;
    return new PsObject(
      'RegistryKey',
      {
        Name: at.shown,
        PSChildName: name,
        PSPath: path,
        PSParentPath: path.slice(0, path.lastIndexOf('\\')),
        PSIsContainer: true,
        Property: names(),
        ValueCount: names().length,
        SubKeyCount: key ? subkeys().length : 0,
      },
      at.shown,
      {
        getvalue: ([value = null, fallback = null]) => {
          const there = at.hive.value(at.path, textOf(known(value)));
          return there ? plainValue(there, true) : fallback;
        },
        getvaluenames: () => StringList.from(names()),
        getsubkeynames: () => StringList.from(subkeys()),
        getvaluekind: ([value = null]) => {
          const there = at.hive.value(at.path, textOf(known(value)));
          if (!there) throw new Unresolved('cannot-be-bound', `${at.shown} does not have the value ${textOf(value)}.`);
          return KINDS[there.type] ?? 'Unknown';
        },
        opensubkey: ([sub = null, isWritable = null]) => {
          const found = child(sub);
          void (isWritable !== null && isTrue(isWritable));
          return found.hive.key(found.path) === null ? null : this.object(found);
        },
        createsubkey: ([sub = null]) => {
          const found = child(sub);
          this.perform(`CreateSubKey ${found.shown}`, () =>
            this.system.registry.edit([{ op: 'create-key', key: keyPath(found) }]),
          );
          return this.object(found);
        },
        setvalue: ([value = null, data = null, kind = null]) => {
          const text = textOf(known(value));
          const edit: HiveEdit = {
            op: 'set-value',
            key: keyPath(at),
            name: text,
            value: regValueOf(kind, data, null, 'net'),
          };
          this.perform(`SetValue ${at.shown}\\${text}`, () => this.system.registry.edit([edit]));
          return null;
        },
        deletevalue: ([value = null, throws = null]) => {
          const text = textOf(known(value));
          if (at.hive.value(at.path, text) === null) {
            if (throws !== null && !isTrue(throws)) return null;
            throw new Unresolved('cannot-be-bound', `${at.shown} does not have the value ${text}.`);
          }
          this.perform(`DeleteValue ${at.shown}\\${text}`, () =>
            this.system.registry.edit([{ op: 'delete-value', key: keyPath(at), name: text }]),
          );
          return null;
        },
        getaccesscontrol: () => new AclObject(keyDescriptor(at), at.shown),
        setaccesscontrol: ([acl = null]) => {
          if (!(acl instanceof AclObject))
            throw new Unresolved('powershell', 'this is not what GetAccessControl gave.');
          this.perform(`SetAccessControl ${at.shown}`, () => setKeyPermissions(at, acl.sd, this.system));
          return null;
        },
        deletesubkeytree: ([sub = null]) => this.deleteBelow(child(sub)),
        deletesubkey: ([sub = null]) => this.deleteBelow(child(sub)),
        close: nothing,
        dispose: nothing,
        flush: nothing,
      },
    );
  }

  private deleteBelow(at: ResolvedKey): Value {
    if (at.hive.key(at.path) === null) return null;
    this.perform(`DeleteSubKeyTree ${at.shown}`, () =>
      this.system.registry.edit([{ op: 'delete-key', key: keyPath(at) }]),
    );
    return null;
  }
}
