// Files that the user asked for (--report, --html, --plan, -o): never over one that is there, never on the disk that is read.

import { RefusedError, UsageError } from '../base/errors.ts';
import { type PathStyle, parentFolder } from '../base/host-path.ts';
import { statOf } from '../base/read-folder.ts';
import type { FileStat, ReadFs } from '../base/read-fs.ts';
import { describeVolume } from '../disk/mounted/volumes.ts';
import type { Host } from '../host.ts';
import { diskIn } from '../session/disks/disk-argument.ts';

/** What writes an output file. */
export type OutputHost = Pick<Host, 'writing'>;

export interface OutputRules {
  /** Overwrite what is there. */
  readonly force: boolean;
  /** Folders of the volumes that this run reads: nothing is put on them. */
  readonly volumes: readonly string[];
}

/**
 * Writes a whole file.
 * @throws UsageError OUTPUT_EXISTS; RefusedError OUTSIDE_VOLUME for a place on the disk that is read; READ_ONLY.
 */
export function writeOutputFile(host: OutputHost, path: string, text: string | Uint8Array, rules: OutputRules): void {
  const { sink, close } = openOutput(host, path, rules);
  try {
    sink(text);
  } finally {
    close();
  }
}

/** Refuses an output file before any work is done. @throws as writeOutputFile, but for what only writing shows. */
export function refuseOutputFile(host: OutputHost, path: string, rules: OutputRules): void {
  const { fs } = host.writing;
  refuseOnVolume(fs, path, rules.volumes);
  let isFolder: boolean;
  try {
    isFolder = fs.lstatSync(path).isDirectory();
  } catch {
    return;
  }
  if (isFolder) throw isNoFile(path);
  if (!rules.force) throw existsAlready(path);
}

const isNoFile = (path: string): UsageError => new UsageError('BAD_PATH', `${path} is a folder, expected a file`);

function existsAlready(path: string, cause?: unknown): UsageError {
  return new UsageError('OUTPUT_EXISTS', `${path} exists already, expected a new file`, {
    hint: 'give another name, or --force to overwrite it',
    cause,
  });
}

/** An output file that is written piece by piece; the caller closes it. @throws as writeOutputFile. */
export function openOutput(
  host: OutputHost,
  path: string,
  rules: OutputRules,
): { sink(chunk: string | Uint8Array): void; close(): void } {
  const { fs } = host.writing;
  refuseOnVolume(fs, path, rules.volumes);
  let fd: number;
  try {
    fd = fs.openSync(path, rules.force ? 'w' : 'wx', 0o600);
  } catch (error) {
    const code = (error as { code?: string }).code;
    if (code === 'EISDIR' || (code === 'EEXIST' && fs.lstatSync(path).isDirectory())) throw isNoFile(path);
    if (code === 'EEXIST') throw existsAlready(path, error);
    if (code === 'EACCES' || code === 'EPERM') {
      const hint = 'give another folder, or run it again as a user who may write there';
      throw new RefusedError('NO_RIGHTS', `${path} may not be written by this user`, { hint, cause: error });
    }
    throw new UsageError('BAD_PATH', `${path} cannot be written: ${(error as Error).message}`, { cause: error });
  }
  let position = 0;
  return {
    sink: (chunk) => {
      const bytes = typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk;
      for (let done = 0; done < bytes.byteLength; ) {
        const count = fs.writeSync(fd, bytes, done, bytes.byteLength - done, position);
        done += count;
        position += count;
      }
    },
    close: () => fs.closeSync(fd),
  };
}

/** @throws RefusedError OUTSIDE_VOLUME when `path` would lie on one of the volumes that are read. */
export function refuseOnVolume(fs: ReadFs, path: string, volumes: readonly string[]): void {
  const folder = parentFolder(path);
  let real: string;
  try {
    real = fs.realpathSync(folder);
  } catch (error) {
    throw new UsageError('BAD_PATH', `${folder} does not exist, so ${path} cannot be written`, { cause: error });
  }
  const file = `${real.replace(/[\\/]$/, '')}/${path.split(/[\\/]/).at(-1)}`;
  const target = behindLink(fs, file, path);
  for (const volume of volumes) {
    const root = realOf(fs, volume);
    // A disk that is served has no place here.
    if (root === null) continue;
    const isInside = (place: string): boolean =>
      `${slashed(place)}/`.startsWith(`${slashed(root).replace(/\/$/, '')}/`);
    // An image is itself what is read.
    if (isInside(file) || isInside(target) || isSameFile(statOf(fs, target), statOf(fs, root))) {
      throw new RefusedError(
        'OUTSIDE_VOLUME',
        `${path} lies on the disk that is read (${volume}), expected another place`,
        {
          hint: 'write it to the recovery machine, for example the current folder',
        },
      );
    }
  }
}

const slashed = (path: string): string => path.replaceAll('\\', '/');

/** What is written where `file` is a link. @throws UsageError BAD_PATH for a link to what is not there */
function behindLink(fs: ReadFs, file: string, path: string): string {
  if (!statOf(fs, file)?.isSymbolicLink()) return file;
  const target = realOf(fs, file);
  if (target === null) throw new UsageError('BAD_PATH', `${path} is a link that leads to nothing`);
  return target;
}

function realOf(fs: ReadFs, path: string): string | null {
  try {
    return fs.realpathSync(path);
  } catch {
    return null;
  }
}

/** Two names of one file; the numbers alone are not exact on Windows. */
function isSameFile(a: FileStat | null, b: FileStat | null): boolean {
  if (!a?.isFile() || !b?.isFile() || a.nlink < 2 || b.nlink < 2) return false;
  return a.ino === b.ino && a.dev === b.dev && a.size === b.size;
}

/** Makes the folders of a relative or absolute path of '/' that are not there yet. */
export function makeFoldersOf(host: OutputHost, file: string): void {
  const { fs } = host.writing;
  const names = file.split('/').slice(0, -1);
  for (let i = 1; i <= names.length; i += 1) {
    const folder = names.slice(0, i).join('/');
    if (folder === '' || folder === '.') continue;
    try {
      fs.lstatSync(folder);
    } catch {
      fs.mkdirSync(folder);
    }
  }
}

/** Where a Windows disk keeps its hives: what stands before is the disk's root. */
const HIVE_FOLDERS =
  /[\\/](Windows[\\/]|Boot[\\/]BCD|EFI[\\/]Microsoft[\\/]|Users[\\/][^\\/]+[\\/](NTUSER|AppData)|System Volume Information)/i;
const NTFS_DRIVERS = ['fuseblk', 'fuse', 'ntfs', 'ntfs3'];

/**
 * What hive files and folders of them lie on, for OutputRules: a file or folder itself, the root of a disk that the path shows, the mount of an NTFS driver. A folder of copies on the machine's own file system is no such volume.
 */
export function volumesOf(fs: ReadFs, style: PathStyle, sources: readonly string[]): string[] {
  const volumes = new Set<string>();
  for (const source of sources) {
    const disk = diskIn({ fs, style }, source);
    let real: string;
    try {
      real = fs.realpathSync(disk?.real ?? source);
    } catch {
      // It is not there, which whoever reads it says.
      continue;
    }
    const isFolder = fs.lstatSync(real).isDirectory();
    volumes.add(real);
    const place = HIVE_FOLDERS.exec(real);
    if (place && place.index > 0) volumes.add(real.slice(0, place.index));
    const { mountPoint, driver } = describeVolume(fs, isFolder ? real : parentFolder(real), style);
    if (mountPoint !== null && driver !== null && NTFS_DRIVERS.includes(driver)) volumes.add(mountPoint);
  }
  return [...volumes];
}
