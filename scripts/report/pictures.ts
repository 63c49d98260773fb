import { distribution, type LabelOf, latencyOverTime } from './answer-charts.ts';
import { type Arm, armNames } from './arms.ts';
import { badShare, binsOf, goodOnly, goodStatuses, percentile } from './bins.ts';
import { escapeHtml, row, table } from './html.ts';
import { kindNames, minutes, requestsOverTime } from './minute-chart.ts';
import { drawSamples, figureOf, type SampleChart } from './sample-charts.ts';

/** The same answers twice: over time, and by how long they took. */
export function answerPictures(arms: readonly Arm[], targetsMs: readonly number[], labelOf: LabelOf): string {
  const told = arms.map(({ name, record }) => {
    const bad = badShare(record);
    const good = goodOnly(record);
    if (good.answers.length === 0) return `${armNames[name]}: no good answer`;
    return `${armNames[name]}: median ${percentile(good, 0.5)} ms, p95 ${percentile(good, 0.95)} ms${bad && `, and ${bad}`}`;
  });
  const [crossed] = arms.filter(({ record }) => badShare(record));
  const crosses = crossed ? `, and each red cross one that is no ${goodStatuses(crossed.record)}` : '';
  const targets = targetsIn(targetsMs, labelOf);
  const title = 'Distribution of latency';
  return `${picture(
    'Latency over time',
    latencyOverTime(arms, targetsMs, labelOf),
    `Each dot is an answer${crosses}; a request without an answer has none. The scale is logarithmic: from 10 to 100 is as far as from 100 to 1000, and what took less than 0.75 ms stands at the bottom.${targets} Over all good answers, ${told.join('; ')}.`,
  )}
${picture(
  title,
  distribution(arms, targetsMs, labelOf),
  `The good answers by how long they took, as a share of all. One hill far to the left is a fast app; two hills are two kinds of answers.${targets}`,
  figures(title, 'good answers that took', arms, binRows(arms)),
)}`;
}

/** An exam's load by the second, with what was done to the app meanwhile. Empty for other loads. */
export function minutePicture(all: readonly Arm[]): string {
  const arms = minutes(all);
  const [first] = arms;
  if (!first) return '';
  const title = 'Requests by what came of them';
  const events = first.record.events
    .map(({ atMs, what }, index) => `${index + 1}: ${what} (${Math.round(atMs / 1_000)} s)`)
    .join(', ');
  const told = arms.map(({ name, record: { seconds } }) => {
    const failed = seconds.reduce((sum, second) => sum + second.failed, 0);
    const all = seconds.reduce((sum, { good, refused }) => sum + good + refused, failed);
    return `${armNames[name]}: ${failed} of ${all} failed`;
  });
  const seconds = Math.max(...arms.map(({ record }) => record.seconds.length));
  const rows = Array.from({ length: seconds }, (_, at) =>
    row(
      `${at + 1} s`,
      arms.map(({ record }) => {
        const second = record.seconds[at];
        return second && `${second.good} / ${second.refused} / ${second.failed}`;
      }),
    ),
  );
  return picture(
    title,
    requestsOverTime(arms),
    `Every bar is a second: requests answered with ${kindNames.good}, above them, paler, ${kindNames.refused}, and red ${kindNames.failed}. The dashed lines are what was done to the app: ${events}. Of the requests, ${told.join('; ')}.`,
    figures(title, 'good / refused / failed, until', arms, rows),
  );
}

function targetsIn(targetsMs: readonly number[], labelOf: LabelOf): string {
  if (targetsMs.length === 0) return '';
  const lines = targetsMs.length > 1 ? 'lines are the targets' : 'line is the target';
  return ` The ${lines}, ${targetsMs.map(labelOf).join('; ')}. The answers are those of all routes.`;
}

/** What was seen every quarter of a second. Empty when no run has figures for it. */
export function samplePicture(chart: SampleChart, arms: readonly Arm[]): string {
  const svg = drawSamples(chart, arms);
  if (svg === undefined) return '';
  const longest = arms.reduce(
    (one, other) => (other.record.samples.length > one.length ? other.record.samples : one),
    [...(arms[0]?.record.samples ?? [])],
  );
  const rows = longest.map(({ atMs }, index) => {
    const cells = arms.map((arm) => {
      const sample = arm.record.samples[index];
      return sample && figureOf(chart, sample, arm);
    });
    return row(`${(atMs / 1_000).toFixed(2)} s`, cells);
  });
  const told = arms.map((arm) => {
    const values = arm.record.samples
      .map((sample) => figureOf(chart, sample, arm))
      .filter((value) => value !== undefined);
    const range = `from ${Math.min(...values)} to ${Math.max(...values)} ${chart.unit}`;
    return `${armNames[arm.name]}: ${values.length > 0 ? range : 'no figures'}`;
  });
  return picture(
    chart.title,
    svg,
    `${chart.text} In this run, ${told.join('; ')}.`,
    figures(chart.title, 'until', arms, rows),
  );
}

function binRows(arms: readonly Arm[]): string[] {
  const bins = arms.map(({ record }) => new Map(binsOf(goodOnly(record)).map((bin) => [bin.fromMs, bin])));
  const all = new Map(bins.flatMap((own) => [...own]));
  return [...all.values()]
    .sort((a, b) => a.fromMs - b.fromMs)
    .map(({ fromMs, toMs }) =>
      row(
        `${fromMs} to ${toMs} ms`,
        bins.map((own) => own.get(fromMs)?.count ?? 0),
      ),
    );
}

function picture(title: string, svg: string, text: string, more = ''): string {
  return `<section>
<h2>${title}</h2>
<figure><div class="chart" role="img" aria-label="${escapeHtml(`${title}. ${text}`)}">${svg}</div>
<figcaption>${escapeHtml(text)}</figcaption></figure>
${more}
</section>`;
}

/** The figures of a picture, for who can't see it or wants to know exactly. */
function figures(title: string, corner: string, arms: readonly Arm[], rows: string[]): string {
  const name = `${title}: the figures`;
  const head = [corner, ...arms.map((arm) => armNames[arm.name])];
  return `<details><summary>${name}</summary>
${table(name, head, rows)}
</details>`;
}
