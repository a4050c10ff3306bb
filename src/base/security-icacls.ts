// The forms in which icacls prints and takes permissions.

import type { Ace, SecurityDescriptor } from './security-descriptor.ts';

/** A file's path as it is to be printed, and its descriptor; null: it could not be read. */
export interface IcaclsEntry {
  readonly path: string;
  readonly sd: SecurityDescriptor | null;
  readonly error?: string;
}

/** One entry as icacls prints it: `NT AUTHORITY\SYSTEM:(I)(OI)(CI)(F)`. */
export declare function icaclsAce(ace: Ace): string;

/** What `icacls <path> /t /c` prints, CRLF at line ends, with its last line of counts. */
export declare function icaclsListing(entries: readonly IcaclsEntry[]): string;

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
export declare function parseIcaclsGrant(text: string): IcaclsGrant;

/** The bytes of an `icacls /save` file: UTF-16LE, a line of path and a line of DACL for each. */
export declare function icaclsSave(entries: readonly { path: string; sd: SecurityDescriptor }[]): Uint8Array;

/** Reads what icaclsSave or icacls wrote. @throws UsageError BAD_SYNTAX */
export declare function parseIcaclsSave(bytes: Uint8Array): { path: string; sd: SecurityDescriptor }[];
