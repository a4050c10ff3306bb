// What is wrong with a bcdedit command, and what it is meant to be.

import { isElementName } from '../../bcd/elements/elements.ts';
import { parseLine } from '../../compat/bcdedit/grammar.ts';
import { ANY_DRIVE, driveFilled, hasPlaceholder, placeholderKind, unshield } from '../parse/placeholder.ts';
import type { Judge } from './judged.ts';
import { joinSingleQuotes } from './reg-judge.ts';

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

/** Mends `judge.words` (bcdedit and its arguments). */
export function judgeBcdedit(judge: Judge): void {
  joinSingleQuotes(judge);
  mendStore(judge);
  for (let i = 1; i < judge.words.length; i += 1) mendLoader(judge, i);
  mendDrives(judge);
  splitGluedWords(judge);
  dropExtraArguments(judge);
  if (judge.rule === null) checkSyntax(judge);
}

function storeIndex(judge: Judge): number {
  return judge.words.findIndex(({ text }) => /^[/-]store$/i.test(text));
}

/** `F: boot\bcd`, `X:EFI\...` and `<volume>\boot\bcd`. */
function mendStore(judge: Judge): void {
  const at = storeIndex(judge);
  judge.place = at < 0 ? 'live' : 'offline';
  const word = judge.words[at + 1];
  if (at < 0) return;
  if (!word) {
    judge.refuse('cut-line', judge.at, 'The line ends after /store, before its file.');
    return;
  }
  const next = judge.words[at + 2];
  if (/^[A-Za-z]:$/.test(word.text) && next && /^\\?[A-Za-z]+\\/.test(next.text)) {
    const meant = `${word.text}\\${next.text.replace(/^\\/, '')}`;
    judge.say('drive-relative-path', word.at, `'${word.text} ${next.text}' is read as ${meant}.`);
    judge.words.splice(at + 1, 2, { ...word, text: meant });
  }
  mendDriveRelative(judge, at + 1);
  const path = judge.words[at + 1]!.text;
  if (/^[A-Za-z]:\\boot\\bcd$/i.test(path)) {
    judge.say(
      'store-beside-windows',
      word.at,
      `${path} exists on BIOS disks of one partition alone; the disk's own store is used wherever it lies.`,
    );
  }
}

/** `X:EFI\...` is meant from the root. */
export function mendDriveRelative(judge: Judge, index: number): void {
  const word = judge.words[index]!;
  const match = /^([A-Za-z]:)([^\\/"].*)$/.exec(word.text);
  if (!match) return;
  const meant = `${match[1]}\\${match[2]}`;
  judge.say(
    'drive-relative-path',
    word.at,
    `${word.text} means the folder where ${match[1]} stands; ${meant} is meant.`,
  );
  judge.set(index, meant);
}

/** `{<BOOT LOADER IDENTIFIER>}`, `<Identifier>`, `{identifier}`: the default loader. */
function mendLoader(judge: Judge, index: number): void {
  const word = judge.words[index]!;
  const isNamed = /^\{\s*(?:[\w .-]*identifier|ID|boot[- ]?loader[\w -]*)\s*\}$/i.test(word.text);
  const isShielded = hasPlaceholder(word.text) && placeholderKind(word.text) === 'loader';
  if (!isNamed && !isShielded) return;
  if (isShielded && !/^\{?\s*[\ue000-\ue7ff ]+\s*\}?$/.test(word.text)) return;
  judge.say(
    'loader-placeholder',
    word.at,
    `${unshield(word.text)} stands for the boot loader; the default loader of the store is meant.`,
  );
  judge.set(index, '{default}');
  joinPieces(judge, index);
}

/** A placeholder with blanks inside braces falls into several words. */
function joinPieces(judge: Judge, index: number): void {
  const next = judge.words[index + 1];
  if (next && next.text === '}') judge.words.splice(index + 1, 1);
}

function mendDrives(judge: Judge): void {
  judge.words.forEach((word, i) => {
    if (!hasPlaceholder(word.text)) return;
    if (placeholderKind(word.text) !== 'drive') {
      judge.refuse('placeholder', word.at, `${unshield(word.text)} is to be filled in by a person.`);
      return;
    }
    judge.say('drive-placeholder', word.at, `${unshield(word.text)} stands for a drive of the disk.`);
    judge.set(i, driveFilled(word.text));
  });
}

function splitGluedWords(judge: Judge): void {
  const command = judge.words.findIndex(({ text }) => /^[/-]set$/i.test(text));
  if (command < 0) return;
  const at = /^\{.*\}$/.test(judge.words[command + 1]?.text ?? '') ? command + 2 : command + 1;
  const word = judge.words[at];
  if (!word || isElementName(word.text)) return;
  const lower = word.text.toLowerCase();
  const data = DATA_WORDS.find((end) => lower.endsWith(end) && isElementName(lower.slice(0, -end.length)));
  if (data === undefined) return;
  const cut = word.text.length - data.length;
  const parts = [word.text.slice(0, cut), word.text.slice(cut)] as const;
  judge.say('glued-words', word.at, `${word.text} is read as ${parts.join(' ')}.`);
  judge.words.splice(
    at,
    1,
    { ...word, text: parts[0] },
    { ...word, text: parts[1], at: { ...word.at, column: word.at.column + cut } },
  );
}

function dropExtraArguments(judge: Judge): void {
  const command = judge.words.findIndex(({ text }) => /^[/-]deletevalue$/i.test(text));
  if (command < 0) return;
  const hasEntry = /^\{.*\}$/.test(judge.words[command + 1]?.text ?? '');
  const extra = judge.words.slice(command + (hasEntry ? 3 : 2)).filter(({ text }) => !/^[/-]/.test(text));
  const [first] = extra;
  if (!first) return;
  judge.say(
    'extra-argument',
    first.at,
    `/deletevalue takes an entry and an element; '${extra.map(({ text }) => text).join(' ')}' is left out.`,
  );
  judge.words = judge.words.filter((word) => !extra.includes(word));
}

function checkSyntax(judge: Judge): void {
  const parsed = parseLine(judge.words.slice(1).map(({ text }) => text.replaceAll(ANY_DRIVE, 'X')));
  if ('line' in parsed) return;
  const what =
    parsed.fault === 'switch' ? `bcdedit has no ${unshield(parsed.word)}.` : 'bcdedit does not take this line.';
  judge.refuse('bad-syntax', judge.at, what);
}
