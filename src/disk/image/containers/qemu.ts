// Disk images that we do not read ourselves, through QEMU's own qemu-nbd: one server an image, on a socket in a private
// folder, told exactly what to open, and gone when the image is closed.

import { threadId } from 'node:worker_threads';
import { NotFoundError, RefusedError } from '../../../base/errors.ts';
import { codeOf } from '../../../base/read-folder.ts';
import { printable } from '../../../base/text.ts';
import type { WriteFs } from '../../../base/write-fs.ts';
import { readText } from '../../mounted/volumes.ts';
import { runProcess, startDaemon } from '../../process.ts';
import { NBD_LIMITS, type NbdLimits, type NbdSource, startNbd } from '../nbd/client.ts';
import { fileNode, type QemuNode } from './layers.ts';

/** What starting a server needs of the machine. */
export interface QemuHost {
  /** For the socket, in a folder of its own that is removed again. */
  readonly fs: WriteFs;
  readonly pid: number;
  /** Folders that a socket may lie in, the best first: its path is bounded to some 100 bytes. */
  readonly socketFolders: readonly string[];
  isAlive(pid: number): boolean;
  wait(durationMs: number): void;
}

export interface ServeOptions {
  readonly mode: 'read' | 'write';
  /** Reads through the pending log of a VHDX: its replay goes into a file beside the socket. */
  readonly replayAside?: boolean;
  readonly limits?: ServeLimits;
}

export interface ServeLimits extends NbdLimits {
  /** How long a server may take to end by itself, and again after it was asked to. */
  readonly endMs: number;
}

export const SERVE_LIMITS: ServeLimits = { ...NBD_LIMITS, endMs: 10_000 };

const PACKAGES =
  'apt install qemu-utils (Debian, Ubuntu), dnf install qemu-img (Fedora, RHEL), zypper install qemu-tools (SUSE)';
const MAX_SOCKET_PATH_BYTES = 100;
const POLL_MS = 2;
/** Since these, no block of a VHDX is lost on allocation; releases of other branches are older than the fix. */
const VHDX_FIXED: readonly (readonly [number, number, number])[] = [
  [7, 2, 3],
  [8, 0, 1],
];

let servers = 0;

/**
 * Serves `node`, whose image is `path`, and connects to it.
 * @throws RefusedError QEMU_NEEDED, IN_USE (another program holds QEMU's lock on it), NO_RIGHTS, READ_ONLY, PENDING_REPLAY,
 *   UNSUPPORTED_IMAGE (what qemu says of it); NotFoundError FILE_NOT_FOUND.
 */
export function serveImage(host: QemuHost, path: string, node: QemuNode, options: ServeOptions): NbdSource {
  if (options.mode === 'write' && node.driver === 'vhdx') checkVhdxVersion(path);
  const folder = privateFolder(host);
  const limits = options.limits ?? SERVE_LIMITS;
  const server = new Server(host, folder, path, limits.endMs);
  const client = startNbd({ server: { path: `${folder}/socket` }, exportName: '', text: path });
  try {
    const isAside = options.replayAside === true;
    server.start(isAside ? server.overlay(node) : node, options.mode === 'read' && !isAside);
    const source = client.connect(limits);
    return {
      ...source,
      close: () => {
        source.close();
        server.end();
      },
    };
  } catch (error) {
    client.abandon();
    server.end();
    throw error;
  }
}

/**
 * Holds QEMU's own lock on a raw image, so that no machine starts with it while it is written; null where qemu-nbd is not
 * installed. The lock goes with this process, however that ends.
 * @throws RefusedError IN_USE
 */
export function holdQemuLock(host: QemuHost, path: string): { release(): void } | null {
  try {
    const source = serveImage(host, path, fileNode({ path, isDevice: false }, 'raw'), { mode: 'write' });
    return { release: () => source.close() };
  } catch (error) {
    if (error instanceof RefusedError && error.code === 'QEMU_NEEDED') return null;
    throw error;
  }
}

class Server {
  private readonly host: QemuHost;
  private readonly folder: string;
  private readonly path: string;
  private readonly endMs: number;
  private pid: number | null = null;
  /** The tick of the machine at which it started: its number may be given to another process later. */
  private startedAt: string | null = null;
  private hasEnded = false;

  constructor(host: QemuHost, folder: string, path: string, endMs: number) {
    this.host = host;
    this.folder = folder;
    this.path = path;
    this.endMs = endMs;
  }

  /** A node of the same disk whose writes, those of its replay too, go into a file of our own. */
  overlay(node: QemuNode): QemuNode {
    const overlay = `${this.folder}/overlay`;
    const sizeBytes = Math.ceil(this.host.fs.lstatSync(this.path).size / 512) * 512;
    const args = ['create', '-q', '-u', '-f', 'qcow2', '-F', 'raw', '-b', this.path, overlay, String(sizeBytes)];
    const { exitCode, error, stderr } = runProcess('qemu-img', args);
    if (error === 'ENOENT') throw missing(this.path);
    if (exitCode !== 0) throw refusalOf(stderr, this.path);
    const below = { ...fileNode({ path: this.path, isDevice: false }, 'raw'), 'read-only': true };
    const file = { driver: 'qcow2', file: { driver: 'file', filename: overlay }, backing: below };
    return { ...node, file };
  }

  start(node: QemuNode, isReadOnly: boolean): void {
    const { fs } = this.host;
    const output = fs.openSync(`${this.folder}/output`, 'wx+', 0o600);
    try {
      const { exitCode, error } = startDaemon(
        'qemu-nbd',
        [
          '--fork',
          `--pid-file=${this.folder}/pid`,
          `--socket=${this.folder}/socket`,
          ...(isReadOnly ? ['--read-only'] : []),
          `json:${JSON.stringify(node)}`,
        ],
        output,
      );
      this.pid = pidIn(readText(fs, `${this.folder}/pid`));
      this.startedAt = this.pid === null ? null : (processState(fs, this.pid)?.startedAt ?? null);
      if (error === 'ENOENT') throw missing(this.path);
      if (exitCode !== 0 || this.pid === null) throw refusalOf(readText(fs, `${this.folder}/output`) ?? '', this.path);
    } finally {
      fs.closeSync(output);
    }
  }

  /** The server ends by itself when its one client leaves; this waits for that, and ends one that does not. */
  end(): void {
    // The name of the folder may be another server's by now.
    if (this.hasEnded) return;
    this.hasEnded = true;
    const { fs } = this.host;
    if (this.pid !== null) {
      this.waitForEnd(this.endMs);
      for (const [signal, limitMs] of [
        ['SIGTERM', this.endMs],
        ['SIGKILL', SERVE_LIMITS.endMs],
      ] as const) {
        if (!this.isRunning()) break;
        try {
          process.kill(this.pid, signal);
        } catch {
          // It has just ended.
        }
        this.waitForEnd(limitMs);
      }
    }
    for (const name of ['socket', 'pid', 'output', 'overlay']) {
      try {
        fs.unlinkSync(`${this.folder}/${name}`);
      } catch {
        // qemu-nbd removes its socket itself, and not every server had an overlay.
      }
    }
    try {
      fs.rmdirSync(this.folder);
    } catch {
      // A temporary folder of ours that stays does no harm.
    }
  }

  private waitForEnd(limitMs: number): void {
    for (let waitedMs = 0; waitedMs < limitMs && this.isRunning(); waitedMs += POLL_MS) this.host.wait(POLL_MS);
  }

  private isRunning(): boolean {
    if (this.pid === null || !this.host.isAlive(this.pid)) return false;
    const state = processState(this.host.fs, this.pid);
    // Without /proc there is only its number to go by.
    return state === null || (state.startedAt === this.startedAt && state.holdsFiles);
  }
}

/**
 * What /proc says of a process. One that ends loses its memory first, command line included, and then its open files, and
 * with them its locks: it holds them until it is a zombie without other threads.
 */
function processState(fs: WriteFs, pid: number): { readonly startedAt: string; readonly holdsFiles: boolean } | null {
  const text = readText(fs, `/proc/${pid}/stat`);
  // The name in brackets before these may hold anything.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  if (fields === undefined || fields.length < 20) return null;
  const [state] = fields;
  const isDead = state === 'Z' || state === 'X';
  return { startedAt: fields[19]!, holdsFiles: !isDead || Number(fields[17]) > 1 };
}

/** A new folder that only this user can enter. */
function privateFolder({ fs, pid, socketFolders }: QemuHost): string {
  for (const parent of socketFolders) {
    for (let attempt = 0; attempt < 100; attempt += 1) {
      servers += 1;
      const folder = `${parent}/hivemend-${pid}-${threadId}-${servers}`;
      if (new TextEncoder().encode(`${folder}/socket`).byteLength > MAX_SOCKET_PATH_BYTES) break;
      try {
        fs.mkdirSync(folder, { mode: 0o700 });
        return folder;
      } catch (error) {
        // One that is left from an earlier process of this number is not ours to use.
        if (codeOf(error) !== 'EEXIST') break;
      }
    }
  }
  throw new RefusedError(
    'NO_RIGHTS',
    `no folder for a socket can be made in ${socketFolders.map(printable).join(', ')}`,
    {
      hint: 'set XDG_RUNTIME_DIR to a folder with a short path that this user can write',
    },
  );
}

function pidIn(text: string | null): number | null {
  const pid = Number(text?.trim() || Number.NaN);
  return Number.isSafeInteger(pid) && pid > 1 ? pid : null;
}

function missing(path: string): RefusedError {
  return new RefusedError('QEMU_NEEDED', `${printable(path)} is read through qemu-nbd, which is not installed`, {
    hint: PACKAGES,
    data: { path },
  });
}

function checkVhdxVersion(path: string): void {
  const { error, stdout } = runProcess('qemu-nbd', ['--version']);
  if (error === 'ENOENT') throw missing(path);
  const version = /^qemu-nbd (\d+)\.(\d+)\.(\d+)/.exec(stdout);
  if (version && isVhdxFixed(Number(version[1]), Number(version[2]), Number(version[3]))) return;
  throw new RefusedError(
    'QEMU_NEEDED',
    `${printable(path)} is a VHDX, which ${version?.[0] ?? 'this qemu-nbd'} can damage when it writes; expected 8.1 or later`,
    { hint: `update QEMU, or make a raw image: qemu-img convert -f vhdx -O raw`, data: { path } },
  );
}

export function isVhdxFixed(major: number, minor: number, patch: number): boolean {
  if (major > 8 || (major === 8 && minor >= 1)) return true;
  return VHDX_FIXED.some((fixed) => fixed[0] === major && fixed[1] === minor && patch >= fixed[2]);
}

/** What qemu's words mean. */
function refusalOf(words: string, path: string): RefusedError | NotFoundError {
  const shown = printable(path);
  const last = words.trim().split('\n').at(-1) ?? '';
  // What was asked for, as JSON, says nothing to a person; the reason follows it.
  const said = printable(last.replace(/^qemu-nbd: /, '').replace(/^.*json:\{.*\}'?: (?=.)/, ''));
  const data = { path, qemu: printable(last) };
  if (/Failed to get .*lock|Is another process using the image/.test(words)) {
    return new RefusedError('IN_USE', `${shown} is in use: a running machine or another QEMU program holds its lock`, {
      hint: 'shut the machine down, then run the command again',
      data,
    });
  }
  if (/needs to be replayed/.test(words)) {
    return new RefusedError('PENDING_REPLAY', `the log of ${shown} holds changes that were not replayed yet`, { data });
  }
  if (/Permission denied|Operation not permitted/.test(words)) {
    return new RefusedError('NO_RIGHTS', `${shown} may not be opened by this user (${said})`, {
      hint: 'run as its owner or as root (sudo)',
      data,
    });
  }
  if (/Read-only file system|is read-only/i.test(words)) {
    return new RefusedError('READ_ONLY', `${shown} cannot be opened for writing (${said})`, { data });
  }
  if (/No such file or directory/.test(words)) {
    return new NotFoundError('FILE_NOT_FOUND', `${shown} or a file that it is based on does not exist (${said})`, {
      data,
    });
  }
  return new RefusedError('UNSUPPORTED_IMAGE', `qemu-nbd cannot open ${shown}: ${said || 'it gave no reason'}`, {
    data,
  });
}
