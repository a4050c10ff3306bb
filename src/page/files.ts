// From what somebody picked or dropped to hives with their logs: told by content, joined by name.

import { Engine, type HiveFile, HivemendError, kindOfHive, openHive } from '../hive.ts';

declare global {
  /** The compiled engine in base64; put into the page by its build. */
  const ENGINE_BASE64: string;
}

interface NamedBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A hive that is open in the page. */
export interface OpenedHive {
  readonly title: string;
  readonly bytes: Uint8Array;
  readonly logs: readonly NamedBytes[];
  /** The bytes as they lie: its logs are not replayed. */
  readonly isRaw: boolean;
  readonly hive: HiveFile;
}

const LOG_NAME = /\.log[12]?$/i;
let engine: Engine | null = null;

/** Hives among the files; what cannot be opened is said. */
export async function openFiles(
  files: readonly File[],
): Promise<{ readonly opened: OpenedHive[]; readonly problems: string[] }> {
  const opened: OpenedHive[] = [];
  const problems: string[] = [];
  const pathOf = (file: File): string => (file.webkitRelativePath || file.name).toUpperCase();
  const byPath = new Map(files.map((file) => [pathOf(file), file]));
  for (const file of files) {
    if (LOG_NAME.test(file.name) || !(await isHive(file))) continue;
    const logs: NamedBytes[] = [];
    for (const end of ['.LOG', '.LOG1', '.LOG2']) {
      const log = byPath.get(`${pathOf(file)}${end}`);
      if (log) logs.push({ name: log.name, bytes: await bytesOf(log) });
    }
    try {
      opened.push(openBytes(file.name, await bytesOf(file), logs, false));
    } catch (error) {
      if (!(error instanceof HivemendError)) throw error;
      problems.push(error.message);
    }
  }
  if (opened.length === 0 && problems.length === 0) problems.push('No registry hive is among these files.');
  return { opened, problems };
}

/** @throws as openHive */
export function openBytes(title: string, bytes: Uint8Array, logs: readonly NamedBytes[], isRaw: boolean): OpenedHive {
  engine ??= Engine.fromBytes(Uint8Array.from(atob(ENGINE_BASE64), (letter) => letter.charCodeAt(0)));
  const open = (name: string): HiveFile => openHive(bytes, { engine: engine!, name, logs: isRaw ? [] : logs });
  // Edits name the hive as a plan does, by its kind.
  const told = kindOfHive(bytes);
  if (told !== 'other') return { title, bytes, logs, isRaw, hive: open(told) };
  // A dirty hive may tell only when its logs are replayed.
  const first = open('HIVE');
  if (first.kind === 'other') return { title, bytes, logs, isRaw, hive: first };
  const { kind } = first;
  first.close();
  return { title, bytes, logs, isRaw, hive: open(kind) };
}

/** Every file below what was dropped. */
export async function droppedFiles(transfer: DataTransfer): Promise<File[]> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (entries.length === 0) return [...transfer.files];
  const files: File[] = [];
  for (const entry of entries) await collect(entry, files);
  return files;
}

async function collect(entry: FileSystemEntry, files: File[]): Promise<void> {
  if (entry.isFile) {
    files.push(await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject)));
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return;
    for (const child of some) await collect(child, files);
  }
}

const bytesOf = async (file: File): Promise<Uint8Array> => new Uint8Array(await file.arrayBuffer());

async function isHive(file: File): Promise<boolean> {
  return new TextDecoder().decode(await file.slice(0, 4).arrayBuffer()) === 'regf';
}
