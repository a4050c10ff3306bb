// Files of the recovery machine: those that lie beside the script are read, those that it writes are kept for --out.

import { concatBytes } from '../../base/bytes.ts';
import { HivemendError } from '../../base/errors.ts';
import { orNull } from '../../base/or-null.ts';
import { readWholeFile } from '../../base/read-file.ts';
import type { ReadFs } from '../../base/read-fs.ts';
import { kept } from '../parse/marks.ts';
import { pathBeside, wildcard } from './windows-names.ts';

export class RecoveryFiles {
  private readonly fs: ReadFs;
  private readonly scriptFolder: string | null;
  /** By name in upper case; null for one that the script deleted. */
  private readonly files = new Map<string, { readonly name: string; readonly bytes: Uint8Array } | null>();
  private readonly folders = new Set<string>();
  private temporaryFiles = 0;

  /** `scriptFolder` is the script's on this host; null where there is none. */
  constructor(fs: ReadFs, scriptFolder: string | null) {
    this.fs = fs;
    this.scriptFolder = scriptFolder;
  }

  /** What is written below --out, by name. */
  get listings(): ReadonlyMap<string, Uint8Array> {
    return new Map(
      [...this.files.values()].flatMap((file) => (file === null ? [] : [[file.name, file.bytes] as const])),
    );
  }

  has(name: string): boolean {
    return this.read(name) !== null || this.folders.has(name.toUpperCase());
  }

  isWritten(name: string): boolean {
    return this.files.get(name.toUpperCase()) != null;
  }

  read(name: string): Uint8Array | null {
    const own = this.files.get(name.toUpperCase());
    return own === undefined ? this.besideScript(name) : (own?.bytes ?? null);
  }

  write(name: string, bytes: Uint8Array, isAppended = false): void {
    const before = isAppended ? this.read(name) : null;
    this.files.set(name.toUpperCase(), { name, bytes: before === null ? bytes : concatBytes(before, bytes) });
  }

  /** Names that a pattern with * and ? in its last part fits; the name alone where it has none and is there. */
  matching(pattern: string): string[] {
    const cut = pattern.lastIndexOf('\\') + 1;
    const last = pattern.slice(cut);
    if (!/[*?]/.test(last)) return this.read(pattern) === null ? [] : [pattern];
    const expression = wildcard(last);
    return [...this.listings.keys()].filter(
      (name) =>
        name.slice(0, cut).toUpperCase() === pattern.slice(0, cut).toUpperCase() && expression.test(name.slice(cut)),
    );
  }

  /** From now on it is not there for this run; nothing of the host is deleted. */
  delete(name: string): void {
    this.files.set(name.toUpperCase(), null);
  }

  makeFolder(name: string): void {
    this.folders.add(name.toUpperCase());
  }

  /** The path of a new file. */
  temporaryName(): string {
    this.temporaryFiles += 1;
    return kept(`%TEMP%\\tmp${this.temporaryFiles}.tmp`);
  }

  /** A file beside the script, by the path that the script gives relative to itself. */
  private besideScript(name: string): Uint8Array | null {
    const path = pathBeside(this.scriptFolder, name);
    return path === null ? null : orNull(HivemendError, () => readWholeFile(this.fs, path));
  }
}
