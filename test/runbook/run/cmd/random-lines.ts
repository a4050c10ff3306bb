// Random lines for cmd.exe, read by src/ and by the second reading.

import { CmdScript } from '../../../../src/runbook/parse/cmd/cmd-script.ts';
import { allNodes } from '../../../../src/runbook/parse/nodes.ts';
import { commandWords } from '../../../../src/runbook/parse/words.ts';
import { expandDelayed, expandPercent } from '../../../../src/runbook/run/cmd/percent.ts';
import { secondReading } from './second-cmd.ts';

const VARIABLES = new Map([
  ['A', 'one'],
  ['B', 'two words'],
  ['Q', '"in quotes"'],
  ['S', 'back\\slash\\'],
  ['D', 'say \\"hi\\"'],
  ['C', 'a ^& b'],
  ['N', 'a & prog b'],
  ['E', 'x=y;z'],
  ['O', '"'],
  ['T', 'tail\\"'],
]);
const PIECES = [
  ...'ab01 \t"\\^',
  ...['  ', '""', '\\"', '\\\\"', '" ', ' "', '^^', '^"', '%%', '/v', '/d', '-a', '&', ' & prog ', '^&', '!', 'x y'],
  ...[...VARIABLES.keys()].flatMap((name) => [`%${name}%`, `"%${name}%"`, `!${name}!`, `\\"%${name}%\\"`]),
  '%UNSET%',
  '!UNSET!',
];

/** A generator of numbers below 1 that a seed repeats (mulberry32). */
function numbersFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What src/ makes of a line; null for one that it refuses to read. */
function ownReading(line: string, isDelayed: boolean): string[][] | null {
  const script = new CmdScript([{ text: line, line: 1, column: 1 }]);
  const scope = {
    variable: (name: string) => VARIABLES.get(name.toUpperCase()) ?? null,
    argument: () => null,
    allArguments: null,
    unset: () => '',
  };
  const found: string[][] = [];
  const text = { text: line, origins: [...line].map((_, i) => i) };
  for (const node of allNodes(script.parse(expandPercent(text, scope)))) {
    if (node.kind === 'bad') return null;
    if (node.kind !== 'command') continue;
    const late = isDelayed ? expandDelayed(node.text, scope.variable) : node.text;
    found.push(commandWords(late, () => node.at).map((word) => word.text));
  }
  return found.filter((words) => words.length > 0);
}

/** Reads `count` lines both ways. Returns the first that differ, each with both readings. */
export function differences(seed: number, count: number): string[] {
  const next = numbersFrom(seed);
  const found: string[] = [];
  let read = 0;
  for (let i = 0; i < count && found.length < 5; i += 1) {
    const length = 1 + Math.floor(next() * 12);
    let line = 'prog ';
    for (let k = 0; k < length; k += 1) line += PIECES[Math.floor(next() * PIECES.length)]!;
    const isDelayed = next() < 0.5;
    const own = ownReading(line, isDelayed);
    if (own === null) continue;
    read += 1;
    const second = secondReading(line, { variables: VARIABLES, isDelayed });
    if (JSON.stringify(own) !== JSON.stringify(second)) {
      found.push(
        `${isDelayed ? '! ' : ''}${line}\n  own:    ${JSON.stringify(own)}\n  second: ${JSON.stringify(second)}`,
      );
    }
  }
  // Lines that end in an operator, and quotes that swallow a switch, are refused; most are not.
  if (read < count * 0.6 && found.length === 0) found.push(`only ${read} of ${count} lines were read`);
  return found;
}
