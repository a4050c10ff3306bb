// When Windows last ran is told by stamps that are not of our own edits: those of a commit, of its undo and of a dry run.

import { join } from 'node:path';
import { expect, it } from 'vitest';
import { hivemend, makeDisk, SYSTEM_PATH } from '../cli/process.ts';

const ENUM = 'HKLM\\SYSTEM\\ControlSet001\\Enum\\PCI\\VEN_8086';

it('a device that we edited does not tell when Windows ran, undone or not', async () => {
  const disk = makeDisk({ BCD: null });
  const lastBoot = async (): Promise<string | null | undefined> =>
    (await hivemend(['diagnose', disk, '--json'])).report().machine?.lastBoot?.iso;
  const add = (name: string): string[] => [
    'reg',
    'add',
    '--hive',
    join(disk, SYSTEM_PATH),
    ENUM,
    '/v',
    name,
    '/d',
    'x',
    '/f',
  ];
  const before = await lastBoot();
  expect((await hivemend(add('first'))).status).toBe(0);
  expect(await lastBoot()).toBe(before);
  const volume = ['reg', 'add', '--volume', disk, ENUM, '/v', 'second', '/d', 'x', '/f'];
  expect((await hivemend([...volume])).status).toBe(0);
  expect(await lastBoot()).toBe(before);
  expect((await hivemend(['undo', disk, '--values', '--yes'])).status).toBe(0);
  expect(await lastBoot()).toBe(before);
});
