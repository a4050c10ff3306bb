// md, rd, copy, xcopy, robocopy, move, ren, del, type, dir, attrib on the disk's volumes.

import type { Outcome } from '../../compat/outcome.ts';
import { RunOnWindows, ToolFailure, Unresolved } from '../run/unresolved.ts';
import {
  copy,
  copyFile,
  makeFolder,
  need,
  refuseMissingFolder,
  robocopy,
  said,
  targetOf,
  xcopy,
} from './copy-commands.ts';
import { dir } from './dir-command.ts';
import type { OfflineSystem } from './offline-system.ts';
import type { SystemFiles } from './system-files.ts';
import { renamed } from './windows-names.ts';

/** Switches that change nothing here, or that are done; another one might mean that fewer files are meant. */
const SWITCHES: Readonly<Record<string, RegExp>> = {
  copy: /^\/(?:y|-y|v|b|a|z)$/,
  xcopy: /^\/(?:y|-y|s|e|h|i|k|r|c|q|f|o|x|v|z|b|g)$/,
  robocopy:
    /^\/(?:s|e|mir|purge|mov|move|copyall|copy:\w+|dcopy:\w+|sec|b|zb|z|j|r:\d+|w:\d+|np|nfl|ndl|njh|njs|nc|ns|v|tee|mt(?::\d+)?|is|it|log\+?:.*)$/,
  move: /^\/-?y$/,
  del: /^\/(?:q|f|s|p|a)$/,
  erase: /^\/(?:q|f|s|p|a)$/,
};

/** Null where `tool` is none of these. `args` are without the tool. */
export function fileCommand(tool: string, args: readonly string[], system: OfflineSystem): Outcome | null {
  const switches = args.filter((arg) => /^\/[^\\]*$/.test(arg) && arg.length > 1).map((arg) => arg.toLowerCase());
  const paths = args.filter((arg) => !(/^\/[^\\]*$/.test(arg) && arg.length > 1));
  const known = SWITCHES[tool];
  const unknown = known ? switches.find((name) => !known.test(name)) : undefined;
  if (unknown !== undefined) throw new Unresolved('bad-syntax', `${tool} ${unknown} is not done here.`);
  switch (tool) {
    case 'md':
    case 'mkdir':
      return makeFolders(paths, system);
    case 'rd':
    case 'rmdir':
      return removeFolders(paths, switches.includes('/s'), system);
    case 'copy':
      return copy(need(paths, 2, tool), { isDeep: false }, system);
    case 'xcopy':
      return xcopy(need(paths, 2, tool), switches, system);
    case 'robocopy':
      return robocopy(paths, switches, system);
    case 'move':
      return move(need(paths, 2, tool), system);
    case 'ren':
    case 'rename':
      return rename(need(paths, 2, tool), system);
    case 'del':
    case 'erase':
      return remove(need(paths, 1, tool), switches, system);
    case 'type':
      return said(paths.map((path) => decoded(system.files.read(path))).join(''));
    case 'dir':
      return dir(paths, switches, system);
    case 'attrib':
      return attributes(args, system);
    default:
      return null;
  }
}

/** Text of a file, UTF-16 by its mark, else Latin-1 so that every byte comes back. */
export function decoded(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  return new TextDecoder('windows-1252').decode(bytes);
}

function makeFolders(paths: readonly string[], system: OfflineSystem): Outcome {
  for (const text of paths) {
    const place = system.files.locate(text);
    if (place.kind === 'volume') makeFolder(place.path, system);
    else if (place.kind === 'listing') system.files.recovery.makeFolder(place.name);
  }
  return said('');
}

/** rd: the commit takes no folder away, so that the files below go and the empty folders stay. */
function removeFolders(paths: readonly string[], isDeep: boolean, system: OfflineSystem): Outcome {
  let text = '';
  for (const folder of paths) {
    const { path, shown } = system.files.onDisk(folder);
    if (!system.session.files.exists(path)) throw new ToolFailure('The system cannot find the file specified.');
    const below = system.files.below(path, shown).slice(1);
    if (below.length > 0 && !isDeep) throw new ToolFailure('The directory is not empty.');
    const files = below.filter((entry) => !system.session.files.isFolderAt(entry.path));
    for (const file of files) {
      system.files.refuseLarge(file.path, file.shown);
      system.files.apply({ op: 'delete-file', path: file.path });
    }
    text += `${shown}: ${files.length} files deleted; the empty folders stay.\r\n`;
  }
  return said(text);
}

function move(paths: readonly string[], system: OfflineSystem): Outcome {
  const [from, to] = paths as [string, string];
  const sources = system.files.matching(from);
  if (sources.length === 0) throw new ToolFailure('The system cannot find the file specified.');
  for (const source of sources) {
    if (system.session.files.isFolderAt(source.path)) moveFolder(source, to, system);
    else moveFile(source, targetOf(source.path, to, system), system);
  }
  return said(`        ${sources.length} file(s) moved.\r\n`);
}

/** A folder moves file by file; the empty one stays, since the commit takes none away. */
function moveFolder(source: { path: string; shown: string }, _to: string, _system: OfflineSystem): never {
  throw new Unresolved(
    'cannot-be-bound',
    `${source.shown} is a folder, and folders are not moved; move what is in it.`,
  );
}

function moveFile(source: { path: string; shown: string }, target: string, system: OfflineSystem): void {
  system.files.refuseLarge(source.path, source.shown);
  const { path, shown } = system.files.onDisk(target);
  const { files } = system.session;
  if (files.resolve(path).hostPath === files.resolve(source.path).hostPath) return;
  refuseMissingFolder(path, shown, system);
  const isOneVolume = /^[A-Z]:/i.exec(path)?.[0] === /^[A-Z]:/i.exec(source.path)?.[0];
  if (!files.exists(path) && isOneVolume) {
    system.files.apply({ op: 'move-file', path: source.path, to: path });
    return;
  }
  copyFile(source, target, system);
  system.files.apply({ op: 'delete-file', path: source.path });
}

/** ren: the second word is a name, patterns among them (*.old). */
function rename(paths: readonly string[], system: OfflineSystem): Outcome {
  const [from, to] = paths as [string, string];
  if (/[\\/:]/.test(to)) throw new ToolFailure('The syntax of the command is incorrect.');
  const sources = system.files.matching(from);
  if (sources.length === 0) throw new ToolFailure('The system cannot find the file specified.');
  for (const source of sources) {
    const cut = source.path.lastIndexOf('\\');
    const name = renamed(source.path.slice(cut + 1), to);
    if (system.session.files.isFolderAt(source.path)) moveFolder(source, to, system);
    const target = `${source.path.slice(0, cut)}\\${name}`;
    if (system.session.files.exists(target))
      throw new ToolFailure('A duplicate file name exists, or the file cannot be found.');
    system.files.refuseLarge(source.path, source.shown);
    system.files.apply({ op: 'move-file', path: source.path, to: target });
  }
  return said('');
}

function remove(paths: readonly string[], switches: readonly string[], system: OfflineSystem): Outcome {
  for (const text of paths) {
    const own = system.files.ownName(text);
    if (own !== null) {
      for (const name of system.files.recovery.matching(own)) system.files.recovery.delete(name);
      continue;
    }
    const found = system.files.matching(text);
    const isDeep = switches.includes('/s');
    const files = found.flatMap((entry) =>
      system.session.files.isFolderAt(entry.path) ? inFolder(entry, isDeep, system.files) : [entry],
    );
    if (files.length === 0) return { exitCode: 0, stdout: `Could Not Find ${text}\r\n`, stderr: '' };
    for (const { path, shown } of files) {
      if (system.session.files.isFolderAt(path)) continue;
      system.files.refuseLarge(path, shown);
      system.files.apply({ op: 'delete-file', path });
    }
  }
  return said('');
}

function inFolder(
  entry: { path: string; shown: string },
  isDeep: boolean,
  files: SystemFiles,
): { path: string; shown: string }[] {
  return files
    .below(entry.path, entry.shown)
    .slice(1)
    .filter(({ path }) => isDeep || !path.slice(entry.path.length + 1).includes('\\'));
}

/** Attributes cannot be reached offline, and nothing here minds them: hidden or read-only files are written alike. */
function attributes(args: readonly string[], system: OfflineSystem): Outcome {
  const paths = args.filter((arg) => !/^[+-][rashiox]$/i.test(arg) && !/^\/[sdl]$/i.test(arg));
  const found = paths.flatMap((text) => system.files.matching(text));
  if (paths.length > 0 && found.length === 0) return said(`File not found - ${paths[0]}\r\n`);
  if (args.some((arg) => /^\+/.test(arg))) throw new RunOnWindows('attributes of files are not set on a disk');
  return said(
    args.some((arg) => /^-[rashiox]$/i.test(arg)) ? '' : found.map(({ shown }) => `             ${shown}\r\n`).join(''),
  );
}
