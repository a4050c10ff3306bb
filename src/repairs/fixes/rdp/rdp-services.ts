// The services that an RDP session needs: startable, under their own account, of a type that the host accepts.

import { dword, expandSz, sz } from '../../../registry/value.ts';
import type { Repair } from '../../model.ts';
import { type Found, inControlSet, numberAt, ruleEdits, ruleFindings, type ValueRule } from '../../rules.ts';
import { ntNumber, windowsEra } from '../../version.ts';
import type { MachineView } from '../../view.ts';
import { fileExists, volumePath } from '../../windows-files.ts';

const START_DISABLED = 4;
/** SERVICE_WIN32_OWN_PROCESS and _SHARE_PROCESS. */
const OWN_PROCESS = 0x10;
const SHARE_PROCESS = 0x20;

interface ServiceDefault {
  readonly name: string;
  readonly start: number;
  readonly account: string | null;
  /** RDP does not work without it; else only a part of it does not. */
  readonly isVital: boolean;
  readonly purpose: string;
}

/** Starts and accounts as real hives of NT 6.1 and 10.0 have them; the articles agree where they name one. */
export const SERVICES: readonly ServiceDefault[] = [
  {
    name: 'TermService',
    start: 3,
    account: 'NT Authority\\NetworkService',
    isVital: true,
    purpose: 'is Remote Desktop itself',
  },
  {
    name: 'SessionEnv',
    start: 3,
    account: 'localSystem',
    isVital: false,
    purpose: "makes RDP's certificate and keeps its settings",
  },
  {
    name: 'UmRdpService',
    start: 3,
    account: 'localSystem',
    isVital: false,
    purpose: 'redirects devices into the session',
  },
  { name: 'TermDD', start: 1, account: null, isVital: true, purpose: 'is the driver of Remote Desktop' },
  {
    name: 'RpcSs',
    start: 2,
    account: 'NT AUTHORITY\\NetworkService',
    isVital: true,
    purpose: 'is needed by nearly every service',
  },
  {
    name: 'RpcEptMapper',
    start: 2,
    account: 'NT AUTHORITY\\NetworkService',
    isVital: true,
    purpose: 'is needed by RpcSs',
  },
  { name: 'DcomLaunch', start: 2, account: 'LocalSystem', isVital: true, purpose: 'is needed by RpcSs' },
  {
    name: 'CryptSvc',
    start: 2,
    account: 'NT Authority\\NetworkService',
    isVital: false,
    purpose: 'serves certificates',
  },
  { name: 'KeyIso', start: 3, account: 'LocalSystem', isVital: true, purpose: 'holds the private keys of TLS' },
  {
    name: 'Dhcp',
    start: 2,
    account: 'NT Authority\\LocalService',
    isVital: true,
    purpose: 'gets the address of the network adapter',
  },
  {
    name: 'nsi',
    start: 2,
    account: 'NT Authority\\LocalService',
    isVital: true,
    purpose: 'tells services about the network',
  },
  { name: 'nsiproxy', start: 1, account: null, isVital: true, purpose: 'is the driver of nsi' },
  { name: 'Tcpip', start: 0, account: null, isVital: true, purpose: 'is TCP/IP' },
  { name: 'AFD', start: 1, account: null, isVital: true, purpose: 'is the driver of sockets' },
  {
    name: 'LanmanWorkstation',
    start: 2,
    account: 'NT AUTHORITY\\NetworkService',
    isVital: false,
    purpose: 'is needed by SessionEnv and for domain logons',
  },
];

/** Windows takes a key without a Start for no service at all. */
const hasStart = (found: Found): boolean => found.kind === 'number' && found.number < START_DISABLED;

function startRule(service: ServiceDefault, isVital: boolean): ValueRule {
  return {
    hive: 'SYSTEM',
    path: ['{CS}', 'Services', service.name],
    name: 'Start',
    write: dword(service.start),
    ...(service.name === 'TermService' ? { published: dword(3) } : {}),
    isGood: hasStart,
    fault: (found) =>
      hasStart(found)
        ? null
        : {
            code: 'SERVICE_DISABLED',
            severity: isVital ? 'error' : 'warning',
            effect: `${service.name} ${found.kind === 'number' ? 'is disabled' : 'cannot be started'}; it ${service.purpose}.`,
          },
    isOnlyForFault: true,
    needsKey: true,
    why: `${service.name} ${service.purpose} and must be able to start.`,
  };
}

/** 'NT AUTHORITY\Network Service' and '.\LocalSystem' are other spellings of the same accounts. */
function accountName(text: string): string {
  const name = text.replace(/\s/g, '').replace(/^\.\\/, '').toLowerCase();
  return name === 'ntauthority\\system' ? 'localsystem' : name;
}

const sameAccount = (a: string, b: string): boolean => accountName(a) === accountName(b);

function accountRule(service: ServiceDefault, account: string, isVital: boolean): ValueRule {
  // A service without an account runs as LocalSystem.
  const isOwn = (found: Found): boolean =>
    found.kind === 'text' ? sameAccount(found.text, account) : sameAccount(account, 'LocalSystem');
  return {
    hive: 'SYSTEM',
    path: ['{CS}', 'Services', service.name],
    name: 'ObjectName',
    write: sz(account),
    ...(service.name === 'TermService' ? { published: sz('NT Authority\\NetworkService') } : {}),
    isGood: isOwn,
    fault: (found) =>
      isOwn(found)
        ? null
        : {
            code: 'SERVICE_ACCOUNT',
            severity: isVital ? 'error' : 'warning',
            effect: `${service.name} runs as ${account} on every Windows; under another account it does not start or has not its rights.`,
          },
    isOnlyForFault: true,
    needsKey: true,
    why: `${service.name} runs as ${account}.`,
  };
}

function typeRule(): ValueRule {
  const isHosted = (found: Found): boolean =>
    found.kind === 'number' && (found.number & (OWN_PROCESS | SHARE_PROCESS)) !== 0;
  return {
    hive: 'SYSTEM',
    path: ['{CS}', 'Services', 'TermService'],
    name: 'Type',
    write: dword(OWN_PROCESS),
    published: dword(OWN_PROCESS),
    isGood: isHosted,
    fault: (found) =>
      isHosted(found)
        ? null
        : { code: 'SERVICE_TYPE', severity: 'error', effect: 'svchost can start no service of that type.' },
    isOnlyForFault: true,
    needsKey: true,
    why: 'TermService runs in a process of its own or in a shared one.',
  };
}

const TERMSRV_DLL = '%SystemRoot%\\System32\\termsrv.dll';

/**
 * Another program than termsrv.dll is left alone where it lies outside System32 and is there, as RDP Wrapper's does: the
 * check of services remarks it.
 */
function isServiceDll(view: MachineView, found: Found): boolean {
  if (found.kind !== 'text' || found.text === '') return false;
  const path = volumePath(view, found.text);
  if (/\\System32\\[^\\]+$/i.test(path ?? found.text)) return /\\termsrv\.dll$/i.test(found.text);
  return fileExists(view, path) !== false;
}

function dllRule(view: MachineView): ValueRule {
  return {
    hive: 'SYSTEM',
    path: ['{CS}', 'Services', 'TermService', 'Parameters'],
    name: 'ServiceDll',
    write: expandSz(TERMSRV_DLL),
    isGood: (found) => isServiceDll(view, found),
    fault: (found) =>
      isServiceDll(view, found)
        ? null
        : { code: 'SERVICE_DLL', severity: 'error', effect: 'svchost does not find the program of Remote Desktop.' },
    isOnlyForFault: true,
    why: 'TermService is the program termsrv.dll.',
  };
}

/** Where no adapter gets its address from a server, the service that asks for one is not needed. */
function isDhcpUsed(view: MachineView, controlSet: string): boolean {
  const path = [controlSet, 'Services', 'Tcpip', 'Parameters', 'Interfaces'];
  const modes = (view.system.key(path)?.subkeys() ?? []).map((adapter) =>
    numberAt(view.system, adapter.path, 'EnableDHCP'),
  );
  return !modes.includes(0) || modes.some((mode) => mode !== null && mode !== 0);
}

/**
 * XP and Server 2003 run these services under other accounts, so that only their start is judged there, and where the
 * version cannot be told.
 */
function rules(view: MachineView): ValueRule[] {
  const isNew = windowsEra(view) === 'new';
  return view.controlSets.flatMap((set) => {
    const inSet = (rule: ValueRule): ValueRule => ({ ...rule, path: inControlSet(rule.path, set.name) });
    const services = SERVICES.flatMap((service): ValueRule[] => {
      const { account, name } = service;
      // Vista and Server 2008 run it as LocalService.
      const isOtherAccount = name === 'LanmanWorkstation' && (ntNumber(view) ?? 601) < 601;
      const isVital = service.isVital && (name !== 'Dhcp' || isDhcpUsed(view, set.name));
      return [
        startRule(service, isVital),
        ...(account === null || !isNew || isOtherAccount ? [] : [accountRule(service, account, isVital)]),
      ];
    });
    const exists = view.system.key([set.name, 'Services', 'TermService']) !== null;
    return [...services, ...(exists ? [dllRule(view)] : []), ...(isNew ? [typeRule()] : [])].map(inSet);
  });
}

export const rdpServices: Repair = {
  name: 'rdp-services',
  title: 'let the services of Remote Desktop and the network start',
  about:
    "Sets back what keeps the services of an RDP session from starting: a start of 4 (disabled), an account that is not the service's own, a type that is none, a program that is not there. Any start that works stays; a service that does not exist is reported, not made.",
  article: 'remote-desktop-services, dhcp-disabled, nsi-not-starting, RA',
  certainty: 'certain',
  link: 'services',
  writes: [
    {
      where: 'SYSTEM\\{CS}\\Services\\TermService',
      name: 'Start',
      data: 'REG_DWORD 3',
      when: 'no number below 4; with --as-published always',
      security: null,
    },
    {
      where: 'SYSTEM\\{CS}\\Services\\TermService',
      name: 'ObjectName',
      data: 'REG_SZ NT Authority\\NetworkService',
      when: 'another account; with --as-published always',
      security: null,
    },
    {
      where: 'SYSTEM\\{CS}\\Services\\TermService',
      name: 'Type',
      data: 'REG_DWORD 16',
      when: 'neither own (16) nor shared (32) process; with --as-published always',
      security: null,
    },
    {
      where: 'SYSTEM\\{CS}\\Services\\TermService\\Parameters',
      name: 'ServiceDll',
      data: 'REG_EXPAND_SZ %SystemRoot%\\System32\\termsrv.dll',
      when: 'absent, no text, or a file that is not there or is another of System32',
      security: null,
      source: 'the default of real hives',
    },
    ...SERVICES.filter((service) => service.name !== 'TermService').map((service) => ({
      where: `SYSTEM\\{CS}\\Services\\${service.name}`,
      name: service.account === null ? 'Start' : 'Start, ObjectName',
      data:
        service.account === null
          ? `REG_DWORD ${service.start}`
          : `REG_DWORD ${service.start}, REG_SZ ${service.account}`,
      when: '4 (disabled), another account',
      security: null,
      source: ['Dhcp', 'nsi'].includes(service.name) ? 'article' : 'the default of real hives',
    })),
  ],
  afterBoot: [],
  detect: (view) => ruleFindings(view, 'rdp-services', rules(view)),
  edits: (view, options) => ruleEdits(view, rules(view), options),
};
