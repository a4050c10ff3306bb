// The default of the boot store, when it does not start the Windows that is there.

import type { Finding } from '../../../base/finding.ts';
import { ELEMENT } from '../../../bcd/elements/element-numbers.ts';
import { BOOTMGR } from '../../../bcd/objects.ts';
import type { BcdStore } from '../../../bcd/store.ts';
import { textOf } from '../../../bcd/store.ts';
import { hiveFinding } from '../../rules.ts';
import type { MachineView } from '../../view.ts';
import { storeRepair } from '../store/boot-store.ts';

/** By state: the code of the finding about a default that does not start a Windows. */
export const DEFAULT_CODES = {
  'no-boot-manager': 'NO_BOOT_MANAGER',
  missing: 'DEFAULT_MISSING',
  dangling: 'DEFAULT_DANGLING',
  'not-windows': 'DEFAULT_NOT_WINDOWS',
} as const;

/** What is wrong with the default of a store; `repair` is the one whose --fix-default fixes it. Never throws. */
export function defaultFindings(view: MachineView, store: BcdStore, repair: string): Finding[] {
  const { state, id, candidates } = store.defaultState();
  if (state === 'ok') return [];
  const listed = candidates.map((loader) => `${loader.id} "${textOf(loader, ELEMENT.description) ?? ''}"`).join(', ');
  const said = {
    'no-boot-manager': 'The boot store does not have {bootmgr}',
    missing: '{bootmgr} names no default',
    dangling: `{bootmgr} names ${id} as its default, and the store does not have that entry`,
    'not-windows': `{bootmgr} names ${id} as its default, and that starts no installed Windows`,
  }[state];
  const isManagerGone = state === 'no-boot-manager';
  const own = candidates.length > 0 ? { repair } : { why: 'the store does not have a loader of a Windows' };
  const way = isManagerGone ? storeRepair(view) : own;
  const choice = isManagerGone ? '' : ` --fix-default takes one of: ${listed}.`;
  const advice = candidates.length > 0 ? choice : ' The store does not have a loader of a Windows.';
  return [
    hiveFinding(view, {
      code: DEFAULT_CODES[state],
      severity: state === 'dangling' || state === 'no-boot-manager' ? 'error' : 'warning',
      hive: store.hive.name,
      path: ['Objects', BOOTMGR],
      controlSet: null,
      ...('repair' in way ? way : {}),
      text: `${said}.${advice}`,
    }),
  ];
}
