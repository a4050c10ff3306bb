import { describe, expect, it } from 'vitest';
import { encodeBaseBlock, headerChecksum, isSequenceBefore, parseBaseBlock } from '../../src/regf/base-block.ts';
import { makeHeader } from '../judge/synthetic-hive.ts';

const header = makeHeader({ first: 7, second: 6, stamp: 131_000_000_000_000_000n, binsSize: 8192 });

describe('the base block', () => {
  it('is read field by field', () => {
    expect(parseBaseBlock(header, 'X')).toMatchObject({
      primarySequence: 7,
      secondarySequence: 6,
      lastWritten: 131_000_000_000_000_000n,
      majorVersion: 1,
      minorVersion: 5,
      fileType: 0,
      fileFormat: 1,
      rootCellOffset: 32,
      binsSizeBytes: 8192,
      clusteringFactor: 1,
      flags: null,
      isChecksumRight: true,
      isDirty: true,
    });
  });

  it('has flags only where rmtm stands behind them', () => {
    const block = header.slice();
    block[0x90] = 1;
    expect(parseBaseBlock(encodeBaseBlock(block, {}), 'X').flags).toBeNull();
    block.set([0x72, 0x6d, 0x74, 0x6d], 0xa4);
    expect(parseBaseBlock(encodeBaseBlock(block, {}), 'X').flags).toBe(1);
  });

  it('is changed in a copy, with nothing else touched and the checksum right', () => {
    const before = header.slice();
    const changed = encodeBaseBlock(header, { secondarySequence: 7, binsSizeBytes: 12_288, lastWritten: 5n });
    expect(header).toEqual(before);
    expect(parseBaseBlock(changed, 'X')).toMatchObject({
      primarySequence: 7,
      secondarySequence: 7,
      binsSizeBytes: 12_288,
      lastWritten: 5n,
      isDirty: false,
    });
    const back = encodeBaseBlock(changed, {
      secondarySequence: 6,
      binsSizeBytes: 8192,
      lastWritten: 131_000_000_000_000_000n,
    });
    expect(back).toEqual(before);
  });

  it('is dirty by its checksum alone', () => {
    const block = encodeBaseBlock(header, { secondarySequence: 7 });
    block[0x30] = 1;
    expect(parseBaseBlock(block, 'X')).toMatchObject({ isChecksumRight: false, isDirty: true });
  });

  it('never has the checksums 0 and 0xFFFFFFFF', () => {
    expect(headerChecksum(new Uint8Array(512))).toBe(1);
    const ones = new Uint8Array(512);
    ones.set([0xff, 0xff, 0xff, 0xff]);
    expect(headerChecksum(ones)).toBe(0xffff_fffe);
  });
});

it.each([
  [1, 2, true],
  [2, 1, false],
  [2, 2, false],
  [0xffff_ffff, 0, true],
  [0, 0xffff_ffff, false],
  [0xffff_fff0, 5, true],
])('sequence number %i before %i: %s', (a, b, isBefore) => {
  expect(isSequenceBefore(a, b)).toBe(isBefore);
});
