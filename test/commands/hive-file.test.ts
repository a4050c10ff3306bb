// Hives and disks as programs take them: what is not there, what is set, what is committed and undone.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { HivemendError } from '../../src/base/errors.ts';
import { exportHives } from '../../src/commands/export.ts';
import { type HiveOnDisk, openHive } from '../../src/commands/hive-file.ts';
import { openDisk, type PlanChoice } from '../../src/commands/open-disk.ts';
import { prepareUndo } from '../../src/commands/undo.ts';
import type { HiveFile } from '../../src/hive/file/hive-file.ts';
import type { ValueInput } from '../../src/hive/file/input.ts';
import { thisHost } from '../../src/host.ts';
import { lint, runScript } from '../../src/runbook.ts';
import { hivemend, makeDisk, SYSTEM_PATH, snapshot } from '../cli/process.ts';
import { buildFixture } from '../fixture-hives.ts';

function hiveFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hivemend-hive-file-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'SYSTEM');
  writeFileSync(path, buildFixture('SYSTEM-broken'));
  return path;
}

function errorOf(run: () => unknown): HivemendError {
  try {
    run();
  } catch (error) {
    if (error instanceof HivemendError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('openHive', () => {
  it('gives what is there, decoded, and undefined for what is not', () => {
    using hive = openHive(buildFixture('SYSTEM-broken'));
    expect([hive.kind, hive.name]).toEqual(['SYSTEM', 'HIVE']);
    expect(hive.key('select')?.value('CURRENT')?.decoded).toBe(1);
    expect(hive.key(['ControlSet001', 'Control'])?.path).toBe('ControlSet001\\Control');
    expect(hive.key('Select')?.time).toMatch(/^\d{4}-\d\d-\d\dT.*\.\d{7}Z$/);
    expect(hive.root.sddl).toMatch(/^O:.*D:/);
    expect([hive.key('Missing'), hive.key('Select')?.value('Missing')]).toEqual([undefined, undefined]);
  });

  it('sets each kind of data, and decodes it again', () => {
    using hive = openHive(buildFixture('SYSTEM-broken'));
    const data = ['text', ['a', 'b'], 7, 8n, new Uint8Array([1, 2])] as const;
    hive.create('Made\\Here');
    for (const [i, value] of data.entries()) hive.set('Made\\Here', String(i), value);
    using again = openHive(hive.bytes());
    expect(
      again
        .key('Made\\Here')
        ?.values()
        .map(({ decoded }) => decoded),
    ).toEqual(data);
    expect(
      again
        .key('Made\\Here')
        ?.values()
        .map(({ type }) => type),
    ).toEqual([1, 7, 4, 11, 3]);
  });

  it('shows a deleted key after those that are there', () => {
    using hive = openHive(buildFixture('SYSTEM-broken'));
    hive.create('Gone');
    hive.set('Gone', 'Value', 'text');
    hive.delete('Gone');
    using again = openHive(hive.bytes());
    expect([...again.walk({ match: 'Gone' })]).toEqual([]);
    const found = [...again.walk({ match: '**\\Gone', deleted: true })];
    expect(found.map(({ name, deleted }) => [name, deleted !== null])).toEqual([['Gone', true]]);
  });

  it('commits what was edited, shows it, and undo brings the bytes back', async () => {
    const path = hiveFile();
    const before = readFileSync(path);
    using hive = openHive(path);
    hive.set('Select', 'Note', 'by hand');
    expect(readFileSync(path)).toEqual(before);
    const expected = hive.bytes();
    const report = hive.commit({ note: 'ticket' });
    expect(report).toMatchObject({ status: 'ok', note: 'ticket', tool: { name: 'hivemend' } });
    expect(hive.changes).toEqual([]);
    expect(hive.key('Select')?.value('Note')?.decoded).toBe('by hand');
    // The base block is stamped by the commit; the bins are those that were proven.
    expect(readFileSync(path).subarray(4096, expected.length)).toEqual(Buffer.from(expected.subarray(4096)));
    hive.set('Select', 'Note', 'again');
    hive.commit();
    for (let i = 0; i < 2; i += 1) expect((await hivemend(['undo', path, '--yes'])).status).toBe(0);
    expect(readFileSync(path)).toEqual(before);
  });

  it('is named by its whole path, wherever the program goes', () => {
    const path = relative(process.cwd(), hiveFile());
    using hive = openHive(path);
    hive.set('Select', 'Note', 'by hand');
    expect(hive.path).toBe(resolve(path));
    const { undo } = hive.commit();
    expect(undo?.command).toContain(` ${resolve(path)} `);
    using prepared = prepareUndo(thisHost(), { places: [hive.path] });
    expect(prepared.undo().status).toBe('ok');
    expect(readFileSync(path)).toEqual(Buffer.from(buildFixture('SYSTEM-broken')));
  });

  it('is not edited where another program has written the file since', () => {
    const path = hiveFile();
    using hive = openHive(path);
    const other = buildFixture('SYSTEM-healthy');
    writeFileSync(path, other);
    expect(errorOf(() => hive.set('Select', 'Note', 'x')).code).toBe('CHANGED_ON_DISK');
    expect(readFileSync(path)).toEqual(Buffer.from(other));
    expect(readdirSync(join(path, '..'))).toEqual(['SYSTEM']);
  });

  it('throws errors with kind, code and sentence', () => {
    const path = hiveFile();
    using hive = openHive(path);
    const errors = [
      errorOf(() => openHive(new Uint8Array())),
      errorOf(() => openHive(join(path, '..', 'none'))),
      errorOf(() => openHive(new Uint8Array(8192))),
      errorOf(() => hive.set('Missing', 'a', 1)),
      errorOf(() => hive.key('a\\\\b')),
      errorOf(() => openDisk(join(path, '..'))),
      errorOf(() => runScript({ name: 'a.cmd', content: 'reg query HKLM' })),
    ];
    expect(errors.map(({ kind, code }) => `${kind} ${code}`)).toEqual([
      'UsageError BAD_ARGUMENT',
      'NotFoundError FILE_NOT_FOUND',
      'FormatError NOT_A_HIVE',
      'NotFoundError KEY_NOT_FOUND',
      'UsageError BAD_PATH',
      'NotFoundError WINDOWS_NOT_FOUND',
      'UsageError BAD_ARGUMENT',
    ]);
  });
});

/** What JavaScript may give where the types do not allow it, and what they allow and a hive does not hold. */
describe('what a program gives by mistake is refused, and nothing is done', () => {
  const set = (value: unknown) => (hive: HiveFile) => hive.set('Select', 'Note', value as ValueInput);
  const MISTAKES: readonly [string, (hive: HiveFile) => unknown, string][] = [
    ['a number with a fraction', set(1.5), 'BAD_VALUE'],
    ['no number', set(Number.NaN), 'BAD_VALUE'],
    ['a number over 32 bits', set(2 ** 32), 'BAD_VALUE'],
    ['a number below 32 bits', set(-(2 ** 31) - 1), 'BAD_VALUE'],
    ['a bigint over 64 bits', set(1n << 64n), 'BAD_VALUE'],
    ['text with a NUL', set('a\0b'), 'BAD_VALUE'],
    ['a list with a NUL in a text', set(['a\0b']), 'BAD_VALUE'],
    ['a list with a number', set(['a', 1]), 'BAD_VALUE'],
    ['null', set(null), 'BAD_VALUE'],
    ['true', set(true), 'BAD_VALUE'],
    ['a date', set(new Date()), 'BAD_VALUE'],
    ['hex that is none', set({ type: 3, hex: 'zz' }), 'BAD_VALUE'],
    ['a value without its name', (hive) => hive.set('Select', undefined as never, 1), 'BAD_VALUE'],
    // A name that was looked for in vain: that the key goes is not what was meant.
    ['to delete a name of undefined', (hive) => hive.delete('Select', undefined as never), 'BAD_VALUE'],
    ['a path of undefined', (hive) => hive.key(undefined as never), 'BAD_PATH'],
    ['a path with a number', (hive) => hive.key(['Select', 1] as never), 'BAD_PATH'],
    ['to look for a name of undefined', (hive) => hive.key('Select')?.value(undefined as never), 'BAD_VALUE'],
    ['a date that is none', (hive) => [...hive.walk({ since: new Date('none') })], 'BAD_VALUE'],
    ['a time as text', (hive) => [...hive.walk({ since: '2020-01-01' as never })], 'BAD_VALUE'],
    ['edits that are none', (hive) => hive.edit([{ op: 'none' } as never]), 'BAD_VALUE'],
    ['an edit without its key', (hive) => hive.edit([{ op: 'set-value', name: 'Note' } as never]), 'BAD_VALUE'],
    ['an edit of a volume', (hive) => hive.edit([{ op: 'delete-file', path: '\\a' } as never]), 'BAD_VALUE'],
    ['no edits', (hive) => hive.edit(undefined as never), 'BAD_VALUE'],
    ['a walk by undefined', (hive) => [...hive.walk(undefined as never)], 'KEY_NOT_FOUND'],
  ];

  it.each(MISTAKES)('%s', (_name, run, code) => {
    using hive = openHive(buildFixture('SYSTEM-broken'));
    expect(errorOf(() => run(hive))).toMatchObject({ code, kind: expect.stringMatching(/^(Usage|NotFound)Error$/) });
    expect([hive.changes, hive.key('Select')?.values().length]).toEqual([[], 4]);
  });

  it('bytes and logs', () => {
    const bytes = buildFixture('SYSTEM-broken');
    for (const source of [undefined, null, new ArrayBuffer(8), new URL('file:///none')])
      expect(errorOf(() => openHive(source as never)).code).toBe('BAD_ARGUMENT');
    expect(errorOf(() => openHive(bytes, { logs: [{ name: 'log one', bytes }] })).code).toBe('BAD_ARGUMENT');
  });

  it('what is planned and asked for', () => {
    const disk = openDisk(makeDisk());
    const wrong = [{ port: 70_000 }, { port: 0 }, { port: 1.5 }, { tls: ['9'] }, { target: 'none' }, { maxFiles: -1 }];
    for (const choice of wrong) {
      expect(errorOf(() => disk.plan(choice as PlanChoice)).code).toBe('BAD_ARGUMENT');
      expect(errorOf(() => disk.diagnose(choice as PlanChoice)).code).toBe('BAD_ARGUMENT');
    }
    expect(errorOf(() => disk.diagnose({ symptom: 'start' as never })).code).toBe('BAD_ARGUMENT');
    const host = thisHost();
    expect(errorOf(() => exportHives(host, [], { format: 'jsonl' }, () => {})).code).toBe('BAD_ARGUMENT');
    expect(errorOf(() => exportHives(host, disk.volumes, { format: 'csv' as never }, () => {})).code).toBe(
      'BAD_ARGUMENT',
    );
  });

  it('volumes, plans and ids', () => {
    const disk = openDisk(makeDisk());
    disk.plan({ only: ['nla'] }).commit();
    for (const volumes of [undefined, [], [undefined]])
      expect(errorOf(() => openDisk(volumes as never)).code).toBe('BAD_ARGUMENT');
    for (const plan of [null, {}, { schema: 2, edits: [{ op: 'none' }], targets: [] }])
      expect(errorOf(() => disk.apply(plan as never)).code).toBe('BAD_VALUE');
    for (const id of [undefined, ''])
      for (const way of ['undo', 'finish', 'undoValues'] as const)
        expect(errorOf(() => disk[way](id as never)).code).toBe('BAD_ARGUMENT');
    expect(disk.journals().map(({ journal }) => journal.state)).toEqual(['done']);
  });
});

describe('after an edit', () => {
  it('keys and values show the hive as it is, and what was deleted says so', () => {
    using hive = openHive(buildFixture('SYSTEM-broken'));
    const keys = [...hive.walk()];
    const [select, current] = [hive.key('Select')!, hive.key('Select')!.value('Current')!];
    for (const round of [1, 2, 3]) {
      hive.set('Select', 'Current', round);
      hive.set('Select', `Note ${round}`, round);
      expect([current.decoded, select.value('Current')?.decoded, select.values().length]).toEqual([
        round,
        round,
        4 + round,
      ]);
    }
    const before = keys.find(({ path }) => path === 'Select')!;
    expect([before.values().length, before.filetime]).toEqual([7, hive.key('Select')!.filetime]);
    hive.delete('Select', 'Current');
    expect(errorOf(() => current.decoded).code).toBe('VALUE_NOT_FOUND');
    hive.delete('Select');
    expect([select.path, current.name]).toEqual(['Select', 'Current']);
    expect(errorOf(() => select.values()).code).toBe('KEY_NOT_FOUND');
    for (const key of keys) if (hive.key(key.path)) hive.set(key.path, 'Note', key.values().length);
  });

  it('a walk that is under way ends with an error of the caller', () => {
    for (const end of [(hive: HiveFile) => hive.set('Select', 'Note', 1), (hive: HiveFile) => hive.close()]) {
      using hive = openHive(buildFixture('SYSTEM-broken'));
      const walk = (): void => {
        for (const _key of hive.walk()) end(hive);
      };
      expect(errorOf(walk)).toMatchObject({ kind: 'UsageError', hint: 'for (const key of [...hive.walk()])' });
    }
  });
});

describe('after its end nothing is lost in silence', () => {
  it('a hive that was closed with edits', () => {
    const path = hiveFile();
    for (const hive of [openHive(path), openHive(readFileSync(path))]) {
      const [key, value] = [hive.key('Select')!, hive.key('Select')!.value('Current')!];
      hive.set('Select', 'Note', 1);
      hive.close();
      hive.close();
      const uses: (() => unknown)[] = [
        () => hive.bytes(),
        () => hive.changes,
        () => hive.key('Select'),
        () => hive.set('Select', 'Note', 1),
        () => [...hive.walk()],
        () => key.values(),
        () => value.decoded,
        ...('commit' in hive ? [() => (hive as HiveOnDisk).commit()] : []),
      ];
      for (const use of uses) expect(errorOf(use).code).toBe('BAD_ARGUMENT');
    }
    expect(readFileSync(path)).toEqual(Buffer.from(buildFixture('SYSTEM-broken')));
  });

  it('a plan that was committed or closed', () => {
    const folder = makeDisk();
    const disk = openDisk(folder);
    const [committed, closed] = [disk.plan({ only: ['nla'] }), disk.plan({ only: ['tls'] })];
    committed.commit();
    closed.close();
    closed.close();
    for (const [plan, how] of [
      [committed, 'committed'],
      [closed, 'closed'],
    ] as const)
      for (const use of [() => plan.commit(), () => plan.report, () => plan.changes, () => plan.saved])
        expect(errorOf(use)).toMatchObject({ code: 'BAD_ARGUMENT', message: `the plan was ${how} already` });
    const refused = disk.plan({ only: ['tls'] });
    writeFileSync(join(folder, SYSTEM_PATH), buildFixture('SYSTEM-healthy'));
    expect(errorOf(() => refused.commit()).code).toBe('CHANGED_ON_DISK');
    expect(errorOf(() => refused.commit()).message).toBe('the plan was closed already');
  });
});

describe('openDisk', () => {
  it('plans what repair commits, and undoes it', async () => {
    const folder = makeDisk();
    const before = snapshot(folder);
    const disk = openDisk(folder);
    const planned = await hivemend(['repair', folder, '--only', 'nla,tls', '--dry-run', '--json']);
    {
      using plan = disk.plan({ only: ['nla', 'tls'] });
      expect(plan.changes).toEqual(planned.report().changes);
      expect(snapshot(folder)).toEqual(before);
      expect(plan.commit().undo).not.toBeNull();
    }
    expect(snapshot(folder)[SYSTEM_PATH]).not.toEqual(before[SYSTEM_PATH]);
    expect(disk.journals().map(({ journal }) => journal.state)).toEqual(['done']);
    disk.undo();
    expect(snapshot(folder)[SYSTEM_PATH]).toEqual(before[SYSTEM_PATH]);
  });

  it('commits a plan that was saved, and refuses another computer', () => {
    const folder = makeDisk();
    const disk = openDisk(folder);
    using plan = disk.plan({ only: ['nla'] });
    const { saved, changes } = plan;
    plan.close();
    expect(disk.apply(saved).commit().changes).toEqual(changes);
    expect(errorOf(() => openDisk(folder, { expect: 'OTHER' })).code).toBe('WRONG_MACHINE');
  });
});

describe('scripts', () => {
  const content =
    'reg load HKLM\\B F:\\Windows\\System32\\config\\SYSTEM\r\nreg add HKLM\\B\\Select /v Note /d x /f\r\nreg unload HKLM\\B\r\n';

  it('are linted without a disk, and run as one plan', () => {
    expect(lint({ name: 'a.cmd', content: 'reg unload HKLM\\B.hiv\r\n' })).toBeInstanceOf(Array);
    const folder = makeDisk();
    const run = runScript({ name: 'a.cmd', content }, { drives: { F: folder } });
    expect([run.isWhole, run.refusal, run.plan.changes.length]).toEqual([true, null, 1]);
    run.plan.commit();
    using hive = openHive(join(folder, 'Windows/System32/config/SYSTEM'));
    expect(hive.key('Select')?.value('Note')?.decoded).toBe('x');
  });
});
