// The PowerShell that repair pages use, line by line: native commands and simple cmdlets.

import type { CommandNode, Node, Word } from './script.ts';
import type { SourceLine } from './source.ts';
import { splitWords } from './words.ts';

export function parsePowerShell(lines: readonly SourceLine[]): Node[] {
  return lines.flatMap((line): Node[] => {
    const text = line.text.trim();
    if (text === '' || /^(#|rem\b|::)/i.test(text)) return [];
    const at = { line: line.line, column: line.column + line.text.indexOf(text) };
    const words: Word[] = splitWords(text, (i) => ({ ...at, column: at.column + i }));
    const node: CommandNode = { kind: 'command', dialect: 'powershell', at, source: text, text, words, redirects: [] };
    return [node];
  });
}
