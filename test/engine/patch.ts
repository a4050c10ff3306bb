// Making hives that no writer of ours makes: reading and changing single fields of an image, by cell.

/** An image with little-endian access by cell; offsets count from the cell's data, as descriptions of the format count. */
export class Patch {
  readonly image: Uint8Array;
  private readonly view: DataView;

  constructor(image: Uint8Array) {
    this.image = image;
    this.view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  }

  u16(cell: number, offset: number): number {
    return this.view.getUint16(4100 + cell + offset, true);
  }

  u32(cell: number, offset: number): number {
    return this.view.getUint32(4100 + cell + offset, true);
  }

  setU16(cell: number, offset: number, value: number): this {
    this.view.setUint16(4100 + cell + offset, value, true);
    return this;
  }

  setU32(cell: number, offset: number, value: number): this {
    this.view.setUint32(4100 + cell + offset, value, true);
    return this;
  }

  /** A field of the base block; the checksum is put right. */
  setBase(offset: number, value: number): this {
    this.view.setUint32(offset, value, true);
    let sum = 0;
    for (let at = 0; at < 0x1fc; at += 4) sum ^= this.view.getUint32(at, true);
    sum >>>= 0;
    this.view.setUint32(0x1fc, sum === 0 ? 1 : sum === 0xffff_ffff ? 0xffff_fffe : sum, true);
    return this;
  }

  /** The size of the cell as stored: negative when allocated. */
  cellSize(cell: number): number {
    return this.view.getInt32(4096 + cell, true);
  }

  setCellSize(cell: number, size: number): this {
    this.view.setInt32(4096 + cell, size, true);
    return this;
  }

  bytes(cell: number, offset: number, sizeBytes: number): Uint8Array {
    return this.image.subarray(4100 + cell + offset, 4100 + cell + offset + sizeBytes);
  }
}
