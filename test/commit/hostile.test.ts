// A journal found on a disk may have been put there by anybody. Whatever it says, undo answers with a code, writes no
// file that this commit did not write, and leaves targets in one of its own states.

import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { HivemendError } from '../../src/base/errors.ts';
import { findJournals, journalPosition, journalReport } from '../../src/commit/journal/journals.ts';
import { finishUndo, undo } from '../../src/commit/undo.ts';
import { isDeep, seedOr } from '../deep.ts';
import { randomFrom, withCuts } from './cuts.ts';
import type { Disk } from './disk-simulator.ts';
import { commitRow, contentOf, diskOf, hostOf, ID, ROOT, ROWS, requestOf, VOLUME } from './rows.ts';

const seed = seedOr(77);
const row = ROWS.find(({ name }) => name === 'several files: hive, made, overwritten, deleted, moved')!;
const FOLDER = `${ROOT}/${ID}`;

function committed(): { disk: Disk; original: string; after: string } {
  const disk = diskOf(row);
  const original = contentOf(disk);
  commitRow(row, disk);
  return { disk, original, after: contentOf(disk) };
}

function replace(disk: Disk, path: string, bytes: Uint8Array): void {
  const fd = disk.openSync(path, 'r+');
  disk.ftruncateSync(fd, 0);
  disk.writeSync(fd, bytes, 0, bytes.byteLength, 0);
  disk.fsyncSync(fd);
  disk.closeSync(fd);
}

/** The manifest with its body changed as text or as an object, and the hash made right again, as an attacker would. */
function forge(disk: Disk, change: (body: string) => string): void {
  const path = `${FOLDER}/manifest.json`;
  const text = new TextDecoder().decode(disk.get(path)!);
  const match = /^"sha256":"[0-9a-f]{64}","body":(.*)\}\n$/s.exec(text.slice(512))!;
  const body = change(match[1]!);
  const hash = createHash('sha256').update(body).digest('hex');
  replace(disk, path, new TextEncoder().encode(`${text.slice(0, 512)}"sha256":"${hash}","body":${body}}\n`));
}

function attempt(disk: Disk): string[] {
  const host = hostOf(disk, 'boot-2');
  const { volumes } = requestOf(row, disk);
  return findJournals(host, [ROOT]).flatMap((journal) =>
    [undo, finishUndo].map((way) => {
      journalReport(host, journal);
      journalPosition(host, journal, volumes);
      try {
        way(host, journal, volumes);
        return 'done';
      } catch (error) {
        if (error instanceof HivemendError && error.kind !== 'InternalError') return error.code;
        throw error;
      }
    }),
  );
}

it.each([
  ['a path that climbs', (body: string) => body.replaceAll('keys/a.bin', '../../etc/passwd')],
  ['an absolute path', (body: string) => body.replaceAll('keys/a.bin', '/etc/passwd')],
  ['a stream', (body: string) => body.replaceAll('keys/a.bin', 'keys/a:b')],
  ['a volume that is not there', (body: string) => body.replaceAll('"volume":0', '"volume":3')],
  ['a file that is not there', (body: string) => body.replace('"file":0', '"file":99')],
  ['a role of another kind', (body: string) => body.replace('"role":"hive"', '"role":"folder"')],
  ['bytes beyond the data', (body: string) => body.replace(/"sizeBytes":512/, '"sizeBytes":99999999')],
  [
    'a hash of other bytes',
    (body: string) => body.replace(/"sha256":"[0-9a-f]{64}"\},"after"/, `"sha256":"${'0'.repeat(64)}"},"after"`),
  ],
  ['a write beyond the file', (body: string) => body.replace('"offset":0,"before"', '"offset":2000000000,"before"')],
  ['a stage that is none', (body: string) => body.replace('"name":"pages"', '"name":"page"')],
  ['stages in another order', (body: string) => body.replace('"name":"logs"', '"name":"clean-header"')],
  ['a negative length', (body: string) => body.replace(/"sizeBytesBefore":\d+/, '"sizeBytesBefore":-1')],
  ['a huge length', (body: string) => body.replace(/"sizeBytesAfter":\d+/, '"sizeBytesAfter":9007199254740991')],
  ['no body', () => '{}'],
  ['deep nesting', () => `{"id":${'['.repeat(20_000)}${']'.repeat(20_000)}}`],
])('%s is BAD_JOURNAL', (_what, change) => {
  const { disk, after } = committed();
  forge(disk, change);
  expect(new Set(attempt(disk))).toEqual(new Set(['BAD_JOURNAL']));
  expect(contentOf(disk)).toBe(after);
});

it('a journal that others can write is not followed', () => {
  const { disk, after } = committed();
  disk.chmodSync(FOLDER, 0o777);
  expect(findJournals(hostOf(disk, 'boot-2'), [ROOT])).toMatchObject([{ state: 'foreign', isUnfinished: true }]);
  expect(new Set(attempt(disk))).toContain('BAD_JOURNAL');
  disk.chmodSync(FOLDER, 0o700);
  disk.chmodSync(`${FOLDER}/data.bin`, 0o666);
  expect(attempt(disk)).toEqual(['BAD_JOURNAL', 'BAD_JOURNAL']);
  expect(contentOf(disk)).toBe(after);
});

it('a link on the way to a target is not written through', () => {
  const { disk } = committed();
  disk.put('/real/a.bin', disk.get(`${VOLUME}/keys/a.bin`)!);
  disk.put('/real/d.bin', disk.get(`${VOLUME}/keys/d.bin`)!);
  disk.unlinkSync(`${VOLUME}/keys/a.bin`);
  disk.unlinkSync(`${VOLUME}/keys/d.bin`);
  disk.rmdirSync(`${VOLUME}/keys`);
  disk.link(`${VOLUME}/keys`, '/real');
  expect(new Set(attempt(disk))).toEqual(new Set(['OUTSIDE_VOLUME']));
  expect(disk.get('/real/a.bin')![0]).toBe(4);
});

it(`mutations of every file of a journal (seed ${seed}) are answered with a code, and write nothing else`, () => {
  const random = randomFrom(seed);
  const { disk: start, original, after } = committed();
  const names = ['manifest.json', 'manifest.json', 'data.bin', 'report.json'];
  const answers = new Map<string, number>();
  for (let round = 0; round < (isDeep ? 20_000 : 400); round += 1) {
    const disk = start.afterKill();
    const path = `${FOLDER}/${names[Math.floor(random() * names.length)]}`;
    const bytes = disk.get(path)!;
    if (random() < 0.15) replace(disk, path, bytes.subarray(0, Math.floor(random() * bytes.byteLength)));
    else if (random() < 0.5 && path.endsWith('manifest.json')) {
      // A number or a word of the body changed, and the hash made right.
      forge(disk, (body) => {
        const at = Math.floor(random() * body.length);
        const digits = /\d+/g;
        digits.lastIndex = at;
        const found = digits.exec(body);
        if (!found) return body;
        const number = String(Math.floor(random() * 2 ** (1 + Math.floor(random() * 40))));
        return body.slice(0, found.index) + number + body.slice(found.index + found[0].length);
      });
    } else {
      for (let flips = 1 + Math.floor(random() * 3); flips > 0; flips -= 1) {
        bytes[Math.floor(random() * bytes.byteLength)] = Math.floor(random() * 256);
      }
      replace(disk, path, bytes);
    }
    for (const answer of attempt(disk)) answers.set(answer, (answers.get(answer) ?? 0) + 1);
    expect([original, after]).toContain(contentOf(disk));
  }
  process.stdout.write(
    `\nMutated journals, seed ${seed}: ${[...answers].map(([what, n]) => `${n} ${what}`).join(', ')}\n`,
  );
  expect(answers.get('BAD_JOURNAL')).toBeGreaterThan(100);
});

it('a killed process leaves writes that are not synced; undo syncs them before it goes on', { timeout: 60_000 }, () => {
  // Kill after every operation of a commit, then lose power after every operation of the undo that follows.
  const clean = ROWS.find(({ name }) => name === 'HvLE, clean, two logs')!;
  const disk = diskOf(clean);
  const original = contentOf(disk);
  const killed: Disk[] = [];
  disk.onChange = () => killed.push(disk.afterKill());
  commitRow(clean, disk);
  disk.onChange = null;
  let states = 0;
  for (const after of killed) {
    const host = { ...hostOf(after, 'boot-1'), isAlive: () => false };
    const [journal] = findJournals(host, [ROOT]);
    if (!journal || journal.state === 'preparing') continue;
    const { volumes } = requestOf(clean, after);
    const action = (): void => void undo(host, journal, volumes);
    withCuts(after, action, { random: randomFrom(5), subsets: 0 }, (cut) => {
      states += 1;
      const next = hostOf(cut, 'boot-2');
      const [again] = findJournals(next, [ROOT]);
      undo(next, again!, volumes);
      if (contentOf(cut) !== original) throw new Error('undo after a kill and a cut lost bytes');
    });
    expect(contentOf(after)).toBe(original);
  }
  expect(states).toBeGreaterThan(100);
});

it('every header write is one write of 512 bytes at offset 0', () => {
  const disk = diskOf(row);
  const path = row.hives[0]!.path;
  const writes: string[] = [];
  const write = disk.writeSync.bind(disk);
  let last = '';
  disk.fault = (operation, _index, where) => {
    if (operation === 'write') last = where;
    return undefined;
  };
  disk.writeSync = (fd, buffer, offset, lengthBytes, position) => {
    const count = write(fd, buffer, offset, lengthBytes, position);
    if (last === path) writes.push(`${position}+${lengthBytes}`);
    return count;
  };
  commitRow(row, disk);
  expect(writes.filter((each) => each.startsWith('0+'))).toEqual(['0+512', '0+512']);
  expect(writes.filter((each) => Number.parseInt(each, 10) < 4096 && !each.startsWith('0+'))).toEqual([]);
});
