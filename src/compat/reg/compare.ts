// reg compare: two keys side by side, as reg.exe prints them.

import { compareNames, printable } from '../../base/text.ts';
import type { Key, Value } from '../../registry/hive.ts';
import { isSamePath } from '../../registry/path.ts';
import { isSameValue, readData, regValue, typeText } from '../../registry/value.ts';
import { NOT_FOUND_TEXT, type RegArguments, RegFailure } from './arguments.ts';
import type { RegistryContext } from './context.ts';
import { dataText, shownName } from './value-text.ts';
import { DONE_TEXT, existingKey } from './write.ts';

interface Comparison {
  readonly showsSame: boolean;
  readonly showsDifferent: boolean;
  readonly isRecursive: boolean;
  readonly lines: string[];
  isDifferent: boolean;
}

/** Exit code 0 where both hold the same, 2 where they differ. */
export function regCompare(args: RegArguments, context: RegistryContext): { exitCode: number; stdout: string } {
  const { switches } = args;
  const left = context.resolve(args.names[0]!);
  const right = context.resolve(args.names[1]!);
  if (left.hive.name === right.hive.name && isSamePath(left.path, right.path)) {
    throw new RegFailure('The registry entry is being compared with itself.');
  }
  const comparison: Comparison = {
    showsSame: switches.has('oa') || switches.has('os'),
    showsDifferent: !switches.has('os') && !switches.has('on'),
    isRecursive: switches.has('s'),
    lines: [],
    isDifferent: false,
  };
  const [leftKey, rightKey] = [existingKey(left), existingKey(right)];
  if (switches.has('v') || switches.has('ve')) {
    const name = switches.get('v') ?? '';
    const [leftValue, rightValue] = [leftKey.value(name), rightKey.value(name)];
    if (leftValue === null && rightValue === null) throw new RegFailure(NOT_FOUND_TEXT);
    compareValues(comparison, left.shown, leftValue, right.shown, rightValue);
  } else compareKeys(comparison, left.shown, leftKey, right.shown, rightKey);
  const verdict = comparison.isDifferent ? 'Different' : 'Identical';
  const stdout = `${comparison.lines.join('')}\nResult Compared:  ${verdict}\n\n${DONE_TEXT}`;
  return { exitCode: comparison.isDifferent ? 2 : 0, stdout };
}

function compareKeys(to: Comparison, leftShown: string, left: Key, rightShown: string, right: Key): void {
  for (const [a, b] of pairs(left.values(), right.values())) compareValues(to, leftShown, a, rightShown, b);
  for (const [a, b] of pairs(left.subkeys(), right.subkeys())) {
    const leftBelow = `${leftShown}\\${a?.name ?? b?.name}`;
    const rightBelow = `${rightShown}\\${b?.name ?? a?.name}`;
    if (a !== null && b !== null) {
      if (!to.isRecursive) continue;
      if (to.showsSame) to.lines.push(`= Key:  ${printable(leftBelow)}\n`);
      compareKeys(to, leftBelow, a, rightBelow, b);
    } else if (to.isRecursive) {
      to.isDifferent = true;
      const line = a !== null ? `< Key:  ${printable(leftBelow)}\n` : `> Key:  ${printable(rightBelow)}\n`;
      if (to.showsDifferent) to.lines.push(line);
    }
  }
}

function compareValues(
  to: Comparison,
  leftShown: string,
  left: Value | null,
  rightShown: string,
  right: Value | null,
): void {
  const data = left === null ? null : readData(left);
  if (left !== null && data !== null && isSameValue(right, regValue(left.type, data))) {
    if (to.showsSame) to.lines.push(compareLine('=', leftShown, left));
    return;
  }
  to.isDifferent = true;
  if (!to.showsDifferent) return;
  if (left !== null) to.lines.push(compareLine('<', leftShown, left));
  if (right !== null) to.lines.push(compareLine('>', rightShown, right));
}

function compareLine(sign: string, shown: string, value: Value): string {
  return `${sign} Value:  ${printable(shown)}  ${shownName(value.name)}  ${typeText(value.type)}  ${dataText(value)}\n`;
}

/** Both sides' entries of the same name beside each other: all of the left in its order, then what only the right has. */
function pairs<T extends { readonly name: string }>(
  left: readonly T[],
  right: readonly T[],
): readonly (readonly [T | null, T | null])[] {
  const find = (among: readonly T[], name: string): T | null =>
    among.find((one) => compareNames(one.name, name) === 0) ?? null;
  return [
    ...left.map((one) => [one, find(right, one.name)] as const),
    ...right.filter((one) => find(left, one.name) === null).map((one) => [null, one] as const),
  ];
}
