// A machine that goes into the recovery environment at each start, though Windows might start: it is told to try.

import { elementData } from '../../../bcd/data.ts';
import { setElement } from '../../../bcd/edits.ts';
import type { PlannedEdit, Repair } from '../../model.ts';
import type { MachineView } from '../../view.ts';
import { bitLockerFindings } from '../boot/bitlocker.ts';
import { BOOT_STATUS_POLICY_ELEMENT, bootLoader } from '../boot/boot-loader.ts';

const REPAIR = 'recovery-loop';
const RECOVERY_ENABLED = 0x16000009;
const IGNORE_ALL_FAILURES = 1n;

function edits(view: MachineView): PlannedEdit[] {
  const { bcd } = view;
  const loader = bootLoader(view);
  if (!bcd || !loader) return [];
  return [
    ...setElement(bcd, loader, RECOVERY_ENABLED, elementData.boolean(false)),
    ...setElement(bcd, loader, BOOT_STATUS_POLICY_ELEMENT, elementData.integer(IGNORE_ALL_FAILURES)),
  ].map((edit) => ({
    edit,
    why: 'Windows is to try its start, whatever failed before.',
    controlSet: null,
    fixes: null,
  }));
}

export const recoveryLoop: Repair = {
  name: REPAIR,
  title: 'let Windows start instead of its recovery environment',
  about:
    'Sets recoveryenabled to off and bootstatuspolicy to ignoreallfailures in the loader of this Windows, so that the machine tries to start Windows, where nobody sees the recovery environment that it waits in. It fixes no cause: a Windows that fails goes on failing, and no automatic repair runs. Undo it when the cause is found.',
  article: 'boot-configuration',
  certainty: 'uncertain',
  link: 'boot',
  writes: [
    { where: 'BCD, the loader', name: 'recoveryenabled (16000009)', data: 'off', when: 'not off', security: null },
    { where: 'BCD, the loader', name: 'bootstatuspolicy (250000e0)', data: '1', when: 'not 1', security: null },
  ],
  afterBoot: [],
  unavailable: (view) => (view.bcd === null ? view.bcdMissing : null),
  // That a start goes into recovery stands nowhere on the disk.
  detect: () => [],
  edits,
  risks: (view) => (view.bcd ? bitLockerFindings(view, view.bcd, REPAIR) : []),
};
