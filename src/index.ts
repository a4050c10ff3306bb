// The library: what the command line calls, for programs. It never prints, asks, exits or reads the environment; on paths
// it always journals, on bytes it returns bytes. Nothing here is global: sessions and hives keep their own state.

export { FINDING_GROUPS } from './base/codes/codes.ts';
export { DEFECTS } from './base/codes/defects.ts';
export { ERROR_NOTES, KIND_NOTES } from './base/codes/error-notes.ts';
export * from './base/errors.ts';
export type { Finding, Where } from './base/finding.ts';
export type { DescriptorReader, ReadFs } from './base/read-fs.ts';
export { filetimeToIso, isoToFiletime } from './base/time.ts';
export type { DescriptorAccess, WriteFs } from './base/write-fs.ts';
export { BcdStore } from './bcd/store.ts';
export { diagnose } from './commands/diagnose.ts';
export { diffFiles, diffOpenHives } from './commands/diff.ts';
export { listDisks } from './commands/disks.ts';
export { type ExportOptions, exportChunks, exportHives, exportSources, type Sink } from './commands/export.ts';
export { editHive, type HiveBytesOptions, HiveOnDisk, type HivePathOptions, openHive } from './commands/hive-file.ts';
export { importEdits, importNewHive } from './commands/import.ts';
export { inspectHive, inspectionExitCode, inspectionText } from './commands/inspect.ts';
export { Disk, type DiskOptions, DiskPlan, openDisk, type PlanChoice } from './commands/open-disk.ts';
export { damagedHive } from './commands/rebuild/damaged-hive.ts';
export { type PreparedRebuild, prepareRebuild } from './commands/rebuild/rebuild.ts';
export { recoverHive } from './commands/recover.ts';
export { prepareApply, prepareRepair, type RepairRequest } from './commands/repair.ts';
export { listJournals, prepareUndo, prepareUndoValues } from './commands/undo.ts';
export type { JournalEntry } from './commands/undo-scope.ts';
export { type BcdContext, bcdedit, bcdeditJson } from './compat/bcdedit/bcdedit.ts';
export { SessionBcd } from './compat/bcdedit/session-bcd.ts';
export type { Outcome } from './compat/outcome.ts';
export type { RegistryContext } from './compat/reg/context.ts';
export { resolveControlSet } from './compat/reg/names.ts';
export { reg } from './compat/reg/reg.ts';
export { sessionRegistry } from './compat/reg/session-registry.ts';
export { userProfiles } from './compat/reg/user-profiles.ts';
export { detectBitLocker } from './disk/bitlocker.ts';
export type { BlockSource } from './disk/image/blocks.ts';
export { locateWindows, type WindowsFound } from './disk/locate.ts';
export { describeVolume } from './disk/mounted/volumes.ts';
export type { JsonRecord } from './formats/lines/json-records.ts';
export { jsonLines, writeJsonLines } from './formats/lines/jsonl.ts';
export { parseRegFile } from './formats/reg/reader.ts';
export { writeRegFile } from './formats/reg/writer.ts';
export { writeHivexml } from './formats/xml/hivexml.ts';
export { HiveFile, type HiveWalkOptions } from './hive/file/hive-file.ts';
export { HiveKey, HiveValue, type ValueData, type WalkOptions } from './hive/file/hive-key.ts';
export type { PathInput, ValueInput } from './hive/file/input.ts';
export { findHives } from './hive/find.ts';
export { type HiveKind, hiveKind } from './hive/kind.ts';
export { openSource, type ReadHost } from './hive/open.ts';
export { type Host, nodeHost, thisHost } from './host.ts';
export { parseBaseBlock } from './regf/base-block.ts';
export { validate } from './regf/gate/validate.ts';
export { parseLog } from './regf/logs/log.ts';
export { type LogFile, type Recovery, recover } from './regf/logs/recover.ts';
export { RegfTree } from './regf/tree.ts';
export type { Change, Edit, HiveEdit, KeyPath, RegValue, State, VolumeEdit } from './registry/edit.ts';
export type { Hive, Key, Value } from './registry/hive.ts';
export { formatKeyPath, parseKeyPath } from './registry/path.ts';
export { diffHives } from './registry/proof/diff.ts';
export {
  binary,
  decodeValue,
  dword,
  expandSz,
  multiSz,
  qword,
  readData,
  readDword,
  readRegValue,
  readString,
  readStrings,
  regValue,
  sz,
  typeName,
  typeNumber,
  typeText,
} from './registry/value.ts';
export { WorkingHive } from './registry/working/working-hive.ts';
export { diagnoseHeadline, diagnoseText } from './render/diagnosis.ts';
export { disksText } from './render/disks.ts';
export { htmlReport } from './render/html.ts';
export { rebuildResult, rebuildText } from './render/rebuild.ts';
export { planText, questionOf, repairText } from './render/repair-text.ts';
export { runPlanText, runResultText } from './render/run.ts';
export { sarif } from './render/sarif.ts';
export { undoListText, undoPlanText, undoQuestion, undoResultText } from './render/undo.ts';
export { ALL_TARGETS } from './repairs/checks/target.ts';
export type { DiagnoseReport } from './repairs/diagnose.ts';
export { PLATFORMS, platformNamed } from './repairs/drivers/platforms.ts';
export { storeChangeFindings } from './repairs/fixes/boot/bitlocker.ts';
export { REPAIRS } from './repairs/fixes/index.ts';
export { pendingUpdates } from './repairs/fixes/store/pending-updates.ts';
export { DEFAULT_OPTIONS, type Repair, type RepairOptions } from './repairs/model.ts';
export { planRepair } from './repairs/plan.ts';
export { parseProfile } from './repairs/profile-file.ts';
export { DEFAULT_PROFILE, PROFILES, profileNamed } from './repairs/profiles.ts';
export { changeLines, editPlace, valueText } from './repairs/revert/change-text.ts';
export { STOP_CODES, stopCodeOf, stopCodeText } from './repairs/start/stop-codes.ts';
export type { MachineView } from './repairs/view.ts';
export {
  blankReport,
  exitCodeOf,
  type Machine,
  type Plan,
  type Report,
  type Target,
  TOOL,
  type Tool,
} from './report.ts';
export { fromSddl, parseDescriptor, toSddl } from './security/index.ts';
export { bindSystemStore } from './session/boot-store.ts';
export { attachHives } from './session/disks/attach-hives.ts';
export { machineOf, machineView } from './session/machine-view.ts';
export { type Prepared, PreparedCommit } from './session/prepared.ts';
export { parsePlan } from './session/saved-plan.ts';
export { type Proof, Session } from './session/session.ts';
