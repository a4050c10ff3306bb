import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bytesEqual, concatBytes } from '../../../src/base/bytes.ts';
import { headerChecksum, parseBaseBlock } from '../../../src/regf/base-block.ts';
import { validate } from '../../../src/regf/gate/validate.ts';
import { encodeDirtLog, encodeHvleEntry, hvleEntrySizeBytes } from '../../../src/regf/logs/log.ts';
import { type LogFile, recover } from '../../../src/regf/logs/recover.ts';
import { RegfTree } from '../../../src/regf/tree.ts';
import { makeBins, makeHeader, makeHive } from '../../judge/synthetic-hive.ts';
import { describeShared } from '../../shared-hives.ts';
import { soundHive } from '../patient.ts';

const PAGE = 4096;
const STAMP = 131_332_437_451_516_000n;

/** What a log entry writes: page numbers, each with the filler that tells its bytes. */
type Pages = Readonly<Record<number, number>>;

/** Bins whose page i has filler 0, and the hive of them with these sequence numbers. */
function primary(first: number, second: number, pageCount = 3): Uint8Array {
  return makeHive({ first, second, stamp: STAMP }, makeBins(Array(pageCount).fill(0), STAMP));
}

function pageData(pages: Pages): { offset: number; bytes: Uint8Array }[] {
  return Object.entries(pages).map(([page, filler]) => {
    const index = Number(page);
    const bins = makeBins(Array(index + 1).fill(filler), STAMP);
    return { offset: PAGE * index, bytes: bins.subarray(PAGE * index, PAGE * (index + 1)) };
  });
}

function hvle(name: string, first: number, entries: readonly Pages[], pageCount = 3): LogFile {
  const binsSizeBytes = PAGE * pageCount;
  const parts = [makeHeader({ first, second: first, stamp: STAMP, binsSize: binsSizeBytes, type: 6 })];
  let fileOffset = 512;
  for (const [index, entry] of entries.entries()) {
    const pages = pageData(entry);
    const sizeBytes = hvleEntrySizeBytes(fileOffset, pages);
    parts.push(encodeHvleEntry({ sequence: (first + index) >>> 0, flags: 0, binsSizeBytes, pages, sizeBytes }));
    fileOffset += sizeBytes;
  }
  return { name, bytes: concatBytes(...parts) };
}

function dirt(name: string, sequence: number, pages: Pages, stamp = STAMP): LogFile {
  const base = makeHeader({ first: sequence, second: sequence, stamp, binsSize: 3 * PAGE, type: 1 });
  return { name, bytes: encodeDirtLog(base, 3 * PAGE, pageData(pages)) };
}

/** Which filler each page of an image has. */
function fillers(image: Uint8Array): number[] {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  const found: number[] = [];
  for (let page = 0; page * PAGE + PAGE < image.byteLength; page += 1) {
    const stored = view.getUint32(PAGE + page * PAGE + 2048, true);
    const filler = Array.from({ length: 100 }, (_, i) => i).find((candidate) => {
      const bins = makeBins(Array(page + 1).fill(candidate), STAMP);
      return new DataView(bins.buffer).getUint32(page * PAGE + 2048, true) === stored;
    });
    found.push(filler ?? -1);
  }
  return found;
}

function outcome(hive: Uint8Array, ...logs: LogFile[]) {
  const recovery = recover('X', hive, logs);
  const base = parseBaseBlock(recovery.image, 'X');
  return {
    recovery,
    fillers: fillers(recovery.image),
    applied: recovery.appliedFrom.map(({ log, sequence }) => `${log} ${sequence}`),
    sequences: [base.primarySequence, base.secondarySequence],
    isChecksumRight: base.isChecksumRight,
    codes: recovery.findings.map((finding) => finding.code),
  };
}

it('a layer of a container image is said to be one', () => {
  const layer = new Uint8Array(soundHive(5));
  const view = new DataView(layer.buffer);
  view.setUint32(0x18, 6, true);
  view.setUint32(508, headerChecksum(layer), true);
  expect(recover('SYSTEM', layer, []).findings.map(({ code }) => code)).toEqual(['LAYERED_HIVE']);
});

describe('a clean hive', () => {
  it('is read as it lies, whatever its logs say', () => {
    const hive = primary(5, 5);
    const found = outcome(
      hive,
      hvle('X.LOG1', 5, [{ 1: 9 }]),
      hvle('X.LOG2', 6, [{ 1: 8 }]),
      dirt('X.LOG', 5, { 1: 7 }),
    );
    expect(found.fillers).toEqual([0, 0, 0]);
    expect(found.recovery).toMatchObject({ view: 'primary', wasDirty: false, isUsable: true, entriesApplied: 0 });
    expect(bytesEqual(found.recovery.image, hive)).toBe(true);
  });

  it('loses what lies behind its bins, which is no part of the image', () => {
    const hive = makeHive({ first: 1, second: 1, stamp: STAMP }, makeBins([0, 0], STAMP), 3000);
    expect(outcome(hive).recovery.image).toHaveLength(3 * PAGE);
  });
});

describe('the logs of a dirty hive with a whole header', () => {
  const one = hvle('X.LOG1', 4, [{ 0: 1 }, { 1: 2 }]);
  const two = hvle('X.LOG2', 6, [{ 1: 3 }, { 2: 4 }]);

  it.each([
    ['in order', [one, two]],
    ['in reverse', [two, one]],
    [
      'with names exchanged',
      [
        { ...two, name: 'X.LOG1' },
        { ...one, name: 'X.LOG2' },
      ],
    ],
  ])('are applied by their sequence numbers, given %s', (_, logs) => {
    const found = outcome(primary(5, 4), ...logs);
    expect(found.fillers).toEqual([1, 3, 4]);
    expect(found.sequences).toEqual([8, 8]);
    expect(found.isChecksumRight).toBe(true);
    expect(found.codes).toEqual(['RECOVERED']);
    expect(found.recovery).toMatchObject({ view: 'recovered', isUsable: true, entriesApplied: 4, lastSequence: 7 });
  });

  it('count on through the wrap-around of the sequence numbers', () => {
    const early = hvle('X.LOG1', 0xffff_fffe, [{ 0: 1 }, { 0: 2 }]);
    const late = hvle('X.LOG2', 0, [{ 1: 3 }, { 2: 4 }]);
    const found = outcome(primary(0xffff_ffff, 0xffff_fffe), late, early);
    expect(found.fillers).toEqual([2, 3, 4]);
    expect(found.sequences).toEqual([2, 2]);
  });

  it('are skipped where they are older than the header', () => {
    const found = outcome(primary(6, 5), hvle('X.LOG1', 4, [{ 0: 1 }]), hvle('X.LOG2', 5, [{ 1: 2 }]));
    expect(found.fillers).toEqual([0, 2, 0]);
    expect(found.applied).toEqual(['X.LOG2 5']);
  });

  it('are not applied across a gap, and that is said', () => {
    const found = outcome(primary(5, 4), hvle('X.LOG1', 4, [{ 0: 1 }]), hvle('X.LOG2', 7, [{ 1: 2 }]));
    expect(found.fillers).toEqual([1, 0, 0]);
    expect(found.codes).toEqual(['LOG_GAP', 'RECOVERED']);
  });

  it('add nothing where they repeat each other, and the longer one is taken', () => {
    const found = outcome(primary(5, 4), hvle('X.LOG1', 4, [{ 0: 1 }]), hvle('X.LOG', 4, [{ 0: 1 }, { 1: 2 }]));
    expect(found.fillers).toEqual([1, 2, 0]);
    expect(found.sequences).toEqual([6, 6]);
  });

  it('end at the first entry that is not whole', () => {
    const log = hvle('X.LOG1', 4, [{ 0: 1 }, { 1: 2 }, { 2: 3 }]);
    log.bytes[512 + 8192 - 512 + 100]! ^= 1;
    expect(outcome(primary(5, 4), log).fillers).toEqual([1, 0, 0]);
  });

  it('end where an entry does not continue them, though its hashes hold', () => {
    const log = hvle('X.LOG1', 4, [{ 0: 1 }]);
    const older = hvle('X.LOG1', 2, [{ 1: 2 }]).bytes.subarray(512);
    const found = outcome(primary(5, 4), { name: 'X.LOG1', bytes: concatBytes(log.bytes, older) });
    expect(found.fillers).toEqual([1, 0, 0]);
    expect(found.applied).toEqual(['X.LOG1 4']);
  });

  it('give nothing where the first entry of the earlier is broken, whatever the later holds', () => {
    const broken = hvle('X.LOG1', 4, [{ 0: 1 }]);
    broken.bytes[broken.bytes.length - 1]! ^= 1;
    const found = outcome(primary(5, 4), broken, hvle('X.LOG2', 5, [{ 1: 2 }]));
    expect(found.fillers).toEqual([0, 0, 0]);
    expect(found.recovery).toMatchObject({ view: 'primary', wasDirty: true, isUsable: false, entriesApplied: 0 });
    expect(found.codes).toContain('BAD_LOG');
    expect(found.codes).toContain('DIRTY_WITHOUT_LOGS');
  });

  it('grow the bins', () => {
    const found = outcome(primary(5, 4), hvle('X.LOG1', 4, [{ 0: 1, 3: 2, 4: 3 }], 5));
    expect(found.fillers).toEqual([1, 0, 0, 2, 3]);
    expect(parseBaseBlock(found.recovery.image, 'X').binsSizeBytes).toBe(5 * PAGE);
  });

  it('cannot ask for more memory than they hold', () => {
    const found = outcome(primary(5, 4), hvle('X.LOG1', 4, [{ 0: 1 }], 500_000));
    expect(found.recovery.isUsable).toBe(false);
    expect(found.recovery.image).toHaveLength(4 * PAGE);
  });

  it('are named where the bins after the replay are none', () => {
    const hive = primary(5, 4).fill(0, 2 * PAGE, 3 * PAGE);
    expect(outcome(hive, hvle('X.LOG1', 4, [{ 2: 1 }])).codes).toContain('BAD_BIN');
    expect(outcome(hive, hvle('X.LOG1', 4, [{ 1: 1 }])).codes).not.toContain('BAD_BIN');
  });

  it('are not written, nor is the hive', () => {
    const hive = primary(5, 4);
    const log = hvle('X.LOG1', 4, [{ 0: 1 }]);
    const before = [hive.slice(), log.bytes.slice()];
    recover('X', hive, [log]);
    expect([hive, log.bytes]).toEqual(before);
  });
});

describe('a broken header', () => {
  function broken(): Uint8Array {
    return makeHive({ first: 9, second: 4, stamp: STAMP, badChecksum: true }, makeBins([0, 0, 0], STAMP));
  }

  it('is rebuilt from the log with the latest entries, and that log alone is used', () => {
    const found = outcome(broken(), hvle('X.LOG1', 4, [{ 0: 1 }]), hvle('X.LOG2', 5, [{ 1: 2 }]));
    expect(found.fillers).toEqual([0, 2, 0]);
    expect(found.applied).toEqual(['X.LOG2 5']);
    expect(found.sequences).toEqual([6, 6]);
    expect(parseBaseBlock(found.recovery.image, 'X')).toMatchObject({ fileType: 0, isChecksumRight: true });
  });

  it('is rebuilt even where its signature is gone', () => {
    const hive = broken().fill(0, 0, 512);
    expect(outcome(hive, hvle('X.LOG1', 4, [{ 0: 1 }])).fillers).toEqual([1, 0, 0]);
    expect(() => recover('X', hive, [])).toThrow(expect.objectContaining({ code: 'NOT_A_HIVE' }));
    expect(() => recover('X', hive, [{ name: 'X.LOG1', bytes: new Uint8Array(512) }])).toThrow(
      expect.objectContaining({ code: 'NOT_A_HIVE' }),
    );
  });

  it('takes the DIRT log whose time stamp is the first bin’s', () => {
    const found = outcome(broken(), dirt('X.LOG1', 7, { 1: 2 }), dirt('X.LOG2', 8, { 1: 3 }, STAMP + 1n));
    expect(found.fillers).toEqual([0, 2, 0]);
    expect(found.sequences).toEqual([8, 8]);
  });
});

describe('a DIRT log', () => {
  it('is applied where its time stamp is the hive’s, and the sequence numbers count on from the header', () => {
    const found = outcome(primary(5, 4), dirt('X.LOG1', 5, { 1: 2 }), dirt('X.LOG2', 4, { 1: 3 }));
    expect(found.fillers).toEqual([0, 2, 0]);
    expect(found.sequences).toEqual([6, 6]);
  });

  it('is not applied with another time stamp', () => {
    const found = outcome(primary(5, 4), dirt('X.LOG1', 5, { 1: 2 }, STAMP - 1n));
    expect(found.fillers).toEqual([0, 0, 0]);
    expect(found.recovery.isUsable).toBe(false);
  });
});

describe('a file that is cut off', () => {
  it('gives its whole pages and a finding', () => {
    const found = outcome(primary(5, 5).subarray(0, 2 * PAGE + 100));
    expect(found.recovery.image).toHaveLength(2 * PAGE);
    expect(found.codes).toEqual(['TRUNCATED']);
    expect(found.recovery.isUsable).toBe(false);
  });

  // Zeros that nobody wrote would stand for data there.
  it.each([
    ['HvLE', (pages: Record<number, number>, bins: number) => hvle('X.LOG1', 4, [pages], bins)],
    ['DIRT', (pages: Record<number, number>) => dirt('X.LOG1', 5, pages)],
  ])('with an %s log gives what file and log hold without a gap', (kind, log) => {
    const cut = primary(5, 4).subarray(0, 2 * PAGE + 100);
    const whole = outcome(cut, log({ 1: 1, 2: 2 }, 3));
    expect(whole.fillers).toEqual([0, 1, 2]);
    expect(whole.recovery.isUsable).toBe(true);
    for (const [pages, held] of [
      [{ 1: 1 }, 3],
      [{ 2: 2 }, 2],
      [{ 0: 7 }, 2],
    ] as const) {
      const { recovery, codes } = outcome(cut, log(pages, 3));
      expect(recovery.image).toHaveLength(held * PAGE);
      expect(recovery).toMatchObject({ view: 'recovered', isUsable: false });
      expect(codes).toContain('TRUNCATED');
    }
    if (kind === 'HvLE') expect(outcome(primary(5, 4), log({ 0: 1, 4: 1 }, 5)).codes).toContain('TRUNCATED');
    expect(() => recover('X', cut.subarray(0, PAGE + 100), [log({ 1: 1, 2: 2 }, 3)])).toThrow(
      expect.objectContaining({ code: 'TRUNCATED' }),
    );
  });

  it('is refused without a page of bins, and what is not a hive at any length', () => {
    for (const sizeBytes of [4, 511, 512, 4096, 8191]) {
      const cut = primary(5, 5).subarray(0, sizeBytes);
      expect(() => recover('X', cut, []), `${sizeBytes}`).toThrow(expect.objectContaining({ code: 'TRUNCATED' }));
    }
    expect(() => recover('X', new Uint8Array(3), [])).toThrow(expect.objectContaining({ code: 'NOT_A_HIVE' }));
    expect(() => recover('X', hvle('X.LOG1', 4, []).bytes, [])).toThrow(
      expect.objectContaining({ code: 'NOT_A_HIVE' }),
    );
    const old = primary(5, 5);
    old[24] = 2;
    expect(() => recover('X', makeVersion(old), [])).toThrow(expect.objectContaining({ code: 'UNSUPPORTED_VERSION' }));
  });
});

/** The hive with its checksum set right again. */
function makeVersion(hive: Uint8Array): Uint8Array {
  const view = new DataView(hive.buffer);
  let sum = 0;
  for (let offset = 0; offset < 508; offset += 4) sum ^= view.getUint32(offset, true);
  view.setUint32(508, sum, true);
  return hive;
}

describeShared('real dirty hives', (folder) => {
  function read(name: string) {
    const place = join(folder, 'replay', name);
    const names = readdirSync(place);
    const bytes = (file: string) => new Uint8Array(readFileSync(join(place, file)));
    const logs = names.filter((file) => /\.LOG\d?$/.test(file)).map((file) => ({ name: file, bytes: bytes(file) }));
    const windows = names.includes('recovered-by-windows') ? bytes('recovered-by-windows') : null;
    return { hive: bytes('hive'), logs, windows };
  }

  it('hvle-windows10: the bins, and the whole header, are byte for byte what Windows 10 made', () => {
    const { hive, logs, windows } = read('hvle-windows10');
    for (const order of [logs, logs.toReversed()]) {
      const { image, appliedFrom } = recover('hive', hive, order);
      expect(bytesEqual(image.subarray(PAGE), windows!.subarray(PAGE, image.byteLength))).toBe(true);
      expect(bytesEqual(image.subarray(0, PAGE), windows!.subarray(0, PAGE))).toBe(true);
      expect(appliedFrom.map((entry) => entry.sequence)).toEqual([2, 3, 4, 5]);
    }
  });

  // Windows 7 wrote the hive once more when it was unloaded after the recovery: it stamped header and first bin with the
  // time of that write (bytes 12 to 19 and 4116 to 4123, of which 5 differ in the bin), raised the sequence numbers once
  // more (7, ours 6), and recorded the path that it was loaded from. The byte at 441800 is in the record of key 4500: the
  // length of its longest value name, of which the log still has 24 bytes and Windows 2, for the value V that is there
  // alone. No reader looks at what is between; a maximum may be too large.
  it('dirt-windows7: the bins are what Windows 7 made, but for the time stamp of that write and one maximum that it counted again', () => {
    const { hive, logs, windows } = read('dirt-windows7');
    const { image } = recover('hive', hive, logs);
    const differing = [];
    for (let i = PAGE; i < image.byteLength; i += 1) if (image[i] !== windows![i]) differing.push(i);
    expect(differing).toEqual([4116, 4117, 4118, 4119, 4120, 441_800]);
    const base = parseBaseBlock(image, 'hive');
    expect([base.primarySequence, base.secondarySequence]).toEqual([6, 6]);
  });

  // The checksum of the log's base block is wrong, so the log has no header to be judged by, and there is no other:
  // nothing is applied, the hive is shown as it lies and may not be edited without being told to.
  it('dirt-bad-log: nothing is applied, and that is said', () => {
    const { hive, logs } = read('dirt-bad-log');
    const recovery = recover('hive', hive, logs);
    expect(recovery).toMatchObject({ view: 'primary', wasDirty: true, isUsable: false, entriesApplied: 0 });
    expect(recovery.findings.map((finding) => finding.code)).toEqual(['BAD_LOG', 'DIRTY_WITHOUT_LOGS']);
    expect(bytesEqual(recovery.image, hive.subarray(0, recovery.image.byteLength))).toBe(true);
  });

  // Header 567/566. LOG2 has base 562, older than 566: stale. LOG1 has base 566 and 23 whole entries that continue each
  // other, 566 to 588, which grow the bins from 778,240 to 925,696 bytes: all of them, then 589/589.
  it('hvle-ntuser: LOG1 alone, all 23 entries', () => {
    const { hive, logs } = read('hvle-ntuser');
    const recovery = recover('hive', hive, logs);
    expect(recovery.appliedFrom).toEqual(
      Array.from({ length: 23 }, (_, i) => ({ log: 'hive.LOG1', sequence: 566 + i })),
    );
    expect(parseBaseBlock(recovery.image, 'hive')).toMatchObject({
      primarySequence: 589,
      secondarySequence: 589,
      binsSizeBytes: 925_696,
    });
    expect(validate(recovery.image, 'hive').filter((finding) => finding.severity === 'error')).toEqual([]);
  });

  // Header 68/67. LOG1 has base 76, LOG2 81; both are not older than 67. LOG1 is the earlier: 76 to 80. LOG2 begins with
  // 81, which continues it: one more. Then 82/82.
  it('hvle-amcache: LOG1 and then LOG2, which continues it', () => {
    const { hive, logs } = read('hvle-amcache');
    const recovery = recover('hive', hive, logs.toReversed());
    expect(recovery.appliedFrom.map(({ log, sequence }) => `${log} ${sequence}`)).toEqual([
      'hive.LOG1 76',
      'hive.LOG1 77',
      'hive.LOG1 78',
      'hive.LOG1 79',
      'hive.LOG1 80',
      'hive.LOG2 81',
    ]);
    expect(validate(recovery.image, 'hive').filter((finding) => finding.severity === 'error')).toEqual([]);
  });

  it('the key that only the log of hvle-windows10 has is there, and those that it deletes are not', () => {
    const { hive, logs } = read('hvle-windows10');
    const names = (image: Uint8Array) => new RegfTree(image, 'hive').root.subkeys().map((key) => key.name);
    expect(names(hive)).toEqual(['Key1', 'Key2']);
    expect(names(recover('hive', hive, logs).image)).toEqual(['Key3']);
  });

  it('boot stores with stale logs are left as they lie', () => {
    let stores = 0;
    for (const name of readdirSync(join(folder, 'bcd'))) {
      const place = join(folder, 'bcd', name);
      const logs = readdirSync(place)
        .filter((file) => /LOG\d?$/.test(file))
        .map((file) => ({ name: file, bytes: new Uint8Array(readFileSync(join(place, file))) }));
      const hive = new Uint8Array(readFileSync(join(place, 'BCD')));
      const recovery = recover('BCD', hive, logs);
      expect(recovery, name).toMatchObject({ view: 'primary', wasDirty: false, entriesApplied: 0 });
      expect(bytesEqual(recovery.image, hive.subarray(0, recovery.image.byteLength)), name).toBe(true);
      if (logs.length > 0) stores += 1;
    }
    expect(stores).toBeGreaterThanOrEqual(4);
  });
});
