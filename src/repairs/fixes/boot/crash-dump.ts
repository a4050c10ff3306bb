// A dump when Windows stops, and on the NMI that the cloud's portal can send.

import { dword, expandSz } from '../../../registry/value.ts';
import type { Repair } from '../../model.ts';
import { isNotZero, isNumber, ruleEdits, ruleFindings, type ValueRule } from '../../rules.ts';

const CRASH_CONTROL = ['{CS}', 'Control', 'CrashControl'];

const RULES: readonly ValueRule[] = [
  {
    hive: 'SYSTEM',
    path: CRASH_CONTROL,
    name: 'CrashDumpEnabled',
    write: dword(1),
    published: dword(1),
    isGood: isNotZero,
    fault: (found) =>
      isNumber(0)(found)
        ? { code: 'CRASH_DUMP_OFF', severity: 'info', effect: 'a stop leaves no dump behind to find its cause by.' }
        : null,
    why: 'A stop must leave a dump behind.',
    security: () => ({
      effect: 'lowers',
      text: 'A complete dump writes all memory, passwords and keys included, to a file.',
    }),
  },
  {
    hive: 'SYSTEM',
    path: CRASH_CONTROL,
    name: 'DumpFile',
    write: expandSz('%SystemRoot%\\MEMORY.DMP'),
    published: expandSz('%SystemRoot%\\MEMORY.DMP'),
    isGood: (found) => found.kind === 'text' && found.text !== '',
    why: 'The dump needs a place.',
  },
  {
    hive: 'SYSTEM',
    path: CRASH_CONTROL,
    name: 'NMICrashDump',
    write: dword(1),
    published: dword(1),
    isGood: (found) => found.kind === 'number' && found.number !== 0,
    why: 'An NMI sent from outside must stop Windows with a dump, so that a hang can be examined.',
  },
];

export const crashDump: Repair = {
  name: 'crash-dump',
  title: 'leave a dump behind when Windows stops',
  about:
    'Switches the crash dump on, with its file, and lets an NMI from outside cause one. Any kind of dump that is set already stays (the automatic one of newer Windows too); with --as-published it becomes a complete dump.',
  article: 'rdp-internal-error and nine others',
  certainty: 'certain',
  link: 'diagnostics',
  writes: [
    {
      where: 'SYSTEM\\{CS}\\Control\\CrashControl',
      name: 'CrashDumpEnabled',
      data: 'REG_DWORD 1',
      when: 'absent or 0; another number stays, except with --as-published',
      security: 'lowers',
    },
    {
      where: 'SYSTEM\\{CS}\\Control\\CrashControl',
      name: 'DumpFile',
      data: 'REG_EXPAND_SZ %SystemRoot%\\MEMORY.DMP',
      when: 'absent or empty; another path stays, except with --as-published',
      security: null,
    },
    {
      where: 'SYSTEM\\{CS}\\Control\\CrashControl',
      name: 'NMICrashDump',
      data: 'REG_DWORD 1',
      when: 'absent or 0',
      security: null,
    },
  ],
  afterBoot: [],
  detect: (view) => ruleFindings(view, 'crash-dump', RULES),
  edits: (view, options) => ruleEdits(view, RULES, options),
};
