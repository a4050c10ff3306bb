import { describe, expect, it } from 'vitest';
import type { HiveEdit } from '../../src/registry/edit.ts';
import { binary } from '../../src/registry/value.ts';
import { describeMachine, readControlSets, selectControlSets } from '../../src/repairs/machine.ts';
import { planOptions, planRepair } from '../../src/repairs/plan.ts';
import { profileNamed } from '../../src/repairs/profiles.ts';
import { isBeforeVista, windowsEra } from '../../src/repairs/version.ts';
import { Disk, MACHINE_GUID } from './disks.ts';
import { MemoryHive } from './memory-hive.ts';

describe('the machine', () => {
  it('is described by its hives', () => {
    expect(describeMachine(new Disk().system, new Disk().software, 'bios')).toMatchObject({
      computerName: 'RESCUE01',
      domain: null,
      product: 'Windows of the tests',
      ntVersion: '10.0',
      build: '17763',
      machineGuid: MACHINE_GUID,
      firmware: 'bios',
    });
  });

  it('has the numbers of its version where it keeps them, else the text', () => {
    expect(new Disk({ ntVersion: '6.1' }).view().machine.ntVersion).toBe('6.1');
    expect(new Disk({ ntVersion: 'unknown' }).view().machine.ntVersion).toBeNull();
    expect(describeMachine(new Disk().system, null).ntVersion).toBeNull();
  });

  it('calls Windows 11 by its name, with release and revision', () => {
    const disk = new Disk({
      software: {
        Microsoft: {
          'Windows NT': {
            CurrentVersion: {
              ProductName: 'Windows 10 Pro',
              CurrentBuildNumber: '22631',
              DisplayVersion: '23H2',
              UBR: 3007,
            },
          },
        },
      },
    });
    expect(disk.view().machine).toMatchObject({ product: 'Windows 11 Pro 23H2', build: '22631.3007' });
  });

  it('is in the domain that Group Policy or TCP/IP names', () => {
    const byPolicy = {
      Microsoft: {
        Windows: {
          CurrentVersion: {
            'Group Policy': { State: { Machine: { 'Distinguished-Name': 'CN=PC,OU=Desks,DC=corp,DC=example' } } },
          },
        },
      },
    };
    expect(new Disk({ software: byPolicy }).view().machine.domain).toBe('corp.example');
    const byName = { Services: { Tcpip: { Parameters: { Domain: 'corp.example' } } } };
    expect(new Disk({ set1: byName }).view().machine.domain).toBe('corp.example');
  });

  it('survives a hive with nothing in it', () => {
    expect(describeMachine(new MemoryHive('SYSTEM'), new MemoryHive('SOFTWARE'))).toEqual({
      computerName: null,
      domain: null,
      product: null,
      ntVersion: null,
      build: null,
      machineGuid: null,
      firmware: null,
      lastShutdown: null,
      lastBoot: null,
      controlSets: [],
    });
  });

  it('has no shutdown time where the value is not eight bytes', () => {
    const odd = { Control: { Windows: { ShutdownTime: binary(new Uint8Array(4)) } } };
    expect(new Disk({ set1: odd }).view().machine.lastShutdown).toBeNull();
  });

  it('is of before Vista by its version, else by the services that it has, else by the host of Terminal Services', () => {
    expect(isBeforeVista(new Disk({ ntVersion: '5.1' }).view())).toBe(true);
    expect(isBeforeVista(new Disk({ ntVersion: '6.0' }).view())).toBe(false);
    const old = { Services: { TermService: { ImagePath: '%SystemRoot%\\System32\\svchost -k DComLaunch' } } };
    const since = ['nsi', 'nsiproxy', 'mpssvc', 'RpcEptMapper', 'SharedAccess'];
    const remove = since.map((name) => deletion('ControlSet001', 'Services', name));
    expect(windowsEra(new Disk({ ntVersion: 'unknown', set1: old }).view())).toBe('new');
    expect(windowsEra(new Disk({ ntVersion: 'unknown', remove }).view())).toBe('old');
    const excerpt = new Disk({ ntVersion: 'unknown', remove: [deletion('ControlSet001', 'Services')] });
    expect(windowsEra(excerpt.view())).toBeNull();
    excerpt.system.merge({ ControlSet001: old });
    expect(windowsEra(excerpt.view())).toBe('old');
  });
});

const deletion = (...path: string[]): HiveEdit => ({ op: 'delete-key', key: { hive: 'SYSTEM', path } });

describe('control sets', () => {
  const sets = readControlSets(
    new MemoryHive('SYSTEM', {
      ControlSet002: {},
      ControlSet001: {},
      ControlSet12: {},
      Other: {},
      Select: { Current: 1, Default: 2, LastKnownGood: 2, Failed: 7 },
    }),
  );

  it('are the keys of that form, in order, with what Select says of each', () => {
    expect(sets).toEqual([
      { name: 'ControlSet001', number: 1, isCurrent: true, isDefault: false, isLastKnownGood: false, isFailed: false },
      { name: 'ControlSet002', number: 2, isCurrent: false, isDefault: true, isLastKnownGood: true, isFailed: false },
    ]);
  });

  it('are chosen by word or number', () => {
    const names = (...args: Parameters<typeof selectControlSets>) => selectControlSets(...args).map((set) => set.name);
    expect(names(sets, 'existing')).toEqual(['ControlSet001', 'ControlSet002']);
    expect(names(sets, 'current')).toEqual(['ControlSet001']);
    expect(names(sets, [2])).toEqual(['ControlSet002']);
    expect(names(sets, 'existing', [3])).toEqual(['ControlSet001', 'ControlSet002', 'ControlSet003']);
    expect(names(sets, [1, 3], [3])).toEqual(['ControlSet001', 'ControlSet003']);
  });

  it('refuse a number that does not exist or cannot', () => {
    expect(() => selectControlSets(sets, [9])).toThrow(expect.objectContaining({ code: 'KEY_NOT_FOUND' }));
    expect(() => selectControlSets(sets, 'existing', [1000])).toThrow(
      expect.objectContaining({ code: 'BAD_ARGUMENT' }),
    );
    expect(() => selectControlSets([], 'current')).toThrow(expect.objectContaining({ code: 'KEY_NOT_FOUND' }));
  });
});

describe('the last known good configuration', () => {
  it('is chosen by what Select says, and the set that is left is the failed one', () => {
    const options = planOptions(profileNamed('all'), {}, { only: ['select-last-known-good'] });
    const disk = new Disk({ set2: {} });
    disk.apply(planRepair(disk.view(), options).edits.map(({ edit }) => edit));
    expect(readControlSets(disk.system)).toMatchObject([
      { name: 'ControlSet001', isCurrent: false, isDefault: false, isFailed: true },
      { name: 'ControlSet002', isCurrent: true, isDefault: true, isLastKnownGood: true, isFailed: false },
    ]);
    expect(planRepair(disk.view(), options).edits).toEqual([]);
    // Where Default is the last known good set already there is nothing to go back to.
    expect(planRepair(new Disk().view(), options).edits).toEqual([]);
  });
});
