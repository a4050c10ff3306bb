// Disks with a hive whose keys lead back to themselves: diagnose, repair and run take a bounded number of steps for them, a
// few times those of a sound one, and no more memory.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { Heap } from '../../src/engine/heap.ts';
import { type Host, thisHost } from '../../src/host.ts';
import { LIST, NK } from '../../src/regf/layout.ts';
import { RegfTree } from '../../src/regf/tree.ts';
import { isDeep } from '../deep.ts';
import { buildFixture, fixtureEngine } from '../fixture-hives.ts';
import { watchMemory } from '../fuzz/runner.ts';
import { Patient } from '../regf/patient.ts';
import { type DiskFiles, hivemend, makeDisk, scratch } from './process.ts';

/** Makes `path` list what `other` lists. */
function shareList(p: Patient, path: string[], other: string[]): void {
  p.set32(p.key(...path), NK.subkeyList, p.list(...other));
  p.set32(p.key(...path), NK.subkeyCount, p.u32(p.key(...other), NK.subkeyCount));
}

function spoilt(name: 'SYSTEM-broken' | 'SOFTWARE' | 'BCD-bios', spoil: (patient: Patient) => void): Uint8Array {
  const patient = new Patient(buildFixture(name));
  spoil(patient);
  return patient.image;
}

const SET = 'ControlSet001';

/** In SYSTEM, where every link of the diagnosis reads. */
const OF_SYSTEM: Readonly<Record<string, (patient: Patient) => void>> = {
  "a control set with the root's list": (p) => shareList(p, [SET], []),
  "the services with the root's list": (p) => shareList(p, [SET, 'Services'], []),
  'the services list themselves': (p) => p.set32(p.list(SET, 'Services'), LIST.elements, p.key(SET, 'Services')),
  'the services list their control set': (p) => p.set32(p.list(SET, 'Services'), LIST.elements, p.key(SET)),
  'services and control have one list': (p) => shareList(p, [SET, 'Services'], [SET, 'Control']),
  'two control sets list each other': (p) => {
    p.set32(p.list(SET), LIST.elements, p.key('ControlSet002'));
    p.set32(p.list('ControlSet002'), LIST.elements, p.key(SET));
  },
  'every service has the list of all services': (p) => {
    const services = new RegfTree(buildFixture('SYSTEM-broken'), 'SYSTEM').root.subkey(SET)!.subkey('Services')!;
    for (const { name } of services.subkeys()) shareList(p, [SET, 'Services', name], [SET, 'Services']);
  },
  'a key that says it is its own parent': (p) => p.set32(p.key(SET, 'Control'), NK.parent, p.key(SET, 'Control')),
  'a list of lists that names itself': (p) => {
    const list = p.list(SET, 'Services');
    p.set16(list, 0, 0x6972);
    p.set32(list, LIST.elements, list);
  },
};

const DISKS: readonly (readonly [string, () => DiskFiles])[] = [
  ...Object.entries(OF_SYSTEM).map(
    ([name, spoil]) => [name, () => ({ SYSTEM: spoilt('SYSTEM-broken', spoil) })] as const,
  ),
  [
    "SOFTWARE: a key with the root's list",
    () => ({ SOFTWARE: spoilt('SOFTWARE', (p) => shareList(p, ['Microsoft'], [])) }),
  ],
  [
    'the boot store: objects with the list of the root',
    () => ({ BCD: spoilt('BCD-bios', (p) => shareList(p, ['Objects'], [])) }),
  ],
];

const BOOK = [
  'reg load HKLM\\X F:\\Windows\\System32\\config\\SYSTEM',
  'reg query HKLM\\X /s',
  `reg copy HKLM\\X\\${SET} HKLM\\X\\Copy /s /f`,
  `reg export HKLM\\X\\${SET}\\Services F:\\services.reg`,
  `reg add HKLM\\X\\${SET}\\Services\\TermService /v Start /t REG_DWORD /d 3 /f`,
  'reg unload HKLM\\X',
].join('\r\n');

interface Cost {
  /** Calls of the engine, and keys that the verifier makes. */
  readonly steps: number;
  readonly largestBytes: number;
}

const host: Host = Object.create(thisHost(), { engine: { value: fixtureEngine() } });

async function costOf(argv: readonly string[]): Promise<Cost> {
  const call = vi.spyOn(Heap.prototype, 'call');
  const keyAt = vi.spyOn(RegfTree.prototype, 'keyAt');
  const memory = watchMemory();
  try {
    // What ends with exit status 70 throws.
    await hivemend(argv, { host });
    return { steps: call.mock.calls.length + keyAt.mock.calls.length, largestBytes: memory.largestBytes() };
  } finally {
    memory.stop();
    vi.restoreAllMocks();
  }
}

const COMMANDS = ['diagnose', 'repair', 'run'] as const;

it.each(COMMANDS)('%s', { timeout: 60_000 }, async (command) => {
  const book = join(scratch(), 'fix.cmd');
  writeFileSync(book, BOOK);
  const argvOf = (disk: string): string[] => {
    if (command === 'run') return ['run', book, '--drive', `F:=${disk}`, '--yes'];
    return command === 'repair' ? ['repair', disk, '--yes'] : ['diagnose', disk];
  };
  const sound = await costOf(argvOf(makeDisk()));
  expect(sound.steps).toBeGreaterThan(100);
  // The deep tier has each command over each of them.
  const mine = isDeep ? DISKS : DISKS.filter((_, i) => i % COMMANDS.length === COMMANDS.indexOf(command));
  for (const [name, files] of mine) {
    const { steps, largestBytes } = await costOf(argvOf(makeDisk(files())));
    // A damaged hive is read by both readers, and a rebuild of it is tried; going round would take thousands of times.
    expect(steps, `${name}: ${steps} steps, ${sound.steps} on a sound disk`).toBeLessThan(15 * sound.steps);
    expect(largestBytes, name).toBeLessThan(2 * sound.largestBytes + (1 << 20));
  }
});
