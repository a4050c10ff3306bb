// An NTFS volume: its root, its files by reference, and the state that it was left in.

import { ByteReader } from '../../../base/bytes.ts';
import { FormatError } from '../../../base/errors.ts';
import { orNull } from '../../../base/or-null.ts';
import { decodeLatin1, decodeUtf16le } from '../../../base/text.ts';
import type { BlockSource } from '../blocks.ts';
import type { FileNode, FileSystem } from '../file-system.ts';
import { readRestartArea } from '../log/restart-area.ts';
import { type NtfsGeometry, readNtfsBoot } from './boot.ts';
import { NtfsFile } from './file.ts';
import { Folders, ROOT_RECORD } from './folder.ts';
import { Mft } from './mft.ts';
import { ATTRIBUTE } from './record.ts';
import { Descriptors } from './security.ts';
import type { StreamReader } from './stream.ts';

/** What $Volume says. */
export interface NtfsInformation {
  /** '3.1'. */
  readonly version: string;
  /** Windows will run chkdsk at its next start. */
  readonly isDirty: boolean;
  /** chkdsk was at work when the volume was left. */
  readonly isBeingChecked: boolean;
}

/** What says whether the volume may be written. */
export interface NtfsState extends NtfsInformation {
  readonly log: NtfsLogState;
  /** What hiberfil.sys says; 'resuming': a resume was begun and never ended; 'unknown': a header that nobody knows. */
  readonly hibernation: 'none' | 'hibernated' | 'resuming' | 'unknown';
}

/** What the two restart pages of $LogFile say; whether it may be written beside them is judged by all of the log. */
export interface NtfsLogState {
  /** 'empty': all ones, new or reset by a driver; 'unclean': not taken down; 'unknown': pages that cannot be gone by. */
  readonly state: 'clean' | 'empty' | 'unclean' | 'unknown';
  /** '1.1', or '2.0' while Windows 8 or later has the volume mounted. */
  readonly version: string | null;
}

const LOG_RECORD = 2;
const VOLUME_RECORD = 3;
const BITMAP_RECORD = 6;
const RESTART_BYTES = 8192;
const BITMAP_PIECE_BYTES = 65_536;
const CLEAR_BITS = Uint8Array.from({ length: 256 }, (_, byte) => 8 - byte.toString(2).replaceAll('0', '').length);
const IS_DIRTY = 0x0001;
const IS_BEING_CHECKED = 0x4000;
/** ntfs-3g takes a shorter hiberfil.sys for a saved session as well. */
const HIBERNATION_BYTES = 4096;
const HIBERNATION_WORDS: Readonly<Record<string, NtfsState['hibernation']>> = {
  ...{ hibr: 'hibernated', HIBR: 'hibernated', rstr: 'resuming', RSTR: 'resuming' },
  ...{ wake: 'none', WAKE: 'none', '\0\0\0\0': 'none' },
};

export class NtfsVolume implements FileSystem {
  readonly kind = 'ntfs';
  readonly geometry: NtfsGeometry;
  readonly mft: Mft;
  readonly folders: Folders;
  readonly descriptors: Descriptors;

  /** @throws FormatError BAD_FILE_SYSTEM, TRUNCATED; what `source` throws */
  constructor(source: BlockSource) {
    this.geometry = readNtfsBoot(source);
    this.mft = new Mft(source, this.geometry);
    this.folders = new Folders(this.mft);
    this.descriptors = new Descriptors(this.mft);
  }

  get serial(): string {
    return this.geometry.serial;
  }

  /** Null also where $Volume is damaged: the files may still be read. */
  get label(): string | null {
    return orNull(FormatError, () => {
      const [name] = this.mft.parts(this.mft.record(VOLUME_RECORD), ATTRIBUTE.volumeName, '');
      return name?.value?.byteLength ? decodeUtf16le(name.value) : null;
    });
  }

  /** @throws FormatError BAD_FILE_SYSTEM, TRUNCATED */
  get root(): FileNode {
    return new NtfsFile(this, this.mft.record(ROOT_RECORD));
  }

  /** @throws FormatError BAD_FILE_SYSTEM, TRUNCATED where $Volume, $LogFile or the root cannot be read */
  state(): NtfsState {
    return { ...this.information(), log: this.logState(), hibernation: this.hibernation() };
  }

  /** @throws FormatError BAD_FILE_SYSTEM, TRUNCATED */
  information(): NtfsInformation {
    const [information] = this.mft.parts(this.mft.record(VOLUME_RECORD), ATTRIBUTE.volumeInformation, '');
    if (!information?.value) throw this.lacks('volume information');
    const reader = new ByteReader(information.value, 'volume information');
    // Volumes that Windows made show other flags while they are clean.
    const flags = reader.u16(0x0a);
    return {
      version: `${reader.u8(8)}.${reader.u8(9)}`,
      isDirty: (flags & IS_DIRTY) !== 0,
      isBeingChecked: (flags & IS_BEING_CHECKED) !== 0,
    };
  }

  /** @throws FormatError BAD_FILE_SYSTEM, TRUNCATED */
  freeBytes(): number {
    const { totalClusters, clusterBytes } = this.geometry;
    const bitmap = this.mft.stream(this.mft.record(BITMAP_RECORD), ATTRIBUTE.data);
    if (!bitmap) throw this.lacks('a bitmap of its clusters');
    let free = 0;
    for (let first = 0; first < totalClusters; first += 8 * BITMAP_PIECE_BYTES) {
      const count = Math.min(totalClusters - first, 8 * BITMAP_PIECE_BYTES);
      const bytes = new Uint8Array(Math.ceil(count / 8));
      bitmap.read(first / 8, bytes);
      // The bits behind the last cluster are nobody's.
      if (count % 8 > 0) bytes[bytes.byteLength - 1]! |= 0xff << (count % 8);
      for (const byte of bytes) free += CLEAR_BITS[byte]!;
    }
    return free * clusterBytes;
  }

  /** The data of $LogFile. @throws FormatError BAD_FILE_SYSTEM, TRUNCATED */
  log(): StreamReader {
    const log = this.mft.stream(this.mft.record(LOG_RECORD), ATTRIBUTE.data);
    if (!log) throw this.lacks('a log');
    return log;
  }

  /** @throws FormatError BAD_FILE_SYSTEM, TRUNCATED */
  logState(): NtfsLogState {
    const pages = new Uint8Array(RESTART_BYTES);
    this.log().read(0, pages);
    if (pages.every((byte) => byte === 0xff)) return { state: 'empty', version: null };
    const area = readRestartArea(pages);
    if (typeof area === 'string') return { state: 'unknown', version: null };
    const isClean = area.isMarkedClean || !area.hasClientInUse;
    return { state: isClean ? 'clean' : 'unclean', version: area.version };
  }

  private lacks(what: string): FormatError {
    return new FormatError('BAD_FILE_SYSTEM', `${this.mft.source.identity} does not have ${what}`);
  }

  private hibernation(): NtfsState['hibernation'] {
    const file = this.root.child('hiberfil.sys')?.node;
    if (file?.kind !== 'file') return 'none';
    if (file.sizeBytes < HIBERNATION_BYTES) return 'hibernated';
    const word = new Uint8Array(4);
    file.open().read(0, word);
    return HIBERNATION_WORDS[decodeLatin1(word)] ?? 'unknown';
  }
}
