// `npm run source`: build/hivemend-<version>-source.tar.gz, from which a machine without network, npm and git builds the
// program: the tracked files, and the packages that the program consists of. docs/install.md has the commands.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root, run } from './setup.mjs';

const { version, dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const name = `hivemend-${version}`;
const staging = join(root, 'build/source');
const folder = join(staging, name);

rmSync(staging, { recursive: true, force: true });
const { stdout } = spawnSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' });
for (const file of stdout.split('\0')) if (file !== '') copy(file);
const packages = new Set();
for (const dependency of Object.keys(dependencies)) if (dependency !== 'hivex-wasm') addPackage(dependency);
for (const dependency of packages) copy(join('node_modules', dependency));
const archive = join(root, 'build', `${name}-source.tar.gz`);
// The same files are the same archive, whenever and by whomever it is made.
const same = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mtime=@0', '--mode=u+rw,go=rX'];
run('tar', ['-C', staging, ...same, '-I', 'gzip -n', '-cf', archive, name]);
rmSync(staging, { recursive: true });
process.stdout.write(`${archive}\n`);

function copy(path) {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  cpSync(join(root, path), join(folder, path), { recursive: true });
}

function addPackage(dependency) {
  if (packages.has(dependency)) return;
  packages.add(dependency);
  const path = join(root, 'node_modules', dependency);
  if (readdirSync(path).includes('node_modules')) throw new Error(`${dependency} has packages of its own`);
  const { dependencies: more = {} } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
  for (const each of Object.keys(more)) addPackage(each);
}
