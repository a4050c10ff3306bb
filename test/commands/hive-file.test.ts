// Hives and disks as programs take them: what is not there, what is set, what is committed and undone.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { HivemendError } from '../../src/base/errors.ts';
import { openHive } from '../../src/commands/hive-file.ts';
import { openDisk } from '../../src/commands/open-disk.ts';
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
