// rebuild: a damaged hive made sound, with every loss listed, and judged before anybody is asked.

import { FormatError, type HivemendError, NotFoundError, RefusedError, UsageError } from '../../base/errors.ts';
import { folderOfHost, joinHost, nameOfHost } from '../../base/host-path.ts';
import { namedEntry } from '../../base/open-entry.ts';
import { commandLine } from '../../base/quote.ts';
import { namesIn } from '../../base/read-folder.ts';
import { upcase } from '../../base/text.ts';
import { type DamagedHive, loadDamaged } from '../../hive/damaged.ts';
import { type RebuiltHive, rebuildImage } from '../../hive/rebuild/rebuild.ts';
import { soundCopy } from '../../hive/rebuild/sound-copy.ts';
import { transactionFiles } from '../../hive/transactions.ts';
import type { Host } from '../../host.ts';
import type { Hive } from '../../registry/hive.ts';
import { openVerifierHive } from '../../registry/readers/verifier-hive.ts';
import type { RebuildFacts, RebuildSource } from '../../report.ts';
import { bindSystemStore } from '../../session/boot-store.ts';
import { onVolumes } from '../../session/disks/attach-hives.ts';
import { machineOf, machineView } from '../../session/machine-view.ts';
import { type Prepared, PreparedCommit } from '../../session/prepared.ts';
import { Session, type SessionOptions } from '../../session/session.ts';
import { descriptorFindings, factsOf, type RebuildResult } from './facts.ts';
import { otherSources } from './sources.ts';
import { startVerdict } from './start-verdict.ts';

export interface RebuildRequest extends SessionOptions {
  /** A hive file; with volumes, a hive of their Windows: SYSTEM, SOFTWARE, SAM, BCD and so on, or a path on its volume. */
  readonly hive: string;
  readonly volumes: readonly string[];
  /** Keys without a known parent are kept below a key of their own. */
  readonly orphans: boolean;
  /** Deleted records are kept below another key of their own. */
  readonly deleted?: boolean;
  /** Another copy, which takes the place of the hive instead of what a rebuild makes of it. */
  readonly from?: string;
  /** The new file that the caller writes; left out: the old one is written by `commit`. */
  readonly output?: string;
  readonly acceptLoss: boolean;
  /** Files of registry transactions beside the hive are deleted in the same commit. */
  readonly removeTransactions?: boolean;
  readonly note?: string;
}

export interface PreparedRebuild extends Prepared {
  readonly facts: RebuildFacts;
  /** The whole hive, for a new file. */
  readonly image: Uint8Array;
}

/** These two hold each other's secrets: one without the other lets nobody log on. */
const PAIR: Readonly<Record<string, string>> = { SAM: 'SECURITY', SECURITY: 'SAM' };

/**
 * Loads, rebuilds, proves and judges in memory; nothing is written. The caller disposes of what it gets.
 * @throws FormatError NOT_A_HIVE where nothing can be rebuilt (`data.sources` are the other copies), UNSUPPORTED_VERSION;
 *   NotFoundError HIVE_NOT_FOUND, FILE_NOT_FOUND; UsageError BAD_ARGUMENT; RefusedError DAMAGED_HIVE, DIRTY_HIVE for a
 *   `from` that is not sound; as Session.
 */
export function prepareRebuild(base: Host, request: RebuildRequest): PreparedRebuild {
  const session = openSession(base, request);
  const { host } = session;
  try {
    if (request.output === undefined) session.refuseUnfinished();
    const name = nameIn(session, request);
    const path = session.pathOf(name)!;
    const hive = loadDamaged(host, name, path);
    const result = resultOf(host, session, hive, request);
    const view = place(host, session, hive, result, request);
    if (request.removeTransactions) removeTransactions(session, path, request);
    return new RebuildReady(session, hive, result, view, request);
  } catch (error) {
    session.close();
    throw error;
  }
}

function openSession(host: Host, request: RebuildRequest): Session {
  const { hive, volumes } = request;
  const options = { ...request, ...(request.output === undefined ? {} : { isReading: true }) };
  if (volumes.length === 0) return Session.overFiles(host, [{ name: 'HIVE', path: hive }], options);
  return Session.overVolumes(host, volumes, options);
}

/** What the session calls the hive that is meant: by its name, or by its path on one of the volumes. */
function nameIn(session: Session, { hive, volumes }: RebuildRequest): string {
  if (volumes.length === 0) return 'HIVE';
  const name = upcase(hive);
  if (name === 'BCD') bindSystemStore(session);
  if (session.pathOf(name) !== null) return name;
  const roots = session.volumes.map(({ root }) => root);
  const path = onVolumes(session.host, roots, hive);
  if (path === null) {
    const names = [...Object.keys(session.found?.hives ?? {}), 'BCD'].join(', ');
    const message = `there is no hive ${hive} on these volumes, expected one of ${names}, or a path on them`;
    throw new NotFoundError('HIVE_NOT_FOUND', message);
  }
  const known = session.nameOf(path);
  if (known === null) session.bind(name, path);
  return known ?? name;
}

function resultOf(host: Host, session: Session, hive: DamagedHive, request: RebuildRequest): RebuildResult {
  const { from } = request;
  if (from !== undefined) {
    const rebuilt = otherCopy(host, hive, from);
    const sources = otherSources(host, hive.path, readOf(hive, rebuilt), [from]);
    return { rebuilt, way: 'other-copy', why: `${from} was named to take its place`, sources };
  }
  try {
    const rebuilt = rebuildImage(host.engine, hive.image, rebuildOptions(host, hive, request));
    const sources = rebuilt.way === 'sound' ? [] : otherSources(host, hive.path, readOf(hive, rebuilt), []);
    return { rebuilt, way: rebuilt.way, why: rebuilt.why, sources };
  } catch (error) {
    if (!(error instanceof FormatError) || error.code !== 'NOT_A_HIVE') throw error;
    throw nothingLeft(session, hive, error, otherSources(host, hive.path, null, []), request);
  }
}

const rebuildOptions = (
  host: Host,
  hive: DamagedHive,
  { orphans, deleted = false }: Pick<RebuildRequest, 'orphans' | 'deleted'>,
) => ({
  file: hive.path,
  orphans,
  deleted,
  isSecret: PAIR[nameOf(host, hive)] !== undefined,
  filetime: host.now(),
});

const nameOf = (host: Host, { path }: DamagedHive): string => upcase(nameOfHost(path, host.style));

const readOf = (hive: DamagedHive, { image }: RebuiltHive): Hive =>
  openVerifierHive(hive.name, image, hive.path, 'primary');

function nothingLeft(
  session: Session,
  hive: DamagedHive,
  cause: FormatError,
  sources: readonly RebuildSource[],
  request: RebuildRequest,
): FormatError {
  const lost = hive.findings.find(({ code }) => code === 'BASE_BLOCK_LOST');
  const message = hive.original.some((byte) => byte !== 0) ? cause.message : (lost?.text ?? cause.message);
  const usable = sources.filter(({ problem, isDirty }) => problem === null && !isDirty).map(({ path }) => path);
  const others =
    usable.length > 0 ? `other copies are there: ${usable.join(', ')}` : 'no other copy was found beside it';
  return new FormatError('NOT_A_HIVE', `${message}; ${others}`, {
    hint: commandLine(
      [
        ...['hivemend', 'rebuild', request.hive, ...request.volumes.flatMap((volume) => ['--volume', volume])],
        ...['--from', usable[0] ?? '<copy from a backup>', '--dry-run'],
      ],
      session.host.style,
    ),
    data: { sources, findings: hive.findings },
    cause,
  });
}

/** Another copy of the hive: taken only when it is sound, or becomes so without a loss. */
function otherCopy(host: Host, hive: DamagedHive, from: string): RebuiltHive {
  const { recovery, problem } = loadDamaged(host, hive.name, namedEntry(host.fs, from));
  const hint = `${commandLine(['hivemend', 'rebuild', from, '-o', '<file>'], host.style)}  makes a sound one of it`;
  return soundCopy(
    host.engine,
    { file: from, recovery, problem },
    { ...rebuildOptions(host, hive, { orphans: false }), hint },
  );
}

/** Puts the result into the session, where it is read and from where it is committed. */
function place(host: Host, session: Session, hive: DamagedHive, result: RebuildResult, request: RebuildRequest): Hive {
  const isOther = result.way === 'other-copy';
  if (result.way === 'sound') return readOf(hive, result.rebuilt);
  const other = PAIR[nameOf(host, hive)];
  if (request.from !== undefined && request.output === undefined && other !== undefined) {
    const path = session.pathOf(other);
    const folder = folderOfHost(request.from, host.style);
    const twin = namesIn(host.fs, folder).find((name) => upcase(name) === other);
    if (path === null || twin === undefined) {
      const message = `SAM and SECURITY belong together, and ${path === null ? 'no volume was given' : `${folder} does not have ${other}`}`;
      throw new UsageError('BAD_ARGUMENT', message, { hint: 'give --volume, and a copy with both in one folder' });
    }
    const damaged = loadDamaged(host, other, path);
    session.replace(damaged, otherCopy(host, damaged, joinHost(folder, twin, host.style)), isOther);
  }
  return session.replace(hive, result.rebuilt, isOther);
}

/** By their names alone: what is in them is Windows' own, and it makes new ones. */
function removeTransactions(session: Session, path: string, { output }: RebuildRequest): void {
  const { found, host } = session;
  if (found === null || output !== undefined) {
    throw new UsageError(
      'BAD_ARGUMENT',
      '--remove-transactions deletes files of a volume, expected --volume and --in-place',
    );
  }
  const onVolume = (file: string): string =>
    file
      .slice(found.volume.length)
      .replaceAll('/', '\\')
      .replace(/^(?!\\)/, '\\');
  session.apply(transactionFiles(host, path).map((file) => ({ op: 'delete-file', path: onVolume(file) })));
}

class RebuildReady extends PreparedCommit implements PreparedRebuild {
  readonly facts: RebuildFacts;
  readonly image: Uint8Array;
  private readonly isLossAccepted: boolean;

  constructor(session: Session, hive: DamagedHive, result: RebuildResult, view: Hive, request: RebuildRequest) {
    const start = startVerdict(session, view);
    const facts = factsOf(hive, result, start, {
      isVital: PAIR[nameOf(session.host, hive)] !== undefined || hive.name.startsWith('BCD'),
      acceptDirty: request.acceptDirty ?? false,
      output: request.output ?? null,
    });
    const machine = session.found
      ? machineOf(session, machineView(session, { controlSets: 'existing', create: [] }))
      : null;
    super(session, session.prove(), {
      command: 'rebuild',
      ...(request.note === undefined ? {} : { note: request.note }),
      machine,
      outcomes: [],
      findings: [...session.unfinished(), ...hive.findings, ...descriptorFindings(hive.path, facts.losses)],
      skipped: [],
      isWhole: facts.losses.length === 0,
      edits: [],
      why: [],
      options: {},
      rebuild: facts,
    });
    this.facts = facts;
    this.image = result.rebuilt.image;
    this.isLossAccepted = request.acceptLoss;
  }

  /** A new file is written whatever is lost, and wherever the damaged one lies. */
  override whyRefused(): HivemendError | null {
    const { output, toAccept } = this.facts;
    if (output !== null) return null;
    const refusal = super.whyRefused();
    if (refusal !== null || toAccept.length === 0 || this.isLossAccepted) return refusal;
    return new RefusedError('LOSS_NOT_ACCEPTED', `the rebuilt hive is not written: ${toAccept.join('; ')}`, {
      hint: 'read the losses and the other copies with --dry-run, then add --accept-loss',
      data: { toAccept },
    });
  }
}
