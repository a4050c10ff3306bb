// What if asks, once variables are put in.

import type { Condition, IfNode } from '../parse/script.ts';
import type { OfflineSystem } from '../tools/offline-system.ts';
import { compare } from './comparison.ts';
import type { PowerShellValues } from './ps-values.ts';
import type { Variables } from './variables.ts';

export interface ConditionContext {
  readonly system: OfflineSystem;
  readonly variables: Variables;
  readonly values: PowerShellValues;
  expanded(text: string): string;
}

/** Whether the condition holds, `not` left aside. @throws Unresolved */
export function conditionHolds({ condition, ignoresCase }: IfNode, context: ConditionContext): boolean {
  if (condition.test === 'compare') {
    const fold = (text: string): string => {
      const value = context.expanded(text);
      return ignoresCase ? value.toLowerCase() : value;
    };
    return compare(fold(condition.left), condition.operator, fold(condition.right));
  }
  if (condition.test === 'expression') return valuesHold(condition, context.values);
  const operand = context.expanded(condition.operand).replaceAll('"', '');
  if (condition.test === 'errorlevel') return context.variables.errorlevel >= Number(operand);
  if (condition.test === 'defined') return context.variables.isSet(operand);
  if (/[*?]/.test(operand)) return context.system.files.matching(operand).length > 0;
  return context.system.files.exists(operand);
}

const OPERATORS: Readonly<Record<string, string>> = {
  '-eq': 'equ',
  '-ne': 'neq',
  '-gt': 'gtr',
  '-lt': 'lss',
  '-ge': 'geq',
  '-le': 'leq',
};

function valuesHold(condition: Condition & { readonly test: 'expression' }, values: PowerShellValues): boolean {
  const left = values.text(condition.left);
  if (condition.operator === null || condition.right === null) return left !== '' && left !== 'False' && left !== '0';
  const right = values.text(condition.right);
  return compare(left.toLowerCase(), OPERATORS[condition.operator] ?? '', right.toLowerCase());
}
