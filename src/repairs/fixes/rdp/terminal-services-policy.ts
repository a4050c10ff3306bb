// The policy of Terminal Services: where it sets what the terminal server or its listener has as well, the policy counts.

import { type Found, foundAt } from '../../rules.ts';
import type { MachineView } from '../../view.ts';

export const TERMINAL_SERVICES_POLICY = ['Policies', 'Microsoft', 'Windows NT', 'Terminal Services'];

/** The number that a policy sets, which takes the place of the value of the same name in SYSTEM; null: none does. */
export function policyNumber(view: MachineView, name: string): number | null {
  const found = foundAt(view, 'SOFTWARE', TERMINAL_SERVICES_POLICY, name);
  return found.kind === 'number' ? found.number : null;
}

/** What counts for a listener at `path`: the policy, else its own value. */
export function inForce(view: MachineView, path: readonly string[], name: string): Found {
  const number = policyNumber(view, name);
  return number === null ? foundAt(view, 'SYSTEM', path, name) : { kind: 'number', number };
}
