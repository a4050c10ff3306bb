// What diagnose prints for --target and for a code on the screen, as a person reads it.

import { expect, it } from 'vitest';
import { ruleDisk } from '../../repairs/rule-disk.ts';
import { hivemend } from '../process.ts';

it('--target all: how this Windows stands on each platform, and one platform with the way on', async () => {
  const { host, folders } = ruleDisk({});
  const all = (await hivemend(['diagnose', ...folders, '--target', 'all'], { host })).stdout;
  expect(all).toMatch(/^TARGETS$/m);
  expect(all).toMatch(/^ {2}\+ ahci +starts there$/m);
  expect(all).toMatch(/^ {2}! hyperv +vmbus does not start with the boot \(StartOverride 0 = 3\)/m);
  expect(all).toMatch(/^ {2}x virtio-scsi +vioscsi is not installed \(it comes with virtio-win\)$/m);
  expect(all.split('\n').every((line) => line.length <= 80)).toBe(true);
  const one = (await hivemend(['diagnose', ...folders, '--target', 'virtio-scsi'], { host })).stdout;
  expect(one).toContain('vioscsi is not installed (it comes with virtio-win)');
  expect(one.replaceAll(/\s+/g, ' ')).toContain('Start it once on SATA or IDE with a second small disk');
});

it('a code on the screen: what it means, and what the last start left', async () => {
  const { host, folders } = ruleDisk({});
  const text = (await hivemend(['diagnose', ...folders, '--symptom', '0x7B'], { host })).stdout.replaceAll(/\s+/g, ' ');
  expect(text).toContain('THE CODE YOU GAVE 0x7B INACCESSIBLE_BOOT_DEVICE: The kernel started and found no boot disk.');
});
