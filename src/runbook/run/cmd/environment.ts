// The environment of a script for cmd.exe: its variables, errorlevel, and what setlocal keeps.

import { kept, replaceKept, unknownValue } from '../../parse/marks.ts';
import { isWindowsVariable, WINDOWS_VALUES } from '../../parse/variable-names.ts';

interface Saved {
  readonly own: Map<string, { readonly name: string; readonly value: string }>;
  readonly isDelayed: boolean;
}

export class Environment {
  private own: Saved['own'] = new Map();
  private readonly saved: Saved[] = [];
  private readonly isCmdExpansion: boolean;
  private readonly random: (sizeBytes: number) => Uint8Array;
  /** Null where it is not known. */
  errorlevel: number | null = 0;
  /** Whether `!name!` is a variable. */
  isDelayed = false;

  /** `isCmdExpansion` puts in what Windows sets, as it usually is; `random` gives bytes. */
  constructor(isCmdExpansion: boolean, random: (sizeBytes: number) => Uint8Array) {
    this.isCmdExpansion = isCmdExpansion;
    this.random = random;
  }

  /** '' removes it. */
  set(name: string, value: string): void {
    if (value === '') this.own.delete(name.toUpperCase());
    else this.own.set(name.toUpperCase(), { name, value });
  }

  /** From now on nobody here knows its value. */
  forget(name: string): void {
    this.set(name, unknownValue(`%${name}%`));
  }

  /** Null for what is not set, and for what Windows sets and stays as it is written. */
  get(name: string): string | null {
    const upper = name.toUpperCase();
    const own = this.own.get(upper);
    if (own) return own.value;
    if (upper === 'ERRORLEVEL') return this.errorlevel === null ? unknownValue('%ERRORLEVEL%') : `${this.errorlevel}`;
    if (upper === 'CMDEXTVERSION') return '2';
    if (upper === 'COMSPEC') return WINDOWS_VALUES[upper]!;
    if (upper === 'RANDOM') {
      const [low = 0, high = 0] = this.random(2);
      return `${((high & 0x7f) << 8) | low}`;
    }
    return this.isCmdExpansion ? (WINDOWS_VALUES[upper] ?? null) : null;
  }

  isSet(name: string): boolean {
    const value = this.get(name);
    return value === null ? isWindowsVariable(name) : isNothing(value) === false;
  }

  /** Variables whose names begin with `prefix`; for `set` without a value. */
  listed(prefix: string): string[] {
    return [...this.own.values()]
      .filter(({ name }) => name.toUpperCase().startsWith(prefix.toUpperCase()))
      .map(({ name, value }) => `${name}=${value}`)
      .sort();
  }

  /** setlocal. */
  save(): void {
    this.saved.push({ own: new Map(this.own), isDelayed: this.isDelayed });
  }

  /** endlocal; nothing where no setlocal was. */
  restore(): void {
    const saved = this.saved.pop();
    if (!saved) return;
    this.own = saved.own;
    this.isDelayed = saved.isDelayed;
  }

  /** How many setlocal are open, and back to as many: what a subroutine opens ends with it. */
  get depth(): number {
    return this.saved.length;
  }

  restoreTo(depth: number): void {
    while (this.saved.length > depth) this.restore();
  }
}

/** What stands for a variable or argument that the script does not set: Windows' own and arguments stay as written. */
export function unsetText(text: string): string {
  return kept(text);
}

/** A value of nothing but what nobody sets. */
function isNothing(value: string): boolean {
  return replaceKept(value, (name, all) => (isWindowsVariable(name) ? all : '')) === '';
}
