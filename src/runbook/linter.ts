// What is wrong with a script, found without a disk.

import type { Finding } from '../base/finding.ts';
import { markdownBlocks } from './markdown.ts';
import { findingOf, type Remark } from './rules.ts';
import { readSource } from './source.ts';

/** Findings of a script, in the order of its lines. */
export function lintRunbook(name: string, bytes: Uint8Array): Finding[] {
  const source = readSource(name, bytes);
  const lines =
    source.kind === 'markdown'
      ? markdownBlocks(source.lines).flatMap((block) => block.lines)
      : source.lines.map((text, i) => ({ text, line: i + 1, column: 1 }));
  const remarks: Remark[] = [];
  for (const { text, line, column } of lines) {
    const suffix = /\bconfig\\\w+\.hiv\b/i.exec(text);
    if (suffix) {
      remarks.push({
        rule: 'hive-file-suffix',
        line,
        column: column + suffix.index,
        text: `${suffix[0]} is no file of Windows: its hives have no suffix.`,
      });
    }
  }
  return remarks.map((remark) => findingOf(remark, name));
}
