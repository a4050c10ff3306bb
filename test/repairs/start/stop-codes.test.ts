import { describe, expect, it } from 'vitest';
import { FINDING_GROUPS } from '../../../src/base/codes/codes.ts';
import { encodeUtf16le } from '../../../src/base/text.ts';
import { diagnoseMachine } from '../../../src/repairs/diagnose.ts';
import { planOptions, planRepair } from '../../../src/repairs/plan.ts';
import { profileNamed } from '../../../src/repairs/profiles.ts';
import { decodeBlamedDriver, decodeDumpHeader } from '../../../src/repairs/start/dump.ts';
import { STOP_CODES, stopCodeOf, stopCodeText } from '../../../src/repairs/start/stop-codes.ts';
import type { MachineView, VolumeFiles } from '../../../src/repairs/view.ts';
import { type BootDamage, bootDisk, DISK_CLASS } from '../boot-disk.ts';

const OPTIONS = planOptions(profileNamed('boot'), {});

describe('the table', () => {
  it('has each code once, and names codes of findings that there are', () => {
    expect(new Set(STOP_CODES.map(({ code }) => code)).size).toBe(STOP_CODES.length);
    const known = new Set(FINDING_GROUPS.flatMap(({ notes }) => Object.keys(notes)));
    for (const { findings } of STOP_CODES) for (const code of findings) expect(known).toContain(code);
  });

  it.each(['0x7B', '7b', '0x0000007B', '0x7b', 'INACCESSIBLE_BOOT_DEVICE'])('takes %s', (text) => {
    expect(stopCodeOf(text)?.code).toBe(0x7b);
  });

  it.each(['', '0x', '7bz', '0x12345', 'boot', '0x17B'])('does not take %j', (text) => {
    expect(stopCodeOf(text)).toBeNull();
  });

  it('shows a code as Windows does', () => {
    expect(stopCodeText(0xc0000225)).toBe('0xC0000225');
  });
});

describe('the code on the screen', () => {
  const damage: BootDamage = {
    set1: {
      Control: {
        Class: { [DISK_CLASS]: { LowerFilters: ['gone'] } },
        'Session Manager': { SubSystems: { Required: [] } },
      },
    },
  };
  const codes = (stop: string) =>
    diagnoseMachine(bootDisk(damage).view(), OPTIONS, 'boot', stopCodeOf(stop)).findings.map(({ code }) => code);

  it('puts its causes first, and says what else it may be', () => {
    expect(codes('0x7B').slice(0, 2)).toEqual(['FILTER_DEAD', 'SUBSYSTEM_NOT_REQUIRED']);
    expect(codes('0xC000021A').slice(0, 2)).toEqual(['SUBSYSTEM_NOT_REQUIRED', 'FILTER_DEAD']);
    expect(codes('0xC000021A')).toContain('STOP_CODE');
  });
});

/** A dump of 64 or 32 bits as its header has it. */
function dump(signature: 'PAGEDU64' | 'PAGEDUMP', code: number, time: bigint): Uint8Array {
  const bytes = new Uint8Array(0x1000);
  bytes.set(new TextEncoder().encode(signature));
  const view = new DataView(bytes.buffer);
  const is64 = signature === 'PAGEDU64';
  view.setUint32(is64 ? 0x38 : 0x28, code, true);
  if (is64) view.setBigUint64(0x40, 0xffff_f800_0000_0010n, true);
  else view.setUint32(0x2c, 0x10, true);
  view.setBigUint64(is64 ? 0xfa8 : 0xfc0, time, true);
  return bytes;
}

/** 2024-07-19T06:10:00Z. */
const CRASHED = 133_658_430_000_000_000n;

describe('what the last start left', () => {
  const viewOf = (
    contents: Readonly<Record<string, Uint8Array>>,
    times: Readonly<Record<string, bigint>> = {},
  ): MachineView => {
    const view = bootDisk().view();
    const files: VolumeFiles = {
      ...view.files!,
      list: (path) =>
        path.endsWith('Minidump')
          ? Object.keys(contents)
              .filter((name) => name.startsWith(path))
              .map((name) => name.slice(path.length + 1))
          : view.files!.list(path),
      readFile: (path) => contents[path] ?? null,
      modifiedAt: (path) => times[path] ?? null,
    };
    return { ...view, files };
  };
  const texts = (view: MachineView, code: string): string[] =>
    diagnoseMachine(view, OPTIONS, 'boot')
      .findings.filter((finding) => finding.code === code)
      .map(({ text }) => text);

  it('reads headers of 64 and 32 bits, and nothing of another file', () => {
    expect(decodeDumpHeader(dump('PAGEDU64', 0x50, CRASHED))).toEqual({
      code: 0x50,
      parameters: [0xffff_f800_0000_0010n, 0n, 0n, 0n],
      time: CRASHED,
    });
    expect(decodeDumpHeader(dump('PAGEDUMP', 0x7b, 0n))).toEqual({
      code: 0x7b,
      parameters: [16n, 0n, 0n, 0n],
      time: null,
    });
    expect(decodeDumpHeader(new Uint8Array(0x1000))).toBeNull();
    expect(decodeDumpHeader(dump('PAGEDU64', 0x50, CRASHED).subarray(0, 0xfff))).toBeNull();
  });

  it('is the newest crash of all dumps, with its time', () => {
    const view = viewOf({
      '\\Windows\\Minidump\\071924-1-01.dmp': dump('PAGEDU64', 0x50, CRASHED),
      '\\Windows\\Minidump\\120123-1-01.dmp': dump('PAGEDU64', 0x7e, CRASHED - 10n ** 14n),
      '\\Windows\\MEMORY.DMP': dump('PAGEDUMP', 0x7b, CRASHED - 10n ** 13n),
      '\\Windows\\Minidump\\note.txt': dump('PAGEDU64', 0x1, CRASHED + 1n),
    });
    const [text] = texts(view, 'LAST_CRASH');
    expect(text).toContain(
      'Last crash 0x50 PAGE_FAULT_IN_NONPAGED_AREA (0xfffff80000000010, 0x0, 0x0, 0x0) on 2024-07-19 06:10 UTC.',
    );
    expect(texts(viewOf({}), 'LAST_CRASH')).toEqual([]);
  });

  it('names the driver that a small dump blames, and switches it off by name', () => {
    const small = new Uint8Array(0x3000);
    small.set(dump('PAGEDU64', 0x50, CRASHED));
    const data = new DataView(small.buffer);
    data.setUint32(0xf98, 4, true);
    data.setUint32(0x2040, 0x2800, true);
    data.setUint32(0x2800, 0x2900, true);
    const name = '\\SystemRoot\\System32\\drivers\\CSAgent.sys';
    data.setUint32(0x2900, name.length, true);
    small.set(encodeUtf16le(name), 0x2904);
    const path = '\\Windows\\Minidump\\071924-1-01.dmp';
    const started = (more: object = {}): MachineView => {
      const base = viewOf({ [path]: small });
      const { view } = bootDisk({ set1: { Services: { CSAgent: { Start: 1, Type: 1, ...more } } } });
      const files = { ...base.files!, sizeBytes: () => small.byteLength };
      return { ...view(), machine: { ...view().machine, lastShutdown: null }, files };
    };
    expect(decodeBlamedDriver(small)).toBe('CSAgent.sys');
    expect(decodeBlamedDriver(small.subarray(0, 0x2908))).toBeNull();
    const { findings } = diagnoseMachine(started(), OPTIONS, 'boot');
    expect(findings.find(({ code }) => code === 'LAST_CRASH')?.text).toContain('Windows blames CSAgent.sys.');
    expect(findings.find(({ code }) => code === 'CRASHING_DRIVER')).toMatchObject({ repair: 'crashing-driver' });
    const only = planOptions(profileNamed('boot'), {}, { only: ['crashing-driver'] });
    expect(planRepair(started(), only).edits.map(({ edit }) => edit)).toMatchObject([
      {
        op: 'set-value',
        name: 'Start',
        value: { hex: '04000000' },
        key: { path: ['ControlSet001', 'Services', 'CSAgent'] },
      },
    ]);
    expect(planRepair(started({ Start: 4 }), only).edits).toEqual([]);
    const ran = { ...started(), machine: { ...started().machine, lastShutdown: CRASHED + 1n } };
    expect(planRepair(ran, only).edits).toEqual([]);
  });

  it('says how far it came by what it wrote', () => {
    const log = '\\Windows\\System32\\config\\SYSTEM.LOG1';
    const events = '\\Windows\\System32\\winevt\\Logs\\System.evtx';
    expect(texts(viewOf({}, { [log]: CRASHED, [events]: CRASHED - 10n ** 11n }), 'LAST_START')[0]).toMatch(
      /System\.evtx\) 2024-07-19 03:23 UTC\. The registry was written after the last event/,
    );
    expect(texts(viewOf({}, { [log]: CRASHED, [events]: CRASHED }), 'LAST_START')[0]).not.toContain('may have stopped');
    expect(texts(viewOf({}), 'LAST_START')).toEqual([]);
  });
});
