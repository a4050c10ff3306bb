// A rule of Windows Firewall as the registry keeps it: 'v2.30|Action=Allow|Active=FALSE|...|'. Order, repeated and unknown
// fields are kept, so that a rule that is parsed and printed is the same text.

interface RuleField {
  readonly name: string;
  readonly value: string | null;
}

/** A rule, kept as its text: a machine has hundreds of a dozen fields each, and most are put aside after two of them. */
export class FirewallRule {
  readonly text: string;
  private known: readonly RuleField[] | null = null;

  constructor(text: string) {
    this.text = text;
  }

  /** 'v2.30'. */
  get version(): string {
    return this.text.split('|', 1)[0] ?? '';
  }

  /** In their order; a part without '=' has value null. */
  get fields(): readonly RuleField[] {
    this.known ??= this.text
      .split('|')
      .slice(1)
      .map((part) => {
        const at = part.indexOf('=');
        return at < 0 ? { name: part, value: null } : { name: part.slice(0, at), value: part.slice(at + 1) };
      });
    return this.known;
  }

  /** The value of the first field that `field` finds, in lower case; null where there is none. */
  first(field: RegExp): string | null {
    return field.exec(this.text)?.[1]?.toLowerCase() ?? null;
  }
}

/** Fields by name, without letter case. */
const ACTION = /\|Action=([^|]*)/i;
const ACTIVE = /\|Active=([^|]*)/i;
const DIR = /\|Dir=([^|]*)/i;
const PROTOCOL = /\|Protocol=([^|]*)/i;
const APP = /\|App=([^|]*)/i;
const SVC = /\|Svc=([^|]*)/i;

/** Null where the text is no rule. */
export function parseFirewallRule(text: string): FirewallRule | null {
  return /^v\d+\.\d+(?:\||$)/.test(text) ? new FirewallRule(text) : null;
}

function ruleOf(version: string, fields: readonly RuleField[]): FirewallRule {
  return new FirewallRule(
    [version, ...fields.map(({ name, value }) => (value === null ? name : `${name}=${value}`))].join('|'),
  );
}

/** The names of fields are compared without letter case. */
function isNamed(field: RuleField, name: string): boolean {
  return field.name.toLowerCase() === name.toLowerCase();
}

/**
 * The rule with one value for `name`: the first field of that name takes it, others of that name go, and a rule without
 * it gets it after Dir (where Windows writes ports), else at the end.
 */
export function withField(rule: FirewallRule, name: string, value: string): FirewallRule {
  const isIt = (field: RuleField): boolean => isNamed(field, name);
  const first = rule.fields.findIndex(isIt);
  if (first >= 0) {
    const fields = rule.fields
      .filter((field, i) => i === first || !isIt(field))
      .map((field) => (isIt(field) ? { name: field.name, value } : field));
    return ruleOf(rule.version, fields);
  }
  const after = ['Protocol', 'Dir'].map((anchor) => rule.fields.findIndex((field) => field.name === anchor));
  const at = after.find((index) => index >= 0);
  const fields = [...rule.fields];
  fields.splice(at === undefined ? 0 : at + 1, 0, { name, value });
  return ruleOf(rule.version, fields);
}

/** The rule is on, for what comes in, over TCP or any protocol. */
function isInboundTcp(rule: FirewallRule): boolean {
  if (rule.first(ACTIVE) !== 'true' || rule.first(DIR) !== 'in') return false;
  const protocol = rule.first(PROTOCOL);
  return protocol === null || protocol === '6';
}

/** The rule names UDP as its protocol. */
export function isForUdp(rule: FirewallRule): boolean {
  return rule.first(PROTOCOL) === '17';
}

/** 'LPort', 'LPort2_10' (ranges, from schema 2.10 on), 'LPort2_20'. */
const PORT_FIELD = /^LPort(?:\d+_\d+)?$/i;
const REMOTE_ADDRESS_FIELD = /^RA\d/i;
/** Fields that narrow a rule to nothing else than ports, addresses, program and service; any other may. */
const PLAIN_FIELD =
  /^(?:Action|Active|Dir|Protocol|Profile|LPort(?:\d+_\d+)?|RA\d+|App|Svc|Name|Desc|EmbedCtxt|Edge|Defer|)$/i;

/** Fields that make a rule one of an app package, a user or a peer's port, and no rule of a service. */
const FOREIGN_FIELD = /^(?:AppPkgId|PFN|LUOwn|LUAuth.*|TTK.*|NNm|SecurityRealmId|RPort.*)$/i;

function coversPort(rule: FirewallRule, port: number): boolean {
  return rule.fields
    .filter((field) => PORT_FIELD.test(field.name))
    .flatMap((field) => (field.value ?? '').split(','))
    .some((part) => {
      const [from, to = from] = part.split('-').map(Number);
      return from !== undefined && to !== undefined && port >= from && port <= to;
    });
}

const namesPort = (rule: FirewallRule): boolean => rule.fields.some((field) => PORT_FIELD.test(field.name));

/** No condition beyond those that are understood here. */
const isPlain = (rule: FirewallRule): boolean => rule.fields.every((field) => PLAIN_FIELD.test(field.name));

/** The second lets in what IPsec has authenticated, over every rule that blocks. Source: [MS-FASP]. */
const LETS_IN: readonly (string | null)[] = ['allow', 'bypass'];

/**
 * The rule lets Remote Desktop in on `port`, in the profiles that it is for. One that is for some addresses, interfaces or
 * peers only counts where it names the port: somebody meant it so.
 */
export function allowsRdp(rule: FirewallRule, port: number): boolean {
  if (!isInboundTcp(rule) || !LETS_IN.includes(rule.first(ACTION)) || !isOfRdp(rule, port)) return false;
  return isPlain(rule) || (namesPort(rule) && !rule.fields.some((field) => FOREIGN_FIELD.test(field.name)));
}

/** Remote Desktop's port, program and service are among those of the rule; one that names none is for all. */
function isOfRdp(rule: FirewallRule, port: number): boolean {
  if (namesPort(rule) && !coversPort(rule, port)) return false;
  const app = rule.first(APP);
  const service = rule.first(SVC);
  const isOurApp = app === null || app === 'system' || /(?:^|\\)svchost\.exe$/.test(app);
  const isOurService = service === null || service === '*' || service === 'termservice';
  return isOurApp && isOurService;
}

/** The rule shuts Remote Desktop out to everybody: one that is for some remote addresses only is not meant. */
export function blocksRdp(rule: FirewallRule, port: number): boolean {
  if (rule.first(ACTION) !== 'block' || !isInboundTcp(rule) || !isPlain(rule)) return false;
  if (rule.fields.some((field) => REMOTE_ADDRESS_FIELD.test(field.name))) return false;
  return isOfRdp(rule, port);
}

export const FIREWALL_PROFILES = ['Domain', 'Standard', 'Public'] as const;
export type FirewallProfile = (typeof FIREWALL_PROFILES)[number];

/** The rule is for this profile; a rule that names none is for all. Rules call the standard profile Private. */
export function isForProfile(rule: FirewallRule, profile: FirewallProfile): boolean {
  const profiles = rule.fields.flatMap((field) =>
    field.value !== null && isNamed(field, 'Profile') ? field.value.toLowerCase() : [],
  );
  return profiles.length === 0 || profiles.includes((profile === 'Standard' ? 'Private' : profile).toLowerCase());
}

/** The rule that Windows itself ships, on, for `port`: Windows 7's texts up to NT 6.1, Windows 10's after it. */
export function standardRule(version: string, isNt61: boolean, port: number): FirewallRule {
  const [name, description, context] = isNt61 ? [28_853, 28_856, 28_852] : [28_775, 28_756, 28_752];
  const text = [
    version,
    'Action=Allow',
    'Active=TRUE',
    'Dir=In',
    'Protocol=6',
    `LPort=${port}`,
    'App=%SystemRoot%\\system32\\svchost.exe',
    'Svc=termservice',
    `Name=@FirewallAPI.dll,-${name}`,
    `Desc=@FirewallAPI.dll,-${description}`,
    `EmbedCtxt=@FirewallAPI.dll,-${context}`,
    '',
  ].join('|');
  return new FirewallRule(text);
}
