// rebuild as a person types it: to a new file, over the old one, from another copy, and what each says.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSource } from '../../../src/hive/open.ts';
import { thisHost } from '../../../src/host.ts';
import { BASE_BLOCK, encodeBaseBlock } from '../../../src/regf/base-block.ts';
import { validate } from '../../../src/regf/gate/validate.ts';
import type { Report } from '../../../src/report.ts';
import { buildFixture } from '../../fixture-hives.ts';
import { smallHive } from '../../regf/patient.ts';
import { hivemend, makeDisk, put, SOFTWARE_PATH, SYSTEM_PATH, scratch, snapshot } from '../process.ts';

const factsOf = (report: Report) => report.rebuild!;

/** The offset of the cell of a key, in the file. */
function keyCell(image: Uint8Array, path: readonly string[]): number {
  const folder = scratch();
  const file = join(folder, 'HIVE');
  writeFileSync(file, image);
  return 4096 + openSource(thisHost(), file).hive.key(path)!.cellOffset;
}

/** SYSTEM with a key whose record is zeros, one of a list that nothing else is lost of. */
function withoutKey(path: readonly string[]): Uint8Array {
  const image = buildFixture('SYSTEM-healthy').slice();
  const cell = keyCell(image, path);
  image.fill(0, cell + 4, cell + 40);
  return image;
}

/** SYSTEM with a key whose pointer to its parent is wrong: nothing is lost when it is put right. */
function withBadParent(): Uint8Array {
  const image = buildFixture('SYSTEM-healthy').slice();
  const cell = keyCell(image, ['Select']);
  new DataView(image.buffer).setUint32(cell + 4 + 16, 4000, true);
  return image;
}

/** Without its first bin's header, so that the chain of bins is broken. */
function withoutChain(): Uint8Array {
  const image = buildFixture('SYSTEM-healthy').slice();
  image.fill(0, 4096 + 4096, 4096 + 4096 + 32);
  return image;
}

const read = (file: string): Uint8Array => new Uint8Array(readFileSync(file));

describe('to a new file', () => {
  it('repairs in place and says what was lost, and leaves the old file alone', async () => {
    const folder = scratch();
    const [hive, output] = [join(folder, 'SYSTEM'), join(folder, 'NEW')];
    writeFileSync(hive, withoutKey(['ControlSet001', 'Services', 'TermService']));
    const before = snapshot(folder);
    const run = await hivemend(['rebuild', hive, '-o', output]);
    expect(run.stdout).toContain('repair in place');
    expect(run.stdout).toMatch(/key dropped: \\ControlSet001\\Services/);
    expect(run.status).toBe(1);
    expect(read(hive)).toEqual(Uint8Array.from(Buffer.from(before.SYSTEM!, 'hex')));
    expect(validate(read(output), output)).toEqual([]);
  });

  it('rebuilds as new where the chain of bins is broken', async () => {
    const folder = scratch();
    const [hive, output] = [join(folder, 'SYSTEM'), join(folder, 'NEW')];
    writeFileSync(hive, withoutChain());
    const run = await hivemend(['rebuild', hive, '-o', output, '--json']);
    const facts = factsOf(run.report());
    expect(facts.way).toBe('as-new');
    expect(facts.why).toContain('chain of bins');
    expect(validate(read(output), output)).toEqual([]);
  });

  it('writes nothing for a sound hive', async () => {
    const folder = scratch();
    const hive = join(folder, 'SYSTEM');
    writeFileSync(hive, buildFixture('SYSTEM-healthy'));
    const run = await hivemend(['rebuild', hive, '-o', join(folder, 'NEW')]);
    expect(run.stdout).toContain(`${hive}: no defect found`);
    expect(run.status).toBe(0);
    expect(existsSync(join(folder, 'NEW'))).toBe(false);
  });

  it('needs to be told where to', async () => {
    const run = await hivemend(['rebuild', '/nowhere']);
    expect(run.status).toBe(2);
    expect(run.stderr).toContain('--dry-run');
    const disk = makeDisk();
    const yes = await hivemend(['rebuild', 'SOFTWARE', '--volume', disk, '--yes']);
    const typed = /next: Look first:\n +hivemend (.*)/.exec(yes.stderr)![1]!.split(' ');
    expect(typed).toEqual(['rebuild', 'SOFTWARE', '--volume', disk, '--dry-run']);
    expect((await hivemend(typed)).status).toBe(0);
  });
});

it.each(['sound', 'damaged'])('names the hive that is meant, not the first of the machine: %s', async (state) => {
  const disk = makeDisk();
  if (state === 'damaged') {
    const image = buildFixture('SOFTWARE').slice();
    const cell = keyCell(image, ['Microsoft']);
    new DataView(image.buffer).setUint32(cell + 4 + 16, 4000, true);
    put(disk, SOFTWARE_PATH, image);
  }
  const words = ['rebuild', 'SOFTWARE', '--volume', disk];
  const software = join(disk, SOFTWARE_PATH).replaceAll(/\s+/g, '');
  for (const run of [
    await hivemend([...words, '--dry-run']),
    await hivemend([...words, '--in-place'], { answers: [false] }),
    await hivemend([...words, '--in-place', '--yes']),
  ]) {
    const text = (run.stdout + run.stderr).replaceAll(/\s+/g, '');
    expect(text).toContain(`${software}:${state === 'sound' ? 'nodefectfound' : 'repairinplace'}`);
    expect(text).not.toContain(SYSTEM_PATH);
  }
});

describe('over the old hive', () => {
  it('a repair without loss needs no more than a yes, and undo brings the damage back', async () => {
    const disk = makeDisk({ SYSTEM: withBadParent() });
    const before = snapshot(disk);
    const run = await hivemend(['rebuild', 'system', '--volume', disk, '--in-place', '--yes', '--json']);
    expect(run.stderr).toBe('');
    expect(factsOf(run.report())).toMatchObject({ way: 'in-place', losses: [], toAccept: [] });
    expect(run.status).toBe(0);
    const source = openSource(thisHost(), join(disk, SYSTEM_PATH));
    expect(source.recovery).toMatchObject({ wasDirty: false, isUsable: true });
    expect(validate(source.recovery.image, 'SYSTEM')).toEqual([]);
    expect((await hivemend(['undo', disk, '--yes'])).status).toBe(0);
    expect(snapshot(disk)).toEqual(before);
  });

  it('a loss that the start of Windows reads is listed first and has to be accepted', async () => {
    const disk = makeDisk({ SYSTEM: withoutKey(['Select']) });
    const args = ['rebuild', 'SYSTEM', '--volume', disk, '--in-place', '--yes'];
    const before = snapshot(disk);
    const refused = await hivemend([...args, '--json']);
    expect(refused.status).toBe(5);
    expect(refused.report().error?.code).toBe('LOSS_NOT_ACCEPTED');
    expect(snapshot(disk)).toEqual(before);
    const done = await hivemend([...args, '--accept-loss', '--json']);
    const facts = factsOf(done.report());
    expect(facts.losses[0]).toMatchObject({ what: 'key', isRead: true });
    expect(facts.canStart).toBe('no');
    expect(done.status).toBe(1);
    expect((await hivemend(['undo', disk, '--yes'])).status).toBe(0);
    expect(snapshot(disk)).toEqual(before);
  });

  it('a hive that is rebuilt as new is as long as it was, and undo brings the damage back', async () => {
    const disk = makeDisk({ SYSTEM: withoutChain() });
    const before = snapshot(disk);
    const run = await hivemend(['rebuild', 'SYSTEM', '--volume', disk, '--in-place', '--yes', '--accept-loss']);
    expect(run.stderr).toBe('');
    expect(run.stdout).toContain('rebuild as new');
    const after = read(join(disk, SYSTEM_PATH));
    expect(after.byteLength).toBeGreaterThanOrEqual(withoutChain().byteLength);
    const { image } = openSource(thisHost(), join(disk, SYSTEM_PATH)).recovery;
    expect(validate(image, 'SYSTEM')).toEqual([]);
    expect((await hivemend(['undo', disk, '--yes'])).status).toBe(0);
    expect(snapshot(disk)).toEqual(before);
  });

  it('asks, and writes nothing after No', async () => {
    const disk = makeDisk({ SYSTEM: withBadParent() });
    const before = snapshot(disk);
    const run = await hivemend(['rebuild', 'SYSTEM', '--volume', disk, '--in-place'], { answers: [false] });
    expect(run.stderr).toContain('Write this over');
    expect(run.status).toBe(2);
    expect(snapshot(disk)).toEqual(before);
  });

  it('is refused where HIVEMEND_READ_ONLY is set', async () => {
    const disk = makeDisk({ SYSTEM: withBadParent() });
    const run = await hivemend(['rebuild', 'SYSTEM', '--volume', disk, '--in-place', '--yes'], {
      env: { HIVEMEND_READ_ONLY: '1' },
    });
    expect(run.status).toBe(5);
  });
});

describe('what cannot be rebuilt', () => {
  const kinds: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ['an empty file', new Uint8Array(0), /is empty \(0 bytes\)/],
    ['a file of zeros', new Uint8Array(16_384), /holds only zeros \(16384 bytes\)/],
    [
      'a file of something else',
      Uint8Array.from({ length: 16_384 }, (_, at) => (at * 7) & 255),
      /no key that can be read/,
    ],
  ];
  it.each(kinds)('%s is said to be one, and the other copies are named', async (_, bytes, sentence) => {
    const disk = makeDisk({ SYSTEM: bytes });
    put(disk, 'Windows/System32/config/RegBack/SYSTEM', 'SYSTEM-healthy');
    const run = await hivemend(['rebuild', 'SYSTEM', '--volume', disk, '--dry-run']);
    expect(run.status).toBe(4);
    expect(run.stderr).toMatch(sentence);
    expect(run.stderr).toContain('RegBack/SYSTEM');
    // The hint is a command that works when it is typed.
    const typed = /next: hivemend (.*)/.exec(run.stderr)![1]!.split(' ');
    expect((await hivemend(typed)).status).toBe(0);
  });
});

describe('another copy', () => {
  const REGBACK = 'Windows/System32/config/RegBack/SYSTEM';

  it.each([
    ['empty', new Uint8Array(0)],
    ['zeros', new Uint8Array(16_384)],
    ['damaged', withoutChain()],
    ['cut in the middle', buildFixture('SYSTEM-healthy').slice(0, 12_345)],
  ] as const)('takes the place of a hive that is %s, and undo brings that back', async (_, content) => {
    const disk = makeDisk({ SYSTEM: content });
    put(disk, REGBACK, 'SYSTEM-healthy');
    const before = snapshot(disk);
    const args = ['rebuild', 'SYSTEM', '--volume', disk, '--from', join(disk, REGBACK), '--in-place', '--yes'];
    const run = await hivemend([...args, '--json']);
    expect(run.stderr).toBe('');
    expect(factsOf(run.report()).way).toBe('other-copy');
    const { image } = openSource(thisHost(), join(disk, SYSTEM_PATH)).recovery;
    expect(validate(image, 'SYSTEM')).toEqual([]);
    expect((await hivemend(['undo', disk, '--yes'])).stderr).toBe('');
    expect(snapshot(disk)).toEqual(before);
  });

  it('is judged beside a rebuild, and never taken by itself', async () => {
    const disk = makeDisk({ SYSTEM: withoutKey(['ControlSet001', 'Services', 'TermService']) });
    put(disk, REGBACK, 'SYSTEM-healthy');
    put(disk, 'Windows/System32/config/SYSTEM.OLD', new Uint8Array(0));
    const run = await hivemend(['rebuild', 'SYSTEM', '--volume', disk, '--dry-run', '--json']);
    const [regback, old] = factsOf(run.report()).sources;
    expect(regback).toMatchObject({ problem: null, isDirty: false, defectCount: 0, machine: 'same' });
    expect(regback!.differences!.keysMore).toBeGreaterThan(0);
    expect(old!.problem).toContain('empty');
    expect(factsOf(run.report()).way).toBe('in-place');
  });

  it('of SAM comes with the SECURITY beside it', async () => {
    const disk = makeDisk();
    const config = 'Windows/System32/config';
    for (const name of ['SAM', 'SECURITY']) put(disk, `${config}/${name}`, 'SOFTWARE');
    put(disk, `${config}/RegBack/SAM`, 'SYSTEM-healthy');
    const from = join(disk, config, 'RegBack', 'SAM');
    const args = ['rebuild', 'SAM', '--volume', disk, '--from', from, '--in-place', '--yes'];
    const alone = await hivemend(args);
    expect(alone.status).toBe(2);
    expect(alone.stderr).toContain('SAM and SECURITY belong together');
    put(disk, `${config}/RegBack/SECURITY`, 'SYSTEM-healthy');
    const both = await hivemend([...args, '--json']);
    expect(both.stderr).toBe('');
    const written = both.report().targets.filter(({ sha256Before, sha256After }) => sha256Before !== sha256After);
    expect(written.map(({ path }) => path).sort()).toEqual([join(disk, config, 'SAM'), join(disk, config, 'SECURITY')]);
  });
});

it('a loss in SOFTWARE is told from what its checks read', async () => {
  const software = buildFixture('SOFTWARE').slice();
  const disk = makeDisk({ SYSTEM: 'SYSTEM-healthy', SOFTWARE: software });
  const key = openSource(thisHost(), join(disk, SOFTWARE_PATH)).hive.key([
    'Microsoft',
    'Windows NT',
    'CurrentVersion',
  ])!;
  software.fill(0, 4096 + key.cellOffset + 4, 4096 + key.cellOffset + 40);
  put(disk, SOFTWARE_PATH, software);
  const run = await hivemend(['rebuild', 'SOFTWARE', '--volume', disk, '--dry-run', '--json']);
  expect(factsOf(run.report()).losses.some(({ isRead }) => isRead === true)).toBe(true);
});

describe('deleted records', () => {
  it('are kept below a key of their own, only where that is asked for', async () => {
    const disk = makeDisk();
    const [hive, folder] = [join(disk, SYSTEM_PATH), scratch()];
    const [plain, asked] = [join(folder, 'PLAIN'), join(folder, 'ASKED')];
    const args = ['HKLM\\SYSTEM\\ControlSet001\\Services\\TermService', '/f', '--hive', hive];
    put(disk, SYSTEM_PATH, 'SYSTEM-healthy');
    expect((await hivemend(['reg', 'delete', ...args])).status).toBe(0);
    const damaged = read(hive).slice();
    new DataView(damaged.buffer).setUint32(keyCell(damaged, ['Select']) + 4 + 16, 4000, true);
    writeFileSync(hive, damaged);
    await hivemend(['rebuild', hive, '-o', plain]);
    expect(openSource(thisHost(), plain).hive.key(['hivemend-deleted'])).toBeNull();
    const run = await hivemend(['rebuild', hive, '-o', asked, '--deleted', '--json']);
    const facts = factsOf(run.report());
    expect(facts.way).toBe('as-new');
    expect(facts.why).toContain('deleted records were asked for');
    expect(facts.foundAgain.some(({ why }) => /once .*\\TermService \(confidence high\)/.test(why))).toBe(true);
    const source = openSource(thisHost(), asked);
    expect(validate(source.recovery.image, asked)).toEqual([]);
    const kept = source.hive
      .key(['hivemend-deleted'])!
      .subkeys()
      .find(({ name }) => / TermService$/.test(name))!;
    expect(kept.value('Start')).not.toBeNull();
    expect(source.hive.key(['ControlSet001', 'Services', 'TermService'])).toBeNull();
  });
});

describe('hives that are not of config', () => {
  /** The hive with one count of subkeys too high, which is put right without loss. */
  const miscounted = (name: 'BCD-bios' | 'SOFTWARE'): Uint8Array => {
    const image = buildFixture(name).slice();
    const at = keyCell(image, []) + 4 + 20;
    const view = new DataView(image.buffer);
    view.setUint32(at, view.getUint32(at, true) - 1, true);
    return image;
  };

  it.each([
    ['BCD', 'Boot/BCD', 'BCD-bios'],
    ['\\Boot\\BCD', 'Boot/BCD', 'BCD-bios'],
    ['\\Users\\alice\\NTUSER.DAT', 'Users/alice/NTUSER.DAT', 'SOFTWARE'],
  ] as const)('%s of a volume is repaired in place, and undone', async (hive, path, fixture) => {
    const disk = makeDisk();
    put(disk, path, miscounted(fixture));
    const before = snapshot(disk);
    const run = await hivemend(['rebuild', hive, '--volume', disk, '--in-place', '--yes', '--json']);
    expect(run.stderr).toBe('');
    expect(factsOf(run.report())).toMatchObject({ way: 'in-place', losses: [] });
    expect(validate(openSource(thisHost(), join(disk, path)).recovery.image, hive)).toEqual([]);
    expect((await hivemend(['undo', disk, '--yes'])).status).toBe(0);
    expect(snapshot(disk)).toEqual(before);
  });

  it('one that is not there is said with those that are', async () => {
    const run = await hivemend(['rebuild', 'SAM', '--volume', makeDisk(), '--dry-run']);
    expect(run.status).toBe(3);
    expect(run.stderr).toContain('expected one of SYSTEM, SOFTWARE, BCD');
  });
});

it('what is written over the old hive is said in ten lines', async () => {
  const disk = makeDisk({ SYSTEM: withoutKey(['Select']) });
  const run = await hivemend(['rebuild', 'SYSTEM', '--volume', disk, '--in-place', '--yes', '--accept-loss']);
  const lines = run.stdout.trimEnd().split('\n');
  expect(lines.length).toBeLessThanOrEqual(10);
  expect(run.stdout.replace(/\s+/g, ' ')).toContain('Windows cannot start with it yet');
  expect(run.stdout).toContain('! key dropped');
  expect(run.stdout).toContain(`hivemend undo ${disk}`);
  expect(run.stdout).toContain('Journal:');
});

describe('files of registry transactions', () => {
  const CONFIG = 'Windows/System32/config';
  const FILES = [
    `${CONFIG}/SYSTEM{1c37916f-8987-11e1-b883-0026b9c4f2f8}.TM.blf`,
    `${CONFIG}/SYSTEM{1c37916f-8987-11e1-b883-0026b9c4f2f8}.TMContainer00000000000000000001.regtrans-ms`,
    `${CONFIG}/TxR/{1c379171-8987-11e1-b883-0026b9c4f2f8}.TxR.0.regtrans-ms`,
  ];
  const OTHERS = [`${CONFIG}/SOFTWARE{1c37916f}.TM.blf`, `${CONFIG}/TxR/keep.txt`];

  it.each([
    ['sound', 'SYSTEM-healthy'],
    ['damaged', null],
  ] as const)('beside a hive that is %s are named, and deleted only when that is asked for', async (_, fixture) => {
    const disk = makeDisk();
    put(disk, SYSTEM_PATH, fixture ?? withBadParent());
    for (const file of [...FILES, ...OTHERS]) put(disk, file, new Uint8Array(600).fill(3));
    const before = snapshot(disk);
    const args = ['rebuild', 'SYSTEM', '--volume', disk];
    const dry = await hivemend([...args, '--dry-run', '--json']);
    const finding = dry.report().findings.find(({ code }) => code === 'TRANSACTION_FILES')!;
    expect(finding.text).toContain('3 files of registry transactions lie beside the hive');
    expect((await hivemend([...args, '--in-place', '--yes'])).status).toBe(0);
    for (const file of FILES) expect(existsSync(join(disk, file))).toBe(true);
    await hivemend(['undo', disk, '--yes']);
    const run = await hivemend([...args, '--in-place', '--remove-transactions', '--yes']);
    expect(run.stderr).toBe('');
    expect(run.stdout).toContain('deleted: 3 files of transactions');
    for (const file of FILES) expect(existsSync(join(disk, file))).toBe(false);
    for (const file of OTHERS) expect(existsSync(join(disk, file))).toBe(true);
    expect((await hivemend(['undo', disk, '--yes'])).stderr).toBe('');
    expect(snapshot(disk)).toEqual(before);
  });

  it('are not deleted where only a new file is written', async () => {
    const args = ['rebuild', 'SYSTEM', '--volume', makeDisk(), '--dry-run', '--remove-transactions'];
    expect((await hivemend(args)).status).toBe(2);
  });
});

describe('what is known of a hive that is', () => {
  const healthy = (): Uint8Array => buildFixture('SYSTEM-healthy').slice();
  /** Bins of the fixture by number. */
  const binAt = (image: Uint8Array, number: number): number => {
    const view = new DataView(image.buffer);
    let at = 4096;
    for (let i = 0; i < number; i += 1) at += view.getUint32(at + 8, true);
    return at;
  };
  const withPage = (fill: (image: Uint8Array, at: number) => void): Uint8Array => {
    const image = healthy();
    fill(image, binAt(image, 1));
    return image;
  };
  const cases: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ['cut in the middle', healthy().slice(0, 20_000), /the file ends at byte 20000, but its bins reach to \d+/],
    [
      'overwritten by a page of zeros',
      withPage((image, at) => void image.fill(0, at, at + 4096)),
      /where a bin should begin, at \d+, there are only zeros/,
    ],
    [
      'overwritten by a page of another hive',
      withPage((image, at) => void image.set(buildFixture('SOFTWARE').subarray(4096, 8192), at)),
      /at \d+, there is a bin that belongs at 0, of this hive or of another/,
    ],
    [
      'overwritten by a page of another file',
      withPage((image, at) => void image.fill(0x41, at, at + 4096)),
      /at \d+, there are data of something else/,
    ],
  ];
  it.each(cases)('%s', async (_, system, sentence) => {
    const disk = makeDisk({ SYSTEM: system });
    const run = await hivemend(['rebuild', 'SYSTEM', '--volume', disk, '--dry-run']);
    expect(run.stdout.replace(/\s+/g, ' ')).toMatch(sentence);
    expect(run.stdout).toContain('Nothing was written.');
  });

  it('clean, beside logs that are bad', async () => {
    const disk = makeDisk({ SYSTEM: healthy() });
    const log = healthy().slice(0, 8192);
    new DataView(log.buffer).setUint32(0x1c, 6, true);
    put(disk, `${SYSTEM_PATH}.LOG1`, log);
    const run = await hivemend(['rebuild', 'SYSTEM', '--volume', disk, '--dry-run']);
    expect(run.status).toBe(0);
    expect(run.stdout.replace(/\s+/g, ' ')).toContain('the hive itself is clean, so that its logs are not read');
  });
});

it('more than one key in a hundred is not lost without a word, also where no check reads it', async () => {
  const disk = makeDisk();
  const path = 'Users/alice/NTUSER.DAT';
  const image = buildFixture('SOFTWARE').slice();
  const cell = keyCell(image, ['Microsoft', 'Windows', 'CurrentVersion', 'Policies']);
  image.fill(0, cell + 4, cell + 40);
  put(disk, path, image);
  const args = ['rebuild', '\\Users\\alice\\NTUSER.DAT', '--volume', disk, '--in-place', '--yes', '--json'];
  const refused = await hivemend(args);
  expect(refused.report().error?.code).toBe('LOSS_NOT_ACCEPTED');
  expect(factsOf(refused.report()).toAccept).toEqual([
    expect.stringMatching(/^\d+\.\d % of its keys are lost, more than 1 %$/),
  ]);
  expect((await hivemend([...args, '--accept-loss'])).status).toBe(1);
});

it('every place where copies are kept is looked into', async () => {
  const disk = makeDisk({ SYSTEM: withBadParent() });
  const config = 'Windows/System32/config';
  const copies = [`${config}/RegBack/SYSTEM`, `${config}/SYSTEM.OLD`, `${config}/SYSTEM.SAV`, 'Windows/repair/system'];
  for (const copy of copies) put(disk, copy, 'SYSTEM-healthy');
  const run = await hivemend(['rebuild', 'SYSTEM', '--volume', disk, '--dry-run', '--json']);
  expect(factsOf(run.report()).sources.map(({ path }) => path)).toEqual(copies.map((copy) => join(disk, copy)));
  const text = (await hivemend(['rebuild', 'SYSTEM', '--volume', disk, '--dry-run'])).stdout;
  expect(text).toContain('OTHER COPIES (none is taken unless --from names it)');
  expect(text.match(/sound; last written .*; same machine/g)).toHaveLength(copies.length);
});

describe('in place, where the header is whole and says something wrong', () => {
  const sound = smallHive(5);
  const { rootCell, binsSize } = BASE_BLOCK;

  it.each(Object.entries({ rootCell, binsSize }))(
    '%s: rebuilt and taken back to the byte, or refused',
    async (_, field) => {
      let rebuilt = 0;
      const key = openSource(thisHost(), soundFile()).hive.key(['Key 3', 'Below'])!.cellOffset;
      for (const value of [0, 33, key, 4096, sound.byteLength + 4096, 0xffff_f000]) {
        const folder = scratch();
        const hive = join(folder, 'SYSTEM');
        const image = sound.slice();
        new DataView(image.buffer).setUint32(field, value, true);
        image.set(encodeBaseBlock(image.subarray(0, 4096), {}));
        writeFileSync(hive, image);
        const run = await hivemend(['rebuild', hive, '--in-place', '--yes', '--accept-loss', '--accept-dirty']);
        if (run.stdout.includes('no defect found')) continue;
        if (run.status! < 2) {
          rebuilt += 1;
          expect(validate(read(hive), hive), `${value}`).toEqual([]);
          expect((await hivemend(['undo', hive, '--yes'])).status).toBe(0);
        } else {
          expect([4, 5], run.stderr).toContain(run.status);
          expect(existsSync(`${hive}.hivemend`)).toBe(false);
        }
        expect(read(hive), `${value}`).toEqual(image);
      }
      expect(rebuilt).toBeGreaterThan(3);
    },
  );

  function soundFile(): string {
    const file = join(scratch(), 'SYSTEM');
    writeFileSync(file, sound);
    return file;
  }
});
