// Numbers of cmd.exe and the sums of `set /a`, all 32 bits wide.

/** A number as cmd.exe reads it: decimal, 0x hex, octal after a zero; null for what is none. */
export function cmdNumber(text: string): number | null {
  const match = /^\s*([-+]?)(0x[0-9a-f]+|0[0-7]*|[1-9][0-9]*)$/i.exec(text);
  if (!match) return null;
  const digits = match[2]!;
  const base = /^0x/i.test(digits) ? 16 : digits.startsWith('0') && digits.length > 1 ? 8 : 10;
  const number = Number.parseInt(base === 16 ? digits.slice(2) : digits, base);
  if (number > (base === 10 ? 0x7fff_ffff : 0xffff_ffff)) return null;
  return (match[1] === '-' ? -number : number) | 0;
}

/** Compares as if does: numbers where both sides are, else letters. `==` always compares letters. */
export function compare(left: string, operator: string, right: string): boolean {
  if (operator === '==') return left === right;
  const [a, b] = [cmdNumber(left), cmdNumber(right)];
  const order = a !== null && b !== null ? a - b : left < right ? -1 : left > right ? 1 : 0;
  const holds: Readonly<Record<string, boolean>> = {
    equ: order === 0,
    neq: order !== 0,
    lss: order < 0,
    leq: order <= 0,
    gtr: order > 0,
    geq: order >= 0,
  };
  return holds[operator] ?? false;
}

/** Why a sum cannot be worked out, in words. */
export class BadSum extends Error {}

export interface SumVariables {
  get(name: string): string | null;
  set(name: string, value: string): void;
}

/** Works out `A=1, B+=A*(2<<3)` and puts the results into the variables; the last one is returned. @throws BadSum */
export function calculate(text: string, variables: SumVariables): number {
  const tokens = tokensOf(text);
  const sum = new Sum(tokens, variables);
  return sum.all();
}

type Token = { readonly kind: 'number' | 'name' | 'operator'; readonly text: string };

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (let i = 0; i < text.length; ) {
    const rest = text.slice(i);
    const match =
      /^(?:(\s+)|(<<=|>>=|<<|>>|[-+*/%&^|]=|[-+*/%&^|=(),~!])|([0-9][0-9a-z]*)|([^\s-+*/%&^|=(),~!<>]+))/i.exec(rest);
    if (!match) throw new BadSum(`'${rest[0]}' belongs to no sum`);
    if (match[2] !== undefined) tokens.push({ kind: 'operator', text: match[2] });
    else if (match[3] !== undefined) tokens.push({ kind: 'number', text: match[3] });
    else if (match[4] !== undefined) tokens.push({ kind: 'name', text: match[4] });
    i += match[0].length;
  }
  return tokens;
}

/** Two-sided operators by how tightly they bind, the loosest first. */
const LEVELS: readonly (readonly string[])[] = [['|'], ['^'], ['&'], ['<<', '>>'], ['+', '-'], ['*', '/', '%']];

class Sum {
  private readonly tokens: readonly Token[];
  private readonly variables: SumVariables;
  private index = 0;

  constructor(tokens: readonly Token[], variables: SumVariables) {
    this.tokens = tokens;
    this.variables = variables;
  }

  all(): number {
    let value = this.assignment();
    while (this.take(',')) value = this.assignment();
    const rest = this.tokens[this.index];
    if (rest) throw new BadSum(`'${rest.text}' stands where an operator is expected`);
    return value;
  }

  private take(text: string): boolean {
    const token = this.tokens[this.index];
    if (token?.kind !== 'operator' || token.text !== text) return false;
    this.index += 1;
    return true;
  }

  private assignment(): number {
    const name = this.tokens[this.index];
    const operator = this.tokens[this.index + 1];
    if (name?.kind !== 'name' || operator?.kind !== 'operator' || !operator.text.endsWith('=')) return this.level(0);
    this.index += 2;
    const right = this.assignment();
    const own = operator.text.slice(0, -1);
    const value = own === '' ? right : applied(this.valueOf(name.text), own, right);
    this.variables.set(name.text, String(value));
    return value;
  }

  private level(depth: number): number {
    const operators = LEVELS[depth];
    if (!operators) return this.unary();
    let value = this.level(depth + 1);
    for (;;) {
      const operator = operators.find((text) => this.take(text));
      if (operator === undefined) return value;
      value = applied(value, operator, this.level(depth + 1));
    }
  }

  private unary(): number {
    if (this.take('-')) return -this.unary() | 0;
    if (this.take('+')) return this.unary();
    if (this.take('~')) return ~this.unary();
    if (this.take('!')) return this.unary() === 0 ? 1 : 0;
    if (this.take('(')) {
      let value = this.assignment();
      while (this.take(',')) value = this.assignment();
      if (!this.take(')')) throw new BadSum('a parenthesis is not closed');
      return value;
    }
    const token = this.tokens[this.index];
    this.index += 1;
    if (token?.kind === 'name') return this.valueOf(token.text);
    const number = token?.kind === 'number' ? cmdNumber(token.text) : null;
    if (number === null) {
      throw new BadSum(token ? `'${token.text}' is not a number that cmd.exe takes` : 'the sum ends too early');
    }
    return number;
  }

  /** A variable's number: what it begins with, 0 where that is none. */
  private valueOf(name: string): number {
    const text = this.variables.get(name) ?? '';
    const head = /^\s*[-+]?(?:0x[0-9a-f]+|[0-9]+)/i.exec(text)?.[0] ?? '0';
    const octal = /^\s*[-+]?0[0-7]+/.exec(head)?.[0];
    return cmdNumber(head) ?? (octal === undefined ? 0 : (cmdNumber(octal) ?? 0));
  }
}

function applied(a: number, operator: string, b: number): number {
  switch (operator) {
    case '+':
      return (a + b) | 0;
    case '-':
      return (a - b) | 0;
    case '*':
      return Math.imul(a, b);
    case '/':
    case '%':
      if (b === 0) throw new BadSum('it divides by zero');
      return operator === '/' ? Math.trunc(a / b) | 0 : (a % b) | 0;
    case '&':
      return a & b;
    case '|':
      return a | b;
    case '^':
      return a ^ b;
    case '<<':
      return b < 0 || b > 31 ? 0 : a << b;
    default:
      return b < 0 || b > 31 ? (a < 0 ? -1 : 0) : a >> b;
  }
}
