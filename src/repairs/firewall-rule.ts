// A rule of Windows Firewall as the registry keeps it: 'v2.30|Action=Allow|Active=FALSE|...|'. Order, repeated and unknown
// fields are kept, so that a rule that is parsed and printed is the same text.

export interface FirewallRule {
  /** 'v2.30'. */
  readonly version: string;
  /** In their order; a part without '=' has value null. */
  readonly fields: readonly { readonly name: string; readonly value: string | null }[];
}

/** Null where the text is no rule. */
export function parseFirewallRule(text: string): FirewallRule | null {
  const [version, ...parts] = text.split('|');
  if (version === undefined || !/^v\d+\.\d+$/.test(version)) return null;
  return {
    version,
    fields: parts.map((part) => {
      const at = part.indexOf('=');
      return at < 0 ? { name: part, value: null } : { name: part.slice(0, at), value: part.slice(at + 1) };
    }),
  };
}

export function printFirewallRule(rule: FirewallRule): string {
  return [rule.version, ...rule.fields.map(({ name, value }) => (value === null ? name : `${name}=${value}`))].join(
    '|',
  );
}

/** The values of a field in their order; names are compared without letter case. */
function fieldValues(rule: FirewallRule, name: string): string[] {
  const values: string[] = [];
  for (const field of rule.fields) if (field.value !== null && isNamed(field, name)) values.push(field.value);
  return values;
}

/** Names are ASCII, so that letter case changes no length: a machine has hundreds of rules of a dozen fields each. */
function isNamed(field: { readonly name: string }, name: string): boolean {
  if (field.name === name) return true;
  return field.name.length === name.length && field.name.toLowerCase() === name.toLowerCase();
}

/**
 * The rule with one value for `name`: the first field of that name takes it, others of that name go, and a rule without
 * it gets it after Dir (where Windows writes ports), else at the end.
 */
export function withField(rule: FirewallRule, name: string, value: string): FirewallRule {
  const isIt = (field: { readonly name: string }): boolean => isNamed(field, name);
  const first = rule.fields.findIndex(isIt);
  if (first >= 0) {
    const fields = rule.fields
      .filter((field, i) => i === first || !isIt(field))
      .map((field) => (isIt(field) ? { name: field.name, value } : field));
    return { ...rule, fields };
  }
  const after = ['Protocol', 'Dir'].map((anchor) => rule.fields.findIndex((field) => field.name === anchor));
  const at = after.find((index) => index >= 0);
  const fields = [...rule.fields];
  fields.splice(at === undefined ? 0 : at + 1, 0, { name, value });
  return { ...rule, fields };
}

/** The rule is on, for what comes in, over TCP or any protocol. */
function isInboundTcp(rule: FirewallRule): boolean {
  const [protocol] = fieldValues(rule, 'Protocol');
  return (
    fieldValues(rule, 'Active')[0]?.toUpperCase() === 'TRUE' &&
    fieldValues(rule, 'Dir')[0]?.toLowerCase() === 'in' &&
    (protocol === undefined || protocol === '6')
  );
}

/** 'LPort', 'LPort2_10' (ranges, from schema 2.10 on), 'LPort2_20'. */
const PORT_FIELD = /^LPort(?:\d+_\d+)?$/i;
const REMOTE_ADDRESS_FIELD = /^RA\d/i;
/** Fields that narrow a rule to nothing else than ports, addresses, program and service; any other may. */
const PLAIN_FIELD =
  /^(?:Action|Active|Dir|Protocol|Profile|LPort(?:\d+_\d+)?|RA\d+|App|Svc|Name|Desc|EmbedCtxt|Edge|Defer|)$/i;

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

/** No condition beyond those that are understood here: of an app package, an owner, a remote port, an interface. */
const isPlain = (rule: FirewallRule): boolean => rule.fields.every((field) => PLAIN_FIELD.test(field.name));

/**
 * The rule lets Remote Desktop in on `port`, in the profiles that it is for. One that is for some remote addresses only
 * counts where it names the port: somebody meant it so.
 */
export function allowsRdp(rule: FirewallRule, port: number): boolean {
  if (fieldValues(rule, 'Action')[0]?.toLowerCase() !== 'allow' || !isInboundTcp(rule) || !isPlain(rule)) return false;
  if (namesPort(rule) && !coversPort(rule, port)) return false;
  const [app] = fieldValues(rule, 'App');
  const [service] = fieldValues(rule, 'Svc');
  const isOurApp = app === undefined || /^system$/i.test(app) || /\\svchost\.exe$/i.test(app);
  const isOurService = service === undefined || service === '*' || /^termservice$/i.test(service);
  return isOurApp && isOurService;
}

/** The rule shuts `port` to everybody: one that is for some remote addresses only is not meant. */
export function blocksRdp(rule: FirewallRule, port: number): boolean {
  if (fieldValues(rule, 'Action')[0]?.toLowerCase() !== 'block' || !isInboundTcp(rule) || !isPlain(rule)) return false;
  if (rule.fields.some((field) => REMOTE_ADDRESS_FIELD.test(field.name))) return false;
  if (namesPort(rule)) return coversPort(rule, port);
  return /^termservice$/i.test(fieldValues(rule, 'Svc')[0] ?? '');
}

export const FIREWALL_PROFILES = ['Domain', 'Standard', 'Public'] as const;
export type FirewallProfile = (typeof FIREWALL_PROFILES)[number];

/** The rule is for this profile; a rule that names none is for all. Rules call the standard profile Private. */
export function isForProfile(rule: FirewallRule, profile: FirewallProfile): boolean {
  const profiles = fieldValues(rule, 'Profile').map((name) => name.toLowerCase());
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
  return parseFirewallRule(text) ?? { version, fields: [] };
}
