// A host whose paths follow Windows' rules, over a file system in memory: `F:\a` lies at `/F:/a`, `\\?\x` at `/?/x`, and
// `\\.\x` at `/raw/x` (so that raw devices can be put there as files).

import type { WriteFs } from '../../src/base/write-fs.ts';

export function inMemory(path: string): string {
  if (path.includes('/')) throw new Error(`a POSIX path reached a Windows host: ${path}`);
  return `/${path
    .replace(/^\\\\\.\\/, 'raw\\')
    .replace(/^\\\\/, '')
    .replaceAll('\\', '/')}`;
}

/** `fs` (memfs) seen with Windows paths; a drive or device by itself has no entry in any folder, as on Windows. */
export function onWindows(fs: WriteFs): WriteFs {
  return {
    ...fs,
    openSync: (path, flags, mode) => fs.openSync(inMemory(path), flags, mode),
    closeSync: (fd) => fs.closeSync(fd),
    readSync: (...args) => fs.readSync(...args),
    lstatSync: (path) => fs.lstatSync(inMemory(path)),
    readdirSync: (path) => fs.readdirSync(inMemory(path)),
    realpathSync: (path) => {
      fs.lstatSync(inMemory(path));
      return path;
    },
    constants: fs.constants,
  };
}
