import { describe, expect, it } from 'vitest';
import { hivemend, makeDisk, scratch } from '../process.ts';

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
