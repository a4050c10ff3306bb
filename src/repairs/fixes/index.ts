// Every repair, in the order in which they are looked at and applied. A new repair is its file and its line here.

import type { Repair } from '../model.ts';
import { bootDevice } from './boot/boot-device.ts';
import { bootDrivers } from './boot/boot-drivers.ts';
import { bootLoop } from './boot/boot-loop.ts';
import { crashDump } from './boot/crash-dump.ts';
import { deadFiltersRepair } from './boot/dead-filters.ts';
import { driverVerifier } from './boot/driver-verifier.ts';
import { leaveSafeMode } from './boot/leave-safe-mode.ts';
import { bootLoaderRepair } from './boot/loader-elements.ts';
import { logonChain } from './boot/logon-chain.ts';
import { selectLastKnownGood } from './boot/select-last-known-good.ts';
import { serialConsole } from './boot/serial-console.ts';
import { setupLoop } from './boot/setup-loop.ts';
import { driveLetters } from './moved/drive-letters.ts';
import { networkAfterMove } from './moved/network-after-move.ts';
import { sanPolicy } from './moved/san-policy.ts';
import { xenRemains } from './moved/xen-remains.ts';
import { fipsOff } from './policy/fips-off.ts';
import { groupPolicyOff } from './policy/group-policy-off.ts';
import { groupPolicyOn } from './policy/group-policy-on.ts';
import { machineKeys } from './rdp/machine-keys.ts';
import { nla } from './rdp/nla.ts';
import { rdpCertificate } from './rdp/rdp-certificate.ts';
import { rdpFirewall } from './rdp/rdp-firewall.ts';
import { rdpListener } from './rdp/rdp-listener.ts';
import { rdpLogon } from './rdp/rdp-logon.ts';
import { rdpServices } from './rdp/rdp-services.ts';
import { rdpSession } from './rdp/rdp-session.ts';
import { tls } from './rdp/tls.ts';
import { crashingDriver } from './recovery/crashing-driver.ts';
import { recoveryLoop } from './recovery/recovery-loop.ts';
import { bootStore } from './store/boot-store.ts';
import { pendingUpdates } from './store/pending-updates.ts';
import { recoverHives } from './store/recover-hives.ts';

export const REPAIRS: readonly Repair[] = [
  recoverHives,
  selectLastKnownGood,
  bootStore,
  bootDevice,
  bootLoaderRepair,
  bootDrivers,
  deadFiltersRepair,
  driverVerifier,
  setupLoop,
  pendingUpdates,
  logonChain,
  leaveSafeMode,
  recoveryLoop,
  crashingDriver,
  driveLetters,
  sanPolicy,
  networkAfterMove,
  xenRemains,
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
