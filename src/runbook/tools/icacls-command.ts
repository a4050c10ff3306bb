// icacls and takeown on the descriptors of a volume.

import { toHex } from '../../base/bytes.ts';
import { HivemendError } from '../../base/errors.ts';
import { append } from '../../base/lists.ts';
import { encodeLatin1 } from '../../base/text.ts';
import type { Outcome } from '../../compat/outcome.ts';
import {
  addAllowAce,
  addDenyAce,
  type ChildKind,
  encodeDescriptor,
  icaclsListing,
  icaclsSave,
  icaclsSummary,
  inheritedOnly,
  parseDescriptor,
  parseIcaclsGrant,
  parseIcaclsSave,
  passesTheSame,
  removeAces,
  type SecurityDescriptor,
  WELL_KNOWN,
  withInheritance,
  withInherited,
  withOwner,
  withoutInheritance,
} from '../../security/index.ts';
import { ToolFailure, Unresolved } from '../run/unresolved.ts';
import { sidNamed } from './key-permissions.ts';
import type { OfflineSystem } from './offline-system.ts';

/** `parent` is the folder's that it lies in; null at the root of a volume. */
type Change = (sd: SecurityDescriptor, parent: SecurityDescriptor | null, kind: ChildKind) => SecurityDescriptor;

interface IcaclsLine {
  readonly path: string;
  readonly isDeep: boolean;
  readonly isQuiet: boolean;
  readonly changes: readonly Change[];
  readonly save: string | null;
  readonly restore: string | null;
}

/** `args` are without the tool. */
export function icacls(args: readonly string[], system: OfflineSystem): Outcome {
  const line = parseIcacls(args);
  if (line.restore !== null) return restore(line, line.restore, system);
  const targets = system.files
    .matching(line.path)
    .flatMap(({ path, shown }) => (line.isDeep ? system.files.below(path, shown) : [{ path, shown }]));
  if (targets.length === 0)
    throw new ToolFailure(`${line.path}: The system cannot find the file specified.\n${icaclsSummary(0, 1)}`, 2);
  if (line.save !== null) {
    const name = (path: string): string => path.slice(path.lastIndexOf('\\') + 1);
    const root = targets[0]!.path;
    const entries = targets.map(({ path }) => ({
      path: `${name(root)}${path.slice(root.length)}`,
      sd: descriptorOf(path, system),
    }));
    system.files.write(line.save, icaclsSave(entries));
    return { exitCode: 0, stdout: icaclsSummary(entries.length, 0), stderr: '' };
  }
  if (line.changes.length === 0) return { exitCode: 0, stdout: listing(targets, system), stderr: '' };
  for (const { path } of targets) {
    const before = descriptorOf(path, system);
    const kind = system.session.files.isFolderAt(path) ? 'folder' : 'file';
    const folder = path.slice(0, path.lastIndexOf('\\')) || '\\';
    const parent = path === '\\' ? null : system.session.files.descriptor(folder);
    const above = parent === null ? null : parseDescriptor(parent);
    const after = line.changes.reduce((sd, change) => change(sd, above, kind), before);
    setFilePermissions(path, after, before, system);
  }
  const processed = line.isQuiet ? '' : targets.map(({ shown }) => `processed file: ${shown}\r\n`).join('');
  return { exitCode: 0, stdout: processed + icaclsSummary(targets.length, 0), stderr: '' };
}

function listing(targets: readonly { path: string; shown: string }[], system: OfflineSystem): string {
  return icaclsListing(
    targets.map(({ path, shown }) => {
      try {
        return { path: shown, sd: descriptorOf(path, system) };
      } catch (error) {
        if (!(error instanceof HivemendError) && !(error instanceof ToolFailure)) throw error;
        return { path: shown, sd: null, error: error.message };
      }
    }),
  );
}

export function descriptorOf(path: string, system: OfflineSystem): SecurityDescriptor {
  const bytes = system.session.files.descriptor(path);
  if (bytes === null) throw new ToolFailure(`${path} lies on a file system that keeps no security descriptors`);
  return parseDescriptor(bytes);
}

function setDescriptor(
  path: string,
  after: SecurityDescriptor,
  before: SecurityDescriptor,
  system: OfflineSystem,
): void {
  if (after === before) return;
  system.files.apply({ op: 'set-security', path, sdHex: toHex(encodeDescriptor(after)) });
}

/** Sets a descriptor and, where it passes on something else than before, what lies below inherits that, as on Windows. */
export function setFilePermissions(
  path: string,
  after: SecurityDescriptor,
  before: SecurityDescriptor,
  system: OfflineSystem,
): void {
  setDescriptor(path, after, before, system);
  if (passesTheSame(after, before) || !system.session.files.isFolderAt(path)) return;
  const given = new Map([[path, after]]);
  for (const { path: child } of system.files.below(path, path).slice(1)) {
    const parent = given.get(child.slice(0, child.lastIndexOf('\\')));
    if (!parent) continue;
    const kind = system.session.files.isFolderAt(child) ? 'folder' : 'file';
    const was = descriptorOf(child, system);
    const is = withInherited(was, parent, kind);
    setDescriptor(child, is, was, system);
    // What is as it was keeps what lies below it as it is.
    if (is !== was && kind === 'folder') given.set(child, is);
  }
}

function parseIcacls(args: readonly string[]): IcaclsLine {
  const [path, ...rest] = args;
  if (path === undefined) throw new Unresolved('cut-line', 'icacls does not have a path.');
  const flags = new Set<string>();
  const changes: Change[] = [];
  let save: string | null = null;
  let restoreFrom: string | null = null;
  for (let i = 0; i < rest.length; i += 1) {
    const word = rest[i]!.toLowerCase();
    const operands: string[] = [];
    if (/^\/(?:t|c|l|q)$/.test(word)) flags.add(word);
    else if (/^\/(?:reset|inheritance(?::[edr])?|inheritancelevel:[edr])$/.test(word)) changes.push(inheritance(word));
    else {
      while (i + 1 < rest.length && !rest[i + 1]!.startsWith('/')) {
        i += 1;
        operands.push(rest[i]!);
      }
      if (operands.length === 0) throw new Unresolved('cut-line', `icacls has nothing after ${rest[i]}.`);
      if (word === '/save') save = operands[0]!;
      else if (word === '/restore') restoreFrom = operands[0]!;
      else append(changes, changesOf(word, operands));
    }
  }
  return { path, isDeep: flags.has('/t'), isQuiet: flags.has('/q'), changes, save, restore: restoreFrom };
}

function changesOf(word: string, operands: readonly string[]): Change[] {
  switch (word) {
    case '/grant':
      return operands.map((text) => grantOf(text, false));
    case '/grant:r':
      return operands.map((text) => grantOf(text, true));
    case '/deny':
      return operands.map((text) => {
        const { sid, mask, flags: inherits } = grantNamed(text);
        return (sd) => addDenyAce(sd, sid, mask, inherits);
      });
    case '/remove':
    case '/remove:g':
    case '/remove:d': {
      const kind = word.endsWith(':g') ? 'allow' : word.endsWith(':d') ? 'deny' : 'any';
      return operands.map((name) => {
        const sid = sidNamed(name);
        return (sd) => removeAces(sd, sid, kind);
      });
    }
    case '/setowner':
      return operands.map((name) => {
        const sid = sidNamed(name);
        return (sd) => withOwner(sd, sid);
      });
    default:
      throw new Unresolved('bad-syntax', `icacls ${word} is not done on a disk.`);
  }
}

/** `/inheritance:e`, `:d`, `:r`, and `/reset`. */
function inheritance(word: string): Change {
  switch (word.at(-1)) {
    case 'd':
      return (sd) => withoutInheritance(sd, 'keep');
    case 'r':
      return (sd) => withoutInheritance(sd, 'drop');
    case 't':
      return (sd, parent, kind) => (parent === null ? sd : inheritedOnly(sd, parent, kind));
    default:
      return (sd, parent, kind) => withInheritance(sd, parent, kind);
  }
}

function grantNamed(text: string): ReturnType<typeof parseIcaclsGrant> {
  try {
    return parseIcaclsGrant(text);
  } catch (error) {
    if (!(error instanceof HivemendError)) throw error;
    throw new Unresolved('cannot-be-bound', `${error.message}.`);
  }
}

function grantOf(text: string, replaces: boolean): Change {
  const { sid, mask, flags } = grantNamed(text);
  return (sd) => addAllowAce(replaces ? removeAces(sd, sid, 'allow') : sd, sid, mask, flags);
}

/** icacls <folder> /restore <file>: the lists of a saved file, owners and all else as they are. */
function restore(line: IcaclsLine, file: string, system: OfflineSystem): Outcome {
  const { path: folder } = system.files.onDisk(line.path);
  const entries = parseIcaclsSave(system.files.read(file));
  for (const entry of entries) {
    const path = `${folder.replace(/\\$/, '')}\\${entry.path}`;
    const before = descriptorOf(path, system);
    setDescriptor(path, { ...before, dacl: entry.sd.dacl, control: entry.sd.control }, before, system);
  }
  return { exitCode: 0, stdout: icaclsSummary(entries.length, 0), stderr: '' };
}

/** takeown /f <path> [/a] [/r] [/d y]. Without /a the owner would be who runs it; offline that is Administrators too. */
export function takeown(args: readonly string[], system: OfflineSystem): Outcome {
  const at = args.findIndex((arg) => /^\/f$/i.test(arg));
  const text = args[at + 1];
  if (at < 0 || text === undefined) throw new Unresolved('cut-line', 'takeown does not have a path after /f.');
  const isDeep = args.some((arg) => /^\/r$/i.test(arg));
  const targets = system.files
    .matching(text)
    .flatMap(({ path, shown }) => (isDeep ? system.files.below(path, shown) : [{ path, shown }]));
  if (targets.length === 0) throw new ToolFailure('ERROR: The system cannot find the file specified.');
  let stdout = '';
  for (const { path, shown } of targets) {
    const before = descriptorOf(path, system);
    setDescriptor(path, withOwner(before, WELL_KNOWN.administrators), before, system);
    stdout += `\r\nSUCCESS: The file (or folder): "${shown}" now owned by the administrators group.\r\n`;
  }
  return { exitCode: 0, stdout, stderr: '' };
}

/** Bytes of a listing that goes to a file: in the console's code page where it can be said in it, else UTF-8. */
export function listingBytes(text: string): Uint8Array {
  return encodeLatin1(text) ?? new TextEncoder().encode(text);
}
