// Cmdlets on the values of keys: Get-, Set-, New-, Remove-, Clear- and Rename-ItemProperty.

import { readRegValue } from '../../../../registry/value.ts';
import { registryPath } from '../../../parse/powershell/registry-path.ts';
import { ToolFailure, Unresolved } from '../../unresolved.ts';
import { known, PsHash, PsObject, type Value } from '../values.ts';
import type { Cmdlet, CmdletCall, Step } from './cmdlet.ts';
import type { FileItems } from './file-items.ts';
import { FILTERS, isNewControlSet, missing, PATH, type Provider, pathsOf } from './provider.ts';
import { keyPath, type RegistryKeys } from './registry-keys.ts';
import { plainValue, regValueOf } from './registry-values.ts';

export class PropertyCmdlets {
  readonly cmdlets: Readonly<Record<string, Cmdlet>>;
  private readonly keys: RegistryKeys;
  private readonly files: FileItems;
  private readonly edit: Provider['edit'];
  private readonly step: Step;

  constructor({ keys, files, edit, step }: Provider) {
    this.keys = keys;
    this.files = files;
    this.edit = edit;
    this.step = step;
    const value = { aliases: { ...PATH, type: 'propertytype' } };
    this.cmdlets = {
      'get-itemproperty': {
        positional: ['path', 'name'],
        named: [...FILTERS],
        aliases: PATH,
        run: (call) => this.getProperty(call, false),
      },
      'get-itempropertyvalue': {
        positional: ['path', 'name'],
        named: [...FILTERS],
        aliases: PATH,
        run: (call) => this.getProperty(call, true),
      },
      'set-itemproperty': {
        positional: ['path', 'name', 'value'],
        named: ['propertytype', 'inputobject', ...FILTERS],
        switches: ['force', 'passthru'],
        ...value,
        run: (call) => this.setProperty(call, false),
      },
      'new-itemproperty': {
        positional: ['path', 'name'],
        named: ['propertytype', 'value', ...FILTERS],
        switches: ['force'],
        ...value,
        run: (call) => this.setProperty(call, true),
      },
      'remove-itemproperty': {
        positional: ['path', 'name'],
        named: [...FILTERS],
        switches: ['force'],
        aliases: PATH,
        run: (call) => this.removeProperty(call),
      },
      'clear-itemproperty': {
        positional: ['path', 'name'],
        named: [...FILTERS],
        switches: ['force', 'passthru'],
        aliases: PATH,
        run: (call) => this.clearProperty(call),
      },
      'rename-itemproperty': {
        positional: ['path', 'name', 'newname'],
        switches: ['force', 'passthru'],
        aliases: PATH,
        run: (call) => this.renameProperty(call),
      },
      'copy-itemproperty': {
        positional: ['path', 'destination', 'name'],
        named: [...FILTERS],
        switches: ['force', 'passthru'],
        aliases: PATH,
        run: (call) => this.moveProperty(call, false),
      },
      'move-itemproperty': {
        positional: ['path', 'destination', 'name'],
        named: [...FILTERS],
        switches: ['force', 'passthru'],
        aliases: PATH,
        run: (call) => this.moveProperty(call, true),
      },
    };
  }

  private getProperty(call: CmdletCall, isValue: boolean): Value[] {
    const names = call.bound.has('name') ? call.bound.texts('name') : null;
    return pathsOf(call, this.files).flatMap((path) => {
      const key = registryPath(path);
      if (key === null) return this.files.items(path, call.bound);
      return this.keys.matching(key, false).flatMap((at): Value[] => {
        if (at.hive.key(at.path) === null) throw missing(at.shown);
        if (names === null) return [this.keys.properties(at)];
        return names.flatMap((name): Value[] => {
          const wanted = name.toLowerCase() === '(default)' ? '' : name;
          if (/[*?]/.test(name)) return [this.keys.properties(at)];
          const value = at.hive.value(at.path, wanted);
          if (value === null) throw new ToolFailure(`Property ${name} does not exist at path ${at.shown}.`);
          return [isValue ? plainValue(value) : this.keys.properties(at)];
        });
      });
    });
  }

  private setProperty(call: CmdletCall, isNew: boolean): Value[] {
    const { bound } = call;
    const pairs = bound.has('name') ? null : this.pairsOf(bound.get('inputobject'));
    const given = pairs ?? [{ name: bound.one('name'), value: bound.get('value') }];
    for (const path of pathsOf(call, this.files)) {
      const key = registryPath(path);
      if (key === null) return this.files.setProperty(path, given[0]!.name);
      for (const at of this.keys.matching(key, true)) {
        for (const { name, value } of given) {
          const bare = name.toLowerCase() === '(default)' ? '' : name;
          const there = at.hive.value(at.path, bare);
          known(value);
          this.step(call, () => {
            if (at.hive.key(at.path) === null && !isNewControlSet(at)) throw missing(at.shown);
            if (isNew && there !== null && !bound.flag('force'))
              throw new ToolFailure(`The property ${name} already exists at ${at.shown}.`);
            const data = regValueOf(bound.get('propertytype'), value, there);
            this.edit([{ op: 'set-value', key: keyPath(at), name: bare, value: data }]);
          });
        }
      }
    }
    return bound.flag('passthru') ? this.getProperty(call, false) : [];
  }

  private pairsOf(from: Value): { name: string; value: Value }[] | null {
    if (!(from instanceof PsObject || from instanceof PsHash)) return null;
    const hash = from instanceof PsHash ? from : from.properties;
    return hash.keys.map((name) => ({ name, value: hash.get(name) }));
  }

  private removeProperty(call: CmdletCall): Value[] {
    const names = call.bound.texts('name');
    for (const path of pathsOf(call, this.files)) {
      const key = registryPath(path);
      if (key === null) throw new Unresolved('powershell', `${path} is not a key of the registry.`);
      for (const at of this.keys.matching(key, true)) {
        for (const name of names) {
          const bare = name.toLowerCase() === '(default)' ? '' : name;
          this.step(call, () => {
            if (at.hive.value(at.path, bare) === null)
              throw new ToolFailure(`Property ${name} does not exist at path ${at.shown}.`);
            this.edit([{ op: 'delete-value', key: keyPath(at), name: bare }]);
          });
        }
      }
    }
    return [];
  }

  /** The value stays and is emptied: no text, no bytes, 0. */
  private clearProperty(call: CmdletCall): Value[] {
    for (const path of pathsOf(call, this.files)) {
      const key = registryPath(path);
      if (key === null) throw new Unresolved('powershell', `${path} is not a key of the registry.`);
      const at = this.keys.resolve(key, true);
      for (const name of call.bound.texts('name')) {
        this.step(call, () => {
          const there = at.hive.value(at.path, name);
          if (there === null) throw new ToolFailure(`Property ${name} does not exist at path ${at.shown}.`);
          const empty = plainValue(there);
          const blank: Value = typeof empty === 'string' ? '' : Array.isArray(empty) ? [] : 0;
          this.edit([{ op: 'set-value', key: keyPath(at), name, value: regValueOf(null, blank, there) }]);
        });
      }
    }
    return [];
  }

  private moveProperty(call: CmdletCall, isMoved: boolean): Value[] {
    const to = registryPath(this.files.located(call.bound.one('destination')));
    for (const path of pathsOf(call, this.files)) {
      const key = registryPath(path);
      if (key === null || to === null) throw new Unresolved('powershell', `${path} is not a key of the registry.`);
      const [at, into] = [this.keys.resolve(key, isMoved), this.keys.resolve(to, true)];
      for (const name of call.bound.texts('name')) {
        this.step(call, () => {
          const there = at.hive.value(at.path, name);
          if (there === null) throw new ToolFailure(`Property ${name} does not exist at path ${at.shown}.`);
          if (into.hive.key(into.path) === null) throw missing(into.shown);
          this.edit([{ op: 'set-value', key: keyPath(into), name, value: readRegValue(there) }]);
          if (isMoved && at.shown.toLowerCase() !== into.shown.toLowerCase())
            this.edit([{ op: 'delete-value', key: keyPath(at), name }]);
        });
      }
    }
    return [];
  }

  private renameProperty(call: CmdletCall): Value[] {
    const [name, newName] = [call.bound.text('name') ?? '', call.bound.text('newname') ?? ''];
    for (const path of pathsOf(call, this.files)) {
      const key = registryPath(path);
      if (key === null) throw new Unresolved('powershell', `${path} is not a key of the registry.`);
      const at = this.keys.resolve(key, true);
      this.step(call, () => {
        const there = at.hive.value(at.path, name);
        if (there === null) throw new ToolFailure(`Property ${name} does not exist at path ${at.shown}.`);
        if (at.hive.value(at.path, newName) !== null) throw new ToolFailure(`The property ${newName} already exists.`);
        this.edit([
          { op: 'set-value', key: keyPath(at), name: newName, value: readRegValue(there) },
          { op: 'delete-value', key: keyPath(at), name },
        ]);
      });
    }
    return [];
  }
}
