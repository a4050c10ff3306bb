// The files for many disks: the scripts run, against the built command and a double of az.

import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { makeDisk, scratch } from './cli/process.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const deploy = join(root, 'deploy');
const read = (...path: string[]): string => readFileSync(join(root, ...path), 'utf8');

/** A command of that name in a folder of its own. */
function command(folder: string, name: string, body: string): string {
  const file = join(folder, name);
  writeFileSync(file, `#!/bin/sh\n${body}`);
  chmodSync(file, 0o755);
  return file;
}

describe.skipIf(process.platform === 'win32')('each-disk.sh', () => {
  function fleet(): {
    disks: string;
    reports: string;
    run(env?: Record<string, string>): ReturnType<typeof spawnSync>;
  } {
    const place = scratch();
    const [disks, reports] = [join(place, 'disks'), join(place, 'reports')];
    mkdirSync(join(disks, 'c-empty'), { recursive: true });
    renameSync(makeDisk(), join(disks, 'a broken'));
    renameSync(makeDisk({ SYSTEM: 'SYSTEM-healthy', SOFTWARE: 'SOFTWARE' }), join(disks, 'b'));
    const hivemend = command(
      place,
      'hivemend',
      `exec '${process.execPath}' '${join(root, 'dist/cli/main.js')}' "$@"\n`,
    );
    const script = join(deploy, 'each-disk.sh');
    return {
      disks,
      reports,
      run: (env = {}) =>
        spawnSync('sh', [script, disks, reports, 'diagnose', '--needed'], {
          encoding: 'utf8',
          env: { PATH: process.env.PATH, HIVEMEND: hivemend, ...env },
        }),
    };
  }

  it('keeps a report and a status of every disk, also of one that has no Windows', () => {
    const { reports, run } = fleet();
    const { stdout, status } = run();
    expect(status).toBe(1);
    expect(stdout).toMatch(/^a broken 1\nb [01]\nc-empty 3\n$/);
    const report = JSON.parse(readFileSync(join(reports, 'a broken.json'), 'utf8')) as object;
    expect(report).toMatchObject({ command: 'diagnose', machine: { computerName: 'APP-SRV-07' } });
    const failure = JSON.parse(readFileSync(join(reports, 'c-empty.json'), 'utf8')) as object;
    expect(failure).toMatchObject({ status: 'failed', error: { code: 'WINDOWS_NOT_FOUND' } });
    expect(readFileSync(join(reports, 'c-empty.status'), 'utf8')).toBe('3\n');
  });

  it('does the one disk of its number in an indexed Job', () => {
    const { reports, run } = fleet();
    expect(run({ JOB_COMPLETION_INDEX: '0' })).toMatchObject({ status: 0, stdout: 'a broken 1\n' });
    expect(existsSync(join(reports, 'b.json'))).toBe(false);
    expect(run({ JOB_COMPLETION_INDEX: '3' })).toMatchObject({ status: 1, stdout: '' });
  });
});

describe.skipIf(process.platform === 'win32')('az-repair.sh', () => {
  /** What az prints around the output of the script on the repair machine. */
  const answer = (line: string): string =>
    JSON.stringify({ status: 'SUCCESS', logs: `[Info]\n${line}\n`, output: line, error_message: '' }, null, 2);

  function run(
    machines: string[],
    az: string,
  ): { status: number | null; stdout: string; reports: string; calls: string } {
    const place = scratch();
    const calls = join(place, 'calls');
    command(place, 'az', `printf '%s\\n' "$@" >>'${calls}'\n${az}`);
    const args = [join(deploy, 'az-repair.sh'), 'group', join(place, 'reports'), 'repair', ...machines];
    const { status, stdout } = spawnSync('bash', args, {
      encoding: 'utf8',
      env: {
        PATH: `${place}:${process.env.PATH}`,
        HIVEMEND_URL: 'https://example.invalid/hivemend.exe',
        HIVEMEND_SHA256: 'ab',
        HIVEMEND_NOTE: 'CHG 42',
      },
    });
    return { status, stdout, reports: join(place, 'reports'), calls: readFileSync(calls, 'utf8') };
  }

  it('asks for each machine and collects the line that hivemend answered', () => {
    const summary = {
      machine: 'vm1',
      exitCode: 0,
      status: 'ok',
      computer: 'APP',
      changes: 3,
      findings: 0,
      undo: 'x',
      error: null,
    };
    const { status, reports, calls } = run(
      ['vm1', 'vm2'],
      `cat <<'END'\n${answer(`HIVEMEND ${JSON.stringify(summary)}`)}\nEND\n`,
    );
    expect(status).toBe(0);
    expect(JSON.parse(readFileSync(join(reports, 'vm1.summary.json'), 'utf8'))).toEqual(summary);
    expect(calls).toContain('vm2\n--run-on-repair\n');
    expect(calls).toContain('Note=CHG 42\n');
    expect(calls).toContain('Sha256=ab\n');
  });

  it('goes on after a machine that fails, and says so in the end', () => {
    const { status, stdout, calls } = run(['vm1', 'vm2'], 'case "$*" in *vm1*) exit 3;; esac; echo "{}"\n');
    expect(status).toBe(1);
    expect(stdout).toMatch(/vm1: az failed\nvm2: no answer/);
    expect(calls.match(/--custom-script-file/g)).toHaveLength(2);
  });
});

it('the files name what is there', () => {
  const { version } = JSON.parse(read('package.json')) as { version: string };
  expect(read('deploy/kubernetes-job.yaml')).toContain(`image: hivemend:${version}`);
  expect(read('deploy/kubernetes-job.yaml')).toContain('/usr/local/bin/each-disk');
  expect(read('deploy/Containerfile')).toContain('COPY deploy/each-disk.sh /usr/local/bin/each-disk');
  const parameters = [...read('deploy/az-repair.ps1').matchAll(/\[string\]\$(\w+)/g)].map((match) => match[1]);
  const passed = [...read('deploy/az-repair.sh').matchAll(/"(\w+)=\$/g)].map((match) => match[1]);
  expect(passed.sort()).toEqual(parameters.sort());
  for (const script of ['each-disk.sh', 'az-repair.sh']) execFileSync('bash', ['-n', join(deploy, script)]);
});

it('the workflows run what is there', () => {
  const scripts = Object.keys((JSON.parse(read('package.json')) as { scripts: object }).scripts);
  const text = ['ci.yml', 'release.yml'].map((name) => read('.github/workflows', name)).join('');
  for (const [, script] of text.matchAll(/npm run ([\w:]+)/g)) expect(scripts).toContain(script);
  for (const [file] of text.matchAll(/(?:\.ci|test|build|wasm)\/[\w./-]+\.?\w+/g))
    if (!file.startsWith('build/'))
      expect(existsSync(join(root, file)) || file.endsWith('build-record.json'), file).toBe(true);
});
