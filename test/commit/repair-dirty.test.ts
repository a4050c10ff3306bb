// A disk whose SYSTEM was not written out, from the command line: what every command reads is the recovered hive, and
// says so; a repair writes the recovered hive and its own edits in one commit; undo brings hive and logs back as they lay.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../src/disk/sha256.ts';
import { validate } from '../../src/regf/gate/validate.ts';
import { openVerifierHive } from '../../src/registry/readers/verifier-hive.ts';
import { hivemend, makeDisk, put, SYSTEM_PATH, scratch, snapshot } from '../cli/process.ts';
import { type Image, judge } from '../judge/judge.ts';
import { dirtySystem, LOGGED_KEY, LOGGED_VALUES } from './dirty-system.ts';

const dirty = dirtySystem();
const SERVICE = `HKLM\\SYSTEM\\${LOGGED_KEY.join('\\')}`;

function dirtyDisk(): string {
  const disk = makeDisk({ SYSTEM: dirty.primary });
  put(disk, `${SYSTEM_PATH}.LOG1`, dirty.log1);
  put(disk, `${SYSTEM_PATH}.LOG2`, dirty.log2);
  put(disk, `${SYSTEM_PATH}.LOG`, new Uint8Array(0));
  return disk;
}

function onDisk(disk: string, suffix = ''): Image {
  return { name: `SYSTEM${suffix}`, bytes: new Uint8Array(readFileSync(join(disk, SYSTEM_PATH + suffix))) };
}

const verdictOf = (disk: string) =>
  judge(
    onDisk(disk).bytes,
    ['.LOG1', '.LOG2'].map((each) => onDisk(disk, each)),
  );

describe('a disk with a dirty SYSTEM and its logs', () => {
  it('is what Windows would load: the judge replays all three entries', () => {
    const verdict = verdictOf(dirtyDisk());
    expect(verdict).toMatchObject({ kind: 'replayed', entries: 3 });
    expect(verdict.kind === 'replayed' && verdict.bins).toEqual(dirty.recovered.subarray(4096));
  });

  it('is read recovered by every command, which says so and writes nothing', { timeout: 60_000 }, async () => {
    const disk = dirtyDisk();
    const hive = join(disk, SYSTEM_PATH);
    const before = snapshot(disk);
    const out = scratch();
    const commands: readonly (readonly [readonly string[], RegExp])[] = [
      [['diagnose', disk, '--json'], /RECOVERED/],
      [['repair', disk, '--dry-run', '--json'], /RECOVERED/],
      [['repair', disk, '--plan', join(out, 'plan.json'), '--json'], /RECOVERED/],
      [['reg', '--volume', disk, 'query', SERVICE, '/v', 'Last'], /the end/],
      [['inspect', hive, '--json'], /RECOVERED/],
      [['export', hive, '--format', 'jsonl'], /"view":"recovered"/],
    ];
    for (const [args, says] of commands) {
      const run = await hivemend(args);
      expect(`${run.stdout}${run.stderr}`, args.join(' ')).toMatch(says);
      expect(run.stderr, args.join(' ')).not.toMatch(/INVARIANT/);
    }
    expect((await hivemend(['reg', '--volume', disk, 'query', SERVICE, '/v', 'Last'])).stderr).toMatch(
      /replayed|recovered/,
    );
    expect(snapshot(disk)).toEqual(before);
    expect(existsSync(join(disk, 'hivemend'))).toBe(false);
  });

  it('is inspected entry by entry, with what each one changed', async () => {
    const run = await hivemend(['inspect', join(dirtyDisk(), SYSTEM_PATH), '--changes']);
    expect(run.stdout).toMatch(/entry 5 at 512: .* applied\n/);
    expect(run.stdout).toMatch(/entry 6 at 512: .* applied\n/);
    expect(run.stdout).toMatch(/entry 7 at \d+: .* applied\n/);
    const changes = run.stdout.slice(run.stdout.indexOf('changes of entry 5'));
    const [five, six, seven] = changes.split(/^changes of entry \d /m).slice(1);
    expect(five).toContain('OnlyInTheLog');
    expect(six?.match(/Value\d+/g)?.length).toBeGreaterThanOrEqual(LOGGED_VALUES);
    expect(seven).toContain('Last');
  });

  it('is recovered into a new file, which needs no logs', async () => {
    const file = join(scratch(), 'SYSTEM');
    expect((await hivemend(['recover', join(dirtyDisk(), SYSTEM_PATH), '-o', file])).status).toBe(0);
    const bytes = new Uint8Array(readFileSync(file));
    expect(judge(bytes, [])).toEqual({ kind: 'clean', bins: dirty.recovered.slice(4096), sequence: 8 });
  });

  it('is repaired in one commit with what the logs held, and undo brings all four files back', async () => {
    const disk = dirtyDisk();
    const before = snapshot(disk);
    const run = await hivemend(['repair', disk, '--yes', '--json', '--skip', 'machine-keys']);
    const report = run.report();
    expect([report.error, run.status]).toEqual([null, 0]);
    expect(report.findings.map((finding) => finding.code)).toContain('RECOVERED');
    const target = report.targets.find(({ path }) => path.endsWith('SYSTEM'));
    expect(target).toMatchObject({ view: 'recovered', logEntriesApplied: 3, sha256After: sha256(onDisk(disk).bytes) });

    expect(readdirSync(join(disk, 'hivemend')).filter((name) => name !== 'lock').length).toBe(1);
    const verdict = verdictOf(disk);
    if (verdict.kind !== 'clean') return expect.fail(`the hive is ${verdict.kind}`);
    for (const suffix of ['.LOG1', '.LOG2']) {
      const log = new DataView(onDisk(disk, suffix).bytes.buffer);
      expect(log.getUint32(4, true)).toBeLessThan(verdict.sequence);
    }
    const image = onDisk(disk).bytes;
    expect(validate(image.subarray(0, 4096 + verdict.bins.byteLength), 'SYSTEM')).toEqual([]);
    const hive = openVerifierHive('SYSTEM', image, 'SYSTEM', 'primary');
    let service = hive.root;
    for (const name of LOGGED_KEY) service = service.subkey(name)!;
    expect([...service.values()].length).toBe(LOGGED_VALUES + 1);
    let terminal = hive.root;
    for (const name of ['ControlSet001', 'Control', 'Terminal Server']) terminal = terminal.subkey(name)!;
    expect([...terminal.value('fDenyTSConnections')!.data()]).toEqual([0, 0, 0, 0]);

    expect((await hivemend(['undo', disk, '--yes'])).status).toBe(0);
    expect(snapshot(disk)).toEqual(before);
  });

  it('a saved plan is refused once a log has changed', async () => {
    const disk = dirtyDisk();
    const plan = join(scratch(), 'plan.json');
    expect((await hivemend(['repair', disk, '--only', 'tls', '--plan', plan])).status).toBe(0);
    put(disk, `${SYSTEM_PATH}.LOG2`, dirty.log2.slice(0, 1024));
    const run = await hivemend(['apply', plan, disk, '--yes', '--json']);
    expect([run.status, run.report().error?.code]).toEqual([5, 'CHANGED_ON_DISK']);
  });

  it('is refused for writing where its first log is broken, read as it lies, and written with --accept-dirty', async () => {
    const disk = dirtyDisk();
    const broken = dirty.log1.slice();
    broken[600]! ^= 1;
    put(disk, `${SYSTEM_PATH}.LOG1`, broken);
    const before = snapshot(disk);
    expect((await hivemend(['diagnose', disk, '--json'])).stdout).toContain('DIRTY_WITHOUT_LOGS');
    const run = await hivemend(['repair', disk, '--yes', '--json', '--skip', 'machine-keys']);
    expect([run.status, run.report().error?.code]).toEqual([5, 'DIRTY_HIVE']);
    expect(snapshot(disk)).toEqual(before);

    const accepted = await hivemend(['repair', disk, '--yes', '--json', '--skip', 'machine-keys', '--accept-dirty']);
    expect(accepted.report().error).toBeNull();
    expect(accepted.report().findings.map((finding) => finding.code)).toContain('NO_LOG_PROTECTION');
    expect(verdictOf(disk).kind).toBe('clean');
    expect((await hivemend(['undo', disk, '--yes'])).status).toBe(0);
    expect(snapshot(disk)).toEqual(before);
  });
});
