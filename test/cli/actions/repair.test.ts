// repair and apply as a person runs them.

import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildFixture } from '../../fixture-hives.ts';
import { hivemend, makeDisk, put, SYSTEM_PATH, scratch, snapshot } from '../process.ts';

describe('repair', () => {
  it('changes what it planned, a second run changes nothing, undo gives the original bytes', async () => {
    const disk = makeDisk();
    const before = snapshot(disk);
    const dry = (await hivemend(['repair', disk, '--dry-run', '--json', '--skip', 'machine-keys'])).report();
    expect(snapshot(disk)).toEqual(before);
    const run = await hivemend(['repair', disk, '--yes', '--json', '--skip', 'machine-keys']);
    expect(run.status).toBe(0);
    const report = run.report();
    expect(report.changes.map((change) => [change.edit, change.after?.value])).toEqual(
      dry.changes.map((change) => [change.edit, change.after?.value]),
    );
    expect(Object.keys(snapshot(disk)).filter((name) => snapshot(disk)[name] !== before[name])).toEqual([
      'Boot/BCD',
      'Windows/System32/config/SOFTWARE',
      'Windows/System32/config/SYSTEM',
    ]);
    const again = await hivemend(['repair', disk, '--yes', '--json']);
    expect([again.status, again.report().status]).toEqual([0, 'unchanged']);
    expect((await hivemend(['diagnose', disk])).status).toBe(0);
    expect((await hivemend(['undo', disk, '--yes'])).status).toBe(0);
    expect(snapshot(disk)).toEqual(before);
  });

  it('ends with 1 while a cause is left, also where it has nothing to do, and with --only if it is about that cause', async () => {
    const disk = makeDisk();
    const file = join(scratch(), 'netvsc.reg');
    const key =
      'HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Control\\Class\\{4d36e972-e325-11ce-bfc1-08002be10318}\\0001';
    const values = '"DriverDesc"="Microsoft Hyper-V Network Adapter"\r\n"DriverVersion"="10.0.14393.594"\r\n';
    writeFileSync(file, `Windows Registry Editor Version 5.00\r\n\r\n[${key}]\r\n${values}`);
    expect((await hivemend(['reg', 'import', file, '--volume', disk])).status).toBe(0);
    const states: unknown[] = [];
    for (const words of [[], [], ['--only', 'tls'], ['--dry-run']]) {
      const run = await hivemend(['repair', disk, '--yes', '--json', ...words]);
      const { status, exitCode, changes, summary } = run.report();
      expect(summary.causes.map(({ code }) => code)).toEqual(['NETVSC_OUTDATED']);
      states.push([run.status, exitCode, status, changes.length > 0]);
    }
    expect(states).toEqual([
      [1, 1, 'partly', true],
      [1, 1, 'partly', false],
      [0, 0, 'unchanged', false],
      [0, 0, 'unchanged', false],
    ]);
    const { stdout } = await hivemend(['repair', disk, '--yes']);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain('nothing to do in these repairs, but 1 cause left');
  });

  it('asks, and without anyone to ask prints the plan, writes nothing and names --yes', async () => {
    const disk = makeDisk();
    const before = snapshot(disk);
    const run = await hivemend(['repair', disk]);
    expect(run.status).toBe(2);
    expect(run.stderr).toContain('fDenyTSConnections');
    expect(run.stderr).toContain('--yes');
    expect(snapshot(disk)).toEqual(before);
  });

  it('warns of the boot menu exactly where the plan shows it, in apply as well', async () => {
    const disk = makeDisk();
    const risk = async (...words: string[]): Promise<boolean> => {
      const { stdout } = await hivemend([...words, '--dry-run']);
      const isShown = /The boot menu will be\s+shown/.test(stdout);
      expect(isShown).toBe(stdout.includes('displaybootmenu'));
      return isShown;
    };
    expect(await risk('repair', disk, '--needed')).toBe(false);
    expect(await risk('repair', disk, '--only', 'serial-console', '--needed')).toBe(false);
    expect(await risk('repair', disk, '--only', 'serial-console', '--serial', 'ems')).toBe(false);
    expect(await risk('repair', disk, '--only', 'serial-console')).toBe(true);
    const plan = join(scratch(), 'plan.json');
    expect((await hivemend(['repair', disk, '--only', 'serial-console', '--plan', plan])).status).toBe(0);
    expect(await risk('apply', plan, disk)).toBe(true);
  });

  it('says with --needed that what is set besides was asked for', async () => {
    const disk = makeDisk();
    const run = await hivemend(['repair', disk, '--port', '4000', '--needed', '--dry-run']);
    expect(run.stdout).toMatch(/^ALSO ASKED FOR BY OPTIONS \(\d+\)$/m);
    expect(run.stdout).not.toContain('--needed');
    expect((await hivemend(['repair', disk, '--dry-run'])).stdout).toMatch(/^ALSO IN THIS REPAIR PROFILE \(\d+; skip/m);
  });

  it('goes on without a store, and says that a part was left out', async () => {
    const disk = makeDisk({ BCD: null });
    const run = await hivemend(['repair', disk, '--yes', '--json']);
    // The serial console is an extra: every cause is fixed.
    expect(run.status).toBe(0);
    expect(run.report().status).toBe('ok');
    expect(run.report().summary).toMatchObject({ state: 'fixed', notChecked: [{ check: 'boot' }, { check: 'keys' }] });
    expect(run.report().skipped.map((skipped) => skipped.what)).toContain('serial-console');
  });

  it('finds the store on a second volume', async () => {
    const disk = makeDisk({ BCD: null });
    const esp = scratch();
    put(esp, 'EFI/Microsoft/Boot/BCD', 'BCD-uefi');
    const run = await hivemend(['repair', disk, esp, '--only', 'serial-console', '--yes', '--json']);
    expect(run.stderr).toBe('');
    expect(run.report().machine?.firmware).toBe('uefi');
    expect(run.report().targets.map((target) => target.path)).toContain(join(esp, 'EFI/Microsoft/Boot/BCD'));
    expect((await hivemend(['undo', disk, esp, '--yes'])).status).toBe(0);
    expect(readFileSync(join(esp, 'EFI/Microsoft/Boot/BCD'))).toEqual(Buffer.from(buildFixture('BCD-uefi')));
  });

  it("writes the article's values to the letter when asked", async () => {
    const disk = makeDisk({ SYSTEM: 'SYSTEM-no-schannel' });
    expect(
      (await hivemend(['repair', disk, '--as-published', '--only', 'tls,nla,crash-dump', '--yes'])).status,
    ).not.toBe(2);
    const query = async (key: string, value: string): Promise<string> =>
      (await hivemend(['reg', '--volume', disk, 'query', `HKLM\\SYSTEM\\${key}`, '/v', value])).stdout;
    for (const set of ['ControlSet001', 'ControlSet002']) {
      for (const version of ['1.0', '1.1', '1.2']) {
        const key = `${set}\\Control\\SecurityProviders\\SCHANNEL\\Protocols\\TLS ${version}\\Server`;
        expect(await query(key, 'Enabled')).toContain('REG_DWORD    0x1');
      }
      const listener = `${set}\\Control\\Terminal Server\\WinStations\\RDP-Tcp`;
      for (const name of ['SecurityLayer', 'UserAuthentication', 'fAllowSecProtocolNegotiation']) {
        expect(await query(listener, name)).toContain('REG_DWORD    0x1');
      }
      expect(await query(`${set}\\Control\\CrashControl`, 'CrashDumpEnabled')).toContain('0x1');
      expect(await query(`${set}\\Control\\CrashControl`, 'NMICrashDump')).toContain('0x1');
      expect(await query(`${set}\\Control\\CrashControl`, 'DumpFile')).toContain(
        'REG_EXPAND_SZ    %SystemRoot%\\MEMORY.DMP',
      );
    }
  });

  it('saves a plan, which apply commits and nothing else; a disk that has changed is refused', async () => {
    const disk = makeDisk();
    const planFile = join(scratch(), 'plan.json');
    expect((await hivemend(['repair', disk, '--only', 'tls', '--plan', planFile])).status).toBe(0);
    const applied = await hivemend(['apply', planFile, disk, '--yes', '--json']);
    expect([applied.status, applied.report().status]).toEqual([0, 'ok']);
    const again = await hivemend(['apply', planFile, disk, '--yes', '--json']);
    expect(again.status).toBe(5);
    expect(again.report().error?.code).toBe('CHANGED_ON_DISK');
    const fresh = again.report().error?.hint?.replace('new-plan.json', join(scratch(), 'new-plan.json')) ?? '';
    expect(fresh).toMatch(/^hivemend repair \S+ --only tls --plan /);
    expect((await hivemend(fresh.split(' ').slice(1))).status).toBe(0);
  });

  it('keeps its journal where it is told', async () => {
    const disk = makeDisk();
    const state = scratch();
    expect(
      (await hivemend(['repair', disk, '--only', 'tls', '--yes', '--json', '--state-dir', state])).report().undo
        ?.journal,
    ).toContain(state);
    expect(existsSync(join(disk, 'hivemend'))).toBe(false);
    expect((await hivemend(['undo', disk, '--state-dir', state, '--yes'])).status).toBe(0);
    expect(readFileSync(join(disk, SYSTEM_PATH))).toEqual(Buffer.from(buildFixture('SYSTEM-broken')));
  });

  it('keeps its journal from other users', async () => {
    const disk = makeDisk();
    const report = (await hivemend(['repair', disk, '--only', 'tls', '--yes', '--json'])).report();
    expect(statSync(report.undo!.journal).mode & 0o777).toBe(0o700);
    for (const name of ['manifest.json', 'data.bin', 'report.json', 'README.txt', 'after-boot.cmd']) {
      expect(statSync(join(report.undo!.journal, name)).mode & 0o777).toBe(0o600);
    }
  });

  it('writes report and page beside its output, and never over a file unasked', async () => {
    const disk = makeDisk();
    const folder = scratch();
    const args = ['repair', disk, '--dry-run', '--report', join(folder, 'r.json'), '--html', join(folder, 'r.html')];
    expect((await hivemend(args)).status).toBe(0);
    expect(JSON.parse(readFileSync(join(folder, 'r.json'), 'utf8')).command).toBe('repair');
    expect(readFileSync(join(folder, 'r.html'), 'utf8')).toMatch(/^<!doctype html>/);
    const again = await hivemend(args);
    expect(again.status).toBe(2);
    expect(again.stderr).toContain('OUTPUT_EXISTS');
    expect((await hivemend([...args, '--force'])).status).toBe(0);
    expect((await hivemend(['diagnose', disk, '--report', join(disk, 'r.json')])).stderr).toContain('OUTSIDE_VOLUME');
  });
});
