// What can still be read of deleted keys and values: traces, each with how far it is to be trusted.

import { type ComponentChild, h } from 'preact';
import { counted } from '../render/style.ts';
import { NoAnswer, useAnswer } from './answer.ts';
import { ask } from './asking.ts';
import { current, edition } from './state.ts';

export function DeletedPane(): ComponentChild {
  const { id } = current.value!;
  const what = 'Looking for deleted records';
  const answer = useAnswer((signal) => ask('deleted', [id], { what, signal }), [id, edition.value]);
  if (answer === null || !('value' in answer)) return h(NoAnswer, { answer, reading: `${what} …` });
  const { count, rows } = answer.value;
  return h(
    'div',
    {},
    h('h2', {}, counted(count, 'deleted record')),
    h(
      'p',
      {},
      'What a deleted record says may be out of date. Confidence high: whole, and another record names it. Medium: whole. Low: odd or partly overwritten.',
      rows.length < count && ` The first ${rows.length} are listed.`,
    ),
    count > 0 &&
      h(
        'table',
        {},
        h('caption', {}, 'Deleted keys and values'),
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            ['Confidence', 'What', 'Where', 'Last written or data'].map((title) => h('th', { scope: 'col' }, title)),
          ),
        ),
        h(
          'tbody',
          {},
          rows.map(([confidence, ...cells]) =>
            h(
              'tr',
              {},
              h('td', {}, confidence),
              cells.map((text) => h('td', { class: 'data' }, h('bdi', {}, text))),
            ),
          ),
        ),
      ),
  );
}
