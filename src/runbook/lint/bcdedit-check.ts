// What is wrong with a bcdedit command, and what it is meant to be.

import { elementNamed, isElementName } from '../../bcd/elements/elements.ts';
import { idOf } from '../../bcd/objects.ts';
import { parseElement } from '../../bcd/text.ts';
import { parseLine } from '../../compat/bcdedit/grammar.ts';
import { ANY_DRIVE, driveFilled, hasPlaceholder, placeholderKind, unshield } from '../parse/placeholder.ts';
import { type CommandCheck, hasVariable } from './checked-command.ts';
import { joinSingleQuotes } from './reg-check.ts';

/** Words that elements take as data; what follows an element without a blank is one of them. */
const DATA_WORDS = [
  'enable',
  'disable',
  'enabled',
  'disabled',
  'yes',
  'no',
  'on',
  'off',
  'true',
  'false',
  'ignoreallfailures',
  'displayallfailures',
  'minimal',
  'network',
  'boot',
];

/** Corrects `check.words` (bcdedit and its arguments). */
export function checkBcdedit(check: CommandCheck): void {
  joinSingleQuotes(check);
  correctStore(check);
  for (let i = 1; i < check.words.length; i += 1) correctLoader(check, i);
  correctDrives(check);
  splitGluedWords(check);
  dropExtraArguments(check);
  if (check.rule === null) checkSyntax(check);
}

function storeIndex(check: CommandCheck): number {
  return check.words.findIndex(({ text }) => /^[/-]store$/i.test(text));
}

/** `F: boot\bcd`, `X:EFI\...` and `<volume>\boot\bcd`. */
function correctStore(check: CommandCheck): void {
  const at = storeIndex(check);
  const makes = check.words.findIndex(({ text }) => /^[/-]createstore$/i.test(text));
  check.place = at < 0 && makes < 0 ? 'live' : 'offline';
  if (makes >= 0 && check.words[makes + 1]) correctDriveRelative(check, makes + 1);
  const word = check.words[at + 1];
  if (at < 0) return;
  if (!word) {
    check.refuse('cut-line', check.at, 'The line ends after /store, before its file.');
    return;
  }
  const next = check.words[at + 2];
  if (/^[A-Za-z]:$/.test(word.text) && next && /^\\?[A-Za-z]+\\/.test(next.text)) {
    const meant = `${word.text}\\${next.text.replace(/^\\/, '')}`;
    check.say('drive-relative-path', word.at, `'${word.text} ${next.text}' is read as ${meant}.`);
    check.words.splice(at + 1, 2, { ...word, text: meant });
  }
  correctDriveRelative(check, at + 1);
  const path = check.words[at + 1]!.text;
  if (/^[A-Za-z]:\\boot\\bcd$/i.test(path)) {
    check.say(
      'store-beside-windows',
      word.at,
      `${path} exists on BIOS disks of one partition alone; the disk's own store is used wherever it lies.`,
    );
  }
}

/** `X:EFI\...` is meant from the root. */
export function correctDriveRelative(check: CommandCheck, index: number): void {
  const word = check.words[index]!;
  const match = /^([A-Za-z]:)([^\\/"].*)$/.exec(word.text);
  if (!match) return;
  const meant = `${match[1]}\\${match[2]}`;
  check.say(
    'drive-relative-path',
    word.at,
    `${word.text} means the folder where ${match[1]} stands; ${meant} is meant.`,
  );
  check.set(index, meant);
}

/** `{<BOOT LOADER IDENTIFIER>}`, `<Identifier>`, `{identifier}`: the default loader. */
function correctLoader(check: CommandCheck, index: number): void {
  const word = check.words[index]!;
  // {bootloadersettings} and the like are names, whatever words they are made of.
  if (idOf(word.text) !== null) return;
  const isNamed = /^\{\s*(?:[\w .-]*identifier|ID|boot[- ]?loader[\w -]*)\s*\}$/i.test(word.text);
  const isShielded = hasPlaceholder(word.text) && placeholderKind(word.text) === 'loader';
  if (!isNamed && !isShielded) return;
  if (isShielded && !/^\{?\s*[\ue000-\ue7ff ]+\s*\}?$/.test(word.text)) return;
  check.say(
    'loader-placeholder',
    word.at,
    `${unshield(word.text)} stands for the boot loader; the default loader of the store is meant.`,
  );
  check.set(index, '{default}');
  joinPieces(check, index);
}

/** A placeholder with blanks inside braces falls into several words. */
function joinPieces(check: CommandCheck, index: number): void {
  const next = check.words[index + 1];
  if (next && next.text === '}') check.words.splice(index + 1, 1);
}

function correctDrives(check: CommandCheck): void {
  check.words.forEach((word, i) => {
    if (!hasPlaceholder(word.text)) return;
    if (placeholderKind(word.text) !== 'drive') {
      check.refuse('placeholder', word.at, `${unshield(word.text)} is to be filled in by a person.`);
      return;
    }
    check.say('drive-placeholder', word.at, `${unshield(word.text)} stands for a drive of the disk.`);
    check.set(i, driveFilled(word.text));
  });
}

function splitGluedWords(check: CommandCheck): void {
  const command = check.words.findIndex(({ text }) => /^[/-]set$/i.test(text));
  if (command < 0) return;
  const at = /^\{.*\}$/.test(check.words[command + 1]?.text ?? '') ? command + 2 : command + 1;
  const word = check.words[at];
  if (!word || isElementName(word.text)) return;
  const lower = word.text.toLowerCase();
  const data = DATA_WORDS.find((end) => lower.endsWith(end) && isElementName(lower.slice(0, -end.length)));
  if (data === undefined) return;
  const cut = word.text.length - data.length;
  const parts = [word.text.slice(0, cut), word.text.slice(cut)] as const;
  check.say('glued-words', word.at, `${word.text} is read as ${parts.join(' ')}.`);
  check.words.splice(
    at,
    1,
    { ...word, text: parts[0] },
    { ...word, text: parts[1], at: { ...word.at, column: word.at.column + cut } },
  );
}

function dropExtraArguments(check: CommandCheck): void {
  const command = check.words.findIndex(({ text }) => /^[/-]deletevalue$/i.test(text));
  if (command < 0) return;
  const hasEntry = /^\{.*\}$/.test(check.words[command + 1]?.text ?? '');
  const extra = check.words.slice(command + (hasEntry ? 3 : 2)).filter(({ text }) => !/^[/-]/.test(text));
  const [first] = extra;
  if (!first) return;
  check.say(
    'extra-argument',
    first.at,
    `/deletevalue takes an entry and an element; '${extra.map(({ text }) => text).join(' ')}' is dropped.`,
  );
  check.words = check.words.filter((word) => !extra.includes(word));
}

/** The element and its data, where the line says both in so many words. */
function checkElement(check: CommandCheck): void {
  const at = check.words.findIndex(({ text }) => /^[/-](?:set|deletevalue)$/i.test(text));
  if (at < 0) return;
  const isSet = /set$/i.test(check.words[at]!.text);
  const rest = check.words.slice(at + (/^\{.*\}$/.test(check.words[at + 1]?.text ?? '') ? 2 : 1));
  const [element, data, more] = rest;
  if (!element || rest.some(({ text }) => hasVariable(text) || hasPlaceholder(text) || text.includes(ANY_DRIVE)))
    return;
  if (/^(?:custom:[0-9a-f]{8}|[0-9a-f]{8}|[/-].*)$/i.test(element.text)) return;
  if (!isElementName(element.text)) {
    check.refuse('bad-syntax', element.at, `bcdedit does not have the element ${element.text}.`);
    return;
  }
  const info = [0x10200003, 0x10100002, 0x20100000]
    .map((type) => elementNamed(type, element.text))
    .find((one) => one !== null);
  if (!isSet || !info || !data || more || (info.format !== 'boolean' && info.format !== 'integer')) return;
  const read = parseElement(info, [data.text], { verbose: false, defaultId: null, partition: () => null });
  if ('fault' in read) check.refuse('bad-syntax', data.at, `'${data.text}' is not a value of ${element.text}.`);
}

function checkSyntax(check: CommandCheck): void {
  const parsed = parseLine(check.words.slice(1).map(({ text }) => text.replaceAll(ANY_DRIVE, 'X')));
  if ('line' in parsed) {
    checkElement(check);
    return;
  }
  const what =
    parsed.fault === 'switch' ? `bcdedit does not have ${unshield(parsed.word)}.` : 'bcdedit does not take this line.';
  check.refuse('bad-syntax', check.at, what);
}
