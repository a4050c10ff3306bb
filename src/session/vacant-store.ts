// The place of a boot store that holds none: nothing, an empty file, or nothing but zeros. A new store is made there.

import { HivemendError } from '../base/errors.ts';
import { BcdStore } from '../bcd/store.ts';
import type { BcdStoreFound } from '../disk/locate.ts';
import type { Volume } from '../disk/mounted/volumes.ts';
import type { BootFacts, VacantStore } from '../repairs/view.ts';
import { systemVolume } from './boot-facts.ts';
import type { Session } from './session.ts';

/** What edits call the store that boots the session's Windows. */
const NAME = 'BCD';
/** The letter that stands for the volume of the store in paths of edits. */
const LETTER = 'S';
const FOLDERS = { uefi: '\\EFI\\Microsoft\\Boot', bios: '\\Boot' } as const;
/** No boot store is larger. */
const MOST_BYTES = 1 << 26;

const known = new WeakMap<Session, { readonly vacant: VacantStore; readonly volume: Volume }>();

/** Null: there is something, or the firmware or the volume of its store is not certain. Binds S: where it is. */
export function vacantStore(session: Session, place: BootFacts): VacantStore | null {
  if (madeStore(session) !== null) return null;
  const seen = known.get(session);
  if (seen) return seen.vacant;
  const { firmware } = place;
  // A script may have given that letter another meaning.
  if (firmware === null || place.isFirmwareUnsure || session.files.isMapped(LETTER)) return null;
  const volume = systemVolume(session, firmware);
  if (volume === null) return null;
  session.files.mapDrive(LETTER, volume.root);
  const path = `${LETTER}:${FOLDERS[firmware]}\\${NAME}`;
  try {
    const { hostPath, exists } = session.files.resolve(path);
    const before = exists ? readEmpty(session, path) : null;
    if (exists && before === null) return null;
    const vacant: VacantStore = {
      firmware,
      path,
      file: hostPath,
      state: before === null ? 'missing' : before.byteLength === 0 ? 'empty' : 'zeros',
      partition: volume.partition,
      store: new BcdStore(session.makeStore(NAME, hostPath, before).hive),
    };
    known.set(session, { vacant, volume });
    return vacant;
  } catch (error) {
    // A link in the way, or no right to look: then nothing is known to be missing.
    if (error instanceof HivemendError) return null;
    throw error;
  }
}

/** The bytes of a file that holds nothing; null where it holds anything, or is no file. */
function readEmpty({ files }: Session, path: string): Uint8Array | null {
  const sizeBytes = files.sizeBytes(path);
  if (sizeBytes === null || sizeBytes > MOST_BYTES) return null;
  const bytes = files.readFile(path);
  return bytes?.every((byte) => byte === 0) ? bytes : null;
}

/** The store that this session makes, once there is anything in it. */
export function madeStore(session: Session): { readonly found: BcdStoreFound; readonly store: BcdStore } | null {
  const seen = known.get(session);
  if (!seen || !session.isEdited(NAME)) return null;
  const { path, file, firmware } = seen.vacant;
  const found = { path: file, volume: seen.volume.root, windowsPath: path.slice(LETTER.length + 1), kind: firmware };
  return { found, store: new BcdStore(session.view(NAME)) };
}
