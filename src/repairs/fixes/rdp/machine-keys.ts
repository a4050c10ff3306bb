// The permissions of the machine's private keys: RDP's key must be readable by NETWORK SERVICE, under which it runs.

import { fromHex, toHex } from '../../../base/bytes.ts';
import { HivemendError } from '../../../base/errors.ts';
import type { Finding } from '../../../base/finding.ts';
import { printable } from '../../../base/text.ts';
import type { PermissionListings } from '../../../report.ts';
import {
  ACE_TYPE,
  addAllowAce,
  encodeDescriptor,
  grants,
  icaclsListing,
  MASK,
  parseDescriptor,
  type SecurityDescriptor,
  TOKENS,
  WELL_KNOWN,
} from '../../../security/index.ts';
import type { PlannedEdit, Repair, RepairOptions } from '../../model.ts';
import type { MachineView, VolumeFiles } from '../../view.ts';
import { MACHINE_KEYS, RDP_KEY_FILE } from './rdp-certificate.ts';

/** What the article grants, by SID: names are other ones on other languages' Windows. */
interface Grant {
  readonly sid: string;
  readonly token: readonly string[];
  readonly mask: number;
  readonly name: string;
  readonly right: string;
}
let grantsOfArticle: readonly Grant[] | null = null;

/** Made when it is asked for, so that what reads descriptors is loaded only where there are any. */
function articleGrants(): readonly Grant[] {
  const { localSystem, networkService, administrators } = WELL_KNOWN;
  grantsOfArticle ??= [
    { sid: localSystem, token: TOKENS.localSystem, mask: MASK.full, name: 'SYSTEM', right: 'full control' },
    { sid: networkService, token: TOKENS.networkService, mask: MASK.read, name: 'NETWORK SERVICE', right: 'read' },
    {
      sid: administrators,
      token: TOKENS.administrators,
      mask: MASK.full,
      name: 'Administrators',
      right: 'full control',
    },
  ];
  return grantsOfArticle;
}
const MAX_DEPTH = 8;

/** A folder or file whose descriptor is looked at. */
interface KeyEntry {
  readonly path: string;
  readonly kind: 'folder' | 'rdp-key' | 'other-key';
}

/** The folder and RDP's own key; with --all-keys everything below the folder, as icacls /t goes through it. */
function entries(files: VolumeFiles, view: MachineView, options: RepairOptions): KeyEntry[] {
  if (!files.exists(MACHINE_KEYS)) return [];
  const rdpKeys = new Set(rdpKeyFiles(files, view));
  const found: KeyEntry[] = [{ path: MACHINE_KEYS, kind: 'folder' }];
  const walk = (folder: string, depth: number): void => {
    for (const name of files.list(folder)) {
      const path = `${folder}\\${name}`;
      const isRdp = depth === 0 && rdpKeys.has(name);
      if (isRdp || options.allKeys) found.push({ path, kind: isRdp ? 'rdp-key' : 'other-key' });
      const isFolder = options.allKeys && depth < MAX_DEPTH && files.sizeBytes(path) === null;
      if (isFolder) walk(path, depth + 1);
    }
  };
  walk(MACHINE_KEYS, 0);
  return found;
}

/** RDP's key of this machine. Where its MachineGuid is not known, the only one there is. */
function rdpKeyFiles(files: VolumeFiles, view: MachineView): string[] {
  const keys = files.list(MACHINE_KEYS).filter((name) => name.toLowerCase().startsWith(RDP_KEY_FILE));
  const guid = view.machine.machineGuid?.toLowerCase();
  if (guid === undefined) return keys.length === 1 ? keys : [];
  return keys.filter((name) => name.toLowerCase() === `${RDP_KEY_FILE}${guid}`);
}

interface Seen {
  readonly entry: KeyEntry;
  readonly sd: SecurityDescriptor;
}

/** Reads what is there. @throws RefusedError NO_DESCRIPTORS, NO_RIGHTS; FormatError BAD_DESCRIPTOR */
function descriptors(view: MachineView, options: RepairOptions): Seen[] {
  const { files } = view;
  if (!files) return [];
  return entries(files, view, options).flatMap((entry) => {
    const bytes = files.descriptor(entry.path);
    return bytes === null ? [] : [{ entry, sd: parseDescriptor(bytes) }];
  });
}

/** What an entry lacks: effective rights, so that a right that another entry gives is not given twice. */
function missing(sd: SecurityDescriptor): Grant[] {
  return articleGrants().filter(({ token, mask }) => !grants(sd, token, mask));
}

/** The descriptor with the entries that this run adds; the article's to the letter adds them beside equal rights too. */
function repaired(seen: Seen, options: RepairOptions): SecurityDescriptor {
  const toLetter = options.asPublished || seen.entry.kind === 'other-key' || options.allKeys;
  const grants = toLetter ? articleGrants() : missing(seen.sd);
  return grants.reduce((sd, { sid, mask }) => addAllowAce(sd, sid, mask), seen.sd);
}

/** Rights that stay refused whatever is added: a deny entry takes them away. */
function denied(seen: Seen): Grant[] {
  return missing(articleGrants().reduce((sd, { sid, mask }) => addAllowAce(sd, sid, mask), seen.sd));
}

const codeOf = ({ kind }: KeyEntry): Finding['code'] =>
  kind === 'folder' ? 'MACHINE_KEYS_FOLDER' : 'RDP_KEY_PERMISSIONS';

/** Of the folder and of RDP's own key: what the article adds on other keys breaks nothing where it is missing. */
function detect(view: MachineView, options: RepairOptions): Finding[] {
  try {
    return descriptors(view, { ...options, allKeys: false }).flatMap((seen) => findingsOf(seen));
  } catch (error) {
    if (!(error instanceof HivemendError)) throw error;
    return [
      {
        code: 'KEY_PERMISSIONS_UNKNOWN',
        severity: 'info',
        where: { file: MACHINE_KEYS },
        text: `The permissions of RDP's private key could not be looked at: ${error.message}.`,
      },
    ];
  }
}

function findingsOf(seen: Seen): Finding[] {
  const { entry, sd } = seen;
  const blocked = denied(seen);
  const open = missing(sd).filter((grant) => !blocked.includes(grant));
  const list = (some: readonly Grant[]): string => some.map(({ name, right }) => `${name} (${right})`).join(', ');
  const needsRead = (some: readonly Grant[]): boolean => some.some(({ sid }) => sid !== WELL_KNOWN.administrators);
  const what = entry.kind === 'folder' ? 'the folder of the machine keys' : "RDP's private key";
  const findings: Finding[] = [];
  if (open.length > 0) {
    findings.push({
      code: codeOf(entry),
      severity: needsRead(open) ? (entry.kind === 'rdp-key' ? 'error' : 'warning') : 'info',
      repair: 'machine-keys',
      where: { file: entry.path },
      text: `${what} does not let in ${list(open)}; without its key the listener does not have a certificate and TLS fails.`,
    });
  }
  if (blocked.length > 0) {
    findings.push({
      code: 'KEY_ACCESS_DENIED',
      severity: needsRead(blocked) ? 'error' : 'warning',
      where: { file: entry.path },
      text: `${what} has a deny entry against ${list(blocked)}, which no added permission outweighs; whoever set it must take it out (icacls "C:${printable(entry.path)}" /remove:d *${denier(sd)}).`,
    });
  }
  return findings;
}

function denier(sd: SecurityDescriptor): string {
  const sids = new Set<string>(articleGrants().flatMap(({ token }) => [...token]));
  const ace = sd.dacl?.aces.find(({ type, sid }) => type === ACE_TYPE.deny && sid !== null && sids.has(sid));
  return ace?.sid ?? WELL_KNOWN.everyone;
}

function edits(view: MachineView, options: RepairOptions): PlannedEdit[] {
  return descriptors(view, options).flatMap((seen): PlannedEdit[] => {
    const after = repaired(seen, options);
    if (after === seen.sd) return [];
    const { entry, sd } = seen;
    const lacked = missing(sd).filter((grant) => !denied(seen).includes(grant));
    const isCause = entry.kind !== 'other-key' && lacked.length > 0;
    const added = (isCause ? lacked : articleGrants()).map(({ name, right }) => `${name} (${right})`).join(', ');
    const exposes = entry.kind === 'other-key' && !grants(sd, TOKENS.networkService, MASK.read);
    return [
      {
        edit: { op: 'set-security', path: entry.path, sdHex: toHex(encodeDescriptor(after)) },
        why: `${added} may use ${entry.kind === 'folder' ? 'the folder of the machine keys' : entry.kind === 'rdp-key' ? "RDP's private key" : 'this machine key, as the article has it'}.`,
        controlSet: null,
        fixes: isCause ? codeOf(entry) : null,
        ...(exposes
          ? {
              security: {
                effect: 'lowers',
                text: `NETWORK SERVICE, and with it every service that runs under it, may read the private key ${printable(entry.path)}.`,
              } as const,
            }
          : {}),
      },
    ];
  });
}

/**
 * What `icacls MachineKeys /t /c` would print before and after `planned` (this repair's edits), of the folder and RDP's
 * key, with `allKeys` of everything below; `drive` is put before each path.
 * @throws RefusedError NO_DESCRIPTORS, NO_RIGHTS
 */
export function permissionListings(
  view: MachineView,
  options: RepairOptions,
  planned: readonly PlannedEdit[],
  drive = 'C:',
): PermissionListings {
  const { files } = view;
  const all = files ? entries(files, view, options) : [];
  const after = new Map(
    planned.flatMap(({ edit }) => (edit.op === 'set-security' ? [[edit.path, fromHex(edit.sdHex)] as const] : [])),
  );
  const listing = (bytesOf: (path: string) => Uint8Array | null): string =>
    icaclsListing(all.map(({ path }) => ({ path: printable(`${drive}${path}`), ...entryOf(bytesOf(path)) })));
  const before = (path: string): Uint8Array | null => files?.descriptor(path) ?? null;
  return {
    BeforeScript_permissions: listing(before),
    AfterScript_permissions: listing((path) => after.get(path) ?? before(path)),
  };
}

function entryOf(bytes: Uint8Array | null): { sd: SecurityDescriptor | null; error?: string } {
  if (bytes === null) return { sd: null };
  try {
    return { sd: parseDescriptor(bytes) };
  } catch (error) {
    return { sd: null, error: error instanceof Error ? error.message : String(error) };
  }
}

export const machineKeys: Repair = {
  name: 'machine-keys',
  title: 'let RDP read its private key',
  about:
    "Adds the permissions that RDP needs on its private key and on the folder that holds it, where they are missing: SYSTEM and Administrators full control, NETWORK SERVICE read. Entries stand where Windows puts them, and all else in the descriptors stays, owner included: offline no owner blocks, so the article's takeown is not needed. With --all-keys every machine key gets them, as the article does; NETWORK SERVICE may then read the private keys of IIS, SQL Server and others. On a clone, whose MachineGuid is another than its key's, permissions do not help.",
  article: 'rdp-internal-error',
  certainty: 'likely',
  link: 'keys',
  writes: [
    {
      where: MACHINE_KEYS,
      name: '(permissions)',
      data: 'SYSTEM and Administrators full control, NETWORK SERVICE read',
      when: 'a right is missing',
      security: null,
    },
    {
      where: `${MACHINE_KEYS}\\${RDP_KEY_FILE}<MachineGuid>`,
      name: '(permissions)',
      data: 'SYSTEM and Administrators full control, NETWORK SERVICE read',
      when: 'a right is missing',
      security: null,
    },
    {
      where: `${MACHINE_KEYS}\\*`,
      name: '(permissions)',
      data: 'SYSTEM and Administrators full control, NETWORK SERVICE read',
      when: 'with --all-keys',
      security: 'lowers',
    },
  ],
  afterBoot: [],
  unavailable: (view) => {
    if (!view.files) return 'the permissions are on the volume, and only hives were given';
    if (!view.files.exists(MACHINE_KEYS)) return `this disk lacks ${MACHINE_KEYS}`;
    try {
      const bytes = view.files.descriptor(MACHINE_KEYS);
      return bytes === null ? 'the volume keeps no NTFS security descriptors' : null;
    } catch (error) {
      if (error instanceof HivemendError) return error.message;
      throw error;
    }
  },
  detect,
  edits,
};
