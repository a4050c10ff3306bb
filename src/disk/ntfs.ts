// How an NTFS volume was left, read from its device, since no driver shows it: what $Volume and $LogFile say.

import { FormatError, InternalError } from '../base/errors.ts';
import { orNull } from '../base/or-null.ts';
import type { BlockReader } from './blocks.ts';
import type { BlockSource } from './image/blocks.ts';
import { NtfsVolume } from './image/ntfs/volume.ts';

export interface NtfsState {
  /** Windows will run chkdsk at its next start. */
  readonly isDirty: boolean;
  /** False: transactions in $LogFile were not played back. Null: it cannot be told (an empty log is clean). */
  readonly isLogClean: boolean | null;
  /** '3.1'. */
  readonly version: string;
}

const IS_CLEAN = { clean: true, empty: true, unclean: false, unknown: null } as const;

/** What the volume that starts at `blocks`' first byte says of itself; null where it is no readable NTFS. */
export function readNtfsState(blocks: BlockReader): NtfsState | null {
  return orNull(FormatError, () => {
    const volume = new NtfsVolume(sourceOf(blocks));
    const { isDirty, version } = volume.information();
    const log = orNull(FormatError, () => volume.logState());
    return { isDirty, isLogClean: log && IS_CLEAN[log.state], version };
  });
}

function sourceOf(blocks: BlockReader): BlockSource {
  const no = (): never => {
    throw new InternalError('a device that was opened for reading is written');
  };
  return {
    sizeBytes: blocks.sizeBytes ?? Number.MAX_SAFE_INTEGER,
    blockSizeBytes: 512,
    identity: 'the device',
    read: (at, into) => {
      const bytes = blocks.read(at, into.byteLength);
      if (!bytes) throw new FormatError('TRUNCATED', `${into.byteLength} bytes at ${at} of the device cannot be read`);
      into.set(bytes);
    },
    write: no,
    flush: no,
    close: () => {},
  };
}
