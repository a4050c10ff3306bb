// Another commit beside this one for `npm run bench -- --compare <git ref>`: built once in a folder of its own, with the
// packages of this checkout.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../setup.mjs';

/** What of a package is not taken from this checkout: its own engine, and what this one keeps between builds. */
const OWN = new Set(['hivex-wasm', '.hivemend', '.package-lock.json']);

function tell(command, args, options = {}) {
  const result = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 2 ** 28, ...options });
  if (result.status !== 0) throw new Error(`${command} ${args.join(' ')}: ${result.error?.message ?? result.stderr}`);
  return result.stdout;
}

/** The folder of the checkout of `ref`, built; and the commit's short name. @throws where git or a build fails */
export function checkoutOf(ref, cache) {
  const name = tell('git', ['rev-parse', '--short=12', `${ref}^{commit}`], { cwd: root }).trim();
  const folder = join(cache, `before-${name}`);
  if (!existsSync(join(folder, 'dist/cli/main.js'))) {
    process.stderr.write(`bench: builds ${name}\n`);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(join(folder, 'node_modules'), { recursive: true });
    const archive = tell('git', ['archive', '--format=tar', name], { cwd: root, encoding: 'buffer' });
    tell('tar', ['-x', '-C', folder], { input: archive, encoding: 'buffer' });
    for (const entry of readdirSync(join(root, 'node_modules'))) {
      if (!OWN.has(entry)) symlinkSync(join(root, 'node_modules', entry), join(folder, 'node_modules', entry));
    }
    symlinkSync('../wasm', join(folder, 'node_modules/hivex-wasm'));
    buildEngine(name, folder);
    tell(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'], {
      cwd: folder,
    });
    tell(process.execPath, ['scripts/bundle.mjs'], { cwd: folder });
  }
  return { name, folder };
}

/** The same sources of the engine are the same engine. */
function buildEngine(name, folder) {
  const same = spawnSync('git', ['diff', '--quiet', name, '--', 'wasm'], { cwd: root }).status === 0;
  if (same) cpSync(join(root, 'wasm/dist'), join(folder, 'wasm/dist'), { recursive: true });
  else tell('bash', ['wasm/build.sh'], { cwd: folder });
}

/** Files and lines of each part, and the package: what `git ls-files`, `wc -l` and `npm pack` say. */
export function sizesOf(folder) {
  const count = (place, endings) => {
    const files = readdirSync(join(folder, place), { recursive: true, encoding: 'utf8' })
      .map((name) => join(folder, place, name))
      .filter((path) => !path.includes(`${place}/dist/`) && !path.includes(`${place}/build/`))
      .filter((path) => endings.test(path) && statSync(path).isFile());
    return { files: files.length, lines: files.reduce((sum, path) => sum + linesOf(path), 0) };
  };
  const [pack] = JSON.parse(tell('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: folder }));
  return {
    src: count('src', /\.ts$/),
    wasm: count('wasm', /\.[ch]$/),
    test: count('test', /\.ts$/),
    packageMb: pack.size / 1e6,
    unpackedMb: pack.unpackedSize / 1e6,
  };
}

function linesOf(path) {
  return readFileSync(path, 'utf8').split('\n').length - 1;
}

/** sha256 of what a command prints: two commits that export the same bytes have the same. */
export function outputHash(command) {
  const { stdout, status } = spawnSync(command[0], command.slice(1), {
    maxBuffer: 2 ** 30,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  if (status !== 0) return `status ${status}`;
  return createHash('sha256').update(stdout).digest('hex').slice(0, 16);
}
