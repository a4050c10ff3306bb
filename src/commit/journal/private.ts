// What only SYSTEM and Administrators may read: the journal holds SYSTEM's bytes, and with them the boot key. A file
// that ntfs-3g makes is Everyone:Full whatever the umask, and a folder's descriptor alone does not protect its files.

import { bytesEqual, fromHex } from '../../base/bytes.ts';
import { HivemendError, RefusedError } from '../../base/errors.ts';
import { openEntry } from '../../base/open-entry.ts';
import { createToWrite, errnoOf, isFull, lstatOrNull } from '../host-file.ts';
import type { CommitHost, JournalHost } from '../request.ts';

/**
 * O:BAG:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA), self-relative: header, DACL at 20 (ACL revision 2, two allow ACEs with
 * object and container inherit and 0x1F01FF), then the one SID that owner and group share.
 */
export const PRIVATE_DESCRIPTOR: Uint8Array = fromHex(
  [
    '01000490' /* revision, control: self-relative, DACL present and protected */,
    '48000000' /* owner at 72 */,
    '48000000' /* group at 72 */,
    '00000000' /* no SACL */,
    '14000000' /* DACL at 20 */,
    '0200340002000000' /* ACL: revision 2, 52 bytes, 2 entries */,
    '00031400ff011f00' /* allow, OI|CI, 20 bytes, full access */,
    '010100000000000512000000' /* S-1-5-18 */,
    '00031800ff011f00' /* allow, OI|CI, 24 bytes, full access */,
    '01020000000000052000000020020000' /* S-1-5-32-544 */,
    '01020000000000052000000020020000' /* S-1-5-32-544, the owner */,
  ].join(''),
)!;

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/**
 * Makes the folder and makes it private before anything lies in it; `shown` is what messages call it. RefusedError
 * UNSAFE_JOURNAL_PLACE, or the host's error.
 */
export function makePrivateFolder(host: CommitHost, path: string, shown: string = path): void {
  host.fs.mkdirSync(path, { mode: FOLDER_MODE });
  makePrivate(host, path, FOLDER_MODE, shown);
}

/**
 * Gives `work` a path to the folder at `path` that goes on leading there when somebody renames it or puts a link in its
 * place, where the host has such paths; `shown` is what messages call it. RefusedError UNSAFE_JOURNAL_PLACE where it is no
 * folder by now, or the host's error.
 */
export function inFolder<T>(host: CommitHost, path: string, shown: string, work: (held: string) => T): T {
  if (host.pathOfOpen === undefined) return work(path);
  const fd = openFolder(host, path);
  if (fd === null) throw unsafePlace(`${shown} is not a folder any more: something is at work there`);
  try {
    return work(host.pathOfOpen(fd));
  } finally {
    host.fs.closeSync(fd);
  }
}

function openFolder(host: CommitHost, path: string): number | null {
  try {
    return openEntry(host.fs, path, 'folder');
  } catch (error) {
    if (errnoOf(error) === 'ELOOP') return null;
    throw error;
  }
}

/** Makes an empty private file, never one that is there already, and gives it open for writing. */
export function createPrivateFile(host: CommitHost, path: string, shown: string = path): number {
  const fd = createToWrite(host.fs, path, FILE_MODE);
  try {
    makePrivate(host, path, FILE_MODE, shown);
    return fd;
  } catch (error) {
    dropPrivateFile(host, path, fd);
    throw error;
  }
}

/** Closes a file that was just made, and removes it; not what another process may have put in its place meanwhile. */
export function dropPrivateFile(host: CommitHost, path: string, fd: number): void {
  let ino: number;
  try {
    ino = host.fs.fstatSync(fd).ino;
  } finally {
    host.fs.closeSync(fd);
  }
  const found = lstatOrNull(host.fs, path);
  // Where nothing is left of it (the volume has gone), the host's own error says so best.
  if (found === null || found.ino === ino) host.fs.unlinkSync(path);
}

/** Makes a folder that is there private, where it is not yet. */
export function keepPrivate(host: CommitHost, path: string): void {
  if (!isPrivate(host, path)) makePrivate(host, path, FOLDER_MODE, path);
}

/** Whether only SYSTEM, Administrators or (without descriptors) this user can reach the entry; links never are. */
export function isPrivate(host: JournalHost, path: string): boolean {
  const stat = lstatOrNull(host.fs, path);
  if (!stat || stat.isSymbolicLink()) return false;
  const descriptor = descriptorOf(host, path);
  if (descriptor !== null) return isPrivateDescriptor(descriptor);
  // A mode keeps out everybody but the owner, and in a folder that users share the owner may be one of them.
  if (host.userId !== undefined && stat.uid !== host.userId) return false;
  return (stat.mode & 0o777) === (stat.isDirectory() ? FOLDER_MODE : FILE_MODE);
}

/** The entry's descriptor, or null where its file system keeps none or this host has no way to them. */
export function descriptorOf(host: JournalHost, path: string): Uint8Array | null {
  try {
    return host.descriptors.read(path);
  } catch (error) {
    if (error instanceof HivemendError && error.code === 'NO_DESCRIPTORS') return null;
    throw error;
  }
}

function makePrivate(host: CommitHost, path: string, mode: number, shown: string): void {
  let cause: unknown;
  try {
    if (descriptorOf(host, path) !== null) host.descriptors.write(path, PRIVATE_DESCRIPTOR);
    else if (((lstatOrNull(host.fs, path)?.mode ?? 0) & 0o777) !== mode) host.fs.chmodSync(path, mode);
    if (isPrivate(host, path)) return;
  } catch (error) {
    if (errnoOf(error) === 'EIO' || isFull(error) || errnoOf(error) === 'EROFS') throw error;
    cause = error;
  }
  // Of what has gone with its volume, the host's own error says so best.
  host.fs.lstatSync(path);
  throw unsafePlace(
    `${shown} cannot be kept from other users, and the journal would hold the hive's secrets`,
    cause ?? noAccess(host, path) ?? undefined,
  );
}

/** Why this host has no way to descriptors at all, or null. */
export function noAccess(host: JournalHost, path: string): HivemendError | null {
  try {
    host.descriptors.read(path);
    return null;
  } catch (error) {
    return error instanceof HivemendError && error.code === 'NO_DESCRIPTORS' ? error : null;
  }
}

const STATE_DIR_HINT = 'give --state-dir <folder>, on a file system that keeps permissions';

/** The refusal that asks for a place of the operator's, or for what the host lacks for any place. */
export function unsafePlace(message: string, cause?: unknown): RefusedError {
  const lack = cause instanceof HivemendError && cause.code === 'NO_DESCRIPTORS' ? cause : null;
  const hints = [lack?.hint, ...(lack?.data?.isEverywhere === true ? [] : [STATE_DIR_HINT])];
  return new RefusedError('UNSAFE_JOURNAL_PLACE', lack ? `${message}: ${lack.message}` : message, {
    hint: hints.filter((hint) => hint !== undefined).join('; or '),
    ...(cause === undefined ? {} : { cause }),
  });
}

const ADMINISTRATORS = fromHex('01020000000000052000000020020000')!;
const SYSTEM = fromHex('010100000000000512000000')!;
const PROTECTED_DACL = 0x1004;

/**
 * Byte for byte ours, or what a host made of it: owner Administrators and a protected DACL that names SYSTEM and
 * Administrators alone. (Windows takes the inheritance flags off a file's entries and may order the parts otherwise.)
 */
function isPrivateDescriptor(bytes: Uint8Array): boolean {
  if (bytesEqual(bytes, PRIVATE_DESCRIPTOR)) return true;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const part = (offset: number, sizeBytes: number): Uint8Array => bytes.subarray(offset, offset + sizeBytes);
  if (bytes.byteLength < 20 || (view.getUint16(2, true) & PROTECTED_DACL) !== PROTECTED_DACL) return false;
  if (!bytesEqual(part(view.getUint32(4, true), ADMINISTRATORS.byteLength), ADMINISTRATORS)) return false;
  const acl = view.getUint32(16, true);
  if (acl < 20 || acl + 8 > bytes.byteLength || acl + view.getUint16(acl + 2, true) > bytes.byteLength) return false;
  let offset = acl + 8;
  for (let left = view.getUint16(acl + 4, true); left > 0; left -= 1) {
    if (offset + 8 > bytes.byteLength || view.getUint8(offset) !== 0) return false;
    const sid = part(offset + 8, view.getUint16(offset + 2, true) - 8);
    if (!bytesEqual(sid, SYSTEM) && !bytesEqual(sid, ADMINISTRATORS)) return false;
    offset += 8 + sid.byteLength;
  }
  return offset > acl + 8;
}
