// What every report has, whatever the command and its end: the status, when it began, a summary, and the machine where it
// is known.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { hivemend, makeDisk, put, SYSTEM_PATH, scratch } from './process.ts';

function places(): { disk: string; system: string; script: string; out: string } {
  const disk = makeDisk();
  const folder = scratch();
  const script = join(folder, 'fix.cmd');
  writeFileSync(script, 'reg add HKLM\\BROKENSYSTEM\\Select /v A /d x /f\r\n');
  return { disk, system: join(disk, SYSTEM_PATH), script, out: join(folder, 'out') };
}

type Call = (at: ReturnType<typeof places>) => readonly string[];

const CALLS: readonly (readonly [what: string, call: Call, hasMachine: boolean])[] = [
  ['diagnose', ({ disk }) => ['diagnose', disk], true],
  ['repair --dry-run', ({ disk }) => ['repair', disk, '--dry-run'], true],
  ['repair', ({ disk }) => ['repair', disk, '--yes'], true],
  ['repair that is not confirmed', ({ disk }) => ['repair', disk], true],
  ['repair of another computer', ({ disk }) => ['repair', disk, '--expect', 'OTHER'], false],
  ['undo without a commit', ({ disk }) => ['undo', disk, '--yes'], false],
  ['undo --list', ({ disk }) => ['undo', disk, '--list'], false],
  ['reg', ({ disk }) => ['reg', '--volume', disk, '--json', 'query', 'HKLM\\SYSTEM\\Select'], false],
  ['bcdedit', ({ disk }) => ['bcdedit', '--volume', disk, '--json', '/enum'], false],
  ['run', ({ disk, script }) => ['run', script, '--drive', `F:=${disk}`, '--dry-run'], false],
  ['lint', ({ script }) => ['lint', script], false],
  ['inspect', ({ system }) => ['inspect', system], false],
  ['diff', ({ system }) => ['diff', system, system], false],
  ['export', ({ system, out }) => ['export', system, '-o', out], false],
  ['recover', ({ system, out }) => ['recover', system, '-o', out], false],
  ['explain', () => ['explain', '0x7B'], false],
  ['a wrong call', () => ['repair', '/x', '--port', 'abc'], false],
  ['a path that is not there', () => ['diagnose', '/not/there'], false],
];

it.each(CALLS)('%s', async (_what, call, hasMachine) => {
  const args = call(places());
  const run = await hivemend(args.includes('--json') ? args : [...args, '--json']);
  const report = run.report();
  expect(report).toMatchObject({ schema: 2, exitCode: run.status, tool: { name: 'hivemend' } });
  expect(report.startedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$/);
  expect(Object.keys(report.summary).sort()).toEqual(
    ['causes', 'fixed', 'notChecked', 'repairBlocked', 'state', 'warnings'].sort(),
  );
  if (hasMachine) expect(report.machine?.computerName).toBe('APP-SRV-07');
});

it('a cause that stands in several control sets is counted once, with its sets', async () => {
  const disk = makeDisk();
  const report = (await hivemend(['diagnose', disk, '--json'])).report();
  const text = (await hivemend(['diagnose', disk])).stdout;
  const [, count] = /(\d+) causes found/.exec(text) ?? [];
  expect(report.summary.causes).toHaveLength(Number(count));
  const denied = report.findings.filter(({ code }) => code === 'RDP_DENIED');
  expect(denied.map(({ controlSets }) => controlSets)).toEqual([['ControlSet001', 'ControlSet002']]);
});

it('the page of a refusal has each way on as a line of its own', async () => {
  const { disk, out } = places();
  put(disk, 'hiberfil.sys', new Uint8Array(Buffer.from(`hibr${'\0'.repeat(4092)}`)));
  const run = await hivemend(['repair', disk, '--yes', '--html', out]);
  expect(run.status).toBe(5);
  const html = readFileSync(out, 'utf8');
  expect(html).toContain('<pre>shutdown /s /t 0</pre>');
  expect(html).not.toContain('u000a');
});
