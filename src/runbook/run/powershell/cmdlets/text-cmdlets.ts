// Cmdlets that make objects of JSON and CSV, and texts of objects.

import { unkept } from '../../../parse/marks.ts';
import { decoded } from '../../../tools/file-commands.ts';
import type { OfflineSystem } from '../../../tools/offline-system.ts';
import { Unresolved } from '../../unresolved.ts';
import { memberOf } from '../members.ts';
import { intOrDouble, isNumber, itemsOf, known, numberOf, PsHash, PsObject, textOf, type Value } from '../values.ts';
import type { Cmdlet, CmdletCall, Step } from './cmdlet.ts';
import type { FileItems } from './file-items.ts';

export function textCmdlets(system: OfflineSystem, files: FileItems, step: Step): Readonly<Record<string, Cmdlet>> {
  const csv = {
    positional: ['path', 'delimiter'],
    named: ['encoding', 'delimiter', 'inputobject', 'header'],
    switches: ['notypeinformation', 'force', 'append', 'noclobber', 'useculture'],
    aliases: { literalpath: 'path', nti: 'notypeinformation' },
  };
  const delimiter = ({ bound }: CmdletCall): string => bound.text('delimiter') ?? ',';
  return {
    'convertfrom-json': {
      positional: ['inputobject'],
      switches: ['ashashtable'],
      named: ['depth'],
      run: (call) => itemsOf(fromJson(given(call).join('\n'))),
    },
    'convertto-json': {
      positional: ['inputobject'],
      switches: ['compress', 'asarray'],
      named: ['depth'],
      run: (call) => {
        const items = objects(call);
        if (items.length === 0) return [];
        const all = items.length === 1 && !call.bound.flag('asarray') ? plain(items[0]!) : items.map(plain);
        return [JSON.stringify(all, null, call.bound.flag('compress') ? undefined : 4).replaceAll('\n', '\r\n')];
      },
    },
    'convertfrom-csv': {
      ...csv,
      positional: ['inputobject', 'delimiter'],
      run: (call) => fromCsv(given(call).join('\n'), delimiter(call)),
    },
    'import-csv': {
      ...csv,
      run: (call) =>
        call.bound
          .texts('path')
          .flatMap((path) => fromCsv(decoded(system.files.read(files.located(path))), delimiter(call))),
    },
    'convertto-csv': { ...csv, positional: ['inputobject'], run: (call) => toCsv(objects(call), delimiter(call)) },
    'export-csv': {
      ...csv,
      run: (call) => {
        const lines = toCsv(objects(call), delimiter(call)).map((line) => `${unkept(line)}\r\n`);
        const path = files.located(call.bound.text('path') ?? '');
        const bytes = new TextEncoder().encode(lines.join(''));
        step(call, () => system.files.write(path, bytes, call.bound.flag('append')));
        return [];
      },
    },
  };
}

function objects({ bound, input }: CmdletCall): Value[] {
  return bound.has('inputobject') ? itemsOf(bound.get('inputobject')) : [...(input ?? [])].flatMap(itemsOf);
}

function given(call: CmdletCall): string[] {
  return objects(call).map((item) => textOf(known(item)));
}

function fromJson(text: string): Value {
  try {
    return jsonValue(JSON.parse(text));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new Unresolved('powershell', 'this JSON is not read.');
  }
}

function jsonValue(json: unknown): Value {
  if (Array.isArray(json)) return json.map(jsonValue);
  if (typeof json === 'object' && json !== null)
    return new PsObject(
      'PSCustomObject',
      Object.fromEntries(Object.entries(json).map(([key, one]) => [key, jsonValue(one)])),
    );
  if (typeof json !== 'number') return json as Value;
  return Number.isSafeInteger(json) && json !== (json | 0) ? BigInt(json) : intOrDouble(json);
}

function plain(value: Value): unknown {
  const sure = known(value);
  if (Array.isArray(sure)) return sure.map(plain);
  const hash = sure instanceof PsObject ? sure.properties : sure instanceof PsHash ? sure : null;
  if (hash !== null) return Object.fromEntries(hash.keys.map((key) => [key, plain(hash.get(key))]));
  if (isNumber(sure)) return numberOf(sure);
  return typeof sure === 'object' && sure !== null ? textOf(sure) : sure;
}

/** Fields of a line, quotes taken off. */
function fields(line: string, separator: string): string[] {
  const found: string[] = [];
  let field = '';
  let isQuoted = false;
  for (let i = 0; i < line.length; i += 1) {
    const character = line[i]!;
    if (character === '"' && isQuoted && line[i + 1] === '"') {
      field += '"';
      i += 1;
    } else if (character === '"') isQuoted = !isQuoted;
    else if (character === separator && !isQuoted) {
      found.push(field);
      field = '';
    } else field += character;
  }
  return [...found, field];
}

function fromCsv(text: string, separator: string): Value[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('#TYPE'));
  const [head = '', ...rows] = lines;
  const names = fields(head, separator);
  return rows.map((row) => {
    const own = fields(row, separator);
    return new PsObject('PSCustomObject', Object.fromEntries(names.map((name, i) => [name.trim(), own[i] ?? null])));
  });
}

function toCsv(items: readonly Value[], separator: string): string[] {
  const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  const first = items[0];
  const hash = first instanceof PsObject ? first.properties : first instanceof PsHash ? first : null;
  if (hash === null) return [];
  const names = hash.keys;
  const line = (texts: readonly string[]): string => texts.map(quoted).join(separator);
  return [line(names), ...items.map((item) => line(names.map((name) => textOf(known(memberOf(item, name))))))];
}
