// Where journals may lie that have to do with a file, and what readers are told of one that was cut off there.

import { HivemendError } from '../base/errors.ts';
import type { Finding } from '../base/finding.ts';
import { joinHost, type PathStyle, parentFolder } from '../base/host-path.ts';
import { unfinishedFindings } from '../commit/journal/unfinished.ts';
import type { Host } from '../host.ts';
import { attachDisks } from './attach.ts';
import { stateFoldersAbout, stateFoldersWith } from './disks/state-folders.ts';

/** Beside the file, and in and beside each folder above it: one may be the root of its volume, one the image it lies in. */
export function journalRootsAbout(path: string, style: PathStyle): string[] {
  const above = foldersAbove(path).flatMap((folder) => [joinHost(folder, 'hivemend', style), `${folder}.hivemend`]);
  return [`${path}.hivemend`, ...above];
}

/** What is said before files or folders are read that a commit may have left between two states. */
export function tellUnfinished(host: Host, paths: readonly string[]): Finding[] {
  const { style } = host;
  const roots = paths.flatMap((path) => [joinHost(path, 'hivemend', style), ...journalRootsAbout(path, style)]);
  return unfinishedFindings(host, [...new Set([...roots, ...stateFoldersOf(host, paths)])]);
}

/** Of disks among the paths. They are opened only where some disk has a commit that was cut off. */
function stateFoldersOf(host: Host, paths: readonly string[]): string[] {
  if (stateFoldersWith(host, ({ isUnfinished }) => isUnfinished).length === 0) return [];
  try {
    using attached = attachDisks(host, paths, { keepUnreadable: true });
    return stateFoldersAbout(
      host,
      attached.roots.flatMap((root) => attached.identity(root) ?? []),
    );
  } catch (error) {
    // The command will say why.
    if (error instanceof HivemendError) return [];
    throw error;
  }
}

/** Every folder on the way to a file, the innermost first. */
function foldersAbove(path: string): string[] {
  const folders: string[] = [];
  for (let at = parentFolder(path); at !== folders.at(-1); at = parentFolder(at)) folders.push(at);
  return folders;
}
