// An NBD server that lies, stops or goes away as its first argument says. Run in a process of its own, since the client
// blocks the thread that it is called on. Each line of standard input is a mode and a socket path (or 'tcp') to listen on
// in that mode; the answer is 'ready' and the port.

import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

const SIZE = 4 * 2 ** 20;
const PATTERN = Buffer.alloc(SIZE);
for (let at = 0; at < SIZE; at += 4) PATTERN.writeUInt32LE((at * 2654435761) >>> 0, at);
const MIN_BLOCK = { 'block-512': 512, 'block-3': 3, 'block-huge': 2 ** 30 };

const optionReply = (type, data = Buffer.alloc(0)) => {
  const head = Buffer.alloc(20);
  head.writeBigUInt64BE(0x3e889045565a9n);
  head.writeUInt32BE(7, 8);
  head.writeUInt32BE(type, 12);
  head.writeUInt32BE(data.length, 16);
  return Buffer.concat([head, data]);
};

const exportInfo = (mode) => {
  const data = Buffer.alloc(12);
  data.writeBigUInt64BE(mode === 'size-huge' ? 0xffff_ffff_ffff_ffffn : BigInt(SIZE), 2);
  data.writeUInt16BE(mode === 'read-only' ? 0x507 : mode === 'no-flush' ? 1 : 5, 10);
  return optionReply(3, data);
};

const blockInfo = (mode) => {
  const data = Buffer.alloc(14);
  data.writeUInt16BE(3);
  data.writeUInt32BE(MIN_BLOCK[mode] ?? 1, 2);
  data.writeUInt32BE(4096, 6);
  data.writeUInt32BE(mode === 'small-requests' ? 8192 : 2 ** 25, 10);
  return optionReply(3, data);
};

function serve(mode, socket) {
  const disk = Buffer.from(PATTERN);
  const minBlock = MIN_BLOCK[mode] ?? 1;
  socket.on('error', () => {});
  let have = Buffer.alloc(0);
  let state = 'flags';
  const hello = Buffer.alloc(18);
  hello.write(mode === 'not-nbd' ? 'HTTP/1.1' : 'NBDMAGIC', 'latin1');
  hello.write('IHAVEOPT', 8, 'latin1');
  hello.writeUInt16BE(mode === 'old' ? 0 : 3, 16);
  if (mode === 'hello-never') return;
  if (mode === 'hello-short') {
    socket.end(hello.subarray(0, 7));
    return;
  }
  socket.write(hello);
  if (mode === 'flood-hello') {
    const more = () => {
      while (!socket.destroyed && socket.write(Buffer.alloc(65_536, 0x58)));
      if (!socket.destroyed) socket.once('drain', more);
    };
    more();
    return;
  }
  socket.on('data', (chunk) => {
    have = Buffer.concat([have, chunk]);
    for (;;) {
      const before = have.length;
      step();
      if (have.length === before) return;
    }
  });

  function step() {
    if (state === 'flags') {
      if (have.length < 4) return;
      have = have.subarray(4);
      state = 'option';
    } else if (state === 'option') {
      if (have.length < 16 || have.length < 16 + have.readUInt32BE(12)) return;
      const nameBytes = have.readUInt32BE(16);
      const name = have.toString('utf8', 20, 20 + nameBytes);
      have = have.subarray(16 + have.readUInt32BE(12));
      state = 'requests';
      if (mode === 'option-never') return;
      if (mode === 'option-huge') {
        const reply = optionReply(3);
        reply.writeUInt32BE(0xffff_fff0, 16);
        socket.write(reply);
      } else if (mode === 'option-magic') socket.write(Buffer.alloc(20, 1));
      else if (mode === 'info-endless') {
        const more = () => {
          while (!socket.destroyed && socket.write(blockInfo(mode)));
          if (!socket.destroyed) socket.once('drain', more);
        };
        more();
      } else if (mode === 'no-size') socket.write(optionReply(1));
      else if (mode === 'tls') socket.write(optionReply(0x80000005));
      else if (mode === 'refuses') socket.write(optionReply(0x80000002, Buffer.from('by policy')));
      else if (name !== '' && name !== 'disk a') socket.write(optionReply(0x80000006));
      else socket.write(Buffer.concat([exportInfo(mode), blockInfo(mode), optionReply(1)]));
    } else {
      if (have.length < 28) return;
      const command = have.readUInt16BE(6);
      const sizeBytes = have.readUInt32BE(24);
      if (command === 1 && have.length < 28 + sizeBytes) return;
      const cookie = have.readBigUInt64BE(8);
      const at = Number(have.readBigUInt64BE(16));
      const data = command === 1 ? Buffer.from(have.subarray(28, 28 + sizeBytes)) : null;
      have = have.subarray(28 + (data?.length ?? 0));
      request(command, cookie, at, sizeBytes, data);
    }
  }

  function request(command, cookie, at, sizeBytes, data) {
    const name = ['read', 'write', 'disconnect', 'flush'][command];
    const reply = Buffer.alloc(16);
    reply.writeUInt32BE(0x67446698);
    reply.writeBigUInt64BE(cookie, 8);
    if (name === 'disconnect') return socket.end();
    if (mode === `${name}-never`) return;
    if (mode === `${name}-closes`) return socket.destroy();
    const code = { [`${name}-eio`]: 5, [`${name}-enospc`]: 28, [`${name}-eperm`]: 1, [`${name}-unknown`]: 4711 }[mode];
    if (code) {
      reply.writeUInt32BE(code, 4);
      return socket.write(reply);
    }
    if (mode === `${name}-cookie`) reply.writeBigUInt64BE(cookie + 1n, 8);
    if (mode === `${name}-magic`) reply.writeUInt32BE(0x668e33ef);
    const isInside = at % minBlock === 0 && sizeBytes % minBlock === 0 && at + sizeBytes <= SIZE;
    if (!isInside || sizeBytes > (mode === 'small-requests' ? 8192 : 2 ** 25)) {
      reply.writeUInt32BE(22, 4);
      return socket.write(reply);
    }
    if (name !== 'read') {
      if (name === 'write') data.copy(disk, at);
      return socket.write(reply);
    }
    const bytes = disk.subarray(at, at + sizeBytes);
    if (mode === 'read-short-close') return socket.end(Buffer.concat([reply, bytes.subarray(0, sizeBytes - 1)]));
    if (mode === 'read-short-never') return socket.write(Buffer.concat([reply, bytes.subarray(0, sizeBytes - 1)]));
    if (mode === 'read-long') return socket.write(Buffer.concat([reply, bytes, Buffer.from('more')]));
    if (mode === 'read-slow') {
      const all = Buffer.concat([reply, bytes]);
      let sent = 0;
      const timer = setInterval(() => {
        if (sent >= all.length || socket.destroyed) return clearInterval(timer);
        socket.write(all.subarray(sent, sent + 1));
        sent += 1;
      }, 20);
      return undefined;
    }
    if (mode === 'read-pieces') {
      for (const byte of Buffer.concat([reply, bytes])) socket.write(Buffer.of(byte));
      return undefined;
    }
    return socket.write(Buffer.concat([reply, bytes]));
  }
}

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const [mode, place] = line.split(' ');
  const server = createServer((socket) => serve(mode, socket));
  server.listen(...(place === 'tcp' ? [0, '127.0.0.1'] : [place]), () => {
    const address = server.address();
    process.stdout.write(`ready ${typeof address === 'string' ? 0 : address.port}\n`);
  });
});
// The test that started it is gone.
lines.on('close', () => process.exit(0));
