// The journal on the disk: data.bin (the bytes before and after of every range), manifest.json (what they are),
// README.txt, report.json, after-boot.cmd. Written and synced, each file private before its first byte, before anything
// else changes; the manifest's first sector comes last, so a journal that was cut off says so by lacking it.

import { basename, dirname, join } from 'node:path';
import type { FileStat } from '../../base/read-fs.ts';
import { encodeUtf16le } from '../../base/text.ts';
import { sha256 } from '../../disk/sha256.ts';
import { JOURNAL_FILES } from '../../hive/find.ts';
import { errnoOf, lstatOrNull, openToWrite, readWhole, syncFolder, writeWhole } from '../host-file.ts';
import type { Step } from '../order/stage.ts';
import type { CommitHost, JournalHost } from '../request.ts';
import {
  type BlobRecord,
  bad,
  encodeBody,
  encodeHead,
  type Journal,
  MAX_MANIFEST_SIZE_BYTES,
  type ManifestBody,
  parseBody,
  parseHead,
  STATE_SIZE_BYTES,
  type StepRecord,
  type WrittenState,
} from './manifest.ts';
import { createPrivateFile, inFolder, isPrivate, makePrivateFolder, unsafePlace } from './private.ts';
import { readStages } from './stage-reader.ts';

export const { manifest: MANIFEST_NAME, data: DATA_NAME } = JOURNAL_FILES;
export const README_NAME = 'README.txt';
export const REPORT_NAME = 'report.json';
export const AFTER_BOOT_NAME = 'after-boot.cmd';
export const AFTER_BOOT_REG_NAME = 'after-boot.reg';
const MAX_REPORT_SIZE_BYTES = 256 << 20;

/** Every file that a journal's folder may hold, in the order in which `removeJournal` takes them away. */
const JOURNAL_NAMES = [
  DATA_NAME,
  REPORT_NAME,
  AFTER_BOOT_NAME,
  AFTER_BOOT_REG_NAME,
  README_NAME,
  MANIFEST_NAME,
] as const;

export interface JournalPages {
  readonly readme: string;
  readonly report: string;
  readonly afterBoot: string;
  /** What the command file imports; null where it needs nothing. */
  readonly afterBootReg: string | null;
}

/**
 * Makes `folder` (its parent is there) and the whole journal in it, state prepared, all synced. Throws the host's errors
 * and RefusedError UNSAFE_JOURNAL_PLACE; what was made until then is the caller's to remove. `beforePrepared` is called
 * when all of it lies there and before it says so. Gives what it made, for `assertInPlace`.
 */
export function writeJournal(
  host: CommitHost,
  folder: string,
  journal: Journal,
  pages: JournalPages,
  beforePrepared: () => void,
): readonly MadeEntry[] {
  const parent = dirname(folder);
  // Both are held open: a link that takes the place of one leads no byte of the hive out of the disk.
  return inFolder(host, parent, parent, (heldParent) => {
    const own = join(heldParent, basename(folder));
    makePrivateFolder(host, own, folder);
    return inFolder(host, own, folder, (held) => {
      const made = writeFiles(host, { folder, held }, journal, pages);
      syncFolder(host.fs, held);
      syncFolder(host.fs, heldParent);
      beforePrepared();
      writeState(host, held, 'prepared');
      return [{ path: parent, stat: host.fs.lstatSync(heldParent) }, ...made];
    });
  });
}

/** A journal's folder by its name, and by a path that leads there whatever takes its place. */
interface HeldFolder {
  readonly folder: string;
  readonly held: string;
}

function writeFiles(
  host: CommitHost,
  { folder, held }: HeldFolder,
  journal: Journal,
  pages: JournalPages,
): MadeEntry[] {
  const made: MadeEntry[] = [{ path: folder, stat: host.fs.lstatSync(held) }];
  const write = (name: string, parts: readonly Uint8Array[]): void => {
    const path = join(folder, name);
    made.push({ path, stat: writeFile(host, join(held, name), path, parts) });
  };
  const data = new DataFile();
  const stages = journal.stages.map((stage) => ({
    name: stage.name,
    steps: stage.steps.map((step) => recordOf(step, data)),
  }));
  const { id, kind, volumes, files } = journal;
  const body = encodeBody({ id, kind, dataSizeBytes: data.sizeBytes, volumes, files, stages });
  const text = (page: string): Uint8Array[] => [new TextEncoder().encode(page)];
  write(README_NAME, text(pages.readme));
  write(REPORT_NAME, text(pages.report));
  write(AFTER_BOOT_NAME, text(pages.afterBoot));
  // regedit and reg.exe take letters that are not ASCII in UTF-16 only.
  if (pages.afterBootReg !== null) write(AFTER_BOOT_REG_NAME, [encodeUtf16le(`\ufeff${pages.afterBootReg}`)]);
  write(DATA_NAME, data.parts);
  write(MANIFEST_NAME, [encodeHead('preparing'), body]);
  return made;
}

/** An entry as it was made, to be known again by its number and its file system. */
export interface MadeEntry {
  readonly path: string;
  readonly stat: FileStat;
}

/**
 * The last look before the first write: what was made still lies where it was made, not behind a link that took the place
 * of a folder. RefusedError UNSAFE_JOURNAL_PLACE.
 */
export function assertInPlace(host: JournalHost, made: readonly MadeEntry[]): void {
  for (const { path, stat } of made) {
    const now = lstatOrNull(host.fs, path);
    if (now && !now.isSymbolicLink() && now.ino === stat.ino && now.dev === stat.dev) continue;
    // A volume that has gone is the host's error, and nobody's trick.
    host.fs.lstatSync(path);
    throw unsafePlace(`${path} is another entry than the one that was made there: something is at work in that folder`);
  }
}

/** Rewrites the manifest's first sector, in one write, and syncs it. */
export function writeState(host: CommitHost, folder: string, state: WrittenState): void {
  const fd = openToWrite(host.fs, join(folder, MANIFEST_NAME));
  try {
    writeWhole(host.fs, fd, encodeHead(state), 0);
    host.fs.fsyncSync(fd);
  } finally {
    host.fs.closeSync(fd);
  }
}

/**
 * Removes the journal's files and its folder, the manifest last and marked as undone before, so that a cut in between
 * leaves nothing that looks unfinished. Files that are not a journal's keep the folder (ENOTEMPTY). `beforeRemoved` is
 * called in between.
 */
export function removeJournal(host: CommitHost, folder: string, beforeRemoved: () => void = () => {}): void {
  if (lstatOrNull(host.fs, folder)?.isDirectory() !== true) return;
  if (lstatOrNull(host.fs, join(folder, MANIFEST_NAME))?.isFile()) writeState(host, folder, 'undone');
  beforeRemoved();
  for (const name of JOURNAL_NAMES) {
    const path = join(folder, name);
    if (lstatOrNull(host.fs, path)) host.fs.unlinkSync(path);
  }
  removeEmptied(host, folder);
  syncFolder(host.fs, dirname(folder));
}

const REMOVE_TRIES = 20;
const REMOVE_WAIT_MS = 50;

/** A FUSE driver closes files late, and keeps one that was just read under a hidden name until then. */
function removeEmptied(host: CommitHost, folder: string): void {
  for (let tries = 1; ; tries += 1) {
    try {
      host.fs.rmdirSync(folder);
      return;
    } catch (error) {
      if (errnoOf(error) !== 'ENOTEMPTY' || tries === REMOVE_TRIES) throw error;
      host.wait(REMOVE_WAIT_MS);
    }
  }
}

/** What a folder's manifest says at first sight; never throws for what lies there. */
export function readState(host: JournalHost, folder: string): WrittenState | 'damaged' | 'foreign' | null {
  if (lstatOrNull(host.fs, folder)?.isDirectory() !== true) return null;
  const path = join(folder, MANIFEST_NAME);
  const stat = lstatOrNull(host.fs, path);
  if (!stat)
    return host.fs.readdirSync(folder).some((name) => JOURNAL_NAMES.includes(name as never)) ? 'preparing' : null;
  if (!stat.isFile()) return 'foreign';
  // The first sector is written in one piece: one that never came is absent, or zeros, and nothing was changed yet.
  const bytes = stat.size > MAX_MANIFEST_SIZE_BYTES ? null : readWhole(host.fs, path, MAX_MANIFEST_SIZE_BYTES);
  if (bytes?.subarray(0, STATE_SIZE_BYTES).every((byte) => byte === 0)) return 'preparing';
  if (!isPrivate(host, folder) || !isPrivate(host, path)) return 'foreign';
  if (bytes === null) return 'damaged';
  return parseHead(bytes) ?? 'damaged';
}

/** The manifest's body; FormatError BAD_JOURNAL. */
export function readBody(host: JournalHost, folder: string): ManifestBody {
  const path = join(folder, MANIFEST_NAME);
  return parseBody(readWhole(host.fs, path, MAX_MANIFEST_SIZE_BYTES), path);
}

/** The whole journal, every byte of it checked against its hash; FormatError BAD_JOURNAL. */
export function readJournal(host: JournalHost, folder: string): Journal {
  const path = join(folder, DATA_NAME);
  const body = readBody(host, folder);
  const stat = lstatOrNull(host.fs, path);
  if (!stat?.isFile() || !isPrivate(host, path)) throw bad(path, 'is missing, or other users can write it');
  if (stat.size !== body.dataSizeBytes) {
    throw bad(path, `holds ${stat.size} bytes where ${body.dataSizeBytes} were written`);
  }
  const stages = readStages(body, readWhole(host.fs, path, body.dataSizeBytes), join(folder, MANIFEST_NAME));
  return { id: body.id, kind: body.kind, volumes: body.volumes, files: body.files, stages };
}

/** report.json as text, or null where there is none to read. */
export function readReport(host: JournalHost, folder: string): string | null {
  const path = join(folder, REPORT_NAME);
  const stat = lstatOrNull(host.fs, path);
  if (!stat?.isFile() || stat.size > MAX_REPORT_SIZE_BYTES) return null;
  return new TextDecoder().decode(readWhole(host.fs, path, MAX_REPORT_SIZE_BYTES));
}

function writeFile(host: CommitHost, path: string, shown: string, parts: readonly Uint8Array[]): FileStat {
  const fd = createPrivateFile(host, path, shown);
  try {
    let offset = 0;
    for (const part of parts) {
      writeWhole(host.fs, fd, part, offset);
      offset += part.byteLength;
    }
    host.fs.fsyncSync(fd);
    return host.fs.fstatSync(fd);
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
