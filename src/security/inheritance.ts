// What a descriptor passes on to what lies below it, as Windows does when permissions are set ([MS-DTYP] 2.5.3.4).

import type { Ace, SecurityDescriptor } from './descriptor.ts';
import { ACE_FLAG, CONTROL } from './descriptor.ts';
import { WELL_KNOWN } from './sid.ts';

export type ChildKind = 'file' | 'folder' | 'key';

const INHERITS = ACE_FLAG.objectInherit | ACE_FLAG.containerInherit;
const CREATOR_GROUP = 'S-1-3-1';

/** The entries that a child of `parent` inherits; entries for the creator become the child's owner's. */
export function passedOn(
  parent: SecurityDescriptor,
  kind: ChildKind,
  child: Pick<SecurityDescriptor, 'owner' | 'group'>,
): Ace[] {
  return (parent.dacl?.aces ?? []).flatMap((ace) => {
    const isFile = kind === 'file';
    const isPassed = (ace.flags & (isFile ? ACE_FLAG.objectInherit : INHERITS)) !== 0;
    // Keys hold no objects that are no containers: what is meant for those alone is passed through them and never counts.
    if (!isPassed) return [];
    const goesOn = !isFile && (ace.flags & ACE_FLAG.noPropagate) === 0;
    const isEffective = isFile || (ace.flags & ACE_FLAG.containerInherit) !== 0;
    const kept = goesOn ? ace.flags & INHERITS : 0;
    const creator = ace.sid === WELL_KNOWN.creatorOwner ? child.owner : ace.sid === CREATOR_GROUP ? child.group : null;
    const isCreator = ace.sid === WELL_KNOWN.creatorOwner || ace.sid === CREATOR_GROUP;
    if (!isCreator) {
      if (!isEffective && !goesOn) return [];
      return [{ ...ace, flags: kept | ACE_FLAG.inherited | (isEffective ? 0 : ACE_FLAG.inheritOnly) }];
    }
    const own: Ace[] = isEffective && creator !== null ? [{ ...ace, sid: creator, flags: ACE_FLAG.inherited }] : [];
    const onward: Ace[] = goesOn ? [{ ...ace, flags: kept | ACE_FLAG.inherited | ACE_FLAG.inheritOnly }] : [];
    return [...own, ...onward];
  });
}

/**
 * The child's descriptor with what its parent passes on in place of what it had inherited; the same object where it is
 * protected, has no list, or inherits just that already.
 */
export function withInherited(
  child: SecurityDescriptor,
  parent: SecurityDescriptor,
  kind: ChildKind,
): SecurityDescriptor {
  if ((child.control & CONTROL.daclProtected) !== 0 || child.dacl === null) return child;
  const own = child.dacl.aces.filter(({ flags }) => (flags & ACE_FLAG.inherited) === 0);
  const inherited = passedOn(parent, kind, child);
  const aces = [...own, ...inherited];
  if (isSameAces(aces, child.dacl.aces)) return child;
  const control = child.control | CONTROL.daclPresent | CONTROL.daclAutoInherited;
  return { ...child, control, dacl: { ...child.dacl, aces } };
}

/** 'keep' copies what was inherited as entries of its own; 'drop' leaves it out. Both protect the list. */
export function withoutInheritance(sd: SecurityDescriptor, how: 'keep' | 'drop'): SecurityDescriptor {
  const control = sd.control | CONTROL.daclProtected;
  if (sd.dacl === null) return { ...sd, control };
  const aces = sd.dacl.aces.flatMap((ace) => {
    if ((ace.flags & ACE_FLAG.inherited) === 0) return [ace];
    return how === 'keep' ? [{ ...ace, flags: ace.flags & ~ACE_FLAG.inherited }] : [];
  });
  return { ...sd, control, dacl: { ...sd.dacl, aces } };
}

/** The list takes from its parent again; `parent` null where it has none to take from. */
export function withInheritance(
  sd: SecurityDescriptor,
  parent: SecurityDescriptor | null,
  kind: ChildKind,
): SecurityDescriptor {
  const open = { ...sd, control: sd.control & ~CONTROL.daclProtected };
  return parent === null ? open : withInherited(open, parent, kind);
}

/** Nothing but what the parent passes on. */
export function inheritedOnly(sd: SecurityDescriptor, parent: SecurityDescriptor, kind: ChildKind): SecurityDescriptor {
  const dacl = { ...(sd.dacl ?? { revision: 2, sbz1: 0, sbz2: 0, slack: new Uint8Array(0) }), aces: [] };
  return withInheritance({ ...sd, control: sd.control | CONTROL.daclPresent, dacl }, parent, kind);
}

/** Whether two descriptors pass the same on, so that nothing below need change. */
export function passesTheSame(a: SecurityDescriptor, b: SecurityDescriptor): boolean {
  const passing = (sd: SecurityDescriptor): Ace[] =>
    (sd.dacl?.aces ?? []).filter(({ flags }) => (flags & INHERITS) !== 0);
  return isSameAces(passing(a), passing(b));
}

function isSameAces(a: readonly Ace[], b: readonly Ace[]): boolean {
  return (
    a.length === b.length &&
    a.every((ace, i) => {
      const other = b[i]!;
      return ace.type === other.type && ace.flags === other.flags && ace.mask === other.mask && ace.sid === other.sid;
    })
  );
}
