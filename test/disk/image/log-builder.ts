// An NTFS $LogFile built from the records that it should hold: restart pages, ring pages, and the copies before the ring.

const PAGE = 4096;
const DATA = 64;

export interface LogRecordSpec {
  /** 1 update, 2 checkpoint. */
  readonly type?: number;
  readonly redo?: number;
  readonly undo?: number;
  readonly data?: Uint8Array;
  readonly undoNext?: bigint;
  readonly client?: number;
  readonly flags?: number;
}

export interface LogChoices {
  readonly version?: '1.1' | '2.0';
  readonly pages?: number;
  /** Byte offset in the ring of the first record; 0: the ring's first page. */
  readonly from?: number;
  readonly flags?: number;
  readonly clients?: number;
  /** The page that was written last stands only in a copy before the ring. */
  readonly lastPageInCopy?: boolean;
  /** Both tail pages of version 1.1 hold the page that was written last, as Windows leaves them. */
  readonly hasTails?: boolean;
}

export class LogBuilder {
  readonly version: '1.1' | '2.0';
  readonly bytes: Uint8Array;
  readonly ringStart: number;
  readonly sequenceBits: number;
  readonly lsns: bigint[] = [];
  /** Of each record: where its header stands in `bytes` before copies are made. */
  readonly places: number[] = [];
  checkpointLsn = 0n;
  private readonly view: DataView;
  private readonly choices: LogChoices;
  private readonly touched = new Map<number, { last: bigint; lastEnd: bigint; free: number }>();
  private at: number;
  private round = 4n;

  constructor(choices: LogChoices = {}) {
    const { version = '2.0', pages = 64, from = 0 } = choices;
    this.choices = choices;
    this.version = version;
    this.bytes = new Uint8Array(pages * PAGE).fill(0xff);
    this.view = new DataView(this.bytes.buffer);
    this.ringStart = (version === '2.0' ? 34 : 4) * PAGE;
    this.sequenceBits = 67 - this.bytes.byteLength.toString(2).length;
    this.at = this.ringStart + from - (from % PAGE) + Math.max(DATA, from % PAGE);
  }

  get lastLsn(): bigint {
    return this.lsns.at(-1)!;
  }

  lsnAt(offset: number, round: bigint = this.round): bigint {
    return (round << BigInt(64 - this.sequenceBits)) | BigInt(offset / 8);
  }

  add({ type = 1, redo = 0, undo = 0, data, undoNext = 0n, client = 0, flags = 0 }: LogRecordSpec = {}): bigint {
    const lsn = this.lsnAt(this.at);
    const body = data ?? updateData(redo, undo);
    const record = new Uint8Array(48 + body.byteLength);
    const view = new DataView(record.buffer);
    view.setBigUint64(0, lsn, true);
    view.setBigUint64(8, this.lsns.at(-1) ?? 0n, true);
    view.setBigUint64(0x10, undoNext, true);
    view.setUint32(0x18, body.byteLength, true);
    view.setUint32(0x1c, client, true);
    view.setUint32(0x20, type, true);
    view.setUint32(0x24, 24, true);
    record.set(body, 48);
    const isMultiPage = (this.at % PAGE) + record.byteLength > PAGE;
    view.setUint16(0x28, flags | (isMultiPage ? 1 : 0), true);
    this.places.push(this.at);
    this.lsns.push(lsn);
    for (let done = 0; done < record.byteLength; ) {
      if (this.at % PAGE === 0) this.nextPage();
      const chunk = Math.min(record.byteLength - done, PAGE - (this.at % PAGE));
      const base = this.at - (this.at % PAGE);
      if (!this.touched.has(base)) this.bytes.fill(0, base, base + PAGE);
      this.bytes.set(record.subarray(done, done + chunk), this.at);
      done += chunk;
      this.at += chunk;
      const page = this.touched.get(base) ?? { last: 0n, lastEnd: 0n, free: 0 };
      page.last = lsn;
      page.free = this.at - base;
      if (done === record.byteLength) page.lastEnd = lsn;
      this.touched.set(base, page);
    }
    const inPage = ((this.at - 1) % PAGE) + 1;
    const base = this.at - inPage;
    const next = Math.ceil(inPage / 8) * 8;
    if (next + 48 <= PAGE) this.at = base + next;
    else {
      this.at = base + PAGE;
      this.nextPage();
    }
    return lsn;
  }

  /** The client's checkpoint: nothing pending unless told otherwise. */
  checkpoint(startLsn: bigint | null = null, dirtyBytes = 0, transactionBytes = 0): bigint {
    const data = new Uint8Array(112);
    const view = new DataView(data.buffer);
    view.setUint32(0, 1, true);
    const lsn = this.lsnAt(this.at);
    view.setBigUint64(8, startLsn ?? lsn, true);
    view.setUint32(0x38, dirtyBytes, true);
    view.setUint32(0x3c, transactionBytes, true);
    this.checkpointLsn = this.add({ type: 2, data });
    return lsn;
  }

  build(): Uint8Array {
    const { flags = 0, clients = 1, lastPageInCopy = false, hasTails = false } = this.choices;
    const { bytes, view } = this;
    for (const [base, { last, lastEnd, free }] of this.touched) {
      bytes.set(
        Uint8Array.from('RCRD', (unit) => unit.charCodeAt(0)),
        base,
      );
      view.setBigUint64(base + 8, last, true);
      view.setUint32(base + 0x10, lastEnd === 0n ? 0 : 1, true);
      view.setUint16(base + 0x14, 1, true);
      view.setUint16(base + 0x16, 1, true);
      view.setUint16(base + 0x18, free, true);
      view.setBigUint64(base + 0x20, lastEnd, true);
    }
    if (lastPageInCopy) {
      const [base, page] = [...this.touched].at(-1)!;
      const copy = 2 * PAGE;
      bytes.copyWithin(copy, base, base + PAGE);
      bytes.fill(0xff, base, base + PAGE);
      if (this.version === '2.0') view.setUint32(copy + 0x3c, base, true);
      else view.setBigUint64(copy + 8, BigInt(base), true);
      this.touched.delete(base);
      this.touched.set(copy, page);
    }
    if (hasTails) {
      const [base, page] = [...this.touched].at(-1)!;
      for (const copy of [2 * PAGE, 3 * PAGE]) {
        bytes.copyWithin(copy, base, base + PAGE);
        view.setBigUint64(copy + 8, BigInt(base), true);
        this.touched.set(copy, page);
      }
    }
    for (const base of this.touched.keys()) protectPage(bytes.subarray(base, base + PAGE), 0x28);
    for (const base of [0, PAGE]) this.restartPage(base, flags, clients);
    return bytes;
  }

  private restartPage(base: number, flags: number, clients: number): void {
    const { bytes, view } = this;
    bytes.fill(0, base, base + PAGE);
    bytes.set(
      Uint8Array.from('RSTR', (unit) => unit.charCodeAt(0)),
      base,
    );
    view.setUint32(base + 0x10, PAGE, true);
    view.setUint32(base + 0x14, PAGE, true);
    view.setUint16(base + 0x18, 0x30, true);
    view.setUint16(base + 0x1a, Number(this.version[2]), true);
    view.setUint16(base + 0x1c, Number(this.version[0]), true);
    const area = base + 0x30;
    view.setBigUint64(area, this.checkpointLsn, true);
    view.setUint16(area + 8, clients, true);
    view.setUint16(area + 0x0a, 0xffff, true);
    view.setUint16(area + 0x0c, clients > 0 ? 0 : 0xffff, true);
    view.setUint16(area + 0x0e, flags, true);
    view.setUint32(area + 0x10, this.sequenceBits, true);
    view.setUint16(area + 0x14, 224, true);
    view.setUint16(area + 0x16, 0x40, true);
    view.setBigUint64(area + 0x18, BigInt(bytes.byteLength), true);
    view.setUint16(area + 0x24, 48, true);
    view.setUint16(area + 0x26, DATA, true);
    for (let client = 0; client < clients; client += 1) {
      const at = area + 0x40 + 160 * client;
      view.setBigUint64(at, this.checkpointLsn, true);
      view.setBigUint64(at + 8, this.checkpointLsn, true);
      view.setUint16(at + 0x10, 0xffff, true);
      view.setUint16(at + 0x12, 0xffff, true);
      view.setUint32(at + 0x1c, 8, true);
      for (const [index, letter] of [...'NTFS'].entries())
        view.setUint16(at + 0x20 + 2 * index, letter.charCodeAt(0), true);
    }
    protectPage(bytes.subarray(base, base + PAGE), 0x1e);
  }

  private nextPage(): void {
    if (this.at >= this.bytes.byteLength) {
      this.at = this.ringStart;
      this.round += 1n;
    }
    this.at += DATA;
  }
}

/** A redo and undo pair without LCNs; `table` is the redo data. */
export function updateData(redo: number, undo: number, table = new Uint8Array(0)): Uint8Array {
  const data = new Uint8Array(40 + table.byteLength);
  const view = new DataView(data.buffer);
  view.setUint16(0, redo, true);
  view.setUint16(2, undo, true);
  view.setUint16(4, 40, true);
  view.setUint16(6, table.byteLength, true);
  view.setUint16(8, data.byteLength, true);
  data.set(table, 40);
  return data;
}

/** Puts the update sequence array over a page. */
function protectPage(page: Uint8Array, arrayAt: number): void {
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  view.setUint16(4, arrayAt, true);
  view.setUint16(6, 9, true);
  view.setUint16(arrayAt, 7, true);
  for (let stride = 1; stride <= 8; stride += 1) {
    view.setUint16(arrayAt + 2 * stride, view.getUint16(stride * 512 - 2, true), true);
    view.setUint16(stride * 512 - 2, 7, true);
  }
}

/** Changes a protected page as if it had been written so. */
export function changePage(log: Uint8Array, base: number, change: (view: DataView) => void): void {
  const page = log.subarray(base, base + PAGE);
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  const arrayAt = view.getUint16(4, true);
  for (let stride = 1; stride <= 8; stride += 1) {
    view.setUint16(stride * 512 - 2, view.getUint16(arrayAt + 2 * stride, true), true);
  }
  change(view);
  protectPage(page, arrayAt);
}
