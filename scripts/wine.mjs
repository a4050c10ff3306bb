// `npm run test:wine`: the packed command line, run by a Windows Node under Wine, on a disk that is its drive F:.
//
// Wine is not Windows. What it shows is that paths with drive letters, Windows' file calls and exit statuses work. Its
// powershell.exe does nothing, so a double answers in its place and keeps security descriptors in a file; what NTFS and
// PowerShell really do with them stays untested here, as do locked files, elevation and the console.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { makeExecutable, NODES, nodeFolder } from './executable.mjs';
import { root, run, setup } from './setup.mjs';

if (spawnSync('wine', ['--version']).error) {
  process.stderr.write(
    'test:wine: wine was not found; on Debian and Ubuntu: apt-get install --no-install-recommends wine wine64\n',
  );
  process.exit(1);
}
setup();

const work = mkdtempSync(join(tmpdir(), 'hivemend-wine-'));
const disk = join(work, 'disk');
const drives = join(work, 'prefix', 'dosdevices');
const env = {
  ...process.env,
  WINEPREFIX: join(work, 'prefix'),
  WINEARCH: 'win64',
  WINEDEBUG: '-all',
  HIVEMEND_TEST_DESCRIPTORS: 'C:\\descriptors.json',
};
let failed = 0;
let passed = 0;

function wine(args) {
  const [out, err] = [join(work, 'out.txt'), join(work, 'err.txt')];
  // Through files: output through Wine's pipes is lost now and then.
  const result = spawnSync('sh', ['-c', `exec wine "$@" >'${out}' 2>'${err}' </dev/null`, 'sh', ...args], {
    env,
    timeout: 300_000,
  });
  return { status: result.status, stdout: readFileSync(out, 'utf8'), stderr: readFileSync(err, 'utf8') };
}

function check(title, isRight, detail = '') {
  if (isRight) passed += 1;
  else failed += 1;
  process.stdout.write(`${isRight ? 'ok  ' : 'FAIL'}  ${title}${isRight ? '' : `\n${detail}`}\n`);
}

/** Every file of the disk but the journals, with its hash. */
function snapshot() {
  const names = readdirSync(disk, { recursive: true, encoding: 'utf8' }).filter((name) => !name.startsWith('hivemend'));
  const hashed = names.sort().map((name) => {
    const path = join(disk, name);
    return statSync(path).isDirectory()
      ? name
      : `${name} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`;
  });
  return hashed.join('\n');
}

function prepare() {
  process.stdout.write('test:wine: packing\n');
  run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', work]);
  const tarball = readdirSync(work).find((name) => name.endsWith('.tgz'));
  process.stdout.write('test:wine: making a Windows\n');
  for (const args of [
    ['wineboot', '--init'],
    ['winecfg', '-v', 'win10'],
  ]) {
    const { status, stderr } = wine(args);
    if (status !== 0) throw new Error(`wine ${args.join(' ')} ended with ${status}: ${stderr}`);
  }
  const installed = join(work, 'prefix', 'drive_c', 'recovery');
  mkdirSync(installed, { recursive: true });
  writeFileSync(join(installed, 'package.json'), '{}');
  run(
    'npm',
    [
      'install',
      '--silent',
      '--offline',
      '--ignore-scripts',
      '--no-audit',
      '--cache',
      join(work, 'cache'),
      join(work, tarball),
    ],
    { cwd: installed },
  );
  cpSync(join(nodeFolder(NODES.windows), NODES.windows.binary), join(installed, 'node.exe'));
  const executable = join(root, 'build', 'hivemend-win-x64.exe');
  if (existsSync(executable)) cpSync(executable, join(installed, 'hivemend.exe'));
  // A hive of the running Windows, which Wine keeps in another form.
  buildHive('SYSTEM-broken', join(work, 'prefix/drive_c/windows/system32/config/SYSTEM'));
  symlinkSync(disk, join(drives, 'f:'));
}

function buildHive(fixture, path) {
  mkdirSync(dirname(path), { recursive: true });
  run('node', ['dist/cli/main.js', 'import', '--new', path, join(root, 'fixtures', `${fixture}.xml`)], {
    stdio: 'ignore',
  });
}

/** A broken Windows with one machine key. */
function makeDisk() {
  rmSync(disk, { recursive: true, force: true });
  buildHive('SYSTEM-broken', join(disk, 'Windows/System32/config/SYSTEM'));
  buildHive('SOFTWARE', join(disk, 'Windows/System32/config/SOFTWARE'));
  buildHive('BCD-bios', join(disk, 'Boot/BCD'));
  const keys = join(disk, 'ProgramData/Microsoft/Crypto/RSA/MachineKeys');
  mkdirSync(keys, { recursive: true });
  writeFileSync(join(keys, 'f686aace6942fb7f7ceb231212eef4a4_3b9f6a1e-52c7-4d0c-9f38-7e14c0a2d5b6'), 'a key');
}

async function installDouble() {
  const folder = join(work, 'prefix/drive_c/windows/system32/WindowsPowerShell/v1.0');
  mkdirSync(folder, { recursive: true });
  rmSync(join(folder, 'powershell.exe'), { force: true });
  await makeExecutable(
    readFileSync(join(root, 'scripts/wine-powershell.cjs'), 'utf8'),
    NODES.windows,
    join(folder, 'powershell.exe'),
  );
}

const COMMANDS = {
  'with Node': ['C:\\recovery\\node.exe', 'C:\\recovery\\node_modules\\hivemend\\dist\\cli\\main.js'],
  'the executable': ['C:\\recovery\\hivemend.exe'],
};

function rescue(how, command) {
  const hivemend = (...args) => wine([...command, ...args]);
  const expectStatus = (title, result, status, words = /(?:)/) => {
    const isRight = result.status === status && words.test(result.stdout + result.stderr);
    check(
      `${how}: ${title}`,
      isRight,
      `status ${result.status}, expected ${status}\n${result.stdout.slice(-1500)}${result.stderr.slice(-1500)}`,
    );
  };
  makeDisk();
  const before = snapshot();
  expectStatus('--version', hivemend('--version'), 0, /^\d+\.\d+\.\d+/);
  expectStatus('diagnose F:', hivemend('diagnose', 'F:'), 1);
  expectStatus('diagnose F:\\', hivemend('diagnose', 'F:\\'), 1);
  expectStatus('diagnose f:/, as JSON', hivemend('diagnose', 'f:/', '--json'), 1, /"computerName"/);
  expectStatus('a quote that PowerShell left behind', hivemend('diagnose', 'F:"'), 1);
  expectStatus('a drive that is not there', hivemend('diagnose', 'G:'), 3);
  expectStatus('the drive of the running Windows', hivemend('repair', 'C:', '--yes'), 5, /LIVE_SYSTEM/);
  expectStatus('repair without --yes where nobody can be asked', hivemend('repair', 'F:'), 2, /NOT_CONFIRMED/);
  check(`${how}: nothing was written so far`, snapshot() === before);
  expectStatus('repair F: --yes', hivemend('repair', 'F:', '--yes'), 0);
  check(`${how}: the disk has changed`, snapshot() !== before);
  expectStatus('repair again: nothing to do', hivemend('repair', 'F:\\', '--yes'), 0);
  expectStatus('undo F: --list', hivemend('undo', 'F:', '--list'), 0, /done/);
  expectStatus('undo F:\\', hivemend('undo', 'F:\\', '--yes'), 0);
  check(`${how}: the disk is what it was, byte for byte`, snapshot() === before, snapshot());
  const system = 'F:\\Windows\\System32\\config\\SYSTEM';
  expectStatus('reg query', hivemend('reg', 'query', 'HKLM\\SYSTEM\\Select', '--volume', 'F:'), 0, /Current/);
  expectStatus(
    'reg query of a key that is not there',
    hivemend('reg', 'query', 'HKLM\\SYSTEM\\Nothing', '--volume', 'F:'),
    1,
  );
  expectStatus('bcdedit /enum', hivemend('bcdedit', '/store', 'F:\\Boot\\BCD', '/enum', 'all'), 0, /bootmgr/);
  expectStatus('export', hivemend('export', system, '-o', 'C:\\recovery\\system.jsonl', '--force'), 0);
  expectStatus(
    'export with threads',
    hivemend('export', 'F:\\', '--jobs', '2', '-o', 'C:\\recovery\\all.jsonl', '--force'),
    0,
  );
  const lines = readFileSync(join(work, 'prefix/drive_c/recovery/all.jsonl'), 'utf8').trimEnd().split('\n');
  const hives = lines.map((line) => JSON.parse(line)).filter(({ record }) => record === 'hive');
  check(`${how}: three hives in the export`, hives.length === 3, String(hives.length));
  expectStatus('export over a file that is there', hivemend('export', system, '-o', 'C:\\recovery\\system.jsonl'), 2);
}

try {
  prepare();
  await installDouble();
  for (const [how, command] of Object.entries(COMMANDS)) {
    if (existsSync(join(work, 'prefix/drive_c', ...command[0].split('\\').slice(1)))) rescue(how, command);
    else process.stdout.write(`skip  ${how}: npm run build:standalone has not been run\n`);
  }
} finally {
  spawnSync('wineserver', ['-k'], { env });
  rmSync(work, { recursive: true, force: true });
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 ? 1 : 0;
