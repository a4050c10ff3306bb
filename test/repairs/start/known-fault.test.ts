// A profile about a known fault: only where its conditions hold, only files that it names, and never what Windows starts.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isoToFiletime } from '../../../src/base/time.ts';
import { planOptions, planRepair } from '../../../src/repairs/plan.ts';
import { parseProfile } from '../../../src/repairs/profile-file.ts';
import type { MachineView } from '../../../src/repairs/view.ts';
import { type BootDamage, bootDisk, DISK_CLASS } from '../boot-disk.ts';

const CROWDSTRIKE = parseProfile(
  readFileSync(new URL('../../../profiles/crowdstrike-2024-07.json', import.meta.url), 'utf8'),
  'crowdstrike-2024-07.json',
);
const FOLDER = '\\Windows\\System32\\drivers\\CrowdStrike';
const BAD = 'C-00000291-00000000-00000032.sys';
const DURING = isoToFiletime('2024-07-19T04:30:00Z')!;

/** A disk with files of that name and time in CrowdStrike's folder. */
function viewOf(files: Readonly<Record<string, bigint>>, damage: BootDamage = {}, more: Partial<MachineView> = {}) {
  const { view } = bootDisk({
    ...damage,
    set1: {
      ...damage.set1,
      Services: { CSAgent: { Start: 1, Type: 2 }, CSBoot: { Start: 0, Type: 1 }, ...(damage.set1?.Services as object) },
    },
  });
  const base = view();
  const timeOf = (path: string): bigint | null => files[path.slice(FOLDER.length + 1)] ?? null;
  return {
    ...base,
    files: {
      ...base.files!,
      exists: (path: string) => path === FOLDER || timeOf(path) !== null || base.files!.exists(path),
      list: (path: string) => (path === FOLDER ? Object.keys(files) : base.files!.list(path)),
      sizeBytes: (path: string) => (timeOf(path) === null ? null : 1),
      modifiedAt: timeOf,
    },
    ...more,
  };
}
const plan = (view: MachineView, profile = CROWDSTRIKE, given = {}) => planRepair(view, planOptions(profile, given));
const moved = (view: MachineView, given = {}) =>
  plan(view, CROWDSTRIKE, given).edits.flatMap(({ edit }) => (edit.op === 'move-file' ? [edit.path, edit.to] : []));

describe('the CrowdStrike profile', () => {
  it('moves the file of that morning, and no other', () => {
    const view = viewOf({
      [BAD]: DURING,
      'C-00000291-00000000-00000033.sys': isoToFiletime('2024-07-19T05:27:00Z')!,
      'C-00000291-00000000-00000031.sys': isoToFiletime('2024-07-18T04:30:00Z')!,
      'C-00000292-00000000-00000032.sys': DURING,
      'csagent.sys': DURING,
    });
    expect(moved(view)).toEqual([`${FOLDER}\\${BAD}`, `\\hivemend\\commit\\files\\${BAD}`]);
    const { findings, edits } = plan(view);
    expect(findings).toMatchObject([{ code: 'KNOWN_FAULT_FILE', severity: 'error' }]);
    expect(edits.map(({ edit }) => edit.op)).toEqual(['make-folder', 'move-file']);
  });

  it('changes nothing where there is nothing of it', () => {
    expect(plan(bootDisk().view())).toMatchObject({
      edits: [],
      findings: [{ code: 'PROFILE_NOT_CONCERNED' }],
      skipped: [],
    });
    expect(plan(viewOf({})).edits).toEqual([]);
  });

  it('needs a mount on an image, or the services off where that was allowed', () => {
    const view = viewOf({ [BAD]: DURING }, {}, { onlyInPlace: 'it needs a mount' });
    expect(plan(view)).toMatchObject({ edits: [], skipped: [{ why: expect.stringContaining('it needs a mount') }] });
    const instead = plan(view, CROWDSTRIKE, { allowFallback: true });
    expect(instead.edits.map(({ edit }) => ('key' in edit ? edit.key.path[2] : edit.op))).toEqual([
      'CSAgent',
      'CSBoot',
    ]);
    expect(instead.findings.find(({ code }) => code === 'SECURITY_LOWERED')?.text).toContain('without EDR');
    // A disk that does not have the file loses no service.
    expect(plan(viewOf({}, {}, { onlyInPlace: 'x' }), CROWDSTRIKE, { allowFallback: true }).edits).toEqual([]);
  });

  it('takes no more files than were allowed', () => {
    const many = viewOf(Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`C-00000291-${i}.sys`, DURING])));
    expect(plan(many)).toMatchObject({ edits: [], skipped: [{ why: expect.stringContaining('21 files') }] });
    expect(moved(many, { maxFiles: 21 })).toHaveLength(42);
  });

  it('leaves the program of a service that Windows starts', () => {
    const view = viewOf(
      { [BAD]: DURING },
      { set1: { Services: { Odd: { Start: 2, Type: 16, ImagePath: `C:${FOLDER}\\${BAD}` } } } },
    );
    expect(plan(view)).toMatchObject({ edits: [], skipped: [{ why: expect.stringContaining('program of Odd') }] });
  });
});

describe('when and disable', () => {
  const parse = (json: object) => parseProfile(JSON.stringify({ schema: 1, name: 'x', ...json }), 'x.json');
  const disable = [{ service: 'CSAgent', why: 'It crashes.' }];
  const starts = (json: object, damage: BootDamage = {}) =>
    plan(viewOf({}, damage), parse(json)).edits.map(({ edit }) => ('key' in edit ? edit.key.path.join('\\') : ''));

  it('disables a service in the control set that the boot uses alone', () => {
    expect(starts({ disable }, { set2: {} })).toEqual(['ControlSet001\\Services\\CSAgent']);
    expect(starts({ disable: [{ service: 'None', why: 'x' }] })).toEqual([]);
  });

  it('leaves a service that filters devices', () => {
    const damage: BootDamage = {
      set1: { Control: { Class: { [DISK_CLASS]: { UpperFilters: ['partmgr', 'csagent'] } } } },
    };
    const ofOne: BootDamage = {
      set1: { Enum: { SCSI: { Disk: { '5&1': { LowerFilters: ['CSAgent'] } } } } },
    };
    for (const one of [damage, ofOne]) {
      const { edits, skipped } = plan(viewOf({}, one), parse({ disable }));
      expect(edits).toEqual([]);
      expect(skipped[0]?.why).toContain('filters the devices');
    }
  });

  it.each([
    [{ file: '\\Windows\\explorer.exe' }, true],
    [{ file: '\\Windows\\gone.exe' }, false],
    [{ buildFrom: 17000, buildTo: 17763 }, true],
    [{ buildFrom: 19045 }, false],
    [{ hive: 'SYSTEM', key: '{CS}\\Services\\CSAgent', name: 'Start', is: 1 }, true],
    [{ hive: 'SYSTEM', key: '{CS}\\Services\\CSAgent', name: 'Start', is: 4 }, false],
    [{ hive: 'SOFTWARE', key: 'Microsoft\\Windows NT\\CurrentVersion', name: 'CurrentBuildNumber', is: '17763' }, true],
  ])('%j: %s', (condition, holds) => {
    expect(starts({ when: [condition], disable }).length > 0).toBe(holds);
  });

  it.each([
    ['a service without which nothing starts', { disable: [{ service: 'NTFS', why: 'x' }] }, 'disable[0].service'],
    [
      'a pattern for everything',
      { quarantine: [{ files: '\\Windows\\System32\\drivers\\*.sys', why: 'x' }] },
      'quarantine[0].files',
    ],
    [
      'a file elsewhere',
      { quarantine: [{ files: '\\Windows\\System32\\kernel32.dll', why: 'x' }] },
      'quarantine[0].files',
    ],
    [
      'a way out of the folder',
      { quarantine: [{ files: '\\Windows\\System32\\drivers\\..\\ntoskrnl.exe', why: 'x' }] },
      'quarantine[0].files',
    ],
    [
      'a folder by pattern',
      { quarantine: [{ files: '\\Windows\\System32\\drivers\\C*\\abcdef.sys', why: 'x' }] },
      'quarantine[0].files',
    ],
    [
      'a time that is none',
      { quarantine: [{ files: '\\Windows\\System32\\drivers\\abcdef.sys', writtenTo: 'noon', why: 'x' }] },
      'quarantine[0].writtenTo',
    ],
    ['a condition of no kind', { when: [{ is: 1 }] }, 'when[0].hive'],
  ])('is refused with its place: %s', (_title, json, place) => {
    expect(() => parse(json)).toThrow(
      expect.objectContaining({ code: 'BAD_VALUE', message: expect.stringContaining(place) }),
    );
  });
});

describe('elements of the boot store', () => {
  const parse = (bcd: readonly object[]) => parseProfile(JSON.stringify({ schema: 1, name: 'x', bcd }), 'x.json');
  const policy = { object: 'loader', element: '250000e0', data: 1, why: 'It starts whatever failed.' };

  it('are set and deleted, and a second run changes nothing', () => {
    const { disk, view } = bootDisk();
    const profile = parse([
      policy,
      { object: 'loader', element: '0x26000022', data: null, why: 'x' },
      { object: 'bootmgr', element: '26000020', data: false, why: 'x' },
    ]);
    const { edits } = plan(view(), profile);
    expect(edits.map(({ edit }) => edit.op)).toEqual(['create-key', 'set-value', 'set-value']);
    disk.apply(edits.map(({ edit }) => edit));
    expect(plan(view(), profile).edits).toEqual([]);
    const none = plan({ ...view(), bcd: null, bcdMissing: 'no boot store given' }, profile);
    expect(none.skipped[0]?.why).toContain('no boot store given');
  });

  it.each([
    [{ ...policy, data: true }, 'bcd[0].data'],
    [{ ...policy, element: 'x' }, 'bcd[0].element'],
    [{ ...policy, element: '21000001', data: 'x' }, 'bcd[0].data'],
    [{ ...policy, object: 'other' }, 'bcd[0].object'],
  ])('are refused with their place: %j', (json, place) => {
    expect(() => parse([json])).toThrow(
      expect.objectContaining({ code: 'BAD_VALUE', message: expect.stringContaining(place) }),
    );
  });
});
