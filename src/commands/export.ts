// export: hives as documents, lines or timelines, from files and folders, to a sink. Reads only.

import { HivemendError, NotFoundError, UsageError } from '../base/errors.ts';
import type { Finding } from '../base/finding.ts';
import { append, pour } from '../base/lists.ts';
import { namedEntry } from '../base/open-entry.ts';
import { readWholeFile } from '../base/read-file.ts';
import { printable } from '../base/text.ts';
import { sha256 } from '../disk/sha256.ts';
import { type EngineCounts, EngineWriter } from '../formats/engine-writer.ts';
import type { HiveRecord } from '../formats/lines/json-records.ts';
import { endLine, errorLine, hiveLine, jsonLines } from '../formats/lines/jsonl.ts';
import { bodyfileLine, timesketchLine } from '../formats/lines/timeline.ts';
import { regFileChunks } from '../formats/reg/writer.ts';
import { hivexmlChunks } from '../formats/xml/hivexml.ts';
import { findHives, isFolder } from '../hive/find.ts';
import { type HiveKind, hiveKind, usualPrefix } from '../hive/kind.ts';
import { type HiveSource, openSource, type ReadHost, sourceOf } from '../hive/open.ts';
import { filteredKeys, type KeyFilter } from '../registry/key-filter.ts';
import { remnantRecords } from './deleted-records.ts';
import { EngineFile } from './engine-file.ts';
import { timelineEvents } from './timeline-events.ts';

const FORMATS = ['xml', 'jsonl', 'reg', 'timesketch', 'bodyfile'] as const;
export type ExportFormat = (typeof FORMATS)[number];

export interface ExportOptions extends KeyFilter {
  readonly format: ExportFormat;
  /** The primary as it lies: no log is replayed. */
  readonly isRaw?: boolean;
  /** Host paths of the logs of the one hive that is exported. */
  readonly logs?: readonly string[];
  /** JSON lines: also what can be recovered from free cells and slack. */
  readonly withDeleted?: boolean;
  /** XML: the attributes that make it importable without loss. */
  readonly isLossless?: boolean;
  /** .reg: what stands for the hive's root; by default where Windows shows a hive of its kind. */
  readonly prefix?: string;
  readonly signal?: AbortSignal;
  /** A piece is good only until the next one is made, which saves a copy. */
  readonly isChunkReused?: boolean;
  /** Told before each hive. */
  readonly onHive?: (path: string, index: number, count: number) => void;
}

const CHUNK_LENGTH = 65_536;

export interface ExportResult {
  readonly hives: number;
  /** Of JSON lines; 0 in other formats. */
  readonly keys: number;
  readonly values: number;
  readonly findings: readonly Finding[];
  readonly errors: readonly { readonly source: string; readonly error: HivemendError }[];
}

/** Takes text (to be written as UTF-8) or bytes. */
export type Sink = (chunk: Uint8Array | string) => void;

/**
 * Exports the hives that `paths` (files and folders) name, one after the other, each freed before the next is read. A
 * hive of several that cannot be read is in `errors`, and in JSON lines an error record; the rest goes on.
 * @throws for a single file what openSource throws; UsageError BAD_ARGUMENT where several hives are asked for in a
 *   format that holds one (xml, reg), or where `logs` is given for several; what `signal` aborts with.
 */
export function exportHives(
  host: ReadHost,
  paths: readonly string[],
  options: ExportOptions,
  sink: Sink,
): ExportResult {
  return pour(exportChunks(host, paths, options), sink);
}

/**
 * What exportHives writes, piece by piece, for streams that must not be hurried: `Readable.from(exportChunks(...))`. Only
 * what has been taken has been read. Errors as exportHives.
 */
export function* exportChunks(
  host: ReadHost,
  paths: readonly string[],
  options: ExportOptions,
): Generator<Uint8Array | string, ExportResult> {
  const sources = exportSources(host, paths, options);
  const isSingle = sources.length === 1 && paths.length === 1 && !isFolder(host, paths[0]!);
  const errors: { source: string; error: HivemendError }[] = [];
  const findings: Finding[] = [];
  let keys = 0;
  let values = 0;
  for (const [index, source] of sources.entries()) {
    const { path } = source;
    options.signal?.throwIfAborted();
    options.onHive?.(path, index, sources.length);
    try {
      const written = yield* sourceChunks(host, source, options);
      append(findings, written.findings);
      keys += written.keys;
      values += written.values;
    } catch (error) {
      if (isSingle || !(error instanceof HivemendError)) throw error;
      errors.push({ source: path, error });
      if (options.format === 'jsonl') yield errorLine(path, error);
    }
  }
  return { hives: sources.length - errors.length, keys, values, findings, errors };
}

/** A hive to export; without `logs`, those that lie beside it are its own. */
export interface ExportSource {
  readonly path: string;
  readonly logs?: readonly string[] | undefined;
}

/** The hives that `paths` name, in the order in which they are exported. @throws as exportHives, of the paths alone. */
export function exportSources(host: ReadHost, paths: readonly string[], options: ExportOptions): ExportSource[] {
  if (!Array.isArray(paths) || paths.length === 0) {
    throw new UsageError('BAD_ARGUMENT', 'no file and no folder was named to export, expected a list of them');
  }
  if (!FORMATS.includes(options.format)) {
    throw new UsageError('BAD_ARGUMENT', `${options.format} is not a format, expected ${FORMATS.join(', ')}`);
  }
  const sources = paths.flatMap((path) =>
    isFolder(host, path) ? findHives(host, path) : [{ path: namedEntry(host.fs, path), logs: options.logs }],
  );
  refuseSeveral(sources.length, options);
  if (sources.length === 0)
    throw new NotFoundError('HIVE_NOT_FOUND', `no hive was found in ${paths.map(printable).join(', ')}`);
  return sources;
}

function refuseSeveral(count: number, options: ExportOptions): void {
  if (count <= 1) return;
  if (options.format === 'xml' || options.format === 'reg') {
    throw new UsageError('BAD_ARGUMENT', `${options.format} holds one hive, but ${count} were named`, {
      hint: 'export them one by one, or with --format jsonl',
    });
  }
  if (options.logs !== undefined) {
    throw new UsageError('BAD_ARGUMENT', `logs belong to one hive, but ${count} were named`);
  }
}

interface Written {
  readonly keys: number;
  readonly values: number;
  readonly findings: readonly Finding[];
}

/** By the engine where there is one and it can, and by the writers of formats/ else. */
function* sourceChunks(
  host: ReadHost,
  { path, logs }: ExportSource,
  options: ExportOptions,
): Generator<Uint8Array | string, Written> {
  const how = { isRaw: options.isRaw ?? false, ...(logs === undefined ? {} : { logs }) };
  if (host.engine === undefined || !isForEngine(options)) {
    return yield* writtenChunks(openSource(host, path, how), options);
  }
  using file = new EngineFile(host.engine);
  const original = readWholeFile(host.fs, path, (sizeBytes) => file.allocate(sizeBytes));
  const source = sourceOf(host, path, original, how);
  let manifest: Manifest | null = null;
  using writer = EngineWriter.open(file.opener(source.recovery.image), source.hive.tree, (hive) => {
    if (options.format === 'xml') return { format: 'xml' };
    const kind = hiveKind(hive);
    if (options.format === 'reg') return { format: 'reg', prefix: options.prefix ?? usualPrefix(kind) };
    manifest = manifestOf(source, kind);
    return { format: 'jsonl', source: source.path };
  });
  if (writer !== null) return yield* engineChunks(writer, source, options, manifest);
  const copy = file.copy();
  const again = copy === null ? openSource(host, path, how) : sourceOf(host, path, copy, how);
  return yield* writtenChunks(again, options);
}

/** What the engine writes; of JSON lines, between those of the hive. */
function* engineChunks(
  writer: EngineWriter,
  source: HiveSource,
  { isChunkReused, signal }: ExportOptions,
  manifest: Manifest | null,
): Generator<Uint8Array | string, Written> {
  if (manifest !== null) yield hiveLine(manifest);
  const chunks = writer.chunks();
  let next = chunks.next();
  for (; !next.done; next = chunks.next()) {
    yield isChunkReused ? next.value : next.value.slice();
    signal?.throwIfAborted();
  }
  const findings = source.findings();
  if (manifest === null) return { keys: 0, values: 0, findings };
  const counts: EngineCounts = next.value;
  yield endLine({ source: source.path, ...counts, remnants: 0, findings });
  return { ...counts, findings };
}

/** Not: other formats, parts of a hive, and what only the lossless form or records of remnants hold. */
function isForEngine({ format, since, until, match, depth, isLossless, withDeleted }: ExportOptions): boolean {
  const isWhole = since === undefined && until === undefined && match === undefined && depth === undefined;
  if (format === 'xml') return !isLossless;
  return isWhole && (format === 'reg' || (format === 'jsonl' && !withDeleted));
}

function* writtenChunks(source: HiveSource, options: ExportOptions): Generator<Uint8Array | string, Written> {
  const signal = options.signal === undefined ? {} : { signal: options.signal };
  switch (options.format) {
    case 'jsonl': {
      const counts = yield* jsonLines(source.hive, {
        ...options,
        manifest: manifestOf(source, hiveKind(source.hive)),
        findings: () => source.findings(),
        ...(options.withDeleted ? { remnants: remnantRecords(source, options) } : {}),
      });
      return { keys: counts.keys, values: counts.values, findings: source.findings() };
    }
    case 'xml': {
      const findings = yield* hivexmlChunks(source.hive, {
        image: source.recovery.image,
        file: source.path,
        lossless: options.isLossless ?? false,
        ...signal,
      });
      return { keys: 0, values: 0, findings: [...source.findings(), ...findings] };
    }
    case 'reg': {
      const findings = yield* regFileChunks(filteredKeys(source.hive, options), {
        prefix: options.prefix ?? usualPrefix(hiveKind(source.hive)),
        file: source.path,
        ...signal,
      });
      return { keys: 0, values: 0, findings: [...source.findings(), ...findings] };
    }
    case 'timesketch':
    case 'bodyfile':
      return yield* timelineChunks(source, options);
  }
}

function* timelineChunks(source: HiveSource, options: ExportOptions): Generator<string, Written> {
  const format = options.format === 'timesketch' ? timesketchLine : bodyfileLine;
  let text = '';
  for (const event of timelineEvents(source, options)) {
    options.signal?.throwIfAborted();
    text += format(event) ?? '';
    if (text.length < CHUNK_LENGTH) continue;
    yield text;
    text = '';
  }
  yield text;
  return { keys: 0, values: 0, findings: source.findings() };
}

type Manifest = Omit<HiveRecord, 'record' | 'schema'>;

function manifestOf(source: HiveSource, kind: HiveKind): Manifest {
  return {
    source: source.path,
    sha256: sha256(source.original),
    sizeBytes: source.original.byteLength,
    kind,
    version: `1.${source.hive.minorVersion}`,
    view: source.hive.view,
    wasDirty: source.recovery.wasDirty,
    entriesApplied: source.recovery.entriesApplied,
    logs: source.logs.map(({ path, bytes }) => ({ name: path, sha256: sha256(bytes), sizeBytes: bytes.byteLength })),
  };
}
