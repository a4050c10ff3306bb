// The steps of a journal that may have been put on the disk by anybody: indices, roles, lengths and hashes are checked,
// and the steps of each file must lead from what it was to what it becomes.

import { sha256 } from '../../disk/sha256.ts';
import type { Stage, Step } from '../order/stage.ts';
import { BodyReader, bad, type FileRole, type JournalFile, type ManifestBody, type StepRecord } from './manifest.ts';

const MAX_UNSAVED_GROWTH_BYTES = 1 << 16;

/** The stages of a manifest, with their bytes out of data.bin (views of `data`); FormatError BAD_JOURNAL. */
export function readStages(body: ManifestBody, data: Uint8Array, subject: string): Stage[] {
  const reader = new StepReader(subject, data, body);
  const stages = body.stages.map(({ name, steps }) => ({ name, steps: steps.map((step) => reader.step(step)) }));
  refuseOverlaps(stages, subject);
  refuseBrokenRecords(body, stages, subject);
  return stages;
}

/** Steps out of records that anybody may have written: indices, roles, lengths and hashes are all checked. */
class StepReader {
  private readonly subject: string;
  private readonly reader: BodyReader;
  private readonly data: Uint8Array;
  private readonly body: ManifestBody;
  private readonly checked = new Map<string, Uint8Array>();

  constructor(subject: string, data: Uint8Array, body: ManifestBody) {
    this.subject = subject;
    this.reader = new BodyReader(subject);
    this.data = data;
    this.body = body;
  }

  step(record: StepRecord): Step {
    const { op, before, after } = record;
    const blob = (value: unknown, name: string): Uint8Array => this.bytes(value, name);
    const blobOrNull = (value: unknown, name: string): Uint8Array | null => (value === null ? null : blob(value, name));
    switch (op) {
      case 'write':
        return this.write(record);
      case 'size': {
        const file = this.file(record.file, ['hive', 'log', 'file']);
        return { op, file, before: this.reader.count(before, 'before'), after: this.reader.count(after, 'after') };
      }
      case 'presence': {
        const file = this.file(record.file, ['file']);
        if ((before === null) === (after === null)) throw this.reader.wrong('presence');
        const descriptor = blobOrNull(record.descriptor, 'descriptor');
        return { op, file, before: blobOrNull(before, 'before'), after: blobOrNull(after, 'after'), descriptor };
      }
      case 'folder':
        return {
          op,
          file: this.file(record.file, ['folder']),
          descriptor: blobOrNull(record.descriptor, 'descriptor'),
        };
      case 'move': {
        const [file, to] = [this.file(record.file, ['move']), this.file(record.to, ['move'])];
        return { op, file, to, bytes: blob(record.bytes, 'bytes') };
      }
      case 'descriptor': {
        const file = this.file(record.file, ['descriptor']);
        return { op, file, before: blob(before, 'before'), after: blob(after, 'after') };
      }
      default:
        throw this.reader.wrong('op');
    }
  }

  private write(record: StepRecord): Step {
    const file = this.file(record.file, ['hive', 'log', 'file']);
    const offset = this.reader.count(record.offset, 'offset');
    const [before, after] = [this.bytes(record.before, 'before'), this.bytes(record.after, 'after')];
    const { sizeBytesBefore, sizeBytesAfter } = this.body.files[file]!;
    const limitBytes = Math.max(sizeBytesBefore ?? 0, sizeBytesAfter ?? 0);
    if (before.byteLength !== after.byteLength || offset + after.byteLength > limitBytes)
      throw this.reader.wrong('write');
    return { op: 'write', file, offset, before, after };
  }

  private file(value: unknown, roles: readonly FileRole[]): number {
    const file = this.reader.count(value, 'file', this.body.files.length);
    if (!roles.includes(this.body.files[file]!.role)) throw this.reader.wrong('file.role');
    return file;
  }

  private bytes(value: unknown, name: string): Uint8Array {
    const { offset, sizeBytes, sha256: hash } = this.reader.blob(value, name);
    if (offset + sizeBytes > this.data.byteLength) throw this.reader.wrong(name);
    const key = `${offset} ${sizeBytes} ${hash}`;
    const known = this.checked.get(key);
    if (known) return known;
    const bytes = this.data.subarray(offset, offset + sizeBytes);
    if (sha256(bytes) !== hash) throw bad(this.subject, `names bytes of the data at ${offset} that have another hash`);
    this.checked.set(key, bytes);
    return bytes;
  }
}

/** Within a stage the order of writes means nothing, so two writes of one stage never touch the same byte. */
function refuseOverlaps(stages: readonly Stage[], subject: string): void {
  for (const stage of stages) {
    const writes = stage.steps.filter((step) => step.op === 'write');
    writes.sort((a, b) => a.file - b.file || a.offset - b.offset);
    for (const [index, write] of writes.entries()) {
      const next = writes[index + 1];
      if (next?.file === write.file && next.offset < write.offset + write.after.byteLength) {
        throw bad(subject, `holds two writes of one stage at byte ${next.offset}`);
      }
    }
  }
}

/** Lengths and hashes of the files must be those that the steps lead from and to. */
function refuseBrokenRecords(body: ManifestBody, stages: readonly Stage[], subject: string): void {
  const steps = stages.flatMap((stage) => stage.steps);
  for (const [index, file] of body.files.entries()) {
    const mine = steps.filter((step) => step.file === index || (step.op === 'move' && step.to === index));
    const isRight = isRightRecord(file, index, mine) && isGrowthSaved(file, body.dataSizeBytes);
    if (!isRight)
      throw bad(subject, `holds steps for ${file.path} that do not lead from what it was to what it becomes`);
  }
}

/** What a file grows by is written from the journal, but for the rest of a log's last page. */
function isGrowthSaved({ sizeBytesBefore, sizeBytesAfter }: JournalFile, dataSizeBytes: number): boolean {
  const growth = Math.abs((sizeBytesAfter ?? 0) - (sizeBytesBefore ?? 0));
  return growth <= dataSizeBytes + MAX_UNSAVED_GROWTH_BYTES;
}

function isRightRecord(file: JournalFile, index: number, steps: readonly Step[]): boolean {
  const holds = (bytes: Uint8Array | null, sizeBytes: number | null, hash: string | null): boolean =>
    bytes === null ? sizeBytes === null && hash === null : sizeBytes === bytes.byteLength && hash === sha256(bytes);
  const [whole] = steps.filter(({ op }) => op !== 'write' && op !== 'size');
  if (whole) {
    if (steps.length > 1) return false;
    const isMoved = whole.op === 'move';
    const before = whole.op === 'presence' ? whole.before : isMoved && whole.file === index ? whole.bytes : null;
    const after = whole.op === 'presence' ? whole.after : isMoved && whole.to === index ? whole.bytes : null;
    const isBefore = holds(before, file.sizeBytesBefore, file.sha256Before);
    return isBefore && holds(after, file.sizeBytesAfter, file.sha256After);
  }
  let sizeBytes = file.sizeBytesBefore;
  for (const step of steps) {
    if (step.op !== 'size') continue;
    if (step.before !== sizeBytes) return false;
    sizeBytes = step.after;
  }
  return sizeBytes === file.sizeBytesAfter;
}
