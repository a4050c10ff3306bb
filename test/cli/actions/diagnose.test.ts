// diagnose as a person runs it.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Host, thisHost } from '../../../src/host.ts';
import type { Plan, Report } from '../../../src/report.ts';
import { buildFixture } from '../../fixture-hives.ts';
import { type DiskFiles, hivemend, makeDisk, put, SOFTWARE_PATH, scratch, snapshot } from '../process.ts';

describe('diagnose', () => {
  it('names what breaks RDP and writes nothing', async () => {
    const disk = makeDisk();
    const before = snapshot(disk);
    const run = await hivemend(['diagnose', disk]);
    expect(run.status).toBe(1);
    expect(run.stdout).toMatch(/^Computer APP-SRV-07: Remote Desktop cannot work\. 6 causes found/);
    expect(run.stdout).toContain('TermService is disabled (Start = 4)');
    const verbose = await hivemend(['diagnose', disk, '-v']);
    expect(verbose.stdout).toContain('TLS_DISABLED');
    const quiet = await hivemend(['diagnose', disk, '-q']);
    expect(quiet.stdout.replace(/\s+/g, ' ').trim()).toMatch(/^Computer APP-SRV-07: .* could not run \([^)]*\)\.$/);
    expect(snapshot(disk)).toEqual(before);
    expect(existsSync(join(disk, 'hivemend'))).toBe(false);
  });

  /** A healthy machine, but for what `files` says. */
  async function healthyDisk(files: DiskFiles): Promise<string> {
    const disk = makeDisk({ SYSTEM: 'SYSTEM-healthy', BCD: null });
    await hivemend(['repair', disk, '--only', 'rdp-certificate', '--yes']);
    const SOFTWARE = new Uint8Array(readFileSync(join(disk, SOFTWARE_PATH)));
    return makeDisk({ SYSTEM: 'SYSTEM-healthy', SOFTWARE, ...files });
  }

  it.each<readonly [symptom: string, files: DiskFiles, status: number, state: string, causes: readonly string[]]>([
    ['all', {}, 0, 'clear', []],
    ['all', { BCD: null }, 1, 'incomplete', []],
    ['boot', { BCD: null }, 1, 'incomplete', []],
    ['rdp', { BCD: null }, 0, 'clear', []],
    ['boot', { SYSTEM: 'SYSTEM-broken' }, 0, 'clear', []],
    ['all', { SOFTWARE: null }, 1, 'broken', ['SOFTWARE_MISSING']],
    ['rdp', { SOFTWARE: null }, 1, 'broken', ['SOFTWARE_MISSING']],
    ['all', { SOFTWARE: new Uint8Array(0) }, 1, 'damaged', ['HIVE_UNREADABLE']],
    ['all', { BCD: new Uint8Array(0) }, 1, 'broken', ['BOOT_STORE_UNREADABLE']],
    ['all', { SYSTEM: new Uint8Array(8192) }, 1, 'damaged', ['HIVE_UNREADABLE']],
  ])('--symptom %s of %j: exit %i, %s, %j', async (symptom, files, status, state, causes) => {
    const run = await hivemend(['diagnose', await healthyDisk(files), '--symptom', symptom, '--json']);
    const { summary } = run.report();
    expect([run.status, summary?.state, summary?.causes.map(({ code }) => code)]).toEqual([status, state, causes]);
  });

  it.each([
    ['SYSTEM', new Uint8Array(8192)],
    ['SOFTWARE', buildFixture('SOFTWARE').subarray(0, 6000)],
    ['SAM', new Uint8Array(8192)],
    ['SECURITY', new Uint8Array(8192)],
    ['DEFAULT', new Uint8Array(8192)],
  ])('%s cannot be loaded: a rebuild is offered first, and what is not known is called so', async (hive, bytes) => {
    const disk = makeDisk();
    put(disk, `Windows/System32/config/${hive}`, bytes);
    const { status, stdout } = await hivemend(['diagnose', disk]);
    const words = stdout.replaceAll(/\s+/g, ' ');
    expect(status).toBe(1);
    expect(words).toContain(`Windows cannot load ${hive} fix: rebuild (see NEXT)`);
    const next = / NEXT (.*)$/.exec(words)?.[1] ?? '';
    const command = `hivemend rebuild ${hive} --volume ${disk} --dry-run`;
    expect(
      next.startsWith(
        `See what a rebuild of ${hive} would keep and lose, and which other copies there are: ${command}`,
      ),
    ).toBe(true);
    // Of a file of zeros nothing is left but other copies.
    const rebuild = await hivemend(command.split(' ').slice(1));
    expect(rebuild.status).toBe(hive === 'SOFTWARE' ? 0 : 4);
    expect(rebuild.stderr).toContain(
      hive === 'SOFTWARE' ? '' : `next: hivemend rebuild ${hive} --volume ${disk} --from`,
    );
    expect(words.startsWith('Computer name unknown (SYSTEM was not read): The registry is damaged.')).toBe(
      hive === 'SYSTEM',
    );
    if (hive === 'SYSTEM') expect(words).toContain('last shutdown unknown; control sets unknown');
    else expect(next).toContain('Fix ');
  });

  it('the machine is in the report of whatever refuses it', async () => {
    const disk = makeDisk();
    for (const command of ['diagnose', 'repair']) {
      const run = await hivemend([command, disk, '--expect', 'OTHER', '--json']);
      const { error, machine } = run.report();
      expect([run.status, error?.message]).toEqual([5, 'this disk belongs to APP-SRV-07, not OTHER']);
      expect(machine).toMatchObject({ computerName: 'APP-SRV-07', volume: disk });
      expect(error?.hint).toContain('hivemend disks');
      expect(error?.data).toEqual({ found: 'APP-SRV-07', expected: 'OTHER', ways: expect.any(Array) });
    }
  });

  it('--symptom boot: no check with a fault is called OK, and the fix of other faults is not called one of this', async () => {
    const disk = await healthyDisk({ SYSTEM: 'SYSTEM-broken' });
    const { stdout } = await hivemend(['diagnose', disk, '--symptom', 'boot']);
    const words = stdout.replaceAll(/\s+/g, ' ');
    expect(words).toContain('No cause of this symptom found.');
    const [, ok = '', others = ''] =
      / OK (.*) OTHER FAULTS not of this symptom: .*? see them (.*) NEXT /.exec(words) ?? [];
    const { checks } = JSON.parse((await hivemend(['diagnose', disk, '--symptom', 'boot', '--json'])).stdout);
    const broken = checks.filter(({ verdict }: { verdict: string }) => verdict === 'broken');
    expect(broken.length).toBeGreaterThan(0);
    for (const { link } of broken) {
      const word = link.replace('-', ' ');
      expect([link, ok.includes(word), others.includes(word)]).toEqual([link, false, true]);
    }
    expect(words).toMatch(/ NEXT Fix \d+ faults of other symptoms \(\d+ changes; /);
    expect(words).not.toContain('THE LAST START');
  });

  /** This host, on which one file may not be read. */
  function hostWithout(end: string): Host {
    const host = thisHost();
    const openSync: Host['fs']['openSync'] = (path, ...rest) => {
      if (String(path).endsWith(end)) throw Object.assign(new Error('EACCES'), { code: 'EACCES' });
      return host.fs.openSync(path, ...rest);
    };
    return { ...host, fs: { ...host.fs, openSync } };
  }

  it.each(['SOFTWARE', 'BCD'])('says nothing of a %s that this user may not read, and never OK', async (name) => {
    const disk = await healthyDisk({});
    const run = await hivemend(['diagnose', disk, '--json'], { host: hostWithout(name) });
    const { summary } = run.report();
    expect([run.status, summary?.state, summary?.causes]).toEqual([1, 'incomplete', []]);
    expect(JSON.stringify(summary?.notChecked)).toContain('may not be read by this user');
  });

  it('says that a repair is blocked where one of its files may not be written by this user', async () => {
    const disk = makeDisk();
    const host = thisHost();
    const writeError = (path: string): unknown =>
      path.endsWith('SYSTEM') ? Object.assign(new Error('EACCES'), { code: 'EACCES' }) : null;
    const blocked = (await hivemend(['diagnose', disk, '--json'], { host: { ...host, writeError } })).report();
    expect(blocked.summary.repairBlocked).toMatch(/config\/SYSTEM may not be written by this user$/);
    const free = (await hivemend(['diagnose', disk, '--json'])).report();
    expect(free.summary).toEqual({ ...blocked.summary, repairBlocked: null });
  });

  it('says in its first line what could not be checked', async () => {
    const { stdout } = await hivemend(['diagnose', await healthyDisk({ BCD: null })]);
    expect(stdout.replace(/\s+/g, ' ')).toMatch(
      /^Computer APP-SRV-07: No cause found so far\. 2 checks could not run \(boot, machine keys\)\. /,
    );
    expect(stdout).toMatch(/^NOT CHECKED\n {2}\? boot +No boot store given/m);
  });

  it('lists what an option asks for apart from what --needed leaves out', async () => {
    const disk = makeDisk();
    const options = ['--needed', '--port', '4000'];
    const run = await hivemend(['diagnose', disk, ...options, '-v']);
    expect(run.stdout).toMatch(/PLAN: what an option asks for.*\n(?: .*\n)* +PortNumber = REG_DWORD 4000/);
    expect(run.stdout).not.toContain('skipped with --needed');
    const { plan } = (await hivemend(['diagnose', disk, ...options, '--json'])).report() as unknown as {
      plan: Record<'requested' | 'besides', { edit: { name?: string } }[]>;
    };
    expect(plan.besides).toEqual([]);
    expect(plan.requested.map(({ edit }) => edit.name)).toContain('PortNumber');
    // What stands apart is what repair with --needed writes, too.
    const written = (await hivemend(['repair', disk, ...options, '--dry-run', '--json'])).report().changes;
    expect(written.map(({ edit }) => ('name' in edit ? edit.name : ''))).toContain('PortNumber');
    expect((await hivemend(['diagnose', disk, '-v'])).stdout).toContain('skipped with --needed');
  });

  it('prints the very plan that repair commits', async () => {
    const disk = makeDisk();
    const diagnosed = (await hivemend(['diagnose', disk, '--json'])).report() as unknown as {
      plan: Record<'fixes' | 'requested' | 'besides', { edit: unknown }[]>;
    };
    const dry = await hivemend(['repair', disk, '--dry-run', '--json']);
    const planFile = join(scratch(), 'plan.json');
    await hivemend(['repair', disk, '--plan', planFile]);
    const plan = JSON.parse(readFileSync(planFile, 'utf8')) as Plan;
    const listed = [...diagnosed.plan.fixes, ...diagnosed.plan.requested, ...diagnosed.plan.besides].map((change) =>
      JSON.stringify(change.edit),
    );
    expect(listed.sort()).toEqual(plan.edits.map((edit) => JSON.stringify(edit)).sort());
    expect(dry.report().changes.length).toBeGreaterThan(0);
  });
});

it.each(['SYSTEM', 'SOFTWARE'])('a %s whose first bin is gone is a cause, and no error of diagnose', async (name) => {
  const disk = makeDisk();
  const file = join(disk, 'Windows/System32/config', name);
  const bytes = readFileSync(file);
  writeFileSync(file, bytes.fill(0, 4096, 8192));
  const run = await hivemend(['diagnose', disk, '--json']);
  const { summary } = JSON.parse(run.stdout) as Report;
  expect([run.status, summary.state]).toEqual([1, 'damaged']);
  expect(summary.causes.map(({ text }) => text)).toContainEqual(expect.stringContaining(`Windows cannot load ${name}`));
});
