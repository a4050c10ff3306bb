// explain: what a code, a repair, a stop code or a rule of lint means, from the tables that the docs are made of: a recovery machine may
// have no network.

import { FINDING_GROUPS } from '../../base/codes/codes.ts';
import { DEFECTS } from '../../base/codes/defects.ts';
import { ERROR_NOTES, KIND_NOTES } from '../../base/codes/error-notes.ts';
import { REBUILD_HELPS } from '../../base/codes/starting.ts';
import { ERROR_CODES, NotFoundError } from '../../base/errors.ts';
import { commandText, paragraph, type TextOptions } from '../../render/style.ts';
import { REPAIRS } from '../../repairs/fixes/index.ts';
import { nearestName } from '../../repairs/plan.ts';
import { STOP_CODES, stopCodeOf, stopCodeText } from '../../repairs/start/stop-codes.ts';
import { RULES, ruleNamed } from '../../runbook/lint/rules.ts';
import { blankReport, type CliResult } from '../print.ts';
import { type CliContext, styleOf } from '../terminal.ts';

/** All that can be explained beside the repairs. */
const CODES: readonly string[] = [
  ...FINDING_GROUPS.flatMap(({ notes }) => Object.keys(notes)),
  ...Object.keys(DEFECTS),
  ...Object.values(ERROR_CODES).flat(),
  ...STOP_CODES.flatMap(({ code, name }) => [name, stopCodeText(code)]),
];
const NAMES: readonly string[] = [...REPAIRS.map(({ name }) => name), ...RULES.map(({ id }) => id)];

type Fact = readonly [head: string, text: string];

export function explain(context: CliContext, words: readonly string[]): CliResult {
  const [word = ''] = words;
  const facts = findingFacts(word) ?? errorFacts(word) ?? repairFacts(word) ?? stopFacts(word) ?? ruleFacts(word);
  if (!facts) {
    const meant = nearestName(word.toLowerCase(), NAMES) ?? nearestName(word.toUpperCase(), CODES);
    throw new NotFoundError('VALUE_NOT_FOUND', `unknown code, repair, stop code or rule "${word}"`, {
      hint: meant === null ? 'hivemend explain --help' : `hivemend explain ${meant}`,
    });
  }
  const style = styleOf(context.terminal);
  const stdout = facts.flatMap((fact) => factLines(fact, style)).join('\n');
  const data = Object.fromEntries(facts);
  return { exitCode: 0, stdout: `${stdout}\n`, stderr: '', report: blankReport(context, 'explain'), data };
}

function factLines([head, text]: Fact, style: TextOptions): string[] {
  if (head === 'run') return [`${head.padEnd(10)}${commandText(style, text)}`];
  const [first = '', ...rest] = paragraph({ ...style, width: (style.width ?? 80) - 10 }, text.replaceAll('`', ''));
  return [`${head.padEnd(10)}${first}`, ...rest.map((line) => `${' '.repeat(10)}${line}`)];
}

function findingFacts(word: string): Fact[] | null {
  const code = word.toUpperCase();
  const note = FINDING_GROUPS.map(({ notes }) => notes[code]).find((one) => one !== undefined);
  if (note) {
    const none = REBUILD_HELPS.has(code)
      ? 'hivemend rebuild may: --dry-run shows what it keeps'
      : 'no repair here fixes it';
    const isFault = note.repair !== undefined || REBUILD_HELPS.has(code);
    const fix = isFault ? [['fix', note.repair ?? none] as const] : [];
    const repair = REPAIRS.find(({ name }) => name === note.repair);
    return [
      ['code', `${code} (finding, ${note.severity})`],
      ['meaning', note.means],
      ...fix,
      ...(repair ? [['source', repair.article] as const] : []),
    ];
  }
  const defect = (DEFECTS as Readonly<Record<string, (typeof DEFECTS)[keyof typeof DEFECTS]>>)[code];
  if (!defect) return null;
  return [
    ['code', `${code} (defect of a hive, ${defect.severity})`],
    ['meaning', defect.what],
    ['Windows', defect.windows],
    ['fix', 'hivemend inspect --validate names the place; restore the hive from a backup'],
  ];
}

function errorFacts(word: string): Fact[] | null {
  const code = word.toUpperCase();
  for (const [kind, codes] of Object.entries(ERROR_CODES)) {
    const known = (codes as readonly string[]).includes(code);
    if (!known) continue;
    const note = ERROR_NOTES[code as keyof typeof ERROR_NOTES];
    const { exit, who } = KIND_NOTES[kind as keyof typeof KIND_NOTES];
    return [
      ['code', `${code} (error, exit ${exit})`],
      ['meaning', note.means],
      ['kind', who],
      ['next', note.next],
    ];
  }
  return null;
}

function repairFacts(word: string): Fact[] | null {
  const repair = REPAIRS.find(({ name }) => name === word.toLowerCase());
  if (!repair) return null;
  const lowers = repair.writes.some(({ security }) => security === 'lowers');
  return [
    ['repair', `${repair.name}: ${repair.title}`],
    ['meaning', repair.about],
    ['risk', lowers ? 'Some of its values lower security: --dry-run names each.' : 'It lowers no security setting.'],
    ['run', `hivemend repair <volume> --only ${repair.name}`],
    ['source', `${repair.article} (${repair.certainty})`],
  ];
}

function stopFacts(word: string): Fact[] | null {
  const stop = stopCodeOf(word);
  if (!stop) return null;
  return [
    ['stop code', `${stopCodeText(stop.code)} ${stop.name}`],
    ['meaning', stop.meaning],
    ['causes', stop.findings.length === 0 ? 'none that a disk shows' : stop.findings.join(', ')],
    ...(stop.elsewhere === null ? [] : [['else', stop.elsewhere] as const]),
    ['run', `hivemend diagnose <volume> --symptom ${stopCodeText(stop.code)}`],
  ];
}

const EFFECTS = {
  corrected: 'run as it was meant; what is run stands beside the line',
  refused: 'nothing is guessed: run stops there, or leaves the line out with --skip-unresolved',
  noted: 'a remark; the line is run as it stands',
} as const;

function ruleFacts(word: string): Fact[] | null {
  const rule = ruleNamed(word.toLowerCase().replaceAll('_', '-'));
  if (!rule) return null;
  return [
    ['rule', `${rule.id} (lint, ${rule.severity})`],
    ['line', rule.title],
    ['meaning', rule.what],
    ['effect', EFFECTS[rule.effect]],
    ['run', 'hivemend lint <script>'],
  ];
}
