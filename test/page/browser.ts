// The page as it is built, in the distribution's Chromium, for the tests of this folder.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
export const BUILT_PAGE = join(root, 'dist/cli/hivemend.html');
export const PAGE_URL = pathToFileURL(BUILT_PAGE).href;
const browserPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
export const hasBrowser = browserPath !== undefined;

/** Builds the page and starts a browser; the caller closes it. */
export async function startBrowser(): Promise<Browser> {
  execFileSync(process.execPath, [join(root, 'scripts/page.mjs')]);
  return chromium.launch({ executablePath: browserPath!, args: ['--no-sandbox'] });
}

/** A new page, opened from its file; what goes wrong in it, and what it asks for, is put into the lists. */
export async function openPage(browser: Browser, errors: string[], requests: string[] = []): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  page.on('request', (request) => requests.push(request.url()));
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('dialog', (dialog) => errors.push(dialog.message()));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  await page.goto(PAGE_URL);
  return page;
}

export interface GivenFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** As somebody picks them. */
export async function giveFiles(page: Page, ...files: readonly GivenFile[]): Promise<void> {
  await page.setInputFiles(
    '#files',
    files.map(({ name, bytes }) => ({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(bytes) })),
  );
}

/** What a view shows when it is whole. */
const WHOLE = { Keys: '.right h2', Diagnosis: '.headline', Times: '.plot', Deleted: '.whole table' } as const;

/** Shows a view in that theme and width: axe finds nothing, and nothing is wider than the page. */
export async function expectAccessible(
  page: Page,
  view: keyof typeof WHOLE,
  colorScheme: 'light' | 'dark',
  width: number,
): Promise<void> {
  await page.emulateMedia({ colorScheme });
  await page.setViewportSize({ width, height: 800 });
  await page.click(`nav button:has-text("${view}")`);
  await page.waitForSelector(WHOLE[view]);
  const { HIVEMEND_SCREENSHOTS: shots } = process.env;
  if (shots) await page.screenshot({ path: join(shots, `${view}-${colorScheme}-${width}.png`), fullPage: true });
  const wide = `[...document.querySelectorAll('html, main, section, .whole, .right, .staged')]
    .filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.className || one.tagName)`;
  expect(await page.evaluate(wide)).toEqual([]);
  // Through the debugger, since the page lets no script in.
  const require = createRequire(import.meta.url);
  await page.evaluate(readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8'));
  const found = (await page.evaluate('axe.run()')) as { violations: { id: string; nodes: { html: string }[] }[] };
  expect(found.violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
}
