import fs, { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { bytesEqual, concatBytes } from '../../src/base/bytes.ts';
import type { WriteFs } from '../../src/base/write-fs.ts';
import { type DiffOptions, diffFiles } from '../../src/commands/diff.ts';
import { importEdits } from '../../src/commands/import.ts';
import { inspectHive, inspectionExitCode, inspectionText } from '../../src/commands/inspect.ts';
import { recoverHive } from '../../src/commands/recover.ts';
import type { ReadHost } from '../../src/hive/open.ts';
import type { HiveEdit } from '../../src/registry/edit.ts';
import { diffHives } from '../../src/registry/proof/diff.ts';
import { dword, multiSz, sz } from '../../src/registry/value.ts';
import { WorkingHive } from '../../src/registry/working/working-hive.ts';
import { buildFixture, fixtureEngine } from '../fixture-hives.ts';
import { describeShared } from '../shared-hives.ts';

const host: ReadHost = { fs: fs as WriteFs, style: 'posix' };
const folder = mkdtempSync(join(tmpdir(), 'hivemend-compare-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function diffed(
  oldPath: string,
  newPath: string | null,
  options: DiffOptions,
): { text: string; bytes: Uint8Array; result: ReturnType<typeof diffFiles> } {
  const chunks: Uint8Array[] = [];
  const result = diffFiles(host, oldPath, newPath, options, (chunk) => {
    chunks.push(typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk);
  });
  const bytes = concatBytes(...chunks);
  return { bytes, text: new TextDecoder().decode(bytes), result };
}

const EDITS: readonly HiveEdit[] = [
  { op: 'set-value', key: { hive: 'S', path: ['Select'] }, name: 'Current', value: dword(7) },
  { op: 'set-value', key: { hive: 'S', path: ['Select'] }, name: 'New "text"', value: sz('a\\b') },
  { op: 'delete-value', key: { hive: 'S', path: ['Select'] }, name: 'Default' },
  { op: 'create-key', key: { hive: 'S', path: ['Added', 'Below'] } },
  { op: 'set-value', key: { hive: 'S', path: ['Added', 'Below'] }, name: '', value: multiSz(['x']) },
  { op: 'delete-key', key: { hive: 'S', path: ['ControlSet001', 'Services'] } },
  { op: 'set-class', key: { hive: 'S', path: ['Select'] }, className: 'klass' },
];

describe('diff', () => {
  const [oldPath, newPath] = [join(folder, 'old'), join(folder, 'new')];
  writeFileSync(oldPath, buildFixture('SYSTEM-broken'));
  using working = WorkingHive.open(fixtureEngine(), 'S', { image: buildFixture('SYSTEM-broken'), view: 'primary' });
  working.apply(EDITS, 134_000_000_000_000_000n);
  writeFileSync(newPath, working.image());

  it('shows unified text', () => {
    const { text, result } = diffed(oldPath, newPath, { format: 'text' });
    expect(result.exitCode).toBe(1);
    expect(text.startsWith(`--- ${oldPath}\n+++ ${newPath}\n`)).toBe(true);
    expect(text).toContain('-"Current"=dword:00000001\n+"Current"=dword:00000007\n');
    expect(text).toContain('+"New \\"text\\""="a\\\\b"\n');
    expect(text).toContain('-"Default"=dword:00000001\n');
    expect(text).toContain('@@ \\Added\\Below @@\n+[\\Added\\Below]\n+@=hex(7):78,00,00,00,00,00\n');
    expect(text).toContain('-[\\ControlSet001\\Services]\n');
    expect(text).toContain('+class: klass\n');
    expect(text).not.toContain('last written');
    expect(diffed(oldPath, newPath, { format: 'text', withTimes: true }).text).toContain('+last written: 2025-');
  });

  it('gives JSON that can be read', () => {
    const { text, result } = diffed(oldPath, newPath, { format: 'json' });
    expect(JSON.parse(text)).toEqual(
      JSON.parse(JSON.stringify({ schema: 1, before: oldPath, after: newPath, differences: result.differences })),
    );
  });

  it.each([
    ['forth', oldPath, newPath],
    ['back', newPath, oldPath],
  ])('gives a .reg file that turns one into the other, %s', (_, from, to) => {
    const { bytes, result } = diffed(from, to, { format: 'reg' });
    expect(result.findings.map(({ code, text }) => [code, text])).toEqual(
      [
        ['NOT_IN_REG_FILE', 'the class name of \\Select differs, which a .reg file cannot say'],
        ...(from === newPath ? [] : []),
      ].concat(result.findings.slice(1).map(({ code, text }) => [code, text])),
    );
    using changed = WorkingHive.open(fixtureEngine(), 'S', {
      image: new Uint8Array(fs.readFileSync(from)),
      view: 'primary',
    });
    changed.apply(importEdits(bytes, changed.hive, { prefix: 'HKEY_LOCAL_MACHINE\\SYSTEM' }), 1n);
    using wanted = WorkingHive.open(fixtureEngine(), 'S', {
      image: new Uint8Array(fs.readFileSync(to)),
      view: 'primary',
    });
    const left = diffHives(changed.hive, wanted.hive).filter(
      ({ kind }) => kind.startsWith('key-') || kind.startsWith('value-'),
    );
    expect(left).toEqual([]);
  });

  it('is silent about what is the same', () => {
    expect(diffed(oldPath, oldPath, { format: 'text' })).toMatchObject({
      text: '',
      result: { exitCode: 0, differences: [] },
    });
  });
});

describe('inspect', () => {
  it('shows a clean hive', () => {
    const path = join(folder, 'clean');
    writeFileSync(path, buildFixture('BCD-bios'));
    const inspection = inspectHive(host, path, { withValidation: true });
    expect(inspection).toMatchObject({ kind: 'BCD', view: 'primary', logs: [], findings: [], defects: [] });
    expect(inspectionExitCode(inspection)).toBe(0);
    expect(JSON.parse(JSON.stringify(inspection))).toEqual(inspection);
    expect(inspectionText(inspection)).toMatch(/: BCD, version 1\.3, \d+ bytes\n/);
    expect(inspectionText(inspection)).toContain('defects: none\n');
  });

  it('judges a hive whose values are broken', () => {
    const image = buildFixture('SYSTEM-broken');
    using working = WorkingHive.open(fixtureEngine(), 'S', { image, view: 'primary' });
    const { cellOffset } = working.hive.value(['Select'], 'Current')!;
    // The size and signature of its cell stand before the length of its name.
    image[4096 + cellOffset + 4] = 0;
    const path = join(folder, 'defect');
    writeFileSync(path, image);
    const inspection = inspectHive(host, path, { withValidation: true });
    expect(inspectionExitCode(inspection)).toBe(1);
    expect(inspectionText(inspection)).toMatch(/defects:\n {2}error [A-Z_]+ at \d+/);
    expect(inspectHive(host, path).defects).toBeNull();
  });
});

describeShared('real dirty hives', (shared) => {
  const dirty = join(shared, 'replay/hvle-windows10/hive');

  it('lists each log entry with what becomes of it', () => {
    const { header, logs, entriesApplied, view } = inspectHive(host, dirty);
    expect([header.primarySequence, header.secondarySequence, header.isDirty]).toEqual([3, 2, true]);
    expect([view, entriesApplied]).toEqual(['recovered', 4]);
    expect(logs.map(({ kind }) => kind)).toEqual(['hvle', 'hvle']);
    expect(logs.flatMap(({ entries }) => entries.map(({ sequence, verdict }) => [sequence, verdict]))).toEqual([
      [2, 'applied'],
      [3, 'applied'],
      [4, 'applied'],
      [5, 'applied'],
    ]);
    expect(inspectionText(inspectHive(host, dirty))).toMatch(/entry 2 at 512: \d+ runs of pages, \d+ bytes, applied\n/);
  });

  it('tells on request what each entry changed', () => {
    const { changes } = inspectHive(host, dirty, { withChanges: true });
    expect(changes?.map(({ sequence }) => sequence)).toEqual([2, 3, 4, 5]);
    expect(changes?.some((entry) => (entry.changes?.length ?? 0) > 0)).toBe(true);
    expect(inspectionText(inspectHive(host, dirty, { withChanges: true }))).toContain(
      'changes of entry 4 of hive.LOG2, 2017-03-04 20:54 UTC:\n' +
        '  \\: set-key-time\n  \\Key1: delete-key\n  \\Key2: delete-key\n' +
        '  \\Key3: set-key-time\n  \\Key3: set-value (Default)\n',
    );
  });

  it('says of a broken log why it ends', () => {
    const { logs } = inspectHive(host, join(shared, 'replay/dirt-bad-log/hive'));
    expect(logs[0]?.problem ?? logs[0]?.entries[0]?.problem).toMatch(/\w/);
  });

  it('compares a hive with its recovered self', () => {
    const { text, result } = diffed(dirty, null, { format: 'text' });
    expect(result.exitCode).toBe(1);
    expect(text).toContain(`--- ${dirty} (primary)\n+++ ${dirty} (recovered)\n`);
  });

  it('recovers to what Windows made of it', () => {
    const { bytes } = recoverHive(host, dirty);
    const theirs = new Uint8Array(fs.readFileSync(join(shared, 'replay/hvle-windows10/recovered-by-windows')));
    expect(bytesEqual(bytes.subarray(4096), theirs.subarray(4096, bytes.byteLength))).toBe(true);
    writeFileSync(join(folder, 'recovered'), bytes);
    expect(inspectHive(host, join(folder, 'recovered'))).toMatchObject({ header: { isDirty: false }, findings: [] });
  });

  it('refuses to recover what no log completes', () => {
    const path = join(shared, 'system/win10-1903-dirty-without-logs/SYSTEM');
    expect(() => recoverHive(host, path)).toThrow(/no log that was found completes it/);
  });
});
