// The fixtures as hive images, built once per process from fixtures/<name>.xml.

import { readFileSync } from 'node:fs';
import { wasmBytes } from 'hivex-wasm';
import { Engine } from '../src/engine/module.ts';
import { buildHive, parseHivexml } from '../src/formats/xml/hivexml.ts';

/** All fixtures. */
export const FIXTURES = [
  'SYSTEM-broken',
  'SYSTEM-no-schannel',
  'SYSTEM-healthy',
  'SOFTWARE',
  'BCD-bios',
  'BCD-uefi',
] as const;

export type FixtureName = (typeof FIXTURES)[number];

/** 2024-03-01T12:00:00Z: stamps what a fixture gives no time. */
export const FIXTURE_FILETIME = 133_537_680_000_000_000n;

const images = new Map<string, Uint8Array>();
let engine: Engine | undefined;

/** The engine that the fixtures are built in; tests may share it. */
export function fixtureEngine(): Engine {
  engine ??= Engine.fromBytes(wasmBytes());
  return engine;
}

/** A fresh copy of the image of a fixture: exactly 4096 + bins size bytes, clean. */
export function buildFixture(name: FixtureName): Uint8Array {
  let image = images.get(name);
  if (image === undefined) {
    const text = readFileSync(new URL(`../fixtures/${name}.xml`, import.meta.url), 'utf8');
    using working = buildHive(fixtureEngine(), parseHivexml(text), { name, filetime: FIXTURE_FILETIME });
    image = working.image();
    images.set(name, image);
  }
  return image.slice();
}
