// What a commit into a disk goes by is read again right before the first write, and not more often than that.

import { expect, it } from 'vitest';
import type { Host } from '../../../src/host.ts';
import { openForCommit } from '../../../src/session/disks/disk-for-commit.ts';
import { madeDisk } from '../../disk/image/made-disk.ts';
import { type MemoryBlocks, memoryBlocks } from '../../disk/image/memory-blocks.ts';
import { describeNtfs } from '../../disk/ntfs-image.ts';

const NAME = '/dev/sda';
const PATHS = ['SYSTEM', 'SOFTWARE'].map((name) => `${NAME}/partition3/Windows/System32/config/${name}`);

describeNtfs('a disk that is opened for a commit', (images) => {
  const opened = (bytes: Uint8Array): ReturnType<typeof openForCommit> & { readonly blocks: MemoryBlocks } => {
    const blocks = memoryBlocks(bytes);
    const host = {
      disks: { style: 'posix', sources: new Map([[NAME, () => blocks]]) },
      style: 'posix',
      now: () => 0n,
      wait: () => {},
    } as unknown as Host;
    return { ...openForCommit(host, NAME, PATHS, { vmIsOff: true }), blocks };
  };

  it('is read again as a whole once, right before the first write', () => {
    const { files, blocks } = opened(madeDisk(images));
    const { offsetBytes } = files.place(PATHS[0]!).extents[0]!;
    const readCount = (): number => blocks.calls.filter(({ what, at }) => what === 'read' && at === offsetBytes).length;
    // For the first time, and after the ten seconds.
    expect(readCount()).toBe(2);
    const [first, second] = PATHS.map((path) => files.openSync(path, 'r+'));
    expect(readCount()).toBe(2);
    const sector = new Uint8Array(512);
    files.writeSync(first!, sector, 0, 512, 0);
    expect(readCount()).toBe(3);
    files.writeSync(first!, sector, 0, 512, 512);
    files.writeSync(second!, sector, 0, 512, 0);
    expect(readCount()).toBe(3);
  });

  it.each(PATHS)('is not written where somebody else changed %s after it was opened', (path) => {
    const bytes = madeDisk(images);
    const { files, blocks } = opened(bytes);
    const fd = files.openSync(PATHS[0]!, 'r+');
    bytes[files.place(path).extents[0]!.offsetBytes + 700]! ^= 1;
    expect(() => files.writeSync(fd, new Uint8Array(512), 0, 512, 0)).toThrow(
      expect.objectContaining({ code: 'IN_USE' }),
    );
    expect(blocks.calls.filter(({ what }) => what === 'write')).toEqual([]);
  });
});
