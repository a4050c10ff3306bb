// Lines that repeat one sign: what linting costs grows with their length, and not with its square. Time of the processor.

import { expect, it } from 'vitest';
import { lintRunbook } from '../../../src/runbook/lint/linter.ts';

const PIECES = [
  ...['<!--', '#', '::', 'rem ', '`', '``` ', '<', '[', '[a](', '%a%', '%', '"', '^', '(', ')', 'if ', 'for ', '& '],
  ...['| ', '> ', '\t', ' ', '\\', '$', '$(', '@(', '{', '"$(', "'", '-', '=', ',', ';', ':', '!a!', 'a', '- ', '> > '],
  ...['<# ', '#> ', '@"\n', '```\n', '<!--\n', 'reg add ', 'REM\n', '`reg add ', '^\n', '`\n', 'rem hivemend-ignore '],
];
const COUNT = 8000;

function cost(name: string, piece: string, count: number): number {
  const bytes = new TextEncoder().encode(`reg add a ${piece.repeat(count)}\nreg add b\n`);
  const start = process.cpuUsage();
  lintRunbook(name, bytes);
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

it.each(['x.md', 'x.cmd', 'x.ps1', 'x.txt'])('%s', { timeout: 600_000 }, (name) => {
  const slow = PIECES.flatMap((piece) => {
    cost(name, piece, 500);
    const [one, four] = [cost(name, piece, COUNT), cost(name, piece, 4 * COUNT)];
    // Four times as much, and the collector's part of it.
    return four > 100 && four > 9 * one
      ? [`${JSON.stringify(piece)}: ${Math.round(one)} ms, ${Math.round(four)} ms`]
      : [];
  });
  expect(slow).toEqual([]);
});
