// One way to break a machine for each cause that the articles name, with the code that diagnose must name first and the
// repair that takes it away. Rows follow the article's causes, then the facts' table of values.

import { binary } from '../../src/registry/value.ts';
import type { LinkName } from '../../src/repairs/model.ts';
import { CERTIFICATES } from './certificates.ts';
import { type Damage, KEYS, LOADER, MACHINE_GUID, RDP_KEY, rule } from './disks.ts';
import type { Tree } from './memory-hive.ts';

export interface Cause {
  readonly title: string;
  readonly damage: Damage;
  readonly code: string;
  readonly link: LinkName;
  /** Null: no repair fixes it; the finding says what to do. */
  readonly repair: string | null;
  /** It breaks RDP. */
  readonly isError: boolean;
}

const rdpTcp = (values: Tree): Damage => ({
  set1: { Control: { 'Terminal Server': { WinStations: { 'RDP-Tcp': values } } } },
});
const terminalServer = (values: Tree): Damage => ({ set1: { Control: { 'Terminal Server': values } } });
const schannel = (tree: Tree): Damage => ({ set1: { Control: { SecurityProviders: { SCHANNEL: tree } } } });
const services = (tree: Tree): Damage => ({ set1: { Services: tree } });
const lsa = (tree: Tree): Damage => ({ set1: { Control: { Lsa: tree } } });
const firewall = (tree: Tree): Damage => services({ SharedAccess: { Parameters: { FirewallPolicy: tree } } });
const terminalPolicy = (values: Tree): Damage => ({
  software: { Policies: { Microsoft: { 'Windows NT': { 'Terminal Services': values } } } },
});
const rdpStore = (certificates: Tree): Damage['software'] & Tree => ({
  Microsoft: { SystemCertificates: { 'Remote Desktop': { Certificates: certificates } } },
});
const pinTo = (sha1: Uint8Array, software: Tree = {}): Damage => ({
  ...rdpTcp({ SSLCertificateSHA1Hash: binary(sha1) }),
  software,
});
const { expired, issuedExpired, valid, future } = CERTIFICATES;

const cause = (
  title: string,
  damage: Damage,
  code: string,
  link: LinkName,
  repair: string | null,
  isError: boolean,
): Cause => ({ title, damage, code, link, repair, isError });

/** The causes of the article itself. */
const ARTICLE: readonly Cause[] = [
  cause(
    'TLS 1.2 switched off',
    schannel({ Protocols: { 'TLS 1.2': { Server: { Enabled: 0 } } } }),
    'TLS_DISABLED',
    'tls',
    'tls',
    true,
  ),
  cause(
    'TLS 1.0 switched off on Windows 7',
    {
      ...schannel({ Protocols: { 'TLS 1.0': { Server: { Enabled: 0 } }, 'TLS 1.2': { Server: { Enabled: 0 } } } }),
      ntVersion: '6.1',
    },
    'TLS_DISABLED',
    'tls',
    'tls',
    true,
  ),
  cause(
    'TLS 1.2 disabled by default, which the article forgets',
    schannel({ Protocols: { 'TLS 1.2': { Server: { DisabledByDefault: 1 } } } }),
    'TLS_DISABLED_BY_DEFAULT',
    'tls',
    'tls',
    true,
  ),
  cause(
    'an expired self-signed certificate',
    { software: rdpStore({ [expired.thumbprint]: { Blob: expired.blob } }) },
    'CERTIFICATE_EXPIRED',
    'certificate',
    'rdp-certificate',
    true,
  ),
  cause(
    'a certificate whose bytes are damaged',
    { software: rdpStore({ [valid.thumbprint]: { Blob: binary(new Uint8Array([1, 2, 3, 4, 5])) } }) },
    'CERTIFICATE_BROKEN',
    'certificate',
    'rdp-certificate',
    true,
  ),
  cause(
    'a certificate under the thumbprint of another',
    { software: rdpStore({ [expired.thumbprint]: { Blob: valid.blob } }) },
    'CERTIFICATE_BROKEN',
    'certificate',
    'rdp-certificate',
    true,
  ),
  cause(
    'a certificate whose private key is gone',
    {
      software: rdpStore({ [valid.thumbprint]: { Blob: valid.blob } }),
      files: { '\\ProgramData\\Microsoft\\Crypto\\RSA\\MachineKeys': [`0123456789abcdef_${MACHINE_GUID}`] },
    },
    'CERTIFICATE_KEY_MISSING',
    'certificate',
    'rdp-certificate',
    true,
  ),
  cause(
    "NETWORK SERVICE may not read RDP's private key",
    { descriptors: { [RDP_KEY]: 'O:SYG:SYD:P(A;;FA;;;SY)(A;;FA;;;BA)' } },
    'RDP_KEY_PERMISSIONS',
    'keys',
    'machine-keys',
    true,
  ),
  cause(
    'nobody may use the folder of the keys',
    { descriptors: { [KEYS]: 'O:BAG:SYD:P' } },
    'MACHINE_KEYS_FOLDER',
    'keys',
    'machine-keys',
    false,
  ),
  cause('the security layer of old', rdpTcp({ SecurityLayer: 0 }), 'SECURITY_LAYER_RDP', 'authentication', 'nla', true),
  cause('a port that is none', rdpTcp({ PortNumber: 0 }), 'PORT_INVALID', 'listener', 'rdp-listener', true),
  cause(
    'the firewall rule of the port is off',
    firewall({ FirewallRules: { 'RemoteDesktop-UserMode-In-TCP': rule('FALSE', 6, 3389) } }),
    'FIREWALL_RULE_OFF',
    'firewall',
    'rdp-firewall',
    true,
  ),
  cause(
    'the listener moved, and not its firewall rule',
    rdpTcp({ PortNumber: 3390 }),
    'FIREWALL_RULE_OFF',
    'firewall',
    'rdp-firewall',
    true,
  ),
  cause(
    'the crash dump is off',
    { set1: { Control: { CrashControl: { CrashDumpEnabled: 0 } } } },
    'CRASH_DUMP_OFF',
    'diagnostics',
    'crash-dump',
    false,
  ),
  cause(
    'the serial console is off in the loader',
    { bcd: { Objects: { [LOADER]: { Elements: { '260000b0': { Element: binary(new Uint8Array(1)) } } } } } },
    'SERIAL_CONSOLE_OFF',
    'boot',
    'serial-console',
    false,
  ),
  cause(
    'the Group Policy service was left off',
    services({ gpsvc: { Start: 4 } }),
    'GROUP_POLICY_OFF',
    'group-policy',
    'group-policy-on',
    false,
  ),
];

const serviceKey = (name: string): Damage => ({
  remove: [{ op: 'delete-key', key: { hive: 'SYSTEM', path: ['ControlSet001', 'Services', name] } }],
});
const removeValue = (path: readonly string[], name: string): Damage => ({
  remove: [{ op: 'delete-value', key: { hive: 'SYSTEM', path: ['ControlSet001', ...path] }, name }],
});
const TERM_SERVICE = ['Services', 'TermService'];
const LISTENER = ['Control', 'Terminal Server', 'WinStations', 'RDP-Tcp'];
const firewallRule = (text: string): Damage => firewall({ FirewallRules: { extra: text } });

/** What is gone altogether, and what takes the place of something. */
const GONE: readonly Cause[] = [
  cause('Tcpip is gone', serviceKey('Tcpip'), 'SERVICE_MISSING', 'services', null, true),
  cause('Dhcp is gone', serviceKey('Dhcp'), 'SERVICE_MISSING', 'services', null, true),
  cause(
    'TermService has no start',
    removeValue(TERM_SERVICE, 'Start'),
    'SERVICE_DISABLED',
    'services',
    'rdp-services',
    true,
  ),
  cause('TermService has no type', removeValue(TERM_SERVICE, 'Type'), 'SERVICE_TYPE', 'services', 'rdp-services', true),
  cause(
    'TermService has no account',
    removeValue(TERM_SERVICE, 'ObjectName'),
    'SERVICE_ACCOUNT',
    'services',
    'rdp-services',
    true,
  ),
  cause(
    'TermService has no program',
    removeValue([...TERM_SERVICE, 'Parameters'], 'ServiceDll'),
    'SERVICE_DLL',
    'services',
    'rdp-services',
    true,
  ),
  cause(
    "TermService's program is another of System32",
    services({ TermService: { Parameters: { ServiceDll: '%SystemRoot%\\System32\\umrdp.dll' } } }),
    'SERVICE_DLL',
    'services',
    'rdp-services',
    true,
  ),
  cause(
    "TermService's program is a file that is not there",
    services({ TermService: { Parameters: { ServiceDll: 'C:\\gone\\termsrv.dll' } } }),
    'SERVICE_DLL',
    'services',
    'rdp-services',
    true,
  ),
  cause(
    'another program in the place of TermService',
    {
      ...services({ TermService: { Parameters: { ServiceDll: '%ProgramFiles%\\RDP Wrapper\\rdpwrap.dll' } } }),
      files: {
        '\\ProgramData\\Microsoft\\Crypto\\RSA\\MachineKeys': [`f686aace6942fb7f7ceb231212eef4a4_${MACHINE_GUID}`],
        '\\Program Files\\RDP Wrapper\\rdpwrap.dll': [],
      },
    },
    'SERVICE_DLL_FOREIGN',
    'services',
    null,
    false,
  ),
  cause(
    'svchost without its group',
    services({ TermService: { ImagePath: 'svchost.exe' } }),
    'SERVICE_IMAGE',
    'services',
    null,
    true,
  ),
  cause(
    'TermService without an image',
    removeValue(TERM_SERVICE, 'ImagePath'),
    'SERVICE_IMAGE',
    'services',
    null,
    true,
  ),
  cause(
    'the listener without a transport',
    removeValue(LISTENER, 'PdName'),
    'LISTENER_TRANSPORT',
    'listener',
    'rdp-listener',
    true,
  ),
  cause(
    'the listener of another protocol',
    rdpTcp({ LoadableProtocol_Object: '{00000000-0000-0000-0000-000000000001}' }),
    'LISTENER_PROTOCOL',
    'listener',
    null,
    true,
  ),
  cause(
    'the listener without its protocol',
    removeValue(LISTENER, 'LoadableProtocol_Object'),
    'LISTENER_PROTOCOL',
    'listener',
    null,
    false,
  ),
  cause(
    'no word on whether Remote Desktop is allowed',
    removeValue(['Control', 'Terminal Server'], 'fDenyTSConnections'),
    'RDP_NOT_ALLOWED',
    'remote-desktop',
    'rdp-listener',
    false,
  ),
  cause(
    'a rule that blocks all TCP',
    firewallRule('v2.30|Action=Block|Active=TRUE|Dir=In|Protocol=6|Name=all|'),
    'FIREWALL_BLOCK_RULE',
    'firewall',
    null,
    true,
  ),
  cause(
    'a rule that blocks everything',
    firewallRule('v2.30|Action=Block|Active=TRUE|Dir=In|Name=all|'),
    'FIREWALL_BLOCK_RULE',
    'firewall',
    null,
    true,
  ),
  cause(
    'a rule that blocks every svchost',
    firewallRule('v2.30|Action=Block|Active=TRUE|Dir=In|Protocol=6|App=%SystemRoot%\\System32\\svchost.exe|Name=x|'),
    'FIREWALL_BLOCK_RULE',
    'firewall',
    null,
    true,
  ),
  cause(
    'a rule that blocks one profile',
    firewallRule('v2.30|Action=Block|Active=TRUE|Dir=In|Protocol=6|Profile=Public|LPort=3389|Name=x|'),
    'FIREWALL_BLOCK_RULE',
    'firewall',
    null,
    false,
  ),
  cause(
    'the firewall service is disabled',
    services({ mpssvc: { Start: 4 } }),
    'FIREWALL_SERVICE_DISABLED',
    'firewall',
    null,
    false,
  ),
];

/** The causes of the facts' table of values. */
const TABLE: readonly Cause[] = [
  cause(
    'NLA off and negotiation off',
    rdpTcp({ fAllowSecProtocolNegotiation: 0 }),
    'NEGOTIATION_OFF',
    'authentication',
    'nla',
    false,
  ),
  cause('NLA off', rdpTcp({ UserAuthentication: 0 }), 'NLA_OFF', 'authentication', 'nla', false),
  cause(
    'the terminal server is off',
    terminalServer({ TSEnabled: 0 }),
    'TERMINAL_SERVER_OFF',
    'remote-desktop',
    'rdp-listener',
    true,
  ),
  cause('drain mode', terminalServer({ TSServerDrainMode: 1 }), 'DRAIN_MODE', 'remote-desktop', 'rdp-listener', true),
  cause(
    'user logon restricted',
    terminalServer({ TSUserEnabled: 1 }),
    'USER_LOGON_RESTRICTED',
    'remote-desktop',
    'rdp-listener',
    false,
  ),
  cause(
    'Remote Desktop denied',
    terminalServer({ fDenyTSConnections: 1 }),
    'RDP_DENIED',
    'remote-desktop',
    'rdp-listener',
    true,
  ),
  cause(
    'Remote Desktop denied by policy',
    terminalPolicy({ fDenyTSConnections: 1 }),
    'POLICY_DENIES_RDP',
    'remote-desktop',
    'rdp-listener',
    true,
  ),
  cause('the listener is off', rdpTcp({ fEnableWinStation: 0 }), 'LISTENER_OFF', 'listener', 'rdp-listener', true),
  cause(
    'the listener refuses logons',
    rdpTcp({ fLogonDisabled: 1 }),
    'LISTENER_REFUSES_LOGONS',
    'listener',
    'rdp-listener',
    true,
  ),
  cause(
    'the listener takes no connections',
    rdpTcp({ MaxInstanceCount: 0 }),
    'LISTENER_TAKES_NONE',
    'listener',
    'rdp-listener',
    true,
  ),
  cause(
    'the listener on an adapter that is gone',
    rdpTcp({ LanAdapter: 3 }),
    'LISTENER_BOUND_TO_ADAPTER',
    'listener',
    'rdp-listener',
    false,
  ),
  cause('an idle limit', rdpTcp({ MaxIdleTime: 60_000 }), 'SESSION_TIME_LIMIT', 'listener', 'rdp-session', false),
  cause(
    'a session limit',
    rdpTcp({ MaxConnectionTime: 60_000 }),
    'SESSION_TIME_LIMIT',
    'listener',
    'rdp-session',
    false,
  ),
  cause(
    'a limit for disconnected sessions',
    rdpTcp({ MaxDisconnectionTime: 60_000 }),
    'SESSION_TIME_LIMIT',
    'listener',
    'rdp-session',
    false,
  ),
  cause(
    'reconnecting forbidden',
    terminalPolicy({ fDisableAutoReconnect: 1 }),
    'RECONNECT_FORBIDDEN',
    'listener',
    'rdp-session',
    false,
  ),
  cause(
    'profiles cleaned up at the start',
    { software: { Policies: { Microsoft: { Windows: { System: { CleanupProfiles: 30 } } } } } },
    'PROFILE_CLEANUP_POLICY',
    'listener',
    'rdp-session',
    false,
  ),
  cause(
    'FIPS encryption at the listener',
    rdpTcp({ MinEncryptionLevel: 4 }),
    'ENCRYPTION_LEVEL_FIPS',
    'tls',
    'fips-off',
    false,
  ),
  cause('FIPS mode', lsa({ FipsAlgorithmPolicy: { Enabled: 1 } }), 'FIPS_ON', 'tls', 'fips-off', false),
  cause(
    'a pin to a certificate that is gone',
    pinTo(valid.sha1),
    'CERTIFICATE_PIN_DANGLING',
    'certificate',
    'rdp-certificate',
    true,
  ),
  cause(
    'a pin to a certificate of an authority that has expired',
    pinTo(issuedExpired.sha1, {
      Microsoft: {
        SystemCertificates: { MY: { Certificates: { [issuedExpired.thumbprint]: { Blob: issuedExpired.blob } } } },
      },
    }),
    'CERTIFICATE_PIN_EXPIRED',
    'certificate',
    'rdp-certificate',
    true,
  ),
  cause(
    'the certificate is looked for in another store',
    { set1: { Control: { 'Terminal Server': { WinStations: { SelfSignedCertStore: 'My' } } } } },
    'CERTIFICATE_STORE_WRONG',
    'certificate',
    'rdp-certificate',
    false,
  ),
  cause(
    'TermService disabled',
    services({ TermService: { Start: 4 } }),
    'SERVICE_DISABLED',
    'services',
    'rdp-services',
    true,
  ),
  cause(
    'TermService under another account',
    services({ TermService: { ObjectName: '.\\admin' } }),
    'SERVICE_ACCOUNT',
    'services',
    'rdp-services',
    true,
  ),
  cause(
    'TermService of a type that is none',
    services({ TermService: { Type: 1 } }),
    'SERVICE_TYPE',
    'services',
    'rdp-services',
    true,
  ),
  cause('Dhcp disabled', services({ Dhcp: { Start: 4 } }), 'SERVICE_DISABLED', 'services', 'rdp-services', true),
  cause(
    'Dhcp under another account',
    services({ Dhcp: { ObjectName: 'LocalSystem' } }),
    'SERVICE_ACCOUNT',
    'services',
    'rdp-services',
    true,
  ),
  cause('nsi disabled', services({ nsi: { Start: 4 } }), 'SERVICE_DISABLED', 'services', 'rdp-services', true),
  cause(
    'SessionEnv disabled',
    services({ SessionEnv: { Start: 4 } }),
    'SERVICE_DISABLED',
    'services',
    'rdp-services',
    false,
  ),
  cause(
    'a dependency disabled',
    services({ TermService: { DependOnService: ['RPCSS', 'Bowser'] }, Bowser: { Start: 4 } }),
    'DEPENDENCY_DISABLED',
    'services',
    null,
    true,
  ),
  cause(
    'a dependency missing',
    services({ TermService: { DependOnService: ['RPCSS', 'NoSuch'] } }),
    'SERVICE_MISSING',
    'services',
    null,
    true,
  ),
  cause(
    'domain credentials refused',
    lsa({ disabledomaincreds: 1 }),
    'DOMAIN_CREDENTIALS_REFUSED',
    'authentication',
    'rdp-logon',
    false,
  ),
  cause(
    'NTLM refused',
    lsa({ MSV1_0: { RestrictReceivingNTLMTraffic: 2 } }),
    'NTLM_RESTRICTED',
    'authentication',
    'rdp-logon',
    false,
  ),
  cause(
    'NTLM towards others refused',
    lsa({ MSV1_0: { RestrictSendingNTLMTraffic: 2 } }),
    'NTLM_RESTRICTED',
    'authentication',
    'rdp-logon',
    false,
  ),
  cause('LM answers', lsa({ LmCompatibilityLevel: 1 }), 'LM_COMPATIBILITY_LOW', 'authentication', 'rdp-logon', false),
  cause(
    'a small Kerberos token',
    lsa({ Kerberos: { Parameters: { MaxTokenSize: 4096 } } }),
    'TOKEN_SIZE_SMALL',
    'authentication',
    'rdp-logon',
    false,
  ),
  cause(
    'CredSSP for updated clients only',
    {
      software: {
        Microsoft: {
          Windows: {
            CurrentVersion: { Policies: { System: { CredSSP: { Parameters: { AllowEncryptionOracle: 0 } } } } },
          },
        },
      },
    },
    'CREDSSP_FORCES_UPDATED_CLIENTS',
    'authentication',
    'rdp-logon',
    false,
  ),
  cause(
    'a cipher policy without RSA',
    {
      software: {
        Policies: {
          Microsoft: {
            Cryptography: {
              Configuration: { SSL: { '00010002': { Functions: ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'] } } },
            },
          },
        },
      },
    },
    'CIPHER_POLICY_UNUSABLE',
    'tls',
    'tls',
    true,
  ),
  cause(
    'all of AES switched off',
    schannel({ Ciphers: { 'AES 128/128': { Enabled: 0 }, 'AES 256/256': { Enabled: 0 } } }),
    'CIPHERS_DISABLED',
    'tls',
    'tls',
    true,
  ),
  cause(
    'all key exchange switched off',
    schannel({
      KeyExchangeAlgorithms: { PKCS: { Enabled: 0 }, 'Diffie-Hellman': { Enabled: 0 }, ECDH: { Enabled: 0 } },
    }),
    'KEY_EXCHANGE_DISABLED',
    'tls',
    'tls',
    true,
  ),
  cause(
    'the firewall heeds no rule',
    firewall({ PublicProfile: { DoNotAllowExceptions: 1 } }),
    'FIREWALL_NO_EXCEPTIONS',
    'firewall',
    'rdp-firewall',
    true,
  ),
  cause(
    'a rule blocks the port',
    firewall({
      FirewallRules: { Lockdown: 'v2.30|Action=Block|Active=TRUE|Dir=In|Protocol=6|LPort=3389|Name=Lockdown|' },
    }),
    'FIREWALL_BLOCK_RULE',
    'firewall',
    null,
    true,
  ),
  cause(
    'policy leaves the local rules out',
    {
      software: {
        Policies: {
          Microsoft: {
            WindowsFirewall: {
              DomainProfile: { AllowLocalPolicyMerge: 0 },
              StandardProfile: { AllowLocalPolicyMerge: 0 },
              PublicProfile: { AllowLocalPolicyMerge: 0 },
            },
          },
        },
      },
    },
    'FIREWALL_SHUT',
    'firewall',
    null,
    true,
  ),
  cause(
    'safe mode left on',
    { bcd: { Objects: { [LOADER]: { Elements: { '25000080': { Element: binary(new Uint8Array(8)) } } } } } },
    'SAFE_MODE',
    'boot',
    'leave-safe-mode',
    true,
  ),
  cause(
    'safe mode with networking left on',
    {
      bcd: {
        Objects: {
          [LOADER]: { Elements: { '25000080': { Element: binary(new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0])) } } },
        },
      },
    },
    'SAFE_MODE',
    'boot',
    'leave-safe-mode',
    false,
  ),
  cause(
    'the mark of safe mode left behind',
    { set1: { Control: { SafeBoot: { Option: { OptionValue: 1 } } } } },
    'SAFE_MODE_MARK',
    'boot',
    'leave-safe-mode',
    false,
  ),
  cause(
    'Select names a set that does not exist',
    { system: { Select: { Default: 3, Current: 3 } } },
    'SELECT_NAMES_MISSING_SET',
    'boot',
    'select-last-known-good',
    true,
  ),
  cause(
    'every number of Select is of a set that does not exist, and there is one set',
    { system: { Select: { Default: 3, Current: 3, LastKnownGood: 2 } } },
    'SELECT_NAMES_MISSING_SET',
    'boot',
    'select-last-known-good',
    true,
  ),
  cause(
    'the listener is missing',
    {
      remove: [
        {
          op: 'delete-key',
          key: { hive: 'SYSTEM', path: ['ControlSet001', 'Control', 'Terminal Server', 'WinStations', 'RDP-Tcp'] },
        },
      ],
    },
    'LISTENER_MISSING',
    'listener',
    null,
    true,
  ),
  cause(
    "a network driver that loses Hyper-V's network",
    {
      set1: {
        Control: {
          Class: {
            '{4d36e972-e325-11ce-bfc1-08002be10318}': {
              '0001': { DriverDesc: 'Microsoft Hyper-V Network Adapter', DriverVersion: '10.0.14393.594' },
            },
          },
        },
      },
    },
    'NETVSC_OUTDATED',
    'machine',
    null,
    true,
  ),
  cause(
    'an agent that can stop the boot',
    services({ RDAgent: { Start: 2, ErrorControl: 3 } }),
    'AGENT_CAN_STOP_BOOT',
    'boot',
    'boot-loop',
    false,
  ),
  cause(
    'no licence server on a session host',
    terminalServer({ TSAppCompat: 1, RCM: { 'Licensing Core': { LicensingMode: 5 } } }),
    'LICENSING_NOT_SET',
    'licensing',
    null,
    false,
  ),
  cause(
    'a cloned disk',
    {
      files: {
        '\\ProgramData\\Microsoft\\Crypto\\RSA\\MachineKeys': [
          'f686aace6942fb7f7ceb231212eef4a4_11111111-2222-3333-4444-555555555555',
        ],
      },
    },
    'MACHINE_GUID_CHANGED',
    'machine',
    null,
    false,
  ),
  cause(
    'a certificate of the future',
    { software: rdpStore({ [future.thumbprint]: { Blob: future.blob } }) },
    'CERTIFICATE_NOT_YET_VALID',
    'certificate',
    null,
    false,
  ),
];

export const CAUSES: readonly Cause[] = [...GONE, ...ARTICLE, ...TABLE];
