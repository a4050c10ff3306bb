import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../../src/base/bytes.ts';
import { hostDescriptors, type XattrModule } from '../../../src/disk/mounted/descriptors.ts';
import type { ProcessResult, RunProcess } from '../../../src/disk/process.ts';
import { encodeDescriptor, fromSddl } from '../../../src/security/index.ts';
import { describeNtfs, sh } from '../ntfs-image.ts';

const SD = encodeDescriptor(fromSddl('O:BAG:SYD:PAI(A;;FA;;;SY)(A;;FA;;;BA)(A;;FR;;;NS)S:(ML;;NW;;;HI)'));
const failing = (code: string) => Object.assign(new Error(code), { code });
const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return 'nothing thrown';
};

describe('through fs-xattr', () => {
  const moduleOf = (values: Record<string, Uint8Array | string>): XattrModule & { written: unknown[] } => ({
    written: [],
    getAttributeSync: (_, name) => {
      const value = values[name] ?? 'ENODATA';
      if (typeof value === 'string') throw failing(value);
      return value;
    },
    setAttributeSync(path, name, value) {
      this.written.push([path, name, toHex(value)]);
    },
  });
  it.each(['system.ntfs_security', 'system.ntfs_acl'])('%s is read and written where it is there', (name) => {
    const xattr = moduleOf({ [name]: SD });
    const access = hostDescriptors({ style: 'posix', xattr });
    expect(access.read('/x')).toEqual(SD);
    access.write('/x', SD);
    expect(xattr.written).toEqual([['/x', name, toHex(SD)]]);
  });
  it('a file system without is null to read and refused to write', () => {
    const access = hostDescriptors({ style: 'posix', xattr: moduleOf({ 'system.ntfs_security': 'ENOTSUP' }) });
    expect(access.read('/x')).toBeNull();
    expect(codeOf(() => access.write('/x', SD))).toBe('NO_DESCRIPTORS');
  });
  it.each([
    ['ENOENT', 'FILE_NOT_FOUND'],
    ['EACCES', 'NO_RIGHTS'],
    ['EPERM', 'NO_RIGHTS'],
    ['EIO', 'NO_DESCRIPTORS'],
  ])('%s is %s', (errno, code) => {
    const access = hostDescriptors({ style: 'posix', xattr: moduleOf({ 'system.ntfs_security': errno }) });
    expect(codeOf(() => access.read('/x'))).toBe(code);
  });
  it('EROFS on writing is READ_ONLY', () => {
    const xattr = {
      ...moduleOf({ 'system.ntfs_acl': SD }),
      setAttributeSync: () => {
        throw failing('EROFS');
      },
    };
    expect(codeOf(() => hostDescriptors({ style: 'posix', xattr }).write('/x', SD))).toBe('READ_ONLY');
  });
});

describe('through getfattr and setfattr', () => {
  const ok = (stdout = ''): ProcessResult => ({ exitCode: 0, stdout, stderr: '', error: null });
  const fails = (stderr: string): ProcessResult => ({ exitCode: 1, stdout: '', stderr, error: null });
  const withRun = (run: RunProcess) => hostDescriptors({ style: 'posix', xattr: null, run });
  it('asks for hex, follows no link, and takes no path for an option', () => {
    const calls: (readonly string[])[] = [];
    const access = withRun((program, args) => {
      calls.push([program, ...args]);
      return args.includes('system.ntfs_security') && program === 'getfattr'
        ? fails('-x: system.ntfs_security: No such attribute\n')
        : ok(`# file: -x\nsystem.ntfs_acl=0x${toHex(SD)}\n\n`);
    });
    expect(access.read('-x')).toEqual(SD);
    access.write('-x', SD);
    const get = (name: string) => ['getfattr', '-h', '--absolute-names', '-e', 'hex', '-n', name, '--', '-x'];
    expect(calls).toEqual([
      ...[get('system.ntfs_security'), get('system.ntfs_acl'), get('system.ntfs_security'), get('system.ntfs_acl')],
      ['setfattr', '-h', '-n', 'system.ntfs_acl', '-v', `0x${toHex(SD)}`, '--', '-x'],
    ]);
  });
  it.each([
    ['getfattr: /x: No such file or directory\n', 'FILE_NOT_FOUND'],
    ['/x: system.ntfs_security: Permission denied\n', 'NO_RIGHTS'],
    ['something else\n', 'NO_DESCRIPTORS'],
  ])('%j is %s', (stderr, code) => {
    expect(codeOf(() => withRun(() => fails(stderr)).read('/x'))).toBe(code);
  });
  it('no attributes here is null to read and refused to write', () => {
    const access = withRun(() => fails('/x: system.ntfs_security: Operation not supported\n'));
    expect(access.read('/x')).toBeNull();
    expect(codeOf(() => access.write('/x', SD))).toBe('NO_DESCRIPTORS');
  });
  it('a missing program says what to install', () => {
    const access = withRun(() => ({ exitCode: null, stdout: '', stderr: '', error: 'ENOENT' }));
    expect(() => access.read('/x')).toThrow(
      expect.objectContaining({ code: 'NO_DESCRIPTORS', hint: 'apt-get install attr, or npm install fs-xattr' }),
    );
  });
  it('a refusal on writing, and what no argument can hold', () => {
    const value = `system.ntfs_security=0x${toHex(SD)}\n`;
    const access = withRun((program) =>
      program === 'getfattr' ? ok(value) : fails('setfattr: /x: Read-only file system\n'),
    );
    expect(codeOf(() => access.write('/x', SD))).toBe('READ_ONLY');
    expect(codeOf(() => access.write('/x', new Uint8Array(65_600)))).toBe('LIMIT');
  });
});

describe('through PowerShell', () => {
  const answering = (stdout: string, stderr = '') => {
    const calls: { args: readonly string[]; input: string | undefined }[] = [];
    const run: RunProcess = (program, args, input) => {
      expect(program).toMatch(/^[A-Z]:\\.*\\powershell\.exe$/i);
      calls.push({ args, input });
      return { exitCode: 0, stdout, stderr, error: null };
    };
    return { calls, access: hostDescriptors({ style: 'win32', run }) };
  };
  const path = 'F:\\ProgramData\\it\'s "quoted" ü';
  it('asks by standard input alone, so that no path is part of a command line', () => {
    const { calls, access } = answering(`OK ${toHex(SD)}\r\n`);
    expect(access.read(path)).toEqual(SD);
    access.write(path, SD);
    const base64 = Buffer.from(path, 'utf16le').toString('base64');
    expect(calls.map(({ input }) => input)).toEqual([`read\n${base64}\n`, `write ${toHex(SD)}\n${base64}\n`]);
    const { args } = calls[0]!;
    expect(args.slice(0, -1).join(' ')).toBe(
      '-NoLogo -NoProfile -NonInteractive -InputFormat Text -OutputFormat Text -EncodedCommand',
    );
    expect(args.at(-1)!.length).toBeLessThan(32_000);
    const script = Buffer.from(args.at(-1)!, 'base64').toString('utf16le');
    for (const word of ['SeRestorePrivilege', 'SeTakeOwnershipPrivilege', 'GetKernelObjectSecurity', "'\\\\?\\'"]) {
      expect(script).toContain(word);
    }
    expect(script).not.toContain('quoted');
  });
  it.each([
    ['2', 'FILE_NOT_FOUND'],
    ['5', 'NO_RIGHTS'],
    ['1314', 'NO_RIGHTS'],
    ['19', 'READ_ONLY'],
    ['32', 'IN_USE'],
    ['87', 'NO_DESCRIPTORS'],
  ])('Win32 error %s is %s', (number, code) => {
    expect(codeOf(() => answering(`ERR ${number}\r\n`).access.read('F:\\x'))).toBe(code);
    expect(codeOf(() => answering(`ERR ${number}\r\n`).access.write('F:\\x', SD))).toBe(code);
  });
  it('a FAT volume has none', () => {
    expect(answering('ERR 50').access.read('F:\\x')).toBeNull();
    expect(codeOf(() => answering('ERR 50').access.write('F:\\x', SD))).toBe('NO_DESCRIPTORS');
  });
  it('a script that failed is told in its words, a missing PowerShell too', () => {
    expect(() => answering('', 'Add-Type : Cannot add type.\nmore').access.read('F:\\x')).toThrow(
      /Add-Type : Cannot add type\.$/,
    );
    const run: RunProcess = () => ({ exitCode: null, stdout: '', stderr: '', error: 'ENOENT' });
    expect(codeOf(() => hostDescriptors({ style: 'win32', run }).read('F:\\x'))).toBe('NO_DESCRIPTORS');
  });
});

describeNtfs('descriptors on real NTFS', (images) => {
  const image = images.make('descriptors.img');
  let place = images.mount(image);
  const byGetfattr = (path: string): string =>
    /0x([0-9a-f]+)/.exec(sh('getfattr', '-h', '-e', 'hex', '--absolute-names', '-n', 'system.ntfs_acl', path))![1]!;
  const ways = [
    ['fs-xattr where it is installed', hostDescriptors({ style: 'posix' })],
    ['getfattr and setfattr', hostDescriptors({ style: 'posix', xattr: null })],
  ] as const;
  it.each(ways)('%s: written, read back, compared, kept over a new mount', (name, access) => {
    const path = join(place, `${name} 'ü'`);
    writeFileSync(path, 'x');
    const made = access.read(path)!;
    expect(toHex(made)).toBe(byGetfattr(path));
    access.write(path, SD);
    expect(byGetfattr(path)).toBe(toHex(SD));
    images.unmount(place);
    place = images.mount(image);
    const again = join(place, `${name} 'ü'`);
    expect(access.read(again)).toEqual(SD);
    access.write(again, made);
    expect(fromHex(byGetfattr(again))).toEqual(made);
    expect(readFileSync(again, 'utf8')).toBe('x');
  });
  it.each(ways)('%s: what is not there, and a volume mounted for reading', (_, access) => {
    expect(codeOf(() => access.read(join(place, 'nothing')))).toBe('FILE_NOT_FOUND');
    writeFileSync(join(place, 'file'), 'x');
    images.unmount(place);
    const readOnly = images.mount(image, '-o', 'ro');
    expect(access.read(join(readOnly, 'file'))).not.toBeNull();
    expect(codeOf(() => access.write(join(readOnly, 'file'), SD))).toBe('READ_ONLY');
    images.unmount(readOnly);
    place = images.mount(image);
  });
});

describe.skipIf(process.platform !== 'linux')('on the file system of this machine', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hivemend-descriptor-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  it('fs-xattr gives null to read and NO_DESCRIPTORS to write', (context) => {
    const access = hostDescriptors();
    const path = join(folder, 'file');
    writeFileSync(path, 'x');
    let value: Uint8Array | null;
    try {
      value = access.read(path);
    } catch (error) {
      return context.skip(`skipped: neither fs-xattr nor getfattr is installed (${error})`);
    }
    expect(value).toBeNull();
    expect(codeOf(() => access.write(path, SD))).toBe('NO_DESCRIPTORS');
  });
});
