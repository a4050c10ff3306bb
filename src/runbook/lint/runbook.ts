// A runbook read whole: its blocks, parsed and checked without a disk.

import { CmdScript } from '../parse/cmd/cmd-script.ts';
import { correctLine, joinSplitLines } from '../parse/line-corrections.ts';
import { type CodeBlock, markdownBlocks } from '../parse/markdown.ts';
import { allNodes, commandsIn } from '../parse/nodes.ts';
import { fillGiven } from '../parse/placeholder.ts';
import type { Command, ScriptBlock } from '../parse/powershell/ast.ts';
import { parsePowerShell } from '../parse/powershell/parser.ts';
import { registryPath } from '../parse/powershell/registry-path.ts';
import {
  allPieces,
  functionsIn,
  commandsIn as powershellCommandsIn,
  shownExpression,
  statementsOf,
} from '../parse/powershell/walk.ts';
import type { BadNode, CommandNode, Word } from '../parse/script.ts';
import { isPowerShellLine, looksLikePowerShell, readSource, type Source, type SourceLine } from '../parse/source.ts';
import { splitArguments } from '../parse/words.ts';
import type { CheckedCommand } from './checked-command.ts';
import { checkCommand } from './command-check.ts';
import { placeOfKey } from './reg-check.ts';
import type { Remark } from './rules.ts';
import { DISKPART_LINE, isKnownTool } from './tools.ts';

/** A run of lines of one language; 'input' is what a person types into the tool that the line before starts. */
export type Part =
  | { readonly dialect: 'cmd'; readonly script: CmdScript }
  | { readonly dialect: 'powershell'; readonly script: ScriptBlock }
  | { readonly dialect: 'input'; readonly tool: string; readonly lines: readonly SourceLine[] };

/** A block as it can be run. */
export interface Block extends CodeBlock {
  readonly dialect: 'cmd' | 'powershell';
  readonly parts: readonly Part[];
  /** Its commands with their variables unexpanded, in order. */
  readonly commands: readonly CheckedCommand[];
  /**
   * 'offline' names an attached disk; 'live' the machine that runs it; 'unknown' is a script whose commands are not known;
   * 'other' is no script (output, JSON).
   */
  readonly place: 'offline' | 'live' | 'unknown' | 'other';
  readonly remarks: readonly Remark[];
}

export interface Runbook {
  readonly source: Source;
  readonly blocks: readonly Block[];
}

/** Languages of blocks that are no script for Windows' own shells. */
const NO_SCRIPT =
  /^(?:output|json|xml|yaml|yml|azurecli\S*|bash|sh|shell|kusto|html|http|sql|csharp|c\+\+|cpp|c|python|mermaid|ini|diff|text|txt|none|vb|registry|reg-file)$/;
const SCRIPT = /^(?:cmd|console|bat|batch|dos|winbatch|powershell\S*|azurepowershell\S*|ps|ps1|pwsh|reg|diskpart)$/;

/**
 * `mapped`: letters of drives that stand for volumes; null checks as if every letter but C did. `given`: what placeholders
 * stand for, by name in upper case.
 */
export function readRunbook(
  name: string,
  bytes: Uint8Array,
  mapped: ReadonlySet<string> | null = null,
  given: ReadonlyMap<string, string> = new Map(),
): Runbook {
  const source = readSource(name, bytes);
  return { source, blocks: codeBlocks(source).map((block) => readBlock(block, source, mapped, given)) };
}

function codeBlocks(source: Source): CodeBlock[] {
  if (source.kind === 'markdown')
    return markdownBlocks(source.lines).map((block) => ({
      ...block,
      lines: block.lines.filter(({ text }) => !TOOLS_SAY.test(text)),
    }));
  const lines = source.lines.map((text, i): SourceLine => ({ text, line: i + 1, column: 1 }));
  return [{ number: 1, section: [], fence: source.kind === 'powershell' ? 'powershell' : 'cmd', lines, lead: '' }];
}

function readBlock(
  block: CodeBlock,
  source: Source,
  mapped: ReadonlySet<string> | null,
  given: ReadonlyMap<string, string>,
): Block {
  const remarks: Remark[] = [];
  const isScript = source.kind !== 'markdown' || block.fence === null || !NO_SCRIPT.test(block.fence);
  if (!isScript) return { ...block, dialect: 'cmd', parts: [], commands: [], place: 'other', remarks };
  const registry = source.kind === 'markdown' ? registryPart(block.lines) : null;
  if (registry !== null)
    return { ...block, dialect: 'cmd', parts: [registry.part], commands: [], place: registry.place, remarks };
  const lines = joinSplitLines(
    block.lines
      .map((line) => (source.kind === 'markdown' ? withoutPrompt(line) : line))
      .map((line) => correctLine({ ...line, text: fillGiven(line.text, given) }, remarks)),
    remarks,
  );
  const dialect = dialectOf(lines, source, block.fence);
  const parts: Part[] =
    dialect === 'powershell'
      ? [{ dialect, script: parsePowerShell(lines, source.kind === 'powershell' ? source.lineEnd : '\n') }]
      : cmdParts(lines, source, block.fence);
  const commands = parts.flatMap((part) => checkedCommands(part, remarks, mapped));
  const isLabelled = source.kind !== 'markdown' || (block.fence !== null && SCRIPT.test(block.fence));
  return {
    ...block,
    dialect,
    parts,
    commands,
    place: placeOf(commands, parts, mapped, isLabelled, source.kind !== 'markdown'),
    remarks,
  };
}

/** A line of a page without the prompt that stands before what is typed: `PS C:\>`, `C:\Windows\system32>`. */
function withoutPrompt(line: SourceLine): SourceLine {
  const prompt = /^\s*(?:PS\s+[A-Za-z]:\\[^<>|"]*>+|[A-Za-z]:\\(?:[^<>|"\s.][^<>|"]*)?>)\s*(?=\S)/.exec(line.text)?.[0];
  if (prompt === undefined || /\.(?:exe|cmd|bat|com)>\s*$/i.test(prompt)) return line;
  return { ...line, text: line.text.slice(prompt.length), column: line.column + prompt.length };
}

function checkedCommands(part: Part, remarks: Remark[], mapped: ReadonlySet<string> | null): CheckedCommand[] {
  if (part.dialect === 'input') return [];
  if (part.dialect === 'cmd') {
    const nodes = part.script.statements.map(({ node }) => node);
    return [...commandsIn(nodes)].flatMap((node) => checkCommand(node, node.words, remarks, mapped));
  }
  const functions = functionsIn(part.script);
  return staticCommands(part.script).flatMap((node) => checkCommand(node, node.words, remarks, mapped, functions));
}

/** The commands of PowerShell as they stand, variables by their names. */
function staticCommands(block: ScriptBlock): CommandNode[] {
  return powershellCommandsIn(block).map(staticNode);
}

function staticNode(command: Command): CommandNode {
  const { at, endLine, source } = command;
  const name: Word = { text: shownExpression(command.name), isQuoted: false, at };
  const args = command.args.flatMap((arg): Word[] => {
    const { at } = arg;
    if (arg.kind === 'parameter') {
      const word: Word = { text: arg.value === null ? arg.source : `-${arg.name}`, isQuoted: false, at };
      return arg.value === null ? [word] : [word, { text: shownExpression(arg.value), isQuoted: false, at }];
    }
    const text = shownExpression(arg.value);
    const isQuoted = (arg.value.kind === 'string' && arg.value.isQuoted) || /\s/.test(text);
    if (!text.includes('"')) return [{ text, isQuoted, at }];
    return splitArguments(isQuoted ? `"${text}"` : text, () => at);
  });
  return {
    kind: 'command',
    dialect: 'powershell',
    at,
    endLine,
    source,
    text: source,
    words: [name, ...args],
    redirects: [],
  };
}

/** What could not be parsed. */
export function badNodes(block: Block): Pick<BadNode, 'at' | 'rule' | 'why'>[] {
  return block.parts.flatMap((part): Pick<BadNode, 'at' | 'rule' | 'why'>[] => {
    if (part.dialect === 'input') return [];
    if (part.dialect === 'cmd') {
      return [...allNodes(part.script.statements.map(({ node }) => node))].filter((node) => node.kind === 'bad');
    }
    return [...allPieces(statementsOf(part.script))].flatMap((piece) =>
      piece.kind === 'bad' ? [{ at: piece.at, rule: 'powershell' as const, why: piece.why }] : [],
    );
  });
}

/** What Windows' tools print, pasted into a block beside their commands. */
const TOOLS_SAY =
  /^\s*(?:The operation completed successfully\.|The entry \{[^}]*\} was successfully (?:created|copied to \{[^}]*\})\.|\d+ (?:file|dir)\(s\) (?:copied|moved)\.|Successfully processed \d+ files;.*|processed (?:file|dir): .*|SUCCESS: .*)\s*$/i;

/** A .reg file that a page shows: regedit's input, for the disk where it names keys of a loaded hive. */
function registryPart(lines: readonly SourceLine[]): { part: Part; place: Block['place'] } | null {
  const first = lines.find(({ text }) => text.trim() !== '');
  if (!first || !/^\s*(?:windows registry editor version|regedit4)/i.test(first.text)) return null;
  const keys = lines.flatMap(({ text }) => /^\s*\[-?([^\]]+)/.exec(text)?.[1] ?? []);
  const isOffline = keys.some((key) => placeOfKey(key) === 'offline');
  return { part: { dialect: 'input', tool: 'regedit', lines }, place: isOffline ? 'offline' : 'live' };
}

/** Lines that PowerShell does not take. */
const ONLY_CMD =
  /^\s*@?(?:rem\s|::|set\s+"?\w+=|if\s+(?:not\s+)?(?:exist|defined|errorlevel|"%)|for\s+(?:\/\w\s+)?(?:"[^"]*"\s+)?%|goto\b)/i;

function dialectOf(lines: readonly SourceLine[], source: Source, fence: string | null): Block['dialect'] {
  if (source.kind === 'cmd') return 'cmd';
  if (source.kind === 'powershell') return 'powershell';
  const texts = lines.map(({ text }) => text);
  const says = fence !== null && /^(?:powershell\S*|azurepowershell\S*|ps|ps1|pwsh)$/.test(fence);
  if (says && texts.some(isPowerShellLine) && !texts.some((text) => ONLY_CMD.test(text))) return 'powershell';
  return looksLikePowerShell(texts) ? 'powershell' : 'cmd';
}

/** A page's block of cmd.exe may hold lines that only PowerShell takes, and lines that are typed into diskpart. */
function cmdParts(lines: readonly SourceLine[], source: Source, fence: string | null): Part[] {
  if (source.kind !== 'markdown') return [{ dialect: 'cmd', script: new CmdScript(lines) }];
  const parts: Part[] = [];
  let run: SourceLine[] = [];
  const flush = (): void => {
    if (run.some(({ text }) => text.trim() !== '')) parts.push({ dialect: 'cmd', script: new CmdScript(run) });
    run = [];
  };
  let isInDiskpart = fence === 'diskpart';
  for (const line of lines) {
    if (isInDiskpart && DISKPART_LINE.test(line.text)) {
      flush();
      parts.push({ dialect: 'input', tool: 'diskpart', lines: [line] });
    } else if (isPowerShellLine(line.text)) {
      flush();
      parts.push({ dialect: 'powershell', script: parsePowerShell([line]) });
    } else run.push(line);
    if (/^\s*(?:DISKPART>\s*)?diskpart(?:\.exe)?\s*$/i.test(line.text)) isInDiskpart = true;
    if (/^\s*exit\s*$/i.test(line.text)) isInDiskpart = fence === 'diskpart';
  }
  flush();
  return parts;
}

function placeOf(
  commands: readonly CheckedCommand[],
  parts: readonly Part[],
  mapped: ReadonlySet<string> | null,
  isLabelled: boolean,
  isFile: boolean,
): Block['place'] {
  if (commands.some((command) => command.place === 'offline')) return 'offline';
  if (parts.flatMap(textsOf).some((text) => isOfDisk(text, mapped))) return 'offline';
  if (commands.some((command) => command.place === 'live')) return 'live';
  if (parts.some(({ dialect }) => dialect === 'input')) return 'unknown';
  // A page has blocks for either machine; a script that was given for a disk is for it.
  if (isFile) return 'unknown';
  const said = commands.filter(({ tool }) => tool !== 'set' && tool !== 'echo');
  if (said.some(({ verdict, tool }) => verdict === 'unresolved' && isKnownTool(tool))) return 'unknown';
  if (said.some(({ verdict, tool }) => verdict !== 'unresolved' || /^[a-z]+-[a-z]+/i.test(tool))) return 'live';
  const isScript = commands.length > 0 || parts.some((part) => part.dialect === 'powershell');
  return isScript && isLabelled ? 'unknown' : 'other';
}

/** Texts that variables are given and conditions ask for. */
function textsOf(part: Part): string[] {
  if (part.dialect === 'input') return [];
  if (part.dialect === 'cmd') {
    return [...allNodes(part.script.statements.map(({ node }) => node))].flatMap((node) =>
      node.kind === 'if' && node.condition.test === 'exist'
        ? [node.condition.operand.replaceAll('"', '')]
        : node.kind === 'command' && /^set$/i.test(node.words[0]?.text ?? '')
          ? [node.text.replace(/^\s*set\s+[^=]*=/i, '').replaceAll('"', '')]
          : [],
    );
  }
  return [...allPieces(statementsOf(part.script))].flatMap((piece) =>
    piece.kind === 'string' ? [piece.parts.map((text) => (typeof text === 'string' ? text : '$')).join('')] : [],
  );
}

function isOfDisk(text: string, mapped: ReadonlySet<string> | null): boolean {
  if (/\breg(?:\.exe)?\s+load\b|\\Windows\\System32\\config\\\w|bcdedit.*\/store\b/i.test(text)) return true;
  const key = registryPath(text);
  if (key !== null) return placeOfKey(key) === 'offline';
  const letter = /^([A-Za-z]):(?:\\|$)/.exec(text)?.[1]?.toUpperCase();
  return letter !== undefined && (letter !== 'C' || mapped?.has('C') === true);
}
