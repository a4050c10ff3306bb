// The changes of a report as tables, in the parts of the screen: what fixes something that was found, and what is set besides.

import type { Change } from '../registry/edit.ts';
import { changeRow } from '../repairs/revert/change-row.ts';
import { changeSides, editPlace, isElementKeyChange } from '../repairs/revert/change-text.ts';
import type { Report } from '../report.ts';
import { markedPair, safe } from './html-parts.ts';
import { setNumbers } from './machine.ts';

interface Row {
  readonly change: Change;
  readonly sets: string[];
}

/** The tables; '' for a report without changes. */
export function changeTables(report: Report): string {
  if (report.changes.length === 0) return '';
  const busy = report.repairs.filter(({ changes }) => changes.length > 0);
  const rows = (isFix: boolean): Row[] => {
    const found: (Row & { readonly text: string })[] = [];
    for (const { controlSet, changes, fixes = [] } of busy) {
      changes.forEach((change, i) => {
        if (isElementKeyChange(change) || ((fixes[i] ?? null) !== null) !== isFix) return;
        const text = `${placeText(change, controlSet)} ${JSON.stringify(changeSides(change))}`;
        const same = found.find((row) => row.text === text);
        if (same && controlSet !== null) same.sets.push(controlSet);
        else found.push({ change, text, sets: controlSet === null ? [] : [controlSet] });
      });
    }
    return found;
  };
  const bare = report.changes.map((change) => ({ change, sets: [] }));
  const [fixing, besides] = busy.length === 0 ? [[], bare] : [rows(true), rows(false)];
  const title = report.dryRun ? 'Planned changes' : 'Changes';
  return [
    fixing.length === 0 ? '' : `<h2>${title}: what was found</h2>\n${table(fixing)}`,
    besides.length === 0
      ? ''
      : `<h2>${title}${fixing.length === 0 ? '' : ': also in this plan'}</h2>\n${table(besides)}`,
  ].join('\n');
}

const placeText = ({ edit }: Change, controlSet: string | null): string =>
  controlSet === null ? editPlace(edit) : editPlace(edit).replace(controlSet, 'ControlSet*');

function table(rows: readonly Row[]): string {
  let last = '';
  const body = rows.flatMap(({ change, sets }) => {
    const place = `${placeText(change, sets[0] ?? null)}${sets.length === 0 ? '' : `  (${setNumbers(sets)})`}`;
    const head =
      place === last
        ? []
        : [`<tr><th class="place" colspan="3" scope="rowgroup"><code>${safe(place)}</code></th></tr>`];
    last = place;
    const { mark } = changeRow(change);
    const { name, before, after } = changeSides(change);
    const [was, is] =
      before.length === 1 && after.length === 1 ? markedPair(before[0]!, after[0]!) : [lines(before), lines(after)];
    return [
      ...head,
      `<tr><td><code>${safe(mark)} ${safe(name)}</code></td><td data-head="before"><code>${was}</code></td><td data-head="after"><code>${is}</code></td></tr>`,
    ];
  });
  return `<table class="changes">\n<thead><tr><th>What</th><th>Before</th><th>After</th></tr></thead>\n${body.join('\n')}\n</table>`;
}

const lines = (texts: readonly string[]): string => texts.map(safe).join('<br>');
