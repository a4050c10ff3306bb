// A runbook read whole: its blocks, parsed and checked without a disk.

import { append } from '../../base/lists.ts';
import { parseCmd } from '../parse/cmd-parser.ts';
import { joinSplitLines, mendLine } from '../parse/line-mends.ts';
import { type CodeBlock, markdownBlocks } from '../parse/markdown.ts';
import { allNodes, commandsIn } from '../parse/nodes.ts';
import { parsePowerShell } from '../parse/powershell.ts';
import type { Expression, Node } from '../parse/script.ts';
import { isPowerShellLine, looksLikePowerShell, readSource, type Source, type SourceLine } from '../parse/source.ts';
import { registryPath } from '../tools/cmdlets.ts';
import type { CheckedCommand } from './checked-command.ts';
import { checkCommand } from './command-check.ts';
import { placeOfKey } from './reg-check.ts';
import type { Remark } from './rules.ts';

/** A block as it can be run. */
export interface Block extends CodeBlock {
  readonly dialect: 'cmd' | 'powershell';
  readonly nodes: readonly Node[];
  /** Its commands with their variables unexpanded, in order. */
  readonly commands: readonly CheckedCommand[];
  /** 'offline' names an attached disk; 'live' the machine that runs it; 'other' is no script (output, JSON). */
  readonly place: 'offline' | 'live' | 'other';
  readonly remarks: readonly Remark[];
}

export interface Runbook {
  readonly source: Source;
  readonly blocks: readonly Block[];
}

/** Languages of blocks that are no script for Windows' own shells. */
const NO_SCRIPT =
  /^(?:output|json|xml|yaml|yml|azurecli\S*|bash|sh|kusto|html|http|sql|csharp|c\+\+|cpp|c|python|mermaid|ini|diff|text|txt|none|vb|registry)$/;

/** `mapped`: letters of drives that stand for volumes; null checks as if every letter but C did. */
export function readRunbook(name: string, bytes: Uint8Array, mapped: ReadonlySet<string> | null = null): Runbook {
  const source = readSource(name, bytes);
  return { source, blocks: codeBlocks(source).map((block) => readBlock(block, source, mapped)) };
}

function codeBlocks(source: Source): CodeBlock[] {
  if (source.kind === 'markdown') return markdownBlocks(source.lines);
  const lines = source.lines.map((text, i): SourceLine => ({ text, line: i + 1, column: 1 }));
  return [{ number: 1, section: [], fence: source.kind === 'powershell' ? 'powershell' : 'cmd', lines, lead: '' }];
}

function readBlock(block: CodeBlock, source: Source, mapped: ReadonlySet<string> | null): Block {
  const remarks: Remark[] = [];
  const isScript = source.kind !== 'markdown' || block.fence === null || !NO_SCRIPT.test(block.fence);
  if (!isScript) return { ...block, dialect: 'cmd', nodes: [], commands: [], place: 'other', remarks };
  const lines = joinSplitLines(
    block.lines.map((line) => mendLine(line, remarks)),
    remarks,
  );
  const dialect = dialectOf(lines, source);
  const nodes = dialect === 'powershell' ? parsePowerShell(lines) : parseMixed(lines, source);
  const commands = [...commandsIn(nodes)].flatMap((node) => checkCommand(node, node.words, remarks, mapped));
  return { ...block, dialect, nodes, commands, place: placeOf(commands, nodes, mapped), remarks };
}

function dialectOf(lines: readonly SourceLine[], source: Source): Block['dialect'] {
  if (source.kind === 'cmd') return 'cmd';
  if (source.kind === 'powershell') return 'powershell';
  return looksLikePowerShell(lines.map(({ text }) => text)) ? 'powershell' : 'cmd';
}

/** A page's block of cmd.exe may hold lines that only PowerShell takes. */
function parseMixed(lines: readonly SourceLine[], source: Source): Node[] {
  if (source.kind !== 'markdown') return parseCmd(lines);
  const nodes: Node[] = [];
  let run: SourceLine[] = [];
  const flush = (): void => {
    if (run.length > 0) append(nodes, parseCmd(run));
    run = [];
  };
  for (const line of lines) {
    if (isPowerShellLine(line.text)) {
      flush();
      append(nodes, parsePowerShell([line]));
    } else run.push(line);
  }
  flush();
  return nodes;
}

function placeOf(
  commands: readonly CheckedCommand[],
  nodes: readonly Node[],
  mapped: ReadonlySet<string> | null,
): Block['place'] {
  if (commands.some((command) => command.place === 'offline')) return 'offline';
  if ([...allNodes(nodes)].flatMap(textsOf).some((text) => isOfDisk(text, mapped))) return 'offline';
  const isScript = commands.some(
    (command) => command.verdict !== 'unresolved' && command.tool !== 'set' && command.tool !== 'echo',
  );
  return isScript ? 'live' : 'other';
}

/** Texts that variables are given and conditions ask for. */
function textsOf(node: Node): string[] {
  if (node.kind === 'assign') return expressionTexts(node.value);
  if (node.kind === 'each') return expressionTexts(node.values);
  if (node.kind === 'if' && node.condition.test === 'exist') return [node.condition.operand.replaceAll('"', '')];
  return [];
}

function expressionTexts(expression: Expression): string[] {
  switch (expression.kind) {
    case 'text':
      return [expression.text];
    case 'list':
    case 'join':
      return expression.items.flatMap(expressionTexts);
    case 'format':
      return [expression.pattern, ...expression.items].flatMap(expressionTexts);
    default:
      return [];
  }
}

function isOfDisk(text: string, mapped: ReadonlySet<string> | null): boolean {
  const key = registryPath(text);
  if (key !== null) return placeOfKey(key) === 'offline';
  const letter = /^([A-Za-z]):/.exec(text)?.[1]?.toUpperCase();
  return letter !== undefined && (letter !== 'C' || mapped?.has('C') === true);
}
