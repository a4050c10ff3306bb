// What stands in the key that is selected.

import { useSignal } from '@preact/signals';
import { type ComponentChild, h } from 'preact';
import { printable } from '../base/text.ts';
import { ask } from './asking.ts';
import { current, selected, shownKey, tell } from './state.ts';
import { type Edited, ValueForm } from './value-form.ts';
import type { ValueShown } from './worker/calls.ts';

export function KeyPane(): ComponentChild {
  const key = shownKey.value;
  const editing = useSignal<Edited | null>(null);
  const hive = current.value;
  if (key === undefined || !hive) return null;
  if (key === null) return h('p', {}, 'This key does not exist any more.');
  const { values, valueCount } = key;
  const edit = ({ name, type }: ValueShown): void =>
    void tell(ask('valueText', [hive.id, selected.value, name]), (text) => (editing.value = { name, type, text }));
  return h(
    'div',
    {},
    h('h2', {}, h('bdi', {}, printable(key.path) || '(root)')),
    h(
      'dl',
      {},
      key.facts.flatMap(([name, text]) => [h('dt', {}, name), h('dd', {}, h('bdi', {}, printable(text)))]),
    ),
    key.security.length > 0 &&
      h(
        'details',
        {},
        h('summary', {}, 'Security in words'),
        h(
          'ul',
          { class: 'findings' },
          key.security.map((line) => h('li', {}, printable(line))),
        ),
      ),
    h(
      'table',
      { class: 'values' },
      h('caption', {}, values.length < valueCount ? `The first ${values.length} of ${valueCount} values` : 'Values'),
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          ['Name', 'Type', 'Data', 'Bytes', 'Edit'].map((title) => h('th', { scope: 'col' }, title)),
        ),
      ),
      h(
        'tbody',
        {},
        values.map((value) => valueRow(value, () => edit(value))),
      ),
    ),
    hive.isEditable
      ? h(ValueForm, {
          key: `${hive.staged.edits.length}\n${key.path}\n${editing.value?.name}`,
          edited: editing.value,
          done: () => (editing.value = null),
        })
      : h('p', {}, 'This hive is damaged or of a kind that is not edited.'),
  );
}

function valueRow(value: ValueShown, edit: () => void): ComponentChild {
  const name = printable(value.name) || '(Default)';
  return h(
    'tr',
    {},
    h('th', { scope: 'row' }, h('bdi', {}, name)),
    h('td', {}, value.typeName),
    h(
      'td',
      { class: 'data' },
      h('bdi', {}, value.text.split('\n').map(printable).join('\n')),
      value.known === '' ? null : ` ${value.known}`,
    ),
    h('td', { class: 'hex' }, value.hex),
    h('td', {}, h('button', { type: 'button', onClick: edit, 'aria-label': `Edit ${name}` }, 'Edit')),
  );
}
