// The odd hives that others test their readers with: which way a rebuild takes, and how much it loses. Other readers, where
// they are installed, read each result without a complaint.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadDamaged } from '../../../src/hive/damaged.ts';
import { type RebuiltHive, rebuildImage } from '../../../src/hive/rebuild/rebuild.ts';
import { thisHost } from '../../../src/host.ts';
import { validate } from '../../../src/regf/gate/validate.ts';
import { describeShared } from '../../shared-hives.ts';
import { itIsReadByOthers } from './other-readers.ts';

/** Way, losses, found again; every other hive of the folder is sound. */
const EXPECTED: Readonly<Record<string, readonly [RebuiltHive['way'], number, number]>> = {
  BadListHive: ['in-place', 1, 3],
  CompHive: ['in-place', 0, 0],
  DuplicateSubkeysHive: ['in-place', 1, 0],
  TruncatedHive: ['in-place', 9, 83],
  'ez-SAMBadHBinHeader': ['as-new', 0, 0],
  'ez-SAN-OTHER': ['as-new', 0, 0],
  'ez-SECURITYNoRoot': ['in-place', 0, 0],
  'nt-hive-testhive': ['in-place', 0, 0],
  'plaso-corrupt-subkey-list': ['in-place', 0, 1],
};

describeShared('odd hives', (shared) => {
  const folder = join(shared, 'odd');
  const results = new Map<string, Uint8Array>();
  it.each(readdirSync(folder))('%s', (name) => {
    const host = thisHost();
    const hive = loadDamaged(host, name, join(folder, name));
    const options = { file: name, orphans: false, isSecret: false, filetime: 133_537_680_000_000_000n };
    const rebuilt = rebuildImage(host.engine, hive.image, options);
    const { way, losses, foundAgain } = rebuilt;
    expect([way, losses.length, foundAgain.length]).toEqual(EXPECTED[name] ?? ['sound', 0, 0]);
    expect(validate(rebuilt.image, name)).toEqual([]);
    if (way === 'sound') return;
    results.set(name, rebuilt.image);
  });
  itIsReadByOthers(results);
});
