// Other copies of a damaged hive that lie on its disk, or that somebody named: each is judged, none is taken by itself.

import { HivemendError } from '../../base/errors.ts';
import { folderOfHost, joinHost, nameOfHost, type PathStyle } from '../../base/host-path.ts';
import { namedEntry } from '../../base/open-entry.ts';
import { namesIn, statOf } from '../../base/read-folder.ts';
import { upcase } from '../../base/text.ts';
import { filetimeToIso } from '../../base/time.ts';
import { type HiveSource, openSource, type ReadHost } from '../../hive/open.ts';
import { parseBaseBlock } from '../../regf/base-block.ts';
import { validate } from '../../regf/gate/validate.ts';
import type { Hive } from '../../registry/hive.ts';
import { diffHives } from '../../registry/proof/diff.ts';
import { readString } from '../../registry/value.ts';
import type { RebuildSource } from '../../report.ts';

/** Where Windows, its set-up and those who repair it keep copies of a hive: names from config's folder on, and below it. */
function candidates({ fs, style }: ReadHost, path: string, more: readonly string[]): string[] {
  const config = folderOfHost(path, style);
  const name = nameOfHost(path, style);
  const windows = folderOfHost(folderOfHost(config, style), style);
  const wanted: readonly (readonly [string, readonly string[]])[] = [
    [config, ['RegBack', name]],
    [config, [`${name}.OLD`]],
    [config, [`${name}.SAV`]],
    [windows, ['repair', name]],
  ];
  const found = wanted.flatMap(([folder, names]) => inFolder(fs, folder, names, style) ?? []);
  return [...new Set([...found, ...more])];
}

/** Names compared as Windows does; null where there is no such file. */
function inFolder(fs: ReadHost['fs'], folder: string, names: readonly string[], style: PathStyle): string | null {
  let at = folder;
  for (const wanted of names) {
    const name = namesIn(fs, at).find((other) => upcase(other) === upcase(wanted));
    if (name === undefined) return null;
    at = joinHost(at, name, style);
  }
  return statOf(fs, at)?.isFile() ? at : null;
}

/** Judges every other copy of the hive at `path`; `rebuilt` is what they are compared with, null: nothing is left of it. */
export function otherSources(
  host: ReadHost,
  path: string,
  rebuilt: Hive | null,
  named: readonly string[],
): RebuildSource[] {
  return candidates(host, path, named).map((source) => described(host, source, rebuilt));
}

function described(host: ReadHost, path: string, rebuilt: Hive | null): RebuildSource {
  const sizeBytes = statOf(host.fs, path)?.size ?? 0;
  try {
    const source = openSource(host, namedEntry(host.fs, path));
    return { path, problem: null, sizeBytes, ...facts(source), ...compared(source.hive, rebuilt) };
  } catch (error) {
    if (!(error instanceof HivemendError)) throw error;
    const nothing = {
      isDirty: false,
      defectCount: 0,
      lastWritten: null,
      machine: 'unknown',
      differences: null,
    } as const;
    return { path, problem: sizeBytes === 0 ? `${path} is empty (0 bytes)` : error.message, sizeBytes, ...nothing };
  }
}

function facts({ recovery, path }: HiveSource): Pick<RebuildSource, 'isDirty' | 'defectCount' | 'lastWritten'> {
  const { lastWritten } = parseBaseBlock(recovery.image, path);
  const defects = validate(recovery.image, path).filter(({ severity }) => severity === 'error');
  return {
    isDirty: !recovery.isUsable,
    defectCount: defects.length,
    lastWritten: { iso: filetimeToIso(lastWritten), filetime: lastWritten.toString() },
  };
}

function compared(source: Hive, rebuilt: Hive | null): Pick<RebuildSource, 'machine' | 'differences'> {
  if (rebuilt === null) return { machine: 'unknown', differences: null };
  const differences = diffHives(rebuilt, source);
  const count = (...kinds: readonly string[]): number => differences.filter(({ kind }) => kinds.includes(kind)).length;
  return {
    machine: machineOf(source, rebuilt),
    differences: {
      keysMissing: count('key-removed'),
      keysMore: count('key-added'),
      valuesDiffer: count('value-added', 'value-removed', 'value-changed'),
    },
  };
}

/** What names the machine in SYSTEM and in SOFTWARE. */
const NAMES: readonly (readonly [readonly string[], string])[] = [
  [['ControlSet001', 'Control', 'ComputerName', 'ComputerName'], 'ComputerName'],
  [['Microsoft', 'Cryptography'], 'MachineGuid'],
];

function machineOf(source: Hive, rebuilt: Hive): RebuildSource['machine'] {
  for (const [path, value] of NAMES) {
    const [here, there] = [rebuilt, source].map((hive) => readString(hive.value(path, value)));
    if (here == null || there == null) continue;
    return upcase(here) === upcase(there) ? 'same' : 'other';
  }
  return 'unknown';
}
