// A whole disk in a file: a GPT with an EFI system partition that mtools filled, and a Windows volume that ntfs-3g filled.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildFixture, type FixtureName } from '../../fixture-hives.ts';
import { gptDisk, MIB, withBackup } from '../disk-image.ts';
import type { NtfsImages } from '../ntfs-image.ts';

export const WINDOWS_FILES: readonly (readonly [string, FixtureName])[] = [
  ['Windows/System32/config/SYSTEM', 'SYSTEM-broken'],
  ['Windows/System32/config/SOFTWARE', 'SOFTWARE'],
  ['Boot/BCD', 'BCD-bios'],
];

/** The bytes of the disk, and where the driver showed the Windows volume (unmounted again, unless `keep` is given). */
export function madeDisk(images: NtfsImages, extra: (place: string) => void = () => {}): Uint8Array {
  const windows = images.make('windows.img', 5);
  const place = images.mount(windows);
  for (const [path, name] of WINDOWS_FILES) {
    mkdirSync(dirname(join(place, path)), { recursive: true });
    writeFileSync(join(place, path), buildFixture(name));
  }
  extra(place);
  images.unmount(place);
  const disk = withBackup(gptDisk(readFileSync(windows)));
  const esp = join(images.folder, 'esp.img');
  writeFileSync(esp, new Uint8Array(MIB));
  const env = { ...process.env, MTOOLS_SKIP_CHECK: '1' };
  const run = (program: string, ...args: string[]): unknown => execFileSync(program, args, { env });
  run('mkfs.vfat', '-F', '12', '-n', 'ESP', esp);
  run('mmd', '-i', esp, '::/EFI', '::/EFI/Microsoft', '::/EFI/Microsoft/Boot');
  const store = join(images.folder, 'BCD');
  writeFileSync(store, buildFixture('BCD-bios'));
  run('mcopy', '-i', esp, store, '::/EFI/Microsoft/Boot/BCD');
  disk.set(readFileSync(esp), MIB);
  return disk;
}
