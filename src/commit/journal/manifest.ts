// manifest.json: one sector with the journal's state, rewritten in place, then a body that never changes and carries its
// own hash. What is read here may have been put on the disk by anybody: every number, name and hash is checked.

import { FormatError } from '../../base/errors.ts';
import { sha256 } from '../../disk/sha256.ts';
import { MAX_FILE_SIZE_BYTES } from '../host-file.ts';
import { STAGE_NAMES, type Stage, type StageName, type Step } from '../order/stage.ts';
import type { JournalKind } from '../request.ts';

export const HEAD_SIZE_BYTES = 512;
/** The state stands in these alone, so that a sector that is torn behind them still says it. */
export const STATE_SIZE_BYTES = 256;
export const MAX_MANIFEST_SIZE_BYTES = 64 << 20;
const FORMAT = 'hivemend journal 1';

/** preparing: nothing was changed yet, and the body may be cut off. The others: docs/safety.md. */
export const WRITTEN_STATES = ['preparing', 'prepared', 'committing', 'done', 'undoing', 'undone'] as const;
export type WrittenState = (typeof WRITTEN_STATES)[number];

export const FILE_ROLES = ['hive', 'log', 'file', 'folder', 'move', 'descriptor'] as const;
export type FileRole = (typeof FILE_ROLES)[number];

/** A file of the commit: where it lies on its volume ('/' between names), and what it was and becomes. */
export interface JournalFile {
  readonly role: FileRole;
  readonly volume: number;
  readonly path: string;
  readonly sizeBytesBefore: number | null;
  readonly sizeBytesAfter: number | null;
  readonly sha256Before: string | null;
  readonly sha256After: string | null;
}

export interface JournalVolume {
  readonly root: string;
  readonly fileSystem: string | null;
  readonly serial: string | null;
  readonly partitionGuid: string | null;
  /** Whether the journal lies on it, so that it is known without any identity. */
  readonly isHome: boolean;
}

/** A commit as its journal holds it: all that is needed to walk it in either direction. */
export interface Journal {
  readonly id: string;
  readonly kind: JournalKind;
  readonly volumes: readonly JournalVolume[];
  readonly files: readonly JournalFile[];
  readonly stages: readonly Stage[];
}

/** Bytes in data.bin. */
export interface BlobRecord {
  readonly offset: number;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** A step as the manifest has it: bytes replaced by where they lie. */
export type StepRecord = { readonly op: Step['op'] } & Readonly<Record<string, unknown>>;

export interface ManifestBody {
  readonly id: string;
  readonly kind: JournalKind;
  readonly dataSizeBytes: number;
  readonly volumes: readonly JournalVolume[];
  readonly files: readonly JournalFile[];
  readonly stages: readonly { readonly name: StageName; readonly steps: readonly StepRecord[] }[];
}

/** The first sector: it is written in one call, so a cut leaves the state before or the state after. */
export function encodeHead(state: WrittenState): Uint8Array {
  const text = `{"format":${JSON.stringify(FORMAT)},"state":${JSON.stringify(state)},`;
  return new TextEncoder().encode(`${text.padEnd(HEAD_SIZE_BYTES - 1)}\n`);
}

export function encodeBody(body: ManifestBody): Uint8Array {
  const text = JSON.stringify(body);
  const bytes = new TextEncoder().encode(text);
  return new TextEncoder().encode(`"sha256":"${sha256(bytes)}","body":${text}}\n`);
}

/** The state in a manifest's first sector, or null where it is none that we write. */
export function parseHead(bytes: Uint8Array): WrittenState | null {
  const textOf = (head: Uint8Array): string => new TextDecoder().decode(head.subarray(0, STATE_SIZE_BYTES));
  return WRITTEN_STATES.find((state) => textOf(bytes) === textOf(encodeHead(state))) ?? null;
}

/** The body behind the first sector; FormatError BAD_JOURNAL where anything in it is not as we write it. */
export function parseBody(bytes: Uint8Array, subject: string): ManifestBody {
  const text = new TextDecoder().decode(bytes.subarray(HEAD_SIZE_BYTES));
  const match = /^"sha256":"([0-9a-f]{64})","body":(\{.*\})\}\n$/s.exec(text);
  if (!match) throw bad(subject, 'does not end as a manifest does');
  if (sha256(new TextEncoder().encode(match[2])) !== match[1])
    throw bad(subject, 'does not have the hash that it names');
  let body: unknown;
  try {
    body = JSON.parse(match[2]!);
  } catch {
    throw bad(subject, 'is not JSON');
  }
  return new BodyReader(subject).body(body);
}

export function bad(subject: string, what: string): FormatError {
  return new FormatError('BAD_JOURNAL', `${subject} ${what}`, {
    hint: 'hivemend undo --forget <id> drops the journal and leaves the files as they are',
  });
}

/** Walks parsed JSON; every method throws FormatError BAD_JOURNAL and names the field. */
export class BodyReader {
  private readonly subject: string;

  constructor(subject: string) {
    this.subject = subject;
  }

  body(value: unknown): ManifestBody {
    const { id, kind, dataSizeBytes, volumes, files, stages } = this.record(value, 'body');
    const volumeRecords = this.list(volumes, 'volumes', 16).map((volume) => this.volume(volume));
    return {
      id: this.matching(id, /^[A-Za-z0-9-]{1,64}$/, 'id'),
      kind: this.oneOf(kind, ['volume', 'state-dir', 'file'] as const, 'kind'),
      dataSizeBytes: this.count(dataSizeBytes, 'dataSizeBytes'),
      volumes: volumeRecords,
      files: this.list(files, 'files', 65_536).map((file) => this.file(file, volumeRecords.length)),
      stages: this.stages(stages),
    };
  }

  record(value: unknown, name: string): Readonly<Record<string, unknown>> {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) throw this.wrong(name);
    return value as Readonly<Record<string, unknown>>;
  }

  list(value: unknown, name: string, limit: number): readonly unknown[] {
    if (!Array.isArray(value) || value.length > limit) throw this.wrong(name);
    return value;
  }

  /** An integer from 0 to below `limit`. */
  count(value: unknown, name: string, limit: number = MAX_FILE_SIZE_BYTES): number {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value >= limit) throw this.wrong(name);
    return value;
  }

  blob(value: unknown, name: string): BlobRecord {
    const { offset, sizeBytes, sha256: hash } = this.record(value, name);
    return {
      offset: this.count(offset, name),
      sizeBytes: this.count(sizeBytes, name),
      sha256: this.matching(hash, /^[0-9a-f]{64}$/, name),
    };
  }

  wrong(name: string): FormatError {
    return bad(this.subject, `holds a "${name}" that hivemend does not write`);
  }

  private stages(value: unknown): ManifestBody['stages'] {
    let previous = -1;
    return this.list(value, 'stages', STAGE_NAMES.length).map((entry) => {
      const { name, steps } = this.record(entry, 'stage');
      const stageName = this.oneOf(name, STAGE_NAMES, 'stage.name');
      if (STAGE_NAMES.indexOf(stageName) <= previous) throw this.wrong('stage.name');
      previous = STAGE_NAMES.indexOf(stageName);
      const records = this.list(steps, 'steps', 1 << 20).map((step) => this.record(step, 'step') as StepRecord);
      return { name: stageName, steps: records };
    });
  }

  private volume(value: unknown): JournalVolume {
    const { root, fileSystem, serial, partitionGuid, isHome } = this.record(value, 'volume');
    if (typeof isHome !== 'boolean') throw this.wrong('volume.isHome');
    return {
      root: this.matching(root, /^[^\0]{1,4096}$/s, 'volume.root'),
      fileSystem: this.textOrNull(fileSystem, 'volume.fileSystem'),
      serial: this.textOrNull(serial, 'volume.serial'),
      partitionGuid: this.textOrNull(partitionGuid, 'volume.partitionGuid'),
      isHome,
    };
  }

  private file(value: unknown, volumeCount: number): JournalFile {
    const { role, volume, path, sizeBytesBefore, sizeBytesAfter, sha256Before, sha256After } = this.record(
      value,
      'file',
    );
    const hash = (text: unknown, name: string): string | null =>
      text === null ? null : this.matching(text, /^[0-9a-f]{64}$/, name);
    const size = (number: unknown, name: string): number | null => (number === null ? null : this.count(number, name));
    return {
      role: this.oneOf(role, FILE_ROLES, 'file.role'),
      volume: this.count(volume, 'file.volume', volumeCount),
      path: this.relativePath(path),
      sizeBytesBefore: size(sizeBytesBefore, 'file.sizeBytesBefore'),
      sizeBytesAfter: size(sizeBytesAfter, 'file.sizeBytesAfter'),
      sha256Before: hash(sha256Before, 'file.sha256Before'),
      sha256After: hash(sha256After, 'file.sha256After'),
    };
  }

  /** Names with '/' between them, none of which leads upwards, to a drive or to a stream. */
  private relativePath(value: unknown): string {
    const path = this.matching(value, /^[^\0\\]{1,4096}$/s, 'file.path');
    const isPlain = path
      .split('/')
      .every((name) => name !== '' && name !== '.' && name !== '..' && !name.includes(':'));
    if (!isPlain) throw this.wrong('file.path');
    return path;
  }

  private textOrNull(value: unknown, name: string): string | null {
    return value === null ? null : this.matching(value, /^[^\0]{0,256}$/s, name);
  }

  private matching(value: unknown, pattern: RegExp, name: string): string {
    if (typeof value !== 'string' || !pattern.test(value)) throw this.wrong(name);
    return value;
  }

  private oneOf<const T extends string>(value: unknown, allowed: readonly T[], name: string): T {
    const found = allowed.find((known) => known === value);
    if (found === undefined) throw this.wrong(name);
    return found;
  }
}
