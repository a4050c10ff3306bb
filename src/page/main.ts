// The page: what is open, the tree, the key, the search, and what is handed on. Nothing is sent anywhere.

import { type ComponentChild, h, render } from 'preact';
import { printable } from '../base/text.ts';
import { counted } from '../render/style.ts';
import { jobs, stop } from './asking.ts';
import { DeletedPane } from './deleted-pane.ts';
import { DiagnosisPane } from './diagnosis-pane.ts';
import { droppedFiles, hivesAmong } from './files.ts';
import { KeyPane } from './key-pane.ts';
import { Search } from './search.ts';
import { Staged } from './staged.ts';
import {
  choose,
  chosen,
  current,
  type Hive,
  hives,
  messages,
  type Pane,
  pane,
  selected,
  show,
  switchView,
} from './state.ts';
import { TimesPane } from './times-pane.ts';
import { Tree } from './tree.ts';

async function take(files: readonly File[]): Promise<void> {
  const { found, problems } = await hivesAmong(files);
  await show(found, problems);
}

function App(): ComponentChild {
  const opened = current.value;
  return h(
    'div',
    { class: 'app' },
    h(
      'header',
      {},
      h('h1', {}, 'hivemend'),
      h('p', {}, 'Registry hives, read on this machine: nothing is sent, and no disk is written.'),
      h(Picker, {}),
    ),
    h(
      'div',
      { role: 'status', class: 'messages' },
      messages.value.map((text) => h('p', {}, printable(text))),
    ),
    h(Busy, {}),
    opened
      ? h('main', {}, h(Bar, { opened }), h(Panes, {}))
      : h(
          'main',
          { class: 'empty' },
          h(
            'p',
            {},
            'Drop a hive here, such as SYSTEM with SYSTEM.LOG1 and SYSTEM.LOG2 beside it, or a folder with hives.',
          ),
        ),
  );
}

const PANES: readonly Pane[] = ['Keys', 'Diagnosis', 'Times', 'Deleted'];

function Panes(): ComponentChild {
  const shown = pane.value;
  if (shown === 'Keys') {
    return h(
      'div',
      { class: 'panes' },
      h('div', { class: 'left' }, h(Search, { key: current.value?.id }), h(Tree, {})),
      h(
        'section',
        { key: selected.value.join('\\'), class: 'right', 'aria-label': 'Key', tabIndex: 0 },
        h(KeyPane, {}),
        h(Staged, {}),
      ),
    );
  }
  const content = { Diagnosis: DiagnosisPane, Times: TimesPane, Deleted: DeletedPane }[shown];
  return h(
    'section',
    { class: 'whole', 'aria-label': shown, tabIndex: 0 },
    h(content, { key: current.value?.id }),
    h(Staged, {}),
  );
}

/** What takes a while, each with a button that ends it. */
function Busy(): ComponentChild {
  return h(
    'div',
    { role: 'status', class: 'busy', 'aria-label': 'Under way' },
    jobs.value.map(({ id, what, keysDone }) =>
      h(
        'p',
        { key: id },
        h('progress', { 'aria-label': printable(what) }),
        ` ${printable(what)} …${keysDone === 0 ? '' : ` ${keysDone.toLocaleString('en')} keys`} `,
        h('button', { type: 'button', onClick: () => stop(id) }, 'Stop'),
      ),
    ),
  );
}

function Picker(): ComponentChild {
  const pick = (event: Event): void => void take([...((event.target as HTMLInputElement).files ?? [])]);
  return h(
    'div',
    { class: 'picker' },
    h('label', {}, 'Open files ', h('input', { id: 'files', type: 'file', multiple: true, onChange: pick })),
    h('label', {}, 'Open a folder ', h('input', { id: 'folder', type: 'file', webkitdirectory: true, onChange: pick })),
  );
}

function Bar({ opened }: { readonly opened: Hive }): ComponentChild {
  const { kind, minorVersion, isRecovered, isRaw, files, findings } = opened;
  return h(
    'div',
    { class: 'bar' },
    h(
      'label',
      {},
      'Hive ',
      h(
        'select',
        { value: chosen.value, onChange: (event: Event) => choose(Number((event.target as HTMLSelectElement).value)) },
        hives.value.map(({ files }, i) => h('option', { value: i }, printable(files.title))),
      ),
    ),
    h(
      'nav',
      { 'aria-label': 'Views' },
      PANES.map((name) =>
        h('button', { type: 'button', 'aria-pressed': pane.value === name, onClick: () => (pane.value = name) }, name),
      ),
    ),
    h('span', {}, `${kind}, version 1.${minorVersion}, ${isRecovered ? 'with its logs replayed' : 'as stored'}`),
    files.logs.length > 0 &&
      h('button', { type: 'button', onClick: switchView }, isRaw ? 'Replay its logs' : 'Show it as stored'),
    findings.length > 0 &&
      h(
        'details',
        {},
        h('summary', {}, counted(findings.length, 'finding')),
        findings.map((text) => h('p', {}, printable(text))),
      ),
  );
}

addEventListener('dragover', (event) => event.preventDefault());
addEventListener('drop', (event) => {
  event.preventDefault();
  if (event.dataTransfer) void droppedFiles(event.dataTransfer).then(take);
});
render(h(App, {}), document.getElementById('app')!);
