// Windows security descriptors: one door to the files behind it.

export {
  addAllowAce,
  addDenyAce,
  grants,
  inheritedDescriptor,
  removeAces,
  TOKENS,
  withOwner,
} from './access.ts';
export type { Ace, SecurityDescriptor } from './descriptor.ts';
export { ACE_FLAG, ACE_TYPE, CONTROL, encodeDescriptor, MASK, parseDescriptor } from './descriptor.ts';
export {
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
export { nameOfSid, sidOfName, WELL_KNOWN } from './sid.ts';
