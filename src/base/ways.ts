// What helps after a refusal: the ways on in the order of their cost, each with what it costs and what to type.

import type { ErrorData, HivemendError } from './errors.ts';

export interface Way {
  /** What it does and costs, in one sentence that ends in a colon where commands follow. */
  readonly why: string;
  readonly commands: readonly string[];
}

/** The details of an error: the ways among its data, and as the lines of its hint. */
export function waysOn(
  ways: readonly Way[],
  data: ErrorData,
): { readonly hint: string; readonly data: ErrorData & { readonly ways: readonly Way[] } } {
  const hint = ways.map(({ why, commands }) => [why, ...commands.map((command) => `  ${command}`)].join('\n'));
  return { hint: hint.join('\n'), data: { ...data, ways } };
}

/** The ways of an error; a hint that is no more than a line stands for one. */
export function waysOf({ hint, data }: HivemendError): readonly Way[] {
  const ways = data?.ways as readonly Way[] | undefined;
  return ways ?? (hint === undefined ? [] : [{ why: hint, commands: [] }]);
}
