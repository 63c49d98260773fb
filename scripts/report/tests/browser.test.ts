import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AxeResults } from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cacheDir } from '../../../checks/harness/os/run.ts';
import { type Report, reportPage } from '../page.ts';
import { chromiumIsWanted, chromiumPath, whyNoChromium } from './chromium.ts';
import { figuresShown } from './figures-shown.ts';
import { sampleReport } from './sample-report.ts';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

it('finds a browser', ({ skip }) => {
  if (!chromiumPath && !chromiumIsWanted) {
    console.warn(`The report is not tested in a browser: ${whyNoChromium}.`); // Vitest shows no reason of a skip.
    skip(whyNoChromium);
  }
  expect(chromiumPath, whyNoChromium).toBeDefined();
});

describe.skipIf(!chromiumPath)('the report in a browser', { timeout: 60_000 }, () => {
  let browser: Browser;
  let dir: string;
  const reports = { 'with a supplier': sampleReport(), 'with a database': sampleReport('statements') };
  const pages = { ...reports, refused: refusedReport(), 'one run': oneRun() };
  beforeAll(async () => {
    mkdirSync(cacheDir, { recursive: true });
    dir = mkdtempSync(join(cacheDir, 'report-test-'));
    for (const [name, report] of Object.entries(pages)) writeFileSync(join(dir, `${name}.html`), reportPage(report));
    // It opens nothing but our own files, so it needs no sandbox, which root and many containers can't give it.
    browser = await chromium.launch({ executablePath: chromiumPath ?? '', chromiumSandbox: false });
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    rmSync(dir, { recursive: true, force: true });
  });

  /** Opens a report, and notes what it says and what it asks for. */
  async function open(name: string, colorScheme: 'light' | 'dark', width = 900) {
    const page = await browser.newPage({ colorScheme, viewport: { width, height: 1_000 } });
    const said: string[] = [];
    const asked: string[] = [];
    page.on('console', (message) => said.push(message.text()));
    page.on('pageerror', (error) => said.push(String(error)));
    page.on('request', (request) => asked.push(request.url()));
    const address = pathToFileURL(join(dir, `${name}.html`)).href;
    await page.goto(address, { waitUntil: 'networkidle' });
    return { page, said, asked, address };
  }

  describe.each(Object.entries(reports))('%s', (name, report) => {
    it('shows the figures of its JSON, says nothing, and asks for nothing but itself', async () => {
      const { page, said, asked, address } = await open(name, 'light');
      // The JSON as it is written, not the object that the page was made of.
      const written = JSON.parse(JSON.stringify(report)) as Report;
      const expected = figuresShown.of(written, report === reports['with a database'] ? 'statements' : 'supplierCalls');
      expect(await page.evaluate(`(${figuresShown})(document)`)).toEqual(expected);
      expect(said).toEqual([]);
      expect(asked).toEqual([address]);
    });

    it.each(['light', 'dark'] as const)('has no serious fault that axe-core finds, %s', async (scheme) => {
      const { page } = await open(name, scheme);
      await page.evaluate('for (const part of document.querySelectorAll("details")) part.open = true');
      expect(await faults(page)).toEqual([]);
    });
  });

  it('is as wide as a telephone, and only its tables scroll', async () => {
    const { page } = await open('with a supplier', 'light', 390);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
  });

  it.each([320, 390, 600, 1_280])(
    'can be read at %i px: text of 11 px at least, every column within reach',
    async (width) => {
      const { page } = await open('with a supplier', 'light', width);
      const smallest = await page.evaluate(
        `Math.min(...[...document.querySelectorAll('.chart text')].filter((text) => text.checkVisibility()).map((text) => parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a))`,
      );
      expect(smallest).toBeGreaterThanOrEqual(11);
      const reached =
        await page.evaluate(`[...document.querySelectorAll('.scroll')].filter((box) => box.offsetParent).map((box) => {
      box.scrollLeft = box.scrollWidth;
      return box.querySelector('tr').lastElementChild.getBoundingClientRect().right <= innerWidth + 1;
    })`);
      expect(reached).not.toContain(false);
    },
  );

  it.each([320, 390, 600, 700, 1_280])('has text at %i px that is not cut off and covers no other', async (width) => {
    for (const name of [...Object.keys(reports), 'one run']) {
      const { page } = await open(name, 'light', width);
      expect(await page.evaluate(`(${spoiledTexts})(document, innerWidth)`)).toEqual([]);
    }
  });

  it('has a table that fits at 1280 px, also where every answer was refused', async () => {
    const { page } = await open('refused', 'light', 1_280);
    const room = await page.evaluate(
      `[...document.querySelectorAll('.scroll')].slice(0, 1).map((box) => box.clientWidth - box.scrollWidth)`,
    );
    expect(room).toEqual([0]);
  });

  it('is dark where that is wished for, and on paper always light', async () => {
    const { page } = await open('with a supplier', 'dark');
    const paper = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    expect(await paper()).toBe('rgb(22, 24, 27)');
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    expect(await paper()).toBe('rgb(255, 255, 255)');
  });
});

/** Texts of the pictures that leave the page or meet another text. Runs in the browser. */
function spoiledTexts(
  document: { querySelectorAll(selector: string): Iterable<unknown> },
  pageWidth: number,
): string[] {
  type Drawn = {
    textContent: string;
    checkVisibility(): boolean;
    getBoundingClientRect(): { left: number; right: number; top: number; bottom: number };
    querySelectorAll(selector: string): Iterable<Drawn>;
  };
  const bad: string[] = [];
  for (const picture of document.querySelectorAll('.chart svg') as Iterable<Drawn>) {
    if (!picture.checkVisibility()) continue;
    const texts = [...picture.querySelectorAll('text')].map((text) => ({
      says: text.textContent,
      at: text.getBoundingClientRect(),
    }));
    texts.forEach(({ says, at }, index) => {
      if (at.left < 0 || at.right > pageWidth) bad.push(`${says} leaves the page`);
      for (const { says: other, at: its } of texts.slice(index + 1)) {
        const across = Math.min(at.right, its.right) - Math.max(at.left, its.left);
        const down = Math.min(at.bottom, its.bottom) - Math.max(at.top, its.top);
        if (across > 1 && down > 3) bad.push(`${says} covers ${other}`); // A line's box is higher than its letters.
      }
    });
  }
  return bad;
}

/** A single fast run, whose targets are the highest lines of its picture. */
function oneRun(): Report {
  const report = sampleReport();
  const targets = report.lesson.targets.map((target, index) => ({ ...target, atMostMs: index === 0 ? 100 : 300 }));
  return { ...report, lesson: { ...report.lesson, targets }, loads: report.loads.slice(1, 2) };
}

/** The sample report, with every answer refused. */
function refusedReport(): Report {
  const report = sampleReport();
  const loads = report.loads.map(({ name, load }) => {
    if (!load.record) return { name, load };
    const answers = load.record.answers.map(([at]): [number, number, number] => [at, 1, 401]);
    return { name, load: { ...load, record: { ...load.record, answers } } };
  });
  return { ...report, loads };
}

async function faults(page: Page): Promise<string[]> {
  await page.addScriptTag({ path: axe });
  const { violations } = (await page.evaluate('axe.run()')) as AxeResults;
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ impact, id, nodes }) => `${impact}: ${id} at ${nodes[0]?.html}`);
}
