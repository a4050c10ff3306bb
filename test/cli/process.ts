// The built command as a process, and disks for it: folders with hives built from the fixtures.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { Report } from '../../src/report.ts';
import { buildFixture, type FixtureName } from '../fixture-hives.ts';

export const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as a report. */
  report(): Report;
}

export function hivemend(args: readonly string[], options: { env?: Record<string, string>; input?: string } = {}): Run {
  const result = spawnSync(process.execPath, [MAIN, ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...options.env },
    input: options.input ?? '',
    maxBuffer: 1 << 28,
  });
  return {
    status: result.status,
    stdout: result.stdout,
    stderr: result.stderr,
    report: () => JSON.parse(result.stdout) as Report,
  };
}

/** A folder that is removed when the test ends. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hivemend-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface DiskFiles {
  readonly SYSTEM?: FixtureName | Uint8Array;
  readonly SOFTWARE?: FixtureName | Uint8Array | null;
  readonly BCD?: FixtureName | Uint8Array | null;
}

export const SYSTEM_PATH = 'Windows/System32/config/SYSTEM';
export const SOFTWARE_PATH = 'Windows/System32/config/SOFTWARE';
export const BCD_PATH = 'Boot/BCD';

/** A BIOS disk with a broken Windows, unless said otherwise; null leaves a file out. */
export function makeDisk(files: DiskFiles = {}): string {
  const folder = scratch();
  put(folder, SYSTEM_PATH, files.SYSTEM ?? 'SYSTEM-broken');
  put(folder, SOFTWARE_PATH, files.SOFTWARE === undefined ? 'SOFTWARE' : files.SOFTWARE);
  put(folder, BCD_PATH, files.BCD === undefined ? 'BCD-bios' : files.BCD);
  return folder;
}

export function put(folder: string, path: string, content: FixtureName | Uint8Array | null): void {
  if (content === null) return;
  const file = join(folder, ...path.split('/'));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === 'string' ? buildFixture(content) : content);
}

/** Every file below a folder with its bytes as hex, journals left out. */
export function snapshot(folder: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    if (name.split('/')[0] === 'hivemend') continue;
    try {
      files[name] = readFileSync(join(folder, name)).toString('hex');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EISDIR') throw error;
    }
  }
  return files;
}
