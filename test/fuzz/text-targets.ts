// Damaged texts and small binary formats through their parsers, and what is parsed through what uses it.

import { readFileSync } from 'node:fs';
import { decodeDevice } from '../../src/bcd/device.ts';
import { importEdits, importNewHive } from '../../src/commands/import.ts';
import { prepareApply } from '../../src/commands/repair.ts';
import { readBootSector } from '../../src/disk/boot-sector.ts';
import { parseMountInfo } from '../../src/disk/mounted/volumes.ts';
import { readNtfsState } from '../../src/disk/ntfs.ts';
import { readDiskLayout } from '../../src/disk/partitions.ts';
import { writeRegFile } from '../../src/formats/reg/writer.ts';
import { writeHivexml } from '../../src/formats/xml/hivexml.ts';
import { parseKeyPath } from '../../src/registry/path.ts';
import { decodeValue } from '../../src/registry/value.ts';
import { WorkingHive } from '../../src/registry/working/working-hive.ts';
import { certificateOf } from '../../src/repairs/fixes/rdp/certificate-blob.ts';
import { allowsRdp, parseFirewallRule, withField } from '../../src/repairs/fixes/rdp/firewall-rule.ts';
import { parseProfile } from '../../src/repairs/profile-file.ts';
import { lintRunbook } from '../../src/runbook/lint/linter.ts';
import { readCertificate } from '../../src/security/certificate.ts';
import {
  encodeDescriptor,
  fromSddl,
  icaclsListing,
  parseDescriptor,
  parseIcaclsGrant,
  parseIcaclsSave,
  toSddl,
} from '../../src/security/index.ts';
import { parsePlan } from '../../src/session/saved-plan.ts';
import { MemoryRegistry } from '../compat/reg/memory-registry.ts';
import { buildFixture, fixtureEngine } from '../fixture-hives.ts';
import { attempt } from './hive-targets.ts';
import { mutateValue, otherNumber, savedPlan } from './journal-targets.ts';
import { type Below, mutateBytes, mutateText, pick } from './random.ts';

const NOW = 133_537_680_000_000_000n;
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

const REG_WORDS = [
  '[',
  ']',
  '[-',
  '@=',
  '=-',
  'dword:',
  'hex:',
  'hex(2):',
  'hex(7):',
  'hex(ffffffff):',
  '"a"="b"',
  '\\\r\n  ',
  '\r\n',
  ';',
  'REGEDIT4',
  'Windows Registry Editor Version 5.00',
  'HKEY_LOCAL_MACHINE\\SYSTEM',
  'CurrentControlSet',
  'dword:0000000z',
];
let regText: string | undefined;

function fixtureRegText(): string {
  if (regText === undefined) {
    using working = WorkingHive.open(fixtureEngine(), 'SYSTEM', {
      image: buildFixture('SYSTEM-broken'),
      view: 'primary',
    });
    let text = '';
    const sink = (chunk: Uint8Array): void => {
      text += Buffer.from(chunk).toString('utf16le');
    };
    writeRegFile(working.hive.walk(), sink, { file: 'SYSTEM', prefix: 'HKEY_LOCAL_MACHINE\\SYSTEM' });
    regText = text.slice(1);
  }
  return regText;
}

/** A part of a long text, so that a case is short. */
function part(text: string, below: Below): string {
  if (below(8) === 0) return text;
  const from = below(text.length);
  const line = text.indexOf('\n', from) + 1;
  return text.slice(0, text.indexOf('\n') + 1) + text.slice(line, line + 200 + below(3000));
}

function encoded(text: string, below: Below): Uint8Array {
  const utf16 = below(2) === 0;
  const bytes = utf16 ? new Uint8Array(Buffer.from(`\ufeff${text}`, 'utf16le')) : encode(text);
  return below(3) === 0 ? mutateBytes(bytes, below) : bytes;
}

export function damagedRegFile(below: Below): void {
  const bytes = encoded(mutateText(part(fixtureRegText(), below), below, REG_WORDS), below);
  using working = WorkingHive.open(fixtureEngine(), 'SYSTEM', {
    image: buildFixture('SYSTEM-broken'),
    view: 'primary',
  });
  attempt(() => working.apply(importEdits(bytes, working.hive), NOW));
  using made = importNewHive(fixtureEngine(), bytes, { name: 'SYSTEM', filetime: NOW });
  made.image();
}

const XML_WORDS = [
  '<node name="',
  '</node>',
  '<value ',
  'type="string"',
  'type="int32"',
  'type="binary"',
  'value="',
  'encoding="base64"',
  '&#10;',
  '&amp;',
  '&#x0;',
  '&#xd800;',
  '&lol;',
  '<!DOCTYPE x [<!ENTITY lol "lol">]>',
  '<![CDATA[',
  ']]>',
  '<!--',
  '-->',
  '<?xml',
  'default="1"',
  '<hive>',
  'xmlns:l="x"',
  '<mtime>',
  'root="1"',
];
const xmlTexts = new Map<string, string>();

function fixtureXml(name: string): string {
  const known = xmlTexts.get(name);
  if (known !== undefined) return known;
  const text = readFileSync(new URL(`../../fixtures/${name}.xml`, import.meta.url), 'utf8');
  xmlTexts.set(name, text);
  return text;
}

export function damagedXml(below: Below): void {
  const text = fixtureXml(pick(below, ['BCD-bios', 'BCD-uefi', 'SOFTWARE']));
  const broken = mutateText(text, below, XML_WORDS);
  const bytes = below(3) === 0 ? mutateBytes(encode(broken), below) : encode(broken);
  using made = importNewHive(fixtureEngine(), bytes, { name: 'X', filetime: NOW });
  const options = { image: made.image(), file: 'X', lossless: true };
  writeHivexml(made.hive, () => {}, options);
}

const SDDL_WORDS = [
  'O:',
  'G:',
  'D:',
  'S:',
  '(A;',
  ';;',
  'SY)',
  'BA',
  'S-1-5-18',
  'S-1-',
  'P',
  'AI',
  'XA',
  '(OA;',
  'CIIO',
  '0x',
  ')',
  '(@User.x == 1)',
  'KA',
  'FA',
  'GENERIC',
];
const SDDLS = [
  'O:BAG:SYD:PAI(A;OICI;FA;;;SY)(A;;KR;;;BU)(D;;GA;;;S-1-5-21-1-2-3-500)S:(AU;SAFA;GA;;;WD)',
  'O:SYG:SYD:(XA;;FX;;;S-1-1-0;(@User.Title == "PM" && @User.Division == {"a", 1}))',
  'D:(OA;CI;RPWP;bf967aba-0de6-11d0-a285-00aa003049e2;;AU)',
];
const GRANTS = ['NETWORK SERVICE:(R)', 'BUILTIN\\Administrators:(OI)(CI)(F)', '*S-1-5-20:(RX,WD)'];

export function damagedDescriptor(below: Below): void {
  const text = pick(below, SDDLS);
  const parsed = attempt(() => fromSddl(mutateText(text, below, SDDL_WORDS)));
  if (parsed) attempt(() => parseDescriptor(encodeDescriptor(parsed)));
  attempt(() => parseIcaclsGrant(mutateText(pick(below, GRANTS), below, [...SDDL_WORDS, '(OI)', '(CI)', ':', '(F)'])));
  const saved = `C:\\x\r\n${text.slice(text.indexOf('D:'))}\r\n`;
  attempt(() => parseIcaclsSave(encoded(mutateText(saved, below, [...SDDL_WORDS, '\r\n']), below)));
  const sd = parseDescriptor(mutateBytes(encodeDescriptor(fromSddl(text)), below));
  attempt(() => encodeDescriptor(sd));
  attempt(() => toSddl(sd));
  attempt(() => icaclsListing([{ path: 'C:\\x', sd }]));
}

const RUNBOOK = `# Fix\r\n\r\n\`\`\`cmd\r\nreg load HKLM\\BROKENSYSTEM f:\\windows\\system32\\config\\SYSTEM.hiv\r\nREM Enable\r\nset x=1\r\nif exist f:\\x (\r\n  reg add "HKLM\\BROKENSYSTEM\\ControlSet001\\Control\\Terminal Server" /v fDeny /t REG_DWORD /d 0 /f\r\n) else echo %x% > c:\\y\r\nfor /f "tokens=1,2 delims= " %%a in ('type x ^| find "y"') do bcdedit /store f:\\boot\\bcd /set {default} ems on\r\nicacls f:\\x /grant "NETWORK SERVICE:(R)" /T\r\nreg unload HKLM\\BROKENSYSTEM\r\n\`\`\`\r\n\r\n\`\`\`powershell\r\n$x = Get-Item 'HKLM:\\a' | Where-Object { $_.b -eq 1 }\r\nforeach ($i in 1..3) { Set-ItemProperty -Path "HKLM:\\x$i" -Name y -Value 1 }\r\n\`\`\`\r\n`;
const RUNBOOK_WORDS = [
  'reg add',
  'reg load',
  'bcdedit',
  '/v',
  '/t REG_DWORD',
  '/d',
  '%%a',
  '%x%',
  '!x!',
  '%~dp0',
  'if',
  'else',
  'for',
  'goto',
  ':label',
  'call',
  'rem ',
  '|',
  '>>',
  '2>&1',
  '&&',
  '||',
  '```',
  '```cmd',
  '~~~',
  '$x',
  '@(',
  '@{',
  '@"',
  '"@',
  '`',
  'foreach',
  '<drive>',
  '{default}',
  '"',
  '“',
  '–',
  '\t',
  '%x:a=b%',
  '%x:~0,5%',
];

export function damagedRunbook(below: Below): void {
  lintRunbook(
    pick(below, ['x.md', 'x.cmd', 'x.ps1', 'x.txt']),
    encoded(mutateText(RUNBOOK, below, RUNBOOK_WORDS), below),
  );
}

export function damagedPlan(below: Below): void {
  const { text, host, request } = savedPlan();
  const change = pick(below, [
    mutateValue,
    mutateValue,
    otherNumber,
    (old: string) => mutateText(old, below, ['{', '}', 'null', '[]', ',']),
  ]);
  const plan = parsePlan(change(text, below), 'plan.json');
  using prepared = prepareApply(host, { ...request, plan });
  JSON.stringify(prepared.dryReport);
}

const PROFILE =
  '{"schema":1,"name":"x","title":"y","repairs":["tls","nla"],"options":{"tls":["1.2"],"port":3389},"values":[{"hive":"SYSTEM","key":"Control\\\\x","name":"a","type":"REG_DWORD","data":1}]}';

const REG_LINES = [
  'add HKLM\\SYSTEM\\a /v b /t REG_DWORD /d 1 /f',
  'query HKLM\\SYSTEM /s /f a /k',
  'delete HKLM\\SYSTEM\\a /va /f',
  'copy HKLM\\SYSTEM\\a HKLM\\SYSTEM\\b /s /f',
  'compare HKLM\\SYSTEM\\a HKLM\\SYSTEM\\b /s',
  'export HKLM\\SYSTEM x.reg /y',
  'import x.reg',
  'save HKLM\\SYSTEM x.hiv',
  'restore HKLM\\SYSTEM x.hiv',
  'load HKLM\\X x.hiv',
  'unload HKLM\\X',
  'flags HKLM\\SYSTEM query',
];
const REG_LINE_WORDS = [
  '/v',
  '/ve',
  '/va',
  '/t',
  'REG_MULTI_SZ',
  'REG_QWORD',
  'REG_BINARY',
  '/s',
  '/d',
  '0x',
  '/f',
  '/reg:64',
  '\\\\',
  'HKU',
  'HKLM',
  ' ',
  '/?',
  '"',
  '-1',
  '/se',
];

let registry: MemoryRegistry | undefined;

export function damagedLines(below: Below): void {
  attempt(() => parseProfile(mutateText(PROFILE, below, ['"', ':', '{}', '[]', 'null', '"values"']), 'p.json'));
  attempt(() => parseKeyPath(mutateText('HKLM\\SYSTEM\\a b\\c', below, ['\\', '/', '"'])));
  const rule = parseFirewallRule(
    mutateText('v2.10|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=3389|App=System|', below, [
      '|',
      '=',
      'LPort=',
      'v2.',
    ]),
  );
  if (rule) allowsRdp(withField(rule, 'LPort', '3390'), 3390);
  registry ??= new MemoryRegistry('SYSTEM');
  const reg = registry;
  if (!reg.files.has('x.reg'))
    reg.files.set('x.reg', encode('REGEDIT4\r\n\r\n[HKEY_LOCAL_MACHINE\\SYSTEM\\a]\r\n"b"="c"\r\n'));
  attempt(() => reg.run(mutateText(pick(below, REG_LINES), below, REG_LINE_WORDS)));
}

const MOUNTS =
  '36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n40 36 8:1 / /mnt/win\\040x ro - fuseblk /dev/sdb1 rw\n';

/** Certificates, devices, boot sectors, partition tables, value data: bytes of a few hundred. */
export function damagedBytes(below: Below): void {
  const bytes =
    below(2) === 0 ? Uint8Array.from({ length: below(600) }, () => below(256)) : mutateBytes(sectors(), below);
  const at = below(bytes.length + 1);
  decodeDevice(bytes.subarray(at, at + below(300)));
  const certificate = certificateOf(bytes);
  if (certificate) attempt(() => readCertificate(certificate));
  attempt(() => readCertificate(bytes));
  decodeValue(below(12), bytes);
  let reads = 0;
  const blocks = {
    sizeBytes: bytes.length,
    read: (offset: number, size: number) => {
      reads += 1;
      if (reads > 20_000) throw new Error('a small image is read without end');
      if (size > 16 << 20) throw new Error(`a read of ${size} bytes was asked of a small image`);
      return offset >= 0 && offset + size <= bytes.length ? bytes.slice(offset, offset + size) : null;
    },
  };
  attempt(() => readBootSector(blocks, 0));
  attempt(() => readDiskLayout(blocks));
  attempt(() => readNtfsState(blocks));
  attempt(() => parseMountInfo(mutateText(MOUNTS, below, [' - ', '\\040', '/', '\n', '8:1'])));
}

/** A disk of 24 sectors with an MBR, a GPT and an NTFS boot sector, each enough to be followed. */
function sectors(): Uint8Array {
  const bytes = new Uint8Array(24 * 512);
  const view = new DataView(bytes.buffer);
  bytes.set([0x55, 0xaa], 510);
  bytes.set([0, 0, 0, 0, 0x07, 0, 0, 0, 4, 0, 0, 0, 60, 0, 0, 0], 446);
  bytes.set(encode('EFI PART'), 512);
  view.setBigUint64(512 + 72, 2n, true);
  view.setUint32(512 + 80, 4, true);
  view.setUint32(512 + 84, 128, true);
  for (const start of [0, 4 * 512]) {
    bytes.set(encode('NTFS    '), start + 3);
    view.setUint16(start + 11, 512, true);
    bytes[start + 13] = 8;
    view.setBigUint64(start + 40, 60n, true);
    view.setBigUint64(start + 48, 1n, true);
    bytes[start + 64] = 0xf6;
  }
  bytes.set(encode('FILE'), 8 * 512);
  return bytes;
}
