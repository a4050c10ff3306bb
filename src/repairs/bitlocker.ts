// BitLocker seals its key to the boot settings, so that a repair which changes the store must warn where it is in use.

import type { Finding } from '../base/finding.ts';
import { BOOTMGR } from '../bcd/objects.ts';
import type { BcdStore } from '../bcd/store.ts';
import { hiveFinding } from './rules.ts';
import type { MachineView } from './view.ts';

/** A view with what only the host can tell: a volume of the disk is, or was before it was unlocked, BitLocker's. */
export interface BitLockerView extends MachineView {
  readonly hasBitLocker?: boolean;
}

/** As the host says it, or as the metadata files show that BitLocker leaves on a volume when it is unlocked. */
function hasBitLocker(view: BitLockerView): boolean {
  if (view.hasBitLocker) return true;
  const names = view.files?.list('\\System Volume Information') ?? [];
  return names.some((name) => /^FVE2?\.\{[0-9a-f-]+\}/i.test(name));
}

/** BITLOCKER_MAY_ASK_FOR_KEY for a repair that changes `store`; [] where no BitLocker is seen. */
export function bitLockerFindings(view: BitLockerView, store: BcdStore, repair: string): Finding[] {
  if (!hasBitLocker(view)) return [];
  return [
    hiveFinding(view, {
      code: 'BITLOCKER_MAY_ASK_FOR_KEY',
      severity: 'warning',
      hive: store.hive.name,
      path: ['Objects', BOOTMGR],
      controlSet: null,
      repair,
      text: 'BitLocker seals its key to the boot settings, and this changes them: the next start may ask for the recovery key.',
    }),
  ];
}
