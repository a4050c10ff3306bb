// A disk of boot-disk.ts as files: its hives built by the engine, its volumes mounted as the host tells it.

import { join } from 'node:path';
import { guidToBytes } from '../../src/base/guid.ts';
import type { HiveEdit } from '../../src/registry/edit.ts';
import { PLAIN_KEY_SDDL } from '../../src/registry/key-tree.ts';
import { readRegValue } from '../../src/registry/value.ts';
import { WorkingHive } from '../../src/registry/working/working-hive.ts';
import { encodeDescriptor, fromSddl } from '../../src/security/index.ts';
import { put, SOFTWARE_PATH, SYSTEM_PATH } from '../cli/process.ts';
import { gptDisk, MIB } from '../disk/disk-image.ts';
import { FIXTURE_FILETIME, fixtureEngine } from '../fixture-hives.ts';
import { type MountedDisk, mountedDisk } from '../session/mounted-disk.ts';
import { type BootDamage, bootDisk, FILES } from './boot-disk.ts';
import { WINDOWS_PARTITION } from './disks.ts';
import type { MemoryHive } from './memory-hive.ts';

/** Where `gptDisk` has its disk and the partition of Windows. */
const [DISK_GUID_AT, WINDOWS_GUID_AT] = [512 + 56, 2 * 512 + 2 * 128 + 16];
const STORE = 'EFI/Microsoft/Boot/BCD';

function imageOf(hive: MemoryHive): Uint8Array {
  const edits: HiveEdit[] = [];
  for (const { path, values } of [...hive.walk()].map((key) => ({ path: key.path, values: key.values() }))) {
    const key = { hive: hive.name, path };
    if (path.length > 0) edits.push({ op: 'create-key', key });
    for (const value of values) edits.push({ op: 'set-value', key, name: value.name, value: readRegValue(value) });
  }
  using working = WorkingHive.create(fixtureEngine(), {
    name: hive.name,
    minor: hive.name === 'BCD' ? 3 : 5,
    rootName: 'ROOT',
    security: encodeDescriptor(fromSddl(PLAIN_KEY_SDDL)),
    filetime: FIXTURE_FILETIME,
  });
  working.apply(edits, FIXTURE_FILETIME);
  return working.image();
}

/** Windows in the first folder, its EFI system partition in the second. */
export function ruleDisk(damage: BootDamage): MountedDisk {
  const bytes = gptDisk();
  bytes.set(guidToBytes(WINDOWS_PARTITION.diskGuid)!, DISK_GUID_AT);
  bytes.set(guidToBytes(WINDOWS_PARTITION.partitionGuid)!, WINDOWS_GUID_AT);
  const made = mountedDisk(bytes, [
    { driver: 'ext4', offsetBytes: 2 * MIB },
    { driver: 'vfat', offsetBytes: MIB },
  ]);
  const [windows = '', esp = ''] = made.folders;
  const { disk } = bootDisk(damage);
  put(windows, SYSTEM_PATH, imageOf(disk.system));
  put(windows, SOFTWARE_PATH, imageOf(disk.software));
  if (damage.hasNoStore !== true) put(esp, STORE, imageOf(disk.bcd));
  const names = new Map<string, string>();
  for (const path of Object.keys(FILES)) {
    // Names are one to Windows whatever their case, and here they are not.
    const lower = path.toLowerCase();
    if (damage.gone?.includes(path) || names.has(lower)) continue;
    names.set(lower, path);
    put(windows, join(...path.split('\\').filter((part) => part !== '')), new Uint8Array(1));
  }
  for (const [path, content] of Object.entries(damage.files ?? {})) put(windows, path, content);
  return made;
}
