// Paths of a script: on a volume of the disk, or on the recovery machine, where only listings go.

import { concatBytes, toHex } from '../../base/bytes.ts';
import { HivemendError, RefusedError } from '../../base/errors.ts';
import { readWholeFile } from '../../base/read-file.ts';
import { normalWindowsPath } from '../../disk/windows-path.ts';
import type { VolumeEdit } from '../../registry/edit.ts';
import { whyNoHive } from '../../session/replaced-hives.ts';
import type { Session } from '../../session/session.ts';
import { unkept } from '../parse/marks.ts';
import { ANY_DRIVE } from '../parse/placeholder.ts';
import { ToolFailure, Unresolved } from '../run/unresolved.ts';
import { folderOf, pathBeside, wildcard, withoutDots } from './windows-names.ts';

/** Where a path leads. */
export type ScriptPath =
  /** `path` is what StagedVolume takes: with a letter, or bare for the Windows volume. */
  | { readonly kind: 'volume'; readonly path: string; readonly shown: string }
  /** A file that the script makes for a person; `name` is below --out. */
  | { readonly kind: 'listing'; readonly name: string; readonly shown: string }
  | { readonly kind: 'nul' };

/** Files above this are not taken into a journal. */
export const MOST_BYTES = 128 * 1024 * 1024;
/** What one command may work on. */
const MOST_FILES = 20_000;
const MOST_DEPTH = 64;

export class SystemFiles {
  /** What is written below --out, by name. */
  readonly listings = new Map<string, Uint8Array>();
  private readonly folders = new Set<string>();
  private readonly session: Session;
  private readonly drives: ReadonlyMap<string, string>;
  private readonly scriptFolder: string | null;
  private readonly onUnmapped: (drive: string) => void;
  private folder: string | null = null;
  private readonly pushed: (string | null)[] = [];

  /** `drives`: letters in upper case and the roots of their volumes. */
  constructor(
    session: Session,
    drives: ReadonlyMap<string, string>,
    scriptFolder: string | null,
    onUnmapped: (drive: string) => void,
  ) {
    this.session = session;
    this.scriptFolder = scriptFolder;
    this.onUnmapped = onUnmapped;
    this.drives = drives;
    for (const [letter, root] of drives) session.files.mapDrive(letter, root);
  }

  /** `cd`: where relative paths begin; unknown, as at the start, where `text` leads to no known place. */
  changeFolder(text: string): void {
    if (/[%!]/.test(text)) {
      this.folder = null;
      return;
    }
    try {
      this.folder = /^[A-Za-z]:$/.test(text) ? `${text}\\` : withoutDots(this.absolute(text));
    } catch (error) {
      if (!(error instanceof Unresolved)) throw error;
      this.folder = null;
    }
  }

  /** `pushd` and `popd`. */
  pushFolder(text: string): void {
    this.pushed.push(this.folder);
    this.changeFolder(text);
  }

  popFolder(): void {
    this.folder = this.pushed.pop() ?? null;
  }

  locate(text: string): ScriptPath {
    const bare = unkept(text).replaceAll('"', '').trim();
    if (/^(?:nul|con):?$/i.test(bare)) return { kind: 'nul' };
    const besideScript =
      /^%~dp0\\?([^%:]*)$/i.exec(bare)?.[1] ??
      (this.folder === null ? /^(?:\.\\)?([^/:*?"<>|%]+)$/.exec(bare)?.[1] : undefined);
    if (besideScript !== undefined && !besideScript.startsWith('\\')) {
      return { kind: 'listing', name: besideScript.replace(/^\.\\/, ''), shown: bare };
    }
    const own = /^%([\w()]+)%\\?([^%]*)$/.exec(bare);
    if (own) return { kind: 'listing', name: `${own[1]!.toUpperCase()}${normalWindowsPath(own[2]!)}`, shown: bare };
    const path = withoutDots(this.absolute(bare));
    const letter = path[0]!;
    const rest = normalWindowsPath(path.slice(2));
    if (letter === ANY_DRIVE) return this.locateAnywhere(rest);
    const root = this.drives.get(letter.toUpperCase());
    const shown = `${letter.toUpperCase()}:${rest}`;
    if (root === undefined) return { kind: 'listing', name: `${letter.toUpperCase()}${rest}`, shown };
    return { kind: 'volume', path: root === this.session.found?.volume ? rest : shown, shown };
  }

  /** A path that must lie on the disk. */
  onDisk(text: string): { readonly path: string; readonly shown: string } {
    const at = this.locate(text);
    if (at.kind === 'volume') return at;
    if (at.kind === 'nul') throw new ToolFailure('The system cannot find the file specified: NUL');
    const drive = at.shown.slice(0, 2);
    if (drive[1] !== ':')
      throw new Unresolved('drive-not-mapped', `'${text}' lies neither beside the script nor on a drive of the disk.`);
    const given = [...this.drives].map(([letter, root]) => `${letter}: is ${root}`).join(', ');
    throw new Unresolved(
      'drive-not-mapped',
      `${drive} stands for no volume: say which with --drive ${drive}=<folder>${given === '' ? '' : ` (${given})`}.`,
    );
  }

  exists(text: string): boolean {
    const at = this.locate(text);
    if (at.kind === 'listing') {
      if (this.listings.has(at.name) || this.folders.has(at.name.toUpperCase())) return true;
      if (/^%(?:systemroot|windir|systemdrive|programfiles)/i.test(text.replaceAll('"', '').trim())) {
        throw new Unresolved('unset-variable', `whether ${at.shown} exists is different on each machine.`);
      }
      if (this.besideScript(at.name) !== null) return true;
      if (at.shown[1] === ':') this.onUnmapped(at.shown.slice(0, 2));
      return false;
    }
    return at.kind === 'nul' || this.session.files.exists(at.path);
  }

  read(text: string): Uint8Array {
    const at = this.locate(text);
    if (at.kind === 'listing') {
      const bytes = this.listings.get(at.name) ?? this.besideScript(at.name);
      if (bytes) return bytes;
    }
    const { path, shown } = this.onDisk(text);
    this.refuseLarge(path, shown);
    const bytes = this.session.files.readFile(path);
    if (bytes === null) throw new ToolFailure(`The system cannot find the file specified: ${shown}`);
    return bytes;
  }

  /** A file that lies beside the script on this machine, by the path that the script gives relative to itself. */
  private besideScript(name: string): Uint8Array | null {
    const path = pathBeside(this.scriptFolder, name);
    if (path === null) return null;
    try {
      return readWholeFile(this.session.host.fs, path);
    } catch (error) {
      if (!(error instanceof HivemendError)) throw error;
      return null;
    }
  }

  /** A folder on the recovery machine that the script makes for its listings. */
  noteFolder(name: string): void {
    this.folders.add(name.toUpperCase());
  }

  isFolder(path: string): boolean {
    return this.session.files.isFolderAt(path);
  }

  /** The path from its drive on; null where the current folder is not known. */
  absoluteOrNull(text: string): string | null {
    try {
      return withoutDots(this.absolute(text.replaceAll('"', '').trim()));
    } catch (error) {
      if (error instanceof Unresolved) return null;
      throw error;
    }
  }

  /** Null for what is not a file of the disk. */
  sizeBytes(text: string): number | null {
    const at = this.locate(text);
    if (at.kind === 'listing') return this.listings.get(at.name)?.byteLength ?? null;
    return at.kind === 'volume' && !this.isFolder(at.path) ? this.session.files.sizeBytes(at.path) : null;
  }

  /** Writes a file: onto the volume in the plan, or below --out. */
  write(text: string, bytes: Uint8Array, isAppended = false): void {
    const at = this.locate(text);
    if (at.kind === 'nul') return;
    if (at.kind === 'listing') {
      const before = isAppended ? (this.listings.get(at.name) ?? new Uint8Array(0)) : new Uint8Array(0);
      this.listings.set(at.name, concatBytes(before, bytes));
      return;
    }
    const before = this.session.files.exists(at.path) ? this.read(text) : new Uint8Array(0);
    this.apply({ op: 'write-file', path: at.path, hex: toHex(isAppended ? concatBytes(before, bytes) : bytes) });
  }

  /** Applies an edit of the volume. A hive that this run edits as well is not touched as a file. */
  apply(edit: VolumeEdit): void {
    const paths = edit.op === 'move-file' ? [edit.path, edit.to] : [edit.path];
    if (edit.op !== 'make-folder' && edit.op !== 'set-security') {
      for (const path of paths) this.refuseEdited(path);
      const target = edit.op === 'move-file' ? edit.to : edit.op === 'write-file' ? edit.path : null;
      // No program makes the folder of the file that it writes; the commit would fail over it.
      if (target !== null && !this.session.files.isFolderAt(folderOf(target)))
        throw new ToolFailure(`The system cannot find the path specified: ${folderOf(target)}`);
      const problem = whyNoHive(this.session.files, edit);
      if (problem !== null) throw new Unresolved('cannot-be-bound', `${problem}.`);
    }
    this.session.apply([edit]);
  }

  /** A folder and everything below it, folders before what is in them; files and folders that match `text`'s last name. */
  matching(text: string): { readonly path: string; readonly shown: string }[] {
    const { path, shown } = this.onDiskPattern(text);
    const pattern = path.slice(path.lastIndexOf('\\') + 1);
    if (!/[*?]/.test(pattern)) return this.session.files.exists(path) ? [{ path, shown }] : [];
    const folder = folderOf(path);
    const expression = wildcard(pattern);
    const inFolder = (full: string, name: string): string => `${full.slice(0, full.lastIndexOf('\\'))}\\${name}`;
    const names = this.session.files.list(folder).filter((name) => expression.test(name));
    return names.map((name) => ({ path: inFolder(path, name), shown: inFolder(shown, name) }));
  }

  /** What lies below a folder, itself first. @throws RefusedError LIMIT */
  below(path: string, shown: string): { readonly path: string; readonly shown: string }[] {
    const found = [{ path, shown }];
    const walk = (folder: string, name: string, depth: number): void => {
      if (!this.session.files.isFolderAt(folder)) return;
      for (const entry of this.session.files.list(folder)) {
        const child = { path: `${folder}\\${entry}`, shown: `${name}\\${entry}` };
        found.push(child);
        if (found.length > MOST_FILES || depth > MOST_DEPTH) {
          throw new RefusedError(
            'LIMIT',
            `${shown} holds more than ${MOST_FILES} files or ${MOST_DEPTH} levels, which is not done in one plan`,
          );
        }
        walk(child.path, child.shown, depth + 1);
      }
    };
    walk(path, shown, 1);
    return found;
  }

  /** @throws RefusedError LIMIT for a file that no journal takes. */
  refuseLarge(path: string, shown: string): void {
    const size = this.session.files.sizeBytes(path);
    if (size === null || size <= MOST_BYTES) return;
    throw new RefusedError(
      'LIMIT',
      `${shown} has ${size} bytes, expected at most ${MOST_BYTES}: what is overwritten, moved or deleted is kept for undo`,
      {
        hint: 'do this one by hand',
      },
    );
  }

  /** As onDisk, of a path whose last name may hold * and ?. */
  onDiskPattern(text: string): { path: string; shown: string } {
    const bare = this.absolute(text.replaceAll('"', '').trim());
    const cut = bare.lastIndexOf('\\');
    const last = bare.slice(cut + 1);
    if (!/[*?]/.test(last)) return this.onDisk(text);
    const folder = this.onDisk(bare.slice(0, cut + 1));
    const join = (base: string): string => `${base.replace(/\\$/, '')}\\${last}`;
    return { path: join(folder.path), shown: join(folder.shown) };
  }

  private refuseEdited(path: string): void {
    const { hostPath } = this.session.files.resolve(path);
    const name = this.session.nameOf(hostPath);
    if (name !== null && this.session.isEdited(name)) {
      throw new Unresolved(
        'cannot-be-bound',
        `${path} is a hive whose keys this script changes too; replacing the file would lose that.`,
      );
    }
  }

  private absolute(text: string): string {
    if (text.startsWith(`${ANY_DRIVE}:`) || /^[A-Za-z]:[\\/]/.test(text) || /^[A-Za-z]:$/.test(text))
      return text.replaceAll('/', '\\');
    if (/^[A-Za-z]:/.test(text)) return `${text.slice(0, 2)}\\${text.slice(2)}`.replaceAll('/', '\\');
    const path = text.replaceAll('/', '\\');
    if (this.folder === null) {
      throw new Unresolved('drive-not-mapped', `'${text}' is relative to a folder that is not known.`);
    }
    return path.startsWith('\\') ? `${this.folder.slice(0, 2)}${path}` : `${this.folder.replace(/\\$/, '')}\\${path}`;
  }

  /** A path on the disk whose drive a page leaves open: the one volume that has it, else the Windows volume. */
  private locateAnywhere(rest: string): ScriptPath {
    const windows = this.session.found?.volume ?? null;
    const roots = [...new Set([...(windows === null ? [] : [windows]), ...this.drives.values()])];
    const letterOf = (root: string): string => [...this.drives].find(([, other]) => other === root)?.[0] ?? '';
    const holding = roots.find((root) =>
      this.session.files.exists(root === windows ? rest : `${letterOf(root)}:${rest}`),
    );
    const root = holding ?? windows ?? roots[0];
    if (root === undefined) throw new Unresolved('drive-not-mapped', `no volume is there for ${rest}.`);
    const path = root === windows ? rest : `${letterOf(root)}:${rest}`;
    return { kind: 'volume', path, shown: `${letterOf(root) === '' ? '' : `${letterOf(root)}:`}${rest}` };
  }
}
