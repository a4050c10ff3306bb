// Writing to a file of an image: its bytes are overwritten where they lie. All that has to hold is read again, past
// everything that is kept, right before the first write.

import { type HivemendError, RefusedError } from '../../base/errors.ts';
import { printable } from '../../base/text.ts';
import type { BlockSource } from './blocks.ts';
import type { ImageVolume } from './disk-image.ts';
import { type FileNode, notInPlace, type WritablePlace } from './file-system.ts';

/** Whether a volume may be written at all: null, or what refuses it. Asked at each opening and before its first write. */
export type WriteGate = (volume: ImageVolume['fileSystem']) => HivemendError | null;

export interface OverwriteFile {
  readonly place: WritablePlace;
  /** @throws RefusedError NOT_IN_PLACE, CHANGED_ON_DISK, what the gate refuses; what the disk throws */
  write(at: number, bytes: Uint8Array): void;
  /** @throws RefusedError NOT_IN_PLACE where the file would become longer or shorter */
  keepSize(sizeBytes: number): void;
}

/**
 * Opens the file at `names` of `volume` for overwriting; `disk` is where it is written to.
 * @throws as FileNode.writablePlace; what `gate` refuses
 */
export function openForOverwriting(
  disk: BlockSource,
  volume: ImageVolume,
  names: readonly string[],
  gate: WriteGate,
): OverwriteFile {
  const shown = printable(`${volume.root}/${names.join('/')}`);
  const placeIn = (fileSystem: ImageVolume['fileSystem']): WritablePlace => {
    const refusal = gate(fileSystem);
    if (refusal) throw refusal;
    const node = names.reduce<FileNode | undefined>((folder, name) => folder?.child(name)?.node, fileSystem.root);
    if (node?.kind !== 'file') throw changed(shown, 'is no longer a file');
    return node.writablePlace();
  };
  const place = placeIn(volume.reopen());
  const usableBytes = Math.min(place.sizeBytes, place.initialisedBytes);
  let isChecked = false;
  return {
    place,
    write: (at, bytes) => {
      if (at < 0 || at + bytes.byteLength > usableBytes) throw tooSmall(shown, at + bytes.byteLength, usableBytes);
      if (!isChecked && JSON.stringify(placeIn(volume.reopen())) !== JSON.stringify(place)) {
        throw changed(shown, 'lies elsewhere or was changed since it was opened');
      }
      isChecked = true;
      let start = 0;
      let done = 0;
      for (const { offsetBytes, sizeBytes } of place.extents) {
        const within = at + done - start;
        if (within >= 0 && within < sizeBytes && done < bytes.byteLength) {
          const part = bytes.subarray(done, done + sizeBytes - within);
          disk.write(volume.offsetBytes + offsetBytes + within, part);
          done += part.byteLength;
        }
        start += sizeBytes;
      }
    },
    keepSize: (sizeBytes) => {
      if (sizeBytes !== place.sizeBytes) throw tooSmall(shown, sizeBytes, place.sizeBytes);
    },
  };
}

function tooSmall(shown: string, neededBytes: number, usableBytes: number): RefusedError {
  const missingKib = Math.ceil((neededBytes - usableBytes) / 1024);
  const message =
    missingKib > 0
      ? `${shown} holds ${usableBytes} bytes, but ${neededBytes} are needed: ${missingKib} KiB are missing, and a file in an image cannot grow`
      : `${shown} has to keep its ${usableBytes} bytes, but ${neededBytes} were wanted`;
  const { hint } = notInPlace('size', message);
  return new RefusedError('NOT_IN_PLACE', message, {
    ...(hint === undefined ? {} : { hint }),
    data: { cause: 'size', neededBytes, usableBytes },
  });
}

function changed(shown: string, what: string): RefusedError {
  return new RefusedError('CHANGED_ON_DISK', `${shown} ${what}; nothing was written`, {
    hint: 'see that nothing else uses the disk, then run the command again',
  });
}
