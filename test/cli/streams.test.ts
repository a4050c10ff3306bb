// What the command does when its output cannot be written.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
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
