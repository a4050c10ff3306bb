// Partition tables and boot sectors, read from a disk, a partition or an image file.

import type { HostFs } from '../base/host-fs.ts';

/** What a BCD device element calls a partition by. */
export type PartitionIdentity =
  | { readonly style: 'gpt'; readonly diskGuid: string; readonly partitionGuid: string }
  | { readonly style: 'mbr'; readonly diskSignature: number; readonly offsetBytes: number };

export type FileSystemKind = 'ntfs' | 'fat' | 'exfat' | 'refs' | 'bitlocker' | 'linux' | 'unknown';

/** The first sector of a volume. */
export interface BootSector {
  readonly kind: FileSystemKind;
  /** Lower-case hex as Windows shows it: 16 digits for NTFS, 8 for FAT; null where the kind has none. */
  readonly serial: string | null;
  readonly label: string | null;
}

export interface Partition {
  /** As the operating system counts: 1, 2, ...; logical drives of an MBR disk from 5. */
  readonly number: number;
  readonly offsetBytes: number;
  readonly sizeBytes: number;
  /** GPT type GUID, or the MBR type byte as '0x07'. */
  readonly type: string;
  /** What Windows calls the type: 'EFI system', 'Microsoft basic data', ...; null where unknown. */
  readonly typeName: string | null;
  readonly name: string | null;
  readonly isActive: boolean;
  readonly identity: PartitionIdentity;
  readonly boot: BootSector;
}

export interface DiskLayout {
  /** 'none': no partition table, the volume starts at byte 0 (or it is not a disk at all). */
  readonly style: 'gpt' | 'mbr' | 'none';
  readonly sectorBytes: number;
  readonly diskGuid: string | null;
  readonly diskSignature: number | null;
  readonly partitions: readonly Partition[];
  /** The first sector, where there is no table. */
  readonly boot: BootSector | null;
}

/** Reads at any offset of a device or image: null past the end or where it cannot be read. */
export interface BlockReader {
  read(offsetBytes: number, sizeBytes: number): Uint8Array | null;
  close(): void;
}

/** Opens a device or file for reading in whole 4,096-byte blocks (Windows' raw devices demand it); null: cannot. */
export declare function openBlocks(fs: HostFs, path: string): BlockReader | null;

export declare function readBootSector(reader: BlockReader, offsetBytes: number): BootSector;
/** Never throws on bad tables: what is damaged is left out. */
export declare function readDiskLayout(reader: BlockReader): DiskLayout;
