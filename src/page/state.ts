// What the page knows: the hives that are open, the key that is shown, what was searched and staged. No element of the page.

import { computed, signal } from '@preact/signals';
import { type HiveKey, HivemendError, type HiveValue, type RegValue } from '../hive.ts';
import { changeSides, editPlace } from '../repairs/revert/change-text.ts';
import { NOT_JUDGED, type Plan, TOOL } from '../report.ts';
import { type OpenedHive, openBytes } from './files.ts';

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

export const staged = computed(() => (edition.value < 0 ? [] : (current.value?.hive.changes ?? [])));

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
const SLICE_MS = 40;

/** Keys and values whose name or text holds `text`; pauses so that the page stays alive. */
export async function search(text: string, signal: AbortSignal, found: (hits: readonly Hit[]) => void): Promise<void> {
  const { hive } = current.value ?? {};
  if (!hive || text === '') return found([]);
  const wanted = text.toUpperCase();
  const hits: Hit[] = [];
  let until = performance.now() + SLICE_MS;
  for (const key of hive.walk()) {
    if (key.path.toUpperCase().includes(wanted)) hits.push({ names: key.names, text: key.path });
    for (const value of key.values()) {
      const shown = dataText(value);
      if (value.name.toUpperCase().includes(wanted) || shown.toUpperCase().includes(wanted)) {
        hits.push({ names: key.names, text: `${key.path}  ${value.name || '(Default)'} = ${shown.slice(0, 100)}` });
      }
    }
    if (hits.length >= MOST_HITS) break;
    if (performance.now() < until) continue;
    found([...hits]);
    await new Promise((resolve) => setTimeout(resolve));
    if (signal.aborted) return;
    until = performance.now() + SLICE_MS;
  }
  found(hits);
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

/** The plan of what was staged, as `hivemend apply` takes it. */
export async function planJson(opened: OpenedHive): Promise<string> {
  const { hive, bytes, title } = opened;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes.slice()));
  const edits = hive.changes.map(({ edit }) => edit);
  const plan: Plan = {
    schema: 2,
    tool: TOOL,
    machine: null,
    options: {},
    targets: [{ kind: 'hive', path: title, hive: hive.name, sha256Before: hexOf(digest, ''), sha256After: null }],
    edits,
    why: edits.map(() => 'edited by hand in the page'),
    steps: hive.changes.map((change) => {
      const { name, before, after } = changeSides(change);
      const what = `${editPlace(change.edit)} ${name}`;
      return { repair: null, controlSet: null, fixes: null, what, before: before.join(' '), after: after.join(' ') };
    }),
    findings: [],
    summary: NOT_JUDGED,
  };
  return JSON.stringify(plan, null, 2);
}
