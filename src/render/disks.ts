// The disks that were listed, as a person reads them: what each partition is, and whose Windows lies on it.

import { printable } from '../base/text.ts';
import type { DiskListing, VolumeListing } from '../commands/disks.ts';
import type { Report } from '../report.ts';
import { nextLines } from './diagnosis.ts';
import { columnsOf, padded, paragraph, sizeText, type TextOptions, widthOf, wrapped } from './style.ts';

const GPT_DAMAGE = {
  ...{ primary: '', backup: ' (the first copy is damaged; this is the backup)', damaged: ' (damaged, its backup too)' },
} as const;

/** A disk a paragraph, and what to do next; sizes in powers of 1,024. */
export function disksText(disks: readonly DiskListing[], next: Report['next'], style: TextOptions): string {
  const blocks = [...disks.map((disk) => diskLines(disk, style)), nextLines(next, style)];
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => `${lines.join('\n')}\n`)
    .join('\n');
}

function diskLines(disk: DiskListing, style: TextOptions): string[] {
  const width = widthOf(style);
  if (disk.problem !== null)
    return wrapped(`${printable(disk.name)}: not readable. ${printable(disk.problem)}`, width, 2);
  const table = disk.table === 'none' ? 'no partition table' : disk.table.toUpperCase();
  const identity = disk.identity === null ? '' : ` ${disk.identity}`;
  const damage = disk.gptState === null ? '' : GPT_DAMAGE[disk.gptState];
  const head = `${printable(disk.name)}: ${disk.format}, ${sizeText(disk.sizeBytes)}, ${table}${identity}${damage}`;
  const cells = disk.volumes.map(cellsOf);
  const widths = [0, 1, 2].map((column) => cells.reduce((most, row) => Math.max(most, columnsOf(row[column]!)), 0));
  return [
    ...wrapped(head, width, 2),
    ...(disk.usedBy === null ? [] : wrapped(`  ! ${printable(disk.usedBy)}`, width, 4)),
    ...disk.volumes.flatMap((volume, i) => [
      ...wrapped(
        `  ${cells[i]!.map((cell, column) => padded(cell, widths[column] ?? 0)).join('  ')}`.trimEnd(),
        width,
        4,
      ),
      ...paragraph(style, stateOf(volume), 4),
    ]),
  ];
}

/** Number, file system, size, type. */
function cellsOf({ partition, fileSystem, label, sizeBytes }: VolumeListing): string[] {
  return [
    partition ? `partition${partition.number}` : 'volume',
    `${fileSystem}${label ? ` "${printable(label)}"` : ''}`,
    sizeText(sizeBytes),
    partition?.typeName ?? partition?.type ?? '',
  ];
}

/** Whose Windows it is, where it is mounted, and whether it can be written. */
function stateOf({ windows, mountedAt, state }: VolumeListing): string {
  const name = windows === null ? null : windows.computerName;
  const product = windows?.product ? `, ${printable(windows.product)}` : '';
  const who = windows === null ? '' : `Computer ${name === null ? 'name unknown' : printable(name)}${product}; `;
  return `${who}${printable(state)}${mountedAt === null ? '' : `, mounted at ${printable(mountedAt)}`}`;
}
