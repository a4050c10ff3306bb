// Objects: the GUIDs that Windows gave names, and what an object's type number says.

import { RefusedError } from '../base/errors.ts';
import { normalGuid } from '../base/guid.ts';

export const BOOTMGR = '{9dea862c-5cdd-4e70-acc1-f32b344d4795}';
export const FWBOOTMGR = '{a5a30fa2-3d06-4e9f-b5f4-a01df9d1fcba}';
export const EMS_SETTINGS = '{0ce4991b-e6b3-4b16-b23c-5e0d9250e5d9}';
export const DEBUG_SETTINGS = '{4636856e-540f-4170-a130-a84776f4c654}';
export const GLOBAL_SETTINGS = '{7ea2e1ac-2e61-4728-aaa3-896d9d0a9f0e}';
/** Windows Setup's own boot entry on install media. */
export const SETUP_ENTRY = '{7619dcc9-fafe-11d9-b411-000476eba25f}';
/** Stands for what {bootmgr} names as its default; never an object. */
export const DEFAULT_ALIAS = '{1cae1eb7-a0df-4d4d-9851-4860e34ef535}';
/** Stands for the entry that the running Windows was started from; never an object. */
export const CURRENT_ALIAS = '{fa926493-6f1c-4193-a414-58f0b2456d1e}';

export const OBJECT_TYPE = {
  firmwareBootManager: 0x10100001,
  bootManager: 0x10100002,
  osLoader: 0x10200003,
  resume: 0x10200004,
  memoryTester: 0x10200005,
  legacyLoader: 0x10300006,
  bootSector: 0x10400008,
  firmwareApplication: 0x101fffff,
  inheritAny: 0x20100000,
  inheritLoader: 0x20200003,
  inheritResume: 0x20200004,
  deviceOptions: 0x30000000,
} as const;

/** [GUID, alias, type, title that bcdedit prints above it]. The first alias of a GUID is the one that is printed. */
// biome-ignore format: a table
const WELL_KNOWN: readonly (readonly [id: string, alias: string, type: number, title: string])[] = [
  [BOOTMGR, '{bootmgr}', 0x10100002, 'Windows Boot Manager'],
  [FWBOOTMGR, '{fwbootmgr}', 0x10100001, 'Firmware Boot Manager'],
  [EMS_SETTINGS, '{emssettings}', 0x20100000, 'EMS Settings'],
  [DEBUG_SETTINGS, '{dbgsettings}', 0x20100000, 'Debugger Settings'],
  [DEBUG_SETTINGS, '{eventsettings}', 0x20100000, 'Debugger Settings'],
  ['{5189b25c-5558-4bf2-bca4-289b11bd29e2}', '{badmemory}', 0x20100000, 'RAM Defects'],
  [GLOBAL_SETTINGS, '{globalsettings}', 0x20100000, 'Global Settings'],
  ['{6efb52bf-1766-41db-a6b3-0ee5eff72bd7}', '{bootloadersettings}', 0x20200003, 'Boot Loader Settings'],
  ['{7ff607e0-4395-11db-b0de-0800200c9a66}', '{hypervisorsettings}', 0x20200003, 'Hypervisor Settings'],
  ['{313e8eed-7098-4586-a9bf-309c61f8d449}', '{kerneldbgsettings}', 0x20200003, 'Kernel Debugger Settings'],
  ['{1afa9c49-16ab-4a5c-901b-212802da9460}', '{resumeloadersettings}', 0x20200004, 'Resume Loader Settings'],
  ['{b2721d73-1db4-4c62-bf78-c548a880142d}', '{memdiag}', 0x10200005, 'Windows Memory Tester'],
  ['{466f5a88-0af2-4f76-9038-095b170dc21c}', '{ntldr}', 0x10300006, 'Windows Legacy OS Loader'],
  ['{466f5a88-0af2-4f76-9038-095b170dc21c}', '{legacy}', 0x10300006, 'Windows Legacy OS Loader'],
  ['{ae5534e0-a924-466c-b836-758539a3ee3a}', '{ramdiskoptions}', 0x30000000, 'Setup Ramdisk Options'],
];

/** '{bootmgr}' of its GUID; null for a GUID that has no name. */
export function aliasOf(id: string): string | null {
  return WELL_KNOWN.find(([known]) => known === id)?.[1] ?? null;
}

/** The type that Windows gives to a well-known object; null for other GUIDs. */
export function wellKnownType(id: string): number | null {
  return WELL_KNOWN.find(([known]) => known === id)?.[2] ?? null;
}

/**
 * The GUID (lower case, in braces) of an identifier as people type it: a GUID or an alias, in any letter case. The
 * GUIDs of {default} and {current} are given as they are. Null where it is neither.
 */
export function idOf(text: string): string | null {
  const guid = normalGuid(text);
  if (guid !== null) return guid;
  const wanted = text.toLowerCase();
  if (wanted === '{default}') return DEFAULT_ALIAS;
  if (wanted === '{current}') return CURRENT_ALIAS;
  return WELL_KNOWN.find(([, alias]) => alias === wanted)?.[0] ?? null;
}

/** Every alias, for messages. */
export function aliases(): readonly string[] {
  return [...WELL_KNOWN.map(([, alias]) => alias), '{default}', '{current}'];
}

/** {current} means the Windows that runs, and none runs from a store that is read as a file. */
export function refuseCurrent(): RefusedError {
  return new RefusedError(
    'AMBIGUOUS',
    '{current} is the entry that the running Windows was started from, and no Windows runs from this store',
    { hint: 'name the entry by its GUID (bcdedit /enum /v lists them) or by {default}' },
  );
}

/** The title that bcdedit prints above an object. */
export function titleOf(id: string, type: number): string {
  const known = WELL_KNOWN.find(([guid]) => guid === id);
  if (known) return known[3];
  if (type >>> 0 === OBJECT_TYPE.firmwareApplication) return `Firmware Application (${hexType(type)})`;
  const title = TITLES[type];
  if (title) return title;
  if (type >>> 28 === 2) return 'Inheritable Settings';
  return `Unknown Object Type (0x${hexType(type)})`;
}

const TITLES: Readonly<Record<number, string>> = {
  [OBJECT_TYPE.firmwareBootManager]: 'Firmware Boot Manager',
  [OBJECT_TYPE.bootManager]: 'Windows Boot Manager',
  [OBJECT_TYPE.osLoader]: 'Windows Boot Loader',
  [OBJECT_TYPE.resume]: 'Resume from Hibernate',
  [OBJECT_TYPE.memoryTester]: 'Windows Memory Tester',
  [OBJECT_TYPE.legacyLoader]: 'Windows Legacy OS Loader',
  [OBJECT_TYPE.bootSector]: 'Real-mode Boot Sector',
  [OBJECT_TYPE.deviceOptions]: 'Device options',
};

/** Eight lower-case hex digits. */
export function hexType(type: number): string {
  return (type >>> 0).toString(16).padStart(8, '0');
}

/** The application types that /create /application takes, by name. */
export const APPLICATION_TYPES: Readonly<Record<string, number>> = {
  bootsector: OBJECT_TYPE.bootSector,
  osloader: OBJECT_TYPE.osLoader,
  resume: OBJECT_TYPE.resume,
  startup: 0x10400009,
};

/** What /create /inherit takes: bcdedit's words for the application types that may inherit. */
export const INHERIT_TYPES: Readonly<Record<string, number>> = {
  bootmgr: 0x20200002,
  bootsector: 0x20200008,
  fwbootmgr: 0x20200001,
  memdiag: 0x20200005,
  ntldr: 0x20200006,
  osloader: OBJECT_TYPE.inheritLoader,
  resume: OBJECT_TYPE.inheritResume,
};
