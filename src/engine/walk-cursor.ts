// The records of a walk one after the other, without an object for each: for whoever goes through a whole hive. The
// layout is the one of records.ts.

const KIND_KEY = 1;
const DATA_UNREADABLE = 0x2_0000;
const KEY_NAME_AT = 44;
const VALUE_NAME_AT = 28;
const NIL = 0xffff_ffff;

const padded = (sizeBytes: number): number => (sizeBytes + 3) & ~3;

/** Stands on one record of a packed answer at a time; `next` goes to the following one. Places are in `bytes`. */
export class WalkCursor {
  readonly bytes: Uint8Array;
  isKey = false;
  cellOffset = 0;
  /** The nk or vk flags. */
  flags = 0;
  /** The name as UTF-16LE. */
  nameAt = 0;
  nameSizeBytes = 0;
  /** Of a key, below the key that the walk began with, which has 0. */
  depth = 0;
  /** Of a key, as UTF-16LE; -1: no class. */
  classSizeBytes = -1;
  classAt = 0;
  /** Of a value. */
  type = 0;
  dataAt = 0;
  dataSizeBytes = 0;
  /** Of a value: the data are damaged and not there. */
  isUnreadable = false;
  private readonly view: DataView;
  private at = 0;
  private following = 0;

  /** `bytes` is what HiveHandle.walk gave, with the data. */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The last-written FILETIME of a key. */
  get lastWritten(): bigint {
    return this.view.getBigUint64(this.at + 16, true);
  }

  /** Goes to the next record; false at the end. */
  next(): boolean {
    const { view, following: at } = this;
    if (at >= view.byteLength) return false;
    this.at = at;
    this.following = at + view.getUint32(at, true);
    this.isKey = view.getUint16(at + 4, true) === KIND_KEY;
    this.cellOffset = view.getUint32(at + 8, true);
    if (this.isKey) this.readKey(at);
    else this.readValue(at);
    return true;
  }

  private readKey(at: number): void {
    const { view } = this;
    this.depth = view.getUint16(at + 6, true);
    this.flags = view.getUint32(at + 24, true);
    this.nameAt = at + KEY_NAME_AT;
    this.nameSizeBytes = view.getUint32(at + 36, true);
    const classSizeBytes = view.getUint32(at + 40, true);
    this.classSizeBytes = classSizeBytes === NIL ? -1 : classSizeBytes;
    this.classAt = this.nameAt + padded(this.nameSizeBytes);
  }

  private readValue(at: number): void {
    const { view } = this;
    this.isUnreadable = (view.getUint32(at + 4, true) & DATA_UNREADABLE) !== 0;
    this.type = view.getUint32(at + 12, true);
    this.dataSizeBytes = view.getUint32(at + 16, true);
    this.flags = view.getUint32(at + 20, true);
    this.nameAt = at + VALUE_NAME_AT;
    this.nameSizeBytes = view.getUint32(at + 24, true);
    this.dataAt = this.nameAt + padded(this.nameSizeBytes);
  }
}
