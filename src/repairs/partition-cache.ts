// The partitions that Windows knows: those that it (10 and later) last saw on each of its disks, and as it binds letters to them.

import { guidFromBytes, guidToBytes } from '../base/guid.ts';
import { append } from '../base/lists.ts';
import { compareNames } from '../base/text.ts';
import type { DeviceIdentity } from '../bcd/device.ts';
import type { Hive, Key } from '../registry/hive.ts';
import { readBinary } from '../registry/value.ts';

const HEADER_SIZE_BYTES = 48;
const RECORD_SIZE_BYTES = 144;
const STYLE_MBR = 0;
const STYLE_GPT = 1;

/**
 * The partitions of one value: header { u32 style, u32 count, GUID or signature at 8 }, then records { u64 first byte at
 * 8, GPT partition GUID at 48 }. [] for what is too short or of another style. Layout as two real hives of Windows 10 have it.
 */
export function decodePartitionCache(bytes: Uint8Array): DeviceIdentity[] {
  if (bytes.byteLength < HEADER_SIZE_BYTES) return [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const style = view.getUint32(0, true);
  const room = Math.floor((bytes.byteLength - HEADER_SIZE_BYTES) / RECORD_SIZE_BYTES);
  const count = Math.min(view.getUint32(4, true), room);
  return Array.from({ length: count }, (_, i) => HEADER_SIZE_BYTES + i * RECORD_SIZE_BYTES).flatMap(
    (at): DeviceIdentity[] => {
      if (style === STYLE_MBR) {
        const offsetBytes = Number(view.getBigUint64(at + 8, true));
        return [{ style: 'mbr', diskSignature: view.getUint32(8, true), offsetBytes }];
      }
      if (style !== STYLE_GPT) return [];
      const diskGuid = guidFromBytes(bytes.subarray(8, 24));
      return [{ style: 'gpt', diskGuid, partitionGuid: guidFromBytes(bytes.subarray(at + 48, at + 64)) }];
    },
  );
}

/** Of every disk that a control set remembers. */
export function cachedPartitions(system: Hive, controlSet: string): DeviceIdentity[] {
  const found: DeviceIdentity[] = [];
  for (const enumerator of system.key([controlSet, 'Enum'])?.subkeys() ?? []) {
    for (const device of enumerator.subkeys()) {
      if (!/^(?:disk|cdrom)/i.test(device.name)) continue;
      for (const instance of device.subkeys()) append(found, partitionsOf(instance));
    }
  }
  return found;
}

/** Of the disk whose key below Enum this is. */
export function partitionsOf(instance: Key): DeviceIdentity[] {
  const parameters = instance.subkeys().find(({ name }) => compareNames(name, 'Device Parameters') === 0);
  const bytes = readBinary(parameters?.subkey('Partmgr')?.value('PartitionTableCache') ?? null);
  return bytes ? decodePartitionCache(bytes) : [];
}

const GPT_PREFIX = 'DMIO:ID:';

/** A partition as MountedDevices names it. MBR: { u32 signature, u64 first byte }. GPT: 'DMIO:ID:' and its GUID. */
export function bindingOf(partition: DeviceIdentity): Uint8Array | null {
  if (partition.style === 'mbr') {
    const bytes = new Uint8Array(12);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, partition.diskSignature, true);
    view.setBigUint64(4, BigInt(partition.offsetBytes), true);
    return bytes;
  }
  const guid = guidToBytes(partition.partitionGuid);
  return guid ? Uint8Array.from([...new TextEncoder().encode(GPT_PREFIX), ...guid]) : null;
}
