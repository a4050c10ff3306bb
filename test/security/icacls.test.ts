import { describe, expect, it } from 'vitest';
import { encodeUtf16le } from '../../src/base/text.ts';
import { icaclsAce } from '../../src/security/icacls.ts';
import {
  fromSddl,
  icaclsListing,
  icaclsSave,
  parseIcaclsGrant,
  parseIcaclsSave,
  toSddl,
} from '../../src/security/index.ts';

const printed = (sddl: string): (string | null)[] => fromSddl(sddl).dacl!.aces.map(icaclsAce);

describe('one entry', () => {
  it.each([
    ['(A;;FA;;;SY)', 'NT AUTHORITY\\SYSTEM:(F)'],
    ['(A;;FR;;;NS)', 'NT AUTHORITY\\NETWORK SERVICE:(R)'],
    ['(A;;0x12019f;;;WD)', 'Everyone:(R,W)'],
    ['(A;OICIIOID;FA;;;CO)', 'CREATOR OWNER:(I)(OI)(CI)(IO)(F)'],
    ['(A;ID;0x1200a9;;;BU)', 'BUILTIN\\Users:(I)(RX)'],
    ['(A;OICIID;0x1301bf;;;AU)', 'NT AUTHORITY\\Authenticated Users:(I)(OI)(CI)(M)'],
    ['(A;CIID;LC;;;BU)', 'BUILTIN\\Users:(I)(CI)(AD)'],
    ['(A;OICIIO;GXGR;;;AC)', 'APPLICATION PACKAGE AUTHORITY\\ALL APPLICATION PACKAGES:(OI)(CI)(IO)(GR,GE)'],
    ['(A;CI;0x100026;;;BU)', 'BUILTIN\\Users:(CI)(S,WD,AD,X)'],
    ['(D;;0x100001;;;WD)', 'Everyone:(DENY)(S,RD)'],
    ['(A;;FA;;;S-1-5-21-1-2-3-1001)', 'S-1-5-21-1-2-3-1001:(F)'],
    ['(A;;;;;BG)', 'BUILTIN\\Guests:(N)'],
    ['(AU;SA;FA;;;WD)', null],
    ['(0x77;;;;;;#00)', null],
  ])('%s is %s', (ace, line) => expect(printed(`D:${ace}`)).toEqual([line]));
});

it('lists as icacls /t /c does', () => {
  const listing = icaclsListing([
    { path: 'F:\\Keys', sd: fromSddl('D:P(A;;0x12019f;;;WD)(A;;FA;;;BA)S:(ML;;NW;;;HI)') },
    { path: 'F:\\Keys\\one', sd: fromSddl('D:NO_ACCESS_CONTROL') },
    { path: 'F:\\Keys\\two', sd: null, error: 'Access is denied.' },
    { path: 'F:\\Keys\\three', sd: fromSddl('D:') },
  ]);
  expect(listing).toBe(
    [
      'F:\\Keys Everyone:(R,W)',
      '        BUILTIN\\Administrators:(F)',
      '        Mandatory Label\\High Mandatory Level:(NW)',
      '',
      'F:\\Keys\\one Everyone:(F)',
      '',
      'F:\\Keys\\two: Access is denied.',
      'F:\\Keys\\three ',
      '',
      'Successfully processed 3 files; Failed processing 1 files',
      '',
    ].join('\r\n'),
  );
});

describe('what follows /grant', () => {
  it.each([
    ['NT AUTHORITY\\System:(F)', 'S-1-5-18', 0x1f01ff, 0],
    ['NT AUTHORITY\\NETWORK SERVICE:(R)', 'S-1-5-20', 0x120089, 0],
    ['BUILTIN\\Administrators:(F)', 'S-1-5-32-544', 0x1f01ff, 0],
    ['*S-1-5-20:R', 'S-1-5-20', 0x120089, 0],
    ['*S-1-5-20:(OI)(CI)(RX,W)', 'S-1-5-20', 0x1201bf, 3],
    ['Everyone:(CI)(NP)M', 'S-1-1-0', 0x1301bf, 6],
    ['everyone:(wo,rc,gr)', 'S-1-1-0', 0x800a0000, 0],
    ['Everyone:N', 'S-1-1-0', 0, 0],
  ])('%s', (text, sid, mask, flags) => expect(parseIcaclsGrant(text)).toEqual({ sid, mask, flags }));
  it.each(['Administratoren:(F)', 'Everyone', 'Everyone:', 'Everyone:(Q)', 'Everyone:()', 'Everyone:(F', '*S-1-x:(F)'])(
    '%s is BAD_VALUE',
    (text) => expect(() => parseIcaclsGrant(text)).toThrow(expect.objectContaining({ code: 'BAD_VALUE' })),
  );
});

describe('/save', () => {
  const sd = fromSddl('O:BAG:SYD:PAI(A;OICI;FA;;;SY)S:(ML;;NW;;;HI)');
  it('keeps path and DACL, in UTF-16', () => {
    const bytes = icaclsSave([{ path: 'Keys\\ü', sd }]);
    expect(bytes).toEqual(encodeUtf16le('Keys\\ü\r\nD:PAI(A;OICI;FA;;;SY)\r\n'));
    expect(parseIcaclsSave(bytes).map(({ path, sd: read }) => [path, toSddl(read)])).toEqual([
      ['Keys\\ü', 'D:PAI(A;OICI;FA;;;SY)'],
    ]);
  });
  it('reads a byte order mark, and refuses half an entry', () => {
    expect(parseIcaclsSave(encodeUtf16le('\ufeffa\r\nD:\r\n'))).toHaveLength(1);
    expect(() => parseIcaclsSave(encodeUtf16le('a\r\n'))).toThrow(expect.objectContaining({ code: 'BAD_SYNTAX' }));
    expect(() => parseIcaclsSave(encodeUtf16le('a\r\nD:('))).toThrow(expect.objectContaining({ code: 'BAD_SYNTAX' }));
  });
});
