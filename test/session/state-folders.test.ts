// Journals of devices, which have no place beside them: a commit that was cut off stops its own disk under whatever name
// that is given, and no other disk.

import { dirname } from 'node:path';
import { expect, it } from 'vitest';
import { runCli } from '../../src/cli/program.ts';
import type { CliContext } from '../../src/cli/terminal.ts';
import { writeState } from '../../src/commit/journal/journal.ts';
import type { BlockSource } from '../../src/disk/image/blocks.ts';
import type { Host } from '../../src/host.ts';
import type { Report } from '../../src/report.ts';
import { Disk } from '../commit/disk-simulator.ts';
import { hostOf } from '../commit/rows.ts';
import { MIB, withBackup } from '../disk/disk-image.ts';
import { madeDisk } from '../disk/image/made-disk.ts';
import { memoryBlocks } from '../disk/image/memory-blocks.ts';
import { describeNtfs } from '../disk/ntfs-image.ts';
import { FIXTURE_FILETIME, fixtureEngine } from '../fixture-hives.ts';

const SHARED = '/srv/journals';
const WINDOWS_AT = 2 * MIB;

/** As the next machine has it: other serials, another disk GUID. */
function another(disk: Uint8Array): Uint8Array {
  const bytes = Uint8Array.from(disk);
  bytes[WINDOWS_AT + 0x48]! ^= 0xff;
  bytes[MIB + 39]! ^= 0xff;
  bytes[512 + 56]! ^= 0xff;
  return withBackup(bytes);
}

interface Machine {
  call(...argv: string[]): Promise<{ readonly status: number; readonly text: string }>;
  report(...argv: string[]): Promise<Report>;
  /** Leaves the journal of a commit as a power cut would. */
  cutOff(report: Report): void;
  readonly own: Disk;
}

function machineWith(disks: ReadonlyMap<string, Uint8Array>, hasStateFolder = true): Machine {
  const own = new Disk();
  own.mkdirSync('/srv');
  own.mkdirSync('/var');
  if (hasStateFolder) own.mkdirSync('/var/lib');
  const writing = hostOf(own, 'boot-1');
  const sources = new Map([...disks].map(([name, bytes]) => [name, (): BlockSource => memoryBlocks(bytes)] as const));
  let calls = 0;
  const host: Host = {
    ...writing,
    writing,
    engine: fixtureEngine(),
    style: 'posix',
    liveWindows: null,
    disks: { fs: own, style: 'posix', sources } as unknown as Host['disks'],
    freeBytes: () => null,
    writeError: () => null,
    wait: () => {},
    now: () => FIXTURE_FILETIME,
    random: (sizeBytes) => {
      calls += 1;
      return new Uint8Array(sizeBytes).fill(calls);
    },
  };
  const call: Machine['call'] = async (...argv) => {
    let text = '';
    const say = (chunk: string | Uint8Array): void => {
      text += typeof chunk === 'string' ? chunk : new TextDecoder().decode(chunk);
    };
    const terminal: CliContext['terminal'] = {
      isStdinTty: false,
      isStdoutTty: false,
      isStderrTty: false,
      env: {},
      platform: 'linux',
      cwd: '/',
      stdout: say,
      stream: say,
      stderr: say,
      readStdin: () => new Uint8Array(0),
      confirm: () => false,
    };
    return { status: await runCli(argv, { host, terminal }), text };
  };
  return {
    call,
    report: async (...argv) => JSON.parse((await call(...argv, '--json')).text) as Report,
    cutOff: (report) => writeState(writing, report.undo!.journal, 'committing'),
    own,
  };
}

describeNtfs('journals of disks that have no place beside them', (images) => {
  it.each([
    ['in the folder of each disk', []],
    ['in one --state-dir', ['--state-dir', SHARED]],
  ])(
    '%s: one that was cut off stops its disk, and no other',
    async (_where, place) => {
      const first = madeDisk(images);
      const second = another(first);
      const [firstWas, secondWas] = [Uint8Array.from(first), Uint8Array.from(second)];
      const windows = first.subarray(WINDOWS_AT, WINDOWS_AT + 5 * MIB);
      const { call, report, cutOff } = machineWith(
        new Map([
          ['/dev/sda', first],
          ['/dev/sdb', second],
          ['/dev/sdz', first],
          ['/dev/sda3', windows],
        ]),
      );
      const words = ['--vm-is-off', ...place];
      const made = await report('repair', '/dev/sda', '--yes', ...words);
      cutOff(made);

      for (const name of ['/dev/sda', '/dev/sdz', '/dev/sda3']) {
        for (const argv of [
          ['repair', name, '--dry-run', ...words],
          ['reg', 'add', 'HKLM\\SYSTEM\\Select', '/v', 'A', '/f', '--volume', name, ...words],
          ...(place.length === 0 ? [['diagnose', name]] : []),
        ]) {
          const said = await call(...argv);
          expect([argv.join(' '), said]).toEqual([
            argv.join(' '),
            { status: 5, text: expect.stringContaining('UNFINISHED_JOURNAL') },
          ]);
        }
        if (place.length === 0) {
          expect((await call('inspect', 'SYSTEM', '--volume', name)).text).toContain('was cut off');
        }
      }

      expect((await call('diagnose', '/dev/sdb')).status).toBe(1);
      expect((await call('inspect', 'SYSTEM', '--volume', '/dev/sdb')).text).not.toContain('was cut off');
      const other = await report('repair', '/dev/sdb', '--yes', ...words);
      expect([other.error, other.changes.length > 5]).toEqual([null, true]);
      expect((await call('undo', '/dev/sdb', '--dry-run', ...place)).text).toContain(other.undo!.id);
      expect(await call('undo', '/dev/sdb', '--yes', ...words)).toMatchObject({ status: 0 });
      expect(Buffer.compare(second, secondWas)).toBe(0);

      // Of the disk of the cut: the newest journal that lies there is the other's.
      expect((await call('undo', '/dev/sdz', '--dry-run', ...place)).text).toContain(made.undo!.id);
      expect((await call('undo', '/dev/sdz', '--yes', ...words)).status).toBe(0);
      expect(Buffer.compare(first, firstWas)).toBe(0);
      expect((await call('repair', '/dev/sda', '--dry-run', ...words)).status).toBeLessThan(2);
    },
    60_000,
  );

  it('name it in a lock of the disk where they lie elsewhere, as far as that lock can be made', async () => {
    const disk = madeDisk(images);
    const was = Uint8Array.from(disk);
    const words = ['/dev/sda', '--yes', '--vm-is-off', '--state-dir', SHARED];
    const { own, ...machine } = machineWith(new Map([['/dev/sda', disk]]));
    const lock = '/var/lib/hivemend/gpt-11111111-2222-3333-4444-555555555555/lock';
    let held = '';
    own.onChange = () => {
      held = new TextDecoder().decode(own.get(lock) ?? new Uint8Array(0)) || held;
    };
    const made = await machine.report('repair', ...words);
    own.onChange = null;
    expect([made.error, own.get(lock) ?? null]).toEqual([null, null]);
    // As a power cut leaves it.
    machine.cutOff(made);
    own.mkdirSync(dirname(dirname(lock)), { mode: 0o700 });
    own.mkdirSync(dirname(lock), { mode: 0o700 });
    own.put(lock, new TextEncoder().encode(held.replace('boot-1', 'boot-0')));
    const said = await machine.call('diagnose', '/dev/sda');
    expect([said.status, said.text.replaceAll(/\s+/g, ' ')]).toEqual([5, expect.stringContaining(made.undo!.id)]);
    expect(await machine.call('undo', ...words)).toMatchObject({ status: 0 });
    expect(Buffer.compare(disk, was)).toBe(0);
    expect((await machine.call('diagnose', '/dev/sda')).status).toBe(1);

    const bare = machineWith(new Map([['/dev/sda', disk]]), false);
    expect((await bare.report('repair', ...words)).error).toBe(null);
    expect(await bare.call('undo', ...words)).toMatchObject({ status: 0 });
    expect(Buffer.compare(disk, was)).toBe(0);
  }, 60_000);
});
