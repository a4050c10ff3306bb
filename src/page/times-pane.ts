// When keys were last written: a plot whose bars narrow it, and the keys of what is shown.

import { useSignal } from '@preact/signals';
import { type ComponentChild, h } from 'preact';
import { printable } from '../base/text.ts';
import { filetimeToIso } from '../base/time.ts';
import { NoAnswer, useAnswer } from './answer.ts';
import { ask } from './asking.ts';
import { current, edition, pane, reveal } from './state.ts';
import type { Range } from './worker/calls.ts';

const MINUTE = 600_000_000n;

export function TimesPane(): ComponentChild {
  const ranges = useSignal<readonly Range[]>([]);
  const { id } = current.value!;
  const range = ranges.value.at(-1) ?? null;
  const what = 'Reading the times of all keys';
  const answer = useAnswer((signal) => ask('times', [id, range], { what, signal }), [id, edition.value, range]);
  if (answer === null || !('value' in answer)) return h(NoAnswer, { answer, reading: `${what} …` });
  if (answer.value === null) return h('p', {}, 'No key of this hive has a time.');
  const { count, bars, latest, from, until } = answer.value;
  const most = bars.reduce((high, bar) => Math.max(high, bar.count), 0);
  return h(
    'div',
    {},
    h('h2', {}, `${count} keys, last written ${minute(from)} to ${minute(until - 1n)}`),
    h(
      'p',
      {},
      'Each bar is a span of time. Select one to narrow the plot to it. ',
      ranges.value.length > 0 &&
        h('button', { type: 'button', onClick: () => (ranges.value = ranges.value.slice(0, -1)) }, 'Back'),
    ),
    h(
      'div',
      { class: 'plot', role: 'group', 'aria-label': 'Keys by time' },
      bars.map((bar) =>
        h('button', {
          type: 'button',
          disabled: bar.count === 0,
          title: `${minute(bar.from)}: ${bar.count}`,
          'aria-label': `${minute(bar.from)}: ${bar.count} keys`,
          style: { '--share': `${(Math.log1p(bar.count) / Math.log1p(most)) * 100}%` },
          onClick: () => (ranges.value = [...ranges.value, { from: bar.from, until: bar.until }]),
        }),
      ),
    ),
    h('h3', {}, latest.length < count ? `The latest ${latest.length}` : 'The latest first'),
    h(
      'ul',
      { class: 'findings' },
      latest.map(({ filetime, names }) =>
        h(
          'li',
          {},
          `${filetimeToIso(filetime)?.slice(0, 19) ?? 'beyond 9999'}Z `,
          h(
            'button',
            {
              type: 'button',
              class: 'link',
              onClick: () => {
                pane.value = 'Keys';
                void reveal(names);
              },
            },
            h('bdi', {}, printable(names.join('\\')) || '(root)'),
          ),
        ),
      ),
    ),
  );
}

const minute = (filetime: bigint): string =>
  `${
    filetimeToIso(filetime - (filetime % MINUTE))
      ?.slice(0, 16)
      .replace('T', ' ') ?? 'beyond 9999'
  } UTC`;
