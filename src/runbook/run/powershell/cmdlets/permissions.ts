// Permissions of keys and files as .NET has them: accounts, rules, and the object that Get-Acl gives.

import {
  ACE_FLAG,
  ACE_TYPE,
  type Ace,
  addAllowAce,
  addDenyAce,
  CONTROL,
  fromSddl,
  nameOfSid,
  removeAces,
  rightsMask,
  type SecurityDescriptor,
  sidOfName,
  toSddl,
  withInheritance,
  withOwner,
  withoutInheritance,
} from '../../../../security/index.ts';
import { Unresolved } from '../../unresolved.ts';
import { isTrue, known, numberOf, PsObject, textOf, type Value } from '../values.ts';

/** What a rule allows or denies, to whom. */
interface Rule {
  readonly sid: string;
  readonly mask: number;
  readonly flags: number;
  readonly isDeny: boolean;
}

/** A rule that the script made, and the object of Get-Acl with what Set-Acl is to write. */
class RuleObject extends PsObject {
  readonly rule: Rule;

  constructor(rule: Rule) {
    const name = nameOfSid(rule.sid) ?? rule.sid;
    super(
      'AccessRule',
      {
        IdentityReference: principal(rule.sid, true),
        AccessControlType: rule.isDeny ? 'Deny' : 'Allow',
        IsInherited: (rule.flags & ACE_FLAG.inherited) !== 0,
        RegistryRights: rule.mask,
        FileSystemRights: rule.mask,
      },
      name,
    );
    this.rule = rule;
  }
}

export class AclObject extends PsObject {
  sd: SecurityDescriptor;

  constructor(sd: SecurityDescriptor, path: string) {
    const made: { acl?: AclObject } = {};
    super(
      'ObjectSecurity',
      { Path: path },
      path,
      methodsOf(() => made.acl!),
    );
    made.acl = this;
    this.sd = sd;
    this.change(sd);
  }

  /** The new descriptor, and the properties that show it. */
  change(sd: SecurityDescriptor): null {
    this.sd = sd;
    const named = (sid: string | null): Value => (sid === null ? null : (nameOfSid(sid) ?? sid));
    this.properties.set('Owner', named(sd.owner));
    this.properties.set('Group', named(sd.group));
    this.properties.set('Sddl', toSddl(sd));
    this.properties.set(
      'Access',
      (sd.dacl?.aces ?? []).flatMap((ace) => ruleOf(ace)),
    );
    this.properties.set('AreAccessRulesProtected', (sd.control & CONTROL.daclProtected) !== 0);
    return null;
  }
}

function ruleOf(ace: Ace): Value[] {
  const { sid, mask, flags, type } = ace;
  if (sid === null || mask === null || (type !== ACE_TYPE.allow && type !== ACE_TYPE.deny)) return [];
  return [new RuleObject({ sid, mask, flags, isDeny: type === ACE_TYPE.deny })];
}

function methodsOf(acl: () => AclObject) {
  const kept = (how: (sd: SecurityDescriptor) => SecurityDescriptor): null => acl().change(how(acl().sd));
  const add = (sd: SecurityDescriptor, { sid, mask, flags, isDeny }: Rule): SecurityDescriptor =>
    isDeny ? addDenyAce(sd, sid, mask, flags) : addAllowAce(sd, sid, mask, flags);
  return {
    setowner: ([account = null]: readonly Value[]) => kept((sd) => withOwner(sd, sidOf(account))),
    setgroup: ([account = null]: readonly Value[]) => kept((sd) => ({ ...sd, group: sidOf(account) })),
    addaccessrule: ([rule = null]: readonly Value[]) => kept((sd) => add(sd, ruleGiven(rule))),
    setaccessrule: ([rule = null]: readonly Value[]) =>
      kept((sd) => {
        const given = ruleGiven(rule);
        return add(removeAces(sd, given.sid, given.isDeny ? 'deny' : 'allow'), given);
      }),
    resetaccessrule: ([rule = null]: readonly Value[]) =>
      kept((sd) => {
        const given = ruleGiven(rule);
        return add(removeAces(sd, given.sid), given);
      }),
    removeaccessrule: ([rule = null]: readonly Value[]) => {
      const given = ruleGiven(rule);
      acl().change(withoutRights(acl().sd, given));
      return true;
    },
    removeaccessruleall: ([rule = null]: readonly Value[]) =>
      kept((sd) => {
        const { sid, isDeny } = ruleGiven(rule);
        return removeAces(sd, sid, isDeny ? 'deny' : 'allow');
      }),
    purgeaccessrules: ([account = null]: readonly Value[]) => kept((sd) => removeAces(sd, sidOf(account))),
    setaccessruleprotection: ([isProtected = null, isKept = null]: readonly Value[]) =>
      kept((sd) => {
        if (!isTrue(isProtected)) return withInheritance(sd, null, 'key');
        return withoutInheritance(sd, isTrue(isKept) ? 'keep' : 'drop');
      }),
    setsecuritydescriptorsddlform: ([sddl = null]: readonly Value[]) =>
      kept((sd) => {
        const given = fromSddl(textOf(known(sddl)));
        return { ...given, owner: given.owner ?? sd.owner, group: given.group ?? sd.group };
      }),
    getsecuritydescriptorsddlform: () => toSddl(acl().sd),
    getowner: () => principal(acl().sd.owner ?? '', false),
    getaccessrules: () => acl().properties.get('Access'),
  };
}

/** Explicit entries of the rule's account lose its rights, and go where none are left. */
function withoutRights(sd: SecurityDescriptor, { sid, mask, isDeny }: Rule): SecurityDescriptor {
  if (sd.dacl === null) return sd;
  const type = isDeny ? ACE_TYPE.deny : ACE_TYPE.allow;
  const aces = sd.dacl.aces.flatMap((ace) => {
    const isMeant = ace.sid === sid && ace.type === type && (ace.flags & ACE_FLAG.inherited) === 0;
    if (!isMeant || ace.mask === null) return [ace];
    const left = (ace.mask & ~mask) >>> 0;
    return left === 0 ? [] : [{ ...ace, mask: left }];
  });
  return { ...sd, dacl: { ...sd.dacl, aces } };
}

function ruleGiven(value: Value): Rule {
  if (value instanceof RuleObject) return value.rule;
  throw new Unresolved('powershell', 'this is not an access rule that the script made.');
}

/** The SID of an account: an object of .NET, a name that every Windows has, or a SID. @throws Unresolved */
function sidOf(account: Value): string {
  const sure = known(account);
  const text =
    sure instanceof PsObject && sure.properties.has('Sid') ? textOf(sure.properties.get('Sid')) : textOf(sure);
  const sid = sidOfName(text);
  if (sid === null)
    throw new Unresolved('cannot-be-bound', `'${text}' is neither a SID nor a name that every Windows has.`);
  return sid;
}

function principal(sid: string, isAccount: boolean): PsObject {
  const text = isAccount ? (nameOfSid(sid) ?? sid) : sid;
  return new PsObject(isAccount ? 'NTAccount' : 'SecurityIdentifier', { Value: text, Sid: sid }, text, {
    translate: ([type = null]) => principal(sid, /ntaccount/i.test(textOf(type))),
  });
}

const PRINCIPAL = /^(?:system\.)?security\.principal\.(ntaccount|securityidentifier)$/i;
const RULE = /^(?:system\.)?security\.accesscontrol\.(registry|filesystem)accessrule$/i;

/** New-Object and [type]::new() of accounts and rules; null for any other type. @throws Unresolved */
export function newSecurityObject(type: string, args: readonly Value[]): PsObject | null {
  const account = PRINCIPAL.exec(type)?.[1];
  if (account !== undefined) {
    const text = args.map((arg) => textOf(known(arg))).join('\\');
    return principal(sidOf(text), /^ntaccount$/i.test(account));
  }
  const kind = RULE.exec(type)?.[1]?.toLowerCase();
  if (kind === undefined) return null;
  const [who = null, rights = null, third = null, fourth = null, fifth = null] = args.map(known);
  const isShort = args.length === 3;
  const access = textOf(isShort ? third : fifth);
  if ((args.length !== 3 && args.length !== 5) || !/^(?:allow|deny)$/i.test(access))
    throw new Unresolved(
      'powershell',
      'an access rule has an account, rights, inheritance, propagation and Allow or Deny.',
    );
  const mask =
    typeof rights === 'number' ? numberOf(rights) : rightsMask(textList(rights), kind === 'registry' ? 'net' : 'file');
  if (mask === null) throw new Unresolved('powershell', `the rights '${textOf(rights)}' are not read.`);
  const flags = isShort ? 0 : inheritance(textList(third)) | propagation(textList(fourth));
  return new RuleObject({ sid: sidOf(who), mask, flags, isDeny: /^deny$/i.test(access) });
}

function textList(value: Value): string {
  return (Array.isArray(value) ? value : [value]).map(textOf).join(',');
}

function inheritance(text: string): number {
  return (
    (/containerinherit/i.test(text) ? ACE_FLAG.containerInherit : 0) |
    (/objectinherit/i.test(text) ? ACE_FLAG.objectInherit : 0)
  );
}

function propagation(text: string): number {
  return (
    (/inheritonly/i.test(text) ? ACE_FLAG.inheritOnly : 0) | (/nopropagate/i.test(text) ? ACE_FLAG.noPropagate : 0)
  );
}
