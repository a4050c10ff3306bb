// The page: what is open, the tree, the key, the search, and what is handed on. Nothing is sent anywhere.

import { useSignal } from '@preact/signals';
import { type ComponentChild, h, render } from 'preact';
import { printable } from '../base/text.ts';
import { DeletedPane } from './deleted-pane.ts';
import { DiagnosisPane } from './diagnosis-pane.ts';
import { droppedFiles, type OpenedHive, openFiles } from './files.ts';
import { KeyPane } from './key-pane.ts';
import { Staged } from './staged.ts';
import {
  choose,
  chosen,
  current,
  type Hit,
  hives,
  messages,
  type Pane,
  pane,
  reveal,
  search,
  show,
  switchView,
} from './state.ts';
import { TimesPane } from './times-pane.ts';
import { Tree } from './tree.ts';

async function take(files: readonly File[]): Promise<void> {
  const { opened, problems } = await openFiles(files);
  show(opened);
  messages.value = problems;
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
      h('div', { class: 'left' }, h(Search, { key: chosen.value }), h(Tree, {})),
      h('section', { class: 'right', 'aria-label': 'Key', tabIndex: 0 }, h(KeyPane, {}), h(Staged, {})),
    );
  }
  const content = { Diagnosis: DiagnosisPane, Times: TimesPane, Deleted: DeletedPane }[shown];
  return h(
    'section',
    { class: 'whole', 'aria-label': shown, tabIndex: 0 },
    h(content, { key: chosen.value }),
    h(Staged, {}),
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

function Bar({ opened }: { readonly opened: OpenedHive }): ComponentChild {
  const { hive, isRaw, logs } = opened;
  const findings = hive.findings.map(({ code, text }) => `${code}: ${text}`);
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
        hives.value.map(({ title }, i) => h('option', { value: i }, printable(title))),
      ),
    ),
    h(
      'nav',
      { 'aria-label': 'Views' },
      PANES.map((name) =>
        h('button', { type: 'button', 'aria-pressed': pane.value === name, onClick: () => (pane.value = name) }, name),
      ),
    ),
    h(
      'span',
      {},
      `${hive.kind}, version 1.${hive.minorVersion}, ${hive.view === 'recovered' ? 'with its logs replayed' : 'as it lies'}`,
    ),
    logs.length > 0 &&
      h('button', { type: 'button', onClick: switchView }, isRaw ? 'Replay its logs' : 'Show it as it lies'),
    findings.length > 0 &&
      h(
        'details',
        {},
        h('summary', {}, `${findings.length} remark${findings.length === 1 ? '' : 's'}`),
        findings.map((text) => h('p', {}, printable(text))),
      ),
  );
}

function Search(): ComponentChild {
  const hits = useSignal<readonly Hit[]>([]);
  const running = useSignal<AbortController | null>(null);
  const start = (event: Event): void => {
    running.value?.abort();
    running.value = new AbortController();
    void search((event.target as HTMLInputElement).value, running.value.signal, (found) => (hits.value = found));
  };
  return h(
    'div',
    { role: 'search', class: 'search' },
    h('label', {}, 'Search ', h('input', { id: 'search', type: 'search', onInput: start })),
    hits.value.length > 0 &&
      h(
        'ul',
        { class: 'hits', 'aria-label': 'Found', tabIndex: 0 },
        hits.value.map(({ names, text }) =>
          h('li', {}, h('button', { type: 'button', onClick: () => reveal(names) }, h('bdi', {}, printable(text)))),
        ),
      ),
  );
}

addEventListener('dragover', (event) => event.preventDefault());
addEventListener('drop', (event) => {
  event.preventDefault();
  if (event.dataTransfer) void droppedFiles(event.dataTransfer).then(take);
});
render(h(App, {}), document.getElementById('app')!);
