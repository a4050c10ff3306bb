// The files for many disks: the scripts run, against the built command and a double of az.

import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Report } from '../src/report.ts';
import { BCD_PATH, makeDisk, put, SOFTWARE_PATH, SYSTEM_PATH, scratch } from './cli/process.ts';
import { describeNtfs } from './disk/ntfs-image.ts';
import type { FixtureName } from './fixture-hives.ts';

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

/** The built command as an executable in `folder`. */
const builtCommand = (folder: string): string =>
  command(folder, 'hivemend', `exec '${process.execPath}' '${join(root, 'dist/cli/main.js')}' "$@"\n`);

/** The rows of the table that each-disk.sh ends with; its last line, the totals, is left out. */
const table = (stdout: string): string[][] =>
  stdout
    .trimEnd()
    .split('\n')
    .filter((line) => !line.startsWith('Stopped: '))
    .slice(0, -1)
    .map((line) =>
      [line.slice(0, 24), line.slice(25, 31), line.slice(33, 53), line.slice(54)].map((cell) => cell.trim()),
    );

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
    const hivemend = builtCommand(place);
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
    expect(table(String(stdout))).toEqual([
      ['DISK', 'STATUS', 'STATE', 'COMPUTER'],
      ['a broken', '1', 'broken', 'APP-SRV-07'],
      ['b', expect.stringMatching(/^[01]$/), expect.stringMatching(/^(clear|broken|incomplete)$/), 'APP-SRV-07'],
      ['c-empty', '3', 'WINDOWS_NOT_FOUND', ''],
    ]);
    const report = JSON.parse(readFileSync(join(reports, 'a broken.json'), 'utf8')) as object;
    expect(report).toMatchObject({ command: 'diagnose', machine: { computerName: 'APP-SRV-07' } });
    const failure = JSON.parse(readFileSync(join(reports, 'c-empty.json'), 'utf8')) as object;
    expect(failure).toMatchObject({ status: 'failed', error: { code: 'WINDOWS_NOT_FOUND' } });
    expect(readFileSync(join(reports, 'c-empty.status'), 'utf8')).toBe('3\n');
  });

  it('does the one disk of its number in an indexed Job', () => {
    const { reports, run } = fleet();
    const first = run({ JOB_COMPLETION_INDEX: '0' });
    expect([first.status, table(String(first.stdout)).slice(1)]).toEqual([
      0,
      [['a broken', '1', 'broken', 'APP-SRV-07']],
    ]);
    expect(existsSync(join(reports, 'b.json'))).toBe(false);
    expect(run({ JOB_COMPLETION_INDEX: '3' })).toMatchObject({ status: 1, stdout: '' });
  });

  it('takes a list with the volumes of one disk on a line', () => {
    const place = scratch();
    const [windows, esp, list] = [makeDisk({ BCD: null }), join(place, 'the esp'), join(place, 'list')];
    put(esp, 'EFI/Microsoft/Boot/BCD', 'BCD-uefi');
    const of = (text: string, env: Record<string, string> = {}) => {
      writeFileSync(list, text);
      return spawnSync('sh', [join(deploy, 'each-disk.sh'), list, join(place, 'reports'), 'diagnose'], {
        encoding: 'utf8',
        env: { PATH: process.env.PATH, HIVEMEND: builtCommand(place), ...env },
      });
    };
    const lines = `# name, volumes\nlamb\t${windows}\t${esp}\n\nalone\t${windows}`;
    const both = of(lines);
    expect([both.status, both.stderr]).toEqual([0, 'lamb 1\nalone 1\n']);
    expect(table(both.stdout).slice(1)).toEqual([
      ['lamb', '1', 'broken', 'APP-SRV-07'],
      ['alone', '1', 'broken', 'APP-SRV-07'],
    ]);
    const unchecked = (name: string) =>
      (JSON.parse(readFileSync(join(place, 'reports', `${name}.json`), 'utf8')) as Report).summary.notChecked.map(
        ({ check }) => check,
      );
    expect(unchecked('alone')).toContain('boot');
    expect(unchecked('lamb')).not.toContain('boot');
    expect(of(lines, { JOB_COMPLETION_INDEX: '1' }).stderr).toBe('alone 1\n');
    // Every line is looked at before the first disk is touched.
    for (const wrong of [windows, `../x\t${windows}`, `${lines}\nlamb\t${windows}`]) {
      expect(of(wrong)).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining('separated by tabs') });
    }
  });
});

describe.skipIf(process.platform === 'win32')('each-disk.sh over a fleet', () => {
  const hash = (disk: string) => [SYSTEM_PATH, SOFTWARE_PATH, BCD_PATH].map((path) => readFileSync(join(disk, path)));

  it('plans, tries the first, stops at a failure, goes on, and undoes what it did', { timeout: 60_000 }, () => {
    const place = scratch();
    const disks = join(place, 'disks');
    mkdirSync(join(disks, 'c no windows'), { recursive: true });
    for (const name of ['a', 'b of {}', 'd', 'e']) renameSync(makeDisk(), join(disks, name));
    mkdirSync(join(place, 'plans'));
    const before = ['a', 'b of {}', 'd', 'e'].map((name) => hash(join(disks, name)));
    const HIVEMEND = builtCommand(place);
    const each = (options: string[], reports: string, ...words: string[]) => {
      const args = [join(deploy, 'each-disk.sh'), ...options, disks, join(place, reports), ...words];
      const { stdout, status } = spawnSync('sh', args, {
        encoding: 'utf8',
        cwd: place,
        env: { PATH: process.env.PATH, HIVEMEND },
      });
      return { status, rows: table(stdout).slice(1), last: stdout.trimEnd().split('\n').at(-1) };
    };
    const only = { skip: ['--skip', 'machine-keys'], fixed: ['0', 'fixed', 'APP-SRV-07'] };

    const planned = each(['--jobs', '2'], 'planned', 'repair', '--plan', 'plans/{}.json', ...only.skip);
    expect(planned).toMatchObject({ status: 1, last: '1 WINDOWS_NOT_FOUND, 4 fixed (dry run)' });
    expect(existsSync(join(place, 'plans', 'b of {}.json'))).toBe(true);
    expect(['a', 'b of {}', 'd', 'e'].map((name) => hash(join(disks, name)))).toEqual(before);

    expect(each(['--first', '1'], 'done', 'apply', 'plans/{}.json', '--yes')).toMatchObject({
      status: 0,
      rows: [['a', ...only.fixed]],
    });
    const stopped = each(['--resume', '--stop-after', '1'], 'done', 'apply', 'plans/{}.json', '--yes');
    expect(stopped).toMatchObject({ status: 1, last: 'Stopped: 1 failed. Add --resume to go on with the rest.' });
    expect(stopped.rows).toEqual([
      ['a', '0', 'fixed (before)', 'APP-SRV-07'],
      ['b of {}', ...only.fixed],
      ['c no windows', '3', 'FILE_NOT_FOUND', ''],
      ['d', '-', 'not started', ''],
      ['e', '-', 'not started', ''],
    ]);
    const resumed = each(['--resume', '--jobs', '3'], 'done', 'apply', 'plans/{}.json', '--yes');
    expect(resumed.last).toBe('1 FILE_NOT_FOUND, 2 fixed, 2 fixed (before)');

    const undone = each(['--of', join(place, 'done'), '--jobs', '2'], 'undone', 'undo', '--yes');
    expect(undone).toMatchObject({ status: 0, last: '1 nothing to undo, 4 undone' });
    expect(['a', 'b of {}', 'd', 'e'].map((name) => hash(join(disks, name)))).toEqual(before);
  });

  it('says what is wrong with its own options, and calls nothing', () => {
    const place = scratch();
    const called = command(place, 'called', `touch '${join(place, 'was-called')}'\n`);
    const wrong = [
      ['--jobs', '0', place, place, 'diagnose'],
      ['--jobs', 'x', place, place, 'diagnose'],
      ['--of', place, place, place, 'repair'],
      ['--of', join(place, 'none'), place, place, 'undo'],
      ['--what', place, place, 'diagnose'],
      [join(place, 'none'), place, 'diagnose'],
      [place, place, 'apply'],
      [place, place],
    ];
    for (const words of wrong) {
      const { status, stderr } = spawnSync('sh', [join(deploy, 'each-disk.sh'), ...words], {
        encoding: 'utf8',
        env: { PATH: process.env.PATH, HIVEMEND: called },
      });
      expect([words, status, stderr]).toEqual([
        words,
        2,
        expect.stringMatching(/^each-disk: .*\nusage: each-disk\.sh /),
      ]);
    }
    expect(existsSync(join(place, 'was-called'))).toBe(false);
  });
});

describeNtfs('each-disk.sh on mounted NTFS volumes', (images) => {
  /** The answers of one run over all disks of a folder or list: name of the disk, status, report. */
  function answers(disks: string, ...words: string[]): { status: number; report: Report }[] {
    const place = scratch();
    const reports = join(place, 'reports');
    const { stdout, stderr, status } = spawnSync('sh', [join(deploy, 'each-disk.sh'), disks, reports, ...words], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, HIVEMEND: builtCommand(place) },
    });
    expect(status, stderr).toBe(0);
    return table(stdout)
      .slice(1)
      .map(([name, code]) => ({
        status: Number(code),
        report: JSON.parse(readFileSync(join(reports, `${name}.json`), 'utf8')) as Report,
      }));
  }

  const FILES: Readonly<Record<string, FixtureName>> = {
    [SYSTEM_PATH]: 'SYSTEM-broken',
    [SOFTWARE_PATH]: 'SOFTWARE',
    [BCD_PATH]: 'BCD-bios',
  };
  const hash = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

  it('diagnoses without changing a byte of the volumes, repairs, and undoes it', { timeout: 60_000 }, () => {
    const volumes = ['first', 'second'].map((name) => images.make(name, 40));
    const run = (...words: string[]) => answers(images.folder, ...words);
    const places = volumes.map((volume) => images.mount(volume));
    for (const place of places) for (const [path, fixture] of Object.entries(FILES)) put(place, path, fixture);
    const originals = places.map((place) => Object.keys(FILES).map((path) => hash(join(place, path))));
    for (const place of places) images.unmount(place);
    const before = volumes.map(hash);

    const readOnly = volumes.map((volume) => images.mount(volume, '-o', 'ro'));
    const diagnosed = run('diagnose');
    expect(diagnosed.map(({ status, report }) => [status, report.status])).toEqual([
      [1, 'findings'],
      [1, 'findings'],
    ]);
    for (const place of readOnly) images.unmount(place);
    expect(volumes.map(hash)).toEqual(before);

    const writable = volumes.map((volume) => images.mount(volume));
    const hashes = () => writable.map((place) => Object.keys(FILES).map((path) => hash(join(place, path))));
    const repaired = run('repair', '--yes', '--skip', 'machine-keys', '--note', 'CHG 4711');
    expect(repaired.map(({ status, report }) => [status, report.status, report.note])).toEqual([
      [0, 'ok', 'CHG 4711'],
      [0, 'ok', 'CHG 4711'],
    ]);
    for (const [disk, files] of hashes().entries())
      for (const [at, file] of files.entries()) expect(file).not.toBe(originals[disk]![at]);
    expect(run('repair', '--yes', '--skip', 'machine-keys').map(({ report }) => report.status)).toEqual([
      'unchanged',
      'unchanged',
    ]);
    expect(run('undo', '--yes').map(({ status }) => status)).toEqual([0, 0]);
    expect(hashes()).toEqual(originals);
    for (const place of writable) images.unmount(place);
  });

  it('does the same with a folder of images, and takes no journal for a disk', { timeout: 60_000 }, () => {
    const made = images.make('third', 40);
    const place = images.mount(made);
    for (const [path, fixture] of Object.entries(FILES)) put(place, path, fixture);
    images.unmount(place);
    const disks = join(scratch(), 'disks');
    mkdirSync(disks);
    const image = join(disks, 'third.img');
    copyFileSync(made, image);
    const original = hash(image);
    const run = (...words: string[]) => answers(disks, ...words).map(({ status, report }) => [status, report.status]);
    expect(run('diagnose')).toEqual([[1, 'findings']]);
    expect(hash(image)).toBe(original);
    // machine-keys cannot be made in an image; an extra that is skipped is no cause that is left.
    expect(run('repair', '--yes')).toEqual([[0, 'ok']]);
    expect(existsSync(`${image}.hivemend`)).toBe(true);
    expect(run('repair', '--yes')).toEqual([[0, 'unchanged']]);
    expect(run('undo', '--yes')).toEqual([[0, 'ok']]);
    expect(hash(image)).toBe(original);
  });
});

describe.skipIf(process.platform === 'win32')('az-repair.sh', () => {
  it('says how it is called, and which setting is missing, before it asks az for anything', () => {
    const script = join(deploy, 'az-repair.sh');
    const place = scratch();
    command(place, 'az', `touch '${join(place, 'called')}'\n`);
    const env = { PATH: `${place}:${process.env.PATH}` };
    const ended = (...words: string[]) => spawnSync('bash', [script, ...words], { encoding: 'utf8', env });
    expect(ended('group')).toMatchObject({ status: 2, stderr: expect.stringContaining('<resource group>') });
    expect(ended('group', join(place, 'r'), 'undo', 'vm1').status).toBe(2);
    const unset = ended('group', join(place, 'r'), 'repair', 'vm1');
    expect([unset.status, unset.stderr]).toEqual([1, expect.stringContaining('HIVEMEND_URL: is not set')]);
    expect(existsSync(join(place, 'called'))).toBe(false);
  });

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

describe.skipIf(process.platform === 'win32')('the Job', () => {
  interface Job {
    readonly spec: {
      readonly completionMode: string;
      readonly completions: number;
      readonly maxFailedIndexes: number;
      readonly template: { readonly spec: { readonly containers: readonly Container[] } & Mounted };
    };
  }
  interface Mounted {
    readonly volumes: readonly { readonly name: string }[];
  }
  interface Container {
    readonly command: readonly string[];
    readonly env: readonly { readonly name: string; readonly value: string }[];
    readonly volumeMounts: readonly {
      readonly name: string;
      readonly mountPath: string;
      readonly readOnly?: boolean;
    }[];
  }

  const job = parse(read('deploy/kubernetes-job.yaml')) as Job;
  const [container] = job.spec.template.spec.containers;

  it('runs each-disk on what it mounts, the disks read-only, one for each pod', () => {
    expect(job.spec.completionMode).toBe('Indexed');
    expect(job.spec.maxFailedIndexes).toBe(job.spec.completions);
    const [script, disks, reports] = container!.command;
    expect(script).toBe('/usr/local/bin/each-disk');
    const mounts = container!.volumeMounts;
    expect(mounts.find(({ mountPath }) => mountPath === disks)?.readOnly).toBe(true);
    expect(mounts.map(({ mountPath }) => mountPath).sort()).toEqual([disks, reports]);
    expect(mounts.map(({ name }) => name)).toEqual(job.spec.template.spec.volumes.map(({ name }) => name));
    for (const { value } of container!.env) expect(typeof value).toBe('string');
  });

  it('has a command that answers, in the environment that it sets', () => {
    const place = scratch();
    const disks = join(place, 'disks');
    mkdirSync(disks);
    renameSync(makeDisk(), join(disks, 'a'));
    const at = (word: string): string => (word.startsWith('/') ? join(place, word) : word);
    const words = container!.command.slice(1).map(at);
    const env = Object.fromEntries(container!.env.map(({ name, value }) => [name, value]));
    const run = spawnSync('sh', [join(deploy, 'each-disk.sh'), ...words], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, HIVEMEND: builtCommand(place), JOB_COMPLETION_INDEX: '0', ...env },
    });
    expect([run.status, run.stderr, table(run.stdout)[1]]).toEqual([0, 'a 1\n', ['a', '1', 'broken', 'APP-SRV-07']]);
  });
});

describe.skipIf(process.platform === 'win32')('the Job over one image', () => {
  const job = parse(read('deploy/kubernetes-image-job.yaml')) as {
    readonly spec: {
      readonly template: {
        readonly spec: { readonly securityContext: object; readonly containers: readonly object[] };
      };
    };
  };
  const [container] = job.spec.template.spec.containers as [
    {
      readonly image: string;
      readonly command: readonly string[];
      readonly env: readonly { readonly name: string; readonly value: string }[];
      readonly securityContext: object;
    },
  ];

  it('has no rights', () => {
    const { version } = JSON.parse(read('package.json')) as { version: string };
    expect(container.image).toBe(`hivemend:${version}`);
    expect(job.spec.template.spec.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 107 });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  it('has a command that answers, in the environment that it sets', () => {
    const place = scratch();
    const disk = makeDisk();
    const command = container.command[2]!.replace('/disk/disk.img', disk).replace('hivemend', '"$HIVEMEND"');
    const env = Object.fromEntries(container.env.map(({ name, value }) => [name, value]));
    const run = spawnSync('sh', ['-c', command], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, HIVEMEND: builtCommand(place), ...env },
    });
    expect([
      run.status,
      (JSON.parse(run.stdout) as { machine: { computerName: string } }).machine.computerName,
    ]).toEqual([0, 'APP-SRV-07']);
  });
});

it('the workflows publish a file, not a repository of that name', () => {
  const places = [...read('.github/workflows/release.yml').matchAll(/npm publish .*?(\S+\.tgz)/g)].map(
    ([, path]) => path,
  );
  expect(places).toEqual([expect.stringMatching(/^\.\//)]);
});

it('the workflows run what is there', () => {
  const scripts = Object.keys((JSON.parse(read('package.json')) as { scripts: object }).scripts);
  const names = ['ci.yml', 'nightly.yml', 'release.yml'];
  const text = names.map((name) => read('.github/workflows', name)).join('');
  for (const name of names) {
    const { jobs } = parse(read('.github/workflows', name)) as { jobs: Record<string, { 'timeout-minutes'?: number }> };
    for (const [job, settings] of Object.entries(jobs)) expect(settings['timeout-minutes'], job).toBeGreaterThan(0);
  }
  for (const [, script] of text.matchAll(/npm run ([\w:]+)/g)) expect(scripts).toContain(script);
  for (const [file] of text.matchAll(/(?:\.ci|test|build|wasm)\/[\w./-]+\.?\w+/g))
    if (!file.startsWith('build/'))
      expect(existsSync(join(root, file)) || file.endsWith('build-record.json'), file).toBe(true);
});
