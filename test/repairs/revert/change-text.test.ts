import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/base/bytes.ts';
import type { Change, Edit, State } from '../../../src/registry/edit.ts';
import { binary, dword, expandSz, multiSz, qword, regValue, sz } from '../../../src/registry/value.ts';
import { changeLines, editPlace, editText, isElementKey } from '../../../src/repairs/revert/change-text.ts';
import { encodeDescriptor, fromSddl } from '../../../src/security/index.ts';

const BOOTMGR = '{9dea862c-5cdd-4e70-acc1-f32b344d4795}';
const key = (...path: string[]) => ({ hive: 'SYSTEM', path });
const element = (number: string) => ({ hive: 'BCD', path: ['Objects', BOOTMGR, 'Elements', number] });
const change = (edit: Edit, before: State = null, after: State = null): Change => ({ edit, before, after });

describe('a change as it is read', () => {
  it.each([
    [dword(5), 'REG_DWORD 5'],
    [dword(0xffff_ffff), 'REG_DWORD 0xffffffff'],
    [qword(1n), 'REG_QWORD 1'],
    [sz('a\u001b[31m'), 'REG_SZ "a\\u001b[31m"'],
    [expandSz('%x%'), 'REG_EXPAND_SZ "%x%"'],
    [multiSz(['a', 'b']), 'REG_MULTI_SZ "a", "b"'],
    [binary(new Uint8Array([1, 2])), 'REG_BINARY 0102'],
    [binary(new Uint8Array(100)), `REG_BINARY ${'00'.repeat(48)}... (100 bytes)`],
    [regValue(0xffff_0012, new Uint8Array([9])), '0xffff0012 09'],
  ])('shows %j', (value, text) => {
    const edit: Edit = { op: 'set-value', key: key('K'), name: 'V', value };
    expect(changeLines(change(edit))).toEqual([`V: absent -> ${text}`]);
    expect(editText(edit)).toBe(`V = ${text}`);
  });

  it('shows what stood there', () => {
    const edit: Edit = { op: 'set-value', key: key('K'), name: '', value: dword(1) };
    expect(changeLines(change(edit, { value: dword(0) }))).toEqual(['(Default): REG_DWORD 0 -> REG_DWORD 1']);
    const gone: Edit = { op: 'delete-value', key: key('K'), name: 'V' };
    expect(changeLines(change(gone, { value: dword(0) }))).toEqual(['V: REG_DWORD 0 -> deleted']);
  });

  it('names an element as bcdedit does, and leaves the making of its key out', () => {
    const edit: Edit = {
      op: 'set-value',
      key: element('25000004'),
      name: 'Element',
      value: binary(new Uint8Array([5, 0, 0, 0, 0, 0, 0, 0])),
    };
    expect(editPlace(edit)).toBe('BCD {bootmgr} timeout (25000004)');
    expect(changeLines(change(edit))).toEqual(['value: absent -> 5']);
    expect(isElementKey({ op: 'create-key', key: element('25000004') })).toBe(true);
    expect(isElementKey({ op: 'create-key', key: key('K') })).toBe(false);
    const tree = [{ path: [], filetime: '0', values: [{ name: 'Element', value: binary(new Uint8Array([1])) }] }];
    expect(changeLines(change({ op: 'delete-key', key: element('26000020') }, { tree }))).toEqual([
      'value: yes -> deleted',
    ]);
  });

  it('escapes the names of keys and files', () => {
    expect(editPlace({ op: 'create-key', key: key('a\nb') })).toBe('SYSTEM\\a\\u000ab');
    expect(editPlace({ op: 'make-folder', path: '\\a\u202eb' })).toBe('\\a\\u202eb');
  });

  it("shows permissions before and after in icacls' form, as the article keeps them", () => {
    const sdHex = (sddl: string): string => toHex(encodeDescriptor(fromSddl(sddl)));
    const after = sdHex('O:BAG:SYD:P(A;;FA;;;SY)(A;;FR;;;NS)');
    const lines = changeLines(
      change(
        { op: 'set-security', path: '\\Keys\\f', sdHex: after },
        { sdHex: sdHex('O:BAG:SYD:P(A;;FA;;;SY)') },
        { sdHex: after },
      ),
    );
    expect(lines[0]).toBe('permissions before:');
    expect(lines).toContain('permissions after:');
    expect(lines.filter((line) => /NETWORK SERVICE:\(R\)/.test(line))).toHaveLength(1);
    expect(lines.findIndex((line) => /NETWORK SERVICE/.test(line))).toBeGreaterThan(
      lines.indexOf('permissions after:'),
    );
  });

  it('says of a descriptor that cannot be read that it cannot', () => {
    const lines = changeLines(change({ op: 'set-security', path: '\\f', sdHex: '00' }, { sdHex: '00' }, null));
    expect(lines.join('\n')).toMatch(/cannot be read: /);
  });
});
