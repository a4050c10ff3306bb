// The shapes that carry a run from plan to report. All readonly and JSON-safe: bytes are lower-case hex, 64-bit numbers
// decimal strings, times ISO with seven digits beside the FILETIME string.

import type { FindingCode } from './base/codes/codes.ts';
import type { ErrorJson } from './base/errors.ts';
import type { Finding, Where } from './base/finding.ts';
import type { Fix, FoundAgain, Loss } from './hive/survey/losses.ts';
import type { Change, Edit } from './registry/edit.ts';

export interface Tool {
  readonly name: 'hivemend';
  readonly version: string;
}

/** This program, as every plan, report and journal names it. */
export const TOOL: Tool = { name: 'hivemend', version: '0.2.0' };

export interface Time {
  readonly iso: string | null;
  readonly filetime: string;
}

export interface Machine {
  /** The Windows folder on the host, and the volume it lies on. */
  readonly windowsFolder: string;
  readonly volume: string;
  readonly device: string | null;
  /** Where the volume is mounted; left out for a drive of Windows, an image, and a folder that is no mount point. */
  readonly mountPoint?: string;
  /** Of the whole disk, and its number where it is a SCSI disk; left out where they cannot be told. */
  readonly diskSizeBytes?: number;
  readonly lun?: number;
  /** Left out: SYSTEM was read. False: it could not be, so that what it says of the machine is not known. */
  readonly isSystemRead?: false;
  readonly computerName: string | null;
  readonly domain: string | null;
  readonly product: string | null;
  /** 'major.minor' of NT (6.1, 10.0), null where it cannot be told. */
  readonly ntVersion: string | null;
  readonly build: string | null;
  readonly machineGuid: string | null;
  readonly controlSets: readonly ControlSetInfo[];
  readonly firmware: 'bios' | 'uefi' | null;
  readonly lastShutdown: Time | null;
  /** When Windows last ran, at the earliest, as far as the time stamps of its devices tell. */
  readonly lastBoot?: Time | null;
}

export interface ControlSetInfo {
  /** As the key is named: 'ControlSet001'. */
  readonly name: string;
  readonly number: number;
  readonly isCurrent: boolean;
  readonly isDefault: boolean;
  readonly isLastKnownGood: boolean;
  readonly isFailed: boolean;
}

/** A file that is read or changed. */
export interface Target {
  readonly kind: 'hive' | 'file' | 'descriptor';
  readonly path: string;
  /** What KeyPath.hive calls it, for hives. */
  readonly hive?: string;
  readonly sha256Before: string | null;
  readonly sha256After: string | null;
  readonly view?: 'recovered' | 'primary';
  readonly logEntriesApplied?: number;
  /** Hive pages of 4,096 bytes, header included. */
  readonly pagesChanged?: number;
  readonly bytesChanged?: number;
  /** Where it lies in an image, a device or behind an address; left out for a file of a folder. */
  readonly place?: DiskPlace;
}

/** The bytes of a file on a disk without a mount. */
export interface DiskPlace {
  readonly disk: string;
  /** As Linux counts; null: the disk has no partition table. */
  readonly partition: number | null;
  /** MFT record, or the offset of the directory entry on FAT. */
  readonly record: number;
  /** Of the MFT record; null on FAT. */
  readonly sequence: number | null;
  /** From the start of the disk, in the order of the file. */
  readonly extents: readonly { readonly offsetBytes: number; readonly sizeBytes: number }[];
}

export interface RepairOutcome {
  readonly name: string;
  /** 'ControlSet001', or null for a repair that is not about a control set. */
  readonly controlSet: string | null;
  readonly state: 'applied' | 'planned' | 'already' | 'skipped';
  readonly changes: readonly Change[];
  /** Of each change the code of the finding that it fixes; null: the repair profile sets it besides. */
  readonly fixes?: readonly (string | null)[];
}

export interface UndoRef {
  readonly id: string;
  readonly journal: string;
  readonly command: string;
}

/** As the article's two files, in icacls' form. */
export interface PermissionListings {
  readonly BeforeScript_permissions: string;
  readonly AfterScript_permissions: string;
}

export interface Plan {
  readonly schema: 2;
  readonly tool: Tool;
  readonly machine: Machine | null;
  readonly options: Readonly<Record<string, unknown>>;
  readonly targets: readonly Target[];
  readonly edits: readonly Edit[];
  /** One sentence an edit, in the same order. */
  readonly why: readonly string[];
  /** One an edit, in the same order. */
  readonly steps: readonly PlannedStep[];
  /** What the plan does to security, and its risks: to be read before it is approved. */
  readonly findings: readonly Finding[];
  readonly summary: Summary;
}

/** One edit of a saved plan as a person reads it. */
export interface PlannedStep {
  readonly repair: string | null;
  readonly controlSet: string | null;
  /** The code of the finding that it fixes; null: the repair profile sets it besides. */
  readonly fixes: string | null;
  readonly what: string;
  readonly before: string;
  readonly after: string;
}

export type ReportStatus = 'ok' | 'unchanged' | 'partly' | 'findings' | 'blocked' | 'failed';

/** The exit status that a status stands for; an error carries its own. */
export function exitCodeOf(status: ReportStatus): number {
  if (status === 'findings' || status === 'partly') return 1;
  return status === 'blocked' ? 5 : 0;
}

/** What a command comes to. */
export interface Summary {
  /** Null: no machine was judged. */
  readonly state: 'clear' | 'broken' | 'incomplete' | 'fixed' | 'damaged' | null;
  readonly causes: readonly SummaryCause[];
  readonly warnings: readonly SummaryCause[];
  /** Causes that this run has fixed, or would. */
  readonly fixed: readonly SummaryCause[];
  readonly notChecked: readonly { readonly check: string; readonly why: string }[];
  /** Why a repair would be refused now; null: nothing stands in its way. */
  readonly repairBlocked: string | null;
}

/** A cause or a warning; `controlSets` are those in which it stands alike, [] for what is kept in none. */
export interface SummaryCause {
  readonly code: FindingCode;
  /** The check that found it. */
  readonly check: string;
  readonly text: string;
  /** The repair that fixes it, or null. */
  readonly repair: string | null;
  readonly controlSets: readonly string[];
  readonly where: Where;
}

/** Of a command that judges no machine. */
export const NOT_JUDGED: Summary = {
  state: null,
  causes: [],
  warnings: [],
  fixed: [],
  notChecked: [],
  repairBlocked: null,
};

/** What was lost, and whether a check of the start or the logon reads it; null: not known, since no volume was given. */
export interface RebuildLoss extends Loss {
  readonly isRead: boolean | null;
}

/** Another copy of a hive that was rebuilt, and how far it can stand for it. */
export interface RebuildSource {
  readonly path: string;
  /** Why it cannot be opened; null: it can. */
  readonly problem: string | null;
  readonly sizeBytes: number;
  readonly isDirty: boolean;
  /** Defects that make Windows refuse or repair it. */
  readonly defectCount: number;
  readonly lastWritten: Time | null;
  readonly machine: 'same' | 'other' | 'unknown';
  /** Null where there is nothing to compare it with. */
  readonly differences: {
    readonly keysMissing: number;
    readonly keysMore: number;
    readonly valuesDiffer: number;
  } | null;
}

/** What a rebuild comes to. */
export interface RebuildFacts {
  /** The hive that is rebuilt, as the host finds it. */
  readonly path: string;
  readonly way: 'sound' | 'in-place' | 'as-new' | 'other-copy';
  readonly why: string;
  /** Of the result. */
  readonly keyCount: number;
  readonly valueCount: number;
  /** Keys that are known to be lost; keys below them are not counted. */
  readonly keysLost: number;
  readonly canStart: 'yes' | 'no' | 'unknown';
  readonly canStartWhy: string;
  /** Why it is written over the old hive only with --accept-loss. */
  readonly toAccept: readonly string[];
  /** Those that a check reads first. */
  readonly losses: readonly RebuildLoss[];
  readonly foundAgain: readonly FoundAgain[];
  readonly fixes: readonly Fix[];
  readonly sources: readonly RebuildSource[];
  /** The new file; null where the old one is written. */
  readonly output: string | null;
}

export interface Report {
  readonly schema: 2;
  readonly tool: Tool;
  readonly command: string;
  readonly startedAt: string;
  readonly dryRun: boolean;
  readonly note?: string;
  readonly status: ReportStatus;
  /** As the process ends; a command of the library has none of its own and says what its status stands for. */
  readonly exitCode: number;
  readonly summary: Summary;
  /** rebuild alone. */
  readonly rebuild?: RebuildFacts;
  readonly machine: Machine | null;
  readonly targets: readonly Target[];
  readonly repairs: readonly RepairOutcome[];
  readonly changes: readonly Change[];
  readonly findings: readonly Finding[];
  readonly skipped: readonly { readonly what: string; readonly why: string }[];
  readonly next: readonly { readonly why: string; readonly commands: readonly string[] }[];
  /** What icacls would list of the machine keys before and after, where their descriptors change. */
  readonly permissions?: PermissionListings;
  readonly undo: UndoRef | null;
  readonly error: ErrorJson | null;
}

/** A report with nothing in it yet, of a command that went well. */
export function blankReport(command: string, startedAt: string): Report {
  return {
    schema: 2,
    tool: TOOL,
    command,
    startedAt,
    dryRun: false,
    status: 'ok',
    exitCode: 0,
    summary: NOT_JUDGED,
    machine: null,
    targets: [],
    repairs: [],
    changes: [],
    findings: [],
    skipped: [],
    next: [],
    undo: null,
    error: null,
  };
}
