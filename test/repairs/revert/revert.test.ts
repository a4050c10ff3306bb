import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/base/bytes.ts';
import type { Change, Edit, State } from '../../../src/registry/edit.ts';
import { binary, dword, multiSz, regValue, sz, valueBytes } from '../../../src/registry/value.ts';
import { afterBootFiles, revertLines, reverts } from '../../../src/repairs/revert/revert.ts';
import { encodeDescriptor, fromSddl } from '../../../src/security/index.ts';
import { LOADER } from '../disks.ts';

const change = (edit: Edit, before: State): Change => ({ edit, before, after: null });
const key = (path: string, hive = 'SYSTEM') => ({ hive, path: path.split('\\') });
const set = (name: string, before: State, path = 'ControlSet001\\Control'): Change =>
  change({ op: 'set-value', key: key(path), name, value: dword(1) }, before);

describe('the commands that take a change back', () => {
  it.each([
    [
      'a number',
      { value: dword(0xffff_ffff) },
      'reg add "HKLM\\SYSTEM\\ControlSet001\\Control" /v "V" /t REG_DWORD /d 4294967295 /f',
    ],
    ['a text', { value: sz('a b') }, 'reg add "HKLM\\SYSTEM\\ControlSet001\\Control" /v "V" /t REG_SZ /d "a b" /f'],
    [
      'a text that ends in a backslash',
      { value: sz('C:\\x y\\') },
      'reg add "HKLM\\SYSTEM\\ControlSet001\\Control" /v "V" /t REG_SZ /d "C:\\x y\\\\" /f',
    ],
    [
      'a list',
      { value: multiSz(['a', 'b']) },
      'reg add "HKLM\\SYSTEM\\ControlSet001\\Control" /v "V" /t REG_MULTI_SZ /d "a\\0b" /f',
    ],
    [
      'bytes',
      { value: binary(new Uint8Array([0, 255])) },
      'reg add "HKLM\\SYSTEM\\ControlSet001\\Control" /v "V" /t REG_BINARY /d 00ff /f',
    ],
    ['nothing', null, 'reg delete "HKLM\\SYSTEM\\ControlSet001\\Control" /v "V" /f'],
  ])('bring back %s', (_, before, expected) => {
    expect(revertLines([set('V', before)])).toEqual([expected]);
  });

  it('name the default value and the mount of the hive', () => {
    const edit: Edit = { op: 'set-value', key: key('A', 'SOFTWARE'), name: '', value: sz('x') };
    expect(revertLines([change(edit, { value: sz('y') })])).toEqual([
      'reg add "HKLM\\SOFTWARE\\A" /ve /t REG_SZ /d "y" /f',
    ]);
  });

  it('go backwards, and take a made key out after its value', () => {
    const made = change({ op: 'create-key', key: key('ControlSet001\\New') }, null);
    expect(revertLines([made, set('V', null, 'ControlSet001\\New')])).toEqual([
      'reg delete "HKLM\\SYSTEM\\ControlSet001\\New" /v "V" /f',
      'reg delete "HKLM\\SYSTEM\\ControlSet001\\New" /f',
    ]);
  });

  it('bring a deleted key back with all that was in it', () => {
    const tree = [
      { path: [], filetime: '0', values: [{ name: 'A', value: dword(1) }] },
      { path: ['Sub'], filetime: '0', values: [] },
    ];
    expect(revertLines([change({ op: 'delete-key', key: key('K') }, { tree })])).toEqual([
      'reg add "HKLM\\SYSTEM\\K" /f',
      'reg add "HKLM\\SYSTEM\\K" /v "A" /t REG_DWORD /d 1 /f',
      'reg add "HKLM\\SYSTEM\\K\\Sub" /f',
    ]);
  });

  it.each([
    ['a type without a name', { value: regValue(0xffff_0010, new Uint8Array([1])) }],
    ['a number of five bytes', { value: regValue(4, new Uint8Array(5)) }],
    ['text with a line feed', { value: sz('a\nb') }],
    ['more than a command line takes', { value: binary(new Uint8Array(5000)) }],
  ])('are none for %s, and the change says so', (_, before) => {
    const [revert] = reverts([set('V', before)]);
    expect(revert?.commands).toEqual([]);
  });

  it('speak bcdedit for the boot store', () => {
    const element = (id: string, number: string) => ({ hive: 'BCD', path: ['Objects', id, 'Elements', number] });
    const on = binary(new Uint8Array([1]));
    const bootmgr = '{9dea862c-5cdd-4e70-acc1-f32b344d4795}';
    const seconds = binary(new Uint8Array([30, 0, 0, 0, 0, 0, 0, 0]));
    expect(
      revertLines([
        change({ op: 'create-key', key: element(bootmgr, '26000020') }, null),
        change({ op: 'set-value', key: element(bootmgr, '26000020'), name: 'Element', value: on }, null),
        change({ op: 'set-value', key: element(bootmgr, '25000004'), name: 'Element', value: on }, { value: seconds }),
        change(
          { op: 'delete-key', key: element(LOADER, '25000080') },
          {
            tree: [
              {
                path: [],
                filetime: '0',
                values: [{ name: 'Element', value: binary(new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0])) }],
              },
            ],
          },
        ),
        change(
          { op: 'create-key', key: { hive: 'BCD', path: ['Objects', '{0ce4991b-e6b3-4b16-b23c-5e0d9250e5d9}'] } },
          null,
        ),
      ]),
    ).toEqual([
      'bcdedit /delete {0ce4991b-e6b3-4b16-b23c-5e0d9250e5d9}',
      `bcdedit /set ${LOADER} safeboot network`,
      'bcdedit /set {bootmgr} timeout 30',
      'bcdedit /deletevalue {bootmgr} displaybootmenu',
    ]);
  });

  it('write a descriptor back as text', () => {
    const sddl = 'O:BAG:SYD:P(A;;FA;;;SY)';
    const sdHex = toHex(encodeDescriptor(fromSddl(sddl)));
    const [line] = revertLines([change({ op: 'set-security', path: '\\ProgramData\\x', sdHex: '' }, { sdHex })]);
    expect(line).toContain('Get-Acl -LiteralPath $p');
    expect(line).toContain(`'${sddl}'`);
    expect(line).toContain("'%SystemDrive%\\ProgramData\\x'");
  });
});

describe('what a prompt or a command file cannot carry', () => {
  const hostile = ['x" & calc & "y', '%SystemRoot%\\x', 'a!b!', 'a\r\nb', 'caf\u00e9', 'a\u202eb', '$(calc)', '`calc`'];

  it.each(hostile)('%j is no line at a prompt unless the prompt takes it as it is', (text) => {
    const lines = revertLines([set('V', { value: sz(text) })]);
    expect(lines.every((line) => !/[%!$`\r\n\u202e]/.test(line) && line.split('"').length % 2 === 1)).toBe(true);
    expect(lines.join()).not.toContain('" & calc');
  });

  it.each(hostile)('%j stands in the command file as it is, or in the .reg file that it imports', (text) => {
    const { cmd, reg } = afterBootFiles([set('V', { value: sz(text) })]);
    const bytes = valueBytes(sz(text));
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(',');
    expect(cmd).toMatch(/^@echo off\r\nrem .*\r\n/);
    expect(cmd.endsWith('\r\n')).toBe(true);
    expect(/^[\x20-\x7e\r\n]*$/.test(cmd)).toBe(true);
    if (reg === null) expect(cmd).toContain(`/d "${text.replaceAll('%', '%%')}" /f`);
    else {
      expect(cmd).toContain('reg import "%~dp0after-boot.reg"');
      expect(cmd).not.toContain('calc');
      expect(reg).toContain(`"V"=hex(1):${hex}`);
    }
  });

  it('names of values and keys as well, and what was not there is taken away', () => {
    const { cmd, reg } = afterBootFiles([set('x" & calc & "y', null)]);
    expect(cmd).not.toContain('calc');
    expect(reg).toContain('"x\\" & calc & \\"y"=-');
    const key = change({ op: 'create-key', key: { hive: 'SYSTEM', path: ['a"&calc&"'] } }, null);
    expect(afterBootFiles([key]).reg).toContain('[-HKEY_LOCAL_MACHINE\\SYSTEM\\a"&calc&"]');
    expect(afterBootFiles([set('a\nb', null)]).reg ?? '').not.toContain('b');
  });
});
