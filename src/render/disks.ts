// The disks that were listed, as a person reads them: a line a volume.

import { printable } from '../base/text.ts';
import type { DiskListing, VolumeListing } from '../commands/disks.ts';
import { sizeText } from './style.ts';

/** A disk a paragraph; sizes in powers of 1,024. */
export function disksText(disks: readonly DiskListing[]): string {
  return disks.map(diskText).join('\n');
}

function diskText(disk: DiskListing): string {
  if (disk.problem !== null) return `${printable(disk.name)}: not readable. ${printable(disk.problem)}\n`;
  const table = disk.table === 'none' ? 'no partition table' : disk.table.toUpperCase();
  const identity = disk.identity === null ? '' : ` ${disk.identity}`;
  const lines = [`${printable(disk.name)}: ${disk.format}, ${sizeText(disk.sizeBytes)}, ${table}${identity}`];
  if (disk.usedBy !== null) lines.push(`  ! ${printable(disk.usedBy)}`);
  const rows = disk.volumes.map(rowOf);
  const widths = [0, 1, 2, 3].map((column) => rows.reduce((most, row) => Math.max(most, row[column]!.length), 0));
  for (const row of rows) lines.push(`  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd());
  return `${lines.join('\n')}\n`;
}

function rowOf(volume: VolumeListing): string[] {
  const { partition, windows } = volume;
  const type = partition?.typeName ?? partition?.type ?? '';
  const name = windows?.computerName ?? 'unknown computer';
  const who =
    windows === null
      ? ''
      : `: Windows of ${printable(name)}${windows.product ? `, ${printable(windows.product)}` : ''}`;
  const label = volume.label ? ` "${printable(volume.label)}"` : '';
  return [
    partition ? `partition${partition.number}` : 'volume',
    `${volume.fileSystem}${label}`,
    sizeText(volume.sizeBytes),
    type,
    `${printable(volume.state)}${volume.mountedAt === null ? '' : `, mounted at ${printable(volume.mountedAt)}`}${who}`,
  ];
}
