// Prints Windows' upper-casing as runs, for src/base/text.ts (`node scripts/upcase.mjs ts`) and for wasm/names/upcase.h
// (`node scripts/upcase.mjs c`): the file $UpCase of a volume that mkntfs has just made, known by its sha256. Both tables
// are frozen in the sources; this is where they come from.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const UPCASE_BYTES = 131_072;
const UPCASE_SHA256 = '41c26bc7a12bdaeb26025c93118697c7e3ef81ee048b00fe5cce2a472e0e0742';
const VOLUME_BYTES = 4 * 1024 * 1024;
const LINE = 4;

/** The table as mkntfs writes it: the one place of the volume, at a sector, whose bytes have the hash. */
function upcaseOfNewVolume() {
  const folder = mkdtempSync(join(tmpdir(), 'upcase-'));
  try {
    const volume = join(folder, 'volume');
    writeFileSync(volume, '');
    truncateSync(volume, VOLUME_BYTES);
    execFileSync('mkntfs', ['--force', '--quick', '--quiet', volume], { stdio: 'ignore' });
    const bytes = readFileSync(volume);
    for (let at = 0; at + UPCASE_BYTES <= bytes.length; at += 512) {
      const found = bytes.subarray(at, at + UPCASE_BYTES);
      if (found.readUInt32LE(0) !== 0x0001_0000 || found.readUInt32LE(4) !== 0x0003_0002) continue;
      if (createHash('sha256').update(found).digest('hex') === UPCASE_SHA256) return found;
    }
    throw new Error(`mkntfs wrote no $UpCase with sha256 ${UPCASE_SHA256}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** [first, last, step, difference] of the units that are not their own upper case; a run of one has the step 1. */
function runsOf(table) {
  const differences = [];
  for (let unit = 0; unit < 0x10000; unit += 1) differences.push(table.readUInt16LE(2 * unit) - unit);
  const runs = [];
  for (let first = 0; first < 0x10000; first += 1) {
    const difference = differences[first];
    if (difference === 0) continue;
    const step = differences[first + 1] === difference ? 1 : 2;
    let last = first;
    while (differences[last + step] === difference && (step === 1 || differences[last + 1] === 0)) last += step;
    runs.push([first, last, last === first ? 1 : step, difference]);
    first = last;
  }
  return runs;
}

const hex = (unit) => `0x${unit.toString(16).padStart(4, '0')}`;
const style = process.argv[2];
const [open, close] = style === 'c' ? ['{', '}'] : ['[', ']'];
const texts = runsOf(upcaseOfNewVolume()).map(
  ([first, last, step, difference]) => `${open}${hex(first)}, ${hex(last)}, ${step}, ${difference}${close},`,
);
while (texts.length > 0) process.stdout.write(`  ${texts.splice(0, LINE).join(' ')}\n`);
