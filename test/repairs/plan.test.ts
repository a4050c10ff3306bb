import { describe, expect, it } from 'vitest';
import { RefusedError } from '../../src/base/errors.ts';
import { diagnoseMachine } from '../../src/repairs/diagnose.ts';
import { type PlanOptions, planOptions, planRepair } from '../../src/repairs/plan.ts';
import { profileNamed } from '../../src/repairs/profiles.ts';
import { CERTIFICATES } from './certificates.ts';
import { type Damage, Disk } from './disks.ts';

const DEFAULTS = planOptions(profileNamed('rdp-internal-error'), {});
const only = (...names: string[]): PlanOptions => planOptions(profileNamed('rdp-internal-error'), {}, { only: names });
const BROKEN: Damage = {
  set1: { Control: { 'Terminal Server': { fDenyTSConnections: 1, WinStations: { 'RDP-Tcp': { SecurityLayer: 0 } } } } },
};

describe('a plan', () => {
  it("is diagnose's plan", () => {
    const view = new Disk(BROKEN).view();
    expect(diagnoseMachine(view, DEFAULTS).plan).toEqual(planRepair(view, DEFAULTS));
  });

  it('has two parts that together are its edits, in the order of the repairs', () => {
    const plan = planRepair(new Disk(BROKEN).view(), DEFAULTS);
    expect(plan.fixes.length + plan.requested.length + plan.besides.length).toBe(plan.edits.length);
    expect(plan.edits).toEqual(plan.parts.flatMap((part) => part.edits));
    expect(plan.edits.every((planned) => plan.parts.some((part) => part.edits.includes(planned)))).toBe(true);
  });

  it('refuses a repair that does not exist, and suggests the nearest', () => {
    const { hint } = catching(() => planRepair(new Disk().view(), only('rdp-listner')));
    expect(hint).toBe('did you mean rdp-listener?');
    expect(catching(() => planRepair(new Disk().view(), { ...DEFAULTS, skip: ['tsl'] })).hint).toBe(
      'did you mean tls?',
    );
    const message = (name: string) => catching(() => planRepair(new Disk().view(), only(name))).message;
    expect(message('tsl')).toBe('"tsl" is not a repair');
    expect(message('everything')).toContain('the repairs are ');
  });

  it('leaves out what is skipped', () => {
    const plan = planRepair(new Disk(BROKEN).view(), { ...DEFAULTS, skip: ['nla', 'rdp-listener'] });
    expect(plan.parts.map((part) => part.name)).not.toContain('nla');
    expect(plan.edits).toEqual([]);
  });

  it('says of a repair that was asked for why it cannot be done, and goes on with the others', () => {
    const disk = new Disk(BROKEN);
    const view = { ...disk.view(), software: null, bcd: null, bcdMissing: 'no store', files: null };
    const plan = planRepair(view, only('nla', 'rdp-certificate', 'machine-keys', 'serial-console'));
    expect(plan.skipped.map(({ what }) => what)).toEqual(['rdp-certificate', 'machine-keys', 'serial-console']);
    expect(plan.fixes).not.toEqual([]);
    // Nobody asked for a repair that the profile only fixes.
    expect(planRepair(view, DEFAULTS).skipped.map(({ what }) => what)).not.toContain('rdp-certificate');
  });

  it('turns a look that is refused into a part that is left out', () => {
    const disk = new Disk();
    const files = {
      ...disk.files,
      descriptor: () => {
        throw new RefusedError('NO_RIGHTS', 'only root may read this');
      },
    };
    const plan = planRepair({ ...disk.view(), files }, only('machine-keys'));
    expect(plan.skipped).toEqual([{ what: 'machine-keys', why: 'only root may read this' }]);
  });

  it('keeps the key that a fixing edit needs, and not the others', () => {
    const disk = new Disk({
      remove: [{ op: 'delete-key', key: { hive: 'SYSTEM', path: ['ControlSet001', 'Control', 'CrashControl'] } }],
    });
    expect(planRepair(disk.view(), { ...DEFAULTS, needed: true }).edits).toEqual([]);
  });
});

describe('what a plan says beside its edits', () => {
  it('each change of security, with the line that takes it back', () => {
    const plan = planRepair(new Disk(BROKEN).view(), DEFAULTS);
    const security = plan.findings.filter((finding) => finding.security !== undefined);
    expect(security.map(({ code, repair, revert }) => [code, repair, revert])).toEqual([
      [
        'SECURITY_LOWERED',
        'rdp-listener',
        [
          'reg add "HKLM\\SYSTEM\\ControlSet001\\Control\\Terminal Server" /v "fDenyTSConnections" /t REG_DWORD /d 1 /f',
        ],
      ],
      [
        'SECURITY_RAISED',
        'nla',
        [
          'reg add "HKLM\\SYSTEM\\ControlSet001\\Control\\Terminal Server\\WinStations\\RDP-Tcp" /v "SecurityLayer" /t REG_DWORD /d 0 /f',
        ],
      ],
    ]);
  });

  it('in a domain, which values its policy sets back, until group policy is held', () => {
    const damage: Damage = {
      set1: {
        Control: { 'Terminal Server': { fDenyTSConnections: 1 } },
        Services: { Tcpip: { Parameters: { Domain: 'corp.example' } } },
      },
    };
    const view = new Disk(damage).view();
    const told = planRepair(view, DEFAULTS).findings.find(({ code }) => code === 'POLICY_WILL_SET_BACK');
    expect(told).toMatchObject({ severity: 'warning', repair: 'group-policy-off' });
    expect(told?.text).toContain('corp.example');
    expect(told?.text).toContain('SYSTEM\\ControlSet001\\Control\\Terminal Server\\fDenyTSConnections');
    const held = planRepair(view, only('rdp-listener', 'group-policy-off')).findings;
    expect(held.find(({ code }) => code === 'POLICY_WILL_SET_BACK')?.severity).toBe('info');
    // A healthy machine in a domain is told nothing.
    const healthy = new Disk({ set1: { Services: { Tcpip: { Parameters: { Domain: 'corp.example' } } } } }).view();
    expect(planRepair(healthy, DEFAULTS).findings).toEqual([]);
    expect(diagnoseMachine(healthy, DEFAULTS).findings).toEqual([]);
  });

  it('on a clone, that permissions on the old key do not help', () => {
    const clone: Damage = {
      files: {
        '\\ProgramData\\Microsoft\\Crypto\\RSA\\MachineKeys': [
          'f686aace6942fb7f7ceb231212eef4a4_11111111-2222-3333-4444-555555555555',
        ],
      },
      software: {
        Microsoft: {
          SystemCertificates: {
            'Remote Desktop': { Certificates: { [CERTIFICATES.valid.thumbprint]: { Blob: CERTIFICATES.valid.blob } } },
          },
        },
      },
    };
    const disk = new Disk(clone);
    const plan = planRepair(disk.view(), DEFAULTS);
    expect(plan.findings.map(({ code }) => code)).toContain('MACHINE_GUID_CHANGED');
    // The certificate belongs to the old key: out with it, so that the service makes both anew.
    expect(plan.fixes.map(({ fixes }) => fixes)).toEqual(['CERTIFICATE_KEY_MISSING']);
    expect(plan.fixes[0]?.edit).toMatchObject({ op: 'delete-key' });
  });
});

describe('certificates', () => {
  const { issuedExpired, issued } = CERTIFICATES;

  it('of an authority are unpinned when expired, never taken out', () => {
    const disk = new Disk({
      set1: {
        Control: {
          'Terminal Server': {
            WinStations: {
              'RDP-Tcp': { SSLCertificateSHA1Hash: { type: 3, hex: issuedExpired.thumbprint.toLowerCase() } },
            },
          },
        },
      },
      software: {
        Microsoft: {
          SystemCertificates: {
            'Remote Desktop': { Certificates: { [issuedExpired.thumbprint]: { Blob: issuedExpired.blob } } },
          },
        },
      },
    });
    const plan = planRepair(disk.view(), only('rdp-certificate'));
    expect(plan.edits.map(({ edit }) => edit.op)).toEqual(['delete-value']);
    expect(plan.edits[0]?.security?.effect).toBe('lowers');
  });

  it('of an authority that are valid stay pinned', () => {
    const disk = new Disk({
      set1: {
        Control: {
          'Terminal Server': {
            WinStations: { 'RDP-Tcp': { SSLCertificateSHA1Hash: { type: 3, hex: issued.thumbprint.toLowerCase() } } },
          },
        },
      },
      software: {
        Microsoft: { SystemCertificates: { MY: { Certificates: { [issued.thumbprint]: { Blob: issued.blob } } } } },
      },
    });
    expect(planRepair(disk.view(), only('rdp-certificate')).edits).toEqual([]);
    expect(diagnoseMachine(disk.view(), DEFAULTS).findings).toEqual([]);
  });
});

function catching(work: () => unknown): { readonly message: string; readonly hint?: string } {
  try {
    work();
  } catch (error) {
    return error as { message: string; hint?: string };
  }
  throw new Error('nothing was thrown');
}
