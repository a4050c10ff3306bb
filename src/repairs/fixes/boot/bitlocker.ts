// BitLocker seals its key to the boot settings, so that whatever changes the store must warn where it is in use.

import type { Finding } from '../../../base/finding.ts';
import { BOOTMGR } from '../../../bcd/objects.ts';
import type { BcdStore } from '../../../bcd/store.ts';
import { keyText } from '../../rules.ts';
import type { MachineView, VolumeFiles } from '../../view.ts';

/** What shows BitLocker on a disk. */
export interface BitLockerSigns {
  /** Only the host can tell: a volume of the disk is, or was before it was unlocked, BitLocker's. */
  readonly hasBitLocker?: boolean;
  readonly isLocked?: boolean;
  readonly files: Pick<VolumeFiles, 'list'> | null;
}

/** As the host says it, or as the metadata files show that BitLocker leaves on a volume when it is unlocked. */
function hasBitLocker(disk: BitLockerSigns): boolean {
  if (disk.hasBitLocker) return true;
  const names = disk.files?.list('\\System Volume Information') ?? [];
  return names.some((name) => /^FVE2?\.\{[0-9a-f-]+\}/i.test(name));
}

/** BITLOCKER_MAY_ASK_FOR_KEY for a repair that changes `store`; [] where no BitLocker is seen. */
export function bitLockerFindings(view: MachineView, store: BcdStore, repair: string): Finding[] {
  const file = view.hives.find((condition) => condition.hive === store.hive.name)?.file ?? store.hive.name;
  return storeChangeFindings(view, file).map((finding) => ({ ...finding, repair }));
}

/** The same for a command that changes the store at `file`. */
export function storeChangeFindings(disk: BitLockerSigns, file: string): Finding[] {
  if (!hasBitLocker(disk)) return [];
  return [
    {
      code: 'BITLOCKER_MAY_ASK_FOR_KEY',
      severity: 'warning',
      where: { file, key: keyText('BCD', ['Objects', BOOTMGR]) },
      text: `BitLocker seals its key to the boot settings, and this changes them: the next start may ask for the recovery key.${disk.isLocked ? ' The volume is locked here: without the recovery key, do not do this.' : ''}`,
    },
  ];
}
