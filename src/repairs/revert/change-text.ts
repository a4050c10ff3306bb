// One change as a person reads it: where it is, what stood there, what stands there now. Text from the disk is escaped.

import { fromHex } from '../../base/bytes.ts';
import { FormatError } from '../../base/errors.ts';
import { printable } from '../../base/text.ts';
import { decodeElement } from '../../bcd/data.ts';
import { elementInfo } from '../../bcd/elements/elements.ts';
import { valueWord } from '../../bcd/elements/value-names.ts';
import { deviceText } from '../../bcd/text.ts';
import type { Change, Edit, RegValue, State } from '../../registry/edit.ts';
import { decodeValue, typeText, valueBytes } from '../../registry/value.ts';
import { icaclsListing, parseDescriptor } from '../../security/index.ts';
import { elementPlace, elementTitle } from './bcd-place.ts';

/** Longer data are cut, with their size. */
const MOST_SHOWN = 96;
const MOST_CHARACTERS = 400;

/** 'REG_DWORD 1', 'REG_SZ "text"'. */
export function valueText(value: RegValue): string {
  const type = typeText(value.type);
  const bytes = valueBytes(value);
  const decoded = decodeValue(value.type, bytes);
  switch (decoded.kind) {
    case 'number':
    case 'qword':
      return `${type} ${decoded.number > 0xffff ? `0x${decoded.number.toString(16)}` : decoded.number}`;
    case 'string':
      return `${type} ${cut(`"${printable(decoded.text)}"`)}`;
    case 'strings':
      return `${type} ${cut(decoded.texts.map((text) => `"${printable(text)}"`).join(', '))}`;
    case 'bytes':
      return `${type} ${value.hex.length > MOST_SHOWN ? `${value.hex.slice(0, MOST_SHOWN)}... (${bytes.byteLength} bytes)` : value.hex}`;
  }
}

function cut(text: string): string {
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}...` : text;
}

/** Where an edit works: a key, an element of the boot store, a file. */
export function editPlace(edit: Edit): string {
  if (!('key' in edit)) return printable(edit.path);
  const { hive, path } = edit.key;
  const element = hive === 'BCD' ? elementTitle(path) : null;
  return element ?? printable([hive, ...path].join('\\'));
}

/** What an edit does there, without what stood there before. */
export function editText(edit: Edit): string {
  switch (edit.op) {
    case 'set-value':
      return `${shownName(edit)} = ${shownData(edit, edit.value)}`;
    case 'delete-value':
      return `${shownName(edit)} deleted`;
    case 'create-key':
      return 'key made';
    case 'delete-key':
      return 'deleted, with all that is in it';
    case 'rename-key':
      return `renamed to ${printable(edit.newName)}`;
    case 'set-security':
      return 'permissions set';
    case 'move-file':
      return `moved to ${printable(edit.to)}`;
    default:
      return edit.op.replaceAll('-', ' ');
  }
}

/** What a change is about, and what stands there before and after it: a line each, several for permissions. */
export interface ChangeSides {
  readonly name: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** A change in its parts. */
export function changeSides(change: Change): ChangeSides {
  const { edit, before, after } = change;
  switch (edit.op) {
    case 'set-value':
    case 'delete-value':
      return { name: shownName(edit), ...valueSides(edit, before?.value) };
    case 'delete-key': {
      const element = elementBefore(edit.key.path, before);
      return { name: element === null ? 'key' : 'value', before: [element ?? stateText(before)], after: ['deleted'] };
    }
    case 'create-key':
      return { name: 'key', before: ['absent'], after: ['made'] };
    case 'recover-hive':
      return { name: 'transaction logs', before: ['not replayed'], after: ['replayed into the hive'] };
    case 'rename-key':
      return { name: 'key', before: [printable(edit.key.path.at(-1) ?? '')], after: [printable(edit.newName)] };
    case 'move-file':
      return { name: 'file', before: [printable(edit.path)], after: [printable(edit.to)] };
    case 'set-security':
      return { name: 'permissions', before: listing(edit.path, before), after: listing(edit.path, after) };
    default:
      return { name: editText(edit), before: [stateText(before)], after: [stateText(after)] };
  }
}

function valueSides(
  edit: Edit & { op: 'set-value' | 'delete-value' },
  was: RegValue | undefined,
): Omit<ChangeSides, 'name'> {
  const is = edit.op === 'set-value' ? edit.value : undefined;
  const before = was ? shownData(edit, was) : 'absent';
  const after = is ? shownData(edit, is) : 'deleted';
  // Long data that were cut before they differ.
  if (was && is && before === after && was.hex !== is.hex) {
    return { before: [differingPart(was, is)], after: [differingPart(is, was)] };
  }
  return { before: [before], after: [after] };
}

/** The bytes around the first that differs. */
function differingPart({ type, hex }: RegValue, other: RegValue): string {
  let at = 0;
  while (at < hex.length && hex[at] === other.hex[at]) at += 1;
  const from = Math.max(0, (at >> 1) - 4);
  const shown = hex.slice(2 * from, 2 * from + MOST_SHOWN / 2);
  return `${typeText(type)} ...${shown}... (from byte ${from} of ${hex.length / 2})`;
}

function stateText(state: State): string {
  if (state === null) return 'absent';
  if (state.tree) return `${state.tree.length} key${state.tree.length === 1 ? '' : 's'}`;
  if (state.sdHex !== undefined) return `descriptor of ${state.sdHex.length / 2} bytes`;
  if (state.fileSha256 !== undefined) return `sha256 ${state.fileSha256}`;
  return state.className ?? state.filetime ?? 'there';
}

/** A change on one line (permissions take several): 'name: REG_DWORD 0 -> REG_DWORD 1'. */
export function changeLines(change: Change): string[] {
  const { edit } = change;
  switch (edit.op) {
    case 'set-value':
    case 'delete-value': {
      const { name, before, after } = changeSides(change);
      return [`${name}: ${before[0]} -> ${after[0]}`];
    }
    case 'delete-key': {
      const element = elementBefore(edit.key.path, change.before);
      return [`${element === null ? 'key' : `value: ${element}`} -> deleted`];
    }
    case 'set-security': {
      const { before, after } = changeSides(change);
      const indented = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);
      return ['permissions before:', ...indented(before), 'permissions after:', ...indented(after)];
    }
    default:
      return [editText(edit)];
  }
}

const shownName = (edit: Edit & { op: 'set-value' | 'delete-value' }): string =>
  edit.key.hive === 'BCD' && edit.name === 'Element' ? 'value' : edit.name === '' ? '(Default)' : printable(edit.name);

function shownData(edit: Edit & { op: 'set-value' | 'delete-value' }, value: RegValue): string {
  return (edit.key.hive === 'BCD' ? elementText(edit.key.path, value) : null) ?? valueText(value);
}

/** The key of an element comes and goes with its value, and says nothing of its own. */
export function isElementKey(edit: Edit): boolean {
  return edit.op === 'create-key' && edit.key.hive === 'BCD' && elementPlace(edit.key.path) !== null;
}

/** A change that a person need not see: the key of an element, made before its value or deleted after it. */
export function isElementKeyChange({ edit, before }: Change): boolean {
  if (isElementKey(edit)) return true;
  if (edit.op !== 'delete-key' || edit.key.hive !== 'BCD' || elementPlace(edit.key.path) === null) return false;
  return elementBefore(edit.key.path, before) === null;
}

/** The data of an element as it is read; null where it is none of a store. */
export function elementText(path: readonly string[], value: RegValue): string | null {
  const place = elementPlace(path);
  if (!place) return null;
  const info = elementInfo(place.objectType, place.elementId);
  const data = decodeElement(info.format, value.type, valueBytes(value));
  switch (data.format) {
    case 'boolean':
      return data.value ? 'yes' : 'no';
    case 'integer':
      return `${data.value}${wordAfter(valueWord(info, data.value))}`;
    case 'string':
    case 'guid':
      return `"${printable(data.value)}"`;
    case 'guid-list':
      return data.value.join(', ');
    case 'device':
      // Of a kind that is not known the bytes tell more than the word.
      if (data.value.device.kind === 'other') return null;
      return deviceText(data.value, { verbose: true, defaultId: null, partition: () => null });
    default:
      return null;
  }
}

const wordAfter = (word: string | null): string => (word === null ? '' : ` ${word}`);

/** What an element held whose key is deleted; null for any other key. */
export function elementBefore(path: readonly string[], before: State): string | null {
  const value = before?.tree?.[0]?.values.find(({ name }) => name === 'Element')?.value;
  return value && elementPlace(path) ? (elementText(path, value) ?? valueText(value)) : null;
}

/** As icacls prints them, which is the form that the article keeps before and after its script. */
function listing(path: string, state: State): string[] {
  const bytes = state?.sdHex === undefined ? null : fromHex(state.sdHex);
  if (!bytes) return ['(none)'];
  try {
    const text = icaclsListing([{ path: printable(path), sd: parseDescriptor(bytes) }]);
    return text.split('\r\n').filter((line) => line.trim() !== '' && !/^Successfully/.test(line));
  } catch (error) {
    if (error instanceof FormatError) return [`(cannot be read: ${error.message})`];
    throw error;
  }
}
