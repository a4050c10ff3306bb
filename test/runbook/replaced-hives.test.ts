// Scripts that put another hive where a hive lies: RegBack over a SYSTEM that cannot be opened is what they are for. The
// hive goes the way of a hive put in the place of a hive, and undo brings back what lay there.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSource } from '../../src/hive/open.ts';
import { thisHost } from '../../src/host.ts';
import { encodeBaseBlock } from '../../src/regf/base-block.ts';
import { validate } from '../../src/regf/gate/validate.ts';
import { hivemend, makeDisk, put, SYSTEM_PATH, scratch, snapshot } from '../cli/process.ts';
import { buildFixture } from '../fixture-hives.ts';

const CONFIG = 'Windows/System32/config';
const HEALTHY = buildFixture('SYSTEM-healthy');

const SCRIPTS: Readonly<Record<string, string>> = {
  'copy over it': 'copy /y F:\\Windows\\System32\\config\\RegBack\\SYSTEM F:\\Windows\\System32\\config\\SYSTEM',
  'rename it, then copy': 'cd /d F:\\Windows\\System32\\config\nren SYSTEM SYSTEM.broken\ncopy RegBack\\SYSTEM SYSTEM',
  'move it away, delete its logs, copy':
    'cd /d F:\\Windows\\System32\\config\nmove SYSTEM SYSTEM.broken\ndel SYSTEM.LOG1\nren SYSTEM.LOG2 SYSTEM.LOG2.old\ncopy RegBack\\SYSTEM .',
  'xcopy all of RegBack': 'xcopy /y F:\\Windows\\System32\\config\\RegBack\\* F:\\Windows\\System32\\config\\',
};

const DAMAGE: Readonly<Record<string, Uint8Array>> = {
  'of 0 bytes': new Uint8Array(0),
  'of zeros': new Uint8Array(HEALTHY.byteLength),
  'without a base block': HEALTHY.slice().fill(0x58, 0, 4096),
  'cut in the middle': HEALTHY.slice(0, 20_000),
};

function script(text: string): string {
  const path = join(scratch(), 'fix.cmd');
  writeFileSync(path, text.replaceAll('\n', '\r\n'));
  return path;
}

function brokenDisk(system: Uint8Array): string {
  const disk = makeDisk({ SYSTEM: system });
  put(disk, `${CONFIG}/RegBack/SYSTEM`, HEALTHY);
  for (const log of ['LOG1', 'LOG2']) put(disk, `${CONFIG}/SYSTEM.${log}`, new Uint8Array(1024).fill(7));
  return disk;
}

const run = (text: string, disk: string, ...more: string[]) =>
  hivemend(['run', script(text), '--drive', `F:=${disk}`, '--yes', ...more]);

/** Every script on a file of 0 bytes, which is what people meet, and every damage by one of the scripts. */
const CASES = [
  ...Object.keys(SCRIPTS).map((name) => ['of 0 bytes', name] as const),
  ['of zeros', 'rename it, then copy'],
  ['without a base block', 'move it away, delete its logs, copy'],
  ['cut in the middle', 'xcopy all of RegBack'],
] as const;

describe('another hive in the place', () => {
  it.each(CASES)('of a SYSTEM %s: %s', async (damage, name) => {
    const [system, text] = [DAMAGE[damage]!, SCRIPTS[name]!];
    const disk = brokenDisk(system);
    const before = snapshot(disk);
    const done = await run(text, disk, '--json');
    expect(done.stderr).toBe('');
    expect(done.status, done.stdout).toBe(0);
    const report = done.report();
    expect(report.machine?.computerName).not.toBeNull();
    expect(report.targets.find(({ path }) => path.endsWith('config/SYSTEM'))?.kind).toBe('hive');
    expect(report.findings.map(({ code }) => code)).toContain('HIVE_REPLACED');
    const source = openSource(thisHost(), join(disk, SYSTEM_PATH));
    expect(source.recovery).toMatchObject({ wasDirty: false, isUsable: true });
    expect(validate(source.recovery.image, 'SYSTEM')).toEqual([]);
    expect(source.hive.key(['Select'])).not.toBeNull();
    // No log of the old hive is left that could apply to the new one.
    for (const { bytes } of source.logs) expect(bytes.subarray(0, 512).every((byte) => byte === 0)).toBe(true);
    if (name !== 'copy over it' && !name.startsWith('xcopy')) {
      expect(new Uint8Array(readFileSync(join(disk, CONFIG, 'SYSTEM.broken')))).toEqual(system);
    }
    const undone = await hivemend(['undo', disk, '--yes']);
    expect(undone.stderr).toBe('');
    expect(snapshot(disk)).toEqual(before);
  });
});

describe('what is put there', () => {
  it.each([
    ['is empty', new Uint8Array(0), 'is empty (0 bytes)'],
    ['is no hive', new TextEncoder().encode('hello'.repeat(2000)), "does not begin with 'regf'"],
  ] as const)('%s: the line is named, and nothing is written', async (_, copy, why) => {
    const disk = brokenDisk(HEALTHY);
    put(disk, `${CONFIG}/RegBack/SYSTEM`, copy);
    const before = snapshot(disk);
    const refused = await run(SCRIPTS['copy over it']!, disk, '--json');
    expect(refused.status).toBe(5);
    expect(refused.report().error).toMatchObject({ code: 'UNRESOLVED_LINE' });
    expect(refused.report().error!.message).toContain(why);
    expect(snapshot(disk)).toEqual(before);
  });

  it.each([
    ['is dirty', 'DIRTY_HIVE', HEALTHY.slice().fill(9, 4, 8)],
    ['is damaged', 'DAMAGED_HIVE', HEALTHY.slice().fill(0, 4096, 4104)],
  ] as const)('%s: refused', async (_, code, copy) => {
    const disk = brokenDisk(new Uint8Array(0));
    put(disk, `${CONFIG}/RegBack/SYSTEM`, withChecksum(copy));
    const before = snapshot(disk);
    const refused = await run(SCRIPTS['copy over it']!, disk, '--json');
    expect(refused.status).toBe(5);
    expect(refused.report().error).toMatchObject({ code });
    expect(snapshot(disk)).toEqual(before);
  });

  it('of SAM alone is refused, and with the SECURITY beside it made', async () => {
    const disk = makeDisk();
    for (const name of ['SAM', 'SECURITY']) put(disk, `${CONFIG}/${name}`, 'SOFTWARE');
    for (const name of ['SAM', 'SECURITY']) put(disk, `${CONFIG}/RegBack/${name}`, HEALTHY);
    const before = snapshot(disk);
    const config = 'F:\\Windows\\System32\\config';
    const lines = ['SAM', 'SECURITY'].map((name) => `copy /y ${config}\\RegBack\\${name} ${config}\\${name}`);
    for (const line of lines) {
      const refused = await run(line, disk, '--json');
      expect([refused.status, refused.report().error?.code]).toEqual([5, 'HALF_OF_A_PAIR']);
    }
    expect(snapshot(disk)).toEqual(before);
    const done = await run(lines.join('\r\n'), disk, '--json');
    expect(done.report().error).toBe(null);
    for (const name of ['SAM', 'SECURITY'])
      expect(snapshot(disk)[`${CONFIG}/${name}`]).not.toBe(before[`${CONFIG}/${name}`]);
  });
});

/** With its own sequence numbers and a checksum that is right. */
function withChecksum(image: Uint8Array): Uint8Array {
  const copy = image.slice();
  copy.set(encodeBaseBlock(copy.subarray(0, 512), {}));
  return copy;
}
