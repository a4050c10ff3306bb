import { describe, expect, it } from 'vitest';
import { readString } from '../../../../src/registry/value.ts';
import { diagnoseMachine } from '../../../../src/repairs/diagnose.ts';
import {
  allowsRdp,
  blocksRdp,
  FirewallRule,
  isForProfile,
  parseFirewallRule,
  standardRule,
  withField,
} from '../../../../src/repairs/fixes/rdp/firewall-rule.ts';
import { rdpFirewall } from '../../../../src/repairs/fixes/rdp/rdp-firewall.ts';
import { DEFAULT_OPTIONS } from '../../../../src/repairs/model.ts';
import { planOptions } from '../../../../src/repairs/plan.ts';
import { profileNamed } from '../../../../src/repairs/profiles.ts';
import { type Damage, Disk, rule } from '../../disks.ts';
import type { Tree } from '../../memory-hive.ts';

const parse = (text: string) => parseFirewallRule(text) ?? new FirewallRule('');
const RULES = ['ControlSet001', 'Services', 'SharedAccess', 'Parameters', 'FirewallPolicy', 'FirewallRules'];

describe('a firewall rule', () => {
  it.each([
    rule('FALSE', 6, 3389),
    'v2.10|Action=Allow|Active=TRUE|Dir=In|Protocol=6|Profile=Domain|Profile=Private|LPort=3389|LPort2_10=4000-4010|RA4=10.0.0.0/255.0.0.0|Unknown|X=a=b|',
    'v2.30|',
    'v2.30',
  ])('has the fields of its text: %s', (text) => {
    const { version, fields } = parse(text);
    const parts = fields.map(({ name, value }) => (value === null ? name : `${name}=${value}`));
    expect([version, ...parts].join('|')).toBe(text);
    expect(parse(text).text).toBe(text);
  });

  it('keeps fields without a value and values with an equals sign', () => {
    expect(withField(parse('v2.10|A=1|B|X=a=b|'), 'A', '2').text).toBe('v2.10|A=2|B|X=a=b|');
  });

  it('is none without a version', () => {
    expect(parseFirewallRule('Action=Allow|')).toBeNull();
    expect(parseFirewallRule('')).toBeNull();
  });

  it('takes one field and keeps the order of the rest', () => {
    expect(withField(parse('v2.10|A=1|LPort=1|B=2|LPort=2|'), 'LPort', '3390').text).toBe('v2.10|A=1|LPort=3390|B=2|');
    expect(withField(parse('v2.10|Dir=In|Protocol=6|B=2|'), 'LPort', '1').text).toBe(
      'v2.10|Dir=In|Protocol=6|LPort=1|B=2|',
    );
  });

  it.each([
    ['the standard rule', 'v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=3389|', true],
    ['a rule of any protocol and port', 'v2.30|Action=Allow|Active=TRUE|Dir=In|', true],
    ['a range', 'v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort2_10=3000-4000|', true],
    ['a rule that is off', 'v2.30|Action=Allow|Active=FALSE|Dir=In|Protocol=6|LPort=3389|', false],
    ['another port', 'v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=3390|', false],
    ['UDP', 'v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=17|LPort=3389|', false],
    ['what goes out', 'v2.30|Action=Allow|Active=TRUE|Dir=Out|Protocol=6|LPort=3389|', false],
    ['another program', 'v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=3389|App=C:\\x.exe|', false],
    [
      "an app package's rule, without ports",
      'v2.28|Action=Allow|Active=TRUE|Dir=In|LUOwn=S-1-5-21-1|AppPkgId=S-1-15-2-1|',
      false,
    ],
    [
      "a driver's rule of System",
      'v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|App=System|TTK2_27=WFDKmDriver|',
      false,
    ],
    ['some addresses', 'v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=3389|RA4=203.0.113.9|', true],
    ['an interface', 'v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=3389|IFType=Lan|LA4=10.0.0.4|', true],
    [
      'a peer that is known',
      'v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=3389|Security=Authenticate|',
      true,
    ],
    ['an interface, without ports', 'v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|IFType=Wireless|', false],
    ["a peer's port", 'v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=3389|RPort=53|', false],
    ['another service', 'v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=3389|Svc=w3svc|', false],
  ])('lets Remote Desktop in or not: %s', (_, text, expected) => {
    expect(allowsRdp(parse(text), 3389)).toBe(expected);
  });

  it('blocks the port for everybody, or for some addresses only', () => {
    const block = 'v2.30|Action=Block|Active=TRUE|Dir=In|Protocol=6|LPort=3389|';
    expect(blocksRdp(parse(block), 3389)).toBe(true);
    expect(blocksRdp(parse(`${block}RA4=203.0.113.9|`), 3389)).toBe(false);
    expect(blocksRdp(parse('v2.30|Action=Block|Active=TRUE|Dir=In|App=C:\\x.exe|'), 3389)).toBe(false);
    expect(blocksRdp(parse(`${block}App=C:\\x.exe|`), 3389)).toBe(false);
    expect(blocksRdp(parse(`${block}Svc=other|`), 3389)).toBe(false);
    expect(blocksRdp(parse('v2.30|Action=Block|Active=TRUE|Dir=In|'), 3389)).toBe(true);
  });

  it('is for the profiles that it names', () => {
    expect(isForProfile(parse('v2.10|Profile=Private|'), 'Standard')).toBe(true);
    expect(isForProfile(parse('v2.10|Profile=Private|'), 'Public')).toBe(false);
    expect(isForProfile(parse('v2.10|'), 'Public')).toBe(true);
  });

  it('is made in the form that Windows ships', () => {
    expect(standardRule('v2.30', false, 3389).text).toBe(rule('TRUE', 6, 3389));
    expect(standardRule('v2.10', true, 3389).text).toBe(
      'v2.10|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=3389|App=%SystemRoot%\\system32\\svchost.exe|Svc=termservice|Name=@FirewallAPI.dll,-28853|Desc=@FirewallAPI.dll,-28856|EmbedCtxt=@FirewallAPI.dll,-28852|',
    );
  });
});

describe('rdp-firewall', () => {
  const firewall = (tree: Tree): Damage => ({
    set1: { Services: { SharedAccess: { Parameters: { FirewallPolicy: tree } } } },
  });

  it('leaves the standard rules off where another rule lets the port in', () => {
    const own = 'v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=3389|Name=Ours|';
    const disk = new Disk(
      firewall({ FirewallRules: { 'RemoteDesktop-UserMode-In-TCP': rule('FALSE', 6, 3389), Ours: own } }),
    );
    expect(rdpFirewall.detect(disk.view(), DEFAULT_OPTIONS)).toEqual([]);
    expect(rdpFirewall.edits(disk.view(), DEFAULT_OPTIONS)).toEqual([]);
  });

  it('makes the rule where there is none, in the version of its neighbours', () => {
    const disk = new Disk({
      ...firewall({
        FirewallRules: { Other: 'v2.26|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=80|App=C:\\x.exe|' },
      }),
      remove: ['RemoteDesktop-UserMode-In-TCP', 'RemoteDesktop-UserMode-In-UDP'].map((name) => ({
        op: 'delete-value' as const,
        key: { hive: 'SYSTEM', path: RULES },
        name,
      })),
    });
    disk.apply(rdpFirewall.edits(disk.view(), DEFAULT_OPTIONS).map(({ edit }) => edit));
    const made = readString(disk.system.value(RULES, 'RemoteDesktop-UserMode-In-TCP'));
    expect(made).toBe(rule('TRUE', 6, 3389).replace('v2.30', 'v2.26'));
  });

  it('finds nothing where the firewall is off', () => {
    const byManagement = firewall({
      FirewallRules: { 'RemoteDesktop-UserMode-In-TCP': rule('FALSE', 6, 3389) },
      Mdm: { FirewallRules: { Rdp: rule('TRUE', 6, 3389) } },
    });
    expect(rdpFirewall.detect(new Disk(byManagement).view(), DEFAULT_OPTIONS)).toEqual([]);
    const off = { EnableFirewall: 0 };
    const disk = new Disk(
      firewall({
        DomainProfile: off,
        StandardProfile: off,
        PublicProfile: off,
        FirewallRules: { 'RemoteDesktop-UserMode-In-TCP': rule('FALSE', 6, 3389) },
      }),
    );
    expect(rdpFirewall.detect(disk.view(), DEFAULT_OPTIONS)).toEqual([]);
  });

  it('switches the firewall off only where asked, in a policy only where it stands', () => {
    const disk = new Disk({
      software: { Policies: { Microsoft: { WindowsFirewall: { DomainProfile: { EnableFirewall: 1 } } } } },
    });
    const options = { ...DEFAULT_OPTIONS, disableFirewall: true };
    const planned = rdpFirewall.edits(disk.view(), options);
    expect(planned.map(({ edit }) => ('key' in edit ? edit.key.path.at(-1) : ''))).toEqual([
      'DomainProfile',
      'DomainProfile',
      'StandardProfile',
      'PublicProfile',
    ]);
    expect(planned.every(({ security }) => security?.effect === 'lowers')).toBe(true);
    disk.apply(planned.map(({ edit }) => edit));
    expect(rdpFirewall.edits(disk.view(), options)).toEqual([]);
  });

  it('counts a rule of policy, and a policy that switches a profile off', () => {
    const shut = firewall({ FirewallRules: { 'RemoteDesktop-UserMode-In-TCP': rule('FALSE', 6, 3389) } });
    const policy = (tree: Tree): Damage => ({ software: { Policies: { Microsoft: { WindowsFirewall: tree } } } });
    const byRule = new Disk({ ...shut, ...policy({ FirewallRules: { Rdp: rule('TRUE', 6, 3389) } }) });
    expect(rdpFirewall.detect(byRule.view(), DEFAULT_OPTIONS)).toEqual([]);
    const off = { EnableFirewall: 0 };
    const bySwitch = new Disk({ ...shut, ...policy({ DomainProfile: off, StandardProfile: off, PublicProfile: off }) });
    expect(rdpFirewall.detect(bySwitch.view(), DEFAULT_OPTIONS)).toEqual([]);
  });
});

describe('the firewall', () => {
  const firewall = (tree: Tree, more: Tree = {}): Damage => ({
    set1: { Services: { SharedAccess: { Parameters: { FirewallPolicy: tree } }, ...more } },
  });
  const found = (damage: Damage): string[] =>
    diagnoseMachine(new Disk(damage).view(), planOptions(profileNamed('rdp-internal-error'), {}))
      .findings.filter(({ link }) => link === 'firewall')
      .map(({ code, severity, certainty }) => `${severity} ${code} ${certainty}`);
  const off = { 'RemoteDesktop-UserMode-In-TCP': rule('FALSE', 6, 3389) };
  const block = 'v2.30|Action=Block|Active=TRUE|Dir=In|Protocol=6|LPort=3389|';

  it('that lets everything in needs no rule, and a block still counts', () => {
    const allowing = Object.fromEntries(
      ['DomainProfile', 'StandardProfile', 'PublicProfile'].map((profile) => [profile, { DefaultInboundAction: 0 }]),
    );
    expect(found(firewall({ FirewallRules: off }))).toEqual(['error FIREWALL_RULE_OFF certain']);
    expect(found(firewall({ ...allowing, FirewallRules: off }))).toEqual([]);
    expect(found(firewall({ ...allowing, FirewallRules: { ...off, block } }))).toEqual([
      'error FIREWALL_BLOCK_RULE likely',
    ]);
  });

  it('is certain of nothing while its service is disabled', () => {
    expect(found(firewall({ FirewallRules: { ...off, block } }, { mpssvc: { Start: 4 } }))).toEqual([
      'warning FIREWALL_RULE_OFF uncertain',
      'warning FIREWALL_BLOCK_RULE uncertain',
      'warning FIREWALL_SERVICE_DISABLED uncertain',
    ]);
  });

  it('blocks in part where a rule is for some profiles, or a policy leaves it out', () => {
    const inPublic = `${block}Profile=Public|`;
    expect(found(firewall({ FirewallRules: { inPublic } }))).toEqual(['warning FIREWALL_BLOCK_RULE likely']);
    const all = ['Domain', 'Private', 'Public'].map((profile) => `${block}Profile=${profile}|`);
    expect(found(firewall({ FirewallRules: Object.fromEntries(all.map((text, i) => [`b${i}`, text])) }))).toEqual(
      all.map(() => 'error FIREWALL_BLOCK_RULE likely'),
    );
    expect(found(firewall({ FirewallRules: { other: `${block}Svc=other|`, app: `${block}App=C:\\x.exe|` } }))).toEqual(
      [],
    );
  });
});
