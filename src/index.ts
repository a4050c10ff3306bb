// The library: what the command line calls, for programs. It never prints, asks, exits or reads the environment; on paths
// it always journals, on bytes it returns bytes. Nothing here is global: sessions and hives keep their own state.

export * from './base/errors.ts';
export type { Finding, Where } from './base/finding.ts';
export type { DescriptorAccess, HostFs } from './base/host-fs.ts';
export { fromSddl, parseDescriptor, toSddl } from './base/security.ts';
export { filetimeToIso, isoToFiletime } from './base/time.ts';
export { BcdStore } from './bcd/store.ts';
export { type BcdContext, bcdedit } from './commands/bcdedit.ts';
export { readCertificate } from './commands/certificate.ts';
export { diagnose } from './commands/diagnose.ts';
export { diffFiles, diffOpenHives } from './commands/diff.ts';
export { findHives, openSource, type ReadHost } from './commands/hive-source.ts';
export { importEdits, importNewHive } from './commands/import.ts';
export { inspectHive } from './commands/inspect.ts';
export type { Outcome } from './commands/outcome.ts';
export { recoverHive } from './commands/recover.ts';
export { reg } from './commands/reg.ts';
export type { RegistryContext } from './commands/registry-context.ts';
export { type Prepared, prepareApply, prepareRepair, type RepairRequest } from './commands/repair.ts';
export { parsePlan } from './commands/saved-json.ts';
export { type ExportOptions, exportChunks, exportHives, type Sink } from './commands/transfer.ts';
export { listJournals, prepareUndo, prepareUndoValues } from './commands/undo.ts';
export { locateWindows, type WindowsFound } from './disk/locate.ts';
export { writeHivexml } from './formats/hivexml.ts';
export type { JsonRecord } from './formats/json-records.ts';
export { jsonLines, writeJsonLines } from './formats/jsonl.ts';
export { parseRegFile } from './formats/reg-file-reader.ts';
export { writeRegFile } from './formats/reg-file-writer.ts';
export { editHive, HiveFile, type OpenHiveOptions, openHive } from './hive-file.ts';
export { type Host, nodeHost, thisHost } from './host.ts';
export { machineOf, machineView } from './machine-view.ts';
export { parseBaseBlock } from './regf/base-block.ts';
export { parseLog } from './regf/log.ts';
export { type LogFile, type Recovery, recover } from './regf/recover.ts';
export { RegfTree } from './regf/tree.ts';
export { validate } from './regf/validate.ts';
export { WorkingHive } from './registry/apply.ts';
export { diffHives } from './registry/diff.ts';
export type { Change, Edit, HiveEdit, KeyPath, RegValue, State, VolumeEdit } from './registry/edit.ts';
export type { Hive, Key, Value } from './registry/hive.ts';
export { formatKeyPath, parseKeyPath } from './registry/path.ts';
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
  sz,
  typeName,
  typeNumber,
} from './registry/value.ts';
export { REPAIRS } from './repairs/index.ts';
export { planRepair } from './repairs/plan.ts';
export { DEFAULT_PROFILE, PROFILES, profileNamed } from './repairs/profiles.ts';
export { DEFAULT_OPTIONS, type Repair, type RepairOptions } from './repairs/repair.ts';
export type { MachineView } from './repairs/view.ts';
export type { Machine, Plan, Report, Target } from './report.ts';
export { Session } from './session.ts';
