// The code of a Markdown page: fenced blocks with their headings, and commands that stand in running text.

import { append } from '../../base/lists.ts';
import { isPowerShellLine, type SourceLine } from './source.ts';

export interface CodeBlock {
  /** From 1, in the order of the page. */
  readonly number: number;
  /** Titles of the headings above it, outermost first; [] outside of Markdown. */
  readonly section: readonly string[];
  /** What the fence calls the language, in lower case; null where it says nothing, 'inline' for code in running text. */
  readonly fence: string | null;
  readonly lines: readonly SourceLine[];
  /** The prose that leads to the block: the paragraph before it. */
  readonly lead: string;
}

const FENCE = /^([ \t>]*(?:(?:[-*+]|\d+[.)])[ \t]+)*)(`{3,}|~{3,})[ \t]*([^`]*)$/;
const HEADING = /^ {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*$/;
const TOOL =
  /^(?:reg(?:\.exe)?\s+(?:add|delete|load|unload|query|copy|import|export|save|restore)\b|bcd\w*(?:\.exe)?\s+\/|icacls\s|takeown\s|sc(?:\.exe)?\s+(?:config|query)|attrib\s|copy\s|ren\s|del\s|md\s|move\s|dism\b|sfc\b|chkdsk\b)/i;

/** The code blocks of a page, those of running text among them. */
export function markdownBlocks(lines: readonly string[]): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  const titles: string[] = [];
  let lead = '';
  let inline: SourceLine[] = [];
  const endInline = (): void => {
    if (inline.length > 0) push('inline', inline, lead);
    inline = [];
  };
  const push = (fence: string | null, code: readonly SourceLine[], before: string): void => {
    blocks.push({ number: blocks.length + 1, section: titles.filter(Boolean), fence, lines: code, lead: before });
  };
  for (let i = frontMatterEnd(lines); i < lines.length; i += 1) {
    const text = lines[i]!;
    const fence = FENCE.exec(text);
    const heading = HEADING.exec(text);
    if (fence) {
      endInline();
      const end = fenceEnd(lines, i, fence[2]!);
      push(fence[3]!.trim().split(/[\s{]/)[0]!.toLowerCase() || null, codeLines(lines, i, end, fence[1]!.length), lead);
      i = end;
    } else if (heading) {
      endInline();
      const level = heading[1]!.length;
      titles.length = Math.min(titles.length, level);
      for (let fill = titles.length; fill < level; fill += 1) titles.push('');
      titles[level - 1] = titleText(heading[2]!);
      lead = '';
    } else if (isIndentedCode(lines, i)) {
      endInline();
      const end = indentedEnd(lines, i);
      push(null, codeLines(lines, i - 1, end, 4), lead);
      i = end - 1;
    } else {
      append(inline, inlineCode(text, i + 1));
      if (text.trim() !== '') lead = text.trim();
    }
  }
  endInline();
  return blocks;
}

function frontMatterEnd(lines: readonly string[]): number {
  if (lines[0]?.trim() !== '---') return 0;
  const end = lines.findIndex((line, i) => i > 0 && line.trim() === '---');
  return end < 0 ? 0 : end + 1;
}

/** The line that closes the fence opened on `start`, or the last one. */
function fenceEnd(lines: readonly string[], start: number, mark: string): number {
  for (let i = start + 1; i < lines.length; i += 1) {
    const trimmed = lines[i]!.replace(/^[ \t>]+/, '').trimEnd();
    if (trimmed.length >= mark.length && trimmed === mark[0]!.repeat(trimmed.length)) return i;
  }
  return lines.length;
}

const INDENTED = /^(?: {4}|\t)/;

/** A block without fences, as older pages have them: behind a blank line, and begun by a command. */
function isIndentedCode(lines: readonly string[], at: number): boolean {
  const text = lines[at]!;
  if (!INDENTED.test(text) || (lines[at - 1] ?? '').trim() !== '') return false;
  const code = text.trim();
  return TOOL.test(code) || isPowerShellLine(code) || /^@?echo off\b/i.test(code);
}

function indentedEnd(lines: readonly string[], start: number): number {
  let end = start;
  for (let i = start; i < lines.length && (INDENTED.test(lines[i]!) || lines[i]!.trim() === ''); i += 1)
    if (lines[i]!.trim() !== '') end = i + 1;
  return end;
}

/** The code between two fences without the indentation of the list that they stand in. */
function codeLines(lines: readonly string[], start: number, end: number, indent: number): SourceLine[] {
  return lines.slice(start + 1, end).map((text, i) => {
    const own = /^[ \t>]*/.exec(text)![0].length;
    const cut = Math.min(own, indent);
    return { text: text.slice(cut), line: start + 2 + i, column: cut + 1 };
  });
}

/** Commands among the inline code of a line; names of switches and files are none. */
function inlineCode(text: string, line: number): SourceLine[] {
  const found: SourceLine[] = [];
  for (const match of text.matchAll(/(?<!`)(`+)([^`]|[^`].*?[^`])\1(?!`)/g)) {
    const code = match[2]!.trim();
    if (TOOL.test(code)) found.push({ text: code, line, column: match.index + match[0].indexOf(code) + 1 });
  }
  return found;
}

/** A heading without the anchors and links that pages carry in it. */
function titleText(text: string): string {
  return text
    .replace(/<[^<>]*>/g, '')
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .trim();
}
