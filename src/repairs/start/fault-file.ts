// The part of a user's profile file that is about a known fault: when, disable, quarantine and fallback.

import { isoToFiletime } from '../../base/time.ts';
import type { Condition, KnownFault, Profile, Quarantine } from '../profiles.ts';
import type { Fields } from './json-fields.ts';
import { isNeverDisabled } from './known-fault.ts';

export const FAULT_FIELDS = ['when', 'disable', 'quarantine', 'fallback'] as const;

/** Literal characters that a pattern must have, so that it cannot mean a whole folder. */
const LEAST_LITERALS = 6;

/** @throws UsageError BAD_VALUE, with the place of the fault. */
export function faultFields(fields: Fields): Pick<Profile, 'when' | 'fault'> {
  const of = <T>(name: (typeof FAULT_FIELDS)[number], parse: (child: Fields) => T): T[] =>
    fields.list(name).map((_, i) => parse(fields.child(name, i)));
  const fault: KnownFault = {
    disable: of('disable', parseService),
    quarantine: of('quarantine', parseQuarantine),
    fallback: of('fallback', parseService),
  };
  const isUsed = Object.values(fault).some((list) => list.length > 0);
  return {
    ...(fields.json.when === undefined ? {} : { when: of('when', parseCondition) }),
    ...(isUsed ? { fault } : {}),
  };
}

function parseService(fields: Fields): KnownFault['disable'][number] {
  fields.only(['service', 'why']);
  const service = fields.text('service');
  if (isNeverDisabled(service)) fields.fail('service', 'a service that Windows starts without');
  if (/[\\/]/.test(service)) fields.fail('service', 'the name of a service');
  return { service, why: fields.text('why') };
}

function parseQuarantine(fields: Fields): Quarantine {
  fields.only(['files', 'writtenFrom', 'writtenTo', 'why']);
  const path = parsePath(fields, 'files');
  const cut = path.lastIndexOf('\\');
  const [folder, pattern] = [path.slice(0, cut), path.slice(cut + 1)];
  if (/[*?]/.test(folder)) fields.fail('files', '* and ? in the name alone, and not in its folder');
  if (!/^\\Windows\\System32\\drivers(?:\\|$)/i.test(folder)) {
    fields.fail('files', 'a path below \\Windows\\System32\\drivers');
  }
  if (pattern.replace(/[*?]/g, '').length < LEAST_LITERALS) {
    fields.fail('files', `a name with at least ${LEAST_LITERALS} characters beside * and ?`);
  }
  return {
    folder,
    pattern,
    writtenFrom: parseTime(fields, 'writtenFrom'),
    writtenTo: parseTime(fields, 'writtenTo'),
    why: fields.text('why'),
  };
}

function parsePath(fields: Fields, name: string): string {
  const path = fields.text(name);
  const isPath =
    path.startsWith('\\') &&
    !path
      .split('\\')
      .slice(1)
      .some((part) => part === '' || part === '.' || part === '..');
  return isPath && !/[/:"<>|\0]/.test(path)
    ? path
    : fields.fail(name, 'a path from the root of the volume, like \\Windows\\x.sys');
}

function parseTime(fields: Fields, name: string): bigint | null {
  if (fields.json[name] === undefined) return null;
  return isoToFiletime(fields.text(name)) ?? fields.fail(name, 'a time like 2024-07-19T04:09Z');
}

function parseCondition(fields: Fields): Condition {
  const { json } = fields;
  if (json.file !== undefined) {
    fields.only(['file']);
    return { kind: 'file', path: parsePath(fields, 'file') };
  }
  if (json.buildFrom !== undefined || json.buildTo !== undefined) {
    fields.only(['buildFrom', 'buildTo']);
    const number = (name: string, otherwise: number): number => {
      const value = json[name] ?? otherwise;
      return typeof value === 'number' ? value : fields.fail(name, 'a number, like 19045');
    };
    return { kind: 'build', from: number('buildFrom', 0), to: number('buildTo', Number.MAX_SAFE_INTEGER) };
  }
  fields.only(['hive', 'key', 'name', 'is']);
  const is = json.is;
  if (typeof is !== 'number' && typeof is !== 'string') fields.fail('is', 'a number or a text');
  return {
    kind: 'value',
    hive: fields.oneOf('hive', ['SYSTEM', 'SOFTWARE']),
    path: fields.text('key').split('\\'),
    name: typeof json.name === 'string' ? json.name : fields.fail('name', 'a text'),
    is: is as number | string,
  };
}
