// A block device, an image or another file given where a mounted folder was expected: what it holds, and how to mount that.

import { FormatError, RefusedError, UsageError } from '../../base/errors.ts';
import { pathWord } from '../../base/quote.ts';
import { statOf } from '../../base/read-folder.ts';
import type { ReadFs } from '../../base/read-fs.ts';
import { decodeLatin1, printable } from '../../base/text.ts';
import { type Way, waysOn } from '../../base/ways.ts';
import type { BlockReader } from '../blocks.ts';
import { withBlocks } from '../blocks.ts';
import type { BootSector } from '../boot-sector.ts';
import type { DiskLayout, Partition } from '../partitions.ts';
import { readDiskLayout } from '../partitions.ts';

/** Containers whose bytes are not the disk's own, by their first bytes. */
const CONTAINERS: readonly (readonly [string, string])[] = [
  ['QFI\xfb', 'qcow2'],
  ['vhdxfile', 'VHDX'],
  ['conectix', 'dynamic VHD'],
  ['KDMV', 'VMDK'],
  ['# Disk DescriptorFile', 'VMDK'],
  ['<<< ', 'VDI'],
];

/** Looks into a device or image; null: a container format, or it cannot be read. Reads only. */
function inspectDevice(fs: ReadFs, path: string): DiskLayout | null {
  return withBlocks(fs, path, (blocks) => (containerOf(blocks) === null ? readDiskLayout(blocks) : null));
}

function containerOf(blocks: BlockReader): string | null {
  const head = decodeLatin1(blocks.read(0, 32) ?? new Uint8Array(0));
  return CONTAINERS.find(([magic]) => head.startsWith(magic))?.[1] ?? null;
}

/** The commands that make a partition (null: the whole device) readable and writable at /mnt/windows. */
export function mountCommands(fs: ReadFs, path: string, partition: Partition | null, boot: BootSector): string[] {
  const node = partition ? `${path}${/\d$/.test(path) ? 'p' : ''}${partition.number}` : path;
  // The kernel may not have looked for partitions (a loop device seldom has them): then it is told where one lies.
  const hasNode = path.startsWith('/dev/') && (partition === null || statOf(fs, node) !== null);
  const source = pathWord(hasNode ? node : path);
  const range = partition ? `,offset=${partition.offsetBytes},sizelimit=${partition.sizeBytes}` : '';
  const loop = hasNode ? '' : ` -o loop${range}`;
  if (boot.kind === 'bitlocker') {
    const offset = partition ? ` --offset ${partition.offsetBytes}` : '';
    const attach = hasNode ? source : `$(losetup -f --show${offset} ${source})`;
    return [`cryptsetup open --type bitlk ${attach} windows`, 'mount -t ntfs-3g /dev/mapper/windows /mnt/windows'];
  }
  const type = boot.kind === 'ntfs' ? ' -t ntfs-3g' : boot.kind === 'fat' ? ' -t vfat' : '';
  return [`mount${type}${loop} ${source} /mnt/${boot.kind === 'fat' ? 'esp' : 'windows'}`];
}

const MOUNTABLE = ['ntfs', 'fat', 'bitlocker'];

/**
 * The refusal NOT_MOUNTED for a block device or an image: message with its partitions, hint with the command for the
 * largest Windows volume, `data.partitions` and `data.commands` with all; null where the file is neither.
 */
export function refuseDevice(fs: ReadFs, path: string): RefusedError | null {
  const container = withBlocks(fs, path, containerOf);
  if (container !== null) {
    return new RefusedError(
      'NOT_MOUNTED',
      `${printable(path)} is a ${container} image without a volume that can be read`,
      {
        hint: `hivemend disks ${pathWord(path)}`,
        data: { path, container },
      },
    );
  }
  const layout = inspectDevice(fs, path);
  if (!layout) return null;
  if (layout.style === 'none')
    return layout.boot && layout.boot.kind !== 'unknown' ? wholeVolume(fs, path, layout.boot) : null;
  const shown = layout.partitions.map(describePartition);
  const mountable = layout.partitions.filter(({ boot }) => MOUNTABLE.includes(boot.kind));
  const likely = [...mountable].filter(({ boot }) => boot.kind !== 'fat').sort((a, b) => b.sizeBytes - a.sizeBytes)[0];
  return new RefusedError(
    'NOT_MOUNTED',
    `${printable(path)} is a whole disk (${layout.style.toUpperCase()}) with ${shown.join('; ') || 'no partitions'}; none of them can be read without a mount`,
    {
      ...(likely ? { hint: mountCommands(fs, path, likely, likely.boot).join(' && ') } : {}),
      data: {
        path,
        partitions: layout.partitions,
        commands: mountable.flatMap((partition) => mountCommands(fs, path, partition, partition.boot)),
      },
    },
  );
}

function wholeVolume(fs: ReadFs, path: string, boot: BootSector): RefusedError {
  const commands = mountCommands(fs, path, null, boot);
  const unlock = boot.kind === 'bitlocker' ? ', locked by BitLocker (its recovery key unlocks it)' : '';
  return new RefusedError(
    'NOT_MOUNTED',
    `${printable(path)} is a volume (${kindName(boot.kind)}${unlock}) that cannot be read without a mount`,
    { hint: commands.join(' && '), data: { path, commands } },
  );
}

function describePartition({ number, sizeBytes, typeName, boot }: Partition): string {
  const parts = [kindName(boot.kind), typeName].filter((part) => part !== null && part !== 'unknown');
  return `partition ${number}: ${parts.join(', ') || 'unknown'}, ${Math.round(sizeBytes / 2 ** 20).toLocaleString('en')} MiB`;
}

function kindName(kind: BootSector['kind']): string {
  if (kind === 'bitlocker') return 'BitLocker';
  if (kind === 'linux') return 'a Linux file system';
  return kind === 'unknown' ? kind : kind.toUpperCase();
}

/** What is said of a file where a folder was expected: a device, a hive, or another. */
export function refuseFile(fs: ReadFs, path: string, isReadable: boolean): Error {
  const device = isReadable ? refuseDevice(fs, path) : null;
  if (device) return device;
  const isHive = isReadable && withBlocks(fs, path, (blocks) => blocks.read(0, 4)?.join() === '114,101,103,102');
  if (isReadable && !isHive) {
    return new FormatError(
      'BAD_FILE_SYSTEM',
      `${printable(path)} holds no file system or partition table that hivemend knows`,
      { hint: `hivemend disks ${pathWord(path)}`, data: { path } },
    );
  }
  const message = `${printable(path)} is ${isHive ? 'a hive' : 'no disk image'}; expected a disk image or the folder where a volume is mounted`;
  return new UsageError('BAD_PATH', message, isHive ? waysOn(hiveWays(path), {}) : {});
}

/** Where hives of a Windows lie: what stands before is the root of its volume. */
const CONFIG = /[\\/]Windows[\\/]System32[\\/]config[\\/]/i;

function hiveWays(path: string): Way[] {
  const end = CONFIG.exec(path)?.index;
  const root =
    end === undefined
      ? null
      : path.slice(0, end) + (end === 0 || /^[a-z]:$/i.test(path.slice(0, end)) ? path[end] : '');
  return [
    ...(root === null ? [] : [{ why: 'Judge the whole disk:', commands: [`hivemend diagnose ${pathWord(root)}`] }]),
    { why: 'Look at this file alone:', commands: [`hivemend inspect ${pathWord(path)}`] },
  ];
}
