// The table of a plan: what is changed (~), created (+) and removed (-), before and after, and in which control sets.

import { type ChangeRow, changeRow } from '../repairs/revert/change-row.ts';
import { isElementKeyChange } from '../repairs/revert/change-text.ts';
import type { RepairOutcome, Report } from '../report.ts';
import { setNumbers } from './machine.ts';
import { columnsOf, padded, painted, type TextOptions, widthOf, wrapped } from './style.ts';

/** The same change in several control sets. */
export interface TableRow extends ChangeRow {
  readonly sets: readonly string[];
  /** How many changes it stands for. */
  readonly count: number;
}

/** Columns that names get before the data stand on a line of their own. */
const NAME_COLUMNS = 44;
const COLOURS = { '~': 'yellow', '+': 'green', '-': 'red' } as const;

/** What fixes a cause or a warning, and what is set besides. */
export function planRows(report: Pick<Report, 'repairs'>): {
  readonly fixes: TableRow[];
  readonly besides: TableRow[];
} {
  return {
    fixes: rowsOf(report.repairs, (fixes) => fixes !== null),
    besides: rowsOf(report.repairs, (fixes) => fixes === null),
  };
}

function rowsOf(repairs: readonly RepairOutcome[], isWanted: (fixes: string | null) => boolean): TableRow[] {
  const rows: (TableRow & { readonly sets: string[]; count: number })[] = [];
  const firsts = new Map<string, (typeof rows)[number]>();
  for (const { controlSet, changes, fixes = [] } of repairs) {
    changes.forEach((change, i) => {
      if (isElementKeyChange(change) || !isWanted(fixes[i] ?? null)) return;
      const row = changeRow(change);
      const text = JSON.stringify(row);
      const same = firsts.get(text);
      if (same && controlSet !== null && !same.sets.includes(controlSet)) {
        same.sets.push(controlSet);
        same.count += 1;
        return;
      }
      const made = { ...row, sets: controlSet === null ? [] : [controlSet], count: 1 };
      rows.push(made);
      if (!same) firsts.set(text, made);
    });
  }
  return rows;
}

/** How many changes rows stand for. */
export const changesIn = (rows: readonly TableRow[]): number => rows.reduce((sum, { count }) => sum + count, 0);

/** Rows as lines of a screen; nothing is left away from a value, however long it is. */
export function tableLines(rows: readonly TableRow[], style: TextOptions): string[] {
  const names = rows.map(nameOf).filter((name) => columnsOf(name) <= NAME_COLUMNS);
  const column = names.reduce((most, name) => Math.max(most, columnsOf(name)), 0);
  return rows.flatMap((row) => rowLines(row, column, style));
}

const nameOf = ({ place, name }: ChangeRow): string => (name === '' ? place : `${place}  ${name}`);

function rowLines(row: TableRow, column: number, style: TextOptions): string[] {
  const width = widthOf(style);
  const mark = painted(style, COLOURS[row.mark], row.mark);
  const sets = setNumbers(row.sets);
  const name = nameOf(row);
  const data = dataText(row);
  const head = `${padded(name, column)}  ${data ?? ''}`;
  const end = sets === '' ? '' : `  ${sets}`;
  for (const line of data === null ? [] : [head, `${name}  ${data}`]) {
    if (4 + columnsOf(line) + end.length > width) continue;
    return [`  ${mark} ${sets === '' ? line : padded(line, width - 4 - end.length) + end}`];
  }
  const [first = '', ...rest] = wrapped(name, width - 4 - end.length);
  const lines = [`  ${mark} ${sets === '' ? first : padded(first, width - 4 - end.length) + end}`];
  for (const line of rest) lines.push(`    ${line}`);
  for (const [head, text] of longData(row)) {
    wrapped(text, width - 6 - head.length).forEach((part, i) => {
      lines.push(`      ${i === 0 ? head : ' '.repeat(head.length)}${part}`);
    });
  }
  return lines;
}

/** On one line; null where a side has several. */
function dataText({ before, after }: ChangeRow): string | null {
  if (before.length > 1 || after.length > 1) return null;
  if (before.length === 0) return after[0] ?? '';
  return `${before[0]} -> ${after[0] ?? ''}`;
}

/** Each line with what stands before it. */
function longData(row: ChangeRow): (readonly [head: string, text: string])[] {
  if (row.name === 'permissions') {
    return [...row.before.map((line) => ['- ', line] as const), ...row.after.map((line) => ['+ ', line] as const)];
  }
  return [
    ...row.before.map((line) => ['', line] as const),
    ...row.after.map((line, i) => [i === 0 ? '-> ' : '   ', line] as const),
  ];
}
