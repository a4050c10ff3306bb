// NTFS security descriptors through the host: extended attributes on Linux, PowerShell on Windows.

import { createRequire } from 'node:module';
import { fromHex, toHex } from '../../base/bytes.ts';
import { type HivemendError, NotFoundError, RefusedError } from '../../base/errors.ts';
import type { PathStyle } from '../../base/host-path.ts';
import { codeOf } from '../../base/read-folder.ts';
import { printable } from '../../base/text.ts';
import type { DescriptorAccess } from '../../base/write-fs.ts';
import { type ProcessResult, type RunProcess, runProcess } from '../process.ts';
import { POWERSHELL_SCRIPT } from './powershell.ts';

/** The part of the fs-xattr package that we use. */
export interface XattrModule {
  getAttributeSync(path: string, name: string): Uint8Array;
  setAttributeSync(path: string, name: string, value: Uint8Array): void;
}

export interface DescriptorOptions {
  /** Default: the host's. */
  readonly style?: PathStyle;
  /** Default: child_process. */
  readonly run?: RunProcess;
  /** Default: fs-xattr where it is installed; null: as if it were not. */
  readonly xattr?: XattrModule | null;
}

/** ntfs3 has the first, ntfs-3g the second; both take and give the self-relative descriptor. */
const ATTRIBUTES = ['system.ntfs_security', 'system.ntfs_acl'] as const;
/** Linux takes no longer argument (MAX_ARG_STRLEN), and setfattr has no other way in for one attribute. */
const MAX_ARGUMENT_BYTES = 131_071;

/**
 * Access to NTFS security descriptors as bytes, all parts (owner, group, DACL, SACL). `read` gives null where the file
 * system keeps none. Paths must be resolved ones; on Linux through fs-xattr a link would be followed.
 * @throws from the calls: RefusedError NO_DESCRIPTORS (no extended attributes here, or no program for them), NO_RIGHTS,
 *   READ_ONLY, IN_USE, LIMIT; NotFoundError FILE_NOT_FOUND.
 */
export function hostDescriptors(options: DescriptorOptions = {}): DescriptorAccess {
  const style = options.style ?? (process.platform === 'win32' ? 'win32' : 'posix');
  const run = options.run ?? runProcess;
  if (style === 'win32') return windowsDescriptors(run);
  const xattr = options.xattr === undefined ? installedXattr() : options.xattr;
  return xattrDescriptors(xattr ? moduleXattr(xattr) : processXattr(run));
}

/** fs-xattr is an optional dependency with a native part: absent is as usual as present. */
function installedXattr(): XattrModule | null {
  try {
    return createRequire(import.meta.url)('fs-xattr') as XattrModule;
  } catch {
    return null;
  }
}

/** 'none': there is no such attribute here, which is an answer and not a failure. */
interface Xattr {
  get(path: string, name: string): Uint8Array | 'none';
  set(path: string, name: string, value: Uint8Array): void;
}

function xattrDescriptors(xattr: Xattr): DescriptorAccess {
  const attributeOf = (path: string): { name: string; value: Uint8Array } | null => {
    for (const name of ATTRIBUTES) {
      const value = xattr.get(path, name);
      if (value !== 'none') return { name, value };
    }
    return null;
  };
  return {
    read: (path) => attributeOf(path)?.value ?? null,
    write: (path, descriptor) => {
      const attribute = attributeOf(path);
      if (!attribute) throw noDescriptors(path);
      xattr.set(path, attribute.name, descriptor);
    },
  };
}

function noDescriptors(path: string): RefusedError {
  return new RefusedError('NO_DESCRIPTORS', `the volume of ${printable(path)} keeps no NTFS security descriptors`, {
    hint: 'mount the NTFS volume itself, with ntfs-3g or ntfs3; a copy of its files on another file system has none',
    data: { path },
  });
}

/** The refusal for an errno name; INTERNAL ones keep their own words. */
function refusalFor(code: string, path: string, words: string): HivemendError {
  const shown = printable(path);
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new NotFoundError('FILE_NOT_FOUND', `${shown} does not exist; its security descriptor was wanted`);
    case 'EACCES':
    case 'EPERM':
      return new RefusedError('NO_RIGHTS', `the security descriptor of ${shown} may not be reached by this user`, {
        hint: 'run as root (sudo) or, on Windows, in an elevated prompt',
        data: { path },
      });
    case 'EROFS':
      return new RefusedError('READ_ONLY', `${shown} lies on a volume that is mounted read-only`, { data: { path } });
    case 'EBUSY':
      return new RefusedError('IN_USE', `${shown} is in use by another program`, { data: { path } });
    case 'ENOTSUP':
    case 'EOPNOTSUPP':
      return noDescriptors(path);
    default:
      return new RefusedError('NO_DESCRIPTORS', `the security descriptor of ${shown} cannot be reached: ${words}`, {
        data: { path, cause: code },
      });
  }
}

const ABSENT = ['ENODATA', 'ENOATTR', 'ENOTSUP', 'EOPNOTSUPP'];

function moduleXattr(xattr: XattrModule): Xattr {
  const fail = (error: unknown, path: string): never => {
    throw refusalFor(codeOf(error), path, error instanceof Error ? error.message : String(error));
  };
  return {
    get: (path, name) => {
      try {
        return Uint8Array.from(xattr.getAttributeSync(path, name));
      } catch (error) {
        return ABSENT.includes(codeOf(error)) ? 'none' : fail(error, path);
      }
    },
    set: (path, name, value) => {
      try {
        xattr.setAttributeSync(path, name, Buffer.from(value));
      } catch (error) {
        fail(error, path);
      }
    },
  };
}

/** What getfattr and setfattr say with LC_ALL=C, as errno names. */
const WORDS: readonly (readonly [string, string])[] = [
  ['No such attribute', 'ENODATA'],
  ['Operation not supported', 'ENOTSUP'],
  ['No such file or directory', 'ENOENT'],
  ['Not a directory', 'ENOTDIR'],
  ['Permission denied', 'EACCES'],
  ['Operation not permitted', 'EPERM'],
  ['Read-only file system', 'EROFS'],
  ['Device or resource busy', 'EBUSY'],
  ['No space left on device', 'ENOSPC'],
];

function processXattr(run: RunProcess): Xattr {
  const start = (program: string, args: readonly string[], path: string): ProcessResult => {
    const result = run(program, args);
    if (result.error !== null) {
      throw new RefusedError(
        'NO_DESCRIPTORS',
        `${program} could not be started (${result.error}); it reads and writes security descriptors`,
        {
          hint: 'apt-get install attr, or npm install fs-xattr',
          data: { path },
        },
      );
    }
    return result;
  };
  const codeIn = (stderr: string): string => WORDS.find(([words]) => stderr.trimEnd().endsWith(words))?.[1] ?? '';
  return {
    get: (path, name) => {
      const result = start('getfattr', ['-h', '--absolute-names', '-e', 'hex', '-n', name, '--', path], path);
      const code = codeIn(result.stderr);
      if (ABSENT.includes(code)) return 'none';
      const hex = result.stdout
        .split('\n')
        .find((line) => line.startsWith(`${name}=0x`))
        ?.slice(name.length + 3);
      const value = result.exitCode === 0 && hex !== undefined ? fromHex(hex) : null;
      if (!value) throw refusalFor(code, path, result.stderr.trim() || 'getfattr gave no value');
      return value;
    },
    set: (path, name, value) => {
      const argument = `0x${toHex(value)}`;
      if (argument.length > MAX_ARGUMENT_BYTES) {
        throw new RefusedError('LIMIT', `a security descriptor of ${value.byteLength} bytes is too long for setfattr`, {
          hint: 'npm install fs-xattr',
          data: { path },
        });
      }
      const result = start('setfattr', ['-h', '-n', name, '-v', argument, '--', path], path);
      if (result.exitCode !== 0) throw refusalFor(codeIn(result.stderr), path, result.stderr.trim());
    },
  };
}

/** Text both ways: with -EncodedCommand PowerShell would speak its own XML on standard error. */
const POWERSHELL_SWITCHES = '-NoLogo -NoProfile -NonInteractive -InputFormat Text -OutputFormat Text'.split(' ');
/** What the script answers with for Win32 errors, as errno names. */
// biome-ignore format: a table
const WIN32_ERRORS: Readonly<Record<string, string>> = {
  1: 'ENOTSUP', 2: 'ENOENT', 3: 'ENOENT', 5: 'EACCES', 19: 'EROFS', 32: 'EBUSY', 33: 'EBUSY', 50: 'ENOTSUP', 1314: 'EPERM',
};

/** Its whole path: Windows looks for a bare name in the working folder first, which may be the disk under repair. */
function powerShell(): string {
  return `${process.env.SystemRoot ?? 'C:\\Windows'}\\System32\\WindowsPowerShell\\v1.0\\powershell.exe`;
}

function windowsDescriptors(run: RunProcess): DescriptorAccess {
  const ask = (path: string, request: string): { code: string; hex: string; words: string } => {
    const args = [...POWERSHELL_SWITCHES, '-EncodedCommand', encoded(POWERSHELL_SCRIPT)];
    const result = run(powerShell(), args, `${request}\n${Buffer.from(path, 'utf16le').toString('base64')}\n`);
    if (result.error !== null) {
      throw new RefusedError(
        'NO_DESCRIPTORS',
        `powershell.exe could not be started (${result.error}); it reads and writes security descriptors`,
        {
          hint: `run hivemend on a Windows that has ${powerShell()}, or on Linux; another --state-dir does not help`,
          data: { path, isEverywhere: true },
        },
      );
    }
    const answer = /^(OK|ERR) ?([0-9a-f]*)$/m.exec(result.stdout.replaceAll('\r', ''));
    if (!answer) {
      const words = (result.stderr || result.stdout).trim().split('\n')[0] ?? '';
      throw refusalFor('', path, words || `powershell.exe ended with ${result.exitCode}`);
    }
    return answer[1] === 'OK'
      ? { code: '', hex: answer[2]!, words: '' }
      : { code: WIN32_ERRORS[answer[2]!] ?? `WIN32_${answer[2]}`, hex: '', words: `Win32 error ${answer[2]}` };
  };
  return {
    read: (path) => {
      const { code, hex, words } = ask(path, 'read');
      if (ABSENT.includes(code)) return null;
      if (code !== '') throw refusalFor(code, path, words);
      return fromHex(hex);
    },
    write: (path, descriptor) => {
      const { code, words } = ask(path, `write ${toHex(descriptor)}`);
      if (code !== '') throw refusalFor(code, path, words);
    },
  };
}

function encoded(script: string): string {
  return Buffer.from(script, 'utf16le').toString('base64');
}
