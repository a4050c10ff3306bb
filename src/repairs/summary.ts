// What the findings come to: causes, warnings, and what was not checked.

import type { FindingCode } from '../base/codes/codes.ts';
import type { Summary, SummaryCause } from '../report.ts';
import { type Diagnosis, LINKS, type LinkName } from './model.ts';
import { isBooted } from './rules.ts';
import { isPolicyUnread, type Verdict } from './verdicts.ts';
import { isBeforeVista } from './version.ts';
import { liesApart, type MachineView } from './view.ts';

/** 'boot': Windows does not start. 'rdp': it starts, and Remote Desktop does not work. */
export const SYMPTOMS = ['boot', 'rdp', 'all'] as const;
export type Symptom = (typeof SYMPTOMS)[number];

/** Causes that keep Windows itself from starting. */
const STOPS_START: ReadonlySet<FindingCode> = new Set<FindingCode>([
  'BOOT_DRIVER_FILE',
  'BOOT_DRIVER_OFF',
  'BOOT_STORE_EMPTY',
  'BOOT_STORE_MISSING',
  'BOOT_STORE_UNREADABLE',
  'DEFAULT_DANGLING',
  'DIRTY_WITHOUT_LOGS',
  'DRIVER_VERIFIER_ON',
  'FILTER_DEAD',
  'HIVE_DAMAGED',
  'HIVE_MISSING',
  'HIVE_OTHER_KIND',
  'HIVE_UNREADABLE',
  'KNOWN_FAULT_FILE',
  'LOADER_DEVICE_MISSING',
  'LOADER_DEVICE_WRONG',
  'LOADER_FILE_MISSING',
  'LOADER_HIVE_LEFT',
  'LOADER_MEMORY_CUT',
  'LOADER_PATH_WRONG',
  'LOADER_SYSTEMROOT_MISSING',
  'LOADER_WINPE',
  'NO_BOOT_MANAGER',
  'NO_CONTROL_SET',
  'NO_LOADER_FOR_WINDOWS',
  'NO_WINDOWS_LOADER',
  'REGISTRY_KEY_MISSING',
  'RPC_SPLIT',
  'SELECT_NAMES_MISSING_SET',
  'SETUP_COMMAND_MISSING',
  'SETUP_IN_PROGRESS',
  'SHELL_MISSING',
  'SOFTWARE_MISSING',
  'SUBSYSTEM_BROKEN',
  'SUBSYSTEM_NOT_REQUIRED',
  'SYSTEM_LETTER_WRONG',
  'TARGET_DRIVER_ABSENT',
  'TARGET_DRIVER_OFF',
  'TARGET_NOT_POSSIBLE',
  'USERINIT_BROKEN',
]);

/**
 * Of these a hive as a whole is not loaded; a rebuild or another copy of it is what helps. Without SOFTWARE what was given
 * may be an excerpt.
 */
const OF_WHOLE_HIVE: ReadonlySet<FindingCode> = new Set<FindingCode>([
  'DIRTY_WITHOUT_LOGS',
  'HIVE_DAMAGED',
  'HIVE_MISSING',
  'HIVE_UNREADABLE',
]);

export const isOfWholeHive = (code: FindingCode): boolean => OF_WHOLE_HIVE.has(code);

export const stopsStart = (code: FindingCode): boolean => STOPS_START.has(code);

const BOOT_LINKS: readonly LinkName[] = ['disk', 'boot', 'machine'];

/** Whether a finding is about the symptom that was asked for. */
function isOfSymptom({ code, severity, link }: Diagnosis, symptom: Symptom): boolean {
  if (symptom !== 'boot') return true;
  return severity === 'error' ? stopsStart(code) : BOOT_LINKS.includes(link);
}

/** The summary of a diagnosis; what commands know besides (what was fixed, what blocks a repair) they add. */
export function summaryOf(
  view: MachineView,
  findings: readonly Diagnosis[],
  verdicts: readonly Verdict[],
  symptom: Symptom,
): Summary {
  const mine = findings.filter((finding) => isOfSymptom(finding, symptom));
  const causes = mine.filter(({ severity }) => severity === 'error').map(causeOf);
  const isDamaged =
    view.hives.some(({ damage = [], isUsable, wasDirty }) => damage.length > 0 || (!isUsable && !wasDirty)) ||
    (view.unread ?? []).some(({ problem }) => problem === 'bad');
  return {
    state: isDamaged
      ? 'damaged'
      : causes.length > 0
        ? 'broken'
        : isIncomplete(view, verdicts, symptom)
          ? 'incomplete'
          : 'clear',
    causes,
    warnings: mine.filter(({ severity }) => severity === 'warning').map(causeOf),
    fixed: [],
    notChecked: notChecked(view, findings, verdicts, symptom),
    repairBlocked: null,
  };
}

/** What changes come to: what they have fixed, and what is left. */
export function outcomeOf(before: Summary, after: Summary): Summary {
  const isLeft = (cause: SummaryCause): boolean =>
    after.causes.some(({ code, where }) => code === cause.code && where.key === cause.where.key);
  const fixed = before.causes.filter((cause) => !isLeft(cause));
  return { ...after, state: after.causes.length === 0 && fixed.length > 0 ? 'fixed' : after.state, fixed };
}

/** Something that could be a cause of the symptom was not read. */
function isIncomplete(view: MachineView, verdicts: readonly Verdict[], symptom: Symptom): boolean {
  const { boot } = view;
  const isStoreRead =
    view.bcd !== null || (boot?.stores ?? []).some((seen) => seen.store !== null && !(boot && liesApart(boot, seen)));
  const isRdpRead = FROM_HIVES.every((link) => !isUnknown(view, verdicts, link) || whyUnknown(view, link) === null);
  return view.software === null || (symptom !== 'rdp' && !isStoreRead) || (symptom !== 'boot' && !isRdpRead);
}

/** The links of Remote Desktop that stand in the hives alone. */
const FROM_HIVES: readonly LinkName[] = ['services', 'remote-desktop', 'listener', 'firewall', 'tls', 'certificate'];

/** Nothing of a link could be looked at; of one in control sets, in the one that boots. */
function isUnknown(view: MachineView, verdicts: readonly Verdict[], link: LinkName): boolean {
  const mine = verdicts.filter((verdict) => verdict.link === link);
  const booted = mine.filter(({ controlSet }) => isBooted(view, controlSet));
  return (booted.length > 0 ? booted : mine).every(({ verdict }) => verdict === 'unknown');
}

/** What stands alike in several control sets, said once of the one that boots: it comes first. Two of one set stay two. */
export function oncePerSets(findings: readonly Diagnosis[]): Diagnosis[] {
  const groups: { readonly first: Diagnosis; readonly place: string; readonly sets: string[] }[] = [];
  for (const finding of findings) {
    const { code, controlSet, where } = finding;
    const place = `${code} ${placeOf(where.key ?? where.file, controlSet)}`;
    const same = groups.find(
      (group) => group.place === place && controlSet !== null && !group.sets.includes(controlSet),
    );
    if (same && controlSet !== null) same.sets.push(controlSet);
    else groups.push({ first: finding, place, sets: controlSet === null ? [] : [controlSet] });
  }
  return groups.map(({ first, sets }) => ({ ...first, controlSets: [...sets].sort() }));
}

function causeOf({ code, link, text, repair, controlSets = [], where }: Diagnosis): SummaryCause {
  return { code, check: link, text, repair: repair ?? null, controlSets, where };
}

const placeOf = (key: string, controlSet: string | null): string =>
  controlSet === null ? key : key.replace(`\\${controlSet}`, '\\{CS}');

function notChecked(
  view: MachineView,
  findings: readonly Diagnosis[],
  verdicts: readonly Verdict[],
  symptom: Symptom,
): Summary['notChecked'] {
  const whys = new Map<LinkName, string>();
  for (const { code, link, text } of findings) {
    if (code === 'NOT_JUDGED') whys.set(link, whyUnknown(view, link) === WINDOWS_LOCKED ? WINDOWS_LOCKED : text);
  }
  for (const link of LINKS) {
    if (!isUnknown(view, verdicts, link) || whys.has(link)) continue;
    const why = whyUnknown(view, link);
    if (why !== null) whys.set(link, why);
  }
  const links = [...whys]
    .filter(([link]) => symptom !== 'boot' || BOOT_LINKS.includes(link))
    .map(([check, why]) => ({ check, why }));
  const isTableNeeded = symptom !== 'rdp' && view.boot !== undefined && view.bcd !== null;
  if (!isTableNeeded || view.boot?.partitions !== null) return links;
  return [
    ...links,
    {
      check: 'partitions',
      why: 'the partition table was not read (give the image or device), so that the store was not compared',
    },
  ];
}

/** Why a check could not run whose hives and files lie on a volume that BitLocker locks. */
export const WINDOWS_LOCKED = 'the Windows volume is locked by BitLocker';

/** Null: the check does not apply to this Windows. */
function whyUnknown(view: MachineView, link: LinkName): string | null {
  const isUnread = (view.unread ?? []).some(({ hive, problem }) => hive === 'SYSTEM' && problem === 'refused');
  if (link !== 'boot' && isUnread && view.isLocked) return WINDOWS_LOCKED;
  if (link === 'boot') {
    if (isBeforeVista(view)) return 'this Windows starts by ntldr and boot.ini, which are not read here';
    return view.bcdMissing ?? 'the boot store names no loader of this Windows';
  }
  if (link === 'certificate' && view.software === null) return 'SOFTWARE was not read';
  if (link === 'certificate' && view.machine.controlSets.length > 0) {
    return 'SOFTWARE does not hold the stores of certificates';
  }
  if (link === 'keys') return 'the folder of the machine keys is not there, or was not given';
  if ((view.unread ?? []).some(({ hive }) => hive === 'SYSTEM')) return 'SYSTEM was not read';
  if (isBeforeVista(view) && link !== 'remote-desktop') return null;
  if (isPolicyUnread(view, link)) return 'SOFTWARE was not read, and a policy in it may decide';
  return 'SYSTEM does not hold the keys that this check reads';
}
