// .reg files of real hives: out, in again, and the same; and the files of others, and ours read by them.

import { spawnSync } from 'node:child_process';
import fs, { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { concatBytes } from '../../../src/base/bytes.ts';
import { decodeUtf16le } from '../../../src/base/text.ts';
import type { WriteFs } from '../../../src/base/write-fs.ts';
import { importEdits, importNewHive } from '../../../src/commands/import.ts';
import { writeRegFile } from '../../../src/formats/reg/writer.ts';
import { findHives } from '../../../src/hive/find.ts';
import { type HiveSource, openSource, type ReadHost } from '../../../src/hive/open.ts';
import type { Hive } from '../../../src/registry/hive.ts';
import { diffHives, type HiveDifference } from '../../../src/registry/proof/diff.ts';
import { WorkingHive } from '../../../src/registry/working/working-hive.ts';
import { isDeep } from '../../deep.ts';
import { fixtureEngine } from '../../fixture-hives.ts';
import { describeShared, sharedHives } from '../../shared-hives.ts';

const host: ReadHost = { fs: fs as WriteFs, style: 'posix' };
// Where every test is skipped nothing would take it away again.
const scratch = sharedHives === null ? '' : mkdtempSync(join(tmpdir(), 'hivemend-reg-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Larger ones take minutes, and are done where there is time. */
const LARGEST_BYTES = isDeep ? 3_000_000 : 700_000;

/** Hives that hold what cannot be taken into a new one, and why. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'odd/BogusKeyNamesHive': 'key names with NULs and line breaks',
  'odd/DupNameHive': 'two keys of one name',
  'odd/DuplicateSubkeysHive': 'two keys of one name',
  'odd/ez-SAM_DUPENAME': 'two keys of one name',
};

function regFile(source: HiveSource): { bytes: Uint8Array; findings: readonly { text: string }[] } {
  const chunks: Uint8Array[] = [];
  const findings = writeRegFile(source.hive.walk(), (chunk) => chunks.push(chunk), { prefix: '', file: source.path });
  return { bytes: concatBytes(...chunks), findings };
}

/** Keys, values and data; a .reg file says nothing else. */
function contentDifferences(before: Hive, after: Hive): HiveDifference[] {
  return diffHives(before, after).filter(
    ({ kind }) => kind.startsWith('value-') || kind === 'key-added' || kind === 'key-removed',
  );
}

describeShared('real hives', (shared) => {
  const small = findHives(host, shared).filter(({ path }) => fs.statSync(path).size < LARGEST_BYTES);
  const readable: string[] = [];
  for (const { path } of small) {
    try {
      openSource(host, path);
      readable.push(path);
    } catch {
      // What cannot be opened at all is the readers' affair.
    }
  }

  it('goes out and comes back', { timeout: 240_000 }, () => {
    const wrong: string[] = [];
    let compared = 0;
    for (const path of readable) {
      const name = relative(shared, path);
      const source = openSource(host, path);
      const { bytes, findings } = regFile(source);
      const damage = source.findings().filter(({ severity }) => severity === 'error').length + findings.length;
      if (damage > 0 || name in EXCEPTIONS) continue;
      using made = importNewHive(fixtureEngine(), bytes, {
        name: 'T',
        minor: source.hive.minorVersion >= 5 ? 5 : 3,
        filetime: 1n,
      });
      const differences = contentDifferences(source.hive, made.hive);
      compared += 1;
      if (differences.length > 0)
        wrong.push(`${name}: ${differences.length}, ${JSON.stringify(differences[0]).slice(0, 300)}`);
    }
    expect(wrong).toEqual([]);
    expect(compared).toBeGreaterThan(40);
  });

  it.runIf(isDeep)('goes out and comes back, SYSTEM hives too', { timeout: 900_000 }, () => {
    for (const file of [
      'system/xp/SYSTEM',
      'system/win7-x86/SYSTEM',
      'system/win7-x64/SYSTEM',
      'system/win10-1903-dirty-without-logs/SYSTEM',
    ]) {
      const source = openSource(host, join(shared, file));
      const { bytes, findings } = regFile(source);
      expect(findings).toEqual([]);
      using made = importNewHive(fixtureEngine(), bytes, { name: 'T', filetime: 1n });
      expect(contentDifferences(source.hive, made.hive).slice(0, 3)).toEqual([]);
    }
  });

  const has = (tool: string): boolean => spawnSync(tool, ['--help']).error === undefined;
  /** hivexregedit writes texts of Latin-1 as such and all others as UTF-8; the second is the code page where it is one. */
  const written: readonly (readonly [string, string?])[] = [
    ['bcd/uefi-1/BCD'],
    ['odd/UnicodeHive'],
    ['odd/StringValuesHive'],
    ['odd/MultiSzHive'],
    ['odd/ExtendedASCIIHive', 'windows-1252'],
  ];

  it.skipIf(!has('hivexregedit'))('reads what hivexregedit writes', { timeout: 120_000 }, () => {
    for (const [file, codePage] of written) {
      const path = join(shared, file);
      const { stdout, status } = spawnSync('hivexregedit', ['--export', path, '\\'], { maxBuffer: 1 << 28 });
      expect(status).toBe(0);
      const options = { name: 'T', filetime: 1n, ...(codePage === undefined ? {} : { codePage }) };
      using made = importNewHive(fixtureEngine(), stdout, options);
      const differences = contentDifferences(openSource(host, path, { isRaw: true }).hive, made.hive);
      expect([file, differences]).toEqual([file, []]);
    }
  });

  it.skipIf(!has('hivexregedit'))('is read by hivexregedit', { timeout: 120_000 }, () => {
    const empty = join(shared, 'odd/hivex-minimal');
    // It takes text that is not ASCII byte by byte for Latin-1, so hives that hold such text are not asked of it.
    for (const file of ['bcd/uefi-1/BCD', 'odd/BigDataHive', 'odd/MultiSzHive']) {
      const source = openSource(host, join(shared, file), { isRaw: true });
      const text = decodeUtf16le(regFile(source).bytes.subarray(2)).replaceAll('\r\n', '\n');
      const [hive, reg] = [join(scratch, 'h'), join(scratch, 'h.reg')];
      copyFileSync(empty, hive);
      writeFileSync(reg, text);
      const { status, stderr } = spawnSync('hivexregedit', ['--merge', '--encoding', 'UTF-16LE', hive, reg], {
        encoding: 'utf8',
      });
      expect([file, status, stderr]).toEqual([file, 0, '']);
      const theirs = openSource(host, hive).hive;
      const there = openSource(host, empty).hive;
      const differences = contentDifferences(source.hive, theirs).filter(
        (one) => !(one.kind === 'key-added' && there.key(one.path) !== null),
      );
      expect([file, differences.slice(0, 2)]).toEqual([file, []]);
    }
  });

  it.skipIf(!has('reged'))('reads what reged writes, and reged reads ours', { timeout: 120_000 }, () => {
    const path = join(shared, 'user/ntuser-win7/NTUSER.DAT');
    const key = ['Control Panel', 'Desktop'];
    const theirs = join(scratch, 'theirs.reg');
    const prefix = 'HKEY_CURRENT_USER';
    const exported = spawnSync('reged', ['-x', path, prefix, key.join('\\'), theirs], { encoding: 'utf8' });
    expect(exported.error).toBeUndefined();
    using made = importNewHive(fixtureEngine(), fs.readFileSync(theirs), { name: 'T', prefix, filetime: 1n });
    const original = openSource(host, path).hive;
    const below = contentDifferences(original, made.hive).filter(({ path: at }) =>
      at.join('\\').startsWith(key.join('\\')),
    );
    expect(below).toEqual([]);

    const hive = join(scratch, 'NTUSER.DAT');
    copyFileSync(path, hive);
    const reg = join(scratch, 'ours.reg');
    const chunks: Uint8Array[] = [];
    writeRegFile([original.key(key)!], (chunk) => chunks.push(chunk), {
      prefix: `${prefix}\\New`,
      prefixDepth: 2,
      file: path,
    });
    writeFileSync(reg, decodeUtf16le(concatBytes(...chunks).subarray(2)));
    spawnSync('reged', ['-C', '-I', hive, prefix, reg], { encoding: 'utf8' });
    const after = openSource(host, hive).hive.key(['New']);
    expect(
      after
        ?.values()
        .map(({ name }) => name)
        .sort(),
    ).toEqual(
      original
        .key(key)!
        .values()
        .map(({ name }) => name)
        .sort(),
    );
  });

  it('comes into a hive that is there, by the name under which Windows shows it', () => {
    using working = WorkingHive.open(
      fixtureEngine(),
      'SYSTEM',
      openSource(host, join(shared, 'system/xp/SYSTEM')).recovery,
    );
    const text =
      'REGEDIT4\n\n[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\New]\n"a"=dword:1\n[-HKLM\\SYSTEM\\Setup]\n';
    const changes = working.apply(importEdits(new TextEncoder().encode(text), working.hive), 2n);
    expect(changes.map(({ edit }) => ('key' in edit ? [edit.op, edit.key.path.join('\\')] : []))).toEqual([
      ['create-key', 'ControlSet001\\Control\\New'],
      ['set-value', 'ControlSet001\\Control\\New'],
      ['delete-key', 'Setup'],
    ]);
  });
});
