import { expect, it } from 'vitest';
import { whyNotDurable } from '../../../src/disk/mounted/durable.ts';
import { linuxHost } from '../linux-fs.ts';

const MOUNTS = [
  { at: '/tmp', driver: 'tmpfs', source: 'tmpfs', number: '0:30' },
  { at: '/tmp/kept', driver: 'ext4', source: '/dev/sdz1', number: '8:201' },
  { at: '/layer', driver: 'overlay', source: 'overlay', number: '0:31' },
  { at: '/over', driver: 'ext4', source: '/dev/sdz2', number: '8:202' },
  { at: '/over', driver: 'ramfs', source: 'none', number: '0:32' },
];

it.each<[string, RegExp | null]>([
  ['/var/lib/hivemend', null],
  ['/tmp/x/hivemend', /memory \(tmpfs at \/tmp\)/],
  ['/tmp', /memory/],
  ['/tmpx', null],
  ['/tmp/kept/hivemend', null],
  ['/layer/a/b/c', /overlay/],
  // The mount that lies on top counts.
  ['/over/x', /ramfs/],
  ['/link/x', /tmpfs/],
])('%s', (folder, why) => {
  const folders = { '/tmp/kept/.': null, '/layer/.': null, '/over/.': null, '/var/lib/.': null };
  const { fs } = linuxHost(folders, MOUNTS, { '/link': '/tmp' });
  if (why === null) expect(whyNotDurable(fs, folder)).toBeNull();
  else expect(whyNotDurable(fs, folder)?.message).toMatch(why);
});

it('nothing is said of a host without a mount table', () => {
  expect(whyNotDurable(linuxHost({}).fs, 'C:\\x', 'win32')).toBeNull();
});
