// Each value of SOFTWARE that a rule reads: absent, of a wrong type, with wrong data, and its key gone, on a machine that
// starts and that Remote Desktop reaches.

import { expect, it } from 'vitest';
import type { RegValue } from '../../../src/registry/edit.ts';
import { dword, multiSz, sz } from '../../../src/registry/value.ts';
import { diagnoseMachine } from '../../../src/repairs/diagnose.ts';
import { describeMachine } from '../../../src/repairs/machine.ts';
import { planOptions } from '../../../src/repairs/plan.ts';
import { profileNamed } from '../../../src/repairs/profiles.ts';
import { bootDisk } from '../boot-disk.ts';
import { type Change, laidOver, ofOtherType } from './laid-over.ts';

const VERSION = ['Microsoft', 'Windows NT', 'CurrentVersion'];
const WINLOGON = [...VERSION, 'Winlogon'];
const SERVICES = ['Policies', 'Microsoft', 'Windows NT', 'Terminal Services'];
const FIREWALL = ['Policies', 'Microsoft', 'WindowsFirewall', 'DomainProfile'];
const CREDSSP = ['Microsoft', 'Windows', 'CurrentVersion', 'Policies', 'System', 'CredSSP', 'Parameters'];
const CIPHERS = ['Policies', 'Microsoft', 'Cryptography', 'Configuration', 'SSL', '00010002'];
const OPTIONS = planOptions(profileNamed('rdp-internal-error'), {});

function found(change: Change | null): string[] {
  const { disk, view } = bootDisk();
  // The keys of policies are there, as on a machine whose policies were taken back, and hold nothing.
  for (const path of [SERVICES, FIREWALL, CREDSSP, CIPHERS]) {
    disk.software.merge(path.reduceRight<object>((tree, name) => ({ [name]: tree }), {}) as never);
  }
  const software = laidOver(disk.software, change ? [change] : []);
  const machine = describeMachine(disk.system, software, 'uefi');
  const { causes, warnings } = diagnoseMachine({ ...view(), software, machine }, OPTIONS).summary;
  return [...causes, ...warnings].map(({ code }) => code);
}

it('as it is: nothing is found', () => {
  expect(found(null)).toEqual([]);
});

type Row = readonly [
  path: readonly string[],
  name: string,
  wrong: RegValue,
  absent: readonly string[],
  ofWrongType: readonly string[],
  withWrongData: readonly string[],
];

it.each<Row>([
  [WINLOGON, 'Userinit', sz('x.exe'), ['USERINIT_BROKEN'], ['USERINIT_BROKEN'], ['USERINIT_BROKEN']],
  // Windows takes explorer.exe where no shell is named.
  [WINLOGON, 'Shell', sz('C:\\gone\\x.exe'), [], [], ['SHELL_MISSING']],
  // What names the version and the folder of Windows is a fact, and no cause.
  [VERSION, 'SystemRoot', sz('D:\\Other'), [], [], []],
  [VERSION, 'CurrentMajorVersionNumber', dword(99), [], [], []],
  [VERSION, 'CurrentVersion', sz('x'), [], [], []],
  [VERSION, 'ProductName', sz('x'), [], [], []],
  [['Microsoft', 'Cryptography'], 'MachineGuid', sz('x'), [], [], ['MACHINE_GUID_CHANGED']],
  [SERVICES, 'fDenyTSConnections', dword(1), [], [], ['POLICY_DENIES_RDP']],
  [SERVICES, 'fDisableAutoReconnect', dword(1), [], [], ['RECONNECT_FORBIDDEN']],
  [FIREWALL, 'DoNotAllowExceptions', dword(1), [], [], ['FIREWALL_NO_EXCEPTIONS']],
  [FIREWALL, 'AllowLocalPolicyMerge', dword(0), [], [], ['FIREWALL_RULE_PARTIAL']],
  [CREDSSP, 'AllowEncryptionOracle', dword(0), [], [], ['CREDSSP_FORCES_UPDATED_CLIENTS']],
  [CIPHERS, 'Functions', multiSz(['x']), [], [], ['CIPHER_POLICY_UNUSABLE']],
])('%j %s', (path, name, wrong, absent, ofWrongType, withWrongData) => {
  expect({
    absent: found({ path, name, value: null }),
    ofWrongType: found({ path, name, value: ofOtherType(wrong) }),
    withWrongData: found({ path, name, value: wrong }),
  }).toEqual({ absent, ofWrongType, withWrongData });
});

it.each<readonly [path: readonly string[], codes: readonly string[]]>([
  [['Microsoft'], ['REGISTRY_KEY_MISSING']],
  // Excerpts of SOFTWARE lack any of these; an absent key of policies sets nothing.
  [VERSION, []],
  [WINLOGON, []],
  [['Microsoft', 'SystemCertificates'], []],
  [['Microsoft', 'Cryptography'], []],
  [['Policies'], []],
])('%j is gone', (path, codes) => {
  expect(found({ path, name: null, value: null })).toEqual(codes);
});
