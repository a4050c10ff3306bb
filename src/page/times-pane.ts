// When keys were last written: a plot whose bars narrow it, and the keys of what is shown.

import { useSignal } from '@preact/signals';
import { type ComponentChild, h } from 'preact';
import { useEffect } from 'preact/hooks';
import { printable } from '../base/text.ts';
import { filetimeToIso } from '../base/time.ts';
import { inSlices } from './slices.ts';
import { current, edition, pane, reveal } from './state.ts';

interface Stamp {
  readonly filetime: bigint;
  readonly names: readonly string[];
}

interface Range {
  readonly from: bigint;
  /** Not included. */
  readonly until: bigint;
}

const BARS = 60;
const MOST_LISTED = 200;
const MINUTE = 600_000_000n;

export function TimesPane(): ComponentChild {
  const stamps = useSignal<readonly Stamp[]>([]);
  const isReading = useSignal(true);
  const range = useSignal<readonly Range[]>([]);
  useEffect(() => {
    const stop = new AbortController();
    const found: Stamp[] = [];
    void inSlices(
      current.value?.hive.walk() ?? [],
      stop.signal,
      ({ filetime, names }) => {
        if (filetime > 0n) found.push({ filetime, names });
        return true;
      },
      () => {},
    ).then((isWhole) => {
      if (!isWhole) return;
      stamps.value = found.sort((a, b) => (a.filetime < b.filetime ? -1 : a.filetime > b.filetime ? 1 : 0));
      isReading.value = false;
    });
    return () => stop.abort();
  }, [edition.value]);
  if (isReading.value) return h('p', { role: 'status' }, 'Reading the times of all keys …');
  const [first] = stamps.value;
  const last = stamps.value.at(-1);
  if (!first || !last) return h('p', {}, 'No key of this hive has a time.');
  const whole: Range = { from: first.filetime, until: last.filetime + 1n };
  const shown = range.value.at(-1) ?? whole;
  const inside = stamps.value.filter(({ filetime }) => filetime >= shown.from && filetime < shown.until);
  const bars = barsOf(inside, shown);
  const most = bars.reduce((high, { count }) => Math.max(high, count), 0);
  const listed = inside.slice(-MOST_LISTED).reverse();
  return h(
    'div',
    {},
    h('h2', {}, `${inside.length} keys, last written ${minute(shown.from)} to ${minute(shown.until - 1n)}`),
    h(
      'p',
      {},
      'Each bar is a span of time. Select one to narrow the plot to it.',
      range.value.length > 0 &&
        h('button', { type: 'button', onClick: () => (range.value = range.value.slice(0, -1)) }, 'Back'),
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
          onClick: () => (range.value = [...range.value, bar]),
        }),
      ),
    ),
    h('h3', {}, listed.length < inside.length ? `The latest ${listed.length}` : 'The latest first'),
    h(
      'ul',
      { class: 'findings' },
      listed.map(({ filetime, names }) =>
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
                reveal(names);
              },
            },
            h('bdi', {}, printable(names.join('\\')) || '(root)'),
          ),
        ),
      ),
    ),
  );
}

interface Bar extends Range {
  readonly count: number;
}

function barsOf(stamps: readonly Stamp[], { from, until }: Range): Bar[] {
  const span = until - from;
  const width = span / BigInt(BARS) + 1n;
  const counts = new Array<number>(BARS).fill(0);
  for (const { filetime } of stamps) counts[Number((filetime - from) / width)]! += 1;
  return counts.map((count, i) => ({ count, from: from + BigInt(i) * width, until: from + BigInt(i + 1) * width }));
}

const minute = (filetime: bigint): string =>
  `${
    filetimeToIso(filetime - (filetime % MINUTE))
      ?.slice(0, 16)
      .replace('T', ' ') ?? 'beyond 9999'
  } UTC`;
