import { describe, expect, it } from 'vitest';
import { decodeUtf16le } from '../../../src/base/text.ts';
import { MemoryRegistry } from './memory-registry.ts';

const DONE = 'The operation completed successfully.\n';
const MISSING = 'ERROR: The system was unable to find the specified registry key or value.\n';

function registry(): MemoryRegistry {
  const made = new MemoryRegistry('SYSTEM', 'SOFTWARE');
  made.ok('add HKLM\\SYSTEM\\Select /v Current /t REG_DWORD /d 2');
  made.ok('add HKLM\\SYSTEM\\ControlSet001\\Control');
  made.ok('add HKLM\\SYSTEM\\ControlSet002\\Control /v Start /d two');
  const key = 'HKLM\\SOFTWARE\\Test';
  made.ok(`add ${key} /ve /d "the default"`);
  made.ok(`add ${key} /v Text /d "some words"`);
  made.ok(`add ${key} /v Path /t REG_EXPAND_SZ /d %SystemRoot%\\x`);
  made.ok(`add ${key} /v Number /t REG_DWORD /d 31`);
  made.ok(`add ${key} /v Big /t REG_QWORD /d 0x100000000`);
  made.ok(`add ${key} /v Bytes /t REG_BINARY /d deadbeef`);
  made.ok(`add ${key} /v List /t REG_MULTI_SZ /d one\\0two`);
  made.ok(`add ${key} /v Nothing /t REG_NONE`);
  made.ok(`add ${key}\\Below /v Text /d DEAD`);
  made.ok(`add ${key}\\Below\\Deeper`);
  return made;
}

describe('query', () => {
  it('lists values, then the names of subkeys', () => {
    using made = registry();
    expect(made.ok('query HKLM\\SOFTWARE\\Test')).toBe(`
HKEY_LOCAL_MACHINE\\SOFTWARE\\Test
    (Default)    REG_SZ    the default
    Text    REG_SZ    some words
    Path    REG_EXPAND_SZ    %SystemRoot%\\x
    Number    REG_DWORD    0x1f
    Big    REG_QWORD    0x100000000
    Bytes    REG_BINARY    DEADBEEF
    List    REG_MULTI_SZ    one\\0two
    Nothing    REG_NONE    0000

HKEY_LOCAL_MACHINE\\SOFTWARE\\Test\\Below
`);
    expect(made.ok('query hklm\\software')).toBe('\nHKEY_LOCAL_MACHINE\\software\\Test\n');
    expect(made.ok('QUERY HKEY_LOCAL_MACHINE')).toBe('\nHKEY_LOCAL_MACHINE\\SYSTEM\nHKEY_LOCAL_MACHINE\\SOFTWARE\n');
  });

  it('descends with /s', () => {
    using made = registry();
    expect(made.ok('query HKLM\\SOFTWARE\\Test\\Below /s')).toBe(`
HKEY_LOCAL_MACHINE\\SOFTWARE\\Test\\Below
    Text    REG_SZ    DEAD

HKEY_LOCAL_MACHINE\\SOFTWARE\\Test\\Below\\Deeper

`);
  });

  it('resolves CurrentControlSet through Select', () => {
    using made = registry();
    expect(made.ok('query HKLM\\SYSTEM\\CurrentControlSet\\Control /v Start')).toBe(`
HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control
    Start    REG_SZ    two

`);
  });

  const found = (line: string): string[] => {
    using made = registry();
    return made
      .run(`query ${line}`)
      .stdout.split('\n')
      .filter((text) => text !== '');
  };
  const TEST = 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Test';

  it.each<[string, string, string[]]>([
    ['/v', `${TEST} /v number`, [TEST, '    Number    REG_DWORD    0x1f']],
    ['/ve', `${TEST} /ve`, [TEST, '    (Default)    REG_SZ    the default']],
    ['/ve where none is set', `${TEST}\\Below /ve`, [`${TEST}\\Below`, '    (Default)    REG_SZ    (value not set)']],
    [
      '/v /s',
      `${TEST} /v Text /s`,
      [
        TEST,
        '    Text    REG_SZ    some words',
        `${TEST}\\Below`,
        '    Text    REG_SZ    DEAD',
        'End of search: 2 match(es) found.',
      ],
    ],
    ['/z', `${TEST} /v Number /z`, [TEST, '    Number    REG_DWORD (4)    0x1f']],
    ['/se', `${TEST} /v List /se #`, [TEST, '    List    REG_MULTI_SZ    one#two']],
    [
      '/f in data, bytes too',
      `${TEST} /f dead /d /s`,
      [
        TEST,
        '    Bytes    REG_BINARY    DEADBEEF',
        `${TEST}\\Below`,
        '    Text    REG_SZ    DEAD',
        'End of search: 2 match(es) found.',
      ],
    ],
    [
      '/f not below without /s',
      `${TEST} /f dead /d`,
      [TEST, '    Bytes    REG_BINARY    DEADBEEF', 'End of search: 1 match(es) found.'],
    ],
    [
      '/f /e',
      `${TEST} /f dead /d /s /e`,
      [`${TEST}\\Below`, '    Text    REG_SZ    DEAD', 'End of search: 1 match(es) found.'],
    ],
    ['/f /c', `${TEST} /f dead /s /c`, ['End of search: 0 match(es) found.']],
    ['/f /k', `${TEST} /f e /k /s`, [`${TEST}\\Below`, `${TEST}\\Below\\Deeper`, 'End of search: 2 match(es) found.']],
    ['/f names of the subkeys without /s', `${TEST} /f bel`, [`${TEST}\\Below`, 'End of search: 1 match(es) found.']],
    [
      '/f /v in names only',
      `${TEST} /f tex /v /s`,
      [
        TEST,
        '    Text    REG_SZ    some words',
        `${TEST}\\Below`,
        '    Text    REG_SZ    DEAD',
        'End of search: 2 match(es) found.',
      ],
    ],
    [
      '/f /t',
      `${TEST} /f * /t REG_DWORD`,
      [TEST, '    Number    REG_DWORD    0x1f', 'End of search: 1 match(es) found.'],
    ],
    [
      '/t alone',
      `${TEST} /t reg_qword`,
      [TEST, '    Big    REG_QWORD    0x100000000', 'End of search: 1 match(es) found.'],
    ],
    [
      '/k /t: the values of the key that is named so',
      `${TEST} /f below /k /t REG_SZ /s`,
      [`${TEST}\\Below`, '    Text    REG_SZ    DEAD', 'End of search: 1 match(es) found.'],
    ],
    ['/f with *', `${TEST} /f s*e /d`, ['End of search: 0 match(es) found.']],
    [
      '/f with * to the end',
      `${TEST} /f some* /d`,
      [TEST, '    Text    REG_SZ    some words', 'End of search: 1 match(es) found.'],
    ],
    ['/reg:64', `${TEST} /v Number /reg:64`, [TEST, '    Number    REG_DWORD    0x1f']],
    ['-v for /v', `${TEST} -v Number`, [TEST, '    Number    REG_DWORD    0x1f']],
  ])('%s', (_, line, expected) => {
    expect(found(line)).toEqual(expected);
  });

  it('exits 1 where nothing is found', () => {
    using made = registry();
    expect(made.run('query HKLM\\SOFTWARE\\Nope')).toEqual({ exitCode: 1, stdout: '', stderr: MISSING });
    expect(made.run(`query ${TEST} /v Nope`)).toEqual({ exitCode: 1, stdout: '', stderr: MISSING });
    expect(made.run(`query ${TEST} /f Nope`).exitCode).toBe(1);
    expect(made.run(`query ${TEST} /v Nope /s`)).toMatchObject({
      exitCode: 1,
      stdout: '\nEnd of search: 0 match(es) found.\n',
    });
  });

  it('escapes what a disk says before a terminal sees it', () => {
    using made = registry();
    made.edit([
      {
        op: 'set-value',
        key: { hive: 'SOFTWARE', path: ['Test'] },
        name: 'a\u001b[2J',
        value: { type: 1, hex: '1b0000000000' },
      },
    ]);
    expect(made.ok(`query ${TEST}`)).toContain('    a\\u001b[2J    REG_SZ    \\u001b\n');
  });
});

describe('add', () => {
  it.each<[string, string, number, string]>([
    ['no type', '/d abc', 1, '6100620063000000'],
    ['no data', '', 1, '0000'],
    ['REG_EXPAND_SZ', '/t REG_EXPAND_SZ /d %a%', 2, '25006100250000' + '00'],
    ['REG_MULTI_SZ', '/t REG_MULTI_SZ /d a\\0b', 7, '610000006200000000' + '00'],
    ['REG_MULTI_SZ /s', '/t REG_MULTI_SZ /s , /d a,b', 7, '610000006200000000' + '00'],
    ['REG_MULTI_SZ with an end', '/t REG_MULTI_SZ /s , /d a,', 7, '610000000000'],
    ['REG_MULTI_SZ empty', '/t REG_MULTI_SZ', 7, '0000'],
    ['REG_DWORD decimal', '/t REG_DWORD /d 10', 4, '0a000000'],
    ['REG_DWORD hex', '/t REG_DWORD /d 0xfFfFfFfF', 4, 'ffffffff'],
    ['REG_DWORD with zeros before', '/t REG_DWORD /d 010', 4, '0a000000'],
    ['REG_DWORD_LITTLE_ENDIAN', '/t REG_DWORD_LITTLE_ENDIAN /d 1', 4, '01000000'],
    ['REG_DWORD_BIG_ENDIAN', '/t REG_DWORD_BIG_ENDIAN /d 1', 5, '01000000'],
    ['REG_QWORD', '/t REG_QWORD /d 18446744073709551615', 11, 'ffffffffffffffff'],
    ['REG_BINARY', '/t REG_BINARY /d 00FF', 3, '00ff'],
    ['REG_BINARY of an odd number of digits', '/t REG_BINARY /d abc', 3, '0abc'],
    ['REG_BINARY empty', '/t REG_BINARY', 3, ''],
    ['REG_NONE', '/t REG_NONE /d ab', 0, '610062000000'],
    ['REG_LINK', '/t REG_LINK /d ab', 6, '61006200'],
    ['REG_RESOURCE_LIST', '/t REG_RESOURCE_LIST /d 01', 8, '01'],
    ['REG_FULL_RESOURCE_DESCRIPTOR', '/t REG_FULL_RESOURCE_DESCRIPTOR /d 01', 9, '01'],
    ['REG_RESOURCE_REQUIREMENTS_LIST', '/t REG_RESOURCE_REQUIREMENTS_LIST /d 01', 10, '01'],
    ['switches in any order and case', '/D 1 /T reg_dword', 4, '01000000'],
  ])('%s', (_, rest, type, hex) => {
    using made = new MemoryRegistry('SOFTWARE');
    expect(made.run(`add HKLM\\SOFTWARE\\New\\Key /v X ${rest}`)).toEqual({ exitCode: 0, stdout: DONE, stderr: '' });
    const value = made.hives.get('SOFTWARE')!.hive.value(['New', 'Key'], 'X')!;
    expect([value.type, Buffer.from(value.data()).toString('hex')]).toEqual([type, hex]);
  });

  it.each([
    '/v X /t REG_DWORD',
    '/v X /t REG_DWORD /d ffffffff',
    '/v X /t REG_DWORD /d -1',
    '/v X /t REG_DWORD /d 0x100000000',
    '/v X /t REG_DWORD /d 1.5',
    '/v X /t REG_DWO /d 1',
    '/v X /t REG_QWORD /d 0x10000000000000000',
    '/v X /t REG_BINARY /d xy',
    '/v X /t REG_MULTI_SZ /d a\\0\\0b',
    '/v X /t REG_MULTI_SZ /s ,, /d a',
    '/v X /ve',
    '/v',
    '/v X /v Y',
    '/ t REG_SZ /v X',
    '/v X /d a b',
    '/v X /d a /f reg unload HKLM\\BROKENSYSTEM',
    '/nope',
  ])('refuses %s and writes nothing', (rest) => {
    using made = new MemoryRegistry('SOFTWARE');
    const { exitCode, stdout, stderr } = made.run(`add HKLM\\SOFTWARE\\New ${rest}`);
    expect([exitCode, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^ERROR: Invalid syntax\.\nType "REG ADD \/\?" for usage\.\nhint: /);
    expect(made.hives.get('SOFTWARE')!.changes).toEqual([]);
  });

  it('asks before it overwrites, where a person can answer', () => {
    using made = registry();
    const line = 'add HKLM\\SOFTWARE\\Test /v Number /t REG_DWORD /d 5';
    const refused = made.run(line);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toBe(
      'ERROR: Value Number exists, overwrite: no terminal to ask on, so nothing was written.\nhint: add /f to answer Yes\n',
    );
    made.answer = false;
    expect(made.run(line)).toEqual({ exitCode: 1, stdout: 'The operation was canceled by the user.\n', stderr: '' });
    expect(made.ok('query HKLM\\SOFTWARE\\Test /v Number')).toContain('0x1f');
    made.answer = true;
    expect(made.ok(line)).toBe(DONE);
    expect(made.questions).toEqual(Array(2).fill('Value Number exists, overwrite(Yes/No)? '));
    expect(made.ok('query HKLM\\SOFTWARE\\Test /v Number')).toContain('0x5');
    made.answer = null;
    expect(made.ok(`${line} /f`)).toBe(DONE);
  });

  it('refuses a NUL that a runbook might hold', () => {
    using made = new MemoryRegistry('SOFTWARE');
    expect(made.run('add HKLM\\SOFTWARE\\A /v "a\0b" /d x')).toMatchObject({ exitCode: 1 });
    expect(made.hives.get('SOFTWARE')!.changes).toEqual([]);
  });
});

describe('delete', () => {
  const key = 'HKLM\\SOFTWARE\\Test';

  it.each<[string, string, string]>([
    ['a value', '/v Text', 'Delete the registry value Text (Yes/No)? '],
    ['the default value', '/ve', 'Delete the registry value (Default) (Yes/No)? '],
    ['all values', '/va', 'Delete all values under the registry key HKEY_LOCAL_MACHINE\\SOFTWARE\\Test (Yes/No)? '],
    ['the key', '', 'Permanently delete the registry key HKEY_LOCAL_MACHINE\\SOFTWARE\\Test (Yes/No)? '],
  ])('%s: asks, needs /f elsewhere, deletes', (_, rest, question) => {
    using made = registry();
    const before = made.ok(`query ${key} /s`);
    expect(made.run(`delete ${key} ${rest}`)).toMatchObject({ exitCode: 1, stdout: '' });
    made.answer = false;
    expect(made.run(`delete ${key} ${rest}`).exitCode).toBe(1);
    expect(made.questions).toEqual([question]);
    expect(made.ok(`query ${key} /s`)).toBe(before);
    expect(made.ok(`delete ${key} ${rest} /f`)).toBe(DONE);
    expect(made.run(`query ${key} /s`).stdout).not.toBe(before);
  });

  it('leaves the subkeys with /va and takes them with the key', () => {
    using made = registry();
    made.ok(`delete ${key} /va /f`);
    expect(made.ok(`query ${key}`)).toBe('\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Test\\Below\n');
    made.ok(`delete ${key} /f`);
    expect(made.run(`query ${key}`).stderr).toBe(MISSING);
  });

  it('says what is not there, and never deletes a hive', () => {
    using made = registry();
    expect(made.run(`delete ${key}\\Nope /f`)).toEqual({ exitCode: 1, stdout: '', stderr: MISSING });
    expect(made.run(`delete ${key} /v Nope /f`).stderr).toBe(MISSING);
    expect(made.run('delete HKLM\\SOFTWARE /f').stderr).toMatch(/^ERROR: .* is the root of a hive/);
  });
});

describe('copy and compare', () => {
  it('copies values, with /s all below, and asks for those that differ', () => {
    using made = registry();
    expect(made.ok('copy HKLM\\SOFTWARE\\Test HKLM\\SYSTEM\\Copy')).toBe(DONE);
    expect(made.run('query HKLM\\SYSTEM\\Copy\\Below').stderr).toBe(MISSING);
    made.ok('copy HKLM\\SOFTWARE\\Test HKLM\\SYSTEM\\Copy /s');
    expect(made.ok('compare HKLM\\SOFTWARE\\Test HKLM\\SYSTEM\\Copy /s')).toBe(
      `\nResult Compared:  Identical\n\n${DONE}`,
    );
    made.ok('add HKLM\\SYSTEM\\Copy /v Text /d other /f');
    expect(made.run('copy HKLM\\SOFTWARE\\Test HKLM\\SYSTEM\\Copy').exitCode).toBe(1);
    made.answer = false;
    made.ok('copy HKLM\\SOFTWARE\\Test HKLM\\SYSTEM\\Copy');
    expect(made.questions).toEqual(['Value HKEY_LOCAL_MACHINE\\SYSTEM\\Copy\\Text exists, overwrite (Yes/No/All)? ']);
    expect(made.ok('query HKLM\\SYSTEM\\Copy /v Text')).toContain('other');
    made.ok('copy HKLM\\SOFTWARE\\Test HKLM\\SYSTEM\\Copy /f');
    expect(made.ok('query HKLM\\SYSTEM\\Copy /v Text')).toContain('some words');
    expect(made.run('copy HKLM\\SYSTEM\\Copy hklm\\system\\copy').stderr).toMatch(/onto itself/);
  });

  it('copies a key below itself as it was', () => {
    using made = registry();
    made.ok('copy HKLM\\SOFTWARE\\Test HKLM\\SOFTWARE\\Test\\Below\\Copy /s');
    expect(made.run('query HKLM\\SOFTWARE\\Test\\Below\\Copy\\Below\\Copy').exitCode).toBe(1);
    made.ok('query HKLM\\SOFTWARE\\Test\\Below\\Copy\\Below\\Deeper');
  });

  it.each<[string, number, string[]]>([
    ['', 2, ['< Value:  A  v  REG_SZ  1', '> Value:  B  v  REG_SZ  2', '> Value:  B  only  REG_SZ  x']],
    ['/od', 2, ['< Value:  A  v  REG_SZ  1', '> Value:  B  v  REG_SZ  2', '> Value:  B  only  REG_SZ  x']],
    ['/on', 2, []],
    ['/os', 2, ['= Value:  A  same  REG_DWORD  0x1']],
    [
      '/oa',
      2,
      [
        '< Value:  A  v  REG_SZ  1',
        '> Value:  B  v  REG_SZ  2',
        '= Value:  A  same  REG_DWORD  0x1',
        '> Value:  B  only  REG_SZ  x',
      ],
    ],
    ['/v same', 0, []],
    ['/v v', 2, ['< Value:  A  v  REG_SZ  1', '> Value:  B  v  REG_SZ  2']],
    [
      '/s /od',
      2,
      [
        '< Value:  A  v  REG_SZ  1',
        '> Value:  B  v  REG_SZ  2',
        '> Value:  B  only  REG_SZ  x',
        '< Key:  A\\Left',
        '> Key:  B\\Right',
      ],
    ],
  ])('compare %s', (rest, exitCode, lines) => {
    using made = new MemoryRegistry('SOFTWARE');
    const [a, b] = ['HKEY_LOCAL_MACHINE\\SOFTWARE\\A', 'HKEY_LOCAL_MACHINE\\SOFTWARE\\B'];
    made.ok(`add ${a} /v v /d 1`);
    made.ok(`add ${a} /v same /t REG_DWORD /d 1`);
    made.ok(`add ${b} /v SAME /t REG_DWORD /d 1`);
    made.ok(`add ${b} /v V /d 2`);
    made.ok(`add ${b} /v only /d x`);
    made.ok(`add ${a}\\Left`);
    made.ok(`add ${b}\\Right`);
    const outcome = made.run(`compare ${a} ${b} ${rest}`);
    expect(outcome.exitCode).toBe(exitCode);
    const shown = outcome.stdout.replaceAll(a, 'A').replaceAll(b, 'B').replaceAll('  V  ', '  v  ').split('\n');
    expect(shown.filter((line) => /^[<>=]/.test(line))).toEqual(lines);
    expect(outcome.stdout).toContain(`Result Compared:  ${exitCode === 0 ? 'Identical' : 'Different'}\n\n${DONE}`);
  });

  it('refuses to compare with nothing or with itself', () => {
    using made = registry();
    expect(made.run('compare HKLM\\SOFTWARE\\Test HKLM\\SOFTWARE\\Nope')).toMatchObject({
      exitCode: 1,
      stderr: MISSING,
    });
    expect(made.run('compare HKLM\\SOFTWARE\\Test HKLM\\software\\TEST').stderr).toMatch(/compared with itself/);
    expect(made.run('compare HKLM\\SOFTWARE\\Test HKLM\\SYSTEM /s /ve').exitCode).toBe(1);
    expect(made.run('compare HKLM\\SOFTWARE\\Test HKLM\\SYSTEM /oa /od').exitCode).toBe(1);
  });
});

describe('files', () => {
  it('exports a key as regedit does, and imports it back', () => {
    using made = registry();
    expect(made.ok('export HKLM\\SOFTWARE\\Test\\Below /tmp/out.reg')).toBe(DONE);
    expect(decodeUtf16le(made.files.get('/tmp/out.reg')!.subarray(2))).toBe(
      'Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Test\\Below]\r\n"Text"="DEAD"\r\n\r\n' +
        '[HKEY_LOCAL_MACHINE\\SOFTWARE\\Test\\Below\\Deeper]\r\n\r\n',
    );
    const before = made.ok('query HKLM\\SOFTWARE /s');
    made.ok('export HKLM\\SOFTWARE\\Test /tmp/all.reg');
    made.ok('delete HKLM\\SOFTWARE\\Test /f');
    made.ok('import /tmp/all.reg');
    expect(made.ok('query HKLM\\SOFTWARE /s')).toBe(before);
  });

  it('asks before it overwrites a file, unless /y', () => {
    using made = registry();
    made.files.set('a.reg', new Uint8Array());
    expect(made.run('export HKLM\\SOFTWARE\\Test a.reg')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('/y'),
    });
    made.answer = false;
    expect(made.run('export HKLM\\SOFTWARE\\Test a.reg').exitCode).toBe(1);
    expect(made.questions).toEqual(['File a.reg already exists. Overwrite (Yes/No)? ']);
    expect(made.files.get('a.reg')).toEqual(new Uint8Array());
    expect(made.ok('export HKLM\\SOFTWARE\\Test a.reg /y')).toBe(DONE);
  });

  it('applies nothing of a bad .reg file', () => {
    using made = registry();
    const count = made.hives.get('SYSTEM')!.changes.length;
    const text = 'Windows Registry Editor Version 5.00\n[HKLM\\SYSTEM\\Good]\n[HKLM\\SYSTEM\\Bad\n';
    made.files.set('bad.reg', new TextEncoder().encode(text));
    const { exitCode, stderr } = made.run('import bad.reg');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/line 3, column 17/);
    expect(made.hives.get('SYSTEM')!.changes).toHaveLength(count);
    expect(made.run('import none.reg')).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('none.reg') });
  });

  it('saves a key as a hive, loads it, restores it', () => {
    using made = registry();
    made.ok('save HKLM\\SOFTWARE\\Test saved.hiv');
    expect(made.ok('load HKLM\\BROKEN saved.hiv')).toBe(DONE);
    expect(made.ok('compare HKLM\\SOFTWARE\\Test HKLM\\BROKEN /s')).toContain('Identical');
    made.ok('add HKLM\\SOFTWARE\\Test\\Below /v More /d x');
    made.ok('add HKLM\\SOFTWARE\\Test\\New');
    made.ok('restore HKLM\\SOFTWARE\\Test saved.hiv');
    expect(made.ok('compare HKLM\\SOFTWARE\\Test HKLM\\BROKEN /s')).toContain('Identical');
    expect(made.ok('unload HKLM\\BROKEN')).toBe(DONE);
    expect(made.run('unload HKLM\\BROKEN').exitCode).toBe(1);
  });

  it('says that nothing need be loaded where a binding would not last', () => {
    using made = new MemoryRegistry('SYSTEM');
    Object.defineProperty(made, 'keepsBindings', { value: false });
    expect(made.ok('load HKLM\\BROKENSYSTEM F:\\x')).toMatch(/need be loaded/);
    expect(made.ok('unload HKLM\\BROKENSYSTEM')).toMatch(/need be loaded/);
  });
});

describe('what shells do', () => {
  it.each<[string, RegExp]>([
    ['query HKLMSYSTEMSelect', /took the backslashes away: quote the key, 'HKLM\\SYSTEM\\\.\.\.'/],
    ['query HKLMSYSTEM', /quote the key, 'HKLM\\SYSTEM'/],
    ['query HKLM\\SYSTEM C:/Git/v Current', /MSYS\) made the switch \/v a path/],
    ['query HKLM\\SYSTEM V:/ Current', /MSYS\) made the switch \/v a path/],
    ['query HKLM\\SYSTEM\\\\Select', /Invalid key name/],
    ['query \\\\host\\HKLM\\SYSTEM', /no other machine is reached/],
    ['query HKLM\\SYSTEM /reg:32', /WOW6432Node/],
    ['query', /KeyName is missing/],
    ['export HKLM\\SYSTEM', /FileName is missing/],
    ['flags HKLM\\SOFTWARE QUERY', /not changed on a disk/],
    ['flags HKLM\\SOFTWARE', /not changed on a disk/],
    ['nope', /Type "REG \/\?" for usage/],
  ])('%s', (line, expected) => {
    using made = registry();
    const { exitCode, stderr } = made.run(line);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(expected);
    expect(stderr).toMatch(/^ERROR: /);
  });

  it('takes no POSIX path for a switch', () => {
    using made = registry();
    made.ok('export HKLM\\SOFTWARE\\Test /v');
    expect(made.files.has('/v')).toBe(true);
    made.ok('import /v');
    made.ok('add HKLM\\SOFTWARE\\Test /v Folder /d /usr/share');
  });

  it('shows the syntax', () => {
    using made = registry();
    expect(made.ok('/?')).toContain('REG QUERY KeyName [/v [ValueName] | /ve]');
    expect(made.ok('add /?')).toBe('REG ADD KeyName [/v ValueName | /ve] [/t Type] [/s Separator] [/d Data] [/f]\n');
  });
});
