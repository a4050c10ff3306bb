// Where a path that the registry names lies on the Windows volume, and whether it is there.

import { HivemendError } from '../base/errors.ts';
import { orNull } from '../base/or-null.ts';
import { compareNames } from '../base/text.ts';
import type { WindowsPath } from '../registry/edit.ts';
import { textAt } from './rules.ts';
import type { MachineView } from './view.ts';

/** Windows' own drive, as SOFTWARE says it ('C:\Windows'); null where it does not. */
export function recordedSystemDrive({ software }: MachineView): string | null {
  const root = software ? textAt(software, ['Microsoft', 'Windows NT', 'CurrentVersion'], 'SystemRoot') : null;
  return /^[a-z]:/i.exec(root ?? '')?.[0] ?? null;
}

/** As recordedSystemDrive; C: where SOFTWARE does not say it. */
const systemDrive = (view: MachineView): string => recordedSystemDrive(view) ?? 'C:';

/**
 * The path on the Windows volume of what the registry calls `text`; null where it is on another drive, or a variable or a
 * form is not known here.
 */
export function volumePath(view: MachineView, text: string): WindowsPath | null {
  const drive = systemDrive(view);
  const whole = text
    .replace(/^"([^"]*)".*$/, '$1')
    .replace(/^\\\?\?\\/, '')
    .replace(/^(?:%SystemRoot%|%windir%|\\SystemRoot)(?=\\)/i, () => `${drive}${view.windowsPath}`)
    .replace(/^%SystemDrive%(?=\\)/i, () => drive)
    .replace(/^%ProgramFiles%(?=\\)/i, () => `${drive}\\Program Files`)
    .replace(/^System32(?=\\)/i, () => `${drive}${view.windowsPath}\\System32`);
  if (whole.includes('%') || compareNames(whole.slice(0, 2), drive) !== 0 || whole[2] !== '\\') return null;
  return whole.slice(2);
}

/** Null where it cannot be told: only hives were given, or the path leads elsewhere. */
export function fileExists(view: MachineView, path: WindowsPath | null): boolean | null {
  return path === null ? null : tried(() => view.files?.exists(path) ?? null);
}

/** What `look` sees; null where it meets a file that may not be read, or a link in the way. */
export function tried<T>(look: () => T): T | null {
  return orNull(HivemendError, look);
}

/** The volume holds the files of Windows and not only its hives, so that one that is missing is missing. */
export function isWholeWindows(view: MachineView): boolean {
  return fileExists(view, `${view.windowsPath}\\System32\\ntdll.dll`) === true;
}

/** The program of a command line: its quoted or first word. */
export function programOf(command: string): string {
  return /^\s*"([^"]+)"/.exec(command)?.[1] ?? command.trim().split(/\s/, 1)[0] ?? '';
}

/** Of a command line that are taken for the path of its program. */
const MOST_WORDS = 16;

/** The programs that Windows tries for a command line: up to each blank in turn where the path is not quoted. */
function programsOf(command: string): string[] {
  const quoted = /^\s*"([^"]+)"/.exec(command)?.[1];
  if (quoted !== undefined) return [quoted];
  const words = command.trim().split(/\s+/, MOST_WORDS);
  return words.map((_, i) => words.slice(0, i + 1).join(' '));
}

/** Whether the program of a command line is there; null where it cannot be told. */
export function programExists(view: MachineView, command: string): boolean | null {
  const answers = programsOf(command).map((program) => isProgram(view, program));
  return answers.includes(true) ? true : answers.includes(null) ? null : false;
}

/** A bare or relative name is looked for in System32 and in Windows' folder; one without an ending may be an .exe. */
function isProgram(view: MachineView, program: string): boolean | null {
  const names = /\.[a-z0-9]{1,4}$/i.test(program) ? [program] : [program, `${program}.exe`];
  if (/^[a-z]:\\|^[%\\]/i.test(program)) {
    const path = volumePath(view, program);
    const isInWindows = path?.toLowerCase().startsWith(`${view.windowsPath.toLowerCase()}\\`);
    if (path === null || (isInWindows && !isWholeWindows(view))) return null;
    const answers = names.map((name) => fileExists(view, volumePath(view, name)));
    return answers.includes(true) ? true : answers.includes(null) ? null : false;
  }
  if (!isWholeWindows(view)) return null;
  const folders = [`${view.windowsPath}\\System32`, view.windowsPath, ''];
  return folders.some((folder) => names.some((name) => fileExists(view, `${folder}\\${name}`) === true));
}
