// Journals in a folder that users share: only the user who made one follows it, since anybody can make one that is closed
// to others. Giving files away takes root; skipped where the tests run as another.

import { chownSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hivemendProcess, makeDisk, scratch, snapshot } from '../cli/process.ts';

const SOMEBODY = 12_345;

describe.skipIf(process.getuid?.() !== 0)('a journal that another user made (needs root)', () => {
  function diskWithForeignJournal(): { readonly disk: string; readonly state: string; readonly id: string } {
    const [disk, state] = [makeDisk(), scratch()];
    expect(hivemendProcess(['repair', disk, '--yes', '--json', '--state-dir', state]).report().error).toBeNull();
    const [id] = readdirSync(state);
    chownSync(join(state, id!), SOMEBODY, SOMEBODY);
    return { disk, state, id: id! };
  }

  it('is not followed by undo, and stops what writes until it is dropped', () => {
    const { disk, state, id } = diskWithForeignJournal();
    const before = snapshot(disk);
    const undo = hivemendProcess(['undo', disk, '--yes', '--json', '--state-dir', state]);
    expect([undo.status, undo.report().error?.code]).toEqual([4, 'BAD_JOURNAL']);
    const add = ['add', 'HKLM\\SYSTEM\\Select', '/v', 'Added', '/t', 'REG_DWORD', '/d', '1', '/f'];
    const run = hivemendProcess(['reg', '--volume', disk, '--state-dir', state, '--json', ...add]);
    expect([run.status, run.report().error?.code]).toEqual([5, 'UNFINISHED_JOURNAL']);
    expect(run.report().error?.hint).toContain(`--forget ${id}`);
    expect(snapshot(disk)).toEqual(before);
    expect(hivemendProcess(['undo', disk, '--yes', '--json', '--state-dir', state, '--forget', id]).status).toBe(0);
    expect(readdirSync(state)).toEqual([]);
  });
});
