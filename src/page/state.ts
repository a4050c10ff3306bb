// What the page knows: the hives that are open, the key that is shown, what was searched and staged. No element of the page.

import { computed, signal } from '@preact/signals';
import {
  diagnoseHives,
  type HiveEdit,
  type HiveKey,
  HivemendError,
  type HivesDiagnosis,
  type HiveValue,
  type RegValue,
} from '../hive.ts';
import { type OpenedHive, openBytes } from './files.ts';
import { inSlices } from './slices.ts';

export const hives = signal<readonly OpenedHive[]>([]);
export const chosen = signal(0);
export const selected = signal<readonly string[]>([]);
export const messages = signal<readonly string[]>([]);
/** Counts edits: keys are read again after each. */
export const edition = signal(0);
const expanded = signal<ReadonlySet<string>>(new Set(['']));

export const current = computed(() => hives.value[chosen.value]);

export interface Row {
  readonly key: HiveKey;
  readonly id: string;
  readonly depth: number;
  readonly isOpen: boolean;
}

const idOf = (names: readonly string[]): string => names.join('\\').toUpperCase();

/** The keys of the tree that are to be seen, from the top. */
export const rows = computed<readonly Row[]>(() => {
  const { hive } = current.value ?? {};
  if (!hive || edition.value < 0) return [];
  const open = expanded.value;
  const list: Row[] = [];
  const stack: { key: HiveKey; depth: number }[] = [{ key: hive.root, depth: 0 }];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { key, depth } = next;
    const id = idOf(key.names);
    const isOpen = open.has(id);
    list.push({ key, id, depth, isOpen });
    if (isOpen) for (const below of key.keys().toReversed()) stack.push({ key: below, depth: depth + 1 });
  }
  return list;
});

export const selectedKey = computed(() => {
  const { hive } = current.value ?? {};
  return edition.value < 0 ? undefined : hive?.key(selected.value);
});

/** The hives that something is staged in. */
export const edited = computed(() =>
  edition.value < 0 ? [] : hives.value.filter(({ hive }) => hive.changes.length > 0),
);

export const staged = computed(() => edited.value.flatMap(({ hive }) => hive.changes));

export type Pane = 'Keys' | 'Diagnosis' | 'Times' | 'Deleted';
export const pane = signal<Pane>('Keys');

/** Of the first SYSTEM that is open, with the SOFTWARE and the boot store beside it; null without one, or why it failed. */
export const diagnosis = computed((): HivesDiagnosis | string | null => {
  const named = (name: string) => hives.value.find(({ hive }) => hive.name === name)?.hive;
  const system = named('SYSTEM');
  if (!system || edition.value < 0) return null;
  try {
    return diagnoseHives({ system, software: named('SOFTWARE'), bcd: named('BCD') });
  } catch (error) {
    if (error instanceof HivemendError) return error.message;
    throw error;
  }
});

/** Edits of several hives, each by its name. */
export function stageEdits(edits: readonly HiveEdit[]): void {
  attempt(() => {
    for (const { hive } of hives.value) {
      const mine = edits.filter(({ key }) => key.hive === hive.name);
      if (mine.length > 0) hive.edit(mine);
    }
  });
  edition.value += 1;
}

export function show(opened: readonly OpenedHive[]): void {
  hives.value = [...hives.value, ...opened];
  if (opened.length > 0) choose(hives.value.length - opened.length);
}

export function choose(index: number): void {
  chosen.value = index;
  expanded.value = new Set(['']);
  selected.value = [];
  edition.value += 1;
}

export function setOpen(names: readonly string[], isOpen: boolean): void {
  const next = new Set(expanded.value);
  if (isOpen) next.add(idOf(names));
  else next.delete(idOf(names));
  expanded.value = next;
}

/** Shows a key, with every key above it open. */
export function reveal(names: readonly string[]): void {
  const next = new Set(expanded.value);
  for (let count = 0; count < names.length; count += 1) next.add(idOf(names.slice(0, count)));
  expanded.value = next;
  selected.value = names;
}

/** Between the bytes as they lie and as the logs complete them; what was staged is dropped. */
export function switchView(): void {
  const { value } = current;
  if (!value) return;
  attempt(() => {
    const other = openBytes(value.title, value.bytes, value.logs, !value.isRaw);
    value.hive.close();
    hives.value = hives.value.map((hive) => (hive === value ? other : hive));
    edition.value += 1;
  });
}

export function stage(name: string, value: RegValue): void {
  attempt(() => current.value?.hive.set(selected.value, name, value));
  edition.value += 1;
}

export function stageRemoval(name: string): void {
  attempt(() => current.value?.hive.delete(selected.value, name));
  edition.value += 1;
}

/** Runs what may fail for a reason that is shown. */
export function attempt<T>(run: () => T): T | undefined {
  try {
    messages.value = [];
    return run();
  } catch (error) {
    if (!(error instanceof HivemendError)) throw error;
    messages.value = [error.message];
    return undefined;
  }
}

export interface Hit {
  readonly names: readonly string[];
  readonly text: string;
}

const MOST_HITS = 1000;

/** Keys and values whose name or text holds `text`; pauses so that the page stays alive. */
export async function search(text: string, signal: AbortSignal, found: (hits: readonly Hit[]) => void): Promise<void> {
  const { hive } = current.value ?? {};
  if (!hive || text === '') return found([]);
  const wanted = text.toUpperCase();
  const hits: Hit[] = [];
  const look = (key: HiveKey): boolean => {
    if (key.path.toUpperCase().includes(wanted)) hits.push({ names: key.names, text: key.path });
    for (const value of key.values()) {
      const shown = dataText(value);
      if (value.name.toUpperCase().includes(wanted) || shown.toUpperCase().includes(wanted)) {
        hits.push({ names: key.names, text: `${key.path}  ${value.name || '(Default)'} = ${shown.slice(0, 100)}` });
      }
    }
    return hits.length < MOST_HITS;
  };
  await inSlices(hive.walk(), signal, look, () => found([...hits]));
  if (!signal.aborted) found(hits);
}

/** What a value holds, in words. */
export function dataText(value: HiveValue): string {
  let decoded: HiveValue['decoded'];
  try {
    ({ decoded } = value);
  } catch (error) {
    if (error instanceof HivemendError) return 'cannot be read whole';
    throw error;
  }
  if (decoded instanceof Uint8Array) return hexOf(decoded, ' ');
  if (typeof decoded === 'object') return decoded.join('\n');
  if (typeof decoded === 'string') return decoded;
  return `${decoded} (0x${decoded.toString(16)})`;
}

export const hexOf = (bytes: Uint8Array, between: string): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(between);
