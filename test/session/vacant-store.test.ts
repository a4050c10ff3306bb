// A boot store that is missing, empty or all zeros is made again: found, planned, committed, read by others, and undone.

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hivemend as hivemendOn, put, SOFTWARE_PATH, SYSTEM_PATH, scratch, snapshot } from '../cli/process.ts';
import { gptDisk, MIB, mbrDisk } from '../disk/disk-image.ts';
import { mountedDisk } from './mounted-disk.ts';

/** The beginning of a program for a processor: 0x8664 is x64, 0xaa64 is ARM. */
function program(machine: number, text: string): Uint8Array {
  const bytes = new Uint8Array(1024);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 0x5a4d, true);
  view.setUint32(0x3c, 0x80, true);
  view.setUint32(0x80, 0x4550, true);
  view.setUint16(0x84, machine, true);
  bytes.set(new TextEncoder().encode(text), 512);
  return bytes;
}

const X64 = 0x8664;
const ARM64 = 0xaa64;

function windowsOn(folder: string, machine = X64): void {
  put(folder, SYSTEM_PATH, 'SYSTEM-healthy');
  put(folder, SOFTWARE_PATH, 'SOFTWARE');
  put(folder, 'Windows/System32/winload.efi', program(X64, 'winload'));
  put(folder, 'Windows/Boot/EFI/bootmgfw.efi', program(machine, 'boot manager'));
  put(folder, 'Windows/Boot/PCAT/bootmgr', new TextEncoder().encode('boot manager of a BIOS'));
}

/** Windows and its EFI system partition, mounted. */
function uefi(store: Uint8Array | null, machine = X64) {
  const { host, folders } = mountedDisk(gptDisk(), [
    { driver: 'ext4', offsetBytes: 2 * MIB },
    { driver: 'vfat', offsetBytes: MIB },
  ]);
  const [windows = '', esp = ''] = folders;
  windowsOn(windows, machine);
  put(esp, STORE, store);
  return { windows, esp, run: (...args: string[]) => hivemendOn(args, { host }) };
}

const STORE = 'EFI/Microsoft/Boot/BCD';

/** Windows on the active partition of an MBR disk, and a data volume. */
function bios(windowsAt: 0 | 1) {
  const { host, folders } = mountedDisk(mbrDisk(), [
    { driver: 'ext4', offsetBytes: MIB },
    { driver: 'ext4', offsetBytes: 5 * MIB },
  ]);
  windowsOn(folders[windowsAt]!);
  return { active: folders[0]!, folders, run: (...args: string[]) => hivemendOn(args, { host }) };
}

const isThere = (tool: string): boolean => spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0;

describe.each([
  ['missing', null, 'BOOT_STORE_MISSING'],
  ['empty', new Uint8Array(0), 'BOOT_STORE_EMPTY'],
  ['all zeros', new Uint8Array(32_768), 'BOOT_STORE_EMPTY'],
] as const)('a store of UEFI that is %s', (_title, store, code) => {
  it('is found, made again by name, read by bcdedit, and undone to the byte', async () => {
    const { windows, esp, run } = uefi(store);
    put(esp, `${STORE}.LOG`, new Uint8Array(4096).fill(7));
    const before = snapshot(esp);
    const found = await run('diagnose', windows, esp, '--symptom', '0xC000000F', '--json');
    expect(found.report().summary.causes[0]).toMatchObject({ code, repair: 'boot-store' });

    const made = await run('repair', windows, esp, '--only', 'boot-store', '--yes', '--json');
    expect([made.status, made.stderr]).toEqual([0, '']);
    expect(made.report().findings.map((finding) => finding.code)).toEqual(
      expect.arrayContaining(['BOOT_STORE_UNTRIED', 'BOOT_MANAGER_COPIED']),
    );
    const listed = await run('bcdedit', '/store', join(esp, STORE), '/enum', 'all', '/v');
    expect(listed.stdout).toMatch(/default\s+\{68697665-6d65-4e64-8000-000000000001\}/);
    expect(listed.stdout).toMatch(/path\s+\\Windows\\system32\\winload\.efi/i);
    expect(listed.stdout).toMatch(/systemroot\s+\\Windows/);
    const copied = readFileSync(join(windows, 'Windows/Boot/EFI/bootmgfw.efi'));
    for (const path of ['EFI/Microsoft/Boot/bootmgfw.efi', 'EFI/Boot/bootx64.efi']) {
      expect(readFileSync(join(esp, path)).equals(copied)).toBe(true);
    }
    expect(existsSync(join(esp, `${STORE}.LOG`))).toBe(false);
    expect((await run('diagnose', windows, esp, '--symptom', 'boot', '--json')).report().summary.causes).toEqual([]);
    const again = await run('repair', windows, esp, '--only', 'boot-store', '--yes', '--json');
    expect(again.report().status).toBe('unchanged');

    expect((await run('undo', windows, esp, '--yes')).stderr).toBe('');
    expect(snapshot(esp)).toEqual(before);
  });
});

describe('a store of UEFI', () => {
  it('is made with the boot manager that is there, whatever its bytes', async () => {
    const { windows, esp, run } = uefi(null);
    put(esp, 'EFI/Microsoft/Boot/bootmgfw.efi', new TextEncoder().encode('newer'));
    expect((await run('repair', windows, esp, '--only', 'boot-store', '--yes')).status).toBe(0);
    expect(readFileSync(join(esp, 'EFI/Microsoft/Boot/bootmgfw.efi'), 'utf8')).toBe('newer');
  });

  it('is not made with a boot manager for another processor, and the way on is named', async () => {
    const { windows, esp, run } = uefi(null, ARM64);
    const refused = await run('repair', windows, esp, '--only', 'boot-store', '--dry-run', '--json');
    expect(refused.report().changes).toEqual([]);
    expect(refused.report().skipped[0]?.why).toMatch(/processor.*bcdboot/s);
  });

  it('is left alone where there is anything in it, and a damaged one is said to be rebuilt first', async () => {
    const damaged = new Uint8Array(8192).fill(0x5a);
    const { windows, esp, run } = uefi(damaged);
    const made = await run('repair', windows, esp, '--only', 'boot-store', '--yes', '--json');
    expect(made.report().skipped[0]?.why).toContain('hivemend rebuild');
    expect(readFileSync(join(esp, STORE)).equals(damaged)).toBe(true);
  });

  it('is planned, approved and applied, but not over a store that somebody made in between', async () => {
    const { windows, esp, run } = uefi(null);
    const plan = join(scratch(), 'plan.json');
    expect((await run('repair', windows, esp, '--only', 'boot-store', '--plan', plan)).status).toBe(0);
    put(esp, STORE, 'BCD-uefi');
    const late = await run('apply', plan, windows, esp, '--yes');
    expect([late.status, late.stderr]).toEqual([5, expect.stringContaining('there by now')]);
    writeFileSync(join(esp, STORE), '');
    expect((await run('apply', plan, windows, esp, '--yes')).stderr).toBe('');
    expect(readFileSync(join(esp, STORE), 'latin1').slice(0, 4)).toBe('regf');
  });

  it.skipIf(!isThere('hivexsh'))('is read by hivexsh', async () => {
    const { windows, esp, run } = uefi(null);
    await run('repair', windows, esp, '--only', 'boot-store', '--yes');
    const store = join(esp, STORE);
    const input = 'cd Objects\\{9dea862c-5cdd-4e70-acc1-f32b344d4795}\\Elements\\23000003\nlsval Element\n';
    expect(execFileSync('hivexsh', [store], { input, encoding: 'utf8' })).toContain('{68697665-');
  });
});

describe('a store of BIOS', () => {
  it('is made where Windows lies on the active partition, with the device "boot"', async () => {
    const { active, run } = bios(0);
    const before = snapshot(active);
    expect((await run('repair', active, '--only', 'boot-store', '--yes')).stderr).toBe('');
    const listed = await run('bcdedit', '/store', join(active, 'Boot/BCD'), '/enum', 'all', '/v');
    expect(listed.stdout).toMatch(/osdevice\s+boot/);
    expect(listed.stdout).toMatch(/winload\.exe/);
    expect(readFileSync(join(active, 'bootmgr'), 'utf8')).toBe('boot manager of a BIOS');
    expect((await run('undo', active, '--yes')).status).toBe(0);
    expect(snapshot(active)).toEqual(before);
  });

  it('is left to bcdboot where Windows lies elsewhere', async () => {
    const { folders, run } = bios(1);
    const found = await run('diagnose', ...folders, '--symptom', 'boot', '--json');
    const cause = found.report().summary.causes.find(({ code }) => code === 'BOOT_STORE_MISSING');
    expect(cause?.text).toContain('/f BIOS');
    expect(cause?.repair).toBeNull();
    const refused = await run('repair', ...folders, '--only', 'boot-store', '--dry-run', '--json');
    expect(refused.report().changes).toEqual([]);
  });
});

describe('--firmware', () => {
  it('names it where the disk does not, and is refused where the disk says the other', async () => {
    const untyped = gptDisk();
    // The partition of the store has lost its type.
    untyped.fill(0x11, 1024, 1040);
    const { host, folders } = mountedDisk(untyped, [
      { driver: 'ext4', offsetBytes: 2 * MIB },
      { driver: 'vfat', offsetBytes: MIB },
    ]);
    windowsOn(folders[0]!);
    mkdirSync(join(folders[1]!, 'EFI'));
    const repair = (...more: string[]) =>
      hivemendOn(['repair', ...folders, '--only', 'boot-store', '--yes', '--json', ...more], { host });
    expect((await repair()).report().skipped[0]?.why).toContain('--firmware');
    expect((await repair('--firmware', 'bios')).status).toBe(2);
    expect((await repair('--firmware', 'uefi')).status).toBe(0);
    expect(existsSync(join(folders[1]!, STORE))).toBe(true);
  });
});
