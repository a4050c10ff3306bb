// The odd hives that others test their readers with: which way a rebuild takes, and how much it loses. Other readers, where
// they are installed, read each result without a complaint.

import { spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadDamaged } from '../../../src/hive/damaged.ts';
import { type RebuiltHive, rebuildImage } from '../../../src/hive/rebuild/rebuild.ts';
import { thisHost } from '../../../src/host.ts';
import { validate } from '../../../src/regf/gate/validate.ts';
import { scratch } from '../../cli/process.ts';
import { describeShared } from '../../shared-hives.ts';

/** Way, losses, found again; every other hive of the folder is sound. */
const EXPECTED: Readonly<Record<string, readonly [RebuiltHive['way'], number, number]>> = {
  BadListHive: ['in-place', 1, 3],
  CompHive: ['in-place', 0, 0],
  DuplicateSubkeysHive: ['in-place', 1, 0],
  TruncatedHive: ['in-place', 10, 83],
  'ez-SAMBadHBinHeader': ['as-new', 0, 0],
  'ez-SAN-OTHER': ['as-new', 0, 0],
  'ez-SECURITYNoRoot': ['in-place', 0, 0],
  'nt-hive-testhive': ['in-place', 0, 0],
  'plaso-corrupt-subkey-list': ['in-place', 0, 1],
};

const PYTHON = 'import hivex,sys; h=hivex.Hivex(sys.argv[1]); print(h.node_name(h.root()))';

/** Each other reader, and what it writes to standard error of `file`; '' where it is not installed. */
const READERS: Readonly<Record<string, (file: string) => string>> = {
  reglookup: (file) => complaint('reglookup', [file]),
  'python3-hivex': (file) =>
    spawnSync('/usr/bin/python3', ['-c', 'import hivex']).status === 0
      ? complaint('/usr/bin/python3', ['-c', PYTHON, file])
      : '',
};

/** Of reglookup in a locale of ASCII, about names and data that it cannot print; the structure is not concerned. */
const OF_TEXT = /to encoding US-ASCII|Data could not be interpreted, quoting raw buffer/;

function complaint(program: string, args: readonly string[]): string {
  const { error, status, stderr } = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (error && 'code' in error && error.code === 'ENOENT') return '';
  const lines = stderr.split('\n').filter((line) => line !== '' && !OF_TEXT.test(line));
  return status === 0 ? lines.join('\n') : `exit ${status}: ${stderr}`;
}

describeShared('odd hives', (shared) => {
  const folder = join(shared, 'odd');
  it.each(readdirSync(folder))('%s', (name) => {
    const host = thisHost();
    const hive = loadDamaged(host, name, join(folder, name));
    const options = { file: name, orphans: false, isSecret: false, filetime: 133_537_680_000_000_000n };
    const rebuilt = rebuildImage(host.engine, hive.image, options);
    const { way, losses, foundAgain } = rebuilt;
    expect([way, losses.length, foundAgain.length]).toEqual(EXPECTED[name] ?? ['sound', 0, 0]);
    expect(validate(rebuilt.image, name)).toEqual([]);
    if (way === 'sound') return;
    const result = join(scratch(), 'result');
    writeFileSync(result, rebuilt.image);
    for (const [reader, read] of Object.entries(READERS)) expect(read(result), reader).toBe('');
  });
});
