// A file, a folder or a link of an NTFS volume.

import { ByteReader } from '../../../base/bytes.ts';
import { RefusedError } from '../../../base/errors.ts';
import { filetimeToMs } from '../../../base/time.ts';
import type { Extent, FileData, FileNode, FilePlace, WritablePlace } from '../file-system.ts';
import type { NtfsGeometry } from './boot.ts';
import type { Folders } from './folder.ts';
import { checkInPlace } from './in-place.ts';
import type { Mft } from './mft.ts';
import { ATTRIBUTE, type MftRecord } from './record.ts';
import { type ReparsePoint, readReparsePoint } from './reparse.ts';
import type { Descriptors } from './security.ts';
import { COMPRESSED, ENCRYPTED, SPARSE, type Stream, StreamReader } from './stream.ts';

const MODIFIED_AT = 8;
const WOF_STREAM = 'WofCompressedData';

/** What a file needs of its volume. */
interface NtfsParts {
  readonly mft: Mft;
  readonly folders: Folders;
  readonly descriptors: Descriptors;
}

export class NtfsFile implements FileNode {
  readonly record: MftRecord;
  private readonly volume: NtfsParts;
  private readonly point: ReparsePoint | null;

  constructor(volume: NtfsParts, record: MftRecord) {
    this.volume = volume;
    this.record = record;
    this.point = readReparsePoint(volume.mft, record);
  }

  get kind(): FileNode['kind'] {
    if (this.target !== null) return 'link';
    return this.record.isDirectory ? 'folder' : 'file';
  }

  get id(): number {
    return this.record.number;
  }

  get target(): string | null {
    return this.point?.target ?? null;
  }

  get sizeBytes(): number {
    if (this.record.isDirectory) return 0;
    const parts = this.volume.mft.parts(this.record, ATTRIBUTE.data, '');
    return parts.find(({ lowestVcn }) => lowestVcn === 0)?.realBytes ?? 0;
  }

  /** From the record: the copies in folders are stale. */
  get modifiedMs(): number {
    const [information] = this.volume.mft.parts(this.record, ATTRIBUTE.standardInformation, '');
    if (!information?.value) return 0;
    return filetimeToMs(new ByteReader(information.value, 'standard information').u64(MODIFIED_AT));
  }

  names(): string[] {
    return [...this.volume.folders.names(this.record)];
  }

  child(name: string): { readonly name: string; readonly node: NtfsFile } | null {
    const found = this.volume.folders.find(this.record, name);
    if (!found) return null;
    return { name: found.name, node: new NtfsFile(this.volume, this.volume.mft.file(found.reference)) };
  }

  open(): NtfsData {
    return new NtfsData(this.volume, this.record, this.point);
  }

  writablePlace(): WritablePlace {
    const data = this.open();
    return checkInPlace(this.volume.mft, this.record, data.stream, data.place());
  }

  descriptor(): Uint8Array | null {
    return this.volume.descriptors.read(this.record);
  }
}

/** The unnamed data of a file. */
export class NtfsData implements FileData {
  private readonly record: MftRecord;
  private readonly geometry: NtfsGeometry;
  private readonly reader: StreamReader;

  /** @throws RefusedError UNREADABLE_STORAGE; FormatError BAD_FILE_SYSTEM, TRUNCATED */
  constructor({ mft }: NtfsParts, record: MftRecord, point: ReparsePoint | null) {
    this.record = record;
    this.geometry = mft.geometry;
    this.reader = mft.stream(record, ATTRIBUTE.data) ?? new StreamReader(mft.source, mft.geometry, NO_DATA);
    // Behind both the unnamed data is a hole, which would read as zeros.
    const isWof = mft.names(record, ATTRIBUTE.data).includes(WOF_STREAM);
    const isEncrypted = (this.stream.flags & ENCRYPTED) !== 0;
    const storage = point?.storage ?? (isWof ? 'WOF (CompactOS)' : isEncrypted ? 'EFS (encryption)' : null);
    if (storage === null) return;
    throw new RefusedError(
      'UNREADABLE_STORAGE',
      `record ${record.number} of ${mft.source.identity} is kept by ${storage}; expected plain, sparse or compressed data`,
      { data: { record: record.number, storage } },
    );
  }

  get stream(): Stream {
    return this.reader.stream;
  }

  get sizeBytes(): number {
    return this.stream.sizeBytes;
  }

  read(at: number, into: Uint8Array): number {
    return this.reader.read(at, into);
  }

  place(): FilePlace {
    const { number: record, sequence } = this.record;
    const { sizeBytes, initialisedBytes } = this.stream;
    const storage = this.storage();
    const extents = storage === 'plain' ? extentsOf(this.stream, this.geometry.clusterBytes) : [];
    return { record, sequence, sizeBytes, initialisedBytes, storage, extents };
  }

  private storage(): FilePlace['storage'] {
    const { value, flags, runs } = this.stream;
    if (value) return 'resident';
    if (flags & COMPRESSED) return 'compressed';
    return flags & SPARSE || runs.some(({ lcn }) => lcn === null) ? 'sparse' : 'plain';
  }
}

/** The runs up to the size of the stream, those that follow one another joined. */
function extentsOf({ runs, sizeBytes }: Stream, clusterBytes: number): Extent[] {
  const extents: { offsetBytes: number; sizeBytes: number }[] = [];
  for (const { vcn, clusters, lcn } of runs) {
    const lengthBytes = Math.min(clusters * clusterBytes, sizeBytes - vcn * clusterBytes);
    if (lcn === null || lengthBytes <= 0) continue;
    const last = extents.at(-1);
    if (last && last.offsetBytes + last.sizeBytes === lcn * clusterBytes) last.sizeBytes += lengthBytes;
    else extents.push({ offsetBytes: lcn * clusterBytes, sizeBytes: lengthBytes });
  }
  return extents;
}

const NO_DATA: Stream = {
  ...{ subject: 'no data', flags: 0, sizeBytes: 0, initialisedBytes: 0 },
  ...{ value: new Uint8Array(0), runs: [], unitClusters: 0 },
};
