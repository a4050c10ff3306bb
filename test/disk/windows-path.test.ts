import { memfs } from 'memfs';
import { describe, expect, it } from 'vitest';
import { HivemendError } from '../../src/base/errors.ts';
import { folderOfHost, joinHost, nameOfHost } from '../../src/base/host-path.ts';
import type { WriteFs } from '../../src/base/write-fs.ts';
import { normalWindowsPath, resolveWindowsPath, volumeRootOf } from '../../src/disk/windows-path.ts';
import { onWindows } from './windows-fs.ts';

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof HivemendError) return error.code;
    throw error;
  }
  return 'nothing thrown';
};

function disk(files: Record<string, string | null>): { fs: WriteFs; memory: ReturnType<typeof memfs>['fs'] } {
  const { fs } = memfs(files, '/mnt/win');
  return { fs: fs as unknown as WriteFs, memory: fs };
}

describe('resolving below a volume', () => {
  const { fs } = disk({ 'WINDOWS/system32/CONFIG/SYSTEM': 'x', 'Straße/ß': 'x', '$Recycle.Bin': null });
  it('compares names as Windows does and gives the disk its own spelling', () => {
    expect(resolveWindowsPath(fs, '/mnt/win', '\\Windows\\System32\\config\\system')).toEqual({
      hostPath: '/mnt/win/WINDOWS/system32/CONFIG/SYSTEM',
      exists: true,
      windowsPath: '\\WINDOWS\\system32\\CONFIG\\SYSTEM',
    });
  });
  it('takes slashes, drives and the raw prefix', () => {
    for (const path of [
      'Windows/System32',
      '/windows/SYSTEM32/',
      'F:\\Windows\\System32',
      '\\\\?\\F:\\Windows\\.\\System32',
    ]) {
      expect(resolveWindowsPath(fs, '/mnt/win', path).hostPath).toBe('/mnt/win/WINDOWS/system32');
    }
  });
  it('says where something would lie', () => {
    expect(resolveWindowsPath(fs, '/mnt/win', '\\windows\\Temp\\a.txt')).toEqual({
      hostPath: '/mnt/win/WINDOWS/Temp/a.txt',
      exists: false,
      windowsPath: '\\WINDOWS\\Temp\\a.txt',
    });
    expect(resolveWindowsPath(fs, '/mnt/win', '\\windows\\system32\\config\\system\\below').exists).toBe(false);
  });
  it('does not take ß for SS', () => {
    expect(resolveWindowsPath(fs, '/mnt/win', '\\STRASSE').exists).toBe(false);
    expect(resolveWindowsPath(fs, '/mnt/win', '\\STRAßE\\ß').exists).toBe(true);
  });
  it('is the root itself for the empty path', () => {
    expect(resolveWindowsPath(fs, '/mnt/win', '\\')).toEqual({ hostPath: '/mnt/win', exists: true, windowsPath: '\\' });
  });
});

describe('what leads out of the volume', () => {
  it('is never followed: links to files and folders, inside and outside, broken ones', () => {
    const { fs, memory } = disk({ 'real/file': 'x', Windows: null });
    memory.mkdirSync('/outside');
    memory.symlinkSync('/outside', '/mnt/win/Windows/junction');
    memory.symlinkSync('../real', '/mnt/win/inside');
    memory.symlinkSync('real/file', '/mnt/win/filelink');
    memory.symlinkSync('unsupported reparse tag 0x80000017', '/mnt/win/broken');
    for (const path of ['\\windows\\JUNCTION', '\\Windows\\junction\\x', '\\inside\\file', '\\filelink', '\\broken']) {
      expect(codeOf(() => resolveWindowsPath(fs, '/mnt/win', path))).toBe('OUTSIDE_VOLUME');
    }
  });
  it('is another mounted volume', () => {
    const { fs } = disk({ 'Windows/Temp': null });
    const other: WriteFs = Object.assign(Object.create(fs as object), {
      lstatSync: (path: string) =>
        Object.assign(Object.create(fs.lstatSync(path)), { dev: path.endsWith('Temp') ? 2 : 1 }),
    });
    expect(codeOf(() => resolveWindowsPath(other, '/mnt/win', '\\Windows\\Temp'))).toBe('OUTSIDE_VOLUME');
  });
  it.each(['\\Windows\\..\\..\\etc', '..', '\\a:stream', '\\a\0', '\\a*', '\\"a"', '\\a|b'])(
    '%j is BAD_PATH',
    (path) => {
      const { fs } = disk({ Windows: null });
      expect(codeOf(() => resolveWindowsPath(fs, '/mnt/win', path))).toBe('BAD_PATH');
    },
  );
});

it('refuses two names that are one to Windows, even where one is spelled exactly', () => {
  const { fs } = disk({ 'Windows/System32/config/SYSTEM': 'a', 'Windows/System32/config/system': 'b' });
  expect(codeOf(() => resolveWindowsPath(fs, '/mnt/win', '\\Windows\\System32\\config\\SYSTEM'))).toBe('AMBIGUOUS');
});

it('says what it may not read, and that a root is not there', () => {
  const { fs } = disk({ 'Windows/x': 'a' });
  const denied: WriteFs = Object.assign(Object.create(fs as object), {
    readdirSync: () => {
      throw Object.assign(new Error('no'), { code: 'EACCES' });
    },
  });
  expect(codeOf(() => resolveWindowsPath(denied, '/mnt/win', '\\Windows'))).toBe('NO_RIGHTS');
  expect(codeOf(() => resolveWindowsPath(fs, '/mnt/nothing', '\\Windows'))).toBe('FILE_NOT_FOUND');
});

describe('with win32 rules', () => {
  const { fs } = memfs({ 'F:/Windows/System32/config/SYSTEM': 'x' }, '/');
  const windows = onWindows(fs as unknown as WriteFs);
  it('walks a drive and a volume by its GUID', () => {
    expect(resolveWindowsPath(windows, 'F:\\', '\\windows\\system32', 'win32').hostPath).toBe('F:\\Windows\\System32');
    const volume = '\\\\?\\Volume{0ca13a2c-5ff4-4d32-9d6c-0c3fa0f0a4fe}\\';
    fs.mkdirSync('/?/Volume{0ca13a2c-5ff4-4d32-9d6c-0c3fa0f0a4fe}/EFI', { recursive: true });
    expect(resolveWindowsPath(windows, volume, '\\efi', 'win32')).toMatchObject({
      hostPath: `${volume}EFI`,
      exists: true,
    });
  });
  it.each([
    ['F:', 'F:\\'],
    ['f:', 'f:\\'],
    ['F:\\', 'F:\\'],
    ['F:\\"', 'F:\\'],
    ['"F:\\mounted disk\\"', 'F:\\mounted disk\\'],
    ['F:/mounted', 'F:\\mounted'],
    ['\\\\?\\F:', '\\\\?\\F:\\'],
    ['\\\\?\\Volume{0ca13a2c-5ff4-4d32-9d6c-0c3fa0f0a4fe}', '\\\\?\\Volume{0ca13a2c-5ff4-4d32-9d6c-0c3fa0f0a4fe}\\'],
    ['\\\\?\\Volume{0ca13a2c-5ff4-4d32-9d6c-0c3fa0f0a4fe}\\', '\\\\?\\Volume{0ca13a2c-5ff4-4d32-9d6c-0c3fa0f0a4fe}\\'],
  ])('%s is the folder %s', (typed, folder) => expect(volumeRootOf(typed, 'win32')).toBe(folder));
  it.each(['', 'F:\\a|b', 'F:\\*', 'F:\\a?', 'a\0b'])('%j is BAD_PATH', (typed) =>
    expect(codeOf(() => volumeRootOf(typed, 'win32'))).toBe('BAD_PATH'),
  );
});

it('leaves POSIX folders as they are', () => {
  expect(volumeRootOf('/mnt/a "b"', 'posix')).toBe('/mnt/a "b"');
  expect(codeOf(() => volumeRootOf('', 'posix'))).toBe('BAD_PATH');
});

it('has one normal form', () => {
  expect(normalWindowsPath('F:')).toBe('\\');
  expect(normalWindowsPath('\\\\?\\Volume{0ca13a2c-5ff4-4d32-9d6c-0c3fa0f0a4fe}\\a\\\\b\\')).toBe('\\a\\b');
});

it('takes host paths apart and together', () => {
  expect(joinHost('/a', 'b', 'posix')).toBe('/a/b');
  expect(joinHost('F:\\', 'b', 'win32')).toBe('F:\\b');
  expect(nameOfHost('/a/b\\c', 'posix')).toBe('b\\c');
  expect(nameOfHost('F:\\a/b', 'win32')).toBe('b');
  expect(['/a/b', '/a', 'a'].map((path) => folderOfHost(path, 'posix'))).toEqual(['/a', '/', '.']);
  expect(['F:\\a\\b', 'F:\\a', 'F:a', 'a'].map((path) => folderOfHost(path, 'win32'))).toEqual([
    'F:\\a',
    'F:\\',
    'F:',
    '.',
  ]);
});
