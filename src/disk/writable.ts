// Why a disk must not be written: every cause by its name, the driver's own command for it, and what that costs.

import { RefusedError } from '../base/errors.ts';
import { joinHost, type PathStyle } from '../base/host-path.ts';
import { openEntry } from '../base/open-entry.ts';
import { pathWord } from '../base/quote.ts';
import { codeOf } from '../base/read-folder.ts';
import type { ReadFs } from '../base/read-fs.ts';
import { compareNames, decodeLatin1, printable } from '../base/text.ts';
import { type Way, waysOn } from '../base/ways.ts';
import { withBlocks } from './blocks.ts';
import type { Volume } from './mounted/volumes.ts';
import { readNtfsState } from './ntfs.ts';
import { resolveWindowsPath } from './windows-path.ts';

export interface WritableOptions {
  /** Host paths of existing files that are to be written: each is opened for writing and closed again, unchanged. */
  readonly files?: readonly string[];
  /** %SystemRoot% of the running system on a Windows host (`C:\Windows`); null elsewhere. */
  readonly liveWindows?: string | null;
  readonly style?: PathStyle;
}

/** What hiberfil.sys says; 'resuming': a resume was begun and never ended. */
export type Hibernation = 'none' | 'hibernated' | 'resuming';

/**
 * Null when the volume can be written; else the refusal, given and not thrown: LIVE_SYSTEM, HIBERNATED, VOLUME_DIRTY,
 * READ_ONLY, NO_RIGHTS, IN_USE. Writes nothing. `data.cause` tells the causes of one code apart.
 */
export function whyNotWritable(fs: ReadFs, volume: Volume, options: WritableOptions = {}): RefusedError | null {
  const style = options.style ?? 'posix';
  const live = options.liveWindows ? liveSystem(volume, options.liveWindows) : null;
  if (live) return live;
  const hibernation = hibernationOf(fs, volume, style);
  if (hibernation !== 'none') return hibernated(volume, hibernation, style);
  return dirtyVolume(fs, volume, style) ?? readOnly(volume) ?? firstRefusal(fs, options.files ?? [], style);
}

function firstRefusal(fs: ReadFs, files: readonly string[], style: PathStyle): RefusedError | null {
  for (const path of files) {
    try {
      const fd = openEntry(fs, path, 'file', fs.constants.O_RDWR ?? 2);
      if (fd !== null) fs.closeSync(fd);
    } catch (error) {
      const refusal = refusalOf(error, path, style);
      if (refusal) return refusal;
    }
  }
  return null;
}

const NTFS_DRIVERS = ['fuseblk', 'fuse', 'ntfs', 'ntfs3'];

/** Where the volume itself is mounted, quoted; null for a folder of another file system, which nobody unmounts for it. */
function ownMount({ mountPoint, driver }: Volume, drivers: readonly string[] = NTFS_DRIVERS): string | null {
  if (mountPoint === null || mountPoint === '/' || driver === null) return null;
  return drivers.includes(driver) ? pathWord(mountPoint) : null;
}

const deviceWord = ({ device }: Volume): string => (device === null ? '<device>' : pathWord(device));

/** The commands that mount the volume again for writing. */
function remount(volume: Volume, place: string): string[] {
  const driver = volume.driver === 'ntfs3' ? 'ntfs3' : 'ntfs-3g';
  return [`umount ${place}`, `mount -t ${driver} ${deviceWord(volume)} ${place}`];
}

function liveSystem(volume: Volume, liveWindows: string): RefusedError | null {
  const live = /^(?:\\\\[?.]\\)?([a-z]:)/i.exec(liveWindows)?.[1];
  const here = /^(?:\\\\[?.]\\)?([a-z]:)/i.exec(volume.root)?.[1];
  if (live === undefined || here === undefined || compareNames(live, here) !== 0) return null;
  return new RefusedError(
    'LIVE_SYSTEM',
    `${printable(volume.root)} is the disk of the Windows that is running (${liveWindows}); expected the disk of another machine`,
    {
      hint: 'attach the broken disk as a data disk and give its drive; the running system is changed with reg and bcdedit',
      data: { cause: 'live-system', volume: volume.root },
    },
  );
}

/**
 * Reads the header of `\hiberfil.sys`: 'hibr' in either case is a saved session (fast startup saves one at every shut
 * down), 'rstr' a resume that broke off; 'wake', zeros and anything else hold nothing that Windows would resume.
 */
export function hibernationOf(fs: ReadFs, volume: Volume, style: PathStyle = 'posix'): Hibernation {
  let path: string;
  try {
    const file = resolveWindowsPath(fs, volume.root, '\\hiberfil.sys', style);
    if (!file.exists) return 'none';
    path = file.hostPath;
  } catch {
    return 'none';
  }
  const header = withBlocks(fs, path, (blocks) => blocks.read(0, 4));
  const word = decodeLatin1(header ?? new Uint8Array()).toLowerCase();
  return word === 'hibr' ? 'hibernated' : word === 'rstr' ? 'resuming' : 'none';
}

function hibernated(volume: Volume, state: Hibernation, style: PathStyle): RefusedError {
  const what = state === 'resuming' ? 'a broken-off resume' : 'a saved session';
  return new RefusedError(
    'HIBERNATED',
    `${printable(volume.root)} holds ${what} of Windows (hibernated or shut down with fast startup). A write would be undone or damaged when it resumes`,
    waysOn([RESUME_AND_SHUT_DOWN, ...discardSession(volume, style)], {
      cause: state,
      volume: volume.root,
      device: volume.device,
    }),
  );
}

/** Nothing is lost by it. */
export const RESUME_AND_SHUT_DOWN: Way = {
  why: 'Loses nothing: start that Windows on its machine, close its programs, and shut it down fully:',
  commands: ['shutdown /s /t 0'],
};

/**
 * ntfs-3g refuses to discard a session while the log of the file system holds what Windows 10 and later keep in it: that
 * is played or emptied first.
 */
function discardSession(volume: Volume, style: PathStyle): Way[] {
  const lost = 'Loses unsaved work of the programs that were open';
  const place = ownMount(volume);
  const file = pathWord(joinHost(volume.root, 'hiberfil.sys', style));
  if (style === 'win32') return [{ why: `${lost}: delete the session:`, commands: [`del /a /f ${file}`] }];
  if (place === null) return [{ why: `${lost}: delete the session:`, commands: [`rm ${file}`] }];
  const device = deviceWord(volume);
  const unmount = `umount ${place}`;
  const mount = `ntfs-3g -o remove_hiberfile ${device} ${place}`;
  return [
    {
      why: `${lost}: play the log, then discard the session:`,
      commands: [unmount, `ntfsrecover -k ${device}`, mount],
    },
    {
      why: 'Loses the file-system changes in the log as well: empty it, then discard the session:',
      commands: [unmount, `ntfsfix -d ${device}`, mount],
    },
  ];
}

/** ntfs3 itself sets the dirty flag while it holds a volume open for writing, and refuses dirty ones without 'force'. */
function isOwnMark(volume: Volume): boolean {
  return volume.driver === 'ntfs3' && !volume.isMountedReadOnly && !volume.options.includes('force');
}

function dirtyVolume(fs: ReadFs, volume: Volume, style: PathStyle): RefusedError | null {
  if (volume.boot?.kind !== 'ntfs' || volume.device === null) return null;
  const state = withBlocks(fs, volume.device, readNtfsState);
  if (!state) return null;
  const isDirty = state.isDirty && !isOwnMark(volume);
  const hasOpenLog = state.isLogClean === false && volume.isMountedReadOnly;
  if (!isDirty && !hasOpenLog) return null;
  const found = isDirty ? 'is marked dirty' : 'has transactions in its log that were not played back';
  const fallback = volume.isMountedReadOnly ? ' and is mounted read-only' : '';
  return new RefusedError(
    'VOLUME_DIRTY',
    `the NTFS volume at ${printable(volume.root)} ${found}${fallback}. It was not shut down cleanly`,
    waysOn(cleanWays(volume, style), {
      cause: isDirty ? 'dirty-flag' : 'open-log',
      volume: volume.root,
      device: volume.device,
    }),
  );
}

function cleanWays(volume: Volume, style: PathStyle): Way[] {
  const check = 'Loses what does not fit: repair the file system';
  if (style === 'win32') return [{ why: `${check}:`, commands: [`chkdsk ${volume.root.replace(/\\$/, '')} /f`] }];
  const place = ownMount(volume);
  if (place === null) return [{ why: `${check} with chkdsk /f on a Windows machine.`, commands: [] }];
  const [unmount = '', mount = ''] = remount(volume, place);
  return [
    { why: `${check} with chkdsk /f on a Windows machine.`, commands: [] },
    {
      why: 'Loses file-system changes that are still in the log: empty it (Windows runs chkdsk later):',
      commands: [unmount, `ntfsfix -d ${deviceWord(volume)}`, mount],
    },
  ];
}

function readOnly(volume: Volume): RefusedError | null {
  const place = ownMount(volume, [...NTFS_DRIVERS, 'vfat']);
  const data = { volume: volume.root, device: volume.device };
  const again = place === null ? [] : remount(volume, place);
  if (volume.isDeviceReadOnly) {
    return new RefusedError(
      'READ_ONLY',
      `the device ${volume.device} of ${printable(volume.root)} is write-protected`,
      waysOn(
        [
          {
            why: 'Ends the protection of the disk from writes (snapshots and write blockers refuse it):',
            commands: [`blockdev --setrw ${deviceWord(volume)}`, ...again],
          },
        ],
        { cause: 'device', ...data },
      ),
    );
  }
  if (!volume.isMountedReadOnly) return null;
  const ways: Way[] =
    place === null
      ? [{ why: 'Copy the folder to a file system that can be written, and give the copy.', commands: [] }]
      : [
          {
            why: 'Mount it for writing (dmesg says whether the driver refused that before):',
            // A FUSE driver cannot be remounted.
            commands: volume.driver?.startsWith('fuse') ? again : [`mount -o remount,rw ${place}`],
          },
        ];
  return new RefusedError(
    'READ_ONLY',
    `${printable(volume.root)} is mounted read-only (${volume.driver})`,
    waysOn(ways, { cause: 'mount', ...data }),
  );
}

/**
 * The error of node:fs when `path` was opened (for writing or, on Windows, at all), as a refusal with its cause; null for
 * errors that are none of READ_ONLY, NO_RIGHTS, IN_USE.
 */
export function refusalOf(error: unknown, path: string, style: PathStyle = 'posix'): RefusedError | null {
  const shown = printable(path);
  switch (codeOf(error)) {
    case 'EROFS':
      return new RefusedError('READ_ONLY', `${shown} lies on a file system that is mounted read-only`, {
        hint:
          style === 'win32'
            ? 'diskpart: select disk <n>, then attributes disk clear readonly (cost: the disk is no longer protected)'
            : 'mount it for writing: mount -o remount,rw <mount point>',
        data: { cause: 'mount', path },
      });
    case 'EACCES':
    case 'EPERM':
      return new RefusedError('NO_RIGHTS', `${shown} may not be written by this user`, {
        hint: 'run as root (sudo) or, on Windows, in an elevated prompt',
        data: { cause: 'rights', path },
      });
    case 'EBUSY':
    case 'ETXTBSY':
      return new RefusedError(
        'IN_USE',
        `${shown} is open in another program; a hive that is loaded cannot be written`,
        {
          hint: 'unload it first (reg unload HKLM\\BROKENSYSTEM), then try again',
          data: { cause: 'in-use', path },
        },
      );
    default:
      return null;
  }
}
