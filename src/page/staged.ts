// What is staged in every open hive, as the table of a plan, and what it can be handed on as.

import { type ComponentChild, h } from 'preact';
import { printable } from '../base/text.ts';
import { regFileOf } from '../hive.ts';
import { changeRow } from '../repairs/revert/change-row.ts';
import { changeSides, editPlace, isElementKey } from '../repairs/revert/change-text.ts';
import { NOT_JUDGED, type Plan, TOOL } from '../report.ts';
import type { OpenedHive } from './files.ts';
import { attempt, edited, hexOf, messages, staged } from './state.ts';

export function Staged(): ComponentChild {
  const changes = staged.value.filter(({ edit }) => !isElementKey(edit));
  if (staged.value.length === 0) return null;
  return h(
    'section',
    { class: 'staged', 'aria-label': 'Staged changes' },
    h('h2', {}, `${changes.length} staged change${changes.length === 1 ? '' : 's'}`),
    h(
      'table',
      {},
      h('caption', {}, 'Nothing is written until a file is saved here and applied to the disk.'),
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          ['', 'Key', 'Value', 'Before', 'After'].map((title) => h('th', { scope: 'col' }, title || 'Mark')),
        ),
      ),
      h(
        'tbody',
        {},
        changes.map((change) => {
          const { mark, place, name, before, after } = changeRow(change);
          const cells = [mark, place, name, before.join('\n'), after.join('\n')];
          return h(
            'tr',
            { title: printable(editPlace(change.edit)) },
            cells.map((text) => h('td', { class: 'data' }, h('bdi', {}, text))),
          );
        }),
      ),
    ),
    h('h3', {}, 'To put it on the disk'),
    h(
      'p',
      {},
      button('save-plan', 'Save the plan', async () => save('plan.json', await planJson())),
      ' Recommended. On the machine that has the disk: hivemend apply plan.json <volume>. It proves the result, asks, and keeps what undo needs.',
    ),
    edited.value.map((opened) =>
      h(
        'p',
        {},
        button(`save-reg-${opened.hive.name}`, `Save ${opened.hive.name} as .reg`, () => saveReg(opened)),
        ' For reg import on Windows.',
      ),
    ),
    edited.value.map((opened) =>
      h(
        'p',
        {},
        button(`save-hive-${opened.hive.name}`, `Save the edited ${opened.hive.name}`, () =>
          attempt(() => save(`${opened.title}.edited`, opened.hive.bytes())),
        ),
        secretOf(opened.hive.name),
      ),
    ),
    h(
      'p',
      {},
      'An edited hive is proven before it is saved. Put it in the place of the old one while Windows is off, and delete the .LOG files beside it: they belong to the old one.',
    ),
  );
}

/** What a hive gives to whoever has it. */
function secretOf(name: string): string {
  if (name === 'SYSTEM') return ' It holds the boot key: with SAM or SECURITY it gives password hashes.';
  return name === 'SAM' || name === 'SECURITY' ? ' With SYSTEM it gives password hashes.' : '';
}

const button = (id: string, text: string, onClick: () => unknown): ComponentChild =>
  h('button', { type: 'button', id, onClick: () => void onClick() }, text);

function saveReg(opened: OpenedHive): void {
  attempt(() => {
    const { bytes, findings } = regFileOf(opened.hive);
    messages.value = findings.map(({ text }) => text);
    save(`${opened.title}.reg`, bytes);
  });
}

export function save(name: string, content: string | Uint8Array): void {
  const url = URL.createObjectURL(new Blob([typeof content === 'string' ? content : content.slice()]));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** The plan of everything that is staged, as `hivemend apply` takes it. */
async function planJson(): Promise<string> {
  const targets = await Promise.all(
    edited.value.map(async ({ hive, bytes, title }): Promise<Plan['targets'][number]> => {
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes.slice()));
      return { kind: 'hive', path: title, hive: hive.name, sha256Before: hexOf(digest, ''), sha256After: null };
    }),
  );
  const edits = staged.value.map(({ edit }) => edit);
  const plan: Plan = {
    schema: 2,
    tool: TOOL,
    machine: null,
    options: {},
    targets,
    edits,
    why: edits.map(() => 'staged in the page'),
    steps: staged.value.map((change) => {
      const { name, before, after } = changeSides(change);
      const what = `${editPlace(change.edit)} ${name}`;
      return { repair: null, controlSet: null, fixes: null, what, before: before.join(' '), after: after.join(' ') };
    }),
    findings: [],
    summary: NOT_JUDGED,
  };
  return JSON.stringify(plan, null, 2);
}
