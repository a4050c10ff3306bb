// From what somebody picked or dropped to hives with their logs: told by content, joined by name.

import type { HiveFiles } from './worker/calls.ts';

const LOG_NAME = /\.log[12]?$/i;

/** Hives among the files; that there is none is said. */
export async function hivesAmong(
  files: readonly File[],
): Promise<{ readonly found: HiveFiles[]; readonly problems: string[] }> {
  const found: HiveFiles[] = [];
  const pathOf = (file: File): string => (file.webkitRelativePath || file.name).toUpperCase();
  const byPath = new Map(files.map((file) => [pathOf(file), file]));
  for (const file of files) {
    if (LOG_NAME.test(file.name) || !(await isHive(file))) continue;
    const logs = ['.LOG', '.LOG1', '.LOG2'].flatMap((end) => byPath.get(`${pathOf(file)}${end}`) ?? []);
    found.push({ title: file.name, file, logs });
  }
  return { found, problems: found.length === 0 ? ['No registry hive is among these files.'] : [] };
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

async function isHive(file: File): Promise<boolean> {
  return new TextDecoder().decode(await file.slice(0, 4).arrayBuffer()) === 'regf';
}
