// Volume arguments that are no folders: images, devices and NBD addresses are opened for as long as a command needs them,
// and their files are seen beside the host's own.

import { FormatError, RefusedError } from '../base/errors.ts';
import { joinHost } from '../base/host-path.ts';
import { printable } from '../base/text.ts';
import type { CommitHost, VolumeIdentity } from '../commit/request.ts';
import { type DiskImage, type ImageVolume, openDiskImage } from '../disk/image/disk-image.ts';
import { DISK_FILE, type ImageFs, imageFs } from '../disk/image/image-fs.ts';
import { joinDescriptors, joinFs } from '../disk/image/joined-fs.ts';
import { isNbdAddress } from '../disk/image/nbd/address.ts';
import { type OpenDisk, openDisk } from '../disk/image/open.ts';
import { whyNotWritable } from '../disk/image/write-gate.ts';
import { mountCommands } from '../disk/mounted/devices.ts';
import type { Volume } from '../disk/mounted/volumes.ts';
import type { Host } from '../host.ts';
import type { DiskPlace } from '../report.ts';
import { diskIn, pathOfDisk } from './disks/disk-argument.ts';
import { type DiskOptions, openForCommit } from './disks/disk-for-commit.ts';
import { damageOf, type LockedVolume, lockedVolumeOf } from './disks/locked.ts';
import { stateFolderOf } from './disks/state-folders.ts';

export interface AttachOptions extends DiskOptions {
  /** A disk without a volume that can be read is attached too: it is only listed. */
  readonly keepUnreadable?: boolean;
}

/** A disk without a mount that was given as a volume. */
export interface AttachedDisk {
  /** The path or address. */
  readonly name: string;
  readonly format: OpenDisk['format'];
  readonly image: DiskImage;
  /** Who else uses it, as the end of a sentence; null where nobody is seen. */
  readonly usedBy: string | null;
}

/**
 * Opens what of `given` is no folder, for reading. The caller closes it; `host` and `roots` stand for the host and the
 * arguments from then on. Errors as openDisk; of a plain file that is no disk as describeVolume gives them later.
 */
export function attachDisks(host: Host, given: readonly string[], options: AttachOptions = {}): Attached {
  return new Attached(host, given, options);
}

/** Disks that are open for reading until a commit opens them for writing. */
export class Attached implements Disposable {
  /** Sees the files of the disks beside its own. */
  readonly host: Host;
  /** The folders and volumes that the arguments stand for, in their order. */
  readonly roots: readonly string[];
  /** What stands for each argument on a command line: the name of a disk, or the folder as it was given. */
  readonly places: readonly string[];
  private readonly rootsOfEach: readonly (readonly string[])[];
  private readonly base: Host;
  private readonly options: AttachOptions;
  private readonly open: { readonly name: string; disk: OpenDisk; image: DiskImage }[] = [];
  /** Of `open`, in the same order; replaced in place when a disk is opened again. */
  private readonly files: ImageFs[] = [];

  constructor(base: Host, given: readonly string[], options: AttachOptions) {
    this.base = base;
    this.options = options;
    try {
      const found = given.map((argument) => this.attach(argument));
      this.roots = found.flatMap(({ roots }) => roots);
      this.places = found.map(({ place }) => place);
      this.rootsOfEach = found.map(({ roots }) => roots);
    } catch (error) {
      this.close();
      throw error;
    }
    this.host = this.open.length === 0 ? base : this.joined();
  }

  get disks(): readonly AttachedDisk[] {
    return this.open.map(({ name, disk, image }) => ({ name, image, format: disk.format, usedBy: disk.usedBy }));
  }

  /** A volume of an attached disk, as describeVolume would tell of a mounted one; null for any other root. */
  volume(root: string): Volume | null {
    const found = this.find(root);
    if (!found) return null;
    const { name, volume, image } = found;
    return {
      root: volume.root,
      mountPoint: null,
      driver: volume.fileSystem.kind === 'ntfs' ? 'ntfs' : 'vfat',
      options: [],
      isMountedReadOnly: false,
      device: name,
      diskSizeBytes: image.source.sizeBytes,
      isDeviceReadOnly: false,
      disk: joinHost(image.name, DISK_FILE, this.base.style),
      boot: { kind: volume.fileSystem.kind, serial: volume.fileSystem.serial, label: volume.fileSystem.label },
      serial: volume.fileSystem.serial,
      partition: volume.partition?.identity ?? null,
    };
  }

  /** The first volume that BitLocker locks; null where none is. */
  lockedVolume(): LockedVolume | null {
    return lockedVolumeOf(this.open);
  }

  /** The root of the volume of an attached disk that a path lies in; null for any other path. */
  rootOf(path: string): string | null {
    return this.volumesOf([path])[0]?.root ?? null;
  }

  /**
   * The one volume that an argument stands for: of a disk with several, `preferred` where that is one of them.
   * @throws RefusedError AMBIGUOUS
   */
  rootOfArgument(index: number, preferred: string | null): string {
    const roots = this.rootsOfEach[index]!;
    const [first] = roots;
    if (roots.length === 1 && first !== undefined) return first;
    if (preferred !== null && roots.includes(preferred)) return preferred;
    const place = this.places[index]!;
    throw new RefusedError('AMBIGUOUS', `${printable(place)} has ${roots.length} volumes, expected one`, {
      hint: `name one of them: ${roots.map(printable).join(', ')}`,
      data: { path: place, roots },
    });
  }

  /** Where journals of the attached disks lie. */
  get journalRoots(): readonly string[] {
    return [...new Set(this.open.flatMap(({ name }) => this.journalRoot(name) ?? []))];
  }

  /** Whether a path lies on an attached disk. */
  owns(path: string): boolean {
    return this.files.some((image) => image.owns(path));
  }

  /** Where a file of an attached disk lies; null for any other path. */
  diskPlace(path: string): DiskPlace | null {
    const index = this.files.findIndex((image) => image.owns(path));
    if (index < 0) return null;
    const { volume, record, sequence, extents } = this.files[index]!.place(path);
    return { disk: this.open[index]!.name, partition: volume.partition?.number ?? null, record, sequence, extents };
  }

  /**
   * Where the journal of a commit into the disk of `path` lies: beside an image, else in the disk's own folder on this host;
   * null for a path that is on no attached disk.
   */
  journalRoot(path: string): string | null {
    const found = this.open.find(({ name }, i) => name === path || this.files[i]!.owns(path));
    if (!found) return null;
    const { format } = found.disk;
    const hasPlaceBeside = format !== 'block device' && format !== 'blocks' && !isNbdAddress(found.name);
    return hasPlaceBeside ? `${found.name}.hivemend` : stateFolderOf(found.image.layout);
  }

  /** The commands that mount a volume of an attached disk; null for any other root. */
  mountCommands(root: string): readonly string[] | null {
    const found = this.find(root);
    if (!found) return null;
    const { partition, fileSystem } = found.volume;
    const { kind, serial, label } = fileSystem;
    return mountCommands(this.base.fs, found.name, partition, { kind, serial, label });
  }

  /** What refuses a commit that overwrites `paths`, as far as it can be told by reading; null where nothing does. */
  whyNotWritable(paths: readonly string[]): Error | null {
    const never = this.open.find(({ disk }, i) => disk.neverWritten && paths.some((path) => this.files[i]!.owns(path)));
    if (never) return never.disk.neverWritten!;
    for (const volume of this.volumesOf(paths)) {
      try {
        const refusal = whyNotWritable(volume, this.options.vmIsOff ?? false);
        if (refusal) return refusal;
      } catch (error) {
        // Damage where the state of a volume stands refuses a write, and no reading.
        if (error instanceof FormatError) return error;
        throw error;
      }
    }
    return null;
  }

  whyNotInPlace(paths: readonly string[]): RefusedError | null {
    const why = (path: string) => this.files.find((image) => image.owns(path))?.whyNotInPlace(path) ?? null;
    return paths.map(why).find((refusal) => refusal !== null) ?? null;
  }

  /**
   * Opens the disks of `paths` for writing and gives the host that writes into them: each write is refused once anything
   * that it goes by has changed. @throws as openDisk for writing; RefusedError IN_USE
   */
  forWriting(paths: readonly string[]): CommitHost {
    for (const [i, entry] of this.open.entries()) {
      const own = paths.filter((path) => this.files[i]!.owns(path));
      if (own.length > 0) this.reopen(i, entry.name, own);
    }
    return this.host.writing;
  }

  /** A volume by what stays the same when it is attached elsewhere; null for a root that is on no attached disk. */
  identity(root: string): VolumeIdentity | null {
    const volume = this.volume(root);
    const lockRoot = this.journalRoot(root);
    return volume === null || lockRoot === null ? null : { ...identityOf(volume), lockRoot };
  }

  close(): void {
    for (const { disk } of this.open) disk.close();
    this.open.length = 0;
    this.files.length = 0;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  private attach(argument: string): { readonly place: string; readonly roots: readonly string[] } {
    const { base } = this;
    const name = diskIn(base, argument);
    if (name === null) return { place: argument, roots: [argument] };
    const inside = argument.slice(name.given.length);
    const path = pathOfDisk(name.real, base.style);
    const place = inside === '' ? name.real : path + inside;
    const known = this.open.find((entry) => entry.name === name.real);
    if (known) return { place, roots: inside === '' ? rootsOf(known.image) : [place] };
    const disk = openDisk(base.disks, name.real, { mode: 'read', anyBacking: this.options.anyBacking ?? false });
    const image = openDiskImage(disk.blocks, path, base.style);
    if (image.volumes.length === 0 && !this.options.keepUnreadable) {
      disk.close();
      const damage = damageOf([{ name: name.real, image }]);
      if (damage) throw damage;
      // What is said of a disk on which nothing is read, or of a file that is no disk, is the caller's affair.
      return { place: argument, roots: [argument] };
    }
    this.open.push({ name: name.real, disk, image });
    this.files.push(imageFs(image));
    return { place, roots: inside === '' ? rootsOf(image) : [place] };
  }

  private joined(): Host {
    const { base, files } = this;
    const fs = joinFs(base.writing.fs, files);
    const descriptors = joinDescriptors(base.writing.descriptors, files);
    return {
      ...base,
      get engine() {
        return base.engine;
      },
      fs,
      descriptors,
      writing: { ...base.writing, fs, descriptors },
      freeBytes: (path) => {
        const image = files.find((candidate) => candidate.owns(path));
        return image ? image.freeBytes(path) : base.freeBytes(path);
      },
    };
  }

  private find(
    root: string,
  ): { readonly name: string; readonly volume: ImageVolume; readonly image: DiskImage } | null {
    for (const { name, image } of this.open) {
      const volume = image.volumes.find((candidate) => candidate.root === root);
      if (volume) return { name, volume, image };
    }
    return null;
  }

  private volumesOf(paths: readonly string[]): ImageVolume[] {
    const all = this.open.flatMap(({ image }) => image.volumes);
    const separator = this.base.style === 'win32' ? '\\' : '/';
    const isIn = (path: string, root: string): boolean => path === root || path.startsWith(root + separator);
    return all.filter(({ root }) => paths.some((path) => isIn(path, root)));
  }

  private reopen(index: number, name: string, paths: readonly string[]): void {
    this.open[index]!.disk.close();
    try {
      const { disk, image, files } = openForCommit(this.base, name, paths, this.options);
      this.open[index] = { name, disk, image };
      this.files[index] = files;
    } catch (error) {
      this.open.splice(index, 1);
      this.files.splice(index, 1);
      throw error;
    }
  }
}

const rootsOf = (image: DiskImage): string[] => image.volumes.map(({ root }) => root);

/** A volume by what stays the same when it is mounted elsewhere. */
export function identityOf(volume: Volume): VolumeIdentity {
  return {
    root: volume.root,
    fileSystem: volume.driver,
    serial: volume.serial,
    partitionGuid: volume.partition?.style === 'gpt' ? volume.partition.partitionGuid : null,
  };
}
