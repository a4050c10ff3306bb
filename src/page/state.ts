// What the page knows: the hives that are open, the tree, the key that is shown, what is staged. The hives themselves are
// in the worker.

import { batch, computed, effect, signal } from '@preact/signals';
import type { HiveEdit, RegValue } from '../registry/edit.ts';
import { afterRestart, ask, Refused, Stopped } from './asking.ts';
import type { HiveFiles, KeyList, KeyShown, OpenedHive } from './worker/calls.ts';

/** A hive with what it was opened from. */
export interface Hive extends OpenedHive {
  readonly files: HiveFiles;
  /** The bytes as they lie: its logs are not replayed. */
  readonly isRaw: boolean;
}

export const hives = signal<readonly Hive[]>([]);
export const chosen = signal(0);
export const selected = signal<readonly string[]>([]);
export const messages = signal<readonly string[]>([]);
/** Counts edits: what was read before one is read again. */
export const edition = signal(0);
const expanded = signal<ReadonlySet<string>>(new Set(['']));
/** Of the chosen hive, by the id of the key that they are below. */
const lists = signal<ReadonlyMap<string, KeyList>>(new Map());
let lastHive = 0;

export const current = computed(() => hives.value[chosen.value]);
export const edited = computed(() => hives.value.filter(({ staged }) => staged.edits.length > 0));

export type Pane = 'Keys' | 'Diagnosis' | 'Times' | 'Deleted';
export const pane = signal<Pane>('Keys');

export interface Row {
  readonly name: string;
  readonly id: string;
  readonly known: string;
  readonly parent: Row | null;
  readonly depth: number;
  readonly hasKeys: boolean;
  readonly isOpen: boolean;
}

const idOf = (names: readonly string[]): string => names.join('\\').toUpperCase();

export function namesOf(row: Row): readonly string[] {
  const names: string[] = [];
  for (let at = row; at.parent !== null; at = at.parent) names.push(at.name);
  return names.reverse();
}

/** The keys of the tree that are to be seen, from the top. */
export const rows = computed<readonly Row[]>(() => {
  const list: Row[] = [];
  const add = (row: Row): void => {
    list.push(row);
    const below = row.isOpen ? lists.value.get(row.id) : undefined;
    below?.names.forEach((name, i) => {
      const id = row.depth === 0 ? name.toUpperCase() : `${row.id}\\${name.toUpperCase()}`;
      const hasKeys = below.hasKeys[i] === 1;
      const isOpen = hasKeys && expanded.value.has(id);
      add({ name, id, known: below.known.get(i) ?? '', parent: row, depth: row.depth + 1, hasKeys, isOpen });
    });
  };
  if (lists.value.has(''))
    add({ name: '', id: '', known: '', parent: null, depth: 0, hasKeys: true, isOpen: expanded.value.has('') });
  return list;
});

/** Where each key stands in the tree. */
const places = computed(() => new Map(rows.value.map(({ id }, index) => [id, index])));
export const selectedRow = computed(() => places.value.get(idOf(selected.value)) ?? -1);

/** The key that is selected; null: it is not there; undefined: it is being read. */
export const shownKey = signal<KeyShown | null | undefined>(undefined);

effect(() => {
  const hive = current.value;
  const names = selected.value;
  const stop = new AbortController();
  if (hive && edition.value >= 0) {
    tell(ask('key', [hive.id, names], { signal: stop.signal }), (key) => (shownKey.value = key));
  }
  return () => stop.abort();
});

/** Gives an answer to `take`; a refusal is shown, and a job that was ended says nothing. */
export async function tell<T>(answer: Promise<T>, take: (value: T) => void): Promise<void> {
  try {
    take(await answer);
  } catch (error) {
    if (error instanceof Stopped) return;
    messages.value = [error instanceof Error ? error.message : String(error)];
    if (!(error instanceof Refused)) throw error;
  }
}

/** Opens hives, one after the other, and shows the first. */
export async function show(found: readonly HiveFiles[], problems: readonly string[]): Promise<void> {
  messages.value = problems;
  let isFirst = true;
  for (const files of found) {
    lastHive += 1;
    const what = `Opening ${files.title}`;
    try {
      const opened = await ask('open', [lastHive, files, false, []], { what });
      hives.value = [...hives.value, { ...opened, files, isRaw: false }];
      if (isFirst) choose(hives.value.length - 1);
      isFirst = false;
    } catch (error) {
      if (error instanceof Stopped) return;
      if (!(error instanceof Refused)) throw error;
      messages.value = [...messages.value, error.message];
    }
  }
}

export function choose(index: number): void {
  batch(() => {
    chosen.value = index;
    expanded.value = new Set(['']);
    lists.value = new Map();
    selected.value = [];
  });
  void read([[]]);
}

/** Reads the keys below some keys of the chosen hive into the tree. */
async function read(keys: readonly (readonly string[])[]): Promise<void> {
  const hive = current.value;
  if (!hive) return;
  await tell(ask('keys', [hive.id, keys]), (answer) => {
    if (current.value?.id !== hive.id) return;
    const next = new Map(lists.value);
    keys.forEach((names, i) => {
      const list = answer[i];
      if (list) next.set(idOf(names), list);
      else next.delete(idOf(names));
    });
    lists.value = next;
  });
}

/** After an edit: the keys of the tree, and the key that is shown. */
function refresh(): void {
  const open = rows.value.filter(({ isOpen }) => isOpen);
  lists.value = new Map([...lists.value].filter(([id]) => expanded.value.has(id)));
  edition.value += 1;
  void read(open.length === 0 ? [[]] : open.map(namesOf));
}

export function setOpen(row: Row, isOpen: boolean): void {
  const next = new Set(expanded.value);
  if (isOpen) next.add(row.id);
  else next.delete(row.id);
  expanded.value = next;
  if (isOpen && !lists.value.has(row.id)) void read([namesOf(row)]);
}

/** Shows a key, with every key above it open. */
export async function reveal(names: readonly string[]): Promise<void> {
  const above = names.map((_, count) => names.slice(0, count));
  selected.value = names;
  await read(above.filter((key) => !lists.value.has(idOf(key))));
  expanded.value = new Set([...expanded.value, ...above.map(idOf)]);
}

/** Between the bytes as they lie and as the logs complete them; what was staged is dropped. */
export function switchView(): void {
  const hive = current.value;
  if (!hive) return;
  const isRaw = !hive.isRaw;
  void tell(ask('open', [hive.id, hive.files, isRaw, []], { what: `Opening ${hive.files.title}` }), (opened) =>
    replace({ ...opened, files: hive.files, isRaw }),
  );
}

function replace(hive: Hive): void {
  batch(() => {
    hives.value = hives.value.map((other) => (other.id === hive.id ? hive : other));
    refresh();
  });
}

/** Stages edits in a hive. */
async function edit(hive: Hive, edits: readonly HiveEdit[]): Promise<void> {
  messages.value = [];
  await tell(ask('edit', [hive.id, edits], { what: `Editing ${hive.name}` }), (staged) => replace({ ...hive, staged }));
}

/** Edits of a plan, each in the first hive of its name, which is the one that was diagnosed. */
export async function stageEdits(edits: readonly HiveEdit[]): Promise<void> {
  for (const name of new Set(edits.map(({ key }) => key.hive))) {
    const hive = hives.value.find((one) => one.name === name);
    const mine = edits.filter(({ key }) => key.hive === name);
    if (hive) await edit(hive, mine);
  }
}

const keyPath = (hive: Hive): HiveEdit['key'] => ({ hive: hive.name, path: selected.value });

export function stage(name: string, value: RegValue): void {
  const hive = current.value;
  if (hive) void edit(hive, [{ op: 'set-value', key: keyPath(hive), name, value }]);
}

export function stageRemoval(name: string): void {
  const hive = current.value;
  if (hive) void edit(hive, [{ op: 'delete-value', key: keyPath(hive), name }]);
}

// A new worker knows nothing: the hives are opened again, with what was staged in them.
afterRestart(() => {
  for (const { id, files, isRaw, staged } of hives.value) {
    void tell(ask('open', [id, files, isRaw, staged.edits], { what: `Opening ${files.title}` }), () => {});
  }
  refresh();
});
