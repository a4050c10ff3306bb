// Every rule of the linter: what is wrong with published repair scripts, and what becomes of it. Ids are stable.

import type { Finding } from '../../base/finding.ts';

/** 'corrected': the intent is certain and the effective command says it; 'refused': nothing is guessed; 'noted': a remark. */
export type RuleEffect = 'corrected' | 'refused' | 'noted';

export interface Rule<Id extends string = string> {
  readonly id: Id;
  /** One line, as SARIF shows it. */
  readonly title: string;
  /** What goes wrong on Windows when the line is typed as it stands. */
  readonly what: string;
  readonly effect: RuleEffect;
  readonly severity: Finding['severity'];
}

const made =
  (effect: RuleEffect, usual: Finding['severity']) =>
  <Id extends string>(id: Id, title: string, what: string, severity: Finding['severity'] = usual): Rule<Id> => ({
    id,
    title,
    what,
    effect,
    severity,
  });
const corrected = made('corrected', 'warning');
const refused = made('refused', 'error');
const noted = made('noted', 'info');

/** In the order of the documentation. */
export const RULES = [
  corrected(
    'hive-file-suffix',
    'A hive file that Windows does not have (SYSTEM.hiv)',
    'reg load makes an empty hive of that name and everything after it is written there, so nothing is repaired; the hive of the disk does not have a suffix.',
    'error',
  ),
  corrected(
    'single-quotes',
    'Single quotes, which cmd.exe passes on',
    "reg.exe takes the quotes as part of the name, so a value called 'SecurityLayer' with its quotes is made; blanks inside them are dropped too.",
    'error',
  ),
  corrected(
    'percent-in-data',
    'A variable in data that cmd.exe expands too early',
    'cmd.exe puts the recovery machine’s own folder in its place before reg.exe sees it; in REG_EXPAND_SZ the name is kept as the author meant it (--cmd-expansion does what cmd.exe does), in other types, where nothing looks it up, C:\\Windows and the like are stored.',
    'info',
  ),
  noted(
    'control-set-by-number',
    'A control set that need not exist',
    'Current Windows usually has ControlSet001 alone; reg add then makes a stub of the other. Such lines are skipped where the control set does not exist (--verbatim runs them).',
  ),
  corrected(
    'offline-current-control-set',
    'CurrentControlSet in a hive that is not running',
    'A loaded hive does not have a CurrentControlSet: reg add would make a key of that name that Windows never reads. The set that Select names is meant.',
  ),
  noted(
    'check-that-writes',
    'A step that says it checks, and writes',
    'The text before the line says check or verify, the line sets a value. It is run as it stands.',
    'warning',
  ),
  refused(
    'query-with-data',
    'reg query with a type and data',
    'reg query sets nothing: this is either a check with too many switches or a reg add with the wrong verb, and which of them cannot be told.',
  ),
  noted(
    'store-beside-windows',
    'The boot store is taken to lie on the Windows volume',
    'On a Gen2 or two-partition disk the store is on another volume than Windows. The store of the disk is used wherever it lies.',
  ),
  corrected(
    'glued-command',
    'Two commands on one line',
    'The tool takes the second command for more arguments and refuses the whole line. The commands are run one after the other.',
    'error',
  ),
  refused(
    'cut-line',
    'A line that is cut off',
    'The line ends in the middle of a word or before an argument; what stood there is not guessed.',
  ),
  refused(
    'unknown-type',
    'A type that reg does not know',
    'reg.exe refuses the line, and which type was meant is not guessed.',
  ),
  corrected(
    'hex-without-0x',
    'A hexadecimal number without 0x',
    'reg.exe takes the data for a decimal number and refuses the line.',
    'error',
  ),
  corrected('split-switch', 'A blank inside a switch', 'The tool sees a bare slash and refuses the line.', 'error'),
  corrected(
    'curly-quote',
    'Typographic quotes or dashes',
    'cmd.exe does not take them for quotes, so names with blanks fall apart.',
    'error',
  ),
  corrected(
    'odd-space',
    'Blanks that do not separate words',
    'Non-breaking and zero-width spaces do not separate words.',
  ),
  corrected('html-residue', 'Remains of HTML', 'Entities and tags of the page stand in the command.'),
  corrected('misspelt-command', 'A misspelt command', 'Windows does not find it, so the line does nothing.', 'error'),
  corrected('glued-words', 'Two words without the blank between them', 'bcdedit knows no such element.', 'error'),
  corrected(
    'drive-relative-path',
    'A path without the backslash after its drive',
    'X:EFI means the folder in which X: stands now; the root of the drive is meant.',
  ),
  corrected('split-line', 'One command over several lines', 'Each line is taken for a command of its own.', 'error'),
  corrected(
    'asks-for-yes',
    'A command that waits for an answer',
    'Without /f reg asks before it overwrites or deletes, and a script waits there. The one question before the commit stands for it.',
  ),
  corrected(
    'key-ends-in-backslash',
    'A key that ends in a backslash',
    'In front of a quote the backslash takes the quote into the name; elsewhere an empty name stands at its end.',
  ),
  corrected(
    'unquoted-key',
    'A key with blanks and without quotes',
    'reg.exe takes what follows the blank for another argument and refuses the line.',
    'error',
  ),
  corrected(
    'extra-argument',
    'An argument too many',
    'bcdedit /deletevalue takes an entry and an element; with more it refuses the line.',
    'error',
  ),
  corrected(
    'loader-placeholder',
    'A placeholder for the boot loader',
    'cmd.exe takes < and > for redirections. The default Windows loader of the store is meant.',
  ),
  corrected(
    'drive-placeholder',
    'A placeholder for a drive',
    'cmd.exe takes < and > for redirections. The volume of the disk that holds the path is meant.',
  ),
  corrected(
    'hive-placeholder',
    'A placeholder for a loaded hive',
    'cmd.exe takes < and > for redirections. The hive of the disk is meant.',
  ),
  refused(
    'placeholder',
    'A placeholder that only a person can fill',
    'cmd.exe takes < and > for redirections; what belongs there is not known.',
  ),
  noted(
    'hive-not-loaded',
    'A hive that is used and never loaded',
    'The page leaves the loading to an earlier step or to clicks in regedit; the name is bound to the hive of the disk.',
  ),
  noted(
    'never-unloaded',
    'A hive that is never unloaded',
    'On Windows the file stays in use; here nothing stays loaded.',
  ),
  noted('fence-language', 'A code block that is of another language than it says', 'The block is read as what it is.'),
  noted('inline-code', 'Commands in running text', 'The step is given as inline code; it is read like a block.'),
  noted(
    'listing-elsewhere',
    'A listing that goes to another drive than the folder made for it',
    'The folder is made on one drive and the listing is redirected to another. Listings go to --out.',
  ),
  noted(
    'english-account-name',
    'An account by its English name',
    'On a localized Windows icacls does not know it; it stands for its SID here.',
  ),
  noted('run-elsewhere', 'A command for a running Windows', 'It needs Windows; it is listed in the plan and not run.'),
  noted(
    'live-line',
    'A line for the running system',
    'It names the registry or store of the machine that runs it, not of the attached disk.',
    'warning',
  ),
  refused('unknown-command', 'A command that is not known', 'What it does is not guessed.'),
  refused(
    'powershell',
    'PowerShell that is not read',
    'Only the shapes that repair pages use are read; what this does is not guessed.',
  ),
  refused(
    'deletes-system-files',
    'A line that takes away what Windows starts from',
    'It formats the drive or deletes system folders or hives. It runs with --allow-delete only, and undo gives files back.',
  ),
  corrected(
    'key-without-drive',
    'A key of the registry without its drive in PowerShell',
    'HKLM\\... is the path of a file to PowerShell, which then finds nothing; HKLM:\\... is meant.',
  ),
  corrected(
    'emptied-key',
    'New-Item -Force on a key that exists',
    'PowerShell deletes the key with all its values and subkeys and makes an empty one; only that the key exists is meant. What is in it is kept (--verbatim empties it). Found when a script is run.',
  ),
  noted(
    'drive-mapped',
    'A drive letter that stands for the one volume that was given',
    'The script names one drive, and one volume was given without a letter. Found when a script is run.',
  ),
  refused('bad-syntax', 'A line that its own tool refuses', 'The tool prints its usage and does nothing.'),
  refused(
    'unset-variable',
    'A variable that is never set',
    'cmd.exe puts nothing in its place; what was meant is not known.',
  ),
  refused(
    'drive-not-mapped',
    'A drive that stands for no volume',
    'The line reads or changes a drive, and --drive does not say which volume it is.',
  ),
  noted(
    'unmapped-drive',
    'A drive that a script asks for and that is not mapped',
    'Nothing exists on it for this run; --drive says which volume it is. Found when a script is run.',
  ),
  refused(
    'cannot-be-bound',
    'A name that this disk has nothing for',
    'The hive, store, loader or file that the line names is not on the disk, or is not one thing there. Found when a script is run.',
  ),
  noted(
    'control-set-skipped',
    'A line for a control set that this disk does not have',
    'The line is skipped; --verbatim runs it and makes the control set, as Windows would. Found when a script is run.',
  ),
  noted(
    'line-failed',
    'A line that its tool could not do',
    'The tool ended with an error, as it would on Windows; what it said is in the report. Found when a script is run.',
    'warning',
  ),
  refused('not-found-label', 'A jump to a label that is not there', 'cmd.exe ends the script there.'),
] as const satisfies readonly Rule[];

export type RuleId = (typeof RULES)[number]['id'];

/** The code of a rule's findings: its id in UPPER_SNAKE. */
type CodeOf<Id extends string> = Id extends `${infer Head}-${infer Tail}`
  ? `${Uppercase<Head>}_${CodeOf<Tail>}`
  : Uppercase<Id>;

const BY_ID: ReadonlyMap<string, Rule> = new Map(RULES.map((rule) => [rule.id, rule]));

/** Null where there is no such rule. */
export function ruleNamed(id: string): Rule | null {
  return BY_ID.get(id) ?? null;
}

/** A rule that was met at a place of a script. */
export interface Remark {
  readonly rule: RuleId;
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** One sentence: what stands there and what becomes of it. */
  readonly text: string;
}

const codeOf = <Id extends RuleId>(rule: Id): CodeOf<Id> => rule.toUpperCase().replaceAll('-', '_') as CodeOf<Id>;

/** The remark as a finding of `file`. */
export function findingOf(remark: Remark, file: string): Finding {
  return {
    code: codeOf(remark.rule),
    severity: ruleNamed(remark.rule)!.severity,
    where: { file, line: remark.line, column: remark.column },
    text: remark.text,
  };
}
