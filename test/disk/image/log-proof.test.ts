// The narrow proof for an unclean $LogFile: idle logs pass, and everything that could change the volume is refused, wherever
// in the log it stands.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { logVerdict } from '../../../src/disk/image/log/log-proof.ts';
import { sharedHives } from '../../shared-hives.ts';
import { changePage, LogBuilder, type LogChoices, type LogRecordSpec, updateData } from './log-builder.ts';

const PAGE = 4096;
const HARMLESS = [0x00, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, 0x20];

/** Records before the checkpoint that are part of its range, the checkpoint, and records after it. */
function idleLog(choices: LogChoices = {}, odd: LogRecordSpec | null = null, oddAt = -1, before = 3, after = 3) {
  const log = new LogBuilder(choices);
  const put = (spec: LogRecordSpec, index: number): bigint => log.add(index === oddAt ? { ...spec, ...odd } : spec);
  const start = log.checkpoint();
  for (let index = 0; index < before; index += 1) {
    put({ redo: 0x1d, data: updateData(0x1d, 0, new Uint8Array(900)) }, index);
  }
  log.checkpoint(start);
  for (let index = before; index < before + after; index += 1) put({ redo: 0x1b, undo: 1 }, index);
  return log;
}

const verdict = (log: LogBuilder) => logVerdict(log.build());
const isRefused = (log: Uint8Array) => logVerdict(log).state === 'unclean';

const CHOICES: readonly LogChoices[] = [
  { version: '2.0' },
  { version: '2.0', lastPageInCopy: true },
  { version: '1.1' },
  { version: '1.1', lastPageInCopy: true },
  // Records that go over page ends, and over the end of the ring.
  { version: '2.0', from: 2 * PAGE + 3000 },
  { version: '2.0', from: 30 * PAGE - 1200 },
  { version: '1.1', from: 60 * PAGE - 1600 },
  { version: '2.0', from: 30 * PAGE - 1200, lastPageInCopy: true },
];

describe('an unclean log of an idle machine', () => {
  it.each(CHOICES)('is shown to change nothing: %o', (choices) => {
    const log = idleLog(choices);
    expect(verdict(log)).toEqual({
      state: 'no-op',
      version: log.version,
      records: 8,
      lastLsn: log.lastLsn.toString(),
    });
  });

  it('may end with the checkpoint, and begin with it', () => {
    const log = new LogBuilder();
    log.checkpoint();
    expect(verdict(log)).toMatchObject({ state: 'no-op', records: 1 });
  });

  it('does not change the log that it judges', () => {
    const bytes = Buffer.from(idleLog({ lastPageInCopy: true }).build());
    const before = Buffer.from(bytes);
    logVerdict(bytes);
    expect(bytes.equals(before)).toBe(true);
  });
});

describe('what is not pending', () => {
  it('a log of ones is empty', () => {
    expect(logVerdict(new Uint8Array(64 * PAGE).fill(0xff))).toEqual({ state: 'empty' });
    expect(logVerdict(new Uint8Array(0)).state).toBe('unclean');
    expect(isRefused(new Uint8Array(64 * PAGE))).toBe(true);
  });

  it('a 1.1 log is clean by its flag or without a client; a 2.0 log never is', () => {
    const dangerous = { redo: 0x06 };
    expect(verdict(idleLog({ version: '1.1', flags: 2 }, dangerous, 4))).toEqual({ state: 'clean', version: '1.1' });
    expect(verdict(idleLog({ version: '1.1', clients: 0 }, dangerous, 4))).toEqual({ state: 'clean', version: '1.1' });
    expect(verdict(idleLog({ version: '2.0', flags: 2 }, dangerous, 4)).state).toBe('unclean');
    expect(verdict(idleLog({ version: '2.0', clients: 0 })).state).toBe('unclean');
  });

  it.each(['RSTR torn', 'RSTR gone'])('a clean log with a bad restart page is not believed: %s', (how) => {
    for (const page of [0, PAGE]) {
      const log = idleLog({ version: '1.1', flags: 2 }).build();
      if (how === 'RSTR torn') log[page + 1022]! ^= 1;
      else log.fill(0xff, page, page + PAGE);
      expect(isRefused(log)).toBe(true);
    }
  });
});

describe('refused, wherever it stands', () => {
  it.each(CHOICES)('every other operation: %o', (choices) => {
    for (let operation = 0; operation < 0x40; operation += 1) {
      for (let place = 0; place < 6; place += 1) {
        const state = HARMLESS.includes(operation) ? 'no-op' : 'unclean';
        const record = { data: updateData(operation, 0) };
        expect([operation, place, verdict(idleLog(choices, record, place)).state]).toEqual([operation, place, state]);
      }
    }
  });

  it('every operation that undoes something', () => {
    for (let undo = 0; undo < 0x40; undo += 1) {
      for (let place = 0; place < 6; place += 1) {
        const state = undo <= 1 ? 'no-op' : 'unclean';
        expect(verdict(idleLog({}, { data: updateData(0, undo) }, place)).state).toBe(state);
      }
    }
  });

  const table = (entries: number, allocated: number, sizeBytes = 24 + 40 * entries): Uint8Array<ArrayBuffer> => {
    const bytes = new Uint8Array(sizeBytes);
    new DataView(bytes.buffer).setUint16(0, 40, true);
    new DataView(bytes.buffer).setUint16(2, entries, true);
    new DataView(bytes.buffer).setUint16(4, allocated, true);
    return bytes;
  };

  it.each<[string, LogRecordSpec, boolean]>([
    ['another type', { type: 3 }, true],
    ['type 0', { type: 0 }, true],
    ['a later checkpoint', { type: 2, data: new Uint8Array(112) }, true],
    ['another client', { client: 1 }, true],
    ['another client by its index', { client: 0x10000 }, true],
    ['unknown flags', { flags: 8 }, true],
    ['a transaction from before the checkpoint', { undoNext: 1n }, true],
    ['no data', { data: new Uint8Array(0) }, true],
    ['redo data past the record', { data: updateData(0x1d, 0, table(3, 1)).subarray(0, 60) }, true],
    ['a table of open attributes', { data: updateData(0x1d, 0, table(3, 2)) }, false],
    ['a table that overflows', { data: updateData(0x1d, 0, table(3, 1, 100)) }, true],
    ['more allocated than there are', { data: updateData(0x1d, 0, table(3, 4)) }, true],
    ['dirty pages', { data: updateData(0x1f, 0, table(3, 1)) }, true],
    ['a dirty page table without entries in use', { data: updateData(0x1f, 0, table(3, 0)) }, false],
    ['transactions', { data: updateData(0x20, 0, table(1, 1)) }, true],
  ])('%s', (_, record, refused) => {
    for (const choices of CHOICES) {
      for (let place = 0; place < 6; place += 1) {
        expect(verdict(idleLog(choices, record, place)).state).toBe(refused ? 'unclean' : 'no-op');
      }
    }
  });

  it('a checkpoint that lists dirty pages or transactions, or begins after itself', () => {
    for (const [dirty, transactions] of [
      [8, 0],
      [0, 8],
    ]) {
      const log = new LogBuilder();
      log.checkpoint(null, dirty, transactions);
      expect(verdict(log).state).toBe('unclean');
    }
    const log = new LogBuilder();
    log.checkpoint(log.lsnAt(log.ringStart + 512));
    log.add();
    log.add();
    log.add();
    expect(verdict(log).state).toBe('unclean');
  });

  it.each(CHOICES)('a page that is torn, zero, of another kind or cut off, in each place: %o', (choices) => {
    const whole = idleLog(choices).build();
    for (let page = 0; page < whole.byteLength; page += PAGE) {
      const isUsed = !whole.subarray(page, page + PAGE).every((byte) => byte === 0xff);
      for (let sector = 0; sector < 8 && isUsed; sector += 1) {
        const torn = whole.slice();
        torn[page + sector * 512 + 511]! ^= 1;
        expect(isRefused(torn)).toBe(true);
      }
      for (const fill of [0, 0x41]) expect(isRefused(whole.slice().fill(fill, page, page + PAGE))).toBe(true);
      if (isUsed) expect(isRefused(whole.slice().fill(0xff, page, page + PAGE))).toBe(true);
      expect(isRefused(whole.subarray(0, page))).toBe(true);
    }
  });

  it.each(CHOICES)('a record that is missing, in each place: %o', (choices) => {
    const log = idleLog(choices);
    const { places } = log;
    const whole = log.build();
    for (const [index, place] of places.entries()) {
      const gap = whole.slice();
      const base = place - (place % PAGE);
      // The page may stand in a copy.
      const at = whole[base] === 0xff ? 2 * PAGE : base;
      changePage(gap, at, (view) => view.setBigUint64(place % PAGE, 0n, true));
      expect([index, isRefused(gap)]).toEqual([index, true]);
    }
  });

  it.each(CHOICES)('a later LSN in the header of any page, or where a record could stand: %o', (choices) => {
    const log = idleLog(choices);
    const whole = log.build();
    for (let page = 2 * PAGE; page < whole.byteLength; page += PAGE) {
      const isUsed = whole[page] !== 0xff;
      const isCopy = page < log.ringStart;
      const later = whole.slice();
      if (!isUsed) {
        // An old page, valid in itself.
        later.fill(0, page, page + PAGE);
        later.set(
          Uint8Array.from('RCRD', (unit) => unit.charCodeAt(0)),
          page,
        );
        later[page + 4] = 0x28;
        if (isCopy && log.version === '2.0') new DataView(later.buffer).setUint32(page + 0x3c, log.ringStart, true);
        if (isCopy && log.version === '1.1') {
          new DataView(later.buffer).setBigUint64(page + 8, BigInt(log.ringStart), true);
        }
        changePage(later, page, () => {});
        expect([page, logVerdict(later).state]).toEqual([page, 'no-op']);
      }
      const lastLsnAt = isCopy && log.version === '1.1' ? 0x20 : 8;
      const stated = later.slice();
      changePage(stated, page, (view) => {
        view.setBigUint64(lastLsnAt, log.lastLsn + 8n, true);
        if (lastLsnAt === 0x20) view.setUint32(0x10, 1, true);
      });
      expect([page, isRefused(stated)]).toEqual([page, true]);
      const ringPlace = isCopy && !isUsed ? log.ringStart : page;
      if (isCopy && isUsed) continue;
      for (let slot = 64; slot < PAGE; slot += 504) {
        const stands = later.slice();
        const lsn = log.lsnAt(ringPlace + slot, (log.lastLsn >> BigInt(64 - log.sequenceBits)) + 1n);
        changePage(stands, page, (view) => view.setBigUint64(slot, lsn, true));
        expect([page, slot, isRefused(stands)]).toEqual([page, slot, true]);
      }
    }
  });

  it.each<[string, number, number, number]>([
    ['version 3.0', 0x1c, 2, 3],
    ['version 1.0', 0x1a, 2, 1],
    ['version 2.1', 0x1a, 2, 1],
    ['another page size', 0x10, 4, 8192],
    ['another log page size', 0x14, 4, 512],
    ['two clients', 0x38, 2, 2],
    ['the restart area elsewhere', 0x18, 2, 0x1000],
    ['other sequence bits', 0x40, 4, 20],
    ['another size', 0x48, 4, 63 * PAGE],
    ['a larger size', 0x48, 4, 65 * PAGE],
    ['another record header', 0x54, 2, 56],
    ['another data offset', 0x56, 2, 72],
    ['a checkpoint elsewhere', 0x78, 4, 0x12345],
    ['another client number', 0x84, 2, 1],
    ['a current LSN above the last record', 0x34, 4, 0x7fffffff],
  ])('restart pages with %s', (_, at, sizeBytes, value) => {
    const log = idleLog().build();
    for (const page of [0, PAGE]) {
      changePage(log, page, (view) => {
        if (sizeBytes === 2) view.setUint16(at, value, true);
        else view.setUint32(at, value, true);
      });
      // One page that disagrees is enough.
      if (page === 0 && at !== 0x38 && at !== 0x78 && at !== 0x84) expect(isRefused(log)).toBe(true);
    }
    expect(isRefused(log)).toBe(true);
  });

  it('never throws for damaged bytes, and never proves what it would not have read', () => {
    const whole = idleLog({ version: '2.0', from: 30 * PAGE - 1200, lastPageInCopy: true }).build();
    let seed = 12345;
    const random = (limit: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return (seed >>> 8) % limit;
    };
    const used = Array.from({ length: whole.byteLength / PAGE }, (_, page) => page).filter(
      (page) => whole[page * PAGE] !== 0xff,
    );
    for (let round = 0; round < 800; round += 1) {
      const log = whole.slice();
      const page = used[random(used.length)]! * PAGE;
      changePage(log, page, (view) => view.setUint8(random(PAGE), random(256)));
      expect(['no-op', 'unclean']).toContain(logVerdict(log).state);
    }
  });
});

const specimens = join(sharedHives ?? '/nowhere', '../images/logfile');
describe.skipIf(!existsSync(specimens))('logs that Windows wrote', () => {
  /** What was not copied of a log was never written. */
  const full = (name: string, sizeBytes: number): Uint8Array => {
    const log = new Uint8Array(sizeBytes).fill(0xff);
    log.set(readFileSync(join(specimens, name)));
    return log;
  };

  it('Windows 7: clean; without its flag, two records that change nothing', () => {
    const log = full('LogFile_7.bin', 23_560_192);
    expect(logVerdict(log)).toEqual({ state: 'clean', version: '1.1' });
    for (const page of [0, PAGE]) changePage(log, page, (view) => view.setUint16(0x3e, 0, true));
    expect(logVerdict(log)).toMatchObject({ state: 'no-op', version: '1.1', records: 2 });
  });

  it('Windows 10, taken unclean: four records that change nothing; refused where the log is cut off', () => {
    const log = full('LogFile_10.bin', 9_043_968);
    expect(logVerdict(log)).toMatchObject({ state: 'no-op', version: '2.0', records: 4 });
    expect(logVerdict(readFileSync(join(specimens, 'LogFile_10.bin')))).toMatchObject({
      state: 'unclean',
      why: '$LogFile has 212992 bytes, but states 9043968',
    });
  });
});
