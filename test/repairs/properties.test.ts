// Whatever stands in the values that repairs look at: after a repair's edits its own detection finds nothing, and it has no
// edit left. Through the engine for a few, in memory for many.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HiveEdit, RegValue } from '../../src/registry/edit.ts';
import { binary, dword, multiSz, regValue, sz } from '../../src/registry/value.ts';
import { WorkingHive } from '../../src/registry/working/working-hive.ts';
import { REPAIRS } from '../../src/repairs/fixes/index.ts';
import { describeMachine } from '../../src/repairs/machine.ts';
import { DEFAULT_OPTIONS, type RepairOptions, type TlsVersion } from '../../src/repairs/model.ts';
import { planOptions, planRepair } from '../../src/repairs/plan.ts';
import { PROFILES } from '../../src/repairs/profiles.ts';
import type { MachineView } from '../../src/repairs/view.ts';
import { seedOr } from '../deep.ts';
import { buildFixture, fixtureEngine } from '../fixture-hives.ts';
import { CERTIFICATES } from './certificates.ts';
import { Disk, NOW } from './disks.ts';
import type { Tree } from './memory-hive.ts';

const seed = seedOr(20_240_301);

const odd: fc.Arbitrary<RegValue> = fc.oneof(
  fc.constantFrom(0, 1, 2, 3, 4, 5, 16, 32, 3389, 3390, 65_536, 0xffff_ffff).map(dword),
  fc.constantFrom('', 'x', 'NT Authority\\NetworkService', 'Remote Desktop', 'v2.30|Action=Allow|').map(sz),
  fc
    .constantFrom([], ['a'], ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'], ['TLS_RSA_WITH_AES_128_CBC_SHA'])
    .map(multiSz),
  fc.uint8Array({ maxLength: 24 }).map(binary),
  fc.uint8Array({ maxLength: 6 }).map((bytes) => regValue(4, bytes)),
);

/** A tree in which each of the named values is absent or anything. */
const values = (...names: string[]): fc.Arbitrary<Tree> =>
  fc.record(Object.fromEntries(names.map((name) => [name, odd])), { requiredKeys: [] }) as fc.Arbitrary<Tree>;

const ruleText = fc
  .record({
    action: fc.constantFrom('Allow', 'Block'),
    active: fc.constantFrom('TRUE', 'FALSE'),
    port: fc.constantFrom('LPort=3389|', 'LPort=3390|', '', 'LPort2_10=3000-4000|'),
    profile: fc.constantFrom('', 'Profile=Domain|', 'Profile=Public|Profile=Private|'),
    rest: fc.constantFrom('', 'RA4=203.0.113.9|', 'AppPkgId=S-1-15|', 'Svc=termservice|'),
  })
  .map(({ action, active, port, profile, rest }) =>
    sz(`v2.10|Action=${action}|Active=${active}|Dir=In|Protocol=6|${profile}${port}${rest}`),
  );

const firewall = fc.record({
  DomainProfile: values('EnableFirewall', 'DoNotAllowExceptions'),
  StandardProfile: values('EnableFirewall', 'DoNotAllowExceptions'),
  PublicProfile: values('EnableFirewall', 'DoNotAllowExceptions'),
  FirewallRules: fc.record(
    {
      'RemoteDesktop-UserMode-In-TCP': ruleText,
      'RemoteDesktop-In-TCP_1': ruleText,
      'RemoteDesktop-UserMode-In-UDP': ruleText,
      Own: ruleText,
    },
    { requiredKeys: [] },
  ),
});

const service = values('Start', 'ObjectName', 'Type');
const protocol = fc.record({ Server: values('Enabled', 'DisabledByDefault') });

const controlSet = fc.record({
  Control: fc.record({
    CrashControl: values('CrashDumpEnabled', 'DumpFile', 'NMICrashDump'),
    Lsa: fc.record({
      FipsAlgorithmPolicy: values('Enabled'),
      MSV1_0: values('RestrictReceivingNTLMTraffic', 'RestrictSendingNTLMTraffic'),
    }),
    SecurityProviders: fc.record({
      SCHANNEL: fc.record({
        Protocols: fc.record({ 'TLS 1.0': protocol, 'TLS 1.2': protocol }, { requiredKeys: [] }),
        Ciphers: fc.record(
          { 'AES 128/128': values('Enabled'), 'AES 256/256': values('Enabled') },
          { requiredKeys: [] },
        ),
        KeyExchangeAlgorithms: fc.record({
          PKCS: values('Enabled'),
          'Diffie-Hellman': values('Enabled'),
          ECDH: values('Enabled'),
        }),
      }),
    }),
    'Terminal Server': fc.record({
      WinStations: fc.record({
        'RDP-Tcp': values(
          'SecurityLayer',
          'UserAuthentication',
          'fAllowSecProtocolNegotiation',
          'PortNumber',
          'fEnableWinStation',
          'fLogonDisabled',
          'LanAdapter',
          'MaxInstanceCount',
          'MinEncryptionLevel',
          'MaxIdleTime',
          'SSLCertificateSHA1Hash',
        ),
      }),
    }),
  }),
  Services: fc.record({
    TermService: service,
    SessionEnv: service,
    Dhcp: service,
    gpsvc: values('Start'),
    SharedAccess: fc.record({ Parameters: fc.record({ FirewallPolicy: firewall }) }),
  }),
}) as unknown as fc.Arbitrary<Tree>;

const software = fc.record({
  Microsoft: fc.record({
    SystemCertificates: fc.record({
      'Remote Desktop': fc.record({
        Certificates: fc.record(
          Object.fromEntries(
            Object.values(CERTIFICATES).map(({ thumbprint, blob }) => [
              thumbprint,
              fc.record({ Blob: fc.constantFrom(blob, CERTIFICATES.valid.blob, binary(new Uint8Array(3))) }),
            ]),
          ),
          { requiredKeys: [] },
        ),
      }),
    }),
  }),
  Policies: fc.record({
    Microsoft: fc.record({
      'Windows NT': fc.record({ 'Terminal Services': values('fDenyTSConnections', 'fDisableAutoReconnect') }),
      WindowsFirewall: fc.record({
        DomainProfile: values('EnableFirewall', 'DoNotAllowExceptions', 'AllowLocalPolicyMerge'),
      }),
      Cryptography: fc.record({ Configuration: fc.record({ SSL: fc.record({ '00010002': values('Functions') }) }) }),
    }),
  }),
}) as unknown as fc.Arbitrary<Tree>;

const options: fc.Arbitrary<RepairOptions> = fc.record({
  asPublished: fc.boolean(),
  tls: fc.option(fc.subarray<TlsVersion>(['1.0', '1.1', '1.2'], { minLength: 1 }), { nil: null }),
  serial: fc.constantFrom('full' as const, 'ems' as const),
  port: fc.constantFrom(null, 3389, 3390),
  disableFirewall: fc.boolean(),
  allKeys: fc.constant(false),
});

const disk = fc.record({
  set1: controlSet,
  set2: controlSet,
  software,
  ntVersion: fc.constantFrom('6.1', '6.3', '10.0', 'unknown'),
});

describe.each(REPAIRS.map((repair) => [repair.name, repair] as const))('%s', (_, repair) => {
  it('finds nothing and has nothing left to do after its edits', () => {
    fc.assert(
      fc.property(disk, options, (damage, given) => {
        const machine = new Disk(damage);
        if (repair.unavailable?.(machine.view(), given)) return;
        const edits = repair.edits(machine.view(), given).map((planned) => planned.edit);
        machine.apply(edits);
        expect(repair.detect(machine.view(), given)).toEqual([]);
        expect(repair.edits(machine.view(), given)).toEqual([]);
      }),
      { seed, numRuns: 35 },
    );
  });

  it('fixes each fault that it calls an error or a warning', () => {
    fc.assert(
      fc.property(disk, (damage) => {
        const machine = new Disk(damage);
        if (repair.unavailable?.(machine.view(), DEFAULT_OPTIONS)) return;
        const found = repair.detect(machine.view(), DEFAULT_OPTIONS).filter((finding) => finding.severity !== 'info');
        const fixed = repair.edits(machine.view(), DEFAULT_OPTIONS).map((planned) => planned.fixes);
        for (const { code } of found) expect(fixed).toContain(code);
      }),
      { seed, numRuns: 20 },
    );
  });
});

describe('the profiles', () => {
  it.each(Object.values(PROFILES))('$name: a second run changes nothing, whatever stood there', (profile) => {
    fc.assert(
      fc.property(disk, options, (damage, given) => {
        const machine = new Disk(damage);
        const plan = planOptions(profile, given);
        machine.apply(planRepair(machine.view(), plan).edits.map((planned) => planned.edit));
        expect(planRepair(machine.view(), plan).edits).toEqual([]);
      }),
      { seed, numRuns: 35 },
    );
  });

  it.each(Object.values(PROFILES))('$name: a second run through the engine changes nothing', (profile) => {
    for (const name of ['SYSTEM-broken', 'SYSTEM-no-schannel', 'SYSTEM-healthy'] as const) {
      using system = WorkingHive.open(fixtureEngine(), 'SYSTEM', { image: buildFixture(name), view: 'primary' });
      using softwareHive = WorkingHive.open(fixtureEngine(), 'SOFTWARE', {
        image: buildFixture('SOFTWARE'),
        view: 'primary',
      });
      const view = (): MachineView => {
        const machine = describeMachine(system.hive, softwareHive.hive);
        return {
          ...new Disk().view(),
          machine,
          controlSets: machine.controlSets,
          system: system.hive,
          software: softwareHive.hive,
          bcd: null,
          bcdMissing: 'not of this test',
          files: null,
        };
      };
      const plan = planOptions(profile, {});
      const edits = planRepair(view(), plan).edits.map((planned) => planned.edit as HiveEdit);
      const of = (hive: string): HiveEdit[] => edits.filter((edit) => edit.key.hive === hive);
      expect(system.apply(of('SYSTEM'), NOW)).toHaveLength(of('SYSTEM').length);
      expect(softwareHive.apply(of('SOFTWARE'), NOW)).toHaveLength(of('SOFTWARE').length);
      expect(planRepair(view(), plan).edits).toEqual([]);
    }
  });
});
