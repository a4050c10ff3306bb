// The whole walk on a real NTFS volume, by the built command: what memory cannot show of descriptors, hibernation and the
// files beside the hives.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import { encodeDescriptor, fromSddl, parseDescriptor, toSddl } from '../../src/security/index.ts';
import { describeNtfs, type NtfsImages, sh } from '../disk/ntfs-image.ts';
import { buildFixture, type FixtureName } from '../fixture-hives.ts';
import { BCD_PATH, hivemend, hivemendProcess, put, SOFTWARE_PATH, SYSTEM_PATH, scratch } from './process.ts';

const KEYS = 'ProgramData/Microsoft/Crypto/RSA/MachineKeys';
const GUID = '3b9f6a1e-52c7-4d0c-9f38-7e14c0a2d5b6';
const RDP_KEY = `${KEYS}/f686aace6942fb7f7ceb231212eef4a4_${GUID}`;
const OTHER_KEY = `${KEYS}/6de9cb26d2b98c01ec4e9e8b34824aa2_${GUID}`;
const FOLDER_SDDL = 'O:SYG:SYD:PAI(A;;0x12019f;;;WD)(A;;FA;;;BA)';
const KEY_SDDL = 'O:SYG:SYD:P(A;;FA;;;SY)(A;;FA;;;BA)';

const FIXTURES: Readonly<Record<string, FixtureName>> = {
  [SYSTEM_PATH]: 'SYSTEM-broken',
  [SOFTWARE_PATH]: 'SOFTWARE',
  [BCD_PATH]: 'BCD-bios',
};

function rawDescriptor(file: string): string {
  const text = sh('getfattr', '-h', '-e', 'hex', '--absolute-names', '-n', 'system.ntfs_acl', file);
  return /0x([0-9a-f]+)/.exec(text)![1]!;
}

function makeVolume(images: NtfsImages, name: string): string {
  const place = images.mount(images.make(name, 40));
  for (const [path, fixture] of Object.entries(FIXTURES)) put(place, path, buildFixture(fixture));
  for (const path of [RDP_KEY, OTHER_KEY]) put(place, path, new Uint8Array(16));
  const set = (path: string, sddl: string): void => {
    const value = `0x${toHex(encodeDescriptor(fromSddl(sddl)))}`;
    sh('setfattr', '-h', '-n', 'system.ntfs_acl', '-v', value, join(place, path));
  };
  set(KEYS, FOLDER_SDDL);
  for (const path of [RDP_KEY, OTHER_KEY]) set(path, KEY_SDDL);
  return place;
}

describeNtfs('on real NTFS', (images) => {
  it('machine-keys gives what is missing, lists before and after, and undo gives the exact bytes', async () => {
    const disk = makeVolume(images, 'keys.img');
    const all = [KEYS, RDP_KEY, OTHER_KEY].map((path) => join(disk, path));
    const before = all.map(rawDescriptor);
    const repair = ['repair', disk, '--only', 'machine-keys', '--yes', '--json'];
    const report = (await hivemend(repair)).report();
    expect(report.changes.map(({ edit }) => edit.op)).toEqual(['set-security']);
    expect(report.permissions?.BeforeScript_permissions).not.toMatch(/NETWORK SERVICE/);
    expect(report.permissions?.AfterScript_permissions).toMatch(/NT AUTHORITY\\NETWORK SERVICE:\(R\)/);
    const [folder, rdp, other] = all.map(rawDescriptor);
    expect([folder, other]).toEqual([before[0], before[2]]);
    expect(toSddl(parseDescriptor(fromHex(rdp!)!))).toBe(`${KEY_SDDL}(A;;FR;;;NS)`);
    expect((await hivemend(['undo', disk, '--yes'])).status).toBe(0);
    expect(all.map(rawDescriptor)).toEqual(before);
    // The article's whole grant: every lowering has the line that takes it back.
    const whole = (await hivemend([...repair, '--all-keys'])).report();
    expect(whole.changes).toHaveLength(3);
    const lowered = whole.findings.filter((finding) => finding.security === 'lowers');
    expect(lowered).toHaveLength(1);
    expect(lowered[0]!.revert).toEqual([expect.stringContaining(KEY_SDDL)]);
    await hivemend(['undo', disk, '--yes']);
    expect(all.map(rawDescriptor)).toEqual(before);
    rmSync(join(disk, 'hivemend'), { recursive: true, force: true });
  });

  it('without getfattr and fs-xattr the other repairs go on, and machine-keys says why it does not', async () => {
    const disk = makeVolume(images, 'no-tools.img');
    const copy = scratch();
    for (const path of [...Object.keys(FIXTURES), RDP_KEY]) put(copy, path, readFileSync(join(disk, path)));
    // The copy lies on a file system that keeps no NTFS descriptors.
    const report = (await hivemend(['repair', copy, '--yes', '--json'])).report();
    expect(report.skipped).toEqual([{ what: 'machine-keys', why: expect.stringMatching(/keeps no NTFS/) }]);
    expect(report.status).toBe('ok');
    expect(report.changes.length).toBeGreaterThan(20);
    const text = (await hivemend(['repair', copy, '--only', 'machine-keys', '--yes'])).stdout;
    expect(text).toMatch(/: nothing to do, but see what was\sskipped\.\nSkipped: machine-keys/);
    // fs-xattr, where it is installed, needs no program; else the PATH decides.
    const PATH = [dirname(process.execPath)].join(delimiter);
    const bare = hivemendProcess(['repair', disk, '--dry-run', '--json'], { env: { PATH } }).report();
    expect(bare.changes.length).toBeGreaterThan(20);
    expect(bare.skipped.every(({ what, why }) => what === 'machine-keys' && /getfattr/.test(why))).toBe(true);
  });

  it('diagnose names hibernation, transactions and a full disk; a large hiberfil.sys stops nothing', async () => {
    const disk = makeVolume(images, 'hibernated.img');
    mkdirSync(join(disk, 'Windows/System32/config/TxR'));
    writeFileSync(join(disk, 'Windows/System32/config/TxR/{a}.TxR.0.regtrans-ms'), '');
    const saved = new Uint8Array(8192);
    saved.set(new TextEncoder().encode('HIBR'));
    writeFileSync(join(disk, 'hiberfil.sys'), saved);
    sh('truncate', '-s', '3G', join(disk, 'hiberfil.sys'));
    const run = await hivemend(['diagnose', disk, '--json']);
    expect(run.status).toBe(1);
    const report = run.report();
    const codes = report.findings.map(({ code }) => code);
    expect(codes).toEqual(expect.arrayContaining(['HIBERNATED', 'REGISTRY_TRANSACTIONS', 'LOW_DISK_SPACE']));
    // No device is stamped in the fixture, so nothing tells when Windows last ran.
    expect(report.machine).toMatchObject({ firmware: 'bios', lastBoot: null });
    const repair = await hivemend(['repair', disk, '--yes']);
    expect([repair.status, repair.stderr]).toEqual([5, expect.stringContaining('[HIBERNATED]')]);
  });

  it('a mounted disk is to be unmounted after a repair, and of half an image nothing is judged', async () => {
    const disk = makeVolume(images, 'half.img');
    const run = await hivemend(['repair', disk, '--only', 'tls', '--yes']);
    expect(run.stdout.replaceAll(/\s+/g, ' ')).toContain(`Next: unmount the volume at ${disk}, then reattach the disk`);
    images.unmount(disk);
    const whole = readFileSync(join(images.folder, 'half.img'));
    const half = join(scratch(), 'half.img');
    writeFileSync(half, whole.subarray(0, 3_000_000));
    const cut = await hivemend(['diagnose', half]);
    expect([cut.status, cut.stdout]).toEqual([4, '']);
    expect(cut.stderr).toMatch(
      /^hivemend: .*half\.img cannot be read: the image is shorter than its file system: it was cut off \(/,
    );
    expect(cut.stderr).toContain('next: copy the image again, whole');
  });

  it('the second way on from a saved session ends it, and the repair is made', async () => {
    const disk = makeVolume(images, 'session.img');
    writeFileSync(join(disk, 'hiberfil.sys'), 'hibr'.padEnd(4096, '\0'));
    const { hint = '' } = (await hivemend(['repair', disk, '--yes', '--json'])).report().error ?? {};
    const [, second = ''] = hint.split(/^Loses unsaved work.*$/m);
    const commands = second
      .split(/^Loses/m)[0]!
      .trim()
      .split(/\n\s*/);
    expect(commands.map((line) => line.split(' ')[0])).toEqual(['umount', 'ntfsrecover', 'ntfs-3g']);
    // ntfsrecover ends with 1 where the log holds nothing to play, as here.
    for (const line of commands) sh('sh', '-c', line.startsWith('ntfsrecover') ? `${line} || true` : line);
    expect((await hivemend(['repair', disk, '--yes'])).status).toBe(0);
  });

  it('no output is put on the disk that is read', async () => {
    const disk = makeVolume(images, 'output.img');
    const system = join(disk, SYSTEM_PATH);
    for (const args of [
      ['export', system, '-o', join(disk, 'out.jsonl')],
      ['recover', system, '-o', join(disk, 'SYSTEM.new')],
      ['inspect', system, '--report', join(disk, 'report.json')],
      ['reg', 'export', 'Select', join(disk, 'out.reg'), '/y', '--hive', system],
    ]) {
      const run = await hivemend(args);
      expect([args[0], run.status, run.stderr]).toEqual([args[0], 5, expect.stringContaining('[OUTSIDE_VOLUME]')]);
    }
  });
});
