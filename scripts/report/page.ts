import type { Lesson } from '../../checks/harness/lesson.ts';
import type { LoadResult, TargetResult } from '../../checks/harness/result.ts';
import { type Arm, armNames, binsOf, distribution, eventLoopDelay, latencyOverTime, supplierCalls } from './charts.ts';

/** What a report shows. It is also in the page itself, as JSON. */
export interface Report {
  lesson: Pick<Lesson, 'number' | 'folder' | 'title'>;
  /** ISO 8601. */
  at: string;
  machine: { cores: number; node: string; platform: string };
  /** In the order in which they are shown; each load has a record. */
  loads: { name: Arm['name']; load: LoadResult }[];
}

/** The report as one HTML file that needs nothing else: no script, no network. */
export function reportPage(report: Report): string {
  const { lesson, loads } = report;
  const arms = loads.flatMap(({ name, load }) => (load.record ? [{ name, record: load.record }] : []));
  const targets = loads[0]?.load.targets ?? [];
  const title = `Lesson ${lesson.number} · ${lesson.title}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}: load report</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
<p>Measured on this machine, ${escapeHtml(report.at.slice(0, 16).replace('T', ' '))} UTC: ${report.machine.cores} cores, Node ${escapeHtml(report.machine.node)}, ${escapeHtml(report.machine.platform)}. Each app met the same load, one after the other, freshly started.</p>
${legend(arms)}
${figuresTable(report)}
${latencyFigures(arms, targets)}
${figure('Event-loop delay', eventLoopDelay(arms), 'How late the event loop came round: for so long nothing else was answered. Where a line has gaps, the loop was too busy even to be asked.', 'ms', arms, ({ eventLoopDelayP99Ms }) => eventLoopDelayP99Ms)}
${figure('Calls to the supplier', supplierCalls(arms), 'What the app asked of the box office while it answered. The figures below are calls in a quarter of a second.', 'calls', arms, ({ supplierCalls: calls }) => calls)}
</main>
<script type="application/json" id="report">${JSON.stringify(report).replaceAll('<', '\\u003c')}</script>
</body>
</html>
`;
}

function legend(arms: readonly Arm[]): string {
  const items = arms.map(
    ({ name }) =>
      `<li><svg class="swatch" viewBox="0 0 36 6" aria-hidden="true"><line x1="0" y1="3" x2="36" y2="3" class="${name}"/></svg> ${armNames[name]}</li>`,
  );
  return `<ul class="legend">${items.join('')}</ul>`;
}

function figuresTable({ loads }: Report): string {
  const head = loads.map(({ name }) => `<th scope="col">${armNames[name]}</th>`).join('');
  const cell = (text: string, met = true) => `<td${met ? '' : ' class="missed"'}>${escapeHtml(text)}</td>`;
  const titles = loads[0]?.load.targets ?? [];
  const rows = titles.map(({ title, atMostMs }, index) => {
    const cells = loads.map(({ load }) => {
      const target = load.targets[index];
      return target ? cell(`${target.measuredMs} ms${target.met ? '' : ', missed'}`, target.met) : cell('–');
    });
    return `<tr><th scope="row">${escapeHtml(title)}</th><td>at most ${atMostMs} ms</td>${cells.join('')}</tr>`;
  });
  const said = (text: (load: LoadResult) => string) => loads.map(({ load }) => cell(text(load))).join('');
  return `<div class="scroll" tabindex="0" role="region" aria-label="Figures of the load runs"><table>
<thead><tr><th scope="col">figure</th><th scope="col">target</th>${head}</tr></thead>
<tbody>${rows.join('\n')}
<tr><th scope="row">requests</th><td></td>${said((load) => `${load.requests} in ${load.seconds} s`)}</tr>
<tr><th scope="row">verdict of the load</th><td></td>${said((load) => [load.outcome, load.failure?.seen ?? load.reason].filter(Boolean).join(': '))}</tr>
</tbody></table></div>`;
}

type Value = (sample: Arm['record']['samples'][number]) => number | undefined;

function figure(
  title: string,
  svg: string | undefined,
  text: string,
  unit: string,
  arms: readonly Arm[],
  pick: Value,
): string {
  if (svg === undefined) return '';
  const rows = Math.max(...arms.map(({ record }) => record.samples.length));
  const body = Array.from({ length: rows }, (_, i) => {
    const at = arms.map(({ record }) => record.samples[i]?.atMs).find((ms) => ms !== undefined);
    const cells = arms.map(({ record }) => {
      const sample = record.samples[i];
      return `<td>${(sample && pick(sample)) ?? '–'}</td>`;
    });
    return `<tr><th scope="row">${((at ?? 0) / 1_000).toFixed(2)} s</th>${cells.join('')}</tr>`;
  });
  const summary = arms.map((arm) => {
    const values = arm.record.samples.map(pick).filter((value) => value !== undefined);
    return `${armNames[arm.name]} ${range(values, unit)}`;
  });
  return picture(title, svg, `${text} In this run: ${summary.join('; ')}.`, details(title, arms, body));
}

/** The same answers twice: over time, and by how long they took. */
function latencyFigures(arms: readonly Arm[], targets: readonly TargetResult[]): string {
  const bins = new Map(arms.map(({ name, record }) => [name, binsOf(record)]));
  const edges = [...new Set([...bins.values()].flat().map(({ fromMs }) => fromMs))].sort((a, b) => a - b);
  const rows = edges.map((from) => {
    const cells = arms.map(({ name }) => {
      return `<td>${bins.get(name)?.find(({ fromMs }) => fromMs === from)?.count ?? 0}</td>`;
    });
    return `<tr><th scope="row">from ${from} ms</th>${cells.join('')}</tr>`;
  });
  const ranges = arms.map(({ name, record }) => {
    const sorted = record.answers.map(([, ms]) => ms).sort((a, b) => a - b);
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
    return `${armNames[name]} median ${at(0.5)} ms, p95 ${at(0.95)} ms`;
  });
  return `${picture(
    'Latency over time',
    latencyOverTime(arms, targets),
    `Each dot is an answer. The scale is logarithmic: from one labelled line to the next it is ten times as slow. Over all answers: ${ranges.join('; ')}.`,
  )}
${picture(
  'Distribution of latency',
  distribution(arms),
  'The same answers by how long they took. One hill far to the left is a fast app; two hills are two kinds of answers.',
  details('Distribution of latency', arms, rows),
)}`;
}

function picture(title: string, svg: string, text: string, more = ''): string {
  return `<section>
<h2>${title}</h2>
<figure><div class="chart" role="img" aria-label="${escapeHtml(`${title}. ${text}`)}">${svg}</div>
<figcaption>${escapeHtml(text)}</figcaption></figure>
${more}
</section>`;
}

function details(title: string, arms: readonly Arm[], rows: string[]): string {
  const head = arms.map(({ name }) => `<th scope="col">${armNames[name]}</th>`).join('');
  return `<details><summary>${title}: the figures</summary>
<div class="scroll" tabindex="0" role="region" aria-label="${title}: the figures"><table><thead><tr><td></td>${head}</tr></thead><tbody>${rows.join('\n')}</tbody></table></div>
</details>`;
}

function range(values: number[], unit: string): string {
  if (values.length === 0) return 'has no figures';
  return `from ${Math.min(...values)} to ${Math.max(...values)} ${unit}`;
}

function escapeHtml(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? character);
}

const style = `
:root { --paper: #fff; --ink: #1c1c1c; --faint: #595959; --rule: #d0d0d0; --starter: #b3261e; --yours: #1a56b0; --solution: #1e7a3c; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #16181b; --ink: #e8e8e8; --faint: #b0b0b0; --rule: #45484d; --starter: #ff8a80; --yours: #8ab4ff; --solution: #7ddb9a; }
}
@media print {
  :root { --paper: #fff; --ink: #000; --faint: #333; --rule: #999; --starter: #b3261e; --yours: #1a56b0; --solution: #1e7a3c; }
  section { break-inside: avoid; }
  details:not([open]) { display: none; }
}
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 46rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.6rem; line-height: 1.2; } h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem; }
figure { margin: 0; } figcaption { color: var(--faint); font-size: .9rem; }
.chart svg { width: 100%; height: auto; font-size: 11px; overflow: visible; --plot-background: var(--paper); }
.legend { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; }
.swatch { width: 36px; height: 6px; vertical-align: middle; }
.swatch line { stroke-width: 3; }
.swatch .starter { stroke: var(--starter); }
.swatch .yours { stroke: var(--yours); stroke-dasharray: 7 3; }
.swatch .solution { stroke: var(--solution); stroke-dasharray: 2 3; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .95rem; }
th, td { text-align: right; padding: .25rem .75rem; border-bottom: 1px solid var(--rule); }
th:first-child { text-align: left; font-weight: normal; padding-left: 0; }
thead th { font-weight: 600; color: var(--ink); }
.missed { color: var(--starter); font-weight: 600; }
summary { cursor: pointer; margin-top: .5rem; color: var(--faint); font-size: .9rem; }
`;
