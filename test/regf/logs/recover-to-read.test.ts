// A damaged base block: whatever is in it, a reader gets the hive, with its log of the old form where that is newer; who
// writes gets no more than Windows would load.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inspectHive } from '../../../src/commands/inspect.ts';
import { thisHost } from '../../../src/host.ts';
import { encodeBaseBlock, parseBaseBlock } from '../../../src/regf/base-block.ts';
import { encodeDirtLog } from '../../../src/regf/logs/log.ts';
import { recover } from '../../../src/regf/logs/recover.ts';
import { recoverToRead } from '../../../src/regf/logs/recover-to-read.ts';
import { RegfTree } from '../../../src/regf/tree.ts';
import { hivemend, scratch } from '../../cli/process.ts';
import { describeShared } from '../../shared-hives.ts';
import { soundHive } from '../patient.ts';

const PAGE = 4096;

/** Each changes the first sector alone, and leaves its checksum as it is. */
const DAMAGES: readonly (readonly [string, (sector: Uint8Array, view: DataView) => void])[] = [
  ['the checksum', (_, view) => view.setUint32(508, 0x1234_5678, true)],
  ['a bit of the first number', (sector) => (sector[4]! ^= 1)],
  ['both numbers', (sector) => sector.set([1, 1, 0, 0, 9, 0, 0, 0], 4)],
  ['the time', (sector) => sector.fill(0, 12, 20)],
  ['a later time', (sector) => sector.fill(0xff, 12, 20)],
  ['the major version', (_, view) => view.setUint32(20, 0, true)],
  ['the minor version', (_, view) => view.setUint32(24, 0xffff, true)],
  ['the type', (_, view) => view.setUint32(28, 1, true)],
  ['the root', (_, view) => view.setUint32(36, 0xffff_fff8, true)],
  ['no bins', (_, view) => view.setUint32(40, 0, true)],
  ['an odd size of bins', (_, view) => view.setUint32(40, 4097, true)],
  ['too large a size', (_, view) => view.setUint32(40, 0x7fff_f000, true)],
  ['too small a size', (_, view) => view.setUint32(40, PAGE, true)],
  ['the name', (sector) => sector.fill(0xa5, 48, 108)],
  ['the signature', (sector) => sector.fill(0, 0, 4)],
  ['the whole sector, zeros', (sector) => sector.fill(0)],
  ['the whole sector, noise', (sector) => sector.set(sector.map((_, i) => (i * 7919) & 0xff))],
];

function damaged(hive: Uint8Array, change: (sector: Uint8Array, view: DataView) => void): Uint8Array {
  const copy = hive.slice();
  const sector = copy.subarray(0, 512);
  change(sector, new DataView(copy.buffer, 0, 512));
  return copy;
}

function namesOf(image: Uint8Array): string[] {
  const names: string[] = [];
  const pending = [new RegfTree(image, 'X').root];
  for (let key = pending.pop(); key !== undefined; key = pending.pop()) {
    names.push([...key.path, `${key.values().length} values`].join('\\'));
    pending.push(...key.subkeys());
  }
  return names.sort();
}

describe.each(DAMAGES)('%s damaged', (_, change) => {
  const hive = soundHive(5);
  const names = namesOf(hive);

  it('without a log: the bins tell size, version and root', () => {
    const { image, view, isUsable, findings } = recoverToRead('X', damaged(hive, change), []);
    expect([view, isUsable, findings.map(({ code }) => code)]).toEqual(['primary', false, ['DIRTY_WITHOUT_LOGS']]);
    expect(namesOf(image)).toEqual(names);
  });

  it('with a newer log of the old form: replayed for reading, not for writing', () => {
    const { lastWritten, binsSizeBytes } = parseBaseBlock(hive, 'X');
    const old = hive.slice();
    // What the log makes whole again.
    old.fill(0, PAGE + 32 + 256, 2 * PAGE);
    const stamp = lastWritten + 1000n;
    const base = encodeBaseBlock(hive.subarray(0, 512), {
      primarySequence: 9,
      secondarySequence: 9,
      lastWritten: stamp,
      fileType: 1,
    });
    const bytes = encodeDirtLog(base, binsSizeBytes, [{ offset: 0, bytes: hive.subarray(PAGE, 2 * PAGE) }]);
    const log = { name: 'X.LOG1', bytes };
    const { view, isUsable, image, findings } = recoverToRead('X', damaged(old, change), [log]);
    expect([view, isUsable]).toEqual(['recovered', false]);
    expect(findings.map(({ code }) => code)).toContain('LAX_RECOVERY');
    expect(namesOf(image)).toEqual(names);
    let strict: ReturnType<typeof recover> | null = null;
    try {
      strict = recover('X', damaged(old, change), [log]);
    } catch {
      // Refused altogether.
    }
    expect(strict?.view ?? 'primary').toBe('primary');
    expect(strict?.isUsable ?? false).toBe(false);
    // One that is older is none.
    const older = encodeBaseBlock(bytes.subarray(0, 512), { lastWritten: lastWritten - 1000n });
    const stale = { name: 'X.LOG1', bytes: Uint8Array.from([...older, ...bytes.subarray(512)]) };
    expect(recoverToRead('X', damaged(hive, change), [stale]).view).toBe('primary');
  });

  it('inspect gives its report, and a writer refuses', async () => {
    const path = join(scratch(), 'SYSTEM');
    writeFileSync(path, damaged(hive, change));
    const { findings, header, defects } = inspectHive(thisHost(), path, { withValidation: true });
    expect(findings.map(({ code }) => code)).toContain('DIRTY_WITHOUT_LOGS');
    expect([header.isChecksumRight, defects === null]).toEqual([false, false]);
    const run = await hivemend(['reg', '--hive', path, 'add', '\\New', '/f']);
    expect([4, 5], run.stderr).toContain(run.status);
    expect(readFileSync(path)).toEqual(Buffer.from(damaged(hive, change)));
  });
});

it('a header that is whole says what it says', () => {
  const odd = encodeBaseBlock(soundHive(5).subarray(0, PAGE), { primarySequence: 8, secondarySequence: 7 });
  const hive = Uint8Array.from([...odd, ...soundHive(5).subarray(PAGE)]);
  expect(recoverToRead('X', hive, []).findings).toEqual(recover('X', hive, []).findings);
});

describeShared('a real dirty hive of Windows 7', (folder) => {
  it.each(DAMAGES)('%s damaged: every key is read', (_, change) => {
    const read = (name: string): Uint8Array => new Uint8Array(readFileSync(join(folder, 'replay/dirt-windows7', name)));
    const logs = [{ name: 'hive.LOG1', bytes: read('hive.LOG1') }];
    const { image, view } = recoverToRead('X', damaged(read('hive'), change), logs);
    expect(view).toBe('recovered');
    expect(namesOf(image)).toEqual(namesOf(read('recovered-by-windows')));
  });
});
