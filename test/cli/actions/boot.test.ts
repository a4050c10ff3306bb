// A Windows that does not start, as a person works on it: --symptom with the code on the screen, --target, repair and undo.

import { describe, expect, it } from 'vitest';
import { hivemend, makeDisk, snapshot } from '../process.ts';

describe('--symptom', () => {
  it('takes the code on the screen, and refuses what is none', async () => {
    const disk = makeDisk({ SYSTEM: 'SYSTEM-healthy' });
    const run = await hivemend(['diagnose', disk, '--symptom', '0x7b', '--json']);
    const codes = run.report().findings.map(({ code }) => code);
    expect(codes).toContain('STOP_CODE');
    const refused = await hivemend(['diagnose', disk, '--symptom', 'blue']);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain('0xC000021A');
  });
});

describe('--target', () => {
  it('all: a line for each platform', async () => {
    const run = await hivemend(['diagnose', makeDisk(), '--target', 'all', '--json']);
    const lines = run.report().findings.filter(({ code }) => code === 'TARGET_READINESS');
    expect(lines).toHaveLength(11);
  });

  it('is refused where it is none, and where repair is to guess', async () => {
    const disk = makeDisk();
    for (const words of [
      ['diagnose', disk, '--target', 'cloud'],
      ['repair', disk, '--target', 'all'],
      ['repair', disk, '--profile', 'migrate'],
    ]) {
      expect((await hivemend(words)).status).toBe(2);
    }
  });
});

describe('repair --profile boot', () => {
  it('mends what keeps Windows from starting, and undo gives every byte back', async () => {
    const disk = makeDisk({ SYSTEM: 'SYSTEM-healthy' });
    const verifier = 'HKLM\\SYSTEM\\ControlSet001\\Control\\Session Manager\\Memory Management';
    await hivemend(['reg', 'add', '--volume', disk, verifier, '/v', 'VerifyDrivers', '/t', 'REG_SZ', '/d', '*', '/f']);
    await hivemend([
      'reg',
      'add',
      '--volume',
      disk,
      'HKLM\\SYSTEM\\Setup',
      '/v',
      'SetupType',
      '/t',
      'REG_DWORD',
      '/d',
      '2',
      '/f',
    ]);
    await hivemend(['undo', disk, '--forget', '--all', '--yes']);
    const before = snapshot(disk);
    const found = await hivemend(['diagnose', disk, '--symptom', 'boot', '--json']);
    expect(found.status).toBe(1);
    expect(
      found
        .report()
        .summary?.causes.map(({ code }) => code)
        .sort(),
    ).toEqual(['DRIVER_VERIFIER_ON', 'SETUP_COMMAND_MISSING']);
    const repaired = await hivemend(['repair', disk, '--profile', 'boot', '--needed', '--yes']);
    expect(repaired.stderr).toBe('');
    expect((await hivemend(['diagnose', disk, '--symptom', 'boot', '--json'])).report().summary?.causes).toEqual([]);
    expect((await hivemend(['undo', disk, '--yes'])).status).toBe(0);
    const after = snapshot(disk);
    for (const [path, bytes] of Object.entries(before)) expect([path, after[path]]).toEqual([path, bytes]);
  });
});
