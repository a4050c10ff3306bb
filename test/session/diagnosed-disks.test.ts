// Disks about which a diagnosis could be wrong: a healthy machine with UEFI is broken in one way at a time, and what is said
// of it is all that is said.

import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hivemend, put, type Run, SOFTWARE_PATH, SYSTEM_PATH, scratch } from '../cli/process.ts';
import { DISK_GUID, ESP_GUID, gptDisk, MIB, WINDOWS_GUID } from '../disk/disk-image.ts';
import { mountedDisk } from './mounted-disk.ts';

const STORE = 'EFI/Microsoft/Boot/BCD';
const TERMINAL_SERVER = 'HKLM\\SYSTEM\\ControlSet001\\Control\\Terminal Server';
const LISTENER = `${TERMINAL_SERVER}\\WinStations\\RDP-Tcp`;
const SERVICES = 'HKLM\\SYSTEM\\ControlSet001\\Services';
const RULES = `${SERVICES}\\SharedAccess\\Parameters\\FirewallPolicy\\FirewallRules`;
const BLOCK = 'v2.30|Action=Block|Active=TRUE|Dir=In|';

interface Machine {
  readonly windows: string;
  readonly esp: string;
  run(...args: string[]): Promise<Run>;
  /** reg on the Windows volume. */
  reg(...args: string[]): Promise<void>;
  /** bcdedit on the store. */
  bcdedit(...args: string[]): Promise<void>;
}

async function done(...args: string[]): Promise<void> {
  // As folders, whose file systems are not known.
  const { status, stderr } = await hivemend(args);
  expect([args, status, stderr.replace(/^\(.*\)\n$/, '')]).toEqual([args, 0, '']);
}

const FILES = [SYSTEM_PATH, SOFTWARE_PATH, STORE] as const;

/** The hives of a machine that starts, and that Remote Desktop reaches; they are made once. */
let healthy: Promise<readonly Uint8Array[]> | null = null;

async function makeHealthy(): Promise<readonly Uint8Array[]> {
  const folder = scratch();
  for (const [i, name] of (['SYSTEM-healthy', 'SOFTWARE', 'BCD-uefi'] as const).entries()) put(folder, FILES[i]!, name);
  await done('repair', folder, '--only', 'rdp-certificate', '--yes');
  await pointTo((...args) => done('bcdedit', '/store', join(folder, STORE), ...args), DISK_GUID, WINDOWS_GUID);
  return FILES.map((path) => new Uint8Array(readFileSync(join(folder, path))));
}

async function machine(): Promise<Machine> {
  healthy ??= makeHealthy();
  const hives = await healthy;
  const { host, folders } = mountedDisk(gptDisk(), [
    { driver: 'ext4', offsetBytes: 2 * MIB },
    { driver: 'vfat', offsetBytes: MIB },
  ]);
  const [windows = '', esp = ''] = folders;
  for (const [i, path] of FILES.entries()) put(path === STORE ? esp : windows, path, hives[i]!);
  return {
    windows,
    esp,
    run: (...args) => hivemend(args, { host }),
    reg: (command = '', ...args) => done('reg', command, '--volume', windows, ...args, '/f'),
    bcdedit: (...args) => done('bcdedit', '/store', join(esp, STORE), ...args),
  };
}

/** The loader names that partition. */
async function pointTo(bcdedit: Machine['bcdedit'], disk: string, partition: string): Promise<void> {
  const identity = `C:=gpt:${disk.replace(/[{}]/g, '')}/${partition.replace(/[{}]/g, '')}`;
  for (const element of ['device', 'osdevice']) {
    await bcdedit('/set', '{default}', element, 'partition=C:', '--partition', identity);
  }
}

interface Expected {
  readonly status: number;
  readonly state: string;
  readonly causes: readonly string[];
  readonly warnings: readonly string[];
}

type Row = readonly [title: string, breakIt: (machine: Machine) => Promise<void> | void, expected: Expected];

const clear: Expected = { status: 0, state: 'clear', causes: [], warnings: [] };
const broken = (...causes: string[]): Expected => ({ status: 1, state: 'broken', causes, warnings: [] });

const ROWS: readonly Row[] = [
  ['nothing', () => {}, clear],
  ['SOFTWARE is missing', ({ windows }) => rmSync(join(windows, SOFTWARE_PATH)), broken('SOFTWARE_MISSING')],
  [
    'SOFTWARE is a hive of another kind',
    ({ windows }) => put(windows, SOFTWARE_PATH, 'BCD-bios'),
    broken('REGISTRY_KEY_MISSING'),
  ],
  [
    'SOFTWARE is no hive',
    ({ windows }) => put(windows, SOFTWARE_PATH, new TextEncoder().encode('text')),
    { status: 1, state: 'damaged', causes: ['HIVE_UNREADABLE'], warnings: [] },
  ],
  ['the store is missing', ({ esp }) => rmSync(join(esp, STORE)), broken('BOOT_STORE_MISSING')],
  ['a store of BIOS is left on the volume of Windows', ({ windows }) => put(windows, 'Boot/BCD', 'BCD-bios'), clear],
  [
    'a store of BIOS is left, and that of UEFI is missing',
    ({ windows, esp }) => {
      put(windows, 'Boot/BCD', 'BCD-bios');
      rmSync(join(esp, STORE));
    },
    broken('BOOT_STORE_MISSING'),
  ],
  ['the store has no loader', ({ bcdedit }) => bcdedit('/delete', '{default}'), broken('NO_WINDOWS_LOADER')],
  [
    'the store names another disk',
    ({ bcdedit }) => pointTo(bcdedit, '{11111111-0000-4000-8000-000000000001}', WINDOWS_GUID),
    broken('LOADER_DEVICE_WRONG'),
  ],
  [
    'the store names another partition',
    ({ bcdedit }) => pointTo(bcdedit, DISK_GUID, '{11111111-0000-4000-8000-000000000002}'),
    broken('LOADER_DEVICE_WRONG'),
  ],
  [
    'the store names a folder that is not on the disk',
    ({ bcdedit }) => bcdedit('/set', '{default}', 'systemroot', '\\WINNT'),
    broken('LOADER_SYSTEMROOT_MISSING'),
  ],
  [
    'the store names the partition of the store',
    ({ bcdedit }) => pointTo(bcdedit, DISK_GUID, ESP_GUID),
    broken('NO_LOADER_FOR_WINDOWS'),
  ],
  [
    'Setup runs a command that is gone',
    async ({ reg }) => {
      await reg('add', 'HKLM\\SYSTEM\\Setup', '/v', 'SetupType', '/t', 'REG_DWORD', '/d', '2');
      await reg('add', 'HKLM\\SYSTEM\\Setup', '/v', 'CmdLine', '/d', 'C:\\gone.cmd');
    },
    broken('SETUP_COMMAND_MISSING'),
  ],
  [
    'a prepared image',
    async ({ reg }) => {
      await reg('add', 'HKLM\\SYSTEM\\Setup', '/v', 'SetupType', '/t', 'REG_DWORD', '/d', '2');
      await reg('add', 'HKLM\\SYSTEM\\Setup', '/v', 'SystemSetupInProgress', '/t', 'REG_DWORD', '/d', '1');
      await reg('add', 'HKLM\\SYSTEM\\Setup', '/v', 'OOBEInProgress', '/t', 'REG_DWORD', '/d', '1');
      await reg('add', 'HKLM\\SYSTEM\\Setup', '/v', 'CmdLine', '/d', 'oobe\\windeploy.exe');
    },
    clear,
  ],
  [
    'ServiceDll of TermService is another program',
    ({ reg }) =>
      reg(
        'add',
        `${SERVICES}\\TermService\\Parameters`,
        '/v',
        'ServiceDll',
        '/t',
        'REG_EXPAND_SZ',
        '/d',
        '%SystemRoot%\\System32\\x.dll',
      ),
    broken('SERVICE_DLL'),
  ],
  [
    'ImagePath of TermService is another program',
    ({ reg }) => reg('add', `${SERVICES}\\TermService`, '/v', 'ImagePath', '/d', 'x.exe'),
    broken('SERVICE_IMAGE'),
  ],
  [
    'PdName of the listener is gone',
    ({ reg }) => reg('delete', LISTENER, '/v', 'PdName'),
    broken('LISTENER_TRANSPORT'),
  ],
  [
    'LoadableProtocol_Object is wrong',
    ({ reg }) => reg('add', LISTENER, '/v', 'LoadableProtocol_Object', '/d', '{x}'),
    broken('LISTENER_PROTOCOL'),
  ],
  [
    'a rule blocks TCP',
    ({ reg }) => reg('add', RULES, '/v', 'all', '/d', `${BLOCK}Protocol=6|Name=all|`),
    broken('FIREWALL_BLOCK_RULE'),
  ],
  [
    'a rule blocks everything',
    ({ reg }) => reg('add', RULES, '/v', 'all', '/d', `${BLOCK}Name=all|`),
    broken('FIREWALL_BLOCK_RULE'),
  ],
  [
    'a rule blocks svchost',
    ({ reg }) => reg('add', RULES, '/v', 'all', '/d', `${BLOCK}App=%SystemRoot%\\system32\\svchost.exe|`),
    broken('FIREWALL_BLOCK_RULE'),
  ],
  [
    'a rule blocks another program on 3389',
    ({ reg }) => reg('add', RULES, '/v', 'all', '/d', `${BLOCK}Protocol=6|LPort=3389|App=C:\\x.exe|`),
    clear,
  ],
  [
    'a rule blocks another service on 3389',
    ({ reg }) => reg('add', RULES, '/v', 'all', '/d', `${BLOCK}Protocol=6|LPort=3389|Svc=w3svc|`),
    clear,
  ],
  [
    'a rule blocks the public profile',
    ({ reg }) => reg('add', RULES, '/v', 'all', '/d', `${BLOCK}Protocol=6|Profile=Public|`),
    { ...clear, warnings: ['FIREWALL_BLOCK_RULE'] },
  ],
  [
    'fDenyTSConnections is absent',
    ({ reg }) => reg('delete', TERMINAL_SERVER, '/v', 'fDenyTSConnections'),
    { ...clear, warnings: ['RDP_NOT_ALLOWED'] },
  ],
];

describe('a machine with UEFI', () => {
  it.each<Row>(ROWS)('%s', async (_title, breakIt, expected) => {
    const disk = await machine();
    await breakIt(disk);
    const run = await disk.run('diagnose', disk.windows, disk.esp, '--json');
    const { summary, machine: of } = run.report();
    const codes = (list: typeof summary.causes): string[] => list.map(({ code }) => code);
    const { state, causes, warnings } = summary;
    expect({ status: run.status, state, causes: codes(causes), warnings: codes(warnings) }).toEqual(expected);
    const isSoftwareRead = summary.notChecked.every(({ why }) => !why.startsWith('SOFTWARE was not read'));
    expect(summary.notChecked.map(({ check }) => check).filter((check) => check !== 'certificate')).toEqual(
      // A policy may decide these, whatever SYSTEM says.
      isSoftwareRead ? ['keys'] : ['remote-desktop', 'firewall', 'tls', 'keys', 'authentication'],
    );
    // The edits of this test moved the stamp of Control, and not the time that Windows notes.
    expect(of?.lastShutdown?.iso?.slice(0, 10)).toBe('2024-02-27');
  });

  it('whose store was not given is not called OK', async () => {
    const disk = await machine();
    const run = await disk.run('diagnose', disk.windows, '--json');
    const { summary } = run.report();
    expect([run.status, summary.state, summary.causes]).toEqual([1, 'incomplete', []]);
    const rdp = await disk.run('diagnose', disk.windows, '--symptom', 'rdp', '--json');
    expect([rdp.status, rdp.report().summary.state]).toEqual([0, 'clear']);
  });

  it('that is called OK is not touched', async () => {
    const disk = await machine();
    const { report } = await disk.run('repair', disk.windows, disk.esp, '--needed', '--yes', '--json');
    expect([report().status, report().changes]).toEqual(['unchanged', []]);
  });
});
