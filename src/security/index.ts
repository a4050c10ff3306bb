// Windows security descriptors: one door to the files behind it.

export {
  addAllowAce,
  addDenyAce,
  effectiveMask,
  grants,
  inheritedDescriptor,
  removeAces,
  TOKENS,
  withOwner,
} from './access.ts';
export type { Ace, Acl, SecurityDescriptor } from './descriptor.ts';
export { ACE_FLAG, ACE_TYPE, CONTROL, encodeDescriptor, MASK, parseDescriptor } from './descriptor.ts';
export type { IcaclsEntry, IcaclsGrant } from './icacls.ts';
export {
  icaclsAce,
  icaclsListing,
  icaclsSave,
  icaclsSummary,
  parseIcaclsGrant,
  parseIcaclsSave,
} from './icacls.ts';
export type { ChildKind } from './inheritance.ts';
export {
  inheritedOnly,
  passesTheSame,
  withInheritance,
  withInherited,
  withoutInheritance,
} from './inheritance.ts';
export { rightsMask } from './key-rights.ts';
export { fromSddl, SddlTexts, toSddl } from './sddl.ts';
export { nameOfSid, sidFromText, sidOfName, sidToText, WELL_KNOWN } from './sid.ts';
