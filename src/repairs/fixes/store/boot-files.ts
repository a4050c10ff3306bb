// The boot manager's own files, which Windows keeps copies of: put where the firmware looks for them, and only where none is.

import { toHex } from '../../../base/bytes.ts';
import type { VolumeEdit, WindowsPath } from '../../../registry/edit.ts';
import type { MachineView, VacantStore } from '../../view.ts';
import { fileExists, tried } from '../../windows-files.ts';

/** Machine numbers of a PE file, with the name that a firmware of that kind takes where it was told of no other. */
const FALLBACKS: Readonly<Record<number, string>> = {
  34404: 'bootx64.efi',
  43620: 'bootaa64.efi',
  332: 'bootia32.efi',
};

/** The machine number in the header of a program; null where it is none. Source: Microsoft's description of PE. */
function machineOf(view: MachineView, path: WindowsPath): number | null {
  const bytes = tried(() => view.files?.readFile(path, 4096) ?? null);
  if (!bytes || bytes.byteLength < 64 || bytes[0] !== 77 || bytes[1] !== 90) return null;
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = header.getUint32(60, true);
  const isProgram = at + 6 <= bytes.byteLength && header.getUint32(at, true) === 17744;
  return isProgram ? header.getUint16(at + 4, true) : null;
}

interface BootFile {
  readonly from: WindowsPath;
  readonly to: WindowsPath;
}

/** The files that are missing beside the new store, in the order in which they are needed. */
function missingFiles(view: MachineView, { firmware }: VacantStore): BootFile[] {
  const windows = `${view.windowsPath}\\Boot`;
  if (firmware === 'bios') return absent(view, [{ from: `${windows}\\PCAT\\bootmgr`, to: 'S:\\bootmgr' }]);
  const from = `${windows}\\EFI\\bootmgfw.efi`;
  const fallback = FALLBACKS[machineOf(view, from) ?? 0];
  return absent(view, [
    { from, to: 'S:\\EFI\\Microsoft\\Boot\\bootmgfw.efi' },
    ...(fallback === undefined ? [] : [{ from, to: `S:\\EFI\\Boot\\${fallback}` }]),
  ]);
}

const absent = (view: MachineView, files: readonly BootFile[]): BootFile[] =>
  files.filter(({ to }) => fileExists(view, to) === false);

/** Why the boot manager cannot be there afterwards; null: it is, or it can be copied. */
export function whyNoBootManager(view: MachineView, vacant: VacantStore): string | null {
  const [needed] = missingFiles(view, vacant);
  if (!needed || needed.to.toLowerCase().startsWith('s:\\efi\\boot\\')) return null;
  const name = needed.to.slice(needed.to.lastIndexOf('\\') + 1);
  if (fileExists(view, needed.from) !== true) return `${name} is neither on its volume nor in ${needed.from}`;
  if (vacant.firmware === 'bios') return null;
  const [own, windows] = [needed.from, `${view.windowsPath}\\System32\\winload.efi`].map((path) =>
    machineOf(view, path),
  );
  return own !== null && own === windows ? null : `${needed.from} is not a program for the processor of this Windows`;
}

/** The copies, with the folders that they need. */
export function bootFileEdits(view: MachineView, vacant: VacantStore): VolumeEdit[] {
  const { files } = view;
  if (!files) return [];
  const copies = missingFiles(view, vacant).flatMap(({ from, to }): VolumeEdit[] => {
    const bytes = tried(() => files.readFile(from));
    return bytes ? [{ op: 'write-file', path: to, hex: toHex(bytes) }] : [];
  });
  const folders = new Set([vacant.path, ...copies.map(({ path }) => path)].flatMap(foldersAbove));
  const isMissing = (path: WindowsPath): boolean => fileExists(view, path) === false;
  return [...[...folders].filter(isMissing).map((path): VolumeEdit => ({ op: 'make-folder', path })), ...copies];
}

/** 'S:\EFI', 'S:\EFI\Boot' of 'S:\EFI\Boot\bootx64.efi'. */
function foldersAbove(path: WindowsPath): WindowsPath[] {
  const names = path.split('\\');
  return names.slice(1, -1).map((_, i) => names.slice(0, i + 2).join('\\'));
}

/** Logs of the store that is gone: replayed into the new one they would damage it. */
export function staleLogEdits(view: MachineView, { path }: VacantStore): VolumeEdit[] {
  return ['.LOG', '.LOG1', '.LOG2']
    .map((ending) => path + ending)
    .filter((log) => (tried(() => view.files?.sizeBytes(log) ?? 0) ?? 0) > 0)
    .map((log) => ({ op: 'delete-file', path: log }));
}
