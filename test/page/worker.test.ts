// What the worker of the page answers over damaged hives: each call ends, with an answer or with a reason that is shown.

import { File } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { HivemendError } from '../../src/hive.ts';
import { diagnosis, report } from '../../src/page/worker/diagnosis.ts';
import { HIVES, hiveOf, openHiveFiles, planFile, regFile, staged } from '../../src/page/worker/hives.ts';
import { keyList, keyShown, valueText } from '../../src/page/worker/keys.ts';
import { search } from '../../src/page/worker/search.ts';
import { Job, Stopped } from '../../src/page/worker/slices.ts';
import { deleted, times } from '../../src/page/worker/times.ts';
import { isDeep, seedOr } from '../deep.ts';
import { buildFixture } from '../fixture-hives.ts';
import { damage } from '../fuzz/hive-damage.ts';
import { random } from '../fuzz/random.ts';

const wasm = readFileSync(fileURLToPath(new URL('../../wasm/dist/hivex.wasm', import.meta.url)));
Object.assign(globalThis, { ENGINE_BASE64: wasm.toString('base64') });

const fileOf = (name: string, bytes: Uint8Array): globalThis.File =>
  new File([bytes as Uint8Array<ArrayBuffer>], name) as unknown as globalThis.File;

/** What a call gives; what is refused is as good as an answer. */
async function answered<T>(run: () => T | Promise<T>): Promise<T | null> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof HivemendError && error.kind !== 'InternalError') return null;
    throw error;
  }
}

/** Everything that the page asks about a hive. */
async function askAll(id: number): Promise<void> {
  const hive = hiveOf(id);
  const job = (): Job => new Job(() => {});
  const todo: (readonly string[])[] = [[]];
  for (let asked = 0; asked < 60; asked += 1) {
    const names = todo.pop();
    if (!names) break;
    const list = await answered(() => keyList(hive, names));
    for (const name of list?.names.slice(0, 4) ?? []) todo.push([...names, name]);
    const key = await answered(() => keyShown(hive, names));
    for (const { name } of key?.values.slice(0, 4) ?? []) await answered(() => valueText(hive, names, name));
  }
  for (const text of ['term', 'select\\', '00 00']) await answered(() => search(hive, text, job()));
  await answered(() => times(hive, null, job()));
  await answered(() => deleted(hive));
  await answered(() => diagnosis());
  await answered(() => report());
  await answered(() =>
    hive.edit([
      { op: 'set-value', key: { hive: hive.name, path: ['Select'] }, name: 'x', value: { type: 1, hex: '' } },
    ]),
  );
  await answered(() => staged(hive));
  await answered(() => regFile(hive));
  await answered(() => planFile());
  await answered(() => hive.bytes());
}

it('answers about damaged hives, or says why not', { timeout: isDeep ? 600_000 : 30_000 }, async () => {
  const seed = seedOr(20_261_129);
  const below = random(seed);
  const whole = buildFixture('SYSTEM-broken');
  let opened = 0;
  const count = isDeep ? 1000 : 12;
  for (let round = 0; round < count; round += 1) {
    const files = { title: 'SYSTEM', file: fileOf('SYSTEM', damage(whole, below)), logs: [] };
    const hive = await answered(() => openHiveFiles(1, files, false, []));
    if (hive === null) continue;
    opened += 1;
    try {
      await askAll(1);
    } catch (error) {
      throw new Error(`seed ${seed}, round ${round}`, { cause: error });
    } finally {
      HIVES.get(1)?.hive.close();
      HIVES.clear();
    }
  }
  expect(opened).toBeGreaterThan(count / 2);
});

it('tells how far a job is, and ends it when it is cancelled', async () => {
  const told: number[] = [];
  const job: Job = new Job(({ keysDone }) => {
    told.push(keysDone);
    job.isCancelled = keysDone > 200;
  });
  const slowly = function* (): Generator<number> {
    for (let index = 0; index < 100_000; index += 1) {
      if (index % 64 === 0) for (const until = performance.now() + 31; performance.now() < until; );
      yield index;
    }
  };
  await expect(job.inSlices(slowly(), () => true)).rejects.toThrow(Stopped);
  expect(told.length).toBeGreaterThan(2);
  expect(told.at(-1)).toBeLessThan(400);
});

it('leaves a walk that an edit has ended', async () => {
  await openHiveFiles(
    1,
    { title: 'SYSTEM', file: fileOf('SYSTEM', buildFixture('SYSTEM-broken')), logs: [] },
    false,
    [],
  );
  const hive = hiveOf(1);
  for (const end of [() => hive.set('Select', 'x', 'y'), () => hive.bytes(), () => hive.close()]) {
    const walk = hive.walk();
    for (let keys = 0; keys < 10; keys += 1) walk.next();
    end();
    walk.return(undefined);
  }
  HIVES.clear();
});
