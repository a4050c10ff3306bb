// %0 to %9 and %* of a script and of its subroutines.

import { kept } from '../../parse/marks.ts';
import { type PathFacts, pathParts } from './path-parts.ts';

/** What a subroutine was called with: its label first. */
export class CallArguments {
  private words: readonly string[];
  /** %*: all that stands behind the label, whatever shift does. */
  readonly all: string;

  /** `text` begins with the label. */
  constructor(text: string) {
    this.words = text.match(/(?:"[^"]*(?:"|$)|[^\s,;="])+/g) ?? [''];
    this.all = text.slice(this.words[0]!.length).replace(/^[\s,;=]+/, '');
  }

  get label(): string {
    return this.words[0]!.slice(1).toLowerCase();
  }

  /** '' for one that was not given. */
  get(digit: number): string {
    return this.words[digit] ?? '';
  }

  /** They move down by one, from `first` on. */
  shift(first: number): void {
    this.words = [...this.words.slice(0, first), ...this.words.slice(first + 1)];
  }
}

/** Null where nobody knows it: at the top (`args` is null) a person gives the arguments. */
export function argumentText(
  args: CallArguments | null,
  digit: number,
  modifiers: string | null,
  scriptName: string,
  facts: PathFacts,
): string | null {
  // In a subroutine %0 is its label, and with parts of a path still the script.
  if (digit === 0 && modifiers !== null && modifiers !== '') return scriptParts(scriptName, modifiers, facts);
  if (args === null) return null;
  const value = args.get(digit);
  return modifiers === null ? value : pathParts(value, modifiers, facts);
}

/** The folder of the script stays as it is written. */
function scriptParts(scriptName: string, modifiers: string, facts: PathFacts): string | null {
  if (scriptName === '-' || !/^[fdpnxs]+$/i.test(modifiers)) return null;
  const isWhole = /f/i.test(modifiers);
  if (!isWhole && /d/i.test(modifiers) !== /p/i.test(modifiers)) return null;
  const name = isWhole ? 'nx' : modifiers.replace(/[^nx]/gi, '');
  const folder = isWhole || /d/i.test(modifiers) ? kept('%~dp0') : '';
  return `${folder}${name === '' ? '' : pathParts(scriptName, name, facts)}`;
}
