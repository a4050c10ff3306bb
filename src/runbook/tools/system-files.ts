// Paths of a script: on a volume of the disk, or on the recovery machine, where only listings go.

import { concatBytes, toHex } from '../../base/bytes.ts';
import { RefusedError } from '../../base/errors.ts';
import { normalWindowsPath } from '../../disk/windows-path.ts';
import type { VolumeEdit } from '../../registry/edit.ts';
import { whyNoHive } from '../../session/replaced-hives.ts';
import type { Session } from '../../session/session.ts';
import { unkept } from '../parse/marks.ts';
import { ANY_DRIVE } from '../parse/placeholder.ts';
import { isWindowsVariable } from '../parse/variable-names.ts';
import { withDates } from '../run/answers.ts';
import { ToolFailure, Unresolved } from '../run/unresolved.ts';
import { RecoveryFiles } from './recovery-files.ts';
import { absolutePath, folderOf, wildcard, withoutDots } from './windows-names.ts';

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
  /** What lies on the recovery machine. */
  readonly recovery: RecoveryFiles;
  private readonly session: Session;
  private readonly drives: ReadonlyMap<string, string>;
  private readonly onUnmapped: (drive: string) => void;
  /** Null at the start, in the folder of the script or another one of the recovery machine. */
  private folder: string | null = null;
  /** Where `cd` went to a place that nobody knows here. */
  private isLost = false;
  private readonly pushed: { readonly folder: string | null; readonly isLost: boolean }[] = [];

  /** `drives`: letters in upper case and the roots of their volumes. */
  constructor(
    session: Session,
    drives: ReadonlyMap<string, string>,
    scriptFolder: string | null,
    onUnmapped: (drive: string) => void,
  ) {
    this.session = session;
    this.recovery = new RecoveryFiles(session.host.fs, scriptFolder);
    this.onUnmapped = onUnmapped;
    this.drives = drives;
    for (const [letter, root] of drives) session.files.mapDrive(letter, root);
  }

  /** `cd`: where relative paths begin. */
  changeFolder(text: string): void {
    const own = /^%(?:~dp0|([\w()]+)%)/.exec(text);
    if (own && (own[1] === undefined || isWindowsVariable(own[1]))) {
      // Where the script lies, or in another folder of the recovery machine.
      if (own[1]?.toUpperCase() !== 'CD') [this.folder, this.isLost] = [null, false];
      return;
    }
    try {
      if (/[%!]/.test(text)) throw new Unresolved('unset-variable', `${text} is not known.`);
      this.folder = /^[A-Za-z]:$/.test(text) ? `${text}\\` : withoutDots(this.absolute(text));
      this.isLost = false;
    } catch (error) {
      if (!(error instanceof Unresolved)) throw error;
      [this.folder, this.isLost] = [null, true];
    }
  }

  /** %CD%: null where it is a folder of the recovery machine, or not known. */
  get here(): string | null {
    return this.folder;
  }

  /** `pushd` and `popd`. */
  pushFolder(text: string): void {
    this.pushed.push({ folder: this.folder, isLost: this.isLost });
    this.changeFolder(text);
  }

  popFolder(): void {
    const { folder, isLost } = this.pushed.pop() ?? { folder: null, isLost: this.isLost };
    [this.folder, this.isLost] = [folder, isLost];
  }

  locate(text: string): ScriptPath {
    const bare = unkept(withDates(text, this.session.host.now())).replaceAll('"', '').trim();
    if (/^(?:nul|con):?$/i.test(bare)) return { kind: 'nul' };
    const isAtStart = this.folder === null && !this.isLost;
    const besideScript =
      /^%~dp0\\?([^%:]*)$/i.exec(bare)?.[1] ??
      (isAtStart ? /^(?:\.\\|%cd%\\)?([^/:*?"<>|%]+)$/i.exec(bare)?.[1] : undefined);
    if (besideScript !== undefined && !besideScript.startsWith('\\')) {
      return { kind: 'listing', name: besideScript.replace(/^\.\\/, ''), shown: bare };
    }
    const own = /^%([\w()]+)%\\?([^%]*)$/.exec(bare);
    if (own) {
      const variable = own[1]!.toUpperCase().replace(/^TMP$/, 'TEMP');
      return { kind: 'listing', name: `${variable}${normalWindowsPath(own[2]!)}`, shown: bare };
    }
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
      if (this.recovery.has(at.name)) return true;
      if (/^%(?:systemroot|windir|systemdrive|programfiles)/i.test(text.replaceAll('"', '').trim())) {
        throw new Unresolved('unset-variable', `whether ${at.shown} exists is different on each machine.`);
      }
      if (at.shown[1] === ':') this.onUnmapped(at.shown.slice(0, 2));
      return false;
    }
    return at.kind === 'nul' || this.session.files.exists(at.path);
  }

  read(text: string): Uint8Array {
    const at = this.locate(text);
    if (at.kind === 'listing') {
      const bytes = this.recovery.read(at.name);
      if (bytes) return bytes;
    }
    const { path, shown } = this.onDisk(text);
    this.refuseLarge(path, shown);
    const bytes = this.session.files.readFile(path);
    if (bytes === null) throw new ToolFailure(`The system cannot find the file specified: ${shown}`);
    return bytes;
  }

  /** The name of a file on the recovery machine, * and ? in it; null for what must lie on the disk. */
  ownName(text: string): string | null {
    const bare = unkept(text).replaceAll('"', '').trim();
    const folder = /^(?:%~dp0\\?)?(?:.*\\)?/i.exec(bare)![0];
    const last = bare.slice(folder.length);
    const at = this.locate(`${folder}${last.replace(/[*?]/g, '_')}`);
    if (at.kind !== 'listing') return null;
    const name = `${at.name.slice(0, at.name.length - last.length)}${last}`;
    // What a drive holds that is not mapped is not known, but for what the script wrote there.
    return at.shown[1] !== ':' || this.recovery.isWritten(name) ? name : null;
  }

  isFolder(path: string): boolean {
    return this.session.files.isFolderAt(path);
  }

  /** The path from its drive on; null where the current folder is not known. */
  absoluteOrNull(text: string): string | null {
    const path = absolutePath(text.replaceAll('"', '').trim(), this.folder);
    return path === null ? null : withoutDots(path);
  }

  /** Null for what is not a file of the disk. */
  sizeBytes(text: string): number | null {
    const at = this.locate(text);
    if (at.kind === 'listing') return this.recovery.read(at.name)?.byteLength ?? null;
    return at.kind === 'volume' && !this.isFolder(at.path) ? this.session.files.sizeBytes(at.path) : null;
  }

  /** Writes a file: onto the volume in the plan, or below --out. */
  write(text: string, bytes: Uint8Array, isAppended = false): void {
    const at = this.locate(text);
    if (at.kind === 'nul') return;
    if (at.kind === 'listing') {
      this.recovery.write(at.name, bytes, isAppended);
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

  /** @throws Unresolved for a hive that this run edits */
  refuseEdited(path: string, why = 'replacing the file would lose that'): void {
    const { hostPath } = this.session.files.resolve(path);
    const name = this.session.nameOf(hostPath);
    if (name !== null && this.session.isEdited(name)) {
      throw new Unresolved('cannot-be-bound', `${path} is a hive whose keys this script changes too; ${why}.`);
    }
  }

  private absolute(text: string): string {
    const path = absolutePath(text, this.folder);
    if (path !== null) return path;
    throw new Unresolved('drive-not-mapped', `'${text}' is relative to a folder that is not known.`);
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
