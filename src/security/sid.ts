// SIDs. Everywhere above the bytes a SID is its text (S-1-5-18): comparable, printable, and lossless for revision 1.

import { FormatError } from '../base/errors.ts';

const MAX_SUB_AUTHORITIES = 15;

/** SIDs that have a two-letter alias in SDDL, and those that a rescue meets besides. */
export const WELL_KNOWN = {
  everyone: 'S-1-1-0',
  creatorOwner: 'S-1-3-0',
  ownerRights: 'S-1-3-4',
  authenticatedUsers: 'S-1-5-11',
  service: 'S-1-5-6',
  localSystem: 'S-1-5-18',
  localService: 'S-1-5-19',
  networkService: 'S-1-5-20',
  administrators: 'S-1-5-32-544',
  users: 'S-1-5-32-545',
  trustedInstaller: 'S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464',
} as const;

/** Names as an English Windows prints them: for listings only, never to find somebody by. */
const NAMES: Readonly<Record<string, string>> = {
  'S-1-0-0': 'NULL SID',
  'S-1-1-0': 'Everyone',
  'S-1-2-0': 'LOCAL',
  'S-1-2-1': 'CONSOLE LOGON',
  'S-1-3-0': 'CREATOR OWNER',
  'S-1-3-1': 'CREATOR GROUP',
  'S-1-3-4': 'OWNER RIGHTS',
  'S-1-5-2': 'NT AUTHORITY\\NETWORK',
  'S-1-5-3': 'NT AUTHORITY\\BATCH',
  'S-1-5-4': 'NT AUTHORITY\\INTERACTIVE',
  'S-1-5-6': 'NT AUTHORITY\\SERVICE',
  'S-1-5-7': 'NT AUTHORITY\\ANONYMOUS LOGON',
  'S-1-5-9': 'NT AUTHORITY\\ENTERPRISE DOMAIN CONTROLLERS',
  'S-1-5-10': 'NT AUTHORITY\\SELF',
  'S-1-5-11': 'NT AUTHORITY\\Authenticated Users',
  'S-1-5-12': 'NT AUTHORITY\\RESTRICTED',
  'S-1-5-13': 'NT AUTHORITY\\TERMINAL SERVER USER',
  'S-1-5-14': 'NT AUTHORITY\\REMOTE INTERACTIVE LOGON',
  'S-1-5-15': 'NT AUTHORITY\\This Organization',
  'S-1-5-17': 'NT AUTHORITY\\IUSR',
  'S-1-5-18': 'NT AUTHORITY\\SYSTEM',
  'S-1-5-19': 'NT AUTHORITY\\LOCAL SERVICE',
  'S-1-5-20': 'NT AUTHORITY\\NETWORK SERVICE',
  'S-1-5-32-544': 'BUILTIN\\Administrators',
  'S-1-5-32-545': 'BUILTIN\\Users',
  'S-1-5-32-546': 'BUILTIN\\Guests',
  'S-1-5-32-547': 'BUILTIN\\Power Users',
  'S-1-5-32-551': 'BUILTIN\\Backup Operators',
  'S-1-5-32-552': 'BUILTIN\\Replicator',
  'S-1-5-32-555': 'BUILTIN\\Remote Desktop Users',
  'S-1-5-32-556': 'BUILTIN\\Network Configuration Operators',
  'S-1-5-32-558': 'BUILTIN\\Performance Monitor Users',
  'S-1-5-32-559': 'BUILTIN\\Performance Log Users',
  'S-1-5-32-568': 'BUILTIN\\IIS_IUSRS',
  'S-1-5-32-569': 'BUILTIN\\Cryptographic Operators',
  'S-1-5-32-573': 'BUILTIN\\Event Log Readers',
  'S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464': 'NT SERVICE\\TrustedInstaller',
  'S-1-15-2-1': 'APPLICATION PACKAGE AUTHORITY\\ALL APPLICATION PACKAGES',
  'S-1-15-2-2': 'APPLICATION PACKAGE AUTHORITY\\ALL RESTRICTED APPLICATION PACKAGES',
  'S-1-16-0': 'Mandatory Label\\Untrusted Mandatory Level',
  'S-1-16-4096': 'Mandatory Label\\Low Mandatory Level',
  'S-1-16-8192': 'Mandatory Label\\Medium Mandatory Level',
  'S-1-16-8448': 'Mandatory Label\\Medium Plus Mandatory Level',
  'S-1-16-12288': 'Mandatory Label\\High Mandatory Level',
  'S-1-16-16384': 'Mandatory Label\\System Mandatory Level',
};

/** Spellings that published articles use beside the names above. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  'NT AUTHORITY\\NETWORKSERVICE': 'S-1-5-20',
  'NT AUTHORITY\\LOCALSERVICE': 'S-1-5-19',
  NETWORKSERVICE: 'S-1-5-20',
  LOCALSERVICE: 'S-1-5-19',
};

const SID_BY_NAME: ReadonlyMap<string, string> = (() => {
  const byName = new Map<string, string>();
  for (const [sid, name] of Object.entries(NAMES)) {
    const upper = name.toUpperCase();
    byName.set(upper, sid);
    const bare = upper.slice(upper.lastIndexOf('\\') + 1);
    if (!byName.has(bare)) byName.set(bare, sid);
  }
  for (const [name, sid] of Object.entries(OTHER_NAMES)) byName.set(name, sid);
  return byName;
})();

/** The English name of a well-known SID, or null. */
export function nameOfSid(sid: string): string | null {
  return NAMES[sid] ?? null;
}

/**
 * The SID of a well-known English name in any case, with or without its authority (`BUILTIN\Administrators`), or of a
 * SID's text with or without icacls' asterisk (`*S-1-5-18`); null for any other: other names exist on their machine only.
 */
export function sidOfName(name: string): string | null {
  const text = name.trim();
  const bare = text.startsWith('*') ? text.slice(1) : text;
  const bytes = sidFromText(bare);
  if (bytes) return sidToText(bytes);
  return SID_BY_NAME.get(text.toUpperCase()) ?? null;
}

/** Size in bytes of the SID at `offset`, or null where its header cannot be one. */
export function sidSizeBytes(bytes: Uint8Array, offset: number): number | null {
  const count = bytes[offset + 1];
  if (bytes[offset] !== 1 || count === undefined || count > MAX_SUB_AUTHORITIES) return null;
  const sizeBytes = 8 + 4 * count;
  return offset + sizeBytes <= bytes.byteLength ? sizeBytes : null;
}

/**
 * The text of the SID that `bytes` start with.
 * @throws FormatError BAD_DESCRIPTOR
 */
export function sidToText(bytes: Uint8Array): string {
  const sizeBytes = sidSizeBytes(bytes, 0);
  if (sizeBytes === null) {
    throw new FormatError(
      'BAD_DESCRIPTOR',
      `a SID begins with ${bytes[0] ?? 'nothing'}, ${bytes[1] ?? 'nothing'} in ${bytes.byteLength} bytes; expected revision 1 and at most ${MAX_SUB_AUTHORITIES} sub-authorities that fit`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const high = view.getUint16(2, false);
  const low = view.getUint32(4, false);
  const authority =
    high === 0 ? `${low}` : `0x${(BigInt(high) * 0x1_0000_0000n + BigInt(low)).toString(16).padStart(12, '0')}`;
  let text = `S-1-${authority}`;
  for (let at = 8; at < sizeBytes; at += 4) text += `-${view.getUint32(at, true)}`;
  return text;
}

/** The bytes of a SID's text (numbers in decimal or 0x hex), or null where it is none. */
export function sidFromText(text: string): Uint8Array | null {
  const match = /^S-1-(\d+|0x[0-9a-f]+)((?:-(?:\d+|0x[0-9a-f]+))*)$/i.exec(text);
  if (!match) return null;
  const authority = BigInt(match[1]!);
  const subAuthorities = match[2]!.split('-').slice(1).map(BigInt);
  if (authority > 0xffff_ffff_ffffn || subAuthorities.length > MAX_SUB_AUTHORITIES) return null;
  if (subAuthorities.some((value) => value > 0xffff_ffffn)) return null;
  const bytes = new Uint8Array(8 + 4 * subAuthorities.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, 1);
  view.setUint8(1, subAuthorities.length);
  view.setUint16(2, Number(authority >> 32n), false);
  view.setUint32(4, Number(authority & 0xffff_ffffn), false);
  for (const [index, value] of subAuthorities.entries()) view.setUint32(8 + 4 * index, Number(value), true);
  return bytes;
}
