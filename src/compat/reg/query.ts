// reg query: keys and values as reg.exe lists them, and its searches.

import { append } from '../../base/lists.ts';
import { printable, upcase } from '../../base/text.ts';
import type { Key, Value } from '../../registry/hive.ts';
import { typeNumber } from '../../registry/value.ts';
import { invalidSyntax, NOT_FOUND_TEXT, type RegArguments, RegFailure } from './arguments.ts';
import type { RegistryContext } from './context.ts';
import { dataText, LIST_SEPARATOR, type Shown, shownName, valueLine } from './value-text.ts';

interface QueryResult {
  readonly exitCode: number;
  readonly stdout: string;
}

/** What is printed of a value, and what is looked for. */
interface Search {
  readonly isRecursive: boolean;
  readonly isVerbose: boolean;
  readonly separator: string;
  readonly types: ReadonlySet<number> | null;
  /** Null: everything matches. */
  readonly pattern: ((text: string) => boolean) | null;
  readonly inKeys: boolean;
  readonly inNames: boolean;
  readonly inData: boolean;
  /** Only the value of this name. */
  readonly name: string | null;
}

export function regQuery(args: RegArguments, context: RegistryContext): QueryResult {
  const search = searchOf(args);
  const keyText = args.names[0]!;
  const roots = context.roots();
  const bare = bareRoot(keyText);
  if (bare !== null && !args.switches.has('s') && !args.switches.has('f')) {
    const below = roots.filter((name) => name.startsWith(`${bare}\\`));
    return { exitCode: 0, stdout: `\n${below.map((name) => `${name}\n`).join('')}` };
  }
  const places = bare === null ? [keyText] : roots.filter((name) => name.startsWith(`${bare}\\`));
  const found = places.map((place) => context.resolve(place)).map((at) => ({ ...at, key: at.hive.key(at.path) }));
  const lister = new Lister(search, context.isForScript ? asIs : printable);
  for (const { key, shown } of found) {
    if (key === null) throw new RegFailure(NOT_FOUND_TEXT);
    if (isSearch(args)) lister.search(key, shown);
    else if (search.name !== null) lister.named(key, shown);
    else lister.list(key, shown);
  }
  return lister.result(isSearch(args), search.isRecursive);
}

/** With /f or /t reg.exe searches and counts. */
function isSearch(args: RegArguments): boolean {
  return args.switches.has('f') || args.switches.has('t');
}

const ROOT_NAMES: Readonly<Record<string, string>> = {
  HKLM: 'HKEY_LOCAL_MACHINE',
  HKEY_LOCAL_MACHINE: 'HKEY_LOCAL_MACHINE',
  HKU: 'HKEY_USERS',
  HKEY_USERS: 'HKEY_USERS',
};

function bareRoot(keyText: string): string | null {
  return ROOT_NAMES[upcase(keyText.replace(/\\$/, ''))] ?? null;
}

function searchOf(args: RegArguments): Search {
  const { switches } = args;
  const separator = switches.get('se') ?? LIST_SEPARATOR;
  if (switches.has('se') && separator.length !== 1) throw invalidSyntax('query', '/se takes one character');
  const isNamesOnly = switches.has('f') && switches.has('v') && switches.get('v') === null;
  const isNarrowed = switches.has('k') || switches.has('d') || isNamesOnly;
  return {
    isRecursive: switches.has('s'),
    isVerbose: switches.has('z'),
    separator,
    types: switches.has('t') ? typesOf(switches.get('t') ?? '') : null,
    pattern: switches.has('f') ? matcher(switches.get('f') ?? '', switches.has('c'), switches.has('e')) : null,
    inKeys: !isNarrowed || switches.has('k'),
    inNames: !isNarrowed || isNamesOnly,
    inData: !isNarrowed || switches.has('d'),
    name: switches.has('ve') ? '' : (switches.get('v') ?? null),
  };
}

function typesOf(text: string): ReadonlySet<number> {
  const types = new Set<number>();
  for (const name of text.split(',')) {
    const type = typeNumber(name.trim());
    if (type === null) throw invalidSyntax('query', `${name} is not a type of a value`);
    types.add(type);
  }
  return types;
}

/** `*` and `?` stand for any text and any character; without them a part of the text is enough, unless /e. */
function matcher(pattern: string, isCaseSensitive: boolean, isExact: boolean): (text: string) => boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '[^]*')
    .replaceAll('?', '[^]');
  const isWhole = isExact || /[*?]/.test(pattern);
  const expression = new RegExp(isWhole ? `^${source}$` : source, isCaseSensitive ? '' : 'i');
  return (text) => expression.test(text);
}

class Lister {
  private readonly options: Search;
  private readonly shown: Shown;
  private readonly parts: string[] = [];
  private matches = 0;

  constructor(options: Search, shown: Shown) {
    this.options = options;
    this.shown = shown;
  }

  /** A key's values and the names of its subkeys; with /s the subkeys in the same way. */
  list(key: Key, shown: string): void {
    const values = key.values();
    const subkeys = key.subkeys();
    if (values.length > 0 || this.options.isRecursive) this.heading(shown);
    for (const value of values) this.value(value);
    if (this.options.isRecursive) {
      for (const subkey of subkeys) this.list(subkey, below(shown, subkey));
    } else if (values.length > 0 || subkeys.length > 0) {
      this.parts.push('\n');
      append(
        this.parts,
        subkeys.map((subkey) => `${this.shown(below(shown, subkey))}\n`),
      );
    }
  }

  /** One value of the key, with /s of every key below it that has it. */
  named(key: Key, shown: string): void {
    const name = this.options.name ?? '';
    const value = key.value(name);
    if (value !== null) {
      this.heading(shown);
      this.value(value);
      this.matches += 1;
    } else if (name === '') {
      this.heading(shown);
      this.parts.push('    (Default)    REG_SZ    (value not set)\n');
      this.matches += 1;
    } else if (!this.options.isRecursive) throw new RegFailure(NOT_FOUND_TEXT);
    if (this.options.isRecursive) for (const subkey of key.subkeys()) this.named(subkey, below(shown, subkey));
  }

  search(key: Key, shown: string): void {
    this.matchValues(key, shown, false);
    this.searchSubkeys(key, shown);
  }

  private searchSubkeys(key: Key, shown: string): void {
    const { inKeys, isRecursive, pattern, types } = this.options;
    for (const subkey of key.subkeys()) {
      const subkeyShown = below(shown, subkey);
      const isNamed = inKeys && pattern?.(subkey.name) === true;
      if (isNamed) this.matchKey(subkey, subkeyShown);
      if (!isRecursive) continue;
      if (!isNamed || types === null) this.matchValues(subkey, subkeyShown, isNamed);
      this.searchSubkeys(subkey, subkeyShown);
    }
  }

  /** A key whose name matches counts as one; where types are asked for, its values of these types stand for it. */
  private matchKey(key: Key, shown: string): void {
    const { types } = this.options;
    if (types === null) {
      this.heading(shown);
      this.matches += 1;
      return;
    }
    const values = key.values().filter((value) => types.has(value.type));
    if (values.length > 0) this.heading(shown);
    for (const value of values) this.value(value);
    this.matches += values.length;
  }

  private matchValues(key: Key, shown: string, isHeaded: boolean): void {
    const values = key.values().filter((value) => this.isMatch(value));
    if (values.length > 0 && !isHeaded) this.heading(shown);
    for (const value of values) this.value(value);
    this.matches += values.length;
  }

  private isMatch(value: Value): boolean {
    const { name, types, pattern, inNames, inData, separator } = this.options;
    if (types !== null && !types.has(value.type)) return false;
    if (name !== null && upcase(value.name) !== upcase(name)) return false;
    if (pattern === null) return true;
    return (inNames && pattern(shownName(value.name, asIs))) || (inData && pattern(dataText(value, separator, asIs)));
  }

  private heading(shown: string): void {
    this.parts.push(`\n${this.shown(shown)}\n`);
  }

  private value(value: Value): void {
    this.parts.push(`${valueLine(value, this.options.separator, this.options.isVerbose, this.shown)}\n`);
  }

  result(isSearch: boolean, isRecursive: boolean): QueryResult {
    const isCounted = isSearch || (isRecursive && this.options.name !== null);
    const isList = !isCounted && !isRecursive && this.options.name === null;
    const end = isCounted ? `\nEnd of search: ${this.matches} match(es) found.\n` : isList ? '' : '\n';
    return { exitCode: isCounted && this.matches === 0 ? 1 : 0, stdout: this.parts.join('') + end };
  }
}

const asIs: Shown = (text) => text;

function below(shown: string, key: Key): string {
  return `${shown}\\${key.name}`;
}
