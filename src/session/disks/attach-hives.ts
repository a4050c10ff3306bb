// The hives that a command reads: files by their paths, or by Windows paths (or names) on volumes that are given.

import { NotFoundError, RefusedError } from '../../base/errors.ts';
import { statOf } from '../../base/read-folder.ts';
import type { ReadFs } from '../../base/read-fs.ts';
import { printable, upcase } from '../../base/text.ts';
import { locateWindows } from '../../disk/locate.ts';
import { normalWindowsPath, resolveWindowsPath } from '../../disk/windows-path.ts';
import type { Host } from '../../host.ts';
import { type Attached, attachDisks } from '../attach.ts';

export interface AttachedHives extends Disposable {
  /** Sees the files of the volumes. */
  readonly host: Host;
  /** Of each word, in their order. */
  readonly paths: readonly string[];
  readonly attached: Attached;
}

/** As a command line has them. */
export interface HivesOptions {
  readonly volume?: readonly string[];
  readonly anyBacking?: boolean;
}

/**
 * Opens the disks among the volumes for reading and finds each word on them; without volumes the words are paths, which may
 * lead into an image. A word that is not on the volumes may be a file of this machine.
 * @throws as attachDisks; NotFoundError HIVE_NOT_FOUND; RefusedError AMBIGUOUS
 */
export function attachHives(
  host: Host,
  words: readonly string[],
  { volume: volumes, anyBacking = false }: HivesOptions,
): AttachedHives {
  const attached = attachDisks(host, volumes ?? words, { anyBacking });
  try {
    const paths = volumes === undefined ? attached.roots : words.map((word) => hiveOn(attached, word));
    return { host: attached.host, paths, attached, [Symbol.dispose]: () => attached.close() };
  } catch (error) {
    attached.close();
    throw error;
  }
}

function hiveOn({ host, roots }: Attached, word: string): string {
  const found = onVolumes(host, roots, word) ?? (statOf(host.fs, word) === null ? null : word);
  if (found !== null) return found;
  throw new NotFoundError('HIVE_NOT_FOUND', `${printable(word)} does not exist on ${roots.map(printable).join(', ')}`, {
    hint: "name a hive (SYSTEM) or a path on the volume: 'Windows\\System32\\config\\SYSTEM'",
  });
}

/**
 * Where a Windows path or the name of a hive of Windows (SYSTEM) lies on the volumes; null: on none.
 * @throws RefusedError AMBIGUOUS; as resolveWindowsPath
 */
export function onVolumes({ fs, style }: Host, roots: readonly string[], word: string): string | null {
  const found = roots
    .map((root) => resolveWindowsPath(fs, root, normalWindowsPath(word), style))
    .filter(({ exists }) => exists)
    .map(({ hostPath }) => hostPath);
  const [first] = found;
  if (found.length <= 1) return first ?? hiveNamed(fs, roots, style, word);
  throw new RefusedError(
    'AMBIGUOUS',
    `${printable(word)} exists on several volumes: ${found.map(printable).join(', ')}`,
    {
      hint: 'name one of the volumes',
      data: { paths: found },
    },
  );
}

function hiveNamed(fs: ReadFs, roots: readonly string[], style: Host['style'], word: string): string | null {
  if (!/^\w+$/.test(word)) return null;
  const hives: Readonly<Record<string, string | undefined>> = locateWindows(fs, roots, { style }).hives;
  return hives[upcase(word)] ?? null;
}
