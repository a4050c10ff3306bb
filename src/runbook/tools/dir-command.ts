// dir on the disk's volumes.

import type { Outcome } from '../../compat/outcome.ts';
import { ToolFailure, Unresolved } from '../run/unresolved.ts';
import type { OfflineSystem } from './offline-system.ts';
import { wildcard } from './windows-names.ts';

/** Switches that change how names look or in which order they stand, which is by name here. */
const LOOKS = /^\/(?:b|s|n|w|d|l|c|-c|p|q|4|x|r|t(?::?\w)?|o(?::?-?[neg])*|a(?::?[-dhsrail]*)?)$/;

/** Names of what a pattern or folder holds; with /s of what lies below, in full. `switches` are in lower case. */
export function dir(paths: readonly string[], switches: readonly string[], system: OfflineSystem): Outcome {
  const odd = switches.find((one) => !LOOKS.test(one));
  if (odd !== undefined) throw new Unresolved('bad-syntax', `dir ${odd} is not done here.`);
  const isBare = switches.includes('/b');
  const isDeep = switches.includes('/s');
  const attributes = /^\/a:?(.*)$/.exec(switches.find((one) => one.startsWith('/a')) ?? '')?.[1] ?? '';
  const isFolder = (path: string): boolean => system.session.files.isFolderAt(path);
  const isMeant = (path: string): boolean => {
    if (/(?<!-)d/.test(attributes)) return isFolder(path);
    return !/-d/.test(attributes) || !isFolder(path);
  };
  const found = (paths.length === 0 ? ['.'] : paths).flatMap((text) => {
    const { path, shown } = system.files.onDiskPattern(text);
    const isPattern = /[*?]/.test(path.slice(path.lastIndexOf('\\') + 1));
    const folder = isPattern ? path.slice(0, path.lastIndexOf('\\')) || '\\' : path;
    const shownFolder = isPattern ? shown.slice(0, shown.lastIndexOf('\\')) : shown;
    const isListed = isPattern || isFolder(path);
    if (isDeep && isListed) {
      const all = system.files.below(folder, shownFolder).slice(1);
      const names = isPattern ? wildcard(path.slice(path.lastIndexOf('\\') + 1)) : /^/;
      return all.filter((one) => names.test(one.path.slice(one.path.lastIndexOf('\\') + 1)));
    }
    return system.files.matching(isListed && !isPattern ? `${text.replace(/\\$/, '')}\\*` : text);
  });
  const shown = found
    .filter(({ path }) => isMeant(path))
    .map((one) => (isDeep ? one.shown : one.shown.slice(one.shown.lastIndexOf('\\') + 1)));
  if (shown.length === 0) throw new ToolFailure('File Not Found');
  const first = found[0]!.shown;
  const lines = isBare ? shown : [` Directory of ${first.slice(0, first.lastIndexOf('\\'))}`, '', ...shown];
  return { exitCode: 0, stdout: lines.map((line) => `${line}\r\n`).join(''), stderr: '' };
}
