// The library: what the command line calls, for programs. It never prints, asks, exits or reads the environment; on paths
// it always journals, on bytes it returns bytes. Nothing here is global: sessions and hives keep their own state.

export * from './base/errors.ts';
export type { Finding, Where } from './base/finding.ts';
export type { DescriptorReader, ReadFs } from './base/read-fs.ts';
export { filetimeToIso, isoToFiletime } from './base/time.ts';
export type { DescriptorAccess, WriteFs } from './base/write-fs.ts';
export { BcdStore } from './bcd/store.ts';
export { diagnose } from './commands/diagnose.ts';
export { diffFiles, diffOpenHives } from './commands/diff.ts';
export { type ExportOptions, exportChunks, exportHives, type Sink } from './commands/export.ts';
export { editHive, type HiveBytesOptions, HiveOnDisk, type HivePathOptions, openHive } from './commands/hive-file.ts';
export { importEdits, importNewHive } from './commands/import.ts';
export { inspectHive } from './commands/inspect.ts';
export { Disk, type DiskOptions, DiskPlan, openDisk, type PlanChoice } from './commands/open-disk.ts';
export { recoverHive } from './commands/recover.ts';
export { prepareApply, prepareRepair, type RepairRequest } from './commands/repair.ts';
export { listJournals, prepareUndo, prepareUndoValues } from './commands/undo.ts';
export { type BcdContext, bcdedit } from './compat/bcdedit/bcdedit.ts';
export type { Outcome } from './compat/outcome.ts';
export type { RegistryContext } from './compat/reg/context.ts';
export { reg } from './compat/reg/reg.ts';
export type { BlockSource } from './disk/image/blocks.ts';
export { locateWindows, type WindowsFound } from './disk/locate.ts';
export type { JsonRecord } from './formats/lines/json-records.ts';
export { jsonLines, writeJsonLines } from './formats/lines/jsonl.ts';
export { parseRegFile } from './formats/reg/reader.ts';
export { writeRegFile } from './formats/reg/writer.ts';
export { writeHivexml } from './formats/xml/hivexml.ts';
export { HiveFile, type HiveWalkOptions, type ValueInput } from './hive/file/hive-file.ts';
export { HiveKey, HiveValue, type PathInput, type ValueData, type WalkOptions } from './hive/file/hive-key.ts';
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
  readDword,
  readRegValue,
  readString,
  readStrings,
  regValue,
  sz,
  typeName,
  typeNumber,
} from './registry/value.ts';
export { WorkingHive } from './registry/working/working-hive.ts';
export { REPAIRS } from './repairs/fixes/index.ts';
export { DEFAULT_OPTIONS, type Repair, type RepairOptions } from './repairs/model.ts';
export { planRepair } from './repairs/plan.ts';
export { DEFAULT_PROFILE, PROFILES, profileNamed } from './repairs/profiles.ts';
export type { MachineView } from './repairs/view.ts';
export { type Machine, type Plan, type Report, type Target, TOOL, type Tool } from './report.ts';
export { fromSddl, parseDescriptor, toSddl } from './security/index.ts';
export { machineOf, machineView } from './session/machine-view.ts';
export type { Prepared } from './session/prepared.ts';
export { parsePlan } from './session/saved-plan.ts';
export { type Proof, Session } from './session/session.ts';
