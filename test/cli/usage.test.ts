// What somebody gets who types the command without knowing it yet.

import { describe, expect, it } from 'vitest';
import { hivemend } from './process.ts';

describe('a call that is not whole', () => {
  it.each([
    [[], 'No command given', 'hivemend --help'],
    [['repair'], 'missing argument <volumes>', 'hivemend repair --help'],
    [['diagnoze', '/mnt'], 'unknown command "diagnoze"', 'next: hivemend diagnose /mnt'],
    [['repair', '/mnt', '--yess'], 'unknown option "--yess"', 'next: hivemend repair /mnt --yes'],
    [['bcdedit'], 'no disk and no file was named', 'hivemend bcdedit --volume /mnt/windows /enum'],
    [['reg', 'query', 'HKLM\\SYSTEM'], 'no disk and no file was named', 'hivemend reg query --volume /mnt/windows'],
  ])('%j is answered with what is missing and what to type next', async (words, what, next) => {
    const run = await hivemend(words);
    expect(run.status).toBe(2);
    expect(run.stderr).toMatch(/^hivemend: .* \[BAD_ARGUMENT\]\n {2}next: .*\n$/);
    expect(run.stderr).toContain(what);
    expect(run.stderr).toContain(next);
  });
});

describe('help', () => {
  it.each([[['--help']], [['help']], [['help', 'repair']], [['repair', '--help']]])(
    '%j needs no disk',
    async (words) => {
      const run = await hivemend(words);
      expect([run.status, run.stderr]).toEqual([0, '']);
      expect(run.stdout).toMatch(/^Usage: hivemend /);
    },
  );

  it.each([
    [['reg', '/?'], 'REG QUERY KeyName'],
    [['reg', 'add', '/?'], 'REG ADD KeyName'],
    [['bcdedit', '/?'], '/enum'],
    [['bcdedit', '/?', '/set'], '/set'],
  ])("%j is the original's, and needs no disk", async (words, text) => {
    const run = await hivemend(words);
    expect([run.status, run.stderr]).toEqual([0, '']);
    expect(run.stdout).toContain(text);
  });
});
