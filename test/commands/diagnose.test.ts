// diagnose over a disk as a folder: the report and its text, that nothing is written, and that repair has the same plan.

import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wasmBytes } from 'hivex-wasm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { diagnose as diagnoseDisk } from '../../src/commands/diagnose.ts';
import { prepareRepair, type RepairRequest } from '../../src/commands/repair.ts';
import { type Host, nodeHost } from '../../src/host.ts';
import { diagnoseText } from '../../src/render/diagnosis.ts';
import { planText, repairText } from '../../src/render/repair-text.ts';
import type { TextOptions } from '../../src/render/style.ts';
import { planOptions } from '../../src/repairs/plan.ts';
import { profileNamed } from '../../src/repairs/profiles.ts';
import { buildFixture, type FixtureName } from '../fixture-hives.ts';

const PLAIN = { colour: false };
const host = nodeHost(wasmBytes);
let disk = '';

function diagnose(on: Host, asked: RepairRequest, style: TextOptions) {
  const diagnosed = diagnoseDisk(on, asked);
  return { report: diagnosed.report, text: diagnoseText(diagnosed, style) };
}

function write(path: string, bytes: Uint8Array): void {
  const file = join(disk, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, bytes);
}

function makeDisk(system: FixtureName): void {
  write('Windows/System32/config/SYSTEM', buildFixture(system));
  write('Windows/System32/config/SOFTWARE', buildFixture('SOFTWARE'));
  write('Boot/BCD', buildFixture('BCD-bios'));
}

const request = (): RepairRequest => ({
  volumes: [disk],
  controlSets: 'existing',
  create: [],
  plan: planOptions(profileNamed('rdp-internal-error'), {}),
});

/** Every path with size, time and hash. */
function snapshot(folder: string): string[] {
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, String(name)))
    .sort()
    .map((path) => {
      const stat = statSync(path);
      const hash = stat.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : '';
      return `${path} ${stat.size} ${stat.mtimeMs} ${hash}`;
    });
}

beforeEach(() => {
  disk = mkdtempSync(join(tmpdir(), 'hivemend-diagnose-'));
});
afterEach(() => rmSync(disk, { recursive: true, force: true }));

describe('diagnose', () => {
  it('says what breaks RDP, in status findings, and writes nothing', () => {
    makeDisk('SYSTEM-broken');
    const before = snapshot(disk);
    const { report, text } = diagnose(host, request(), PLAIN);
    expect(snapshot(disk)).toEqual(before);
    expect(report.status).toBe('findings');
    const errors = report.findings.filter((finding) => finding.severity === 'error').map((finding) => finding.code);
    expect(errors).toEqual([
      'SERVICE_DISABLED',
      'RDP_DENIED',
      'FIREWALL_RULE_OFF',
      'TLS_DISABLED',
      'TLS_DISABLED_BY_DEFAULT',
      'CERTIFICATE_EXPIRED',
    ]);
    expect(text.replace(/\s+/g, ' ')).toContain('Remote Desktop cannot work. 6 causes found, all can be fixed.');
    expect(report.summary).toMatchObject({ state: 'broken', fixed: [] });
    expect(report.summary.causes.map(({ code }) => code)).toEqual(errors);
    expect(report.summary.causes[1]).toMatchObject({
      check: 'remote-desktop',
      repair: 'rdp-listener',
      controlSets: ['ControlSet001', 'ControlSet002'],
    });
    expect(report.summary.notChecked.map(({ check }) => check)).toEqual(['keys', 'partitions']);
    expect(text).toMatch(
      /^CAUSES\n {2}x services +TermService is disabled \(Start = 4\), set 001\n +fix: rdp-services$/m,
    );
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(30);
    expect(text).toContain(`hivemend repair ${disk}`);
    expect(report.findings[0]?.where.file).toBe(join(disk, 'Windows/System32/config/SYSTEM'));
  });

  it('names the files with their hashes, and its members in the order of every report', () => {
    makeDisk('SYSTEM-broken');
    const { report } = diagnose(host, request(), PLAIN);
    const system = join(disk, 'Windows/System32/config/SYSTEM');
    const hash = createHash('sha256').update(readFileSync(system)).digest('hex');
    expect(report.targets[0]).toMatchObject({ path: system, sha256Before: hash, sha256After: hash });
    using prepared = prepareRepair(host, request());
    const shared = Object.keys(report).filter((name) => name in prepared.dryReport);
    expect(shared).toEqual(Object.keys(prepared.dryReport).filter((name) => name in report));
  });

  it('has in its JSON the plan in two parts, and in all the edits that repair commits', () => {
    makeDisk('SYSTEM-broken');
    const { report } = diagnose(host, request(), PLAIN);
    const json = JSON.parse(JSON.stringify(report));
    expect(json.plan.fixes.length).toBeGreaterThan(0);
    expect(json.plan.besides.length).toBeGreaterThan(0);
    using prepared = prepareRepair(host, request());
    const shown = [...report.plan.fixes, ...report.plan.requested, ...report.plan.besides]
      .map(({ edit }) => JSON.stringify(edit))
      .sort();
    expect(shown).toEqual(prepared.saved.edits.map((edit) => JSON.stringify(edit)).sort());
  });

  it('names the repair command with the options that give this very plan', () => {
    makeDisk('SYSTEM-broken');
    const plan = planOptions(profileNamed('all'), { port: 3390, tls: ['1.2'] }, { skip: ['nla'], needed: true });
    const { report } = diagnose(host, { ...request(), plan }, PLAIN);
    expect(report.next[0]?.commands.at(-1)).toBe(
      `hivemend repair ${disk} --profile all --skip nla --needed --tls 1.2 --port 3390`,
    );
  });

  it('names the control sets, the loader and the profile file, too', () => {
    makeDisk('SYSTEM-broken');
    const profile = { ...profileNamed('rdp-internal-error'), name: 'mine' };
    const loader = '{8f1c0e21-7a44-11ea-9b52-000d3a4c9e10}';
    const { report } = diagnose(
      host,
      {
        ...request(),
        plan: planOptions(profile, { allLoaders: true }),
        profileFile: './my profile.json',
        controlSets: [1, 3],
        create: [3],
        loader,
      },
      PLAIN,
    );
    expect(report.next.flatMap(({ commands }) => commands)).toContain(
      `hivemend repair ${disk} --profile './my profile.json' --all-loaders --fix-default '${loader}' --control-sets 001,003 --create 003`,
    );
  });

  it('refuses another machine than the one expected', () => {
    makeDisk('SYSTEM-healthy');
    expect(() => diagnose(host, { ...request(), expect: 'OTHER' }, PLAIN)).toThrow(
      expect.objectContaining({ code: 'WRONG_MACHINE' }),
    );
  });

  it('ends ok once repair has run, and has nothing left to plan', () => {
    makeDisk('SYSTEM-broken');
    {
      using prepared = prepareRepair(host, request());
      const shown = planText(prepared.dryReport, PLAIN);
      expect(shown).toMatch(/^Computer APP-SRV-07, .*: 25 changes to SYSTEM, SOFTWARE, BCD$/m);
      expect(shown).toMatch(/~ Terminal Server {2}fDenyTSConnections .*1 denied -> 0 allowed +001, 002/);
      expect(shown).toMatch(/^SECURITY\n {2}lower /m);
      const text = repairText(prepared.commit(), PLAIN);
      expect(text).toMatch(/6\s+causes\s+fixed\.\s+25\s+changes\s+written\s+and\s+read\s+back\./);
      expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(10);
      expect(text).toMatch(/hivemend undo .+ \d{8}T\d{6}-\d{3}Z-[0-9a-f]{8}\n/);
    }
    const { report, text } = diagnose(host, request(), PLAIN);
    expect(report.status).toBe('ok');
    expect(report.plan).toMatchObject({ fixes: [], requested: [], besides: [] });
    expect(text).toContain('No cause found.');
    using again = prepareRepair(host, request());
    expect(again.changes).toEqual([]);
    expect(repairText(again.dryReport, PLAIN)).toContain('nothing to do');
  });

  it('says what is to be done on the running Windows after group policy was held', () => {
    makeDisk('SYSTEM-healthy');
    const held = planOptions(profileNamed('all'), {}, { only: ['group-policy-off'] });
    using prepared = prepareRepair(host, { ...request(), plan: held });
    const text = repairText(prepared.dryReport, PLAIN);
    expect(text).toContain('sc config gpsvc start= auto');
    expect(text).toContain('No policy of the organisation is applied');
  });

  it('paints only where asked', () => {
    makeDisk('SYSTEM-broken');
    expect(diagnose(host, request(), PLAIN).text).not.toContain('\u001b');
    expect(diagnose(host, request(), { colour: true }).text).toContain('\u001b[31m');
  });
});
