import { memfs } from 'memfs';
import { describe, expect, it } from 'vitest';
import type { WriteFs } from '../../src/base/write-fs.ts';
import { detectBitLocker } from '../../src/disk/bitlocker.ts';
import { describeVolume } from '../../src/disk/mounted/volumes.ts';
import { hibernationOf, refusalOf, whyNotWritable } from '../../src/disk/writable.ts';
import { bitLockerVolume, gptDisk, MIB, type NtfsChoices, ntfsVolume } from './disk-image.ts';
import { linuxHost, sysfsDisk } from './linux-fs.ts';
import { onWindows } from './windows-fs.ts';

interface HostChoices extends NtfsChoices {
  readonly options?: string;
  readonly driver?: string;
  readonly hiberfil?: string | null;
  readonly deviceReadOnly?: boolean;
}

function hostOf({
  options = 'rw',
  driver = 'fuseblk',
  hiberfil = null,
  deviceReadOnly = false,
  ...ntfs
}: HostChoices = {}) {
  const sysfs = sysfsDisk('sdb', '8:16', [
    { name: 'sdb1', number: '8:17', startSector: MIB / 512 },
    { name: 'sdb2', number: '8:18', startSector: (2 * MIB) / 512, ro: deviceReadOnly },
  ]);
  const host = linuxHost(
    {
      ...sysfs.files,
      ...{
        '/win/Windows/System32/config/SYSTEM': 'x',
        '/dev/sdb2': ntfsVolume(ntfs),
        '/dev/sdb': gptDisk(ntfsVolume(ntfs)),
      },
      ...(hiberfil === null ? {} : { '/win/HIBERFIL.SYS': hiberfil }),
    },
    [{ at: '/win', driver, source: '/dev/sdb2', number: '8:18', options }],
    sysfs.links,
  );
  return { ...host, volume: describeVolume(host.fs, '/win') };
}

const SYSTEM = '/win/Windows/System32/config/SYSTEM';
const why = (choices: HostChoices) => {
  const { fs, volume } = hostOf(choices);
  return whyNotWritable(fs, volume, { files: [SYSTEM] });
};

it('a volume in order may be written, and is left as it is', () => {
  const { fs, volume, memory } = hostOf({});
  expect(whyNotWritable(fs, volume, { files: [SYSTEM] })).toBeNull();
  expect(memory.readFileSync(SYSTEM, 'utf8')).toBe('x');
});

describe('hibernation', () => {
  it.each([
    [null, 'none'],
    ['', 'none'],
    ['\0'.repeat(4096), 'none'],
    ['wake'.padEnd(4096), 'none'],
    ['WAKE'.padEnd(4096), 'none'],
    ['hibr'.padEnd(4096), 'hibernated'],
    ['HIBR'.padEnd(4096), 'hibernated'],
    ['RSTR'.padEnd(4096), 'resuming'],
  ])('hiberfil.sys that begins with %j: %s', (hiberfil, state) => {
    const { fs, volume } = hostOf({ hiberfil });
    expect(hibernationOf(fs, volume)).toBe(state);
    expect(whyNotWritable(fs, volume)?.code ?? 'none').toBe(state === 'none' ? 'none' : 'HIBERNATED');
  });
  it('is named before the read-only mount that it causes, with the command and its cost', () => {
    const refusal = why({ hiberfil: 'hibr', options: 'ro' });
    expect(refusal).toMatchObject({ code: 'HIBERNATED', data: { cause: 'hibernated', device: '/dev/sdb2' } });
    expect(refusal?.hint).toBe(
      [
        'Loses nothing: start that Windows on its machine, close its programs, and shut it down fully:',
        '  shutdown /s /t 0',
        'Loses unsaved work of the programs that were open: play the log, then discard the session:',
        '  umount /win',
        '  ntfsrecover -k /dev/sdb2',
        '  ntfs-3g -o remove_hiberfile /dev/sdb2 /win',
        'Loses the file-system changes in the log as well: empty it, then discard the session:',
        '  umount /win',
        '  ntfsfix -d /dev/sdb2',
        '  ntfs-3g -o remove_hiberfile /dev/sdb2 /win',
      ].join('\n'),
    );
  });
});

it('the file system of the host is never unmounted', () => {
  const { fs, volume } = hostOf({ hiberfil: 'hibr', options: 'ro' });
  const onRoot = { ...volume, mountPoint: '/', driver: 'overlay', device: null };
  const refusal = whyNotWritable(fs, onRoot);
  expect(refusal?.code).toBe('HIBERNATED');
  expect(refusal?.hint).toMatch(/\n {2}rm \/win\/hiberfil\.sys$/);
  const plain = hostOf({});
  const readOnly = { ...plain.volume, mountPoint: '/', driver: 'ext4', device: null, isMountedReadOnly: true };
  expect(whyNotWritable(plain.fs, readOnly)).toMatchObject({
    code: 'READ_ONLY',
    hint: expect.not.stringMatching(/mount /),
  });
});

describe('a dirty volume', () => {
  it.each([
    [{ isDirty: true }, 'dirty-flag'],
    [{ isDirty: true, options: 'ro' }, 'dirty-flag'],
    [{ log: 'open', options: 'ro' }, 'open-log'],
    [{ isDirty: true, driver: 'ntfs3', options: 'rw,force' }, 'dirty-flag'],
    [{ isDirty: true, driver: 'ntfs3', options: 'ro' }, 'dirty-flag'],
  ] as const)('%j is refused (%s)', (choices, cause) => {
    const refusal = why(choices);
    expect(refusal).toMatchObject({ code: 'VOLUME_DIRTY', data: { cause } });
    expect(refusal?.hint).toMatch(
      /Loses .*\n {2}umount \/win\n {2}ntfsfix -d \/dev\/sdb2\n {2}mount -t ntfs(?:-3g|3) \/dev\/sdb2 \/win$/,
    );
  });
  it("ntfs3's own mark while it writes is none, nor a log that a driver opened for writing", () => {
    expect(why({ isDirty: true, driver: 'ntfs3' })).toBeNull();
    expect(why({ log: 'open' })).toBeNull();
  });
});

it('a write-protected device, before the mount that follows from it', () => {
  const refusal = why({ deviceReadOnly: true, options: 'ro' });
  expect(refusal).toMatchObject({ code: 'READ_ONLY', data: { cause: 'device' } });
  expect(refusal?.hint).toMatch(
    /:\n {2}blockdev --setrw \/dev\/sdb2\n {2}umount \/win\n {2}mount -t ntfs-3g \/dev\/sdb2 \/win$/,
  );
});

it.each([
  ['fuseblk', '  umount /win\n  mount -t ntfs-3g /dev/sdb2 /win'],
  ['ntfs3', '  mount -o remount,rw /win'],
])('a read-only mount of %s', (driver, hint) => {
  const refusal = why({ options: 'ro', driver });
  expect(refusal).toMatchObject({ code: 'READ_ONLY', data: { cause: 'mount' } });
  expect(refusal?.hint).toContain(hint);
});

describe('the files themselves', () => {
  it.each([
    ['EROFS', 'READ_ONLY'],
    ['EACCES', 'NO_RIGHTS'],
    ['EPERM', 'NO_RIGHTS'],
    ['EBUSY', 'IN_USE'],
    ['ETXTBSY', 'IN_USE'],
  ])('%s is %s', (errno, code) => {
    const { fs, volume } = hostOf({});
    const denied: WriteFs = Object.assign(Object.create(fs as object) as WriteFs, {
      openSync: (path: string, flags: number) => {
        if ((flags & 2) !== 0) throw Object.assign(new Error('no'), { code: errno });
        return fs.openSync(path, flags);
      },
    });
    const refusal = whyNotWritable(denied, volume, { files: [SYSTEM] });
    expect(refusal).toMatchObject({ code, data: { path: SYSTEM } });
    expect(refusal?.hint).toBeTruthy();
  });
  it('any other error is none of these', () => {
    expect(refusalOf(Object.assign(new Error('no'), { code: 'EIO' }), 'x')).toBeNull();
    expect(refusalOf('text', 'x')).toBeNull();
  });
});

describe('the running Windows', () => {
  const volume = { ...hostOf({}).volume, root: 'c:\\' };
  const { fs } = hostOf({});
  it.each(['C:\\Windows', '\\\\?\\C:\\Windows'])('%s is on this disk', (liveWindows) => {
    expect(whyNotWritable(fs, volume, { liveWindows, style: 'win32' })).toMatchObject({ code: 'LIVE_SYSTEM' });
  });
  it('another drive is not it', () => {
    expect(whyNotWritable(fs, volume, { liveWindows: 'D:\\Windows' })?.code).not.toBe('LIVE_SYSTEM');
  });
});

describe('on Windows', () => {
  const host = (choices: NtfsChoices, hiberfil: string | null = null) => {
    const { fs } = memfs({ '/F:/Windows': null, ...(hiberfil === null ? {} : { '/F:/hiberfil.sys': hiberfil }) }, '/');
    fs.mkdirSync('/raw');
    fs.writeFileSync('/raw/F:', ntfsVolume(choices));
    return onWindows(fs as unknown as WriteFs);
  };
  const hint = (fs: WriteFs): string | undefined =>
    whyNotWritable(fs, describeVolume(fs, 'F:', 'win32'), { style: 'win32', liveWindows: 'C:\\Windows' })?.hint;
  it('the commands are those of Windows', () => {
    expect(hint(host({}))).toBeUndefined();
    expect(hint(host({ isDirty: true }))).toBe('Loses what does not fit: repair the file system:\n  chkdsk F: /f');
    expect(hint(host({}, 'hibr'))).toMatch(/Loses unsaved work of .*:\n {2}del \/a \/f F:\\hiberfil\.sys$/);
    expect(refusalOf(Object.assign(new Error('no'), { code: 'EROFS' }), 'F:\\x', 'win32')?.hint).toContain('diskpart');
  });
});

describe('BitLocker', () => {
  it('on another partition of the disk is found, though the volume itself is plain', () => {
    const sysfs = sysfsDisk('sdb', '8:16', [{ name: 'sdb1', number: '8:17', startSector: MIB / 512 }]);
    const { fs } = linuxHost(
      { ...sysfs.files, '/esp/EFI': null, '/dev/sdb': gptDisk(bitLockerVolume()), '/dev/sdb1': 'x' },
      [{ at: '/esp', driver: 'vfat', source: '/dev/sdb1', number: '8:17' }],
      sysfs.links,
    );
    expect(detectBitLocker(fs, [describeVolume(fs, '/esp')])).toEqual([
      { device: '/dev/sdb', partitionNumber: 3, isUnlockedHere: false },
    ]);
  });
  it('behind dislocker is found, as its file or through a loop', () => {
    const { fs } = linuxHost(
      {
        ...{
          '/win/Windows': null,
          '/d/dislocker-file': ntfsVolume(),
          '/loop/Windows': null,
          '/dev/loop1': ntfsVolume(),
        },
        '/sys/class/block/loop1/loop/backing_file': '/d/dislocker-file\n',
        '/sys/class/block/loop1/ro': '0',
      },
      [
        { at: '/win', driver: 'fuse', source: '/d/dislocker-file', number: '0:40' },
        { at: '/loop', driver: 'fuseblk', source: '/dev/loop1', number: '7:1' },
      ],
      { '/sys/dev/block/7:1': '/sys/class/block/loop1' },
    );
    const found = [{ device: '/d/dislocker-file', partitionNumber: null, isUnlockedHere: true }];
    expect(detectBitLocker(fs, [describeVolume(fs, '/win')])).toEqual(found);
    expect(detectBitLocker(fs, [describeVolume(fs, '/loop')])).toEqual(found);
  });
  it('is nowhere on a plain disk', () => {
    const { fs, volume } = hostOf({});
    expect(detectBitLocker(fs, [volume])).toEqual([]);
  });
});
