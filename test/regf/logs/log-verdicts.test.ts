import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/base/bytes.ts';
import { logVerdicts } from '../../../src/regf/logs/log-verdicts.ts';
import { makeBins, makeDirtLog, makeHive, makeHvleLog } from '../../judge/synthetic-hive.ts';
import { describeShared } from '../../shared-hives.ts';

const bins = makeBins([0, 0], 1n);
const entry = { bins, pages: [0] };
const log = (name: string, sequence: number, count: number) => ({
  name,
  bytes: makeHvleLog(sequence, Array(count).fill(entry)),
});

function verdicts(first: number, second: number, ...logs: { name: string; bytes: Uint8Array }[]): string[] {
  const hive = makeHive({ first, second, stamp: 1n }, bins);
  return logVerdicts('X', hive, logs).map((judged) => `${judged.log} ${judged.entry.sequence} ${judged.verdict}`);
}

describe('each entry of a log', () => {
  it('is applied, or stale with its log', () => {
    expect(verdicts(6, 5, log('LOG1', 5, 2), log('LOG2', 3, 1))).toEqual([
      'LOG1 5 applied',
      'LOG1 6 applied',
      'LOG2 3 stale',
    ]);
  });

  it('is not looked at beside a clean hive', () => {
    expect(verdicts(6, 6, log('LOG1', 7, 1))).toEqual(['LOG1 7 clean']);
  });

  it('is not reached across a gap, and a remnant behind the last that continues', () => {
    const older = log('LOG1', 2, 1).bytes.subarray(512);
    const one = { name: 'LOG1', bytes: concatBytes(log('LOG1', 5, 1).bytes, older) };
    expect(verdicts(6, 5, one, log('LOG2', 9, 1))).toEqual(['LOG1 5 applied', 'LOG1 2 remnant', 'LOG2 9 not-reached']);
  });

  it('is a remnant behind a sector of zeros, and broken where its hashes are wrong', () => {
    const older = log('LOG1', 2, 1).bytes.subarray(512);
    const cut = older.slice();
    cut[100]! ^= 1;
    const bytes = concatBytes(log('LOG1', 5, 1).bytes, new Uint8Array(512), older, cut);
    expect(verdicts(6, 5, { name: 'LOG1', bytes })).toEqual(['LOG1 5 applied', 'LOG1 2 remnant', 'LOG1 2 broken']);
  });

  it('of a DIRT log is stale with an older time stamp', () => {
    const dirt = (stamp: bigint) => ({ name: 'LOG1', bytes: makeDirtLog(5, stamp, bins, [0]) });
    expect(verdicts(6, 5, dirt(1n))).toEqual(['LOG1 5 applied']);
    expect(verdicts(6, 5, dirt(0n))).toEqual(['LOG1 5 stale']);
    // A newer one is replayed for reading.
    expect(verdicts(6, 5, dirt(2n))).toEqual(['LOG1 5 applied']);
  });
});

describeShared('real logs', (folder) => {
  it('of hvle-ntuser: LOG1 is applied to its end, LOG2 is stale', () => {
    const place = join(folder, 'replay/hvle-ntuser');
    const read = (name: string) => ({ name, bytes: new Uint8Array(readFileSync(join(place, name))) });
    const logs = readdirSync(place)
      .filter((name) => /LOG\d$/.test(name))
      .map(read);
    const judged = logVerdicts('hive', read('hive').bytes, logs);
    const count = (verdict: string) => judged.filter((one) => one.verdict === verdict).length;
    expect([count('applied'), count('stale'), judged.length]).toEqual([23, 1, 24]);
  });
});
