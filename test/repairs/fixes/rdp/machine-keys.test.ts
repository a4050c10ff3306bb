import fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../../../src/base/bytes.ts';
import { RefusedError } from '../../../../src/base/errors.ts';
import { hostDescriptors } from '../../../../src/disk/mounted/descriptors.ts';
import { resolveWindowsPath } from '../../../../src/disk/windows-path.ts';
import { machineKeys, permissionListings } from '../../../../src/repairs/fixes/rdp/machine-keys.ts';
import { DEFAULT_OPTIONS, type PlannedEdit, type RepairOptions } from '../../../../src/repairs/model.ts';
import { planOptions, planRepair } from '../../../../src/repairs/plan.ts';
import { profileNamed } from '../../../../src/repairs/profiles.ts';
import type { MachineView, VolumeFiles } from '../../../../src/repairs/view.ts';
import {
  encodeDescriptor,
  fromSddl,
  grants,
  MASK,
  parseDescriptor,
  TOKENS,
  toSddl,
} from '../../../../src/security/index.ts';
import { describeNtfs, sh } from '../../../disk/ntfs-image.ts';
import { Disk, MACHINE_GUID } from '../../disks.ts';

const KEYS = '\\ProgramData\\Microsoft\\Crypto\\RSA\\MachineKeys';
const RDP_KEY = `${KEYS}\\f686aace6942fb7f7ceb231212eef4a4_${MACHINE_GUID}`;
const IIS_KEY = `${KEYS}\\6de9cb26d2b98c01ec4e9e8b34824aa2_${MACHINE_GUID}`;
const CLONE_KEY = `${KEYS}\\f686aace6942fb7f7ceb231212eef4a4_00000000-1111-2222-3333-444444444444`;

/** As Windows sets the folder up, and as a key of RDP's and of IIS' is made. */
const FOLDER = 'O:SYG:SYD:PAI(A;;0x12019f;;;WD)(A;;FA;;;BA)';
const GOOD_KEY = 'O:SYG:SYD:PAI(A;;FA;;;SY)(A;;FR;;;NS)(A;;FA;;;BA)';
const IIS = 'O:BAG:SYD:PAI(A;;FA;;;SY)(A;;FA;;;BA)';

const bytesOf = (sddl: string): Uint8Array => encodeDescriptor(fromSddl(sddl));
const textOf = (bytes: Uint8Array): string => toSddl(parseDescriptor(bytes));

/** Descriptors by path; a folder is what others lie below. */
function viewOf(descriptors: Map<string, Uint8Array>, files: Partial<VolumeFiles> = {}): MachineView {
  const names = (folder: string): string[] => [
    ...new Set(
      [...descriptors.keys()]
        .filter((path) => path.startsWith(`${folder}\\`))
        .map((path) => path.slice(folder.length + 1).split('\\')[0]!),
    ),
  ];
  return {
    ...new Disk().view(),
    files: {
      exists: (path) => descriptors.has(path),
      list: names,
      sizeBytes: (path) => (names(path).length > 0 ? null : 2048),
      readFile: () => null,
      descriptor: (path) => descriptors.get(path) ?? null,
      ...files,
    },
  };
}

const disk = (entries: Record<string, string>): Map<string, Uint8Array> =>
  new Map(Object.entries(entries).map(([path, sddl]) => [path, bytesOf(sddl)]));

function apply(descriptors: Map<string, Uint8Array>, planned: readonly PlannedEdit[]): void {
  for (const { edit } of planned) {
    if (edit.op !== 'set-security') throw new Error(`unexpected ${edit.op}`);
    descriptors.set(edit.path, fromHex(edit.sdHex)!);
  }
}

const changed = (planned: readonly PlannedEdit[]): string[] =>
  planned.map(({ edit }) => (edit.op === 'set-security' ? `${edit.path} ${textOf(fromHex(edit.sdHex)!)}` : edit.op));

describe('a healthy machine', () => {
  const descriptors = disk({ [KEYS]: FOLDER, [RDP_KEY]: GOOD_KEY, [IIS_KEY]: IIS });
  it('has nothing to fix', () => {
    expect(machineKeys.unavailable?.(viewOf(descriptors), DEFAULT_OPTIONS)).toBeNull();
    expect(machineKeys.detect(viewOf(descriptors), DEFAULT_OPTIONS)).toEqual([]);
    expect(machineKeys.edits(viewOf(descriptors), DEFAULT_OPTIONS)).toEqual([]);
  });
});

describe('a broken one', () => {
  it.each([
    [
      'a key that RDP may not read',
      { [KEYS]: FOLDER, [RDP_KEY]: IIS },
      ['RDP_KEY_PERMISSIONS'],
      [`${RDP_KEY} O:BAG:SYD:PAI(A;;FA;;;SY)(A;;FA;;;BA)(A;;FR;;;NS)`],
    ],
    [
      'a key with inherited entries alone: the new one stands before them',
      { [KEYS]: FOLDER, [RDP_KEY]: 'O:BAG:SYD:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)' },
      ['RDP_KEY_PERMISSIONS'],
      [`${RDP_KEY} O:BAG:SYD:AI(A;;FR;;;NS)(A;ID;FA;;;SY)(A;ID;FA;;;BA)`],
    ],
    [
      'a folder and a key that let nobody in',
      { [KEYS]: 'O:S-1-5-21-1-2-3-500G:SYD:P', [RDP_KEY]: 'O:S-1-5-21-1-2-3-500G:SYD:P' },
      ['MACHINE_KEYS_FOLDER', 'RDP_KEY_PERMISSIONS'],
      [KEYS, RDP_KEY].map((path) => `${path} O:S-1-5-21-1-2-3-500G:SYD:P(A;;FA;;;SY)(A;;FR;;;NS)(A;;FA;;;BA)`),
    ],
    [
      'entries for children only, and unknown ones, which stay',
      { [KEYS]: FOLDER, [RDP_KEY]: 'D:P(0x77;;;;;;#cafe)(A;OICIIO;FR;;;NS)(A;;FA;;;BA)S:(ML;;NW;;;HI)' },
      ['RDP_KEY_PERMISSIONS'],
      [`${RDP_KEY} D:P(0x77;;;;;;#cafe)(A;OICIIO;FR;;;NS)(A;;FA;;;BA)(A;;FR;;;NS)S:(ML;;NW;;;HI)`],
    ],
  ])('%s', (_, entries, codes, result) => {
    const descriptors = disk(entries as Record<string, string>);
    const view = viewOf(descriptors);
    expect(machineKeys.detect(view, DEFAULT_OPTIONS).map(({ code }) => code)).toEqual(codes);
    const planned = machineKeys.edits(view, DEFAULT_OPTIONS);
    expect(changed(planned)).toEqual(result);
    expect(planned.map(({ fixes }) => fixes)).toEqual(codes);
    apply(descriptors, planned);
    expect(machineKeys.detect(view, DEFAULT_OPTIONS)).toEqual([]);
    expect(machineKeys.edits(view, DEFAULT_OPTIONS)).toEqual([]);
    expect(grants(parseDescriptor(descriptors.get(RDP_KEY)!), TOKENS.networkService, MASK.read)).toBe(true);
  });
  it('breaks RDP where its key cannot be read, and only then', () => {
    const severity = (entries: Record<string, string>): string[] =>
      machineKeys.detect(viewOf(disk(entries)), DEFAULT_OPTIONS).map((finding) => finding.severity);
    expect(severity({ [KEYS]: FOLDER, [RDP_KEY]: IIS })).toEqual(['error']);
    expect(severity({ [KEYS]: FOLDER, [RDP_KEY]: 'D:P(A;;FA;;;SY)(A;;FR;;;NS)' })).toEqual(['info']);
    expect(severity({ [KEYS]: 'D:P(A;;FA;;;BA)', [RDP_KEY]: GOOD_KEY })).toEqual(['warning']);
  });
  it('with a deny entry is told, not repaired: whoever set it must take it out', () => {
    const view = viewOf(disk({ [KEYS]: FOLDER, [RDP_KEY]: 'D:P(D;;FR;;;NS)(A;;FA;;;SY)(A;;FA;;;BA)' }));
    const findings = machineKeys.detect(view, DEFAULT_OPTIONS);
    expect(findings).toMatchObject([{ code: 'KEY_ACCESS_DENIED', severity: 'error' }]);
    expect(findings[0]).not.toHaveProperty('repair');
    expect(findings[0]!.text).toContain('/remove:d *S-1-5-20');
  });
  it('with a descriptor that is none stays as it is, and says so', () => {
    const descriptors = disk({ [KEYS]: FOLDER, [RDP_KEY]: GOOD_KEY });
    descriptors.set(RDP_KEY, new Uint8Array(7));
    expect(machineKeys.detect(viewOf(descriptors), DEFAULT_OPTIONS)).toMatchObject([
      { code: 'KEY_PERMISSIONS_UNKNOWN' },
    ]);
    expect(() => machineKeys.edits(viewOf(descriptors), DEFAULT_OPTIONS)).toThrow(
      expect.objectContaining({ code: 'BAD_DESCRIPTOR' }),
    );
  });
});

describe('which key is RDP’s', () => {
  it('is told by the MachineGuid: a clone’s key is left alone', () => {
    const view = viewOf(disk({ [KEYS]: FOLDER, [CLONE_KEY]: IIS }));
    expect(machineKeys.detect(view, DEFAULT_OPTIONS)).toEqual([]);
    expect(machineKeys.edits(view, DEFAULT_OPTIONS)).toEqual([]);
    const plan = planRepair(view, planOptions(profileNamed('rdp-internal-error'), {}));
    expect(plan.findings.map(({ code }) => code)).toContain('MACHINE_GUID_CHANGED');
  });
  it('without a MachineGuid is the only one, and none of two', () => {
    const blind = (entries: Record<string, string>): MachineView => {
      const view = viewOf(disk(entries));
      return { ...view, machine: { ...view.machine, machineGuid: null } };
    };
    expect(machineKeys.edits(blind({ [KEYS]: FOLDER, [CLONE_KEY]: IIS }), DEFAULT_OPTIONS)).toHaveLength(1);
    expect(machineKeys.edits(blind({ [KEYS]: FOLDER, [CLONE_KEY]: IIS, [RDP_KEY]: IIS }), DEFAULT_OPTIONS)).toEqual([]);
  });
});

describe('as the article has it', () => {
  const everything = {
    [KEYS]: FOLDER,
    [RDP_KEY]: GOOD_KEY,
    [IIS_KEY]: IIS,
    [`${KEYS}\\sub`]: FOLDER,
    [`${KEYS}\\sub\\key`]: IIS,
  };
  const allKeys: RepairOptions = { ...DEFAULT_OPTIONS, allKeys: true };
  it('--all-keys grants on everything below the folder, and says what that opens', () => {
    const descriptors = disk(everything);
    const planned = machineKeys.edits(viewOf(descriptors), allKeys);
    expect(changed(planned)).toEqual([
      `${KEYS} O:SYG:SYD:PAI(A;;0x12019f;;;WD)(A;;FA;;;BA)(A;;FA;;;SY)(A;;FR;;;NS)`,
      `${IIS_KEY} ${IIS}(A;;FR;;;NS)`,
      `${KEYS}\\sub O:SYG:SYD:PAI(A;;0x12019f;;;WD)(A;;FA;;;BA)(A;;FA;;;SY)(A;;FR;;;NS)`,
      `${KEYS}\\sub\\key ${IIS}(A;;FR;;;NS)`,
    ]);
    expect(planned.map(({ security }) => security?.effect ?? null)).toEqual([null, 'lowers', null, 'lowers']);
    expect(planned[1]?.security?.text).toContain('NETWORK SERVICE');
    expect(planned.every(({ fixes }) => fixes === null)).toBe(true);
    apply(descriptors, planned);
    expect(machineKeys.edits(viewOf(descriptors), allKeys)).toEqual([]);
  });
  it('--as-published writes its entries on folder and RDP key beside rights that others give', () => {
    const descriptors = disk(everything);
    const planned = machineKeys.edits(viewOf(descriptors), { ...DEFAULT_OPTIONS, asPublished: true });
    expect(changed(planned)).toEqual([`${KEYS} O:SYG:SYD:PAI(A;;0x12019f;;;WD)(A;;FA;;;BA)(A;;FA;;;SY)(A;;FR;;;NS)`]);
    expect(planned[0]).not.toHaveProperty('security');
  });
  it('owners stay', () => {
    const planned = machineKeys.edits(viewOf(disk({ ...everything, [IIS_KEY]: IIS })), allKeys);
    expect(changed(planned).every((line) => /O:(SY|BA)G:SY/.test(line))).toBe(true);
  });
  it('before and after are listed in icacls’ form', () => {
    const view = viewOf(disk({ [KEYS]: FOLDER, [RDP_KEY]: IIS, [IIS_KEY]: IIS }));
    const planned = machineKeys.edits(view, DEFAULT_OPTIONS);
    const indent = ' '.repeat(`F:${KEYS} `.length);
    const keyIndent = ' '.repeat(`F:${RDP_KEY} `.length);
    const before = [
      `F:${KEYS} Everyone:(R,W)`,
      `${indent}BUILTIN\\Administrators:(F)`,
      '',
      `F:${RDP_KEY} NT AUTHORITY\\SYSTEM:(F)`,
      `${keyIndent}BUILTIN\\Administrators:(F)`,
    ];
    const end = ['', 'Successfully processed 2 files; Failed processing 0 files', ''];
    expect(permissionListings(view, DEFAULT_OPTIONS, planned, 'F:')).toEqual({
      BeforeScript_permissions: [...before, ...end].join('\r\n'),
      AfterScript_permissions: [...before, `${keyIndent}NT AUTHORITY\\NETWORK SERVICE:(R)`, ...end].join('\r\n'),
    });
    expect(permissionListings(view, { ...DEFAULT_OPTIONS, allKeys: true }, []).BeforeScript_permissions).toContain(
      `C:${IIS_KEY} NT AUTHORITY\\SYSTEM:(F)`,
    );
  });
});

describe('where it cannot be done', () => {
  const why = (view: MachineView): string | null | undefined => machineKeys.unavailable?.(view, DEFAULT_OPTIONS);
  const refuse = (): never => {
    throw new RefusedError('NO_DESCRIPTORS', 'getfattr could not be started (ENOENT)');
  };
  it('says why: only hives, no such folder, no descriptors, none to be reached', () => {
    expect(why({ ...viewOf(disk({})), files: null })).toMatch(/only hives were given/);
    expect(why(viewOf(disk({})))).toMatch(/lacks \\ProgramData/);
    expect(why(viewOf(disk({ [KEYS]: FOLDER }), { descriptor: () => null }))).toMatch(
      /keeps no NTFS security descriptors/,
    );
    expect(why(viewOf(disk({ [KEYS]: FOLDER }), { descriptor: refuse }))).toMatch(/getfattr could not be started/);
  });
  it('is skipped with its reason, and the other repairs go on', () => {
    const view = viewOf(disk({ [KEYS]: FOLDER, [RDP_KEY]: IIS }), { descriptor: refuse });
    const broken = new Disk({
      set1: { Control: { 'Terminal Server': { WinStations: { 'RDP-Tcp': { SecurityLayer: 0 } } } } },
    }).view();
    const plan = planRepair({ ...broken, files: view.files }, planOptions(profileNamed('rdp-internal-error'), {}));
    expect(plan.skipped).toContainEqual({ what: 'machine-keys', why: 'getfattr could not be started (ENOENT)' });
    expect(plan.edits.length).toBeGreaterThan(0);
    expect(machineKeys.detect(view, DEFAULT_OPTIONS)).toMatchObject([
      { code: 'KEY_PERMISSIONS_UNKNOWN', severity: 'info' },
    ]);
  });
});

describeNtfs('on real NTFS', (images) => {
  const image = images.make('keys.img');
  const byGetfattr = (path: string): string =>
    /0x([0-9a-f]+)/.exec(sh('getfattr', '-h', '-e', 'hex', '--absolute-names', '-n', 'system.ntfs_acl', path))![1]!;
  it.each([
    ['fs-xattr where it is installed', hostDescriptors({ style: 'posix' })],
    ['fs-xattr absent', hostDescriptors({ style: 'posix', xattr: null })],
  ])('%s: before, after and undo are what getfattr reads', (_, access) => {
    const place = images.mount(image);
    const at = (path: string): string => resolveWindowsPath(fs, place, path).hostPath;
    fs.mkdirSync(at(KEYS), { recursive: true });
    // A SACL must survive.
    const broken = {
      [KEYS]: bytesOf(FOLDER),
      [RDP_KEY]: bytesOf(`${IIS}S:(AU;SAFA;FA;;;WD)`),
      [IIS_KEY]: bytesOf(IIS),
    };
    for (const [path, sd] of Object.entries(broken)) {
      if (path !== KEYS) fs.writeFileSync(at(path), 'key');
      access.write(at(path), sd);
      expect(byGetfattr(at(path))).toBe(toHex(sd));
    }
    const files: VolumeFiles = {
      exists: (path) => resolveWindowsPath(fs, place, path).exists,
      list: (path) => fs.readdirSync(at(path)),
      sizeBytes: (path) => (fs.lstatSync(at(path)).isFile() ? fs.lstatSync(at(path)).size : null),
      readFile: () => null,
      descriptor: (path) => access.read(at(path)),
    };
    const view: MachineView = { ...new Disk().view(), files };
    expect(machineKeys.detect(view, DEFAULT_OPTIONS).map(({ code }) => code)).toEqual(['RDP_KEY_PERMISSIONS']);
    const planned = machineKeys.edits(view, DEFAULT_OPTIONS);
    expect(planned).toHaveLength(1);
    for (const { edit } of planned) if (edit.op === 'set-security') access.write(at(edit.path), fromHex(edit.sdHex)!);
    expect(textOf(fromHex(byGetfattr(at(RDP_KEY)))!)).toBe(`${IIS}(A;;FR;;;NS)S:(AU;SAFA;FA;;;WD)`);
    expect(byGetfattr(at(IIS_KEY))).toBe(toHex(broken[IIS_KEY]!));
    expect(machineKeys.detect(view, DEFAULT_OPTIONS)).toEqual([]);
    access.write(at(RDP_KEY), broken[RDP_KEY]!);
    images.unmount(place);
    const again = images.mount(image);
    for (const [path, sd] of Object.entries(broken)) {
      expect(byGetfattr(resolveWindowsPath(fs, again, path).hostPath)).toBe(toHex(sd));
    }
    fs.rmSync(join(again, 'ProgramData'), { recursive: true });
    images.unmount(again);
  });
});
