import { describe, expect, it } from 'vitest';
import { diagnoseMachine } from '../../../src/repairs/diagnose.ts';
import { REPAIRS } from '../../../src/repairs/fixes/index.ts';
import { DEFAULT_OPTIONS } from '../../../src/repairs/model.ts';
import { type PlanOptions, planOptions, planRepair } from '../../../src/repairs/plan.ts';
import { profileNamed } from '../../../src/repairs/profiles.ts';
import { CAUSES } from '../cause-table.ts';
import { Disk } from '../disks.ts';

const DEFAULTS: PlanOptions = planOptions(profileNamed('rdp-internal-error'), {});
const only = (...names: string[]): PlanOptions => planOptions(profileNamed('rdp-internal-error'), {}, { only: names });
const codes = (disk: Disk): string[] => diagnoseMachine(disk.view(), DEFAULTS).findings.map((finding) => finding.code);

describe('a healthy disk', () => {
  it('gives no finding, every link in order, and nothing to do', () => {
    const diagnosis = diagnoseMachine(new Disk().view(), DEFAULTS);
    expect(diagnosis.findings).toEqual([]);
    expect(diagnosis.summary).toEqual({
      state: 'clear',
      causes: [],
      warnings: [],
      fixed: [],
      notChecked: [],
      repairBlocked: null,
    });
    expect(diagnosis.verdicts.filter((verdict) => verdict.verdict !== 'ok')).toEqual([]);
    expect(diagnosis.plan.edits).toEqual([]);
  });
});

describe.each(CAUSES)('$title', ({ damage, code, link, repair, isError }) => {
  it(`is found as ${code} before anything else`, () => {
    const diagnosis = diagnoseMachine(new Disk(damage).view(), DEFAULTS);
    const [first] = diagnosis.findings;
    expect(first?.code).toBe(code);
    expect(first?.link).toBe(link);
    expect(first?.text.length).toBeGreaterThan(20);
    expect(first?.article).not.toBe('');
    expect(diagnosis.summary.state).toBe(isError ? 'broken' : 'clear');
    if (repair !== null) expect(first?.repair).toBe(repair);
    const verdict = diagnosis.verdicts.find((one) => one.link === link);
    expect(verdict?.verdict).toBe(isError ? 'broken' : 'remark');
  });

  if (repair === null) return;

  it(`is taken away by ${repair}, and a second run changes nothing`, () => {
    const disk = new Disk(damage);
    const plan = planRepair(disk.view(), only(repair));
    expect(plan.skipped).toEqual([]);
    expect(disk.apply(plan.edits.map((planned) => planned.edit))).toBeGreaterThan(0);
    expect(codes(disk)).not.toContain(code);
    expect(REPAIRS.find(({ name }) => name === repair)?.detect(disk.view(), DEFAULT_OPTIONS)).toEqual([]);
    expect(planRepair(disk.view(), only(repair)).edits).toEqual([]);
  });
});

describe('the default profile', () => {
  it.each(CAUSES.filter((cause) => cause.isError && cause.repair !== null))('fixes "$title"', ({ damage, code }) => {
    const disk = new Disk(damage);
    const plan = planRepair(disk.view(), DEFAULTS);
    disk.apply(plan.edits.map((planned) => planned.edit));
    expect(codes(disk)).not.toContain(code);
    expect(planRepair(disk.view(), DEFAULTS).edits).toEqual([]);
  });

  it('does with --needed only what fixes a cause', () => {
    const disk = new Disk({
      set1: {
        Control: {
          CrashControl: { CrashDumpEnabled: 0 },
          'Terminal Server': { fDenyTSConnections: 1, WinStations: { 'RDP-Tcp': { UserAuthentication: 0 } } },
        },
      },
    });
    const needed = planRepair(disk.view(), { ...DEFAULTS, needed: true });
    expect(needed.edits.map((planned) => planned.edit)).toEqual([
      expect.objectContaining({ op: 'set-value', name: 'fDenyTSConnections' }),
    ]);
    expect(needed.besides).toEqual([]);
    const whole = planRepair(disk.view(), DEFAULTS);
    expect(whole.fixes.map((planned) => planned.fixes)).toEqual(['RDP_DENIED']);
    expect(whole.besides.map(({ edit }) => ('name' in edit ? edit.name : ''))).toEqual([
      'UserAuthentication',
      'CrashDumpEnabled',
    ]);
  });
});
