// Puts hivemend where a distribution keeps programs: DESTDIR=<root> PREFIX=/usr node scripts/install.mjs, after
// `node scripts/standalone.mjs --mjs`. Nothing outside $DESTDIR is written, and nothing is fetched or started.

import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { root } from './setup.mjs';

const { DESTDIR = '', PREFIX = '/usr/local', SYSCONFDIR = '/etc' } = process.env;
const share = join(PREFIX, 'share');
const doc = join(share, 'doc/hivemend');

/** From here, to there, and whether it is a program. */
const FILES = [
  ['build/hivemend.mjs', join(PREFIX, 'bin/hivemend'), 0o755],
  ['man/hivemend.1', join(share, 'man/man1/hivemend.1')],
  ['completions/hivemend.bash', join(share, 'bash-completion/completions/hivemend')],
  ['completions/_hivemend', join(share, 'zsh/site-functions/_hivemend')],
  ['completions/hivemend.fish', join(share, 'fish/vendor_completions.d/hivemend.fish')],
  ['build/LICENSES.txt', join(doc, 'copyright')],
  ['README.md', join(doc, 'README.md')],
  ['CHANGELOG.md', join(doc, 'CHANGELOG.md')],
  ...['docs/*.md', 'docs/*.json', 'docs/schemas/*.json'].flatMap(namesIn).map((name) => [name, join(doc, name)]),
  // Where `--profile <name>` finds them; a site puts its own beside them.
  ...namesIn('profiles/*.json').map((name) => [name, join(SYSCONFDIR, 'hivemend/profiles.d', basename(name))]),
];

/** `folder/*.ending`. */
function namesIn(pattern) {
  const folder = dirname(pattern);
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith(basename(pattern).slice(1)))
    .map((name) => join(folder, name));
}

if (!existsSync(join(root, 'build/hivemend.mjs'))) {
  process.stderr.write('install: build/hivemend.mjs is not there: node scripts/standalone.mjs --mjs makes it\n');
  process.exit(1);
}
for (const [from, to, mode = 0o644] of FILES) {
  const target = join('/', DESTDIR, to);
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(join(root, from), target);
  chmodSync(target, mode);
  process.stdout.write(`${target}\n`);
}
