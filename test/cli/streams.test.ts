// What the command does when its output cannot be written.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { hivemendProcess, makeDisk, scratch, snapshot } from './process.ts';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

describe.skipIf(!existsSync('/dev/full'))('standard output that is full', () => {
  it('is said in a sentence, and the commit stands', () => {
    const disk = makeDisk();
    const before = snapshot(disk);
    const command = `"${process.execPath}" "${MAIN}" repair "${disk}" --only tls --yes > /dev/full`;
    const run = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
    expect(run.stderr).toMatch(/^hivemend: the output cannot be written \(ENOSPC\).*\n$/);
    expect(run.status).toBe(2);
    expect(snapshot(disk)).not.toEqual(before);
    expect(hivemendProcess(['undo', disk, '--yes']).status).toBe(0);
    expect(snapshot(disk)).toEqual(before);
  });
});

describe.skipIf(process.platform === 'win32')('a reader that goes away', () => {
  it('ends a long output quietly', () => {
    const disk = makeDisk();
    const command = `"${process.execPath}" "${MAIN}" export "${disk}" --format jsonl | head -n 1`;
    const run = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
    expect(run.stderr).toBe('');
    expect(JSON.parse(run.stdout)).toMatchObject({ record: 'hive' });
  });

  /** Runs the command with standard output, or both, on a pipe whose reader has gone; the exit status stands on line 1. */
  function withoutReader(args: string, redirection = ''): { readonly status: number; readonly stderr: string } {
    const end = join(scratch(), 'status');
    const command = `( "${process.execPath}" "${MAIN}" ${args} ${redirection}; echo $? > "${end}" ) | sleep 0`;
    // The pipe is closed long before the first word is said, since node has to start.
    const { stderr } = spawnSync('bash', ['-c', command], { encoding: 'utf8' });
    return { status: Number(readFileSync(end, 'utf8')), stderr };
  }

  it('leaves a command its exit status, and a commit its end', () => {
    const disk = makeDisk();
    const before = snapshot(disk);
    expect(withoutReader(`diagnose "${disk}"`)).toEqual({ status: 1, stderr: '' });
    expect(withoutReader(`diagnose "${disk}" --json`)).toEqual({ status: 1, stderr: '' });
    const report = join(scratch(), 'report.json');
    const { status } = withoutReader(`repair "${disk}" --yes --report "${report}"`, '2>&1');
    const { status: said } = JSON.parse(readFileSync(report, 'utf8')) as { status: string };
    expect([said, status]).toEqual(['ok', 0]);
    expect(snapshot(disk)).not.toEqual(before);
    expect(withoutReader(`repair "${disk}" --only nothing-of-the-kind --yes --json`).status).toBe(2);
    expect(withoutReader(`undo "${disk}" --yes`, '2>&1').status).toBe(0);
    expect(snapshot(disk)).toEqual(before);
  });
});

describe.skipIf(process.platform === 'win32')('a folder with control characters in its name', () => {
  it('does not reach the terminal as they are', () => {
    const disk = join(makeDisk(), '..', `hivemend-test-\u001b[31m${process.pid}`);
    onTestFinished(() => rmSync(disk, { recursive: true, force: true }));
    renameSync(makeDisk(), disk);
    const run = hivemendProcess(['repair', disk, '--only', 'tls', '--yes'], { env: { NO_COLOR: '1' } });
    expect(run.stdout).toMatch(/^Undo, until Windows has started/m);
    expect(run.stdout + run.stderr).not.toContain('\u001b');
    const found = hivemendProcess(['diagnose', disk, '--profile', 'all'], { env: { NO_COLOR: '1' } });
    expect(found.stdout).toContain(' repair <name> ');
    expect(found.stdout + found.stderr).not.toContain('\u001b');
  });
});
