// Arguments of a command and the parameters that they belong to: of cmdlets, and of functions of the script.

import { append } from '../../../../base/lists.ts';
import type { Argument, Parameter, ScriptBlock } from '../../../parse/powershell/ast.ts';
import { Unresolved } from '../../unresolved.ts';
import { castTo } from '../casts.ts';
import type { Evaluator } from '../evaluator.ts';
import { isTrue, itemsOf, known, numberOf, PsHash, type Scope, textOf, type Value } from '../values.ts';

/** What a cmdlet takes, names in lower case. */
export interface CmdletParameters {
  /** In the order of their places. */
  readonly positional?: readonly string[];
  readonly named?: readonly string[];
  readonly switches?: readonly string[];
  /** More arguments than places are no fault. */
  readonly isLoose?: boolean;
  /** Other names. */
  readonly aliases?: Readonly<Record<string, string>>;
}

const COMMON: CmdletParameters = {
  named: [
    'erroraction',
    'warningaction',
    'informationaction',
    'errorvariable',
    'warningvariable',
    'outvariable',
    'outbuffer',
    'pipelinevariable',
  ],
  switches: ['verbose', 'debug', 'whatif', 'confirm'],
  aliases: {
    ea: 'erroraction',
    wa: 'warningaction',
    infa: 'informationaction',
    ev: 'errorvariable',
    wv: 'warningvariable',
    ov: 'outvariable',
    ob: 'outbuffer',
    wi: 'whatif',
    cf: 'confirm',
    vb: 'verbose',
    db: 'debug',
  },
};

/** Arguments of a cmdlet by their parameters. */
export class Bound {
  private readonly values: ReadonlyMap<string, Value>;

  constructor(values: ReadonlyMap<string, Value>) {
    this.values = values;
  }

  has(name: string): boolean {
    return this.values.has(name);
  }

  /** Null where it was not given. */
  get(name: string): Value {
    return this.values.get(name) ?? null;
  }

  /** @throws Unresolved where it is not known */
  text(name: string): string | null {
    return this.values.has(name) ? textOf(known(this.values.get(name)!)) : null;
  }

  /** One text: a list is no text to a cmdlet. @throws Unresolved */
  one(name: string): string {
    const value = known(this.need(name));
    if (Array.isArray(value) && value.length > 1)
      throw new Unresolved('bad-syntax', `-${name} takes one text, and a list stands there.`);
    return textOf(value);
  }

  texts(name: string): string[] {
    return itemsOf(known(this.get(name))).map((item) => textOf(known(item)));
  }

  flag(name: string): boolean {
    return this.values.has(name) && isTrue(this.values.get(name)!);
  }

  need(name: string): Value {
    if (this.values.has(name)) return this.values.get(name)!;
    throw new Unresolved('cut-line', `-${name} is missing.`);
  }

  /** How many levels below the first one -Recurse and -Depth go. */
  get levels(): number {
    if (this.has('depth')) return numberOf(this.get('depth')) ?? 0;
    return this.flag('recurse') ? Number.POSITIVE_INFINITY : 0;
  }

  /** Stop, SilentlyContinue, ...; null where the line does not say. */
  get errorAction(): string | null {
    return this.text('erroraction')?.toLowerCase() ?? null;
  }
}

export function bindCmdlet(
  name: string,
  spec: CmdletParameters,
  args: readonly Argument[],
  scope: Scope,
  evaluator: Evaluator,
): Bound {
  const values = new Map<string, Value>();
  const loose: Value[] = [];
  for (let i = 0; i < args.length; i += 1) {
    const arg = args[i]!;
    if (arg.kind === 'value') {
      if (arg.value.kind === 'variable' && arg.value.isSplat)
        splat(scope.get(arg.value.name) ?? null, name, spec, values, loose);
      else loose.push(evaluator.value(arg.value, scope));
      continue;
    }
    const { full, isSwitch } = parameterNamed(name, spec, arg.name);
    if (arg.value !== null) values.set(full, evaluator.value(arg.value, scope));
    else if (isSwitch) values.set(full, true);
    else {
      i += 1;
      const next = args[i];
      if (next?.kind !== 'value') throw new Unresolved('cut-line', `-${arg.name} of ${name} has nothing after it.`);
      values.set(full, evaluator.value(next.value, scope));
    }
  }
  const places = (spec.positional ?? []).filter((place) => !values.has(place));
  loose.forEach((value, i) => {
    const place = places[i];
    if (place !== undefined) values.set(place, value);
    else if (!spec.isLoose)
      throw new Unresolved('powershell', `'${textOf(value)}' is one argument too many for ${name}.`);
  });
  return new Bound(values);
}

function splat(value: Value, name: string, spec: CmdletParameters, values: Map<string, Value>, loose: Value[]): void {
  const given = known(value);
  if (given instanceof PsHash)
    for (const key of given.keys) values.set(parameterNamed(name, spec, key).full, given.get(key));
  else append(loose, itemsOf(given));
}

/** Names may be cut short as far as they stay clear. */
function parameterNamed(cmdlet: string, spec: CmdletParameters, given: string): { full: string; isSwitch: boolean } {
  const lower = given.toLowerCase();
  for (const set of [spec, COMMON]) {
    const alias = set.aliases?.[lower];
    const switches = set.switches ?? [];
    const all = [...(set.positional ?? []), ...(set.named ?? []), ...switches];
    const hits =
      alias !== undefined ? [alias] : all.includes(lower) ? [lower] : all.filter((one) => one.startsWith(lower));
    if (hits.length === 1) return { full: hits[0]!, isSwitch: switches.includes(hits[0]!) };
    if (hits.length > 1) break;
  }
  throw new Unresolved('powershell', `-${given} of ${cmdlet} is not read.`);
}

/** Puts a function's arguments into its scope. @throws Unresolved for one that a person would be asked for */
export function bindFunction(
  name: string,
  block: ScriptBlock,
  args: readonly Argument[],
  from: Scope,
  into: Scope,
  evaluator: Evaluator,
  hasInput: boolean,
): void {
  const params = block.params ?? [];
  const given = new Map<Parameter, Value>();
  const loose: Value[] = [];
  const find = (word: string): Parameter | undefined => {
    const lower = word.toLowerCase();
    const exact = params.find((param) => param.name === lower);
    const starting = params.filter((param) => param.name.startsWith(lower));
    return exact ?? (starting.length === 1 ? starting[0] : undefined);
  };
  for (let i = 0; i < args.length; i += 1) {
    const arg = args[i]!;
    if (arg.kind === 'value') {
      const value = evaluator.value(arg.value, from);
      const isSplat = arg.value.kind === 'variable' && arg.value.isSplat;
      if (isSplat && value instanceof PsHash) {
        for (const key of value.keys) {
          const param = find(key);
          if (param) given.set(param, value.get(key));
        }
      } else append(loose, isSplat ? itemsOf(known(value)) : [value]);
      continue;
    }
    const param = find(arg.name);
    if (!param) {
      if (/^(?:whatif|wi)$/i.test(arg.name))
        into.set('whatifpreference', arg.value === null || isTrue(evaluator.value(arg.value, from)));
      if (/^(?:verbose|debug|whatif|wi|confirm)$/i.test(arg.name)) continue;
      if (/^(?:erroraction|ea|warningaction|wa|informationaction)$/i.test(arg.name)) {
        i += arg.value === null ? 1 : 0;
        continue;
      }
      throw new Unresolved('powershell', `-${arg.name} is not a parameter of ${name}.`);
    }
    if (arg.value !== null) given.set(param, evaluator.value(arg.value, from));
    else if (isSwitch(param)) given.set(param, true);
    else {
      i += 1;
      const next = args[i];
      if (next?.kind !== 'value') throw new Unresolved('cut-line', `-${arg.name} of ${name} has nothing after it.`);
      given.set(param, evaluator.value(next.value, from));
    }
  }
  const rest = placed(params, given, loose);
  fill(name, params, given, into, evaluator, hasInput);
  into.set('args', rest);
}

function isSwitch(param: Parameter): boolean {
  return /^(?:system\.management\.automation\.)?switch(?:parameter)?$/i.test(param.type ?? '');
}

function placed(params: readonly Parameter[], given: Map<Parameter, Value>, loose: readonly Value[]): Value[] {
  const places = params.filter((param) => !given.has(param) && !isSwitch(param));
  for (const [i, value] of loose.slice(0, places.length).entries()) given.set(places[i]!, value);
  return loose.slice(places.length);
}

/** Values, casts and what stands for a parameter that is not given. */
export function fill(
  name: string,
  params: readonly Parameter[],
  given: ReadonlyMap<Parameter, Value>,
  into: Scope,
  evaluator: Evaluator,
  hasInput: boolean,
): void {
  const bound = new PsHash();
  for (const param of params) {
    if (param.type !== null) into.constrain(param.name, param.type);
    const value = given.get(param);
    if (value !== undefined) {
      bound.set(param.name, value);
      into.set(param.name, param.type === null ? value : castTo(param.type, value));
      continue;
    }
    if (param.isMandatory && param.fallback === null && !(hasInput && param.isFromPipeline)) {
      throw new Unresolved(
        'placeholder',
        `${name} asks a person for -${param.name}: give it with --set ${param.name}=<value>.`,
      );
    }
    const fallback = param.fallback ? evaluator.value(param.fallback, into) : null;
    into.set(
      param.name,
      param.type === null ? fallback : fallback === null ? emptyOf(param.type) : castTo(param.type, fallback),
    );
  }
  into.set('psboundparameters', bound);
}

function emptyOf(type: string): Value {
  const name = type.toLowerCase().replace(/^system\./, '');
  if (name === 'string') return '';
  if (/^(?:int|int32|int64|long|uint32|byte|double)$/.test(name)) return 0;
  return /^(?:bool|boolean|switch|switchparameter|management\.automation\.switchparameter)$/.test(name) ? false : null;
}
