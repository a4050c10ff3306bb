// A value rule says of one registry value what is good enough, what is a fault, and what would be written. Most
// repairs are a list of such rules; this file turns the list into findings and planned edits.

import type { FindingCode } from '../base/codes/codes.ts';
import type { Finding } from '../base/finding.ts';
import { append } from '../base/lists.ts';
import { compareNames } from '../base/text.ts';
import type { HiveEdit, RegValue } from '../registry/edit.ts';
import type { Hive, Value } from '../registry/hive.ts';
import { isSameValue, REG_BINARY, REG_DWORD, readData, readString, readStrings } from '../registry/value.ts';
import type { PlannedEdit, RepairOptions, SecurityNote } from './model.ts';
import type { ControlSet, MachineView } from './view.ts';

/** What stands at a value's place; 'other' is a type or a length that does not fit. */
export type Found =
  | { readonly kind: 'absent' }
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'list'; readonly texts: readonly string[] }
  | { readonly kind: 'other'; readonly type: number };

export interface Fault {
  readonly code: FindingCode;
  readonly severity: Finding['severity'];
  /** What it does to RDP, as a sentence that follows what was found. */
  readonly effect: string;
}

export interface ValueRule {
  readonly hive: 'SYSTEM' | 'SOFTWARE';
  /** Names below the root; a first name '{CS}' stands for each control set. */
  readonly path: readonly string[];
  readonly name: string;
  /** What is written; null: the value is deleted. */
  readonly write: RegValue | null;
  /** What --as-published writes where that is different from keeping what is good enough. */
  readonly published?: RegValue;
  /** What was found is good enough and stays. */
  readonly isGood: (found: Found) => boolean;
  /** What was found is a cause; left out: never. */
  readonly fault?: (found: Found) => Fault | null;
  /** Written only where it is a fault. */
  readonly isOnlyForFault?: boolean;
  /** Neither judged nor written where the key is missing. */
  readonly needsKey?: boolean;
  /** See PlannedEdit. */
  readonly isRequested?: boolean;
  readonly why: string;
  readonly security?: (found: Found, written: RegValue | null) => SecurityNote | null;
}

/** The control set's name takes the place of '{CS}'. */
export function inControlSet(path: readonly string[], controlSet: string): readonly string[] {
  return path[0] === '{CS}' ? [controlSet, ...path.slice(1)] : path;
}

/** 'SYSTEM\ControlSet001\Control', as findings name a key. */
export function keyText(hive: string, path: readonly string[]): string {
  return [hive, ...path].join('\\');
}

/** The boot uses this set: the one that Select names Default (Current where there is none; all where neither is told). */
export function isBooted(view: MachineView, controlSet: string | null): boolean {
  if (controlSet === null) return true;
  const sets = view.machine.controlSets;
  const booted = sets.find((set) => set.isDefault) ?? sets.find((set) => set.isCurrent);
  return booted === undefined || booted.name === controlSet;
}

/** The hive of a rule; null where it was not found on this disk. */
function hiveOf(view: MachineView, name: string): Hive | null {
  if (name === 'SYSTEM') return view.system;
  return name === 'SOFTWARE' ? view.software : null;
}

/**
 * What stands in a value, as a program reads it: a REG_DWORD of fewer than four bytes is the number that Windows gives
 * into a zeroed DWORD; one of more fits no DWORD and is 'other', as is what cannot be read whole. A REG_BINARY of four bytes
 * is a number to whoever asks for a DWORD (RRF_RT_DWORD of RegGetValue is both types).
 */
export function foundIn(value: Value | null): Found {
  if (value === null) return { kind: 'absent' };
  if (value.type === REG_DWORD || value.type === REG_BINARY) {
    const data = readData(value);
    const isNumber = data !== null && (value.type === REG_DWORD ? data.byteLength <= 4 : data.byteLength === 4);
    if (isNumber) return { kind: 'number', number: shortNumber(data) };
  }
  const text = readString(value);
  if (text !== null) return { kind: 'text', text };
  const texts = readStrings(value);
  if (texts !== null) return { kind: 'list', texts };
  return { kind: 'other', type: value.type };
}

function shortNumber(data: Uint8Array): number {
  return data.reduceRight((number, byte) => number * 256 + byte, 0);
}

export function foundAt(view: MachineView, hive: 'SYSTEM' | 'SOFTWARE', path: readonly string[], name: string): Found {
  return foundIn(hiveOf(view, hive)?.value(path, name) ?? null);
}

/** A text value that is not empty, or null. */
export function textAt(hive: Hive, path: readonly string[], name: string): string | null {
  const found = foundIn(hive.value(path, name));
  return found.kind === 'text' && found.text !== '' ? found.text : null;
}

export function numberAt(hive: Hive, path: readonly string[], name: string): number | null {
  const found = foundIn(hive.value(path, name));
  return found.kind === 'number' ? found.number : null;
}

/** As messages say it: 'is 1', 'is "text"', 'is absent'. */
export function describeFound(found: Found): string {
  switch (found.kind) {
    case 'absent':
      return 'is absent';
    case 'number':
      return found.number > 0xffff ? `is 0x${found.number.toString(16)}` : `is ${found.number}`;
    case 'text':
      return `is the text "${found.text}"`;
    case 'list':
      return `is the list "${found.texts.join(', ')}"`;
    case 'other':
      return `has type ${found.type} and does not hold a number or text`;
  }
}

export const isNumber =
  (...numbers: readonly number[]) =>
  (found: Found): boolean =>
    found.kind === 'number' && numbers.includes(found.number);

export const isAbsentOr =
  (...numbers: readonly number[]) =>
  (found: Found): boolean =>
    found.kind === 'absent' || (found.kind === 'number' && numbers.includes(found.number));

/** A fault for these numbers (`when`), whatever the rest is. */
export function faultWhen(
  when: (found: Found) => boolean,
  code: FindingCode,
  severity: Finding['severity'],
  effect: string,
) {
  return (found: Found): Fault | null => (when(found) ? { code, severity, effect } : null);
}

interface FindingParts {
  readonly code: FindingCode;
  readonly severity: Finding['severity'];
  readonly hive: string;
  readonly path: readonly string[];
  readonly controlSet: string | null;
  readonly repair?: string;
  readonly text: string;
}

/** A finding in a hive; an error in a control set that the next boot does not use is a warning. */
export function hiveFinding(view: MachineView, parts: FindingParts): Finding {
  const isIdle = parts.severity === 'error' && !isBooted(view, parts.controlSet);
  return {
    code: parts.code,
    severity: isIdle ? 'warning' : parts.severity,
    ...(parts.repair === undefined ? {} : { repair: parts.repair }),
    where: {
      file: view.hives.find((condition) => condition.hive === parts.hive)?.file ?? parts.hive,
      key: keyText(parts.hive, parts.path),
    },
    text: isIdle ? `${parts.text} The next boot does not use ${parts.controlSet}.` : parts.text,
  };
}

/** Of a switch that is on with any number but 0. */
export const isNotZero = (found: Found): boolean => found.kind === 'number' && found.number !== 0;

/** The edits that set a value, its key and that key's parents created first where they are missing. */
export function setValueEdits(hive: Hive, path: readonly string[], name: string, value: RegValue): HiveEdit[] {
  const edits: HiveEdit[] = [];
  for (let depth = 1; depth <= path.length; depth += 1) {
    const key = { hive: hive.name, path: path.slice(0, depth) };
    if (!hive.key(key.path)) edits.push({ op: 'create-key', key });
  }
  return [...edits, { op: 'set-value', key: { hive: hive.name, path }, name, value }];
}

interface RuleInstance {
  readonly rule: ValueRule;
  readonly hive: Hive;
  readonly path: readonly string[];
  readonly controlSet: ControlSet | null;
  readonly found: Found;
}

function instancesOf(view: MachineView, rules: readonly ValueRule[]): RuleInstance[] {
  const instances: RuleInstance[] = [];
  const sets: readonly (ControlSet | null)[] = rules.some((rule) => rule.path[0] === '{CS}') ? view.controlSets : [];
  for (const controlSet of [...sets, null]) {
    for (const rule of rules) {
      if ((rule.path[0] === '{CS}') !== (controlSet !== null)) continue;
      const hive = hiveOf(view, rule.hive);
      if (!hive) continue;
      const path = controlSet ? inControlSet(rule.path, controlSet.name) : rule.path;
      const key = hive.key(path);
      if (!key && rule.needsKey) continue;
      const found = foundIn(key?.value(rule.name) ?? null);
      const named = view.controlSets.find((set) => rule.hive === 'SYSTEM' && set.name === path[0]);
      instances.push({ rule, hive, path, controlSet: named ?? null, found });
    }
  }
  return instances;
}

/** The findings of a list of rules, in every control set worked on. */
export function ruleFindings(view: MachineView, repair: string, rules: readonly ValueRule[]): Finding[] {
  const findings: Finding[] = [];
  for (const { rule, path, controlSet, found } of instancesOf(view, rules)) {
    const fault = rule.fault?.(found);
    if (!fault) continue;
    findings.push(
      hiveFinding(view, {
        code: fault.code,
        severity: fault.severity,
        hive: rule.hive,
        path,
        controlSet: controlSet?.name ?? null,
        repair,
        text: withValue(fault.effect, rule.name, found),
      }),
    );
  }
  return findings;
}

/** 'TermService is disabled (Start = 4); it is Remote Desktop itself.': the value stands after the first clause. */
export function withValue(effect: string, name: string, found: Found): string {
  const sentence = effect.slice(0, 1).toUpperCase() + effect.slice(1);
  const [first = sentence] = sentence.split(/[;:,.](?=\s|$)/, 1);
  return `${first} (${valueInBrackets(name, found)})${sentence.slice(first.length)}`;
}

function valueInBrackets(name: string, found: Found): string {
  const shown = name === '' ? '(Default)' : name;
  switch (found.kind) {
    case 'absent':
      return `${shown} is not set`;
    case 'number':
      return `${shown} = ${found.number > 0xffff ? `0x${found.number.toString(16)}` : found.number}`;
    case 'text':
      return `${shown} = "${found.text}"`;
    case 'list':
      return `${shown} = "${found.texts.join(', ')}"`;
    case 'other':
      return `${shown} has type ${found.type}`;
  }
}

/** The edits of a list of rules, in every control set worked on; a key that is missing is created once. */
export function ruleEdits(view: MachineView, rules: readonly ValueRule[], options: RepairOptions): PlannedEdit[] {
  const planned: PlannedEdit[] = [];
  for (const { rule, hive, path, controlSet, found } of instancesOf(view, rules)) {
    const fault = rule.fault?.(found) ?? null;
    const isLiteral = options.asPublished && rule.published !== undefined;
    const written = isLiteral ? rule.published : rule.write;
    if (!isLiteral && (rule.isOnlyForFault ? !fault : rule.isGood(found))) continue;
    const security = rule.security?.(found, written);
    const shared = {
      controlSet: controlSet?.name ?? null,
      fixes: fault && fault.severity !== 'info' ? fault.code : null,
      ...(rule.isRequested ? { isRequested: true } : {}),
      why: rule.why,
    };
    const edits: HiveEdit[] = [];
    const key = { hive: hive.name, path };
    if (written !== null) {
      if (isSameValue(hive.value(path, rule.name), written)) continue;
      append(edits, setValueEdits(hive, path, rule.name, written));
    } else if (found.kind !== 'absent') edits.push({ op: 'delete-value', key, name: rule.name });
    for (const edit of edits) {
      if (edit.op === 'create-key') {
        if (!planned.some((other) => isSameCreate(other, edit))) {
          planned.push({ ...shared, edit, why: `The key ${keyText(rule.hive, edit.key.path)} does not exist.` });
        }
      } else planned.push({ ...shared, edit, ...(security ? { security } : {}) });
    }
  }
  return planned;
}

function isSameCreate(planned: PlannedEdit, edit: HiveEdit & { op: 'create-key' | 'delete-key' }): boolean {
  if (planned.edit.op !== 'create-key' || planned.edit.key.hive !== edit.key.hive) return false;
  const path = planned.edit.key.path;
  return (
    path.length === edit.key.path.length && path.every((name, i) => compareNames(name, edit.key.path[i] ?? '') === 0)
  );
}
