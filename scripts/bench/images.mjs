// What it takes to diagnose a disk in an image instead of where it is mounted: milliseconds more, pair by pair.

import { spawnSync } from 'node:child_process';
import { mkdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../setup.mjs';
import { isInstalled, median, runOnce } from './measure.mjs';
import { diskWith } from './rows.mjs';

/** Milliseconds over the mounted folder that a raw image may take; one that qemu-nbd serves gets the bytes read besides. */
const RAW_MS = 30;
const SERVED_MS = 150;
const SERVED_MIB_PER_SECOND = 150;
const VOLUME_MIB = 128;

/** Why there are no rows, or null. */
export function whyNoImages() {
  if (process.getuid?.() !== 0) return 'not root';
  const missing = ['mkntfs', 'ntfs-3g', 'umount'].filter((name) => !isInstalled(name));
  return missing.length === 0 ? null : `${missing.join(' and ')} not installed`;
}

/** Each row: what is diagnosed, milliseconds more than of the mounted folder (the fastest of each, and the median), the target. */
export function imageRows(hive, runs, scratch) {
  const raw = join(scratch, 'disk.img');
  const mount = join(scratch, 'mount');
  makeVolume(hive, raw, mount, scratch);
  try {
    const cli = [process.execPath, join(root, 'dist/cli/main.js')];
    const diagnose = (place) => ({ command: [...cli, 'diagnose', place], statuses: [0, 1] });
    const readMib = statSync(hive).size / 2 ** 20;
    const served = SERVED_MS + (readMib / SERVED_MIB_PER_SECOND) * 1000;
    const rows = [['raw image', diagnose(raw), RAW_MS]];
    if (isInstalled('qemu-nbd') && isInstalled('qemu-img')) {
      for (const [format, name] of [
        ['qcow2', 'qcow2 (NBD)'],
        ['vhdx', 'VHDX (NBD)'],
      ]) {
        const image = join(scratch, `disk.${format}`);
        run('qemu-img', 'convert', '-f', 'raw', '-O', format, raw, image);
        rows.push([name, diagnose(image), served]);
      }
    }
    if (isInstalled('guestfish')) {
      const words = ['guestfish', '--ro', '-a', raw, '-m', '/dev/sda', 'download'];
      const command = [...words, '/Windows/System32/config/SYSTEM', join(scratch, 'downloaded')];
      rows.push(['guestfish: download of SYSTEM alone', { command }, null]);
    }
    return rows.map(([name, command, target]) => {
      const pairs = [];
      for (let i = 0; i <= runs; i += 1) {
        const pair = [command, diagnose(mount)].map((each) => runOnce(each, scratch).wall * 1000);
        if (i > 0) pairs.push(pair);
      }
      const differences = pairs.map(([ours, mounted]) => ours - mounted).sort((a, b) => a - b);
      const fastest = [0, 1].map((side) => Math.min(...pairs.map((pair) => pair[side])));
      return { name, fastest: fastest[0] - fastest[1], median: median(differences), target };
    });
  } finally {
    run('umount', mount);
  }
}

function makeVolume(hive, image, mount, scratch) {
  writeFileSync(image, '');
  truncateSync(image, VOLUME_MIB * 2 ** 20);
  mkdirSync(mount);
  run('mkntfs', '-F', '-Q', '-q', image);
  run('ntfs-3g', image, mount);
  run('cp', '-r', `${diskWith(hive, join(scratch, 'image-source'))}/.`, mount);
  run('sync');
}

function run(program, ...args) {
  const result = spawnSync(program, args, { encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`${program}: ${result.error?.message ?? result.stderr}`);
}
