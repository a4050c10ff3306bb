// Sums of numbers as PowerShell has them: Int32 while one holds the result, Int64 and Double where a side is one.

import { Unresolved } from '../unresolved.ts';
import { intOrDouble, numberOf, roundedEven, TypedNumber, textOf, type Value } from './values.ts';

/** @throws Unresolved */
export function arithmetic(operator: string, left: Value, right: Value): Value {
  if (operator === '*' && (typeof left === 'string' || Array.isArray(left))) {
    const times = Math.min(Math.max(numberOf(right) ?? 0, 0), 10_000);
    if (typeof left === 'string') return left.repeat(times);
    return Array.from({ length: times }, () => left).flat();
  }
  const [a, b] = [numberOf(left), numberOf(right)];
  if (a === null || b === null || Array.isArray(left) || Array.isArray(right))
    throw new Unresolved('powershell', `'${textOf(left)}' ${operator} '${textOf(right)}' is not a sum of numbers.`);
  if (b === 0 && (operator === '/' || operator === '%')) throw new Unresolved('powershell', 'it divides by zero.');
  const isReal = isDouble(left) || isDouble(right);
  const isLong = !isReal && (isWide(left) || isWide(right));
  const found = isLong
    ? longSum(operator, BigInt(wholeText(left)), BigInt(wholeText(right)))
    : plainSum(operator, a, b);
  if (typeof found !== 'number') return found;
  return isReal ? new TypedNumber('Double', found) : intOrDouble(found);
}

function plainSum(operator: string, a: number, b: number): number {
  if (operator === '+') return a + b;
  if (operator === '-') return a - b;
  if (operator === '*') return a * b;
  return operator === '/' ? a / b : a % b;
}

/** Of Int64: what does not fit, and a quotient with a rest, is a Double. */
function longSum(operator: string, a: bigint, b: bigint): Value {
  if (operator === '/' && a % b !== 0n) return new TypedNumber('Double', Number(a) / Number(b));
  const found = { '+': a + b, '-': a - b, '*': a * b }[operator] ?? (operator === '/' ? a / b : a % b);
  return BigInt.asIntN(64, found) === found ? found : new TypedNumber('Double', Number(found));
}

export function isDouble(value: Value): boolean {
  if (typeof value === 'string') return !/^\s*[-+]?(?:0x[0-9a-f]+|\d+)\s*$/i.test(value) && value.trim() !== '';
  return value instanceof TypedNumber && value.type === 'Double';
}

/** No Int32 holds every number of its kind. */
function isWide(value: Value): boolean {
  if (typeof value === 'string') return Math.abs(numberOf(value) ?? 0) > 0x7fff_ffff;
  return typeof value === 'bigint' || (value instanceof TypedNumber && /^UInt(?:32|64)$/.test(value.type));
}

function wholeText(value: Value): string {
  return typeof value === 'bigint' ? value.toString() : String(numberOf(value) ?? 0);
}

/** -band and the like. */
export function bits(name: string, left: Value, right: Value): Value {
  const isLong = isWide(left) || (isWide(right) && !name.startsWith('sh'));
  if (isLong) {
    const [a, b] = [BigInt(wholeText(left)), BigInt(wholeText(right))];
    const found = { band: a & b, bor: a | b, bxor: a ^ b }[name] ?? (name === 'shl' ? a << b : a >> b);
    return BigInt.asIntN(64, found);
  }
  const [a, b] = [roundedEven(numberOf(left) ?? 0), roundedEven(numberOf(right) ?? 0)];
  if (name === 'band') return a & b;
  if (name === 'bor') return a | b;
  if (name === 'bxor') return a ^ b;
  return name === 'shl' ? a << b : a >> b;
}
