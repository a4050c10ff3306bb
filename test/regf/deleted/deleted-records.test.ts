import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeUtf16le, encodeUtf16le } from '../../../src/base/text.ts';
import { HiveHandle } from '../../../src/engine/handle.ts';
import { BASE_BLOCK_SIZE_BYTES } from '../../../src/regf/base-block.ts';
import {
  type DeletedKey,
  type DeletedRecord,
  type DeletedValue,
  deletedRecords,
} from '../../../src/regf/deleted/deleted-records.ts';
import { RegfTree } from '../../../src/regf/tree.ts';
import { describeShared } from '../../shared-hives.ts';
import { patientEngine, smallHive, soundHive } from '../patient.ts';

const TIME = 132_000_000_000_000_000n;

function keys(records: readonly DeletedRecord[]): DeletedKey[] {
  return records.filter((record) => record.kind === 'key');
}

function values(records: readonly DeletedRecord[]): DeletedValue[] {
  return records.filter((record) => record.kind === 'value');
}

/** Marks the cells as free without touching their contents, as Windows does when it deletes. */
function free(image: Uint8Array, ...cellOffsets: number[]): void {
  const view = new DataView(image.buffer, BASE_BLOCK_SIZE_BYTES);
  for (const offset of cellOffsets) view.setInt32(offset, Math.abs(view.getInt32(offset, true)), true);
}

describe('a hive in which nothing was deleted', () => {
  it.each([smallHive(5), smallHive(3), soundHive(5)])('has no remnants', (image) => {
    expect(deletedRecords(image, 'X')).toEqual([]);
  });
});

describe('a deleted key', () => {
  const image = smallHive(5);
  const tree = new RegfTree(image, 'X');
  const parent = tree.root.subkey('Key 3')!;
  const victim = parent.subkey('Below')!;
  const view = new DataView(image.buffer, BASE_BLOCK_SIZE_BYTES + 4);
  const list = view.getUint32(victim.cellOffset + 40, true);
  const cells = victim.values().flatMap((value) => {
    const isResident = view.getUint32(value.cellOffset + 4, true) >= 0x8000_0000;
    return isResident ? [value.cellOffset] : [value.cellOffset, view.getUint32(value.cellOffset + 8, true)];
  });
  free(image, victim.cellOffset, list, ...cells);
  view.setUint32(parent.cellOffset + 20, 0, true);

  it('is found with its path, its values and their data, in high confidence', () => {
    const [key, ...others] = keys(deletedRecords(image, 'X'));
    expect(others).toEqual([]);
    expect(key).toMatchObject({ path: ['Key 3', 'Below'], isPathWhole: true, confidence: 'high', lastWritten: TIME });
    expect(key!.values.map(({ name, type, confidence }) => [name, type, confidence]).sort()).toEqual([
      ['number', 4, 'high'],
      ['text', 1, 'high'],
    ]);
    const text = key!.values.find((value) => value.name === 'text')!;
    expect(decodeUtf16le(text.data!)).toBe('the text of value 3\0');
    expect(text.key).toEqual(['Key 3', 'Below']);
  });

  it('has values of low confidence without data where something was written over them', () => {
    const overwritten = image.slice();
    const text = deletedRecords(overwritten, 'X').flatMap((record) => (record.kind === 'key' ? record.values : []));
    const cell = text.find((value) => value.name === 'text')!.cellOffset;
    const bins = new DataView(overwritten.buffer, BASE_BLOCK_SIZE_BYTES + 4);
    // The data of a living value now lie where the deleted one's were.
    const living = new RegfTree(overwritten, 'X').root.subkey('Key 5')!.subkey('Below')!.value('text')!;
    const data = bins.getUint32(cell + 8, true);
    bins.setUint32(living.cellOffset + 8, data, true);
    new DataView(overwritten.buffer).setInt32(BASE_BLOCK_SIZE_BYTES + data, -48, true);
    const found = keys(deletedRecords(overwritten, 'X'))[0]!.values.find((value) => value.name === 'text')!;
    expect([found.data, found.confidence]).toEqual([null, 'low']);
  });

  it('is of medium confidence where its parent is not known', () => {
    const orphan = image.slice();
    new DataView(orphan.buffer).setUint32(BASE_BLOCK_SIZE_BYTES + 4 + victim.cellOffset + 16, 8, true);
    expect(keys(deletedRecords(orphan, 'X'))[0]).toMatchObject({
      path: ['Below'],
      isPathWhole: false,
      confidence: 'medium',
    });
  });
});

describe('what the engine deletes', () => {
  it('leaves no living record among the remnants, and living keys are untouched', () => {
    const handle = HiveHandle.open(patientEngine(), smallHive(5));
    const key = handle.subkey(handle.root(), 'Key 7')!;
    handle.deleteKey(key, TIME);
    handle.setValue(handle.subkey(handle.root(), 'Key 8')!, 'new', 1, encodeUtf16le('new'), TIME);
    const image = handle.image();
    handle.close();
    const living = new Set<number>();
    const stack = [new RegfTree(image, 'X').root];
    for (let at = stack.pop(); at; at = stack.pop()) {
      living.add(at.cellOffset);
      for (const value of at.values()) living.add(value.cellOffset);
      stack.push(...at.subkeys());
    }
    for (const record of deletedRecords(image, 'X')) expect(living.has(record.cellOffset)).toBe(false);
  });
});

describeShared('real hives', (folder) => {
  const read = (path: string): DeletedRecord[] =>
    deletedRecords(new Uint8Array(readFileSync(join(folder, path))).slice(), path);

  // Seen in a hex dump: key 456 with its value v lies in a free cell, and so does v2, which the list of key 123 still names.
  it('odd/DeletedDataHive: the key and the value that were deleted, with what they held', () => {
    const records = read('odd/DeletedDataHive');
    const [key] = keys(records);
    const [value] = values(records);
    expect(records).toHaveLength(2);
    expect(key).toMatchObject({ path: ['456'], isPathWhole: true, confidence: 'high' });
    expect(key!.values.map(({ name, data }) => [name, decodeUtf16le(data!)])).toEqual([['v', '123456\0']]);
    expect(value).toMatchObject({ key: ['123'], name: 'v2', type: 1, confidence: 'high' });
    expect(decodeUtf16le(value!.data!)).toBe('456\0');
  });

  it('odd/SlackHive: the key that lies in the slack of another cell', () => {
    const records = read('odd/SlackHive');
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({ kind: 'key', path: ['key_with_many_subkeys', '2119', 'New Key #1'] });
  });

  it('odd/RemnantData: the name that the shell gives to a new value, before it was renamed', () => {
    expect(read('odd/RemnantData')).toMatchObject([
      { kind: 'value', name: 'Новый параметр #1', data: new Uint8Array() },
    ]);
  });

  it.each(['hivex-minimal', 'hivex-special', 'hivex-rlenvalue', 'BigDataHive'])('odd/%s has none', (name) => {
    expect(read(`odd/${name}`)).toEqual([]);
  });

  it('user/usrclass: the deleted folder views, the greater part of them in medium confidence or better', () => {
    const records = read('user/usrclass/UsrClass.dat');
    expect(records.length).toBeGreaterThan(100);
    expect(records.filter((record) => record.confidence !== 'low').length).toBeGreaterThan(100);
  });
});
