// Every end that a command line can have, by its code and exit status.

import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openOutput, refuseOutputFile } from '../../src/cli/output.ts';
import { thisHost } from '../../src/host.ts';
import { buildFixture } from '../fixture-hives.ts';
import { BCD_PATH, hivemend, makeDisk, put, SYSTEM_PATH, scratch } from './process.ts';

describe('what is refused, and how it is said', () => {
  const cases: readonly [string, number, () => ReturnType<typeof hivemend>][] = [
    ['BAD_ARGUMENT', 2, () => hivemend(['repair', makeDisk(), '--dryrun', '--json'])],
    ['BAD_ARGUMENT', 2, () => hivemend(['repair', makeDisk(), '--only', 'tsl', '--json'])],
    [
      'BAD_VALUE',
      2,
      async () =>
        await hivemend([
          'export',
          '--since',
          'yesterday',
          '-o',
          join(scratch(), 'x'),
          join(makeDisk(), SYSTEM_PATH),
          '--json',
        ]),
    ],
    ['NOT_CONFIRMED', 2, () => hivemend(['repair', makeDisk(), '--json'])],
    [
      'OUTPUT_EXISTS',
      2,
      async () => {
        const disk = makeDisk();
        return await hivemend(['import', '--new', join(disk, SYSTEM_PATH), 'fixtures/SOFTWARE.xml', '--json']);
      },
    ],
    [
      'BAD_SYNTAX',
      2,
      async () => {
        const file = join(scratch(), 'bad.reg');
        writeFileSync(file, 'Windows Registry Editor Version 5.00\r\n\r\n[x\r\n');
        return await hivemend(['import', join(makeDisk(), SYSTEM_PATH), file, '--yes', '--json']);
      },
    ],
    [
      'BAD_FILE_SYSTEM',
      4,
      async () => {
        const file = join(scratch(), 'junk.img');
        writeFileSync(file, new Uint8Array(100_000).fill(0x5a));
        return await hivemend(['diagnose', file, '--json']);
      },
    ],
    ['WINDOWS_NOT_FOUND', 3, () => hivemend(['diagnose', scratch(), '--json'])],
    ['FILE_NOT_FOUND', 3, () => hivemend(['diagnose', '/nonexistent/disk', '--json'])],
    ['KEY_NOT_FOUND', 3, () => hivemend(['repair', makeDisk(), '--control-sets', '007', '--yes', '--json'])],
    ['JOURNAL_NOT_FOUND', 3, () => hivemend(['undo', makeDisk(), '--yes', '--json'])],
    [
      'NOT_A_HIVE',
      4,
      () => hivemend(['inspect', join(makeDisk({ SYSTEM: new Uint8Array(8192) }), SYSTEM_PATH), '--json']),
    ],
    [
      'DAMAGED_HIVE',
      5,
      async () =>
        await hivemend(['repair', makeDisk({ SYSTEM: buildFixture('SYSTEM-broken').slice(0, 8192) }), '--json']),
    ],
    [
      'UNSUPPORTED_VERSION',
      4,
      () => hivemend(['inspect', join(makeDisk({ SYSTEM: withMinor(2) }), SYSTEM_PATH), '--json']),
    ],
    ['DIRTY_HIVE', 5, () => hivemend(['repair', makeDisk({ SYSTEM: dirty() }), '--yes', '--json'])],
    ['WRONG_MACHINE', 5, () => hivemend(['repair', makeDisk(), '--expect', 'OTHER', '--yes', '--json'])],
    [
      'AMBIGUOUS',
      5,
      async () => {
        const disk = makeDisk();
        put(disk, 'WINNT/System32/config/SYSTEM', 'SYSTEM-healthy');
        return await hivemend(['repair', disk, '--yes', '--json']);
      },
    ],
    ['DAMAGED_HIVE', 5, () => hivemend(['repair', makeDisk({ SYSTEM: 'SOFTWARE' }), '--yes', '--json'])],
    ['READ_ONLY', 5, () => hivemend(['repair', makeDisk(), '--yes', '--json'], { env: { HIVEMEND_READ_ONLY: '1' } })],
    [
      'DAMAGED_HIVE',
      5,
      async () => {
        const disk = makeDisk({ SYSTEM: withWrongHashes() });
        return await hivemend([
          'reg',
          '--volume',
          disk,
          '--json',
          'add',
          'HKLM\\SYSTEM\\ControlSet001\\Control\\Another',
          '/f',
        ]);
      },
    ],
  ];

  it.each(cases)('%s, exit %i', async (code, status, run) => {
    const result = await run();
    expect(result.report().error?.code, result.stdout.slice(0, 2000)).toBe(code);
    expect(result.status).toBe(status);
  });

  it.each([
    ['is no hive', new Uint8Array(8192), "does not begin with 'regf'"],
    ['is of a version that Windows does not load', withMinor(2), 'is of version 1.2, expected 1.3 to 1.6'],
  ])('diagnose judges a disk whose SYSTEM %s, instead of refusing it', async (_, SYSTEM, text) => {
    const { status, report } = await hivemend(['diagnose', makeDisk({ SYSTEM }), '--json']);
    expect(status).toBe(1);
    const { error, summary } = report();
    expect(error).toBeNull();
    expect(summary.state).toBe('damaged');
    expect(summary.causes[0]).toMatchObject({ code: 'HIVE_UNREADABLE', text: expect.stringContaining(text) });
    expect(summary.notChecked).toContainEqual({ check: 'services', why: 'SYSTEM was not read' });
  });

  it('suggests the option that was meant', async () => {
    expect((await hivemend(['repair', makeDisk(), '--dryrun'])).stderr).toContain('--dry-run');
  });

  it('says what a file that may not be written is', async () => {
    if (process.getuid?.() === 0) return;
    const disk = makeDisk();
    chmodSync(join(disk, SYSTEM_PATH), 0o400);
    expect((await hivemend(['repair', disk, '--yes', '--json'])).report().error?.code).toBe('NO_RIGHTS');
  });

  it('refuses a second hivemend on the same volume', async () => {
    const disk = makeDisk();
    mkdirSync(join(disk, 'hivemend'), { mode: 0o700 });
    const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    writeFileSync(join(disk, 'hivemend', 'lock'), JSON.stringify({ bootId, hostName: 'x', pid: process.pid }), {
      mode: 0o600,
    });
    const run = await hivemend(['repair', disk, '--yes', '--json']);
    expect(run.report().error?.code).toBe('LOCKED');
    expect(readFileSync(join(disk, BCD_PATH))).toEqual(Buffer.from(buildFixture('BCD-bios')));
  });
});

function withMinor(minor: number): Uint8Array {
  const image = buildFixture('SYSTEM-broken');
  image[0x18] = minor;
  return withChecksum(image);
}

function dirty(): Uint8Array {
  const image = buildFixture('SYSTEM-broken');
  image[4]! += 1;
  return withChecksum(image);
}

/** Wrong hashes in every list of subkeys: a defect that the making of a key touches. */
function withWrongHashes(): Uint8Array {
  const image = buildFixture('SYSTEM-no-schannel');
  const view = new DataView(image.buffer);
  for (let offset = 4096; offset < image.byteLength - 8; offset += 8) {
    if (view.getUint16(offset + 4, true) === 0x686c)
      view.setUint32(offset + 12, view.getUint32(offset + 12, true) ^ 1, true);
  }
  return image;
}

function withChecksum(image: Uint8Array): Uint8Array {
  const view = new DataView(image.buffer);
  let sum = 0;
  for (let offset = 0; offset < 508; offset += 4) sum ^= view.getUint32(offset, true);
  view.setUint32(508, sum >>> 0, true);
  return image;
}

it.each([true, false])('a folder in the place of an output file is said to be one (force: %s)', (force) => {
  const folder = scratch();
  const rules = { force, volumes: [] };
  const refusal = expect.objectContaining({ code: 'BAD_PATH', message: `${folder} is a folder, expected a file` });
  expect(() => openOutput(thisHost(), folder, rules)).toThrow(refusal);
  expect(() => refuseOutputFile(thisHost(), folder, rules)).toThrow(refusal);
});

it('an output file that this user may not write is refused for that', () => {
  const host = thisHost();
  const openSync = (path: string): never => {
    throw Object.assign(new Error('denied'), { code: 'EACCES', syscall: 'open', path });
  };
  const writing = { ...host.writing, fs: { ...host.writing.fs, openSync } };
  const open = () => openOutput({ writing }, join(scratch(), 'x'), { force: false, volumes: [] });
  expect(open).toThrow(expect.objectContaining({ kind: 'RefusedError', code: 'NO_RIGHTS' }));
});
