// What a repair may look at: one Windows, its hives and store, its files, and the few facts that need the host.

import { type DeviceIdentity, isSamePartition } from '../bcd/device.ts';
import type { BcdStore } from '../bcd/store.ts';
import type { HiveKind } from '../hive/kind.ts';
import type { WindowsPath } from '../registry/edit.ts';
import type { Hive } from '../registry/hive.ts';
import type { Time } from '../report.ts';

/** One control set of the SYSTEM hive; the same shape as report.ts's. */
export interface ControlSet {
  /** As the key is named: 'ControlSet001'. */
  readonly name: string;
  readonly number: number;
  readonly isCurrent: boolean;
  readonly isDefault: boolean;
  readonly isLastKnownGood: boolean;
  readonly isFailed: boolean;
}

/** Files of the Windows volume, names compared as Windows does, links never followed out of it. */
export interface VolumeFiles {
  exists(path: WindowsPath): boolean;
  /** Names in a folder; [] where there is none. */
  list(path: WindowsPath): readonly string[];
  /** Null where there is no such file. */
  sizeBytes(path: WindowsPath): number | null;
  /** The first `sizeBytes` (all, where left out); null where there is no such file. */
  readFile(path: WindowsPath, sizeBytes?: number): Uint8Array | null;
  /** FILETIME of the last change; null where there is no such file. Left out: the volume tells no times. */
  modifiedAt?(path: WindowsPath): bigint | null;
  /** The self-relative descriptor; null where the volume keeps none; RefusedError NO_DESCRIPTORS, NO_RIGHTS. */
  descriptor(path: WindowsPath): Uint8Array | null;
}

/** How a hive was found on disk. */
export interface HiveCondition {
  /** 'SYSTEM', 'SOFTWARE', 'BCD'. */
  readonly hive: string;
  /** The file on the host, for findings' `where`. */
  readonly file: string;
  readonly wasDirty: boolean;
  /** False: dirty, and no log could be applied. */
  readonly isUsable: boolean;
  readonly logEntriesApplied: number;
  /** What is wrong with each record that could not be read so far. */
  readonly damage?: readonly string[];
  /** Of a damaged hive: Windows would not load it. */
  readonly isRefused?: boolean;
  /** A layer of a container image (version 1.6), which is read and not edited. */
  readonly isLayered?: boolean;
  /** What is in it is a hive of this other kind; left out: its own kind, or nothing in it tells. */
  readonly otherKind?: HiveKind;
}

/** Hives that the kernel loads besides SYSTEM and SOFTWARE, and without which it stops (0xC0000218). */
export const LOGON_HIVES = ['SAM', 'SECURITY', 'DEFAULT'] as const;

/** A hive that is needed and was not read. */
export interface UnreadHive {
  readonly hive: 'SYSTEM' | 'SOFTWARE' | (typeof LOGON_HIVES)[number];
  /** The file on the host, or where it should lie. */
  readonly file: string;
  /** 'refused': it lies there, and this host could not read it (no rights, an error of the disk): Windows may. */
  readonly problem: 'missing' | 'bad' | 'refused';
  /** One sentence: why it was not read. */
  readonly why: string;
}

/** A store at a place where a firmware looks for one. */
export interface StoreSeen {
  readonly file: string;
  readonly firmware: 'bios' | 'uefi';
  /** Null: it could not be read, and `problem` says why. */
  readonly store: BcdStore | null;
  readonly problem: string | null;
  /** This host could not read it (no rights, an error of the disk): nothing is known of its bytes. */
  readonly isRefused?: boolean;
  /** The partition that it lies on; left out or null: not known. */
  readonly partition?: DeviceIdentity | null;
}

/** The place of the store of this firmware, with no store in it. */
export interface VacantStore {
  readonly firmware: 'bios' | 'uefi';
  /** On the volume of the store, which S: stands for in paths. */
  readonly path: WindowsPath;
  /** The same on the host. */
  readonly file: string;
  readonly state: 'missing' | 'empty' | 'zeros';
  /** The partition that it is on; null: not known. */
  readonly partition: DeviceIdentity | null;
  /** A new store in its place: a hive without keys, named BCD. */
  readonly store: BcdStore;
}

/** Where this machine's firmware keeps its store, and what was found there. */
export interface BootFacts {
  /** By the partition table, else by what Windows noted of its own drive; null: it cannot be told. */
  readonly firmware: 'bios' | 'uefi' | null;
  /** Neither an EFI system partition nor an MBR shows `firmware`, and nobody named it. */
  readonly isFirmwareUnsure?: boolean;
  /** The volume on which this firmware keeps its store is among those given. */
  readonly isVolumeGiven: boolean;
  /** Of this firmware; of both, where it cannot be told. */
  readonly stores: readonly StoreSeen[];
  /** Left out: there is a store in its place, or the place or the firmware is not known for certain. */
  readonly vacant?: VacantStore;
  /** Every partition of the disk that Windows lies on; null: its partition table could not be read. */
  readonly partitions: readonly DeviceIdentity[] | null;
  /** The partition that Windows lies on. */
  readonly windows: DeviceIdentity | null;
}

/**
 * A store lies on another disk than Windows, for certain: with an entry of this Windows in it, it starts this machine;
 * without, it may be another machine's.
 */
export function liesApart({ partitions }: BootFacts, { partition = null }: StoreSeen): boolean {
  return partition !== null && partitions !== null && !partitions.some((one) => isSamePartition(one, partition));
}

/** What describeMachine (machine.ts) tells of a Windows from its hives; report.ts's Machine has these fields too. */
export interface MachineFacts {
  readonly computerName: string | null;
  readonly domain: string | null;
  readonly product: string | null;
  /** 'major.minor' of NT (6.1, 10.0), null where it cannot be told. */
  readonly ntVersion: string | null;
  readonly build: string | null;
  readonly machineGuid: string | null;
  readonly firmware: 'bios' | 'uefi' | null;
  /** FILETIME of the last orderly shutdown. */
  readonly lastShutdown: bigint | null;
  /** When Windows last ran, at the earliest: the newest time stamp of a device below Enum that is not of our own edits. */
  readonly lastBoot: Time | null;
  /** Every control set that exists, by number. */
  readonly controlSets: readonly ControlSet[];
}

/** A driver's package, as it lies in the folder of `--drivers`. */
export interface DriverFiles {
  /** Of the INF, on the host. */
  readonly path: string;
  readonly inf: string;
  readonly sys: Uint8Array;
}

/** Everything a repair reads. It is a snapshot: nothing here writes. */
export interface MachineView {
  readonly machine: MachineFacts;
  readonly system: Hive;
  readonly software: Hive | null;
  /** The component store's hive; left out: it was not asked for, or not read. */
  readonly components?: Hive;
  /** Left out: every hive that was asked for was read. */
  readonly unread?: readonly UnreadHive[];
  /** Left out: nothing is known but `bcd`. */
  readonly boot?: BootFacts;
  /** The store whose loader boots this Windows; null: not found, and `bcdMissing` says why. */
  readonly bcd: BcdStore | null;
  readonly bcdMissing: string | null;
  /** Id of the loader that boots this Windows; null: the store's default. */
  readonly loader: string | null;
  /** The control sets to work on; one that does not exist yet is here only when `--create` asked for it. */
  readonly controlSets: readonly ControlSet[];
  /** The Windows folder on its volume: '\\Windows'. */
  readonly windowsPath: WindowsPath;
  /** Null: only hives were given. */
  readonly files: VolumeFiles | null;
  readonly hives: readonly HiveCondition[];
  /** A volume of the disk is BitLocker's, unlocked or not; left out: not known. */
  readonly hasBitLocker?: boolean;
  /** Such a volume is locked, and its files cannot be read. */
  readonly isLocked?: boolean;
  /** Why files can only be overwritten here, never made, moved or given other permissions (an image); left out: they can. */
  readonly onlyInPlace?: string | null;
  /** Drivers of the folder that the operator gave, for the first of `systems` that is there; left out: none was given. */
  readonly driverFiles?: (service: string, systems: readonly string[], architecture: string) => DriverFiles | null;
  /** Folders that are made to keep files that are taken out of the way; the last one takes them. Left out: none can be. */
  readonly keptFolders?: () => readonly WindowsPath[];
  /** Free bytes of the Windows volume; null: not known. */
  readonly freeBytes: number | null;
  /** FILETIME. */
  readonly now: bigint;
}
