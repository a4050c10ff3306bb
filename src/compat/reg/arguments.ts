// reg.exe's grammar: names first, each at its place (so that a POSIX path is never taken for a switch), switches after.

import { parseKeyPath } from '../../registry/path.ts';

export type RegVerb =
  | 'query'
  | 'add'
  | 'delete'
  | 'copy'
  | 'compare'
  | 'export'
  | 'import'
  | 'save'
  | 'restore'
  | 'load'
  | 'unload';

/** 'flag' stands alone, 'text' takes the next argument, 'optional' takes it unless it is a switch. */
type SwitchKind = 'flag' | 'text' | 'optional';

interface VerbGrammar {
  /** Names of the arguments that come first. */
  readonly names: readonly string[];
  readonly switches: Readonly<Record<string, SwitchKind>>;
  readonly usage: string;
}

const VIEW = { 'reg:32': 'flag', 'reg:64': 'flag' } as const;

export const REG_GRAMMAR: Readonly<Record<RegVerb, VerbGrammar>> = {
  query: {
    names: ['KeyName'],
    switches: {
      v: 'optional',
      ve: 'flag',
      s: 'flag',
      f: 'text',
      k: 'flag',
      d: 'flag',
      c: 'flag',
      e: 'flag',
      t: 'text',
      z: 'flag',
      se: 'text',
      ...VIEW,
    },
    usage: '[/v [ValueName] | /ve] [/s] [/f Data [/k] [/d] [/c] [/e]] [/t Type] [/z] [/se Separator]',
  },
  add: {
    names: ['KeyName'],
    switches: { v: 'text', ve: 'flag', t: 'text', s: 'text', d: 'text', f: 'flag', ...VIEW },
    usage: '[/v ValueName | /ve] [/t Type] [/s Separator] [/d Data] [/f]',
  },
  delete: {
    names: ['KeyName'],
    switches: { v: 'text', ve: 'flag', va: 'flag', f: 'flag', ...VIEW },
    usage: '[/v ValueName | /ve | /va] [/f]',
  },
  copy: { names: ['KeyName1', 'KeyName2'], switches: { s: 'flag', f: 'flag', ...VIEW }, usage: '[/s] [/f]' },
  compare: {
    names: ['KeyName1', 'KeyName2'],
    switches: { v: 'text', ve: 'flag', s: 'flag', oa: 'flag', od: 'flag', os: 'flag', on: 'flag', ...VIEW },
    usage: '[/v ValueName | /ve] [/oa | /od | /os | /on] [/s]',
  },
  export: { names: ['KeyName', 'FileName'], switches: { y: 'flag', ...VIEW }, usage: '[/y]' },
  import: { names: ['FileName'], switches: { ...VIEW }, usage: '' },
  save: { names: ['KeyName', 'FileName'], switches: { y: 'flag', ...VIEW }, usage: '[/y]' },
  restore: { names: ['KeyName', 'FileName'], switches: { ...VIEW }, usage: '' },
  load: { names: ['KeyName', 'FileName'], switches: { ...VIEW }, usage: '' },
  unload: { names: ['KeyName'], switches: {}, usage: '' },
};

/** What reg.exe would say and exit with; `hint` is ours and follows on a line of its own. */
export class RegFailure extends Error {
  readonly hint: string | null;

  constructor(message: string, hint: string | null = null) {
    super(message);
    this.hint = hint;
  }
}

export const NOT_FOUND_TEXT = 'The system was unable to find the specified registry key or value.';

export function invalidSyntax(verb: string, hint: string | null = null): RegFailure {
  return new RegFailure(`Invalid syntax.\nType "REG ${verb.toUpperCase()} /?" for usage.`, hint);
}

export interface RegArguments {
  readonly verb: RegVerb;
  /** As many as the grammar names. */
  readonly names: readonly string[];
  /** Each switch that was given, in lower case; '' for flags, null for /v without a name. */
  readonly switches: ReadonlyMap<string, string | null>;
}

/** Null for a request for help (`/?`). RegFailure for what reg.exe refuses. */
export function parseRegArguments(verb: RegVerb, argv: readonly string[]): RegArguments | null {
  const grammar = REG_GRAMMAR[verb];
  if (argv.some((arg) => arg === '/?' || arg === '-?')) return null;
  for (const arg of argv) {
    if (arg.includes('\0')) throw new RegFailure('a name or data hold a NUL, which no user may write.');
  }
  const names = argv.slice(0, grammar.names.length);
  if (names.length < grammar.names.length) throw invalidSyntax(verb, `${grammar.names[names.length]} is missing`);
  const switches = parseSwitches(verb, argv.slice(names.length));
  refuseTogether(verb, switches);
  if (switches.has('reg:32')) {
    throw new RegFailure('/reg:32 is not done on a disk.', 'name the 32-bit keys themselves: SOFTWARE\\WOW6432Node');
  }
  return { verb, names, switches };
}

function parseSwitches(verb: RegVerb, args: readonly string[]): Map<string, string | null> {
  const grammar = REG_GRAMMAR[verb].switches;
  const found = new Map<string, string | null>();
  for (let i = 0; i < args.length; i += 1) {
    const arg = args[i]!;
    const name = switchName(arg);
    const kind = name === null ? undefined : grammar[name];
    if (name === null || kind === undefined || found.has(name)) throw invalidSyntax(verb, switchHint(arg, grammar));
    const next = args[i + 1];
    if (kind === 'flag') found.set(name, '');
    else if (kind === 'optional' && (next === undefined || isSwitch(next, grammar))) found.set(name, null);
    else if (next === undefined) throw invalidSyntax(verb, `${arg} is followed by nothing`);
    else {
      found.set(name, next);
      i += 1;
    }
  }
  return found;
}

function switchName(arg: string): string | null {
  return /^[/-]/.test(arg) ? arg.slice(1).toLowerCase() : null;
}

function isSwitch(arg: string, grammar: Readonly<Record<string, SwitchKind>>): boolean {
  const name = switchName(arg);
  return name !== null && name in grammar;
}

/** MSYS turns '/ve' into a path below its own root before we see it, and '/v' into 'V:/'. */
function switchHint(arg: string, grammar: Readonly<Record<string, SwitchKind>>): string {
  const last = (/^[a-z]:\/(?:.*\/)?([a-z]+)$/i.exec(arg) ?? /^([a-z]):\/$/i.exec(arg))?.[1]?.toLowerCase();
  if (last !== undefined && last in grammar) {
    return `the shell (MSYS) made the switch /${last} a path: set MSYS_NO_PATHCONV=1, or write //${last}`;
  }
  return `'${arg}' was not expected here; names with blanks need quotes`;
}

const EXCLUSIVE: readonly (readonly string[])[] = [
  ['v', 've', 'va'],
  ['oa', 'od', 'os', 'on'],
  ['reg:32', 'reg:64'],
];

function refuseTogether(verb: RegVerb, switches: ReadonlyMap<string, string | null>): void {
  for (const group of EXCLUSIVE) {
    const given = group.filter((name) => switches.has(name));
    if (given.length > 1)
      throw invalidSyntax(verb, `${given.map((name) => `/${name}`).join(' and ')} exclude each other`);
  }
  if (verb === 'compare' && switches.has('s') && (switches.has('v') || switches.has('ve'))) {
    throw invalidSyntax(verb, '/s compares whole keys, /v and /ve one value');
  }
  if (verb !== 'query') return;
  if (switches.get('v') === null && switches.has('v') && !switches.has('f')) {
    throw invalidSyntax(verb, '/v needs a value name unless /f is given');
  }
  const narrowed = ['k', 'd', 'c', 'e'].filter((name) => switches.has(name));
  if (narrowed.length > 0 && !switches.has('f')) throw invalidSyntax(verb, `/${narrowed[0]} narrows a search: give /f`);
}

/** The syntax of one verb, or of all. */
export function regUsage(verb: RegVerb | null): string {
  const line = (name: RegVerb): string => {
    const { names, usage } = REG_GRAMMAR[name];
    return `REG ${name.toUpperCase()} ${names.join(' ')}${usage === '' ? '' : ` ${usage}`}`;
  };
  if (verb !== null) return `${line(verb)}\n`;
  const verbs = Object.keys(REG_GRAMMAR) as RegVerb[];
  return `${verbs.map(line).join('\n')}\n\nExit code: 0 done, 1 failed; REG COMPARE: 0 identical, 1 failed, 2 different\n`;
}

const ROOTS =
  'HKEY_LOCAL_MACHINE|HKEY_USERS|HKEY_CLASSES_ROOT|HKEY_CURRENT_USER|HKEY_CURRENT_CONFIG|HKLM|HKCR|HKCU|HKCC|HKU';
const HIVES = 'SYSTEM|SOFTWARE|SAM|SECURITY|DEFAULT|BCD00000000|BROKENSYSTEM|BROKENSOFTWARE';

/** Key names that reg.exe would not take; the hint shows the line in quotes where a shell took the backslashes. */
export function checkKeyName(verb: RegVerb, keyText: string): void {
  const eaten = new RegExp(`^(${ROOTS})(${HIVES})([^\\\\]*)$`, 'i').exec(keyText);
  if (eaten) {
    const [, root, hive, rest] = eaten;
    throw invalidKeyName(
      verb,
      `the shell took the backslashes away: quote the key, '${root}\\${hive}${rest === '' ? '' : '\\...'}'`,
    );
  }
  if (keyText.startsWith('\\\\')) throw invalidKeyName(verb, 'no other machine is reached: name a key of the disk');
  try {
    parseKeyPath(keyText);
  } catch {
    throw invalidKeyName(verb, 'one backslash stands between two names');
  }
}

export function invalidKeyName(verb: RegVerb, hint: string | null): RegFailure {
  return new RegFailure(`Invalid key name.\nType "REG ${verb.toUpperCase()} /?" for usage.`, hint);
}
