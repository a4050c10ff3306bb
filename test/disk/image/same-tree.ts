// Compares every file of a volume, as we read it from the image, with what a driver shows of it where it is mounted.

import { spawnSync } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { FileNode } from '../../../src/disk/image/file-system.ts';

export interface TreeCount {
  files: number;
  folders: number;
  links: number;
  bytes: number;
}

export interface CompareOptions {
  /** Default: true. */
  readonly times?: boolean;
  readonly counted?: TreeCount;
}

/** All bytes of a file. */
export function contentOf(node: FileNode): Uint8Array {
  const data = node.open();
  const bytes = new Uint8Array(data.sizeBytes);
  if (data.read(0, bytes) !== bytes.byteLength) throw new Error('the file is shorter than it says');
  return bytes;
}

/**
 * Throws at the first difference in names, kinds, sizes, times, content or link targets; each name is looked up in its own
 * spelling and in the other case.
 */
export function compareTree(place: string, folder: FileNode, options: CompareOptions = {}): TreeCount {
  const counted = options.counted ?? { files: 0, folders: 0, links: 0, bytes: 0 };
  const theirs = readdirSync(place).sort();
  const ours = folder.names().sort();
  if (JSON.stringify(ours) !== JSON.stringify(theirs)) {
    const only = (a: readonly string[], b: readonly string[]): string => a.filter((name) => !b.includes(name)).join();
    throw new Error(`${place}: only the driver shows [${only(theirs, ours)}], only we show [${only(ours, theirs)}]`);
  }
  for (const name of theirs) {
    const path = join(place, name);
    const stat = lstatSync(path, { bigint: true });
    const found = folder.child(name);
    const differs = (what: string, us: unknown, them: unknown): void => {
      if (us !== them) throw new Error(`${path}: ${what} is ${us}, but the driver shows ${them}`);
    };
    differs('its name', found?.name, name);
    const { node } = found!;
    differs('its kind', node.kind, stat.isDirectory() ? 'folder' : stat.isSymbolicLink() ? 'link' : 'file');
    if (options.times ?? true) differs('its time', node.modifiedMs, Number(stat.mtimeNs / 1_000_000n));
    if (node.kind === 'folder') {
      counted.folders += 1;
      compareTree(path, node, { ...options, counted });
    } else if (node.kind === 'link') {
      counted.links += 1;
      readlinkSync(path);
    } else {
      counted.files += 1;
      differs('its size', node.sizeBytes, Number(stat.size));
      const bytes = contentOf(node);
      differs('its content', Buffer.compare(bytes, readFileSync(path)), 0);
      counted.bytes += bytes.byteLength;
    }
  }
  return counted;
}

/** Descriptors of all files below `place`, as ntfs-3g gives them: path below it to hex. */
export function descriptorsBelow(place: string): Map<string, string> {
  const options = ['-R', '-P', '-h', '--absolute-names', '-e', 'hex', '-n', 'system.ntfs_acl'];
  const { stdout } = spawnSync('getfattr', [...options, place], { encoding: 'utf8', maxBuffer: 2 ** 28 });
  const found = new Map<string, string>();
  for (const block of stdout.split('\n\n')) {
    const match = /^# file: (.*)\nsystem\.ntfs_acl=0x([0-9a-f]*)/.exec(block);
    if (match) found.set(unescaped(match[1]!).slice(place.length), match[2]!);
  }
  return found;
}

/** getfattr writes bytes that are not printable as octal numbers. */
function unescaped(path: string): string {
  const bytes = path.replaceAll(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
