// The package as a stranger gets it: what package.json says, what the tarball holds, and that it installs and works
// with no network and no compiler.

import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TOOL } from '../src/report.ts';
import { makeDisk, snapshot } from './cli/process.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const place = mkdtempSync(join(tmpdir(), 'hivemend-package-'));
afterAll(() => rmSync(place, { recursive: true, force: true }));

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly engines: { readonly node: string };
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly bundleDependencies: readonly string[];
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

function manifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest;
}

function npm(args: readonly string[], cwd: string): string {
  return execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Packs the checkout as it was built; the scripts that build it have run before the tests. */
function pack(folder: string): string {
  mkdirSync(folder, { recursive: true });
  npm(['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], root);
  return join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz'))!);
}

const { name, version, ...hivemend } = manifest('.');

describe('package.json', () => {
  it('depends on exact versions, and carries all that it needs at run time', () => {
    const { dependencies, devDependencies, optionalDependencies } = hivemend;
    for (const [dependency, wanted] of Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies }))
      expect(wanted, dependency).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
    expect([...hivemend.bundleDependencies].sort()).toEqual(Object.keys(dependencies).sort());
    expect(dependencies['hivex-wasm']).toBe(manifest('wasm').version);
  });

  it('is the version that every report names', () => {
    expect(TOOL).toEqual({ name, version });
  });

  it('is MIT, its engine LGPL, and both want the same Node', () => {
    expect(hivemend.license).toBe('MIT AND LGPL-2.1-only');
    expect(readFileSync(join(root, 'LICENSE'), 'utf8')).toContain('the hivemend authors');
    expect(manifest('wasm').license).toBe('LGPL-2.1-only');
    expect(hivemend.engines.node).toBe('>=20.19.0');
    expect(manifest('wasm').engines.node).toBe(hivemend.engines.node);
  });

  it('names types before code, and runs nothing when it is installed', () => {
    for (const target of Object.values(hivemend.exports))
      if (typeof target === 'object') expect(Object.keys(target)[0]).toBe('types');
    expect(hivemend.exports).toHaveProperty(['./package.json']);
    for (const folder of ['.', 'wasm'])
      for (const script of ['preinstall', 'install', 'postinstall', 'prepare'])
        expect(manifest(folder).scripts).not.toHaveProperty(script);
  });

  it('has a lock file that names no host', () => {
    expect(readFileSync(join(root, 'package-lock.json'), 'utf8')).not.toContain('"resolved": "http');
  });
});

describe('the tarball', () => {
  let tarball: string;
  let files: string[];
  const installed = join(place, 'installed');
  const read = (path: string): string => readFileSync(join(installed, 'node_modules', name, path), 'utf8');

  beforeAll(() => {
    tarball = pack(join(place, 'first'));
    files = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' })
      .trimEnd()
      .split('\n')
      .map((path) => path.replace(/^package\//, ''));
    mkdirSync(installed);
    writeFileSync(join(installed, 'package.json'), '{}');
    // An empty cache and no network: whatever is not in the tarball is not there.
    npm(['install', '--offline', '--no-audit', '--cache', join(place, 'cache'), tarball], installed);
  });

  it('is the same, byte for byte, when it is packed again', () => {
    const hashes = [tarball, pack(join(place, 'second'))].map((file) =>
      createHash('sha256').update(readFileSync(file)).digest('hex'),
    );
    expect(hashes[1]).toBe(hashes[0]);
  });

  it('has the size that the page about installing says', () => {
    const page = readFileSync(join(root, 'docs/install.md'), 'utf8');
    const said = Number(/hivemend-<version>\.tgz` \| ([\d.]+) MB/.exec(page)?.[1]);
    expect(Math.abs(statSync(tarball).size / 1e6 - said)).toBeLessThan(0.15);
  });

  it('holds code, types, documents, licences, the module and its build record', () => {
    expect(files).toEqual(
      expect.arrayContaining([
        'LICENSE',
        'THIRD-PARTY.md',
        'README.md',
        'dist/index.js',
        'dist/index.d.ts',
        'dist/cli/main.js',
        'dist/cli/export-worker.js',
        'docs/safety.md',
        'node_modules/hivex-wasm/LICENSE',
        'node_modules/hivex-wasm/build.sh',
        'node_modules/hivex-wasm/UPSTREAM',
        'node_modules/hivex-wasm/dist/hivex.wasm',
        'node_modules/hivex-wasm/dist/build-record.json',
        'node_modules/commander/package.json',
        'node_modules/fast-xml-parser/package.json',
      ]),
    );
    const targets = Object.values(hivemend.exports).flatMap((target) =>
      typeof target === 'string' ? [target] : Object.values(target),
    );
    for (const target of targets.filter((path) => !path.includes('*'))) expect(files).toContain(target.slice(2));
    expect(files.some((path) => /^docs\/schemas\/.*\.schema\.json$/.test(path))).toBe(true);
  });

  it('holds nothing else: no sources, tests, fixtures, maps, debug build or native part', () => {
    const own = files.filter((path) => !/^node_modules\/(?!hivex-wasm\/)/.test(path));
    expect(own.filter((path) => /^(src|test|fixtures|scripts|wasm|build|sample)\//.test(path))).toEqual([]);
    expect(own.filter((path) => /\.(map|tgz|log|tsbuildinfo)$|debug\.wasm$|\.test\./.test(path))).toEqual([]);
    expect(files.filter((path) => path.endsWith('.node') || path.includes('/fs-xattr/'))).toEqual([]);
    // What was compiled from sources that are gone would be found here; cli/ and shared/ are bundled into few files.
    const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
    const compiled = files
      .filter((path) => /^dist\/(?!cli\/|shared\/)/.test(path))
      .map((path) => path.slice('dist/'.length));
    expect(compiled.filter((path) => !sources.includes(path.replace(/(\.d\.ts|\.js)$/, '.ts')))).toEqual([
      'hivex.wasm',
    ]);
  });

  it('carries the module that its build record describes', () => {
    const module = readFileSync(join(installed, 'node_modules', name, 'node_modules/hivex-wasm/dist/hivex.wasm'));
    const record = read('node_modules/hivex-wasm/dist/build-record.json');
    expect(record).toContain(createHash('sha256').update(module).digest('hex'));
    const forPages = readFileSync(join(installed, 'node_modules', name, 'dist/hivex.wasm'));
    expect(forPages.equals(module)).toBe(true);
    expect(JSON.parse(record)).toMatchObject({ upstream: { name: 'hivex' }, compiler: expect.stringMatching(/emcc/) });
    expect(read('THIRD-PARTY.md')).toContain('build.sh');
  });

  it('works where it was installed: version, diagnosis, repair and undo', () => {
    const main = join(installed, 'node_modules', '.bin', name);
    const run = (...args: string[]): string => execFileSync(main, args, { encoding: 'utf8', cwd: installed });
    const disk = makeDisk();
    const before = snapshot(disk);
    expect(run('--version')).toBe(`${version}\n`);
    expect(() => run('diagnose', disk)).toThrow(expect.objectContaining({ status: 1 }));
    run('repair', disk, '--yes');
    expect(snapshot(disk)).not.toEqual(before);
    run('undo', disk, '--yes');
    expect(snapshot(disk)).toEqual(before);
  });

  it('works as a library', () => {
    const program = `import { createRequire } from 'node:module';
import { openHive } from '${name}';
const require = createRequire(import.meta.url);
console.log(typeof openHive, require('${name}/package.json').version, require('${name}/schemas/jsonl.schema.json').$id);`;
    writeFileSync(join(installed, 'program.mjs'), program);
    const said = execFileSync(process.execPath, ['program.mjs'], { cwd: installed, encoding: 'utf8' });
    expect(said).toBe(`function ${version} urn:hivemend:jsonl:1\n`);
  });

  it('is what a strict TypeScript project compiles against, from each entry', () => {
    const program = `import { HivemendError, openDisk, openHive, type Report } from '${name}';
import { Engine, openHive as openBytes } from '${name}/hive';
import { lint, runScript } from '${name}/runbook';

export function current(path: string): number | undefined {
  using hive = openHive(path);
  const value = hive.key('Select')?.value('Current')?.decoded;
  return typeof value === 'number' ? value : undefined;
}
export function repaired(volume: string): Report {
  using plan = openDisk([volume], { expect: 'LAMB' }).plan({ only: ['tls'] });
  return plan.commit();
}
export const edited = (bytes: Uint8Array, wasm: Uint8Array): Uint8Array => {
  using hive = openBytes(bytes, { engine: Engine.fromBytes(wasm) });
  hive.set('Select', 'Note', 'x');
  return hive.bytes();
};
export const codes = (content: string): readonly string[] => lint({ name: 'a.cmd', content }).map(({ code }) => code);
export const lines = (content: string): number => runScript({ name: 'a.cmd', content }, { drives: { F: '/f' } }).lines.length;
export const codeOf = (error: unknown): string | undefined => (error instanceof HivemendError ? error.code : undefined);
// @ts-expect-error a key that may be missing
openHive('x').key('Select').walk();
`;
    writeFileSync(join(installed, 'strict.ts'), program);
    const compilerOptions = {
      strict: true,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true,
      module: 'nodenext',
      target: 'es2022',
      lib: ['es2023', 'esnext.disposable', 'dom'],
      types: [],
      noEmit: true,
    };
    writeFileSync(join(installed, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['strict.ts'] }));
    const tsc = spawnSync('npx', ['tsc', '-p', installed], { cwd: root, encoding: 'utf8' });
    expect([tsc.status, tsc.stdout]).toEqual([0, '']);
  });

  it('is found in order by publint and arethetypeswrong', { timeout: 60_000 }, () => {
    const judge = (...args: string[]): string => execFileSync('npx', args, { cwd: root, encoding: 'utf8' });
    expect(judge('publint', 'run', tarball, '--strict')).toContain('All good!');
    // Its exit status says whether it found a problem outside what the profile leaves out.
    expect(
      judge('attw', tarball, '--profile', 'esm-only', '--no-emoji', '--exclude-entrypoints', 'hivex.wasm'),
    ).toContain('node16 (from ESM): OK (ESM)');
  });
});
