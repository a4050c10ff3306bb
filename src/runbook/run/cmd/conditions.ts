// What if asks, once variables are put in.

import { replaceKept, unknownIn } from '../../parse/marks.ts';
import type { IfNode } from '../../parse/script.ts';
import { isWindowsVariable, WINDOWS_VALUES } from '../../parse/variable-names.ts';
import type { OfflineSystem } from '../../tools/offline-system.ts';
import { Unresolved } from '../unresolved.ts';
import { cmdNumber, compare } from './arithmetic.ts';
import type { Environment } from './environment.ts';

export interface ConditionContext {
  readonly system: OfflineSystem;
  readonly environment: Environment;
  expanded(text: string): string;
}

/** Whether the condition holds, `not` among it. @throws Unresolved where it cannot be determined */
export function conditionHolds(node: IfNode, context: ConditionContext): boolean {
  return holds(node, context) !== node.isNegated;
}

function holds({ condition, ignoresCase }: IfNode, { system, environment, expanded }: ConditionContext): boolean {
  if (condition.test === 'compare') {
    const fold = (text: string): string => {
      const value = resolved(expanded(text), !system.options.drives.has('C'));
      return ignoresCase ? value.toLowerCase() : value;
    };
    return compare(fold(condition.left), condition.operator, fold(condition.right));
  }
  const text = expanded(condition.operand).replaceAll('"', '');
  switch (condition.test) {
    case 'errorlevel':
      return (cmdNumber(resolved(environment.get('ERRORLEVEL') ?? '0')) ?? 0) >= (cmdNumber(resolved(text)) ?? 0);
    case 'cmdextversion':
      return 2 >= (cmdNumber(resolved(text)) ?? 0);
    case 'defined':
      return environment.isSet(resolved(text));
    case 'exist':
      // NUL is in each folder that is there.
      if (/\\nul$/i.test(text)) return system.files.exists(text.slice(0, -4));
      return /[*?]/.test(text) ? system.files.matching(text).length > 0 : system.files.exists(text);
  }
}

/**
 * A text to compare: what nobody sets is nothing, as cmd.exe has it. @throws Unresolved for what each machine sets in its
 * own way, and for a value that is not known.
 */
export function resolved(text: string, isUsualC = false): string {
  const unknown = unknownIn(text);
  if (unknown !== null) {
    throw new Unresolved(
      'unset-variable',
      `${unknown} is not known here, because what sets it was not understood or not run.`,
    );
  }
  return replaceKept(text, (name, all) => {
    // The recovery machine's own Windows is on C: where the disk is not.
    const usual = isUsualC ? WINDOWS_VALUES[name.toUpperCase()] : undefined;
    if (usual !== undefined) return usual;
    if (isWindowsVariable(name) || name === '0') {
      throw new Unresolved(
        'unset-variable',
        `${all} is different on each machine, so the condition cannot be determined.`,
      );
    }
    return '';
  });
}
