// What the page asks of its worker, and what it is told: plain data, which is copied from one to the other.

import type { HiveEdit, HiveKind } from '../../hive.ts';
import type { TableRow } from '../../render/plan-table.ts';

/** A hive's file with its logs. */
export interface HiveFiles {
  readonly title: string;
  readonly file: File;
  readonly logs: readonly File[];
}

/** A hive that is open in the worker. */
export interface OpenedHive {
  readonly id: number;
  /** What edits call it. */
  readonly name: string;
  readonly kind: HiveKind;
  readonly minorVersion: number;
  readonly isRecovered: boolean;
  readonly isEditable: boolean;
  readonly findings: readonly string[];
  readonly staged: Staged;
}

/** What is staged in a hive. */
export interface Staged {
  /** Makes it again in the hive as it was opened. */
  readonly edits: readonly HiveEdit[];
  readonly rows: readonly TableRow[];
}

/** The keys below one, by their columns: a key may have very many. */
export interface KeyList {
  readonly names: readonly string[];
  /** 1: it has keys itself. */
  readonly hasKeys: Uint8Array;
  /** What a key's name stands for, by its index, where that is known. */
  readonly known: ReadonlyMap<number, string>;
}

export interface KeyShown {
  readonly path: string;
  /** Name and text. */
  readonly facts: readonly (readonly [string, string])[];
  readonly security: readonly string[];
  readonly valueCount: number;
  /** The first of them. */
  readonly values: readonly ValueShown[];
}

export interface ValueShown {
  readonly name: string;
  readonly type: number;
  readonly typeName: string;
  readonly text: string;
  /** What its number stands for; '' where that is not known. */
  readonly known: string;
  readonly hex: string;
}

/** A key or value that a search has found. */
export interface Hit {
  readonly names: readonly string[];
  readonly text: string;
}

/** Of FILETIMEs. */
export interface Range {
  readonly from: bigint;
  /** Not included. */
  readonly until: bigint;
}

export interface Bar extends Range {
  readonly count: number;
}

/** When the keys of a range were last written. */
export interface Times extends Range {
  readonly count: number;
  readonly bars: readonly Bar[];
  readonly latest: readonly { readonly filetime: bigint; readonly names: readonly string[] }[];
}

export interface Deleted {
  readonly count: number;
  /** Confidence, what, where, last written or data. */
  readonly rows: readonly (readonly string[])[];
}

/** A diagnosis with the plan of the repair. */
export interface DiagnosisShown {
  readonly headline: string;
  readonly causes: readonly CauseShown[];
  readonly warnings: readonly CauseShown[];
  readonly notChecked: readonly { readonly word: string; readonly why: string }[];
  readonly plan: PlanShown;
}

export interface CauseShown {
  /** The check, as every screen names it. */
  readonly word: string;
  readonly code: string;
  readonly text: string;
  readonly repair: string | null;
}

/** The plan of the repair as its table. */
export interface PlanShown {
  /** Why there is no table; null: there is. */
  readonly problem: string | null;
  readonly fixHeading: string;
  readonly fixes: readonly TableRow[];
  readonly besides: readonly TableRow[];
  readonly skipped: readonly string[];
  readonly security: readonly string[];
  readonly risks: readonly string[];
  /** What fixes the causes, and what that needs. */
  readonly neededEdits: readonly HiveEdit[];
  readonly allEdits: readonly HiveEdit[];
}

/** Each by its name: arguments and answer. A hive is named by the number that it was opened with. */
export interface Calls {
  open(id: number, files: HiveFiles, isRaw: boolean, edits: readonly HiveEdit[]): OpenedHive;
  close(id: number): void;
  /** Of each of the keys; null for one that is not there. */
  keys(id: number, keys: readonly (readonly string[])[]): readonly (KeyList | null)[];
  key(id: number, names: readonly string[]): KeyShown | null;
  /** As a form has it. */
  valueText(id: number, names: readonly string[], name: string): string;
  /** The hits are told while it goes on; true: there may be more. */
  search(id: number, text: string): boolean;
  /** Null: no key has a time. */
  times(id: number, range: Range | null): Times | null;
  deleted(id: number): Deleted;
  /** Of the first SYSTEM that is open, with the SOFTWARE and the boot store beside it; null without one. */
  diagnosis(): DiagnosisShown | null;
  report(): string;
  edit(id: number, edits: readonly HiveEdit[]): Staged;
  /** Proven first. */
  bytes(id: number): Uint8Array;
  regFile(id: number): { readonly bytes: Uint8Array; readonly findings: readonly string[] };
  /** Of everything that is staged, as `hivemend apply` takes it. */
  planFile(): string;
}

/** How far a job is. */
export interface Progress {
  readonly keysDone: number;
  /** Found since it was told last. */
  readonly hits: readonly Hit[];
}

export type Request =
  | { readonly job: number; readonly call: keyof Calls; readonly args: readonly unknown[] }
  | { readonly cancel: number };

export type Reply =
  | { readonly job: number; readonly progress: Progress }
  | { readonly job: number; readonly answer: unknown }
  /** The reason is shown. */
  | { readonly job: number; readonly refused: string }
  | { readonly job: number; readonly stopped: true }
  /** A defect of ours. */
  | { readonly job: number; readonly fault: string };
