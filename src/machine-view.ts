// What repairs look at, built from a session: the hives as they are in memory now, the store that boots this Windows, and
// the few facts that need the host.

import { HivemendError, RefusedError } from './base/errors.ts';
import { upcase } from './base/text.ts';
import { filetimeToIso } from './base/time.ts';
import { BcdStore } from './bcd/store.ts';
import type { BcdStoreFound } from './disk/locate.ts';
import type { Hive } from './registry/hive.ts';
import { readBinary } from './registry/value.ts';
import { describeMachine, selectControlSets } from './repairs/machine.ts';
import type { CertificateInfo, MachineView } from './repairs/view.ts';
import type { Machine, Time } from './report.ts';
import type { Session } from './session.ts';

export interface ViewOptions {
  readonly controlSets: 'existing' | 'current' | readonly number[];
  /** Numbers of control sets that may be made. */
  readonly create: readonly number[];
  readonly certificate: (der: Uint8Array) => CertificateInfo | null;
}

/** The store that boots this Windows, or why there is none to work on. */
export interface BootStore {
  readonly found: BcdStoreFound | null;
  readonly missing: string | null;
}

/** Binds the store that boots the session's Windows as hive 'BCD'; several that could are none. */
export function bindBootStore(session: Session): BootStore {
  const stores = session.found?.bcdStores ?? [];
  const booting = stores.filter((store) => store.kind === 'bios' || store.kind === 'uefi');
  const [only] = booting;
  if (!only) {
    return {
      found: null,
      missing:
        'no BCD store lies on the volumes given; on a Gen2 disk it is on the EFI system partition: mount that too and give both folders',
    };
  }
  if (booting.length > 1) {
    const list = booting.map((store) => store.path).join(', ');
    return {
      found: null,
      missing: `several BCD stores could boot this Windows (${list}): give only the volume of the one in use`,
    };
  }
  session.bind('BCD', only.path);
  return { found: only, missing: null };
}

/** What the session's hives hold now, edits in memory included; read it again after each apply. */
export function machineView(session: Session, options: ViewOptions): MachineView {
  const system = session.view('SYSTEM');
  const software = session.has('SOFTWARE') ? tryHive(session, 'SOFTWARE').hive : null;
  const boot = bindBootStore(session);
  const store = boot.found ? tryHive(session, 'BCD') : { hive: null, why: boot.missing };
  const firmware = boot.found ? (boot.found.kind === 'uefi' ? 'uefi' : 'bios') : null;
  const machine = describeMachine(system, software, firmware);
  return {
    machine,
    system,
    software,
    bcd: store.hive ? new BcdStore(store.hive) : null,
    bcdMissing: store.hive ? null : store.why,
    loader: null,
    controlSets: selectControlSets(machine.controlSets, options.controlSets, options.create),
    files: session.found ? session.files : null,
    hives: session.conditions(),
    freeBytes: null,
    certificate: options.certificate,
    now: session.host.now(),
  };
}

/** A hive that the work can go on without: what is wrong with it becomes the reason why it is missing. */
function tryHive(session: Session, name: string): { readonly hive: Hive | null; readonly why: string | null } {
  try {
    return { hive: session.view(name), why: null };
  } catch (error) {
    if (!(error instanceof HivemendError)) throw error;
    return { hive: null, why: error.message };
  }
}

/** What every report begins with. */
export function machineOf(session: Session, view: MachineView): Machine {
  const volume = session.volumes.find((candidate) => candidate.root === session.found?.volume);
  return {
    windowsFolder: session.found?.windowsFolder ?? '',
    volume: session.found?.volume ?? '',
    device: volume?.device ?? null,
    ...view.machine,
    lastShutdown: lastShutdown(view),
  };
}

/** The time in the current control set's Control\Windows ShutdownTime. */
function lastShutdown(view: MachineView): Time | null {
  const set = view.machine.controlSets.find((candidate) => candidate.isCurrent) ?? view.machine.controlSets[0];
  if (!set) return null;
  const bytes = readBinary(view.system.value([set.name, 'Control', 'Windows'], 'ShutdownTime'));
  if (bytes?.byteLength !== 8) return null;
  const filetime = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  return { iso: filetimeToIso(filetime), filetime: filetime.toString() };
}

/** @throws RefusedError WRONG_MACHINE when this is another computer than the one expected. */
export function expectMachine(machine: Machine, expected: string): void {
  if (machine.computerName !== null && upcase(machine.computerName) === upcase(expected)) return;
  throw new RefusedError(
    'WRONG_MACHINE',
    `this disk is of ${machine.computerName ?? 'a computer without a name'}, expected ${expected}`,
    { data: { found: machine.computerName, expected } },
  );
}
