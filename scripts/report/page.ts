import type { Lesson } from '../../checks/harness/model/lesson.ts';
import type { LoadResult } from '../../checks/harness/model/result.ts';
import { type Arm, type ArmLoad, armNames, drawable } from './arms.ts';
import { badShare, goodShare } from './bins.ts';
import { escapeHtml, row, table } from './html.ts';
import { answerPictures, minutePicture, samplePicture } from './pictures.ts';
import { sampleCharts } from './sample-charts.ts';
import { style } from './style.ts';

/** What a report shows. */
export interface Report {
  lesson: Pick<Lesson, 'number' | 'folder' | 'title' | 'targets'>;
  /** ISO 8601. */
  at: string;
  machine: { cores: number; node: string; platform: string };
  /** In the order in which they are shown. */
  loads: ArmLoad[];
}

/** The report as one HTML file that needs nothing else: no script, no network. */
export function reportPage({ lesson, at, machine, loads }: Report): string {
  const arms = drawable(loads);
  const targetsMs = [...new Set(lesson.targets.map(({ atMostMs }) => atMostMs))].sort((a, b) => a - b);
  const labelOf = (ms: number) => {
    const routes = lesson.targets.filter(({ atMostMs }) => atMostMs === ms).map(({ endpoint }) => endpoint);
    return `${routes.join(', ')}: ${ms} ms`;
  };
  const title = escapeHtml(`Lesson ${lesson.number} · ${lesson.title}`);
  const where = `${machine.cores} cores, Node ${machine.node}, ${machine.platform}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}: load report</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${verdictFirst(loads)}
<p>Measured on this machine, ${at.slice(0, 16).replace('T', ' ')} UTC: ${escapeHtml(where)}. Each app met the same load, one after the other, freshly started.</p>
${legend(arms)}
${figuresTable(lesson, loads)}
${remarks(loads)}
${minutePicture(arms)}
${answerPictures(arms, targetsMs, labelOf)}
${sampleCharts.map((chart) => samplePicture(chart, arms)).join('\n')}
</main>
</body>
</html>
`;
}

/** What it came to, before how it was measured. */
function verdictFirst(loads: readonly ArmLoad[]): string {
  const shown = loads.find(({ name }) => name === 'yours') ?? loads[0];
  if (!shown) return '';
  const { outcome, failure, reason } = shown.load;
  const why = failure ? `: expected ${failure.expected}, seen ${failure.seen}` : reason ? `: ${reason}` : '';
  if (isMinute(shown.load) && outcome === 'pass') {
    const { requests, seconds } = shown.load;
    const sent = `${requests} requests in ${seconds} s`;
    return `<p class="verdict">${escapeHtml(`The load on ${armNames[shown.name]}: ${sent}. Points are given by the check, not by the load.`)}</p>`;
  }
  const met = outcome === 'pass' ? ': every request was answered, and every target is met' : '';
  const text = escapeHtml(`The load on ${armNames[shown.name]}: ${outcome}${met || why}.`);
  return `<p class="verdict${outcome === 'fail' ? ' missed' : ''}">${text}</p>`;
}

/** Whether it is an exam's, which is judged by its check. */
const isMinute = ({ record }: LoadResult) => record?.seconds !== undefined;

function legend(arms: readonly Arm[]): string {
  const items = arms.map(
    ({ name }) =>
      `<li><svg class="swatch" viewBox="0 0 36 6" aria-hidden="true"><line x1="0" y1="3" x2="36" y2="3" class="${name}"/></svg> ${armNames[name]}</li>`,
  );
  return `<ul class="legend">${items.join('')}</ul>`;
}

function figuresTable(lesson: Report['lesson'], loads: readonly ArmLoad[]): string {
  const targets = lesson.targets.map(({ title, atMostMs }) => {
    const cells = loads.map(({ load }) => {
      const target = load.targets.find((other) => other.title === title);
      if (!target) return '<td>–</td>';
      const bad = load.record ? badShare(load.record) : '';
      const what = target.met ? (bad ? ', but see the answers' : '') : ', missed';
      return `<td${what ? ' class="missed"' : ''}>${target.measuredMs} ms${what}</td>`;
    });
    return `<tr><th scope="row">${escapeHtml(title)}</th><td>at most ${atMostMs} ms</td>${cells.join('')}</tr>`;
  });
  const said = (head: string, text: (load: LoadResult) => string) =>
    row(head, ['', ...loads.map(({ load }) => text(load))]);
  return table(
    'Figures of the load runs',
    ['figure', 'target', ...loads.map(({ name }) => armNames[name])],
    [
      ...(loads.every(({ load }) => isMinute(load)) ? [] : [said('verdict of the load', ({ outcome }) => outcome)]),
      said('good answers', ({ record }) => (record ? goodShare(record) : '–')),
      ...targets,
      said('requests', ({ requests, seconds }) => `${requests} in ${seconds} s`),
    ],
  );
}

/** What is too long for a table: why a load did not pass, and what it was measured with. */
function remarks(loads: readonly ArmLoad[]): string {
  const items = loads.flatMap(({ name, load: { outcome, failure, reason, note } }) => {
    const why = failure ? `expected ${failure.expected}, seen: ${failure.seen}` : reason;
    const said = [why && `${outcome}, ${why}`, note].filter((text) => text !== undefined);
    return said.length > 0 ? [`<li>${escapeHtml(`${armNames[name]}: ${said.join('; ')}.`)}</li>`] : [];
  });
  return items.length > 0 ? `<ul class="remarks">${items.join('')}</ul>` : '';
}
