// Names of environment variables: those that Windows sets, and those in a text that nobody sets.

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
};
/** Set on each machine in its own way: never put in. */
const MACHINE = new Set(
  (
    'TEMP TMP USERPROFILE USERNAME USERDOMAIN COMPUTERNAME APPDATA LOCALAPPDATA PATH PATHEXT OS HOMEDRIVE HOMEPATH ' +
    'LOGONSERVER NUMBER_OF_PROCESSORS PROCESSOR_ARCHITECTURE PROCESSOR_ARCHITEW6432 PROGRAMW6432 DATE TIME RANDOM CD ' +
    'CMDCMDLINE SESSIONNAME PSMODULEPATH'
  ).split(' '),
);

export function isWindowsVariable(name: string): boolean {
  const upper = name.toUpperCase();
  return upper in WINDOWS_VALUES || MACHINE.has(upper) || upper === 'ERRORLEVEL' || upper === 'CMDEXTVERSION';
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
