// A damaged hive through reg copy, export and add, a commit and its undo: what is exported can be read again, a refusal
// leaves the disk as it was, and what was committed is taken back to the byte.

import { prepareUndo } from '../../src/commands/undo.ts';
import { reg } from '../../src/compat/reg/reg.ts';
import { sessionRegistry } from '../../src/compat/reg/session-registry.ts';
import { parseRegFile } from '../../src/formats/reg/reader.ts';
import type { Key } from '../../src/registry/hive.ts';
import { PreparedCommit } from '../../src/session/prepared.ts';
import { Session } from '../../src/session/session.ts';
import { Disk } from '../commit/disk-simulator.ts';
import { VOLUME } from '../commit/rows.ts';
import { attempt, damaged } from './hive-targets.ts';
import { hostOn } from './journal-targets.ts';
import { type Below, pick } from './random.ts';

const FILE = `${VOLUME}/X`;

/** The hive and its logs; the journal beside them stays after an undo. */
const contentOf = (disk: Disk): string =>
  ['', '.LOG', '.LOG1', '.LOG2'].map((ending) => Buffer.from(disk.get(FILE + ending) ?? []).toString('latin1')).join();

function somePath(root: Key, below: Below): string {
  let key = root;
  for (let depth = below(5); depth > 0; depth -= 1) {
    const subkeys = key.subkeys();
    if (subkeys.length === 0) break;
    key = pick(below, subkeys);
  }
  return `HKLM\\X${key.path.map((name) => `\\${name}`).join('')}`;
}

export function copiedAndUndone(below: Below): void {
  const { hive, logs } = damaged(below);
  const disk = new Disk();
  disk.put(FILE, hive);
  for (const log of logs) disk.put(FILE + log.name.slice(1), log.bytes);
  const original = contentOf(disk);
  const host = hostOn(disk, below);
  let isCommitted = false;
  try {
    isCommitted = commitCopy(host, below);
  } catch (error) {
    if (contentOf(disk) !== original) throw new Error('a refusal left another disk', { cause: error });
    throw error;
  }
  if (!isCommitted) return;
  prepareUndo(host, { places: [FILE] }).undo();
  if (contentOf(disk) !== original) throw new Error('undo did not give the original bytes');
}

/** Whether something was written. */
function commitCopy(host: ReturnType<typeof hostOn>, below: Below): boolean {
  using session = Session.overFiles(host, [{ name: 'X', path: FILE }], { acceptDirty: below(2) === 0 });
  const files = new Map<string, Uint8Array>();
  const registry = sessionRegistry(session, {
    bareHive: 'X',
    prefix: 'HKLM\\X',
    keepsBindings: false,
    isInteractive: false,
    confirm: () => false,
    readFile: (file) => files.get(file) ?? new Uint8Array(),
    fileExists: (file) => files.has(file),
    writeFile: (file, bytes) => files.set(file, bytes),
  });
  const { root } = session.view('X');
  const from = somePath(root, below);
  const to = `${somePath(root, below)}\\${pick(below, ['copy', 'copy\\of', 'a'])}`;
  const lines: readonly (readonly string[])[] = [
    ['copy', from, to, '/f', ...(below(4) === 0 ? [] : ['/s'])],
    ['export', pick(below, [from, to]), 'x.reg', '/y'],
    ['add', to, '/v', `value ${below(3)}`, '/t', 'REG_DWORD', '/d', String(below(2 ** 31)), '/f'],
  ];
  for (const line of lines) attempt(() => reg(line, registry));
  const exported = files.get('x.reg');
  if (exported) parseRegFile(exported, {});
  if (session.changes.length === 0) return false;
  const prepared = new PreparedCommit(session, session.prove(), {
    command: 'reg copy',
    machine: null,
    outcomes: [],
    findings: [],
    skipped: [],
    isWhole: true,
    edits: session.changes.map(({ edit }) => edit),
    why: session.changes.map(() => 'reg copy'),
    options: {},
  });
  JSON.stringify(prepared.dryReport);
  const refusal = prepared.whyRefused();
  if (refusal) throw refusal;
  prepared.commit();
  return true;
}
