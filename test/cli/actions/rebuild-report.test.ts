// What a rebuild loses and finds again, in each of its reports: the screen, JSON, and the page for a ticket.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openSource } from '../../../src/hive/open.ts';
import { thisHost } from '../../../src/host.ts';
import { validate } from '../../../src/regf/gate/validate.ts';
import { NK } from '../../../src/regf/layout.ts';
import { RegfTree } from '../../../src/regf/tree.ts';
import { lossLine } from '../../../src/render/rebuild.ts';
import type { RebuildFacts } from '../../../src/report.ts';
import { buildFixture } from '../../fixture-hives.ts';
import { Patient } from '../../regf/patient.ts';
import { hivemend, scratch } from '../process.ts';

const SERVER = ['ControlSet001', 'Control', 'Terminal Server'];

/** One loss of each kind; the record of WinStations is zeros, and the keys below it are in no list any more. */
function damaged(): Uint8Array {
  const patient = new Patient(buildFixture('SYSTEM-healthy'));
  const station = patient.key(...SERVER, 'WinStations');
  patient.image.fill(0, 4096 + station + 4, 4096 + station + 40);
  patient.set16(patient.value(SERVER, 'fDenyTSConnections'), 0, 0);
  patient.set32(patient.key('ControlSet001', 'Control', 'CrashControl'), NK.valueList, 0x7000_0000);
  patient.set32(patient.key('ControlSet001', 'Control', 'ProductOptions'), NK.security, 0x7000_0000);
  patient.set32(patient.key('ControlSet001', 'Control', 'SecurityProviders'), NK.subkeyList, 0x7000_0000);
  return patient.image;
}

interface Rebuilt {
  readonly facts: RebuildFacts;
  readonly screen: string;
  readonly page: string;
  readonly output: string;
}

async function rebuilt(...options: readonly string[]): Promise<Rebuilt> {
  const folder = scratch();
  const [hive, output, html, json] = ['SYSTEM', 'NEW', 'page.html', 'report.json'].map((name) => join(folder, name));
  writeFileSync(hive!, damaged());
  const args = ['rebuild', hive!, '-o', output!, '-v', '--html', html!, '--report', json!, ...options];
  const run = await hivemend(args);
  const { rebuild } = JSON.parse(readFileSync(json!, 'utf8')) as { rebuild: RebuildFacts };
  return { facts: rebuild, screen: unfolded(run.stdout), page: plain(readFileSync(html!, 'utf8')), output: output! };
}

const unfolded = (text: string): string => text.replace(/\s+/g, ' ');

/** What a browser shows. */
const plain = (html: string): string =>
  unfolded(html.replace(/<style>.*?<\/style>|<[^>]*>/gs, ' ')).replace(/&#(\d+);/g, (_, code: string) =>
    String.fromCharCode(Number(code)),
  );

it('each loss stands in all of them, with its cell, its path and the bytes left of it', async () => {
  const { facts, screen, page } = await rebuilt();
  const kinds = new Set(facts.losses.map(({ what }) => what));
  expect(kinds).toEqual(new Set(['key', 'value', 'values', 'descriptor']));
  for (const loss of facts.losses) {
    const line = unfolded(lossLine(loss));
    expect(screen).toContain(line);
    expect(page).toContain(line);
    for (const text of [screen, page]) expect(text).toContain(`cell ${loss.cellOffset}: ${unfolded(loss.why)}`);
    if (loss.hex !== '') expect(page).toContain(`bytes left: ${loss.hex}`);
  }
  // What was kept is counted, and what was put right as well.
  for (const text of [screen, page]) {
    expect(text).toContain(`kept: ${facts.keyCount} keys, ${facts.valueCount} values`);
    expect(text).toMatch(/put right without loss: .*subkey list/);
    expect(text).toContain('SYSTEM: repair in place.');
  }
  for (const { path } of facts.foundAgain) for (const text of [screen, page]) expect(text).toContain(path.join('\\'));
});

it('a key without a parent is lost by its name, or with --orphans kept below a key of their own', async () => {
  const without = await rebuilt();
  const lost = without.facts.losses.filter(({ what, path }) => what === 'key' && path.length === 0);
  expect(lost.map(({ name }) => name)).toEqual(expect.arrayContaining(['Console', 'RDP-Tcp']));
  for (const { name } of lost) expect(without.screen).toContain(`key dropped: "${name}", below an unknown key`);

  const { facts, screen, page, output } = await rebuilt('--orphans');
  expect(facts.way).toBe('as-new');
  expect(validate(new Uint8Array(readFileSync(output)), output)).toEqual([]);
  const home = openSource(thisHost(), output).hive.key(['hivemend-orphans'])!;
  const sound = new RegfTree(buildFixture('SYSTEM-healthy'), 'SYSTEM').root;
  const stations = SERVER.reduce((key, name) => key.subkey(name)!, sound).subkey('WinStations')!;
  // Below the name of each stands what stood there, down to the last key.
  for (const before of stations.subkeys()) {
    const after = home.subkey(`${before.cellOffset} ${before.name}`)!;
    const below = (key: typeof after): unknown => [
      key.values().map((value) => [value.name, value.type, Buffer.from(value.data()).toString('hex')]),
      key.security(),
      key.lastWritten,
      key.subkeys().map((subkey) => [subkey.name, below(subkey)]),
    ];
    expect(below(after)).toEqual(below(before as unknown as typeof after));
    for (const text of [screen, page]) expect(text).toContain(`\\hivemend-orphans\\${after.name}`);
  }
  expect(home.subkeys().length).toBeGreaterThanOrEqual(stations.subkeys().length);
  for (const text of [screen, page]) expect(text).not.toContain('cell -1');
  expect(facts.losses.length).toBeLessThan(without.facts.losses.length);
});
