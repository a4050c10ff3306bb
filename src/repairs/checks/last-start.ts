// What the last start left behind: the newest crash dump, and which files it still wrote.

import { HivemendError } from '../../base/errors.ts';
import type { Finding } from '../../base/finding.ts';
import { filetimeToIso } from '../../base/time.ts';
import type { WindowsPath } from '../../registry/edit.ts';
import { DUMP_HEADER_SIZE_BYTES, type DumpHeader, decodeDumpHeader } from '../start/dump.ts';
import { stopCodeOf, stopCodeText } from '../start/stop-codes.ts';
import type { MachineView } from '../view.ts';
import type { Check } from './check.ts';

/** Minidumps whose headers are read; Windows keeps 50 by default. */
const MOST_DUMPS = 200;
/** Files are written within this time of each other by one and the same start. */
const ONE_START = 10n * 60n * 10_000_000n;

/** '2024-07-19 06:10 UTC'. */
function timeText(filetime: bigint): string {
  return `${(filetimeToIso(filetime) ?? '').slice(0, 16).replace('T', ' ')} UTC`;
}

/** Null where there is no such file, or none that may be read. */
function tried<T>(look: () => T): T | null {
  try {
    return look();
  } catch (error) {
    if (error instanceof HivemendError) return null;
    throw error;
  }
}

interface FoundDump {
  readonly path: WindowsPath;
  readonly header: DumpHeader;
}

function newestDump(view: MachineView): FoundDump | null {
  const { files, windowsPath } = view;
  if (!files) return null;
  const folder = `${windowsPath}\\Minidump`;
  const names = tried(() => files.list(folder)) ?? [];
  const small = names.filter((name) => /\.dmp$/i.test(name)).map((name) => `${folder}\\${name}`);
  const found = [...small.slice(-MOST_DUMPS), `${windowsPath}\\MEMORY.DMP`].flatMap((path): FoundDump[] => {
    const bytes = tried(() => files.readFile(path, DUMP_HEADER_SIZE_BYTES));
    const header = bytes ? decodeDumpHeader(bytes) : null;
    return header ? [{ path, header }] : [];
  });
  const [first, ...rest] = found;
  if (!first) return null;
  return rest.reduce((newest, dump) => ((dump.header.time ?? 0n) > (newest.header.time ?? 0n) ? dump : newest), first);
}

function crashFindings(view: MachineView): Finding[] {
  const dump = newestDump(view);
  if (!dump) return [];
  const { code, parameters, time } = dump.header;
  const known = stopCodeOf(code.toString(16));
  const name = known === null ? '' : ` ${known.name}`;
  const numbers = parameters.map((parameter) => `0x${parameter.toString(16)}`).join(', ');
  const when = time === null ? '' : ` on ${timeText(time)}`;
  return [
    {
      code: 'LAST_CRASH',
      severity: 'info',
      where: { file: dump.path },
      text: `Last crash ${stopCodeText(code)}${name} (${numbers})${when}.${known ? ` ${known.meaning} hivemend diagnose --symptom ${stopCodeText(code)} puts its causes first.` : ''}`,
    },
  ];
}

/** How far the last start came, by the dates of what each stage writes; [] where the volume tells none. */
export function stageFindings(view: MachineView): Finding[] {
  const { files, windowsPath } = view;
  const config = `${windowsPath}\\System32\\config`;
  const events = `${windowsPath}\\System32\\winevt\\Logs\\System.evtx`;
  const dated = [
    ['the registry (SYSTEM.LOG1)', `${config}\\SYSTEM.LOG1`],
    ['ntbtlog.txt', `${windowsPath}\\ntbtlog.txt`],
    ['the event log (System.evtx)', events],
  ].flatMap(([name = '', path = '']) => {
    const time = tried(() => files?.modifiedAt?.(path) ?? null);
    return time === null ? [] : [{ name, path, time }];
  });
  if (dated.length === 0) return [];
  const registry = dated.find(({ path }) => path.endsWith('LOG1'))?.time ?? null;
  const log = dated.find(({ path }) => path === events)?.time ?? null;
  const stopped =
    registry !== null && log !== null && registry > log + ONE_START
      ? ' The registry was written after the last event: the last start may have stopped before services ran.'
      : '';
  return [
    {
      code: 'LAST_START',
      severity: 'info',
      where: { file: dated[0]!.path },
      text: `Last written: ${dated.map(({ name, time }) => `${name} ${timeText(time)}`).join(', ')}.${stopped}`,
    },
  ];
}

export const LAST_START_CHECKS: readonly Check[] = [
  { link: 'boot', article: 'our own', certainty: 'certain', detect: crashFindings },
];
