// README's screen is what is printed, and it leads to every page.

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hivemend, makeDisk } from '../cli/process.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

it('its screen is what diagnose prints of a broken disk', async () => {
  const disk = makeDisk();
  const { stdout } = await hivemend(['diagnose', disk], { columns: 80, env: { NO_COLOR: '1' } });
  // Where the folder lies, and whether its device can be read, is this machine's own.
  const comparable = (text: string): string[] =>
    text
      .trimEnd()
      .split('\n')
      .filter((line) => !/ at \/|partition/.test(line));
  const screen = /```text\n\$ hivemend diagnose \/mnt\/windows\n([\s\S]*?)```/.exec(readme)![1]!;
  expect(comparable(stdout.replaceAll(disk, '/mnt/windows'))).toEqual(comparable(screen));
});

describe('what it lists', () => {
  it('its parts in the order in which somebody with a broken disk asks for them', () => {
    expect([...readme.matchAll(/^## (.*)$/gm)].map(([, title]) => title)).toEqual([
      'Install',
      'A rescue',
      'Scripts and programs',
      'Limitations',
      'More to read',
      'Licence',
    ]);
  });

  it('the sizes that the page about installing has', () => {
    const install = readFileSync(new URL('../../docs/install.md', import.meta.url), 'utf8');
    const sizes = (page: string): string[] => [...page.matchAll(/\b\d+(?:\.\d)? MB\b/g)].map(([size]) => size);
    const section = /## Install\n([\s\S]*?)\n## /.exec(readme)![1]!;
    expect(sizes(section)).toHaveLength(3);
    expect(sizes(section)).toEqual(sizes(install));
  });

  it('every page of the documentation', () => {
    const pages = readdirSync(new URL('../../docs/', import.meta.url)).filter((name) => name.endsWith('.md'));
    // Of the readers of images and of the engine the pages that need them tell.
    const inner = ['engine.md', 'images.md', 'install.md'];
    const table = /## More to read\n([\s\S]*?)\n## /.exec(readme)![1]!;
    expect(
      pages.filter(
        (name) =>
          !table.includes(`docs/${name}`) && !inner.includes(name) && name !== 'library.md' && name !== 'errors.md',
      ),
    ).toEqual([]);
    for (const name of ['library.md', 'errors.md', 'install.md', 'engine.md']) expect(readme).toContain(`docs/${name}`);
  });

  it('fits on a few screens', () => expect(readme.split('\n').length).toBeLessThan(150));
});
