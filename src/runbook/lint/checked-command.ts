// What became of a command: its effective words, and whether it can be run here.

import type { Position, Word } from '../parse/script.ts';
import type { Remark, RuleId } from './rules.ts';

export type Verdict = 'run' | 'elsewhere' | 'ignored' | 'unresolved';

export interface CheckedCommand {
  /** The tool in lower case: 'reg', 'set-itemproperty'. */
  readonly tool: string;
  /** As it is run, the tool among them. */
  readonly words: readonly Word[];
  readonly verdict: Verdict;
  /** Which rule made it unresolved; null for any other verdict. */
  readonly rule: RuleId | null;
  readonly why: string;
  /** 'offline' names a disk that is attached, 'live' the machine that runs it, 'any' neither. */
  readonly place: 'offline' | 'live' | 'any';
  readonly at: Position;
}

/** A command while it is being checked. */
export class CommandCheck {
  words: Word[];
  readonly remarks: Remark[];
  rule: RuleId | null = null;
  why = '';
  place: CheckedCommand['place'] = 'any';
  /** Letters that stand for a volume of the disk, in upper case; null where none was mapped yet, as in lint. */
  readonly mapped: ReadonlySet<string> | null;

  constructor(words: readonly Word[], remarks: Remark[], mapped: ReadonlySet<string> | null) {
    this.words = [...words];
    this.remarks = remarks;
    this.mapped = mapped;
  }

  /** Whether a drive is the disk's: every letter but C, and C where it is mapped. One that is not mapped is refused later. */
  isOfDisk(letter: string): boolean {
    const upper = letter.toUpperCase();
    return upper !== 'C' || this.mapped?.has('C') === true;
  }

  get at(): Position {
    return this.words[0]!.at;
  }

  say(rule: RuleId, at: Position, text: string): void {
    this.remarks.push({ rule, line: at.line, column: at.column, text });
  }

  /** Says it, and the command is not run. The first reason stands. */
  refuse(rule: RuleId, at: Position, text: string): void {
    this.say(rule, at, text);
    if (this.rule !== null) return;
    this.rule = rule;
    this.why = text;
  }

  /** Puts other text in a word's place. */
  set(index: number, text: string): void {
    this.words[index] = { ...this.words[index]!, text };
  }

  done(tool: string, verdict: Verdict = 'run'): CheckedCommand {
    const isUnresolved = this.rule !== null;
    return {
      tool,
      words: this.words,
      verdict: isUnresolved ? 'unresolved' : verdict,
      rule: this.rule,
      why: this.why,
      place: this.place,
      at: this.at,
    };
  }
}

/** Whether a word holds a variable that is put in when the line is run. */
export function hasVariable(text: string): boolean {
  return /%[^%\s]+%|%%~?[\w]|![^!\s]+!|%~?[0-9*]|\$\w/.test(text);
}
