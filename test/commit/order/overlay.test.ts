import fc from 'fast-check';
import { createFsFromVolume, Volume } from 'memfs';
import { expect, it } from 'vitest';
import type { WriteFs } from '../../../src/base/write-fs.ts';
import { Overlay } from '../../../src/commit/order/overlay.ts';

const PAGE = 4096;

interface Case {
  readonly before: Uint8Array;
  readonly sizeBytes: number;
  readonly writes: readonly { offset: number; after: Uint8Array }[];
}

const cases: fc.Arbitrary<Case> = fc
  .record({
    before: fc.uint8Array({ maxLength: 3 * PAGE, size: 'max' }),
    grownBytes: fc.constantFrom(0, 1, 512, PAGE, 2 * PAGE + 7),
    writes: fc.array(
      fc.record({ place: fc.double({ min: 0, max: 1, noNaN: true }), after: fc.uint8Array({ maxLength: 2 * PAGE }) }),
      { maxLength: 4 },
    ),
  })
  .map(({ before, grownBytes, writes }) => {
    const sizeBytes = before.byteLength + grownBytes;
    return {
      before,
      sizeBytes,
      writes: writes.map(({ place, after }) => {
        const fitting = after.subarray(0, sizeBytes);
        return { offset: Math.floor(place * (sizeBytes - fitting.byteLength)), after: fitting };
      }),
    };
  });

/** The same with a copy of everything. */
function written({ before, sizeBytes, writes }: Case): Uint8Array {
  const whole = new Uint8Array(sizeBytes);
  whole.set(before);
  for (const { offset, after } of writes) whole.set(after, offset);
  return whole;
}

function overlayOf({ before, sizeBytes, writes }: Case): Overlay {
  return new Overlay(before, sizeBytes, writes);
}

function isHeld(overlay: Overlay, bytes: Uint8Array): boolean {
  const volume = Volume.fromJSON({});
  volume.writeFileSync('/file', bytes);
  return overlay.isHeldBy(createFsFromVolume(volume) as unknown as WriteFs, '/file');
}

it('is the file with all writes made, and is held by just that file', () => {
  fc.assert(
    fc.property(cases, fc.nat(), (one, place) => {
      const whole = written(one);
      const overlay = overlayOf(one);
      expect(Buffer.concat([...overlay.parts()]).equals(whole)).toBe(true);
      expect(isHeld(overlay, whole)).toBe(true);
      expect(isHeld(overlay, Buffer.concat([whole, Buffer.alloc(1)]))).toBe(false);
      if (whole.byteLength === 0) return;
      expect(isHeld(overlay, whole.subarray(1))).toBe(false);
      whole[place % whole.byteLength]! ^= 1;
      expect(isHeld(overlay, whole)).toBe(false);
    }),
    { numRuns: 200 },
  );
});

it('counts the pages and bytes that differ; a new page that stays empty is none', () => {
  fc.assert(
    fc.property(cases, (one) => {
      const whole = written(one);
      let [pagesChanged, bytesChanged] = [0, 0];
      for (let start = 0; start < whole.byteLength; start += PAGE) {
        const after = [...whole.subarray(start, start + PAGE)];
        if (after.every((byte, i) => byte === (one.before[start + i] ?? 0))) continue;
        pagesChanged += 1;
        bytesChanged += after.filter((byte, i) => byte !== one.before[start + i]).length;
      }
      expect(overlayOf(one).countChanges()).toEqual({ pagesChanged, bytesChanged });
    }),
    { numRuns: 200 },
  );
});

it('is not held by a folder, nor by nothing', () => {
  const volume = Volume.fromJSON({ '/folder/file': '' });
  const nothing = new Overlay(new Uint8Array(0), 0, []);
  const held = (path: string) => nothing.isHeldBy(createFsFromVolume(volume) as unknown as WriteFs, path);
  expect([held('/folder'), held('/none'), held('/folder/file')]).toEqual([false, false, true]);
});
