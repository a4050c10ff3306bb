// A registry key's security descriptor in words: who owns it, and who may do what.

import { ACE_FLAG, ACE_TYPE, type Ace, nameOfSid, parseDescriptor } from '../../security/index.ts';

/** In this order: what a wider name covers is not said again. */
const RIGHTS: readonly (readonly [mask: number, words: string])[] = [
  [0x1000_0000, 'full control'],
  [0xf_003f, 'full control'],
  [0x8000_0000, 'read'],
  [0x2_0019, 'read'],
  [0x4000_0000, 'write'],
  [0x2_0006, 'write'],
  [0x2000_0000, 'read'],
  [0x1, 'query values'],
  [0x2, 'set values'],
  [0x4, 'create subkeys'],
  [0x8, 'list subkeys'],
  [0x10, 'be notified'],
  [0x20, 'create links'],
  [0x1_0000, 'delete'],
  [0x2_0000, 'read permissions'],
  [0x4_0000, 'change permissions'],
  [0x8_0000, 'take ownership'],
];

const DOES: Readonly<Record<number, string>> = {
  [ACE_TYPE.allow]: 'may',
  [ACE_TYPE.deny]: 'may not',
  [ACE_TYPE.allowCallback]: 'may, on a condition:',
  [ACE_TYPE.denyCallback]: 'may not, on a condition:',
};

/** One line an entry, the owner first. @throws FormatError for bytes that are no descriptor. */
export function securityWords(bytes: Uint8Array): string[] {
  const { owner, dacl } = parseDescriptor(bytes);
  const entries = dacl === null ? ['Everyone may do everything: there is no list.'] : dacl.aces.map(entryWords);
  return [
    `Owner: ${owner === null ? 'none' : sidWords(owner)}`,
    ...(entries.length === 0 ? ['Nobody may do anything: the list is empty.'] : entries),
  ];
}

function entryWords({ type, flags, mask, sid }: Ace): string {
  const does = DOES[type];
  if (does === undefined || mask === null || sid === null) return `An entry of type ${type}: see the SDDL.`;
  const rights: string[] = [];
  let left = mask;
  for (const [right, words] of RIGHTS) {
    if ((left & right) >>> 0 !== right) continue;
    left = (left & ~right) >>> 0;
    if (!rights.includes(words)) rights.push(words);
  }
  if (left !== 0) rights.push(`0x${left.toString(16)}`);
  const where =
    flags & ACE_FLAG.inheritOnly ? ' (subkeys only)' : flags & ACE_FLAG.containerInherit ? ' (and subkeys)' : '';
  return `${sidWords(sid)} ${does} ${rights.join(', ') || 'nothing'}${where}${flags & ACE_FLAG.inherited ? ', inherited' : ''}`;
}

const sidWords = (sid: string): string => nameOfSid(sid) ?? sid;
