// Finds Windows on the given volumes: its folder, its hives with their logs, and the BCD stores.

import { FormatError, HivemendError, NotFoundError, RefusedError } from '../base/errors.ts';
import { folderOfHost, joinHost, type PathStyle } from '../base/host-path.ts';
import { pathWord } from '../base/quote.ts';
import { namesIn } from '../base/read-folder.ts';
import type { ReadFs } from '../base/read-fs.ts';
import { compareNames, printable } from '../base/text.ts';
import { volumeFolder } from './mounted/volumes.ts';
import { fileAt, foldersIn, optionalFileAt, orDamage } from './volume-files.ts';
import { normalWindowsPath, resolveWindowsPath } from './windows-path.ts';

export type SystemHive = 'SYSTEM' | 'SOFTWARE' | 'SAM' | 'SECURITY' | 'DEFAULT' | 'COMPONENTS';

export interface BcdStoreFound {
  /** Host path. */
  readonly path: string;
  /** Root of the volume, as in Volume.root. */
  readonly volume: string;
  /** `\Boot\BCD`. */
  readonly windowsPath: string;
  /** 'bios' \Boot\BCD, 'uefi' \EFI\Microsoft\Boot\BCD; 'recovery' and 'media' boot no installed Windows. */
  readonly kind: 'bios' | 'uefi' | 'recovery' | 'media';
}

export interface ProfileFound {
  /** The folder's name: a user, 'Default', 'LocalService', 'NetworkService'. */
  readonly name: string;
  /** Host paths; null where there is none. */
  readonly ntuser: string | null;
  readonly usrClass: string | null;
}

/** One Windows. Host paths, but for `windowsPath`. */
export interface WindowsFound {
  readonly windowsFolder: string;
  /** `\Windows`. */
  readonly windowsPath: string;
  /** Root of the volume it lies on, as in Volume.root. */
  readonly volume: string;
  readonly hives: Readonly<Partial<Record<SystemHive, string>>> & { readonly SYSTEM: string };
  /** Why a hive is not looked at, in whose place lies what is not followed or cannot be told; never SYSTEM. */
  readonly unreachable: Readonly<Partial<Record<string, HivemendError>>>;
  readonly profiles: readonly ProfileFound[];
  /** Stores on all given volumes, those that boot an installed Windows first. */
  readonly bcdStores: readonly BcdStoreFound[];
}

export interface LocateOptions {
  /** Which Windows folder: a host path, or a path on its volume (`\Windows`, `F:\Windows`). */
  readonly windows?: string | undefined;
  readonly style?: PathStyle | undefined;
}

const HIVES: readonly SystemHive[] = ['SYSTEM', 'SOFTWARE', 'SAM', 'SECURITY', 'DEFAULT', 'COMPONENTS'];
const CONFIG = '\\System32\\config';
/** Folders beside Windows in which a set-up keeps an old or a coming one. */
const NEVER = /^(?:Windows\.old(?:[.(].*)?|\$Windows\.~.*|\$SysReset|Recovery)$/i;

/** Stand in the way of one file and say nothing of the others: a link, two names for Windows' one, no rights, a bad record. */
const OF_ONE_FILE = ['OUTSIDE_VOLUME', 'AMBIGUOUS', 'NO_RIGHTS', 'BAD_FILE_SYSTEM'];
const FORGIVEN_DAMAGE = 'OUTSIDE_VOLUME NO_RIGHTS BAD_PATH AMBIGUOUS BAD_FILE_SYSTEM TRUNCATED'.split(' ');
const STORES: readonly (readonly [string, BcdStoreFound['kind']])[] = [
  ['\\EFI\\Microsoft\\Boot\\BCD', 'uefi'],
  ['\\Boot\\BCD', 'bios'],
  ['\\EFI\\Microsoft\\Recovery\\BCD', 'recovery'],
];
const MEDIA_MARKS = ['\\sources\\boot.wim', '\\sources\\install.wim', '\\sources\\install.esd'];

interface Candidate {
  readonly volume: string;
  readonly windowsPath: string;
  readonly hostPath: string;
}

/**
 * Finds the one Windows on `volumes` (folders at which volumes are mounted); Windows.old is never chosen by itself.
 * @throws NotFoundError WINDOWS_NOT_FOUND (what was looked for and where), HIVE_NOT_FOUND (a Windows without its SYSTEM),
 *   FILE_NOT_FOUND; RefusedError AMBIGUOUS (`data.found` lists all), OUTSIDE_VOLUME, NOT_MOUNTED, NO_RIGHTS;
 *   UsageError BAD_PATH.
 */
export function locateWindows(fs: ReadFs, volumes: readonly string[], options: LocateOptions = {}): WindowsFound {
  const style = options.style ?? 'posix';
  const roots = rootsOf(fs, volumes, style);
  const damage: FormatError[] = [];
  const candidates = roots.flatMap((root) => {
    try {
      return candidatesOn(fs, root, style, damage);
    } catch (error) {
      // What lies in Windows' place, a link or damage, does not keep from another folder that is named.
      if (options.windows === undefined || !(error instanceof HivemendError)) throw error;
      return [];
    }
  });
  const chosen = options.windows === undefined ? candidates : named(fs, roots, candidates, options.windows, style);
  if (chosen.length > 1) {
    const list = chosen.map(({ hostPath }) => printable(hostPath));
    throw new RefusedError(
      'AMBIGUOUS',
      `${chosen.length} Windows folders were found (${list.join(', ')}); expected one`,
      { hint: `--windows ${pathWord(list[0]!)}`, data: { found: chosen.map(({ hostPath }) => hostPath) } },
    );
  }
  const [one] = chosen;
  if (!one && damage[0]) throw damage[0];
  if (!one) throw notFound(fs, roots, options.windows, style);
  return describe(fs, one, roots, style);
}

/** The stores on volumes that may hold no Windows. @throws as locateWindows for bad volumes */
export function locateStores(fs: ReadFs, volumes: readonly string[], style: PathStyle = 'posix'): BcdStoreFound[] {
  return storesOn(fs, rootsOf(fs, volumes, style), style);
}

function rootsOf(fs: ReadFs, volumes: readonly string[], style: PathStyle): string[] {
  return [...new Set(volumes.map((volume) => volumeFolder(fs, volume, style)))];
}

/** `damage` gets what hides whether a folder, which Windows seldom has for its name, holds one. */
function candidatesOn(fs: ReadFs, root: string, style: PathStyle, damage: FormatError[]): Candidate[] {
  // A link in Windows' place is an error with its reason, not a Windows that is not there.
  const usual = resolveWindowsPath(fs, root, '\\Windows', style);
  const names = foldersIn(fs, root, style).filter((name) => !NEVER.test(name));
  names.sort((a, b) => Number(compareNames(b, 'Windows') === 0) - Number(compareNames(a, 'Windows') === 0));
  return names
    .filter((name) => {
      const isUsual = joinHost(root, name, style) === usual.hostPath;
      const path = `\\${name}${CONFIG}\\SYSTEM`;
      if (isUsual) return fileAt(fs, root, path, style) !== null;
      const found = orDamage(() => optionalFileAt(fs, root, path, style));
      if (found instanceof FormatError) damage.push(found);
      return typeof found === 'string';
    })
    .map((name) => ({ volume: root, windowsPath: `\\${name}`, hostPath: joinHost(root, name, style) }));
}

/** What `--windows` names: one of the candidates, or any folder on the volumes that holds the hives. */
function named(
  fs: ReadFs,
  roots: readonly string[],
  candidates: readonly Candidate[],
  wanted: string,
  style: PathStyle,
): Candidate[] {
  const same = (a: string, b: string): boolean => (style === 'win32' ? compareNames(a, b) === 0 : a === b);
  const host = hostPathOf(fs, wanted, style);
  const byHost = candidates.filter(({ hostPath }) => same(hostPath, host));
  if (byHost.length > 0) return byHost;
  const isBelow = (root: string): boolean =>
    same(host.slice(0, root.length), root) && (/[\\/]$/.test(root) || /^[\\/]/.test(host.slice(root.length)));
  const root = [...roots].sort((a, b) => b.length - a.length).find(isBelow);
  const places =
    root === undefined ? roots.map((each) => [each, wanted] as const) : [[root, host.slice(root.length)] as const];
  return places.flatMap(([volume, path]) => {
    const windowsPath = normalWindowsPath(path);
    if (optionalFileAt(fs, volume, `${windowsPath}${CONFIG}\\SYSTEM`, style) === null) return [];
    const found = resolveWindowsPath(fs, volume, windowsPath, style);
    return [{ volume, windowsPath: found.windowsPath, hostPath: found.hostPath }];
  });
}

function hostPathOf(fs: ReadFs, wanted: string, style: PathStyle): string {
  if (style === 'win32')
    return wanted
      .replace(/^"|"$/g, '')
      .replaceAll('/', '\\')
      .replace(/(?<=[^:])\\$/, '');
  try {
    return fs.realpathSync(wanted);
  } catch {
    return wanted;
  }
}

function notFound(fs: ReadFs, roots: readonly string[], wanted: string | undefined, style: PathStyle): NotFoundError {
  const where = roots.map((root) => printable(root)).join(', ');
  if (wanted !== undefined) {
    return new NotFoundError(
      'WINDOWS_NOT_FOUND',
      `${printable(wanted)} holds no System32\\config\\SYSTEM on ${where}`,
      {
        data: { volumes: roots },
      },
    );
  }
  for (const root of roots) {
    const config = resolveWindowsPath(fs, root, `\\Windows${CONFIG}`, style);
    if (!config.exists) continue;
    const names = namesIn(fs, config.hostPath).filter((name) => /^(?:SYSTEM\.|RegBack$)/i.test(name));
    return new NotFoundError(
      'HIVE_NOT_FOUND',
      `${printable(config.hostPath)} does not have a file SYSTEM${names.length > 0 ? `, only ${names.map(printable).join(', ')}` : ''}`,
      {
        hint: 'Windows cannot start without it: copy SYSTEM from a backup into that folder, and run the command again',
        data: { folder: config.hostPath, names },
      },
    );
  }
  const inside = roots.find((root) => optionalFileAt(fs, root, `${CONFIG}\\SYSTEM`, style) !== null);
  return new NotFoundError(
    'WINDOWS_NOT_FOUND',
    `no folder with System32\\config\\SYSTEM was found at the root of ${where}; Windows.old is never chosen`,
    {
      hint: inside
        ? `give the volume and not its Windows folder: ${printable(folderOfHost(inside, style))}`
        : 'it may be another disk or volume: give the one with Windows, or a folder elsewhere on it by --windows <dir>',
      data: { volumes: roots, ...(inside ? { instead: { word: inside, meant: folderOfHost(inside, style) } } : {}) },
    },
  );
}

function describe(fs: ReadFs, windows: Candidate, roots: readonly string[], style: PathStyle): WindowsFound {
  const { volume, windowsPath, hostPath } = windows;
  const hives: Partial<Record<SystemHive, string>> = {};
  const unreachable: Partial<Record<string, HivemendError>> = {};
  for (const name of HIVES) {
    try {
      const path = fileAt(fs, volume, `${windowsPath}${CONFIG}\\${name}`, style);
      if (path !== null) hives[name] = path;
    } catch (error) {
      // Nothing is to be said of a machine by half of its disk.
      const isOfOne = error instanceof HivemendError && OF_ONE_FILE.includes(error.code) && !error.data?.isCutOff;
      if (!isOfOne) throw error;
      unreachable[name] = error;
    }
  }
  return {
    windowsFolder: hostPath,
    windowsPath,
    volume,
    hives: { ...hives, SYSTEM: hives.SYSTEM! },
    unreachable,
    profiles: profilesOf(fs, windows, style),
    bcdStores: storesOn(fs, roots, style),
  };
}

function profilesOf(fs: ReadFs, { volume, windowsPath }: Candidate, style: PathStyle): ProfileFound[] {
  const places: readonly (readonly [string, string])[] = [
    ['\\Users', '\\AppData\\Local\\Microsoft\\Windows\\UsrClass.dat'],
    ['\\Documents and Settings', '\\Local Settings\\Application Data\\Microsoft\\Windows\\UsrClass.dat'],
    [`${windowsPath}\\ServiceProfiles`, '\\AppData\\Local\\Microsoft\\Windows\\UsrClass.dat'],
  ];
  return places.flatMap(([place, usrClassPath]) => {
    let names: string[];
    try {
      names = foldersIn(fs, resolveWindowsPath(fs, volume, place, style).hostPath, style);
    } catch (error) {
      if (error instanceof FormatError) return [];
      // Since Vista the old name is a junction to \Users.
      if (error instanceof RefusedError && error.code === 'OUTSIDE_VOLUME') return [];
      throw error;
    }
    // A user's own folder must not keep the machine from being found.
    const hive = (path: string): string | null => optionalFileAt(fs, volume, path, style, FORGIVEN_DAMAGE);
    return names
      .map((name) => ({
        name,
        ntuser: hive(`${place}\\${name}\\NTUSER.DAT`),
        usrClass: hive(`${place}\\${name}${usrClassPath}`),
      }))
      .filter(({ ntuser, usrClass }) => ntuser !== null || usrClass !== null);
  });
}

/** Where damage hides whether there is a store, its path is given all the same: who opens it is told of the damage. */
function storeAt(fs: ReadFs, volume: string, windowsPath: string, style: PathStyle): string | null {
  const found = orDamage(() => optionalFileAt(fs, volume, windowsPath, style));
  const names = windowsPath.slice(1).split('\\');
  return found instanceof FormatError ? names.reduce((path, name) => joinHost(path, name, style), volume) : found;
}

function storesOn(fs: ReadFs, roots: readonly string[], style: PathStyle): BcdStoreFound[] {
  const found: BcdStoreFound[] = [];
  for (const volume of roots) {
    const isMedia = MEDIA_MARKS.some((mark) => optionalFileAt(fs, volume, mark, style, FORGIVEN_DAMAGE) !== null);
    for (const [windowsPath, kind] of STORES) {
      const path = storeAt(fs, volume, windowsPath, style);
      if (path !== null) found.push({ path, volume, windowsPath, kind: isMedia ? 'media' : kind });
    }
  }
  const boots = ({ kind }: BcdStoreFound): number => Number(kind === 'recovery' || kind === 'media');
  return found.sort((a, b) => boots(a) - boots(b));
}
