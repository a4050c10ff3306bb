// Cmdlets that work on what a pipeline carries: ForEach-Object, Where-Object, Select-Object and the like.

import { append } from '../../../../base/lists.ts';
import { Unresolved } from '../../unresolved.ts';
import { callMethod, memberOf } from '../members.ts';
import { applied, patternOf } from '../operators.ts';
import {
  administrator,
  isNumber,
  isTrue,
  itemsOf,
  known,
  numberOf,
  oneValue,
  PsBlock,
  PsHash,
  PsObject,
  TypedNumber,
  textOf,
  type Value,
} from '../values.ts';
import type { Cmdlet, CmdletCall } from './cmdlet.ts';
import { newSecurityObject } from './permissions.ts';

function forEach(call: CmdletCall): Value[] {
  const { bound, input } = call;
  const items = bound.has('inputobject') ? itemsOf(bound.get('inputobject')) : (input ?? []);
  const output: Value[] = [];
  const begin = bound.get('begin');
  if (begin instanceof PsBlock) append(output, call.each(begin, null));
  const blocks = itemsOf(bound.get('process'));
  for (const item of items) {
    known(item);
    for (const block of blocks) {
      if (block instanceof PsBlock) append(output, call.each(block, item));
      else append(output, itemsOf(byName(item, textOf(known(block)), bound.get('argumentlist'))));
    }
  }
  const end = bound.get('end');
  if (end instanceof PsBlock) append(output, call.each(end, null));
  return output;
}

function byName(item: Value, name: string, args: Value): Value {
  const value = memberOf(item, name);
  return value === null && args !== null ? callMethod(item, name, itemsOf(args)) : value;
}

const COMPARES = [
  'eq',
  'ne',
  'gt',
  'lt',
  'ge',
  'le',
  'like',
  'notlike',
  'match',
  'notmatch',
  'contains',
  'notcontains',
  'in',
  'notin',
];

function where(call: CmdletCall): Value[] {
  const { bound, input } = call;
  const items = bound.has('inputobject') ? itemsOf(bound.get('inputobject')) : (input ?? []);
  const filter = bound.get('property');
  return items.filter((item) => {
    if (filter instanceof PsBlock) return isTrue(oneValue(call.each(filter, item)));
    const value = memberOf(item, textOf(known(filter)));
    const operator = COMPARES.find((name) => bound.has(name));
    if (operator === undefined) return isTrue(value);
    const right = bound.get(operator) === true ? bound.get('value') : bound.get(operator);
    return isTrue(applied(`-${operator}`, value, right, () => undefined));
  });
}

function select(call: CmdletCall): Value[] {
  const { bound, input } = call;
  let items = bound.has('inputobject') ? itemsOf(bound.get('inputobject')) : [...(input ?? [])].flatMap(itemsOf);
  if (bound.has('skip')) items = items.slice(numberOf(bound.get('skip')) ?? 0);
  if (bound.has('first')) items = items.slice(0, numberOf(bound.get('first')) ?? 0);
  if (bound.has('last')) items = items.slice(Math.max(0, items.length - (numberOf(bound.get('last')) ?? 0)));
  if (bound.has('index')) items = itemsOf(bound.get('index')).map((at) => items[numberOf(at) ?? 0] ?? null);
  if (bound.flag('unique'))
    items = items.filter((item, i) => items.findIndex((other) => textOf(other) === textOf(item)) === i);
  const expanded = bound.text('expandproperty');
  if (expanded !== null) return items.flatMap((item) => itemsOf(memberOf(item, expanded)));
  const wanted = itemsOf(bound.get('property'));
  if (wanted.length === 0 || wanted.some((name) => textOf(name) === '*')) return items;
  return items.map(
    (item) => new PsObject('PSCustomObject', Object.fromEntries(wanted.map((name) => property(call, item, name)))),
  );
}

/** A property of Select-Object: taken from the object, or made by `@{ Name = ...; Expression = { } }`. */
function property(call: CmdletCall, item: Value, wanted: Value): [string, Value] {
  if (!(wanted instanceof PsHash)) return [textOf(wanted), memberOf(item, textOf(wanted))];
  const one = (names: readonly string[]): Value =>
    names.map((name) => wanted.get(name)).find((value) => value !== null) ?? null;
  const expression = one(['expression', 'e', 'ex', 'exp', 'expr']);
  const name = textOf(known(one(['name', 'n', 'label', 'l'])));
  if (expression instanceof PsBlock) return [name, oneValue(call.each(expression, item))];
  return [name, memberOf(item, textOf(known(expression)))];
}

function keyOf(call: CmdletCall, item: Value): Value {
  const [by = null] = itemsOf(call.bound.get('property'));
  if (by === null) return item;
  if (by instanceof PsHash) return property(call, item, by)[1];
  return by instanceof PsBlock ? oneValue(call.each(by, item)) : memberOf(item, textOf(known(by)));
}

function sort(call: CmdletCall): Value[] {
  const keys = (call.input ?? []).map((item) => ({ item, key: known(keyOf(call, item)) }));
  keys.sort((a, b) => {
    const [x, y] = [a.key, b.key];
    if (isNumber(x) && isNumber(y)) return numberOf(x)! - numberOf(y)!;
    const [s, t] = [textOf(x).toLowerCase(), textOf(y).toLowerCase()];
    return s < t ? -1 : s > t ? 1 : 0;
  });
  const items = keys.map(({ item }) => item);
  if (call.bound.flag('descending')) items.reverse();
  return call.bound.flag('unique')
    ? items.filter((item, i) => i === 0 || textOf(items[i - 1]!) !== textOf(item))
    : items;
}

function group(call: CmdletCall): Value[] {
  const groups = new Map<string, Value[]>();
  for (const item of (call.input ?? []).flatMap(itemsOf)) {
    const name = textOf(known(keyOf(call, item)));
    groups.set(name, [...(groups.get(name) ?? []), item]);
  }
  return [...groups].map(
    ([name, items]) => new PsObject('GroupInfo', { Name: name, Count: items.length, Group: items }),
  );
}

function measure({ bound, input }: CmdletCall): Value[] {
  const items = (input ?? []).flatMap(itemsOf);
  const property = bound.text('property');
  const numbers = items.map((item) => numberOf(property === null ? item : memberOf(item, property)) ?? 0);
  const facts: Record<string, Value> = { Count: items.length };
  const double = (value: number): Value => new TypedNumber('Double', value);
  if (bound.flag('sum')) facts.Sum = double(numbers.reduce((a, b) => a + b, 0));
  if (bound.flag('maximum'))
    facts.Maximum = numbers.length === 0 ? null : double(numbers.reduce((a, b) => Math.max(a, b)));
  if (bound.flag('minimum'))
    facts.Minimum = numbers.length === 0 ? null : double(numbers.reduce((a, b) => Math.min(a, b)));
  return [new PsObject('MeasureInfo', facts)];
}

function selectString({ bound, input }: CmdletCall): Value[] {
  if (input === null && !bound.has('inputobject'))
    throw new Unresolved('powershell', 'Select-String of files is not read.');
  const lines = (input ?? itemsOf(bound.get('inputobject')))
    .flatMap(itemsOf)
    .flatMap((item) => textOf(known(item)).split(/\r?\n/));
  const flags = bound.flag('casesensitive') ? '' : 'i';
  const patterns = bound
    .texts('pattern')
    .map((text) =>
      bound.flag('simplematch')
        ? new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), flags)
        : patternOf(text, flags),
    );
  const isInverse = bound.flag('notmatch');
  const hits = lines.flatMap((line, i): Value[] => {
    const match = patterns.map((pattern) => pattern.exec(line)).find((one) => one !== null) ?? null;
    if ((match !== null) === isInverse) return [];
    const groups = (match ?? []).map((text) => new PsObject('Group', { Value: text ?? '' }, text ?? ''));
    const found = new PsObject(
      'Match',
      { Value: match?.[0] ?? '', Groups: groups, Success: match !== null },
      match?.[0] ?? '',
    );
    return [
      new PsObject(
        'MatchInfo',
        { Line: line, LineNumber: i + 1, Matches: [found], Pattern: bound.texts('pattern')[0] ?? '' },
        line,
      ),
    ];
  });
  return bound.flag('quiet') ? [hits.length > 0] : hits;
}

function joinPath({ bound, input }: CmdletCall): Value[] {
  const parents = bound.has('path') ? bound.texts('path') : (input ?? []).map((item) => textOf(known(item)));
  const rest = [...bound.texts('childpath'), ...bound.texts('additionalchildpath')];
  return parents.map((parent) =>
    rest.reduce((base, part) => `${base.replace(/[\\/]+$/, '')}\\${part.replace(/^[\\/]+/, '')}`, parent),
  );
}

function splitPath({ bound, input }: CmdletCall): Value[] {
  const path = bound.text('path') ?? textOf(known(oneValue(input ?? [])));
  const bare = path.replace(/[\\/]$/, '');
  const cut = Math.max(bare.lastIndexOf('\\'), bare.lastIndexOf('/'));
  if (bound.flag('leaf')) return [bare.slice(cut + 1)];
  if (bound.flag('leafbase')) return [bare.slice(cut + 1).replace(/\.[^.]*$/, '')];
  if (bound.flag('qualifier')) return [/^[A-Za-z]+:/.exec(bare)?.[0] ?? ''];
  if (bound.flag('noqualifier')) return [bare.replace(/^[A-Za-z]+:/, '')];
  return [cut < 0 ? '' : bare.slice(0, cut)];
}

function newObject({ bound }: CmdletCall): Value[] {
  const type = bound.text('typename') ?? '';
  const made = objectOf(type, itemsOf(bound.get('argumentlist')), bound.get('property'));
  if (made === null) throw new Unresolved('powershell', `New-Object ${type} is not read.`);
  return [made];
}

/** What New-Object and [type]::new() make; null for a type that is not made here. */
export function objectOf(typeName: string, args: readonly Value[], properties: Value = null): Value {
  if (/^(?:system\.)?security\.principal\.windowsprincipal$/i.test(typeName)) return administrator();
  const security = newSecurityObject(typeName, args);
  if (security !== null) return security;
  const type = typeName.toLowerCase().replace(/^system\./, '');
  if (/^(?:pscustomobject|psobject|object|management\.automation\.psobject)$/.test(type)) {
    const from = properties instanceof PsHash ? properties : new PsHash();
    return new PsObject('PSCustomObject', Object.fromEntries(from.keys.map((key) => [key, from.get(key)])));
  }
  if (/^collections\.(?:arraylist|generic\.(?:list|hashset|queue|stack))|^string\[\]|^object\[\]/.test(type)) return [];
  if (/^(?:collections\.)?hashtable$|^collections\.(?:generic\.dictionary|specialized\.ordereddictionary)/.test(type))
    return new PsHash();
  // An exception is what it says.
  if (/exception$/.test(type)) {
    const message = textOf(args[0] ?? '');
    return new PsObject('Exception', { Message: message }, message);
  }
  return null;
}

function addMember({ bound, input }: CmdletCall): Value[] {
  const items = bound.has('inputobject') ? itemsOf(bound.get('inputobject')) : (input ?? []);
  const pairs = bound.get('notepropertymembers');
  for (const item of items) {
    if (!(item instanceof PsObject))
      throw new Unresolved('powershell', 'Add-Member works on objects that the script makes.');
    if (pairs instanceof PsHash) for (const key of pairs.keys) item.properties.set(key, pairs.get(key));
    const name = bound.text('notepropertyname') ?? bound.text('name');
    if (name !== null)
      item.properties.set(name, bound.has('notepropertyvalue') ? bound.get('notepropertyvalue') : bound.get('value'));
  }
  return bound.flag('passthru') ? [...items] : [];
}

export const OBJECT_CMDLETS: Readonly<Record<string, Cmdlet>> = {
  'foreach-object': {
    positional: ['process'],
    named: ['begin', 'end', 'membername', 'argumentlist', 'inputobject', 'throttlelimit'],
    aliases: { membername: 'process' },
    run: forEach,
  },
  'where-object': {
    positional: ['property', 'value'],
    named: ['filterscript', 'inputobject'],
    switches: COMPARES,
    aliases: { filterscript: 'property' },
    run: where,
  },
  'select-object': {
    positional: ['property'],
    named: ['first', 'last', 'skip', 'index', 'expandproperty', 'excludeproperty', 'inputobject'],
    switches: ['unique', 'wait'],
    run: select,
  },
  'sort-object': { positional: ['property'], switches: ['descending', 'unique'], run: sort },
  'group-object': { positional: ['property'], switches: ['noelement', 'ashashtable'], run: group },
  'measure-object': {
    positional: ['property'],
    switches: ['sum', 'maximum', 'minimum', 'average', 'line', 'word', 'character'],
    run: measure,
  },
  'select-string': {
    positional: ['pattern', 'path'],
    named: ['inputobject', 'encoding', 'context'],
    switches: ['simplematch', 'quiet', 'casesensitive', 'notmatch', 'allmatches', 'list'],
    run: selectString,
  },
  'join-path': { positional: ['path', 'childpath', 'additionalchildpath'], switches: ['resolve'], run: joinPath },
  'split-path': {
    positional: ['path'],
    named: ['literalpath'],
    switches: ['leaf', 'parent', 'qualifier', 'noqualifier', 'leafbase', 'extension', 'resolve'],
    aliases: { literalpath: 'path' },
    run: splitPath,
  },
  'new-object': { positional: ['typename', 'argumentlist'], named: ['property', 'comobject'], run: newObject },
  'add-member': {
    positional: ['notepropertyname', 'notepropertyvalue'],
    named: ['membertype', 'name', 'value', 'inputobject', 'notepropertymembers'],
    switches: ['force', 'passthru'],
    run: addMember,
  },
};
