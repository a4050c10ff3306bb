// The files that a disk image consists of, each with its format said: what qemu is told to open, so that it neither guesses
// nor follows a name that a file states. Source of the header: qemu, docs/interop/qcow2.txt.

import { RefusedError } from '../../../base/errors.ts';
import { folderOfHost } from '../../../base/host-path.ts';
import { pathWord } from '../../../base/quote.ts';
import { codeOf } from '../../../base/read-folder.ts';
import type { ReadFs } from '../../../base/read-fs.ts';
import { decodeLatin1, printable } from '../../../base/text.ts';
import type { BlockSource } from '../blocks.ts';
import { openRaw, type RawFile } from '../raw.ts';
import { type Container, recogniseContainer } from './container.ts';

/** A node of qemu's block layer, as its `json:` names have it. */
export type QemuNode = { readonly driver: string } & {
  readonly [option: string]: string | boolean | null | QemuNode;
};

export interface Layers {
  readonly node: QemuNode;
  /** The image, what it is based on, and so on. */
  readonly files: readonly string[];
}

const DRIVERS: Readonly<Record<Container['format'], string>> = {
  raw: 'raw',
  'fixed VHD': 'vpc',
  'dynamic VHD': 'vpc',
  VHDX: 'vhdx',
  qcow2: 'qcow2',
  VMDK: 'vmdk',
  VDI: 'vdi',
};
const MAX_LAYERS = 64;
const MAX_HEADER_BYTES = 65_536;
const MAX_NAME_BYTES = 1023;
const BACKING_FORMAT = 0xe2792aca;
const EXTERNAL_DATA_FILE = 4n;

/**
 * What `image` consists of. Files that it is based on have to lie in its folder (or below), unless `anyFolder`.
 * @throws RefusedError UNSAFE_BACKING; UNSUPPORTED_IMAGE for an encrypted image or a kind that is not read; as openRaw for
 *   the files that it is based on.
 */
export function layersOf(fs: ReadFs, image: RawFile, container: Container, anyFolder = false): Layers {
  const top = folderOfHost(image.path, 'posix');
  const files: string[] = [];
  const layer = (file: RawFile, format: Container['format']): QemuNode => {
    if (files.includes(file.path) || files.length >= MAX_LAYERS) {
      throw unsafe(image.path, `is based on itself through ${printable(file.path)}`, files);
    }
    files.push(file.path);
    const node = fileNode(file, DRIVERS[format]);
    if (format.endsWith('VHD')) return { ...node, force_size_calc: 'current_size' };
    // Without the word `backing` qemu would look for a name in the file.
    if (format === 'VMDK') return { ...node, backing: null };
    if (format !== 'qcow2') return node;
    const header = readQcow2(file);
    if (!header.backing) return { ...node, backing: null };
    const path = backingPath(fs, file.path, header.backing, files);
    if (!anyFolder && !path.startsWith(top === '/' ? '/' : `${top}/`)) {
      throw unsafe(file.path, `is based on ${printable(path)}, outside its folder`, [...files, path]);
    }
    const below = openRaw(fs, path);
    try {
      return { ...node, backing: { ...layer(below, backingFormat(file, below, header.format)), 'read-only': true } };
    } finally {
      below.close();
    }
  };
  return { node: layer(image, container.format), files };
}

/** The node for one file in a format, opened as a plain file or device whatever its name looks like. */
export function fileNode(file: { readonly path: string; readonly isDevice: boolean }, driver: string): QemuNode {
  return { driver, file: { driver: file.isDevice ? 'host_device' : 'file', filename: file.path } };
}

function backingPath(fs: ReadFs, path: string, name: string, files: readonly string[]): string {
  // qemu takes what stands before a colon for a protocol.
  if (/^[^/]*:/.test(name) || name.includes('\0'))
    throw unsafe(path, `is based on "${printable(name)}", not a file`, files);
  const given = name.startsWith('/') ? name : `${folderOfHost(path, 'posix')}/${name}`;
  try {
    return fs.realpathSync(given);
  } catch (error) {
    throw new RefusedError(
      'UNSAFE_BACKING',
      `${printable(path)} is based on ${printable(given)}, which cannot be found`,
      {
        data: { path, files: [...files, given], cause: codeOf(error) },
        cause: error,
      },
    );
  }
}

/** The stated format, if the file is not plainly of another; never guessed, since a raw disk's first bytes are a guest's. */
function backingFormat(overlay: RawFile, below: RawFile, stated: string | null): Container['format'] {
  if (stated === null) {
    throw new RefusedError('UNSAFE_BACKING', `${printable(overlay.path)} does not state what format its base has`, {
      hint: `qemu-img info ${pathWord(overlay.path)}, then qemu-img rebase -u -F raw (or qcow2) -b <base> <image>`,
      data: { path: overlay.path, base: below.path },
    });
  }
  if (stated === 'raw') return 'raw';
  const found = recogniseContainer(below);
  if (DRIVERS[found.format] === stated && !('hasPendingLog' in found && found.hasPendingLog)) return found.format;
  throw new RefusedError(
    'UNSAFE_BACKING',
    `${printable(overlay.path)} is based on ${printable(below.path)} as ${printable(stated)}, but that is ${found.format}`,
    { data: { path: overlay.path, base: below.path } },
  );
}

interface Qcow2Header {
  readonly backing: string | null;
  readonly format: string | null;
}

function readQcow2(file: BlockSource): Qcow2Header {
  const bytes = new Uint8Array(Math.min(MAX_HEADER_BYTES, file.sizeBytes));
  file.read(0, bytes);
  const view = new DataView(bytes.buffer);
  const refuse = (is: string): RefusedError =>
    new RefusedError('UNSUPPORTED_IMAGE', `${printable(file.identity)} is ${is}`, { data: { path: file.identity } });
  if (bytes.byteLength < 104) throw refuse('a qcow2 image that is cut off');
  const version = view.getUint32(4);
  if (version !== 2 && version !== 3) throw refuse(`a qcow2 image of the unknown version ${version}`);
  if (view.getUint32(32) !== 0) throw refuse('an encrypted qcow2 image');
  const features = version === 3 ? view.getBigUint64(72) : 0n;
  if ((features & EXTERNAL_DATA_FILE) !== 0n) throw refuse('a qcow2 image whose data is in another file');
  const nameAt = view.getBigUint64(8);
  if (nameAt === 0n) return { backing: null, format: null };
  const nameBytes = view.getUint32(16);
  if (nameBytes > MAX_NAME_BYTES || nameAt + BigInt(nameBytes) > BigInt(bytes.byteLength)) {
    throw refuse('a qcow2 image whose base has a name outside its header');
  }
  const name = bytes.subarray(Number(nameAt), Number(nameAt) + nameBytes);
  return { backing: new TextDecoder().decode(name), format: extension(view, version === 3 ? view.getUint32(100) : 72) };
}

/** The text of the extension that states the base's format; null where there is none. */
function extension(view: DataView, from: number): string | null {
  for (let at = from; at + 8 <= view.byteLength; ) {
    const type = view.getUint32(at);
    const sizeBytes = view.getUint32(at + 4);
    if (type === 0 || at + 8 + sizeBytes > view.byteLength) return null;
    if (type === BACKING_FORMAT) return decodeLatin1(new Uint8Array(view.buffer, at + 8, sizeBytes));
    at += 8 + Math.ceil(sizeBytes / 8) * 8;
  }
  return null;
}

function unsafe(path: string, what: string, files: readonly string[]): RefusedError {
  return new RefusedError('UNSAFE_BACKING', `${printable(path)} ${what}`, { data: { path, files } });
}
