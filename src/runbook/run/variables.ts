// Environment variables of a script: what it sets, what Windows sets, and how cmd.exe puts them in.

import { Unresolved } from './unresolved.ts';

/** Names that every Windows has; they stay as they are written unless cmd.exe's expansion is asked for. */
const WINDOWS: Readonly<Record<string, string>> = {
  SYSTEMROOT: 'C:\\Windows',
  WINDIR: 'C:\\Windows',
  SYSTEMDRIVE: 'C:',
  PROGRAMFILES: 'C:\\Program Files',
  'PROGRAMFILES(X86)': 'C:\\Program Files (x86)',
  PROGRAMDATA: 'C:\\ProgramData',
  ALLUSERSPROFILE: 'C:\\ProgramData',
  COMMONPROGRAMFILES: 'C:\\Program Files\\Common Files',
  PUBLIC: 'C:\\Users\\Public',
  COMSPEC: 'C:\\Windows\\system32\\cmd.exe',
};
/** Set on each machine in its own way: never put in. */
const MACHINE = new Set([
  'TEMP',
  'TMP',
  'USERPROFILE',
  'USERNAME',
  'USERDOMAIN',
  'COMPUTERNAME',
  'APPDATA',
  'LOCALAPPDATA',
  'PATH',
  'PATHEXT',
  'OS',
  'HOMEDRIVE',
  'HOMEPATH',
  'LOGONSERVER',
  'NUMBER_OF_PROCESSORS',
  'PROCESSOR_ARCHITECTURE',
  'DATE',
  'TIME',
  'RANDOM',
  'CD',
]);

export class Variables {
  private readonly own = new Map<string, string>();
  private readonly isCmdExpansion: boolean;
  errorlevel = 0;

  constructor(isCmdExpansion: boolean) {
    this.isCmdExpansion = isCmdExpansion;
  }

  /** '' removes it. */
  set(name: string, value: string): void {
    if (value === '') this.own.delete(name.toUpperCase());
    else this.own.set(name.toUpperCase(), value);
  }

  /** Null where it is not set, or where it stays as it is written. */
  get(name: string): string | null {
    const upper = name.toUpperCase();
    if (upper === 'ERRORLEVEL' && !this.own.has(upper)) return String(this.errorlevel);
    return this.own.get(upper) ?? (this.isCmdExpansion ? (WINDOWS[upper] ?? null) : null);
  }

  isSet(name: string): boolean {
    return this.get(name) !== null || isWindowsVariable(name);
  }

  /** Names that are set begin with `prefix`; for `set` without a value. */
  listed(prefix: string): string[] {
    return [...this.own]
      .filter(([name]) => name.startsWith(prefix.toUpperCase()))
      .map(([name, value]) => `${name}=${value}`);
  }

  copy(): Variables {
    const other = new Variables(this.isCmdExpansion);
    for (const [name, value] of this.own) other.own.set(name, value);
    other.errorlevel = this.errorlevel;
    return other;
  }
}

export function isWindowsVariable(name: string): boolean {
  const upper = name.toUpperCase();
  return upper in WINDOWS || MACHINE.has(upper) || upper === 'ERRORLEVEL';
}

const PERCENT = /%%~?([A-Za-z])|%%|%([^%:\s"\\/]+(?: [^%:\s"\\/]+)*)(?::([^%]*))?%/g;

/** `text` with %NAME%, !NAME! and loop variables put in; what is not set stays as it is written. */
export function expand(text: string, fixed: Variables, live: Variables, loop: ReadonlyMap<string, string>): string {
  const percent = text.replace(
    PERCENT,
    (all, letter: string | undefined, name: string | undefined, part: string | undefined) => {
      if (letter !== undefined) return loopValue(all, letter, loop) ?? all.slice(1);
      if (name === undefined) return '%';
      const value = fixed.get(name);
      return value === null ? all : partOf(value, part);
    },
  );
  const typed =
    loop.size === 0
      ? percent
      : percent.replace(/%~?([A-Za-z])(?![^%\s]*%)/g, (all, letter: string) => loopValue(all, letter, loop) ?? all);
  return typed.replace(/!([^!\s"\\/:]+)(?::([^!]*))?!/g, (all, name: string, part: string | undefined) => {
    const value = live.get(name);
    return value === null ? all : partOf(value, part);
  });
}

/** `%%a`, and `%%~a` without its quotes; null where no loop has it. */
function loopValue(all: string, letter: string, loop: ReadonlyMap<string, string>): string | null {
  const value = loop.get(letter);
  if (value === undefined) return null;
  return all.includes('~') ? value.replace(/^"|"$/g, '') : value;
}

/** `%NAME:~2,3%` and `%NAME:old=new%`. */
function partOf(value: string, part: string | undefined): string {
  if (part === undefined) return value;
  const slice = /^~(-?\d+)(?:,(-?\d+))?$/.exec(part);
  if (slice) {
    const start = Number(slice[1]);
    const from = start < 0 ? Math.max(0, value.length + start) : start;
    if (slice[2] === undefined) return value.slice(from);
    const count = Number(slice[2]);
    return count < 0 ? value.slice(from, value.length + count) : value.slice(from, from + count);
  }
  const cut = part.indexOf('=');
  if (cut <= 0) return value;
  return value.replace(new RegExp(part.slice(0, cut).replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'gi'), () =>
    part.slice(cut + 1),
  );
}

/**
 * A text to compare: what nobody sets is nothing, as cmd.exe has it. @throws Unresolved for a variable that each machine
 * sets in its own way
 */
export function settled(text: string): string {
  return text.replace(/%([^%:\s"\\/]+)(?::[^%]*)?%|%(?:~[a-z]*)?[0-9*]/gi, (_all, name: string | undefined) => {
    if (name !== undefined && isWindowsVariable(name)) {
      throw new Unresolved(
        'unset-variable',
        `%${name}% is another one on each machine, so the condition cannot be checked.`,
      );
    }
    return '';
  });
}

/** Names of variables in `text` that nobody sets: neither `known` nor Windows. Arguments of the script (%1) are such. */
export function unsetNames(text: string, known: ReadonlySet<string>): string[] {
  const names = [...text.matchAll(/%([^%:\s"\\/]+)(?::[^%]*)?%/g)]
    .map((match) => match[1]!)
    .filter((name) => !known.has(name.toUpperCase()) && !isWindowsVariable(name));
  const bare = text.replace(/%%~?[A-Za-z]/g, '').replace(/%[^%\s"\\/]+%/g, '');
  const argument = /%(?:~[a-z]*)?[0-9*]/i.exec(bare);
  return argument ? [...names, argument[0].slice(1)] : names;
}
