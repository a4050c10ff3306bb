// What a commit is asked to do, and what it answers.

import type { Finding } from '../base/finding.ts';
import type { DescriptorReader, ReadFs } from '../base/read-fs.ts';
import type { DescriptorAccess, WriteFs } from '../base/write-fs.ts';
import type { Proven } from '../hive/prove.ts';
import type { CommitTarget } from '../hive/targets.ts';

/** The machine that hivemend runs on, as far as looking at journals needs it. */
export interface JournalHost {
  readonly fs: ReadFs;
  /** `read` gives null where the file system keeps no descriptors; the journal is then private by its mode. */
  readonly descriptors: DescriptorReader;
  /** Different after every start of the machine (/proc/sys/kernel/random/boot_id). */
  readonly bootId: string;
  readonly hostName: string;
  readonly pid: number;
  /** Whether a process of this machine with that number runs now. */
  isAlive(pid: number): boolean;
  /** Returns after so many milliseconds. */
  wait(durationMs: number): void;
  /** The number of the user that this process runs as; left out where the host has none (Windows). */
  readonly userId?: number;
}

/** Everything that a commit needs of the machine comes through here: what this is given to may write. */
export interface CommitHost extends JournalHost {
  readonly fs: WriteFs;
  readonly descriptors: DescriptorAccess;
  /** A folder for the locks of volumes that have no room for one; left out: there is none, and such a volume is refused. */
  readonly spareLocks?: string;
  /**
   * A path to the folder that is open at `fd`, which leads there whatever is renamed or linked in its place; left out: this
   * host has no such paths.
   */
  readonly pathOfOpen?: (fd: number) => string;
}

/** A volume that targets lie on, by what stays the same when it is mounted elsewhere. */
export interface VolumeIdentity {
  /** Where it is mounted now; every target lies beneath one volume's root. */
  readonly root: string;
  /** As the mount table names it ('ntfs', 'fuseblk', 'vfat', 'ext4'), or null where it cannot be told. */
  readonly fileSystem: string | null;
  /** The file system's serial number in hex, or null. */
  readonly serial: string | null;
  /** The partition's GUID, or null. */
  readonly partitionGuid: string | null;
  /** Where a lock of the volume lies; left out: `<root>/hivemend`. A volume in an image cannot hold one. */
  readonly lockRoot?: string;
}

export type {
  CommitTarget,
  DescriptorTarget,
  FileTarget,
  FolderTarget,
  HiveTarget,
  MoveTarget,
} from '../hive/targets.ts';

/** Where journals lie: `\hivemend` of a volume, a folder that the operator named, or `<file>.hivemend` of a bare file. */
export type JournalKind = 'volume' | 'state-dir' | 'file';

/** What a commit is told beside what it writes. */
export interface CommitFrame {
  /** The journal's name, made by the caller of time and randomness: letters, digits, '-', at most 64. */
  readonly id: string;
  /** `<volume>/hivemend`, the state directory, or `<file>.hivemend`. Made where it is not there (so is the parent of a state directory). */
  readonly journalRoot: string;
  readonly journalKind: JournalKind;
  readonly volumes: readonly VolumeIdentity[];
  /** Other folders in which a lock is taken too (`<volume>/hivemend` of each volume when the journal lies elsewhere). */
  readonly lockRoots?: readonly string[];
  /** The id of an unfinished journal that this commit may go on beside: the one whose values it reverts. */
  readonly besides?: string;
  readonly texts: JournalTexts;
}

/** What commit() is given: nothing that was not proven. */
export interface ProvenRequest extends CommitFrame {
  /** In the order of the plan. */
  readonly proven: readonly Proven[];
}

/** What was proven, as it is planned and written. */
export interface CommitRequest extends CommitFrame {
  /** In the order of the plan; a path may be touched more than once (net-targets.ts makes one change of it). */
  readonly targets: readonly CommitTarget[];
}

/** What the journal says to people and to `undo --values`; written, like all of it, before the first byte changes. */
export interface JournalTexts {
  readonly readme: string;
  readonly afterBoot: string;
  /** A .reg file that `afterBoot` imports, where it does. */
  readonly afterBootReg?: string;
  /** The report as JSON text, made of the outcome that the commit will have when it succeeds. */
  report(outcome: CommitResult): string;
}

/** How a hive is written; docs/safety.md. */
export type Protocol = 'hvle' | 'dirt' | 'no-logs';

export interface TargetOutcome {
  readonly kind: CommitTarget['kind'];
  readonly path: string;
  /** Of the whole file, lower-case hex; null where there is no file (or for a folder or a descriptor). */
  readonly sha256Before: string | null;
  readonly sha256After: string | null;
  readonly sizeBytesBefore: number | null;
  readonly sizeBytesAfter: number | null;
  /** Pages of 4,096 bytes of which a byte differs, header included; 0 where it is not a file. */
  readonly pagesChanged: number;
  readonly bytesChanged: number;
  /** For hives. */
  readonly protocol?: Protocol;
}

export interface CommitResult {
  readonly id: string;
  /** The journal's folder; null where no target differs from what is there, and nothing was written. */
  readonly journal: string | null;
  /** Each path once: hives, folders, files, moves, descriptors, each in the order of the plan. */
  readonly targets: readonly TargetOutcome[];
  /** WRITE_REPEATED, JOURNAL_NOT_CLOSED, NO_LOG_PROTECTION. */
  readonly findings: readonly Finding[];
}
