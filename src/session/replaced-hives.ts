// Staged files that take the place of a hive that Windows loads. Written as plain files, a cut would leave pages of two
// hives beside the logs of the first; so they are taken out of the plan's files and become hives in the place of hives.

import { bytesEqual, fromHex } from '../base/bytes.ts';
import { RefusedError } from '../base/errors.ts';
import type { Finding } from '../base/finding.ts';
import { nameOfHost, type PathStyle } from '../base/host-path.ts';
import { printable, upcase } from '../base/text.ts';
import { descriptorOf } from '../commit/journal/private.ts';
import type { CommitTarget, FileTarget, HiveTarget, JournalHost, MoveTarget } from '../commit/request.ts';
import type { WindowsFound } from '../disk/locate.ts';
import { readCopy } from '../hive/damaged.ts';
import type { RebuiltHive } from '../hive/rebuild/rebuild.ts';
import { soundCopy } from '../hive/rebuild/sound-copy.ts';
import type { Host } from '../host.ts';
import { LOG_ENDINGS } from '../regf/logs/log-names.ts';
import type { LogFile } from '../regf/logs/recover.ts';
import type { VolumeEdit } from '../registry/edit.ts';

export type StagedTarget = Exclude<CommitTarget, HiveTarget>;

/** The bytes that a plan puts where a hive lies, and the logs that it puts beside them. */
export interface IncomingHive {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly logs: readonly LogFile[];
}

export interface SplitTargets {
  readonly incoming: readonly IncomingHive[];
  /** Everything else: a hive that is renamed first becomes a new file with its old bytes. */
  readonly rest: readonly StagedTarget[];
}

/** Host paths of the hives that Windows loads from these volumes. */
export function hivePathsOf(found: WindowsFound | null): ReadonlySet<string> {
  if (found === null) return new Set();
  const profiles = found.profiles.flatMap(({ ntuser, usrClass }) => [ntuser, usrClass]);
  const paths = [...Object.values(found.hives), ...found.bcdStores.map(({ path }) => path), ...profiles];
  return new Set(paths.filter((path) => path !== null));
}

/** Takes out of `steps`, which are in the plan's order, what replaces one of `hivePaths` and what is done to its logs. */
export function splitHives(
  host: JournalHost & { readonly style: PathStyle },
  steps: readonly StagedTarget[],
  hivePaths: ReadonlySet<string>,
): SplitTargets {
  const net = netBytes(steps);
  const taken = new Set<string>();
  const incoming: IncomingHive[] = [];
  for (const path of hivePaths) {
    const { before = null, after = null } = net.get(path) ?? {};
    if (before === null || after === null || bytesEqual(before, after)) continue;
    const names = LOG_ENDINGS.map((ending) => upcase(`${path}${ending}`));
    const logs = [...net].filter(([other]) => names.includes(upcase(other)));
    for (const each of [path, ...logs.map(([log]) => log)]) taken.add(each);
    const made = logs.flatMap(([log, { after: bytes }]) =>
      bytes === null ? [] : [{ name: nameOfHost(log, host.style), bytes }],
    );
    incoming.push({ path, bytes: after, logs: made });
  }
  return { incoming, rest: taken.size === 0 ? steps : steps.flatMap((step) => withoutTaken(host, step, taken)) };
}

/** What each path holds before and after the steps. */
function netBytes(
  steps: readonly StagedTarget[],
): Map<string, { before: Uint8Array | null; after: Uint8Array | null }> {
  const net = new Map<string, { before: Uint8Array | null; after: Uint8Array | null }>();
  const add = (path: string, before: Uint8Array | null, after: Uint8Array | null): void => {
    net.set(path, { before: net.has(path) ? net.get(path)!.before : before, after });
  };
  for (const step of steps) {
    if (step.kind === 'file') add(step.path, step.before, step.after);
    if (step.kind !== 'move') continue;
    add(step.path, step.bytes, null);
    add(step.to, null, step.bytes);
  }
  return net;
}

function withoutTaken(host: JournalHost, step: StagedTarget, taken: ReadonlySet<string>): StagedTarget[] {
  if (step.kind === 'file') return taken.has(step.path) ? [] : [step];
  return step.kind === 'move' ? movedAround(host, step, taken) : [step];
}

/** A move whose other name is a hive's: a file that is made, or one that is deleted. */
function movedAround(host: JournalHost, step: MoveTarget, taken: ReadonlySet<string>): (FileTarget | MoveTarget)[] {
  const { path, to, bytes } = step;
  if (!taken.has(path) && !taken.has(to)) return [step];
  if (!taken.has(path)) return [{ kind: 'file', path, before: bytes, after: null }];
  if (taken.has(to)) return [];
  const descriptor = descriptorOf(host, path);
  return [{ kind: 'file', path: to, before: null, after: bytes, ...(descriptor ? { descriptor } : {}) }];
}

/**
 * The hive that is to lie at `path`, its own logs replayed.
 * @throws as soundCopy.
 */
export function incomingHive(host: Host, { path, bytes, logs }: IncomingHive): RebuiltHive {
  const file = `what is to become ${printable(path)}`;
  return soundCopy(
    host.engine,
    { file, ...readCopy(file, bytes, logs) },
    {
      isSecret: false,
      filetime: host.now(),
      hint: 'List the other copies, and take one of them:\n  hivemend rebuild <hive> --volume <volume> --dry-run',
    },
  );
}

interface HivePlaces {
  isHiveAt(path: string): boolean;
  readFile(path: string): Uint8Array | null;
}

/** Why what an edit puts where a hive lies is none: RegBack's files are empty since Windows 10 1803. Null: it may be one. */
export function whyNoHive(files: HivePlaces, edit: VolumeEdit): string | null {
  if (edit.op !== 'write-file' && edit.op !== 'move-file') return null;
  const path = edit.op === 'move-file' ? edit.to : edit.path;
  if (!files.isHiveAt(path)) return null;
  const bytes = edit.op === 'move-file' ? files.readFile(edit.path) : fromHex(edit.hex);
  return readCopy(`what would take the place of ${path}`, bytes ?? new Uint8Array(0), []).problem?.message ?? null;
}

/** What is said of hives that take another's place. */
export function replacedFindings(paths: readonly string[], style: PathStyle): Finding[] {
  return paths.map((path) => ({
    code: 'HIVE_REPLACED',
    severity: 'warning',
    where: { file: path },
    text: `${upcase(nameOfHost(path, style))} becomes another hive, and is written without its transaction logs, which are emptied: if the write is cut off, Windows cannot start until hivemend undo has run.`,
  }));
}

/** @throws RefusedError HALF_OF_A_PAIR where SAM or SECURITY is replaced without the other. */
export function refuseHalves(paths: readonly string[], style: PathStyle): void {
  const names = new Set(paths.map((path) => upcase(nameOfHost(path, style))));
  for (const path of paths) {
    const name = upcase(nameOfHost(path, style));
    const twin = { SAM: 'SECURITY', SECURITY: 'SAM' }[name];
    if (twin === undefined || names.has(twin)) continue;
    throw new RefusedError(
      'HALF_OF_A_PAIR',
      `${path} would be replaced without ${twin}: they hold each other's secrets, and nobody could log on`,
      { hint: `replace ${twin} as well, by the copy that lies beside this one`, data: { path } },
    );
  }
}
