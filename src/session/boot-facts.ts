// Where this machine's firmware keeps its boot store, told by the partition table, and what lies there.

import { HivemendError, UsageError } from '../base/errors.ts';
import { orNull } from '../base/or-null.ts';
import { classifyStore } from '../bcd/boot-choice.ts';
import { type DeviceIdentity, isSamePartition } from '../bcd/device.ts';
import type { BcdStore } from '../bcd/store.ts';
import { withBlocks } from '../disk/blocks.ts';
import type { BcdStoreFound } from '../disk/locate.ts';
import type { Volume } from '../disk/mounted/volumes.ts';
import { type DiskLayout, readDiskLayout } from '../disk/partitions.ts';
import { resolveWindowsPath } from '../disk/windows-path.ts';
import type { Hive } from '../registry/hive.ts';
import { readBinary } from '../registry/value.ts';
import type { BootFacts } from '../repairs/view.ts';
import type { Session } from './session.ts';

export type Firmware = 'bios' | 'uefi';

/** What is asked of a session: its volumes, and the Windows on one of them. */
type DiskSession = Pick<Session, 'found' | 'host' | 'volumes'> & Partial<Pick<Session, 'locked'>>;

/** A store of the volumes given, opened or not. */
export interface OpenedStore {
  readonly found: BcdStoreFound;
  readonly store: BcdStore | null;
  readonly why: string | null;
  /** See StoreSeen. */
  readonly isRefused: boolean;
}

/** The partition table of the disk that the session's Windows lies on; null where it cannot be read. */
function layoutOf(session: DiskSession): DiskLayout | null {
  // Of a Windows whose volume is locked, the disk that its store lies on.
  const volume = session.locked
    ? session.volumes[0]
    : session.volumes.find(({ root }) => root === session.found?.volume);
  const layout = volume?.disk == null ? null : withBlocks(session.host.fs, volume.disk, readDiskLayout);
  return layout === null || layout.style === 'none' ? null : layout;
}

/** MountedDevices names Windows' own drive by signature and offset on an MBR disk, by a GUID on a GPT disk. */
function styleOfSystemDrive(system: Hive): 'mbr' | 'gpt' | null {
  const bytes = readBinary(system.value(['MountedDevices'], '\\DosDevices\\C:'));
  if (bytes?.byteLength === 12) return 'mbr';
  return bytes && new TextDecoder('latin1').decode(bytes.subarray(0, 8)) === 'DMIO:ID:' ? 'gpt' : null;
}

const otherThan = (firmware: Firmware | null): Firmware | undefined =>
  firmware === null ? undefined : firmware === 'uefi' ? 'bios' : 'uefi';

/** Windows starts from a GPT disk by UEFI alone, and as a rule from an MBR disk by BIOS. */
const firmwareOfStyle = (style: string | undefined): Firmware | null =>
  style === 'gpt' ? 'uefi' : style === 'mbr' ? 'bios' : null;

/**
 * The firmware for certain: by the partition table, else as it was `named`. An MBR disk with a store for UEFI starts by
 * both (Windows To Go).
 * @throws UsageError BAD_ARGUMENT where both are known and differ.
 */
export function firmwareOf(session: DiskSession, named: Firmware | null = null): Firmware | null {
  const style = layoutOf(session)?.style;
  const isForBoth = style === 'mbr' && (session.found?.bcdStores ?? []).some(({ kind }) => kind === 'uefi');
  const told = isForBoth ? null : firmwareOfStyle(style);
  if (told === null || named === null || told === named) return told ?? named;
  throw new UsageError(
    'BAD_ARGUMENT',
    `--firmware ${named} was given, but the disk of Windows has a ${style === 'gpt' ? 'GPT' : 'MBR'}, from which Windows starts by ${told === 'uefi' ? 'UEFI' : 'BIOS'} alone`,
  );
}

/** The partitions of the one disk that both Windows and this store lie on; null: they lie apart, or it cannot be told. */
export function sharedPartitions(session: DiskSession, found: BcdStoreFound): readonly DeviceIdentity[] | null {
  const layout = layoutOf(session);
  const partition = session.volumes.find(({ root }) => root === found.volume)?.partition ?? null;
  if (layout === null || isDynamic(layout) || partition === null) return null;
  const partitions = layout.partitions.map(({ identity }) => identity);
  return partitions.some((one) => isSamePartition(one, partition)) ? partitions : null;
}

/** For certain: the store's partition is known, and is none of the disk of Windows. */
export function liesOnAnotherDisk(session: DiskSession, found: BcdStoreFound): boolean {
  const layout = layoutOf(session);
  const partition = session.volumes.find(({ root }) => root === found.volume)?.partition ?? null;
  if (layout === null || isDynamic(layout) || partition === null) return false;
  return !layout.partitions.some(({ identity }) => isSamePartition(identity, partition));
}

/** What the checks of the boot look at; `stores` are those of this firmware, `named` is what the operator says of it. */
export function bootFacts(
  session: DiskSession,
  system: Hive,
  stores: readonly OpenedStore[],
  named: Firmware | null = null,
): BootFacts {
  const layout = layoutOf(session);
  // What Windows noted may be of before a conversion or a clone: a store of the other firmware contradicts it, by its place
  // and by its loaders.
  const noted = firmwareOfStyle(styleOfSystemDrive(system) ?? undefined);
  const isNoted = stores.every(
    ({ found, store }) => found.kind === noted && (store ? classifyStore(store).firmware : null) !== otherThan(noted),
  );
  const sure = firmwareOf(session, named);
  const firmware = sure ?? (isNoted ? noted : null);
  const hasEsp = layout?.partitions.some(({ typeName }) => typeName === ESP) ?? false;
  const windows =
    session.volumes.find(({ root }) => root === session.found?.volume)?.partition ?? session.locked?.partition ?? null;
  return {
    firmware,
    ...(named === null && (sure === null || (sure === 'uefi' && !hasEsp)) ? { isFirmwareUnsure: true } : {}),
    isVolumeGiven: firmware !== null && isVolumeGiven(session, firmware, layout),
    stores: stores.map(({ found, store, why, isRefused }) => ({
      file: found.path,
      firmware: found.kind === 'uefi' ? 'uefi' : 'bios',
      store,
      problem: why,
      isRefused,
      partition: session.volumes.find(({ root }) => root === found.volume)?.partition ?? null,
    })),
    partitions: layout && !isDynamic(layout) ? layout.partitions.map(({ identity }) => identity) : null,
    windows,
  };
}

const ESP = 'EFI system';

/** The given volume on which this firmware keeps its store, by the partition table; null: none, or it cannot be told. */
export function systemVolume(session: DiskSession, firmware: Firmware): Volume | null {
  const layout = layoutOf(session);
  const partitionOf = ({ partition }: Volume) =>
    layout?.partitions.find(({ identity }) => partition !== null && isSamePartition(identity, partition));
  const typed = session.volumes.filter((volume) =>
    firmware === 'uefi' ? partitionOf(volume)?.typeName === ESP : partitionOf(volume)?.isActive,
  );
  // The type of the partition may be what is wrong: then the one FAT volume beside Windows is meant.
  const fat = session.volumes.filter(({ root, boot }) => root !== session.found?.volume && boot?.kind === 'fat');
  const [only, ...others] = typed.length > 0 || firmware === 'bios' ? typed : fat;
  return others.length > 0 ? null : (only ?? null);
}

/** The types of dynamic disks (MBR, GPT metadata, GPT data), whose volumes are in no partition table. */
const DYNAMIC = ['0x42', '{5808c8aa-7e8f-42e0-85d2-e1e90434cfb3}', '{af9b60a0-1431-4f62-bc68-3311714a69ad}'];

const isDynamic = ({ partitions }: DiskLayout): boolean => partitions.some(({ type }) => DYNAMIC.includes(type));

function isVolumeGiven(session: DiskSession, firmware: Firmware, layout: DiskLayout | null): boolean {
  return session.volumes.some((volume) => {
    const identity = JSON.stringify(volume.partition);
    const partition = layout?.partitions.find((one) => JSON.stringify(one.identity) === identity);
    if (partition) return firmware === 'uefi' ? partition.typeName === ESP : partition.isActive;
    if (layout) return false;
    const sign = firmware === 'uefi' ? '\\EFI\\Microsoft\\Boot' : '\\bootmgr';
    return existsOn(session, volume.root, sign);
  });
}

function existsOn(session: DiskSession, root: string, path: string): boolean {
  const { fs, style } = session.host;
  return orNull(HivemendError, () => resolveWindowsPath(fs, root, path, style).exists) ?? false;
}
