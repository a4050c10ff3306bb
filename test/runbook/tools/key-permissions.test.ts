// Permissions of keys of an existing hive: Set-Acl, SetACL, subinacl, and what keys below inherit.

import { describe, expect, it } from 'vitest';
import { fromHex } from '../../../src/base/bytes.ts';
import { parseDescriptor, toSddl } from '../../../src/security/index.ts';
import { disk, tried } from '../disk.ts';

const LOAD = 'reg load HKLM\\B F:\\Windows\\System32\\config\\SYSTEM';
const KEY = 'B\\ControlSet001\\Control\\Terminal Server';
/** Lists that take from above, with nothing of their own below. */
const PLAIN = [
  `SetACL -on "HKLM\\${KEY}" -ot reg -actn ace -ace "n:Administrators;p:full"`,
  `SetACL -on "HKLM\\${KEY}" -ot reg -actn setprot -op "dacl:np" -rec yes`,
];

/** SDDL of each key that was given one, last one first told, by its path below the control set. */
function permissions(lines: readonly string[], name = 'a.cmd'): { of: Record<string, string>; states: string[] } {
  const { ready, refusal } = tried([LOAD, ...PLAIN, ...lines].join('\n'), disk(), { name });
  expect(refusal).toBeNull();
  const of: Record<string, string> = {};
  for (const { edit } of ready.prepared.changes) {
    if ('key' in edit && edit.op === 'set-key-security')
      of[edit.key.path.slice(1).join('\\')] = toSddl(parseDescriptor(fromHex(edit.sdHex)!));
  }
  return { of, states: ready.lines.slice(3).map(({ state }) => state) };
}

describe('the programs', () => {
  it('SetACL: an entry, an owner below, protection; what is passed on is inherited', () => {
    const { of, states } = permissions([
      `SetACL.exe -on "HKLM\\${KEY}" -ot reg -actn ace -ace "n:S-1-5-19;p:read"`,
      `SetACL.exe -on "HKEY_LOCAL_MACHINE\\${KEY}\\WinStations" -ot reg -actn setowner -ownr "n:Users"`,
      `setacl -on "HKLM\\${KEY}\\WinStations\\RDP-Tcp" -ot reg -actn setprot -op "dacl:p_nc;sacl:nc"`,
    ]);
    expect(states).toEqual(['done', 'done', 'done']);
    expect(of['Control\\Terminal Server']).toContain('(A;CI;KR;;;LS)');
    expect(of['Control\\Terminal Server\\WinStations']).toMatch(/^O:BU.*\(A;CIID;KR;;;LS\)/);
    expect(of['Control\\Terminal Server\\WinStations\\RDP-Tcp']).toMatch(/D:P/);
    expect(of['Control\\Terminal Server\\WinStations\\RDP-Tcp']).not.toContain('LS');
  });

  it('subinacl: a key, and a key with all below it', () => {
    const { of } = permissions([
      `subinacl /keyreg "HKEY_LOCAL_MACHINE\\${KEY}" /setowner=users`,
      `subinacl /subkeyreg "HKEY_LOCAL_MACHINE\\${KEY}\\WinStations" /grant=S-1-5-20=QE`,
    ]);
    expect(of['Control\\Terminal Server']).toMatch(/^O:BU/);
    expect(of['Control\\Terminal Server\\WinStations\\RDP-Tcp']).toMatch(/\(A;CI;(?:CCSW|0x9|CCLC|[^;]*);;;NS\)/);
  });

  it('what is not done is listed to be run on Windows, and unknown accounts are refused', () => {
    const { states } = permissions([
      `SetACL -on "F:\\x" -ot file -actn ace -ace "n:Users;p:read"`,
      'subinacl /service x /grant=users=F',
    ]);
    expect(states).toEqual(['onWindows', 'onWindows']);
    const { refusal } = tried(
      `${LOAD}\nsubinacl /keyreg HKEY_LOCAL_MACHINE\\${KEY.replace(' ', '')} /grant=CONTOSO\\x=F`,
      disk(),
    );
    expect(refusal).toBe('UNRESOLVED_LINE');
  });
});

describe('PowerShell', () => {
  it('Get-Acl, rules, owner, Set-Acl', () => {
    const { of, states } = permissions(
      [
        `$p = 'HKLM:\\${KEY}'`,
        '$acl = Get-Acl $p',
        "$r = New-Object System.Security.AccessControl.RegistryAccessRule('NT AUTHORITY\\NETWORK SERVICE', 'ReadKey,SetValue', 'ContainerInherit', 'None', 'Allow')",
        '$acl.SetAccessRule($r)',
        "$acl.AddAccessRule([System.Security.AccessControl.RegistryAccessRule]::new('Everyone', 'SetValue', 'Deny'))",
        "$acl.SetOwner([System.Security.Principal.NTAccount]'BUILTIN\\Users')",
        'Set-Acl -Path $p -AclObject $acl',
        "if ((Get-Acl $p).Owner -eq 'BUILTIN\\Users') { Set-ItemProperty $p Seen 1 }",
      ],
      'a.ps1',
    );
    expect(states.at(-1)).toBe('done');
    expect(of['Control\\Terminal Server']).toMatch(/^O:BU/);
    expect(of['Control\\Terminal Server']).toMatch(/D:[A-Z]*\(D;;[^;]*;;;WD\)/);
    expect(of['Control\\Terminal Server']).toMatch(/\(A;CI;[^;]*;;;NS\)/);
    expect(of['Control\\Terminal Server\\WinStations']).toMatch(/\(A;CIID;[^;]*;;;NS\)/);
  });

  it('SDDL', () => {
    const sddl = 'O:BAG:SYD:PAI(A;CI;KA;;;SY)(A;CI;KA;;;BA)';
    const { of } = permissions(
      [
        `$acl = Get-Acl 'HKLM:\\${KEY}\\WinStations'`,
        `$acl.SetSecurityDescriptorSddlForm('${sddl}')`,
        `$acl | Set-Acl 'HKLM:\\${KEY}\\WinStations'`,
      ],
      'a.ps1',
    );
    expect(of['Control\\Terminal Server\\WinStations']).toBe(sddl);
  });
});
