import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/base/bytes.ts';
import { encodeUtf16le } from '../../../src/base/text.ts';
import { HiveHandle } from '../../../src/engine/handle.ts';
import { encodeBaseBlock } from '../../../src/regf/base-block.ts';
import { logTimeline } from '../../../src/regf/logs/changes.ts';
import { encodeHvleLog } from '../../../src/regf/logs/log.ts';
import { describeShared } from '../../shared-hives.ts';
import { descriptor, patientEngine, smallHive } from '../patient.ts';

const LATER = 132_000_000_900_000_000n;

/** A hive whose log holds everything that `edit` does to it. */
function dirtyAfter(edit: (hive: HiveHandle) => void): { primary: Uint8Array; log: Uint8Array } {
  const before = smallHive(5);
  const handle = HiveHandle.open(patientEngine(), before);
  edit(handle);
  const after = handle.image();
  handle.close();
  const primary = before.slice();
  primary.set(encodeBaseBlock(before.subarray(0, 4096), { primarySequence: 9, secondarySequence: 8 }));
  const base = encodeBaseBlock(before.subarray(0, 512), { primarySequence: 8, secondarySequence: 8, fileType: 6 });
  const binsSizeBytes = after.length - 4096;
  const pages = [{ offset: 0, bytes: after.subarray(4096) }];
  return { primary, log: encodeHvleLog(base, { sequence: 8, flags: 0, binsSizeBytes, pages }) };
}

describe('the timeline of a log entry', () => {
  it('names each key and value that it changed, with the data before and after', () => {
    const { primary, log } = dirtyAfter((hive) => {
      const below = (name: string) => hive.subkey(hive.subkey(hive.root(), name)!, 'Below')!;
      hive.setValue(below('Key 1'), 'number', 4, Uint8Array.of(9, 0, 0, 0), LATER);
      hive.deleteValue(below('Key 2'), 'text', LATER);
      hive.setSecurity(below('Key 3'), descriptor(99), LATER);
      hive.setClass(below('Key 6'), encodeUtf16le('Other'), LATER);
      hive.deleteKey(below('Key 4'), LATER);
      hive.setValue(hive.createKey(hive.root(), 'New', LATER), 'n', 1, encodeUtf16le('x\0'), LATER);
    });
    const [entry, ...others] = logTimeline('X', primary, [{ name: 'X.LOG1', bytes: log }]);
    expect(others).toEqual([]);
    expect(entry).toMatchObject({ log: 'X.LOG1', sequence: 8, fileOffset: 512, problem: null, latestKeyTime: LATER });
    const changes = entry!.changes!.filter((change) => change.op !== 'set-key-time');
    const number = (byte: number) => ({ type: 4, hex: `0${byte}000000` });
    expect(changes).toHaveLength(7);
    expect(changes).toEqual(
      expect.arrayContaining([
        { op: 'set-value', path: ['Key 1', 'Below'], name: 'number', before: number(1), after: number(9) },
        {
          op: 'delete-value',
          path: ['Key 2', 'Below'],
          name: 'text',
          before: { type: 1, hex: toHex(encodeUtf16le('the text of value 2\0')) },
          after: null,
        },
        { op: 'set-key-security', path: ['Key 3', 'Below'] },
        { op: 'set-class', path: ['Key 6', 'Below'] },
        { op: 'delete-key', path: ['Key 4', 'Below'] },
        { op: 'create-key', path: ['New'] },
        { op: 'set-value', path: ['New'], name: 'n', before: null, after: { type: 1, hex: '78000000' } },
      ]),
    );
  });

  it('is empty for a clean hive, and has no change where the pages had reached the hive', () => {
    expect(logTimeline('X', smallHive(5), [{ name: 'X.LOG1', bytes: dirtyAfter(() => {}).log }])).toEqual([]);
    const { primary, log } = dirtyAfter(() => {});
    expect(logTimeline('X', primary, [{ name: 'X.LOG1', bytes: log }])).toMatchObject([
      { changes: [], changedSizeBytes: 0, latestKeyTime: null },
    ]);
  });

  it('says so where the tree cannot be read, and goes on', () => {
    const { primary, log } = dirtyAfter((hive) => hive.createKey(hive.root(), 'New', LATER));
    primary.fill(0, 4096 + 32, 4096 + 400);
    const [entry] = logTimeline('X', primary, [{ name: 'X.LOG1', bytes: log }]);
    expect(entry!.changes).toBeNull();
    expect(entry!.problem).toContain('no key');
  });
});

describeShared('real logs', (folder) => {
  function timeline(name: string) {
    const place = join(folder, 'replay', name);
    const logs = readdirSync(place)
      .filter((file) => /LOG\d$/.test(file))
      .map((file) => ({ name: file, bytes: new Uint8Array(readFileSync(join(place, file))) }));
    return logTimeline('hive', new Uint8Array(readFileSync(join(place, 'hive'))), logs);
  }

  it('hvle-windows10: keys made and deleted in the order in which it happened', () => {
    const told = timeline('hvle-windows10').map((entry) => [
      entry.sequence,
      ...entry
        .changes!.filter((change) => /-key$/.test(change.op))
        .map((change) => `${change.op} ${change.path.join('\\')}`),
    ]);
    expect(told).toEqual([
      [2],
      [3, 'create-key Key3', 'create-key Key3\\Key3_1', 'create-key Key3\\Key3_2'],
      [4, 'delete-key Key1', 'delete-key Key2'],
      [5, 'create-key Key3\\Key3_3'],
    ]);
  });

  it('dirt-windows7: the key that is in the log alone', () => {
    const [entry] = timeline('dirt-windows7');
    expect(entry!.changes).toContainEqual({
      op: 'create-key',
      path: ['key_with_many_subkeys', '5000', 'find_me_in_log'],
    });
  });

  it('hvle-ntuser: 23 entries, in which one number is counted up step by step', () => {
    const entries = timeline('hvle-ntuser');
    expect(entries.map((entry) => entry.sequence)).toEqual(Array.from({ length: 23 }, (_, i) => 566 + i));
    const steps = entries
      .slice(3, 8)
      .flatMap((entry) => entry.changes!.flatMap((change) => (change.op === 'set-value' ? [change.after!.hex] : [])));
    expect(steps).toEqual(['16000000', '17000000', '18000000', '19000000', '1a000000']);
  });
});
