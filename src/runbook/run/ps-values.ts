// Variables and values of PowerShell while a script is run.

import { type Expression, LITERAL_DOLLAR, type Node } from '../parse/script.ts';
import { Unresolved } from './unresolved.ts';

export type Value = string | readonly string[];

export class PowerShellValues {
  private readonly variables = new Map<string, Value>([
    ['true', 'True'],
    ['false', 'False'],
    ['null', ''],
  ]);
  private readonly output: (command: Node, property: string | null) => string;

  /** `output` runs a command for its output, or for one property of it. */
  constructor(output: (command: Node, property: string | null) => string) {
    this.output = output;
  }

  set(name: string, value: Value): void {
    this.variables.set(name.toLowerCase(), value);
  }

  /** `text` with `$name`, `${name}` put in. @throws Unresolved powershell for a variable that nobody set */
  expand(text: string): string {
    return text
      .replace(
        /\$(?:\{(\w+)\}|(env:\w+)|(\w+))(\.\w+|\[)?/gi,
        (
          all,
          braced: string | undefined,
          env: string | undefined,
          bare: string | undefined,
          member: string | undefined,
        ) => {
          const name = (braced ?? bare ?? '').toLowerCase();
          const value = this.variables.get(name);
          const isKnown = env === undefined && value !== undefined && (member === undefined || member.startsWith('.'));
          if (!isKnown) throw new Unresolved('powershell', `${all} is set nowhere in the script.`);
          return (typeof value === 'string' ? value : value.join(' ')) + (member ?? '');
        },
      )
      .replaceAll(LITERAL_DOLLAR, '$');
  }

  value(expression: Expression): Value {
    switch (expression.kind) {
      case 'text':
        return expression.isNumber ? expression.text : this.expand(expression.text);
      case 'variable': {
        const value = this.variables.get(expression.name);
        if (value === undefined)
          throw new Unresolved('powershell', `$${expression.name} is set nowhere in the script.`);
        return value;
      }
      case 'list':
        return expression.items.flatMap((item) => this.value(item));
      case 'join':
        return expression.items.map((item) => this.text(item)).join('');
      case 'format':
        return formatted(
          this.text(expression.pattern),
          expression.items.map((item) => this.text(item)),
        );
      case 'output':
        return this.output(expression.command, expression.property);
    }
  }

  text(expression: Expression): string {
    const value = this.value(expression);
    return typeof value === 'string' ? value : value.join(' ');
  }
}

/** `{0}`, `{0:d3}` and `{0:000}`. */
function formatted(pattern: string, items: readonly string[]): string {
  return pattern.replace(/\{(\d+)(?::([^}]*))?\}/g, (all, index: string, how: string | undefined) => {
    const item = items[Number(index)];
    if (item === undefined) throw new Unresolved('powershell', `${all} has nothing to stand for.`);
    if (how === undefined) return item;
    const width = /^d(\d+)$/i.exec(how)?.[1] ?? (/^0+$/.test(how) ? String(how.length) : null);
    if (width === null) throw new Unresolved('powershell', `the format ${all} is not read.`);
    return item.padStart(Number(width), '0');
  });
}
