// What kind of file a disk image is, by our own look: qemu guesses wrongly without saying so (a guest can make a raw disk
// look like a qcow2, a fixed VHD reads as raw with its footer, a differencing VHD as a whole disk).

import { RefusedError } from '../../../base/errors.ts';
import { decodeLatin1, printable } from '../../../base/text.ts';
import type { BlockSource } from '../blocks.ts';
import { fixedVhdFits, readVhdFooter, type VhdFooter } from './vhd.ts';
import { readVhdxState } from './vhdx.ts';

export type Container =
  | { readonly format: 'raw' }
  | { readonly format: 'fixed VHD'; readonly footer: VhdFooter }
  | { readonly format: 'dynamic VHD' }
  | { readonly format: 'VHDX'; readonly hasPendingLog: boolean }
  /** Compressed (streamOptimized, as in an OVA): it is read, and nothing writes it. */
  | { readonly format: 'VMDK'; readonly isCompressed: boolean }
  | { readonly format: 'qcow2' | 'VDI' };

/** What is recognised and not read: where its signature stands, its name, and what makes a raw image of `FILE`. */
interface Unread {
  readonly at: number;
  readonly signature: string;
  readonly name: string;
  readonly command: string | null;
}

const CONVERT = 'qemu-img convert -O raw FILE FILE.raw';
const UNREAD: readonly Unread[] = [
  {
    at: 0,
    signature: 'EVF\x09\x0d\x0a\xff\x00',
    name: 'an EnCase image (E01)',
    command: 'ewfexport -u -f raw -t FILE FILE',
  },
  {
    at: 0,
    signature: 'EVF2\x0d\x0a\x81\x00',
    name: 'an EnCase 7 image (Ex01)',
    command: 'ewfexport -u -f raw -t FILE FILE',
  },
  {
    at: 0,
    signature: 'LVF\x09\x0d\x0a\xff\x00',
    name: 'an EnCase logical image (L01), which is not of a disk',
    command: null,
  },
  { at: 0, signature: 'AFF10\x0d\x0a\x00', name: 'an AFF image', command: 'affconvert -r -e raw FILE' },
  {
    at: 0,
    signature: 'QFI\xfb\x00\x00\x00\x01',
    name: 'a qcow image of version 1',
    command: CONVERT.replace('-O', '-f qcow -O'),
  },
  { at: 0, signature: 'QED\x00', name: 'a QED image', command: CONVERT.replace('-O', '-f qed -O') },
  {
    at: 0,
    signature: 'WithoutFreeSpace',
    name: 'a Parallels image',
    command: CONVERT.replace('-O', '-f parallels -O'),
  },
  {
    at: 0,
    signature: 'WithouFreSpacExt',
    name: 'a Parallels image',
    command: CONVERT.replace('-O', '-f parallels -O'),
  },
  { at: 0, signature: 'COWD', name: 'a VMware snapshot (COWD)', command: null },
  { at: 0, signature: '\xbe\xba\xfe\xca', name: 'a VMware snapshot (SE sparse)', command: null },
  { at: 0, signature: 'VMA\x00', name: 'a Proxmox backup (VMA)', command: 'vma extract FILE FILE.extracted' },
  {
    at: 0,
    signature: 'MSWIM\x00\x00\x00',
    name: 'a Windows image of files (WIM), which is not of a disk',
    command: null,
  },
  { at: 0, signature: '\x1f\x8b', name: 'compressed (gzip)', command: 'gzip -dk FILE' },
  { at: 0, signature: '\xfd7zXZ\x00', name: 'compressed (xz)', command: 'xz -dk FILE' },
  { at: 0, signature: '\x28\xb5\x2f\xfd', name: 'compressed (zstd)', command: 'zstd -dk FILE' },
  { at: 0, signature: 'BZh', name: 'compressed (bzip2)', command: 'bzip2 -dk FILE' },
  { at: 0, signature: "7z\xbc\xaf'\x1c", name: 'an archive (7z)', command: '7z x FILE' },
  { at: 0, signature: 'PK\x03\x04', name: 'an archive (zip, or an AFF4 image)', command: 'unzip FILE' },
  { at: 0, signature: 'LUKS\xba\xbe', name: 'encrypted by LUKS', command: 'cryptsetup open FILE windows' },
  { at: 32_769, signature: 'CD001', name: 'an optical disc (ISO 9660)', command: null },
];
const HEAD_BYTES = 32_774;
const VDI_SIGNATURE = '\x7f\x10\xda\xbe';
const VDI_SIGNATURE_AT = 64;
/** Text descriptors are small; qemu takes no larger ones. */
const MAX_DESCRIPTOR_BYTES = 65_536;
const SECTOR_BYTES = 512;
/** Of a VMDK's flags. */
const COMPRESSED_GRAINS = 0x10000;

/**
 * What `file` is, a file of `names` (all names in its folder).
 * @throws RefusedError UNSUPPORTED_IMAGE for what cannot be read here, or must not be; `hint` makes a raw image of it.
 */
export function recogniseContainer(file: BlockSource, names: readonly string[] = []): Container {
  const head = headOf(file, HEAD_BYTES);
  const refuse = (is: string, command: string | null = null): RefusedError => {
    // A name that cannot be shown as it is does not go into a command.
    const isPlain = printable(file.identity) === file.identity;
    const hint = command?.replaceAll('FILE', isPlain ? quoted(file.identity) : '<image>');
    return new RefusedError('UNSUPPORTED_IMAGE', `${printable(file.identity)} is ${is}`, {
      ...(hint === undefined ? {} : { hint }),
      data: { path: file.identity },
    });
  };
  if (head.startsWith('vhdxfile')) return vhdx(file, refuse);
  if (head.startsWith('KDMV') || /^# *Disk DescriptorFile/i.test(head)) return vmdk(file, head, refuse);
  const unread = UNREAD.find(({ at, signature }) => head.startsWith(signature, at));
  if (unread) throw refuse(`${unread.name}; that is not read here`, unread.command);
  if (head.startsWith('QFI\xfb')) {
    // A guest writes the first bytes of a raw disk, and could name any file of this machine in them.
    if (/\.(raw|dd)$/i.test(file.identity)) throw refuse('named as a raw disk, but begins like a qcow2 image');
    return { format: 'qcow2' };
  }
  if (head.startsWith(VDI_SIGNATURE, VDI_SIGNATURE_AT)) return { format: 'VDI' };
  const footer = readVhdFooter(file);
  if (footer) return vhd(file, footer, refuse);
  const split = splitOf(file.identity, names);
  if (split !== null) throw refuse('the first part of a split image; all parts are needed in one file', split);
  return { format: 'raw' };
}

type Refuse = (is: string, command?: string | null) => RefusedError;

function vhd(file: BlockSource, footer: VhdFooter, refuse: Refuse): Container {
  if (!footer.hasValidChecksum) throw refuse('a VHD whose footer has a wrong checksum: it is damaged');
  switch (footer.kind) {
    case 'dynamic':
      return { format: 'dynamic VHD' };
    case 'fixed':
      if (!fixedVhdFits(file, footer)) {
        throw refuse(
          `a fixed VHD that states a disk of ${footer.sizeBytes} bytes, but has ${file.sizeBytes} with its footer`,
        );
      }
      return { format: 'fixed VHD', footer };
    case 'differencing':
      throw refuse('a differencing VHD: most of its disk is in its parent; merge it in Hyper-V (Merge-VHD) first');
    default:
      throw refuse('a VHD of an unknown type');
  }
}

function vhdx(file: BlockSource, refuse: Refuse): Container {
  const state = readVhdxState(file);
  if (!state) throw refuse('a VHDX whose headers or tables are damaged');
  if (state.hasParent) {
    throw refuse(
      'a differencing VHDX (avhdx): most of its disk is in its parent; merge it in Hyper-V (Merge-VHD) first',
    );
  }
  return { format: 'VHDX', hasPendingLog: state.hasPendingLog };
}

/** Only those in one file: a descriptor names other files, which qemu would open whatever they are. */
function vmdk(file: BlockSource, head: string, refuse: Refuse): Container {
  let text = head.slice(0, MAX_DESCRIPTOR_BYTES);
  let isCompressed = false;
  if (head.startsWith('KDMV')) {
    const view = new DataView(Uint8Array.from(head.slice(0, 80), (unit) => unit.charCodeAt(0)).buffer);
    isCompressed = (view.getUint32(0x08, true) & COMPRESSED_GRAINS) !== 0;
    const at = view.getBigUint64(0x1c, true) * BigInt(SECTOR_BYTES);
    const sizeBytes = Number(view.getBigUint64(0x24, true) * BigInt(SECTOR_BYTES));
    const isInside = sizeBytes <= MAX_DESCRIPTOR_BYTES && at + BigInt(sizeBytes) <= BigInt(file.sizeBytes);
    if (view.getBigUint64(0x0c, true) === 0n || at === 0n || !isInside) {
      throw refuse('a VMDK without a descriptor of its own', CONVERT.replace('-O', '-f vmdk -O'));
    }
    const bytes = new Uint8Array(sizeBytes);
    file.read(Number(at), bytes);
    text = decodeLatin1(bytes);
  }
  const parent = /^\s*parentCID\s*=\s*([0-9a-f]+)/im.exec(text)?.[1];
  // qemu follows the name whatever the number before it says.
  if ((parent !== undefined && !/^f{8}$/i.test(parent)) || /parentFileNameHint/i.test(text)) {
    throw refuse('a VMware snapshot: most of its disk is in its parent; consolidate the snapshots first');
  }
  if (head.startsWith('KDMV')) return { format: 'VMDK', isCompressed };
  const extents = [...text.matchAll(/^\s*(?:RW|RDONLY)\s+\d+\s+(\w+)\s+"([^"]+)"/gim)];
  const [, type, name] = extents[0] ?? [];
  const isFlat = extents.length === 1 && /^(FLAT|VMFS)$/i.test(type!);
  throw refuse(
    isFlat
      ? `the descriptor of a VMDK; its disk is the raw file ${printable(name!)} beside it: give that`
      : 'the descriptor of a VMDK of several files',
    isFlat ? null : CONVERT.replace('-O', '-f vmdk -O'),
  );
}

/** The command that joins the parts, where `path` is the first of several. */
function splitOf(path: string, names: readonly string[]): string | null {
  const name = path.replace(/.*\//, '');
  const first = /^(.*)\.(0*[01]|aa)$/i.exec(name);
  if (!first) return null;
  const [, stem, suffix] = first;
  const second = suffix === 'aa' ? 'ab' : String(Number(suffix) + 1).padStart(suffix!.length, '0');
  if (!names.includes(`${stem}.${second}`)) return null;
  const base = quoted(path.slice(0, -suffix!.length));
  return suffix === 'aa' ? `cat ${base}a? > ${base}raw` : `cat ${base}[0-9]* > ${base}raw`;
}

function headOf(file: BlockSource, sizeBytes: number): string {
  const bytes = new Uint8Array(Math.min(sizeBytes, file.sizeBytes));
  file.read(0, bytes);
  return decodeLatin1(bytes);
}

function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
