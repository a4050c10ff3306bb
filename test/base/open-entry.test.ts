import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { namedEntry, openEntry } from '../../src/base/open-entry.ts';
import { scratch } from '../cli/process.ts';

it.skipIf(process.platform === 'win32')('opens what was asked for, and neither follows nor waits', () => {
  const folder = scratch();
  const at = (name: string): string => join(folder, name);
  fs.writeFileSync(at('file'), 'x');
  fs.mkdirSync(at('folder'));
  fs.symlinkSync(at('file'), at('link'));
  fs.symlinkSync(at('none'), at('dangling'));
  fs.symlinkSync(at('loop'), at('loop'));
  expect(spawnSync('mkfifo', [at('pipe')]).status).toBe(0);
  const open = (name: string, kind: Parameters<typeof openEntry>[2], flags?: number): string => {
    try {
      const fd = openEntry(fs, at(name), kind, flags);
      if (fd === null) return 'other kind';
      fs.closeSync(fd);
      return 'open';
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? String(error);
    }
  };
  for (const flags of [undefined, fs.constants.O_RDWR]) {
    expect(['file', 'link', 'dangling', 'loop', 'pipe', 'none'].map((name) => open(name, 'file', flags))).toEqual([
      'open',
      'ELOOP',
      'ELOOP',
      'ELOOP',
      'other kind',
      'ENOENT',
    ]);
  }
  expect(['file', 'folder', 'pipe', 'link'].map((name) => open(name, 'file or folder'))).toEqual([
    'open',
    'open',
    'other kind',
    'ELOOP',
  ]);
  expect(open('folder', 'blocks')).toBe('other kind');
  const named = ['file', 'link', 'dangling', 'loop', 'none'].map((name) => namedEntry(fs, at(name)));
  expect(named).toEqual(['file', 'file', 'dangling', 'loop', 'none'].map(at));
});
