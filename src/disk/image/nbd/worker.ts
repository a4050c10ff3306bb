// The thread that holds the socket of an NBD connection, so that the main thread can wait for an answer without its event
// loop. Protocol: NetworkBlockDevice/nbd, doc/proto.md, fixed newstyle, simple replies only.

/** What the thread is started with. */
export interface NbdWorkerData {
  /** The words of `CONTROL`, and from `DATA_AT` on the data of one request. */
  readonly shared: SharedArrayBuffer;
  readonly server: { readonly path: string } | { readonly host: string; readonly port: number };
  readonly exportName: string;
}

/** A request; `id` counts from 0, the first being to connect, whatever else it says. */
export interface NbdRequest {
  readonly id: number;
  /** 0 read, 1 write, 2 disconnect, 3 flush. */
  readonly command: number;
  readonly at: number;
  readonly sizeBytes: number;
}

/** Int32 words of the shared memory. */
export const CONTROL = {
  /** Of the last answered request plus 1; what the main thread waits on. */
  answered: 0,
  /** 0: done; above 0: the server's error number; -1: the connection is of no use any more. */
  error: 1,
  /** Bytes of the sentence that tells why, at `DATA_AT`. */
  wordsBytes: 2,
  flags: 3,
  minBlockBytes: 4,
  maxBlockBytes: 5,
  /** Two words, the lower first. */
  sizeBytes: 6,
} as const;
export const DATA_AT = 64;

/**
 * The whole code of the thread. It is started from its own text, which is the same for the sources, the package, the
 * bundle and the executables: so it uses nothing from outside itself.
 */
export function nbdWorker(
  net: typeof import('node:net'),
  { parentPort, workerData }: typeof import('node:worker_threads'),
): void {
  const { shared, server, exportName } = workerData as NbdWorkerData;
  const dataAt = 64;
  const maxReplyBytes = 65_536;
  const control = new Int32Array(shared, 0, 8);
  const data = new Uint8Array(shared, dataAt);
  const backlog: Uint8Array[] = [];
  let wanted: { into: Uint8Array; doneBytes: number; resolve: () => void; reject: (error: Error) => void } | null =
    null;
  let failure: Error | null = null;
  let busyWith = 0;
  let socket: import('node:net').Socket;

  const answer = (error: number, words = ''): void => {
    // Not encodeInto: that takes no shared memory everywhere.
    const text = new TextEncoder().encode(words.slice(0, 1000));
    if (error !== 0) data.set(text);
    control[1] = error;
    control[2] = text.byteLength;
    Atomics.store(control, 0, busyWith + 1);
    Atomics.notify(control, 0);
  };
  const fail = (error: Error): void => {
    if (failure) return;
    failure = error;
    socket.destroy();
    if (wanted) wanted.reject(error);
  };
  const feed = (): void => {
    while (wanted && backlog.length > 0) {
      const chunk = backlog[0]!;
      const count = Math.min(chunk.byteLength, wanted.into.byteLength - wanted.doneBytes);
      wanted.into.set(chunk.subarray(0, count), wanted.doneBytes);
      wanted.doneBytes += count;
      if (count === chunk.byteLength) backlog.shift();
      else backlog[0] = chunk.subarray(count);
      if (wanted.doneBytes === wanted.into.byteLength) {
        const { resolve } = wanted;
        wanted = null;
        resolve();
      }
    }
    // What nobody asked for stays in the socket, so that a server cannot fill the memory.
    if (backlog.length > 0) socket.pause();
    else socket.resume();
  };
  const take = (into: Uint8Array): Promise<void> =>
    new Promise((resolve, reject) => {
      if (failure) reject(failure);
      else if (into.byteLength === 0) resolve();
      else {
        wanted = { into, doneBytes: 0, resolve, reject };
        feed();
      }
    });
  const takeView = async (sizeBytes: number): Promise<DataView> => {
    const bytes = new Uint8Array(sizeBytes);
    await take(bytes);
    return new DataView(bytes.buffer);
  };

  const handshake = async (): Promise<void> => {
    const hello = await takeView(18);
    if (hello.getBigUint64(0) !== 0x4e42444d41474943n) throw new Error('it is not an NBD server');
    if (hello.getBigUint64(8) !== 0x49484156454f5054n || (hello.getUint16(16) & 1) === 0) {
      throw new Error('it speaks an old version of the protocol');
    }
    const name = new TextEncoder().encode(exportName);
    const option = new Uint8Array(4 + 16 + 4 + name.byteLength + 4);
    const view = new DataView(option.buffer);
    // Without the zeroes of the old protocol where the server can leave them out too.
    view.setUint32(0, 1 | (hello.getUint16(16) & 2));
    view.setBigUint64(4, 0x49484156454f5054n);
    view.setUint32(12, 7);
    view.setUint32(16, 4 + name.byteLength + 4);
    view.setUint32(20, name.byteLength);
    option.set(name, 24);
    view.setUint16(24 + name.byteLength, 1);
    view.setUint16(26 + name.byteLength, 3);
    socket.write(option);
    let hasSize = false;
    for (;;) {
      const reply = await takeView(20);
      if (reply.getBigUint64(0) !== 0x3e889045565a9n || reply.getUint32(8) !== 7) {
        throw new Error('its answer to the handshake is not one');
      }
      const type = reply.getUint32(12);
      const sizeBytes = reply.getUint32(16);
      if (sizeBytes > maxReplyBytes) throw new Error(`it announced an answer of ${sizeBytes} bytes`);
      const body = await takeView(sizeBytes);
      if (type >= 0x8000_0000) {
        const known: Record<number, string> = {
          1: 'it is too old',
          5: 'it wants TLS',
          6: 'it does not have this export',
        };
        const words = new TextDecoder().decode(body).trim();
        throw new Error(
          known[type - 0x8000_0000] ?? `it refused (error ${type - 0x8000_0000}${words && `: ${words}`})`,
        );
      }
      if (type === 1) break;
      if (type !== 3 || sizeBytes < 2) throw new Error(`its answer to the handshake has the unknown type ${type}`);
      const info = body.getUint16(0);
      if (info === 0 && sizeBytes === 12) {
        hasSize = true;
        control[6] = body.getInt32(6);
        control[7] = body.getInt32(2);
        control[3] = body.getUint16(10);
      } else if (info === 3 && sizeBytes === 14) {
        control[4] = body.getInt32(2);
        control[5] = body.getInt32(10);
      }
    }
    if (!hasSize) throw new Error('it did not tell the size of the export');
  };

  const request = async ({ id, command, at, sizeBytes }: NbdRequest): Promise<void> => {
    if (failure) throw failure;
    const isWrite = command === 1;
    const message = new Uint8Array(28 + (isWrite ? sizeBytes : 0));
    const view = new DataView(message.buffer);
    view.setUint32(0, 0x25609513);
    view.setUint16(6, command);
    view.setBigUint64(8, BigInt(id));
    view.setBigUint64(16, BigInt(at));
    view.setUint32(24, sizeBytes);
    if (isWrite) message.set(data.subarray(0, sizeBytes), 28);
    if (command === 2) {
      // There is no answer to it; the server closes.
      await new Promise<void>((resolve) => socket.end(message, resolve));
      return answer(0);
    }
    socket.write(message);
    const reply = await takeView(16);
    if (reply.getUint32(0) !== 0x67446698) throw new Error('the server sent something that is not an answer');
    if (reply.getBigUint64(8) !== BigInt(id)) throw new Error('the server answered another request');
    const error = reply.getUint32(4);
    if (error !== 0) return answer(error);
    if (command === 0) await take(data.subarray(0, sizeBytes));
    answer(0);
  };

  const connect = async (): Promise<void> => {
    socket = net.connect(server);
    socket.setNoDelay(true);
    socket.on('data', (chunk) => {
      backlog.push(chunk);
      feed();
    });
    socket.on('error', fail);
    socket.on('close', () => fail(new Error('the server closed the connection')));
    await handshake();
    answer(0);
  };
  parentPort!.on('message', (message: NbdRequest) => {
    busyWith = message.id;
    const done = message.id === 0 ? connect() : request(message);
    done.catch((error: Error) => {
      fail(error);
      answer(-1, error.message);
    });
  });
}
