// Disks without a mount, through the command line: diagnosed, repaired and taken back, by the same commands as folders.

import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDisk as openMachine } from '../../src/commands/open-disk.ts';
import { writeState } from '../../src/commit/journal/journal.ts';
import type { BlockSource } from '../../src/disk/image/blocks.ts';
import { findUse } from '../../src/disk/image/in-use.ts';
import { openRaw } from '../../src/disk/image/raw.ts';
import { type Host, thisHost } from '../../src/host.ts';
import type { DiskPlace, Report } from '../../src/report.ts';
import { hivemend as hivemendOn, MAIN, type Run } from '../cli/process.ts';
import { isDeep } from '../deep.ts';
import { bitLockerVolume, protector, RECOVERY, TPM } from '../disk/bitlocker-volume.ts';
import { memoryBlocks } from '../disk/image/memory-blocks.ts';
import { buildDisk, CONTAINERS, canBuild, inContainer, RAW, rescue, run, sha256, WINDOWS_AT } from './gpt-disk.ts';

// Where every test is skipped nothing would take it away again.
const folder = canBuild ? mkdtempSync(join(tmpdir(), 'hivemend-images-')) : '';
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Nobody else has the disk: what waits to see whether somebody writes it need not wait here. */
const host: Host = { ...thisHost(), wait: () => {} };
const hivemend = (args: readonly string[]): Promise<Run> => hivemendOn(args, { host });

function isUseHidden(path: string): boolean {
  const raw = openRaw(host.fs, path);
  try {
    return findUse(host.fs, raw).unseen !== null;
  } finally {
    raw.close();
  }
}

const json = (stdout: string): unknown => JSON.parse(stdout);

describe.skipIf(!canBuild)('a disk without a mount', () => {
  const disk = canBuild ? buildDisk(folder) : '';
  const original = canBuild ? sha256(disk) : '';

  it('is looked at, edited and undone in the shell', async () => {
    const script =
      'ls; cd HKLM\\SYSTEM\\CurrentControlSet\\Control; set Example dword 7; commit; cat Example; undo; diff';
    const { status, stdout, stderr } = await hivemend(['shell', disk, '--vm-is-off', '--yes', '-c', script]);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(
      /^HKLM\\SYSTEM\\\n[\s\S]*1 change written[\s\S]*REG_DWORD 7\nUndone: .*[\s\S]*nothing is staged\n$/,
    );
    expect(sha256(disk)).toBe(original);
    rmSync(`${disk}.hivemend`, { recursive: true });
  });

  it('does what a script asks of its hives, and leaves by name what needs a mount', async () => {
    const script = join(folder, 'script.cmd');
    const lines = [
      'copy F:\\Windows\\System32\\config\\SYSTEM F:\\Windows\\System32\\config\\SYSTEM.bak',
      'md F:\\new',
      'ren F:\\Windows\\System32\\config\\SOFTWARE SOFTWARE.old',
      'del F:\\Windows\\System32\\config\\SYSTEM.LOG1',
      'icacls F:\\Windows /grant *S-1-1-0:F',
      'reg add HKLM\\SYSTEM\\Select /v Example /t REG_DWORD /d 7 /f',
    ];
    writeFileSync(script, lines.join('\r\n'));
    const run = ['run', script, '--drive', `F:=${disk}`, '--live-blocks', '--vm-is-off'];
    const { stdout, status } = await hivemend([...run, '--yes']);
    expect([status, stdout.match(/FAILED/g)?.length, stdout.match(/needs\s+a\s+mounted\s+volume/g)?.length]).toEqual([
      1, 5, 5,
    ]);
    expect(stdout).toMatch(/6 lines: 1 done/);
    expect((await hivemend(['undo', disk, '--yes', '--vm-is-off'])).status).toBe(0);
    expect(sha256(disk)).toBe(original);
    rmSync(`${disk}.hivemend`, { recursive: true });
  });

  it('is diagnosed without a byte of it changing', async () => {
    const { stdout, status } = await hivemend(['diagnose', disk, '--json']);
    expect(status).toBe(1);
    const report = json(stdout) as { machine: { computerName: string }; findings: { code: string }[] };
    expect(report.machine.computerName).toBe('APP-SRV-07');
    expect(report.findings.map(({ code }) => code)).toContain('SERVICE_DISABLED');
    expect(sha256(disk)).toBe(original);
    const { targets } = json(stdout) as { targets: { hive: string; sha256Before: string; place: DiskPlace }[] };
    const system = targets.find(({ hive }) => hive === 'SYSTEM')!;
    expect(system.place).toMatchObject({ disk, partition: 3 });
    const bytes = readFileSync(disk);
    const parts = system.place.extents.map(({ offsetBytes, sizeBytes }) =>
      bytes.subarray(offsetBytes, offsetBytes + sizeBytes),
    );
    expect(createHash('sha256').update(Buffer.concat(parts)).digest('hex')).toBe(system.sha256Before);
  });

  it('is listed with its partitions, their file systems and the Windows in it', async () => {
    const { stdout, status } = await hivemend(['disks', disk]);
    expect(status).toBe(0);
    expect(stdout).toContain('APP-SRV-07');
    expect(stdout).toMatch(/partition3\s+NTFS/);
    expect(stdout).toMatch(isDeep ? /partition1\s+FAT32/ : /partition1\s+FAT16/);
  });

  for (const container of [RAW, ...(isDeep ? CONTAINERS : CONTAINERS.slice(1, 3))]) {
    it(`is repaired once and undone: ${container.name}`, { timeout: 120_000 }, async () => {
      const path = inContainer(container, disk, folder, 0);
      await rescue(hivemend, container, { path, disk, words: ['--vm-is-off'] });
    });
  }

  // The built command, as a process of a user without rights who sees no device but these three.
  const open = join(folder, 'open');
  const asNobody = (args: readonly string[]): Run => {
    const script =
      'mount -t tmpfs -o mode=755,size=64k none /dev && mknod -m 666 /dev/null c 1 3 && mknod -m 666 /dev/random c 1 8 && mknod -m 666 /dev/urandom c 1 9 && exec setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all --no-new-privs "$@"';
    const words = ['-m', 'sh', '-c', script, 'sh', process.execPath, MAIN, ...args];
    const { status, stdout, stderr } = spawnSync('unshare', words, {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, TMPDIR: open },
    });
    return { status, stdout, stderr, report: () => JSON.parse(stdout) as Report };
  };
  const canDropRights = canBuild && asNobody(['--version']).status === 0;
  // Where its use by others could be hidden, a disk is watched for ten seconds before each commit.
  const isHidden = canBuild && isUseHidden(disk);
  const words = isHidden ? ['--vm-is-off'] : [];
  const ofNobody = isDeep ? [RAW, ...CONTAINERS] : isHidden ? [] : [RAW];
  for (const container of ofNobody) {
    it.skipIf(!canDropRights)(
      `is repaired once and undone by a user without rights and devices: ${container.name}`,
      { timeout: 120_000 },
      async () => {
        mkdirSync(open, { recursive: true });
        for (const place of [folder, open]) chmodSync(place, 0o755);
        chownSync(open, 65_534, 65_534);
        const path = inContainer(container, disk, open, 65_534);
        await rescue(asNobody, container, { path, disk, words });
      },
    );
  }

  it('holds the same hives and store after a repair as where it is mounted, and nothing is amiss with its volumes', {
    timeout: 120_000,
  }, async () => {
    const image = inContainer(RAW, disk, folder, 0);
    const windows = join(folder, 'mounted');
    cpSync(join(folder, 'windows.img'), `${windows}.img`);
    const place = (name: string): string => join(windows, 'Windows', 'System32', 'config', name);
    mkdirSync(windows);
    run('ntfs-3g', `${windows}.img`, windows);
    // The ESP as a folder: this kernel may have no driver for it.
    const esp = join(folder, 'mounted-esp');
    const store = join(esp, 'EFI', 'Microsoft', 'Boot', 'BCD');
    mkdirSync(join(store, '..'), { recursive: true });
    run('mcopy', '-i', join(folder, 'esp.img'), '::EFI/Microsoft/Boot/BCD', store);
    try {
      const still = { ...host, now: () => 134_000_000_000_000_000n };
      const repair = (...places: string[]): Promise<Run> =>
        hivemendOn(['repair', ...places, '--yes', '--vm-is-off', '--json'], { host: still });
      const [inPlace, mounted] = [await repair(image), await repair(windows, esp)];
      expect([inPlace.status! < 2, mounted.status! < 2, inPlace.report().changes.length > 5]).toEqual([
        true,
        true,
        true,
      ]);
      const bytes = readFileSync(image);
      const hives = inPlace.report().targets;
      expect(hives.map(({ hive }) => hive)).toEqual(['SYSTEM', 'SOFTWARE', 'BCD']);
      expect(hives.filter(({ sha256Before, sha256After }) => sha256Before === sha256After)).toEqual([]);
      for (const { hive, place: on } of hives) {
        const parts = on!.extents.map(({ offsetBytes, sizeBytes }) =>
          bytes.subarray(offsetBytes, offsetBytes + sizeBytes),
        );
        const file = readFileSync(hive === 'BCD' ? store : place(hive!));
        expect([hive, Buffer.concat(parts).subarray(0, file.length).equals(file)]).toEqual([hive, true]);
      }
    } finally {
      run('umount', windows);
    }
    const result = join(folder, 'result.img');
    writeFileSync(
      result,
      readFileSync(image).subarray(WINDOWS_AT, WINDOWS_AT + statSync(join(folder, 'windows.img')).size),
    );
    run('ntfsfix', '-n', result);
    run('ntfs-3g', '-o', 'ro', result, windows);
    try {
      expect(readFileSync(place('SYSTEM')).toString('latin1', 0, 4)).toBe('regf');
    } finally {
      run('umount', windows);
    }
  });

  it('that is a device has its journal in the state folder, and not on what this system forgets', async () => {
    const device = (stat: object): object => Object.assign(Object.create(stat), { isBlockDevice: () => true });
    const on = (driver: string): Promise<Run> => {
      const table = join(folder, 'mountinfo');
      writeFileSync(table, `27 1 0:30 / / rw - ${driver} none rw\n`);
      const real = host.writing.fs;
      const fs = Object.assign(Object.create(real), {
        openSync: (path: string, ...rest: [string]) =>
          real.openSync(path === '/proc/self/mountinfo' ? table : path, ...rest),
        lstatSync: (path: string) => (path === disk ? device(real.lstatSync(path)) : real.lstatSync(path)),
        fstatSync: (fd: number) => device(real.fstatSync(fd)),
      }) as typeof real;
      const of = { ...host, fs, writing: { ...host.writing, fs }, disks: { ...host.disks, fs } };
      return hivemendOn(['repair', disk, '--dry-run', '--vm-is-off'], { host: of });
    };
    const refused = await on('overlay');
    expect([refused.status, refused.stdout.replaceAll(/\s+/g, ' ')]).toEqual([
      5,
      expect.stringMatching(/\/var\/lib\/hivemend\/gpt-[-0-9a-f]{36} lies on the/),
    ]);
    expect((await on('ext4')).stdout).not.toContain('/var/lib/hivemend');
    expect(sha256(disk)).toBe(original);
  });

  describe('whose Windows is locked by BitLocker', { timeout: 60_000 }, () => {
    const image = join(folder, 'locked.raw');
    const lock = (protectors: readonly Uint8Array[]): void => {
      const bytes = readFileSync(disk);
      bytes.set(bitLockerVolume(protectors), WINDOWS_AT);
      writeFileSync(image, bytes);
    };

    it('has its store diagnosed, and says what unlocks it and how', async () => {
      lock([TPM, RECOVERY]);
      const { stdout, status } = await hivemend(['diagnose', image]);
      expect(status).toBe(1);
      const text = stdout.replaceAll(/\s+/g, ' ');
      expect(text).toContain('Windows cannot start. 1 cause found');
      expect(text).toContain('Windows volume locked: 13 checks could not run');
      expect(text).toContain('recovery password (ID {22222222-2222-2222-2222-222222222222})');
      expect(text).toContain(
        `cryptsetup open --type bitlk $(losetup -f --show --offset ${WINDOWS_AT} ${image}) windows`,
      );
      expect(text).toContain(`dislocker -V ${image} -O ${WINDOWS_AT} -p -- /mnt/dislocker`);
      const { summary, machine } = (await hivemend(['diagnose', image, '--json'])).report();
      expect([summary.state, machine, summary.causes.map(({ code }) => code)]).toEqual([
        'broken',
        null,
        ['LOADER_DEVICE_WRONG'],
      ]);
      expect(summary.notChecked.map(({ why }) => why)).toEqual(
        Array(13).fill('the Windows volume is locked by BitLocker'),
      );
      const refused = await hivemend(['repair', image, '--dry-run']);
      expect([refused.status, refused.stderr]).toEqual([5, expect.stringContaining('is locked by BitLocker')]);
    });

    it('tells who changes its store that the key is needed', async () => {
      lock([TPM, RECOVERY]);
      const before = sha256(image);
      const words = ['bcdedit', '/timeout', '7', '--volume', image, '--vm-is-off'];
      const dry = await hivemend([...words, '--dry-run']);
      expect((dry.stdout + dry.stderr).replaceAll(/\s+/g, ' ')).toContain('without the recovery key, do not do this');
      const done = await hivemend(words);
      expect([done.status, done.stdout + done.stderr]).toEqual([
        0,
        expect.stringContaining('without the recovery key, do not do this'),
      ]);
      expect((await hivemend(['undo', image, '--yes', '--vm-is-off'])).status).toBe(0);
      expect(sha256(image)).toBe(before);
    });

    it('is told apart from one whose protection is suspended', async () => {
      lock([protector(2, 0x33, 0), RECOVERY]);
      const { stdout } = await hivemend(['diagnose', image]);
      expect(stdout).toContain(`dislocker -V ${image} -O ${WINDOWS_AT} -c -- /mnt/dislocker`);
      expect(stdout).not.toContain('cryptsetup');
    });

    it('is whole again with the device that unlocked it beside it', async () => {
      lock([TPM, RECOVERY]);
      const { summary, machine } = (
        await hivemend(['diagnose', join(folder, 'windows.img'), image, '--json'])
      ).report();
      expect(machine?.computerName).toBe('APP-SRV-07');
      expect(summary.causes.map(({ code }) => code)).toContain('SERVICE_DISABLED');
      expect(summary.notChecked.map(({ check }) => check)).not.toContain('boot');
    });

    it('is repaired and undone there while what unlocked it has the disk open', async () => {
      lock([TPM, RECOVERY]);
      const open = join(folder, 'windows.img');
      const before = sha256(open);
      const holder = spawn('sh', ['-c', 'exec 3<>"$1" && echo && exec sleep 60', 'sh', image]);
      try {
        await once(holder.stdout, 'data');
        const given = [open, image, '--yes', '--json', '--vm-is-off'];
        const made = (await hivemend(['repair', ...given, '--only', 'rdp-services'])).report();
        expect([made.error, sha256(open) === before]).toEqual([null, false]);
        expect((await hivemend(['undo', ...given])).report().error).toBe(null);
        expect(sha256(open)).toBe(before);
      } finally {
        holder.kill();
      }
    });
  });

  describe('is what every command takes', { timeout: 60_000 }, () => {
    const image = join(folder, 'commands.raw');
    const config = join(image, 'partition3', 'Windows', 'System32', 'config');
    const store = join(image, 'partition1', 'EFI', 'Microsoft', 'Boot', 'BCD');
    const computerName = 'HKLM\\SYSTEM\\ControlSet001\\Control\\ComputerName\\ComputerName';
    const done = async (args: readonly string[], ...statuses: number[]): Promise<Run> => {
      const made = await hivemend(args);
      expect(statuses.length > 0 ? statuses : [0], `${args.join(' ')}: ${made.stdout}${made.stderr}`).toContain(
        made.status,
      );
      return made;
    };
    beforeAll(() => {
      if (canBuild) cpSync(disk, image);
    });

    it.each<[string, string, readonly string[]]>([
      ['reg', image, ['reg', 'add', computerName, '/v', 'ComputerName', '/d', 'NEW', '/f', '--volume', image]],
      [
        'reg --hive',
        join(config, 'SYSTEM'),
        ['reg', 'add', 'HKLM\\SYSTEM\\Setup', '/v', 'A', '/f', '--hive', join(config, 'SYSTEM')],
      ],
      ['bcdedit', image, ['bcdedit', '/timeout', '7', '--volume', image]],
      ['bcdedit /store', store, ['bcdedit', '/store', store, '/timeout', '7']],
      [
        'import',
        join(config, 'SOFTWARE'),
        [
          'import',
          join(config, 'SOFTWARE'),
          join(folder, 'a.reg'),
          '--prefix',
          'HKEY_LOCAL_MACHINE\\SOFTWARE',
          '--yes',
        ],
      ],
      [
        'run',
        image,
        ['run', join(folder, 'a.cmd'), '--drive', `F:=${image}`, '--drive', `S:=${join(image, 'partition1')}`, '--yes'],
      ],
      ['apply', image, ['apply', join(folder, 'plan.json'), image, '--yes']],
    ])('%s writes to it, and undo gives it back', async (name, place, words) => {
      writeFileSync(
        join(folder, 'a.reg'),
        'Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft]\r\n"A"=dword:1\r\n',
      );
      writeFileSync(
        join(folder, 'a.cmd'),
        'reg load HKLM\\OFF F:\\Windows\\System32\\config\\SYSTEM\r\nreg add HKLM\\OFF\\ControlSet001\\Services\\TermService /v Start /t REG_DWORD /d 3 /f\r\nreg unload HKLM\\OFF\r\nbcdedit /store S:\\EFI\\Microsoft\\Boot\\BCD /timeout 9\r\n',
      );
      if (name === 'apply') await done(['repair', image, '--plan', join(folder, 'plan.json'), '--force']);
      await done([...words, '--vm-is-off'], 0, 1);
      expect(sha256(image)).not.toBe(original);
      const dry = (await done(['undo', place, '--dry-run'])).stdout.replaceAll(/\s+/g, '');
      const { targets } = (await done(['undo', place, '--yes', '--vm-is-off', '--json'])).report();
      expect(targets).not.toEqual([]);
      for (const { path } of targets) expect(dry).toContain(path);
      expect(dry).toContain(`${targets.length}file`);
      expect(sha256(image)).toBe(original);
    });

    it('the library commits to it and undoes it', () => {
      const machine = openMachine(image, { host, vmIsOff: true });
      const report = machine.plan().commit();
      expect([report.status, report.undo?.journal.startsWith(`${image}.hivemend/`)]).toEqual([
        expect.any(String),
        true,
      ]);
      expect(sha256(image)).not.toBe(original);
      expect(machine.journals().map(({ journal }) => journal.state)).toContain('done');
      machine.undo();
      expect(sha256(image)).toBe(original);
    });

    it('the library takes blocks of its caller in the place of an image', () => {
      const bytes = readFileSync(disk);
      let openCount = 0;
      const own = (): BlockSource => {
        openCount += 1;
        const close = (): void => {
          openCount -= 1;
        };
        return { ...memoryBlocks(bytes), close };
      };
      const embedding: Host = { ...host, disks: { ...host.disks, sources: new Map([['my disk', own]]) } };
      const options = { host: embedding, stateDir: join(folder, 'state') };
      mkdirSync(options.stateDir, { mode: 0o700 });
      const machine = openMachine('my disk', { ...options, vmIsOff: true });
      expect(machine.machine.computerName).toBe('APP-SRV-07');
      expect(() => openMachine('my disk', options).plan().commit()).toThrow(
        expect.objectContaining({ code: 'USE_UNKNOWN' }),
      );
      machine.plan().commit();
      expect(bytes.equals(readFileSync(disk))).toBe(false);
      machine.undo();
      expect([bytes.equals(readFileSync(disk)), openCount]).toEqual([true, 0]);
    });

    it('reading ones find hives by Windows path or name, and change nothing', async () => {
      const windowsPath = 'Windows\\System32\\config\\SYSTEM';
      const inspected = await done(['inspect', windowsPath, '--volume', image]);
      expect(inspected.stdout).toContain(join(config, 'SYSTEM'));
      expect((await done(['export', 'system', '--format', 'xml', '--volume', image])).stdout).toContain(
        'ControlSet001',
      );
      const copy = join(folder, 'recovered');
      await done(['recover', 'SYSTEM', '--volume', image, '-o', copy]);
      expect((await done(['diff', windowsPath, copy, '--volume', image])).stdout).toBe('');
      await done(['rebuild', 'Windows/System32/config/SYSTEM', '--volume', image, '--dry-run']);
      expect((await done(['reg', 'query', computerName, '--volume', image])).stdout).toContain('APP-SRV-07');
      expect((await done(['bcdedit', '/enum', '--volume', image])).stdout).toContain('Windows Boot Manager');
      const onItself = await done(['recover', 'SYSTEM', '--volume', image, '-o', image, '--force'], 5);
      expect(onItself.stderr).toContain('OUTSIDE_VOLUME');
      const missing = await done(['inspect', 'Windows\\nothing', '--volume', image], 3);
      expect(missing.stderr).toContain('HIVE_NOT_FOUND');
      expect(sha256(image)).toBe(original);
    });

    it('none goes on where a commit was cut off', async () => {
      const repaired = (await done(['repair', image, '--yes', '--vm-is-off', '--json'], 0, 1)).report();
      writeState(host.writing, repaired.undo!.journal, 'committing');
      for (const words of [
        ['diagnose', image],
        ['repair', image, '--dry-run'],
        ['reg', 'add', computerName, '/v', 'A', '/f', '--volume', image],
        ['bcdedit', '/store', store, '/timeout', '7'],
      ]) {
        expect((await done(words, 5)).stderr).toContain('UNFINISHED_JOURNAL');
      }
      expect((await done(['inspect', 'SYSTEM', '--volume', image])).stderr).toContain('was cut off');
      const place = join(folder, 'mounted-image');
      mkdirSync(place, { recursive: true });
      const loop = spawnSync('losetup', ['-f', '--show', '-o', String(WINDOWS_AT), image], { encoding: 'utf8' });
      if (loop.status === 0) {
        try {
          run('ntfs-3g', '-o', 'ro', loop.stdout.trim(), place);
          const said = (await done(['diagnose', place], 5)).stderr.replaceAll(/\s+/g, ' ');
          expect(said).toContain('UNFINISHED_JOURNAL');
          expect(said).toContain(`undo ${image}`);
        } finally {
          spawnSync('umount', [place]);
          run('losetup', '-d', loop.stdout.trim());
        }
      }
      await done(['undo', image, '--yes', '--vm-is-off']);
      expect(sha256(image)).toBe(original);
    });
  });
});
