// The table of a plan, as the command line has it: the mark, the key and the value, before and after, the control sets.

import { type ComponentChild, h } from 'preact';
import { changesIn, type TableRow } from '../render/plan-table.ts';

const WORDS = { '~': 'changed', '+': 'created', '-': 'removed' } as const;

export function PlanTable({
  title,
  rows,
}: {
  readonly title: string;
  readonly rows: readonly TableRow[];
}): ComponentChild {
  if (rows.length === 0) return null;
  const hasSets = rows.some(({ sets }) => sets.length > 0);
  const heads = ['Mark', 'Key', 'Value', 'Before', 'After', ...(hasSets ? ['Sets'] : [])];
  return h(
    'table',
    { class: 'changes' },
    h('caption', {}, `${title} (${changesIn(rows)})`),
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        heads.map((head) => h('th', { scope: 'col' }, head)),
      ),
    ),
    h(
      'tbody',
      {},
      rows.map(({ mark, place, name, before, after, sets }) => {
        const cells = [place, name, before.join('\n'), after.join('\n')];
        if (hasSets) cells.push(sets.map((set) => set.replace(/^ControlSet/i, '')).join(', '));
        return h(
          'tr',
          {},
          h('td', { class: `mark ${WORDS[mark]}`, title: WORDS[mark] }, mark),
          cells.map((text) => h('td', { class: 'data' }, h('bdi', {}, text))),
        );
      }),
    ),
  );
}
