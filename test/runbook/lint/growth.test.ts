// A sign that is repeated: what linting looks at grows with the length of the line, and not with its square. Counted are the
// characters that searches are given, so that no clock is asked; growth.deep.test.ts asks one, of more signs.

import { expect, it } from 'vitest';
import { lintRunbook } from '../../../src/runbook/lint/linter.ts';

const COUNT = 1000;
/** Of twice as much. */
const MOST = 2.35;

type Searches = Record<'indexOf' | 'includes' | 'lastIndexOf' | 'slice' | 'substring', (...args: unknown[]) => unknown>;

/** Characters that `work` gives to searches: to an expression all that follows its place, one where it is sticky. */
function looksOf(work: () => void): number {
  let looks = 0;
  const { exec } = RegExp.prototype;
  const text = String.prototype as unknown as Searches;
  const names = ['indexOf', 'includes', 'lastIndexOf', 'slice', 'substring'] as const;
  const kept = names.map((name) => [name, text[name]] as const);
  RegExp.prototype.exec = function (this: RegExp, given: string) {
    const before = this.lastIndex;
    const found = exec.call(this, given);
    const isPlaced = this.global || this.sticky;
    const end = found === null ? given.length : found.index + found[0].length;
    looks += 1 + (this.sticky ? (found?.[0].length ?? 0) : end - (isPlaced ? before : 0));
    return found;
  };
  for (const [name, search] of kept) {
    text[name] = function (this: string, ...args: unknown[]) {
      const result = search.apply(this, args);
      if (typeof result === 'string') looks += 1;
      else if (typeof result === 'number' && result >= 0) looks += 1 + Math.abs(result - Number(args[1] ?? 0));
      else looks += 1 + this.length - Math.min(this.length, Number(args[1] ?? 0));
      return result;
    };
  }
  try {
    work();
  } finally {
    RegExp.prototype.exec = exec;
    for (const [name, search] of kept) text[name] = search;
  }
  return looks;
}

it.each(['x.md', 'x.cmd', 'x.ps1', 'x.txt'])('%s', (name) => {
  for (const piece of ['<!--', '<!--\n', '-->', '<#', '%a%', '`', '"']) {
    const [one, two] = [COUNT, 2 * COUNT].map((count) => {
      const bytes = new TextEncoder().encode(`reg add a ${piece.repeat(count)}\nreg add b\n`);
      return looksOf(() => void lintRunbook(name, bytes));
    });
    expect(one, piece).toBeGreaterThan(COUNT);
    expect(two! / one!, `${JSON.stringify(piece)}: ${one}, ${two}`).toBeLessThan(MOST);
  }
});
