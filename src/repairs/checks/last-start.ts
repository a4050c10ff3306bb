// What the last start left behind: the newest crash dump, and which files it still wrote.

import type { Finding } from '../../base/finding.ts';
import { timeText } from '../../base/time.ts';
import { blamedDriver, newestDump } from '../start/dump.ts';
import { stopCodeOf, stopCodeText } from '../start/stop-codes.ts';
import type { MachineView } from '../view.ts';
import { tried } from '../windows-files.ts';
import type { Check } from './check.ts';

/** Files are written within this time of each other by one and the same start. */
const ONE_START = 10n * 60n * 10_000_000n;

function crashFindings(view: MachineView): Finding[] {
  const dump = newestDump(view);
  if (!dump) return [];
  const { code, parameters, time } = dump.header;
  const known = stopCodeOf(code.toString(16));
  const name = known === null ? '' : ` ${known.name}`;
  const numbers = parameters.map((parameter) => `0x${parameter.toString(16)}`).join(', ');
  const blamed = blamedDriver(view);
  const driver = blamed === null ? '' : ` Windows blames ${blamed.file}.`;
  const when = time === null ? '' : ` on ${timeText(time)}`;
  return [
    {
      code: 'LAST_CRASH',
      severity: 'info',
      where: { file: dump.path },
      text: `Last crash ${stopCodeText(code)}${name} (${numbers})${when}.${driver}${known ? ` ${known.meaning} hivemend diagnose --symptom ${stopCodeText(code)} puts its causes first.` : ''}`,
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
