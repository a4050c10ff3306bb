// A change in the few words that a table of a plan has for it: what it is about, and what it means before and after.

import { printable, upcase } from '../../base/text.ts';
import type { Change, Edit, RegValue } from '../../registry/edit.ts';
import { decodeValue, valueBytes } from '../../registry/value.ts';
import { elementName, elementPlace } from './bcd-place.ts';
import { changeSides, elementBefore, elementText } from './change-text.ts';

export interface ChangeRow {
  /** Changed, created or removed. */
  readonly mark: '~' | '+' | '-';
  /** The key, object or file. */
  readonly place: string;
  /** The value, element or part; '' where the place says it all. */
  readonly name: string;
  /** Whole, however long; several lines for permissions. */
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** What the numbers of a value mean. */
const MEANINGS: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  START: { 0: 'boot', 1: 'system', 2: 'automatic', 3: 'manual', 4: 'disabled' },
  FDENYTSCONNECTIONS: { 0: 'allowed', 1: 'denied' },
  ENABLED: { 0: 'off', 1: 'on', 4294967295: 'on' },
  DISABLEDBYDEFAULT: { 0: 'no', 1: 'yes' },
  SECURITYLAYER: { 0: 'RDP', 1: 'negotiate', 2: 'TLS' },
  USERAUTHENTICATION: { 0: 'off', 1: 'on' },
  FALLOWSECPROTOCOLNEGOTIATION: { 0: 'off', 1: 'on' },
  FENABLEWINSTATION: { 0: 'off', 1: 'on' },
  FLOGONDISABLED: { 0: 'no', 1: 'yes' },
  TSENABLED: { 0: 'off', 1: 'on' },
  ENABLEFIREWALL: { 0: 'off', 1: 'on' },
  DONOTALLOWEXCEPTIONS: { 0: 'off', 1: 'on' },
  CRASHDUMPENABLED: { 0: 'none', 1: 'complete', 2: 'kernel', 3: 'small', 7: 'automatic' },
  NMICRASHDUMP: { 0: 'off', 1: 'on' },
};

/** 'disabled' for a Start of 4; null where the number of that value has no name here. */
export const meaningOf = (valueName: string, number: number): string | null =>
  MEANINGS[upcase(valueName)]?.[number] ?? null;

/** Names of keys that say nothing without the one above them. */
const COMMON_KEYS = /^(?:server|client|parameters|(?:standard|domain|public)profile|services?)$/i;

/** A change as a row. */
export function changeRow(change: Change): ChangeRow {
  const { edit, before } = change;
  if (!('key' in edit)) return fileRow(change);
  const element = edit.key.hive === 'BCD' ? elementPlace(edit.key.path) : null;
  if (element) {
    const was = edit.op === 'delete-key' ? elementBefore(edit.key.path, before) : dataOf(edit, before?.value);
    const is = edit.op === 'set-value' ? dataOf(edit, edit.value) : 'not set';
    const mark = was === null ? '+' : edit.op === 'set-value' ? '~' : '-';
    return { mark, place: element.object, name: elementName(element), before: [was ?? 'not set'], after: [is ?? ''] };
  }
  const place = edit.op === 'recover-hive' ? printable(edit.key.hive) : keyWords(edit.key.path);
  switch (edit.op) {
    case 'set-value':
    case 'delete-value': {
      const isRule = /^FIREWALLRULES$/.test(upcase(edit.key.path.at(-1) ?? ''));
      const name = isRule ? edit.name : edit.name === '' ? '(Default)' : edit.name;
      const sides = isRule ? ruleSides(change) : null;
      const was = sides?.[0] ?? dataOf(edit, before?.value) ?? 'not set';
      const is = sides?.[1] ?? (edit.op === 'set-value' ? (dataOf(edit, edit.value) ?? '') : 'not set');
      const mark = edit.op === 'delete-value' ? '-' : before?.value ? '~' : '+';
      return { mark, place: isRule ? 'firewall rule' : place, name: printable(name), before: [was], after: [is] };
    }
    case 'create-key':
      return { mark: '+', place: `key ${place}`, name: '', before: [], after: ['created'] };
    case 'delete-key':
      return { mark: '-', place: `${keyKind(edit.key.path)} ${place}`, name: '', before: [], after: ['removed'] };
    default: {
      const sides = changeSides(change);
      return { mark: '~', place, name: sides.name, before: sides.before, after: sides.after };
    }
  }
}

/** The last names of a key, as many as tell it from others. */
function keyWords(path: readonly string[]): string {
  const count = COMMON_KEYS.test(path.at(-1) ?? '') ? 2 : 1;
  return printable(path.slice(-count).join('\\'));
}

/** What a key stands for. */
const keyKind = (path: readonly string[]): string =>
  upcase(path.at(-2) ?? '') === 'CERTIFICATES' ? 'certificate' : 'key';

function dataOf(edit: Edit, value: RegValue | undefined): string | null {
  if (!value || !('key' in edit)) return null;
  const element = edit.key.hive === 'BCD' ? elementText(edit.key.path, value) : null;
  if (element !== null) return element;
  const decoded = decodeValue(value.type, valueBytes(value));
  switch (decoded.kind) {
    case 'number':
    case 'qword': {
      const meaning = 'name' in edit ? meaningOf(edit.name, Number(decoded.number)) : null;
      const number = decoded.number > 0xffff ? `0x${decoded.number.toString(16)}` : `${decoded.number}`;
      return meaning === null ? number : `${number} ${meaning}`;
    }
    case 'string':
      return `"${printable(decoded.text)}"`;
    case 'strings':
      return decoded.texts.map((text) => `"${printable(text)}"`).join(', ');
    case 'bytes':
      return value.hex === '' ? '(empty)' : value.hex;
  }
}

/** A rule of the firewall is fields between bars: those that differ are shown, and Active alone is off or on. */
function ruleSides({ edit, before }: Change): readonly [string, string] | null {
  const text = (value: RegValue | undefined): string | null => {
    const decoded = value ? decodeValue(value.type, valueBytes(value)) : null;
    return decoded?.kind === 'string' ? decoded.text : null;
  };
  const was = text(before?.value);
  const is = edit.op === 'set-value' ? text(edit.value) : null;
  if (was === null || is === null) return null;
  const [old, now] = [was.split('|'), is.split('|')];
  const gone = old.filter((field) => !now.includes(field));
  const made = now.filter((field) => !old.includes(field));
  if (gone.join() === 'Active=FALSE' && made.join() === 'Active=TRUE') return ['off', 'on'];
  return [printable(gone.join(' ')) || '(not named)', printable(made.join(' ')) || '(not named)'];
}

/** Of permissions the entries that come and go. */
function fileRow(change: Change): ChangeRow {
  const { edit } = change;
  const { name, before, after } = changeSides(change);
  if (edit.op !== 'set-security') {
    const mark = edit.op === 'delete-file' ? '-' : change.before === null && edit.op !== 'move-file' ? '+' : '~';
    return { mark, place: 'path' in edit ? printable(edit.path) : '', name, before, after };
  }
  const entry = (line: string): string => line.replace(printable(edit.path), '').trim();
  const [old, now] = [before.map(entry), after.map(entry)];
  const gone = old.filter((line) => !now.includes(line));
  const made = now.filter((line) => !old.includes(line));
  return {
    mark: '~',
    place: printable(edit.path),
    name: 'permissions',
    before: gone.length === 0 ? [] : gone,
    after: made.length === 0 ? ['(the same entries, in another form)'] : made,
  };
}
