// A commit or an undo that was cut off is looked for before anything is read: whatever is called next says so, until undo
// or finish has run.

import { expect, it } from 'vitest';
import { runCli } from '../../src/cli/program.ts';
import type { CliContext } from '../../src/cli/terminal.ts';
import type { Host } from '../../src/host.ts';
import { cutsOf, randomFrom } from '../commit/cuts.ts';
import { Disk } from '../commit/disk-simulator.ts';
import { hostOf } from '../commit/rows.ts';
import { isDeep, seedOr } from '../deep.ts';
import { buildFixture, FIXTURE_FILETIME, fixtureEngine } from '../fixture-hives.ts';

const VOLUME = '/mnt/windows';
const CONFIG = `${VOLUME}/Windows/System32/config`;
const STATE = '/var/lib/journals';
const RUNBOOK = '/root/fix.cmd';
const SCRIPT = 'reg add HKLM\\BROKENSYSTEM\\ControlSet001\\Control /v Note /t REG_DWORD /d 1 /f\r\n';

function freshDisk(): Disk {
  const disk = new Disk();
  disk.put(`${CONFIG}/SYSTEM`, buildFixture('SYSTEM-broken'));
  disk.put(`${CONFIG}/SOFTWARE`, buildFixture('SOFTWARE'));
  disk.put(`${VOLUME}/Boot/BCD`, buildFixture('BCD-bios'));
  disk.put(RUNBOOK, new TextEncoder().encode(SCRIPT));
  disk.put(`${STATE}/keep`, new Uint8Array(0));
  disk.chmodSync(STATE, 0o700);
  return disk;
}

interface Said {
  readonly status: number;
  readonly text: string;
}

function hostOn(disk: Disk, boot: string): Host {
  const writing = hostOf(disk, boot);
  return {
    ...writing,
    writing,
    engine: fixtureEngine(),
    style: 'posix',
    liveWindows: null,
    disks: { fs: disk } as unknown as Host['disks'],
    freeBytes: () => null,
    writeError: () => null,
    now: () => FIXTURE_FILETIME,
    random: (sizeBytes) => new Uint8Array(sizeBytes).fill(7),
  };
}

async function call(disk: Disk, argv: readonly string[], boot = 'boot-2'): Promise<Said> {
  let text = '';
  const say = (chunk: string | Uint8Array): void => {
    text += typeof chunk === 'string' ? chunk : new TextDecoder().decode(chunk);
  };
  const context: CliContext = {
    host: hostOn(disk, boot),
    terminal: {
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
    },
  };
  return { status: await runCli(argv, context), text };
}

const REPAIR = ['repair', VOLUME, '--yes', '--only', 'tls'];
const WRITERS = [
  ['repair', VOLUME, '--yes'],
  ['repair', VOLUME, '--dry-run'],
  ['diagnose', VOLUME],
  ['reg', '--volume', VOLUME, 'add', 'HKLM\\SYSTEM\\Select', '/v', 'Note', '/d', 'x', '/f'],
  ['reg', '--hive', `${CONFIG}/SYSTEM`, 'add', '\\Select', '/v', 'Note', '/d', 'x', '/f'],
  ['run', RUNBOOK, '--drive', `F:=${VOLUME}`, '--yes'],
] as const;
const READERS = [
  ['reg', '--volume', VOLUME, 'query', 'HKLM\\SYSTEM\\Select'],
  ['inspect', `${CONFIG}/SYSTEM`],
] as const;

const stateOf = (disk: Disk): string | null => {
  for (const [path, bytes] of disk.files()) {
    const state = path.endsWith('/manifest.json') && /"state":"(\w+)"/.exec(new TextDecoder().decode(bytes))?.[1];
    if (state) return state;
  }
  return null;
};

/** The disks that a power cut leaves while `argv` runs, and whose manifest says that something is unfinished. */
async function unfinishedDisks(start: Disk, argv: readonly string[], random: () => number): Promise<Disk[]> {
  const found: Disk[] = [];
  start.onChange = () => {
    for (const cut of cutsOf(start, random, 0)) {
      const after = start.afterCut(cut);
      if (['prepared', 'committing', 'undoing'].includes(stateOf(after) ?? '')) found.push(after);
    }
  };
  const { status, text } = await call(start, argv, 'boot-1');
  start.onChange = null;
  // 1: causes are left that this disk does not let it fix.
  if (status > 1) throw new Error(text);
  return found;
}

it.each([
  ['on the volume', []],
  ['in a state directory', ['--state-dir', STATE]],
] as const)(
  'a commit or an undo with its journal %s that was cut off',
  async (_where, place) => {
    const seed = seedOr(14);
    const random = randomFrom(seed);
    const disk = freshDisk();
    const committing = await unfinishedDisks(disk, [...REPAIR, ...place], random);
    const undoing = await unfinishedDisks(disk, ['undo', VOLUME, '--yes', ...place], random);
    const all = [...committing, ...undoing];
    const chosen = isDeep ? all : all.filter(() => random() < 0.1);
    process.stdout.write(`unfinished ${_where}: ${chosen.length} of ${all.length} disks, seed ${seed}\n`);
    expect(committing.length * undoing.length).toBeGreaterThan(0);
    for (const cut of chosen) {
      const before = contentOf(cut);
      for (const argv of WRITERS) {
        const { status, text } = await call(cut, argv);
        expect([argv.join(' '), status, text]).toEqual([
          argv.join(' '),
          5,
          expect.stringMatching(/UNFINISHED_JOURNAL/),
        ]);
      }
      for (const argv of READERS) expect((await call(cut, argv)).text).toMatch(/was cut off/);
      expect(contentOf(cut)).toBe(before);
      const way = random() < 0.5 ? [] : ['--finish'];
      const undone = await call(cut, ['undo', VOLUME, '--yes', ...way, ...place]);
      expect([undone.status, undone.text]).toEqual([0, expect.any(String)]);
      const [argv] = WRITERS.slice(1);
      expect((await call(cut, argv!)).text).not.toMatch(/UNFINISHED_JOURNAL/);
    }
  },
  120_000,
);

function contentOf(disk: Disk): string {
  return [...disk.files()].map(([path, bytes]) => `${path} ${Buffer.from(bytes).toString('base64')}`).join('\n');
}

it('a state directory that is not there any more stops writers, until it is named or its record dropped', async () => {
  const disk = freshDisk();
  const [cut] = await unfinishedDisks(disk, [...REPAIR, '--state-dir', STATE], randomFrom(1));
  const moved = cut!.afterKill();
  moved.renameSync(STATE, '/var/lib/elsewhere');
  const said = await call(moved, ['repair', VOLUME, '--yes']);
  expect(said.status).toBe(5);
  expect(said.text).toMatch(/UNFINISHED_JOURNAL/);
  expect(said.text).toContain(STATE);
  expect((await call(moved.afterKill(), ['undo', VOLUME, '--yes', '--state-dir', '/var/lib/elsewhere'])).status).toBe(
    0,
  );
  const [, id] = /journals\/([0-9A-Za-z-]+)/.exec(said.text)!;
  expect((await call(moved, ['undo', VOLUME, '--yes', '--forget', id!])).status).toBe(0);
  expect((await call(moved, ['repair', VOLUME, '--dry-run'])).status).toBeLessThan(2);
});

it('a dirty hive that no log completes is refused by repair also where there is nothing to write', async () => {
  const disk = freshDisk();
  expect((await call(disk, ['repair', VOLUME, '--yes'])).status).toBeLessThan(2);
  const system = disk.get(`${CONFIG}/SYSTEM`)!;
  system[4] = system[4]! + 1;
  let sum = 0;
  for (let at = 0; at < 508; at += 4) sum ^= new DataView(system.buffer).getUint32(at, true);
  new DataView(system.buffer).setUint32(508, sum >>> 0, true);
  disk.put(`${CONFIG}/SYSTEM`, system);
  for (const way of ['--yes', '--dry-run']) {
    const { status, text } = await call(disk, ['repair', VOLUME, way]);
    expect([status, text]).toEqual([5, expect.stringContaining('DIRTY_HIVE')]);
  }
});

it.each([
  ['tmpfs', 5],
  ['ramfs', 5],
  ['overlay', 5],
  ['ext4', 0],
] as const)('a state directory on %s', async (driver, status) => {
  const disk = freshDisk();
  const table = `27 1 254:0 / / rw - ext4 /dev/vda rw\n28 27 0:30 / /var/lib rw - ${driver} none rw\n`;
  disk.put('/proc/self/mountinfo', new TextEncoder().encode(table));
  const said = await call(disk, [...REPAIR, '--state-dir', `${STATE}/new`]);
  expect([said.status, said.text.includes('UNSAFE_JOURNAL_PLACE')]).toEqual([status, status === 5]);
  const durable = await call(disk, [...REPAIR, '--state-dir', STATE, '--state-dir-is-durable']);
  expect(durable.text).not.toContain('UNSAFE_JOURNAL_PLACE');
});

it('a folder of journals that this user may not read stops writers for that, and readers go on with a warning', async () => {
  const disk = freshDisk();
  const { status, text } = await call(disk, REPAIR, 'boot-1');
  if (status > 1) throw new Error(text);
  const read = disk.readdirSync.bind(disk);
  disk.readdirSync = (path) => {
    if (path !== `${VOLUME}/hivemend`) return read(path);
    throw Object.assign(new Error('denied'), { code: 'EACCES', syscall: 'scandir', path });
  };
  const denied = `${VOLUME}/hivemend may not be read by this user`;
  for (const argv of [...WRITERS, ['undo', VOLUME, '--list']]) {
    const said = await call(disk, argv);
    expect(said.text, argv.join(' ')).toContain(denied);
    if (argv[0] !== 'reg') expect(said).toMatchObject({ status: 5, text: expect.stringContaining('NO_RIGHTS') });
    expect(said.status).not.toBe(0);
  }
  for (const argv of READERS) {
    expect(await call(disk, argv), argv.join(' ')).toMatchObject({ status: 0, text: expect.stringContaining(denied) });
  }
});
