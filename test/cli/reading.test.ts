// Readers never write: the built command under strace, under HIVEMEND_READ_ONLY, and with nobody reading what it prints.

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { buildFixture } from '../fixture-hives.ts';
import { BCD_PATH, hivemend, makeDisk, SOFTWARE_PATH, SYSTEM_PATH, scratch, snapshot } from './process.ts';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const SELECT = 'HKLM\\SYSTEM\\Select';

/** Every command that only reads, on one disk. */
function readers(disk: string): string[][] {
  const [system, software, store] = [SYSTEM_PATH, SOFTWARE_PATH, BCD_PATH].map((path) => join(disk, path));
  return [
    ['diagnose', disk],
    ['repair', disk, '--dry-run'],
    ['undo', disk, '--list'],
    ['reg', 'query', SELECT, '--volume', disk],
    ['reg', 'query', 'Select', '--hive', system!],
    ['reg', 'compare', SELECT, 'HKLM\\SYSTEM\\Setup', '--volume', disk],
    ['reg', 'add', 'HKLM\\SYSTEM\\New', '/f', '--volume', disk, '--dry-run'],
    ['bcdedit', '--volume', disk, '/enum', 'all'],
    ['bcdedit', '/store', store!, '/timeout', '7', '--dry-run'],
    ['export', disk, '--deleted'],
    ['export', system!, '--format', 'reg'],
    ['export', software!, '--format', 'xml', '--lossless'],
    ['export', disk, '--format', 'bodyfile'],
    ['inspect', system!, '--validate', '--changes'],
    ['diff', system!, software!],
  ];
}

/** Where one process may not look at another, nothing can be said. */
function reasonToSkip(): string | null {
  const result = spawnSync('strace', ['-o', '/dev/null', 'true'], { encoding: 'utf8' });
  if (result.error) return 'strace is not installed';
  return result.status === 0 ? null : `strace cannot look here (${result.stderr.trim()})`;
}

const CALLS = 'trace=%file,fchmod,ftruncate,fchown,futimesat,flock,fsetxattr,fallocate,write,writev,pwrite64,pwritev';
const WRITING =
  /O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|\b(mkdir|unlink|rename|rmdir|link|symlink|f?chmod|f?chown|utime|f?truncate|f?setxattr|flock|mknod|fallocate)\w*\(/;
/** Asks whether a file that is there may be written, and writes nothing: a dry run ends as the commit would. */
const ASKING = /\bopenat\(AT_FDCWD\S*, "[^"]*", O_RDWR\|O_NONBLOCK\|O_NOFOLLOW\|O_CLOEXEC\) = /;

/** A call that another thread's came between is told in two lines. */
function wholeCalls(trace: string): string[] {
  const begun = new Map<string, string>();
  const calls: string[] = [];
  for (const line of trace.split('\n')) {
    const thread = line.split(' ', 1)[0]!;
    const [, end] = /<\.\.\. \w+ resumed>(.*)$/.exec(line) ?? [];
    if (line.endsWith('<unfinished ...>')) begun.set(thread, line.slice(0, -'<unfinished ...>'.length));
    else if (end !== undefined) calls.push(`${begun.get(thread) ?? ''}${end}`);
    else calls.push(line);
  }
  return calls;
}

describe('a command that only reads', () => {
  const why = reasonToSkip();
  it.skipIf(why !== null)(
    `writes nothing on the whole machine${why === null ? '' : ` (skipped: ${why})`}`,
    {
      timeout: 120_000,
    },
    () => {
      const disk = makeDisk();
      const before = snapshot(disk);
      let count = 0;
      const trace = join(scratch(), 'trace');
      for (const args of readers(disk)) {
        const { status } = spawnSync('strace', ['-f', '-y', '-o', trace, '-e', CALLS, process.execPath, MAIN, ...args]);
        expect([args, status === 0 || status === 1 || status === 2]).toEqual([args, true]);
        const lines = wholeCalls(readFileSync(trace, 'utf8'));
        const isAsked = (line: string): boolean =>
          args.includes('--dry-run') && ASKING.test(line) && line.includes(disk);
        const isWriting = (line: string): boolean =>
          (WRITING.test(line) && !/"\/dev\/(null|tty)"|readlink/.test(line) && !isAsked(line)) ||
          /\bp?writev?\d*\(\d+<\//.test(line.replace(/<\/dev\/[^>]*>/, ''));
        expect([args, lines.filter(isWriting)]).toEqual([args, []]);
        // Files of the disk leave no trace in their access time either.
        const opened = lines.filter(
          (line) => /\bopen/.test(line) && line.includes(disk) && !line.includes('O_DIRECTORY') && !isAsked(line),
        );
        count += opened.length;
        expect([args, opened.filter((line) => !/O_NOATIME|ENOENT|EISDIR/.test(line))]).toEqual([args, []]);
      }
      expect(count).toBeGreaterThan(20);
      expect(snapshot(disk)).toEqual(before);
    },
  );

  it.each([
    ['export', ['--format', 'jsonl']],
    ['export', ['--format', 'xml']],
    ['export', ['--format', 'reg']],
    ['inspect', ['--validate']],
  ])('%s ends quietly when nobody reads on (%s)', (command, options) => {
    const hive = join(makeDisk(), SYSTEM_PATH);
    const run = spawnSync('sh', ['-c', '"$@" | head -c 20', 'sh', process.execPath, MAIN, command, hive, ...options], {
      encoding: 'utf8',
    });
    expect([run.status, run.stdout.length, run.stderr]).toEqual([0, 20, '']);
  });
});

describe('HIVEMEND_READ_ONLY=1', () => {
  const env = { HIVEMEND_READ_ONLY: '1' };
  it('makes every writing command a refusal, and lets the same command say what it would do', {
    timeout: 60_000,
  }, async () => {
    const disk = makeDisk();
    const folder = scratch();
    const [plan, file] = [join(folder, 'plan.json'), join(folder, 'some.reg')];
    expect((await hivemend(['repair', disk, '--plan', plan])).status).toBe(0);
    writeFileSync(file, 'Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SYSTEM\\New]\r\n');
    writeFileSync(join(folder, 'hive'), buildFixture('SOFTWARE'));
    const before = { ...snapshot(disk), ...snapshot(folder) };
    const prefix = ['--prefix', 'HKEY_LOCAL_MACHINE\\SYSTEM'];
    const writers: readonly string[][] = [
      ['repair', disk, '--yes'],
      ['apply', plan, disk, '--yes'],
      ['reg', 'add', 'HKLM\\SYSTEM\\New', '/f', '--volume', disk],
      ['reg', 'delete', SELECT, '/f', '--volume', disk],
      ['reg', 'copy', SELECT, 'HKLM\\SYSTEM\\New', '/s', '/f', '--volume', disk],
      ['reg', 'import', file, '--volume', disk],
      ['bcdedit', '--volume', disk, '/timeout', '7'],
      ['import', join(folder, 'hive'), file, '--yes', ...prefix],
    ];
    for (const args of writers) {
      const run = await hivemend(args, { env });
      expect([args, run.status, run.stderr]).toEqual([args, 5, expect.stringContaining('[READ_ONLY]')]);
      expect([args, (await hivemend([...args, '--dry-run'], { env })).status]).toEqual([args, 0]);
    }
    for (const args of [
      ['undo', disk, '--yes'],
      ['import', join(folder, 'new'), file, '--new', ...prefix],
    ]) {
      const run = await hivemend(args, { env });
      expect([args, run.status, run.stderr]).toEqual([args, 5, expect.stringContaining('[READ_ONLY]')]);
    }
    expect({ ...snapshot(disk), ...snapshot(folder) }).toEqual(before);
  });
});
