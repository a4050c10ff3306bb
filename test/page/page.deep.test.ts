// The page over every real hive, and its figures over the largest, printed.

import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openHive } from '../../src/commands/hive-file.ts';
import type { HiveEdit } from '../../src/registry/edit.ts';
import { buildFixture } from '../fixture-hives.ts';
import { sharedHives } from '../shared-hives.ts';
import { expectAccessible, giveFiles, hasBrowser, openPage, startBrowser } from './browser.ts';

const MIB = 2 ** 20;

describe.skipIf(!hasBrowser)('the page over large and odd hives', () => {
  let browser: Browser;
  const place = hasBrowser ? mkdtempSync(join(tmpdir(), 'hivemend-page-')) : '';
  beforeAll(async () => {
    browser = await startBrowser();
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    rmSync(place, { recursive: true, force: true });
  });

  async function withPage<T>(work: (page: Page) => Promise<T>): Promise<T> {
    const errors: string[] = [];
    const page = await openPage(browser, errors);
    const result = await work(page);
    expect(errors).toEqual([]);
    await page.close();
    return result;
  }

  it.skipIf(sharedHives === null)('opens every real hive, or says why not', { timeout: 900_000 }, async () => {
    const files = readdirSync(sharedHives!, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .filter((file) => readFileSync(file).subarray(0, 4).toString('latin1') === 'regf' && !/\.log\d?$/i.test(file));
    expect(files.length).toBeGreaterThan(20);
    let opened = 0;
    for (const file of files) {
      await withPage(async (page) => {
        await giveFiles(page, { name: 'hive', bytes: readFileSync(file) });
        await page.waitForSelector('[role=treeitem], .messages p', { timeout: 30_000 });
        for (const view of ['Diagnosis', 'Times', 'Deleted']) {
          const button = page.locator(`nav button:has-text("${view}")`);
          if ((await button.count()) === 0) break;
          await button.click();
          await page.waitForSelector('.whole h2, .whole p:not([role=status])', { timeout: 60_000 });
          if (view === 'Deleted') opened += 1;
        }
      });
    }
    process.stdout.write(`page: ${opened} of ${files.length} real hives opened, the others say why not\n`);
  });

  it('has nothing for axe to find in any view, theme and width', { timeout: 300_000 }, async () => {
    await withPage(async (page) => {
      const hives = {
        SYSTEM: buildFixture('SYSTEM-broken'),
        SOFTWARE: buildFixture('SOFTWARE'),
        BCD: buildFixture('BCD-bios'),
      };
      await giveFiles(page, ...Object.entries(hives).map(([name, bytes]) => ({ name, bytes })));
      await page.waitForSelector('.bar option:nth-child(3)', { state: 'attached' });
      await page.fill('#search', 'TermService');
      await page
        .locator('.hits button', { hasText: /TermService$/ })
        .first()
        .click();
      await page.click('nav button:has-text("Diagnosis")');
      await page.click('#stage-all');
      await page.waitForSelector('.staged');
      for (const view of ['Keys', 'Diagnosis', 'Times', 'Deleted'] as const) {
        for (const scheme of ['light', 'dark'] as const) {
          for (const width of [360, 800, 1280]) await expectAccessible(page, view, scheme, width);
        }
      }
    });
  });

  /** A hive like the largest real one: many keys, and data that no text is in. */
  function madeHive(): string {
    using hive = openHive(buildFixture('SYSTEM-broken'));
    const edits: HiveEdit[] = [];
    for (let index = 0; index < 26_000; index += 1) {
      const key = { hive: 'HIVE', path: ['Many', `Group${index % 240}`, `Key${index}`] };
      edits.push({ op: 'create-key', key });
      edits.push({ op: 'set-value', key, name: 'Data', value: { type: 3, hex: '5a'.repeat(420) } });
    }
    hive.edit(edits);
    const path = join(place, 'MADE');
    writeFileSync(path, hive.bytes());
    return path;
  }

  function largest(): string[] {
    if (sharedHives === null) return [];
    return readdirSync(sharedHives, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .filter((file) => statSync(file).size > 10 * MIB);
  }

  /** Memory of their own of the browser's processes of pages, together. */
  function residentBytes(): number {
    let sum = 0;
    for (const id of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        const words = readFileSync(`/proc/${id}/cmdline`, 'latin1');
        if (!words.includes('--type=renderer')) continue;
        sum += Number(/^RssAnon:\s+(\d+) kB/m.exec(readFileSync(`/proc/${id}/status`, 'latin1'))?.[1] ?? 0) * 1024;
      } catch {
        // It has ended meanwhile.
      }
    }
    return sum;
  }

  it('has these figures over hives of 11 to 15 MiB', { timeout: 600_000 }, async () => {
    const files = [madeHive(), ...largest()];
    for (const file of files) {
      const sizeBytes = statSync(file).size;
      await withPage(async (page) => {
        await page.evaluate(`longest = 0;
          new PerformanceObserver((list) => {
            for (const { duration } of list.getEntries()) longest = Math.max(longest, duration);
          }).observe({ entryTypes: ['longtask'] });`);
        // The page lets no script in that Playwright would wait by.
        const until = (name: string) =>
          expect.poll(() => page.evaluate(`Boolean(globalThis.${name})`), { timeout: 60_000 }).toBe(true);
        const before = residentBytes();
        // In the page, so that the wire to this test is not measured: from the choice of the file to rows and to hits.
        await page.evaluate(`
          document.querySelector('#files').addEventListener('change', () => { start = performance.now(); }, true);
          new MutationObserver(() => {
            if (!globalThis.treeAt && document.querySelectorAll('[role=treeitem]').length > 3) treeAt = performance.now();
            if (!globalThis.hitAt && document.querySelector('.hits button')) hitAt = performance.now();
            if (!globalThis.doneAt && document.querySelector('.outcome')?.textContent) doneAt = performance.now();
          }).observe(document.body, { childList: true, subtree: true, characterData: true });
          document.addEventListener('input', ({ target }) => {
            if (target.id === 'search') { typedAt = performance.now(); hitAt = doneAt = 0; }
          }, true);`);
        await page.setInputFiles('#files', file);
        await until('treeAt');
        const opened = residentBytes() - before;
        // As long as a person looks at the tree before typing.
        await page.waitForTimeout(1000);
        const figures: string[] = [];
        const word = basename(file) === 'MADE' ? 'Key25999' : 'TermService';
        for (const text of [word, 'qqq', '5a5b5c5d']) {
          await page.fill('#search', text);
          await until('doneAt');
          const [first, whole] = (await page.evaluate('[hitAt && hitAt - typedAt, doneAt - typedAt]')) as [
            number,
            number,
          ];
          figures.push(`${text} ${first === 0 ? 'none' : first.toFixed(0)}/${whole.toFixed(0)} ms`);
        }
        await page.click('nav button:has-text("Times")');
        await page.waitForSelector('.plot', { timeout: 60_000 });
        const treeMs = Number(await page.evaluate('treeAt - start'));
        const longestMs = Number(await page.evaluate('longest'));
        const used = residentBytes() - before;
        process.stdout.write(
          `page over ${basename(join(file, '..'))}/${basename(file)}, ${(sizeBytes / MIB).toFixed(1)} MiB: files to tree ${treeMs.toFixed(0)} ms, search first/whole ${figures.join(', ')}, longest task ${longestMs.toFixed(0)} ms, memory ${(opened / sizeBytes).toFixed(1)} times the hive when opened, ${(used / sizeBytes).toFixed(1)} after search and times\n`,
        );
      });
    }
  });
});
