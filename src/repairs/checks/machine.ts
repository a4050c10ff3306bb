// The machine itself: signs of a clone, a domain whose policy sets values back, drivers and agents known to break RDP.

import type { Finding } from '../../base/finding.ts';
import type { Edit } from '../../registry/edit.ts';
import { readString } from '../../registry/value.ts';
import { MACHINE_KEYS, machineKeyNames, RDP_KEY_FILE } from '../fixes/rdp/rdp-certificate.ts';
import type { PlannedEdit } from '../model.ts';
import { hiveFinding, keyText, numberAt } from '../rules.ts';
import type { MachineView } from '../view.ts';
import type { Check } from './check.ts';

const POLICY_VALUES: readonly RegExp[] = [
  /^SOFTWARE\\Policies\\/i,
  /\\Control\\Terminal Server\\(WinStations\\RDP-Tcp\\)?(UserAuthentication|SecurityLayer|MinEncryptionLevel|fDenyTSConnections)$/i,
  /\\Control\\SecurityProviders\\SCHANNEL\\/i,
  /\\Control\\Lsa\\/i,
  /\\Services\\[^\\]+\\Start$/i,
  /\\SharedAccess\\Parameters\\FirewallPolicy\\/i,
];

/** RDP's key pair on the disk belongs to another MachineGuid: the disk is a clone, and its key is no use to it. */
export function cloneFindings(view: MachineView): Finding[] {
  const guid = view.machine.machineGuid?.toLowerCase();
  const names = machineKeyNames(view);
  if (names === null || guid === undefined) return [];
  const keys = names.map((name) => name.toLowerCase()).filter((name) => name.startsWith(RDP_KEY_FILE));
  if (keys.length === 0 || keys.includes(`${RDP_KEY_FILE}${guid}`)) return [];
  const others = keys.map((name) => name.slice(RDP_KEY_FILE.length)).join(', ');
  return [
    {
      code: 'MACHINE_GUID_CHANGED',
      severity: 'warning',
      repair: 'rdp-certificate',
      where: { file: MACHINE_KEYS },
      text: `RDP's key file is of MachineGuid ${others}, but this machine's is ${guid}, as on a cloned disk. Permissions on that file (machine-keys) do not help; a new certificate and key do.`,
    },
  ];
}

/** On a machine in a domain: the planned values that a policy of the domain can set back. */
export function policyFindings(view: MachineView, edits: readonly PlannedEdit[]): Finding[] {
  const { domain } = view.machine;
  if (domain === null) return [];
  const places = edits.flatMap(({ edit }) => {
    const place = valueText(edit);
    return place !== null && POLICY_VALUES.some((pattern) => pattern.test(place)) ? [place] : [];
  });
  const [first] = places;
  if (first === undefined) return [];
  const isHeld = edits.some(({ edit }) => /\\Services\\gpsvc\\Start$/i.test(valueText(edit) ?? ''));
  return [
    {
      code: 'POLICY_WILL_SET_BACK',
      severity: isHeld ? 'info' : 'warning',
      ...(isHeld ? {} : { repair: 'group-policy-off' }),
      where: { file: view.hives.find((condition) => condition.hive === 'SYSTEM')?.file ?? 'SYSTEM' },
      text: `This machine belongs to ${domain}. Where the domain's policy sets one of these, it sets it back ${isHeld ? 'once the Group Policy service runs again' : 'at the next boot'}: ${places.join('; ')}.`,
    },
  ];
}

/** BOOT_MENU_SHOWN where the boot menu is among what is changed, whoever asked for it. */
export function bootMenuFindings(view: MachineView, edits: readonly PlannedEdit[]): Finding[] {
  const edit = edits.find((planned) => isBootMenu(planned.edit))?.edit;
  if (edit === undefined || !('key' in edit)) return [];
  return [
    {
      code: 'BOOT_MENU_SHOWN',
      severity: 'info',
      repair: 'serial-console',
      where: {
        file: view.hives.find((condition) => condition.hive === 'BCD')?.file ?? 'BCD',
        key: keyText('BCD', edit.key.path),
      },
      text: 'The boot menu will be shown for some seconds at every start, on the screen and on the serial port; --serial ems leaves menu and timeout alone.',
    },
  ];
}

function isBootMenu(edit: Edit): boolean {
  if (edit.op !== 'set-value' || edit.key.hive !== 'BCD') return false;
  return edit.key.path.at(-1) === '26000020' && edit.value.hex === '01';
}

function valueText(edit: Edit): string | null {
  if (edit.op !== 'set-value' && edit.op !== 'delete-value') return null;
  return keyText(edit.key.hive, [...edit.key.path, edit.name]);
}

const NETWORK_ADAPTERS = '{4d36e972-e325-11ce-bfc1-08002be10318}';
/** Drivers of Hyper-V's network adapter that the article names: after an update they lose the network. */
const BAD_NETVSC_VERSIONS = ['10.0.14393.594', '10.0.15063.0'];

function netvscFindings(view: MachineView): Finding[] {
  return view.controlSets.flatMap((set) => {
    const adapters = (view.system.key([set.name, 'Control', 'Class', NETWORK_ADAPTERS])?.subkeys() ?? [])
      .filter((adapter) => /hyper-v/i.test(readString(adapter.value('DriverDesc')) ?? ''))
      .map((adapter) => ({
        path: adapter.path,
        version: readString(adapter.value('DriverVersion')) ?? '',
      }));
    // An adapter that is gone keeps the version that it had: one that is newer shows that Windows has the update.
    if (adapters.some(({ version }) => !BAD_NETVSC_VERSIONS.includes(version))) return [];
    return adapters.map(({ path, version }) =>
      hiveFinding(view, {
        code: 'NETVSC_OUTDATED',
        severity: 'error',
        hive: 'SYSTEM',
        path,
        controlSet: set.name,
        text: `The network driver has version ${version}, with which Hyper-V machines lose their network. Install the Windows update that replaces it.`,
      }),
    );
  });
}

function licensingFindings(view: MachineView): Finding[] {
  return view.controlSets.flatMap((set) => {
    const path = [set.name, 'Control', 'Terminal Server', 'RCM', 'Licensing Core'];
    const mode = numberAt(view.system, path, 'LicensingMode');
    const isSessionHost = numberAt(view.system, [set.name, 'Control', 'Terminal Server'], 'TSAppCompat') === 1;
    if (mode !== 5 || !isSessionHost) return [];
    return [
      hiveFinding(view, {
        code: 'LICENSING_NOT_SET',
        severity: 'warning',
        hive: 'SYSTEM',
        path,
        controlSet: set.name,
        text: 'LicensingMode is 5, not configured: a session host refuses users when its grace period is over. Set the mode and the licence server of your organisation; administrators can still use mstsc /admin.',
      }),
    ];
  });
}

export const MACHINE_CHECKS: readonly Check[] = [
  { link: 'machine', article: 'our own', certainty: 'uncertain', detect: cloneFindings },
  { link: 'machine', article: 'netvsc', certainty: 'likely', detect: netvscFindings },
  { link: 'licensing', article: 'no-license-server', certainty: 'likely', detect: licensingFindings },
];
