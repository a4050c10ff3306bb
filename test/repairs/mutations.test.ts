// Each value that a rule reads, in real hives: absent, of a wrong type, with wrong data, and its key gone. The hives are
// first set as a machine on which Remote Desktop works; what is expected is then all that is found.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { compareNames } from '../../src/base/text.ts';
import { recover } from '../../src/regf/logs/recover.ts';
import type { RegValue } from '../../src/registry/edit.ts';
import type { Hive, Key, Value } from '../../src/registry/hive.ts';
import { openVerifierHive } from '../../src/registry/readers/verifier-hive.ts';
import { dword, sz, valueBytes } from '../../src/registry/value.ts';
import { diagnoseMachine } from '../../src/repairs/diagnose.ts';
import { describeMachine } from '../../src/repairs/machine.ts';
import { planOptions } from '../../src/repairs/plan.ts';
import { profileNamed } from '../../src/repairs/profiles.ts';
import type { MachineView } from '../../src/repairs/view.ts';
import { describeShared } from '../shared-hives.ts';
import { NOW } from './disks.ts';
import { MemoryHive } from './memory-hive.ts';

/** `value` null: absent; `name` null: the whole key is gone. */
interface Change {
  readonly path: readonly string[];
  readonly name: string | null;
  readonly value: RegValue | null;
}

const isSame = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((name, i) => compareNames(name, b[i]!) === 0);

/** A hive with changes laid over it. */
function laidOver(hive: Hive, changes: readonly Change[]): Hive {
  const wrap = (key: Key): Key => ({
    name: key.name,
    path: key.path,
    cellOffset: key.cellOffset,
    lastWritten: key.lastWritten,
    flags: key.flags,
    classBytes: key.classBytes,
    subkeys: () =>
      key
        .subkeys()
        .filter((child) => !isGone(child))
        .map(wrap),
    subkey: (name) => {
      const child = key.subkey(name);
      return child && !isGone(child) ? wrap(child) : null;
    },
    values: () => valuesOf(key),
    value: (name) => valuesOf(key).find((value) => compareNames(value.name, name) === 0) ?? null,
    security: () => key.security(),
  });
  const isGone = (key: Key): boolean => changes.some(({ path, name }) => name === null && isSame(path, key.path));
  const valuesOf = (key: Key): readonly Value[] => {
    const mine = changes.filter(({ path, name }) => name !== null && isSame(path, key.path));
    if (mine.length === 0) return key.values();
    const kept = key.values().filter((value) => !mine.some(({ name }) => compareNames(name!, value.name) === 0));
    const set = mine.flatMap(({ name, value }): Value[] =>
      value ? [{ name: name!, type: value.type, cellOffset: 0, flags: 1, data: () => valueBytes(value) }] : [],
    );
    return [...kept, ...set];
  };
  const root = wrap(hive.root);
  const find = (path: readonly string[]): Key | null =>
    path.reduce<Key | null>((key, name) => key?.subkey(name) ?? null, root);
  return {
    ...hive,
    name: hive.name,
    minorVersion: 5,
    view: 'primary',
    reader: 'engine',
    root,
    key: find,
    value: (path, name) => find(path)?.value(name) ?? null,
    walk: () => [root],
  };
}

const CS = 'ControlSet001';
const SERVER = [CS, 'Control', 'Terminal Server'];
const LISTENER = [...SERVER, 'WinStations', 'RDP-Tcp'];
const FIREWALL = [CS, 'Services', 'SharedAccess', 'Parameters', 'FirewallPolicy'];
const service = (name: string): string[] => [CS, 'Services', name];
const set = (path: readonly string[], name: string, value: RegValue | null): Change => ({ path, name, value });

/** What makes a client as it is installed one that Remote Desktop reaches. */
const WORKING: readonly Change[] = [
  set(SERVER, 'fDenyTSConnections', dword(0)),
  set([...FIREWALL, 'FirewallRules'], 'ours', sz('v2.10|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=3389|')),
];

/** Of a value: what is found where it is absent, of a wrong type, and has `wrong`. [] is silence, argued beside it. */
type Row = readonly [
  path: readonly string[],
  name: string,
  wrong: RegValue,
  absent: readonly string[],
  ofWrongType: readonly string[],
  withWrongData: readonly string[],
];

const ROWS: readonly Row[] = [
  [SERVER, 'fDenyTSConnections', dword(1), ['RDP_NOT_ALLOWED'], ['RDP_NOT_ALLOWED'], ['RDP_DENIED']],
  // Absent is Windows' default for these; a text is read as nothing.
  [SERVER, 'TSEnabled', dword(0), [], [], ['TERMINAL_SERVER_OFF']],
  [SERVER, 'TSServerDrainMode', dword(1), [], [], ['DRAIN_MODE']],
  [SERVER, 'TSUserEnabled', dword(1), [], [], ['USER_LOGON_RESTRICTED']],
  [LISTENER, 'fEnableWinStation', dword(0), [], [], ['LISTENER_OFF']],
  [LISTENER, 'fLogonDisabled', dword(1), [], [], ['LISTENER_REFUSES_LOGONS']],
  [LISTENER, 'LanAdapter', dword(2), [], [], ['LISTENER_BOUND_TO_ADAPTER']],
  [LISTENER, 'MaxInstanceCount', dword(0), [], [], ['LISTENER_TAKES_NONE']],
  // Without a number the listener takes 3389.
  [LISTENER, 'PortNumber', dword(0), [], ['PORT_INVALID'], ['PORT_INVALID']],
  [LISTENER, 'PdName', sz('ipx'), ['LISTENER_TRANSPORT'], ['LISTENER_TRANSPORT'], ['LISTENER_TRANSPORT']],
  [LISTENER, 'LoadableProtocol_Object', sz('{x}'), ['LISTENER_PROTOCOL'], ['LISTENER_PROTOCOL'], ['LISTENER_PROTOCOL']],
  [LISTENER, 'SecurityLayer', dword(0), [], [], ['SECURITY_LAYER_RDP']],
  [LISTENER, 'fAllowSecProtocolNegotiation', dword(0), [], [], ['NEGOTIATION_OFF']],
  [LISTENER, 'MinEncryptionLevel', dword(4), [], [], ['ENCRYPTION_LEVEL_FIPS']],
  [service('TermService'), 'Start', dword(4), ['SERVICE_DISABLED'], ['SERVICE_DISABLED'], ['SERVICE_DISABLED']],
  [service('TermService'), 'Type', dword(1), ['SERVICE_TYPE'], ['SERVICE_TYPE'], ['SERVICE_TYPE']],
  [service('TermService'), 'ObjectName', sz('x'), ['SERVICE_ACCOUNT'], ['SERVICE_ACCOUNT'], ['SERVICE_ACCOUNT']],
  [service('TermService'), 'ImagePath', sz('x'), ['SERVICE_IMAGE'], ['SERVICE_IMAGE'], ['SERVICE_IMAGE']],
  [
    [...service('TermService'), 'Parameters'],
    'ServiceDll',
    sz('%SystemRoot%\\System32\\umrdp.dll'),
    ['SERVICE_DLL'],
    ['SERVICE_DLL'],
    ['SERVICE_DLL'],
  ],
  [service('RpcSs'), 'Start', dword(4), ['SERVICE_DISABLED'], ['SERVICE_DISABLED'], ['SERVICE_DISABLED']],
  [service('Dhcp'), 'Start', dword(4), ['SERVICE_DISABLED'], ['SERVICE_DISABLED'], ['SERVICE_DISABLED']],
  [service('Tcpip'), 'Start', dword(4), ['SERVICE_DISABLED'], ['SERVICE_DISABLED'], ['SERVICE_DISABLED']],
  // A service of LocalSystem may have no account.
  [service('DcomLaunch'), 'ObjectName', sz('x'), [], [], ['SERVICE_ACCOUNT']],
  [service('mpssvc'), 'Start', dword(4), [], [], ['FIREWALL_SERVICE_DISABLED']],
  [[...FIREWALL, 'DomainProfile'], 'DoNotAllowExceptions', dword(1), [], [], ['FIREWALL_NO_EXCEPTIONS']],
  // A profile whose setting cannot be read counts as on; the rule of WORKING is for every profile.
  [[...FIREWALL, 'DomainProfile'], 'EnableFirewall', dword(0), [], [], []],
  [['Setup'], 'SetupType', dword(2), [], [], ['SETUP_COMMAND_MISSING']],
  [['Setup'], 'SystemSetupInProgress', dword(1), [], [], ['SETUP_IN_PROGRESS']],
  [['Select'], 'Default', dword(9), ['REGISTRY_KEY_MISSING'], ['REGISTRY_KEY_MISSING'], ['SELECT_NAMES_MISSING_SET']],
];

/** Of a key that is gone; what depends on it is named once. */
const GONE: readonly (readonly [path: readonly string[], codes: readonly string[]])[] = [
  [LISTENER, ['LISTENER_MISSING']],
  [service('TermService'), ['SERVICE_MISSING']],
  [service('Tcpip'), ['SERVICE_MISSING']],
  [service('Dhcp'), ['SERVICE_MISSING']],
  [service('RpcSs'), ['SERVICE_MISSING']],
  [[...FIREWALL, 'FirewallRules'], ['FIREWALL_RULE_OFF']],
  [SERVER, ['RDP_KEY_MISSING']],
  [[CS, 'Services'], ['REGISTRY_KEY_MISSING']],
  [[CS, 'Control'], ['REGISTRY_KEY_MISSING']],
  [[CS, 'Control', 'Session Manager'], ['REGISTRY_KEY_MISSING']],
  [['Select'], ['REGISTRY_KEY_MISSING']],
];

describeShared('a real hive with one value changed', (folder) => {
  const file = join(folder, 'system', 'win7-x64', 'SYSTEM');
  const { image } = recover('SYSTEM', new Uint8Array(readFileSync(file)), []);
  const hive = openVerifierHive('SYSTEM', image, 'SYSTEM', 'primary');
  const machine = describeMachine(hive, null);
  const options = planOptions(profileNamed('rdp-internal-error'), {});

  function found(change: Change | null): string[] {
    const system = laidOver(hive, [
      ...WORKING.filter(({ name }) => name !== change?.name),
      ...(change ? [change] : []),
    ]);
    const view: MachineView = {
      machine,
      system,
      software: new MemoryHive('SOFTWARE', { Microsoft: {} }),
      bcd: null,
      bcdMissing: 'only SYSTEM is known',
      loader: null,
      controlSets: machine.controlSets.filter(({ isDefault }) => isDefault),
      windowsPath: '\\Windows',
      files: null,
      hives: [],
      freeBytes: null,
      certificate: () => null,
      now: NOW,
    };
    const { causes, warnings } = diagnoseMachine(view, options).summary;
    return [...new Set([...causes, ...warnings].map(({ code }) => code))];
  }

  it('as it is: nothing is found', () => {
    expect(found(null)).toEqual([]);
  });

  const otherType = (value: RegValue): RegValue => (value.type === 4 ? sz('text') : dword(7));
  it.each(ROWS)('%j %s', (path, name, wrong, absent, ofWrongType, withWrongData) => {
    expect({
      absent: found(set(path, name, null)),
      ofWrongType: found(set(path, name, otherType(wrong))),
      withWrongData: found(set(path, name, wrong)),
    }).toEqual({ absent, ofWrongType, withWrongData });
  });

  it.each(GONE)('%j is gone', (path, codes) => {
    expect(found({ path, name: null, value: null })).toEqual(codes);
  });
});
