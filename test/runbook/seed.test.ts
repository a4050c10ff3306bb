// The published article whose offline part must work, as it is, with its defects; and the commands as a person types them.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hivemend, makeDisk, put, scratch, snapshot } from '../cli/process.ts';
import { sharedHives } from '../shared-hives.ts';
import { disk, file } from './disk.ts';

const article = sharedHives === null ? '' : join(dirname(sharedHives), 'seed', 'rdp-internal-error.nl.md');
const hasArticle = article !== '' && existsSync(article);
const KEYS = 'ProgramData/Microsoft/Crypto/RSA/MachineKeys';

interface RunData {
  readonly data: {
    readonly steps: { readonly at: { line: number }; readonly state: string; readonly effective: string }[];
    readonly listings: string[];
  };
}

async function value(volume: string, key: string, name: string): Promise<string> {
  return (await hivemend(['reg', '--volume', volume, 'query', `HKLM\\SYSTEM\\${key}`, '/v', name])).stdout;
}

describe.skipIf(!hasArticle)('the article (skipped where its file is not there)', () => {
  for (const kind of ['BIOS', 'Gen2'] as const) {
    it(`${kind}: refused for its cut line, run with --skip-unresolved, read back, undone`, async () => {
      const on = disk({ esp: kind === 'Gen2' });
      file(on.windows, `${KEYS}/f686aace6942fb7f7ceb231212eef4a4_x`, 'key');
      const out = scratch();
      const where = [
        '--drive',
        `F:=${on.windows}`,
        ...(on.esp === null ? [] : ['--volume', on.esp]),
        '--out',
        join(out, 'listings'),
      ];
      const before = [on.windows, on.esp ?? on.windows].map(snapshot);
      const refused = await hivemend(['run', article, ...where, '--yes', '--json']);
      expect([refused.status, refused.report().error?.code]).toEqual([5, 'UNRESOLVED_LINE']);
      const dry = await hivemend(['run', article, ...where, '--dry-run', '--skip-unresolved', '--json']);
      expect([on.windows, on.esp ?? on.windows].map(snapshot)).toEqual(before);
      const done = await hivemend(['run', article, ...where, '--yes', '--skip-unresolved', '--json']);
      expect(done.status, done.stderr).toBe(1);
      const report = done.report();
      expect(report.status).toBe('partly');
      // What the script comes to on this machine: TLS is on again, and the rest is said.
      const { state, fixed, causes } = report.summary;
      expect(state).toBe('broken');
      expect(fixed.map(({ code }) => code)).toContain('TLS_DISABLED');
      expect(causes.map(({ code }) => code)).toContain('RDP_DENIED');
      expect(report.changes.map((change) => change.edit)).toEqual(dry.report().changes.map((change) => change.edit));
      const found = report.findings.map((finding) => `${finding.where.line} ${finding.code}`);
      for (const wanted of [
        '206 HIVE_FILE_SUFFIX',
        '212 LOADER_PLACEHOLDER',
        '220 CONTROL_SET_BY_NUMBER',
        '254 HIVE_FILE_SUFFIX',
        '266 CUT_LINE',
        '302 GLUED_COMMAND',
      ]) {
        expect(found).toContain(wanted);
      }
      const { steps, listings } = (JSON.parse(done.stdout) as RunData).data;
      expect(
        steps.every((step) => step.at.line >= 206),
        'blocks for the running system are not run',
      ).toBe(true);
      expect(listings).toEqual(['C\\temp\\BeforeScript_permissions.txt', 'C\\temp\\AfterScript_permissions.txt']);
      expect(existsSync(join(out, 'listings/C/temp/BeforeScript_permissions.txt'))).toBe(true);
      for (const set of ['ControlSet001', 'ControlSet002']) {
        const query = await hivemend(['reg', '--volume', on.windows, 'query', `HKLM\\SYSTEM\\${set}\\Control`, '/s']);
        expect(query.status, query.stderr).toBe(0);
        const keys = new Map(query.stdout.split(/\n\n/).map((block) => [block.trim().split('\n')[0]!, block]));
        const at = (key: string): string => keys.get(`HKEY_LOCAL_MACHINE\\SYSTEM\\${set}\\Control\\${key}`) ?? '';
        for (const version of ['1.0', '1.1', '1.2']) {
          expect(at(`SecurityProviders\\SCHANNEL\\Protocols\\TLS ${version}\\Server`)).toMatch(
            /Enabled\s+REG_DWORD\s+0x1/,
          );
        }
        for (const name of ['SecurityLayer', 'UserAuthentication', 'fAllowSecProtocolNegotiation']) {
          expect(at('Terminal Server\\WinStations\\RDP-Tcp')).toMatch(new RegExp(`${name}\\s+REG_DWORD\\s+0x1`));
        }
        expect(at('CrashControl')).toContain('%SystemRoot%\\MEMORY.DMP');
      }
      const store = on.esp === null ? join(on.windows, 'Boot/BCD') : join(on.esp, 'EFI/Microsoft/Boot/BCD');
      expect((await hivemend(['bcdedit', '/store', store, '/enum', '{bootmgr}'])).stdout).toMatch(/timeout\s+5/);
      expect(existsSync(join(on.windows, 'Windows/System32/config/SYSTEM.hiv'))).toBe(false);
      expect((await hivemend(['undo', on.windows, ...(on.esp === null ? [] : [on.esp]), '--yes'])).status).toBe(0);
      expect([on.windows, on.esp ?? on.windows].map(snapshot)).toEqual(before);
    });
  }
});

describe('run', () => {
  const line = 'reg add HKLM\\BROKENSYSTEM\\ControlSet001\\Control\\Lsa /v X /t REG_DWORD /d 1 /f\n';
  const script = (text: string): string => {
    const path = join(scratch(), 'fix.cmd');
    writeFileSync(path, text);
    return path;
  };

  it('reads standard input, asks, and names the drives that a script needs', async () => {
    const volume = makeDisk();
    const asked = await hivemend(['run', '-', '--drive', `F:=${volume}`, '--json'], { input: line });
    expect([asked.status, asked.report().error?.code]).toEqual([2, 'NOT_CONFIRMED']);
    expect((await hivemend(['run', '-', '--drive', `F:=${volume}`, '--yes'], { input: line })).status).toBe(0);
    expect(await value(volume, 'ControlSet001\\Control\\Lsa', 'X')).toContain('0x1');
    const none = await hivemend(['run', script('bcdedit /store F:\\boot\\bcd /enum\n')]);
    expect(none.stderr).toContain('--drive F:=');
  });

  it('shows the script beside what is run, and writes nothing in a dry run', async () => {
    const volume = makeDisk();
    const before = snapshot(volume);
    const shown = await hivemend([
      'run',
      script(`REG LOAD HKLM\\B F:\\windows\\system32\\config\\SYSTEM.hiv\n${line}`),
      '--drive',
      `F:=${volume}`,
      '--dry-run',
    ]);
    expect(shown.stdout).toMatch(
      /1 {2}no change +REG LOAD HKLM\\B F:\\windows\\system32\\config\\SYSTEM\.hiv\n\s+-> REG LOAD HKLM\\B F:\\windows\\system32\\config\\SYSTEM\n/,
    );
    expect(shown.stdout).toContain('X: absent -> REG_DWORD 1');
    expect(snapshot(volume)).toEqual(before);
  });

  it('saves a plan that apply commits', async () => {
    const volume = makeDisk();
    const plan = join(scratch(), 'plan.json');
    expect((await hivemend(['run', script(line), '--drive', `F:=${volume}`, '--plan', plan])).status).toBe(0);
    expect((await hivemend(['apply', plan, volume, '--yes'])).status).toBe(0);
    expect(await value(volume, 'ControlSet001\\Control\\Lsa', 'X')).toContain('0x1');
  });

  it('stops at a command for a running Windows with --strict, and is refused where only reading is allowed', async () => {
    const volume = makeDisk();
    expect(
      (
        await hivemend([
          'run',
          script(`sfc /scannow /offbootdir=F:\\\n${line}`),
          '--drive',
          `F:=${volume}`,
          '--strict',
          '--yes',
        ])
      ).status,
    ).toBe(5);
    expect(
      (await hivemend(['run', script(line), '--drive', `F:=${volume}`, '--yes'], { env: { HIVEMEND_READ_ONLY: '1' } }))
        .status,
    ).toBe(5);
  });

  it('finds the store on a second volume by its usual path', async () => {
    const windows = makeDisk({ BCD: null });
    const esp = scratch();
    put(esp, 'EFI/Microsoft/Boot/BCD', 'BCD-uefi');
    const text = 'bcdedit /store F:\\boot\\bcd /set {default} recoveryenabled Off\n';
    expect(
      (await hivemend(['run', script(text), '--drive', `F:=${windows}`, '--yes', '--json'])).report().error?.code,
    ).toBe('UNRESOLVED_LINE');
    const report = (
      await hivemend(['run', script(text), '--drive', `F:=${windows}`, '--volume', esp, '--yes', '--json'])
    ).report();
    expect([report.status, report.changes.length]).toEqual(['ok', 2]);
  });
});

describe('lint', () => {
  it('prints text, JSON and SARIF, and fails on the severity that is asked for', async () => {
    const path = join(scratch(), 'page.md');
    writeFileSync(
      path,
      '```cmd\nreg load HKLM\\B F:\\windows\\system32\\config\\SYSTEM.hiv\nreg unload HKLM\\B\nbcdedit /store F:\\boot\\bcd /enum\n```\n',
    );
    const text = await hivemend(['lint', path]);
    expect([text.status, text.stdout.split('\n')[0]]).toEqual([
      1,
      expect.stringContaining(`${path}:2:17: error hive-file-suffix: `),
    ]);
    expect(JSON.parse((await hivemend(['lint', path, '--format', 'json'])).stdout)).toMatchObject([
      { rule: 'hive-file-suffix', where: { line: 2 } },
      { rule: 'store-beside-windows' },
    ]);
    const log = JSON.parse((await hivemend(['lint', path, '--format', 'sarif'])).stdout);
    expect(log.version).toBe('2.1.0');
    expect(log.runs[0].results[0]).toMatchObject({
      ruleId: 'hive-file-suffix',
      level: 'error',
      locations: [{ physicalLocation: { region: { startLine: 2, startColumn: 17 } } }],
    });
    writeFileSync(
      path,
      '```cmd\nrem hivemend-ignore hive-file-suffix\nreg load HKLM\\B F:\\windows\\system32\\config\\SYSTEM.hiv\nreg unload HKLM\\B\nbcdedit /store F:\\boot\\bcd /enum\n```\n',
    );
    expect((await hivemend(['lint', path])).status).toBe(0);
    expect((await hivemend(['lint', path, '--fail-on', 'info'])).status).toBe(1);
    expect(readFileSync(path, 'utf8')).toContain('hivemend-ignore');
  });
});
