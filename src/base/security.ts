// Windows security descriptors: one door to the files behind it.

export {
  addAllowAce,
  effectiveMask,
  grants,
  inheritedDescriptor,
  removeAces,
  TOKENS,
  withOwner,
} from './security-access.ts';
export type { Ace, Acl, SecurityDescriptor } from './security-descriptor.ts';
export { ACE_FLAG, ACE_TYPE, CONTROL, encodeDescriptor, MASK, parseDescriptor } from './security-descriptor.ts';
export type { IcaclsEntry, IcaclsGrant } from './security-icacls.ts';
export {
  icaclsAce,
  icaclsListing,
  icaclsSave,
  icaclsSummary,
  parseIcaclsGrant,
  parseIcaclsSave,
} from './security-icacls.ts';
export { fromSddl, SddlTexts, toSddl } from './security-sddl.ts';
export { nameOfSid, sidFromText, sidOfName, sidToText, WELL_KNOWN } from './security-sid.ts';
