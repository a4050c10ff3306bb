// Comments that silence a rule: `rem hivemend-ignore cut-line`, in the line or before it.

import type { Remark } from './rules.ts';

/** Lines and the rules that are not reported there. */
export type Ignores = ReadonlyMap<number, ReadonlySet<string>>;

const MARK = /\bhivemend-ignore\s+([a-z0-9-]+(?:[\s,]+[a-z0-9-]+)*)/i;
const COMMENT = /\brem\b|::|#|<!--/i;

/** The rules that a comment in the line names; searched from the mark back, so that a long line costs no more than its length. */
function namedIn(text: string): string[] | null {
  const mark = MARK.exec(text);
  if (!mark || !COMMENT.test(text.slice(0, mark.index))) return null;
  return mark[1]!.split(/[\s,]+/).filter((id) => id !== '');
}

/** A comment holds for its own line and for the next that is neither empty nor a comment; before a fence for its block. */
export function readIgnores(lines: readonly string[]): Ignores {
  const ignores = new Map<number, Set<string>>();
  const add = (line: number, ids: readonly string[]): void => {
    const set = ignores.get(line) ?? new Set<string>();
    for (const id of ids) set.add(id.toLowerCase());
    ignores.set(line, set);
  };
  lines.forEach((text, i) => {
    const ids = namedIn(text);
    if (!ids) return;
    add(i + 1, ids);
    let next = i + 1;
    while (next < lines.length && /^\s*$|^\s*(?:rem\b|::|#(?!#* )|<!--)/i.test(lines[next]!)) next += 1;
    const fence = /^\s*(`{3,}|~{3,})/.exec(lines[next] ?? '');
    add(next + 1, ids);
    if (!fence) return;
    for (let line = next + 1; line < lines.length && !lines[line]!.trim().startsWith(fence[1]!); line += 1)
      add(line + 1, ids);
  });
  return ignores;
}

export function isIgnored(ignores: Ignores, remark: Remark): boolean {
  return ignores.get(remark.line)?.has(remark.rule) === true;
}
