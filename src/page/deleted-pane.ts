// What can still be read of deleted keys and values: traces, each with how far it is to be trusted.

import { useComputed } from '@preact/signals';
import { type ComponentChild, h } from 'preact';
import { printable } from '../base/text.ts';
import { filetimeToIso } from '../base/time.ts';
import { type DeletedRecord, deletedIn, typeName } from '../hive.ts';
import { current, hexOf } from './state.ts';

const MOST_LISTED = 500;
const MOST_BYTES = 64;

export function DeletedPane(): ComponentChild {
  const records = useComputed(() => (current.value ? deletedIn(current.value.hive) : []));
  const all = records.value;
  const shown = all.slice(0, MOST_LISTED);
  return h(
    'div',
    {},
    h('h2', {}, `${all.length} deleted records`),
    h(
      'p',
      {},
      'Traces, not facts: high means whole and tied to its key, medium whole, low partly overwritten.',
      shown.length < all.length && ` The first ${shown.length} are listed.`,
    ),
    all.length > 0 &&
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
        h('tbody', {}, shown.map(row)),
      ),
  );
}

function row(record: DeletedRecord): ComponentChild {
  const cells =
    record.kind === 'key'
      ? [
          'key',
          `${record.isPathWhole ? '' : '…\\'}${record.path.join('\\')}`,
          filetimeToIso(record.lastWritten) ?? 'beyond 9999',
        ]
      : [
          `value, ${typeName(record.type) ?? `0x${record.type.toString(16)}`}`,
          `${record.key === null ? '…' : record.key.join('\\')}\\${record.name || '(Default)'}`,
          record.data === null ? 'overwritten' : hexOf(record.data.subarray(0, MOST_BYTES), ' '),
        ];
  return h(
    'tr',
    {},
    h('td', {}, record.confidence),
    cells.map((text) => h('td', { class: 'data' }, h('bdi', {}, printable(text)))),
  );
}
