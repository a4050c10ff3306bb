// The machine that hivemend runs on: its files, descriptors, engine, clock and randomness. They enter here and nowhere
// else, so that everything below is deterministic.

import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import { wasmBytes } from 'hivex-wasm';
import type { PathStyle } from './base/host-path.ts';
import type { ReadFs } from './base/read-fs.ts';
import { msToFiletime } from './base/time.ts';
import type { DescriptorAccess, WriteFs } from './base/write-fs.ts';
import type { CommitHost, JournalHost } from './commit/request.ts';
import type { DiskHost } from './disk/image/open.ts';
import { hostDescriptors } from './disk/mounted/descriptors.ts';
import { Engine } from './engine/module.ts';

/** Everything that a session needs of the machine that it runs on. */
export interface Host extends JournalHost {
  /** The same machine for what may write: the commit, the undo and the writer of output files. */
  readonly writing: CommitHost;
  readonly engine: Engine;
  readonly style: PathStyle;
  /** %SystemRoot% of the running system on Windows, null elsewhere. */
  readonly liveWindows: string | null;
  /** What opens images and devices. */
  readonly disks: DiskHost;
  /** Free bytes of the volume that `path` lies on; null where they cannot be told. */
  freeBytes(path: string): number | null;
  /** What the rights of this user say to writing a file, without opening it: what the host would throw, or null. */
  writeError(path: string): unknown;
  /** FILETIME. */
  now(): bigint;
  random(sizeBytes: number): Uint8Array;
}

/** The host that this process runs on; `wasm` reads the module (hivex-wasm's wasmBytes). */
export function nodeHost(wasm: () => Uint8Array): Host {
  const hostFs: WriteFs = fs;
  const isWindows = process.platform === 'win32';
  let engine: Engine | null = null;
  let descriptors: DescriptorAccess | null = null;
  const writing: CommitHost = {
    fs: hostFs,
    get descriptors() {
      descriptors ??= hostDescriptors();
      return descriptors;
    },
    bootId: bootId(hostFs),
    hostName: os.hostname(),
    pid: process.pid,
    ...(process.getuid === undefined ? {} : { userId: process.getuid() }),
    spareLocks: os.tmpdir(),
    ...(hasOpenPaths() ? { pathOfOpen: (fd: number) => `/proc/${process.pid}/fd/${fd}/.` } : {}),
    isAlive: (pid) => {
      try {
        process.kill(pid, 0);
        return true;
      } catch (error) {
        return (error as NodeJS.ErrnoException).code === 'EPERM';
      }
    },
    wait: (durationMs) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs),
  };
  const { bootId: boot, hostName, pid, userId, isAlive, wait } = writing;
  const style = isWindows ? 'win32' : 'posix';
  const runtimeFolder = process.env.XDG_RUNTIME_DIR;
  const socketFolders = [...(runtimeFolder ? [runtimeFolder] : []), os.tmpdir(), '/tmp'];
  return {
    writing,
    fs: hostFs,
    get descriptors() {
      return writing.descriptors;
    },
    bootId: boot,
    hostName,
    pid,
    ...(userId === undefined ? {} : { userId }),
    isAlive,
    wait,
    get engine() {
      engine ??= Engine.fromBytes(wasm());
      return engine;
    },
    style,
    disks: { fs: hostFs, style, qemu: { fs: hostFs, pid, isAlive, wait, socketFolders } },
    liveWindows: isWindows ? (process.env.SystemRoot ?? 'C:\\Windows') : null,
    writeError: (path) => {
      try {
        fs.accessSync(path, fs.constants.W_OK);
        return null;
      } catch (error) {
        return error;
      }
    },
    freeBytes: (path) => {
      try {
        const { bavail, bsize } = fs.statfsSync(path);
        return bavail * bsize;
      } catch {
        return null;
      }
    },
    now: () => msToFiletime(Date.now()),
    random: (sizeBytes) => randomBytes(sizeBytes),
  };
}

/** Linux names each start of the machine; elsewhere the time of the start stands for it, to the minute. */
function bootId(hostFs: ReadFs): string {
  try {
    return hostFs.readlinkSync('/proc/sys/kernel/random/boot_id');
  } catch {
    try {
      return fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    } catch {
      return `up-since-${Math.round((Date.now() / 1000 - os.uptime()) / 60)}`;
    }
  }
}

/** Linux, with its /proc, and that of this process's own numbers. */
function hasOpenPaths(): boolean {
  try {
    return process.platform === 'linux' && fs.readlinkSync('/proc/self') === String(process.pid);
  } catch {
    return false;
  }
}

let shared: Host | null = null;

/** The host of this process, made once: the engine's module is read from the hivex-wasm package when it is first used. */
export function thisHost(): Host {
  shared ??= nodeHost(() => wasmBytes());
  return shared;
}
