// What version 0.1.0 began can still be ended: its journals know neither zeroed logs nor a locked sector.

import { expect, it } from 'vitest';
import { readJournal, writeState } from '../../src/commit/journal/journal.ts';
import { findJournals } from '../../src/commit/journal/journals.ts';
import { StageWriter } from '../../src/commit/order/stage.ts';
import { finishUndo, undo } from '../../src/commit/undo.ts';
import { Disk } from './disk-simulator.ts';
import { OLD_DATA, OLD_HIVE, OLD_ID, OLD_MANIFEST } from './old-order.ts';
import { hostOf, VOLUME } from './rows.ts';

const HIVE = `${VOLUME}/SMALL`;
const ROOT = `${HIVE}.hivemend`;
const FOLDER = `${ROOT}/${OLD_ID}`;
const VOLUMES = [{ root: VOLUME, fileSystem: 'ext4', serial: null, partitionGuid: null }];

/** The disk on which the first `count` stages of that commit were written. */
function diskAfter(count: number): Disk {
  const disk = new Disk();
  disk.put(HIVE, OLD_HIVE);
  disk.put(`${FOLDER}/manifest.json`, OLD_MANIFEST);
  disk.put(`${FOLDER}/data.bin`, OLD_DATA);
  disk.chmodSync(ROOT, 0o700);
  disk.chmodSync(FOLDER, 0o700);
  for (const name of ['manifest.json', 'data.bin']) disk.chmodSync(`${FOLDER}/${name}`, 0o600);
  const host = hostOf(disk, 'boot-2');
  const { stages } = readJournal(host, FOLDER);
  const writer = new StageWriter(host, [HIVE]);
  for (const stage of stages.slice(0, count)) writer.apply(stage);
  writer.close();
  writeState(host, FOLDER, count === stages.length ? 'done' : 'committing');
  return disk;
}

it.each([0, 1, 2, 3])('undo and finish, after %i of its 3 stages', (count) => {
  const whole = diskAfter(3).get(HIVE)!;
  for (const [way, expected] of [
    [undo, OLD_HIVE],
    [finishUndo, whole],
  ] as const) {
    const disk = diskAfter(count);
    const host = hostOf(disk, 'boot-2');
    const [journal] = findJournals(host, [ROOT]);
    expect(journal?.isUnfinished).toBe(count < 3);
    way(host, journal!, VOLUMES);
    expect(Buffer.from(disk.get(HIVE)!).equals(Buffer.from(expected))).toBe(true);
    expect(findJournals(host, [ROOT])[0]?.isUnfinished).toBe(false);
  }
});
