import { execFileSync, spawnSync } from 'node:child_process';
import fs, {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { isoToFiletime } from '../../src/base/time.ts';
import type { WriteFs } from '../../src/base/write-fs.ts';
import { type ExportOptions, exportHives } from '../../src/commands/export.ts';
import type {
  EndRecord,
  HiveRecord,
  JsonRecord,
  KeyRecordLine,
  ValueRecordLine,
} from '../../src/formats/lines/json-records.ts';
import { findHives } from '../../src/hive/find.ts';
import { hiveKind } from '../../src/hive/kind.ts';
import { openSource, type ReadHost } from '../../src/hive/open.ts';
import { buildFixture } from '../fixture-hives.ts';
import { schemaErrors } from '../json-schema.ts';
import { describeShared } from '../shared-hives.ts';

const host: ReadHost = { fs: fs as WriteFs, style: 'posix' };
const schema = JSON.parse(readFileSync(new URL('../../docs/schemas/jsonl.schema.json', import.meta.url), 'utf8'));
const folder = mkdtempSync(join(tmpdir(), 'hivemend-transfer-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function exported(paths: string[], options: ExportOptions): { text: string; result: ReturnType<typeof exportHives> } {
  const decoder = new TextDecoder();
  let text = '';
  const result = exportHives(host, paths, options, (chunk) => {
    text += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
  });
  return { text, result };
}

function records(paths: string[], options: Partial<ExportOptions> = {}): JsonRecord[] {
  const { text } = exported(paths, { format: 'jsonl', ...options });
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as JsonRecord);
}

function fixtureFile(name: string): string {
  const path = join(folder, name);
  writeFileSync(path, buildFixture('SYSTEM-broken'));
  return path;
}

describe('JSON lines', () => {
  const path = fixtureFile('whatever.bin');
  const lines = records([path]);

  it('begins with the manifest and ends with the counts', () => {
    const [first, last] = [lines[0] as HiveRecord, lines.at(-1) as EndRecord];
    expect(first).toMatchObject({
      record: 'hive',
      source: path,
      kind: 'SYSTEM',
      view: 'primary',
      wasDirty: false,
      logs: [],
    });
    expect(first.sha256).toBe(execFileSync('sha256sum', [path], { encoding: 'utf8' }).slice(0, 64));
    expect(last).toMatchObject({
      record: 'end',
      keys: lines.filter(isKey).length,
      values: lines.filter(isValue).length,
      remnants: 0,
    });
  });

  it('fits the schema that ships, line by line', () => {
    expect(lines.flatMap((line) => schemaErrors(schema, line))).toEqual([]);
    expect(schemaErrors(schema, { ...lines[1], extra: 1 })).not.toEqual([]);
    expect(schemaErrors(schema, { ...lines[1], lastWritten: 'now' })).not.toEqual([]);
  });

  it('decodes data and keeps their bytes', () => {
    const current = lines.filter(isValue).find((line) => line.path === 'Select' && line.name === 'Current')!;
    expect(current).toMatchObject({ type: 'REG_DWORD', typeNumber: 4, data: 1, hex: '01000000', remnant: null });
    const key = lines.filter(isKey).find((line) => line.path === 'Select')!;
    expect(key.sddl).toMatch(/^O:/);
    expect(current.lastWritten).toEqual(key.lastWritten);
  });

  it('is the same each time', () => {
    expect(records([path])).toEqual(lines);
  });

  it('filters by path, depth and time', () => {
    const paths = (options: Partial<ExportOptions>): string[] =>
      records([path], options)
        .filter(isKey)
        .map((line) => line.path);
    expect(paths({ match: 'select' })).toEqual(['Select']);
    expect(paths({ match: 'ControlSet00?\\Control' })).toEqual(
      lines
        .filter(isKey)
        .map((line) => line.path)
        .filter((one) => /^ControlSet00.\\Control$/.test(one)),
    );
    expect(paths({ match: '**\\RDP-Tcp' }).every((one) => one.endsWith('\\RDP-Tcp'))).toBe(true);
    expect(paths({ match: '**\\RDP-Tcp' })).not.toEqual([]);
    expect(paths({ match: 'Select\\**' })).toEqual(['Select']);
    expect(paths({ match: '*' })).toEqual(
      lines
        .filter(isKey)
        .map((line) => line.path)
        .filter((one) => !one.includes('\\')),
    );
    expect(paths({ depth: 0 })).toEqual(['']);
    expect(paths({ depth: 1 })).toEqual(
      lines
        .filter(isKey)
        .map((line) => line.path)
        .filter((one) => !one.includes('\\')),
    );
    const times = lines.filter(isKey).map((line) => BigInt(line.lastWritten.filetime));
    const [newest] = times.toSorted((a, b) => (a < b ? 1 : -1));
    expect(paths({ since: newest! + 1n })).toEqual([]);
    expect(paths({ until: newest! })).toHaveLength(times.length);
    expect(paths({ until: isoToFiletime('1990-01-01')! })).toEqual([]);
  });

  it('stops where it is told to', () => {
    const stop = new AbortController();
    stop.abort();
    expect(() => exported([path], { format: 'jsonl', signal: stop.signal })).toThrow(/abort/i);
  });
});

function isKey(record: JsonRecord): record is KeyRecordLine {
  return record.record === 'key';
}

function isValue(record: JsonRecord): record is ValueRecordLine {
  return record.record === 'value';
}

describe('timelines', () => {
  it('gives Timesketch one line a key', () => {
    const path = fixtureFile('T');
    const keys = records([path]).filter(isKey);
    const lines = exported([path], { format: 'timesketch' })
      .text.trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toHaveLength(keys.length);
    expect(lines[1]).toEqual({
      message: `[${keys[1]!.path}]`,
      datetime: keys[1]!.lastWritten.iso!.replace(/\dZ$/, '+00:00'),
      timestamp: Date.parse(keys[1]!.lastWritten.iso!) * 1000,
      timestamp_desc: 'Registry key last written',
      data_type: 'windows:registry:key_value',
      key_path: keys[1]!.path,
      source_file: path,
      cell_offset: keys[1]!.cellOffset,
    });
  });

  it('gives mactime a body line a key', () => {
    const path = fixtureFile('B');
    const [key] = records([path], { match: 'Select' }).filter(isKey);
    expect(exported([path], { format: 'bodyfile', match: 'Select' }).text).toBe(
      `0|[${path}] Select|${key!.cellOffset}|0|0|0|0|0|${Date.parse(key!.lastWritten.iso!) / 1000}|0|0\n`,
    );
  });
});

describe('folders', () => {
  it('finds hives by content and logs by name, turns failures into records, and goes on', () => {
    const root = join(folder, 'tree');
    mkdirSync(join(root, 'b', 'c'), { recursive: true });
    writeFileSync(join(root, 'a.txt'), 'no hive');
    writeFileSync(join(root, 'b', 'SYSTEM.bak'), buildFixture('SYSTEM-broken'));
    writeFileSync(join(root, 'b', 'c', 'bcd'), buildFixture('BCD-bios'));
    const bad = buildFixture('SOFTWARE').subarray(0, 4096);
    writeFileSync(join(root, 'b', 'bad'), bad);
    const { text, result } = exported([root], { format: 'jsonl' });
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as JsonRecord);
    expect(
      lines
        .filter((line) => ['hive', 'error'].includes(line.record))
        .map((line) => [line.record, relative(root, line.source)]),
    ).toEqual([
      ['hive', 'b/SYSTEM.bak'],
      ['error', 'b/bad'],
      ['hive', 'b/c/bcd'],
    ]);
    expect(lines.flatMap((line) => schemaErrors(schema, line))).toEqual([]);
    expect(result).toMatchObject({ hives: 2, errors: [{ source: join(root, 'b', 'bad') }] });
    expect(() => exported([root], { format: 'reg' })).toThrow(/holds one hive, but 3/);
    expect(() => exported([root], { format: 'jsonl', logs: ['x'] })).toThrow(/logs belong to one hive/);
    expect(() => exported([join(root, 'a.txt')], { format: 'jsonl' })).toThrow(/regf/);
    expect(() => exported([join(root, 'none')], { format: 'jsonl' })).toThrow(/does not exist/);
  });
});

describeShared('real hives', (shared) => {
  const all = findHives(host, shared);
  const shown = (path: string): string => relative(shared, path);

  it('finds every hive of the catalogue by its content, with its logs', () => {
    const catalogue = readFileSync(join(shared, 'CATALOG.tsv'), 'utf8')
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => line.split('\t'));
    const hives = catalogue.filter(([, , , kind]) => !kind!.startsWith('LOG')).map(([file]) => file!);
    const logs = catalogue.filter(([, , , kind]) => kind!.startsWith('LOG')).map(([file]) => file!);
    expect(all.map(({ path }) => shown(path)).sort()).toEqual(hives.toSorted());
    expect(all.flatMap((hive) => hive.logs.map(shown)).sort()).toEqual(logs.toSorted());
  });

  it.each([
    ['system/win7-x64/SYSTEM', 'SYSTEM'],
    ['system/xp/SYSTEM', 'SYSTEM'],
    ['software/partial/SOFTWARE', 'SOFTWARE'],
    ['user/ntuser-1/NTUSER.DAT', 'NTUSER'],
    ['user/ntuser-win7/NTUSER.DAT', 'NTUSER'],
    ['user/usrclass/UsrClass.dat', 'USRCLASS'],
    ['replay/hvle-amcache/hive', 'AMCACHE'],
    ['replay/hvle-ntuser/hive', 'NTUSER'],
    ['bcd/uefi-1/BCD', 'BCD'],
    ['odd/ez-SAM_RootValue', 'SAM'],
    ['odd/BigDataHive', 'other'],
  ])('tells what %s is', (file, kind) => {
    expect(hiveKind(openSource(host, join(shared, file)).hive)).toBe(kind);
  });

  it('pairs logs that lost their name by their header, and only where it is beyond doubt', () => {
    const place = join(folder, 'renamed');
    mkdirSync(place);
    const from = join(shared, 'replay/hvle-windows10');
    cpSync(join(from, 'hive'), join(place, '1.dat'));
    cpSync(join(from, 'hive.LOG1'), join(place, '2.dat'));
    cpSync(join(from, 'hive.LOG2'), join(place, '3.dat'));
    expect(findHives(host, place)).toEqual([
      { path: join(place, '1.dat'), logs: [join(place, '2.dat'), join(place, '3.dat')] },
    ]);
    const [manifest] = records([place]) as [HiveRecord];
    expect(manifest).toMatchObject({ view: 'recovered', wasDirty: true, entriesApplied: 4 });
    cpSync(join(from, 'hive'), join(place, '4.dat'));
    expect(findHives(host, place).map(({ logs }) => logs)).toEqual([[], []]);
  });

  it('shows the recovered view unless --raw, and takes logs from elsewhere', () => {
    const dirty = join(shared, 'replay/hvle-windows10/hive');
    expect(records([dirty])[0]).toMatchObject({ view: 'recovered', entriesApplied: 4 });
    expect(records([dirty], { isRaw: true })[0]).toMatchObject({ view: 'primary', wasDirty: true, entriesApplied: 0 });
    expect((records([dirty], { isRaw: true }).at(-1) as EndRecord).findings.map(({ code }) => code)).toContain(
      'RAW_VIEW',
    );
    const alone = join(folder, 'alone');
    cpSync(dirty, alone);
    const unusable = records([alone]);
    expect(unusable[0]).toMatchObject({ view: 'primary', wasDirty: true });
    expect((unusable.at(-1) as EndRecord).findings.map(({ code }) => code)).toContain('DIRTY_WITHOUT_LOGS');
    expect(unusable.filter(isKey).length).toBeGreaterThan(1);
    const logs = [join(shared, 'replay/hvle-windows10/hive.LOG1'), join(shared, 'replay/hvle-windows10/hive.LOG2')];
    expect(records([alone], { logs })[0]).toMatchObject({ view: 'recovered', entriesApplied: 4 });
  });

  it('reads what is there of a hive that was cut off, and says each thing once', () => {
    const end = records([join(shared, 'odd/TruncatedHive')]).at(-1) as EndRecord;
    expect(end.keys).toBeGreaterThan(1);
    expect(end.findings.map(({ code }) => code)).toContain('TRUNCATED');
    const texts = end.findings.map((finding) => JSON.stringify(finding));
    expect(new Set(texts).size).toBe(texts.length);
  });

  it('puts log entries on the timeline', () => {
    const dirty = join(shared, 'replay/hvle-windows10/hive');
    const lines = exported([dirty], { format: 'timesketch' })
      .text.trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const ofLogs = lines.filter((line) => /^Transaction log entry \d+ of hive\.LOG[12]$/.test(line.timestamp_desc));
    expect(ofLogs.length).toBeGreaterThan(0);
    expect(exported([dirty], { format: 'timesketch', isRaw: true }).text).not.toContain('Transaction log');
    expect(exported([dirty], { format: 'bodyfile' }).text).toContain(
      '(Transaction log entry 5 of hive.LOG2)|0|0|0|0|0|0|',
    );
  });

  it('gives deleted keys and values with a grade', () => {
    const path = join(shared, 'odd/DeletedDataHive');
    const lines = records([path], { withDeleted: true });
    const remnants = lines.filter((line) => 'remnant' in line && line.remnant !== null);
    expect(remnants.length).toBeGreaterThan(0);
    expect((lines.at(-1) as EndRecord).remnants).toBe(remnants.length);
    expect(lines.flatMap((line) => schemaErrors(schema, line))).toEqual([]);
    expect(records([path]).filter((line) => 'remnant' in line && line.remnant !== null)).toEqual([]);
  });

  const hasReglookup = spawnSync('reglookup').error === undefined;

  it.skipIf(!hasReglookup)('counts what reglookup counts', { timeout: 120_000 }, () => {
    const different: string[] = [];
    for (const { path } of all.filter((hive) => /^(bcd|software|user)\//.test(shown(hive.path)))) {
      const { stdout } = spawnSync('reglookup', ['-H', path], { encoding: 'latin1', maxBuffer: 1 << 28 });
      const theirs = stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split(',')[1] === 'KEY');
      const lines = records([path], { isRaw: true });
      const ours = [lines.filter(isKey).length, lines.filter(isValue).length];
      const counts = [theirs.filter((isOne) => isOne).length, theirs.filter((isOne) => !isOne).length];
      if (counts.join() !== ours.join()) different.push(`${shown(path)}: ${counts.join()} and ${ours.join()}`);
    }
    expect(different).toEqual([]);
  });

  const hasRegfexport = spawnSync('regfexport', ['-V']).error === undefined;

  it.skipIf(!hasRegfexport)('counts what regfexport counts', { timeout: 120_000 }, () => {
    const different: string[] = [];
    for (const { path } of all.filter((hive) => /^bcd\/|UsrClass/.test(shown(hive.path)))) {
      const { stdout } = spawnSync('regfexport', [path], { encoding: 'latin1', maxBuffer: 1 << 28 });
      const theirs = [/^Key path: /gm, /^Value: \d+ /gm].map((pattern) => stdout.match(pattern)?.length ?? 0);
      const lines = records([path], { isRaw: true });
      const ours = [lines.filter(isKey).length, lines.filter(isValue).length];
      if (theirs.join() !== ours.join()) different.push(`${shown(path)}: ${theirs.join()} and ${ours.join()}`);
    }
    expect(different).toEqual([]);
  });

  it('fits the schema with every hive, remnants included', { timeout: 240_000 }, () => {
    const wrong: string[] = [];
    for (const { path } of all.filter((hive) => statSync(hive.path).size < 600_000)) {
      for (const line of records([path], { withDeleted: true })) {
        const errors = schemaErrors(schema, line);
        if (errors.length > 0) wrong.push(`${shown(path)}: ${errors.join('; ')}`);
      }
    }
    expect(wrong.slice(0, 10)).toEqual([]);
  });

  it('keeps its memory flat however long the export is', { timeout: 120_000 }, () => {
    const path = join(shared, 'system/win7-x86/SYSTEM');
    let longest = 0;
    let total = 0;
    exportHives(host, [path], { format: 'jsonl' }, (chunk) => {
      longest = Math.max(longest, chunk.length);
      total += chunk.length;
    });
    expect(total).toBeGreaterThan(20_000_000);
    expect(longest).toBeLessThan(4_000_000);
  });
});

it('writes nothing where it reads', () => {
  const place = join(folder, 'quiet');
  mkdirSync(place);
  writeFileSync(join(place, 'SYSTEM'), buildFixture('SYSTEM-broken'));
  const before = readdirSync(place).map((name) => statSync(join(place, name)).mtimeMs);
  const writes: string[] = [];
  const watching = new Proxy(fs, {
    get: (target, name: keyof typeof fs) => {
      const member = target[name];
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        if (
          /write|mkdir|unlink|rename|truncate|rm|chmod|utimes|symlink|link(?!Sync$)/.test(String(name)) &&
          name !== 'readlinkSync'
        )
          writes.push(String(name));
        if (name === 'openSync' && typeof args[1] === 'number' && (args[1] & 3) !== 0) writes.push('open for writing');
        if (name === 'openSync' && typeof args[1] === 'string' && args[1] !== 'r') writes.push('open for writing');
        return (member as (...all: unknown[]) => unknown).apply(target, args);
      };
    },
  });
  for (const format of ['jsonl', 'reg', 'xml', 'timesketch', 'bodyfile'] as const) {
    exportHives({ fs: watching as WriteFs, style: 'posix' }, [place], { format, withDeleted: true }, () => {});
  }
  expect(writes).toEqual([]);
  expect(readdirSync(place).map((name) => statSync(join(place, name)).mtimeMs)).toEqual(before);
});
