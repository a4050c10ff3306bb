// The search of the chosen hive, as somebody types: each letter ends the search before it.

import { useSignal } from '@preact/signals';
import { type ComponentChild, h } from 'preact';
import { useEffect } from 'preact/hooks';
import { printable } from '../base/text.ts';
import { ask } from './asking.ts';
import { current, edition, reveal, tell } from './state.ts';
import type { Hit } from './worker/calls.ts';

export function Search(): ComponentChild {
  const text = useSignal('');
  const hits = useSignal<readonly Hit[]>([]);
  const outcome = useSignal('');
  const id = current.value?.id;
  useEffect(() => {
    const wanted = text.value;
    const ending = new AbortController();
    hits.value = [];
    outcome.value = '';
    if (id === undefined || wanted === '') return;
    let isFirst = true;
    const onProgress = ({ hits: more }: { readonly hits: readonly Hit[] }): void => {
      if (more.length > 0) hits.value = isFirst ? more : [...hits.value, ...more];
      isFirst &&= more.length === 0;
    };
    const what = `Searching for ${wanted}`;
    void tell(ask('search', [id, wanted], { what, signal: ending.signal, onProgress }), (isCut) => {
      const { length } = hits.value;
      if (length === 0) outcome.value = 'Nothing found.';
      else outcome.value = isCut ? `The first ${length} are listed.` : `${length} found.`;
    });
    return () => ending.abort();
  }, [text.value, edition.value]);
  return h(
    'div',
    { role: 'search', class: 'search' },
    h(
      'label',
      {},
      'Search ',
      h('input', {
        id: 'search',
        type: 'search',
        onInput: (event: Event) => (text.value = (event.target as HTMLInputElement).value),
      }),
    ),
    h('p', { role: 'status', class: 'outcome' }, outcome.value),
    hits.value.length > 0 &&
      h(
        'ul',
        { class: 'hits', 'aria-label': 'Found', tabIndex: 0 },
        hits.value.map(({ names, text }) =>
          h(
            'li',
            {},
            h(
              'button',
              { type: 'button', onClick: () => void reveal(names) },
              h('bdi', {}, printable(text) || '(root)'),
            ),
          ),
        ),
      ),
  );
}
