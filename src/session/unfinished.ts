// Where journals may lie that have to do with a file, and what readers are told of one that was cut off there.

import type { Finding } from '../base/finding.ts';
import { joinHost, type PathStyle } from '../base/host-path.ts';
import type { JournalHost } from '../commit/request.ts';
import { unfinishedFindings } from '../commit/undo.ts';

/** Beside the file, and in and beside each folder above it: one may be the root of its volume, one the image it lies in. */
export function journalRootsAbout(path: string, style: PathStyle): string[] {
  const above = foldersAbove(path).flatMap((folder) => [joinHost(folder, 'hivemend', style), `${folder}.hivemend`]);
  return [`${path}.hivemend`, ...above];
}

/** What is said before files or folders are read that a commit may have left between two states. */
export function tellUnfinished(host: JournalHost, paths: readonly string[], style: PathStyle): Finding[] {
  const roots = paths.flatMap((path) => [joinHost(path, 'hivemend', style), ...journalRootsAbout(path, style)]);
  return unfinishedFindings(host, [...new Set(roots)]);
}

/** Every folder on the way to a file, the innermost first. */
function foldersAbove(path: string): string[] {
  const folders: string[] = [];
  for (let at = parentFolder(path); at !== folders.at(-1); at = parentFolder(at)) folders.push(at);
  return folders;
}

export function parentFolder(path: string): string {
  const cut = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'));
  return cut < 0 ? '.' : cut === 0 ? path.slice(0, 1) : path.slice(0, cut);
}
