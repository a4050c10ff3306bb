// What keeps this Windows from starting, or Remote Desktop from working, as far as its hives tell; and the plan that fixes it.

import { type ComponentChild, h } from 'preact';
import { printable } from '../base/text.ts';
import type { HiveEdit } from '../registry/edit.ts';
import { NoAnswer, useAnswer } from './answer.ts';
import { ask } from './asking.ts';
import { PlanTable } from './plan-table.ts';
import { save } from './save.ts';
import { edited, edition, hives, stageEdits, tell } from './state.ts';
import type { CauseShown, PlanShown } from './worker/calls.ts';

export function DiagnosisPane(): ComponentChild {
  const what = 'Diagnosing';
  const answer = useAnswer((signal) => ask('diagnosis', [], { what, signal }), [hives.value.length, edition.value]);
  if (answer === null || !('value' in answer)) return h(NoAnswer, { answer, reading: `${what} …` });
  if (answer.value === null) {
    return h(
      'p',
      {},
      'A diagnosis needs the SYSTEM hive. SOFTWARE and the boot store (BCD) of the same Windows add to it.',
    );
  }
  const { headline, causes, warnings, notChecked, plan } = answer.value;
  return h(
    'div',
    {},
    edited.value.length > 0 && h('p', {}, 'As it would be with the staged changes. The disk is as it was.'),
    h('h2', { class: 'headline' }, headline),
    list('Causes', causes, '✗'),
    list('Warnings', warnings, '!'),
    lines(
      'Not checked',
      notChecked.map(({ word, why }) => h('li', {}, '? ', h('b', {}, word), ` ${printable(why)}`)),
    ),
    plan.allEdits.length > 0 && h(Plan, { plan }),
    h(
      'p',
      {},
      h(
        'button',
        {
          type: 'button',
          id: 'save-report',
          onClick: () =>
            void tell(ask('report', [], { what: 'Writing the report' }), (html) => save('report.html', html)),
        },
        'Save the report',
      ),
    ),
  );
}

/** The whole plan as repair shows it before it asks; nothing is staged before a button is pressed. */
function Plan({ plan }: { readonly plan: PlanShown }): ComponentChild {
  const { neededEdits, allEdits } = plan;
  const plain = (texts: readonly string[]): ComponentChild[] => texts.map((text) => h('li', {}, printable(text)));
  return h(
    'section',
    { class: 'plan', 'aria-label': 'The repair' },
    h('h3', {}, 'The repair'),
    plan.problem !== null &&
      h('p', { role: 'alert' }, `What it would change cannot be shown: ${printable(plan.problem)}`),
    h(PlanTable, { title: plan.fixHeading, rows: plan.fixes }),
    h(PlanTable, {
      title: plan.fixes.length > 0 ? 'Also in this repair profile' : 'In this repair profile',
      rows: plan.besides,
    }),
    lines('Skipped', plain(plan.skipped)),
    lines('Security', plain(plan.security)),
    lines('Risk', plain(plan.risks)),
    neededEdits.length > 0 && stageButton('stage-fixes', 'Stage what fixes the causes and warnings', neededEdits),
    ' ',
    allEdits.length > neededEdits.length && stageButton('stage-all', 'Stage the whole repair', allEdits),
  );
}

const stageButton = (id: string, text: string, edits: readonly HiveEdit[]): ComponentChild =>
  h('button', { type: 'button', id, onClick: () => void stageEdits(edits) }, text);

function lines(title: string, items: readonly ComponentChild[]): ComponentChild {
  if (items.length === 0) return null;
  return h('div', {}, h('h3', {}, title), h('ul', { class: 'findings' }, items));
}

const list = (title: string, causes: readonly CauseShown[], mark: string): ComponentChild =>
  lines(
    title,
    causes.map(({ word, text, repair, code }) =>
      h(
        'li',
        { title: code },
        `${mark} `,
        h('b', {}, word),
        ` ${printable(text)}`,
        repair === null ? null : h('small', {}, ` fix: ${repair}`),
      ),
    ),
  );
