// The rescue as a person types it: diagnose, repair, apply, undo, on folders that hold the fixtures' hives.

import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../../src/report.ts';
import { buildFixture } from '../../fixture-hives.ts';
import { BCD_PATH, hivemend, makeDisk, put, SYSTEM_PATH, scratch, snapshot } from '../process.ts';

describe('diagnose', () => {
  it('names what breaks RDP and writes nothing', async () => {
    const disk = makeDisk();
    const before = snapshot(disk);
    const run = await hivemend(['diagnose', disk]);
    expect(run.status).toBe(1);
    expect(run.stdout).toContain('TLS_DISABLED');
    expect(run.stdout).toContain('APP-SRV-07');
    expect(snapshot(disk)).toEqual(before);
    expect(existsSync(join(disk, 'hivemend'))).toBe(false);
  });

  it('lists what an option asks for apart from what --needed leaves out', async () => {
    const disk = makeDisk();
    const options = ['--needed', '--port', '4000'];
    const run = await hivemend(['diagnose', disk, ...options]);
    expect(run.stdout).toMatch(/Plan: what an option asks for.*\n(?: .*\n)* +PortNumber = REG_DWORD 4000/);
    expect(run.stdout).not.toContain('left out by --needed');
    const { plan } = (await hivemend(['diagnose', disk, ...options, '--json'])).report() as unknown as {
      plan: Record<'requested' | 'besides', { edit: { name?: string } }[]>;
    };
    expect(plan.besides).toEqual([]);
    expect(plan.requested.map(({ edit }) => edit.name)).toContain('PortNumber');
    // What stands apart is what repair with --needed writes, too.
    const written = (await hivemend(['repair', disk, ...options, '--dry-run', '--json'])).report().changes;
    expect(written.map(({ edit }) => ('name' in edit ? edit.name : ''))).toContain('PortNumber');
    expect((await hivemend(['diagnose', disk])).stdout).toContain('left out by --needed');
  });

  it('prints the very plan that repair commits', async () => {
    const disk = makeDisk();
    const diagnosed = (await hivemend(['diagnose', disk, '--json'])).report() as unknown as {
      plan: Record<'mends' | 'requested' | 'besides', { edit: unknown }[]>;
    };
    const dry = await hivemend(['repair', disk, '--dry-run', '--json']);
    const planFile = join(scratch(), 'plan.json');
    await hivemend(['repair', disk, '--plan', planFile]);
    const plan = JSON.parse(readFileSync(planFile, 'utf8')) as Plan;
    const listed = [...diagnosed.plan.mends, ...diagnosed.plan.requested, ...diagnosed.plan.besides].map((change) =>
      JSON.stringify(change.edit),
    );
    expect(listed.sort()).toEqual(plan.edits.map((edit) => JSON.stringify(edit)).sort());
    expect(dry.report().changes.length).toBeGreaterThan(0);
  });
});

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

  it('asks, and without anyone to ask prints the plan, writes nothing and names --yes', async () => {
    const disk = makeDisk();
    const before = snapshot(disk);
    const run = await hivemend(['repair', disk]);
    expect(run.status).toBe(2);
    expect(run.stderr).toContain('fDenyTSConnections');
    expect(run.stderr).toContain('--yes');
    expect(snapshot(disk)).toEqual(before);
  });

  it('goes on without a store, and says that a part was left out', async () => {
    const disk = makeDisk({ BCD: null });
    const run = await hivemend(['repair', disk, '--yes', '--json']);
    expect(run.status).toBe(1);
    expect(run.report().status).toBe('partly');
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

describe('undo --values', () => {
  it('puts back what still holds what was written, and names what somebody has changed', async () => {
    const disk = makeDisk();
    expect((await hivemend(['repair', disk, '--only', 'tls,nla', '--yes'])).status).not.toBe(2);
    const key = 'HKLM\\SYSTEM\\ControlSet001\\Control\\Terminal Server\\WinStations\\RDP-Tcp';
    await hivemend([
      'reg',
      '--volume',
      disk,
      '--state-dir',
      scratch(),
      'add',
      key,
      '/v',
      'SecurityLayer',
      '/t',
      'REG_DWORD',
      '/d',
      '2',
      '/f',
    ]);
    const bytes = await hivemend(['undo', disk, '--yes', '--json']);
    expect(bytes.status).toBe(5);
    expect(bytes.report().error?.hint).toContain('--values');
    const run = await hivemend(['undo', disk, '--values', '--yes', '--json']);
    expect(run.status).toBe(1);
    expect(run.report().findings.map((finding) => finding.code)).toContain('NOT_TAKEN_BACK');
    const layer = (await hivemend(['reg', '--volume', disk, 'query', key, '/v', 'SecurityLayer'])).stdout;
    expect(layer).toContain('0x2');
    expect((await hivemend(['reg', '--volume', disk, 'query', key, '/v', 'UserAuthentication'])).stdout).toContain(
      '0x0',
    );
  });
});

describe('what is refused, and how it is said', () => {
  const cases: readonly [string, number, () => ReturnType<typeof hivemend>][] = [
    ['BAD_ARGUMENT', 2, () => hivemend(['repair', makeDisk(), '--dryrun', '--json'])],
    ['BAD_ARGUMENT', 2, () => hivemend(['repair', makeDisk(), '--only', 'tsl', '--json'])],
    [
      'BAD_VALUE',
      2,
      async () =>
        await hivemend([
          'export',
          '--since',
          'yesterday',
          '-o',
          join(scratch(), 'x'),
          join(makeDisk(), SYSTEM_PATH),
          '--json',
        ]),
    ],
    ['NOT_CONFIRMED', 2, () => hivemend(['repair', makeDisk(), '--json'])],
    [
      'OUTPUT_EXISTS',
      2,
      async () => {
        const disk = makeDisk();
        return await hivemend(['import', '--new', join(disk, SYSTEM_PATH), 'fixtures/SOFTWARE.xml', '--json']);
      },
    ],
    [
      'BAD_SYNTAX',
      2,
      async () => {
        const file = join(scratch(), 'bad.reg');
        writeFileSync(file, 'Windows Registry Editor Version 5.00\r\n\r\n[x\r\n');
        return await hivemend(['import', join(makeDisk(), SYSTEM_PATH), file, '--yes', '--json']);
      },
    ],
    ['WINDOWS_NOT_FOUND', 3, () => hivemend(['diagnose', scratch(), '--json'])],
    ['FILE_NOT_FOUND', 3, () => hivemend(['diagnose', '/nonexistent/disk', '--json'])],
    ['KEY_NOT_FOUND', 3, () => hivemend(['repair', makeDisk(), '--control-sets', '007', '--yes', '--json'])],
    ['JOURNAL_NOT_FOUND', 3, () => hivemend(['undo', makeDisk(), '--yes', '--json'])],
    ['NOT_A_HIVE', 4, () => hivemend(['diagnose', makeDisk({ SYSTEM: new Uint8Array(8192) }), '--json'])],
    [
      'DAMAGED_HIVE',
      5,
      async () =>
        await hivemend(['repair', makeDisk({ SYSTEM: buildFixture('SYSTEM-broken').slice(0, 8192) }), '--json']),
    ],
    ['UNSUPPORTED_VERSION', 4, () => hivemend(['diagnose', makeDisk({ SYSTEM: withMinor(2) }), '--json'])],
    ['DIRTY_HIVE', 5, () => hivemend(['repair', makeDisk({ SYSTEM: dirty() }), '--yes', '--json'])],
    ['WRONG_MACHINE', 5, () => hivemend(['repair', makeDisk(), '--expect', 'OTHER', '--yes', '--json'])],
    [
      'AMBIGUOUS',
      5,
      async () => {
        const disk = makeDisk();
        put(disk, 'WINNT/System32/config/SYSTEM', 'SYSTEM-healthy');
        return await hivemend(['repair', disk, '--yes', '--json']);
      },
    ],
    ['DAMAGED_HIVE', 5, () => hivemend(['repair', makeDisk({ SYSTEM: 'SOFTWARE' }), '--yes', '--json'])],
    ['READ_ONLY', 5, () => hivemend(['repair', makeDisk(), '--yes', '--json'], { env: { HIVEMEND_READ_ONLY: '1' } })],
    [
      'DAMAGED_HIVE',
      5,
      async () => {
        const disk = makeDisk({ SYSTEM: withWrongHashes() });
        return await hivemend([
          'reg',
          '--volume',
          disk,
          '--json',
          'add',
          'HKLM\\SYSTEM\\ControlSet001\\Control\\Another',
          '/f',
        ]);
      },
    ],
  ];

  it.each(cases)('%s, exit %i', async (code, status, run) => {
    const result = await run();
    expect(result.report().error?.code, result.stdout.slice(0, 2000)).toBe(code);
    expect(result.status).toBe(status);
  });

  it('suggests the option that was meant', async () => {
    expect((await hivemend(['repair', makeDisk(), '--dryrun'])).stderr).toContain('--dry-run');
  });

  it('says what a file that may not be written is', async () => {
    if (process.getuid?.() === 0) return;
    const disk = makeDisk();
    chmodSync(join(disk, SYSTEM_PATH), 0o400);
    expect((await hivemend(['repair', disk, '--yes', '--json'])).report().error?.code).toBe('NO_RIGHTS');
  });

  it('refuses a second hivemend on the same volume', async () => {
    const disk = makeDisk();
    mkdirSync(join(disk, 'hivemend'), { mode: 0o700 });
    const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    writeFileSync(join(disk, 'hivemend', 'lock'), JSON.stringify({ bootId, hostName: 'x', pid: process.pid }), {
      mode: 0o600,
    });
    const run = await hivemend(['repair', disk, '--yes', '--json']);
    expect(run.report().error?.code).toBe('LOCKED');
    expect(readFileSync(join(disk, BCD_PATH))).toEqual(Buffer.from(buildFixture('BCD-bios')));
  });
});

function withMinor(minor: number): Uint8Array {
  const image = buildFixture('SYSTEM-broken');
  image[0x18] = minor;
  return withChecksum(image);
}

function dirty(): Uint8Array {
  const image = buildFixture('SYSTEM-broken');
  image[4]! += 1;
  return withChecksum(image);
}

/** Wrong hashes in every list of subkeys: a defect that the making of a key touches. */
function withWrongHashes(): Uint8Array {
  const image = buildFixture('SYSTEM-no-schannel');
  const view = new DataView(image.buffer);
  for (let offset = 4096; offset < image.byteLength - 8; offset += 8) {
    if (view.getUint16(offset + 4, true) === 0x686c)
      view.setUint32(offset + 12, view.getUint32(offset + 12, true) ^ 1, true);
  }
  return image;
}

function withChecksum(image: Uint8Array): Uint8Array {
  const view = new DataView(image.buffer);
  let sum = 0;
  for (let offset = 0; offset < 508; offset += 4) sum ^= view.getUint32(offset, true);
  view.setUint32(508, sum >>> 0, true);
  return image;
}
