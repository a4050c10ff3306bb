// A volume argument that is not a folder, opened as blocks: a raw image or device, a container through qemu-nbd, or an NBD
// address. One door, which looks first, opens for no more than is asked, and says what it found.

import { HivemendError, NotFoundError, RefusedError } from '../../base/errors.ts';
import { folderOfHost, type PathStyle } from '../../base/host-path.ts';
import { pathWord } from '../../base/quote.ts';
import { codeOf, namesIn } from '../../base/read-folder.ts';
import type { ReadFs } from '../../base/read-fs.ts';
import { printable } from '../../base/text.ts';
import { type BlockSource, checkRange } from './blocks.ts';
import { type Container, recogniseContainer } from './containers/container.ts';
import { layersOf } from './containers/layers.ts';
import { holdQemuLock, type QemuHost, SERVE_LIMITS, type ServeLimits, serveImage } from './containers/qemu.ts';
import { fixedVhdBlocks } from './containers/vhd.ts';
import { readPastCaches } from './fresh-read.ts';
import { findUse, type Use } from './in-use.ts';
import { isNbdAddress, parseNbdAddress } from './nbd/address.ts';
import { connectNbd } from './nbd/client.ts';
import { isPhysicalDrive, notWritten, openPhysicalDrive } from './physical-drive.ts';
import { openRaw, openRawForWriting, type RawFile } from './raw.ts';

/** What opening needs of the machine; `qemu` has what may write. */
export interface DiskHost {
  readonly fs: ReadFs;
  readonly style: PathStyle;
  readonly qemu: QemuHost;
  /** Disks of whoever embeds this, by the name that they are given by; each is opened anew, synchronous, and closed after use. */
  readonly sources?: ReadonlyMap<string, () => BlockSource>;
}

export interface OpenOptions {
  readonly mode: 'read' | 'write';
  /** `--vm-is-off`: the operator says that no machine uses the disk, where that cannot be seen here. */
  readonly vmIsOff?: boolean;
  /** Files that an image is based on may lie outside its folder. */
  readonly anyBacking?: boolean;
  /** The pending log of a VHDX may be replayed into it. */
  readonly replayLog?: boolean;
  readonly limits?: ServeLimits;
}

export interface OpenDisk {
  readonly blocks: BlockSource;
  /** Reads past the caches of this machine where that is possible (raw images and devices): for `watchRanges`. */
  readFresh(at: number, into: Uint8Array): void;
  readonly format: Container['format'] | 'block device' | 'NBD' | 'blocks';
  /** The image and what it is based on; the device; the address. */
  readonly files: readonly string[];
  /** For reading only: who else uses it, as the end of a sentence; what is read may be older or torn. */
  readonly usedBy: string | null;
  /** Why it cannot be written, whoever has it; absent: it can. */
  readonly neverWritten?: RefusedError;
  /** Changes that are read but not in the file yet: the log of the VHDX, replayed aside. */
  readonly isReplayedAside: boolean;
  close(): void;
}

/**
 * Opens a file, a block device or an NBD address. For writing, nobody else may have it, and where that cannot be seen,
 * `vmIsOff` is needed; a raw image is held by QEMU's lock as long as it is open, where qemu-nbd is installed.
 * @throws NotFoundError FILE_NOT_FOUND; UsageError BAD_PATH, BAD_ARGUMENT; RefusedError NO_RIGHTS, READ_ONLY, IN_USE,
 *   USE_UNKNOWN, UNSUPPORTED_IMAGE, UNSAFE_BACKING, QEMU_NEEDED, PENDING_REPLAY.
 */
export function openDisk(host: DiskHost, given: string, options: OpenOptions): OpenDisk {
  const source = host.sources?.get(given);
  if (source) return openSource(source, given, options);
  if (isNbdAddress(given)) return openAddress(given, options);
  if (host.style === 'win32' && isPhysicalDrive(given)) return openDrive(host, given, options);
  const isWriting = options.mode === 'write';
  const raw = openRaw(host.fs, given);
  try {
    const container = recogniseContainer(raw, namesIn(host.fs, folderOfHost(raw.path, host.style)));
    const use = useOf(host, raw, isWriting);
    if (isWriting && use.by !== null) throw inUse(raw.path, use.by);
    if (isWriting && use.unseen !== null && options.vmIsOff !== true) throw unknownUse(raw.path, use.unseen);
    if (container.format !== 'raw' && container.format !== 'fixed VHD') {
      return openContainer(host, raw, container, options, use.by);
    }
    const { file, release } = isWriting ? heldForWriting(host, raw) : { file: raw, release: null };
    const blocks = container.format === 'raw' ? file : fixedVhdBlocks(file, container.footer);
    return {
      blocks,
      readFresh: (at, into) => {
        checkRange(blocks, at, into.byteLength);
        readPastCaches(host.fs, raw.path, at, into);
      },
      format: container.format === 'raw' && raw.isDevice ? 'block device' : container.format,
      files: [raw.path],
      usedBy: use.by,
      isReplayedAside: false,
      close: () => {
        file.close();
        release?.();
      },
    };
  } catch (error) {
    raw.close();
    throw error;
  }
}

/** On Windows a disk that is used is one that cannot be opened: whoever has it shares it with nobody. */
function useOf(host: DiskHost, raw: RawFile, isWriting: boolean): Use {
  if (host.style === 'win32') return { by: null, unseen: null };
  return findUse(host.fs, raw, isWriting ? host.qemu.pid : null);
}

/** The same file for writing, under QEMU's lock; the descriptor that it was looked at by is closed, since a device has one. */
function heldForWriting(host: DiskHost, raw: RawFile): { file: RawFile; release: (() => void) | null } {
  const lock = raw.isDevice ? null : holdQemuLock(host.qemu, raw.path);
  raw.close();
  try {
    const file = openRawForWriting(host.qemu.fs, raw.path);
    if (file.stat.ino === raw.stat.ino && file.stat.dev === raw.stat.dev && file.sizeBytes === raw.sizeBytes) {
      return { file, release: lock && (() => lock.release()) };
    }
    file.close();
    throw inUse(raw.path, 'was replaced while it was opened');
  } catch (error) {
    lock?.release();
    throw error;
  }
}

function openContainer(
  host: DiskHost,
  raw: RawFile,
  container: Container,
  options: OpenOptions,
  usedBy: string | null,
): OpenDisk {
  const isPending = container.format === 'VHDX' && container.hasPendingLog;
  const isWriting = options.mode === 'write';
  if (host.style === 'win32') throw attachedByWindows(raw.path, container.format);
  if (isPending && isWriting && options.replayLog !== true) throw pendingReplay(raw.path);
  const neverWritten = container.format === 'VMDK' && container.isCompressed ? compressed(raw.path) : null;
  if (isWriting && neverWritten) throw neverWritten;
  const { node, files } = layersOf(host.fs, raw, container, options.anyBacking);
  const isReplayedAside = isPending && !isWriting;
  const blocks = serveImage(host.qemu, raw.path, node, {
    mode: options.mode,
    replayAside: isReplayedAside,
    ...(options.limits ? { limits: options.limits } : {}),
  });
  return {
    blocks,
    readFresh: (at, into) => blocks.read(at, into),
    format: container.format,
    files,
    usedBy,
    ...(neverWritten ? { neverWritten } : {}),
    isReplayedAside,
    close: () => {
      blocks.close();
      raw.close();
    },
  };
}

function openSource(open: () => BlockSource, name: string, { mode, vmIsOff }: OpenOptions): OpenDisk {
  if (mode === 'write' && vmIsOff !== true) throw unknownUse(name, 'is served by the program that embeds hivemend');
  return served(open(), 'blocks', name);
}

function openDrive(host: DiskHost, name: string, { mode }: OpenOptions): OpenDisk {
  if (mode === 'write') throw notWritten(name);
  return served(openPhysicalDrive(host.fs, name), 'block device', name);
}

function openAddress(given: string, options: OpenOptions): OpenDisk {
  const address = parseNbdAddress(given);
  const isWriting = options.mode === 'write';
  if (isWriting && options.vmIsOff !== true) throw unknownUse(given, 'is served over NBD');
  let blocks: ReturnType<typeof connectNbd>;
  try {
    blocks = connectNbd(address, options.limits ?? SERVE_LIMITS);
  } catch (error) {
    if (error instanceof HivemendError) throw error;
    throw new NotFoundError('FILE_NOT_FOUND', error instanceof Error ? printable(error.message) : String(error), {
      hint: 'see that the server listens there and serves this export',
      data: { path: given, cause: codeOf(error) },
      cause: error,
    });
  }
  if (isWriting && (blocks.isReadOnly || !blocks.canFlush)) {
    blocks.close();
    const why = blocks.isReadOnly
      ? 'is served read-only'
      : 'cannot be flushed, so that nothing written would be durable';
    throw new RefusedError('READ_ONLY', `${printable(given)} ${why}`, { data: { path: given } });
  }
  return served(blocks, 'NBD', given);
}

/** Of blocks that somebody else keeps: who uses them besides is not known here. */
function served(blocks: BlockSource, format: OpenDisk['format'], name: string): OpenDisk {
  return {
    blocks,
    readFresh: (at, into) => blocks.read(at, into),
    format,
    files: [name],
    usedBy: null,
    isReplayedAside: false,
    close: () => blocks.close(),
  };
}

function inUse(path: string, by: string): RefusedError {
  return new RefusedError('IN_USE', `${printable(path)} ${by}`, {
    hint: 'shut the machine down, or unmount or detach the disk, then run the command again',
    data: { path },
  });
}

function unknownUse(path: string, why: string): RefusedError {
  return new RefusedError(
    'USE_UNKNOWN',
    `${printable(path)} ${why}: whether a running machine uses it cannot be told from here`,
    { hint: 'shut the machine down, then add --vm-is-off', data: { path } },
  );
}

function pendingReplay(path: string): RefusedError {
  return new RefusedError(
    'PENDING_REPLAY',
    `the log of ${printable(path)} holds changes that have to be replayed into it before it is written`,
    { hint: 'attach and detach the disk in Windows once (Mount-VHD, Dismount-VHD)', data: { path } },
  );
}

function compressed(path: string): RefusedError {
  return new RefusedError(
    'UNSUPPORTED_IMAGE',
    `${printable(path)} is a compressed VMDK (streamOptimized), which is read and not written`,
    { hint: `qemu-img convert -f vmdk -O vmdk ${pathWord(path)} ${pathWord(`${path}.plain.vmdk`)}`, data: { path } },
  );
}

function attachedByWindows(path: string, format: string): RefusedError {
  const quoted = printable(path) === path ? `'${path.replaceAll("'", "''")}'` : '<image>';
  return new RefusedError(
    'UNSUPPORTED_IMAGE',
    `${printable(path)} is a ${format}, which is not opened on Windows itself`,
    {
      hint: /VHD/.test(format)
        ? `Mount-DiskImage -ImagePath ${quoted} (PowerShell), then give its drive letter`
        : 'make a raw image of it: qemu-img convert -O raw',
      data: { path },
    },
  );
}
