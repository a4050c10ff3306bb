// The page as it is built, in the distribution's Chromium, opened from a file: what it shows, what it saves, and that it
// asks for nothing. The checks that only look share one load of the page.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { msToFiletime } from '../../src/base/time.ts';
import { openHive } from '../../src/commands/hive-file.ts';
import { openDisk } from '../../src/commands/open-disk.ts';
import { prefixResolver, regFileEdits } from '../../src/formats/reg/edits.ts';
import { parseRegFile } from '../../src/formats/reg/reader.ts';
import { type Host, thisHost } from '../../src/host.ts';
import { validate } from '../../src/regf/gate/validate.ts';
import { changesIn, planRows } from '../../src/render/plan-table.ts';
import type { Plan } from '../../src/report.ts';
import { parsePlan } from '../../src/session/saved-plan.ts';
import { makeDisk } from '../cli/process.ts';
import { buildFixture } from '../fixture-hives.ts';
import { sharedHives } from '../shared-hives.ts';
import {
  BUILT_PAGE,
  expectAccessible,
  type GivenFile,
  giveFiles,
  hasBrowser,
  openPage,
  PAGE_URL,
  startBrowser,
} from './browser.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
// Where every test is skipped nothing would take it away again.
const place = hasBrowser ? mkdtempSync(join(tmpdir(), 'hivemend-page-')) : '';
afterAll(() => rmSync(place, { recursive: true, force: true }));

/** This machine, whose engine and clock are asked late. */
const hostOf = (): Host => Object.create(thisHost()) as Host;

const HOSTILE = '<img src=x onerror=alert(1)>\u202e&amp;';
const MANY = 600;

/** A hive with a hostile name, a deleted key, and more keys than a screen has room for. */
function oddHive(): Uint8Array {
  using hive = openHive(buildFixture('SYSTEM-broken'));
  hive.create(['Select', HOSTILE]);
  hive.set(['Select', HOSTILE], HOSTILE, HOSTILE);
  hive.create('Select\\Gone');
  const many = Array.from({ length: MANY }, (_, i) => ['Many', `Key${i}`]);
  hive.edit(many.map((path) => ({ op: 'create-key', key: { hive: 'HIVE', path } })));
  using again = openHive(hive.bytes());
  again.delete('Select\\Gone');
  return again.bytes();
}

describe.skipIf(!hasBrowser)('the page', () => {
  let browser: Browser;
  let page: Page;
  const requests: string[] = [];
  const errors: string[] = [];

  beforeAll(async () => {
    browser = await startBrowser();
  }, 60_000);
  afterAll(async () => browser?.close());

  const file = (name: string, bytes: Uint8Array): GivenFile => ({ name, bytes });
  const system = (): GivenFile => file('SYSTEM', buildFixture('SYSTEM-broken'));
  async function open(...files: readonly GivenFile[]): Promise<void> {
    await page?.close();
    page = await openPage(browser, errors, requests);
    await giveFiles(page, ...files);
    await page.waitForSelector('[role=treeitem]');
  }
  const view = (name: string): Promise<void> => page.click(`nav button:has-text("${name}")`);
  const tree = (): ReturnType<Page['locator']> => page.locator('[role=treeitem]');
  const headline = (): Promise<string | null> => page.locator('.headline').textContent();
  async function goTo(text: string, hit: string | RegExp = text): Promise<void> {
    await page.fill('#search', text);
    await page.locator('.hits button', { hasText: hit }).first().click();
  }
  async function saved(button: string): Promise<Uint8Array> {
    const [download] = await Promise.all([page.waitForEvent('download'), page.click(button)]);
    return new Uint8Array(readFileSync(await download.path()));
  }
  async function setNote(): Promise<void> {
    await goTo('Select', /^Select$/);
    await page.waitForSelector('h2:has-text("Select")');
    await page.locator('.edit input').fill('Note');
    await page.locator('.edit textarea').fill('by hand');
    await page.click('.edit button[type=submit]');
    await page.waitForSelector('.staged');
  }

  it('is what the command writes, once', () => {
    const written = join(place, 'hivemend.html');
    const main = join(root, 'dist/cli/main.js');
    const write = (...options: string[]) =>
      spawnSync(process.execPath, [main, 'page', '-o', written, ...options]).status;
    expect([write(), write(), write('--force')]).toEqual([0, 2, 0]);
    expect(readFileSync(written).equals(readFileSync(BUILT_PAGE))).toBe(true);
  });

  it('is one file of at most 350 KB gzipped', () => {
    const html = readFileSync(BUILT_PAGE);
    expect(gzipSync(html).length).toBeLessThan(350 * 1024);
    expect(html.toString('utf8')).toContain("connect-src 'none'");
  });

  describe('over the hives of a Windows', () => {
    beforeAll(async () => {
      await open(system(), file('SOFTWARE', buildFixture('SOFTWARE')), file('BCD', buildFixture('BCD-bios')));
      await page.waitForSelector('.bar option:nth-child(3)', { state: 'attached' });
    });

    it('shows the tree by keyboard and by search', async () => {
      expect(await page.locator('.bar').textContent()).toContain('SYSTEM, version 1.5, as stored');
      await page.locator('[role=tree]').focus();
      const before = await tree().count();
      for (const key of ['Home', 'ArrowDown', 'ArrowRight']) await page.keyboard.press(key);
      await expect.poll(() => tree().count()).toBeGreaterThan(before);
      await goTo('TermService', /TermService$/);
      await expect.poll(() => page.locator('h2').first().textContent()).toContain('TermService');
      expect(await page.locator('table').textContent()).toContain('REG_DWORD');
      await expect.poll(() => tree().and(page.locator('[aria-selected=true]')).textContent()).toContain('TermService');
      await expect.poll(() => page.locator('.outcome').textContent()).toMatch(/^\d+ found\.$/);
    });

    it('finds paths, numbers, and bytes by their hex digits', async () => {
      for (const [text, hit] of [
        ['services\\termserv', /Services\\TermService$/],
        ['fDenyTSConnections', 'fDenyTSConnections = 1 (0x1)'],
        ['219B543e', /Lookup = 21 9b 54 3e f6 9e$/],
      ] as const) {
        await page.fill('#search', text);
        await expect
          .poll(() => page.locator('.hits button', { hasText: hit }).count(), { message: text })
          .toBeGreaterThan(0);
      }
      await page.fill('#search', 'nothing holds this');
      await expect.poll(() => page.locator('.outcome').textContent()).toBe('Nothing found.');
    });

    it('names what is known: how a service starts, the current control set, the parts of a boot store', async () => {
      await goTo('TermService', /TermService$/);
      await expect.poll(() => page.locator('table').first().textContent()).toContain('4 (0x4) disabled');
      await expect.poll(() => page.locator('.tree').textContent()).toMatch(/ControlSet001Current/);
      await page.click('summary:has-text("Security in words")');
      expect(await page.locator('.right details').first().textContent()).toMatch(
        /Owner: BUILTIN\\Administrators.*NT AUTHORITY\\SYSTEM may full control \(and subkeys\)/,
      );
      await page.locator('.bar select').selectOption({ index: 2 });
      await goTo('25000004');
      await expect.poll(() => page.locator('.tree').textContent()).toContain('timeout');
      expect(await page.locator('.tree').textContent()).toContain('{bootmgr}');
      await page.locator('.bar select').selectOption({ index: 0 });
    });

    it('plots when keys were written, and a bar leads to its keys', async () => {
      await view('Times');
      await page.waitForSelector('.plot');
      using hive = openHive(buildFixture('SYSTEM-broken'));
      const whole = [...hive.walk()].filter(({ filetime }) => filetime > 0n).length;
      expect(await page.locator('.whole h2').first().textContent()).toContain(`${whole} keys`);
      await page.locator('.plot button:not([disabled])').first().click();
      await expect.poll(() => page.locator('.whole button:has-text("Back")').count()).toBe(1);
      await page.locator('button.link').first().click();
      await page.waitForSelector('[role=treeitem][aria-selected=true]');
    });

    it('diagnoses in the words of the command line, certificates too', async () => {
      await view('Diagnosis');
      await expect.poll(headline).toMatch(/^Computer APP-SRV-07: Remote Desktop cannot work\. \d causes? found/);
      const shown = await page.locator('.whole').textContent();
      const { causes } = openDisk(makeDisk()).diagnose().summary;
      expect(causes.map(({ check }) => check)).toContain('certificate');
      for (const { text } of causes) expect(shown).toContain(text);
      const report = await saved('#save-report');
      expect(new TextDecoder().decode(report)).toContain('APP-SRV-07');
    });

    it('shows the plan of repair as its table, before anything is staged', async () => {
      using plan = openDisk(makeDisk()).plan({ skip: ['machine-keys'] });
      const { fixes, besides } = planRows(plan.report);
      const cells = [...fixes, ...besides].map(({ mark, place, name, before, after }) =>
        [mark, place, name, before.join('\n'), after.join('\n')].join('|'),
      );
      const rows = await page.locator('.plan tbody tr').all();
      const shown = await Promise.all(
        rows.map(async (row) => (await row.locator('td').allTextContents()).slice(0, 5).join('|')),
      );
      expect(shown.sort()).toEqual(cells.sort());
      expect(await page.locator('.plan').textContent()).toContain(
        `Fixes the causes and warnings (${changesIn(fixes)})`,
      );
      expect(await page.locator('.staged').count()).toBe(0);
    });

    it('stages that plan, and apply commits what it saves', async () => {
      const disk = makeDisk();
      using own = openDisk(disk).plan({ skip: ['machine-keys'] });
      await page.click('#stage-all');
      await expect.poll(headline).toContain('No cause found');
      expect(await page.locator('.whole').textContent()).toContain('The disk is as it was.');
      const plan = JSON.parse(new TextDecoder().decode(await saved('#save-plan'))) as Plan;
      expect(plan.targets.map(({ hive }) => hive).sort()).toEqual(['BCD', 'SOFTWARE', 'SYSTEM']);
      expect(plan.edits.map((edit) => JSON.stringify(edit)).sort()).toEqual(
        own.changes.map(({ edit }) => JSON.stringify(edit)).sort(),
      );
      expect(openDisk(disk).apply(plan).commit().status).toBe('ok');
      expect(openDisk(disk).diagnose().summary.causes).toEqual([]);
    });
  });

  describe('with an edit by hand', () => {
    beforeAll(async () => {
      await open(system());
      // The stamp of the edited key is the time of the edit, so that both are made at one time.
      await page.workers()[0]!.evaluate('Date.now = () => 1700000000000');
      await setNote();
    });

    it('saves what the library gives for the same edit, and a plan that apply commits', async () => {
      const bytes = await saved('#save-hive-SYSTEM');
      const plan = JSON.parse(new TextDecoder().decode(await saved('#save-plan'))) as Plan;
      expect(validate(bytes, 'saved').filter(({ severity }) => severity === 'error')).toEqual([]);
      const host = Object.assign(hostOf(), { now: () => msToFiletime(1_700_000_000_000) });
      using own = openHive(buildFixture('SYSTEM-broken'), { name: 'SYSTEM', host });
      own.set('Select', 'Note', 'by hand');
      expect(parsePlan(JSON.stringify(plan), 'plan.json')).toEqual(plan);
      expect(openDisk(makeDisk()).apply(plan).commit().status).toBe('ok');
      expect(plan.edits).toEqual(own.changes.map(({ edit }) => edit));
      expect(Buffer.compare(bytes, own.bytes())).toBe(0);
    });

    it('saves a .reg file that makes the same edit', async () => {
      const reg = parseRegFile(await saved('#save-reg-SYSTEM'));
      const edits = regFileEdits(reg, prefixResolver('SYSTEM', ['HKEY_LOCAL_MACHINE\\SYSTEM']));
      using own = openHive(buildFixture('SYSTEM-broken'), { name: 'SYSTEM' });
      own.edit(edits);
      expect(own.key('Select')?.value('Note')?.decoded).toBe('by hand');
    });

    it('ends what takes too long, and goes on with what was staged', async () => {
      const before = await saved('#save-plan');
      // It hears nothing: the page itself has to go on.
      void page
        .workers()[0]!
        .evaluate('for (;;);')
        .catch(() => {});
      await page.fill('#search', 'TermService');
      await page.locator('.busy button:has-text("Stop")').first().click();
      await expect.poll(() => page.locator('.busy p').count()).toBe(0);
      await page.fill('#search', 'Select');
      await page.locator('.hits button').first().click();
      expect(Buffer.compare(await saved('#save-plan'), before)).toBe(0);
    });

    it.each([
      ['Keys', 'light', 1280],
      ['Diagnosis', 'dark', 360],
    ] as const)('has nothing for axe to find: %s, %s, %i px', async (name, scheme, width) => {
      await expectAccessible(page, name, scheme, width);
    });
  });

  describe('over an odd hive', () => {
    beforeAll(() => open(file('SYSTEM', oddHive())));

    it('shows hostile names as text', async () => {
      await goTo('<img');
      await expect.poll(() => page.locator('table').textContent()).toContain('<img src=x onerror=alert(1)>');
      expect(await page.locator('img').count()).toBe(0);
      expect(await page.locator('body').textContent()).not.toContain('\u202e');
    });

    it('stays small with many keys open', async () => {
      await goTo(`Key${MANY - 1}`);
      await expect
        .poll(() => page.locator('[role=treeitem][aria-selected=true]').textContent())
        .toContain(`Key${MANY - 1}`);
      expect(await tree().count()).toBeLessThan(120);
    });

    it('lists what can still be read of deleted keys, with its confidence', async () => {
      await view('Deleted');
      await expect.poll(() => page.locator('.whole table').textContent()).toMatch(/(high|medium|low)key.*Gone/);
    });
  });

  it('opens a folder with all hives in it, and what is dropped', async () => {
    const titles = () => page.locator('.bar option').allTextContents();
    await page.close();
    page = await openPage(browser, errors, requests);
    await page.setInputFiles('#folder', makeDisk());
    await expect.poll(async () => (await titles()).sort()).toEqual(['BCD', 'SOFTWARE', 'SYSTEM']);
    const base64 = Buffer.from(buildFixture('BCD-uefi')).toString('base64');
    await page.evaluate(`{
      const dataTransfer = new DataTransfer();
      const bytes = Uint8Array.from(atob('${base64}'), (letter) => letter.charCodeAt(0));
      dataTransfer.items.add(new File([bytes], 'dropped'));
      document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
    }`);
    await expect.poll(titles).toContain('dropped');
    expect(await page.locator('.bar').textContent()).toContain('BCD, version');
  });

  it('says why a file is not opened', async () => {
    await giveFiles(page, file('text', new TextEncoder().encode('no hive')));
    await expect
      .poll(() => page.locator('.messages').textContent())
      .toContain('No registry hive is among these files.');
    await giveFiles(page, file('cut', buildFixture('SYSTEM-broken').subarray(0, 5000)));
    await expect.poll(() => page.locator('.messages').textContent()).toContain('ends at byte 5000');
  });

  it.skipIf(sharedHives === null)('replays the logs of a dirty hive, and shows it as stored when asked', async () => {
    const read = (name: string): Uint8Array => readFileSync(join(sharedHives!, 'replay/hvle-windows10', name));
    await open(
      file('SYSTEM', read('hive')),
      file('SYSTEM.LOG1', read('hive.LOG1')),
      file('SYSTEM.LOG2', read('hive.LOG2')),
    );
    expect(await page.locator('.bar').textContent()).toContain('with its logs replayed');
    await page.click('.bar button:has-text("as stored")');
    await expect.poll(() => page.locator('.bar').textContent()).toContain('as stored');
  });

  it('has asked for nothing but itself, and nothing went wrong', () => {
    expect(requests.length).toBeGreaterThan(0);
    expect(requests.filter((url) => !url.startsWith('file:') && !url.startsWith('blob:'))).toEqual([]);
    expect(new Set(requests.filter((url) => url.startsWith('file:')))).toEqual(new Set([PAGE_URL]));
    expect(errors).toEqual([]);
  });
});
