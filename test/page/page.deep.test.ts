// The page over every real hive, and its figures over one of 15 MB, printed.

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openHive } from '../../src/commands/hive-file.ts';
import type { HiveEdit } from '../../src/registry/edit.ts';
import { buildFixture } from '../fixture-hives.ts';
import { sharedHives } from '../shared-hives.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const browserPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const MIB = 2 ** 20;

describe.skipIf(browserPath === undefined)('the page over large and odd hives', () => {
  let browser: Browser;
  beforeAll(async () => {
    execFileSync(process.execPath, [join(root, 'scripts/page.mjs')]);
    browser = await chromium.launch({
      executablePath: browserPath!,
      args: ['--no-sandbox', '--enable-precise-memory-info'],
    });
  }, 60_000);
  afterAll(async () => browser?.close());

  async function withPage<T>(work: (page: Page) => Promise<T>): Promise<T> {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(pathToFileURL(join(root, 'dist/cli/hivemend.html')).href);
    const result = await work(page);
    expect(errors).toEqual([]);
    await page.close();
    return result;
  }
  const give = (page: Page, name: string, bytes: Uint8Array): Promise<void> =>
    page.setInputFiles('#files', [{ name, mimeType: 'application/octet-stream', buffer: Buffer.from(bytes) }]);

  it.skipIf(sharedHives === null)('opens every real hive, or says why not', { timeout: 600_000 }, async () => {
    const files = readdirSync(sharedHives!, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .filter((file) => readFileSync(file).subarray(0, 4).toString('latin1') === 'regf' && !/\.log\d?$/i.test(file));
    expect(files.length).toBeGreaterThan(20);
    for (const file of files) {
      await withPage(async (page) => {
        await give(page, 'hive', readFileSync(file));
        await page.waitForSelector('[role=treeitem], .messages p', { timeout: 30_000 });
        for (const view of ['Diagnosis', 'Times', 'Deleted']) {
          const button = page.locator(`nav button:has-text("${view}")`);
          if ((await button.count()) === 0) break;
          await button.click();
          await page.waitForSelector('.whole');
        }
      });
    }
  });

  it('has these figures over a hive of 15 MB', { timeout: 300_000 }, async () => {
    using hive = openHive(buildFixture('SYSTEM-broken'));
    const edits: HiveEdit[] = [];
    for (let index = 0; index < 26_000; index += 1) {
      const key = { hive: 'HIVE', path: ['Many', `Group${index % 240}`, `Key${index}`] };
      edits.push({ op: 'create-key', key });
      edits.push({ op: 'set-value', key, name: 'Data', value: { type: 3, hex: '5a'.repeat(420) } });
    }
    hive.edit(edits);
    const bytes = hive.bytes();
    expect(bytes.byteLength).toBeGreaterThan(14 * MIB);
    await withPage(async (page) => {
      await page.evaluate(`longest = 0;
        new PerformanceObserver((list) => {
          for (const { duration } of list.getEntries()) longest = Math.max(longest, duration);
        }).observe({ entryTypes: ['longtask'] });`);
      const start = performance.now();
      await give(page, 'SYSTEM', bytes);
      await page.waitForSelector('[role=treeitem]');
      const openMs = performance.now() - start;
      const searched = performance.now();
      await page.fill('#search', 'Key25999');
      await page.waitForSelector('.hits button');
      const searchMs = performance.now() - searched;
      const longestMs = Number(await page.evaluate('longest'));
      const heapBytes = Number(await page.evaluate('performance.memory.usedJSHeapSize'));
      process.stdout.write(
        `page over ${(bytes.byteLength / MIB).toFixed(1)} MiB: files to tree ${openMs.toFixed(0)} ms, first hit of a search ${searchMs.toFixed(0)} ms, longest task ${longestMs.toFixed(0)} ms, JavaScript heap ${(heapBytes / bytes.byteLength).toFixed(1)} times the hive\n`,
      );
      await page.locator('.hits button').first().click();
      await page.waitForSelector('[role=treeitem][aria-selected=true]');
    });
  });
});
