// The form that stages a value of the key that is selected.

import { useSignal } from '@preact/signals';
import { type ComponentChild, h } from 'preact';
import { fromHex } from '../base/bytes.ts';
import { HivemendError, UsageError } from '../base/errors.ts';
import type { RegValue } from '../registry/edit.ts';
import { dword, expandSz, multiSz, qword, regValue, sz, typeName } from '../registry/value.ts';
import { messages, stage, stageRemoval } from './state.ts';

/** A value with its data as the form has them. */
export interface Edited {
  readonly name: string;
  readonly type: number;
  readonly text: string;
}

const TYPES = [1, 2, 3, 4, 7, 11];

/** `edited` null: a new one. */
export function ValueForm({
  edited,
  done,
}: {
  readonly edited: Edited | null;
  readonly done: () => void;
}): ComponentChild {
  const name = useSignal(edited?.name ?? '');
  const type = useSignal(edited?.type ?? 1);
  const text = useSignal(edited?.text ?? '');
  const types = TYPES.includes(type.value) ? TYPES : [...TYPES, type.value];
  return h(
    'form',
    {
      class: 'edit',
      onSubmit: (event: Event) => {
        event.preventDefault();
        try {
          stage(name.value, regValueOf(type.value, text.value));
          done();
        } catch (error) {
          if (!(error instanceof HivemendError)) throw error;
          messages.value = [error.message];
        }
      },
    },
    h('h3', {}, edited ? 'Edit a value' : 'New value'),
    h(
      'label',
      {},
      'Name ',
      h('input', {
        value: name.value,
        disabled: edited !== null,
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
    edited &&
      h(
        'button',
        {
          type: 'button',
          onClick: () => {
            stageRemoval(edited.name);
            done();
          },
        },
        'Remove',
      ),
    edited && h('button', { type: 'button', onClick: done }, 'Cancel'),
  );
}

const inputOf = (event: Event): string => (event.target as HTMLInputElement).value;

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
