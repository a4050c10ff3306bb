// What the article's offline part writes, and what stays by default because it serves the purpose already.

import { describe, expect, it } from 'vitest';
import { dword, expandSz, sz } from '../../src/registry/value.ts';
import { selectControlSets } from '../../src/repairs/machine.ts';
import type { RepairOptions } from '../../src/repairs/model.ts';
import { type PlanOptions, planOptions, planRepair } from '../../src/repairs/plan.ts';
import { profileNamed } from '../../src/repairs/profiles.ts';
import { type Damage, Disk } from './disks.ts';

const only = (names: readonly string[], given: Partial<RepairOptions> = {}): PlanOptions =>
  planOptions(profileNamed('rdp-internal-error'), given, { only: names });

/** 'ControlSet001\...\name' = value, of every edit of a plan; keys that are made stand with null. */
function written(disk: Disk, options: PlanOptions): Record<string, unknown> {
  const entries = planRepair(disk.view(), options).edits.map(({ edit }) => {
    if (!('key' in edit)) throw new Error(`not of a hive: ${edit.op}`);
    const key = edit.key.path.join('\\');
    return [edit.op === 'set-value' ? `${key}\\${edit.name}` : key, edit.op === 'set-value' ? edit.value : null];
  });
  return Object.fromEntries(entries);
}

const CS = ['ControlSet001', 'ControlSet002'];
const TWO_SETS: Damage = { set2: {} };
const protocol = (set: string, version: string): string =>
  `${set}\\Control\\SecurityProviders\\SCHANNEL\\Protocols\\TLS ${version}\\Server`;
const rdpTcp = (set: string): string => `${set}\\Control\\Terminal Server\\WinStations\\RDP-Tcp`;
const crash = (set: string): string => `${set}\\Control\\CrashControl`;

describe('--as-published', () => {
  it("writes the article's three protocols in each control set that exists", () => {
    const expected = CS.flatMap((set) => [
      [`${set}\\Control\\SecurityProviders\\SCHANNEL\\Protocols\\TLS 1.0`, null],
      [protocol(set, '1.0'), null],
      [`${protocol(set, '1.0')}\\Enabled`, dword(1)],
      [`${set}\\Control\\SecurityProviders\\SCHANNEL\\Protocols\\TLS 1.1`, null],
      [protocol(set, '1.1'), null],
      [`${protocol(set, '1.1')}\\Enabled`, dword(1)],
    ]);
    // TLS 1.2 stands at 1 already in the disk of the tests.
    expect(written(new Disk(TWO_SETS), only(['tls'], { asPublished: true }))).toEqual(Object.fromEntries(expected));
  });

  it('makes 0xffffffff the 1 of the article, which by default stays', () => {
    const damage: Damage = {
      set1: {
        Control: {
          SecurityProviders: { SCHANNEL: { Protocols: { 'TLS 1.2': { Server: { Enabled: 0xffff_ffff } } } } },
        },
      },
    };
    expect(written(new Disk(damage), only(['tls']))).toEqual({});
    expect(written(new Disk(damage), only(['tls'], { asPublished: true, tls: ['1.2'] }))).toEqual({
      [`${protocol('ControlSet001', '1.2')}\\Enabled`]: dword(1),
    });
  });

  it('lowers SecurityLayer to 1 and says so; by default 2 stays', () => {
    const disk = new Disk(TWO_SETS);
    expect(written(disk, only(['nla']))).toEqual({});
    expect(written(disk, only(['nla'], { asPublished: true }))).toEqual(
      Object.fromEntries(CS.map((set) => [`${rdpTcp(set)}\\SecurityLayer`, dword(1)])),
    );
    const plan = planRepair(disk.view(), only(['nla'], { asPublished: true }));
    expect(plan.findings.filter((finding) => finding.code === 'SECURITY_LOWERED')).toEqual(
      CS.map((set) =>
        expect.objectContaining({
          security: 'lowers',
          repair: 'nla',
          revert: [`reg add "HKLM\\SYSTEM\\${rdpTcp(set)}" /v "SecurityLayer" /t REG_DWORD /d 2 /f`],
        }),
      ),
    );
  });

  it('writes the dump of the article over the automatic one', () => {
    const expected = CS.map((set) => [`${crash(set)}\\CrashDumpEnabled`, dword(1)]);
    expect(written(new Disk(TWO_SETS), only(['crash-dump']))).toEqual({});
    expect(written(new Disk(TWO_SETS), only(['crash-dump'], { asPublished: true }))).toEqual(
      Object.fromEntries(expected),
    );
  });

  it('writes the service defaults of the article', () => {
    expect(written(new Disk(), only(['rdp-services'], { asPublished: true }))).toEqual({
      'ControlSet001\\Services\\TermService\\Type': dword(16),
    });
  });
});

describe('by default', () => {
  it('writes all values where the keys are missing', () => {
    const missing = ['SecurityProviders', 'CrashControl', 'Terminal Server'];
    const disk = new Disk({
      remove: missing.map((name) => ({
        op: 'delete-key' as const,
        key: { hive: 'SYSTEM', path: ['ControlSet001', 'Control', name] },
      })),
    });
    expect(written(disk, only(['tls', 'nla', 'crash-dump']))).toMatchObject({
      [`${protocol('ControlSet001', '1.2')}\\Enabled`]: dword(1),
      [`${rdpTcp('ControlSet001')}\\SecurityLayer`]: dword(1),
      [`${rdpTcp('ControlSet001')}\\UserAuthentication`]: dword(1),
      [`${rdpTcp('ControlSet001')}\\fAllowSecProtocolNegotiation`]: dword(1),
      [`${crash('ControlSet001')}\\CrashDumpEnabled`]: dword(1),
      [`${crash('ControlSet001')}\\DumpFile`]: expandSz('%SystemRoot%\\MEMORY.DMP'),
      [`${crash('ControlSet001')}\\NMICrashDump`]: dword(1),
    });
    disk.apply(planRepair(disk.view(), only(['tls', 'nla', 'crash-dump'])).edits.map(({ edit }) => edit));
    expect(written(disk, only(['tls', 'nla', 'crash-dump']))).toEqual({});
  });

  it.each([
    ['6.1', ['1.0', '1.1', '1.2']],
    ['6.2', ['1.0', '1.1', '1.2']],
    ['6.3', ['1.0', '1.1', '1.2']],
    ['10.0', ['1.2']],
    ['unknown', ['1.2']],
  ])('enables on NT %s the protocols %j', (ntVersion, versions) => {
    const none = {
      op: 'delete-key',
      key: { hive: 'SYSTEM', path: ['ControlSet001', 'Control', 'SecurityProviders', 'SCHANNEL', 'Protocols'] },
    } as const;
    const disk = new Disk({ ntVersion, remove: [none] });
    const names = Object.keys(written(disk, only(['tls']))).filter((name) => name.endsWith('\\Enabled'));
    expect(names).toEqual(versions.map((version) => `${protocol('ControlSet001', version)}\\Enabled`));
  });

  it('leaves old protocols blocked on NT 10, and says that they are', () => {
    const disk = new Disk({
      set1: { Control: { SecurityProviders: { SCHANNEL: { Protocols: { 'TLS 1.0': { Server: { Enabled: 0 } } } } } } },
    });
    expect(written(disk, only(['tls']))).toEqual({});
    expect(written(disk, only(['tls'], { tls: ['1.0'] }))).toEqual({
      [`${protocol('ControlSet001', '1.0')}\\Enabled`]: dword(1),
    });
  });

  it('reads a short REG_DWORD as Windows does, and replaces a long one and a text', () => {
    const nla = (hex: string, type = 4): Damage => ({
      set1: { Control: { 'Terminal Server': { WinStations: { 'RDP-Tcp': { UserAuthentication: { type, hex } } } } } },
    });
    const expected = { [`${rdpTcp('ControlSet001')}\\UserAuthentication`]: dword(1) };
    expect(written(new Disk(nla('01')), only(['nla']))).toEqual({});
    expect(written(new Disk(nla('0100000000000000')), only(['nla']))).toEqual(expected);
    expect(written(new Disk(nla('31000000', 1)), only(['nla']))).toEqual(expected);
  });
});

describe('control sets', () => {
  const nlaOff = { Control: { 'Terminal Server': { WinStations: { 'RDP-Tcp': { UserAuthentication: 0 } } } } };

  it('works in each that exists, and never makes one unasked', () => {
    expect(Object.keys(written(new Disk({ set1: nlaOff }), only(['nla'])))).toEqual([
      `${rdpTcp('ControlSet001')}\\UserAuthentication`,
    ]);
    expect(Object.keys(written(new Disk({ set1: nlaOff, set2: nlaOff }), only(['nla'])))).toEqual([
      `${rdpTcp('ControlSet001')}\\UserAuthentication`,
      `${rdpTcp('ControlSet002')}\\UserAuthentication`,
    ]);
  });

  it('works in the current one alone where asked, and makes one by number where asked', () => {
    const disk = new Disk({ set1: nlaOff, set2: nlaOff });
    const keys = (view: ReturnType<Disk['view']>): string[] =>
      planRepair(view, only(['nla'])).edits.flatMap(({ edit }) => ('key' in edit ? [edit.key.path.join('\\')] : []));
    expect(keys(disk.view((all) => selectControlSets(all, 'current')))).toEqual([rdpTcp('ControlSet001')]);
    const made = keys(disk.view((all) => selectControlSets(all, [3], [3])));
    expect(made).toContain('ControlSet003');
    expect(made).toContain(rdpTcp('ControlSet003'));
    expect(() => selectControlSets(disk.view().controlSets, [3])).toThrow(
      expect.objectContaining({ code: 'KEY_NOT_FOUND', hint: '--create 3' }),
    );
  });

  it('calls a fault of a set that the next boot does not use a warning', () => {
    const denied = { Control: { 'Terminal Server': { fDenyTSConnections: 1 } } };
    const plan = planRepair(new Disk({ set2: denied }).view(), only(['rdp-listener']));
    expect(plan.findings[0]).toMatchObject({ code: 'RDP_DENIED', severity: 'warning' });
    expect(plan.findings[0]?.text).toContain('The next boot does not use ControlSet002.');
    expect(plan.fixes).toHaveLength(1);
  });
});

describe('group policy', () => {
  it('goes off and on again, and both at once are refused', () => {
    const disk = new Disk();
    const start = 'ControlSet001\\Services\\gpsvc\\Start';
    expect(written(disk, only(['group-policy-off']))).toEqual({ [start]: dword(4) });
    disk.apply(planRepair(disk.view(), only(['group-policy-off'])).edits.map(({ edit }) => edit));
    expect(written(disk, only(['group-policy-off']))).toEqual({});
    expect(written(disk, only(['group-policy-on']))).toEqual({ [start]: dword(2) });
    expect(() => planRepair(disk.view(), only(['group-policy-on', 'group-policy-off']))).toThrow(
      expect.objectContaining({ code: 'BAD_ARGUMENT' }),
    );
  });
});

describe('a listener on another port', () => {
  it.each<[string, Partial<PlanOptions>]>([
    ['under a profile that only fixes it', {}],
    ['with --needed', { needed: true }],
    ['asked for alone', { only: ['rdp-listener'] }],
  ])('moves with its firewall rule %s', (_, selection) => {
    const disk = new Disk();
    const options = planOptions(profileNamed('rdp-internal-error'), { port: 3390 }, selection);
    const opened =
      'ControlSet001\\Services\\SharedAccess\\Parameters\\FirewallPolicy\\FirewallRules\\RemoteDesktop-UserMode-In-TCP';
    expect(written(disk, options)).toMatchObject({
      [`${rdpTcp('ControlSet001')}\\PortNumber`]: dword(3390),
      [opened]: { hex: expect.stringContaining(sz('|LPort=3390|').hex.slice(0, -4)) },
    });
    expect(Object.keys(written(disk, { ...options, skip: ['rdp-firewall'] }))).not.toContain(opened);
  });
  it('has a firewall that is switched off when that is asked for, under a profile that only fixes it', () => {
    const disk = new Disk();
    const options = planOptions(profileNamed('rdp-internal-error'), { disableFirewall: true });
    expect(Object.keys(written(disk, options)).filter((path) => path.endsWith('\\EnableFirewall'))).toHaveLength(3);
  });
  it('moves with its firewall rule', () => {
    const disk = new Disk();
    const options = only(['rdp-listener', 'rdp-firewall'], { port: 3390 });
    const rule = (text: string): unknown =>
      expect.objectContaining({ hex: expect.stringContaining(sz(text).hex.slice(0, -4)) });
    expect(written(disk, options)).toEqual({
      [`${rdpTcp('ControlSet001')}\\PortNumber`]: dword(3390),
      'ControlSet001\\Services\\SharedAccess\\Parameters\\FirewallPolicy\\FirewallRules\\RemoteDesktop-UserMode-In-TCP':
        rule('|LPort=3390|'),
      'ControlSet001\\Services\\SharedAccess\\Parameters\\FirewallPolicy\\FirewallRules\\RemoteDesktop-UserMode-In-UDP':
        rule('|LPort=3390|'),
    });
    disk.apply(planRepair(disk.view(), options).edits.map(({ edit }) => edit));
    expect(written(disk, options)).toEqual({});
  });
});
