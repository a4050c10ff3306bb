// A runbook as it lies on disk: its text whatever the encoding, and what kind of script it is.

import { decodeUtf16le } from '../../base/text.ts';

export type SourceKind = 'cmd' | 'powershell' | 'markdown';

export interface Source {
  readonly name: string;
  readonly kind: SourceKind;
  /** Lines without their ends; line 1 is first. */
  readonly lines: readonly string[];
  /** How its first line ends: texts of PowerShell that go over lines have it in them. */
  readonly lineEnd: LineEnd;
}

export type LineEnd = '\n' | '\r\n';

/** One line of a script, with its place in the file. */
export interface SourceLine {
  readonly text: string;
  /** From 1. */
  readonly line: number;
  /** Column in the file of the text's first character, from 1. */
  readonly column: number;
  /** The last line of several that were joined. */
  readonly endLine?: number;
}

/**
 * Reads a script. UTF-16 and UTF-8 are told by their marks, UTF-16 without a mark by its zero bytes; what is no UTF-8 is
 * read in `codePage` (a TextDecoder label).
 */
export function readSource(name: string, bytes: Uint8Array, codePage = 'windows-1252'): Source {
  const text = decodeText(bytes, codePage);
  const lines = text.split(/\r\n|\n|\r/);
  return { name, lines, kind: kindOf(name, lines), lineEnd: lineEndOf(text) };
}

/** The first line's. */
export function lineEndOf(text: string): LineEnd {
  return /^[^\n]*\r\n/.test(text) ? '\r\n' : '\n';
}

function decodeText(bytes: Uint8Array, codePage: string): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return decodeUtf16le(bytes.subarray(2));
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return decodeUtf16le(swapped(bytes.subarray(2)));
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return decodeText(bytes.subarray(3), codePage);
  if (bytes.byteLength >= 4 && bytes[0] !== 0 && bytes[1] === 0 && bytes[3] === 0) return decodeUtf16le(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder(codePage).decode(bytes);
  }
}

function swapped(bytes: Uint8Array): Uint8Array {
  const even = bytes.slice(0, bytes.byteLength & ~1);
  for (let i = 0; i < even.byteLength; i += 2) [even[i], even[i + 1]] = [even[i + 1]!, even[i]!];
  return even;
}

function kindOf(name: string, lines: readonly string[]): SourceKind {
  if (/\.(md|markdown|mdx)$/i.test(name)) return 'markdown';
  if (/\.(cmd|bat)$/i.test(name)) return 'cmd';
  if (/\.(ps1|psm1)$/i.test(name)) return 'powershell';
  if (lines.some((line) => /^\s*(```|~~~)/.test(line))) return 'markdown';
  return looksLikePowerShell(lines) ? 'powershell' : 'cmd';
}

const CMDLET =
  /^\s*(?:\$\w+\s*=|(?:Get|Set|New|Remove|Add|Clear|Stop|Start|Restart|Enable|Disable|Import|Export|Test|Write|Out|Copy|Move|Rename|Select|Where|ForEach|Invoke|Install|Update|Mount|Dismount|Resize|Connect|Save|Attach|Join|Split)-[A-Za-z]+\b|foreach\s*\(|function\s|param\s*\(|\[[\w.]+\]|\}\s*(?:else|elseif)\b|if\s*\(\s*(?:[^)]*\$|-not\b|!|\(*[A-Z][a-z]+-[A-Z])|&\s+[\w"'$.\\]|try\s*\{|<#|remove-module\b)/i;

/** Whether a line can only be PowerShell. */
export function isPowerShellLine(text: string): boolean {
  return CMDLET.test(text);
}

/** Whether a block as a whole is PowerShell: most of its commands can be nothing else. */
export function looksLikePowerShell(lines: readonly string[]): boolean {
  const commands = lines.filter((line) => line.trim() !== '' && !/^\s*(#|rem\b|::)/i.test(line));
  const marks = commands.filter((line) => isPowerShellLine(line)).length;
  return (
    marks > 0 &&
    (marks * 2 > commands.length || commands.some((line) => /^\s*(\$\w+\s*=|foreach\s*\(|function\s|<#)/i.test(line)))
  );
}
