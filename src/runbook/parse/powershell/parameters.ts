// The parameters of scripts and functions.

import type { Parameter } from './ast.ts';
import { CommandParser } from './commands.ts';
import { ParseError } from './cursor.ts';

export abstract class ParameterParser extends CommandParser {
  /** `([string]$a = 'x', [switch]$b)`. */
  protected parameters(): Parameter[] {
    this.expect(/\(/y, 'a parenthesis is expected');
    const found: Parameter[] = [];
    for (this.skip(); !this.take(/\)/y); this.skip()) {
      if (this.isAtEnd) throw new ParseError('the parameters are not closed');
      if (this.take(/,/y)) continue;
      let type: string | null = null;
      let notes = '';
      for (this.skip(); this.see(/\[/y); this.skip()) {
        const name = this.typeName();
        if (name !== null) type = name;
        else
          notes +=
            this.take(/\[\s*\w[\w.]*\s*\((?:[^()'"]|'[^']*'|"[^"]*"|\([^()]*\))*\)\s*\]/y)?.[0] ?? this.refuseHere();
      }
      const name = this.expect(/\$(\w+)/y, 'a parameter lacks its name')[1]!.toLowerCase();
      this.skip();
      let fallback = null;
      if (this.take(/=/y)) {
        this.skip();
        fallback = this.withoutLists();
      }
      found.push({
        name,
        type,
        fallback,
        isMandatory: /\bMandatory\b(?!\s*=\s*\$false)/i.test(notes),
        isFromPipeline: /\bValueFromPipeline\b(?!\s*=\s*\$false)/i.test(notes),
      });
    }
    return found;
  }

  private refuseHere(): never {
    throw new ParseError(`'${this.here()}' is not read`);
  }
}
