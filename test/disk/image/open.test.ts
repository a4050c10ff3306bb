// Disks opened by their path or address, with the real qemu-nbd and qemu-img: the same bytes whatever holds them, nothing
// written by a reader, nobody else beside a writer, and no server left behind.

import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { isVhdxFixed } from '../../../src/disk/image/containers/qemu.ts';
import { type OpenDisk, type OpenOptions, openDisk } from '../../../src/disk/image/open.ts';
import { nodeHost } from '../../../src/host.ts';
import { isDeep } from '../../deep.ts';
import { sh } from '../ntfs-image.ts';
import { setPendingVhdxLog } from './containers.ts';

const MIB = 2 ** 20;
const SIZE = 2 * MIB;
// Not the folder of the tests: that one is closed to other users.
const folder = fs.realpathSync(fs.mkdtempSync('/tmp/hivemend-open-'));
const sockets = join(folder, 'run');
fs.mkdirSync(sockets);
const hasQemu = ['qemu-img', 'qemu-nbd'].every((name) => spawnSync(name, ['--version']).status === 0);

const host = nodeHost(() => new Uint8Array(0));
const diskHost = { ...host.disks, qemu: { ...host.disks.qemu, socketFolders: [sockets] } };
const opened: OpenDisk[] = [];
const open = (path: string, options: Partial<OpenOptions> = {}): OpenDisk => {
  const disk = openDisk(diskHost, path, { mode: 'read', vmIsOff: true, ...options });
  opened.push(disk);
  return disk;
};

const pattern = Buffer.alloc(SIZE);
for (let at = 0; at < pattern.length; at += 4) pattern.writeUInt32LE((at * 2654435761) >>> 0, at);
const raw = join(folder, 'pattern.img');
const hashOf = (path: string): string => createHash('sha256').update(fs.readFileSync(path)).digest('hex');
const contentOf = (path: string, ...format: string[]): Buffer => {
  const out = join(folder, 'out');
  sh('qemu-img', 'convert', ...format, '-O', 'raw', path, out);
  return fs.readFileSync(out);
};
const code = (expected: string) => expect.objectContaining({ code: expected });
const readAll = ({ blocks }: OpenDisk): Buffer => {
  const bytes = Buffer.alloc(blocks.sizeBytes);
  blocks.read(0, bytes);
  return bytes;
};
/** Process numbers of servers whose socket lies in our folder. */
const serversLeft = (): number[] =>
  fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const line = fs.readFileSync(`/proc/${name}/cmdline`, 'utf8');
        return line.startsWith('qemu-nbd') && line.includes(sockets);
      } catch {
        return false;
      }
    })
    .map(Number);

beforeAll(() => fs.writeFileSync(raw, pattern));
afterEach(() => {
  for (const disk of opened.splice(0)) disk.close();
  expect(serversLeft()).toEqual([]);
  expect(fs.readdirSync(sockets)).toEqual([]);
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!hasQemu)('with qemu-nbd (skipped: qemu-nbd or qemu-img is not installed)', () => {
  const made = (name: string, format: string, ...options: string[]): string => {
    const path = join(folder, name);
    sh('qemu-img', 'convert', '-O', format, ...options, raw, path);
    return path;
  };
  const overlay = (name: string, base: string, format: string): string => {
    const path = join(folder, name);
    sh('qemu-img', 'create', '-q', '-f', 'qcow2', '-b', base, '-F', format, path);
    return path;
  };

  const formats: readonly [string, string, string, () => string][] = [
    ['raw', 'raw', 'raw', () => made('a.img', 'raw')],
    ['fixed VHD', 'fixed VHD', 'vpc', () => made('a.vhd', 'vpc', '-o', 'subformat=fixed,force_size')],
    ['dynamic VHD', 'dynamic VHD', 'vpc', () => made('b.vhd', 'vpc', '-o', 'force_size')],
    ['VHDX', 'VHDX', 'vhdx', () => made('a.vhdx', 'vhdx')],
    ['qcow2', 'qcow2', 'qcow2', () => made('e.qcow2', 'qcow2')],
    ['qcow2 on raw', 'qcow2', 'qcow2', () => overlay('b.qcow2', raw, 'raw')],
    [
      'qcow2 on qcow2 on raw',
      'qcow2',
      'qcow2',
      () => overlay('a, b=c.qcow2', overlay('d.qcow2', 'pattern.img', 'raw'), 'qcow2'),
    ],
    ['VMDK', 'VMDK', 'vmdk', () => made('a.vmdk', 'vmdk')],
    ['VDI', 'VDI', 'vdi', () => made('a.vdi', 'vdi')],
  ];
  it('a compressed VMDK is read, and says before a write is tried that there is none', () => {
    const path = made('stream.vmdk', 'vmdk', '-o', 'subformat=streamOptimized');
    const reader = open(path);
    expect(readAll(reader).equals(pattern)).toBe(true);
    expect(reader.neverWritten?.message).toMatch(/streamOptimized/);
    reader.close();
    expect(() => open(path, { mode: 'write' })).toThrow(code('UNSUPPORTED_IMAGE'));
    const plain = open(made('plain.vmdk', 'vmdk'));
    expect(plain.neverWritten).toBeUndefined();
    plain.close();
  });

  const often = ['raw', 'fixed VHD', 'VHDX', 'qcow2 on qcow2 on raw'];
  it.each(isDeep ? formats : formats.filter(([name]) => often.includes(name)))(
    '%s: read without a trace, written in place',
    (_, format, driver, make) => {
      const path = make();
      const before = hashOf(path);
      const reader = open(path);
      expect([reader.format, reader.blocks.sizeBytes, reader.usedBy, reader.files[0]]).toEqual([
        format,
        SIZE,
        null,
        path,
      ]);
      expect(readAll(reader).equals(pattern)).toBe(true);
      expect(() => reader.blocks.write(0, new Uint8Array(1))).toThrow(code('EROFS'));
      reader.close();
      expect(hashOf(path)).toBe(before);

      const writer = open(path, { mode: 'write' });
      const expected = Buffer.from(pattern);
      for (const [at, text] of [
        [0, 'first'],
        [4095, 'across'],
        [MIB + 1, 'odd'],
        [SIZE - 4, 'last'],
      ] as const) {
        writer.blocks.write(at, Buffer.from(text));
        expected.write(text, at);
      }
      writer.blocks.flush();
      expect(readAll(writer).equals(expected)).toBe(true);
      writer.close();
      const options = driver === 'vpc' ? ['--image-opts'] : ['-f', driver];
      const name = driver === 'vpc' ? `driver=vpc,file.filename=${path},force_size_calc=current_size` : path;
      expect(contentOf(name, ...options).equals(expected)).toBe(true);
      // What it is based on is never written.
      expect(fs.readFileSync(raw).equals(pattern)).toBe(true);
    },
  );

  it('a server that is used by another has its lock, for reading and for writing', async () => {
    const path = made('locked.qcow2', 'qcow2');
    const socket = join(folder, 'other.sock');
    const other = spawn('qemu-nbd', ['-t', '-f', 'qcow2', '-k', socket, path], { stdio: 'ignore' });
    while (!fs.existsSync(socket)) await new Promise((resolve) => setTimeout(resolve, 20));
    try {
      expect(() => open(path, { mode: 'write' })).toThrow(code('IN_USE'));
      expect(() => open(path)).toThrow(code('IN_USE'));
      // The address of that server is as good as the file, once somebody says that no machine runs.
      const address = `nbd+unix:///?socket=${socket}`;
      const reader = open(address, { vmIsOff: false });
      expect([reader.format, readAll(reader).equals(pattern)]).toEqual(['NBD', true]);
      reader.close();
      expect(() => open(address, { mode: 'write', vmIsOff: false })).toThrow(code('USE_UNKNOWN'));
      const writer = open(address, { mode: 'write' });
      writer.blocks.write(100, Buffer.from('written'));
      writer.blocks.flush();
      writer.close();
    } finally {
      other.kill();
      await new Promise((resolve) => other.once('exit', resolve));
    }
    expect(contentOf(path).toString('latin1', 100, 107)).toBe('written');
  });

  it('a raw image that is written holds the lock of QEMU', () => {
    const path = made('held.img', 'raw');
    const locks = (): string[] =>
      fs
        .readFileSync('/proc/locks', 'utf8')
        .split('\n')
        .filter((line) => line.includes(`:${fs.statSync(path).ino} `) && line.includes('OFDLCK'));
    const reader = open(path);
    expect(locks()).toEqual([]);
    reader.close();
    const writer = open(path, { mode: 'write' });
    expect(locks().length).toBeGreaterThan(0);
    writer.close();
    expect(locks()).toEqual([]);
  });

  it('a raw image that a machine has is not written, and what is read says so', async () => {
    const path = made('running.img', 'raw');
    // The locks of a machine, by another hand: bytes 100, 101 and 201, as open file descriptions.
    const script = `import fcntl, struct, sys
f = open(sys.argv[1], 'rb')
for start, length in ((100, 2), (201, 1)):
    fcntl.fcntl(f, 37, struct.pack('hhqqi4x', fcntl.F_RDLCK, 0, start, length, 0))
print('held', flush=True)
sys.stdin.read()`;
    const machine = spawn('python3', ['-c', script, path], { stdio: ['pipe', 'pipe', 'inherit'] });
    await new Promise((resolve) => machine.stdout.once('data', resolve));
    try {
      expect(() => open(path, { mode: 'write' })).toThrow(code('IN_USE'));
      const reader = open(path);
      expect(reader.usedBy).toMatch(/running machine/);
      reader.close();
    } finally {
      machine.stdin.end();
      await new Promise((resolve) => machine.once('exit', resolve));
    }
  });

  it('a VHDX with a pending log is read through a replay aside, and written only when that was asked for', () => {
    const path = made('pending.vhdx', 'vhdx');
    const plain = open(path);
    expect(plain.isReplayedAside).toBe(false);
    plain.close();
    const at = setPendingVhdxLog(path, pattern);
    const expected = Buffer.from(pattern);
    expected.fill(0, at, at + 4096);
    const before = hashOf(path);
    const reader = open(path);
    expect([reader.isReplayedAside, readAll(reader).equals(expected)]).toEqual([true, true]);
    reader.close();
    expect(hashOf(path)).toBe(before);
    expect(() => open(path, { mode: 'write' })).toThrow(code('PENDING_REPLAY'));
    expect(hashOf(path)).toBe(before);
    const writer = open(path, { mode: 'write', replayLog: true });
    expect(readAll(writer).equals(expected)).toBe(true);
    writer.close();
    const replayed = open(path);
    expect(replayed.isReplayedAside).toBe(false);
    replayed.close();
  });

  it('a base is followed only where it is a file in the same folder, of a stated kind', () => {
    const below = join(folder, 'below');
    fs.mkdirSync(below, { recursive: true });
    const inside = overlay('below/top.qcow2', raw, 'raw');
    expect(() => open(inside)).toThrow(code('UNSAFE_BACKING'));
    const trusted = open(inside, { anyBacking: true });
    expect([readAll(trusted).equals(pattern), trusted.files]).toEqual([true, [inside, raw]]);
    trusted.close();

    const patched = (name: string, base: string, format = 'raw'): string => {
      const path = join(folder, name);
      sh('qemu-img', 'create', '-q', '-u', '-f', 'qcow2', '-b', base, '-F', format, path, String(SIZE));
      return path;
    };
    for (const base of [
      'nbd:unix:/tmp/x',
      'nbd://host/',
      'json:{"driver":"raw","file":{"driver":"file","filename":"/etc/hostname"}}',
      'https://host/disk',
      '/etc/hostname',
      '../../../../../../etc/hostname',
      'absent.img',
      'self.qcow2',
    ]) {
      expect(() => open(patched('self.qcow2', base, base === 'self.qcow2' ? 'qcow2' : 'raw'))).toThrow(
        code('UNSAFE_BACKING'),
      );
    }
    // A link in the folder that leads out of it.
    fs.symlinkSync('/etc/hostname', join(folder, 'link.img'));
    expect(() => open(patched('linked.qcow2', 'link.img'))).toThrow(code('UNSAFE_BACKING'));
    const unstated = patched('unstated.qcow2', 'pattern.img');
    const bytes = fs.readFileSync(unstated);
    bytes.writeUInt32BE(0x12345678, bytes.indexOf(Buffer.from('e2792aca', 'hex')));
    fs.writeFileSync(unstated, bytes);
    expect(() => open(unstated)).toThrow(code('UNSAFE_BACKING'));
    expect(() => open(patched('other.qcow2', 'pattern.img', 'vmdk'))).toThrow(code('UNSAFE_BACKING'));
  });

  it('a raw base that a guest made look like another image stays raw', () => {
    const base = join(folder, 'forged.img');
    sh('qemu-img', 'create', '-q', '-u', '-f', 'qcow2', '-b', '/etc/hostname', '-F', 'raw', base, '1M');
    fs.truncateSync(base, MIB);
    const content = fs.readFileSync(base);
    const disk = open(overlay('over.qcow2', base, 'raw'));
    expect(readAll(disk).equals(content)).toBe(true);
    disk.close();
    fs.copyFileSync(base, join(folder, 'forged.raw'));
    expect(() => open(join(folder, 'forged.raw'))).toThrow(code('UNSUPPORTED_IMAGE'));
  });

  it('encrypted, external and damaged qcow2 images are refused', () => {
    const whole = fs.readFileSync(made('whole.qcow2', 'qcow2'));
    const changed = (at: number, value: number): string => {
      const bytes = Buffer.from(whole);
      bytes.writeUInt32BE(value, at);
      fs.writeFileSync(join(folder, 'changed.qcow2'), bytes);
      return join(folder, 'changed.qcow2');
    };
    for (const [at, value] of [
      [4, 9],
      [32, 2],
      [76, 4],
      [76, 0x80],
      [20, 60],
      [12, 0x7fffffff],
    ] as const) {
      expect(() => open(changed(at, value))).toThrow(code('UNSUPPORTED_IMAGE'));
      // What was asked of qemu-nbd is JSON, and nothing for a person.
      expect(() => open(changed(at, value))).not.toThrow(/json:|\{/);
    }
    fs.writeFileSync(join(folder, 'cut.qcow2'), whole.subarray(0, 50));
    expect(() => open(join(folder, 'cut.qcow2'))).toThrow(code('UNSUPPORTED_IMAGE'));
  });

  it.each(['SIGSTOP', 'SIGKILL'] as const)(
    'a server that is met by %s is an error in time, and gone afterwards',
    (signal) => {
      const limits = { connectMs: 20_000, readMs: 300, writeMs: 300, flushMs: 300, endMs: 300 };
      const disk = open(made('stopped.qcow2', 'qcow2'), { mode: 'write', limits });
      disk.blocks.write(0, new Uint8Array(512));
      disk.blocks.flush();
      const [pid] = serversLeft();
      process.kill(pid!, signal);
      expect(() => disk.blocks.write(0, new Uint8Array(512))).toThrow(
        /did not answer|closed the connection|EPIPE|ECONNRESET/,
      );
      expect(() => disk.blocks.flush()).toThrow(code('EIO'));
      disk.close();
    },
  );

  const canDropRights =
    process.getuid?.() === 0 &&
    spawnSync('setpriv', ['--reuid=65534', 'strace', '-o', '/dev/null', 'true']).status === 0;
  it.skipIf(!canDropRights)(
    'a user without rights reads all of them, and opens nothing for writing but its own',
    async () => {
      const entry = fileURLToPath(new URL('../../../src/disk/image/open.ts', import.meta.url));
      const { outputFiles } = await build({
        stdin: {
          contents: `import fs from 'node:fs';
import { openDisk } from ${JSON.stringify(entry)};
const qemu = { fs, pid: process.pid, socketFolders: [process.argv[2]], isAlive: (pid) => { try { return process.kill(pid, 0); } catch { return false; } },
  wait: (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms) };
for (const path of process.argv.slice(3)) {
  const disk = openDisk({ fs, style: 'posix', qemu }, path, { mode: 'read' });
  const bytes = new Uint8Array(disk.blocks.sizeBytes);
  disk.blocks.read(0, bytes);
  disk.close();
  console.log(process.getuid(), disk.format, Buffer.compare(bytes, fs.readFileSync(${JSON.stringify(raw)})));
}`,
          resolveDir: folder,
        },
        ...{ bundle: true, write: false, platform: 'node', target: 'node20', format: 'cjs' },
      });
      const script = join(folder, 'reader.cjs');
      fs.writeFileSync(script, outputFiles[0]!.text);
      const own = join(folder, 'own');
      fs.mkdirSync(own);
      fs.chownSync(own, 65534, 65534);
      fs.chmodSync(folder, 0o755);
      const images = [
        made('u.img', 'raw'),
        made('u.vhd', 'vpc', '-o', 'force_size'),
        made('u.vhdx', 'vhdx'),
        overlay('u.qcow2', raw, 'raw'),
        made('u.vmdk', 'vmdk'),
      ];
      const trace = join(own, 'trace');
      const rights = ['--reuid=65534', '--regid=65534', '--clear-groups'];
      const traced = ['strace', '-f', '-qq', '-e', 'trace=open,openat,creat', '-o', trace, process.execPath, script];
      const { stdout, stderr } = spawnSync('setpriv', [...rights, ...traced, own, ...images], {
        encoding: 'utf8',
        cwd: '/',
      });
      expect([stdout, stderr]).toEqual([
        ['raw', 'dynamic VHD', 'VHDX', 'qcow2', 'VMDK'].map((format) => `65534 ${format} 0\n`).join(''),
        '',
      ]);
      const writing = fs
        .readFileSync(trace, 'utf8')
        .split('\n')
        .filter((line) => /O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|creat\(/.test(line))
        .map((line) => /"([^"]*)"/.exec(line)?.[1] ?? line)
        .filter((path) => !path.startsWith(own) && !/^\/(dev|proc|sys)\//.test(path));
      expect(writing).toEqual([]);
      expect(fs.readdirSync(own)).toEqual(['trace']);
    },
  );

  it('without qemu-nbd the package is named, and raw images need none', () => {
    const path = made('needs.qcow2', 'qcow2');
    const vhdx = made('needs.vhdx', 'vhdx');
    const plain = made('plain.img', 'raw');
    const { PATH } = process.env;
    process.env.PATH = '/nowhere';
    try {
      for (const [needs, mode] of [
        [path, 'read'],
        [path, 'write'],
        [vhdx, 'write'],
      ] as const) {
        expect(() => open(needs, { mode })).toThrow(
          expect.objectContaining({ code: 'QEMU_NEEDED', hint: expect.stringContaining('qemu-utils') }),
        );
      }
      const disk = open(plain, { mode: 'write' });
      disk.blocks.write(0, new Uint8Array(1));
      disk.close();
    } finally {
      process.env.PATH = PATH;
    }
  });
});

it('versions of qemu that write VHDX soundly', () => {
  for (const version of [
    [7, 2, 3],
    [7, 2, 22],
    [8, 0, 1],
    [8, 1, 0],
    [10, 0, 0],
  ] as [number, number, number][]) {
    expect([version, isVhdxFixed(...version)]).toEqual([version, true]);
  }
  for (const version of [
    [6, 2, 0],
    [7, 1, 9],
    [7, 2, 0],
    [8, 0, 0],
  ] as [number, number, number][]) {
    expect([version, isVhdxFixed(...version)]).toEqual([version, false]);
  }
});

it('what another process has open for writing is in use', async () => {
  const path = join(folder, 'edited.img');
  fs.writeFileSync(path, new Uint8Array(MIB));
  const editor = spawn('sh', ['-c', 'exec 3<>"$0"; echo open; read line', path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => editor.stdout.once('data', resolve));
  try {
    expect(() => open(path, { mode: 'write' })).toThrow(
      expect.objectContaining({ code: 'IN_USE', message: expect.stringContaining(`process ${editor.pid}`) }),
    );
  } finally {
    editor.stdin.end('\n');
    await new Promise((resolve) => editor.once('exit', resolve));
  }
  open(path, { mode: 'write' }).blocks.flush();
});

it('what is mounted, attached or locked by VMware is in use', () => {
  const path = join(folder, 'busy.img');
  fs.writeFileSync(path, new Uint8Array(MIB));
  fs.mkdirSync(`${path}.lck`);
  expect(() => open(path, { mode: 'write' })).toThrow(code('IN_USE'));
  expect(open(path).usedBy).toMatch(/VMware/);
  fs.rmdirSync(`${path}.lck`);
  const loop = process.getuid?.() === 0 ? spawnSync('losetup', ['-f', '--show', path], { encoding: 'utf8' }) : null;
  if (loop?.status !== 0) return;
  try {
    expect(() => open(path, { mode: 'write' })).toThrow(code('IN_USE'));
    expect(open(path).usedBy).toContain(loop.stdout.trim());
  } finally {
    sh('losetup', '-d', loop.stdout.trim());
  }
});
