// An NBD export as blocks. The socket lives in a thread; the calls wait for its answer, each for a limited time. After a
// time limit or a broken protocol the connection is dead, and a write that was not answered may have been written in part.

import { Worker } from 'node:worker_threads';
import { type BlockSource, checkRange } from '../blocks.ts';
import { hostError } from '../raw.ts';
import type { NbdAddress } from './address.ts';
import { CONTROL, DATA_AT, type NbdRequest, type NbdWorkerData, nbdWorker } from './worker.ts';

/** How long an answer is waited for, in milliseconds. */
export interface NbdLimits {
  readonly connectMs: number;
  readonly readMs: number;
  readonly writeMs: number;
  readonly flushMs: number;
}

export const NBD_LIMITS: NbdLimits = { connectMs: 30_000, readMs: 30_000, writeMs: 120_000, flushMs: 300_000 };

export interface NbdSource extends BlockSource {
  /** The server says so; writing is EROFS. */
  readonly isReadOnly: boolean;
  /** Without it nothing that is written is known to be durable; `flush` is ENOTSUP. */
  readonly canFlush: boolean;
}

const MAX_REQUEST_BYTES = 2 ** 20;
const MAX_BLOCK_BYTES = 65_536;
const SECTOR_BYTES = 512;
const CLOSE_MS = 2000;
const HAS_FLAGS = 1;
const READ_ONLY = 2;
const SEND_FLUSH = 4;
const COMMANDS = { read: 0, write: 1, disconnect: 2, flush: 3 } as const;
/** The protocol has numbers of its own for these. */
const ERRORS: Readonly<Record<number, string>> = {
  1: 'EPERM',
  5: 'EIO',
  12: 'ENOMEM',
  22: 'EINVAL',
  28: 'ENOSPC',
  75: 'EOVERFLOW',
  95: 'ENOTSUP',
  108: 'ESHUTDOWN',
};

/**
 * Connects to an export; blocks the calling thread while it waits, here and in every call of the source.
 * @throws Error with `code`: ETIMEDOUT, or ECONNREFUSED for a server that cannot be reached or does not serve this.
 */
export function connectNbd(address: NbdAddress, limits: NbdLimits = NBD_LIMITS): NbdSource {
  return startNbd(address).connect(limits);
}

/** The thread of a connection, which starts while its server does. One of the two has to be called. */
export interface StartedNbd {
  /** As connectNbd. */
  connect(limits: NbdLimits): NbdSource;
  abandon(): void;
}

/** Returns at once; nothing is connected yet. */
export function startNbd(address: NbdAddress): StartedNbd {
  const connection = new Connection(address);
  return {
    connect: (limits) => {
      connection.connect(limits);
      return sourceOf(connection, address, limits);
    },
    abandon: () => connection.kill('it was not needed'),
  };
}

function sourceOf(connection: Connection, address: NbdAddress, limits: NbdLimits): NbdSource {
  const { control } = connection;
  const flags = control[CONTROL.flags]!;
  const isReadOnly = (flags & READ_ONLY) !== 0;
  const canFlush = (flags & HAS_FLAGS) !== 0 && (flags & SEND_FLUSH) !== 0;
  const unitBytes = control[CONTROL.minBlockBytes]! || 1;
  const mostBytes = control[CONTROL.maxBlockBytes]! >>> 0 || 2 ** 25;
  const statedBytes = (control[CONTROL.sizeBytes + 1]! >>> 0) * 2 ** 32 + (control[CONTROL.sizeBytes]! >>> 0);
  const isPower = unitBytes > 0 && (unitBytes & (unitBytes - 1)) === 0;
  if (!isPower || unitBytes > MAX_BLOCK_BYTES || mostBytes < unitBytes || !Number.isSafeInteger(statedBytes)) {
    connection.close();
    throw hostError('EIO', `${address.text} states impossible sizes (blocks of ${unitBytes}, ${statedBytes} bytes)`);
  }
  const requestBytes = Math.min(MAX_REQUEST_BYTES, mostBytes - (mostBytes % unitBytes));

  const readAligned = (at: number, into: Uint8Array): void => {
    for (let done = 0; done < into.byteLength; done += requestBytes) {
      const part = into.subarray(done, done + requestBytes);
      connection.call('read', at + done, part.byteLength, limits.readMs);
      part.set(connection.data.subarray(0, part.byteLength));
    }
  };
  /** The whole blocks around a range, read. */
  const blocksAround = (at: number, sizeBytes: number): { start: number; bytes: Uint8Array } => {
    const start = at - (at % unitBytes);
    const bytes = new Uint8Array(Math.ceil((at + sizeBytes) / unitBytes) * unitBytes - start);
    readAligned(start, bytes);
    return { start, bytes };
  };
  const isAligned = (at: number, sizeBytes: number): boolean => at % unitBytes === 0 && sizeBytes % unitBytes === 0;

  const source: NbdSource = {
    sizeBytes: statedBytes - (statedBytes % unitBytes),
    blockSizeBytes: Math.max(unitBytes, SECTOR_BYTES),
    identity: address.text,
    isReadOnly,
    canFlush,
    read: (at, into) => {
      checkRange(source, at, into.byteLength);
      if (isAligned(at, into.byteLength)) return readAligned(at, into);
      const { start, bytes } = blocksAround(at, into.byteLength);
      into.set(bytes.subarray(at - start, at - start + into.byteLength));
    },
    write: (at, given) => {
      checkRange(source, at, given.byteLength);
      if (isReadOnly) throw hostError('EROFS', `${address.text} is served read-only`);
      let bytes = given;
      let start = at;
      if (!isAligned(at, given.byteLength)) {
        ({ start, bytes } = blocksAround(at, given.byteLength));
        bytes.set(given, at - start);
      }
      for (let done = 0; done < bytes.byteLength; done += requestBytes) {
        const part = bytes.subarray(done, done + requestBytes);
        connection.data.set(part);
        connection.call('write', start + done, part.byteLength, limits.writeMs);
      }
    },
    flush: () => {
      if (!canFlush) throw hostError('ENOTSUP', `${address.text} cannot flush`);
      connection.call('flush', 0, 0, limits.flushMs);
    },
    close: () => connection.close(),
  };
  return source;
}

class Connection {
  readonly control: Int32Array;
  readonly data: Uint8Array;
  private readonly worker: Worker;
  private readonly text: string;
  private requests = 0;
  /** Why nothing more can be asked. */
  private dead: string | null = null;

  constructor(address: NbdAddress) {
    const shared = new SharedArrayBuffer(DATA_AT + MAX_REQUEST_BYTES);
    this.control = new Int32Array(shared, 0, DATA_AT / 4);
    this.data = new Uint8Array(shared, DATA_AT);
    this.text = address.text;
    const workerData: NbdWorkerData = { shared, server: address.server, exportName: address.exportName };
    this.worker = new Worker(`(${nbdWorker})(require('node:net'), require('node:worker_threads'))`, {
      eval: true,
      workerData,
      execArgv: [],
      stdin: false,
    });
    this.worker.unref();
    // The main thread is told by the shared memory; nothing here may end the process.
    this.worker.on('error', () => {});
  }

  connect(limits: NbdLimits): void {
    this.worker.postMessage({ id: 0, command: 0, at: 0, sizeBytes: 0 } satisfies NbdRequest);
    this.wait(0, 'connect', limits.connectMs);
    if (this.control[CONTROL.error] !== 0) {
      const words = this.words();
      this.kill(words);
      throw hostError('ECONNREFUSED', `${this.text} cannot be opened: ${words}`);
    }
  }

  /** @throws Error with `code` of the server's answer; EIO, ETIMEDOUT: the connection is dead. */
  call(command: keyof typeof COMMANDS, at: number, sizeBytes: number, limitMs: number): void {
    if (this.dead !== null) throw hostError('EIO', `${this.text} is not connected any more (${this.dead})`);
    this.requests += 1;
    const request: NbdRequest = { id: this.requests, command: COMMANDS[command], at, sizeBytes };
    this.worker.postMessage(request);
    this.wait(this.requests, command, limitMs);
    const error = this.control[CONTROL.error]!;
    if (error === 0) return;
    if (error > 0)
      throw hostError(ERRORS[error] ?? 'EIO', `${this.text}: the server answered a ${command} with error ${error}`);
    const words = this.words();
    this.kill(words);
    throw hostError('EIO', `${this.text}: ${words}`);
  }

  close(): void {
    if (this.dead !== null) return;
    try {
      this.call('disconnect', 0, 0, CLOSE_MS);
    } catch {
      // It is gone either way.
    }
    this.kill('it was closed');
  }

  /**
   * Until the word says so: being woken is no answer. The thread stores the word and wakes whoever waits in two steps, and
   * between them this thread may have seen the word, asked for more and wait for that.
   */
  private wait(id: number, command: string, limitMs: number): void {
    const untilMs = performance.now() + limitMs;
    while (Atomics.load(this.control, CONTROL.answered) === id) {
      const leftMs = Math.max(0, untilMs - performance.now());
      if (Atomics.wait(this.control, CONTROL.answered, id, leftMs) !== 'timed-out') continue;
      this.kill(`no answer to a ${command} in time`);
      throw hostError('ETIMEDOUT', `${this.text} did not answer a ${command} within ${limitMs / 1000} s`);
    }
  }

  private words(): string {
    return new TextDecoder().decode(this.data.slice(0, this.control[CONTROL.wordsBytes]!));
  }

  kill(why: string): void {
    this.dead = why;
    void this.worker.terminate();
  }
}
