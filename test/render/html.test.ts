// The page that goes into a ticket, as a browser shows it: a repair and a diagnosis of a disk that has names from far away.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FindingCode } from '../../src/base/codes/codes.ts';
import { htmlReport } from '../../src/render/html.ts';
import type { Report } from '../../src/report.ts';
import { hivemend, makeDisk, SYSTEM_PATH, scratch } from '../cli/process.ts';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
/** What runs in the browser. */
const PROBE = readFileSync(new URL('page-probe.js', import.meta.url), 'utf8');
const COMPUTER = 'Сервер-שרת-服务器';
const NOTE = 'CHG 42 <img src="https://example.invalid/x.png"> & "Бухгалтерия"';

interface Pages {
  readonly file: string;
  readonly report: Report;
}

/** A disk whose computer has `COMPUTER` for a name, and the page that `command` writes of it. */
async function pageOf(command: readonly string[]): Promise<Pages> {
  const disk = await foreignDisk();
  const folder = scratch();
  const [file, json] = [join(folder, 'report.html'), join(folder, 'report.json')];
  const [name = '', ...options] = command;
  const run = await hivemend([name, disk, ...options, '--html', file, '--report', json]);
  expect(existsSync(file), run.stderr).toBe(true);
  return { file, report: JSON.parse(readFileSync(json, 'utf8')) as Report };
}

async function foreignDisk(): Promise<string> {
  const disk = makeDisk();
  const key = 'ControlSet001\\Control\\ComputerName';
  for (const name of ['ComputerName', 'ActiveComputerName']) {
    const hive = join(disk, SYSTEM_PATH);
    const set = ['add', '--hive', hive, `${key}\\${name}`, '/v', 'ComputerName', '/d', COMPUTER, '/f'];
    const run = await hivemend(['reg', ...set]);
    expect(run.status, run.stderr).toBe(0);
  }
  return disk;
}

/** The page of a whole repair; made once, since making it takes longer than looking at it. */
async function repairPage(): Promise<Pages> {
  if (!repaired) {
    const { file, report } = await pageOf(['repair', '--profile', 'all', '--yes', '--note', NOTE]);
    repaired = { html: readFileSync(file, 'utf8'), report };
  }
  const file = join(scratch(), 'report.html');
  writeFileSync(file, repaired.html);
  return { file, report: repaired.report };
}

let repaired: { readonly html: string; readonly report: Report } | undefined;

describe('the page, as text', () => {
  it('has no markup from the disk or the note, and nothing that loads or runs', async () => {
    const html = readFileSync((await repairPage()).file, 'utf8');
    expect(html).toContain('&#60;img src=&#34;https://example.invalid/x.png&#34;&#62;');
    expect(html).not.toMatch(/<(script|img|link|iframe|object|form)\b|\son\w+=|url\(|@import/i);
    expect(html).toContain("default-src 'none'");
  });

  it('a diagnosis says what to do next right after the causes', async () => {
    const { file } = await pageOf(['diagnose']);
    const html = readFileSync(file, 'utf8');
    const heads = [...html.matchAll(/<h2[^>]*>([^<]*)<\/h2>/g)].map(([, head]) => head);
    expect(heads.slice(0, 4)).toEqual(['Causes', 'Next', 'Warnings', 'Not checked']);
  });

  it('shows of every change the name, what stood there and what stands there', async () => {
    const { file, report } = await repairPage();
    const html = readFileSync(file, 'utf8');
    const values = report.changes.flatMap(({ edit }) =>
      edit.op === 'set-value' && edit.key.hive !== 'BCD' ? [edit.name] : [],
    );
    expect(values.length).toBeGreaterThan(20);
    for (const name of values) expect(html).toMatch(new RegExp(`<code>[~+-] ${name.replace(/[^\\w ]/g, '.')}</code>`));
    expect(html).toContain(
      '<td><code>~ fDenyTSConnections</code></td><td data-head="before"><code>REG_DWORD <mark>1</mark></code></td><td data-head="after"><code>REG_DWORD <mark>0</mark></code></td>',
    );
    expect(html).toContain('bootems (16000020)');
    expect(html).not.toContain('REG_BINARY');
  });

  it('says of a failure what and why, and of a command without repairs what it changed', async () => {
    const failed = await pageOf(['repair', '--yes', '--expect', 'OTHER']);
    expect(readFileSync(failed.file, 'utf8')).toContain(failed.report.error!.code);
    const hive = join(await foreignDisk(), SYSTEM_PATH);
    const file = join(scratch(), 'reg.html');
    const key = 'ControlSet001\\Control\\Session Manager';
    await hivemend(['reg', 'add', '--hive', hive, key, '/v', 'Mine', '/d', 'naïve 日本', '/f', '--html', file]);
    const html = readFileSync(file, 'utf8');
    expect(html).toContain('REG_SZ &#34;naïve 日本&#34;');
    expect(html).toContain('<h2>Undo</h2>');
  });

  it('says of an undo that the bytes are back, and nothing of changes', async () => {
    const disk = makeDisk();
    expect((await hivemend(['repair', disk, '--only', 'tls', '--yes'])).status).toBe(0);
    const file = join(scratch(), 'undo.html');
    await hivemend(['undo', disk, '--yes', '--html', file]);
    const html = readFileSync(file, 'utf8');
    expect(html).toMatch(/<h1 class="ok">Done\.<\/h1>/);
    expect(html).toMatch(/Undone: SYSTEM is as it was before commit \d/);
    expect(html).not.toMatch(/changes written|Check these as well/);
  });
});

describe.skipIf(CHROMIUM === undefined)(
  CHROMIUM === undefined ? 'skipped: no Chromium is installed here (apt-get install chromium)' : 'the page in Chromium',
  () => {
    let browser: Browser;
    beforeAll(async () => {
      const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'];
      const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];
      browser = await chromium.launch({ executablePath: CHROMIUM!, headless: true, args: [...args, ...quiet] });
    });
    afterAll(async () => {
      await browser?.close();
    });

    /** Opens the page, hands it to `look`, and holds that it asked for nothing and complained of nothing. */
    async function open<T>(
      file: string,
      colorScheme: 'light' | 'dark',
      width: number,
      look: (page: Page) => Promise<T>,
    ): Promise<T> {
      const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } });
      const page = await context.newPage();
      const [asked, said]: [string[], string[]] = [[], []];
      page.on('request', (request) => asked.push(request.url()));
      page.on('console', (message) => said.push(message.text()));
      page.on('pageerror', (error) => said.push(error.message));
      try {
        await page.goto(pathToFileURL(file).href, { waitUntil: 'load' });
        const result = await look(page);
        expect(asked).toEqual([pathToFileURL(file).href]);
        expect(said).toEqual([]);
        return result;
      } finally {
        await context.close();
      }
    }

    /** The commonest colour of a picture with the share of its pixels, and how many colours there are. */
    async function picture(png: Buffer): Promise<{ brightness: number; share: number; colours: number }> {
      const page = await browser.newPage();
      try {
        return await page.evaluate(`${PROBE}probe.colourCounts('${png.toString('base64')}')`);
      } finally {
        await page.close();
      }
    }

    const visibleText = (page: Page): Promise<string> => page.evaluate(`${PROBE}probe.visibleText()`);
    const worstContrast = (page: Page): Promise<{ ratio: number; text: string }> =>
      page.evaluate(`${PROBE}probe.worstContrast()`);

    it('is light or dark as the reader has it, and never blank', async () => {
      const { file } = await repairPage();
      const light = await open(file, 'light', 1280, (page) => page.screenshot());
      const dark = await open(file, 'dark', 1280, (page) => page.screenshot());
      expect(light.equals(dark)).toBe(false);
      const [day, night] = [await picture(light), await picture(dark)];
      expect(day.brightness).toBeGreaterThan(240);
      expect(night.brightness).toBeLessThan(40);
      for (const { share, colours } of [day, night]) {
        expect(share).toBeLessThan(0.985);
        expect(share).toBeGreaterThan(0.6);
        expect(colours).toBeGreaterThan(20);
      }
    });

    it.each(['light', 'dark'] as const)('has the contrast that text needs (%s)', async (scheme) => {
      const { file } = await repairPage();
      const worst = await open(file, scheme, 1280, worstContrast);
      expect(worst.ratio, worst.text).toBeGreaterThanOrEqual(4.5);
    });

    it.each([1280, 400, 320])('needs no scrolling sideways at %i pixels, with long values and names', async (width) => {
      const repaired = await repairPage();
      const pages = [repaired.file, (await pageOf(['diagnose'])).file, longPage(repaired.report)];
      for (const file of pages) {
        const wide = await open(file, 'light', width, (page) => page.evaluate<number>(`${PROBE}probe.width()`));
        expect(wide, file).toBeLessThanOrEqual(width);
      }
    });

    it('fills the first screen of a phone with the verdict and the causes', async () => {
      const { file } = await pageOf(['diagnose']);
      const bottom = (page: Page): Promise<number> =>
        page
          .locator('.finding.error')
          .nth(5)
          .evaluate((element) => element.getBoundingClientRect().bottom);
      expect(await open(file, 'light', 360, bottom)).toBeLessThan(760);
    });

    it('says it all: the outcome, each change, what was found, what was left out, and how to take it back', async () => {
      const { file, report } = await repairPage();
      const text = await open(file, 'light', 1280, visibleText);
      expect(await open(file, 'light', 1280, (page) => page.locator('h2').allTextContents())).toEqual([
        'Fixed',
        'Undo',
        'Not checked',
        'Changes: what was found',
        'Changes: also in this plan',
        'Skipped',
        'Lower security',
        'Higher security',
        'Machine',
        'Findings',
        'Files',
        'On the running Windows',
        'Check these as well',
      ]);
      expect(text).toContain(`Computer ${COMPUTER}, `);
      expect(text).toContain(NOTE);
      expect(text).toMatch(/ causes fixed\. \d+ changes written and read back\./);
      for (const finding of report.findings) expect(text).toContain(finding.text);
      for (const finding of report.findings.filter(({ security }) => security === 'lowers'))
        for (const line of finding.revert ?? []) expect(text).toContain(line);
      for (const { what, why } of report.skipped) expect(text).toContain(`${what}: ${why}`);
      for (const { path, sha256Before } of report.targets) {
        expect(text).toContain(path);
        expect(text).toContain(sha256Before);
      }
      expect(text).toContain(report.undo!.command);
    });

    it('shows of a diagnosis each cause, the chain, the plan and the next command', async () => {
      const { file, report } = await pageOf(['diagnose']);
      const text = await open(file, 'dark', 1280, visibleText);
      expect(text).toMatch(/Remote Desktop cannot work\. \d causes found/);
      for (const { code, severity } of report.findings) if (severity === 'error') expect(text).toContain(code);
      expect(text).toMatch(/services \(001\)\s+error/);
      expect(text).toContain('fDenyTSConnections = REG_DWORD 0');
      for (const command of report.next.flatMap(({ commands }) => commands)) expect(text).toContain(command);
    });

    it('is printed dark on white, also where the reader has it dark, on pages that cut no row', async () => {
      const { file } = await repairPage();
      await open(file, 'dark', 1280, async (page) => {
        await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
        expect((await picture(await page.screenshot())).brightness).toBeGreaterThan(240);
        const worst = await worstContrast(page);
        expect(worst.ratio, worst.text).toBeGreaterThanOrEqual(4.5);
        expect(await page.evaluate(`${PROBE}probe.rowBreaks()`)).toEqual(['avoid']);
        const pdf = await page.pdf({ format: 'A4' });
        expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
        expect(pdf.toString('latin1').match(/\/Type \/Page\b/g)!.length).toBeGreaterThan(3);
      });
    });
  },
);

/** The page of a report whose texts have no place to break. */
function longPage(report: Report): string {
  const long = 'W'.repeat(2000);
  const finding = report.findings.find(({ security }) => security === 'lowers')!;
  const file = join(scratch(), 'long.html');
  const filled: Report = {
    ...report,
    note: long,
    machine: { ...report.machine!, computerName: long, device: long },
    findings: [
      ...report.findings,
      { ...finding, text: long, revert: [long] },
      { code: long as FindingCode, severity: 'error', repair: long, where: { file: long }, text: 'x' },
    ],
    skipped: [{ what: long, why: long }],
    next: [{ why: long, commands: [long] }],
    targets: report.targets.map((target) => ({ ...target, path: long })),
  };
  writeFileSync(file, htmlReport(filled));
  return file;
}
