// A hive that is read, edited and read again: the engine's instance goes from the reader to the editor, and whoever still
// holds keys of before sees what was before.

import { expect, it } from 'vitest';
import { sha256 } from '../../src/disk/sha256.ts';
import { openHiveBytes } from '../../src/hive/open.ts';
import { Proven, provenTarget } from '../../src/hive/prove.ts';
import type { HiveTarget } from '../../src/hive/targets.ts';
import type { HiveEdit } from '../../src/registry/edit.ts';
import { hiveTarget } from '../../src/session/hive-targets.ts';
import { buildFixture, FIXTURE_FILETIME, fixtureEngine } from '../fixture-hives.ts';

const image = buildFixture('SYSTEM-broken');
const SELECT = ['Select'];
const edit: HiveEdit = {
  op: 'set-value',
  key: { hive: 'SYSTEM', path: SELECT },
  name: 'Current',
  value: { type: 4, hex: '09000000' },
};

function open() {
  const engine = fixtureEngine();
  const { opened, closed } = engine.counts;
  const hive = openHiveBytes(engine, 'SYSTEM', 'SYSTEM', image, []);
  const counts = () => ({ opened: engine.counts.opened - opened, closed: engine.counts.closed - closed });
  return { hive, counts };
}

it('is in the engine once, read or edited', () => {
  const { hive, counts } = open();
  expect(hive.hive.value(SELECT, 'Current')?.data()[0]).toBe(1);
  hive.edit(false).apply([edit], FIXTURE_FILETIME);
  expect(hive.hive.value(SELECT, 'Current')?.data()[0]).toBe(9);
  expect(counts()).toEqual({ opened: 1, closed: 0 });
  hive.close();
  expect(counts()).toEqual({ opened: 1, closed: 1 });
});

it('shows to who holds it from before what was before', () => {
  const { hive, counts } = open();
  const before = hive.hive;
  const key = before.key(SELECT)!;
  hive.edit(false).apply([edit], FIXTURE_FILETIME);
  expect(key.value('Current')?.data()[0]).toBe(1);
  expect(before.value(SELECT, 'Current')?.data()[0]).toBe(1);
  expect(hive.loaded).toBe(before);
  expect(hive.hive.value(SELECT, 'Current')?.data()[0]).toBe(9);
  hive.close();
  expect(counts()).toEqual({ opened: 2, closed: 2 });
  expect(() => before.root).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
});

it('has one image for proof and commit, and the proof of before does not hold after the next edit', () => {
  const { hive } = open();
  const prove = (): Proven => Proven.hive(hive, { originalSha256: sha256(image) }).proven;
  expect(hive.isEdited).toBe(false);
  expect(hiveTarget(hive)).toMatchObject({ sha256Before: sha256(image), sha256After: sha256(image) });
  hive.edit(false).apply([edit], FIXTURE_FILETIME);
  const first = hive.image();
  const proven = prove();
  expect(provenTarget(proven)).toMatchObject({ kind: 'hive', originalSha256: sha256(image) });
  expect((provenTarget(proven) as HiveTarget).result).toBe(first);
  expect(hiveTarget(hive)).toMatchObject({ sha256Before: sha256(image), sha256After: null });
  hive.edit(false).apply([{ ...edit, name: 'Default' }], FIXTURE_FILETIME);
  expect(hive.image()).not.toBe(first);
  expect(() => provenTarget(proven)).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
  expect((provenTarget(prove()) as HiveTarget).result).toBe(hive.image());
  hive.close();
});

it('is not proven by what only looks like a proof', () => {
  const forged = Object.create(Proven.prototype) as Proven;
  expect(() => provenTarget(forged)).toThrow(expect.objectContaining({ kind: 'InternalError' }));
});
