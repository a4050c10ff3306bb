// The commands that write elements of an entry: /set, /deletevalue, and the shortcuts for EMS, debugging and the menu.

import { RefusedError } from '../../base/errors.ts';
import { normalGuid } from '../../base/guid.ts';
import { elementData } from '../../bcd/data.ts';
import type { ListChange } from '../../bcd/edits.ts';
import { deleteElement, listEdits, setElement } from '../../bcd/edits.ts';
import { ELEMENT } from '../../bcd/elements/element-numbers.ts';
import type { ElementInfo } from '../../bcd/elements/elements.ts';
import { elementKeyName, elementNamed, isElementName } from '../../bcd/elements/elements.ts';
import { areWordsSourced, valueWords } from '../../bcd/elements/value-names.ts';
import { BOOTMGR, refuseCurrent } from '../../bcd/objects.ts';
import type { BcdObject } from '../../bcd/store.ts';
import type { TextFault } from '../../bcd/text.ts';
import { parseElement } from '../../bcd/text.ts';
import { switchName } from './grammar.ts';
import type { BcdAnswer, BcdJob } from './job.ts';
import { answer, failure, isIdentifier, namedObject, noSuchEntry } from './job.ts';
import { TEXT } from './text.ts';

const LIST_SWITCHES: Readonly<Record<string, ListChange>> = { addfirst: 'first', addlast: 'last', remove: 'remove' };

/** /set [<id>] <element> <value...> [/addfirst|/addlast|/remove]; without an identifier bcdedit means {current}. */
export function setCommand(job: BcdJob): BcdAnswer {
  const [first, ...rest] = job.words;
  if (first === undefined) return failure(TEXT.invalid('set'));
  if (!isIdentifier(first)) return withoutIdentifier('set', first, rest.length >= 1);
  const [name, ...values] = rest;
  if (name === undefined || values.length === 0) return failure(TEXT.invalid('set'));
  const object = namedObject(job, first);
  if (!object) return noSuchEntry(first);
  const info = elementNamed(object.type ?? 0, name);
  if (!info) return unknownElement(name);
  const last = switchName(values.at(-1)!);
  const change = last !== null && info.format === 'guid-list' ? (LIST_SWITCHES[last] ?? null) : null;
  return change === null
    ? setOne(job, object, info, values)
    : changeList(job, object, info.id, change, values.slice(0, -1));
}

/** A line without an identifier is for {current}, unless the braces of one were lost. */
function withoutIdentifier(command: string, first: string, isWhole: boolean): BcdAnswer {
  if (normalGuid(first) !== null || /^(?:default|bootmgr|current)$/i.test(first)) {
    return failure(TEXT.invalid(command), `an identifier needs its braces: "{${first}}"`);
  }
  if (!isWhole) return failure(TEXT.invalid(command));
  throw refuseCurrent();
}

function unknownElement(name: string): BcdAnswer {
  return isElementName(name)
    ? failure(TEXT.unknownElement, `${name} is an element of other kinds of entries`)
    : failure(TEXT.unknownElement);
}

function setOne(job: BcdJob, object: BcdObject, info: ElementInfo, words: readonly string[]): BcdAnswer {
  const parsed = parseElement(info, words, job.style);
  if ('fault' in parsed) return faultAnswer(parsed.fault, info, words);
  const isDefault = info.id === ELEMENT.default && info.name === 'default';
  if (isDefault && parsed.data.format === 'guid' && !job.store.object(parsed.data.value)) {
    return failure(TEXT.noEntry, `a default that does not exist would leave the machine without one: ${words[0]}`);
  }
  return answer(setElement(job.store, object, info.id, parsed.data), TEXT.done, sourceNotes(info));
}

function faultAnswer(fault: TextFault, info: ElementInfo, words: readonly string[]): BcdAnswer {
  switch (fault) {
    case 'boolean':
    case 'device':
      return failure(TEXT.badValue(fault));
    case 'integer': {
      const known = valueWords(info);
      if (known.length === 0) return failure(TEXT.badValue('integer'));
      return failure(TEXT.badValue('integer'), `${info.name} takes ${known.join(', ')}`);
    }
    case 'identifier':
      return failure(TEXT.badIdentifier);
    case 'count':
      return failure(TEXT.invalid('set'), 'a value with blanks needs quotes');
    case 'unsupported':
      return failure(
        TEXT.setFailed,
        `${words[0]}: only boot and partition=X: (or partition=gpt:... and partition=mbr:...) are written; other devices are kept as they are`,
      );
    case 'no-identity':
      throw unknownPartition(words[0] ?? '');
  }
}

/** A drive letter says nothing in a file; disk and partition must be named. */
function unknownPartition(word: string): RefusedError {
  const letter = /=([a-z]):/i.exec(word)?.[1]?.toUpperCase() ?? 'X';
  return new RefusedError(
    'AMBIGUOUS',
    `${word} needs the identity of disk and partition, which a drive letter alone does not tell`,
    {
      hint: `--partition ${letter}:=gpt:<disk GUID>/<partition GUID>, or --partition ${letter}:=mbr:<signature>@<offset in bytes>`,
    },
  );
}

/** Says where a name or a word's number rests on no published source. */
export function sourceNotes(info: ElementInfo): string[] {
  const number = elementKeyName(info.id);
  if (info.source === 'K') return [`note: that ${info.name} is element ${number} rests on no published source`];
  if (!areWordsSourced(info)) return [`note: the numbers of ${info.name}'s words rest on no published source`];
  return [];
}

/** /deletevalue [<id>] <element>; words after it are ignored, as published command lines have some. */
export function deleteValueCommand(job: BcdJob): BcdAnswer {
  const [first, name] = job.words;
  if (first === undefined) return failure(TEXT.invalid('deletevalue'));
  if (!isIdentifier(first)) return withoutIdentifier('deletevalue', first, true);
  if (name === undefined) return failure(TEXT.invalid('deletevalue'));
  const object = namedObject(job, first);
  if (!object) return noSuchEntry(first);
  const info = elementNamed(object.type ?? 0, name);
  if (!info) return unknownElement(name);
  const edits = deleteElement(job.store, object, info.id);
  return edits.length > 0 ? answer(edits) : failure(TEXT.noElement);
}

/** /ems, /bootems, /debug, /bootdebug: <id> on|off. Without an identifier bcdedit means {current}. */
export function switchCommand(job: BcdJob, command: 'ems' | 'bootems' | 'debug' | 'bootdebug'): BcdAnswer {
  const { words } = job;
  if (words.length === 1 && !isIdentifier(words[0]) && command !== 'bootems')
    return withoutIdentifier(command, words[0]!, true);
  const [id, state] = words;
  if (words.length !== 2 || !isIdentifier(id)) return failure(TEXT.invalid(command));
  const isOn = /^on$/i.test(state ?? '');
  if (!isOn && !/^off$/i.test(state ?? '')) return failure(TEXT.invalid(command));
  const object = namedObject(job, id);
  if (!object) return noSuchEntry(id);
  const isForLoader = command === 'ems' || command === 'debug';
  if (isForLoader && !elementNamed(object.type ?? 0, command)) return failure(TEXT.unknownElement);
  const element = { ems: ELEMENT.ems, bootems: ELEMENT.bootEms, debug: ELEMENT.debug, bootdebug: ELEMENT.bootDebug }[
    command
  ];
  return answer(setElement(job.store, object, element, elementData.boolean(isOn)));
}

/** /timeout <seconds> and /default <id>, which write to {bootmgr}. */
export function bootManagerCommand(job: BcdJob, command: 'timeout' | 'default'): BcdAnswer {
  const bootManager = job.store.object(BOOTMGR);
  if (!bootManager) return failure(TEXT.noEntry);
  if (job.words.length !== 1) return failure(TEXT.invalid(command));
  const info = elementNamed(bootManager.type ?? 0x10100002, command);
  if (!info) return failure(TEXT.unknownElement);
  const [word] = job.words;
  if (command === 'default') {
    const named = isIdentifier(word) ? namedObject(job, word) : null;
    if (!named) return noSuchEntry(word ?? '');
    return answer(setElement(job.store, bootManager, ELEMENT.default, elementData.guid(named.id)));
  }
  return setOne(job, bootManager, info, job.words);
}

const ORDERS = {
  displayorder: ELEMENT.displayOrder,
  bootsequence: ELEMENT.bootSequence,
  toolsdisplayorder: ELEMENT.toolsDisplayOrder,
} as const;

/** /displayorder, /bootsequence, /toolsdisplayorder: <id...> [/addfirst|/addlast|/remove]. */
export function orderCommand(job: BcdJob, command: keyof typeof ORDERS): BcdAnswer {
  const bootManager = job.store.object(BOOTMGR);
  if (!bootManager) return failure(TEXT.noEntry);
  const last = switchName(job.words.at(-1) ?? '');
  const change = last === null ? 'replace' : LIST_SWITCHES[last];
  if (!change) return failure(TEXT.unknownSwitch(job.words.at(-1) ?? ''));
  const ids = last === null ? job.words : job.words.slice(0, -1);
  if (ids.length === 0) return failure(TEXT.invalid(command));
  return changeList(job, bootManager, ORDERS[command], change, ids);
}

/** The switches take one identifier; without one the whole list is replaced. Entries must exist unless they are removed. */
function changeList(
  job: BcdJob,
  object: BcdObject,
  element: number,
  change: ListChange,
  words: readonly string[],
): BcdAnswer {
  if (words.length === 0 || (change !== 'replace' && words.length > 1)) return failure(TEXT.invalid('set'));
  const ids: string[] = [];
  for (const word of words) {
    const known = namedObject(job, word)?.id ?? (change === 'remove' ? normalGuid(word) : null);
    if (known === null) return noSuchEntry(word);
    ids.push(known);
  }
  return answer(listEdits(job.store, object, element, change, ids));
}
