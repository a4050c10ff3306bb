// What a descriptor grants, and the few changes that a rescue makes to one: everything else in it stays as it is.

import {
  ACE_FLAG,
  ACE_TYPE,
  type Ace,
  type Acl,
  ALLOW_TYPES,
  CONTROL,
  DENY_TYPES,
  MASK,
  type SecurityDescriptor,
} from './descriptor.ts';
import { fromSddl } from './sddl.ts';
import { WELL_KNOWN } from './sid.ts';

/** The SIDs that the tokens of the accounts in a rescue carry. */
export const TOKENS = {
  localSystem: [WELL_KNOWN.localSystem, WELL_KNOWN.administrators, WELL_KNOWN.everyone, WELL_KNOWN.authenticatedUsers],
  networkService: [
    WELL_KNOWN.networkService,
    WELL_KNOWN.everyone,
    WELL_KNOWN.authenticatedUsers,
    WELL_KNOWN.service,
    WELL_KNOWN.users,
  ],
  administrators: [WELL_KNOWN.administrators, WELL_KNOWN.everyone, WELL_KNOWN.authenticatedUsers, WELL_KNOWN.users],
} as const;

const GENERIC: readonly (readonly [number, number])[] = [
  [0x10000000, MASK.full],
  [0x20000000, MASK.readAndExecute & ~0x1],
  [0x40000000, MASK.write],
  [0x80000000, MASK.read],
];

/** The file rights that a mask means, generic bits replaced by what they stand for. */
function fileMask(mask: number): number {
  let meant = mask & 0x0fffffff;
  for (const [generic, rights] of GENERIC) if ((mask & generic) !== 0) meant |= rights;
  return meant >>> 0;
}

/**
 * The rights on the object itself that a token with `sids` has, as Windows' access check goes through the list in its
 * order. Conditional entries count only where they deny (a condition cannot be judged here). Privileges do not count.
 */
export function effectiveMask(sd: SecurityDescriptor, sids: string | readonly string[]): number {
  const token = typeof sids === 'string' ? [sids] : sids;
  if (!(sd.control & CONTROL.daclPresent) || sd.dacl === null) return MASK.full;
  let granted = 0;
  let denied = 0;
  const speaksOfOwner = sd.dacl.aces.some((ace) => ace.sid === WELL_KNOWN.ownerRights && applies(ace));
  const isOwner = sd.owner !== null && token.includes(sd.owner);
  if (isOwner && !speaksOfOwner) granted |= MASK.readControl | MASK.writeDac;
  for (const ace of sd.dacl.aces) {
    if (!applies(ace) || ace.mask === null || ace.sid === null) continue;
    const isMeant = token.includes(ace.sid) || (isOwner && ace.sid === WELL_KNOWN.ownerRights);
    if (!isMeant) continue;
    const rights = fileMask(ace.mask);
    if (ALLOWS.includes(ace.type)) granted |= rights & ~denied;
    else if (DENIES.includes(ace.type)) denied |= rights & ~granted;
  }
  return granted >>> 0;
}

const ALLOWS: readonly number[] = [ACE_TYPE.allow, ACE_TYPE.allowObject];
const DENIES: readonly number[] = [ACE_TYPE.deny, ACE_TYPE.denyObject, ACE_TYPE.denyCallback];

function applies(ace: Ace): boolean {
  return (ace.flags & ACE_FLAG.inheritOnly) === 0;
}

/** Whether a token with `sids` has every right of `mask` on the object itself. */
export function grants(sd: SecurityDescriptor, sids: string | readonly string[], mask: number): boolean {
  const wanted = fileMask(mask);
  return (effectiveMask(sd, sids) & wanted) >>> 0 === wanted;
}

const INHERITANCE = ACE_FLAG.objectInherit | ACE_FLAG.containerInherit | ACE_FLAG.noPropagate | ACE_FLAG.inheritOnly;

/**
 * The descriptor with an explicit entry that allows `mask` to `sid`: the same object where explicit entries with the
 * same inheritance already do, or where there is no list at all (everybody may do everything). A new entry stands after
 * the last explicit one, before what is inherited; nothing else changes.
 */
export function addAllowAce(sd: SecurityDescriptor, sid: string, mask: number, flags = 0): SecurityDescriptor {
  if (!(sd.control & CONTROL.daclPresent) || sd.dacl === null) return sd;
  let covered = 0;
  for (const ace of sd.dacl.aces) {
    const isExplicit = (ace.flags & ACE_FLAG.inherited) === 0;
    if (isExplicit && ace.type === ACE_TYPE.allow && ace.sid === sid && (ace.flags & INHERITANCE) === flags) {
      covered |= fileMask(ace.mask ?? 0);
    }
  }
  if ((covered & fileMask(mask)) >>> 0 === fileMask(mask)) return sd;
  const ace: Ace = { type: ACE_TYPE.allow, flags, mask: mask >>> 0, sid, object: null, rest: new Uint8Array(0) };
  return { ...sd, dacl: { ...sd.dacl, aces: insertExplicit(sd.dacl, ace) } };
}

/** The descriptor with an explicit entry that denies `mask` to `sid`, before all others, where Windows has such entries. */
export function addDenyAce(sd: SecurityDescriptor, sid: string, mask: number, flags = 0): SecurityDescriptor {
  if (!(sd.control & CONTROL.daclPresent) || sd.dacl === null) return sd;
  const ace: Ace = { type: ACE_TYPE.deny, flags, mask: mask >>> 0, sid, object: null, rest: new Uint8Array(0) };
  return { ...sd, dacl: { ...sd.dacl, aces: [ace, ...sd.dacl.aces] } };
}

function insertExplicit(dacl: Acl, ace: Ace): Ace[] {
  const firstInherited = dacl.aces.findIndex(({ flags }) => (flags & ACE_FLAG.inherited) !== 0);
  const at = firstInherited === -1 ? dacl.aces.length : firstInherited;
  return [...dacl.aces.slice(0, at), ace, ...dacl.aces.slice(at)];
}

/**
 * The descriptor without the explicit entries of `sid` in its DACL; `kind` 'allow' or 'deny' leaves the others, as
 * icacls' /remove:g and /remove:d do. The same object where there are none.
 */
export function removeAces(
  sd: SecurityDescriptor,
  sid: string,
  kind: 'any' | 'allow' | 'deny' = 'any',
): SecurityDescriptor {
  if (!sd.dacl) return sd;
  const isMeant = (ace: Ace): boolean =>
    ace.sid === sid &&
    (ace.flags & ACE_FLAG.inherited) === 0 &&
    ((kind !== 'deny' && ALLOW_TYPES.has(ace.type)) || (kind !== 'allow' && DENY_TYPES.has(ace.type)));
  const aces = sd.dacl.aces.filter((ace) => !isMeant(ace));
  return aces.length === sd.dacl.aces.length ? sd : { ...sd, dacl: { ...sd.dacl, aces } };
}

/** The descriptor with another owner; the same object where it is that already. */
export function withOwner(sd: SecurityDescriptor, owner: string): SecurityDescriptor {
  return sd.owner === owner ? sd : { ...sd, owner, control: sd.control & ~CONTROL.ownerDefaulted };
}

/**
 * The descriptor that Windows gives a file or folder made in a folder with `parent`: the entries that are passed on, as
 * inherited ones, with the parent's owner and group. A parent that passes nothing on gives SYSTEM and Administrators all.
 */
export function inheritedDescriptor(parent: SecurityDescriptor, kind: 'file' | 'folder'): SecurityDescriptor {
  const passed = (parent.dacl?.aces ?? []).filter(
    ({ flags }) => (flags & (kind === 'file' ? ACE_FLAG.objectInherit : INHERITS)) !== 0,
  );
  const plain = fromSddl('D:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)');
  const owner = parent.owner ?? ADMINISTRATORS;
  const group = parent.group ?? ADMINISTRATORS;
  if (passed.length === 0 || !plain.dacl) return { ...plain, owner, group };
  const aces = passed.map((ace) => ({ ...ace, flags: inheritedFlags(ace.flags, kind) }));
  return {
    ...plain,
    owner,
    group,
    dacl: { ...plain.dacl, revision: parent.dacl?.revision ?? plain.dacl.revision, aces },
  };
}

const ADMINISTRATORS = 'S-1-5-32-544';
const INHERITS = ACE_FLAG.objectInherit | ACE_FLAG.containerInherit;

/** A file passes nothing on; a folder passes on what it was passed, unless that ends with it. */
function inheritedFlags(flags: number, kind: 'file' | 'folder'): number {
  const isPassedOn = kind === 'folder' && (flags & ACE_FLAG.noPropagate) === 0;
  const kept = isPassedOn ? flags & INHERITS : 0;
  // What is meant for files alone goes through a folder without counting on it.
  const isThrough = kind === 'folder' && (flags & ACE_FLAG.containerInherit) === 0;
  return kept | ACE_FLAG.inherited | (isThrough ? ACE_FLAG.inheritOnly : 0);
}
