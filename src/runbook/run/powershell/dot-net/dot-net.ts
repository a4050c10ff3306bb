// Static members of .NET that reach the disk: the registry's roots, and files.

import { guidFromBytes } from '../../../../base/guid.ts';
import { kept, unkept } from '../../../parse/marks.ts';
import { decoded } from '../../../tools/file-commands.ts';
import type { OfflineSystem } from '../../../tools/offline-system.ts';
import { castTo } from '../casts.ts';
import type { FileItems } from '../cmdlets/file-items.ts';
import { objectOf } from '../cmdlets/object-cmdlets.ts';
import type { RegistryKeys } from '../cmdlets/registry-keys.ts';
import { plainValue } from '../cmdlets/registry-values.ts';
import { itemsOf, known, PsObject, StringList, textOf, type Value } from '../values.ts';

const ROOTS: Readonly<Record<string, string>> = {
  localmachine: 'HKEY_LOCAL_MACHINE',
  currentuser: 'HKEY_CURRENT_USER',
  users: 'HKEY_USERS',
  classesroot: 'HKEY_CLASSES_ROOT',
};

export class DotNet {
  private readonly system: OfflineSystem;
  private readonly keys: RegistryKeys;
  private readonly files: FileItems;
  private readonly perform: (what: string, work: () => void) => void;

  /** `perform` does a piece of work as a step of the line that stands in the script. */
  constructor(
    system: OfflineSystem,
    keys: RegistryKeys,
    files: FileItems,
    perform: (what: string, work: () => void) => void,
  ) {
    this.perform = perform;
    this.system = system;
    this.keys = keys;
    this.files = files;
  }

  /** Undefined where the member reaches no disk. @throws Unresolved */
  member(type: string, name: string, args: readonly Value[] | null): Value | undefined {
    const short = type.toLowerCase().replace(/^system\./, '');
    const lower = name.toLowerCase();
    const [first = null, second = null, third = null, fourth = null] = args ?? [];
    if (short === 'microsoft.win32.registry') {
      if (args === null) return lower in ROOTS ? this.root(ROOTS[lower]!) : undefined;
      if (lower === 'setvalue') {
        const at = this.keys.object(this.keys.resolve(textOf(known(first)), true));
        return at.methods.get('setvalue')!([second, third, ...(args.length > 3 ? [fourth] : [])]);
      }
      if (lower === 'getvalue') {
        const at = this.keys.resolve(textOf(known(first)), false);
        const value = at.hive.value(at.path, textOf(known(second)));
        return value ? plainValue(value, true) : third;
      }
    }
    if (lower === 'new' && args !== null) return objectOf(short, args) ?? undefined;
    if (short === 'environment' && lower === 'setenvironmentvariable') return null;
    if (short === 'guid' && lower === 'newguid') {
      return castTo('guid', guidFromBytes(this.system.bcd.randomBytes(16)));
    }
    if (short === 'microsoft.win32.registrykey' && lower === 'openbasekey') {
      const root = ROOTS[textOf(known(first)).toLowerCase()];
      return root === undefined ? undefined : this.root(root);
    }
    if (short === 'io.path' && args !== null && lower === 'gettemppath') return kept('%TEMP%\\');
    if (short === 'io.path' && args !== null && lower === 'gettempfilename')
      return this.system.files.recovery.temporaryName();
    if (args !== null && /^io\.(?:file|directory)$/.test(short)) {
      const path = this.files.located(textOf(known(first)));
      if (lower === 'exists') return this.files.test(path, short === 'io.file' ? 'leaf' : 'container');
      if (/^(?:write|append)all(?:text|lines)$/.test(lower)) {
        const text = lower.endsWith('lines')
          ? itemsOf(known(second))
              .map((line) => `${textOf(known(line))}\r\n`)
              .join('')
          : textOf(known(second));
        const bytes = new TextEncoder().encode(unkept(text));
        this.perform(`${name} ${path}`, () => this.system.files.write(path, bytes, lower.startsWith('append')));
        return null;
      }
      if (lower === 'readalltext') return decoded(this.system.files.read(path));
      if (lower === 'readalllines')
        return StringList.from(
          decoded(this.system.files.read(path))
            .replace(/\r?\n$/, '')
            .split(/\r?\n/),
        );
    }
    return undefined;
  }

  /** A root key: what is opened below it is a hive's. */
  private root(root: string): PsObject {
    const below = (path: Value) => `${root}\\${textOf(known(path))}`;
    const open = (path: Value, isWritten: boolean): Value => {
      const at = this.keys.resolve(below(path), isWritten);
      return at.hive.key(at.path) === null ? null : this.keys.object(at);
    };
    const create = (path: Value): Value => {
      const text = textOf(known(path));
      const cut = text.indexOf('\\');
      const hive = this.keys.object(this.keys.resolve(below(cut < 0 ? text : text.slice(0, cut)), true));
      return cut < 0 ? hive : hive.methods.get('createsubkey')!([text.slice(cut + 1)]);
    };
    return new PsObject('RegistryKey', { Name: root }, root, {
      opensubkey: ([path = null, isWritten = null]) => open(path, isWritten === true),
      createsubkey: ([path = null]) => create(path),
      close: () => null,
      dispose: () => null,
      flush: () => null,
    });
  }
}
