// A folder of the disk that is a link out of it: what needs the folder is left out with its reason, the rest goes on.

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hivemend, makeDisk, scratch, snapshot } from '../cli/process.ts';

const KEYS = 'ProgramData/Microsoft/Crypto/RSA/MachineKeys';

describe.each([KEYS, 'ProgramData', 'Windows/System32/config/TxR'])('%s as a link out of the volume', (linked) => {
  function diskWithLink(): { readonly disk: string; readonly outside: string } {
    const [disk, outside] = [makeDisk(), scratch()];
    writeFileSync(join(outside, 'somebody'), 'else');
    const link = join(disk, ...linked.split('/'));
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(outside, link);
    return { disk, outside };
  }
  const isOfKeys = linked.startsWith('ProgramData');

  it('does not keep the rest from being judged', async () => {
    const { disk } = diskWithLink();
    const run = await hivemend(['diagnose', disk, '--json']);
    expect(run.status, run.stdout).toBe(1);
    const codes = run.report().findings.map(({ code }) => code);
    expect(codes).toEqual(expect.arrayContaining(['NOT_JUDGED', 'RDP_DENIED', 'CERTIFICATE_EXPIRED']));
    const { checks } = run.report() as unknown as { checks: { link: string; verdict: string }[] };
    expect(checks.find(({ link }) => link === 'keys')?.verdict).toBe('unknown');
  });

  it('does not keep the rest from being repaired', async () => {
    const { disk, outside } = diskWithLink();
    const run = await hivemend(['repair', disk, '--yes', '--json', '--all-keys']);
    expect(run.report().error).toBeNull();
    expect(run.report().changes.length).toBeGreaterThan(10);
    const why = run.report().skipped.find(({ what }) => what === 'machine-keys')?.why;
    expect(why).toContain(isOfKeys ? 'is a link' : 'this disk lacks');
    expect(snapshot(outside)).toEqual({ somebody: Buffer.from('else').toString('hex') });
  });
});
