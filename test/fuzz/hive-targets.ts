// Damaged hives, logs and boot stores through the readers, the engine, edits with their gate, and a whole rescue.

import { bytesEqual, concatBytes } from '../../src/base/bytes.ts';
import { HivemendError, InternalError } from '../../src/base/errors.ts';
import { elementData } from '../../src/bcd/data.ts';
import { setElement } from '../../src/bcd/edits.ts';
import { BcdStore } from '../../src/bcd/store.ts';
import { storeJson } from '../../src/bcd/store-json.ts';
import { bcdedit } from '../../src/compat/bcdedit/bcdedit.ts';
import { HiveHandle } from '../../src/engine/handle.ts';
import { jsonLines } from '../../src/formats/lines/jsonl.ts';
import { type LoadedHive, openHiveBytes } from '../../src/hive/open.ts';
import { verifyHive } from '../../src/hive/prove.ts';
import { encodeBaseBlock, parseBaseBlock } from '../../src/regf/base-block.ts';
import { deletedRecords } from '../../src/regf/deleted/deleted-records.ts';
import { validate } from '../../src/regf/gate/validate.ts';
import { logTimeline } from '../../src/regf/logs/changes.ts';
import type { LogFile } from '../../src/regf/logs/recover.ts';
import { recoverToRead } from '../../src/regf/logs/recover-to-read.ts';
import { RegfTree } from '../../src/regf/tree.ts';
import type { HiveEdit } from '../../src/registry/edit.ts';
import type { Hive, Key } from '../../src/registry/hive.ts';
import { openVerifierHive } from '../../src/registry/readers/verifier-hive.ts';
import { WorkingHive } from '../../src/registry/working/working-hive.ts';
import { fixtureEngine } from '../fixture-hives.ts';
import { damage, dirtLogsFor, logsFor } from './hive-damage.ts';
import { type Below, mutateBytes, pick } from './random.ts';
import { type Subject, subjects } from './subjects.ts';

const PAGE = 4096;
const MANIFEST: Parameters<typeof jsonLines>[1]['manifest'] = {
  source: 'X',
  sha256: '',
  sizeBytes: 0,
  kind: 'other',
  version: '1.5',
  view: 'primary',
  wasDirty: false,
  entriesApplied: 0,
  logs: [],
};
const NOW = 133_537_680_000_000_000n;

export interface Damaged {
  readonly hive: Uint8Array;
  readonly logs: readonly LogFile[];
}

/** A subject with faults in its hive, its logs, or in logs that are made for it. */
export function damaged(below: Below, from: readonly Subject[] = subjects().all): Damaged {
  const { hive, logs } = pick(below, from);
  const kind = below(8);
  const broken = kind < 4 ? damage(hive, below) : kind < 6 ? mutateBytes(hive, below) : hive.slice();
  if (kind === 5) resealed(broken);
  if (logs.length > 0) {
    return {
      hive: broken,
      logs: logs.map(({ name, bytes }) => ({ name, bytes: below(3) === 0 ? bytes : mutateBytes(bytes, below) })),
    };
  }
  // Dirty, with two entries that put damaged pages in.
  if (kind >= 6 && hive.length % PAGE === 0 && parseBaseBlock(hive, 'X').binsSizeBytes === hive.length - PAGE) {
    const header = encodeBaseBlock(hive.subarray(0, PAGE), { primarySequence: 6, secondarySequence: 5 });
    return { hive: concatBytes(header, hive.subarray(PAGE)), logs: logsFor(hive, below) };
  }
  return { hive: broken, logs: [] };
}

/** The checksum made right, so that the faults behind the header are met. */
function resealed(hive: Uint8Array): void {
  if (hive.length >= PAGE) hive.set(encodeBaseBlock(hive.subarray(0, PAGE), {}));
}

/** Runs a part whose refusal does not end the case; a refusal must be one of ours, and no defect of ours. */
export function attempt<T>(use: () => T): T | null {
  try {
    return use();
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return null;
  }
}

/** One of our errors, and not one that says that we or the engine are broken. */
export function isRefusal(error: unknown): error is HivemendError {
  return error instanceof HivemendError && !(error instanceof InternalError) && error.code !== 'ENGINE_TRAP';
}

/** A damaged hive, with the logs it has, through every reader. */
export function readHives(below: Below): void {
  const { hive, logs } = pick(below, subjects().all);
  const broken = below(3) === 0 ? mutateBytes(hive, below) : damage(hive, below);
  if (below(4) === 0) resealed(broken);
  readDamaged({ hive: broken, logs });
}

/** A hive that is dirty, or whose header is bad, with damaged logs: its own, or of the old or the new form. */
export function readLogs(below: Below): void {
  const { hive, logs } = damagedLogs(below);
  if (below(4) === 0) hive[below(PAGE)] = below(256);
  if (below(4) === 0) readDamaged({ hive, logs });
  else {
    recoverToRead('X', hive, logs);
    attempt(() => logTimeline('X', hive, logs));
  }
}

function damagedLogs(below: Below): { readonly hive: Uint8Array; readonly logs: readonly LogFile[] } {
  const { hive, logs } = pick(below, subjects().all);
  const own = (): LogFile[] => logs.map(({ name, bytes }) => ({ name, bytes: mutateBytes(bytes, below) }));
  if (logs.length > 0 && below(2) === 0) return { hive: hive.slice(), logs: own() };
  if (hive.length % PAGE !== 0 || hive.length < 2 * PAGE) return { hive: hive.slice(), logs: own() };
  const header = encodeBaseBlock(hive.subarray(0, PAGE), { primarySequence: 6, secondarySequence: 5 });
  const made = below(2) === 0 ? dirtLogsFor(hive, below) : logsFor(hive, below);
  return { hive: concatBytes(header, hive.subarray(PAGE)), logs: made };
}

/** recover, validate, the tree, remnants, the timeline of logs, and lines of JSON. */
function readDamaged({ hive, logs }: Damaged): void {
  const untouched = hive.slice();
  const recovery = recoverToRead('X', hive, logs);
  attempt(() => logTimeline('X', hive, logs));
  validate(recovery.image, 'X');
  attempt(() => deletedRecords(recovery.image, 'X'));
  const read = openVerifierHive('X', recovery.image, 'X', recovery.view);
  let lines = '';
  for (const chunk of jsonLines(read, { manifest: MANIFEST, findings: () => [] })) lines += chunk;
  for (const line of lines.trimEnd().split('\n')) JSON.parse(line);
  if (!bytesEqual(hive, untouched)) throw new Error('recovery wrote into its input');
}

function load(below: Below, from?: readonly Subject[]): LoadedHive {
  const { hive, logs } = damaged(below, from);
  return openHiveBytes(
    fixtureEngine(),
    'X',
    'X',
    hive,
    logs.map((log) => ({ ...log, path: log.name })),
  );
}

/** Names of what is there, so that edits meet it. */
function namesIn(hive: Hive, below: Below): { readonly path: readonly string[]; readonly value: string } {
  let key: Key = hive.root;
  for (let depth = below(6); depth > 0; depth -= 1) {
    const subkeys = key.subkeys();
    if (subkeys.length === 0) break;
    key = pick(below, subkeys);
  }
  const values = key.values();
  return { path: key.path, value: values.length === 0 || below(4) === 0 ? 'new' : pick(below, values).name };
}

function randomEdit(hive: Hive, below: Below): HiveEdit {
  const { path, value: name } = namesIn(hive, below);
  const key = { hive: 'X', path };
  const value = { type: below(12), hex: 'a5'.repeat(below(below(20) === 0 ? 40_000 : 64)) };
  switch (below(8)) {
    case 0:
      return { op: 'create-key', key: { hive: 'X', path: [...path, `key ${below(5)}`] } };
    case 1:
      return { op: 'delete-key', key };
    case 2:
      return { op: 'delete-value', key, name };
    case 3:
      return { op: 'rename-key', key, newName: `renamed ${below(3)}` };
    case 4:
      return { op: 'set-class', key, className: 'c'.repeat(below(20)) };
    default:
      return { op: 'set-value', key, name, value };
  }
}

/** Engine open, walk by both readers, edits, the gate: whatever passes must be a hive that both readers open. */
export function editDamaged(below: Below): void {
  const loaded = load(below);
  const engine = fixtureEngine();
  attempt(() => {
    using handle = HiveHandle.open(engine, loaded.recovery.image);
    for (const cursor = handle.walk(handle.root()); cursor.next(); ) void cursor.name;
  });
  using working = WorkingHive.open(engine, 'X', loaded.recovery);
  for (let edits = 1 + below(4); edits > 0; edits -= 1) {
    const edit = attempt(() => randomEdit(working.hive, below));
    if (edit) attempt(() => working.apply([edit], NOW));
  }
  const image = working.image();
  verifyHive(engine, loaded, image, working.changes);
  HiveHandle.open(engine, image).close();
  void new RegfTree(image, 'X').root.subkeys();
}

const COMMANDS = [
  '/enum',
  '/enum all /v',
  '/enum {default}',
  '/ems on',
  '/timeout 5',
  '/default {current}',
  '/set {default} testsigning on',
  '/set {bootmgr} displayorder {default} /addfirst',
  '/deletevalue {default} ems',
  '/displayorder {default} /addlast',
  '/copy {default} /d new',
  '/create /d x /application osloader',
  '/delete {default}',
  '/bootems {default} on',
  '/emssettings EMSPORT:1 EMSBAUDRATE:115200',
  '/dbgsettings',
];

/** Boot stores with damaged cells, or with sound cells and strange elements, through what reads and sets elements. */
export function damagedStore(below: Below): void {
  const { stores } = subjects();
  const engine = fixtureEngine();
  const strange = below(2) === 0;
  const loaded = strange ? null : load(below, stores);
  using working = WorkingHive.open(
    engine,
    'BCD',
    loaded ? loaded.recovery : { image: pick(below, stores).hive, view: 'primary' },
  );
  if (strange) makeStrange(working, below);
  const store = new BcdStore(working.hive);
  attempt(() => JSON.stringify(storeJson(store)));
  attempt(() => store.resolveDefault());
  for (const object of attempt(() => store.objects()) ?? []) {
    if (below(4) === 0)
      attempt(() => working.apply(setElement(store, object, 0x26000020, elementData.boolean(true)), NOW));
    if (below(4) === 0) break;
  }
  const context = {
    createStore: () => false,
    store: () => working,
    edit: (hive: WorkingHive, edits: readonly HiveEdit[]) => hive.apply(edits, NOW),
    readFile: () => new Uint8Array(),
    writeFile: () => {},
    partition: () => null,
    randomBytes: (sizeBytes: number) => Uint8Array.from({ length: sizeBytes }, () => below(256)),
  };
  for (let count = 1 + below(3); count > 0; count -= 1) {
    attempt(() => bcdedit(pick(below, COMMANDS).split(' '), context));
  }
}

function makeStrange(working: WorkingHive, below: Below): void {
  const elements = [...working.hive.walk()].filter((key) => key.path.at(-2)?.toLowerCase() === 'elements');
  if (elements.length === 0) return;
  const edits: HiveEdit[] = [];
  for (let faults = 1 + below(5); faults > 0; faults -= 1) {
    const key = { hive: 'BCD', path: pick(below, elements).path };
    const old = working.hive.value(key.path, 'Element');
    const bytes =
      old && below(3) !== 0
        ? mutateBytes(old.data(), below)
        : Uint8Array.from({ length: below(300) }, () => below(256));
    const type = old && below(3) !== 0 ? old.type : below(12);
    edits.push({ op: 'set-value', key, name: 'Element', value: { type, hex: Buffer.from(bytes).toString('hex') } });
  }
  working.apply(edits, NOW);
}
