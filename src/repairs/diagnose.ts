// The checks from power-on to an RDP session, each in every control set.

import type { FindingCode } from '../base/codes/codes.ts';
import { HivemendError } from '../base/errors.ts';
import type { Finding } from '../base/finding.ts';
import type { Report, Summary } from '../report.ts';
import { BOOT_CHECKS } from './checks/boot.ts';
import { BOOT_DRIVER_CHECKS } from './checks/boot-drivers.ts';
import type { Check } from './checks/check.ts';
import { DISK_CHECKS } from './checks/disk.ts';
import { LAST_START_CHECKS, stageFindings } from './checks/last-start.ts';
import { LOGON_CHECKS } from './checks/logon.ts';
import { MACHINE_CHECKS } from './checks/machine.ts';
import { RDP_CHECKS } from './checks/rdp.ts';
import { SERVICE_CHECKS } from './checks/services.ts';
import { SETUP_CHECKS } from './checks/setup.ts';
import { SYSTEM_KEY_CHECKS } from './checks/system-keys.ts';
import { TARGET_CHECKS } from './checks/target.ts';
import { findingsOf } from './detected.ts';
import { REPAIRS } from './fixes/index.ts';
import { firewallOf } from './fixes/rdp/firewall-state.ts';
import { type Certainty, type Diagnosis, LINKS } from './model.ts';
import { type PlannedChange, type PlanOptions, planRepair, profilePart, type RepairPlan } from './plan.ts';
import { type StopCode, stopCodeText } from './start/stop-codes.ts';
import { oncePerSets, type Symptom, summaryOf } from './summary.ts';
import { type Verdict, verdictsOf } from './verdicts.ts';
import type { MachineView } from './view.ts';

export interface MachineDiagnosis {
  /** What breaks RDP first, then warnings, then remarks; within these the order of the checks. */
  readonly findings: readonly Diagnosis[];
  readonly verdicts: readonly Verdict[];
  /** The very plan that repair with the same options commits. */
  readonly plan: RepairPlan;
  readonly summary: Summary;
}

/** A report with the verdicts of the checks, and the plan in its two parts. */
export interface DiagnoseReport extends Report {
  readonly summary: Summary;
  readonly findings: readonly (Finding | Diagnosis)[];
  readonly checks: readonly Verdict[];
  readonly plan: {
    readonly profile: string;
    readonly fixes: readonly PlannedChange[];
    /** What an option asks for, and the keys that need to be there: --needed keeps both. */
    readonly requested: readonly PlannedChange[];
    readonly besides: readonly PlannedChange[];
  };
}

/** What was found. The report is made when it is first asked for, since it takes the hashes of the files. */
export interface Diagnosed {
  readonly status: DiagnoseReport['status'];
  /** All that the report has but the hashes of the files. */
  readonly shown: Omit<DiagnoseReport, 'targets'>;
  readonly report: DiagnoseReport;
}

export const CHECKS: readonly Check[] = [
  ...DISK_CHECKS,
  ...SYSTEM_KEY_CHECKS,
  ...BOOT_CHECKS,
  ...BOOT_DRIVER_CHECKS,
  ...SERVICE_CHECKS,
  ...RDP_CHECKS,
  ...MACHINE_CHECKS,
  ...SETUP_CHECKS,
  ...LOGON_CHECKS,
  ...TARGET_CHECKS,
  ...LAST_START_CHECKS,
];

/** Findings of rdp-listener that are about the machine's switch, not about its listener. */
const SWITCH_CODES = [
  'RDP_DENIED',
  'POLICY_DENIES_RDP',
  'TERMINAL_SERVER_OFF',
  'DRAIN_MODE',
  'USER_LOGON_RESTRICTED',
  'RDP_NOT_ALLOWED',
];
/** More than a stop code has causes and a diagnosis has links. */
const MOST_PLACES = 1000;
const SEVERITIES: readonly Finding['severity'][] = ['error', 'warning', 'info'];

/**
 * Judges every link, whatever the profile, and makes the plan of these options. Nothing is written. Causes of `stop` come
 * first among findings of their severity.
 * @throws what planRepair throws.
 */
export function diagnoseMachine(
  view: MachineView,
  options: PlanOptions,
  symptom: Symptom = 'all',
  stop: StopCode | null = null,
): MachineDiagnosis {
  const plan = planRepair(view, options);
  const all = [
    ...profileFindings(plan),
    ...repairFindings(view, options),
    ...checkFindings(view, options),
    ...(symptom === 'boot' ? startFindings(view, stop) : []),
  ];
  const findings = all.filter((finding) => !isOfLostRecord(view, finding));
  const place = ({ code, link }: Diagnosis): number => {
    const ofStop = stop?.findings.indexOf(code) ?? -1;
    return ofStop >= 0 ? ofStop : (stop?.findings.length ?? 0) + LINKS.indexOf(link);
  };
  const rank = (finding: Diagnosis): number => SEVERITIES.indexOf(finding.severity) * MOST_PLACES + place(finding);
  findings.sort((a, b) => rank(a) - rank(b));
  const verdicts = verdictsOf(view, options, findings);
  const told = oncePerSets(findings);
  return {
    findings: told,
    verdicts,
    plan,
    summary: summaryOf(view, told, verdicts, symptom),
  };
}

/** What a user's profile says of the fault that it is about. */
function profileFindings({ profile, parts }: RepairPlan): Diagnosis[] {
  const own = parts.find(({ name }) => name === profilePart(profile))?.findings ?? [];
  return own.filter(({ code }) => code === 'KNOWN_FAULT_FILE').map(ofTheStart);
}

/** What is known of the code on the screen, and how far the last start came. */
function startFindings(view: MachineView, stop: StopCode | null): Diagnosis[] {
  const known: Finding[] =
    stop === null
      ? []
      : [
          {
            code: 'STOP_CODE',
            severity: 'info',
            where: { file: stop.name },
            text: `${stopCodeText(stop.code)} ${stop.name}: ${stop.meaning}${stop.elsewhere === null ? '' : ` ${stop.elsewhere}`}`,
          },
        ];
  return [...known, ...stageFindings(view)].map(ofTheStart);
}

const ofTheStart = (finding: Finding): Diagnosis => ({
  ...finding,
  link: 'boot',
  controlSet: null,
  certainty: 'certain',
  article: 'our own',
});

function repairFindings(view: MachineView, options: PlanOptions): Diagnosis[] {
  return REPAIRS.flatMap((repair) => {
    return detectOr(repair.name, repair.name, () => {
      // What a repair would overwrite to the letter is no finding: --as-published changes the plan alone.
      const why = repair.unavailable?.(view, { ...options, asPublished: false }) ?? null;
      return why === null ? findingsOf(repair, view, options) : [];
    }).map((finding) => ({
      ...finding,
      link: SWITCH_CODES.includes(finding.code) ? ('remote-desktop' as const) : repair.link,
      controlSet: controlSetOf(finding),
      certainty: certaintyOf(view, options, repair.certainty, finding),
      article: repair.article,
    }));
  });
}

function checkFindings(view: MachineView, options: PlanOptions): Diagnosis[] {
  return CHECKS.flatMap((check) =>
    detectOr(null, check.link, () => check.detect(view, options)).map((finding) => ({
      ...finding,
      link: check.link,
      controlSet: controlSetOf(finding),
      certainty: certaintyOf(view, options, check.certainty, finding),
      article: check.article,
    })),
  );
}

/** A look that cannot be taken (no rights, no descriptors, a link in the way) is a finding of its own. */
function detectOr(repair: string | null, what: string, look: () => readonly Finding[]): readonly Finding[] {
  try {
    return look();
  } catch (error) {
    if (!(error instanceof HivemendError)) throw error;
    const by = repair === null ? {} : { repair };
    return [{ code: 'NOT_JUDGED', severity: 'info', ...by, where: { file: what }, text: error.message }];
  }
}

/** Codes that say that something is not there: in a damaged hive it may be there and not readable. */
const ABSENCE: ReadonlySet<FindingCode> = new Set<FindingCode>([
  'CERTIFICATE_PIN_DANGLING',
  'DEFAULT_DANGLING',
  'DEFAULT_MISSING',
  'DEFAULT_NOT_WINDOWS',
  'FIREWALL_RULE_OFF',
  'FIREWALL_RULE_PARTIAL',
  'FIREWALL_SHUT',
  'LISTENER_MISSING',
  'LISTENER_PROTOCOL',
  'LISTENER_TRANSPORT',
  'LOADER_DEVICE_MISSING',
  'LOADER_SYSTEMROOT_MISSING',
  'NO_BOOT_MANAGER',
  'NO_CONTROL_SET',
  'NO_LOADER_FOR_WINDOWS',
  'NO_WINDOWS_LOADER',
  'PORT_INVALID',
  'RDP_KEY_MISSING',
  'RDP_NOT_ALLOWED',
  'REGISTRY_KEY_MISSING',
  'SELECT_NAMES_MISSING_SET',
  'SERVICE_ACCOUNT',
  'SERVICE_DISABLED',
  'SERVICE_DLL',
  'SERVICE_IMAGE',
  'SERVICE_MISSING',
  'SERVICE_TYPE',
  'SETUP_COMMAND_MISSING',
  'FILTER_DEAD',
  'PARTITION_FILTER_LOST',
  'BOOT_DRIVER_OFF',
  'SERVICE_ORDER_LOST',
  'RPC_SPLIT',
  'SUBSYSTEM_BROKEN',
  'SUBSYSTEM_NOT_REQUIRED',
  'TARGET_NOT_POSSIBLE',
  'USERINIT_BROKEN',
]);

function isOfLostRecord(view: MachineView, { code, where }: Diagnosis): boolean {
  if (!ABSENCE.has(code)) return false;
  const isUnread = (view.unread ?? []).some(({ hive }) => hive === where.file);
  return isUnread || view.hives.some(({ file, damage = [] }) => file === where.file && damage.length > 0);
}

/** Nothing of the firewall is certain while the service that applies its rules is disabled. */
function certaintyOf(view: MachineView, options: PlanOptions, certainty: Certainty, finding: Finding): Certainty {
  const controlSet = controlSetOf(finding);
  if (controlSet === null) return certainty;
  const isOfFirewall = finding.code.startsWith('FIREWALL_');
  return isOfFirewall && firewallOf(view, controlSet, options)?.isApplied === false ? 'uncertain' : certainty;
}

function controlSetOf(finding: Finding): string | null {
  return /^SYSTEM\\(ControlSet\d{3})(\\|$)/i.exec(finding.where.key ?? '')?.[1] ?? null;
}
