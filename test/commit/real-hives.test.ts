// The same cuts on hives that Windows wrote: three pages changed and a bin added, on a hive with its own logs. Every
// disk that a cut leaves is judged; a part of them, printed, is also started anew (in the deep tier all of them).

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { encodeBaseBlock } from '../../src/regf/base-block.ts';
import { recover } from '../../src/regf/logs/recover.ts';
import { isDeep } from '../deep.ts';
import { describeShared } from '../shared-hives.ts';
import { newTally, nextStart, randomFrom, seeHive, type Tally, tableOf, withCuts } from './cuts.ts';
import { commitRow, contentOf, diskOf, type HiveCase, type Row, VOLUME } from './rows.ts';

const PAGE = 4096;
const CASES = [
  ['replay/hvle-windows10/hive', false],
  ['replay/dirt-windows7/hive', false],
  ['bcd/win11-machine/BCD', false],
  ['bcd/win11-machine-earlier/BCD', false],
  ['bcd/recovery-1/BCD', false],
  ['bcd/pe-efi/BCD', true],
] as const;

function rowOf(folder: string, name: string, isLoud: boolean): Row {
  const read = (path: string): Uint8Array => new Uint8Array(readFileSync(path));
  const path = `${VOLUME}/hives/${name.split('/').at(-1)}`;
  const primary = read(join(folder, name));
  const endings = ['.LOG', '.LOG1', '.LOG2'].filter((ending) => existsSync(join(folder, name + ending)));
  const logs: HiveCase['logs'] = Object.fromEntries(
    endings.map((ending) => [ending, read(join(folder, name + ending))]),
  );
  const { image: old } = recover(
    path,
    primary,
    endings.map((ending) => ({ name: path + ending, bytes: logs[ending]! })),
  );
  const bins = old.byteLength - PAGE;
  const image = new Uint8Array(old.byteLength + PAGE);
  image.set(old);
  image.set(encodeBaseBlock(old.subarray(0, PAGE), { binsSizeBytes: bins + PAGE }));
  // The last byte of three pages (cell data, whatever it is), and a bin that is one free cell.
  for (const page of [1, Math.floor(old.byteLength / PAGE / 2), old.byteLength / PAGE - 1])
    image[PAGE * page + PAGE - 1]! ^= 0x5a;
  const view = new DataView(image.buffer, old.byteLength);
  image.set([0x68, 0x62, 0x69, 0x6e], old.byteLength);
  view.setUint32(4, bins, true);
  view.setUint32(8, PAGE, true);
  view.setInt32(32, PAGE - 32, true);
  return {
    name,
    isLoud,
    hives: [{ path, primary, logs, oldBins: old.subarray(PAGE), newBins: image.subarray(PAGE), image }],
  };
}

describeShared('hives that Windows wrote', (folder) => {
  const tallies: Tally[] = [];
  afterAll(() => {
    process.stdout.write(`\nPower cuts on real hives\n${tableOf(tallies)}\n`);
  });

  it.each(CASES)(
    '%s: a cut leaves the old or the new tree',
    { timeout: isDeep ? 3_600_000 : 60_000 },
    (name, isLoud) => {
      const row = rowOf(folder, name, isLoud);
      const disk = diskOf(row);
      const original = contentOf(disk);
      const done = diskOf(row);
      commitRow(row, done);
      const committed = contentOf(done);
      const tally = newTally(name, 'commit');
      const every = isDeep ? 1 : 24;
      tally.cutPoints = withCuts(
        disk,
        () => commitRow(row, disk),
        { random: randomFrom(3), subsets: isDeep ? 100 : 8 },
        (after) => {
          tally.states += 1;
          for (const hive of row.hives) tally[seeHive(row, hive, after)] += 1;
          if (tally.states % every === 0) nextStart(row, after, original, committed, 'commit', tally);
        },
      );
      tallies.push(tally);
      expect(contentOf(disk)).toBe(committed);
      expect(Math.min(tally.old, tally.new, tally.undone)).toBeGreaterThan(0);
      if (!isLoud) expect(tally.refused).toBe(0);
    },
  );
});
