// What stands in the key that is selected, and the form that stages a value.

import { useSignal } from '@preact/signals';
import { type ComponentChild, h } from 'preact';
import { fromHex } from '../base/bytes.ts';
import { UsageError } from '../base/errors.ts';
import { printable } from '../base/text.ts';
import { dword, expandSz, type HiveValue, multiSz, qword, type RegValue, regValue, sz, typeName } from '../hive.ts';
import { friendlyValue } from './friendly.ts';
import { securityWords } from './security-words.ts';
import { attempt, current, dataText, hexOf, selectedKey, stage, staged, stageRemoval } from './state.ts';

const MOST_SHOWN = 2000;
const TYPES = [1, 2, 3, 4, 7, 11];

export function KeyPane(): ComponentChild {
  const key = selectedKey.value;
  const editing = useSignal<string | null>(null);
  if (!key) return h('p', {}, 'This key does not exist any more.');
  const facts: readonly (readonly [string, string | null])[] = [
    ['Last written', key.time],
    ['Class', key.className],
    ['Security', key.sddl],
  ];
  const value = editing.value === null ? undefined : key.value(editing.value);
  return h(
    'div',
    {},
    h('h2', {}, h('bdi', {}, printable(key.path) || '(root)')),
    h(
      'dl',
      {},
      facts.flatMap(([name, text]) =>
        text === null ? [] : [h('dt', {}, name), h('dd', {}, h('bdi', {}, printable(text)))],
      ),
    ),
    key.sddl !== null &&
      h(
        'details',
        {},
        h('summary', {}, 'Security in words'),
        h(
          'ul',
          { class: 'findings' },
          securityWords(key.security!).map((line) => h('li', {}, printable(line))),
        ),
      ),
    h(
      'table',
      {},
      h('caption', {}, 'Values'),
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
        key.values().map((one) => valueRow(one, () => (editing.value = one.name))),
      ),
    ),
    current.value?.hive.reader === 'engine'
      ? h(ValueForm, {
          key: `${staged.value.length}\n${key.path}\n${editing.value}`,
          value,
          done: () => (editing.value = null),
        })
      : h('p', {}, 'This hive is damaged or of a kind that is not edited.'),
  );
}

function valueRow(value: HiveValue, edit: () => void): ComponentChild {
  const name = printable(value.name) || '(Default)';
  return h(
    'tr',
    {},
    h('th', { scope: 'row' }, h('bdi', {}, name)),
    h('td', {}, value.typeName),
    h(
      'td',
      { class: 'data' },
      h('bdi', {}, dataText(value).split('\n').map(printable).join('\n').slice(0, MOST_SHOWN)),
      friendlyValue(value) === '' ? null : ` ${friendlyValue(value)}`,
    ),
    h('td', { class: 'hex' }, attemptHex(value)),
    h('td', {}, h('button', { type: 'button', onClick: edit, 'aria-label': `Edit ${name}` }, 'Edit')),
  );
}

function attemptHex(value: HiveValue): string {
  try {
    return hexOf(value.data.subarray(0, 64), ' ') + (value.data.length > 64 ? ' …' : '');
  } catch {
    return '';
  }
}

function ValueForm({
  value,
  done,
}: {
  readonly value: HiveValue | undefined;
  readonly done: () => void;
}): ComponentChild {
  const name = useSignal(value?.name ?? '');
  const type = useSignal(value?.type ?? 1);
  const text = useSignal(value ? editText(value) : '');
  const types = TYPES.includes(type.value) ? TYPES : [...TYPES, type.value];
  return h(
    'form',
    {
      class: 'edit',
      onSubmit: (event: Event) => {
        event.preventDefault();
        const data = attempt(() => regValueOf(type.value, text.value));
        if (!data) return;
        stage(name.value, data);
        done();
      },
    },
    h('h3', {}, value ? 'Edit a value' : 'New value'),
    h(
      'label',
      {},
      'Name ',
      h('input', {
        value: name.value,
        disabled: value !== undefined,
        onInput: (event: Event) => (name.value = inputOf(event)),
      }),
    ),
    h(
      'label',
      {},
      'Type ',
      h(
        'select',
        { value: type.value, onChange: (event: Event) => (type.value = Number(inputOf(event))) },
        types.map((number) => h('option', { value: number }, typeName(number) ?? `0x${number.toString(16)}`)),
      ),
    ),
    h(
      'label',
      {},
      'Data ',
      h('textarea', { rows: 2, value: text.value, onInput: (event: Event) => (text.value = inputOf(event)) }),
    ),
    h('button', { type: 'submit' }, 'Stage'),
    value &&
      h(
        'button',
        {
          type: 'button',
          onClick: () => {
            stageRemoval(value.name);
            done();
          },
        },
        'Remove',
      ),
    value && h('button', { type: 'button', onClick: done }, 'Cancel'),
  );
}

const inputOf = (event: Event): string => (event.target as HTMLInputElement).value;

function editText(value: HiveValue): string {
  const { decoded } = value;
  if (decoded instanceof Uint8Array) return hexOf(decoded, ' ');
  return typeof decoded === 'object' ? decoded.join('\n') : String(decoded);
}

/** @throws UsageError BAD_VALUE */
function regValueOf(type: number, text: string): RegValue {
  if (type === 1) return sz(text);
  if (type === 2) return expandSz(text);
  if (type === 7) return multiSz(text === '' ? [] : text.split('\n'));
  if (type === 4 || type === 11) {
    const most = type === 4 ? 0xffff_ffffn : 0xffff_ffff_ffff_ffffn;
    if (!/^(\d+|0x[\da-f]+)$/i.test(text.trim()) || BigInt(text.trim()) > most) {
      throw new UsageError('BAD_VALUE', `${text} is not a number from 0 to ${most}, decimal or 0x`);
    }
    return type === 4 ? dword(Number(text)) : qword(BigInt(text.trim()));
  }
  const bytes = fromHex(text.replaceAll(/[\s,]/g, '').toLowerCase());
  if (bytes) return regValue(type, bytes);
  throw new UsageError('BAD_VALUE', 'the data are not hex, expected pairs of digits like 01 ff');
}
