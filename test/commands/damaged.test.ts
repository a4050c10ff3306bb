// Hives whose damage lies deeper than opening looks, and hives that are no SYSTEM: judged as far as they go, not edited.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openHive } from '../../src/commands/hive-file.ts';
import { RegfTree } from '../../src/regf/tree.ts';
import { hivemend, makeDisk, SYSTEM_PATH, snapshot } from '../cli/process.ts';
import { buildFixture } from '../fixture-hives.ts';
import { describeShared } from '../shared-hives.ts';

/** The hive with the record of one key overwritten, so that its parent's list leads to no key. */
function withoutRecordOf(hive: Uint8Array, ...path: readonly string[]): Uint8Array {
  const image = hive.slice();
  let key = new RegfTree(image, 'SYSTEM').root;
  for (const name of path) key = key.subkey(name)!;
  image.set([0, 0], 4096 + key.cellOffset + 4);
  return image;
}

/** The hive with a count of subkeys that is too high. */
function withoutCountOf(hive: Uint8Array): Uint8Array {
  const image = hive.slice();
  const { cellOffset } = new RegfTree(image, 'SYSTEM').root.subkey('ControlSet001')!.subkey('Services')!;
  const at = 4096 + cellOffset + 4 + 20;
  const view = new DataView(image.buffer);
  view.setUint32(at, view.getUint32(at, true) - 1, true);
  return image;
}

const damaged = withoutRecordOf(buildFixture('SYSTEM-broken'), 'ControlSet001', 'Services', 'TermService');
const codesOf = (findings: readonly { code: string }[]): string[] => findings.map(({ code }) => code);

describe('a SYSTEM with a damaged list of keys', () => {
  it('is diagnosed by the verifier, with the damage', async () => {
    const run = await hivemend(['diagnose', makeDisk({ SYSTEM: damaged }), '--json']);
    expect(run.status, run.stderr).toBe(1);
    const { findings, machine } = run.report();
    expect(codesOf(findings)).toEqual(expect.arrayContaining(['HIVE_DAMAGED', 'READ_BY_VERIFIER', 'BAD_SUBKEY']));
    // What is not damaged is judged as in the whole hive, and the damage is told once.
    expect(codesOf(findings)).toContain('RDP_DENIED');
    expect(machine?.controlSets).toHaveLength(2);
    expect(codesOf(findings).filter((code) => code === 'BAD_SUBKEY')).toHaveLength(1);
  });

  it('names it in the link of the disk', async () => {
    const { stdout } = await hivemend(['diagnose', makeDisk({ SYSTEM: damaged })]);
    expect(stdout).toMatch(/^ +x disk +/m);
    expect(stdout).toContain('SYSTEM is damaged');
    const verbose = await hivemend(['diagnose', makeDisk({ SYSTEM: damaged }), '-v']);
    expect(verbose.stdout.replace(/\s+/g, ' ')).toContain(
      'SYSTEM is damaged. One record cannot be read: ControlSet001\\Services: its list names',
    );
    // Repair refuses it, so it is not what to type next.
    expect(stdout).not.toContain('hivemend repair');
    expect(stdout).not.toContain('SERVICE_MISSING');
    expect(stdout.trimEnd().split('\n').length).toBeLessThanOrEqual(30);
    expect(stdout).toContain('hivemend inspect --validate');
    // What to type next does what it says.
    const typed = /hivemend (rebuild .*)/.exec(stdout)![1]!.split(' ');
    const rebuilt = await hivemend(typed);
    expect(rebuilt.stdout).toContain('repair in place');
  });

  it('is refused by repair, and left as it was', async () => {
    const disk = makeDisk({ SYSTEM: damaged });
    const before = snapshot(disk);
    const run = await hivemend(['repair', disk, '--yes', '--json']);
    expect(run.status).toBe(5);
    expect(run.report().error?.code).toBe('DAMAGED_HIVE');
    expect(snapshot(disk)).toEqual(before);
  });

  it('repair shows the rebuild as a plan of its own, which --yes does not stand for', async () => {
    const disk = makeDisk({ SYSTEM: damaged });
    const before = snapshot(disk);
    const run = await hivemend(['repair', disk, '--yes']);
    expect(run.status).toBe(5);
    expect(run.stdout).toContain('repair in place');
    expect(run.stdout).toContain('LOSSES (3; the first 1 are read when Windows starts or somebody logs on)');
    expect(run.stderr).toContain(`hivemend rebuild SYSTEM --volume ${disk} --in-place --accept-loss`);
    expect(snapshot(disk)).toEqual(before);
    expect((await hivemend(['repair', disk, '--dry-run'])).stdout).toContain('repair in place');
  });

  it('repair asks for the rebuild, and then for itself', async () => {
    // A wrong count is put right without loss.
    const disk = makeDisk({ SYSTEM: withoutCountOf(buildFixture('SYSTEM-broken')) });
    const before = snapshot(disk);
    const no = await hivemend(['repair', disk], { answers: [false] });
    expect(no.status).toBe(2);
    expect(no.stderr).toContain('Rebuild SYSTEM first?');
    expect(snapshot(disk)).toEqual(before);
    const yes = await hivemend(['repair', disk], { answers: [true, true] });
    expect(yes.stderr).toContain('Rebuild SYSTEM first?');
    expect(yes.stderr).toContain('Apply these');
    expect(yes.status).toBe(0);
    for (let i = 0; i < 2; i += 1) expect((await hivemend(['undo', disk, '--yes'])).stderr).toBe('');
    expect(snapshot(disk)).toEqual(before);
  });

  it('is read by the verifier from the first key on', () => {
    using hive = openHive(damaged);
    expect(hive.reader).toBe('verifier');
    const services = hive.key(['ControlSet001', 'Services'])!;
    const names = services.keys().map(({ name }) => name);
    expect(names).not.toContain('TermService');
    expect(names.length).toBeGreaterThan(1);
    expect(codesOf(hive.findings)).toEqual(['READ_BY_VERIFIER', 'BAD_SUBKEY']);
    // As the finding says, also where the edit would touch none of the damage.
    const isDamaged = expect.objectContaining({
      code: 'DAMAGED_HIVE',
      hint: expect.stringContaining('hivemend rebuild'),
    });
    expect(() => hive.set('Select', 'Current', 1)).toThrow(isDamaged);
  });

  it('is not edited by reg either', async () => {
    const disk = makeDisk({ SYSTEM: damaged });
    const before = snapshot(disk);
    const run = await hivemend(['reg', '--volume', disk, 'add', 'HKLM\\SYSTEM\\Select', '/v', 'x', '/d', 'y']);
    expect(run.status, run.stderr).toBe(5);
    expect(run.stderr).toContain('DAMAGED_HIVE');
    expect(snapshot(disk)).toEqual(before);
  });
});

describeShared('a real hive with a damaged list as SYSTEM', (hives) => {
  it('is diagnosed, and refused by repair', async () => {
    const disk = makeDisk({ SYSTEM: readFileSync(join(hives, 'odd', 'plaso-corrupt-subkey-list')) });
    const run = await hivemend(['diagnose', disk, '--json']);
    expect(run.status).toBe(1);
    expect(codesOf(run.report().findings)).toEqual(expect.arrayContaining(['HIVE_DAMAGED', 'READ_BY_VERIFIER']));
    expect((await hivemend(['repair', disk, '--yes', '--json'])).report().error?.code).toBe('DAMAGED_HIVE');
  });
});

describe('a SYSTEM without any control set', () => {
  it('is what diagnose finds first', async () => {
    const disk = makeDisk({ SYSTEM: buildFixture('SOFTWARE') });
    const run = await hivemend(['diagnose', disk, '--json']);
    expect(run.status).toBe(1);
    expect(run.report().findings[0]).toMatchObject({
      code: 'NO_CONTROL_SET',
      severity: 'error',
      where: { file: join(disk, ...SYSTEM_PATH.split('/')) },
    });
    expect((await hivemend(['diagnose', disk])).stdout).toMatch(/^ +x boot +/m);
  });
});
