// SAM, SECURITY and DEFAULT: the kernel loads them before anybody can log on, and stops where it cannot.

import { rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NK } from '../../../src/regf/layout.ts';
import type { Report } from '../../../src/report.ts';
import { buildFixture } from '../../fixture-hives.ts';
import { Patient, smallHive } from '../../regf/patient.ts';
import { hivemend, makeDisk, put, SYSTEM_PATH } from '../process.ts';

const CONFIG = 'Windows/System32/config';
const NAMES = ['SAM', 'SECURITY', 'DEFAULT'] as const;
type Files = Partial<Record<(typeof NAMES)[number], Uint8Array | null>>;

const sound = smallHive(5);

/** A healthy disk whose other hives are sound, unless said otherwise; null leaves one out. */
function diskWith(files: Files): string {
  const disk = makeDisk({ SYSTEM: 'SYSTEM-healthy' });
  for (const name of NAMES) put(disk, `${CONFIG}/${name}`, files[name] === undefined ? sound : files[name]);
  return disk;
}

function damaged(): Uint8Array {
  const patient = new Patient(sound);
  patient.set32(patient.key('Key 3'), NK.subkeyList, 0x7000_0000);
  return patient.image;
}

function dirty(): Uint8Array {
  const image = sound.slice();
  const view = new DataView(image.buffer);
  view.setUint32(4, view.getUint32(4, true) + 1, true);
  let sum = 0;
  for (let at = 0; at < 508; at += 4) sum ^= view.getUint32(at, true);
  view.setUint32(508, sum >>> 0, true);
  return image;
}

const report = async (args: readonly string[]): Promise<Report> => (await hivemend([...args, '--json'])).report();
/** Of hives: the certificate of the fixture has expired. */
const codesOf = ({ summary }: Report): string[] =>
  summary.causes.map(({ code }) => code).filter((code) => code !== 'CERTIFICATE_EXPIRED');

const BROKEN: readonly (readonly [string, Files, string, string])[] = [
  ['an empty SAM', { SAM: new Uint8Array(0) }, 'HIVE_UNREADABLE', 'SAM'],
  ['a SECURITY of zeros', { SECURITY: new Uint8Array(8192) }, 'HIVE_UNREADABLE', 'SECURITY'],
  ['a DEFAULT with a record that cannot be read', { DEFAULT: damaged() }, 'HIVE_DAMAGED', 'DEFAULT'],
  ['a dirty SAM that no log completes', { SAM: dirty() }, 'DIRTY_WITHOUT_LOGS', 'SAM'],
  ['no SAM where the others are', { SAM: null }, 'HIVE_MISSING', 'SAM'],
  ['DEFAULT alone', { SAM: null, SECURITY: null }, 'HIVE_MISSING', 'SAM'],
];

describe.each(BROKEN)('%s', (_name, files, code, hive) => {
  it('is a cause, and what the stop code 0xC0000218 is about', async () => {
    const disk = diskWith(files);
    const found = await report(['diagnose', disk, '--symptom', '0xC0000218']);
    expect([found.exitCode, codesOf(found)]).toEqual([1, expect.arrayContaining([code])]);
    expect(found.summary.causes[0]?.text).toContain(hive);
  });

  it('is left by a repair, which does its own work and says so', async () => {
    const disk = diskWith(files);
    const done = await report(['repair', disk, '--yes']);
    expect([done.exitCode, codesOf(done)]).toEqual([1, expect.arrayContaining([code])]);
    const commands = done.next.flatMap((step) => step.commands);
    const isRebuilt = code === 'HIVE_DAMAGED' || code === 'HIVE_UNREADABLE';
    expect(commands.filter((line) => line.includes(' rebuild '))).toEqual(
      isRebuilt ? [`hivemend rebuild ${hive} --volume ${disk} --dry-run`] : [],
    );
  });
});

it.each([
  ['SAM', 'SOFTWARE', 'HIVE_OTHER_KIND'],
  ['SECURITY', 'SYSTEM-healthy', 'HIVE_OTHER_KIND'],
  ['SYSTEM', 'SOFTWARE', 'NO_CONTROL_SET'],
  ['SOFTWARE', 'SYSTEM-healthy', 'REGISTRY_KEY_MISSING'],
] as const)('%s that is the hive %s is a cause, and is called what it is', async (name, other, code) => {
  const disk = diskWith({});
  put(disk, `${CONFIG}/${name}`, buildFixture(other));
  const { exitCode, summary } = await report(['diagnose', disk]);
  const cause = summary.causes.find((one) => one.code === code);
  expect([exitCode, cause?.text]).toEqual([1, expect.stringContaining(`another hive (${other.split('-', 1)[0]})`)]);
});

it.skipIf(process.platform === 'win32').each(['SOFTWARE', 'SAM'])(
  'a link in the place of %s is not followed, and the rest is judged',
  async (name) => {
    const disk = diskWith({});
    const path = join(disk, CONFIG, name);
    rmSync(path);
    symlinkSync(path, path);
    const { exitCode, summary } = await report(['diagnose', disk]);
    expect([exitCode, summary.state]).toEqual([1, name === 'SOFTWARE' ? 'incomplete' : 'broken']);
    expect(summary.notChecked).toContainEqual({
      check: 'disk',
      why: expect.stringMatching(`^${name} was not read: .* is a link`),
    });
  },
);

it('keep the exit status at 1 where a repair has nothing to write', async () => {
  const disk = diskWith({ SAM: new Uint8Array(0) });
  await report(['repair', disk, '--yes']);
  const again = await report(['repair', disk, '--yes']);
  expect([again.exitCode, again.changes]).toEqual([1, []]);
  expect(again.next.flatMap(({ commands }) => commands)).toEqual([`hivemend rebuild SAM --volume ${disk} --dry-run`]);
});

it('are no cause where they are sound, or where none of them is there', async () => {
  for (const disk of [makeDisk({ SYSTEM: 'SYSTEM-healthy' }), diskWith({})]) {
    expect(codesOf(await report(['diagnose', disk]))).toEqual([]);
  }
});

it('do not keep a repair of SYSTEM from being planned, and are not written by it', async () => {
  const disk = diskWith({ SAM: damaged() });
  put(disk, SYSTEM_PATH, 'SYSTEM-broken');
  const done = await report(['repair', disk, '--yes']);
  expect(done.changes.length).toBeGreaterThan(0);
  const written = done.targets.filter(({ sha256Before, sha256After }) => sha256Before !== sha256After);
  expect(written.map(({ hive }) => hive)).not.toContain('SAM');
  expect(done.summary.fixed.length).toBeGreaterThan(0);
  // What a call is not about is no failure of it.
  expect((await report(['repair', disk, '--only', 'tls', '--yes'])).exitCode).toBe(0);
});

it('are rebuilt, after which nothing is said of them', async () => {
  const disk = diskWith({ DEFAULT: damaged() });
  const rebuilt = await report(['rebuild', 'DEFAULT', '--volume', disk, '--in-place', '--accept-loss', '--yes']);
  expect(rebuilt.exitCode).toBeLessThan(2);
  expect(codesOf(await report(['diagnose', disk]))).toEqual([]);
});
