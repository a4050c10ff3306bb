// Stores for tests: the fixtures, and the real ones where this machine has them, open for editing in the engine.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import type { DeviceIdentity } from '../../src/bcd/device.ts';
import { BcdStore } from '../../src/bcd/store.ts';
import type { BcdContext } from '../../src/compat/bcdedit/bcdedit.ts';
import { buildHive, parseHivexml } from '../../src/formats/xml/hivexml.ts';
import { WorkingHive } from '../../src/registry/working/working-hive.ts';
import { buildFixture, FIXTURE_FILETIME, type FixtureName, fixtureEngine } from '../fixture-hives.ts';
import { sharedHives } from '../shared-hives.ts';

export const NOW = FIXTURE_FILETIME + 1n;

/** The real stores in the shared folder, by the name of their folder. */
export const REAL_STORES = [
  'empty',
  'media-bios',
  'media-efi',
  'minimal',
  'pe-bios',
  'pe-both',
  'pe-efi',
  'recovery-1',
  'uefi-1',
  'uefi-2',
  'win11-machine',
  'win11-machine-earlier',
  'win11-many-objects',
  'win11-recovery',
].filter((name) => sharedHives !== null && existsSync(join(sharedHives, 'bcd', name, 'BCD')));

const open: WorkingHive[] = [];
afterEach(() => {
  for (const working of open.splice(0)) working.close();
});

/** The path of a real store. */
export function realStorePath(name: string): string {
  return join(sharedHives ?? '', 'bcd', name, 'BCD');
}

/** 4096 + bins bytes of a real store; the shared ones are clean. */
export function realImage(name: string): Uint8Array {
  const bytes = readFileSync(realStorePath(name));
  return Uint8Array.from(bytes.subarray(0, 4096 + bytes.readUInt32LE(0x28)));
}

/** A store open for editing; it is closed after the test. */
export function openImage(image: Uint8Array): WorkingHive {
  const working = WorkingHive.open(fixtureEngine(), 'BCD', { image, view: 'primary' });
  open.push(working);
  return working;
}

export const openReal = (name: string): WorkingHive => openImage(realImage(name));
export const openFixture = (name: FixtureName): WorkingHive => openImage(buildFixture(name));

export function storeOf(working: WorkingHive): BcdStore {
  return new BcdStore(working.hive);
}

export interface TestContext extends BcdContext {
  readonly written: Map<string, Uint8Array>;
}

/** A context over one store; files that are written can be read again, and random bytes count up. */
export function contextOf(
  working: WorkingHive,
  partitions: Readonly<Record<string, DeviceIdentity>> = {},
): TestContext {
  const written = new Map<string, Uint8Array>();
  let next = 1;
  return {
    written,
    createStore: () => false,
    store: () => working,
    edit: (target, edits) => target.apply(edits, NOW),
    readFile: (path) => {
      const bytes = written.get(path);
      if (!bytes) throw new Error(`the test has no file ${path}`);
      return bytes;
    },
    writeFile: (path, bytes) => {
      written.set(path, bytes);
    },
    partition: (letter) => partitions[letter] ?? null,
    randomBytes: (sizeBytes) => Uint8Array.from({ length: sizeBytes }, () => next++ & 0xff),
  };
}

/** The third golden store: a default that does not exist, the recovery environment, odd data. */
export function openRecovery(): WorkingHive {
  const text = readFileSync(new URL('../compat/bcdedit/golden/BCD-recovery.xml', import.meta.url), 'utf8');
  const built = buildHive(fixtureEngine(), parseHivexml(text), { name: 'BCD', filetime: FIXTURE_FILETIME });
  const image = built.image();
  built.close();
  return openImage(image);
}
