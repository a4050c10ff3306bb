// The journal on the disk: data.bin (the bytes before and after of every range), manifest.json (what they are),
// README.txt, report.json, after-boot.cmd. Written and synced, each file private before its first byte, before anything
// else changes; the manifest's first sector comes last, so a journal that was cut off says so by lacking it.

import { dirname, join } from 'node:path';
import { lstatOrNull, readWhole, sha256, syncFolder, writeWhole } from './host-file.ts';
import {
  type BlobRecord,
  BodyReader,
  bad,
  encodeBody,
  encodeHead,
  type FileRole,
  HEAD_SIZE_BYTES,
  type Journal,
  type JournalFile,
  MAX_MANIFEST_SIZE_BYTES,
  type ManifestBody,
  parseBody,
  parseHead,
  type StepRecord,
  type WrittenState,
} from './manifest.ts';
import { createPrivateFile, isPrivate, makePrivateFolder } from './private.ts';
import type { CommitHost } from './request.ts';
import type { Stage, Step } from './stage.ts';

export const MANIFEST_NAME = 'manifest.json';
export const DATA_NAME = 'data.bin';
export const README_NAME = 'README.txt';
export const REPORT_NAME = 'report.json';
export const AFTER_BOOT_NAME = 'after-boot.cmd';
const MAX_REPORT_SIZE_BYTES = 256 << 20;

/** Every file that a journal's folder may hold, in the order in which `removeJournal` takes them away. */
const JOURNAL_NAMES = [DATA_NAME, REPORT_NAME, AFTER_BOOT_NAME, README_NAME, MANIFEST_NAME] as const;

export interface JournalPages {
  readonly readme: string;
  readonly report: string;
  readonly afterBoot: string;
}

/**
 * Makes `folder` (its parent is there) and the whole journal in it, state prepared, all synced. Throws the host's errors
 * and RefusedError UNSAFE_JOURNAL_PLACE; what was made until then is the caller's to remove.
 */
export function writeJournal(host: CommitHost, folder: string, journal: Journal, pages: JournalPages): void {
  makePrivateFolder(host, folder);
  const data = new DataFile();
  const stages = journal.stages.map((stage) => ({
    name: stage.name,
    steps: stage.steps.map((step) => recordOf(step, data)),
  }));
  const { id, kind, volumes, files } = journal;
  const body = encodeBody({ id, kind, dataSizeBytes: data.sizeBytes, volumes, files, stages });
  const text = (page: string): Uint8Array[] => [new TextEncoder().encode(page)];
  writeFile(host, join(folder, README_NAME), text(pages.readme));
  writeFile(host, join(folder, REPORT_NAME), text(pages.report));
  writeFile(host, join(folder, AFTER_BOOT_NAME), text(pages.afterBoot));
  writeFile(host, join(folder, DATA_NAME), data.parts);
  writeFile(host, join(folder, MANIFEST_NAME), [encodeHead('preparing'), body]);
  syncFolder(host.fs, folder);
  syncFolder(host.fs, dirname(folder));
  writeState(host, folder, 'prepared');
}

/** Rewrites the manifest's first sector, in one write, and syncs it. */
export function writeState(host: CommitHost, folder: string, state: WrittenState): void {
  const fd = host.fs.openSync(join(folder, MANIFEST_NAME), 'r+');
  try {
    writeWhole(host.fs, fd, encodeHead(state), 0);
    host.fs.fsyncSync(fd);
  } finally {
    host.fs.closeSync(fd);
  }
}

/**
 * Removes the journal's files and its folder, the manifest last and marked as undone before, so that a cut in between
 * leaves nothing that looks unfinished. Files that are not a journal's keep the folder (ENOTEMPTY).
 */
export function removeJournal(host: CommitHost, folder: string): void {
  if (lstatOrNull(host.fs, folder)?.isDirectory() !== true) return;
  if (lstatOrNull(host.fs, join(folder, MANIFEST_NAME))?.isFile()) writeState(host, folder, 'undone');
  for (const name of JOURNAL_NAMES) {
    const path = join(folder, name);
    if (lstatOrNull(host.fs, path)) host.fs.unlinkSync(path);
  }
  host.fs.rmdirSync(folder);
  syncFolder(host.fs, dirname(folder));
}

/** What a folder's manifest says at first sight; never throws for what lies there. */
export function readState(host: CommitHost, folder: string): WrittenState | 'damaged' | 'foreign' | null {
  if (lstatOrNull(host.fs, folder)?.isDirectory() !== true) return null;
  const path = join(folder, MANIFEST_NAME);
  const stat = lstatOrNull(host.fs, path);
  if (!stat)
    return host.fs.readdirSync(folder).some((name) => JOURNAL_NAMES.includes(name as never)) ? 'preparing' : null;
  if (!stat.isFile()) return 'foreign';
  // The first sector is written in one piece: one that never came is absent, or zeros, and nothing was changed yet.
  const bytes = stat.size > MAX_MANIFEST_SIZE_BYTES ? null : readWhole(host.fs, path, MAX_MANIFEST_SIZE_BYTES);
  if (bytes?.subarray(0, HEAD_SIZE_BYTES).every((byte) => byte === 0)) return 'preparing';
  if (!isPrivate(host, folder) || !isPrivate(host, path)) return 'foreign';
  if (bytes === null) return 'damaged';
  return parseHead(bytes) ?? 'damaged';
}

/** The manifest's body; FormatError BAD_JOURNAL. */
export function readBody(host: CommitHost, folder: string): ManifestBody {
  const path = join(folder, MANIFEST_NAME);
  return parseBody(readWhole(host.fs, path, MAX_MANIFEST_SIZE_BYTES), path);
}

/** The whole journal, every byte of it checked against its hash; FormatError BAD_JOURNAL. */
export function readJournal(host: CommitHost, folder: string): Journal {
  const path = join(folder, DATA_NAME);
  const body = readBody(host, folder);
  const stat = lstatOrNull(host.fs, path);
  if (!stat?.isFile() || !isPrivate(host, path)) throw bad(path, 'is missing, or other users can write it');
  if (stat.size !== body.dataSizeBytes)
    throw bad(path, `holds ${stat.size} bytes where ${body.dataSizeBytes} were written`);
  const data = readWhole(host.fs, path, body.dataSizeBytes);
  const reader = new StepReader(join(folder, MANIFEST_NAME), data, body);
  const stages = body.stages.map((stage) => ({
    name: stage.name,
    steps: stage.steps.map((step) => reader.step(step)),
  }));
  refuseOverlaps(stages, path);
  refuseBrokenRecords(body, stages, path);
  return { id: body.id, kind: body.kind, volumes: body.volumes, files: body.files, stages };
}

/** report.json as text, or null where there is none to read. */
export function readReport(host: CommitHost, folder: string): string | null {
  const path = join(folder, REPORT_NAME);
  const stat = lstatOrNull(host.fs, path);
  if (!stat?.isFile() || stat.size > MAX_REPORT_SIZE_BYTES) return null;
  return new TextDecoder().decode(readWhole(host.fs, path, MAX_REPORT_SIZE_BYTES));
}

function writeFile(host: CommitHost, path: string, parts: readonly Uint8Array[]): void {
  const fd = createPrivateFile(host, path);
  try {
    let offset = 0;
    for (const part of parts) {
      writeWhole(host.fs, fd, part, offset);
      offset += part.byteLength;
    }
    host.fs.fsyncSync(fd);
  } finally {
    host.fs.closeSync(fd);
  }
}

/** data.bin while it is put together: views of the images, none copied, each content once. */
class DataFile {
  readonly parts: Uint8Array[] = [];
  sizeBytes = 0;
  private readonly known = new Map<string, BlobRecord>();

  add(bytes: Uint8Array): BlobRecord {
    const hash = sha256(bytes);
    const known = this.known.get(hash);
    if (known) return known;
    const record = { offset: this.sizeBytes, sizeBytes: bytes.byteLength, sha256: hash };
    this.parts.push(bytes);
    this.sizeBytes += bytes.byteLength;
    this.known.set(hash, record);
    return record;
  }
}

function recordOf(step: Step, data: DataFile): StepRecord {
  const blob = (bytes: Uint8Array | null): BlobRecord | null => (bytes === null ? null : data.add(bytes));
  switch (step.op) {
    case 'size':
      return { ...step };
    case 'write':
    case 'descriptor':
      return { ...step, before: blob(step.before), after: blob(step.after) };
    case 'presence':
      return { ...step, before: blob(step.before), after: blob(step.after), descriptor: blob(step.descriptor) };
    case 'folder':
      return { ...step, descriptor: blob(step.descriptor) };
    case 'move':
      return { ...step, bytes: blob(step.bytes) };
  }
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
    if (sha256(bytes) !== hash)
      throw bad(this.subject, `names bytes of ${DATA_NAME} at ${offset} that have another hash`);
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
    const isRight = isRightRecord(file, index, mine);
    if (!isRight)
      throw bad(subject, `holds steps for ${file.path} that do not lead from what it was to what it becomes`);
  }
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
