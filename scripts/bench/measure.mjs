// Times commands as whole processes, side by side: the ratio is taken pair by pair, so that it holds where the speed of
// the machine drifts.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const GNU_TIME = '/usr/bin/time';

/** Whether this host can tell a child's processor time; without bash there is only the clock. */
export const hasCpuTimes = process.platform !== 'win32' && existsSync('/bin/bash');
export const hasPeaks = hasCpuTimes && existsSync(GNU_TIME);

export function isInstalled(command) {
  return spawnSync('which', [command], { stdio: 'ignore' }).status === 0;
}

/**
 * Runs one command; its output goes nowhere. `cpu` is user and system seconds as the kernel counts them, `wall` seconds
 * on the clock, `peakMb` the largest the process was; `script` is its standard input.
 */
export function runOnce({ command, script, statuses = [0] }, scratch) {
  const peakFile = join(scratch, 'peak');
  const measured = hasPeaks ? [GNU_TIME, '-q', '-f', '%M', '-o', peakFile, ...command] : command;
  const words = hasCpuTimes
    ? ['/bin/bash', '-c', 'TIMEFORMAT="%3U %3S"; { time "$@" >/dev/null 2>/dev/null; } 2>&1', 'bench', ...measured]
    : measured;
  const started = process.hrtime.bigint();
  const result = spawnSync(words[0], words.slice(1), {
    encoding: 'utf8',
    stdio: [script === undefined ? 'ignore' : 'pipe', hasCpuTimes ? 'pipe' : 'ignore', 'ignore'],
    ...(script === undefined ? {} : { input: script }),
  });
  const wall = Number(process.hrtime.bigint() - started) / 1e9;
  if (!statuses.includes(result.status)) throw new Error(`${command.join(' ')} ended with status ${result.status}`);
  const [user, system] = hasCpuTimes ? result.stdout.trim().split(' ').map(Number) : [wall, 0];
  const peakMb = hasPeaks ? Number(readFileSync(peakFile, 'utf8')) / 1024 : null;
  return { user, cpu: user + system, wall, peakMb };
}

/** Runs both in turn `runs` times after a run of each that is not counted. */
export function compare(ours, theirs, runs, scratch) {
  const pairs = [];
  for (let i = 0; i <= runs; i += 1) {
    ours.prepare?.();
    const a = runOnce(ours, scratch);
    theirs.prepare?.();
    const b = runOnce(theirs, scratch);
    if (i > 0) pairs.push([a, b]);
  }
  return {
    cpu: ratios(pairs, 'cpu'),
    wall: ratios(pairs, 'wall'),
    ours: summary(pairs.map(([a]) => a)),
    theirs: summary(pairs.map(([, b]) => b)),
  };
}

function ratios(pairs, name) {
  const sorted = pairs.map(([a, b]) => a[name] / b[name]).sort((x, y) => x - y);
  return { ratio: median(sorted), least: sorted[0], most: sorted.at(-1) };
}

function summary(runs) {
  const of = (name) => median(runs.map((run) => run[name]).sort((x, y) => x - y));
  return { user: of('user'), cpu: of('cpu'), wall: of('wall'), peakMb: hasPeaks ? of('peakMb') : null };
}

export function median(sorted) {
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
