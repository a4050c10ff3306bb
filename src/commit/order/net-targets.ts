// Targets in the order of a plan may touch one path more than once: a file is renamed and another takes its name, a file
// is made and then given a descriptor. A journal knows each path once, as it was and as it becomes.

import { RefusedError } from '../../base/errors.ts';
import { descriptorOf } from '../journal/private.ts';
import type {
  CommitTarget,
  DescriptorTarget,
  FileTarget,
  FolderTarget,
  HiveTarget,
  JournalHost,
  MoveTarget,
} from '../request.ts';

/**
 * The targets with one file, folder and descriptor a path: hives first, then folders, files, moves, descriptors, each in
 * the plan's order. A move whose names other targets touch as well becomes a file made and a file deleted. RefusedError
 * AMBIGUOUS where a hive is also changed as a file.
 */
export function netTargets(host: JournalHost, targets: readonly CommitTarget[]): CommitTarget[] {
  const of = <K extends CommitTarget['kind']>(kind: K): Extract<CommitTarget, { kind: K }>[] =>
    targets.filter((target): target is Extract<CommitTarget, { kind: K }> => target.kind === kind);
  const hives: HiveTarget[] = of('hive');
  const touched = new Map<string, number>();
  for (const target of targets) {
    for (const path of pathsOf(target)) touched.set(path, (touched.get(path) ?? 0) + 1);
  }
  const isShared = (move: MoveTarget): boolean => pathsOf(move).some((path) => touched.get(path)! > 1);
  const moves = of('move').filter((move) => !isShared(move));
  const folders = new Map<string, FolderTarget>(of('folder').map((folder) => [folder.path, folder]));
  const files = netFiles(host, targets, isShared);
  const descriptors = netDescriptors(of('descriptor'), files, folders);
  for (const { path } of hives) {
    if (files.has(path) || moves.some((move) => pathsOf(move).includes(path))) {
      throw new RefusedError('AMBIGUOUS', `${path} is changed as a hive and as a file in one commit`, {
        hint: 'commit the changes of the hive first, then those of the file',
      });
    }
  }
  return [...hives, ...folders.values(), ...files.values(), ...moves, ...descriptors];
}

function pathsOf(target: CommitTarget): string[] {
  return target.kind === 'move' ? [target.path, target.to] : [target.path];
}

/** Each path once: as the first step found it, as the last one leaves it. */
function netFiles(
  host: JournalHost,
  targets: readonly CommitTarget[],
  isShared: (move: MoveTarget) => boolean,
): Map<string, FileTarget> {
  const files = new Map<string, FileTarget>();
  const add = (next: FileTarget): void => {
    const known = files.get(next.path);
    const before = known ? known.before : next.before;
    const descriptor = next.descriptor ?? known?.descriptor;
    files.set(next.path, { ...next, before, ...(descriptor ? { descriptor } : {}) });
  };
  for (const target of targets) {
    if (target.kind === 'file') add(target);
    if (target.kind !== 'move' || !isShared(target)) continue;
    const { path, to, bytes } = target;
    const descriptor = files.get(path)?.descriptor ?? (files.has(path) ? null : descriptorOf(host, path));
    add({ kind: 'file', path, before: bytes, after: null });
    add({ kind: 'file', path: to, before: null, after: bytes, ...(descriptor ? { descriptor } : {}) });
  }
  for (const [path, { before, after }] of files) if (before === null && after === null) files.delete(path);
  return files;
}

/** What is made gets its descriptor when it is made, what is deleted needs none; the others once each. */
function netDescriptors(
  targets: readonly DescriptorTarget[],
  files: Map<string, FileTarget>,
  folders: Map<string, FolderTarget>,
): DescriptorTarget[] {
  const net = new Map<string, DescriptorTarget>();
  for (const target of targets) {
    const { path, after } = target;
    const [file, folder] = [files.get(path), folders.get(path)];
    if (folder) folders.set(path, { ...folder, descriptor: after });
    else if (file && file.before === null) files.set(path, { ...file, descriptor: after });
    else if (!file || file.after !== null) net.set(path, { ...target, before: net.get(path)?.before ?? target.before });
  }
  return [...net.values()];
}
