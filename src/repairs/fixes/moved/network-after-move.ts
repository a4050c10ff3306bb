// A Windows that has moved to another host: addresses that belong to its old network adapter, and drivers of the network
// that are switched off.

import type { Finding } from '../../../base/finding.ts';
import { dword, readStrings } from '../../../registry/value.ts';
import type { PlannedEdit, Repair } from '../../model.ts';
import {
  foundAt,
  hiveFinding,
  isNumber,
  keyText,
  numberAt,
  ruleEdits,
  ruleFindings,
  textAt,
  type ValueRule,
} from '../../rules.ts';
import type { MachineView } from '../../view.ts';

const REPAIR = 'network-after-move';
const NETWORK_CONNECTIONS = '{4d36e972-e325-11ce-bfc1-08002be10318}';

/** Those that rdp-services does not see to, with the Start that Windows gives them. */
const DRIVERS: readonly (readonly [name: string, start: number, purpose: string])[] = [
  ['NDIS', 0, 'no network adapter works without it'],
  ['netvsc', 3, 'the network adapter of Hyper-V and Azure does not work'],
  ['BFE', 2, 'the firewall and IPsec do not start'],
  ['Dnscache', 2, 'names are not resolved'],
  ['NlaSvc', 2, 'Windows takes every network for a public one'],
];

const RULES: readonly ValueRule[] = DRIVERS.map(([name, start, purpose]) => ({
  hive: 'SYSTEM',
  path: ['{CS}', 'Services', name],
  name: 'Start',
  write: dword(start),
  isGood: () => true,
  isOnlyForFault: true,
  needsKey: true,
  fault: (found) =>
    isNumber(4)(found)
      ? { code: 'NETWORK_DRIVER_OFF', severity: 'warning', effect: `${name} is disabled: ${purpose}.` }
      : null,
  why: `${name} must start for the network to work.`,
}));

/** The values that make an address of one adapter. */
const ADDRESS = ['IPAddress', 'SubnetMask', 'DefaultGateway', 'DefaultGatewayMetric'];

interface StaticInterface {
  readonly controlSet: string;
  readonly path: readonly string[];
  /** As a person finds it again: name, addresses, masks, gateways, servers of names. */
  readonly text: string;
}

/** The interfaces whose address is not given by DHCP. */
function staticInterfaces(view: MachineView): StaticInterface[] {
  return view.controlSets.flatMap((set) => {
    const keys = view.system.key([set.name, 'Services', 'Tcpip', 'Parameters', 'Interfaces'])?.subkeys() ?? [];
    return keys.flatMap(({ name, path }): StaticInterface[] => {
      const addresses = listAt(view, path, 'IPAddress');
      if (numberAt(view.system, path, 'EnableDHCP') !== 0 || addresses.length === 0) return [];
      const parts = [
        `address ${addresses.join(', ')}`,
        ...listed('mask', listAt(view, path, 'SubnetMask')),
        ...listed('gateway', listAt(view, path, 'DefaultGateway')),
        ...listed(
          'DNS',
          [textAt(view.system, path, 'NameServer') ?? ''].filter((text) => text !== ''),
        ),
      ];
      return [{ controlSet: set.name, path, text: `${connectionName(view, set.name, name)}: ${parts.join(', ')}` }];
    });
  });
}

const listed = (what: string, texts: readonly string[]): string[] =>
  texts.length === 0 ? [] : [`${what} ${texts.join(', ')}`];

/** '0.0.0.0' and '' stand for none. */
function listAt(view: MachineView, path: readonly string[], name: string): string[] {
  const texts = readStrings(view.system.value(path, name)) ?? [textAt(view.system, path, name) ?? ''];
  return texts.filter((text) => text !== '' && text !== '0.0.0.0');
}

/** As Windows shows it ('Ethernet 2'); else the id of the adapter. */
function connectionName({ system }: MachineView, controlSet: string, id: string): string {
  const path = [controlSet, 'Control', 'Network', NETWORK_CONNECTIONS, id, 'Connection'];
  const name = textAt(system, path, 'Name');
  return name === null ? id : `${name} ${id}`;
}

function edits(view: MachineView, options: Parameters<Repair['edits']>[1]): PlannedEdit[] {
  const addresses = staticInterfaces(view).flatMap(({ controlSet, path, text }) => {
    const key = { hive: view.system.name, path };
    const shared = { controlSet, fixes: null, why: `It was static: ${text}.` };
    return [
      { ...shared, edit: { op: 'set-value' as const, key, name: 'EnableDHCP', value: dword(1) } },
      ...ADDRESS.filter((name) => foundAt(view, 'SYSTEM', path, name).kind !== 'absent').map((name) => ({
        ...shared,
        edit: { op: 'delete-value' as const, key, name },
      })),
    ];
  });
  return [...addresses, ...ruleEdits(view, RULES, options)];
}

/** The addresses, for whoever has to set them again. */
function risks(view: MachineView): Finding[] {
  return staticInterfaces(view).map(({ controlSet, path, text }) =>
    hiveFinding(view, {
      code: 'ADDRESS_REMOVED',
      severity: 'info',
      hive: 'SYSTEM',
      path,
      controlSet,
      repair: REPAIR,
      text: `The static address of ${text} (${keyText('SYSTEM', [controlSet])}) gives way to DHCP: note it, and make sure that the new network hands out addresses.`,
    }),
  );
}

export const networkAfterMove: Repair = {
  name: REPAIR,
  title: 'let a Windows that has moved get its address from the new network',
  about:
    'Turns every interface with a static address to DHCP and removes the address, mask, gateway and metric, which belong to an adapter that the new host does not have; the addresses stand in the plan, the report and the journal. Gives NDIS, netvsc, BFE, Dnscache and NlaSvc their Start back where they are disabled. The list of name servers (NameServer) and persistent routes stay, and so do the entries of adapters that are gone, which do no harm.',
  article: 'our own',
  certainty: 'uncertain',
  link: 'services',
  writes: [
    {
      where: 'SYSTEM\\{CS}\\Services\\Tcpip\\Parameters\\Interfaces\\{adapter}',
      name: 'EnableDHCP',
      data: 'REG_DWORD 1',
      when: '0, and IPAddress is there',
      security: null,
    },
    {
      where: 'SYSTEM\\{CS}\\Services\\Tcpip\\Parameters\\Interfaces\\{adapter}',
      name: ADDRESS.join(', '),
      data: '(deleted)',
      when: 'EnableDHCP was 0',
      security: null,
    },
    {
      where: 'SYSTEM\\{CS}\\Services\\(driver)',
      name: 'Start',
      data: DRIVERS.map(([name, start]) => `${name} ${start}`).join(', '),
      when: '4',
      security: null,
    },
  ],
  afterBoot: [],
  // A static address alone is no fault: most servers have one.
  detect: (view) => ruleFindings(view, REPAIR, RULES),
  edits,
  risks,
};
