import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { drawable } from '../arms.ts';
import { badShare, goodShare } from '../bins.ts';
import { reportPage } from '../page.ts';
import { figuresShown } from './figures-shown.ts';
import { sampleReport } from './sample-report.ts';

const report = sampleReport();
const html = reportPage(report);
const { document } = parseHTML(html);
const arms = drawable(report.loads);

/** The picture below a heading. */
function pictureOf(title: string) {
  const heading = [...document.querySelectorAll('h2')].find(({ textContent }) => textContent === title);
  return heading?.parentElement?.querySelector('.chart .wide');
}

/** The dots or crosses of a run, by its colour. */
function marksOf(title: string, { name }: { name: string }, kind: 'fill' | 'stroke') {
  const groups = [...(pictureOf(title)?.querySelectorAll(`g[${kind}="var(--${name})"]`) ?? [])];
  return groups.flatMap((group) => [...group.querySelectorAll(kind === 'fill' ? 'circle' : ':scope > path')]);
}

/** Of the line through the points that lie farthest apart. */
function slope(points: [number, number][]): number {
  const sorted = points.sort(([a], [b]) => a - b);
  const [[x1, y1] = [0, 0], [x2, y2] = [0, 0]] = [sorted[0], sorted.at(-1)];
  return (y2 - y1) / (x2 - x1);
}

describe("the report's page", () => {
  it('shows the figures of its JSON', () => {
    expect(figuresShown(document)).toEqual(figuresShown.of(report));
  });

  it('has a dot for each good answer, and a cross for each that is no 2xx', () => {
    for (const arm of arms) {
      const bad = arm.record.answers.filter(([, , status]) => status === 503);
      expect(marksOf('Latency over time', arm, 'fill')).toHaveLength(arm.record.answers.length - bad.length);
    }
    const bad = arms.flatMap(({ record }) => record.answers.filter(([, , status]) => status === 503));
    expect(marksOf('Latency over time', { name: 'bad' }, 'stroke')).toHaveLength(bad.length); // Red is for nothing else.
  });

  it('has each dot where its time and its logarithm belong', () => {
    for (const arm of arms) {
      const good = arm.record.answers.filter(([, , status]) => status === 200);
      const points = marksOf('Latency over time', arm, 'fill').flatMap((dot, index) => {
        const [atMs = 0, ms = 0] = good[index] ?? [];
        const place = { x: Number(dot.getAttribute('cx')), y: Number(dot.getAttribute('cy')) };
        return ms < 0.75 ? [] : [{ ...place, atMs, power: Math.log10(ms) }]; // What is faster stands at the bottom.
      });
      const perMs = slope(points.map(({ atMs, x }) => [atMs, x]));
      const perDecade = slope(points.map(({ power, y }) => [power, y]));
      expect(points.length).toBeGreaterThan(50);
      expect(perMs).toBeGreaterThan(0.1);
      expect(perDecade).toBeLessThan(-20); // Upwards is slower.
      const [first = { x: 0, y: 0, atMs: 0, power: 0 }] = points;
      for (const { x, y, atMs, power } of points) {
        expect(x).toBeCloseTo(first.x + perMs * (atMs - first.atMs), 1);
        expect(y).toBeCloseTo(first.y + perDecade * (power - first.power), 1);
      }
    }
  });

  it('has both targets drawn into both pictures of the answers', () => {
    for (const title of ['Latency over time', 'Distribution of latency'])
      for (const label of ['GET /<seats>: 80 ms', 'GET /events?limit=50: 3000 ms'])
        expect([...(pictureOf(title)?.querySelectorAll('text') ?? [])].map((text) => text.textContent)).toContain(
          label,
        );
  });

  it('begins with the verdict on the app of the learner', () => {
    const first = document.querySelector('h1')?.nextElementSibling;
    expect(first?.textContent).toBe('The load on your app: pass: every request was answered, and every target is met.');
  });

  it('counts no refusal among the times, however fast it was', () => {
    const loads = report.loads.map(({ name, load }) => ({
      name,
      load: {
        ...load,
        ...(load.record
          ? {
              record: {
                ...load.record,
                answers: load.record.answers.map(([at]): [number, number, number] => [at, 1, 401]),
              },
            }
          : {}),
      },
    }));
    const { document: refused } = parseHTML(reportPage({ ...report, loads }));
    const words = refused.querySelector('.chart')?.getAttribute('aria-label');
    expect(words).toMatch(/your app: no good answer/);
    expect(words).not.toMatch(/median/);
    const table = [...refused.querySelectorAll('tbody tr')].map((line) => line.textContent).join();
    expect(table).toMatch(/good answers(none)+.*41 ms, but see the answers/);
  });

  it('says in words what each picture shows', () => {
    const charts = [...document.querySelectorAll('.chart')];
    expect(charts).toHaveLength(4);
    for (const chart of charts) {
      expect(chart.getAttribute('role')).toBe('img');
      const words = chart.getAttribute('aria-label') ?? '';
      const title = chart.closest('section')?.querySelector('h2')?.textContent ?? '?';
      expect(words).toMatch(
        new RegExp(`^${title}\\. .*the starter: .*\\d.*your app: .*\\d.*our solution: .*\\d|Distribution`),
      );
      expect(words).toContain(chart.closest('figure')?.querySelector('figcaption')?.textContent);
    }
    const [first] = charts;
    expect(first?.getAttribute('aria-label')).toMatch(/the starter: .* and 20 % of its answers were no 2xx; your app/);
  });

  it('needs nothing else: no script, no address, nothing loaded', () => {
    expect(html).not.toMatch(/<script|<link|<img|<iframe|@import|url\(|javascript:| on\w+=/i);
    const addresses = [...html.matchAll(/https?:[^"'\s<]*/g)].map(([address]) => address);
    expect(addresses.filter((address) => !address.startsWith('http://www.w3.org/'))).toEqual([]); // Names of SVG and XLink.
  });

  it('escapes what a lesson or an app says', () => {
    expect(document.querySelector('h1')?.textContent).toBe('Lesson 7 · A <search> never blocks "the door"');
    expect(document.querySelector('.remarks')?.textContent).toContain('seen: 40 answers were 503 & "worse"');
    expect(document.querySelector('search, seats')).toBeNull();
  });

  it('shows statements where a lesson has a database, and no calls to a supplier', () => {
    const { document: other } = parseHTML(reportPage(sampleReport('statements')));
    const titles = [...other.querySelectorAll('h2')].map(({ textContent }) => textContent);
    expect(titles).toEqual(['Latency over time', 'Distribution of latency', 'Event-loop delay', 'Statements']);
  });

  it('leaves out the curve of a run that has no record, and keeps what is known of it', () => {
    const loads = report.loads.map(({ name, load: { record, ...load } }) =>
      name === 'yours'
        ? { name, load: { ...load, targets: [], outcome: 'inconclusive' as const } }
        : { name, load: { ...load, ...(record ? { record } : {}) } },
    );
    const { document: other } = parseHTML(reportPage({ ...report, loads }));
    expect(other.querySelector('.legend')?.textContent).not.toContain('your app');
    expect([...other.querySelectorAll('tbody tr')][2]?.textContent).toBe(
      'p95 of GET /<seats>at most 80 ms912 ms, missed–22 ms',
    );
  });

  it('takes a 304 for a good answer, and says so where there is one', () => {
    const record = (...statuses: number[]) => ({
      answers: statuses.map((status): [number, number, number] => [0, 1, status]),
      sampleMs: 250,
      samples: [],
    });
    expect(goodShare(record(200, 304))).toBe('all');
    expect(badShare(record(200, 304, 304, 404))).toBe('25 % of its answers were no 2xx or 304');
    expect(badShare(record(200, 404))).toBe('50 % of its answers were no 2xx');
  });

  it('draws the minute of an exam, with what was done to the app', () => {
    const seconds = [
      { good: 10, refused: 0, failed: 0 },
      { good: 6, refused: 1, failed: 3 },
    ];
    const events = [{ atMs: 1_200, what: 'Redis restarts' }];
    const loads = report.loads.map(({ name, load }) => ({
      name,
      load: { ...load, ...(load.record ? { record: { ...load.record, seconds, events } } : {}) },
    }));
    const { document: exam } = parseHTML(reportPage({ ...report, loads }));
    expect(exam.querySelector('.verdict')?.textContent).toMatch(
      /^The load on your app: \d+ requests in [\d.]+ s\. Points are/,
    );
    expect(exam.querySelector('tbody')?.textContent).not.toContain('verdict of the load');
    const [section] = exam.querySelectorAll('section');
    expect(section?.querySelector('h2')?.textContent).toBe('Requests by what came of them');
    const words = section?.querySelector('figcaption')?.textContent;
    expect(words).toContain('1: Redis restarts (1 s)');
    expect(words).toContain('the starter: 3 of 20 failed; your app: 3 of 20 failed');
    // Red for the one second in which requests failed, in each of three bands.
    const red = section?.querySelectorAll('.wide rect[fill="var(--bad)"]') ?? [];
    expect([...red].filter((bar) => Number(bar.getAttribute('height')) > 0)).toHaveLength(3);
    expect([...(section?.querySelectorAll('tbody tr') ?? [])].map((line) => line.textContent)[1]).toMatch(
      /^2 s(6 \/ 1 \/ 3)+$/,
    );
  });
});
