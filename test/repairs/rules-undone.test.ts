// Every rule about a Windows that does not start, on a disk of its own: found, fixed, silent afterwards, and undone to the
// byte. B2 names what no registry brings, and fixes it where the driver is given.

import { mkdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { guidToBytes } from '../../src/base/guid.ts';
import { encodeUtf16le } from '../../src/base/text.ts';
import { binary, dword, expandSz } from '../../src/registry/value.ts';
import { hivemend, put, scratch, snapshot } from '../cli/process.ts';
import { ESP_GUID } from '../disk/disk-image.ts';
import { type BootDamage, DISK_CLASS, deviceElement, integerElement, loaderElements } from './boot-disk.ts';
import { driverProgram, virtioInf } from './drivers/virtio.ts';
import { ruleDisk } from './rule-disk.ts';

const set1 = (tree: NonNullable<BootDamage['set1']>): BootDamage => ({ set1: tree });
const services = (tree: NonNullable<BootDamage['set1']>): BootDamage => set1({ Services: tree });
const session = (tree: NonNullable<BootDamage['set1']>): BootDamage => set1({ Control: { 'Session Manager': tree } });
const only = (name: string): string[] => ['--only', name];
const CROWDSTRIKE = fileURLToPath(new URL('../../profiles/crowdstrike-2024-07.json', import.meta.url));
const FAULTY = 'Windows/System32/drivers/CrowdStrike/C-00000291-00000000-00000032.sys';

/** A small dump of 0x50 on 2024-07-19 that blames csagent.sys. */
function dump(): Uint8Array {
  const bytes = new Uint8Array(0x3000);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode('PAGEDU64'));
  view.setUint32(0x38, 0x50, true);
  view.setUint32(0xf98, 4, true);
  view.setBigUint64(0xfa8, 133_658_430_000_000_000n, true);
  view.setUint32(0x2040, 0x2800, true);
  view.setUint32(0x2800, 0x2900, true);
  view.setUint32(0x2900, 11, true);
  bytes.set(encodeUtf16le('csagent.sys'), 0x2904);
  return bytes;
}

/** A folder with viostor, as virtio-win has it. */
function virtioWin(): string {
  const iso = scratch();
  mkdirSync(join(iso, 'viostor/w10/amd64'), { recursive: true });
  put(iso, 'viostor/w10/amd64/viostor.inf', new TextEncoder().encode(virtioInf('viostor')));
  put(iso, 'viostor/w10/amd64/viostor.sys', driverProgram());
  return iso;
}

const letter = (guid: string) =>
  binary(Uint8Array.from([...new TextEncoder().encode('DMIO:ID:'), ...guidToBytes(guid)!]));

interface Rule {
  readonly rule: string;
  readonly damage: BootDamage;
  /** Of the finding; null: nothing on the disk shows it, and the repair is by name. */
  readonly code: string | null;
  readonly repair: () => readonly string[];
}

const RULES: readonly Rule[] = [
  {
    rule: 'B1 the driver of the target is off',
    damage: {},
    code: 'TARGET_DRIVER_OFF',
    repair: () => [...only('boot-drivers'), '--target', 'hyperv'],
  },
  {
    rule: 'B2 the driver of the target is absent, and was given',
    damage: session({ Environment: { PROCESSOR_ARCHITECTURE: 'AMD64' } }),
    code: 'TARGET_DRIVER_ABSENT',
    repair: () => [...only('boot-drivers'), '--target', 'virtio-blk', '--drivers', virtioWin()],
  },
  {
    rule: 'B3 a core driver is off',
    damage: services({ volmgr: { Start: 3 } }),
    code: 'BOOT_DRIVER_OFF',
    repair: () => only('boot-drivers'),
  },
  {
    rule: 'B4 a dead filter',
    damage: set1({ Control: { Class: { [DISK_CLASS]: { UpperFilters: ['partmgr', 'mbrfilter'] } } } }),
    code: 'FILTER_DEAD',
    repair: () => only('dead-filters'),
  },
  {
    rule: 'B5 a base filter is lost',
    damage: {
      remove: [
        {
          op: 'delete-value',
          key: { hive: 'SYSTEM', path: ['ControlSet001', 'Control', 'Class', DISK_CLASS] },
          name: 'UpperFilters',
        },
      ],
    },
    code: 'PARTITION_FILTER_LOST',
    repair: () => only('dead-filters'),
  },
  {
    rule: 'B6 remains of Xen',
    damage: set1({
      Control: { Class: { [DISK_CLASS]: { LowerFilters: ['xenfilt', 'EhStorClass'] } } },
      Services: { xenfilt: { Start: 0, Type: 1 } },
    }),
    code: 'XEN_FILTERS',
    repair: () => only('xen-remains'),
  },
  {
    rule: 'B7 the file of a known fault',
    damage: { files: { [FAULTY]: new Uint8Array(9) } },
    code: 'KNOWN_FAULT_FILE',
    repair: () => ['--profile', CROWDSTRIKE],
  },
  {
    rule: 'B8 the driver that a dump blames',
    damage: {
      ...services({ CSAgent: { Start: 1, Type: 1 } }),
      files: { 'Windows/Minidump/071924-1-01.dmp': dump() },
    },
    code: 'CRASHING_DRIVER',
    repair: () => only('crashing-driver'),
  },
  {
    rule: 'B9 Driver Verifier',
    damage: session({ 'Memory Management': { VerifyDrivers: '*' } }),
    code: 'DRIVER_VERIFIER_ON',
    repair: () => only('driver-verifier'),
  },
  {
    rule: 'B10 Setup over and over',
    damage: { system: { Setup: { SetupType: 2, CmdLine: 'C:\\gone.cmd' } } },
    code: 'SETUP_COMMAND_MISSING',
    repair: () => only('setup-loop'),
  },
  {
    rule: 'B11 an update over and over',
    damage: {
      ...session({ SetupExecute: ['C:\\Windows\\System32\\poqexec.exe /noreboot'] }),
      files: { 'Windows/WinSxS/pending.xml': new Uint8Array(3) },
    },
    code: 'UPDATE_PENDING',
    repair: () => only('pending-updates'),
  },
  {
    rule: 'B13 the line of csrss',
    damage: { ...session({ SubSystems: { Windows: expandSz('gone.exe') } }), set2: {} },
    code: 'SUBSYSTEM_BROKEN',
    repair: () => only('logon-chain'),
  },
  {
    rule: 'B14 the device of the loader',
    damage: { bcd: loaderElements({ '21000001': deviceElement('{a1b2c3d4-0000-4000-8000-0000000000ff}') }) },
    code: 'LOADER_DEVICE_WRONG',
    repair: () => only('boot-device'),
  },
  {
    rule: 'B15 the program of the loader',
    damage: { bcd: loaderElements({ '12000002': { Element: '\\Windows\\system32\\winload.exe' } }) },
    code: 'LOADER_PATH_WRONG',
    repair: () => only('boot-loader'),
  },
  {
    rule: 'B16 no store',
    damage: {
      hasNoStore: true,
      files: { 'Windows/Boot/EFI/bootmgfw.efi': driverProgram(), 'Windows/System32/winload.efi': driverProgram() },
    },
    code: 'BOOT_STORE_MISSING',
    repair: () => only('boot-store'),
  },
  {
    rule: 'B17 memory cut in the loader',
    damage: { bcd: loaderElements({ '15000007': integerElement(0x1000_0000n) }) },
    code: 'LOADER_MEMORY_CUT',
    repair: () => only('boot-loader'),
  },
  { rule: 'B18 recovery over and over', damage: {}, code: null, repair: () => only('recovery-loop') },
  {
    rule: 'B19 the letter of Windows is on another partition',
    damage: { system: { MountedDevices: { '\\DosDevices\\C:': letter(ESP_GUID) } } },
    code: 'SYSTEM_LETTER_WRONG',
    repair: () => only('drive-letters'),
  },
  {
    rule: 'B20 a driver of the network is off',
    damage: services({ netvsc: { Start: 4, Type: 1 } }),
    code: 'NETWORK_DRIVER_OFF',
    repair: () => only('network-after-move'),
  },
  {
    rule: 'B21 disks stay offline',
    damage: services({ partmgr: { Parameters: { SanPolicy: dword(3) } } }),
    code: 'DISKS_STAY_OFFLINE',
    repair: () => only('san-policy'),
  },
];

describe.each(RULES)('$rule', ({ damage, code, repair }) => {
  it('is found, fixed, silent afterwards, and undone to the byte', async () => {
    const { host, folders } = ruleDisk(damage);
    if (damage.files?.[FAULTY]) {
      const time = new Date('2024-07-19T04:30:00Z');
      utimesSync(join(folders[0]!, FAULTY), time, time);
    }
    const before = folders.map(snapshot);
    const args = [...folders, ...repair(), '--yes', '--json'];
    const fixed = await hivemend(['repair', ...args], { host });
    expect(fixed.stderr).toBe('');
    const { findings, changes, summary } = fixed.report();
    if (code !== null) expect([...findings, ...summary.fixed].map((finding) => finding.code)).toContain(code);
    expect(changes.length).toBeGreaterThan(0);
    expect(summary.causes.map((cause) => cause.code)).not.toContain(code);
    expect(folders.map(snapshot)).not.toEqual(before);
    const again = (await hivemend(['repair', ...args], { host })).report();
    expect([again.status, again.findings.filter((finding) => finding.code === code)]).toEqual(['unchanged', []]);
    expect((await hivemend(['undo', ...folders, '--yes'], { host })).stderr).toBe('');
    expect(folders.map(snapshot)).toEqual(before);
  });
});

it('none of them speaks of a healthy disk', async () => {
  const { host, folders } = ruleDisk({});
  const found = await hivemend(['diagnose', ...folders, '--symptom', 'boot', '--json'], { host });
  const { summary, findings } = found.report();
  expect([summary.state, summary.causes, summary.warnings]).toEqual(['clear', [], []]);
  const codes = findings.map(({ code }) => code);
  for (const { code } of RULES) if (code !== null) expect(codes).not.toContain(code);
});

// B12, hives that were not closed: recover-hives.test.ts, and test/hive/rebuild for what is damaged.
