// Plans that touch one path more than once, and plans of random steps over a few names: one commit, one undo.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { commitTargets as commit } from '../../../src/commit/commit.ts';
import { findJournals } from '../../../src/commit/journal/journals.ts';
import type { CommitTarget } from '../../../src/commit/request.ts';
import { undo } from '../../../src/commit/undo.ts';
import { Disk } from '../disk-simulator.ts';
import { contentOf, hostOf, ROOT, ROWS, requestOf, VOLUME } from '../rows.ts';

const at = (name: string): string => `${VOLUME}/dir/${name}`;
const bytes = (filler: number): Uint8Array => new Uint8Array(100 + 300 * filler).fill(filler);
const plain = { ...ROWS[0]!, hives: [], keepsDescriptors: true };

function diskWith(names: Readonly<Record<string, Uint8Array>>): Disk {
  const disk = new Disk();
  disk.keepsDescriptors = true;
  disk.put(at('other'), new Uint8Array([7]));
  for (const [name, content] of Object.entries(names)) disk.put(at(name), content);
  return disk;
}

function commitAndUndo(disk: Disk, targets: readonly CommitTarget[]): Disk {
  const before = contentOf(disk);
  const { journal } = commit(hostOf(disk, 'boot-1'), { ...requestOf(plain, disk), targets });
  const after = disk.afterKill();
  if (journal)
    undo(hostOf(disk, 'boot-1'), findJournals(hostOf(disk, 'boot-1'), [ROOT])[0]!, requestOf(plain, disk).volumes);
  expect(contentOf(disk)).toBe(before);
  return after;
}

it('a file is renamed and another takes its name', () => {
  const disk = diskWith({ SYSTEM: bytes(1), backup: bytes(2) });
  disk.descriptors.write(at('SYSTEM'), new Uint8Array([9, 9]));
  const after = commitAndUndo(disk, [
    { kind: 'move', path: at('SYSTEM'), to: at('SYSTEM.old'), bytes: bytes(1) },
    { kind: 'file', path: at('SYSTEM'), before: null, after: bytes(2) },
  ]);
  expect(after.get(at('SYSTEM'))).toEqual(bytes(2));
  expect(after.get(at('SYSTEM.old'))).toEqual(bytes(1));
  expect(after.descriptors.read(at('SYSTEM.old'))).toEqual(new Uint8Array([9, 9]));
});

it('what is made gets its descriptor before its first byte, what is changed twice once', () => {
  const disk = diskWith({ a: bytes(1) });
  const [one, two] = [new Uint8Array([2, 2]), new Uint8Array([3, 3])];
  const after = commitAndUndo(disk, [
    { kind: 'folder', path: at('new') },
    { kind: 'file', path: at('new/b'), before: null, after: bytes(2) },
    { kind: 'descriptor', path: at('new/b'), before: new Uint8Array([1]), after: one },
    { kind: 'descriptor', path: at('a'), before: new Uint8Array([1]), after: one },
    { kind: 'descriptor', path: at('a'), before: one, after: two },
  ]);
  expect(after.descriptors.read(at('new/b'))).toEqual(one);
  expect(after.descriptors.read(at('a'))).toEqual(two);
});

it('a hive that is also moved is refused', () => {
  const row = ROWS[0]!;
  const disk = new Disk();
  const { path, primary } = row.hives[0]!;
  disk.put(path, primary);
  const [hive] = requestOf(row, disk).targets;
  const move: CommitTarget = { kind: 'move', path, to: `${path}.old`, bytes: primary };
  expect(() => commit(hostOf(disk, 'boot-1'), { ...requestOf(row, disk), targets: [hive!, move] })).toThrow(
    /as a hive and as a file/,
  );
});

it('random plans over three names leave what the steps say, and undo gives all back', () => {
  const step = fc.record({
    op: fc.constantFrom('write', 'delete', 'move'),
    a: fc.nat(2),
    b: fc.nat(2),
    filler: fc.nat(40),
  });
  const names = ['x', 'y', 'z'];
  fc.assert(
    fc.property(fc.array(step, { maxLength: 8 }), fc.array(fc.nat(9), { maxLength: 3 }), (steps, first) => {
      const model = new Map(first.map((filler, index) => [names[index]!, bytes(filler)]));
      const disk = diskWith(Object.fromEntries(model));
      const targets: CommitTarget[] = [];
      for (const { op, a, b, filler } of steps) {
        const [from, to] = [names[a]!, names[b]!];
        const before = model.get(from) ?? null;
        if (op === 'write') {
          targets.push({ kind: 'file', path: at(from), before, after: bytes(filler) });
          model.set(from, bytes(filler));
        } else if (before && op === 'delete') {
          targets.push({ kind: 'file', path: at(from), before, after: null });
          model.delete(from);
        } else if (before && op === 'move' && !model.has(to)) {
          targets.push({ kind: 'move', path: at(from), to: at(to), bytes: before });
          model.delete(from);
          model.set(to, before);
        }
      }
      const after = commitAndUndo(disk, targets);
      for (const name of names) expect(after.get(at(name))).toEqual(model.get(name) ?? null);
    }),
    { numRuns: 150 },
  );
});
