// The loader that boots this Windows, for whoever looks at or edits it.

import type { BcdObject } from '../../../bcd/store.ts';
import type { MachineView } from '../../view.ts';

export const SAFE_BOOT_ELEMENT = 0x25000080;
export const BOOT_STATUS_POLICY_ELEMENT = 0x250000e0;

/** The loader that the session chose, else the default where it starts a Windows, else the only one; null: no telling. */
export function bootLoader(view: MachineView): BcdObject | null {
  const { bcd, loader } = view;
  if (!bcd) return null;
  if (loader !== null) return bcd.object(loader);
  const { state, object, candidates } = bcd.defaultState();
  if (state === 'ok') return object;
  return candidates.length === 1 ? (candidates[0] ?? null) : null;
}
