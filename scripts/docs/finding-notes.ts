// What each finding's code means, for docs/findings.md. A test holds the table equal to the codes in src/: no code without a
// line, no line without a code. The codes of the gate have a page of their own (docs/validation.md).

export interface FindingNote {
  readonly code: string;
  /** As it is raised; where it depends on what was found, all of them. */
  readonly severity: string;
  /** One sentence. */
  readonly means: string;
  /** The repair that mends it; null: none does, left out: no repair is concerned. */
  readonly repair?: string | null;
}

export interface FindingGroup {
  readonly title: string;
  readonly about: string;
  readonly notes: readonly FindingNote[];
}

const note = (code: string, severity: string, means: string): FindingNote => ({ code, severity, means });
const fault = (code: string, severity: string, repair: string | null, means: string): FindingNote => ({
  code,
  severity,
  repair,
  means,
});

const READING: FindingGroup = {
  title: 'Reading hives and logs',
  about:
    'From recovery and from every command that reads a hive. `inspect --validate` has codes of its own: [validation.md](validation.md).',
  notes: [
    note(
      'BAD_BIN',
      'error',
      'A bin of a recovered hive does not begin as one; what lies in it is read as far as it goes.',
    ),
    note('BAD_CLASS', 'error', "A key's class name is not whole; the key is shown without it."),
    note(
      'BAD_LOG',
      'warning',
      'A transaction log is damaged, or its first entry is, or it is a link or a folder; it was left out of the recovery.',
    ),
    note(
      'BAD_SUBKEY',
      'error',
      'A list of subkeys names a place where no key can be read, or a key that was met already.',
    ),
    note('BAD_SUBKEY_COUNT', 'error', 'A key says another number of subkeys than its lists hold.'),
    note('BAD_SUBKEY_LIST', 'error', 'A list of subkeys is missing, damaged, or belongs to another key.'),
    note(
      'BAD_VALUE',
      'error',
      'A list of values names a place where no value can be read, or one that was met already.',
    ),
    note('BAD_VALUE_LIST', 'error', 'A list of values is shorter than it says, or belongs to another key.'),
    note(
      'DIRTY_WITHOUT_LOGS',
      'warning',
      'The hive was not written out, and no log completes it: what is shown may be older than what Windows last had.',
    ),
    note(
      'LOG_GAP',
      'warning',
      'The logs do not follow one another without a gap; what lies behind the gap was not replayed.',
    ),
    note('NOT_IN_REG_FILE', 'warning', 'A name or a difference that a .reg file cannot say was left out of it.'),
    note('RAW_VIEW', 'info', 'The hive is dirty, and was shown as it lies because `--raw` was given.'),
    note(
      'READ_BY_VERIFIER',
      'warning',
      'The engine cannot open the hive, or met damage in it, so the second reader shows it; it cannot be edited.',
    ),
    note('TOO_DEEP', 'error', 'Keys lie deeper than 512 levels; what is below is not shown.'),
    note('TRUNCATED', 'error', 'The file ends before its bins do; it was read as far as it goes.'),
    note('VALUE_UNREADABLE', 'error', 'The data of a value cannot be read whole; the value was left out.'),
  ],
};

const WRITING: FindingGroup = {
  title: 'Writing and undo',
  about: 'From commands that write. [safety.md](safety.md) has the order of a commit.',
  notes: [
    note(
      'JOURNAL_NOT_CLOSED',
      'warning',
      'The commit stands and was read back, but its journal could not be marked done; `undo --finish` marks it.',
    ),
    note('NOT_TAKEN_BACK', 'warning', '`undo --values` left a value alone, because somebody has changed it since.'),
    note(
      'NO_LOG_PROTECTION',
      'warning',
      'A hive has no log, so a power cut in the middle leaves one that Windows refuses until undo has run.',
    ),
    note(
      'SECURITY_LOWERED',
      'warning',
      'A planned change lowers the security of the machine; its `revert` lines take it back.',
    ),
    note('LOCKED', 'warning', 'Another process is committing here: what is shown may lie between two states.'),
    note('SECURITY_RAISED', 'info', 'A planned change raises the security of the machine.'),
    note(
      'UNFINISHED_JOURNAL',
      'warning',
      'A commit was cut off here: what is shown may lie between two states until undo, or undo --finish, has run.',
    ),
    note('WRITE_REPEATED', 'warning', 'A stage after the commit point failed once and was written again.'),
  ],
};

const DIAGNOSIS: FindingGroup = {
  title: 'Diagnosis',
  about:
    'From diagnose and repair. The exit status of diagnose is 1 where there is an `error`: something that breaks RDP.',
  notes: [
    fault(
      'AGENT_CAN_STOP_BOOT',
      'warning',
      'boot-loop',
      'A third-party agent is set so that a failure of it makes Windows restart.',
    ),
    fault(
      'BITLOCKER_MAY_ASK_FOR_KEY',
      'warning',
      null,
      'A changed boot store on this disk can make the next start ask for the recovery key.',
    ),
    fault(
      'BOOT_MENU_SHOWN',
      'info',
      'serial-console',
      'The repair will show the boot menu for some seconds at every start; `--serial ems` leaves it alone.',
    ),
    fault(
      'BOOT_STOPS_AT_FAILURES',
      'info',
      null,
      'After a boot that failed, the machine waits at a screen that nobody sees.',
    ),
    fault(
      'CA_CERTIFICATE_EXPIRED',
      'warning',
      null,
      'A certificate of an authority has expired; renew it there. It is unpinned, not taken out.',
    ),
    fault(
      'CERTIFICATE_BROKEN',
      'error or warning',
      'rdp-certificate',
      'A certificate in the store of Remote Desktop cannot be read.',
    ),
    fault(
      'CERTIFICATE_EXPIRED',
      'error or warning',
      'rdp-certificate',
      'A certificate in the store of Remote Desktop has expired.',
    ),
    fault(
      'CERTIFICATE_KEY_MISSING',
      'error or warning',
      'rdp-certificate',
      'A self-signed certificate has no private key file on the disk.',
    ),
    fault(
      'CERTIFICATE_NOT_YET_VALID',
      'warning',
      null,
      'A certificate is valid only from a later day on: one of the two clocks is wrong.',
    ),
    fault(
      'CERTIFICATE_PIN_DANGLING',
      'error',
      'rdp-certificate',
      'The listener names a certificate that is not there or cannot be used.',
    ),
    fault('CERTIFICATE_PIN_EXPIRED', 'error', 'rdp-certificate', 'The listener names a certificate that has expired.'),
    fault(
      'CERTIFICATE_STORE_WRONG',
      'warning',
      'rdp-certificate',
      'The service looks for its certificate in another store than the one where it is made.',
    ),
    fault('CIPHERS_DISABLED', 'error', 'tls', 'All strong ciphers of SCHANNEL are switched off.'),
    fault(
      'CIPHER_POLICY_UNUSABLE',
      'error',
      'tls',
      "The policy lists no cipher suite that RDP's RSA certificate can serve.",
    ),
    fault('CONTROL_SET_FAILED', 'info', null, 'Windows once went back from a control set that Select calls failed.'),
    fault('CRASH_DUMP_OFF', 'info', 'crash-dump', 'A stop leaves no dump behind.'),
    fault(
      'CREDSSP_FORCES_UPDATED_CLIENTS',
      'warning',
      'rdp-logon',
      'Clients without the CredSSP update of 2018 are refused.',
    ),
    fault(
      'DEFAULT_DANGLING',
      'error',
      null,
      'The default of the boot store names no object of it; `--fix-default` names another.',
    ),
    fault('DEFAULT_MISSING', 'warning', null, 'The boot manager has no default; `--fix-default` gives one.'),
    fault('DEFAULT_NOT_WINDOWS', 'warning', null, 'The default starts something else than an installed Windows.'),
    fault('DEPENDENCY_DISABLED', 'error or warning', null, 'A service that Remote Desktop depends on is disabled.'),
    fault(
      'DOMAIN_CREDENTIALS_REFUSED',
      'warning',
      'rdp-logon',
      'Credentials for network logons may not be stored, so delegated logons fail.',
    ),
    fault('DRAIN_MODE', 'error', 'rdp-listener', 'The server drains: it takes no new session.'),
    fault('ENCRYPTION_LEVEL_FIPS', 'warning', 'fips-off', 'The listener asks for FIPS encryption.'),
    fault('FIPS_ON', 'warning', 'fips-off', 'Clients that share no FIPS-approved cipher are refused.'),
    fault('FIREWALL_BLOCK_RULE', 'error', null, 'An active rule blocks the RDP port.'),
    fault(
      'FIREWALL_NO_EXCEPTIONS',
      'error',
      'rdp-firewall',
      'DoNotAllowExceptions shuts every port, whatever the rules allow.',
    ),
    fault('FIREWALL_RULE_OFF', 'error', 'rdp-firewall', 'No active rule lets the RDP port in.'),
    fault(
      'FIREWALL_RULE_PARTIAL',
      'warning',
      null,
      'The rule for the RDP port does not cover every profile that is on.',
    ),
    fault(
      'FIREWALL_SHUT',
      'error',
      null,
      'No rule lets the RDP port in, and a policy keeps the local rules from doing so.',
    ),
    fault('GROUP_POLICY_OFF', 'info', 'group-policy-on', 'The Group Policy service is disabled.'),
    fault(
      'HIBERNATED',
      'warning',
      null,
      'Windows is hibernated or was shut down with fast startup; a repair is refused until it is not.',
    ),
    fault(
      'HIVE_DAMAGED',
      'error',
      null,
      'Records of a hive cannot be read; what lies beneath them is not judged, and the hive is not edited.',
    ),
    fault('HIVE_RECOVERED', 'info', null, 'A hive was not closed, and its logs were replayed in memory.'),
    fault(
      'KEY_ACCESS_DENIED',
      'error or warning',
      null,
      'A deny entry keeps a needed account from a machine key; whoever set it must take it out.',
    ),
    fault('KEY_EXCHANGE_DISABLED', 'error', 'tls', 'All key exchanges of SCHANNEL are switched off.'),
    fault(
      'KEY_PERMISSIONS_UNKNOWN',
      'info',
      'machine-keys',
      'The permissions of the private key could not be looked at.',
    ),
    fault(
      'LICENSING_NOT_SET',
      'warning',
      null,
      'A session host has no licensing mode and refuses users after its grace period.',
    ),
    fault('LISTENER_BOUND_TO_ADAPTER', 'warning', 'rdp-listener', 'The listener is bound to one network adapter.'),
    fault('LISTENER_MISSING', 'error', null, 'There is no listener RDP-Tcp; its key must come from a working machine.'),
    fault('LISTENER_OFF', 'error', 'rdp-listener', 'The RDP listener is switched off.'),
    fault('LISTENER_REFUSES_LOGONS', 'error', 'rdp-listener', 'The RDP listener takes no logons.'),
    fault('LISTENER_TAKES_NONE', 'error', 'rdp-listener', 'The listener takes no connection at all.'),
    fault('LM_COMPATIBILITY_LOW', 'info', 'rdp-logon', 'The machine sends old answers that servers refuse.'),
    fault(
      'LOW_DISK_SPACE',
      'warning',
      null,
      'Little is free on the Windows volume; sessions fail when a profile cannot be written.',
    ),
    fault(
      'MACHINE_GUID_CHANGED',
      'warning',
      'rdp-certificate',
      "RDP's key file belongs to another MachineGuid, as on a cloned disk.",
    ),
    fault(
      'MACHINE_KEYS_FOLDER',
      'warning or info',
      'machine-keys',
      'The MachineKeys folder does not let in an account that needs it.',
    ),
    fault('NEGOTIATION_OFF', 'warning', 'nla', 'The listener agrees no security layer with the client.'),
    fault('NETLOGON_DISABLED', 'warning', null, 'Netlogon is disabled on a machine of a domain.'),
    fault('NETVSC_OUTDATED', 'error', null, 'The network driver is of a version that loses its network on Hyper-V.'),
    fault('NLA_OFF', 'info', 'nla', 'The logon screen is offered to everybody who reaches the port.'),
    fault(
      'NOT_JUDGED',
      'info',
      null,
      'A repair or check met damage, a link or a missing right and could not judge; the rest went on.',
    ),
    fault('NO_BOOT_MANAGER', 'error', null, 'The boot store has no boot manager.'),
    fault('NO_CONTROL_SET', 'error', null, 'There is no control set, or Select names none that exists.'),
    fault('NO_PAGE_FILE', 'info', null, 'Without a page file Windows cannot write a dump.'),
    fault('NO_ROOM_FOR_DUMP', 'info', null, 'A complete dump may not fit on the volume.'),
    fault(
      'NTLM_RESTRICTED',
      'warning',
      'rdp-logon',
      'NTLM is restricted, which NLA falls back to where there is no Kerberos.',
    ),
    fault(
      'OTHER_KEY',
      'warning or info',
      'machine-keys',
      "A machine key that is not RDP's does not let in an account that the article adds.",
    ),
    fault('POLICY_DENIES_RDP', 'error', 'rdp-listener', 'A policy refuses RDP, over what the machine itself says.'),
    fault('POLICY_OVERRIDES_LISTENER', 'info', null, "A policy sets what the listener's own value then does not."),
    fault('POLICY_WILL_SET_BACK', 'warning or info', null, "The domain's policy may set a repaired value back."),
    fault('PORT_INVALID', 'error', 'rdp-listener', 'The port of the listener is no port.'),
    fault('PORT_NOT_DEFAULT', 'info', null, 'The listener uses another port than 3389.'),
    fault(
      'PROFILE_CLEANUP_POLICY',
      'warning',
      'rdp-session',
      'A policy deletes profiles that have not been used for a while.',
    ),
    fault('RDP_DENIED', 'error', 'rdp-listener', 'fDenyTSConnections refuses every connection.'),
    fault(
      'RDP_KEY_PERMISSIONS',
      'error or info',
      'machine-keys',
      "RDP's private key does not let in an account that needs it.",
    ),
    fault('RECONNECT_FORBIDDEN', 'warning', 'rdp-session', 'A policy restricts reconnecting to a session.'),
    fault(
      'REGISTRY_TRANSACTIONS',
      'info',
      null,
      'Files of registry transactions (TxR) lie beside the hives; they are not replayed.',
    ),
    fault('SAFE_MODE', 'error or warning', 'leave-safe-mode', 'The loader is set to start in safe mode.'),
    fault('SAFE_MODE_MARK', 'warning', 'leave-safe-mode', 'The registry still bears the mark of a safe mode start.'),
    fault('SECURITY_LAYER_RDP', 'error or warning', 'nla', 'The listener speaks the old RDP encryption alone.'),
    fault(
      'SELECT_NAMES_MISSING_SET',
      'error',
      'select-last-known-good',
      'Select names a control set that does not exist.',
    ),
    fault('SERIAL_CONSOLE_OFF', 'info', 'serial-console', 'EMS and the serial console are not set up.'),
    fault('SERIAL_PORT_FROM_FIRMWARE', 'info', 'serial-console', 'On UEFI the serial port comes from the firmware.'),
    fault(
      'SERVICE_ACCOUNT',
      'error or warning',
      'rdp-services',
      'A service of Remote Desktop runs as another account than it must.',
    ),
    fault('SERVICE_DISABLED', 'error or warning', 'rdp-services', 'A service of Remote Desktop is disabled.'),
    fault('SERVICE_MISSING', 'error or warning', null, 'A service that is needed does not exist.'),
    fault('SERVICE_TYPE', 'error', 'rdp-services', 'A service has a type that cannot be started.'),
    fault('SESSION_TIME_LIMIT', 'warning', 'rdp-session', 'Sessions are ended after some time.'),
    fault('SETUP_IN_PROGRESS', 'warning', null, 'Windows Setup has not finished on this disk.'),
    fault('STRONG_CIPHER_DISABLED', 'info', null, 'A strong cipher is switched off.'),
    fault('TERMINAL_SERVER_OFF', 'error', 'rdp-listener', 'TSEnabled switches Remote Desktop off.'),
    fault('TLS_CLIENT_DISABLED', 'info', null, 'TLS 1.2 is switched off for connections that this machine makes.'),
    fault('TLS_DISABLED', 'error or warning', 'tls', 'A TLS version that RDP needs is switched off.'),
    fault('TLS_DISABLED_BY_DEFAULT', 'error or warning', 'tls', 'A TLS version that RDP needs is disabled by default.'),
    fault('TLS_OLD_BLOCKED', 'info', null, 'TLS 1.0 or 1.1 is switched off, as is good practice.'),
    fault('TOKEN_SIZE_SMALL', 'warning', 'rdp-logon', 'Kerberos tickets of users in many groups do not fit.'),
    fault('USER_LOGON_RESTRICTED', 'warning', 'rdp-listener', 'Logons of users are switched off on this server.'),
  ],
};

export const FINDING_GROUPS: readonly FindingGroup[] = [DIAGNOSIS, READING, WRITING];
