// Files and folders for PowerShell: paths, objects for what is there, and where the script stands (Set-Location).

import { isOfCurrentUser } from '../../../../compat/reg/user-profiles.ts';
import { unkept } from '../../../parse/marks.ts';
import { registryPath } from '../../../parse/powershell/registry-path.ts';
import { fileCommand } from '../../../tools/file-commands.ts';
import type { OfflineSystem } from '../../../tools/offline-system.ts';
import { ToolFailure, Unresolved } from '../../unresolved.ts';
import { wildcardPattern } from '../operators.ts';
import { PsObject, textOf, type Value } from '../values.ts';
import type { Bound } from './binding.ts';
import type { CmdletCall, Step } from './cmdlet.ts';

interface Entry {
  readonly path: string;
  readonly shown: string;
}

export class FileItems {
  private readonly system: OfflineSystem;
  private location: string | null = null;
  private readonly pushed: (string | null)[] = [];
  /** Drives of New-PSDrive: the name in upper case, and the key that is its root. */
  readonly drives = new Map<string, string>();

  constructor(system: OfflineSystem) {
    this.system = system;
  }

  /** A path as it stands for itself: drives of the script replaced, relative ones led by where the script stands. */
  located(text: string): string {
    const drive = /^([A-Za-z]\w+):\\?(.*)$/.exec(text);
    const root = drive ? this.drives.get(drive[1]!.toUpperCase()) : undefined;
    if (drive && root !== undefined) return `${root}\\${drive[2]}`.replace(/\\$/, '');
    const isRelative = !/^(?:[A-Za-z]\w*:|\\|%|.*::)/.test(unkept(text)) && registryPath(text) === null;
    if (!isRelative || this.location === null) return text;
    const bare = text.replace(/^\.(?:[\\/]|$)/, '');
    return bare === '' ? this.location : `${this.location.replace(/\\$/, '')}\\${bare}`;
  }

  /** A key below HKCU, with --all-users: that of each user profile. Any other path alone. */
  ofEachUser(path: string): string[] {
    const key = registryPath(path);
    if (this.system.users.length === 0 || key === null || !isOfCurrentUser(key)) return [path];
    const below = key.split('\\').slice(1);
    return this.system.users.map((user) => ['Registry::HKEY_USERS', user, ...below].join('\\'));
  }

  get here(): string | null {
    return this.location;
  }

  setLocation(text: string): void {
    const path = this.located(text);
    this.location = path;
    if (registryPath(path) === null)
      this.system.files.changeFolder(path.replace(/^Microsoft\.PowerShell\.Core\\FileSystem::/i, ''));
  }

  push(text: string | null): void {
    this.pushed.push(this.location);
    if (text !== null) this.setLocation(text);
  }

  pop(): void {
    this.location = this.pushed.pop() ?? null;
    if (this.location !== null && registryPath(this.location) === null) this.system.files.changeFolder(this.location);
  }

  /** Get-Item. @throws ToolFailure where nothing is there */
  items(path: string, bound: Bound): Value[] {
    const found = this.matching(path);
    if (found.length === 0 && !/[*?]/.test(path)) throw missing(path);
    return this.filtered(
      found.map((entry) => this.object(entry)),
      bound,
    );
  }

  private matching(path: string): Entry[] {
    const place = this.system.files.locate(path);
    if (place.kind === 'listing') {
      if (!this.system.files.exists(path)) return [];
      return [{ path, shown: place.shown }];
    }
    return this.system.files.matching(path);
  }

  children(path: string, bound: Bound): Value[] {
    const { levels } = bound;
    const last = path.slice(path.lastIndexOf('\\') + 1);
    const isPattern = /[*?]/.test(last);
    const folder = isPattern ? path.slice(0, path.lastIndexOf('\\')) || path : path;
    if (!this.system.files.exists(folder)) {
      if (isPattern) return [];
      throw missing(path);
    }
    const base = this.system.files.onDisk(folder);
    if (!this.system.files.isFolder(base.path)) return this.filtered([this.object(base)], bound);
    const pattern = isPattern ? wildcardPattern(last) : null;
    const entries = this.system.files.below(base.path, base.shown).slice(1);
    const near = entries.filter(
      ({ path: one }) => one.slice(base.path.replace(/\\$/, '').length + 1).split('\\').length <= levels + 1,
    );
    const named = near.filter(
      ({ path: one }) => pattern === null || pattern.test(one.slice(one.lastIndexOf('\\') + 1)),
    );
    const kept = this.filtered(
      named.map((entry) => this.object(entry)),
      bound,
    );
    return bound.flag('name')
      ? kept.map((item) => (item instanceof PsObject ? item.properties.get('Name') : item))
      : kept;
  }

  /** -Filter, -Include, -Exclude, -File, -Directory. */
  filtered(items: readonly Value[], bound: Bound): Value[] {
    const [includes, excludes] = [bound.texts('include'), bound.texts('exclude')];
    const filter = bound.text('filter');
    return items.filter((item) => {
      const name = item instanceof PsObject ? textOf(item.properties.get('PSChildName')) : textOf(item);
      const isFolder = item instanceof PsObject && item.properties.get('PSIsContainer') === true;
      if (bound.flag('file') && isFolder) return false;
      if (bound.flag('directory') && !isFolder) return false;
      if (filter !== null && !wildcardPattern(filter === '*.*' ? '*' : filter).test(name)) return false;
      if (includes.length > 0 && !includes.some((pattern) => wildcardPattern(pattern).test(name))) return false;
      return !excludes.some((pattern) => wildcardPattern(pattern).test(name));
    });
  }

  private object({ path, shown }: Entry): PsObject {
    const isFolder = this.system.files.isFolder(path);
    const cut = shown.lastIndexOf('\\');
    const name = shown.slice(cut + 1) || shown;
    const dot = name.lastIndexOf('.');
    const folder = shown.slice(0, cut);
    return new PsObject(
      isFolder ? 'DirectoryInfo' : 'FileInfo',
      {
        Name: name,
        PSChildName: name,
        FullName: shown,
        Extension: dot < 0 ? '' : name.slice(dot),
        BaseName: dot < 0 || isFolder ? name : name.slice(0, dot),
        DirectoryName: folder,
        Directory: folder,
        PSIsContainer: isFolder,
        Exists: true,
        ...(isFolder ? {} : { Length: this.system.files.sizeBytes(shown) ?? 0 }),
      },
      shown,
      { delete: () => null },
    );
  }

  test(path: string, type: string | null): boolean {
    const { files } = this.system;
    if (/[*?]/.test(path)) return this.matching(path).length > 0;
    if (!files.exists(path)) return false;
    if (type === null || /^any$/i.test(type)) return true;
    const place = files.locate(path);
    const isFolder =
      place.kind === 'volume'
        ? files.isFolder(place.path)
        : !files.recovery.isWritten('name' in place ? place.name : '');
    return /^container$/i.test(type) ? isFolder : !isFolder;
  }

  make(call: CmdletCall, path: string, type: string | null, step: Step): Value[] {
    const isFolder = type !== null && /^d/i.test(type);
    const text = call.bound.has('value') ? textOf(call.bound.get('value')) : '';
    step(call, () => {
      const { files } = this.system;
      const isThere = files.locate(path).kind === 'volume' && files.exists(path);
      if (isFolder) {
        if (isThere && !call.bound.flag('force'))
          throw new ToolFailure(`An item with the specified name ${path} already exists.`);
        fileCommand('md', [path], this.system);
      } else if (type === null || /^f/i.test(type)) {
        if (isThere && !call.bound.flag('force')) throw new ToolFailure(`The file '${path}' already exists.`);
        const folder = path.slice(0, path.lastIndexOf('\\'));
        if (call.bound.flag('force') && files.locate(path).kind === 'volume' && !files.exists(folder))
          fileCommand('md', [folder], this.system);
        files.write(path, new TextEncoder().encode(text));
      } else throw new Unresolved('powershell', `New-Item -ItemType ${type} is not done on a disk.`);
    });
    const place = this.system.files.locate(path);
    const shown = place.kind === 'nul' ? 'NUL' : place.shown;
    return [
      new PsObject(
        isFolder ? 'DirectoryInfo' : 'FileInfo',
        { Name: path.slice(path.lastIndexOf('\\') + 1), FullName: shown, PSIsContainer: isFolder },
        shown,
      ),
    ];
  }

  remove(call: CmdletCall, path: string, step: Step): void {
    step(call, () => {
      const { files } = this.system;
      if (files.locate(path).kind !== 'volume') {
        if (files.exists(path)) return;
        throw missing(path);
      }
      const found = files.matching(path);
      if (found.length === 0) {
        if (/[*?]/.test(path)) return;
        throw missing(path);
      }
      const folder = found.find((entry) => files.isFolder(entry.path));
      if (folder && !call.bound.flag('recurse'))
        throw new Unresolved('asks-for-yes', `${folder.shown} is a folder: without -Recurse PowerShell asks a person.`);
      if (folder) fileCommand('rd', ['/s', '/q', path], this.system);
      else fileCommand('del', [path], this.system);
    });
  }

  /** Attributes of files hinder nothing here. */
  setProperty(path: string, name: string): Value[] {
    if (/^(?:isreadonly|attributes)$/i.test(name)) return [];
    throw new Unresolved('powershell', `${path} is not a key of the registry.`);
  }
}

function missing(path: string): ToolFailure {
  return new ToolFailure(`Cannot find path '${path}' because it does not exist.`);
}
