// The disk and the boot: hives that were not closed, transactions left open, room for a dump, and how Windows starts.

import { HivemendError } from '../../base/errors.ts';
import type { Finding } from '../../base/finding.ts';
import { orNull } from '../../base/or-null.ts';
import { decodeLatin1 } from '../../base/text.ts';
import { elementOf, integerOf } from '../../bcd/store.ts';
import { BOOT_STATUS_POLICY_ELEMENT, bootLoader } from '../fixes/boot/boot-loader.ts';
import { isDefaultMissing } from '../fixes/boot/select-last-known-good.ts';
import { foundAt, hiveFinding, isBooted, numberAt } from '../rules.ts';
import { LOGON_HIVES, type MachineView } from '../view.ts';
import type { Check } from './check.ts';
import { kindText, shownKind } from './hive-kinds.ts';

const HIBERNATION_FILE = '\\hiberfil.sys';
const PAGE_FILE = '\\pagefile.sys';
const GIBIBYTE = 1024 ** 3;
/** Below this Windows fails in many ways, making a user's profile at logon among them. */
const LOW_SPACE_BYTES = GIBIBYTE;
/** Records of a damaged hive that are named; inspect --validate has all. */
const SHOWN_DAMAGE = 3;

function hiveFindings(view: MachineView): Finding[] {
  return view.hives.flatMap((condition): Finding[] => {
    const where = { file: condition.file };
    if (!condition.wasDirty && condition.isUsable) return [];
    if (!condition.wasDirty) {
      const text = `Windows cannot load ${condition.hive}: its file ends before its bins do. Rebuild it, or take it from a backup.`;
      return [{ code: 'HIVE_DAMAGED', severity: 'error', where, text }];
    }
    if (!condition.isUsable) {
      return [
        {
          code: 'DIRTY_WITHOUT_LOGS',
          severity: 'error',
          where,
          text: `Windows cannot load ${condition.hive}: it is dirty, and no log completes it. What is judged here may be older than what Windows last wrote.`,
        },
      ];
    }
    return [
      {
        code: 'HIVE_RECOVERED',
        severity: 'info',
        where,
        text: `${condition.hive} was not closed; ${condition.logEntriesApplied} log entries were applied in memory, as Windows does at its start.`,
      },
    ];
  });
}

function unreadFindings(view: MachineView): Finding[] {
  return (view.unread ?? []).map(({ hive, file, problem, why }): Finding => {
    const where = { file };
    if (problem === 'refused') {
      return { code: 'NOT_JUDGED', severity: 'info', where, text: `${hive} was not read: ${why}` };
    }
    if (problem === 'missing') {
      const text = `${hive} is missing: Windows cannot start without it. It must come from a backup.`;
      return { code: hive === 'SOFTWARE' ? 'SOFTWARE_MISSING' : 'HIVE_MISSING', severity: 'error', where, text };
    }
    const text = `Windows cannot load ${hive}: ${why}. Rebuild it, or take it from a backup.`;
    return { code: 'HIVE_UNREADABLE', severity: 'error', where, text };
  });
}

/** Of SYSTEM and SOFTWARE the keys that are missing are found; Windows loads the others whatever is in them. */
function kindFindings(view: MachineView): Finding[] {
  return view.hives.flatMap(({ hive, file, otherKind }): Finding[] => {
    if (otherKind === undefined || !isLogonHive(hive)) return [];
    const effect = hive === 'DEFAULT' ? 'the logon screen has not its settings' : 'nobody can log on';
    const text = `${hive} is another hive (${shownKind(otherKind)}): ${effect}. It must come from a backup.`;
    return [{ code: 'HIVE_OTHER_KIND', severity: hive === 'DEFAULT' ? 'warning' : 'error', where: { file }, text }];
  });
}

const isLogonHive = (hive: string): boolean => LOGON_HIVES.some((name) => name === hive);

function layerFindings(view: MachineView): Finding[] {
  return view.hives.flatMap(({ hive, file, isLayered }): Finding[] =>
    isLayered
      ? [
          {
            code: 'LAYERED_HIVE',
            severity: 'warning',
            where: { file },
            text: `${hive} is a layer of a container image (version 1.6): it is read, and not edited.`,
          },
        ]
      : [],
  );
}

function damageFindings(view: MachineView): Finding[] {
  return view.hives.flatMap(({ hive, file, damage = [], isRefused }): Finding[] => {
    if (damage.length === 0) return [];
    const shown = damage.slice(0, SHOWN_DAMAGE);
    const more = damage.length - shown.length;
    return [
      {
        code: 'HIVE_DAMAGED',
        severity: 'error',
        where: { file },
        text: `${hive} is damaged${isRefused ? ', and Windows refuses to load it' : ''}. ${damage.length === 1 ? 'One record cannot be read' : `${damage.length} records cannot be read`}: ${shown.join('; ')}${more > 0 ? `; and ${more} more` : ''}. What lies beneath is not judged, and the hive is not edited.`,
      },
    ];
  });
}

function transactionFindings(view: MachineView): Finding[] {
  const folder = `${view.windowsPath}\\System32\\config\\TxR`;
  const files = (view.files?.list(folder) ?? []).filter((name) => /\.(blf|regtrans-ms)$/i.test(name));
  if (files.length === 0) return [];
  return [
    {
      code: 'REGISTRY_TRANSACTIONS',
      severity: 'info',
      where: { file: folder },
      text: `${files.length} files of registry transactions lie beside the hives; an open transaction among them is finished or dropped by Windows at its start.`,
    },
  ];
}

function hibernationFindings(view: MachineView): Finding[] {
  const signature = decodeLatin1(Uint8Array.from(hibernationHead(view)));
  if (!/^hibr$/i.test(signature)) return [];
  return [
    {
      code: 'HIBERNATED',
      severity: 'warning',
      where: { file: HIBERNATION_FILE },
      text: 'Windows is hibernated (or was shut down with fast startup): it resumes with the registry that it had in memory, not with what stands on the disk.',
    },
  ];
}

/** [] where there is no such file, or none that this user may read. */
function hibernationHead(view: MachineView): Uint8Array | readonly number[] {
  return orNull(HivemendError, () => view.files?.readFile(HIBERNATION_FILE, 4)) ?? [];
}

function spaceFindings(view: MachineView): Finding[] {
  const { freeBytes, files } = view;
  if (freeBytes === null) return [];
  const isSmall = freeBytes < GIBIBYTE / 10;
  const shown = isSmall ? `${Math.floor(freeBytes / 1024 ** 2)} MiB` : `${(freeBytes / GIBIBYTE).toFixed(1)} GiB`;
  const where = { file: '\\' };
  if (freeBytes < LOW_SPACE_BYTES) {
    const text = `Only ${shown} are free on the Windows volume: sessions fail when Windows cannot write a user's profile.`;
    return [{ code: 'LOW_DISK_SPACE', severity: 'warning', where, text }];
  }
  const pageFileBytes = files?.sizeBytes(PAGE_FILE) ?? null;
  if (pageFileBytes === null || freeBytes >= pageFileBytes) return [];
  const text = `${shown} are free on the Windows volume, less than the page file's ${(pageFileBytes / GIBIBYTE).toFixed(1)} GiB: a complete dump may not fit.`;
  return [{ code: 'NO_ROOM_FOR_DUMP', severity: 'info', where, text }];
}

function pageFileFindings(view: MachineView): Finding[] {
  return view.controlSets.flatMap((set) => {
    const path = [set.name, 'Control', 'Session Manager', 'Memory Management'];
    const found = foundAt(view, 'SYSTEM', path, 'PagingFiles');
    const isEmpty = found.kind === 'list' && found.texts.every((text) => text.trim() === '');
    if (!isEmpty) return [];
    return [
      hiveFinding(view, {
        code: 'NO_PAGE_FILE',
        severity: 'info',
        hive: 'SYSTEM',
        path,
        controlSet: set.name,
        text: 'PagingFiles is empty: without a page file on the system volume Windows cannot write a dump when it stops.',
      }),
    ];
  });
}

/** select-last-known-good goes back where there is a set to go back to. */
function controlSetFindings(view: MachineView): Finding[] {
  if (view.machine.controlSets.length === 0) {
    return [
      hiveFinding(view, {
        code: 'NO_CONTROL_SET',
        severity: 'error',
        hive: 'SYSTEM',
        path: [],
        controlSet: null,
        text: `${kindText(view, 'SYSTEM')}There is no control set (ControlSet001 and the like), so Windows cannot start with this SYSTEM. It must come from a backup.`,
      }),
    ];
  }
  const standard = numberAt(view.system, ['Select'], 'Default');
  const isThere = view.machine.controlSets.some((controlSet) => controlSet.number === standard);
  if (standard === null || isThere || isDefaultMissing(view)) return [];
  return [
    hiveFinding(view, {
      code: 'NO_CONTROL_SET',
      severity: 'error',
      hive: 'SYSTEM',
      path: ['Select'],
      controlSet: null,
      text: `Select names control set ${standard} as Default, and neither it nor the last known good one exists: Windows cannot start. SYSTEM must come from a backup.`,
    }),
  ];
}

function selectFindings(view: MachineView): Finding[] {
  const failed = view.machine.controlSets.find((set) => set.isFailed);
  if (!failed) return [];
  const booted = view.machine.controlSets.find((set) => isBooted(view, set.name));
  return [
    hiveFinding(view, {
      code: 'CONTROL_SET_FAILED',
      severity: 'info',
      hive: 'SYSTEM',
      path: ['Select'],
      controlSet: null,
      text: `Select names ${failed.name} as failed: Windows went back to ${booted?.name ?? 'another'} once, and changes made in ${failed.name} are not in use.`,
    }),
  ];
}

/** 0 is displayallfailures: after a failed boot the machine waits in the recovery environment. */
function bootStatusFindings(view: MachineView): Finding[] {
  const loader = bootLoader(view);
  // That the store names no loader of a Windows is serial-console's finding.
  if (!loader) return [];
  if (!elementOf(loader, BOOT_STATUS_POLICY_ELEMENT) || integerOf(loader, BOOT_STATUS_POLICY_ELEMENT) !== 0n) return [];
  return [
    hiveFinding(view, {
      code: 'BOOT_STOPS_AT_FAILURES',
      severity: 'info',
      hive: 'BCD',
      path: ['Objects', loader.keyName],
      controlSet: null,
      text: `Loader ${loader.id} has bootstatuspolicy displayallfailures: after a boot that failed the machine waits at a screen that nobody sees.`,
    }),
  ];
}

export const DISK_CHECKS: readonly Check[] = [
  { link: 'disk', article: 'our own', certainty: 'certain', detect: hiveFindings },
  { link: 'disk', article: 'our own', certainty: 'certain', detect: damageFindings },
  { link: 'disk', article: 'our own', certainty: 'certain', detect: unreadFindings },
  { link: 'disk', article: 'our own', certainty: 'certain', detect: kindFindings },
  { link: 'disk', article: 'our own', certainty: 'certain', detect: layerFindings },
  { link: 'disk', article: 'our own', certainty: 'certain', detect: transactionFindings },
  { link: 'disk', article: 'our own', certainty: 'likely', detect: hibernationFindings },
  { link: 'disk', article: 'our own', certainty: 'likely', detect: spaceFindings },
  { link: 'diagnostics', article: 'rdp-internal-error', certainty: 'likely', detect: pageFileFindings },
  { link: 'boot', article: 'start-vm-last-known-good', certainty: 'certain', detect: selectFindings },
  { link: 'boot', article: 'start-vm-last-known-good', certainty: 'certain', detect: controlSetFindings },
  { link: 'boot', article: 'boot-manager menu', certainty: 'likely', detect: bootStatusFindings },
];
