// What keeps this Windows from starting, or Remote Desktop from working, as far as its hives tell; and the plan that fixes it.

import { type ComponentChild, h } from 'preact';
import { printable } from '../base/text.ts';
import type { HiveEdit } from '../hive.ts';
import { diagnoseSummary } from '../render/diagnosis.ts';
import { htmlReport } from '../render/html.ts';
import { checkWord } from '../render/machine.ts';
import { editText } from '../repairs/revert/change-text.ts';
import type { SummaryCause } from '../report.ts';
import { diagnosisReport } from './report.ts';
import { save } from './staged.ts';
import { diagnosis, hives, stageEdits } from './state.ts';

export function DiagnosisPane(): ComponentChild {
  const found = diagnosis.value;
  if (found === null) {
    return h(
      'p',
      {},
      'A diagnosis needs the SYSTEM hive. SOFTWARE and the boot store (BCD) of the same Windows add to it.',
    );
  }
  if (typeof found === 'string') return h('p', { role: 'alert' }, printable(found));
  const { summary, plan } = found;
  const report = diagnosisReport(found, hives.value);
  const opened = new Set(hives.value.map(({ hive }) => hive.name));
  const can = (edits: readonly { readonly edit: { readonly op: string } }[]): HiveEdit[] =>
    edits.flatMap(({ edit }) => ('key' in edit && opened.has((edit as HiveEdit).key.hive) ? [edit as HiveEdit] : []));
  const fixing = can([...plan.fixes, ...plan.requested]);
  const all = can(plan.edits);
  return h(
    'div',
    {},
    h('h2', { class: 'headline' }, diagnoseSummary(report)),
    list('Causes', summary.causes, '✗'),
    list('Warnings', summary.warnings, '!'),
    summary.notChecked.length > 0 &&
      h(
        'div',
        {},
        h('h3', {}, 'Not checked'),
        h(
          'ul',
          { class: 'findings' },
          summary.notChecked.map(({ check, why }) =>
            h('li', {}, '? ', h('b', {}, checkWord(check)), ` ${printable(why)}`),
          ),
        ),
      ),
    plan.edits.length > 0 &&
      h(
        'div',
        {},
        h('h3', {}, 'The repair'),
        h(
          'details',
          {},
          h('summary', {}, `What hivemend repair would change (${all.length})`),
          h(
            'ul',
            { class: 'findings' },
            plan.edits.map(({ edit, why }) => h('li', {}, h('code', {}, editText(edit)), h('br', {}), printable(why))),
          ),
        ),
        fixing.length > 0 && stageButton('stage-fixes', `Stage what fixes the causes (${fixing.length})`, fixing),
        all.length > fixing.length && stageButton('stage-all', `Stage the whole repair (${all.length})`, all),
      ),
    h(
      'p',
      {},
      h(
        'button',
        { type: 'button', id: 'save-report', onClick: () => save('report.html', htmlReport(report)) },
        'Save the report',
      ),
    ),
  );
}

const stageButton = (id: string, text: string, edits: readonly HiveEdit[]): ComponentChild =>
  h('button', { type: 'button', id, onClick: () => stageEdits(edits) }, text);

function list(title: string, causes: readonly SummaryCause[], mark: string): ComponentChild {
  if (causes.length === 0) return null;
  return h(
    'div',
    {},
    h('h3', {}, title),
    h(
      'ul',
      { class: 'findings' },
      causes.map(({ check, text, repair, code }) =>
        h(
          'li',
          { title: code },
          `${mark} `,
          h('b', {}, checkWord(check)),
          ` ${printable(text)}`,
          repair === null ? null : h('small', {}, ` fix: ${repair}`),
        ),
      ),
    ),
  );
}
