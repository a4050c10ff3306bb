// The header of a crash dump: why Windows stopped, and when.

import { decodeLatin1, decodeUtf16le } from '../../base/text.ts';
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

export interface FoundDump {
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

/** Where a small dump of 64 bits says what it holds; its u32 at 0x40 is the offset of the driver that was blamed. */
const TRIAGE_OFFSET = 0x2000;
const BROKEN_DRIVER = TRIAGE_OFFSET + 0x40;
const DUMP_TYPE = 0xf98;
const TYPE_SMALL = 4;
/** Small dumps are below this. */
const MOST_BYTES = 16 << 20;
const LONGEST_NAME = 260;

/**
 * The file name of the driver that Windows blamed ('csagent.sys'); null where the dump names none. The offset leads to an
 * entry that begins with the offset of its name, { u32 characters, UTF-16 }. Layout as public readers of such dumps have it.
 */
export function decodeBlamedDriver(bytes: Uint8Array): string | null {
  if (bytes.byteLength < BROKEN_DRIVER + 4 || decodeLatin1(bytes.subarray(0, 8)) !== 'PAGEDU64') return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = (offset: number): number => (offset + 4 <= bytes.byteLength ? view.getUint32(offset, true) : 0);
  if (at(DUMP_TYPE) !== TYPE_SMALL) return null;
  const entry = at(BROKEN_DRIVER);
  const name = entry > TRIAGE_OFFSET ? at(entry) : 0;
  const length = name > TRIAGE_OFFSET ? at(name) : 0;
  if (length === 0 || length > LONGEST_NAME || name + 4 + 2 * length > bytes.byteLength) return null;
  const text = decodeUtf16le(bytes.subarray(name + 4, name + 4 + 2 * length)).replace(/\0.*$/s, '');
  const file = text.slice(text.lastIndexOf('\\') + 1);
  return /^[\w .~$-]+\.sys$/i.test(file) ? file : null;
}

/** The driver that the newest dump names, with the time of that dump; null where there is none. */
export function blamedDriver(view: MachineView): { readonly file: string; readonly dump: FoundDump } | null {
  const dump = newestDump(view);
  const sizeBytes = dump ? tried(() => view.files?.sizeBytes(dump.path) ?? null) : null;
  if (!dump || sizeBytes === null || sizeBytes > MOST_BYTES) return null;
  const bytes = tried(() => view.files?.readFile(dump.path) ?? null);
  const file = bytes ? decodeBlamedDriver(bytes) : null;
  return file === null ? null : { file, dump };
}
