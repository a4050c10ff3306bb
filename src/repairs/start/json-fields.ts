// A JSON object of a user's file, read field by field.

import { UsageError } from '../../base/errors.ts';

type Json = Readonly<Record<string, unknown>>;

/** A JSON object whose fields are asked for by name, and which says of a wrong one where it is. */
export class Fields {
  readonly json: Json;
  private readonly file: string;
  private readonly at: string;

  constructor(file: string, json: unknown, at: string) {
    this.file = file;
    this.at = at;
    if (typeof json !== 'object' || json === null || Array.isArray(json)) this.fail('', 'an object', json);
    this.json = json as Json;
  }

  fail(name: string, expected: string, found: unknown = this.json?.[name]): never {
    const place = [this.at, name].filter((part) => part !== '').join('.') || 'the whole';
    const shown = found === undefined ? 'absent' : JSON.stringify(found).slice(0, 80);
    throw new UsageError('BAD_VALUE', `${place} is ${shown} in ${this.file}, but ${expected} was expected`, {
      data: { file: this.file, field: place },
    });
  }

  only(names: readonly string[]): void {
    const other = Object.keys(this.json).find((name) => !names.includes(name));
    if (other !== undefined) this.fail(other, `one of ${names.join(', ')}`, other);
  }

  text(name: string): string {
    const value = this.json[name];
    return typeof value === 'string' && value !== '' ? value : this.fail(name, 'a text');
  }

  list(name: string): readonly unknown[] {
    const value = this.json[name] ?? [];
    return Array.isArray(value) ? value : this.fail(name, 'a list');
  }

  oneOf<T extends string>(name: string, choices: readonly T[]): T {
    const value = this.json[name];
    return choices.find((choice) => choice === value) ?? this.fail(name, `one of ${choices.join(', ')}`);
  }

  child(name: string, index?: number): Fields {
    const value = this.json[name];
    const place = [this.at, name].filter((part) => part !== '').join('.');
    if (index === undefined) return new Fields(this.file, value, place);
    return new Fields(this.file, (value as readonly unknown[])[index], `${place}[${index}]`);
  }
}
