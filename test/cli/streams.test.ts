// What the command does when its output cannot be written.

import { spawnSync } from 'node:child_process';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { hivemend, makeDisk, snapshot } from './process.ts';

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
    expect(hivemend(['undo', disk, '--yes']).status).toBe(0);
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
});

describe.skipIf(process.platform === 'win32')('a folder with control characters in its name', () => {
  it('does not reach the terminal as they are', () => {
    const disk = join(makeDisk(), '..', `hivemend-test-\u001b[31m${process.pid}`);
    onTestFinished(() => rmSync(disk, { recursive: true, force: true }));
    renameSync(makeDisk(), disk);
    const run = hivemend(['repair', disk, '--only', 'tls', '--yes'], { env: { NO_COLOR: '1' } });
    expect(run.stdout).toContain('To take it back');
    expect(run.stdout + run.stderr).not.toContain('\u001b');
  });
});
