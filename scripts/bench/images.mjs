// What it takes to diagnose and to repair a disk in an image instead of where it is mounted: milliseconds more, pair by
// pair, and the bytes that are read of the disk.

import { spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../setup.mjs';
import { isInstalled, median, runOnce } from './measure.mjs';
import { diskWith } from './rows.mjs';

/** Milliseconds over the mounted folder that a raw image may take; one that qemu-nbd serves gets the bytes read besides. */
const RAW_MS = 30;
const SERVED_MS = 150;
const SERVED_MIB_PER_SECOND = 150;
const VOLUME_MIB = 128;
const COMMANDS = ['diagnose', 'repair'];
/** What qemu-img calls them. */
const SERVED = ['qcow2', 'vhdx'];

/** Why there are no rows, or null. */
export function whyNoImages() {
  if (process.getuid?.() !== 0) return 'not root';
  const missing = ['mkntfs', 'ntfs-3g', 'umount'].filter((name) => !isInstalled(name));
  return missing.length === 0 ? null : `${missing.join(' and ')} not installed`;
}

/**
 * Each row: what is done to what, milliseconds more than to the mounted folder (the fastest of each, the median, and the
 * median of processor time), MiB read of the disk, the target.
 */
export async function imageRows(hive, runs, scratch) {
  const raw = join(scratch, 'disk.img');
  const mount = join(scratch, 'mount');
  makeVolume(hive, raw, mount, scratch);
  const rows = [];
  for (const command of COMMANDS) {
    const readMib = await mibReadBy(command, raw, scratch);
    for (const format of ['raw', ...(isInstalled('qemu-nbd') && isInstalled('qemu-img') ? SERVED : [])]) {
      const image = join(scratch, `bench.${format}`);
      const target = format === 'raw' ? RAW_MS : SERVED_MS + (readMib / SERVED_MIB_PER_SECOND) * 1000;
      const name = `${command}, ${format}${format === 'raw' ? '' : ' (NBD)'}`;
      const prepare = () => makeImage(raw, format, image);
      rows.push({ name, readMib, target, ...beside({ command: words(command, image), prepare }) });
    }
  }
  if (isInstalled('guestfish')) {
    const start = ['guestfish', '--ro', '-a', raw, '-m', '/dev/sda', 'download'];
    const command = [...start, '/Windows/System32/config/SYSTEM', join(scratch, 'downloaded')];
    rows.push({
      name: 'guestfish: download of SYSTEM alone',
      readMib: statSync(hive).size / 2 ** 20,
      target: null,
      ...beside({ command, prepare: () => {} }),
    });
  }
  return rows;

  function words(command, place) {
    const options = command === 'repair' ? ['--yes', '--accept-dirty'] : [];
    return [process.execPath, join(root, 'dist/cli/main.js'), command, place, ...options];
  }

  /** One pair is not counted. The folder is that of a volume of its own each time: a repair changes it. */
  function beside({ command, prepare }) {
    const verb = command.includes('repair') ? 'repair' : 'diagnose';
    const pairs = [];
    for (let i = 0; i <= runs; i += 1) {
      prepare();
      const ours = time(command);
      const volume = join(scratch, 'bench-mounted.img');
      makeImage(raw, 'raw', volume);
      run('ntfs-3g', volume, mount);
      try {
        const mounted = time(words(verb, mount));
        if (i > 0) pairs.push([ours, mounted]);
      } finally {
        run('umount', mount);
      }
    }
    const fastest = [0, 1].map((side) => Math.min(...pairs.map((pair) => pair[side].wall)));
    const more = (what) => pairs.map(([ours, mounted]) => (ours[what] - mounted[what]) * 1000).sort((a, b) => a - b);
    return { fastest: (fastest[0] - fastest[1]) * 1000, median: median(more('wall')), cpu: median(more('cpu')) };
  }

  function time(command) {
    return runOnce({ command, statuses: [0, 1] }, scratch);
  }
}

/** Through the library, which takes blocks of its caller: the same reads, counted. */
async function mibReadBy(command, raw, scratch) {
  const { openDisk, thisHost } = await import(pathToFileURL(join(root, 'dist/index.js')).href);
  const image = join(scratch, 'counted.img');
  makeImage(raw, 'raw', image);
  let readBytes = 0;
  const blocks = () => {
    const fd = openSync(image, 'r+');
    return {
      sizeBytes: statSync(image).size,
      blockSizeBytes: 512,
      identity: image,
      read: (at, into) => {
        readBytes += into.byteLength;
        readSync(fd, into, 0, into.byteLength, at);
      },
      write: (at, bytes) => writeSync(fd, bytes, 0, bytes.byteLength, at),
      flush: () => {},
      close: () => closeSync(fd),
    };
  };
  const here = thisHost();
  const stateDir = join(scratch, 'counted');
  const host = { ...here, wait: () => {}, disks: { ...here.disks, sources: new Map([['counted', blocks]]) } };
  const options = { host, stateDir, isStateDirDurable: true, acceptDirty: true, vmIsOff: true };
  const disk = openDisk('counted', options);
  readBytes = 0;
  if (command === 'diagnose') disk.diagnose();
  else disk.plan().commit();
  rmSync(stateDir, { recursive: true, force: true });
  return readBytes / 2 ** 20;
}

function makeVolume(hive, image, mount, scratch) {
  writeFileSync(image, '');
  truncateSync(image, VOLUME_MIB * 2 ** 20);
  mkdirSync(mount);
  run('mkntfs', '-F', '-Q', '-q', image);
  run('ntfs-3g', image, mount);
  try {
    run('cp', '-r', `${diskWith(hive, join(scratch, 'image-source'))}/.`, mount);
    run('sync');
  } finally {
    run('umount', mount);
  }
}

/** Without the journal of an earlier run. */
function makeImage(raw, format, image) {
  rmSync(image, { force: true });
  rmSync(`${image}.hivemend`, { recursive: true, force: true });
  if (format === 'raw') run('cp', '--sparse=always', raw, image);
  else run('qemu-img', 'convert', '-f', 'raw', '-O', format, raw, image);
}

function run(program, ...args) {
  const result = spawnSync(program, args, { encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`${program}: ${result.error?.message ?? result.stderr}`);
}
