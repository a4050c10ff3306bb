// A layered hive (version 1.6, of a container image): every command that reads says so, and none recommends what must be
// refused.

import { join } from 'node:path';
import { expect, it } from 'vitest';
import { encodeBaseBlock } from '../../src/regf/base-block.ts';
import { buildFixture } from '../fixture-hives.ts';
import { hivemend, makeDisk, SYSTEM_PATH, snapshot } from './process.ts';

function layered(): Uint8Array {
  const hive = buildFixture('SYSTEM-broken').slice();
  new DataView(hive.buffer).setUint32(24, 6, true);
  hive.set(encodeBaseBlock(hive.subarray(0, 4096), {}));
  return hive;
}

it('inspect, export and diagnose say so, and no repair is recommended', async () => {
  const disk = makeDisk({ SYSTEM: layered() });
  const system = join(disk, SYSTEM_PATH);
  const before = snapshot(disk);
  const inspected = await hivemend(['inspect', system]);
  expect([inspected.status, inspected.stdout]).toEqual([0, expect.stringMatching(/version 1\.6[\s\S]*LAYERED_HIVE/)]);
  for (const format of ['jsonl', 'xml', 'reg', 'bodyfile']) {
    const exported = await hivemend(['export', system, '--format', format]);
    expect([format, exported.status, exported.stderr]).toEqual([format, 0, expect.stringContaining('layer')]);
  }
  const diagnosed = await hivemend(['diagnose', disk]);
  expect([diagnosed.status, diagnosed.stdout]).toEqual([1, expect.stringContaining('layer')]);
  expect(diagnosed.stdout).not.toMatch(/hivemend (repair|rebuild|apply)/);
  for (const argv of [
    ['repair', disk, '--yes'],
    ['repair', disk, '--dry-run'],
    ['reg', '--hive', system, 'add', '\\Select', '/v', 'A', '/d', 'x', '/f'],
  ]) {
    const run = await hivemend(argv);
    expect([argv[0], run.status, run.stderr]).toEqual([argv[0], 4, expect.stringContaining('layered (version 1.6)')]);
    expect(run.stdout + run.stderr).not.toMatch(/hivemend (repair|rebuild|apply)/);
  }
  expect(snapshot(disk)).toEqual(before);
});
