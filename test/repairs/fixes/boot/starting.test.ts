// What keeps Windows from starting: each is found first, taken away by its repair, silent afterwards, and given back to
// the byte by the inverse of its edits. A disk that starts has none of it.

import { describe, expect, it } from 'vitest';
import { expandSz } from '../../../../src/registry/value.ts';
import { diagnoseMachine } from '../../../../src/repairs/diagnose.ts';
import { type PlanOptions, planOptions, planRepair } from '../../../../src/repairs/plan.ts';
import { profileNamed } from '../../../../src/repairs/profiles.ts';
import {
  type BootDamage,
  bootDisk,
  CSRSS,
  DISK_CLASS,
  deviceElement,
  integerElement,
  loaderElements,
} from '../../boot-disk.ts';
import { BOOT_ROWS, filters, OTHER_GUID, services, session, winlogon } from '../../boot-rows.ts';

const DEFAULTS = planOptions(profileNamed('rdp-internal-error'), {});
const BOOT = planOptions(profileNamed('boot'), {});
const only = (name: string, target?: string): PlanOptions =>
  planOptions(profileNamed('boot'), target === undefined ? {} : { target }, { only: [name] });

const dump = (disk: ReturnType<typeof bootDisk>['disk']): string =>
  JSON.stringify(
    [disk.system, disk.software, disk.bcd].map((hive) =>
      [...hive.walk()].map((key) => [key.path, key.values().map(({ name, type, data }) => [name, type, [...data()]])]),
    ),
  );

describe('a disk that starts', () => {
  it('gives no finding, whatever hives and files are known', () => {
    expect(diagnoseMachine(bootDisk().view(), DEFAULTS).findings).toEqual([]);
    expect(diagnoseMachine({ ...bootDisk().view(), files: null }, DEFAULTS).findings).toEqual([]);
    expect(planRepair(bootDisk().view(), BOOT).fixes).toEqual([]);
  });

  it('is left alone where a sign is of a healthy machine', () => {
    const odd: readonly BootDamage[] = [
      services({ pci: { StartOverride: { '0': 3 } } }),
      services({ vmbus: { Start: 3 }, pvscsi: {} }),
      session({ BootExecute: ['autocheck autochk /q /v *', '\\??\\C:\\x.exe /q'], SetupExecute: ['x'] }),
      winlogon({ Shell: 'cmd.exe /c start' }),
      winlogon({ Userinit: 'userinit.exe' }),
      { bcd: loaderElements({ '25000061': integerElement(2n) }) },
      filters(DISK_CLASS, { UpperFilters: ['PartMgr'], LowerFilters: [] }),
      session({ 'Memory Management': { VerifyDrivers: '' } }),
    ];
    for (const damage of odd) {
      expect(diagnoseMachine(bootDisk(damage).view(), DEFAULTS).findings).toEqual([]);
    }
  });
});

describe.each(BOOT_ROWS)('%s', (_title, damage, code, repair) => {
  const first = () => diagnoseMachine(bootDisk(damage).view(), DEFAULTS).findings[0];

  it(`is found first, as ${code}`, () => {
    expect(first()).toMatchObject({ code, ...(repair === null ? {} : { repair }) });
    expect(first()?.text).not.toMatch(/undefined|\.\.$/);
  });

  if (repair === null) return;

  it(`is fixed by ${repair}, silent afterwards, and the boot profile fixes the same`, () => {
    const { disk, view } = bootDisk(damage);
    const before = dump(disk);
    const plan = planRepair(view(), only(repair));
    expect(plan.edits.length).toBeGreaterThan(0);
    expect(plan.edits.every(({ fixes }) => fixes !== null)).toBe(true);
    disk.apply(plan.edits.map(({ edit }) => edit));
    expect(dump(disk)).not.toBe(before);
    expect(diagnoseMachine(view(), DEFAULTS).findings).toEqual([]);
    expect(planRepair(view(), only(repair)).edits).toEqual([]);
    // The boot profile fixes the same, and no more.
    const other = bootDisk(damage);
    expect(planRepair(other.view(), BOOT).fixes.map(({ edit }) => edit)).toEqual(plan.edits.map(({ edit }) => edit));
  });
});

describe('Userinit', () => {
  const without = (...names: string[]) => {
    const { disk, view } = bootDisk();
    const path = ['Microsoft', 'Windows NT', 'CurrentVersion', 'Winlogon'];
    disk.software.apply(names.map((name) => ({ op: 'delete-value', key: { hive: 'SOFTWARE', path }, name })));
    return diagnoseMachine(view(), DEFAULTS).findings.map(({ code }) => code);
  };

  it('that is absent is a cause, but not in an excerpt', () => {
    expect(without('Userinit')).toEqual(['USERINIT_BROKEN']);
    expect(without('Userinit', 'Shell')).toEqual([]);
  });
});

describe('what a repair keeps', () => {
  const edit = (damage: BootDamage, repair: string) =>
    planRepair(bootDisk(damage).view(), only(repair)).edits.map((planned) => planned.edit);

  it('the order of the other filters, and no empty list', () => {
    const { disk, view } = bootDisk(
      filters(DISK_CLASS, { UpperFilters: ['a', 'partmgr', 'b', 'EhStorClass'], LowerFilters: ['c'] }),
    );
    disk.apply(planRepair(view(), only('dead-filters')).edits.map((planned) => planned.edit));
    const key = disk.system.key(['ControlSet001', 'Control', 'Class', DISK_CLASS]);
    expect(key?.values().map(({ name }) => name)).toEqual(['UpperFilters']);
    expect(Buffer.from(key!.value('UpperFilters')!.data()).toString('utf16le')).toBe('partmgr\0EhStorClass\0\0');
  });

  it('filters of disk encryption, whatever state they are in', () => {
    expect(edit(filters(DISK_CLASS, { UpperFilters: ['veracrypt', 'partmgr'] }), 'dead-filters')).toEqual([]);
  });

  it('a filter whose file may be there: only hives were given, or the drivers cannot be listed', () => {
    const damage: BootDamage = {
      set1: {
        Control: { Class: { [DISK_CLASS]: { LowerFilters: ['gone'] } } },
        Services: { gone: { Start: 0, Type: 1, ImagePath: expandSz('system32\\drivers\\gone.sys') } },
      },
    };
    const { view } = bootDisk(damage);
    expect(planRepair({ ...view(), files: null }, only('dead-filters')).edits).toEqual([]);
    expect(edit({ ...damage, gone: ['\\Windows\\System32\\drivers\\disk.sys'] }, 'dead-filters')).toEqual([]);
  });

  it('what else Userinit starts, where it is there', () => {
    const [planned] = edit(winlogon({ Userinit: 'C:\\gone\\x.exe,C:\\Windows\\explorer.exe' }), 'logon-chain');
    expect(planned).toMatchObject({ name: 'Userinit' });
    const hex = planned && 'value' in planned ? planned.value.hex : '';
    expect(Buffer.from(hex, 'hex').toString('utf16le')).toBe(
      'C:\\Windows\\system32\\userinit.exe,C:\\Windows\\explorer.exe,\0',
    );
  });

  it('everything of a device element but the ids', () => {
    const element = deviceElement(OTHER_GUID).Element as { hex: string };
    const hex = `${'ab'.repeat(16)}${element.hex.slice(32)}`;
    const damage: BootDamage = { bcd: loaderElements({ '21000001': { Element: { type: 3, hex } } }) };
    const [planned] = edit(damage, 'boot-device');
    expect(planned && 'value' in planned ? planned.value.hex.slice(0, 64) : '').toBe(hex.slice(0, 64));
  });

  it('the line of csrss is that of the other control set', () => {
    const { disk, view } = bootDisk({ ...session({ SubSystems: { Windows: 'x' } }), set2: {} });
    disk.apply(planRepair(view(), only('logon-chain')).edits.map((planned) => planned.edit));
    const value = disk.system.value(['ControlSet001', 'Control', 'Session Manager', 'SubSystems'], 'Windows');
    expect(Buffer.from(value!.data()).toString('utf16le')).toBe(`${CSRSS}\0`);
  });
});

describe('--target', () => {
  const states = (damage: BootDamage = {}, more = {}) =>
    Object.fromEntries(
      diagnoseMachine(
        { ...bootDisk(damage).view(), ...more },
        planOptions(profileNamed('boot'), { target: 'all' }),
      ).findings.map(({ text }) => {
        const [, said, name] = /^(.*?) (\S+) \(/.exec(text) ?? [];
        return [name, said];
      }),
    );

  it('all: one line a platform, and its own controller is ready', () => {
    const off = 'Does not start yet on';
    const no = 'Does not start on';
    expect(states()).toEqual({
      hyperv: off,
      'azure-gen2': off,
      'azure-nvme': off,
      'virtio-blk': no,
      'virtio-scsi': no,
      ahci: 'Starts on',
      ide: off,
      'lsi-sas': off,
      pvscsi: no,
      'aws-nitro': off,
      nvme: off,
    });
  });

  it('says that it cannot be told where files are not known', () => {
    expect(states({}, { files: null })).toMatchObject({ ahci: 'Cannot be told for' });
  });

  it.each(['hyperv', 'azure-gen2', 'azure-nvme', 'ide', 'lsi-sas', 'nvme', 'aws-nitro'])(
    '%s: boot-drivers makes it ready',
    (target) => {
      const { disk, view } = bootDisk();
      const options = only('boot-drivers', target);
      expect(diagnoseMachine(view(), options).findings[0]?.code).toBe('TARGET_DRIVER_OFF');
      disk.apply(planRepair(view(), options).edits.map(({ edit }) => edit));
      const after = diagnoseMachine(view(), options).findings;
      expect(after.map(({ code }) => code)).toEqual(['TARGET_READINESS']);
      expect(after[0]?.text).toMatch(/^Starts on/);
      expect(planRepair(view(), options).edits).toEqual([]);
    },
  );

  it('names what the registry cannot bring, and edits nothing', () => {
    const options = only('boot-drivers', 'virtio-scsi');
    const { findings, plan } = diagnoseMachine(bootDisk().view(), options);
    expect(findings[0]).toMatchObject({ code: 'TARGET_NOT_POSSIBLE', severity: 'error' });
    expect(findings[0]?.text).toContain('vioscsi is not installed (it comes with virtio-win)');
    expect(plan.edits).toEqual([]);
    const noFile: BootDamage = { gone: ['\\Windows\\System32\\drivers\\stornvme.sys'] };
    const nvme = diagnoseMachine(bootDisk(noFile).view(), only('boot-drivers', 'nvme'));
    expect(nvme.findings[0]?.text).toContain('stornvme.sys is not on this disk');
    expect(nvme.plan.edits).toEqual([]);
  });

  it('knows the firmware: a BIOS disk does not start on a machine of UEFI alone', () => {
    const view = bootDisk().view();
    const bios = { ...view, machine: { ...view.machine, firmware: 'bios' as const } };
    const found = diagnoseMachine(bios, only('boot-drivers', 'azure-gen2')).findings;
    expect(found.find(({ code }) => code === 'TARGET_NOT_POSSIBLE')?.text).toContain('starts by BIOS');
  });
});
