import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/base/bytes.ts';
import { HivemendError } from '../../../src/base/errors.ts';
import type { DeviceIdentity } from '../../../src/bcd/device.ts';
import { deleteObject } from '../../../src/bcd/edits.ts';
import { BOOTMGR, DEBUG_SETTINGS, EMS_SETTINGS, GLOBAL_SETTINGS } from '../../../src/bcd/objects.ts';
import { guidsOf } from '../../../src/bcd/store.ts';
import { bcdedit, bcdeditJson } from '../../../src/compat/bcdedit/bcdedit.ts';
import type { WorkingHive } from '../../../src/registry/working/working-hive.ts';
import { contextOf, NOW, openFixture, openReal, openRecovery, REAL_STORES, storeOf } from '../../bcd/stores.ts';

const LOADER = '{8f1c0e21-7a44-11ea-9b52-000d3a4c9e10}';
const DONE = { exitCode: 0, stdout: 'The operation completed successfully.\n', stderr: '' };
const DISK_F: DeviceIdentity = { style: 'mbr', diskSignature: 0xa45b3e8d, offsetBytes: 525_336_576 };
const UNKNOWN_ELEMENT =
  'The element data type specified is not recognized, or does not apply to the\nspecified entry.\n' +
  'Run "bcdedit /?" for command line assistance.\nElement not found.\n';

/** Stored bytes of an element as 'type:hex'; null where it is not there. */
function stored(working: WorkingHive, object: string, element: string): string | null {
  const value = working.hive.value(['Objects', object, 'Elements', element], 'Element');
  return value && `${value.type}:${toHex(value.data())}`;
}

/** A command line as cmd.exe takes it apart, quotes included. */
function words(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2]!);
}

function runner(working: WorkingHive, partitions: Readonly<Record<string, DeviceIdentity>> = {}) {
  const context = contextOf(working, partitions);
  return { context, run: (line: string) => bcdedit(words(line), context) };
}

function thrownBy(run: () => unknown): HivemendError {
  try {
    run();
  } catch (error) {
    return error as HivemendError;
  }
  throw new Error('nothing was thrown');
}

/** Compares with a committed file; HIVEMEND_GOLDEN=write makes it anew. */
function expectGolden(name: string, text: string): void {
  const url = new URL(`golden/${name}`, import.meta.url);
  if (process.env.HIVEMEND_GOLDEN === 'write') writeFileSync(url, text);
  expect(existsSync(url), `golden/${name} is there`).toBe(true);
  expect(text).toBe(readFileSync(url, 'utf8'));
}

describe('/enum', () => {
  const stores = {
    'BCD-bios': () => openFixture('BCD-bios'),
    'BCD-uefi': () => openFixture('BCD-uefi'),
    'BCD-recovery': openRecovery,
  };
  it.each(Object.entries(stores))('prints %s in bcdedit’s layout, and as JSON', (name, open) => {
    const { context, run } = runner(open(), { F: DISK_F });
    expectGolden(`${name}.enum-all.txt`, run('/enum all').stdout);
    expectGolden(`${name}.enum-all-v.txt`, run('/enum all /v').stdout);
    expectGolden(`${name}.json`, `${JSON.stringify(bcdeditJson(['/enum', 'all'], context), null, 2)}\n`);
  });

  it('without words, and bcdedit without a command, list what the menu shows', () => {
    const { run } = runner(openFixture('BCD-bios'));
    const active = run('/enum').stdout;
    expect(run('').stdout).toBe(active);
    expect(run('/enum ACTIVE').stdout).toBe(active);
    expect(active.match(/^identifier .*$/gm)).toEqual([
      'identifier              {bootmgr}',
      'identifier              {default}',
    ]);
  });

  it('takes kinds of entries and identifiers', () => {
    const { run } = runner(openFixture('BCD-bios'));
    const ids = (line: string): string[] =>
      [...run(line).stdout.matchAll(/^identifier +(\S+)/gm)].map((match) => match[1]!);
    expect(ids('/enum bootmgr')).toEqual(['{bootmgr}']);
    expect(ids('/enum osloader')).toEqual(['{default}']);
    expect(ids('/enum resume')).toEqual(['{8f1c0e22-7a44-11ea-9b52-000d3a4c9e10}']);
    expect(ids('/enum inherit')).toContain('{emssettings}');
    expect(ids('/enum bootapp')).not.toContain('{bootmgr}');
    expect(ids('/enum {badmemory}')).toEqual(['{badmemory}']);
    expect(ids(`/enum ${LOADER} /v`)).toEqual([LOADER]);
    expect(run('/enum device')).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('no matching objects') });
    expect(run('/enum nonsense')).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining('command specified is not valid'),
    });
    expect(run('/enum {00000000-0000-0000-0000-000000000001}').exitCode).toBe(1);
  });

  it('prints GUID and alias under /v, and letters that are known', () => {
    const { run } = runner(openFixture('BCD-bios'), { F: DISK_F });
    const text = run('/v').stdout;
    expect(text).toContain(`identifier              ${BOOTMGR} {bootmgr}\n`);
    expect(text).toContain(`identifier              ${LOADER} {default}\n`);
    expect(text).toContain('osdevice                partition=F:\n');
  });

  it.each(REAL_STORES)('reads the real store %s', (name) => {
    const { context, run } = runner(openReal(name));
    const objects = storeOf(context.store(null)).objects();
    const result = run('/enum all /v');
    expect(result.exitCode).toBe(objects.length === 0 ? 1 : 0);
    expect([...result.stdout.matchAll(/^identifier +(\S+)/gm)].map((match) => match[1]).sort()).toEqual(
      objects.map(({ id }) => id).sort(),
    );
  });
});

describe('the article’s commands', () => {
  it('write the very bytes, and nothing the second time', () => {
    const working = openFixture('BCD-bios');
    const { run } = runner(working);
    const lines = [
      '/store F:\\boot\\bcd /set {bootmgr} displaybootmenu yes',
      '/store F:\\boot\\bcd /set {bootmgr} timeout 5',
      '/store F:\\boot\\bcd /set {bootmgr} bootems yes',
      `/store F:\\boot\\bcd /ems ${LOADER} ON`,
      '/store F:\\boot\\bcd /emssettings EMSPORT:1 EMSBAUDRATE:115200',
    ];
    for (const line of lines) expect(run(line), line).toEqual(DONE);
    expect(stored(working, BOOTMGR, '26000020')).toBe('3:01');
    expect(stored(working, BOOTMGR, '25000004')).toBe('3:0500000000000000');
    expect(stored(working, BOOTMGR, '16000020')).toBe('3:01');
    expect(stored(working, LOADER, '260000b0')).toBe('3:01');
    expect(stored(working, EMS_SETTINGS, '15000022')).toBe('3:0100000000000000');
    expect(stored(working, EMS_SETTINGS, '15000023')).toBe('3:00c2010000000000');
    const count = working.changes.length;
    for (const line of lines) expect(run(line), line).toEqual(DONE);
    expect(working.changes.length).toBe(count);
  });

  it('create {emssettings} and its place in what entries inherit', () => {
    const working = openFixture('BCD-bios');
    const store = storeOf(working);
    working.apply(deleteObject(store, store.object(EMS_SETTINGS)!, true), NOW);
    expect(guidsOf(store.object(GLOBAL_SETTINGS), 0x14000006)).not.toContain(EMS_SETTINGS);
    expect(runner(working).run('/emssettings emsport:1 emsbaudrate:115200')).toEqual(DONE);
    expect(store.object(EMS_SETTINGS)?.type).toBe(0x20100000);
    expect(guidsOf(store.object(GLOBAL_SETTINGS), 0x14000006)).toContain(EMS_SETTINGS);
  });

  const OTHERS: readonly (readonly [line: string, object: string, element: string, data: string | null])[] = [
    ['/timeout 10', BOOTMGR, '25000004', '3:0a00000000000000'],
    [`/bootems ${LOADER} on`, LOADER, '16000020', '3:01'],
    [`/ems ${LOADER} off`, LOADER, '260000b0', '3:00'],
    ['/set {default} safeboot minimal', LOADER, '25000080', '3:0000000000000000'],
    ['/set {default} safeboot dsrepair', LOADER, '25000080', '3:0200000000000000'],
    ['/set {default} bootlog yes', LOADER, '26000090', '3:01'],
    ['/set {default} bootstatuspolicy displayallfailures', LOADER, '250000e0', '3:0000000000000000'],
    [`/set ${LOADER} bootstatuspolicy IgnoreAllFailures`, LOADER, '250000e0', '3:0100000000000000'],
    [`/set ${LOADER} recoveryenabled Off`, LOADER, '16000009', '3:00'],
    ['/set {default} nointegritychecks on', LOADER, '16000048', '3:01'],
    ['/set {default} testsigning off', LOADER, '16000049', '3:00'],
    [
      '/set {bootmgr} description "Boot, again"',
      BOOTMGR,
      '12000004',
      '1:42006f006f0074002c00200061006700610069006e000000',
    ],
    [`/set {bootmgr} default ${LOADER}`, BOOTMGR, '23000003', null],
    [
      `/set ${LOADER} device boot`,
      LOADER,
      '11000001',
      `3:${'00'.repeat(16)}05000000000000004800000000000000${'00'.repeat(56)}`,
    ],
    [`/debug ${LOADER} on`, LOADER, '260000a0', '3:01'],
    [`/bootdebug {bootmgr} on`, BOOTMGR, '16000010', '3:01'],
    ['/dbgsettings serial debugport:1 baudrate:115200', DEBUG_SETTINGS, '15000014', null],
    ['/dbgsettings net hostip:10.1.2.3 port:50000 key:1.2.3.4', DEBUG_SETTINGS, '1500001a', '3:0302010a00000000'],
    ['/set {globalsettings} custom:16000067 true', GLOBAL_SETTINGS, '16000067', '3:01'],
    ['-set {bootmgr} timeout 0x1e', BOOTMGR, '25000004', null],
  ];
  it.each(OTHERS)('%s', (line, object, element, data) => {
    const working = openFixture('BCD-bios');
    const before = stored(working, object, element);
    expect(runner(working).run(line)).toMatchObject({ exitCode: 0, stdout: DONE.stdout });
    expect(stored(working, object, element)).toBe(data ?? before);
  });

  it('say where a name or a number rests on no source', () => {
    const { run } = runner(openFixture('BCD-bios'));
    expect(run('/set {bootmgr} integrityservices enable').stderr).toContain('no published source');
    expect(run('/set {default} nx OptIn').stderr).toContain('no published source');
    expect(run('/set {default} safeboot network').stderr).toBe('');
  });
});

describe('devices', () => {
  it('are written for a letter whose identity is known, and for the object asked for alone', () => {
    const working = openFixture('BCD-uefi');
    const identity: DeviceIdentity = {
      style: 'gpt',
      diskGuid: '{2196f74d-5e05-426a-a7c7-d2f8eefafbd6}',
      partitionGuid: '{d7bd54fd-c922-4517-8df9-9edf0719b9d1}',
    };
    const devices = (): Map<string, string> =>
      new Map(
        storeOf(working)
          .objects()
          .flatMap((object) =>
            object.elements
              .filter(({ info }) => info.format === 'device')
              .map((element) => {
                const path = `${object.id} ${element.keyName}`;
                return [path, stored(working, object.id, element.keyName) ?? ''] as const;
              }),
          ),
      );
    const before = devices();
    expect(runner(working, { F: identity }).run('/set {default} OSDEVICE partition=F:')).toEqual(DONE);
    const changed = [...devices()].filter(([path, hex]) => before.get(path) !== hex);
    expect(changed).toEqual([
      [
        '{3c2b1a55-9d51-11ec-8a0b-0022481f6a0c} 21000001',
        `3:${'00'.repeat(16)}06000000000000004800000000000000fd54bdd722c917458df99edf0719b9d100000000000000004df79621055e6a42a7c7d2f8eefafbd6${'00'.repeat(16)}`,
      ],
    ]);
  });

  it('are refused without the identity, with the option that gives it', () => {
    const working = openFixture('BCD-uefi');
    const error = thrownBy(() => runner(working).run('/set {bootmgr} device partition=s:'));
    expect(error).toMatchObject({ kind: 'RefusedError', code: 'AMBIGUOUS' });
    expect(error.hint).toContain('--partition S:=gpt:');
    expect(working.changes).toEqual([]);
  });

  it('other than boot and partitions are kept and never made', () => {
    const { run } = runner(openFixture('BCD-uefi'));
    expect(run('/set {default} device vhd=[C:]\\a.vhd')).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining('not supported'),
    });
    expect(run('/set {default} device somewhere')).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining('device data'),
    });
  });
});

describe('wrong lines', () => {
  const WRONG: readonly (readonly [line: string, text: string])[] = [
    ['/set {default} integrityservicesenable yes', UNKNOWN_ELEMENT],
    ['/set {bootmgr} nx OptIn', UNKNOWN_ELEMENT],
    ['/deletevalue {bootmgr} nosuch', UNKNOWN_ELEMENT],
    ['/ems {bootmgr} on', UNKNOWN_ELEMENT],
    ['/deletevalue {default} safeboot', 'Element not found.'],
    ['/set {default} integrityservicesenable', 'The set command specified is not valid.'],
    ['/set {bootmgr} timeout five', 'The integer data is not valid as specified.'],
    ['/set {bootmgr} displaybootmenu perhaps', 'The boolean data is not valid as specified.'],
    ['/set {default} safeboot maximal', 'The integer data is not valid as specified.'],
    ['/set {00000000-0000-0000-0000-000000000001} timeout 5', 'cannot find the file specified'],
    ['/set {bootmgr} default {00000000-0000-0000-0000-000000000001}', 'cannot find the file specified'],
    ['/default {00000000-0000-0000-0000-000000000001}', 'cannot find the file specified'],
    ['/emssettings EMSBAUDRATE:115200', 'The emssettings command specified is not valid.'],
    ['/emssettings EMSPORT:1 EMSBAUDRATE:1200', 'The integer data is not valid as specified.'],
    ['/ems {default} maybe', 'The ems command specified is not valid.'],
    ['/displayorder {default} /addmiddle', 'Invalid command line switch: /addmiddle'],
    ['/displayorder {default} {memdiag} /addfirst', 'command specified is not valid'],
    ['/nonsense', 'Invalid command line switch: /nonsense'],
    ['/store', 'The store command specified is not valid.'],
    ['/create {default}', 'command specified is not valid'],
    ['/copy {default} "no switch"', 'The copy command specified is not valid.'],
    ['/delete {emssettings}', 'well-known identifier'],
    ['/delete {00000000-0000-0000-0000-000000000001}', 'attempting to delete the specified entry'],
  ];
  it.each(WRONG)('%s', (line, text) => {
    const working = openFixture('BCD-bios');
    const result = runner(working).run(line);
    expect(result.exitCode).toBe(1);
    expect(result.stdout).toContain(text);
    expect(working.changes).toEqual([]);
  });

  it('are told what would be right', () => {
    const { run } = runner(openFixture('BCD-bios'));
    expect(run('/set {bootmgr} nx OptIn').stderr).toBe('nx is an element of other kinds of entries\n');
    expect(run('/set {bootmgr} nosuch 1').stderr).toBe('');
    expect(run('/set {nosuch} nx OptIn')).toMatchObject({
      stdout: expect.stringContaining('identifier specified is not valid'),
      stderr: expect.stringContaining('{bootmgr} {fwbootmgr}'),
    });
    expect(run('/set {default} safeboot maximal').stderr).toBe('safeboot takes Minimal, Network, DsRepair\n');
  });

  it('about the running machine are refused', () => {
    const { run } = runner(openFixture('BCD-bios'));
    expect(thrownBy(() => run('/sysstore S:'))).toMatchObject({ kind: 'RefusedError', code: 'LIVE_SYSTEM' });
    expect(thrownBy(() => run('/deletevalue {current} safeboot'))).toMatchObject({
      kind: 'RefusedError',
      code: 'AMBIGUOUS',
    });
    expect(thrownBy(() => run('/set timeout 5')).message).toContain('{current}');
    expect(thrownBy(() => run('/ems on')).message).toContain('{current}');
  });

  it('with a default that leads nowhere write nothing', () => {
    const working = openRecovery();
    const error = thrownBy(() => runner(working).run('/ems {default} on'));
    expect(error).toMatchObject({ kind: 'NotFoundError', code: 'OBJECT_NOT_FOUND' });
    expect(working.changes).toEqual([]);
    expect(runner(working).run('/default {5b3f6a10-1f2e-11ee-9c2a-00155d012a30}')).toEqual(DONE);
  });

  it('are not run on a hive that is no store', () => {
    expect(runner(openFixture('SOFTWARE')).run('/enum')).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining('could not be opened'),
    });
  });
});

describe('what shells do', () => {
  it('to braces is recognised', () => {
    const working = openFixture('BCD-bios');
    const encoded = Buffer.from('default', 'utf16le').toString('base64');
    const argv = ['/set', '-encodedCommand', encoded, '-inputFormat', 'xml', '-outputFormat', 'text', 'bootlog', 'yes'];
    const result = bcdedit(argv, contextOf(working));
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain('bcdedit /set "{default}" bootlog yes');
    expect(runner(working).run('/set default bootlog yes').stderr).toContain('"{default}"');
  });

  it('to switches is recognised', () => {
    const argv = ['C:/Program Files/Git/set', '{default}', 'bootlog', 'yes'];
    const result = bcdedit(argv, contextOf(openFixture('BCD-bios')));
    expect(result.stderr).toContain('MSYS_NO_PATHCONV=1 bcdedit /set "{default}" bootlog yes');
    const listing = bcdedit(['C:/Git/enum', 'V:/'], contextOf(openFixture('BCD-bios')));
    expect(listing.stderr).toContain('MSYS_NO_PATHCONV=1 bcdedit /enum /v');
  });

  it('to backslashes is recognised', () => {
    const result = bcdedit(['/store', 'F:bootbcd', '/enum'], contextOf(openFixture('BCD-bios')));
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain('bcdedit /store "F:\\boot\\bcd" /enum');
  });

  it('and options of our own in the wrong place are, too', () => {
    const result = runner(openFixture('BCD-bios')).run('/set {bootmgr} timeout 5 --yes');
    expect(result).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('--yes is hivemend') });
  });

  it('nothing: a POSIX path is never taken for a switch', () => {
    const seen: (string | null)[] = [];
    const context = contextOf(openFixture('BCD-bios'));
    const result = bcdedit(['/store', '/enum', '/enum', 'bootmgr'], {
      ...context,
      store: (path) => {
        seen.push(path);
        return context.store(path);
      },
    });
    expect(result.exitCode).toBe(0);
    expect(seen).toEqual(['/enum']);
  });
});

describe('entries', () => {
  it('are created, with what they are', () => {
    const working = openFixture('BCD-bios');
    const { run } = runner(working);
    const made = run('/create /d "A loader" /application osloader');
    const id = /\{[0-9a-f-]{36}\}/.exec(made.stdout)?.[0] ?? '';
    expect(made.stdout).toBe(`The entry ${id} was successfully created.\n`);
    expect(storeOf(working).object(id)).toMatchObject({ type: 0x10200003 });
    expect(run(`/create ${id} /application osloader`).exitCode).toBe(1);
    const store = storeOf(working);
    working.apply(deleteObject(store, store.object(BOOTMGR)!, false), NOW);
    expect(run('/create {bootmgr}').stdout).toBe('The entry {bootmgr} was successfully created.\n');
    expect(store.object(BOOTMGR)?.type).toBe(0x10100002);
    for (const [line, type] of [
      ['/create /inherit', 0x20100000],
      ['/create /inherit osloader', 0x20200003],
      ['/create /device', 0x30000000],
    ] as const) {
      const created = /\{[0-9a-f-]{36}\}/.exec(run(line).stdout)?.[0] ?? '';
      expect(store.object(created)?.type, line).toBe(type);
    }
  });

  it('are copied, put in the menu and deleted with their resume entry', () => {
    const working = openFixture('BCD-bios');
    const { run } = runner(working);
    const store = storeOf(working);
    const copied = run('/copy {default} /d "A second one"');
    const id = /\{[0-9a-f-]{36}\}/.exec(copied.stdout)?.[0] ?? '';
    expect(copied.stdout).toBe(`The entry was successfully copied to ${id}.\n`);
    expect(copied.stderr).toContain(`/displayorder ${id} /addlast`);
    expect(run(`/displayorder ${id} /addfirst`)).toEqual(DONE);
    expect(guidsOf(store.object(BOOTMGR), 0x24000001)).toEqual([id, LOADER]);
    expect(run(`/bootsequence ${id}`)).toEqual(DONE);
    expect(run('/toolsdisplayorder {memdiag} /remove')).toEqual(DONE);
    expect(stored(working, BOOTMGR, '24000010')).toBeNull();
    expect(run(`/delete ${id}`)).toEqual(DONE);
    expect(guidsOf(store.object(BOOTMGR), 0x24000001)).toEqual([LOADER]);
    expect(stored(working, BOOTMGR, '24000002')).toBeNull();
    const resume = '{8f1c0e22-7a44-11ea-9b52-000d3a4c9e10}';
    expect(store.object(resume)).not.toBeNull();
    expect(run(`/delete ${LOADER}`)).toEqual(DONE);
    expect(store.object(resume)).toBeNull();
    expect(stored(working, BOOTMGR, '23000003')).toBeNull();
  });

  it('are exported and imported', () => {
    const working = openFixture('BCD-bios');
    const { context, run } = runner(working);
    expect(run('/export /tmp/store.bak')).toEqual(DONE);
    expect(context.written.get('/tmp/store.bak')).toEqual(working.image());
    const before = run('/enum all /v').stdout;
    expect(run(`/delete ${LOADER}`)).toEqual(DONE);
    expect(run('/set {bootmgr} timeout 1')).toEqual(DONE);
    expect(run('/import /tmp/store.bak')).toEqual(DONE);
    expect(run('/enum all /v').stdout).toBe(before);
  });

  it('are imported from a file with bytes after its bins, and not from one that was not closed or is no store', () => {
    const working = openFixture('BCD-bios');
    const { context, run } = runner(working);
    const image = openRecovery().image();
    context.written.set('longer', Uint8Array.from([...image, ...new Uint8Array(4096).fill(0xff)]));
    expect(run('/import longer')).toEqual(DONE);
    expect(storeOf(working).defaultState().state).toBe('dangling');
    const dirty = image.slice();
    dirty[4]! += 1;
    context.written.set('dirty', dirty);
    expect(thrownBy(() => run('/import dirty'))).toMatchObject({ kind: 'RefusedError', code: 'DIRTY_HIVE' });
    context.written.set('software', openFixture('SOFTWARE').image());
    expect(run('/import software')).toMatchObject({ exitCode: 1 });
    context.written.set('text', new TextEncoder().encode('not a hive'));
    expect(thrownBy(() => run('/import text')).kind).toBe('FormatError');
  });
});

describe('/emssettings bios', () => {
  it('takes port and rate away, and says on what that rests', () => {
    const working = openFixture('BCD-bios');
    const { run } = runner(working);
    run('/emssettings emsport:2 emsbaudrate:9600');
    const result = run('/emssettings BIOS');
    expect(result.exitCode).toBe(0);
    expect(result.stderr).toContain('rests on no source');
    expect(stored(working, EMS_SETTINGS, '15000022')).toBeNull();
    expect(stored(working, EMS_SETTINGS, '15000023')).toBeNull();
  });
});

describe('/?', () => {
  it('prints help without opening a store', () => {
    const context = contextOf(openFixture('BCD-bios'));
    const result = bcdedit(['/?', '/set'], {
      ...context,
      store: () => {
        throw new Error('opened');
      },
    });
    expect(result.exitCode).toBe(0);
    for (const line of result.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });
});

describe('any line', () => {
  const vocabulary = fc.constantFrom(
    ...[
      '/set',
      '/deletevalue',
      '/enum',
      '/v',
      '/create',
      '/copy',
      '/delete',
      '/f',
      '/d',
      '/application',
      'osloader',
      '/inherit',
    ],
    ...[
      '/displayorder',
      '/addfirst',
      '/remove',
      '/ems',
      '/bootems',
      '/emssettings',
      'EMSPORT:1',
      'BIOS',
      '/dbgsettings',
      'net',
    ],
    ...[
      'hostip:1.2.3.4',
      '/start',
      '/timeout',
      '/default',
      '/store',
      '/import',
      '/export',
      '/debug',
      '/?',
      '--yes',
      '-x',
      '',
    ],
    ...[
      '{default}',
      '{bootmgr}',
      '{emssettings}',
      '{current}',
      '{nosuch}',
      '{}',
      LOADER,
      'device',
      'boot',
      'partition=F:',
      'nx',
    ],
    ...[
      'displayorder',
      'description',
      'custom:25000fff',
      '5',
      'on',
      'yes',
      '0x10',
      '\u0000',
      'integrityservices',
      'enable',
    ],
  );

  it('is answered with 0 or 1, or with an error of ours; a refused line changes nothing', () => {
    fc.assert(
      fc.property(fc.array(vocabulary, { maxLength: 7 }), (argv) => {
        const working = openFixture('BCD-bios');
        const context = contextOf(working);
        context.written.set('/import', working.image());
        try {
          const { exitCode, stdout } = bcdedit(argv, context);
          expect([0, 1]).toContain(exitCode);
          expect(stdout).not.toBe('');
          if (exitCode === 1) expect(working.changes).toEqual([]);
        } catch (error) {
          if (!/the test has no file/.test(String(error))) expect(error).toBeInstanceOf(HivemendError);
          expect(working.changes).toEqual([]);
        }
        working.close();
      }),
      { numRuns: 400 },
    );
  });
});
