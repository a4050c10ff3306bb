import { memfs } from 'memfs';
import { describe, expect, it } from 'vitest';
import type { WriteFs } from '../../src/base/write-fs.ts';
import { locateStores, locateWindows } from '../../src/disk/locate.ts';
import { logsOf } from '../../src/hive/find.ts';
import { gptDisk } from './disk-image.ts';
import { onWindows } from './windows-fs.ts';

const CONFIG = 'Windows/System32/config';
const hostOf = (files: Record<string, string | null>) => {
  const { fs } = memfs(files, '/');
  return { fs: fs as unknown as WriteFs, memory: fs };
};
const failure = (run: () => unknown): unknown => {
  try {
    return run();
  } catch (error) {
    return error;
  }
};

const GEN1 = {
  '/win/WINDOWS/system32/CONFIG/SYSTEM': 'x',
  '/win/WINDOWS/system32/CONFIG/system.LOG1': 'x',
  '/win/WINDOWS/system32/CONFIG/SYSTEM.log2': 'x',
  '/win/WINDOWS/system32/CONFIG/SYSTEM.LOG': 'x',
  '/win/WINDOWS/system32/CONFIG/SYSTEM.LOG3': 'x',
  '/win/WINDOWS/system32/CONFIG/SYSTEM.hiv': 'x',
  '/win/WINDOWS/system32/CONFIG/software': 'x',
  '/win/WINDOWS/system32/CONFIG/SAM': 'x',
  '/win/WINDOWS/system32/CONFIG/SECURITY': 'x',
  '/win/WINDOWS/system32/CONFIG/DEFAULT': 'x',
  '/win/WINDOWS/ServiceProfiles/NetworkService/NTUSER.DAT': 'x',
  '/win/Users/ada/ntuser.dat': 'x',
  '/win/Users/ada/AppData/Local/Microsoft/Windows/UsrClass.dat': 'x',
  '/win/Users/Public/desktop.ini': 'x',
  '/win/Boot/BCD': 'x',
  '/win/Boot/BCD.LOG': 'x',
  '/win/Windows.old/Windows/System32/config/SYSTEM': 'x',
};

describe('one Windows', () => {
  it('is found whatever its spelling, with hives, profiles, stores; Windows.old is left alone', () => {
    const found = locateWindows(hostOf(GEN1).fs, ['/win']);
    expect(found).toEqual({
      windowsFolder: '/win/WINDOWS',
      windowsPath: '\\WINDOWS',
      volume: '/win',
      hives: {
        SYSTEM: '/win/WINDOWS/system32/CONFIG/SYSTEM',
        SOFTWARE: '/win/WINDOWS/system32/CONFIG/software',
        SAM: '/win/WINDOWS/system32/CONFIG/SAM',
        SECURITY: '/win/WINDOWS/system32/CONFIG/SECURITY',
        DEFAULT: '/win/WINDOWS/system32/CONFIG/DEFAULT',
      },
      unreachable: {},
      profiles: [
        {
          name: 'ada',
          ntuser: '/win/Users/ada/ntuser.dat',
          usrClass: '/win/Users/ada/AppData/Local/Microsoft/Windows/UsrClass.dat',
        },
        { name: 'NetworkService', ntuser: '/win/WINDOWS/ServiceProfiles/NetworkService/NTUSER.DAT', usrClass: null },
      ],
      bcdStores: [{ path: '/win/Boot/BCD', volume: '/win', windowsPath: '\\Boot\\BCD', kind: 'bios' }],
    });
  });
  it('has logs of exactly three names', () => {
    const { fs } = hostOf(GEN1);
    expect(logsOf(fs, '/win/WINDOWS/system32/CONFIG/SYSTEM').files).toEqual(
      ['SYSTEM.LOG', 'system.LOG1', 'SYSTEM.log2'].map((name) => `/win/WINDOWS/system32/CONFIG/${name}`),
    );
    expect(logsOf(fs, '/win/Boot/BCD')).toEqual({ files: ['/win/Boot/BCD.LOG'], odd: [] });
    expect(logsOf(fs, '/nowhere/BCD')).toEqual({ files: [], odd: [] });
  });
  it('may have another name than Windows', () => {
    const { fs } = hostOf({ '/win/WINNT/system32/config/system': 'x', '/win/Program Files': null });
    expect(locateWindows(fs, ['/win'])).toMatchObject({ windowsFolder: '/win/WINNT', windowsPath: '\\WINNT' });
  });
  it('of XP has its profiles elsewhere; since Vista that name is a junction', () => {
    const xp = hostOf({ [`/win/${CONFIG}/SYSTEM`]: 'x', '/win/Documents and Settings/bob/NTUSER.DAT': 'x' });
    expect(locateWindows(xp.fs, ['/win']).profiles.map(({ name }) => name)).toEqual(['bob']);
    const vista = hostOf({ [`/win/${CONFIG}/SYSTEM`]: 'x', '/win/Users/bob/NTUSER.DAT': 'x' });
    vista.memory.symlinkSync('/win/Users', '/win/Documents and Settings');
    vista.memory.symlinkSync('/win/Users/bob', '/win/Users/All Users');
    expect(locateWindows(vista.fs, ['/win']).profiles.map(({ name }) => name)).toEqual(['bob']);
  });
  it('is found although a user has two files that are one to Windows', () => {
    const { fs } = hostOf({
      [`/win/${CONFIG}/SYSTEM`]: 'x',
      '/win/Users/u/NTUSER.DAT': 'x',
      '/win/Users/u/ntuser.dat': 'y',
    });
    expect(locateWindows(fs, ['/win']).profiles).toEqual([]);
  });
});

describe('stores', () => {
  const files = {
    [`/win/${CONFIG}/SYSTEM`]: 'x',
    '/win/Recovery/x': 'x',
    '/esp/efi/microsoft/boot/bcd': 'x',
    '/esp/EFI2/x': 'x',
    '/esp/efi/microsoft/recovery/BCD': 'x',
    '/media/sources/boot.wim': 'x',
    '/media/boot/bcd': 'x',
    '/media/efi/microsoft/boot/bcd': 'x',
  };
  it('are found on every volume and told apart, those that boot a Windows first', () => {
    const { fs } = hostOf(files);
    const shown = locateWindows(fs, ['/media', '/win', '/esp']).bcdStores.map(({ path, kind }) => `${kind} ${path}`);
    expect(shown).toEqual([
      'uefi /esp/efi/microsoft/boot/bcd',
      'media /media/efi/microsoft/boot/bcd',
      'media /media/boot/bcd',
      'recovery /esp/efi/microsoft/recovery/BCD',
    ]);
    expect(locateStores(fs, ['/esp']).map(({ kind }) => kind)).toEqual(['uefi', 'recovery']);
  });
  it('of a Gen2 disk without its ESP are none, and the walk goes on', () => {
    expect(locateWindows(hostOf(files).fs, ['/win']).bcdStores).toEqual([]);
  });
});

describe('two of them', () => {
  const files = {
    [`/win/${CONFIG}/SYSTEM`]: 'x',
    '/win/Windows2/System32/config/SYSTEM': 'x',
    [`/other/${CONFIG}/SYSTEM`]: 'x',
    '/other/deep/Win/System32/config/SYSTEM': 'x',
  };
  const { fs } = hostOf(files);
  it('are refused with all listed', () => {
    expect(failure(() => locateWindows(fs, ['/win', '/other']))).toMatchObject({
      code: 'AMBIGUOUS',
      hint: '--windows /win/Windows',
      data: { found: ['/win/Windows', '/win/Windows2', '/other/Windows'] },
    });
  });
  it.each([
    ['/win/Windows2', '/win/Windows2'],
    ['/win/Windows2/', '/win/Windows2'],
    ['\\windows2', '/win/Windows2'],
    ['F:\\Windows2', '/win/Windows2'],
    ['/other/deep/Win', '/other/deep/Win'],
    ['\\deep\\win', '/other/deep/Win'],
  ])('--windows %s says which', (windows, folder) => {
    expect(locateWindows(fs, ['/win', '/other'], { windows }).windowsFolder).toBe(folder);
  });
  it('--windows may not say it either', () => {
    expect(failure(() => locateWindows(fs, ['/win', '/other'], { windows: '\\Windows' }))).toMatchObject({
      code: 'AMBIGUOUS',
    });
    expect(failure(() => locateWindows(fs, ['/win'], { windows: '\\nothing' }))).toMatchObject({
      code: 'WINDOWS_NOT_FOUND',
    });
    expect(failure(() => locateWindows(fs, ['/win'], { windows: '/other/Windows' }))).toMatchObject({
      code: 'WINDOWS_NOT_FOUND',
    });
    expect(failure(() => locateWindows(fs, ['/win'], { windows: '..' }))).toMatchObject({ code: 'BAD_PATH' });
  });
  it('one volume given twice is one', () => {
    const one = hostOf({ [`/win/${CONFIG}/SYSTEM`]: 'x' });
    expect(locateWindows(one.fs, ['/win', '/win/']).volume).toBe('/win');
  });
  it('Windows.old is chosen by its name alone', () => {
    const old = hostOf(GEN1);
    expect(locateWindows(old.fs, ['/win'], { windows: '\\Windows.old\\Windows' }).windowsFolder).toBe(
      '/win/Windows.old/Windows',
    );
  });
});

describe('none', () => {
  it('says what was looked for and where', () => {
    const { fs } = hostOf({ '/win/data': null, '/esp/EFI': null });
    expect(failure(() => locateWindows(fs, ['/win', '/esp']))).toMatchObject({
      code: 'WINDOWS_NOT_FOUND',
      message: expect.stringContaining('/win, /esp'),
    });
  });
  it('sees that the Windows folder itself was given', () => {
    const { fs } = hostOf({ [`/win/${CONFIG}/SYSTEM`]: 'x' });
    expect(failure(() => locateWindows(fs, ['/win/Windows']))).toMatchObject({
      ...{ code: 'WINDOWS_NOT_FOUND', hint: expect.stringContaining('give the volume') },
    });
  });
  it('names what stands in the place of SYSTEM, never taking it for SYSTEM', () => {
    const { fs } = hostOf({ [`/win/${CONFIG}/SYSTEM.hiv`]: 'x', [`/win/${CONFIG}/RegBack/SYSTEM`]: 'x' });
    expect(failure(() => locateWindows(fs, ['/win']))).toMatchObject({
      code: 'HIVE_NOT_FOUND',
      message: '/win/Windows/System32/config does not have a file SYSTEM, only RegBack, SYSTEM.hiv',
    });
  });
  it('says that a link stands in the place of Windows', () => {
    const { fs, memory } = hostOf({ [`/elsewhere/${CONFIG}/SYSTEM`]: 'x', '/win/x': 'x' });
    memory.symlinkSync('/elsewhere/Windows', '/win/Windows');
    expect(failure(() => locateWindows(fs, ['/win']))).toMatchObject({ code: 'OUTSIDE_VOLUME' });
    // The folder that it points at can be named, as the hint says.
    memory.mkdirSync('/win/Real/System32/config', { recursive: true });
    memory.writeFileSync('/win/Real/System32/config/SYSTEM', 'x');
    expect(failure(() => locateWindows(fs, ['/win']))).toMatchObject({ code: 'OUTSIDE_VOLUME' });
    for (const windows of ['\\Real', 'F:\\Real', '/win/Real']) {
      expect(locateWindows(fs, ['/win'], { windows })).toMatchObject({ windowsPath: '\\Real' });
    }
    expect(failure(() => locateWindows(fs, ['/win'], { windows: '\\Windows' }))).toMatchObject({ exitCode: 3 });
  });
  it('says that SYSTEM is a link, or there twice', () => {
    const linked = hostOf({ [`/win/${CONFIG}/SAM`]: 'x' });
    linked.memory.symlinkSync('/etc/passwd', `/win/${CONFIG}/SYSTEM`);
    expect(failure(() => locateWindows(linked.fs, ['/win']))).toMatchObject({ code: 'OUTSIDE_VOLUME' });
    const twice = hostOf({ [`/win/${CONFIG}/SYSTEM`]: 'x', [`/win/${CONFIG}/system`]: 'x' });
    expect(failure(() => locateWindows(twice.fs, ['/win']))).toMatchObject({ code: 'AMBIGUOUS' });
  });
  it('refuses an image and a missing folder', () => {
    const { fs, memory } = hostOf({ '/images/x': 'x' });
    memory.writeFileSync('/images/disk.img', gptDisk());
    expect(failure(() => locateWindows(fs, ['/images/disk.img']))).toMatchObject({ code: 'NOT_MOUNTED' });
    expect(failure(() => locateWindows(fs, ['/nothing']))).toMatchObject({ code: 'FILE_NOT_FOUND' });
  });
});

it('works with drive letters', () => {
  const { fs } = memfs({ [`/F:/${CONFIG}/SYSTEM`]: 'x', [`/G:/${CONFIG}/SYSTEM`]: 'x', '/F:/Boot/BCD': 'x' }, '/');
  const windows = onWindows(fs as unknown as WriteFs);
  expect(locateWindows(windows, ['F:'], { style: 'win32' })).toMatchObject({
    windowsFolder: 'F:\\Windows',
    hives: { SYSTEM: 'F:\\Windows\\System32\\config\\SYSTEM' },
    bcdStores: [{ path: 'F:\\Boot\\BCD' }],
  });
  expect(locateWindows(windows, ['F:\\"', 'G:'], { windows: 'g:\\windows\\', style: 'win32' }).windowsFolder).toBe(
    'G:\\Windows',
  );
  expect(logsOf(windows, 'F:\\Boot\\BCD', 'win32')).toEqual({ files: [], odd: [] });
});
