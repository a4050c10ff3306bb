// Large hives, made through the engine from a readable fixture: the SYSTEM hive of a broken machine, with devices under
// ControlSet001\Enum until it has the size that was asked for. The same size gives the same tree.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../setup.mjs';

/** 2024-03-01T12:00:00Z */
const FILETIME = 133_537_680_000_000_000n;
const MEBIBYTE = 2 ** 20;
const DEVICES_PER_BATCH = 200;
const HIVE = 'SYSTEM';

/** The file of a hive of about `sizeMib` MiB in `folder`; kept from one run to the next. */
export async function generatedHive(sizeMib, folder) {
  const file = join(folder, `generated-${sizeMib}-mib`);
  if (existsSync(file)) return file;
  const seed = join(folder, `seed-${process.pid}`);
  const made = spawnSync(
    process.execPath,
    [join(root, 'dist/cli/main.js'), 'import', '--new', seed, join(root, 'fixtures/SYSTEM-broken.xml')],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  if (made.status !== 0) throw new Error('the fixture SYSTEM-broken could not be made into a hive');
  const { WorkingHive, recover, thisHost } = await import('../../dist/index.js');
  const recovery = recover(seed, new Uint8Array(readFileSync(seed)), []);
  const working = WorkingHive.open(thisHost().engine, HIVE, recovery);
  for (let batch = 0; ; batch += 1) {
    working.apply(devices(batch), FILETIME);
    // Looked at rarely at first: it is a copy of the hive.
    if (batch % Math.max(1, sizeMib) === 0 && working.image().byteLength >= sizeMib * MEBIBYTE) break;
  }
  writeFileSync(`${file}.part`, working.image());
  working.close();
  rmSync(seed);
  renameSync(`${file}.part`, file);
  return file;
}

/** Keys as deep, and values of the kinds and sizes, as Windows keeps of its devices. */
function devices(batch) {
  const edits = [];
  for (let i = 0; i < DEVICES_PER_BATCH; i += 1) {
    const number = batch * DEVICES_PER_BATCH + i;
    const path = ['ControlSet001', 'Enum', `BUS${batch % 64}`, `VEN_${hex(batch, 4)}`, `5&${hex(number, 8)}&0&${i}`];
    const set = (name, type, data) =>
      edits.push({ op: 'set-value', key: { hive: HIVE, path }, name, value: { type, hex: data.toString('hex') } });
    edits.push({ op: 'create-key', key: { hive: HIVE, path } });
    set('DeviceDesc', 1, text(`@oem${batch}.inf,%device.${number}%;Standard device ${number}\0`));
    set('HardwareID', 7, text(`BUS\\VEN_${hex(batch, 4)}&DEV_${hex(number, 4)}\0BUS\\VEN_${hex(batch, 4)}\0\0`));
    set('ClassGUID', 1, text(`{4d36e97d-e325-11ce-bfc1-08002be10318}\0`));
    set('Capabilities', 4, Buffer.from([number & 0xff, 0, 0, 0]));
    set('ConfigFlags', 4, Buffer.alloc(4));
    set('InstallDate', 11, Buffer.from(BigInt(number).toString(16).padStart(16, '0'), 'hex').reverse());
    set('ContainerID', 3, Buffer.alloc(16 + (number % 5) * 24, number));
  }
  return edits;
}

const hex = (number, digits) => number.toString(16).toUpperCase().padStart(digits, '0').slice(-digits);
const text = (characters) => Buffer.from(characters, 'utf16le');
