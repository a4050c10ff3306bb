// Expressions of PowerShell worked out.

import { unknownIn } from '../../parse/marks.ts';
import type { Expression, Statement } from '../../parse/powershell/ast.ts';
import { Unresolved } from '../unresolved.ts';
import { castTo } from './casts.ts';
import { staticMember } from './dot-net/static-members.ts';
import { callMethod, memberOf } from './members.ts';
import { applied, patternOf } from './operators.ts';
import {
  bounded,
  isTrue,
  itemsOf,
  known,
  NotKnown,
  numberOf,
  oneValue,
  PsBlock,
  PsHash,
  PsObject,
  PsType,
  type Scope,
  TypedNumber,
  textOf,
  tooLarge,
  Unknown,
  type Value,
} from './values.ts';

/** What an expression needs of the interpreter. */
export interface StatementRunner {
  /** What the statements of `$( )` and `( )` give; what is not understood in them is thrown. */
  output(statements: readonly Statement[], scope: Scope): Value[];
  /** What one statement gives to what it is assigned to. @throws Unresolved */
  given(statement: Statement, scope: Scope): Value;
  /** Static members that reach the disk: [Microsoft.Win32.Registry]::LocalMachine, [IO.File]::Exists(). */
  special(type: string, name: string, args: readonly Value[] | null): Value | undefined;
  /** A block called with arguments, as .Invoke() does. */
  invoke(block: PsBlock, args: readonly Value[]): Value;
}

export class Evaluator {
  private readonly runner: StatementRunner;

  constructor(runner: StatementRunner) {
    this.runner = runner;
  }

  /** @throws Unresolved; RefusedError LIMIT for a text or list that grows beyond all reason */
  value(expression: Expression, scope: Scope): Value {
    try {
      return bounded(this.valueOf(expression, scope));
    } catch (error) {
      // What no text or list of this machine can hold.
      if (error instanceof RangeError && /^Invalid (?:string|array) length/.test(error.message)) throw tooLarge();
      throw error;
    }
  }

  private valueOf(expression: Expression, scope: Scope): Value {
    switch (expression.kind) {
      case 'string':
        return this.text(expression, scope);
      case 'number':
        return literal(expression);
      case 'variable':
        return this.variable(expression.name, scope);
      case 'list':
        return expression.items.map((item) => this.value(item, scope));
      case 'sub': {
        const [only, ...more] = expression.body;
        if (!expression.isList && only && more.length === 0) return this.runner.given(only, scope);
        const output = this.runner.output(expression.body, scope);
        return expression.isList ? output : oneValue(output);
      }
      case 'hash': {
        const hash = new PsHash();
        for (const { key, value } of expression.entries) {
          hash.set(textOf(known(this.value(key, scope))), this.runner.given(value, scope));
        }
        return hash;
      }
      case 'block':
        return new PsBlock(expression.block, scope, expression.source);
      case 'member':
        return this.member(expression, scope);
      case 'index':
        return indexed(this.value(expression.target, scope), this.value(expression.index, scope));
      case 'cast':
        return castTo(expression.type, this.value(expression.value, scope));
      case 'type':
        return new PsType(expression.name);
      case 'unary':
        return this.unary(expression.operator, expression.value, scope);
      case 'step':
        return this.step(expression, scope);
      case 'binary':
        return this.binary(expression, scope);
    }
  }

  private text({ parts, isQuoted }: Expression & { readonly kind: 'string' }, scope: Scope): string {
    const [only] = parts;
    // `$x` alone in a bare word keeps its kind; in quotes it is text.
    if (parts.length === 1 && typeof only !== 'string' && only !== undefined && !isQuoted) {
      return this.value(only, scope) as string;
    }
    return parts.map((part) => (typeof part === 'string' ? part : textOf(this.value(part, scope)))).join('');
  }

  private variable(name: string, scope: Scope): Value {
    const value = scope.get(name);
    if (value !== undefined) return value;
    if (scope.isAssigned(name)) return null;
    // PowerShell has $null for what nobody sets at all; here it is most likely set by what came before the script.
    throw new Unresolved('powershell', `$${name} is not set by this script.`);
  }

  private member(expression: Expression & { readonly kind: 'member' }, scope: Scope): Value {
    const name = textOf(known(this.value(expression.name, scope)));
    const args = expression.args?.map((arg) => this.value(arg, scope)) ?? null;
    if (expression.isStatic && expression.target.kind === 'type') {
      const special = this.runner.special(expression.target.name, name, args);
      return special === undefined ? staticMember(expression.target.name, name, args) : special;
    }
    const target = this.value(expression.target, scope);
    if (target instanceof Unknown) {
      // What a method of it would do is not known either.
      if (args !== null && !target.isElsewhere) throw new NotKnown(target);
      return target;
    }
    if (args === null) return memberOf(target, name);
    if (target instanceof PsBlock && /^invoke(?:returnasis)?$/i.test(name)) return this.runner.invoke(target, args);
    return callMethod(target, name, args);
  }

  private unary(operator: string, operand: Expression, scope: Scope): Value {
    const value = this.value(operand, scope);
    if (value instanceof Unknown) return value;
    switch (operator) {
      case '-not':
        return !isTrue(value);
      case '-bnot':
        return ~(numberOf(value) ?? 0);
      case '-join':
        return itemsOf(value).map(textOf).join('');
      case '-split':
      case '-isplit':
      case '-csplit':
        return itemsOf(value).flatMap((item) => textOf(item).split(patternOf('\\s+', '')).filter(Boolean));
      default:
        return applied(operator, 0, value, () => {});
    }
  }

  private step({ operator, target, isPrefix }: Expression & { readonly kind: 'step' }, scope: Scope): Value {
    const before = this.valueOrNull(target, scope);
    if (before instanceof Unknown) return before;
    const after = applied(operator[0]!, before ?? 0, 1, () => {});
    this.assign(target, after, scope);
    return isPrefix ? after : before;
  }

  private binary({ operator, left, right }: Expression & { readonly kind: 'binary' }, scope: Scope): Value {
    const first = this.value(left, scope);
    if (operator === '-and' || operator === '-or') return this.logic(operator, first, right, scope);
    return applied(operator, first, this.value(right, scope), (groups) => scope.set('matches', groups));
  }

  /** What is not known decides nothing where the other side does. */
  private logic(operator: string, first: Value, right: Expression, scope: Scope): Value {
    const decides = operator === '-or';
    if (!(first instanceof Unknown)) return isTrue(first) === decides ? decides : this.truth(right, scope);
    const second = this.truth(right, scope);
    return second === decides ? decides : first;
  }

  private truth(expression: Expression, scope: Scope): Value {
    const value = this.value(expression, scope);
    return value instanceof Unknown ? value : isTrue(value);
  }

  private valueOrNull(target: Expression, scope: Scope): Value {
    if (target.kind === 'variable') return scope.get(target.name) ?? null;
    return this.value(target, scope);
  }

  /** What `target` is before `+=`. */
  before(target: Expression, scope: Scope): Value {
    return this.valueOrNull(target.kind === 'cast' ? target.value : target, scope);
  }

  /** Puts a value into a variable, a property, an item. @throws Unresolved */
  assign(target: Expression, value: Value, scope: Scope): void {
    bounded(value);
    switch (target.kind) {
      case 'variable':
        if (target.name === 'null') return;
        scope.set(target.name, ofType(scope.constraint(target.name), value));
        return;
      case 'cast':
        if (target.value.kind === 'variable') scope.constrain(target.value.name, target.type);
        this.assign(target.value, castTo(target.type, value), scope);
        return;
      case 'list': {
        const items = itemsOf(value);
        target.items.forEach((item, i) => {
          const isLast = i === target.items.length - 1;
          this.assign(item, isLast && items.length > i + 1 ? items.slice(i) : (items[i] ?? null), scope);
        });
        return;
      }
      case 'member': {
        const name = textOf(known(this.value(target.name, scope)));
        const holder = this.memberHolder(target.target, scope);
        if (holder === null) return;
        holder.set(name, value);
        return;
      }
      case 'index': {
        const holder = known(this.value(target.target, scope));
        const index = known(this.value(target.index, scope));
        if (holder instanceof PsHash) holder.set(textOf(index), value);
        else if (Array.isArray(holder)) holder[numberOf(index) ?? 0] = value;
        else throw new Unresolved('powershell', 'this is not a list or hashtable.');
        return;
      }
      default:
        throw new Unresolved('powershell', 'this is not assigned to.');
    }
  }

  /** Where properties are put; null for $host and the like, whose looks matter to no disk. */
  private memberHolder(target: Expression, scope: Scope): PsHash | null {
    if (target.kind === 'member' && rootName(target) === 'host') return null;
    if (target.kind === 'variable' && target.name === 'host') return null;
    const holder = known(this.value(target, scope));
    if (holder instanceof PsHash) return holder;
    if (holder instanceof PsObject) return holder.properties;
    throw new Unresolved('powershell', 'this does not have any properties that are set here.');
  }
}

function ofType(type: string | null, value: Value): Value {
  return type === null ? value : castTo(type, value);
}

/** `12` and `0xff` are Int32, what does not fit there is Int64, `1.5` a Double; an end says otherwise. */
function literal({ value, text }: Expression & { readonly kind: 'number' }): Value {
  const end = /^[-+]?(?:0x[0-9a-f]+|[\d.]+(?:e[-+]?\d+)?)([ldu]*)/i.exec(text)?.[1]?.toLowerCase() ?? '';
  const isReal = !/^[-+]?0x/i.test(text) && (/^[-+]?\d*\.|^[-+]?[\d.]+e/i.test(text) || end === 'd');
  if (isReal || !Number.isFinite(value)) return new TypedNumber('Double', value);
  if (end !== 'l' && value === (value | 0)) return value;
  const digits = /^[-+]?(0x[0-9a-f]+|\d+)(?:l|$)/i.exec(text)?.[1];
  if (digits === undefined || !/^(?:0x)?[0-9a-f]{14,}$/i.test(digits)) return BigInt(value);
  const exact = BigInt.asIntN(64, BigInt(digits));
  return text.startsWith('-') ? -exact : exact;
}

function rootName(expression: Expression): string {
  if (expression.kind === 'member') return rootName(expression.target);
  return expression.kind === 'variable' ? expression.name : '';
}

function indexed(target: Value, index: Value): Value {
  if (target instanceof Unknown) return target;
  if (index instanceof Unknown) return index;
  if (target === null) return null;
  if (target instanceof PsHash)
    return Array.isArray(index) ? index.map((key) => target.get(textOf(key))) : target.get(textOf(index));
  const items = typeof target === 'string' ? [...target] : itemsOf(target);
  if (typeof target === 'string' && unknownIn(target) !== null)
    throw new Unresolved('unset-variable', 'a part of it is not known here.');
  const at = (place: Value): Value => {
    const number = numberOf(place) ?? 0;
    return items[number < 0 ? items.length + number : number] ?? null;
  };
  if (!Array.isArray(index)) return at(index);
  return index.map(at).filter((item) => item !== null);
}
