// A Linux host in memory: files, sysfs and mount table as the tests need them, devices as plain files that say they are
// block devices.

import { memfs } from 'memfs';
import type { WriteFs } from '../../src/base/write-fs.ts';

export interface HostMount {
  readonly at: string;
  readonly driver: string;
  readonly source: string;
  readonly number: string;
  readonly options?: string;
}

/** `files`: text or bytes by path; null is an empty folder. Paths below /dev read as block devices. */
export function linuxHost(
  files: Readonly<Record<string, string | Uint8Array | null>>,
  mounts: readonly HostMount[] = [],
  links: Readonly<Record<string, string>> = {},
): { readonly fs: WriteFs; readonly memory: ReturnType<typeof memfs>['fs'] } {
  const { fs: memory } = memfs({}, '/');
  const write = (path: string, content: string | Uint8Array | null): void => {
    memory.mkdirSync(content === null ? path : path.slice(0, path.lastIndexOf('/')) || '/', { recursive: true });
    if (content !== null) memory.writeFileSync(path, content);
  };
  for (const [path, content] of Object.entries(files)) write(path, content);
  for (const [path, target] of Object.entries(links)) {
    memory.mkdirSync(path.slice(0, path.lastIndexOf('/')), { recursive: true });
    memory.symlinkSync(target, path);
  }
  const lines = mounts.map(
    ({ at, driver, source, number, options = 'rw' }, index) =>
      `${30 + index} 27 ${number} / ${at.replaceAll(' ', '\\040')} ${options},relatime - ${driver} ${source} ${options}`,
  );
  write('/proc/self/mountinfo', `27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n${lines.join('\n')}\n`);
  const fs = memory as unknown as WriteFs;
  const host: WriteFs = Object.assign(Object.create(fs as object) as WriteFs, {
    lstatSync: (path: string) => {
      const stat = fs.lstatSync(path);
      if (!path.startsWith('/dev/') || stat.isDirectory()) return stat;
      return Object.assign(Object.create(stat), { isBlockDevice: () => true, isFile: () => false });
    },
  });
  return { fs: host, memory };
}

/** sysfs for a disk with partitions, as files and links for linuxHost. */
export function sysfsDisk(
  disk: string,
  number: string,
  partitions: readonly {
    readonly name: string;
    readonly number: string;
    readonly startSector: number;
    readonly ro?: boolean;
  }[],
): { files: Record<string, string>; links: Record<string, string> } {
  const base = `/sys/devices/pci/block/${disk}`;
  const files: Record<string, string> = { [`${base}/ro`]: '0\n', [`${base}/dev`]: `${number}\n` };
  const links: Record<string, string> = { [`/sys/dev/block/${number}`]: base, [`/sys/class/block/${disk}`]: base };
  for (const [index, part] of partitions.entries()) {
    const at = `${base}/${part.name}`;
    files[`${at}/partition`] = `${index + 1}\n`;
    files[`${at}/start`] = `${part.startSector}\n`;
    files[`${at}/ro`] = part.ro ? '1\n' : '0\n';
    files[`${at}/dev`] = `${part.number}\n`;
    links[`/sys/dev/block/${part.number}`] = at;
    links[`/sys/class/block/${part.name}`] = at;
  }
  return { files, links };
}
