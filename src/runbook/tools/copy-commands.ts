// copy, xcopy and robocopy on the disk's volumes, from the recovery machine too.

import { toHex } from '../../base/bytes.ts';
import type { Outcome } from '../../compat/outcome.ts';
import { ToolFailure, Unresolved } from '../run/unresolved.ts';
import type { OfflineSystem } from './offline-system.ts';
import { renamed, wildcard } from './windows-names.ts';

export const said = (stdout: string, exitCode = 0): Outcome => ({ exitCode, stdout, stderr: '' });

export function need(paths: readonly string[], count: number, tool: string): readonly string[] {
  if (paths.length >= count) return paths;
  throw new Unresolved(
    'cut-line',
    `${tool} needs ${count === 1 ? 'a path' : 'two paths'}, and ${paths.length} stand there.`,
  );
}

export function makeFolder(path: string, system: OfflineSystem): void {
  const { files } = system.session;
  const drive = /^[A-Z]:/i.exec(path)?.[0] ?? '';
  const names = path.slice(drive.length).split('\\').filter(Boolean);
  let at = drive;
  for (const name of names) {
    at += `\\${name}`;
    if (!files.exists(at)) system.files.apply({ op: 'make-folder', path: at });
    else if (!files.isFolderAt(at)) throw new ToolFailure(`A file stands where the folder ${at} would be.`);
  }
}

export function copy(paths: readonly string[], how: { readonly isDeep: boolean }, system: OfflineSystem): Outcome {
  const [from, to] = paths as [string, string];
  const { files } = system;
  if (paths.some((path) => path.includes('+'))) throw new Unresolved('bad-syntax', 'files are not joined here.');
  const own = files.ownName(from);
  const sources = own === null ? files.matching(from) : [];
  const ownNames = own === null ? [] : files.recovery.matching(own);
  if (sources.length + ownNames.length === 0) throw new ToolFailure('The system cannot find the file specified.');
  let count = 0;
  for (const name of ownNames) {
    writeCopy(files.recovery.read(name) ?? new Uint8Array(), targetOf(name, to, system), system);
    count += 1;
  }
  for (const source of sources) {
    if (system.session.files.isFolderAt(source.path)) {
      count += copyFolder(source, to, how.isDeep, system);
      continue;
    }
    copyFile(source, targetOf(source.path, to, system), system);
    count += 1;
  }
  return said(`        ${count} file(s) copied.\r\n`);
}

/** xcopy makes the folder that its target names as one. */
export function xcopy(paths: readonly string[], switches: readonly string[], system: OfflineSystem): Outcome {
  const to = paths[1]!;
  const isFolder = /[\\/]$/.test(to) || (switches.includes('/i') && !/[*?]/.test(to));
  const place = isFolder ? system.files.locate(to) : null;
  if (place?.kind === 'volume') makeFolder(place.path.replace(/\\$/, ''), system);
  return copy(paths, { isDeep: switches.some((name) => /^\/[se]$/.test(name)) }, system);
}

function copyFolder(
  source: { path: string; shown: string },
  to: string,
  isDeep: boolean,
  system: OfflineSystem,
): number {
  let count = 0;
  const base = system.files.locate(to);
  if (base.kind === 'volume') makeFolder(base.path, system);
  for (const entry of system.files.below(source.path, source.shown).slice(1)) {
    const rest = entry.path.slice(source.path.length);
    if (!isDeep && rest.slice(1).includes('\\')) continue;
    const target = `${to.replace(/\\$/, '')}${rest}`;
    if (system.session.files.isFolderAt(entry.path)) {
      const place = system.files.locate(target);
      if (isDeep && place.kind === 'volume') makeFolder(place.path, system);
      continue;
    }
    copyFile(entry, target, system);
    count += 1;
  }
  return count;
}

export function copyFile(source: { path: string; shown: string }, target: string, system: OfflineSystem): void {
  system.files.refuseLarge(source.path, source.shown);
  // Its changes are in the plan alone until the commit.
  system.files.refuseEdited(
    source.path,
    'the copy would be of what it was before; copy it before, or in a run of its own',
  );
  const bytes = system.session.files.readFile(source.path);
  if (bytes === null) throw new ToolFailure(`The system cannot find the file specified: ${source.shown}`);
  writeCopy(bytes, target, system);
}

function writeCopy(bytes: Uint8Array, target: string, system: OfflineSystem): void {
  const place = system.files.locate(target);
  if (place.kind === 'volume') {
    system.files.refuseLarge(place.path, place.shown);
    refuseMissingFolder(place.path, place.shown, system);
    system.files.apply({ op: 'write-file', path: place.path, hex: toHex(bytes) });
  } else if (place.kind === 'listing') system.files.recovery.write(place.name, bytes);
}

export function refuseMissingFolder(path: string, shown: string, system: OfflineSystem): void {
  const parent = path.slice(0, path.lastIndexOf('\\')) || '\\';
  if (/^[A-Z]:$/i.test(parent) || parent === '\\' || system.session.files.isFolderAt(parent)) return;
  throw new ToolFailure(`The system cannot find the path specified: ${shown}`);
}

/** Where a file goes: into a folder under its own name, or under the name that is given, whose * and ? its own fills. */
export function targetOf(source: string, given: string, system: OfflineSystem): string {
  const name = source.slice(source.lastIndexOf('\\') + 1);
  const cut = Math.max(given.lastIndexOf('\\'), given.lastIndexOf('/'), given.indexOf(':')) + 1;
  const to = `${given.slice(0, cut)}${renamed(name, given.slice(cut))}`;
  if (/[\\/]$/.test(to) || /^[A-Za-z]:$/.test(to)) return `${to.replace(/[\\/]$/, '')}\\${name}`;
  const place = system.files.locate(to);
  if (place.kind === 'volume' && system.session.files.isFolderAt(place.path)) return `${to}\\${name}`;
  return to;
}

/** robocopy's exit codes: 0 nothing, 1 copied. */
export function robocopy(paths: readonly string[], switches: readonly string[], system: OfflineSystem): Outcome {
  const [from, to, ...names] = need(paths, 2, 'robocopy') as [string, string, ...string[]];
  const bad = switches.find((name) => /^\/(?:mir|purge|mov|move)/.test(name));
  if (bad !== undefined)
    throw new Unresolved('cannot-be-bound', `robocopy ${bad} takes files away, which is not done here.`);
  const source = system.files.onDisk(from);
  if (!system.session.files.isFolderAt(source.path))
    throw new ToolFailure(`The system cannot find the path specified: ${source.shown}`, 16);
  const isDeep = switches.some((name) => /^\/[se]$/.test(name));
  const patterns = names.map(wildcard);
  let count = 0;
  for (const entry of system.files.below(source.path, source.shown).slice(1)) {
    const rest = entry.path.slice(source.path.length);
    const name = rest.slice(rest.lastIndexOf('\\') + 1);
    if (system.session.files.isFolderAt(entry.path) || (!isDeep && rest.slice(1).includes('\\'))) continue;
    if (patterns.length > 0 && !patterns.some((pattern) => pattern.test(name))) continue;
    const target = `${to.replace(/\\$/, '')}${rest}`;
    const place = system.files.locate(target);
    if (place.kind === 'volume') makeFolder(place.path.slice(0, place.path.lastIndexOf('\\')), system);
    copyFile(entry, target, system);
    count += 1;
  }
  return said(`${count} file(s) copied.\r\n`, count > 0 ? 1 : 0);
}
