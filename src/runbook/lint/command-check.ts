// One command of a script: what is wrong with it, what it is meant to be, and whether it can be run.

import { sidOfName } from '../../security/index.ts';
import { ANY_DRIVE, driveFilled, hasPlaceholder, placeholderKind, unshield } from '../parse/placeholder.ts';
import { aliased } from '../parse/powershell/aliases.ts';
import { lacksDrive, registryPath } from '../parse/powershell/registry-path.ts';
import type { CommandNode, Word } from '../parse/script.ts';
import { checkBcdedit, correctDriveRelative } from './bcdedit-check.ts';
import { type CheckedCommand, CommandCheck, hasVariable } from './checked-command.ts';
import { checkReg, placeOfKey } from './reg-check.ts';
import type { Remark } from './rules.ts';
import {
  deletesSystemFiles,
  ELSEWHERE_TOOLS,
  IGNORED_TOOLS,
  isElsewhereCmdlet,
  isKnownTool,
  misspeltTool,
  RUN_CMDLETS,
  RUN_TOOLS,
  toolName,
} from './tools.ts';

const REG_VERBS = /^(?:query|add|delete|copy|compare|export|import|save|restore|load|unload)$/i;
const SC_VERBS = /^(?:config|start|stop|query|queryex|qc|delete|create|failure)$/i;
/** Builtins that take the rest of the line as it stands. */
const VERBATIM = new Set([
  'echo',
  'set',
  'goto',
  'call',
  'exit',
  'cd',
  'chdir',
  'pushd',
  'popd',
  'setlocal',
  'endlocal',
  'find',
  'findstr',
  'more',
  'cmd',
  'shift',
  'choice',
  'powershell',
  'pwsh',
]);
const FILE_TOOLS = new Set([
  'md',
  'mkdir',
  'rd',
  'rmdir',
  'copy',
  'xcopy',
  'robocopy',
  'move',
  'ren',
  'rename',
  'del',
  'erase',
  'type',
  'dir',
  'attrib',
  'icacls',
  'takeown',
  'copy-item',
  'move-item',
  'rename-item',
  'test-path',
  'remove-item',
]);

/** Checks a command; two that stand on one line come apart. `words` are the node's, variables expanded or not. */
export function checkCommand(
  node: CommandNode,
  words: readonly Word[],
  remarks: Remark[],
  mapped: ReadonlySet<string> | null = null,
  functions: ReadonlySet<string> = new Set(),
): CheckedCommand[] {
  const [first] = words;
  if (!first) return [];
  const pieces = splitGlued(words, remarks);
  return pieces.map((piece) => checkOne(new CommandCheck(piece, remarks, mapped), node, functions));
}

function checkOne(check: CommandCheck, node: CommandNode, functions: ReadonlySet<string>): CheckedCommand {
  const name = check.words[0]!.text;
  const isPowerShell = node.dialect === 'powershell';
  const bare = correctedName(check, toolName(name));
  const tool = isPowerShell && !/\.exe$/i.test(name) && bare !== 'sc' ? aliased(bare) : bare;
  if (isPowerShell && functions.has(tool)) return check.done(tool);
  if (tool === 'regedit') return regedit(check, node, functions);
  if (/^[A-Za-z]:\\?$/.test(name)) {
    if (check.isOfDisk(name[0]!)) check.place = 'offline';
    return check.done('cd');
  }
  if (/^(?:cd|chdir|pushd|set)$/.test(tool)) placeDrives(check);
  if (VERBATIM.has(tool) || /^(?:echo|cd|chdir)[.:\\/]/i.test(name)) return check.done(tool.replace(/[.:\\/].*$/, ''));
  switch (tool) {
    case 'reg':
      checkReg(check);
      break;
    case 'bcdedit':
      checkBcdedit(check);
      break;
    case 'sc':
      checkService(check);
      if (check.rule === null && !/^(?:config|query|queryex|qc)$/i.test(check.words[1]?.text ?? ''))
        return check.done(tool, 'elsewhere');
      break;
    default:
      checkPaths(check, tool);
  }
  if (tool === 'icacls') rememberNames(check);
  if (IGNORED_TOOLS.has(tool)) return { ...check.done(tool), verdict: 'ignored' };
  if (RUN_TOOLS.has(tool)) return check.done(tool);
  if (isPowerShell && (RUN_CMDLETS.has(tool) || /^\$|\.ps1$/.test(name) || name.startsWith('{')))
    return check.done(tool);
  if (ELSEWHERE_TOOLS.has(tool) || isElsewhereCmdlet(tool))
    return { ...check.done(tool), verdict: 'elsewhere', rule: null };
  if (hasVariable(name)) return check.done(tool);
  const isCmdlet = /^[A-Z][A-Za-z]+-[A-Za-z]+$/i.test(name);
  check.refuse(
    isCmdlet || node.dialect === 'powershell' ? 'powershell' : 'unknown-command',
    check.at,
    `'${unshield(name)}' is not a command that is known here.`,
  );
  return check.done(tool);
}

/** regedit /s file is reg import; regedit alone is a window. */
function regedit(check: CommandCheck, node: CommandNode, functions: ReadonlySet<string>): CheckedCommand {
  const file = check.words.slice(1).find(({ text }) => !/^[/-]/.test(text));
  if (!file || check.words.some(({ text }) => /^[/-]e/i.test(text))) return check.done('regedit', 'elsewhere');
  check.words = [{ ...check.words[0]!, text: 'reg' }, { ...file, text: 'import', isQuoted: false }, file];
  return checkOne(check, node, functions);
}

function correctedName(check: CommandCheck, name: string): string {
  const meant = isKnownTool(name) ? null : misspeltTool(name);
  if (meant === null || check.words.length < 2) return name;
  check.say('misspelt-command', check.at, `'${name}' is read as ${meant}.`);
  check.set(0, meant);
  return meant;
}

/** `reg add ... /f reg unload X`, `sc config s start= auto sc start s`: cut before each tool that begins a command. */
function splitGlued(words: readonly Word[], remarks: Remark[]): Word[][] {
  const first = toolName(words[0]!.text);
  if (!['reg', 'bcdedit', 'sc', 'icacls', 'takeown'].includes(first)) return [[...words]];
  const pieces: Word[][] = [[]];
  words.forEach((word, i) => {
    const piece = pieces.at(-1)!;
    const next = words[i + 1]?.text ?? '';
    const joined = /^(\/[a-z]+?)(reg)$/i.exec(word.text);
    if (i > 2 && !word.isQuoted && beginsCommand(word.text, next)) {
      remarks.push({
        rule: 'glued-command',
        ...word.at,
        text: `A second command, ${word.text} ${next}, stands on the line of another; it is run after it.`,
      });
      pieces.push([word]);
    } else if (i > 2 && joined && REG_VERBS.test(next)) {
      const at = { ...word.at, column: word.at.column + joined[1]!.length };
      remarks.push({
        rule: 'glued-command',
        ...at,
        text: `A second command, ${joined[2]} ${next}, stands on the line of another; it is run after it.`,
      });
      piece.push({ ...word, text: joined[1]! });
      pieces.push([{ ...word, text: joined[2]!, at }]);
    } else piece.push(word);
  });
  return pieces;
}

function beginsCommand(text: string, next: string): boolean {
  switch (toolName(text)) {
    case 'reg':
      return REG_VERBS.test(next);
    case 'sc':
      return SC_VERBS.test(next);
    case 'bcdedit':
      return /^[/-][a-z]/i.test(next);
    case 'icacls':
    case 'takeown':
      return /^(?:[/-]f|"?[A-Za-z]:)/i.test(next);
    default:
      return false;
  }
}

/** sc works on services of the machine that runs it; here they are the disk's. */
function checkService(check: CommandCheck): void {
  const verb = check.words[1]?.text ?? '';
  check.place = 'live';
  if (!SC_VERBS.test(verb)) {
    check.refuse('bad-syntax', check.at, `'${unshield(verb)}' is none of sc's commands that are read.`);
    return;
  }
  for (const word of check.words) {
    if (hasPlaceholder(word.text))
      check.refuse('placeholder', word.at, `${unshield(word.text)} is to be filled in by a person.`);
  }
}

/** Paths of file commands: what drive they mean, and whether they name one at all. */
function checkPaths(check: CommandCheck, tool: string): void {
  const isFileTool = FILE_TOOLS.has(tool);
  for (let i = 1; i < check.words.length; i += 1) {
    const word = check.words[i]!;
    if (hasPlaceholder(word.text)) {
      const kind = placeholderKind(word.text);
      if (kind === 'drive') {
        check.say('drive-placeholder', word.at, `${unshield(word.text)} stands for a drive of the disk.`);
        check.set(i, driveFilled(word.text));
      } else check.refuse('placeholder', word.at, `${unshield(word.text)} is to be filled in by a person.`);
    }
    if (isFileTool) correctDriveRelative(check, i);
    // A path among the data of a value says nothing of the machine that is meant.
    if (/-itemproperty$/.test(tool)) continue;
    const drive = new RegExp(`^(?:([A-Za-z])|${ANY_DRIVE}):`).exec(check.words[i]!.text);
    if (drive && (drive[1] === undefined || check.isOfDisk(drive[1]))) check.place = 'offline';
    else if (drive && check.place === 'any') check.place = 'live';
  }
  placeCmdlet(check, tool);
  const lost = deletesSystemFiles(
    tool,
    check.words.slice(1).map(({ text }) => text),
  );
  if (lost !== null)
    check.refuse('deletes-system-files', check.at, `${lost} is what Windows starts from (--allow-delete).`);
  if (check.rule === null && isFileTool && check.words.length < 2 && !['dir'].includes(tool)) {
    check.refuse('cut-line', check.at, `The line ends after ${tool}, before what it works on.`);
  }
}

/** A script that goes to a folder of the disk, or keeps its letter, is one for the disk. */
function placeDrives(check: CommandCheck): void {
  for (const { text } of check.words.slice(1)) {
    const letter = /^(?:\w+=)?([A-Za-z]):/.exec(text)?.[1];
    if (letter !== undefined && check.isOfDisk(letter)) check.place = 'offline';
  }
}

/** Cmdlets name keys as paths: those of a loaded hive are the disk's. */
function placeCmdlet(check: CommandCheck, tool: string): void {
  if (tool === 'set-service') check.place = 'live';
  if (!RUN_CMDLETS.has(tool)) return;
  for (const word of check.words.slice(1)) {
    const key = registryPath(word.text);
    if (key === null) continue;
    const isOffline = placeOfKey(key) === 'offline';
    if (RUN_CMDLETS.has(tool) && lacksDrive(word.text)) {
      check.say('key-without-drive', word.at, `${word.text} is a file to PowerShell; the key is meant.`);
    }
    if (isOffline) check.place = 'offline';
    else if (check.place === 'any') check.place = 'live';
    if (isOffline && /\\CurrentControlSet(?:\\|$)/i.test(key)) {
      check.say(
        'offline-current-control-set',
        word.at,
        'A hive that is not running does not have a CurrentControlSet; the one that Select names is meant.',
      );
    }
  }
}

function rememberNames(check: CommandCheck): void {
  for (const word of check.words.slice(1)) {
    const who = /^([A-Za-z][^:*]*\\?[^:]*):[(A-Za-z]/.exec(word.text)?.[1];
    if (who === undefined || /^[A-Za-z]$/.test(who)) continue;
    const sid = sidOfName(who);
    if (sid !== null)
      check.say(
        'english-account-name',
        word.at,
        `${who} is called otherwise on a localized Windows; *${sid} is granted the right.`,
      );
  }
}
