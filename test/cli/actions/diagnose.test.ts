// diagnose as a person runs it.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../../src/report.ts';
import { hivemend, makeDisk, scratch, snapshot } from '../process.ts';

describe('diagnose', () => {
  it('names what breaks RDP and writes nothing', async () => {
    const disk = makeDisk();
    const before = snapshot(disk);
    const run = await hivemend(['diagnose', disk]);
    expect(run.status).toBe(1);
    expect(run.stdout).toContain('TLS_DISABLED');
    expect(run.stdout).toContain('APP-SRV-07');
    expect(snapshot(disk)).toEqual(before);
    expect(existsSync(join(disk, 'hivemend'))).toBe(false);
  });

  it('lists what an option asks for apart from what --needed leaves out', async () => {
    const disk = makeDisk();
    const options = ['--needed', '--port', '4000'];
    const run = await hivemend(['diagnose', disk, ...options]);
    expect(run.stdout).toMatch(/Plan: what an option asks for.*\n(?: .*\n)* +PortNumber = REG_DWORD 4000/);
    expect(run.stdout).not.toContain('left out by --needed');
    const { plan } = (await hivemend(['diagnose', disk, ...options, '--json'])).report() as unknown as {
      plan: Record<'requested' | 'besides', { edit: { name?: string } }[]>;
    };
    expect(plan.besides).toEqual([]);
    expect(plan.requested.map(({ edit }) => edit.name)).toContain('PortNumber');
    // What stands apart is what repair with --needed writes, too.
    const written = (await hivemend(['repair', disk, ...options, '--dry-run', '--json'])).report().changes;
    expect(written.map(({ edit }) => ('name' in edit ? edit.name : ''))).toContain('PortNumber');
    expect((await hivemend(['diagnose', disk])).stdout).toContain('left out by --needed');
  });

  it('prints the very plan that repair commits', async () => {
    const disk = makeDisk();
    const diagnosed = (await hivemend(['diagnose', disk, '--json'])).report() as unknown as {
      plan: Record<'mends' | 'requested' | 'besides', { edit: unknown }[]>;
    };
    const dry = await hivemend(['repair', disk, '--dry-run', '--json']);
    const planFile = join(scratch(), 'plan.json');
    await hivemend(['repair', disk, '--plan', planFile]);
    const plan = JSON.parse(readFileSync(planFile, 'utf8')) as Plan;
    const listed = [...diagnosed.plan.mends, ...diagnosed.plan.requested, ...diagnosed.plan.besides].map((change) =>
      JSON.stringify(change.edit),
    );
    expect(listed.sort()).toEqual(plan.edits.map((edit) => JSON.stringify(edit)).sort());
    expect(dry.report().changes.length).toBeGreaterThan(0);
  });
});
