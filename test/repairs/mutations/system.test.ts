// Each value that a rule reads, in every real SYSTEM hive: absent, of a wrong type, with wrong data, and its key gone. The
// hives are first set as machines on which Remote Desktop works; what is expected is then all that is found. `npm test`
// takes a few of the rows for each hive, the deep tier all.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { recover } from '../../../src/regf/logs/recover.ts';
import type { RegValue } from '../../../src/registry/edit.ts';
import { openVerifierHive } from '../../../src/registry/readers/verifier-hive.ts';
import { dword, multiSz, sz } from '../../../src/registry/value.ts';
import { diagnoseMachine } from '../../../src/repairs/diagnose.ts';
import { describeMachine } from '../../../src/repairs/machine.ts';
import { planOptions } from '../../../src/repairs/plan.ts';
import { profileNamed } from '../../../src/repairs/profiles.ts';
import { windowsEra } from '../../../src/repairs/version.ts';
import type { MachineView } from '../../../src/repairs/view.ts';
import { isDeep, seedOr } from '../../deep.ts';
import { describeShared } from '../../shared-hives.ts';
import { NOW } from '../disks.ts';
import { MemoryHive } from '../memory-hive.ts';
import { type Change, laidOver, ofOtherType, sample } from './laid-over.ts';

const SERVER = ['{CS}', 'Control', 'Terminal Server'];
const LISTENER = [...SERVER, 'WinStations', 'RDP-Tcp'];
const FIREWALL = ['{CS}', 'Services', 'SharedAccess', 'Parameters', 'FirewallPolicy'];
const SESSION = ['{CS}', 'Control', 'Session Manager'];
const SCHANNEL = ['{CS}', 'Control', 'SecurityProviders', 'SCHANNEL'];
const LSA = ['{CS}', 'Control', 'Lsa'];
const DISKS = ['{CS}', 'Control', 'Class', '{4d36e967-e325-11ce-bfc1-08002be10318}'];
const service = (name: string): string[] => ['{CS}', 'Services', name];
const set = (path: readonly string[], name: string, value: RegValue | null): Change => ({ path, name, value });

/** What makes a client as it is installed one that Remote Desktop reaches, in every profile of the firewall. */
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
  [service('RpcEptMapper'), 'ImagePath', sz('x'), ['RPC_SPLIT'], ['RPC_SPLIT'], ['RPC_SPLIT']],
  [service('disk'), 'Start', dword(3), ['BOOT_DRIVER_OFF'], ['BOOT_DRIVER_OFF'], ['BOOT_DRIVER_OFF']],
  [service('volmgr'), 'Start', dword(4), ['BOOT_DRIVER_OFF'], ['BOOT_DRIVER_OFF'], ['BOOT_DRIVER_OFF']],
  // The disk of three of the machines hangs on it. What is no number is not known to be off.
  [service('LSI_SAS'), 'Start', dword(4), [], [], ['BOOT_DRIVER_OFF']],
  [
    ['{CS}', 'Control', 'ServiceGroupOrder'],
    'List',
    multiSz([]),
    ['SERVICE_ORDER_LOST'],
    ['SERVICE_ORDER_LOST'],
    ['SERVICE_ORDER_LOST'],
  ],
  [service('nsi'), 'ImagePath', sz('x'), ['SERVICE_IMAGE'], ['SERVICE_IMAGE'], ['SERVICE_IMAGE']],
  [[...service('volsnap'), 'StartOverride'], '0', dword(3), [], ['BOOT_DRIVER_OFF'], ['BOOT_DRIVER_OFF']],
  [[...service('partmgr'), 'Parameters'], 'SanPolicy', dword(3), [], [], ['DISKS_STAY_OFFLINE']],
  // What is no list is left alone; a list that is not there names no partmgr.
  [DISKS, 'UpperFilters', multiSz(['partmgr', 'gone']), ['PARTITION_FILTER_LOST'], [], ['FILTER_DEAD']],
  [DISKS, 'LowerFilters', multiSz(['gone']), [], [], ['FILTER_DEAD']],
  [[...SESSION, 'SubSystems'], 'Windows', sz('x'), ['SUBSYSTEM_BROKEN'], ['SUBSYSTEM_BROKEN'], ['SUBSYSTEM_BROKEN']],
  [
    [...SESSION, 'SubSystems'],
    'Required',
    multiSz(['Debug']),
    ['SUBSYSTEM_NOT_REQUIRED'],
    ['SUBSYSTEM_NOT_REQUIRED'],
    ['SUBSYSTEM_NOT_REQUIRED'],
  ],
  // No file is known, so that none of a list is missing.
  [SESSION, 'BootExecute', multiSz(['gone']), [], [], []],
  [[...SESSION, 'Memory Management'], 'VerifyDrivers', sz('*'), [], [], ['DRIVER_VERIFIER_ON']],
  [[...SCHANNEL, 'Protocols', 'TLS 1.2', 'Server'], 'Enabled', dword(0), [], [], ['TLS_DISABLED']],
  [[...SCHANNEL, 'Protocols', 'TLS 1.2', 'Server'], 'DisabledByDefault', dword(1), [], [], ['TLS_DISABLED_BY_DEFAULT']],
  [[...LSA, 'FipsAlgorithmPolicy'], 'Enabled', dword(1), [], [], ['FIPS_ON']],
  [LSA, 'disabledomaincreds', dword(1), [], [], ['DOMAIN_CREDENTIALS_REFUSED']],
  [[...LSA, 'MSV1_0'], 'RestrictReceivingNTLMTraffic', dword(2), [], [], ['NTLM_RESTRICTED']],
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
  [['{CS}', 'Services'], ['REGISTRY_KEY_MISSING']],
  [['{CS}', 'Control'], ['REGISTRY_KEY_MISSING']],
  [SESSION, ['REGISTRY_KEY_MISSING']],
  [['Select'], ['REGISTRY_KEY_MISSING']],
];

/** Of what XP and Server 2003 do not have, or have otherwise, nothing is said of them. */
const OF_VISTA_ON: ReadonlySet<string> = new Set<string>([
  'DOMAIN_CREDENTIALS_REFUSED',
  'FIREWALL_NO_EXCEPTIONS',
  'FIREWALL_RULE_OFF',
  'FIREWALL_SERVICE_DISABLED',
  'LISTENER_PROTOCOL',
  'NEGOTIATION_OFF',
  'NTLM_RESTRICTED',
  'SECURITY_LAYER_RDP',
  'SERVICE_ACCOUNT',
  'SERVICE_TYPE',
  'TLS_DISABLED',
  'TLS_DISABLED_BY_DEFAULT',
]);

const SEED = seedOr(15);
const [ROWS_OF_A_HIVE, KEYS_OF_A_HIVE] = isDeep ? [ROWS.length, GONE.length] : [4, 2];

describeShared(`real hives with one value changed (seed ${SEED})`, (folder) => {
  describe.each(readdirSync(join(folder, 'system')))('%s', (name) => {
    const file = join(folder, 'system', name, 'SYSTEM');
    const { image } = recover('SYSTEM', new Uint8Array(readFileSync(file)), []);
    const hive = openVerifierHive('SYSTEM', image, 'SYSTEM', 'primary');
    const machine = describeMachine(hive, null);
    const booted = machine.controlSets.find(({ isDefault }) => isDefault)!;
    const options = planOptions(profileNamed('rdp-internal-error'), {});
    const placed = (path: readonly string[]): readonly string[] =>
      path[0] === '{CS}' ? [booted.name, ...path.slice(1)] : path;
    const base: Omit<MachineView, 'system'> = {
      machine,
      software: new MemoryHive('SOFTWARE', { Microsoft: {} }),
      bcd: null,
      bcdMissing: 'only SYSTEM is known',
      loader: null,
      controlSets: [booted],
      windowsPath: '\\Windows',
      files: null,
      hives: [],
      freeBytes: null,
      now: NOW,
    };
    const isOld = windowsEra({ ...base, system: hive }) === 'old';
    const expected = (codes: readonly string[]): string[] => codes.filter((code) => !isOld || !OF_VISTA_ON.has(code));

    function found(change: Change | null): string[] {
      const changes = [...WORKING.filter((one) => one.name !== change?.name), ...(change ? [change] : [])];
      const system = laidOver(
        hive,
        changes.map((one) => ({ ...one, path: placed(one.path) })),
      );
      const { causes, warnings } = diagnoseMachine({ ...base, system }, options).summary;
      return [...new Set([...causes, ...warnings].map(({ code }) => code))];
    }

    it('as it is: nothing is found', () => {
      expect(found(null)).toEqual([]);
    });

    const isThere = (path: readonly string[]): boolean => hive.key(placed(path)) !== null;
    const rows = sample(
      ROWS.filter(([path]) => isThere(path)),
      ROWS_OF_A_HIVE,
      SEED + name.length,
    );
    it.each(rows)('%j %s', (path, value, wrong, absent, ofWrongType, withWrongData) => {
      expect({
        absent: found(set(path, value, null)),
        ofWrongType: found(set(path, value, ofOtherType(wrong))),
        withWrongData: found(set(path, value, wrong)),
      }).toEqual({
        absent: expected(absent),
        ofWrongType: expected(ofWrongType),
        withWrongData: expected(withWrongData),
      });
    });

    const keys = sample(
      GONE.filter(([path]) => isThere(path)),
      KEYS_OF_A_HIVE,
      SEED + name.length,
    );
    it.each(keys)('%j is gone', (path, codes) => {
      expect(found({ path, name: null, value: null })).toEqual(expected(codes));
    });
  });
});
