// The NBD client against a server that keeps to the protocol and against ones that do not: an error in time, never a hang
// and never wrong bytes.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { isNbdAddress, parseNbdAddress } from '../../../src/disk/image/nbd/address.ts';
import { connectNbd, type NbdLimits } from '../../../src/disk/image/nbd/client.ts';

const SIZE = 4 * 2 ** 20;
const SHORT: NbdLimits = { connectMs: 400, readMs: 300, writeMs: 300, flushMs: 300 };
/** For what has to be answered: a busy machine may take its time. */
const LONG: NbdLimits = { connectMs: 20_000, readMs: 20_000, writeMs: 20_000, flushMs: 20_000 };

const folder = mkdtempSync(join(tmpdir(), 'hivemend-nbd-'));
const children: ChildProcess[] = [];
let sockets = 0;
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

function startServer(): ChildProcess {
  const script = fileURLToPath(new URL('./nbd-fake-server.mjs', import.meta.url));
  const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  return child;
}
const common = startServer();

/** The address of a server in `mode`. */
async function start(mode: string, place?: 'tcp', child = common): Promise<string> {
  sockets += 1;
  const socket = place ?? join(folder, `${sockets}.sock`);
  const ready = once(child.stdout!, 'data');
  child.stdin!.write(`${mode} ${socket}\n`);
  const port = /^ready (\d+)/.exec(String((await ready)[0]))![1]!;
  return place ? `nbd://127.0.0.1:${port}/` : `nbd+unix:///?socket=${socket}`;
}

const open = async (mode: string, limits = LONG, place?: 'tcp') =>
  connectNbd(parseNbdAddress(await start(mode, place)), limits);
const patternAt = (at: number, sizeBytes: number): Buffer => {
  const start = at - (at % 4);
  const bytes = Buffer.alloc(Math.ceil((at + sizeBytes - start) / 4) * 4);
  for (let i = 0; i < bytes.length; i += 4) bytes.writeUInt32LE(((start + i) * 2654435761) >>> 0, i);
  return bytes.subarray(at - start, at - start + sizeBytes);
};

describe('a server that keeps to the protocol', () => {
  it.each(['plain', 'block-512', 'small-requests', 'tcp'])('reads and writes any range: %s', async (mode) => {
    const source = await open(mode, LONG, mode === 'tcp' ? 'tcp' : undefined);
    expect([source.sizeBytes, source.blockSizeBytes, source.isReadOnly, source.canFlush]).toEqual([
      SIZE,
      512,
      false,
      true,
    ]);
    for (const [at, sizeBytes] of [
      [0, 1],
      [511, 2],
      [4095, 4098],
      [1, 2 ** 20 + 7],
      [SIZE - 5, 5],
      [0, SIZE],
      [100, 0],
    ] as const) {
      const into = new Uint8Array(sizeBytes);
      source.read(at, into);
      expect(Buffer.from(into).equals(patternAt(at, sizeBytes))).toBe(true);
    }
    const expected = Buffer.from(patternAt(0, SIZE));
    for (const [at, sizeBytes] of [
      [1, 1],
      [510, 3],
      [70_000, 2 ** 20 + 3],
      [SIZE - 512, 512],
    ] as const) {
      const bytes = Buffer.alloc(sizeBytes, at % 251);
      source.write(at, bytes);
      expected.set(bytes, at);
    }
    source.flush();
    const all = new Uint8Array(SIZE);
    source.read(0, all);
    expect(Buffer.from(all).equals(expected)).toBe(true);
    for (const [at, sizeBytes] of [
      [SIZE, 1],
      [SIZE - 1, 2],
      [-1, 1],
      [0.5, 1],
      [2 ** 60, 1],
    ]) {
      expect(() => source.read(at!, new Uint8Array(sizeBytes!))).toThrow(/were expected/);
      expect(() => source.write(at!, new Uint8Array(sizeBytes!))).toThrow(/were expected/);
    }
    source.close();
    source.close();
    expect(() => source.read(0, new Uint8Array(1))).toThrow('not connected any more');
  });

  it('a caller that is woken before its answer is there goes on waiting', { timeout: 60_000 }, async () => {
    const address = await start('plain');
    const shared = vi.spyOn(globalThis, 'SharedArrayBuffer');
    const source = connectNbd(parseNbdAddress(address), LONG);
    const memory = shared.mock.results.map(({ value }) => value as SharedArrayBuffer);
    shared.mockRestore();
    expect(memory).toHaveLength(1);
    // What the thread does once after each answer, late on a busy machine: here it never stops.
    const waker = new Worker(
      `const { workerData } = require('node:worker_threads');
       const control = new Int32Array(workerData, 0, 8);
       for (;;) Atomics.notify(control, 0);`,
      { eval: true, workerData: memory[0] },
    );
    try {
      await once(waker, 'online');
      const expected = Buffer.from(patternAt(0, SIZE));
      for (let round = 0; round < 200; round += 1) {
        const at = (round * 65_537) % (SIZE - 8192);
        const into = new Uint8Array(4096);
        source.read(at, into);
        expect(Buffer.from(into).equals(expected.subarray(at, at + 4096))).toBe(true);
        const bytes = Buffer.alloc(512, round);
        source.write(at + 4096, bytes);
        expected.set(bytes, at + 4096);
      }
      const all = new Uint8Array(SIZE);
      source.read(0, all);
      expect(Buffer.from(all).equals(expected)).toBe(true);
    } finally {
      source.close();
      await waker.terminate();
    }
  });

  it('answers in single bytes', async () => {
    const source = await open('read-pieces');
    const into = new Uint8Array(3000);
    source.read(7, into);
    expect(Buffer.from(into).equals(patternAt(7, 3000))).toBe(true);
    source.close();
  });

  it('says that it is read-only or cannot flush', async () => {
    const readOnly = await open('read-only');
    expect(readOnly.isReadOnly).toBe(true);
    expect(() => readOnly.write(0, new Uint8Array(1))).toThrow(expect.objectContaining({ code: 'EROFS' }));
    readOnly.close();
    const unsafe = await open('no-flush');
    expect(unsafe.canFlush).toBe(false);
    expect(() => unsafe.flush()).toThrow(expect.objectContaining({ code: 'ENOTSUP' }));
    unsafe.close();
  });

  it('has several exports', async () => {
    const address = await start('plain');
    connectNbd(parseNbdAddress(address.replace('/?', '/disk%20a?')), LONG).close();
    expect(() => connectNbd(parseNbdAddress(address.replace('/?', '/other?')), LONG)).toThrow(
      'does not have this export',
    );
  });

  it('answers with an error and goes on', async () => {
    for (const [mode, code] of [
      ['eio', 'EIO'],
      ['enospc', 'ENOSPC'],
      ['eperm', 'EPERM'],
      ['unknown', 'EIO'],
    ]) {
      const reads = await open(`read-${mode}`);
      expect(() => reads.read(0, new Uint8Array(10))).toThrow(expect.objectContaining({ code }));
      reads.write(0, new Uint8Array(10));
      reads.close();
      const writes = await open(`write-${mode}`);
      expect(() => writes.write(0, new Uint8Array(10))).toThrow(expect.objectContaining({ code }));
      writes.read(0, new Uint8Array(10));
      expect(() => writes.flush()).not.toThrow();
      writes.close();
      const flushes = await open(`flush-${mode}`);
      expect(() => flushes.flush()).toThrow(expect.objectContaining({ code }));
      flushes.close();
    }
  });
});

describe('a server that does not keep to the protocol', () => {
  it.each([
    ['hello-never', 'ETIMEDOUT'],
    ['hello-short', 'ECONNREFUSED'],
    ['flood-hello', 'ECONNREFUSED'],
    ['not-nbd', 'ECONNREFUSED'],
    ['old', 'ECONNREFUSED'],
    ['option-never', 'ETIMEDOUT'],
    ['option-huge', 'ECONNREFUSED'],
    ['option-magic', 'ECONNREFUSED'],
    ['info-endless', 'ETIMEDOUT'],
    ['no-size', 'ECONNREFUSED'],
    ['tls', 'ECONNREFUSED'],
    ['refuses', 'ECONNREFUSED'],
    ['size-huge', 'EIO'],
    ['block-3', 'EIO'],
    ['block-huge', 'EIO'],
  ])('cannot be opened: %s', async (mode, code) => {
    const limits = code === 'ETIMEDOUT' ? SHORT : LONG;
    await expect(open(mode, limits)).rejects.toThrow(expect.objectContaining({ code }));
  });

  it.each(['never', 'closes', 'cookie', 'magic'])('fails a read, a write and a flush, and is dead: %s', async (how) => {
    const code = how === 'never' ? 'ETIMEDOUT' : 'EIO';
    for (const command of ['read', 'write', 'flush'] as const) {
      const source = await open(`${command}-${how}`, how === 'never' ? { ...SHORT, connectMs: 20_000 } : LONG);
      const call = (): void => (command === 'flush' ? source.flush() : source[command](0, new Uint8Array(2000)));
      expect(call).toThrow(expect.objectContaining({ code }));
      // Nothing can be learnt from it any more: also what it would answer.
      expect(() => source.read(0, new Uint8Array(1))).toThrow(/not connected any more/);
      expect(() => source.write(0, new Uint8Array(1))).toThrow(/not connected any more/);
      source.close();
    }
  });

  it.each([
    ['read-short-close', 'EIO'],
    ['read-short-never', 'ETIMEDOUT'],
    ['read-slow', 'ETIMEDOUT'],
  ])('sends fewer bytes than it was asked for: %s', async (mode, code) => {
    const source = await open(mode, code === 'ETIMEDOUT' ? { ...SHORT, connectMs: 20_000 } : LONG);
    expect(() => source.read(0, new Uint8Array(2000))).toThrow(expect.objectContaining({ code }));
    source.close();
  });

  it('sends more bytes than it was asked for: the next answer is none', async () => {
    const source = await open('read-long');
    source.read(0, new Uint8Array(100));
    expect(() => source.read(0, new Uint8Array(100))).toThrow('something that is not an answer');
  });

  it('is stopped, and killed, in the middle', async () => {
    for (const signal of ['SIGSTOP', 'SIGKILL'] as const) {
      const child = startServer();
      const address = await start('plain', undefined, child);
      const source = connectNbd(parseNbdAddress(address), { ...SHORT, connectMs: 20_000 });
      source.read(0, new Uint8Array(100));
      child.kill(signal);
      expect(() => source.write(0, new Uint8Array(100))).toThrow(
        /did not answer|closed the connection|EPIPE|ECONNRESET/,
      );
      expect(() => source.flush()).toThrow(/not connected any more/);
      const before = performance.now();
      source.close();
      expect(performance.now() - before).toBeLessThan(1000);
    }
  });

  it('is not there', () => {
    expect(() => connectNbd(parseNbdAddress('nbd+unix:///?socket=/nowhere/there.sock'), LONG)).toThrow('ENOENT');
    expect(() => connectNbd(parseNbdAddress('nbd://127.0.0.1:1/'), LONG)).toThrow('ECONNREFUSED');
  });
});

it('the code of the thread carries itself through the bundler', async () => {
  const address = await start('plain');
  const client = fileURLToPath(new URL('../../../src/disk/image/nbd/client.ts', import.meta.url));
  const { outputFiles } = await build({
    stdin: {
      contents: `import { connectNbd } from ${JSON.stringify(client)};
const source = connectNbd({ server: { path: process.argv[1] }, exportName: '', text: 'x' });
const into = new Uint8Array(8);
source.read(4, into);
console.log(source.sizeBytes, Buffer.from(into).toString('hex'));`,
      resolveDir: folder,
    },
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    minify: true,
  });
  const socket = new URL(address).searchParams.get('socket')!;
  const child = spawn(process.execPath, ['-e', outputFiles[0]!.text, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout!.on('data', (text) => {
    output += text;
  });
  // The thread does not keep the process alive either.
  expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0);
  expect(output).toBe(`${SIZE} ${patternAt(4, 8).toString('hex')}\n`);
});

describe('addresses', () => {
  it.each([
    ['nbd+unix:///?socket=/run/a%20b.sock', { path: '/run/a b.sock' }, ''],
    ['nbd+unix:///disk%2Fone?socket=/s', { path: '/s' }, 'disk/one'],
    ['nbd://host/', { host: 'host', port: 10_809 }, ''],
    ['nbd://host:1234/a%20b', { host: 'host', port: 1234 }, 'a b'],
    ['nbd://[::1]:5/', { host: '::1', port: 5 }, ''],
    ['nbd://host', { host: 'host', port: 10_809 }, ''],
  ])('%s', (text, server, exportName) => {
    expect(isNbdAddress(text)).toBe(true);
    expect(parseNbdAddress(text)).toEqual({ server, exportName, text });
  });

  it.each([
    'nbd:',
    'nbd://',
    'nbd://user@host/',
    'nbds://host/',
    'nbd+unix:///x',
    'nbd+unix:///?socket=relative',
    'nbd+unix://host/?socket=/s',
    'nbd+vsock:///',
    'nbd://host/%ff',
    'nbd://host:99999/',
    `nbd://host/${'x'.repeat(5000)}`,
  ])('%s is refused', (text) => {
    expect(isNbdAddress(text)).toBe(true);
    expect(() => parseNbdAddress(text)).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
  });

  it('paths are not addresses', () => {
    for (const path of ['/dev/nbd0', 'nbd', 'disk.img', 'nbdkit:x', './nbd:x']) expect(isNbdAddress(path)).toBe(false);
  });
});
