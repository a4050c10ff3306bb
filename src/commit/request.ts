// What a commit is asked to do, and what it answers.

import type { Finding } from '../base/finding.ts';
import type { DescriptorReader, ReadFs } from '../base/read-fs.ts';
import type { DescriptorAccess, WriteFs } from '../base/write-fs.ts';
import type { LogOnDisk } from '../hive/open.ts';
import type { Recovery } from '../regf/logs/recover.ts';

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
}

export interface HiveTarget {
  readonly kind: 'hive';
  readonly path: string;
  /** The whole file as it was loaded, with what lies beyond its bins. Not written, not kept after the call. */
  readonly original: Uint8Array;
  /** Of `original`, lower-case hex, where the caller knows it. */
  readonly originalSha256?: string;
  /** Every log that lies beside it, empty ones too. */
  readonly logs: readonly LogOnDisk[];
  /** Null only for a replacement: what lies there cannot be read as a hive. */
  readonly recovery: Recovery | null;
  /** The image to leave: base block and bins, 4096 + bins size bytes; never fewer bins than the hive had. */
  readonly result: Uint8Array;
  /**
   * `result` is another hive, which takes the place of the one that lies there (rebuilt as new, or a copy of one), base
   * block and all. It is written in the order without logs, so that no cut shows pages of both.
   */
  readonly isReplacement?: boolean;
  /** Neither the hive nor its logs can become longer where they lie (an image). */
  readonly isFixedSize?: boolean;
  /** Write a dirty hive that its logs cannot recover; without it that is RefusedError DIRTY_HIVE. */
  readonly acceptDirty?: boolean;
}

/** A file that is made (before null), overwritten, or deleted (after null). */
export interface FileTarget {
  readonly kind: 'file';
  readonly path: string;
  readonly before: Uint8Array | null;
  readonly after: Uint8Array | null;
  /** For a file that is made: set on it before its first byte (without it, what the host gives). */
  readonly descriptor?: Uint8Array;
}

export interface FolderTarget {
  readonly kind: 'folder';
  readonly path: string;
  readonly descriptor?: Uint8Array;
}

/** A file that gets another name on its own volume; nothing may bear that name yet. */
export interface MoveTarget {
  readonly kind: 'move';
  readonly path: string;
  readonly to: string;
  /** What the file holds. */
  readonly bytes: Uint8Array;
}

/** A file or folder that gets another security descriptor (self-relative bytes). */
export interface DescriptorTarget {
  readonly kind: 'descriptor';
  readonly path: string;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

export type CommitTarget = HiveTarget | FileTarget | FolderTarget | MoveTarget | DescriptorTarget;

/** Where journals lie: `\hivemend` of a volume, a folder that the operator named, or `<file>.hivemend` of a bare file. */
export type JournalKind = 'volume' | 'state-dir' | 'file';

export interface CommitRequest {
  /** The journal's name, made by the caller of time and randomness: letters, digits, '-', at most 64. */
  readonly id: string;
  /** `<volume>/hivemend`, the state directory, or `<file>.hivemend`. Made where it is not there (its parent must be). */
  readonly journalRoot: string;
  readonly journalKind: JournalKind;
  readonly volumes: readonly VolumeIdentity[];
  /** In the order of the plan; a path may be touched more than once (net-targets.ts makes one change of it). */
  readonly targets: readonly CommitTarget[];
  /** Other folders in which a lock is taken too (`<volume>/hivemend` of each volume when the journal lies elsewhere). */
  readonly lockRoots?: readonly string[];
  readonly texts: JournalTexts;
}

/** What the journal says to people and to `undo --values`; written, like all of it, before the first byte changes. */
export interface JournalTexts {
  readonly readme: string;
  readonly afterBoot: string;
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
