// What is wrong with a reg command, and what it is meant to be.

import { parseRegArguments, REG_GRAMMAR, RegFailure, type RegVerb } from '../../compat/reg/arguments.ts';
import { typedValue } from '../../compat/reg/value-text.ts';
import { longRootName } from '../../formats/reg/edits.ts';
import { typeNumber } from '../../registry/value.ts';
import { driveFilled, fillPlaceholder, hasPlaceholder, placeholderKind, unshield } from '../parse/placeholder.ts';
import type { Word } from '../parse/script.ts';
import { isWindowsVariable, WINDOWS_VALUES } from '../parse/variable-names.ts';
import { type CommandCheck, hasVariable } from './checked-command.ts';

const TYPES = [
  'REG_SZ',
  'REG_EXPAND_SZ',
  'REG_MULTI_SZ',
  'REG_DWORD',
  'REG_QWORD',
  'REG_BINARY',
  'REG_NONE',
  'REG_DWORD_LITTLE_ENDIAN',
  'REG_DWORD_BIG_ENDIAN',
];
const HIVE_FILE = /^(.*\\)?(SYSTEM|SOFTWARE|SAM|SECURITY|DEFAULT|COMPONENTS|DRIVERS|BCD-Template)\.(?:hiv|hive|dat)$/i;
const LIVE_KEYS =
  /^(?:HKEY_LOCAL_MACHINE\\(?:SYSTEM|SOFTWARE|SAM|SECURITY|HARDWARE|BCD00000000|COMPONENTS)(?:\\|$)|HKEY_LOCAL_MACHINE$|HKEY_CURRENT_USER|HKEY_CLASSES_ROOT|HKEY_CURRENT_CONFIG|HKEY_USERS(?:$|\\(?:\.DEFAULT|S-1-)))/i;

/** Corrects `check.words` (reg, its verb, arguments). */
export function checkReg(check: CommandCheck): void {
  const verb = check.words[1]?.text.toLowerCase() ?? '';
  if (!Object.hasOwn(REG_GRAMMAR, verb)) {
    const what =
      verb === '' ? 'reg does not have a command after it.' : `'${unshield(verb)}' is none of reg's commands.`;
    check.refuse(verb === '' ? 'cut-line' : 'bad-syntax', check.at, what);
    return;
  }
  joinSingleQuotes(check);
  joinSplitSwitches(check);
  joinKey(check, verb as RegVerb);
  correctKeys(check, verb as RegVerb);
  checkData(check, verb);
  if (verb === 'load') correctHiveFile(check);
  answerBeforehand(check, verb);
  refusePlaceholders(check);
  checkSyntax(check, verb as RegVerb);
}

/** 'SecurityLayer' and ' MaxIdleTime', which arrive with their quotes and in pieces. */
export function joinSingleQuotes(check: CommandCheck): void {
  for (let i = 1; i < check.words.length; i += 1) {
    const word = check.words[i]!;
    if (word.isQuoted || !word.text.startsWith("'")) continue;
    const end = check.words.findIndex(
      (other, k) => k >= i && other.text.endsWith("'") && (k > i || other.text.length > 1),
    );
    if (end < 0) continue;
    const whole = check.words
      .slice(i, end + 1)
      .map(({ text }) => text)
      .join(' ');
    const bare = whole.slice(1, -1).trim();
    check.words.splice(i, end - i + 1, { ...word, text: bare, isQuoted: true });
    check.say('single-quotes', word.at, `${whole} is passed on with its quotes by cmd.exe; ${bare} is meant.`);
  }
}

function joinSplitSwitches(check: CommandCheck): void {
  for (let i = 2; i + 1 < check.words.length; i += 1) {
    const [slash, letters] = [check.words[i]!, check.words[i + 1]!];
    if (slash.text !== '/' || !/^(?:v|ve|va|t|d|f|s|k|c|e|z|y|se)$/i.test(letters.text)) continue;
    check.words.splice(i, 2, { ...slash, text: `/${letters.text}` });
    check.say('split-switch', slash.at, `'/ ${letters.text}' is read as /${letters.text}.`);
  }
}

/** A key with blanks and without quotes, which falls into several words. */
function joinKey(check: CommandCheck, verb: RegVerb): void {
  if (REG_GRAMMAR[verb].names.length !== 1 || verb === 'import') return;
  const end = check.words.findIndex(({ text, isQuoted }, i) => i > 2 && !isQuoted && /^[/-]/.test(text));
  const words = check.words.slice(2, end < 0 ? undefined : end);
  const [first] = words;
  if (!first || words.length < 2 || placeOfKey(first.text) === null || words.some(({ isQuoted }) => isQuoted)) return;
  // `HKLM\A/v Name` is a switch that lacks its blank, and no name with one.
  if (words.some(({ text }) => /\/(?:v|ve|va|t|d|f|s)$/i.test(text))) return;
  const key = words.map(({ text }) => text).join(' ');
  check.say('unquoted-key', first.at, `The key ${unshield(key)} has blanks and no quotes; it is read whole.`);
  check.words.splice(2, words.length, { ...first, text: key, isQuoted: true });
}

function correctKeys(check: CommandCheck, verb: RegVerb): void {
  REG_GRAMMAR[verb].names.forEach((name, place) => {
    const index = place + 2;
    const word = check.words[index];
    if (!word || !name.startsWith('KeyName')) return;
    if (hasPlaceholder(word.text) && placeholderKind(word.text) === 'hive') {
      const hive = /soft/i.test(unshield(word.text)) ? 'BROKENSOFTWARE' : 'BROKENSYSTEM';
      const meant = fillPlaceholder(word.text, hive);
      check.say(
        'hive-placeholder',
        word.at,
        `${unshield(word.text)} stands for a hive of the disk; it is read as ${meant}.`,
      );
      check.set(index, meant);
    }
    let key = check.words[index]!.text;
    if (/[^\\:]\\"?$/.test(key)) {
      check.say('key-ends-in-backslash', word.at, `${unshield(key)} ends in a backslash, which is dropped.`);
      key = key.replace(/\\"?$/, '');
      check.set(index, key);
    }
    placeKey(check, check.words[index]!, verb);
  });
}

/** Whether a key is of a loaded hive or of the machine itself; null for what begins with no root. */
export function placeOfKey(text: string): 'offline' | 'live' | null {
  const [root = '', ...names] = text.replace(/^:?\\?/, '').split('\\');
  const long = longRootName(root.replace(/:$/, ''));
  if (long === null) return null;
  return LIVE_KEYS.test([long, ...names].join('\\')) ? 'live' : 'offline';
}

function placeKey(check: CommandCheck, word: Word, verb: RegVerb): void {
  const place = placeOfKey(word.text);
  if (place === null) return;
  const key = word.text;
  if (verb === 'load' || verb === 'unload') {
    check.place = 'offline';
    return;
  }
  if (place === 'live') {
    if (check.place === 'any') check.place = 'live';
    return;
  }
  check.place = 'offline';
  if (/\\CurrentControlSet(?:\\|$)/i.test(key)) {
    check.say(
      'offline-current-control-set',
      word.at,
      `A hive that is not running does not have a CurrentControlSet; the one that Select names is meant.`,
    );
  }
  const set = /\\(ControlSet(?!001)\d{3})(?:\\|$)/i.exec(key);
  if (set && verb !== 'query') {
    check.say('control-set-by-number', word.at, `${set[1]} need not exist: the line is skipped where it does not.`);
  }
}

function checkData(check: CommandCheck, verb: string): void {
  const last = check.words.length - 1;
  const lastText = check.words[last]!.text;
  if (
    last >= 2 &&
    !check.words[last]!.isQuoted &&
    (verb === 'query' ? /^[/-](?:t|f|se)?$/i : /^[/-](?:v|t|d|se)?$/i).test(lastText)
  ) {
    check.refuse('cut-line', check.words[last]!.at, `The line ends after ${lastText}, before what belongs there.`);
    return;
  }
  const type = textAfter(check, 't');
  if (verb === 'query') {
    const data = indexOfSwitch(check, 'd');
    const isSearch = indexOfSwitch(check, 'f') >= 0;
    if (type && data >= 0 && !isSearch) {
      check.refuse(
        'query-with-data',
        check.words[data]!.at,
        'reg query is given a type and data: a check, or a reg add with the wrong verb.',
      );
    }
    return;
  }
  if (verb !== 'add' || !type || hasVariable(type.text)) return;
  if (typeNumber(type.text) === null) {
    const upper = type.text.toUpperCase();
    const isCut = type === check.words.at(-1) && TYPES.some((known) => known.startsWith(upper));
    if (isCut)
      check.refuse('cut-line', type.at, `The line is cut off in the middle of ${type.text}; its data are missing.`);
    else check.refuse('unknown-type', type.at, `${unshield(type.text)} is not a type of a value.`);
    return;
  }
  const at = indexOfSwitch(check, 'd');
  const isNumber = /^REG_[DQ]WORD/i.test(type.text);
  const data = at < 0 ? undefined : check.words[at + 1];
  if (!data) {
    if (isNumber) check.refuse('cut-line', type.at, `${type.text} does not have any data: the line ends before /d.`);
    return;
  }
  if (isNumber && /^[0-9a-f]*[a-f][0-9a-f]*$/i.test(data.text)) {
    check.say('hex-without-0x', data.at, `${data.text} is read as 0x${data.text}.`);
    check.set(at + 1, `0x${data.text}`);
  } else if (
    isNumber &&
    !hasVariable(data.text) &&
    !hasPlaceholder(data.text) &&
    typedValue(typeNumber(type.text)!, data.text) === null
  ) {
    check.refuse('bad-syntax', data.at, `'${data.text}' is not a number that ${type.text} takes.`);
    return;
  }
  const variable = /%([^%^\s]+)\^?%/.exec(data.text);
  if (variable && isWindowsVariable(variable[1]!))
    check.say('percent-in-data', data.at, percentSentence(variable[0], type.text));
}

function percentSentence(variable: string, type: string): string {
  const usual = WINDOWS_VALUES[variable.slice(1, -1).toUpperCase()];
  if (!/^REG_EXPAND_SZ$/i.test(type) && usual !== undefined)
    return `${variable} is stored as ${usual}: cmd.exe puts the recovery machine's own in, and nothing looks it up in ${type}.`;
  return `${variable} stays as it is written; cmd.exe would put its own in.`;
}

function indexOfSwitch(check: CommandCheck, name: string): number {
  return check.words.findIndex(
    ({ text, isQuoted }, i) => i > 1 && !isQuoted && /^[/-]/.test(text) && text.slice(1).toLowerCase() === name,
  );
}

function textAfter(check: CommandCheck, name: string): Word | undefined {
  const at = indexOfSwitch(check, name);
  return at < 0 ? undefined : check.words[at + 1];
}

function correctHiveFile(check: CommandCheck): void {
  const word = check.words[3];
  const match = word ? HIVE_FILE.exec(word.text) : null;
  if (!word || !match) return;
  const meant = `${match[1] ?? ''}${match[2]}`;
  check.say(
    'hive-file-suffix',
    word.at,
    `${unshield(word.text)} is not a file of Windows, whose hives do not have a suffix: reg load would make an empty one; ${unshield(meant)} is meant.`,
  );
  check.set(3, meant);
}

/** The one question before the commit stands for those that reg would ask. */
function answerBeforehand(check: CommandCheck, verb: string): void {
  const asks = { add: '/f', delete: '/f', copy: '/f', export: '/y', save: '/y' }[verb];
  if (asks === undefined || check.rule !== null || indexOfSwitch(check, asks.slice(1)) >= 0) return;
  if (verb === 'add' && !['v', 've', 't', 'd'].some((name) => indexOfSwitch(check, name) >= 0)) return;
  if (verb === 'add' || verb === 'delete') {
    check.say('asks-for-yes', check.at, `reg ${verb} without ${asks} waits for an answer; it is given ${asks}.`);
  }
  check.words.push({ text: asks, isQuoted: false, at: check.words.at(-1)!.at });
}

function refusePlaceholders(check: CommandCheck): void {
  for (const [i, word] of check.words.entries()) {
    if (!hasPlaceholder(word.text)) continue;
    const isPath = i === 3 || (i === 2 && check.words[1]!.text.toLowerCase() === 'import');
    if (isPath && placeholderKind(word.text) === 'drive') {
      check.say('drive-placeholder', word.at, `${unshield(word.text)} stands for a drive of the disk.`);
      check.set(i, driveFilled(word.text));
      continue;
    }
    check.refuse('placeholder', word.at, `${unshield(word.text)} is to be filled in by a person.`);
  }
}

function checkSyntax(check: CommandCheck, verb: RegVerb): void {
  if (check.rule !== null) return;
  try {
    parseRegArguments(
      verb,
      check.words.slice(2).map(({ text }) => text),
    );
  } catch (error) {
    if (!(error instanceof RegFailure)) throw error;
    const hint = error.hint ?? error.message.split('\n')[0];
    check.refuse('bad-syntax', check.at, `reg ${verb} does not take this line: ${unshield(hint ?? '')}.`);
  }
}
