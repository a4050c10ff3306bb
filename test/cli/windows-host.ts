// A recovery machine that runs Windows, in memory: a broken disk is its drive F:.

import { memfs } from 'memfs';
import type { WriteFs } from '../../src/base/write-fs.ts';
import type { Host } from '../../src/host.ts';
import { onWindows } from '../disk/windows-fs.ts';
import { buildFixture, FIXTURE_FILETIME, type FixtureName, fixtureEngine } from '../fixture-hives.ts';

/** `files` by their path on drive F:, with '/' between names. */
export function windowsHost(files: Readonly<Record<string, FixtureName | Uint8Array>>): Host {
  const { fs: memory } = memfs({ '/C:/Windows': null, '/F:': null }, '/');
  for (const [path, fixture] of Object.entries(files)) {
    const file = `/F:/${path}`;
    memory.mkdirSync(file.slice(0, file.lastIndexOf('/')), { recursive: true });
    memory.writeFileSync(file, typeof fixture === 'string' ? buildFixture(fixture) : fixture);
  }
  const windows = onWindows(memory as unknown as WriteFs);
  // node:path of this process joins with '/', which Windows takes as well.
  const path = (text: string): string => text.replaceAll('/', '\\');
  const fs: WriteFs = {
    ...windows,
    openSync: (name, flags, mode) => windows.openSync(path(name), flags, mode),
    lstatSync: (name) => windows.lstatSync(path(name)),
    readdirSync: (name) => windows.readdirSync(path(name)),
    realpathSync: (name) => windows.realpathSync(path(name)),
  };
  const machine = {
    fs,
    descriptors: { read: () => null, write: () => {} },
    bootId: 'boot',
    hostName: 'RECOVERY',
    pid: 1,
    isAlive: () => true,
    wait: () => {},
  } as unknown as Host['writing'];
  return {
    ...machine,
    writing: machine,
    engine: fixtureEngine(),
    style: 'win32',
    liveWindows: 'C:\\Windows',
    disks: { fs } as unknown as Host['disks'],
    freeBytes: () => null,
    writeError: () => null,
    now: () => FIXTURE_FILETIME,
    random: (sizeBytes) => new Uint8Array(sizeBytes).fill(7),
  };
}
