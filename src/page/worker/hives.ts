// The hives that are open in the worker, what is staged in them, and what that is handed on as.

import {
  type Change,
  Engine,
  type HiveEdit,
  type HiveFile,
  kindOfHive,
  openHive,
  regFileOf,
  UsageError,
} from '../../hive.ts';
import { planRows } from '../../render/plan-table.ts';
import { changeSides, editPlace } from '../../repairs/revert/change-text.ts';
import { NOT_JUDGED, type Plan, TOOL } from '../../report.ts';
import type { HiveFiles, OpenedHive, Staged } from './calls.ts';
import { hexOf } from './keys.ts';

declare global {
  /** The compiled engine in base64; put into the worker by its build. */
  const ENGINE_BASE64: string;
}

interface Held {
  readonly title: string;
  /** As it was given. */
  readonly bytes: Uint8Array;
  readonly hive: HiveFile;
}

/** By number, in the order in which they were opened. */
export const HIVES = new Map<number, Held>();
let engine: Engine | null = null;

export function hiveOf(id: number): HiveFile {
  const held = HIVES.get(id);
  if (held) return held.hive;
  throw new UsageError('BAD_ARGUMENT', 'this hive is not open any more');
}

/** Opens a hive by its number, in the place of the one that had it, and stages edits. @throws as openHive */
export async function openHiveFiles(
  id: number,
  { title, file, logs }: HiveFiles,
  isRaw: boolean,
  edits: readonly HiveEdit[],
): Promise<OpenedHive> {
  const bytes = HIVES.get(id)?.bytes ?? (await bytesOf(file));
  const named = isRaw
    ? []
    : await Promise.all(logs.map(async (log) => ({ name: log.name, bytes: await bytesOf(log) })));
  const hive = openNamed(bytes, named);
  HIVES.get(id)?.hive.close();
  HIVES.set(id, { title, bytes, hive });
  if (edits.length > 0) hive.edit(edits);
  return {
    id,
    name: hive.name,
    kind: hive.kind,
    minorVersion: hive.minorVersion,
    isRecovered: hive.view === 'recovered',
    isEditable: hive.reader === 'engine',
    findings: hive.findings.map(({ code, text }) => `${code}: ${text}`),
    staged: staged(hive),
  };
}

/** Edits name the hive as a plan does, by its kind. */
function openNamed(
  bytes: Uint8Array,
  logs: readonly { readonly name: string; readonly bytes: Uint8Array }[],
): HiveFile {
  engine ??= Engine.fromBytes(Uint8Array.from(atob(ENGINE_BASE64), (letter) => letter.charCodeAt(0)));
  const open = (name: string): HiveFile => openHive(bytes, { engine: engine!, name, logs });
  const told = kindOfHive(bytes);
  if (told !== 'other') return open(told);
  // A dirty hive may tell only when its logs are replayed.
  const first = open('HIVE');
  if (first.kind === 'other') return first;
  const { kind } = first;
  first.close();
  return open(kind);
}

export function staged(hive: HiveFile): Staged {
  return {
    edits: hive.changes.map(({ edit }) => edit as HiveEdit),
    rows: planRows({
      repairs: hive.changes.map((change) => ({
        name: '',
        controlSet: controlSetOf(change),
        state: 'planned',
        changes: [change],
      })),
    }).besides,
  };
}

function controlSetOf({ edit }: Change): string | null {
  const [first = ''] = 'key' in edit ? edit.key.path : [];
  return /^ControlSet\d{3}$/i.test(first) ? first : null;
}

export function regFile(hive: HiveFile): { readonly bytes: Uint8Array; readonly findings: readonly string[] } {
  const { bytes, findings } = regFileOf(hive);
  return { bytes, findings: findings.map(({ text }) => text) };
}

/** @throws UsageError BAD_ARGUMENT where two hives of one name are edited: a plan is of one Windows */
export async function planFile(): Promise<string> {
  const edited = [...HIVES.values()].filter(({ hive }) => hive.changes.length > 0);
  const twice = edited.find(({ hive }, i) => edited.findIndex((other) => other.hive.name === hive.name) < i);
  if (twice) {
    throw new UsageError(
      'BAD_ARGUMENT',
      `two ${twice.hive.name} hives are edited, expected one: a plan is of one Windows`,
    );
  }
  const targets = await Promise.all(
    edited.map(async ({ hive, bytes, title }): Promise<Plan['targets'][number]> => {
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
      return { kind: 'hive', path: title, hive: hive.name, sha256Before: hexOf(digest, ''), sha256After: null };
    }),
  );
  const changes = edited.flatMap(({ hive }) => hive.changes);
  const plan: Plan = {
    schema: 2,
    tool: TOOL,
    machine: null,
    options: {},
    targets,
    edits: changes.map(({ edit }) => edit),
    why: changes.map(() => 'staged in the page'),
    steps: changes.map((change) => {
      const { name, before, after } = changeSides(change);
      const what = `${editPlace(change.edit)} ${name}`;
      return { repair: null, controlSet: null, fixes: null, what, before: before.join(' '), after: after.join(' ') };
    }),
    findings: [],
    summary: NOT_JUDGED,
  };
  return JSON.stringify(plan, null, 2);
}

const bytesOf = async (file: File): Promise<Uint8Array> => new Uint8Array(await file.arrayBuffer());
