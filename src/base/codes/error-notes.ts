// What each error code means and the way on, for docs/errors.md. The types hold this table complete; a test holds the page
// equal to it.

import type { ErrorCode, ErrorKind } from '../errors.ts';

export interface ErrorNote {
  /** One sentence: when it is raised. */
  readonly means: string;
  /** One sentence: what to do. */
  readonly next: string;
}

export const KIND_NOTES: Readonly<Record<ErrorKind, { readonly exit: string; readonly who: string }>> = {
  UsageError: { exit: '2', who: 'Correct the command, or say more.' },
  NotFoundError: { exit: '3', who: 'What was named is not there: correct the name.' },
  FormatError: { exit: '4', who: 'The bytes are bad: a backup or another copy helps.' },
  RefusedError: { exit: '5', who: 'An operator has to decide; nothing was written.' },
  CommitError: {
    exit: '6, and 7 for RESTORE_NEEDED',
    who: 'A commit failed: the message says what the disk holds now.',
  },
  EngineError: { exit: '8', who: 'The WebAssembly engine failed; nothing was written. Report it.' },
  InternalError: { exit: '70', who: 'A bug in hivemend; nothing was written. Report it.' },
};

export const ERROR_NOTES: Readonly<Record<ErrorCode, ErrorNote>> = {
  BAD_ARGUMENT: {
    means: 'An option or word of the command line is unknown, missing, or cannot go with another.',
    next: 'Read the hint and `hivemend <command> --help`.',
  },
  BAD_PATH: {
    means: 'A path cannot be meant on Windows, is of the wrong kind, or is on a drive that stands for no volume.',
    next: 'Correct it; of a runbook, map the drive with `--drive X:=<folder>`.',
  },
  BAD_VALUE: {
    means: 'A value, a name or a field of a file is not of its kind or out of range.',
    next: 'Correct what the message names.',
  },
  BAD_SYNTAX: {
    means: 'A file or an argument does not follow its grammar; line and column are in `data` where there are any.',
    next: 'Correct it; nothing of the file was applied.',
  },
  NOT_CONFIRMED: {
    means: 'The answer was No, or nobody could be asked; also what a report says after Ctrl-C (exit 130).',
    next: 'Read the plan that was printed, then run it again with `--yes`.',
  },
  OUTPUT_EXISTS: {
    means: 'An output file exists already.',
    next: 'Give another name, or `--force`.',
  },
  WINDOWS_NOT_FOUND: {
    means: 'No folder with a Windows in it lies on the volumes that were given.',
    next: 'Give the folder where the Windows volume is mounted, or `--windows <folder>`.',
  },
  HIVE_NOT_FOUND: {
    means: 'A hive that is needed is not on this disk, or a key lies in no hive that is here.',
    next: 'Look at the names that the message lists.',
  },
  FILE_NOT_FOUND: {
    means: 'A file or folder does not exist.',
    next: 'Correct the path.',
  },
  KEY_NOT_FOUND: {
    means: 'A key, or a control set that was asked for by number, does not exist.',
    next: 'Look at what exists with `hivemend reg query`.',
  },
  VALUE_NOT_FOUND: {
    means: 'A value does not exist.',
    next: 'Look at what exists with `hivemend reg query`.',
  },
  OBJECT_NOT_FOUND: {
    means: 'The boot store does not have that object.',
    next: 'Look at what exists with `hivemend bcdedit /enum all /v`.',
  },
  ELEMENT_NOT_FOUND: {
    means: 'An object of the boot store does not have that element.',
    next: 'Look at what exists with `hivemend bcdedit /enum all /v`.',
  },
  JOURNAL_NOT_FOUND: {
    means: 'No commit is recorded where undo was asked to look, or none by that id.',
    next: 'Look with `hivemend undo <place> --list`, and give `--state-dir` if the commit had one.',
  },
  VOLUME_NOT_FOUND: {
    means: 'A commit also changed a volume that was not given.',
    next: 'Mount it and name it beside the others.',
  },
  NOT_A_HIVE: {
    means: 'The file does not begin as a registry hive does.',
    next: 'Check that it is the right file; a backup may be whole.',
  },
  TRUNCATED: {
    means: 'The bytes end before what they must hold.',
    next: 'Look at what is left with `hivemend inspect`; get a whole copy.',
  },
  BAD_CHECKSUM: {
    means: 'The checksum of the base block is wrong and was not made right by a log.',
    next: 'Look at it with `hivemend inspect`; keep the logs beside the hive.',
  },
  BAD_CELL: {
    means: 'A record that was asked for is damaged or lies outside its place.',
    next: 'See the damage with `hivemend inspect --validate`; reading what is whole goes on with `hivemend export`.',
  },
  BAD_JOURNAL: {
    means: 'A journal is damaged, or others could have written it; it is not followed.',
    next: '`hivemend undo --forget <id>` drops it and leaves the files as they are.',
  },
  BAD_DESCRIPTOR: {
    means: 'A security descriptor, SID or SDDL text cannot be read.',
    next: 'Correct the text, or leave that descriptor alone.',
  },
  BAD_FILE_SYSTEM: {
    means:
      'A structure of the NTFS or FAT volume in an image or on a device is damaged, or a file holds no known file system.',
    next: 'Check the name of the file; run chkdsk on Windows, or read what is whole: other files of the volume may still be.',
  },
  UNSUPPORTED_VERSION: {
    means: 'The hive is of a version that is not read (1.3 to 1.6 are).',
    next: 'Use the Windows that wrote it.',
  },
  DIRTY_HIVE: {
    means: 'The hive was not written out when Windows stopped, and no log beside it completes it.',
    next: 'Find its .LOG1 and .LOG2, or accept the loss of the last changes with `--accept-dirty`.',
  },
  BAD_LOG: {
    means:
      'What bears the name of a transaction log beside the hive is a link or a folder (as a finding: it was skipped).',
    next: 'Look at what it is, then give it another name and run the command again.',
  },
  HIBERNATED: {
    means: 'The volume holds a Windows that is hibernated or was shut down with fast startup.',
    next: 'Start it and shut it down fully, or give its session up by the command in the hint.',
  },
  VOLUME_DIRTY: {
    means: 'The NTFS volume was not taken down in order.',
    next: 'Repair it with the command in the hint (chkdsk on Windows).',
  },
  READ_ONLY: {
    means: 'The device, the mount or HIVEMEND_READ_ONLY forbids writing.',
    next: 'Remount for writing by the command in the hint, or use `--dry-run`.',
  },
  NO_RIGHTS: {
    means: 'The host does not let this user read or write the file.',
    next: 'Run as root or Administrator.',
  },
  IN_USE: {
    means: 'Another program holds the file.',
    next: 'Close it, or unload the hive where it is loaded.',
  },
  CHANGED_ON_DISK: {
    means: 'A file is no longer what was loaded, or what a saved plan was made for.',
    next: 'Find out what wrote it; make a new plan.',
  },
  AMBIGUOUS: {
    means: 'More than one thing could be meant; all are listed.',
    next: 'Say which, with the option in the hint.',
  },
  WRONG_MACHINE: {
    means: 'The computer on the disk is not the one named by `--expect` or by the plan.',
    next: 'Attach the right disk; `hivemend disks` lists those that are attached.',
  },
  LIVE_SYSTEM: {
    means: 'The target is the Windows that is running, or the command does not mean anything on a disk.',
    next: 'Attach the broken disk to another machine and give its folder.',
  },
  NOT_MOUNTED: {
    means:
      'No volume of the device or image can be read without a mount, or the volume was unmounted or detached meanwhile.',
    next: 'Mount it by the commands in the hint, then run the command again.',
  },
  UNREADABLE: {
    means: 'The host gave an error where something was read or looked at.',
    next: 'Check the disk and its cable, or work on a copy (ddrescue).',
  },
  UNFINISHED_JOURNAL: {
    means: 'An earlier commit was cut off.',
    next: '`hivemend undo <place>` undoes it, `--finish` completes it.',
  },
  STALE_JOURNAL: {
    means: 'The files are no longer as a commit left them, so its bytes are not restored.',
    next: '`hivemend undo <place> --values` reverts what still holds its values.',
  },
  LOCKED: {
    means: 'Another hivemend is at work on the volume.',
    next: 'Wait until it ends.',
  },
  DAMAGED_HIVE: {
    means: 'The hive has damage that the edit would touch, or cannot be edited at all.',
    next: 'See it with `hivemend inspect --validate`.',
  },
  LOSS_NOT_ACCEPTED: {
    means: 'A rebuilt hive lacks what a check of the start or the logon reads, or more than 1 % of its keys.',
    next: 'Read the list of losses and the other copies, then take one of them or add `--accept-loss`.',
  },
  HALF_OF_A_PAIR: {
    means: "SAM would be replaced without SECURITY, or SECURITY without SAM: they hold each other's secrets.",
    next: 'Replace both, by copies that lie beside each other.',
  },
  OUTSIDE_VOLUME: {
    means: 'A path leads out of the volume, or an output file would lie on a volume that is read.',
    next: 'Name a path on the volume, and an output elsewhere.',
  },
  BITLOCKER: {
    means: 'The boot store would change on a disk with BitLocker, which `--yes` does not cover.',
    next: 'Have the recovery key at hand and add `--bcd`, or leave the store alone.',
  },
  NO_DESCRIPTORS: {
    means: 'The file system keeps no NTFS security descriptors, or the host gives no access to them.',
    next: 'Mount the NTFS volume itself with a driver that shows them.',
  },
  JOURNAL_HOLDS_FILES: {
    means: 'The journal keeps files that its commit took out of the way, so its record is not removed.',
    next: '`hivemend undo <place> <id> --values` brings them back; or move or delete them yourself.',
  },
  UNSAFE_JOURNAL_PLACE: {
    means: 'The journal could not be kept from other users where it would lie.',
    next: 'Give `--state-dir` on a file system that keeps permissions.',
  },
  PROTECTED_KEY: {
    means: 'The key is one that may not be changed so, such as the root of a hive.',
    next: 'Name another key.',
  },
  LIMIT: {
    means: 'A limit of the format, or of what is done at once, would be passed.',
    next: 'Do less at once, as the message says.',
  },
  UNRESOLVED_LINE: {
    means: 'A line of a runbook cannot be resolved, so nothing of it is written.',
    next: 'Correct the line, or leave such lines out with `--skip-unresolved`.',
  },
  UNREADABLE_STORAGE: {
    means:
      'The file is there, but Windows keeps its bytes elsewhere or in another form (CompactOS, deduplication, EFS, a cloud).',
    next: 'Mount the volume with a driver that reads this form, or copy the file out on Windows.',
  },
  UNSUPPORTED_IMAGE: {
    means: 'The file is a disk image of a kind that is not read here, or a part of a disk (a snapshot, a difference).',
    next: 'Make a raw image of it by the command in the hint, or merge it where it was made.',
  },
  UNSAFE_BACKING: {
    means:
      'The image names other files that it is based on in a way that is not followed: from elsewhere, or of no stated kind.',
    next: 'See that they are meant; state the kind with `qemu-img rebase -u`, or make one raw image of it.',
  },
  QEMU_NEEDED: {
    means: 'This kind of disk image is read through `qemu-nbd`, which is not installed here or is too old.',
    next: 'Install the package in the hint.',
  },
  PENDING_REPLAY: {
    means: 'The log of the VHDX holds changes that have to be replayed into it before it is written.',
    next: 'Attach and detach it in Windows once, or ask for the replay by name.',
  },
  USE_UNKNOWN: {
    means: 'It cannot be told here whether a running machine uses the disk.',
    next: 'Shut the machine down, then say so with `--vm-is-off`.',
  },
  NOT_IN_PLACE: {
    means: 'The bytes of a file in an image cannot be overwritten where they lie, and nothing else is written there.',
    next: 'Mount the volume for writing, then run the command on its folder.',
  },
  BACKUP_FAILED: {
    means: 'The journal could not be written; the disk holds the original.',
    next: 'Free some space or give `--state-dir`, then run it again.',
  },
  WRITE_FAILED: {
    means: 'A write failed, and the original was restored and read back.',
    next: 'Look at the disk, then run it again.',
  },
  VERIFY_FAILED: {
    means: 'What was written read back wrong, and the original was restored.',
    next: 'Check the disk and its cable, then run it again.',
  },
  RESTORE_NEEDED: {
    means: 'A write failed, and so did restoring what was there; the journal is unfinished.',
    next: '`hivemend undo`, or `undo --finish`, once the disk can be written again.',
  },
  ENGINE_LOAD: {
    means: 'The WebAssembly module is missing, of another version, or not one that this Node can run.',
    next: 'Install it again; Node 20.19 or later is needed.',
  },
  ENGINE_TRAP: {
    means: 'The engine stopped in the middle; its memory was thrown away.',
    next: 'Keep a copy of the hive and report it.',
  },
  OUT_OF_MEMORY: {
    means: 'The engine found no memory for the hive.',
    next: 'Use a machine with more memory.',
  },
  INVARIANT: {
    means: 'One of our own checks failed, such as a result that is not what was planned.',
    next: 'Keep a copy of the hive and report it with the message and the version.',
  },
};
