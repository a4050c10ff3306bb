// What is staged in every open hive, as the table of a plan, and what it can be handed on as.

import { type ComponentChild, h } from 'preact';
import { ask } from './asking.ts';
import { PlanTable } from './plan-table.ts';
import { save } from './save.ts';
import { edited, type Hive, messages, tell } from './state.ts';

export function Staged(): ComponentChild {
  const hives = edited.value;
  if (hives.length === 0) return null;
  return h(
    'section',
    { class: 'staged', 'aria-label': 'Staged changes' },
    h('h2', {}, 'Staged changes'),
    h('p', {}, 'Nothing is written until a file is saved here and applied to the disk.'),
    hives.map(({ id, name, staged }) => h(PlanTable, { key: id, title: name, rows: staged.rows })),
    h('h3', {}, 'To put it on the disk'),
    h(
      'p',
      {},
      button('save-plan', 'Save the plan', savePlan),
      ' Recommended. On the machine that has the disk: hivemend apply plan.json <volume>. It verifies the result, asks first, and can be undone.',
    ),
    hives.map((hive) =>
      h(
        'p',
        {},
        button(`save-reg-${hive.name}`, `Save ${hive.name} as .reg`, () => saveReg(hive)),
        ' For reg import on Windows.',
      ),
    ),
    hives.map((hive) =>
      h(
        'p',
        {},
        button(`save-hive-${hive.name}`, `Save the edited ${hive.name}`, () => saveHive(hive)),
        secretOf(hive.name),
      ),
    ),
    h(
      'p',
      {},
      'The edits are verified before a hive is saved. Put it in the place of the old file while Windows is off, and delete the .LOG files beside it: they belong to the old file.',
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

const savePlan = (): Promise<void> =>
  tell(ask('planFile', [], { what: 'Writing the plan' }), (text) => save('plan.json', text));

const saveReg = ({ id, files }: Hive): Promise<void> =>
  tell(ask('regFile', [id], { what: 'Writing the .reg file' }), ({ bytes, findings }) => {
    messages.value = findings;
    save(`${files.title}.reg`, bytes);
  });

const saveHive = ({ id, name, files }: Hive): Promise<void> =>
  tell(ask('bytes', [id], { what: `Verifying ${name}` }), (bytes) => save(`${files.title}.edited`, bytes));
