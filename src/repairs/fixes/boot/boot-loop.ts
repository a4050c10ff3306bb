// Agents of the cloud whose failure to start makes Windows reboot: they need not have that power.

import { dword } from '../../../registry/value.ts';
import type { Repair } from '../../model.ts';
import { faultWhen, isNumber, ruleEdits, ruleFindings, type ValueRule } from '../../rules.ts';
import type { MachineView } from '../../view.ts';

const AGENT = /^(?:RDAgent|AzureWLBackup.*)$/i;
/** ErrorControl: 1 logs the failure and goes on; 2 and 3 reboot, into the last known good configuration where there is one. */
const ERROR_NORMAL = 1;
const isRebooting = isNumber(2, 3);

function rules(view: MachineView): ValueRule[] {
  return view.controlSets.flatMap((set) =>
    (view.system.key([set.name, 'Services'])?.subkeys() ?? [])
      .filter((service) => AGENT.test(service.name))
      .map((service) => ({
        hive: 'SYSTEM',
        path: service.path,
        name: 'ErrorControl',
        write: dword(ERROR_NORMAL),
        isGood: (found) => !isRebooting(found),
        fault: faultWhen(
          isRebooting,
          'AGENT_CAN_STOP_BOOT',
          'warning',
          `where ${service.name} fails to start, the machine reboots over and over.`,
        ),
        isOnlyForFault: true,
        needsKey: true,
        why: `${service.name} may fail without a reboot.`,
      })),
  );
}

export const bootLoop: Repair = {
  name: 'boot-loop',
  title: 'keep a failing agent from rebooting Windows over and over',
  about:
    'Sets ErrorControl of the services RDAgent and AzureWLBackup... to 1 where it is 2 or 3, so that Windows goes on without them when they fail to start. No other service is touched.',
  article: 'reboot-loop',
  certainty: 'uncertain',
  link: 'boot',
  writes: [
    {
      where: 'SYSTEM\\{CS}\\Services\\RDAgent, AzureWLBackup...',
      name: 'ErrorControl',
      data: 'REG_DWORD 1',
      when: '2 or 3',
      security: null,
    },
  ],
  afterBoot: [],
  detect: (view) => ruleFindings(view, 'boot-loop', rules(view)),
  edits: (view, options) => ruleEdits(view, rules(view), options),
};
