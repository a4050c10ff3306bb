// Comments that silence a rule: `rem hivemend-ignore cut-line`, in the line or before it.

import type { Remark } from './rules.ts';

/** Lines and the rules that are not reported there. */
export type Ignores = ReadonlyMap<number, ReadonlySet<string>>;

const MARK = /(?:\brem\b|::|#|<!--).*?\bhivemend-ignore\s+([a-z0-9-]+(?:[\s,]+[a-z0-9-]+)*)/i;

/** A comment holds for its own line and for the next that is neither empty nor a comment; before a fence for its block. */
export function readIgnores(lines: readonly string[]): Ignores {
  const ignores = new Map<number, Set<string>>();
  const add = (line: number, ids: readonly string[]): void => {
    const set = ignores.get(line) ?? new Set<string>();
    for (const id of ids) set.add(id.toLowerCase());
    ignores.set(line, set);
  };
  lines.forEach((text, i) => {
    const ids = MARK.exec(text)?.[1]
      ?.split(/[\s,]+/)
      .filter((id) => id !== '');
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
