// Names of environment variables: those that Windows sets, and those in a text that nobody sets.

import { kept, replaceKept } from './marks.ts';

/** Names that every Windows has, with what they usually are. */
export const WINDOWS_VALUES: Readonly<Record<string, string>> = {
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
  OS: 'Windows_NT',
  PROCESSOR_ARCHITECTURE: 'AMD64',
  PROGRAMW6432: 'C:\\Program Files',
};
/** Set on each machine in its own way: never put in. */
const MACHINE = new Set(
  (
    'TEMP TMP USERPROFILE USERNAME USERDOMAIN COMPUTERNAME APPDATA LOCALAPPDATA PATH PATHEXT HOMEDRIVE HOMEPATH ' +
    'LOGONSERVER NUMBER_OF_PROCESSORS DATE TIME CD ' +
    'CMDCMDLINE SESSIONNAME PSMODULEPATH'
  ).split(' '),
);

/** Text with the variables in it that are the same on nearly every Windows; others stay as they are. */
export function withUsualValues(text: string): string {
  return replaceKept(text, (name, all) => WINDOWS_VALUES[name.toUpperCase()] ?? kept(all));
}

export function isWindowsVariable(name: string): boolean {
  const upper = name.toUpperCase();
  return upper in WINDOWS_VALUES || MACHINE.has(upper) || /^(?:ERRORLEVEL|CMDEXTVERSION|RANDOM)$/.test(upper);
}

/** Set anew for each command, or by where the script stands: what is kept of them as a text means nothing. */
const FLEETING = /^(?:DATE|TIME|CD|CMDCMDLINE|ERRORLEVEL)$/i;

export function isFleeting(name: string): boolean {
  return FLEETING.test(name);
}

/** Names of variables in `text` that nobody sets: neither `known` nor Windows. Arguments of the script (%1) are such. */
export function unsetNames(text: string, known: ReadonlySet<string>): string[] {
  // As cmd.exe reads: %% and arguments go before variables.
  const pieces = text.matchAll(/%%(?:~?[A-Za-z])?|\^?%\w+\^%|%((?:~[a-z]*)?[0-9*])|%([^%:\s"\\/]+)(?::[^%]*)?%/gi);
  return [...pieces].flatMap(([, argument, name]) => {
    if (argument !== undefined) return [argument];
    return name === undefined || known.has(name.toUpperCase()) || isWindowsVariable(name) ? [] : [name];
  });
}

/** Variables that a command of cmd.exe sets: `set X=`, `set /p X=`, `set /a "X=1, Y+=2"`. */
export function namesSetBy(text: string): string[] {
  const rest = /^\s*(?:call\s+)?set\b\s*(.*)$/is.exec(text)?.[1];
  if (rest === undefined) return [];
  if (/^\/a\b/i.test(rest))
    return [...rest.matchAll(/([A-Za-z_]\w*)\s*(?:[-+*/%&^|]|<<|>>)?=(?!=)/g)].map((match) => match[1]!);
  const name = /^(?:\/p\s+)?"?([^="]+)=/i.exec(rest)?.[1];
  return name === undefined ? [] : [name];
}
