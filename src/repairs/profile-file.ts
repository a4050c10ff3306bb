// A user's own profile: a JSON file that names repairs, options and values. Its JSON Schema is made by scripts/docs/profile-schema.ts.

import { fromHex } from '../base/bytes.ts';
import { UsageError } from '../base/errors.ts';
import type { RegValue } from '../registry/edit.ts';
import { binary, dword, expandSz, multiSz, qword, sz } from '../registry/value.ts';
import { REPAIRS } from './fixes/index.ts';
import { type RepairOptions, TLS_VERSIONS } from './model.ts';
import type { Profile, ProfileValue } from './profiles.ts';
import { FAULT_FIELDS, faultFields } from './start/fault-file.ts';
import { Fields } from './start/json-fields.ts';
import { parseElement } from './start/profile-elements.ts';

/**
 * Reads a user's profile file.
 * @throws UsageError BAD_SYNTAX (not JSON) or BAD_VALUE (which field, what was found, what was expected).
 */
export function parseProfile(text: string, file: string): Profile {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new UsageError('BAD_SYNTAX', `${file} is not JSON: ${(cause as Error).message}`, { cause });
  }
  const fields = new Fields(file, json, '');
  fields.only([
    '$schema',
    'schema',
    'name',
    'title',
    'repairs',
    'fixes',
    'mends',
    'options',
    'values',
    'bcd',
    ...FAULT_FIELDS,
  ]);
  if (fields.json.schema !== 1) fields.fail('schema', '1, the version of this form');
  const name = fields.text('name');
  return {
    name,
    title: fields.json.title === undefined ? name : fields.text('title'),
    sets: repairNames(fields, 'repairs'),
    // 0.1.0 called it mends.
    fixes: [...repairNames(fields, 'fixes'), ...repairNames(fields, 'mends')],
    options: fields.json.options === undefined ? {} : parseOptions(fields.child('options')),
    values: fields.list('values').map((_, i) => parseValue(fields.child('values', i))),
    ...(fields.json.bcd === undefined
      ? {}
      : { elements: fields.list('bcd').map((_, i) => parseElement(fields.child('bcd', i))) }),
    ...faultFields(fields),
  };
}

function repairNames(fields: Fields, name: string): string[] {
  return fields.list(name).map((entry) => {
    const repair = REPAIRS.find((candidate) => candidate.name === entry);
    return repair
      ? repair.name
      : fields.fail(name, `names of repairs (${REPAIRS.map((one) => one.name).join(', ')})`, entry);
  });
}

function parseOptions(fields: Fields): Partial<RepairOptions> {
  const { json } = fields;
  fields.only(['asPublished', 'tls', 'serial', 'port', 'disableFirewall', 'allKeys']);
  const flag = <K extends 'asPublished' | 'disableFirewall' | 'allKeys'>(name: K): { [key in K]?: boolean } => {
    const value = json[name];
    if (value === undefined) return {};
    return typeof value === 'boolean'
      ? ({ [name]: value } as { [key in K]?: boolean })
      : fields.fail(name, 'true or false');
  };
  const tls = fields
    .list('tls')
    .map(
      (entry) =>
        TLS_VERSIONS.find((version) => version === entry) ??
        fields.fail('tls', `versions (${TLS_VERSIONS.join(', ')})`, entry),
    );
  const { port } = json;
  if (port !== undefined && !(typeof port === 'number' && Number.isInteger(port) && port >= 1 && port <= 65_535)) {
    fields.fail('port', 'a port from 1 to 65535');
  }
  return {
    ...flag('asPublished'),
    ...flag('disableFirewall'),
    ...flag('allKeys'),
    ...(json.tls === undefined ? {} : { tls }),
    ...(json.serial === undefined ? {} : { serial: fields.oneOf('serial', ['full', 'ems']) }),
    ...(typeof port === 'number' ? { port } : {}),
  };
}

const TYPES = ['REG_DWORD', 'REG_QWORD', 'REG_SZ', 'REG_EXPAND_SZ', 'REG_MULTI_SZ', 'REG_BINARY', 'absent'] as const;

function parseValue(fields: Fields): ProfileValue {
  fields.only(['hive', 'key', 'name', 'type', 'data', 'why', 'security']);
  const path = fields.text('key').split('\\');
  if (path.includes('')) fields.fail('key', 'names joined by single backslashes, without the hive');
  if (/^CurrentControlSet$/i.test(path[0] ?? ''))
    fields.fail('key', '{CS} in place of CurrentControlSet, which is not a key of the file');
  return {
    hive: fields.oneOf('hive', ['SYSTEM', 'SOFTWARE']),
    path,
    name: typeof fields.json.name === 'string' ? fields.json.name : fields.fail('name', 'a text'),
    value: parseData(fields),
    why: fields.text('why'),
    security:
      fields.json.security === undefined ? null : fields.oneOf<'raises' | 'lowers'>('security', ['raises', 'lowers']),
  };
}

function parseData(fields: Fields): RegValue | null {
  const type = fields.oneOf('type', TYPES);
  const { data } = fields.json;
  switch (type) {
    case 'REG_DWORD':
      if (typeof data === 'number' && Number.isInteger(data) && data >= 0 && data <= 0xffff_ffff) return dword(data);
      return fields.fail('data', 'a number from 0 to 4294967295');
    case 'REG_QWORD':
      if (typeof data === 'string' && /^\d{1,20}$/.test(data) && BigInt(data) < 1n << 64n) return qword(BigInt(data));
      return fields.fail('data', 'a decimal number of 64 bits as text');
    case 'REG_SZ':
    case 'REG_EXPAND_SZ':
      if (typeof data === 'string' && !data.includes('\0')) return type === 'REG_SZ' ? sz(data) : expandSz(data);
      return fields.fail('data', 'a text');
    case 'REG_MULTI_SZ':
      if (
        Array.isArray(data) &&
        data.every((text) => typeof text === 'string' && text !== '' && !text.includes('\0'))
      ) {
        return multiSz(data);
      }
      return fields.fail('data', 'a list of texts, none of them empty');
    case 'REG_BINARY': {
      const bytes = typeof data === 'string' ? fromHex(data) : null;
      return bytes ? binary(bytes) : fields.fail('data', 'bytes as pairs of hex digits');
    }
    case 'absent':
      return data === undefined ? null : fields.fail('data', 'nothing, since the value is to be absent');
  }
}
