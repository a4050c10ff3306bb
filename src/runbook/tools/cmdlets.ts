// Cmdlets that change registry values, keys and services of the disk.

import type { Outcome } from '../../compat/outcome.ts';
import type { ResolvedKey } from '../../compat/reg/context.ts';
import { dataText, LIST_SEPARATOR, typedValue } from '../../compat/reg/value-text.ts';
import type { HiveEdit, KeyPath, RegValue } from '../../registry/edit.ts';
import {
  multiSz,
  REG_BINARY,
  REG_DWORD,
  REG_EXPAND_SZ,
  REG_MULTI_SZ,
  REG_QWORD,
  REG_SZ,
  readDword,
  readString,
} from '../../registry/value.ts';
import { ToolFailure, Unresolved } from '../run/unresolved.ts';
import { fileCommand } from './file-commands.ts';
import type { OfflineSystem } from './offline-system.ts';
import { serviceCommand } from './service-command.ts';

const TYPES: Readonly<Record<string, number>> = {
  string: REG_SZ,
  expandstring: REG_EXPAND_SZ,
  binary: REG_BINARY,
  dword: REG_DWORD,
  multistring: REG_MULTI_SZ,
  qword: REG_QWORD,
};
const SWITCHES = new Set(['force', 'recurse', 'passthru', 'whatif', 'verbose', 'nonewline']);
const DONE: Outcome = { exitCode: 0, stdout: '', stderr: '' };

interface Parameters {
  readonly named: ReadonlyMap<string, string>;
  readonly positional: readonly string[];
}

/** The key's text of `HKLM:\...`, `HKLM:...` and `Registry::HKEY_...`; null for what is a path of files. */
export function registryPath(text: string): string | null {
  const bare = text.replace(/^(?:Microsoft\.PowerShell\.Core\\)?Registry::/i, '').replace(/\\$/, '');
  const drive = /^(HKLM|HKCU|HKCR|HKU|HKCC|HKEY_[A-Z_]+):?\\(.*)$/i.exec(bare);
  return drive ? `${drive[1]}\\${drive[2]}` : null;
}

/** Null where `tool` is none of these. */
export function cmdletCommand(tool: string, args: readonly string[], system: OfflineSystem): Outcome | null {
  const parameters = parseParameters(args);
  switch (tool) {
    case 'set-itemproperty':
    case 'new-itemproperty':
      return setProperty(parameters, system);
    case 'remove-itemproperty':
      return removeProperty(parameters, system);
    case 'new-item':
      return newItem(parameters, system);
    case 'remove-item':
      return removeItem(parameters, system);
    case 'get-itemproperty':
    case 'get-itempropertyvalue':
      return getProperty(parameters, system);
    case 'test-path':
      return testPath(parameters, system);
    case 'set-service':
      return setService(parameters, system);
    case 'copy-item':
    case 'move-item':
    case 'rename-item':
      return moveItem(tool, parameters, system);
    case 'write-host':
    case 'write-output':
    case 'write-warning':
      return { ...DONE, stdout: `${parameters.positional.join(' ')}\r\n` };
    case 'out-null':
      return DONE;
    default:
      return null;
  }
}

function parseParameters(args: readonly string[]): Parameters {
  const named = new Map<string, string>();
  const positional: string[] = [];
  for (let i = 0; i < args.length; i += 1) {
    const match = /^-([A-Za-z]+)(?::(.*))?$/.exec(args[i]!);
    if (!match) {
      positional.push(args[i]!);
      continue;
    }
    const name = match[1]!.toLowerCase();
    if (match[2] !== undefined) named.set(name, match[2]);
    else if (SWITCHES.has(name)) named.set(name, 'True');
    else {
      i += 1;
      named.set(name, args[i] ?? '');
    }
  }
  return { named, positional };
}

function wanted({ named, positional }: Parameters, names: readonly string[], place: number): string {
  for (const name of names) {
    const value = named.get(name);
    if (value !== undefined) return value;
  }
  const value = positional[place];
  if (value === undefined) throw new Unresolved('cut-line', `-${names[0]} is missing.`);
  return value;
}

/** @throws Unresolved for a path that is no key */
function keyOf(parameters: Parameters, system: OfflineSystem): ResolvedKey {
  const path = wanted(parameters, ['path', 'literalpath'], 0);
  const key = registryPath(path);
  if (key === null) throw new Unresolved('powershell', `${path} is no key of the registry.`);
  return system.registry.resolve(key);
}

const pathOf = (at: ResolvedKey): KeyPath => ({ hive: at.hive.name, path: at.path });

function setProperty(parameters: Parameters, system: OfflineSystem): Outcome {
  const at = keyOf(parameters, system);
  const name = propertyName(wanted(parameters, ['name'], 1));
  const text = wanted(parameters, ['value'], 2);
  const typeName = parameters.named.get('type') ?? parameters.named.get('propertytype');
  const known = typeName === undefined ? undefined : TYPES[typeName.toLowerCase()];
  if (typeName !== undefined && known === undefined)
    throw new Unresolved('unknown-type', `${typeName} is no type of a value.`);
  const there = at.hive.value(at.path, name);
  const type = known ?? there?.type ?? (/^(?:0x[0-9a-f]+|\d+)$/i.test(text) ? REG_DWORD : REG_SZ);
  if (at.hive.key(at.path) === null && !isNewControlSet(at))
    throw new ToolFailure(`Cannot find path '${at.shown}' because it does not exist.`);
  system.registry.edit([{ op: 'set-value', key: pathOf(at), name, value: regValueOf(type, text) }]);
  return DONE;
}

/** A control set that is not there: the edit is left out further on, with its own remark. */
function isNewControlSet(at: ResolvedKey): boolean {
  return /^ControlSet\d{3}$/i.test(at.path[0] ?? '') && at.hive.key([at.path[0]!]) === null;
}

function propertyName(name: string): string {
  return name.toLowerCase() === '(default)' ? '' : name;
}

function regValueOf(type: number, text: string): RegValue {
  if (type === REG_MULTI_SZ) return multiSz(text === '' ? [] : text.split(','));
  const value = typedValue(type, type === REG_BINARY ? text.replace(/[\s,]|0x/g, '') : text, LIST_SEPARATOR);
  if (value === null) throw new Unresolved('bad-syntax', `'${text}' is no data of this type.`);
  return value;
}

function removeProperty(parameters: Parameters, system: OfflineSystem): Outcome {
  const at = keyOf(parameters, system);
  const name = propertyName(wanted(parameters, ['name'], 1));
  if (at.hive.value(at.path, name) === null)
    throw new ToolFailure(`Property ${name} does not exist at path ${at.shown}.`);
  system.registry.edit([{ op: 'delete-value', key: pathOf(at), name }]);
  return DONE;
}

function newItem(parameters: Parameters, system: OfflineSystem): Outcome {
  const base = wanted(parameters, ['path'], 0);
  const name = parameters.named.get('name');
  const path = name === undefined ? base : `${base.replace(/\\$/, '')}\\${name}`;
  const key = registryPath(path);
  if (key === null) {
    if (!/^dir/i.test(parameters.named.get('itemtype') ?? ''))
      throw new Unresolved('powershell', 'New-Item makes folders and keys here, no files.');
    return fileCommand('md', [path], system)!;
  }
  const at = system.registry.resolve(key);
  system.registry.edit([{ op: 'create-key', key: pathOf(at) }]);
  return DONE;
}

function removeItem(parameters: Parameters, system: OfflineSystem): Outcome {
  const path = wanted(parameters, ['path', 'literalpath'], 0);
  const key = registryPath(path);
  if (key === null) {
    const isFolder = system.files.matching(path).some((entry) => system.session.files.isFolderAt(entry.path));
    if (isFolder) throw new Unresolved('cannot-be-bound', `${path} is a folder, and folders are not removed.`);
    return fileCommand('del', [path], system)!;
  }
  const at = system.registry.resolve(key);
  const there = at.hive.key(at.path);
  if (there === null) throw new ToolFailure(`Cannot find path '${at.shown}' because it does not exist.`);
  if (at.path.length === 0)
    throw new Unresolved('bad-syntax', `${at.shown} is the root of a hive, which cannot be deleted.`);
  const edit: HiveEdit = { op: 'delete-key', key: pathOf(at) };
  system.registry.edit([edit]);
  return DONE;
}

/** Copy-Item, Move-Item and Rename-Item of files. */
function moveItem(tool: string, parameters: Parameters, system: OfflineSystem): Outcome {
  const from = wanted(parameters, ['path', 'literalpath'], 0);
  const to = wanted(parameters, ['destination', 'newname'], 1);
  if (registryPath(from) !== null) throw new Unresolved('powershell', `${tool} works on files here, not on keys.`);
  const command = { 'copy-item': 'copy', 'move-item': 'move', 'rename-item': 'ren' }[tool]!;
  const isDeep = parameters.named.has('recurse');
  return isDeep ? fileCommand('xcopy', [from, to, '/e'], system)! : fileCommand(command, [from, to], system)!;
}

/** Prints one property a line; a single one that is asked for alone. */
function getProperty(parameters: Parameters, system: OfflineSystem): Outcome {
  const at = keyOf(parameters, system);
  const key = at.hive.key(at.path);
  if (key === null) throw new ToolFailure(`Cannot find path '${at.shown}' because it does not exist.`);
  const name = parameters.named.get('name') ?? parameters.positional[1];
  const values = name === undefined ? key.values() : [key.value(name)].filter((value) => value !== null);
  if (values.length === 0 && name !== undefined)
    throw new ToolFailure(`Property ${name} does not exist at path ${at.shown}.`);
  return {
    ...DONE,
    stdout: values
      .map((value) => `${value.name} : ${readDword(value) ?? readString(value) ?? dataText(value)}\r\n`)
      .join(''),
  };
}

function testPath(parameters: Parameters, system: OfflineSystem): Outcome {
  const path = wanted(parameters, ['path', 'literalpath'], 0);
  const key = registryPath(path);
  let isThere: boolean;
  if (key === null) isThere = system.files.exists(path);
  else {
    const at = system.registry.resolve(key);
    isThere = at.hive.key(at.path) !== null;
  }
  return { exitCode: isThere ? 0 : 1, stdout: isThere ? 'True\r\n' : 'False\r\n', stderr: '' };
}

function setService(parameters: Parameters, system: OfflineSystem): Outcome {
  const name = wanted(parameters, ['name'], 0);
  const start = parameters.named.get('startuptype') ?? parameters.named.get('starttype');
  if (start === undefined)
    throw new Unresolved('powershell', 'Set-Service sets the start of a service here, and nothing else.');
  return { ...serviceCommand(['config', name, 'start=', start.toLowerCase()], system), stdout: '' };
}
