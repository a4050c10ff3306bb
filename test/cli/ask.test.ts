// The one question, as somebody at a terminal meets it: the plan stands above it, No is an answer, and Ctrl-C ends it.

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hivemend, makeDisk, SYSTEM_PATH, snapshot } from './process.ts';

const ADD = ['ControlSet001\\Control', '/v', 'Mine', '/d', 'x', '/f'];

describe('a command that writes', () => {
  it('shows the plan, asks once, and writes after Yes', async () => {
    const disk = makeDisk();
    const before = snapshot(disk);
    const run = await hivemend(['repair', disk, '--only', 'tls'], { answers: [true] });
    expect(run.stderr).toMatch(/TLS[\s\S]*Apply these \d+ changes to Computer APP-SRV-07 on [^?]*\? \[y\/N\] $/);
    expect(run.status).toBe(0);
    expect(snapshot(disk)).not.toEqual(before);
    const undo = await hivemend(['undo', disk], { answers: [true] });
    expect([undo.status, undo.stderr.match(/\[y\/N\]/g)]).toEqual([0, ['[y/N]']]);
    expect(snapshot(disk)).toEqual(before);
  });

  it.each([
    ['No', false, 2, 'NOT_CONFIRMED'],
    ['Ctrl-C', 'Ctrl-C', 130, 'interrupted'],
  ] as const)('writes nothing after %s', async (_, answer, status, said) => {
    const disk = makeDisk();
    await hivemend(['repair', disk, '--only', 'tls', '--yes']);
    const before = snapshot(disk);
    for (const args of [
      ['repair', disk],
      ['undo', disk],
      ['undo', disk, '--values'],
      ['undo', disk, '--forget', '--all'],
    ]) {
      const run = await hivemend(args, { answers: [answer] });
      expect([args, run.status]).toEqual([args, status]);
      expect(run.stderr).toContain(said);
      expect(run.stdout).toBe('');
    }
    expect(snapshot(disk)).toEqual(before);
  });

  it('asks nothing with --yes or --dry-run, nor where nothing would change', async () => {
    const disk = makeDisk();
    for (const args of [
      ['repair', disk, '--only', 'tls', '--dry-run'],
      ['repair', disk, '--only', 'tls', '--yes'],
      ['repair', disk, '--only', 'tls'],
      ['reg', 'add', '--hive', join(disk, SYSTEM_PATH), ...ADD],
    ])
      expect((await hivemend(args, { answers: [] })).stderr, args.join(' ')).not.toContain('[y/N]');
  });
});
