// Which profile a name stands for.

import { readFileSync } from 'node:fs';
import { memfs } from 'memfs';
import { expect, it } from 'vitest';
import { repairRequest } from '../../../src/cli/repair/repair-request.ts';
import type { CliContext } from '../../../src/cli/terminal.ts';
import { thisHost } from '../../../src/host.ts';

const SHIPPED = readFileSync(new URL('../../../profiles/crowdstrike-2024-07.json', import.meta.url), 'utf8');

/** The name of the profile that `--profile <name>` takes on a machine with these files. */
function chosen(name: string | undefined, files: Record<string, string>): string {
  const { fs } = memfs(files);
  const context = { host: { ...thisHost(), fs, style: 'posix' }, version: '1', terminal: { cwd: '/' } } as unknown;
  return repairRequest(context as CliContext, [], name === undefined ? {} : { profile: name }).plan.profile.name;
}

it('is one that comes with hivemend, then one of the site, then a file', () => {
  const files = {
    '/etc/hivemend/profiles.d/crowdstrike-2024-07.json': SHIPPED,
    '/etc/hivemend/profiles.d/boot.json': 'not read, since boot comes with hivemend',
    '/etc/hivemend/profiles.d/broken.json': '{',
    '/mnt/mine.json': SHIPPED,
  };
  const { name } = JSON.parse(SHIPPED) as { name: string };
  expect(chosen(undefined, files)).toBe('rdp-internal-error');
  expect(chosen('boot', files)).toBe('boot');
  expect(chosen('crowdstrike-2024-07', files)).toBe(name);
  expect(chosen('/mnt/mine.json', files)).toBe(name);
  expect(() => chosen('broken', files)).toThrow('/etc/hivemend/profiles.d/broken.json');
  expect(() => chosen('nobodys', files)).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
  expect(() => chosen('crowdstrike-2024-07', {})).toThrow('the profiles are');
});
