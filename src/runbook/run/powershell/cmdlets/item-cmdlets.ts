// Cmdlets on keys of the registry and on files: Get-Item, Get-ChildItem, New-Item, Remove-Item, Test-Path.

import { clearEdits, copyEdits } from '../../../../registry/key-tree.ts';
import { placeOfKey } from '../../../lint/reg-check.ts';
import { lacksDrive, registryPath } from '../../../parse/powershell/registry-path.ts';
import { ToolFailure, Unresolved } from '../../unresolved.ts';
import { itemsOf, oneValue, PsObject, type Value } from '../values.ts';
import type { Cmdlet, CmdletCall, Step } from './cmdlet.ts';
import type { FileItems } from './file-items.ts';
import { FILTERS, isNewControlSet, missing, PATH, type Provider, pathsOf } from './provider.ts';
import { keyPath, type RegistryKeys } from './registry-keys.ts';
import { regValueOf } from './registry-values.ts';

export class ItemCmdlets {
  readonly cmdlets: Readonly<Record<string, Cmdlet>>;
  private readonly keys: RegistryKeys;
  private readonly files: FileItems;
  private readonly edit: Provider['edit'];
  private readonly step: Step;
  private readonly remark: Provider['remark'];
  private readonly isVerbatim: boolean;

  constructor({ keys, files, edit, step, remark, isVerbatim }: Provider) {
    this.remark = remark;
    this.isVerbatim = isVerbatim;
    this.keys = keys;
    this.files = files;
    this.edit = edit;
    this.step = step;
    this.cmdlets = {
      'get-item': {
        positional: ['path'],
        named: [...FILTERS],
        switches: ['force'],
        aliases: PATH,
        run: (call) => this.getItem(call),
      },
      'get-childitem': {
        positional: ['path', 'filter'],
        named: ['include', 'exclude', 'depth', 'attributes'],
        switches: ['force', 'recurse', 'name', 'file', 'directory', 'hidden', 'system', 'readonly'],
        aliases: { ...PATH, s: 'recurse', ad: 'directory', af: 'file' },
        run: (call) => this.children(call),
      },
      'new-item': {
        positional: ['path'],
        named: ['name', 'itemtype', 'value', 'target'],
        switches: ['force'],
        aliases: { ...PATH, type: 'itemtype', ty: 'itemtype' },
        run: (call) => this.newItem(call),
      },
      'new-item-folder': {
        positional: ['path'],
        named: ['name'],
        switches: ['force'],
        run: (call) => this.newItem(call),
      },
      'set-item': {
        positional: ['path', 'value'],
        named: [...FILTERS, 'type'],
        switches: ['force', 'passthru'],
        aliases: PATH,
        run: (call) => this.setItem(call),
      },
      'remove-item': {
        positional: ['path'],
        named: [...FILTERS, 'stream'],
        switches: ['force', 'recurse'],
        aliases: PATH,
        run: (call) => this.removeItem(call),
      },
      'test-path': {
        positional: ['path'],
        named: ['pathtype', ...FILTERS, 'olderthan', 'newerthan'],
        switches: ['isvalid'],
        aliases: { ...PATH, type: 'pathtype' },
        run: (call) => this.testPath(call),
      },
    };
  }

  private getItem(call: CmdletCall): Value[] {
    return pathsOf(call, this.files).flatMap((path) => {
      const key = registryPath(path);
      if (key === null) return this.files.items(path, call.bound);
      return this.keys.matching(key, false).map((at) => {
        if (at.hive.key(at.path) === null) throw missing(at.shown);
        return this.keys.object(at);
      });
    });
  }

  private children(call: CmdletCall): Value[] {
    const { bound } = call;
    const paths = bound.has('path') || call.input !== null ? pathsOf(call, this.files) : [this.files.located('.')];
    return paths.flatMap((path) => {
      const key = registryPath(path);
      if (key === null) return this.files.children(path, bound);
      const { levels } = bound;
      const below = (at: ReturnType<RegistryKeys['resolve']>, level: number): Value[] => {
        const found = at.hive.key(at.path);
        if (found === null) throw missing(at.shown);
        return [...found.subkeys()].flatMap((child) => {
          const one = this.keys.resolve(`${at.shown}\\${child.name}`, false);
          return [this.keys.object(one), ...(level < levels ? below(one, level + 1) : [])];
        });
      };
      const all = this.keys
        .matching(key, false)
        .flatMap((at) => (/[*?]/.test(key) ? [this.keys.object(at)] : below(at, 0)));
      const kept = this.files.filtered(all, bound);
      return bound.flag('name')
        ? kept.map((item) => (item instanceof PsObject ? item.properties.get('PSChildName') : item))
        : kept;
    });
  }

  private newItem(call: CmdletCall): Value[] {
    const { bound } = call;
    const name = bound.text('name');
    return pathsOf(call, this.files).flatMap((base) => {
      const path = name === null ? base : `${base.replace(/[\\/]$/, '')}\\${name}`;
      const key = registryPath(path);
      if (key === null)
        return this.files.make(
          call,
          path,
          call.name === 'new-item-folder' ? 'Directory' : bound.text('itemtype'),
          this.step,
        );
      const at = this.keys.resolve(key, true);
      this.step(call, () => {
        if (at.hive.key(at.path) !== null) {
          if (!bound.flag('force')) throw new ToolFailure(`A key at ${at.shown} already exists.`);
          this.keepOrEmpty(call, at);
        } else {
          const parent = at.path.slice(0, -1);
          if (!bound.flag('force') && at.hive.key(parent) === null && !isNewControlSet(at))
            throw missing(at.shown.slice(0, at.shown.lastIndexOf('\\')));
          this.edit([{ op: 'create-key', key: keyPath(at) }]);
        }
        if (bound.has('value'))
          this.edit([
            { op: 'set-value', key: keyPath(at), name: '', value: regValueOf('String', bound.get('value'), null) },
          ]);
      });
      return [this.keys.object(at)];
    });
  }

  /** Set-Item of a key sets its default value. */
  private setItem(call: CmdletCall): Value[] {
    for (const path of pathsOf(call, this.files)) {
      const key = registryPath(path);
      if (key === null) throw new Unresolved('powershell', `${path} is not a key of the registry.`);
      const at = this.keys.resolve(key, true);
      this.step(call, () => {
        if (at.hive.key(at.path) === null) throw missing(at.shown);
        const value = regValueOf(call.bound.get('type'), call.bound.get('value'), at.hive.value(at.path, ''));
        this.edit([{ op: 'set-value', key: keyPath(at), name: '', value }]);
      });
    }
    return [];
  }

  /** What New-Item -Force does to a key that is there: PowerShell empties it, which hardly anybody means. */
  private keepOrEmpty({ command }: CmdletCall, at: ReturnType<RegistryKeys['resolve']>): void {
    const key = at.hive.key(at.path)!;
    const edits = clearEdits(key, keyPath(at));
    if (edits.length === 0) return;
    if (this.isVerbatim) this.edit(edits);
    else
      this.remark({
        rule: 'emptied-key',
        ...command.at,
        text: `${at.shown} exists: on Windows -Force would empty it, here its content is kept.`,
      });
  }

  /** Copy-Item, Move-Item and Rename-Item of a key. */
  moveKey(call: CmdletCall, from: string, to: string): void {
    const at = this.keys.resolve(registryPath(from)!, true);
    const key = at.hive.key(at.path);
    this.step(call, () => {
      if (key === null) throw missing(at.shown);
      if (call.name === 'rename-item') {
        this.edit([{ op: 'rename-key', key: keyPath(at), newName: to }]);
        return;
      }
      const target = registryPath(to);
      if (target === null) throw new Unresolved('powershell', `${to} is not a key of the registry.`);
      const wanted = this.keys.resolve(target, true);
      // Below a key that is there, and in place of one that is not.
      const path = wanted.hive.key(wanted.path) === null ? wanted.path : [...wanted.path, at.path.at(-1) ?? ''];
      const isMoved = call.name === 'move-item';
      const options = { isDeep: isMoved || call.bound.flag('recurse'), isWhole: false };
      this.edit(copyEdits(key, { hive: wanted.hive.name, path }, options));
      if (isMoved) this.edit([{ op: 'delete-key', key: keyPath(at) }]);
    });
  }

  private removeItem(call: CmdletCall): Value[] {
    for (const path of pathsOf(call, this.files)) {
      const key = registryPath(path);
      if (key === null) {
        this.files.remove(call, path, this.step);
        continue;
      }
      const found = this.keys.matching(key, true);
      for (const at of found) {
        this.step(call, () => {
          const there = at.hive.key(at.path);
          if (there === null) throw missing(at.shown);
          if (at.path.length === 0)
            throw new Unresolved('bad-syntax', `${at.shown} is the root of a hive, which cannot be deleted.`);
          if (!call.bound.flag('recurse') && there.subkeys().length > 0)
            throw new Unresolved(
              'asks-for-yes',
              `${at.shown} has keys below it: without -Recurse PowerShell asks a person.`,
            );
          this.edit([{ op: 'delete-key', key: keyPath(at) }]);
        });
      }
    }
    return [];
  }

  private testPath(call: CmdletCall): Value[] {
    const paths = pathsOf(call, this.files);
    const given = itemsOf(call.bound.has('path') ? call.bound.get('path') : oneValue(call.input ?? []));
    const found = this.tested(call, paths);
    // With --all-users one path is that of several users: it is there where all of them have it.
    return found.length > given.length ? [found.every((one) => one === true)] : found;
  }

  private tested(call: CmdletCall, paths: readonly string[]): Value[] {
    return paths.map((path) => {
      const key = registryPath(path);
      if (key === null) return this.files.test(path, call.bound.text('pathtype'));
      // The bare name of a hive is there while it is loaded.
      if (key.split('\\').length === 2 && placeOfKey(key) === 'offline') return this.keys.isLoaded(key);
      try {
        return this.keys.matching(key, false).some((at) => at.hive.key(at.path) !== null);
      } catch (error) {
        // A name that nothing is loaded under is not there.
        if (error instanceof Unresolved && error.rule === 'cannot-be-bound' && !lacksDrive(path)) return false;
        throw error;
      }
    });
  }
}
