// The header of a crash dump: why Windows stopped, and when.

import { decodeLatin1 } from '../../base/text.ts';
import type { WindowsPath } from '../../registry/edit.ts';
import type { MachineView } from '../view.ts';
import { tried } from '../windows-files.ts';

export interface DumpHeader {
  readonly code: number;
  readonly parameters: readonly bigint[];
  /** FILETIME; null where the dump has none. */
  readonly time: bigint | null;
}

/** What is read of a dump. */
const DUMP_HEADER_SIZE_BYTES = 0x1000;

/**
 * 'PAGEDU64' { u32 code at 0x38, four u64 from 0x40, FILETIME at 0xfa8 }; 'PAGEDUMP' (32 bits) { u32 code at 0x28, four u32
 * from 0x2c, FILETIME at 0xfc0 }. Null for what is no dump. Layout from Microsoft's wdbgexts headers, of kernel dumps and
 * minidumps alike.
 */
export function decodeDumpHeader(bytes: Uint8Array): DumpHeader | null {
  if (bytes.byteLength < DUMP_HEADER_SIZE_BYTES) return null;
  const signature = decodeLatin1(bytes.subarray(0, 8));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const time = (offset: number): bigint | null => {
    const filetime = view.getBigUint64(offset, true);
    return filetime === 0n ? null : filetime;
  };
  if (signature === 'PAGEDU64') {
    const parameters = [0x40, 0x48, 0x50, 0x58].map((offset) => view.getBigUint64(offset, true));
    return { code: view.getUint32(0x38, true), parameters, time: time(0xfa8) };
  }
  if (signature !== 'PAGEDUMP') return null;
  const parameters = [0x2c, 0x30, 0x34, 0x38].map((offset) => BigInt(view.getUint32(offset, true)));
  return { code: view.getUint32(0x28, true), parameters, time: time(0xfc0) };
}

/** Minidumps whose headers are read; Windows keeps 50 by default. */
const MOST_DUMPS = 200;

interface FoundDump {
  readonly path: WindowsPath;
  readonly header: DumpHeader;
}

/** Of all minidumps and MEMORY.DMP the one of the latest stop; null where there is none. */
export function newestDump(view: MachineView): FoundDump | null {
  const { files, windowsPath } = view;
  if (!files) return null;
  const folder = `${windowsPath}\\Minidump`;
  const names = tried(() => files.list(folder)) ?? [];
  const small = names.filter((name) => /\.dmp$/i.test(name)).map((name) => `${folder}\\${name}`);
  const found = [...small.slice(-MOST_DUMPS), `${windowsPath}\\MEMORY.DMP`].flatMap((path): FoundDump[] => {
    const bytes = tried(() => files.readFile(path, DUMP_HEADER_SIZE_BYTES));
    const header = bytes ? decodeDumpHeader(bytes) : null;
    return header ? [{ path, header }] : [];
  });
  const [first, ...rest] = found;
  if (!first) return null;
  return rest.reduce((newest, dump) => ((dump.header.time ?? 0n) > (newest.header.time ?? 0n) ? dump : newest), first);
}
