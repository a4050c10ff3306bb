// Every repair, in the order in which they are looked at and applied. A new repair is its file and its line here.

import { bootLoop } from './boot-loop.ts';
import { crashDump } from './crash-dump.ts';
import { fipsOff } from './fips-off.ts';
import { groupPolicyOff } from './group-policy-off.ts';
import { groupPolicyOn } from './group-policy-on.ts';
import { leaveSafeMode } from './leave-safe-mode.ts';
import { machineKeys } from './machine-keys.ts';
import { nla } from './nla.ts';
import { rdpCertificate } from './rdp-certificate.ts';
import { rdpFirewall } from './rdp-firewall.ts';
import { rdpListener } from './rdp-listener.ts';
import { rdpLogon } from './rdp-logon.ts';
import { rdpServices } from './rdp-services.ts';
import { rdpSession } from './rdp-session.ts';
import type { Repair } from './repair.ts';
import { selectLastKnownGood } from './select-last-known-good.ts';
import { serialConsole } from './serial-console.ts';
import { tls } from './tls.ts';

export const REPAIRS: readonly Repair[] = [
  selectLastKnownGood,
  leaveSafeMode,
  bootLoop,
  rdpServices,
  rdpListener,
  rdpFirewall,
  tls,
  rdpCertificate,
  machineKeys,
  nla,
  rdpLogon,
  rdpSession,
  fipsOff,
  groupPolicyOff,
  groupPolicyOn,
  crashDump,
  serialConsole,
];

/** The repair of that name, or null. */
export function repairNamed(name: string): Repair | null {
  return REPAIRS.find((repair) => repair.name === name) ?? null;
}
