// SDDL, the text of a security descriptor ([MS-DTYP] 2.5.1). Two words of ours carry what it cannot say: a type by its
// number (`0x04`), and the bytes that follow an entry's SID, or the body of an entry of an unknown type, as `#hex`.

import { fromHex, toHex } from '../base/bytes.ts';
import { UsageError } from '../base/errors.ts';
import { guidFromBytes, guidToBytes } from '../base/guid.ts';
import { conditionBytes, conditionText, type SidNames } from './condition.ts';
import type { Ace, Acl, KnownAces, SecurityDescriptor } from './descriptor.ts';
import { ACE_TYPE, CONTROL, encodeDescriptor, isObjectType, isPlainType, parseDescriptor } from './descriptor.ts';
import { sidFromText, sidToText } from './sid.ts';

const TYPES: readonly (readonly [string, number])[] = [
  ['A', 0x00],
  ['D', 0x01],
  ['AU', 0x02],
  ['AL', 0x03],
  ['OA', 0x05],
  ['OD', 0x06],
  ['OU', 0x07],
  ['OL', 0x08],
  ['XA', 0x09],
  ['XD', 0x0a],
  ['ZA', 0x0b],
  ['XU', 0x0d],
  ['ML', 0x11],
  ['RA', 0x12],
  ['SP', 0x13],
  ['TL', 0x14],
  ['FL', 0x15],
];

const FLAGS: readonly (readonly [string, number])[] = [
  ['OI', 0x01],
  ['CI', 0x02],
  ['NP', 0x04],
  ['IO', 0x08],
  ['ID', 0x10],
  ['CR', 0x20],
  ['SA', 0x40],
  ['FA', 0x80],
];
/** An access filter's word for the bit that audits call SA. */
const TRUST_PROTECTED = ['TP', 0x40] as const;

/** Whole masks, printed where they fit exactly. */
const WHOLE_RIGHTS: readonly (readonly [string, number])[] = [
  ['FA', 0x1f01ff],
  ['FR', 0x120089],
  ['FW', 0x120116],
  ['FX', 0x1200a0],
  ['KA', 0x0f003f],
  ['KR', 0x020019],
  ['KW', 0x020006],
];
const SINGLE_RIGHTS: readonly (readonly [string, number])[] = [
  ['CC', 0x0001],
  ['DC', 0x0002],
  ['LC', 0x0004],
  ['SW', 0x0008],
  ['RP', 0x0010],
  ['WP', 0x0020],
  ['DT', 0x0040],
  ['LO', 0x0080],
  ['CR', 0x0100],
  ['SD', 0x010000],
  ['RC', 0x020000],
  ['WD', 0x040000],
  ['WO', 0x080000],
  ['GA', 0x10000000],
  ['GX', 0x20000000],
  ['GW', 0x40000000],
  ['GR', 0x80000000],
];
const LABEL_RIGHTS: readonly (readonly [string, number])[] = [
  ['NW', 1],
  ['NR', 2],
  ['NX', 4],
];
const READ_RIGHTS = new Map<string, number>([...WHOLE_RIGHTS, ['KX', 0x020019], ...SINGLE_RIGHTS, ...LABEL_RIGHTS]);

// biome-ignore format: a table
const ALIASES: Readonly<Record<string, string>> = {
  AN: 'S-1-5-7', AU: 'S-1-5-11', CG: 'S-1-3-1', CO: 'S-1-3-0', ED: 'S-1-5-9', IU: 'S-1-5-4', LS: 'S-1-5-19',
  NS: 'S-1-5-20', NU: 'S-1-5-2', OW: 'S-1-3-4', PS: 'S-1-5-10', RC: 'S-1-5-12', SU: 'S-1-5-6', SY: 'S-1-5-18',
  WD: 'S-1-1-0', WR: 'S-1-5-33', AC: 'S-1-15-2-1', AS: 'S-1-18-1', SS: 'S-1-18-2', UD: 'S-1-5-84-0-0-0-0-0',
  LW: 'S-1-16-4096', ME: 'S-1-16-8192', MP: 'S-1-16-8448', HI: 'S-1-16-12288', SI: 'S-1-16-16384',
  BA: 'S-1-5-32-544', BU: 'S-1-5-32-545', BG: 'S-1-5-32-546', PU: 'S-1-5-32-547', AO: 'S-1-5-32-548',
  SO: 'S-1-5-32-549', PO: 'S-1-5-32-550', BO: 'S-1-5-32-551', RE: 'S-1-5-32-552', RU: 'S-1-5-32-554',
  RD: 'S-1-5-32-555', NO: 'S-1-5-32-556', MU: 'S-1-5-32-558', LU: 'S-1-5-32-559', IS: 'S-1-5-32-568',
  CY: 'S-1-5-32-569', ER: 'S-1-5-32-573', CD: 'S-1-5-32-574', RA: 'S-1-5-32-575', ES: 'S-1-5-32-576',
  MS: 'S-1-5-32-577', HA: 'S-1-5-32-578', AA: 'S-1-5-32-579', RM: 'S-1-5-32-580',
};
const ALIAS_OF = new Map(Object.entries(ALIASES).map(([alias, sid]) => [sid, alias]));
const SID_NAMES: SidNames = {
  name: sidText,
  sid: (name) => {
    const bytes = sidFromText(name);
    return bytes ? sidToText(bytes) : (ALIASES[name.toUpperCase()] ?? null);
  },
};
/** Aliases that mean something within one machine's or domain's SID only. */
const RELATIVE_ALIASES = /^(?:LA|LG|DA|DU|DG|DC|DD|CA|CN|EA|SA|PA|RS|RO|AP|KA|EK)$/;

/**
 * The text of a descriptor by its meaning: what Windows prints for the same descriptor, but for claims, and conditions
 * that no text brings back, which stay bytes. Slack, revisions, defaulted flags and the resource manager's byte have no words and are left out.
 */
export function toSddl(sd: SecurityDescriptor): string {
  return descriptorText(sd, aceText);
}

/** SDDL of many descriptors: those of a hive are made of the same few entries, each of which is put in words once. */
export class SddlTexts {
  private readonly aces: KnownAces = new Map();
  private readonly texts = new Map<Ace, string>();

  /** As toSddl. @throws FormatError BAD_DESCRIPTOR */
  textOf(descriptor: Uint8Array): string {
    return descriptorText(parseDescriptor(descriptor, this.aces), (ace) => this.aceText(ace));
  }

  private aceText(ace: Ace): string {
    let text = this.texts.get(ace);
    if (text === undefined) {
      text = aceText(ace);
      this.texts.set(ace, text);
    }
    return text;
  }
}

function descriptorText(sd: SecurityDescriptor, textOf: (ace: Ace) => string): string {
  let text = '';
  if (sd.owner !== null) text += `O:${sidText(sd.owner)}`;
  if (sd.group !== null) text += `G:${sidText(sd.group)}`;
  if (sd.control & CONTROL.daclPresent) text += `D:${listText(sd.dacl, sd.control, textOf)}`;
  if (sd.control & CONTROL.saclPresent) text += `S:${listText(sd.sacl, sd.control >> 1, textOf)}`;
  return text;
}

function sidText(sid: string): string {
  return ALIAS_OF.get(sid) ?? sid;
}

/** `control` is shifted so that a SACL's flags stand where a DACL's do. */
function listText(acl: Acl | null, control: number, textOf: (ace: Ace) => string): string {
  let text = '';
  if (control & CONTROL.daclProtected) text += 'P';
  if (control & CONTROL.daclAutoInheritRequired) text += 'AR';
  if (control & CONTROL.daclAutoInherited) text += 'AI';
  return acl === null ? `${text}NO_ACCESS_CONTROL` : text + acl.aces.map(textOf).join('');
}

/** One entry, in parentheses. */
function aceText(ace: Ace): string {
  const type = TYPES.find(([, number]) => number === ace.type)?.[0] ?? `0x${ace.type.toString(16).padStart(2, '0')}`;
  let flags = '';
  for (const [word, bit] of FLAGS) {
    if (!(ace.flags & bit)) continue;
    flags += ace.type === ACE_TYPE.accessFilter && bit === TRUST_PROTECTED[1] ? TRUST_PROTECTED[0] : word;
  }
  if (ace.mask === null || ace.sid === null) return `(${type};${flags};;;;;#${toHex(ace.rest)})`;
  const guid = (bytes: Uint8Array | null | undefined): string => (bytes ? guidFromBytes(bytes).slice(1, -1) : '');
  const fields = [type, flags, rightsText(ace), guid(ace.object?.type), guid(ace.object?.inheritedType)];
  const hasRest = ace.rest.byteLength > 0 && hasMeaningfulRest(ace.type);
  const rest = hasRest ? `;${conditionText(ace.rest, SID_NAMES) ?? `#${toHex(ace.rest)}`}` : '';
  return `(${fields.join(';')};${sidText(ace.sid)}${rest})`;
}

/** Callback entries hold a condition behind the SID, resource attributes a claim; elsewhere it is slack. */
function hasMeaningfulRest(type: number): boolean {
  return (
    (type >= ACE_TYPE.allowCallback && type <= ACE_TYPE.alarmCallbackObject) ||
    type === ACE_TYPE.resourceAttribute ||
    type === ACE_TYPE.accessFilter
  );
}

function rightsText(ace: Ace): string {
  const mask = ace.mask ?? 0;
  if (mask === 0) return '';
  if (ace.type !== ACE_TYPE.mandatoryLabel) {
    const whole = WHOLE_RIGHTS.find(([, value]) => value === mask);
    if (whole) return whole[0];
  }
  const words = ace.type === ACE_TYPE.mandatoryLabel ? LABEL_RIGHTS : SINGLE_RIGHTS;
  let text = '';
  let left = mask;
  for (const [word, bit] of words) {
    if ((left & bit) === 0) continue;
    text += word;
    left = (left & ~bit) >>> 0;
  }
  return left === 0 ? text : `0x${mask.toString(16)}`;
}

/**
 * The descriptor of a text, in any case, blanks between its parts allowed.
 * @throws UsageError BAD_SYNTAX with the column (from 1).
 */
export function fromSddl(text: string): SecurityDescriptor {
  const parser = new SddlParser(text);
  const sd = parser.descriptor();
  encodeDescriptor(sd); // the only limits left are those of the bytes (64 KB a list)
  return sd;
}

class SddlParser {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  descriptor(): SecurityDescriptor {
    let control: number = CONTROL.selfRelative;
    let owner: string | null = null;
    let group: string | null = null;
    let dacl: Acl | null = null;
    let sacl: Acl | null = null;
    const seen = new Set<string>();
    for (;;) {
      this.blanks();
      if (this.at === this.text.length) break;
      const tag = this.text.slice(this.at, this.at + 2).toUpperCase();
      if (!/^[OGDS]:$/.test(tag)) this.fail(`'${tag}' where O:, G:, D: or S: was expected`);
      if (seen.has(tag)) this.fail(`a second ${tag}`);
      seen.add(tag);
      this.at += 2;
      if (tag === 'O:') owner = this.sid();
      else if (tag === 'G:') group = this.sid();
      else {
        const { list, flags } = this.list();
        const isSacl = tag === 'S:';
        control |= isSacl ? (flags << 1) | CONTROL.saclPresent : flags | CONTROL.daclPresent;
        if (isSacl) sacl = list;
        else dacl = list;
      }
    }
    return { revision: 1, resourceManagerControl: 0, control, owner, group, sacl, dacl };
  }

  private list(): { list: Acl | null; flags: number } {
    const word = /[^(\s]*?(?=\s|\(|[OGDS]:|$)/iy;
    word.lastIndex = this.at;
    const flagText = word.exec(this.text)?.[0] ?? '';
    const match = /^(P|AR|AI)*(NO_ACCESS_CONTROL)?$/i.exec(flagText);
    if (!match) this.fail(`'${flagText}' where the flags P, AR, AI or an entry was expected`);
    this.at += flagText.length;
    const upper = flagText.toUpperCase();
    const isNull = upper.endsWith('NO_ACCESS_CONTROL');
    let flags = 0;
    for (const flag of upper.replace('NO_ACCESS_CONTROL', '').match(/P|AR|AI/g) ?? []) {
      flags |=
        flag === 'P'
          ? CONTROL.daclProtected
          : flag === 'AR'
            ? CONTROL.daclAutoInheritRequired
            : CONTROL.daclAutoInherited;
    }
    const aces: Ace[] = [];
    for (;;) {
      this.blanks();
      if (this.text[this.at] !== '(') break;
      aces.push(this.ace());
    }
    if (isNull) return { list: null, flags };
    const revision = aces.some(({ type }) => isObjectType(type)) ? 4 : 2;
    return { list: { revision, sbz1: 0, sbz2: 0, aces, slack: new Uint8Array(0) }, flags };
  }

  private ace(): Ace {
    const { fields, end } = this.fields();
    if (fields.length < 6 || fields.length > 7) this.fail(`an entry of ${fields.length} fields; expected 6 or 7`);
    const [typeText, flagText, rightsText, guidText, inheritedText, sidWord, restText] = fields as string[];
    const type = this.type(typeText!);
    const flags = this.words(flagText!, new Map([...FLAGS, TRUST_PROTECTED]), 'flag');
    const rest = restText === undefined ? new Uint8Array(0) : this.restBytes(restText);
    if (!isPlainType(type) && !isObjectType(type)) {
      if (rightsText || guidText || inheritedText || sidWord)
        this.fail(`fields in an entry of the unknown type ${type}`);
      this.at = end + 1;
      return { type, flags, mask: null, sid: null, object: null, rest };
    }
    const objectType = this.guid(guidText!);
    const inheritedType = this.guid(inheritedText!);
    if (!isObjectType(type) && (objectType || inheritedType)) this.fail(`a GUID in an entry of type ${typeText}`);
    const object = isObjectType(type)
      ? { flags: (objectType ? 1 : 0) | (inheritedType ? 2 : 0), type: objectType, inheritedType }
      : null;
    const mask = this.rights(rightsText!);
    const sid = this.sidOf(sidWord!);
    this.at = end + 1;
    return { type, flags, mask, sid, object, rest };
  }

  /** The fields of the entry that begins here and where its parenthesis closes; quotes and inner parentheses are kept. */
  private fields(): { fields: string[]; end: number } {
    const fields = [''];
    let depth = 0;
    let isQuoted = false;
    for (let end = this.at; end < this.text.length; end += 1) {
      const sign = this.text[end]!;
      if (sign === '"') isQuoted = !isQuoted;
      else if (sign === '(' && !isQuoted) depth += 1;
      else if (sign === ')' && !isQuoted) depth -= 1;
      if (depth === 0) return { fields: fields.map((field) => field.trim()), end };
      if (sign === ';' && depth === 1 && !isQuoted) fields.push('');
      else if (end > this.at) fields[fields.length - 1] += sign;
    }
    return this.fail('an entry without its closing parenthesis');
  }

  private type(text: string): number {
    const known = TYPES.find(([word]) => word === text.toUpperCase());
    if (known) return known[1];
    if (/^0x[0-9a-f]{1,2}$/i.test(text)) return Number(text);
    return this.fail(`the entry type '${text}'; expected A, D, AU, OA, XA, ML, ... or 0x and its number`);
  }

  private rights(text: string): number {
    if (text === '') return 0;
    if (/^(?:0x[0-9a-f]{1,8}|\d{1,10})$/i.test(text)) {
      const mask = Number(text);
      if (mask > 0xffff_ffff) this.fail(`the rights ${text}, which are more than 32 bits`);
      return mask;
    }
    return this.words(text, READ_RIGHTS, 'right');
  }

  private words(text: string, values: ReadonlyMap<string, number>, what: string): number {
    let sum = 0;
    for (let i = 0; i < text.length; i += 2) {
      const word = text.slice(i, i + 2).toUpperCase();
      const value = values.get(word) ?? this.fail(`the ${what} '${word}', which SDDL does not have`);
      sum = (sum | value) >>> 0;
    }
    return sum;
  }

  private guid(text: string): Uint8Array | null {
    if (text === '') return null;
    return guidToBytes(text) ?? this.fail(`'${text}' where a GUID was expected`);
  }

  private restBytes(text: string): Uint8Array {
    const bytes = text.startsWith('#') ? fromHex(text.slice(1)) : conditionBytes(text, SID_NAMES);
    return bytes ?? this.fail(`'${text}' where a condition, or # and the hex of one, was expected`);
  }

  /** A SID that stands alone, up to the next part. */
  private sid(): string {
    this.blanks();
    // A hex number must not swallow the D of a following `D:`.
    const word = /S-1(?:-(?:0x[0-9a-f]+?(?=-|[OGDS]:|\s|$)|\d+))+|[A-Z]{2}/iy;
    word.lastIndex = this.at;
    const text = word.exec(this.text)?.[0] ?? this.fail('no SID or alias where one was expected');
    const sid = this.sidOf(text);
    this.at += text.length;
    return sid;
  }

  private sidOf(text: string): string {
    const alias = ALIASES[text.toUpperCase()];
    if (alias !== undefined) return alias;
    if (RELATIVE_ALIASES.test(text.toUpperCase())) {
      this.fail(`the alias ${text}, which stands for another SID on each machine; expected that SID`);
    }
    const bytes = sidFromText(text.toUpperCase()) ?? this.fail(`'${text}' where a SID was expected`);
    return sidToText(bytes);
  }

  private blanks(): void {
    while (/\s/.test(this.text[this.at] ?? '')) this.at += 1;
  }

  private fail(found: string): never {
    throw new UsageError('BAD_SYNTAX', `the SDDL text has ${found} at column ${this.at + 1}`, {
      data: { column: this.at + 1, text: this.text },
    });
  }
}
