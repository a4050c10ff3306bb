// --drivers: viostor and vioscsi put on a disk that does not have them, from a folder as virtio-win has it.

import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeUtf16le } from '../../../src/base/text.ts';
import { diagnoseMachine } from '../../../src/repairs/diagnose.ts';
import { parseInf } from '../../../src/repairs/drivers/inf.ts';
import { planOptions, planRepair } from '../../../src/repairs/plan.ts';
import { profileNamed } from '../../../src/repairs/profiles.ts';
import type { MachineView } from '../../../src/repairs/view.ts';
import { hivemend, makeDisk, put, scratch, snapshot } from '../../cli/process.ts';
import { bootDisk } from '../boot-disk.ts';
import { driverProgram, virtioInf } from './virtio.ts';

const FILE = '\\Windows\\System32\\drivers\\viostor.sys';
const ENVIRONMENT = { Control: { 'Session Manager': { Environment: { PROCESSOR_ARCHITECTURE: 'AMD64' } } } };
const options = planOptions(profileNamed('migrate'), { target: 'virtio-blk' });
const GIVEN = { path: '/iso/viostor/w10/amd64/viostor.inf', inf: virtioInf('viostor'), sys: driverProgram() };

/** A disk without viostor, on which the file is there once `hasFile` says so. */
function disk(more: Partial<MachineView> = {}) {
  const { disk, view } = bootDisk({ set1: ENVIRONMENT, set2: {} });
  const asked: unknown[] = [];
  const open = (hasFile = false): MachineView => {
    const base = view();
    const files = { ...base.files!, exists: (path: string) => (hasFile && path === FILE) || base.files!.exists(path) };
    const driverFiles: MachineView['driverFiles'] = (...question) => {
      asked.push(question);
      return GIVEN;
    };
    return { ...base, files, driverFiles, ...more };
  };
  return { disk, open, asked };
}

describe('an INF', () => {
  it('says what a driver needs', () => {
    expect(parseInf(virtioInf('vioscsi'), 'VIOSCSI')).toEqual({
      provider: 'Red Hat, Inc.',
      classGuid: '{4d36e97b-e325-11ce-bfc1-08002be10318}',
      date: '07/12/2023',
      version: '100.94.104.24000',
      errorControl: 1,
      group: 'SCSI miniport',
      file: 'vioscsi.sys',
      parameters: [
        { path: ['Parameters'], name: 'BusType', number: 10 },
        { path: ['Parameters', 'PnpInterface'], name: '5', number: 1 },
      ],
      section: 'scsi_inst',
      ids: [
        'PCI\\VEN_1AF4&DEV_1004&SUBSYS_00021AF4&REV_00',
        'PCI\\VEN_1AF4&DEV_1004',
        'PCI\\VEN_1AF4&DEV_1048&SUBSYS_11001AF4&REV_01',
      ],
    });
    expect(parseInf(virtioInf('vioscsi'), 'viostor')).toBeNull();
    expect(parseInf('', 'viostor')).toBeNull();
  });
});

describe('boot-drivers with --drivers', () => {
  it('makes the platform ready, in every control set, and a second run changes nothing', () => {
    const { disk: made, open, asked } = disk();
    const before = diagnoseMachine(open(), options);
    expect(before.findings[0]).toMatchObject({ code: 'TARGET_DRIVER_ABSENT', repair: 'boot-drivers' });
    expect(asked[0]).toEqual(['viostor', ['w10'], 'amd64']);
    const plan = planRepair(open(), options);
    expect(plan.findings.find(({ code }) => code === 'DRIVER_STAGED')?.text).toMatch(/policy.*antivirus/);
    expect(plan.edits[0]?.edit).toMatchObject({ op: 'write-file', path: FILE });
    made.apply(plan.edits.map(({ edit }) => edit).filter((edit) => 'key' in edit));
    for (const set of ['ControlSet001', 'ControlSet002']) {
      expect(made.system.key([set, 'Services', 'viostor', 'Parameters', 'PnpInterface'])).not.toBeNull();
    }
    const after = diagnoseMachine(open(true), options).findings.map(({ text }) => text);
    expect(after).toEqual([expect.stringMatching(/^Starts on virtio-blk/)]);
    expect(planRepair(open(true), options).edits).toEqual([]);
    // As real hives have it: mark, class, date, version 100.94.104.24000.
    const name = 'viostor.inf_amd64_0000000000000000';
    const version = made.system.value(['DriverDatabase', 'DriverPackages', name], 'Version')!.data();
    expect(Buffer.from(version).toString('hex')).toBe(
      '00ff0900000000007be9364d25e3ce11bfc108002be10318000013cd53b4d901c05d68005e0064000000000000000000',
    );
  });

  it('goes by CriticalDeviceDatabase on Windows 7', () => {
    const { open } = disk();
    const view = open();
    const old = { ...view, machine: { ...view.machine, ntVersion: '6.1', build: '7601' } };
    const keys = planRepair(old, options).edits.flatMap(({ edit }) => ('key' in edit ? [edit.key.path] : []));
    expect(keys).toContainEqual(['ControlSet001', 'Control', 'CriticalDeviceDatabase', 'PCI#VEN_1AF4&DEV_1001']);
    expect(keys.some(([first]) => first === 'DriverDatabase')).toBe(false);
  });

  it.each<[string, Partial<MachineView>, RegExp]>([
    ['on an image', { onlyInPlace: 'it needs a mount' }, /needs a mount/],
    ['that is not in the folder', { driverFiles: () => null }, /does not have viostor for w10, amd64/],
    [
      'for another processor',
      { driverFiles: () => ({ ...GIVEN, sys: driverProgram(0x14c) }) },
      /not a driver for amd64/,
    ],
    ['whose INF installs another', { driverFiles: () => ({ ...GIVEN, inf: '' }) }, /does not install viostor/],
  ])('leaves a driver %s, and says why', (_title, more, why) => {
    const { findings, plan } = diagnoseMachine(disk(more).open(), options);
    expect(plan.edits).toEqual([]);
    expect(findings.find(({ code }) => code === 'TARGET_NOT_POSSIBLE')?.text).toMatch(why);
  });
});

it('from the command line: the file and the hive, and undo gives every byte back', async () => {
  const volume = makeDisk({ SYSTEM: 'SYSTEM-healthy' });
  const iso = scratch();
  mkdirSync(join(iso, 'vioscsi/2k19/amd64'), { recursive: true });
  put(iso, 'vioscsi/2k19/amd64/vioscsi.inf', Uint8Array.from([0xff, 0xfe, ...encodeUtf16le(virtioInf('vioscsi'))]));
  put(iso, 'vioscsi/2k19/amd64/vioscsi.sys', driverProgram());
  for (const path of ['ntdll.dll', 'drivers/disk.sys']) put(volume, `Windows/System32/${path}`, new Uint8Array(1));
  const add = (key: string, ...value: string[]) =>
    hivemend(['reg', 'add', '--volume', volume, `HKLM\\SYSTEM\\${key}`, ...value, '/f']);
  const environment = 'ControlSet001\\Control\\Session Manager\\Environment';
  await add(environment, '/v', 'PROCESSOR_ARCHITECTURE', '/d', 'AMD64');
  await add('DriverDatabase\\DeviceIds\\PCI\\CC_010601');
  await hivemend(['undo', volume, '--forget', '--all', '--yes']);
  const before = snapshot(volume);
  const args = [volume, '--only', 'boot-drivers', '--target', 'virtio-scsi', '--drivers', iso];
  const run = await hivemend(['repair', ...args, '--yes', '--json']);
  expect(run.stderr).toBe('');
  const file = join(volume, 'Windows/System32/drivers/vioscsi.sys');
  expect(readFileSync(file).equals(driverProgram())).toBe(true);
  const ready = await hivemend(['diagnose', volume, '--target', 'virtio-scsi', '--json']);
  expect(ready.report().findings.find(({ code }) => code === 'TARGET_READINESS')?.text).toMatch(/^Starts on/);
  expect((await hivemend(['undo', volume, '--yes'])).stderr).toBe('');
  expect([existsSync(file), snapshot(volume)]).toEqual([false, before]);
  const none = ['repair', volume, '--target', 'virtio-blk', '--drivers', join(iso, 'none')];
  for (const words of [none, ['repair', volume, '--drivers', iso]]) expect((await hivemend(words)).status).toBe(2);
});
