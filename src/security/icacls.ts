// The forms in which icacls prints and takes permissions. Names are English ones, for reading; SIDs are what counts.

import { UsageError } from '../base/errors.ts';
import { decodeUtf16le, encodeUtf16le } from '../base/text.ts';
import {
  ACE_FLAG,
  ACE_TYPE,
  type Ace,
  ALLOW_TYPES,
  CONTROL,
  DENY_TYPES,
  MASK,
  type SecurityDescriptor,
} from './descriptor.ts';
import { fromSddl, toSddl } from './sddl.ts';
import { nameOfSid, sidOfName } from './sid.ts';

/** A file's path as it is to be printed, and its descriptor; null: it could not be read, and `error` says why. */
export interface IcaclsEntry {
  readonly path: string;
  readonly sd: SecurityDescriptor | null;
  readonly error?: string;
}

/** Sets of rights with a letter of their own, largest first. */
const SIMPLE: readonly (readonly [string, number])[] = [
  ['F', MASK.full],
  ['M', MASK.modify],
  ['RX', MASK.readAndExecute],
  ['R', MASK.read],
  ['W', MASK.write],
  ['D', 0x110000],
];
const SPECIFIC: readonly (readonly [string, number])[] = [
  ['DE', 0x010000],
  ['Rc', 0x020000],
  ['WDAC', 0x040000],
  ['WO', 0x080000],
  ['S', 0x100000],
  ['AS', 0x01000000],
  ['MA', 0x02000000],
  ['GR', 0x80000000],
  ['GW', 0x40000000],
  ['GE', 0x20000000],
  ['GA', 0x10000000],
  ['RD', 0x0001],
  ['WD', 0x0002],
  ['AD', 0x0004],
  ['REA', 0x0008],
  ['WEA', 0x0010],
  ['X', 0x0020],
  ['DC', 0x0040],
  ['RA', 0x0080],
  ['WA', 0x0100],
];
const RIGHT_BY_WORD = new Map([...SIMPLE, ...SPECIFIC].map(([word, mask]) => [word.toUpperCase(), mask]));
const LABEL_RIGHTS: readonly (readonly [string, number])[] = [
  ['NW', 1],
  ['NR', 2],
  ['NX', 4],
];
const FLAG_WORDS: readonly (readonly [string, number])[] = [
  ['I', ACE_FLAG.inherited],
  ['OI', ACE_FLAG.objectInherit],
  ['CI', ACE_FLAG.containerInherit],
  ['IO', ACE_FLAG.inheritOnly],
  ['NP', ACE_FLAG.noPropagate],
];

function rightsText(mask: number): string {
  const words: string[] = [];
  let left = mask;
  for (const [word, set] of SIMPLE) {
    const hasNews = (left & set & ~(MASK.readControl | 0x100000)) !== 0;
    if ((mask & set) >>> 0 !== set || !hasNews) continue;
    words.push(word);
    left = (left & ~set) >>> 0;
  }
  for (const [word, bit] of SPECIFIC) {
    if ((left & bit) === 0) continue;
    words.push(word);
    left = (left & ~bit) >>> 0;
  }
  if (left !== 0) words.push(`0x${left.toString(16)}`);
  return words.length === 0 ? 'N' : words.join(',');
}

/** One entry as icacls prints it (`NT AUTHORITY\SYSTEM:(I)(OI)(CI)(F)`); null for those that it does not list. */
export function icaclsAce(ace: Ace): string | null {
  if (ace.mask === null || ace.sid === null) return null;
  const who = nameOfSid(ace.sid) ?? ace.sid;
  const flags = FLAG_WORDS.filter(([, bit]) => ace.flags & bit)
    .map(([word]) => `(${word})`)
    .join('');
  if (ace.type === ACE_TYPE.mandatoryLabel) {
    const words = LABEL_RIGHTS.filter(([, bit]) => (ace.mask! & bit) !== 0).map(([word]) => word);
    return `${who}:${flags}(${words.join(',')})`;
  }
  if (ALLOW_TYPES.has(ace.type)) return `${who}:${flags}(${rightsText(ace.mask)})`;
  if (DENY_TYPES.has(ace.type)) return `${who}:${flags}(DENY)(${rightsText(ace.mask)})`;
  return null;
}

function listed(sd: SecurityDescriptor): string[] {
  if (!(sd.control & CONTROL.daclPresent) || sd.dacl === null) return ['Everyone:(F)'];
  const labels = sd.sacl?.aces.filter(({ type }) => type === ACE_TYPE.mandatoryLabel) ?? [];
  return [...sd.dacl.aces, ...labels].map(icaclsAce).filter((line) => line !== null);
}

/** What `icacls <path> /t /c` prints, lines ended by CRLF, its count of files last. */
export function icaclsListing(entries: readonly IcaclsEntry[]): string {
  let text = '';
  for (const { path, sd, error } of entries) {
    if (sd === null) {
      text += `${path}: ${error ?? 'no descriptor'}\r\n`;
      continue;
    }
    const lines = listed(sd);
    const indent = ' '.repeat(path.length + 1);
    text += `${path} ${lines[0] ?? ''}\r\n`;
    for (const line of lines.slice(1)) text += `${indent}${line}\r\n`;
    text += '\r\n';
  }
  return text + icaclsSummary(entries.filter(({ sd }) => sd).length, entries.filter(({ sd }) => !sd).length);
}

/** The last line of every icacls command. */
export function icaclsSummary(processed: number, failed: number): string {
  return `Successfully processed ${processed} files; Failed processing ${failed} files\r\n`;
}

export interface IcaclsGrant {
  readonly sid: string;
  readonly mask: number;
  /** Inheritance flags of the entry. */
  readonly flags: number;
}

/**
 * Parses what follows /grant, /grant:r or /deny: `BUILTIN\Administrators:(OI)(CI)(F)`, `*S-1-5-20:R`, `*S-1-5-20:(R,W)`.
 * @throws UsageError BAD_VALUE
 */
export function parseIcaclsGrant(text: string): IcaclsGrant {
  const colon = text.lastIndexOf(':');
  const who = colon === -1 ? text : text.slice(0, colon);
  const sid = sidOfName(who);
  if (sid === null) {
    throw new UsageError('BAD_VALUE', `'${who}' is not a SID or a name that every Windows has`, {
      hint: 'name the account by its SID: *S-1-5-20 is NETWORK SERVICE, *S-1-5-32-544 Administrators',
    });
  }
  const permissions = /^((?:\((?:OI|CI|IO|NP|I)\))*)(?:\(([^()]+)\)|([A-Z]+))$/i.exec(text.slice(colon + 1).trim());
  if (colon === -1 || !permissions) {
    throw new UsageError(
      'BAD_VALUE',
      `'${text}' does not have a permission after the account; expected as in ${who}:(R)`,
    );
  }
  let flags = 0;
  for (const word of permissions[1]!.toUpperCase().match(/[A-Z]+/g) ?? []) {
    if (word !== 'I') flags |= FLAG_WORDS.find(([name]) => name === word)![1];
  }
  let mask = 0;
  for (const part of (permissions[2] ?? permissions[3]!).split(',')) {
    const word = part.trim().toUpperCase();
    const right = word === 'N' ? 0 : RIGHT_BY_WORD.get(word);
    if (right === undefined) {
      throw new UsageError('BAD_VALUE', `'${part}' in '${text}' is not a right that icacls knows`, {
        hint: `the rights are N, ${[...SIMPLE, ...SPECIFIC].map(([name]) => name).join(', ')}`,
      });
    }
    mask = (mask | right) >>> 0;
  }
  return { sid, mask, flags };
}

/** The bytes of an `icacls /save` file: UTF-16LE, for each file a line of its path and a line of its DACL. */
export function icaclsSave(entries: readonly { readonly path: string; readonly sd: SecurityDescriptor }[]): Uint8Array {
  let text = '';
  for (const { path, sd } of entries) {
    const { control } = sd;
    const dacl = toSddl({ ...sd, owner: null, group: null, sacl: null, control: control & ~CONTROL.saclPresent });
    text += `${path}\r\n${dacl}\r\n`;
  }
  return encodeUtf16le(text);
}

/**
 * Reads what icaclsSave or icacls wrote.
 * @throws UsageError BAD_SYNTAX
 */
export function parseIcaclsSave(bytes: Uint8Array): { path: string; sd: SecurityDescriptor }[] {
  const lines = decodeUtf16le(bytes)
    .replace(/^\ufeff/, '')
    .split(/\r?\n/);
  const entries: { path: string; sd: SecurityDescriptor }[] = [];
  for (let i = 0; i + 1 < lines.length; i += 2) entries.push({ path: lines[i]!, sd: fromSddl(lines[i + 1]!) });
  if (lines.length % 2 === 0 || lines.at(-1) !== '') {
    throw new UsageError('BAD_SYNTAX', `an icacls /save file ends after ${lines.length} lines inside an entry`);
  }
  return entries;
}
