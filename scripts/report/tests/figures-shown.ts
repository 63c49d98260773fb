import type { parseHTML } from 'linkedom';
import type { LoadSample } from '../../../checks/harness/model/result.ts';
import type { Report } from '../page.ts';

/** A page as linkedom or a browser has parsed it. */
export type Page = ReturnType<typeof parseHTML>['document'];

/** The tables of a report's page as text, row by row, by their name. Runs in a browser, too, so it needs nothing else. */
export function figuresShown(document: Page): Record<string, string[][]> {
  const tables = [...document.querySelectorAll('[role="region"]')].map((region) => {
    const rows = [...region.querySelectorAll('tr')].map((row) =>
      [...row.children].map((cell) => cell.textContent ?? ''),
    );
    return [region.getAttribute('aria-label') ?? '', rows];
  });
  return Object.fromEntries(tables);
}

/** What they must say, worked out from the JSON in another way than the page does. */
figuresShown.of = (
  { lesson, loads }: Report,
  more: 'supplierCalls' | 'statements' = 'supplierCalls',
): Record<string, string[][]> => {
  const names = ['the starter', 'your app', 'our solution'];
  const everyMs = loads.map(
    ({ load }) => load.record?.answers.flatMap(([, ms, status]) => (status === 200 ? [ms] : [])) ?? [],
  );
  const edges = [0, ...Array.from({ length: 40 }, (_, step) => Math.round(10 ** (step / 8) * 100) / 100)];
  const bins = edges.slice(0, -1).flatMap((from, index) => {
    const until = edges[index + 1] ?? 0;
    const counts = everyMs.map((all) => all.filter((ms) => ms >= from && ms < until).length);
    return counts.some((count) => count > 0) ? [[`${from} to ${until} ms`, ...counts.map(String)]] : [];
  });
  const samples = (pick: (sample: LoadSample) => number | undefined) => [
    ['until', ...names],
    ...Array.from({ length: 20 }, (_, index) => [
      `${((index + 1) / 4).toFixed(2)} s`,
      ...loads.map(({ load }) => {
        const sample = load.record?.samples[index];
        return String((sample && pick(sample)) ?? '–');
      }),
    ]),
  ];
  return {
    'Figures of the load runs': [
      ['figure', 'target', ...names],
      ['verdict of the load', '', ...loads.map(({ load }) => load.outcome)],
      ['good answers', '', '80 %', 'all', 'all'],
      ...lesson.targets.map(({ title, atMostMs }, index) => [
        title,
        `at most ${atMostMs} ms`,
        ...loads.map(({ load }) => {
          const ms = load.targets[index]?.measuredMs ?? 0;
          return ms > atMostMs ? `${ms} ms, missed` : `${ms} ms`;
        }),
      ]),
      ['requests', '', ...loads.map(({ load }) => `${load.requests} in ${load.seconds} s`)],
    ],
    'Distribution of latency: the figures': [['good answers that took', ...names], ...bins],
    'Event-loop delay: the figures': samples(({ eventLoopDelayP99Ms }) => eventLoopDelayP99Ms),
    [`${more === 'statements' ? 'Statements' : 'Calls to the supplier'}: the figures`]: samples(
      (sample) => (sample[more] ?? 0) * 4,
    ),
  };
};
