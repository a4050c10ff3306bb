// A run of tests has a temporary folder of its own, and fails when anything is left in it or of it at the end: files,
// mounts, loop devices, processes.

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'hivemend-tests-'));
  // Some tests run a program as a user without rights: what it is given lies below.
  chmodSync(folder, 0o711);
  for (const name of ['TMPDIR', 'TEMP', 'TMP']) process.env[name] = folder;
  return () => {
    const left = [...mountsBelow(folder), ...loopDevicesOf(folder), ...processesOf(folder), ...filesIn(folder)];
    if (left.length === 0) {
      rmSync(folder, { recursive: true });
      return;
    }
    process.exitCode = 1;
    throw new Error(`the tests left something behind:\n  ${left.join('\n  ')}`);
  };
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch {
    // No Linux, or a process that has gone.
    return [];
  }
}

function mountsBelow(folder: string): string[] {
  const places = readLines('/proc/self/mountinfo').map((line) => line.split(' ')[4] ?? '');
  return places.filter((place) => place.startsWith(folder)).map((place) => `mount ${place}`);
}

function loopDevicesOf(folder: string): string[] {
  const { stdout } = spawnSync('losetup', ['--list', '--noheadings', '--output', 'NAME,BACK-FILE'], {
    encoding: 'utf8',
  });
  return (stdout ?? '').split('\n').filter((line) => line.includes(folder));
}

/** Processes that are called with a path of the folder, like a file system's driver. One that has ended has no words. */
function processesOf(folder: string): string[] {
  if (process.platform !== 'linux') return [];
  const ids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const calls = ids.map((id) => ({ id, call: readLines(`/proc/${id}/cmdline`).join(' ').replaceAll('\0', ' ') }));
  return calls.filter(({ call }) => call.includes(folder)).map(({ id, call }) => `process ${id}: ${call}`);
}

/** Node, npm and Chromium keep things of their own where temporary files are. */
const FOREIGN = /^(node-compile-cache|\.org\.chromium\.|org\.chromium\.|playwright|v8-compile-cache)/;

function filesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => !FOREIGN.test(name))
    .map((name) => join(folder, name));
}
