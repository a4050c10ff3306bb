// Quoted names and texts of .reg files.

/** What str( ) has besides the escapes of a backslash and of a quote. */
const ESCAPES: Readonly<Record<string, string>> = { '0': '\0', n: '\n', r: '\r' };

export type Quoted =
  /** `end` is behind the closing quote. */
  { readonly text: string; readonly end: number } | { readonly fault: string; readonly at: number };

/**
 * What stands between the quote at `open` and its closing one. An escaped backslash and an escaped quote are what
 * regedit writes, and the only escapes but for those of str( ) ('escapes'). A text may go over several lines, a name may not.
 */
export function readQuoted(source: string, open: number, what: 'name' | 'text', how: 'plain' | 'escapes'): Quoted {
  let text = '';
  for (let at = open + 1; ; at += 1) {
    const sign = source[at];
    if (sign === undefined) return { fault: `the ${what}'s closing quote is missing`, at: open };
    if (sign === '"') return { text, end: at + 1 };
    // Not even regedit makes such names and texts.
    if (sign === '\0') return { fault: `the ${what} holds a NUL, which no user may write`, at };
    if (sign === '\r' || sign === '\n') {
      if (what === 'name' || beginsLine(source, at))
        return { fault: `the ${what}'s closing quote is missing`, at: open };
      text += sign;
    } else if (sign === '\\') {
      const next = source[at + 1] ?? '';
      const meant = how === 'escapes' ? ESCAPES[next] : undefined;
      if (meant === undefined && next !== '\\' && next !== '"')
        return { fault: `a single backslash in the ${what}, expected \\\\ or \\"`, at };
      text += meant ?? next;
      at += 1;
    } else text += sign;
  }
}

/** The next line begins like one of the file's own, which shows that a quote was forgotten and not that the text goes on. */
function beginsLine(source: string, lineEnd: number): boolean {
  return /^\r?\n?[ \t]*(?:\[-?HK|"[^"\r\n]*"=|@=)/i.test(source.slice(lineEnd, lineEnd + 300));
}
