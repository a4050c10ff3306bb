// A disk whose volumes are mounted, as the host tells it: folders for the volumes, an image for the disk, and a mount table
// and sysfs that join them. Nothing is mounted.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Host, thisHost } from '../../src/host.ts';
import { scratch } from '../cli/process.ts';

export interface MountedVolume {
  readonly driver: 'ext4' | 'vfat';
  /** Where its partition begins on the disk. */
  readonly offsetBytes: number;
}

export interface MountedDisk {
  readonly host: Host;
  /** One folder a volume. */
  readonly folders: readonly string[];
}

/** `disk`: the bytes with the partition table and the boot sectors of the volumes. */
export function mountedDisk(disk: Uint8Array, volumes: readonly MountedVolume[]): MountedDisk {
  const home = scratch();
  const image = join(home, 'disk.img');
  writeFileSync(image, disk);
  const told = join(home, 'told');
  const tell = (path: string, content: string | Uint8Array): void => {
    mkdirSync(dirname(join(told, path)), { recursive: true });
    writeFileSync(join(told, path), content);
  };
  const folders = volumes.map((_, i) => join(home, `volume${i}`));
  const lines = volumes.map(({ driver, offsetBytes }, i) => {
    mkdirSync(folders[i]!);
    const device = `loop${90 + i}`;
    tell(`/sys/block/${device}/ro`, '0\n');
    tell(`/sys/block/${device}/loop/backing_file`, `${image}\n`);
    tell(`/sys/block/${device}/loop/offset`, `${offsetBytes}\n`);
    tell(`/dev/${device}`, disk.subarray(offsetBytes));
    return `${30 + i} 1 7:${90 + i} / ${folders[i]} rw - ${driver} /dev/${device} rw`;
  });
  tell('/proc/self/mountinfo', ['27 1 254:0 / / rw - ext4 /dev/vda rw', ...lines, ''].join('\n'));
  const base = thisHost();
  const real = base.writing.fs;
  const placeOf = (path: string): string =>
    /^\/(?:proc\/self\/mountinfo|sys\/|dev\/loop9)/.test(path) ? join(told, path) : path;
  const fs = Object.assign(Object.create(real), {
    openSync: (path: string, ...rest: [string | number, number?]) => real.openSync(placeOf(path), ...rest),
    lstatSync: (path: string) => real.lstatSync(placeOf(path)),
    readdirSync: (path: string) => real.readdirSync(placeOf(path)),
    realpathSync: (path: string) =>
      path.replace(/^\/sys\/dev\/block\/7:/, '') === path
        ? real.realpathSync(path)
        : `/sys/block/loop${path.slice(path.lastIndexOf(':') + 1)}`,
  });
  // Not spread: the engine is made when it is first asked for.
  const host = Object.create(base, {
    fs: { value: fs },
    writing: { value: { ...base.writing, fs } },
  }) as Host;
  return { host, folders };
}
