// Values of PowerShell while a script is run, and how they become texts, numbers and truth.

import { RefusedError } from '../../../base/errors.ts';
import { unknownIn, unknownValue } from '../../parse/marks.ts';
import type { ScriptBlock } from '../../parse/powershell/ast.ts';
import { Unresolved } from '../unresolved.ts';

/** A value that nobody here knows: a running Windows would tell it, or what sets it was not understood. */
export class Unknown {
  readonly why: string;
  /** It is an answer of a running Windows. */
  readonly isElsewhere: boolean;

  constructor(why: string, isElsewhere: boolean) {
    this.why = why;
    this.isElsewhere = isElsewhere;
  }
}

/** A hashtable: keys as they are written, told apart without their case. */
export class PsHash {
  private readonly entries = new Map<string, { readonly key: string; value: Value }>();

  get(key: string): Value {
    return this.entries.get(key.toLowerCase())?.value ?? null;
  }

  has(key: string): boolean {
    return this.entries.has(key.toLowerCase());
  }

  set(key: string, value: Value): void {
    const there = this.entries.get(key.toLowerCase());
    if (there) there.value = value;
    else this.entries.set(key.toLowerCase(), { key, value });
  }

  delete(key: string): void {
    this.entries.delete(key.toLowerCase());
  }

  get keys(): string[] {
    return [...this.entries.values()].map(({ key }) => key);
  }
}

/** What a method does. @throws Unresolved */
export type Method = (args: readonly Value[]) => Value;

/** An object with properties; `text` is what it is in a string. */
export class PsObject {
  readonly type: string;
  readonly text: string;
  readonly properties = new PsHash();
  readonly methods: ReadonlyMap<string, Method>;

  constructor(
    type: string,
    properties: Readonly<Record<string, Value>>,
    text = '',
    methods: Readonly<Record<string, Method>> = {},
  ) {
    this.type = type;
    this.text = text;
    for (const [name, value] of Object.entries(properties)) this.properties.set(name, value);
    this.methods = new Map(Object.entries(methods).map(([name, method]) => [name.toLowerCase(), method]));
  }
}

/** Variables and functions where a statement stands. */
export interface Scope {
  child(): Scope;
  /** Undefined where nobody sets it. `name` is in lower case and may have a scope. */
  get(name: string): Value | undefined;
  set(name: string, value: Value): void;
  /** From now on what is assigned to it here is cast to `type`: `[string] $x = 1`. */
  constrain(name: string, type: string): void;
  /** Null for a variable of any type. */
  constraint(name: string): string | null;
  /** From now on nobody here knows its value, wherever it was set. */
  forget(name: string, why: string, isElsewhere: boolean): void;
  /** Whether the script sets a variable of that name anywhere. */
  isAssigned(name: string): boolean;
  noteAssigned(name: string): void;
  function(name: string): ScriptBlock | null;
  define(name: string, block: ScriptBlock): void;
}

export class PsBlock {
  readonly block: ScriptBlock;
  readonly scope: Scope;
  readonly source: string;

  constructor(block: ScriptBlock, scope: Scope, source: string) {
    this.block = block;
    this.scope = scope;
    this.source = source;
  }
}

/** Who runs the script: what it would do to the disk asks for an administrator. */
export function administrator(): PsObject {
  return new PsObject('WindowsPrincipal', { Groups: ['S-1-5-32-544'], IsSystem: false }, '', { isinrole: () => true });
}

/** `[int]` as a value. */
export class PsType {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** A number that is neither an Int32 nor an Int64: the registry takes one without -Type for a text. */
export class TypedNumber {
  readonly type: 'Double' | 'UInt64' | 'UInt32' | 'UInt16' | 'Int16' | 'Byte' | 'SByte';
  readonly value: number;

  constructor(type: TypedNumber['type'], value: number) {
    this.type = type;
    this.value = value;
  }
}

/** What stands in a plain list is told apart from the lists that .NET has a type for: `filter` and `map` give a plain one. */
class TypedList extends Array<Value> {
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }
}

/** A [byte[]], which the registry takes for binary data. */
export class ByteList extends TypedList {}

/** A [string[]], which the registry takes for REG_MULTI_SZ; it takes no other list without a type. */
export class StringList extends TypedList {}

/** `number` is an Int32, `bigint` an Int64. */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | TypedNumber
  | string
  | Value[]
  | PsHash
  | PsObject
  | PsBlock
  | PsType
  | Unknown;

const MOST_UNITS = 1 << 20;
const MOST_ITEMS = 100_000;

/** The value, where a repair script can have meant it. @throws RefusedError LIMIT */
export function bounded(value: Value): Value {
  if (typeof value === 'string' ? value.length > MOST_UNITS : Array.isArray(value) && value.length > MOST_ITEMS) {
    throw tooLarge();
  }
  return value;
}

export function tooLarge(): RefusedError {
  return new RefusedError(
    'LIMIT',
    `a variable of the script has more than ${MOST_UNITS} characters or ${MOST_ITEMS} items, which is not done in one plan`,
  );
}

/** In a text, leads what a running Windows would tell. */
const WINDOWS = /^Windows: /;

/** @throws Unresolved where nobody knows the value, or a part of a text */
export function known<T extends Value>(value: T): Exclude<T, Unknown> {
  if (value instanceof Unknown) throw new NotKnown(value);
  const unknown = typeof value === 'string' ? unknownIn(value) : null;
  if (unknown !== null) {
    throw new NotKnown(new Unknown(`${unknown.replace(WINDOWS, '')} is not known here.`, WINDOWS.test(unknown)));
  }
  return value as Exclude<T, Unknown>;
}

/** Thrown where a value that is not known would decide what happens. */
export class NotKnown extends Unresolved {
  readonly value: Unknown;

  constructor(value: Unknown) {
    super('unset-variable', value.why);
    this.value = value;
  }
}

/** As it stands in a string; what is not known marks the text. */
export function textOf(value: Value): string {
  if (value === null) return '';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (value instanceof Unknown)
    return unknownValue(`${value.isElsewhere ? 'Windows: ' : ''}${value.why.replace(/ is not known.*$/, '')}`);
  if (Array.isArray(value)) return value.map(textOf).join(' ');
  if (value instanceof PsHash) return 'System.Collections.Hashtable';
  if (value instanceof PsObject) {
    if (value.text !== '' || value.type !== 'PSCustomObject') return value.text;
    return `@{${value.properties.keys.map((key) => `${key}=${textOf(value.properties.get(key))}`).join('; ')}}`;
  }
  if (value instanceof PsBlock) return value.source.replace(/^\{|\}$/g, '');
  if (value instanceof PsType) return value.name;
  return String(value instanceof TypedNumber ? value.value : value);
}

/** @throws NotKnown */
export function isTrue(value: Value): boolean {
  const sure = known(value);
  if (Array.isArray(sure)) return sure.length > 1 || (sure.length === 1 && isTrue(sure[0]!));
  if (sure instanceof TypedNumber) return sure.value !== 0;
  return sure !== null && sure !== false && sure !== 0 && sure !== 0n && sure !== '';
}

export function isNumber(value: Value): value is number | bigint | TypedNumber {
  return typeof value === 'number' || typeof value === 'bigint' || value instanceof TypedNumber;
}

/** As PowerShell has a whole number that a sum gave: a Double where no Int32 holds it. */
export function intOrDouble(value: number): number | TypedNumber {
  return Number.isInteger(value) && value === (value | 0) ? value : new TypedNumber('Double', value);
}

/** Half goes to the even number, as .NET rounds. */
export function roundedEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** Null for what is not a number. @throws NotKnown */
export function numberOf(value: Value): number | null {
  const sure = known(value);
  if (typeof sure === 'number') return sure;
  if (typeof sure === 'bigint') return Number(sure);
  if (sure instanceof TypedNumber) return sure.value;
  if (typeof sure === 'boolean') return sure ? 1 : 0;
  if (sure === null) return 0;
  const text = textOf(sure).trim();
  if (text === '') return 0;
  if (/^[-+]?0x[0-9a-f]+$/i.test(text)) return Number(text.replace('+', ''));
  const match = /^([-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?)(kb|mb|gb)?$/i.exec(text);
  if (!match) return null;
  return Number(match[1]) * ({ kb: 2 ** 10, mb: 2 ** 20, gb: 2 ** 30 }[match[2]?.toLowerCase() ?? ''] ?? 1);
}

/** What a pipeline passes on one by one: nothing of null, the items of a list. */
export function itemsOf(value: Value): Value[] {
  if (value === null) return [];
  return Array.isArray(value) ? value : [value];
}

/** What statements gave, as one value: null, the one, or the list. */
export function oneValue(output: readonly Value[]): Value {
  if (output.length === 0) return null;
  return output.length === 1 ? output[0]! : [...output];
}
