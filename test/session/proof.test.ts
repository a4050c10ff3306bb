// Session.commit writes what was proven and nothing else: every way to hand it something that was not is refused, and the
// disk stays as it was.

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { JournalTexts } from '../../src/commit/request.ts';
import { Proven } from '../../src/hive/prove.ts';
import { thisHost } from '../../src/host.ts';
import type { Edit } from '../../src/registry/edit.ts';
import { Session } from '../../src/session/session.ts';
import { dirtySystem } from '../commit/dirty-system.ts';
import { buildFixture } from '../fixture-hives.ts';

const TEXTS = (): JournalTexts => ({ readme: '', afterBoot: '', report: () => '{}' });
const FILE = '\\Windows\\note.txt';
let disk = '';

beforeEach(() => {
  disk = mkdtempSync(join(tmpdir(), 'hivemend-proof-'));
  mkdirSync(join(disk, 'Windows/System32/config'), { recursive: true });
  for (const name of ['SYSTEM', 'SOFTWARE'] as const) {
    writeFileSync(
      join(disk, 'Windows/System32/config', name),
      buildFixture(name === 'SYSTEM' ? 'SYSTEM-broken' : name),
    );
  }
});
afterEach(() => rmSync(disk, { recursive: true, force: true }));

const setValue = (hive: string, name: string): Edit => ({
  op: 'set-value',
  key: { hive, path: [] },
  name,
  value: { type: 4, hex: '01000000' },
});
const writeFile = (hex: string): Edit => ({ op: 'write-file', path: FILE, hex });

/** Everything on the disk, by name. */
function contents(): Map<string, string> {
  const names = readdirSync(disk, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    names.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path, readFileSync(path, 'hex')];
    }),
  );
}

/** What `commit` throws; the disk must hold what it held. */
function refusal(commit: () => unknown): unknown {
  const before = contents();
  try {
    commit();
  } catch (error) {
    expect(contents()).toEqual(before);
    return (error as { code: string }).code;
  }
  throw new Error('nothing was refused');
}

it('commits what was proven', () => {
  using session = Session.overVolumes(thisHost(), [disk]);
  session.apply([setValue('SYSTEM', 'a'), setValue('SOFTWARE', 'b'), writeFile('6869')]);
  const result = session.commit(session.prove(), TEXTS);
  expect(result.targets.map(({ kind }) => kind)).toEqual(['hive', 'hive', 'file']);
  expect(readFileSync(join(disk, 'Windows/note.txt'), 'utf8')).toBe('hi');
});

const LATER: readonly (readonly [string, (session: Session) => void])[] = [
  ['the hive that was proven', (session) => session.apply([setValue('SYSTEM', 'later')])],
  [
    'it, through its working copy',
    (session) => session.working('SYSTEM').apply([setValue('SYSTEM', 'x') as never], 1n),
  ],
  ['another hive', (session) => session.apply([setValue('SOFTWARE', 'later')])],
  [
    'another hive, through its working copy',
    (session) => session.working('SOFTWARE').apply([setValue('SOFTWARE', 'x') as never], 1n),
  ],
  ['the file that was checked', (session) => session.apply([writeFile('ffff')])],
  ['another file', (session) => session.apply([{ op: 'write-file', path: '\\other.txt', hex: '00' }])],
];

it.each(LATER)('refuses a proof from before an edit of %s', (_what, edit) => {
  using session = Session.overVolumes(thisHost(), [disk]);
  session.apply([setValue('SYSTEM', 'a'), writeFile('6869')]);
  const proof = session.prove();
  edit(session);
  expect(refusal(() => session.commit(proof, TEXTS))).toBe('BAD_ARGUMENT');
  session.commit(session.prove(), TEXTS);
});

it('refuses a proof whose bytes were changed in memory, wherever they are, and takes a new one', () => {
  using session = Session.overVolumes(thisHost(), [disk]);
  session.apply([setValue('SYSTEM', 'a'), setValue('SOFTWARE', 'b')]);
  const image = session.load('SOFTWARE').image();
  // In the header, in the first bin, in the last bytes that a comparison by words may leave out.
  for (const at of [40, 5000, image.byteLength - 1]) {
    const proof = session.prove();
    image[at]! ^= 1;
    expect(refusal(() => session.commit(proof, TEXTS))).toBe('BAD_ARGUMENT');
    image[at]! ^= 1;
  }
  session.commit(session.prove(), TEXTS);
});

it('refuses a proof whose recovery was changed in memory: the first stage of the commit would write it', () => {
  const { primary, log1, log2 } = dirtySystem();
  const config = join(disk, 'Windows/System32/config');
  for (const [name, bytes] of [
    ['SYSTEM', primary],
    ['SYSTEM.LOG1', log1],
    ['SYSTEM.LOG2', log2],
  ] as const)
    writeFileSync(join(config, name), bytes);
  using session = Session.overVolumes(thisHost(), [disk]);
  session.apply([setValue('SYSTEM', 'a')]);
  const { image } = session.load('SYSTEM').recovery;
  const proof = session.prove();
  image[6000]! ^= 1;
  expect(refusal(() => session.commit(proof, TEXTS))).toBe('BAD_ARGUMENT');
  image[6000]! ^= 1;
  session.commit(session.prove(), TEXTS);
});

it('gives out copies of what was staged: changing them changes nothing', () => {
  using session = Session.overVolumes(thisHost(), [disk]);
  session.apply([writeFile('6869')]);
  const proof = session.prove();
  session.files.readFile(FILE)!.fill(0);
  session.commit(proof, TEXTS);
  expect(readFileSync(join(disk, 'Windows/note.txt'), 'utf8')).toBe('hi');
});

it('refuses a proof of nothing, of a part, of another session, and a made-up one', () => {
  using session = Session.overVolumes(thisHost(), [disk]);
  session.apply([setValue('SYSTEM', 'a'), writeFile('6869')]);
  const { proven, findings } = session.prove();
  expect(refusal(() => session.commit({ proven: [], findings }, TEXTS))).toBe('BAD_ARGUMENT');
  expect(refusal(() => session.commit({ proven: proven.slice(1), findings }, TEXTS))).toBe('BAD_ARGUMENT');
  expect(refusal(() => session.commit({ proven: [proven[0]!, proven[0]!], findings }, TEXTS))).toBe('BAD_ARGUMENT');
  const madeUp = proven.map(() => ({}) as Proven);
  expect(refusal(() => session.commit({ proven: madeUp, findings }, TEXTS))).toBe('BAD_ARGUMENT');
  using other = Session.overVolumes(thisHost(), [disk]);
  other.apply([setValue('SYSTEM', 'other'), writeFile('6f')]);
  expect(refusal(() => session.commit(other.prove(), TEXTS))).toBe('BAD_ARGUMENT');
  expect(existsSync(join(disk, 'hivemend'))).toBe(false);
});

it('checks a security descriptor', () => {
  const target = { kind: 'descriptor', path: '/x', before: new Uint8Array(20), after: new Uint8Array(20) } as const;
  expect(() => Proven.staged(target, () => true)).toThrow(expect.objectContaining({ code: 'BAD_DESCRIPTOR' }));
});
