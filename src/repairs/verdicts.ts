// One verdict a link and control set: broken, worth a remark, in order, or not to be told from this disk.

import { bootLoader } from './fixes/boot/boot-loader.ts';
import { firewallOf } from './fixes/rdp/firewall-state.ts';
import { RDP_TCP } from './fixes/rdp/nla.ts';
import { certificatesIn, machineKeyNames } from './fixes/rdp/rdp-certificate.ts';
import { portOf, TERMINAL_SERVER } from './fixes/rdp/rdp-listener.ts';
import { SCHANNEL } from './fixes/rdp/tls.ts';
import { type Diagnosis, LINKS, type LinkName, type RepairOptions } from './model.ts';
import { describeFound, foundAt, inControlSet, numberAt } from './rules.ts';
import { isBeforeVista } from './version.ts';
import type { MachineView } from './view.ts';

/** The verdict on one link; `controlSet` null: the link is not kept in control sets. */
export interface Verdict {
  readonly link: LinkName;
  readonly controlSet: string | null;
  readonly verdict: 'ok' | 'remark' | 'broken' | 'unknown';
  /** What was looked at, as values; no sentence. */
  readonly text: string;
}

const IN_CONTROL_SETS: readonly LinkName[] = [
  'services',
  'remote-desktop',
  'listener',
  'firewall',
  'tls',
  'authentication',
  'group-policy',
  'diagnostics',
];

/** A policy in SOFTWARE may decide them, whatever SYSTEM says. */
const OF_POLICY: readonly LinkName[] = ['remote-desktop', 'firewall', 'tls', 'authentication'];

/** SYSTEM alone does not show that such a link is as it should be. */
export const isPolicyUnread = (view: MachineView, link: LinkName): boolean =>
  view.software === null && OF_POLICY.includes(link);

const CERTIFICATE_STORES = ['Microsoft', 'SystemCertificates'];

/** Null where the disk does not tell. */
type Summary = (view: MachineView, controlSet: string, options: RepairOptions) => string | null;

function values(view: MachineView, path: readonly string[], names: readonly string[]): string | null {
  if (!view.system.key(path)) return null;
  return names.map((name) => `${name} ${describeFound(foundAt(view, 'SYSTEM', path, name))}`).join(', ');
}

const SUMMARIES: Readonly<Record<LinkName, Summary>> = {
  disk: (view) =>
    view.hives.length === 0
      ? null
      : view.hives.map((hive) => `${hive.hive} ${hive.wasDirty ? 'not closed' : 'closed'}`).join(', '),
  boot: (view) => {
    const loader = bootLoader(view);
    return loader ? `loader ${loader.id}` : null;
  },
  services: (view, controlSet) => {
    const starts = ['TermService', 'SessionEnv', 'UmRdpService'].flatMap((name) => {
      const start = numberAt(view.system, [controlSet, 'Services', name], 'Start');
      return start === null ? [] : [`${name} starts ${start}`];
    });
    return starts.length === 0 ? null : starts.join(', ');
  },
  'remote-desktop': (view, controlSet) =>
    values(view, inControlSet(TERMINAL_SERVER, controlSet), ['fDenyTSConnections']),
  listener: (view, controlSet) => {
    const path = inControlSet(RDP_TCP, controlSet);
    if (!view.system.key(path)) return null;
    const port = portOf(foundAt(view, 'SYSTEM', path, 'PortNumber'));
    return `port ${port ?? 'unusable'}, ${values(view, path, ['fEnableWinStation', 'fLogonDisabled']) ?? ''}`;
  },
  firewall: (view, controlSet, options) => {
    const firewall = firewallOf(view, controlSet, options);
    if (!firewall) return null;
    return firewall.enabled.length === 0 ? 'off' : `on in ${firewall.enabled.join(', ')}, port ${firewall.port}`;
  },
  tls: (view, controlSet) => {
    if (isBeforeVista(view)) return null;
    if (!view.system.key(inControlSet(SCHANNEL, controlSet))) return null;
    return ['1.0', '1.1', '1.2']
      .map((version) => {
        const path = inControlSet([...SCHANNEL, 'Protocols', `TLS ${version}`, 'Server'], controlSet);
        const found = foundAt(view, 'SYSTEM', path, 'Enabled');
        return `${version} ${found.kind === 'absent' ? 'as Windows has it' : describeFound(found)}`;
      })
      .join(', ');
  },
  certificate: (view) => {
    // A pin to one stands in SYSTEM.
    if (!view.software?.key(CERTIFICATE_STORES) || view.machine.controlSets.length === 0) return null;
    const stored = certificatesIn(view, 'Remote Desktop');
    return stored.length === 0 ? 'none yet; the service makes one' : `${stored.length} in the store Remote Desktop`;
  },
  keys: (view) => {
    const names = machineKeyNames(view);
    return names === null ? null : `${names.length} files in MachineKeys`;
  },
  authentication: (view, controlSet) =>
    isBeforeVista(view)
      ? null
      : values(view, inControlSet(RDP_TCP, controlSet), ['SecurityLayer', 'UserAuthentication']),
  licensing: (view) => {
    const isThere = view.controlSets.some(({ name }) => view.system.key(inControlSet(TERMINAL_SERVER, name)));
    return isThere ? 'no sign of a fault' : null;
  },
  'group-policy': (view, controlSet) => {
    const start = numberAt(view.system, [controlSet, 'Services', 'gpsvc'], 'Start');
    return start === null ? null : `gpsvc starts ${start}`;
  },
  diagnostics: (view, controlSet) =>
    values(view, [controlSet, 'Control', 'CrashControl'], ['CrashDumpEnabled', 'NMICrashDump']),
  machine: (view) => {
    const { computerName, lastBoot, machineGuid } = view.machine;
    const parts = [
      ...(computerName === null ? [] : [computerName]),
      ...(lastBoot?.iso ? [`last ran about ${lastBoot.iso.slice(0, 19)}Z`] : []),
      ...(machineGuid === null ? [] : [`MachineGuid ${machineGuid}`]),
    ];
    return parts.length === 0 ? null : parts.join(', ');
  },
};

/** The verdicts in the order of the checks, by control set within a link. */
export function verdictsOf(view: MachineView, options: RepairOptions, findings: readonly Diagnosis[]): Verdict[] {
  return LINKS.flatMap((link) => {
    const sets = IN_CONTROL_SETS.includes(link) ? view.controlSets.map((set) => set.name) : [null];
    return sets.map((controlSet): Verdict => {
      const mine = findings.filter(
        (finding) =>
          finding.link === link &&
          (finding.controlSet === controlSet || finding.controlSet === null || controlSet === null),
      );
      const text = SUMMARIES[link](view, controlSet ?? '', options);
      const isUnread = text === null || isPolicyUnread(view, link);
      // A note in passing does not say that the rest was looked at.
      const isTold = mine.some(({ severity }) => severity !== 'info' || !isUnread);
      const worst = mine.some(({ severity }) => severity === 'error') ? 'broken' : isTold ? 'remark' : null;
      return { link, controlSet, verdict: worst ?? (isUnread ? 'unknown' : 'ok'), text: text ?? 'not on this disk' };
    });
  });
}
